//! Numbers by which a person makes a test longer: `KAKOU_KILLS=500 cargo test -p kakou-tests --test kill`.
//! Promises: a value that is no number is an error, never the default.

use std::{env, ffi::OsString};

use anyhow::{Result, bail};

/// The variable's value, or the default when it is not set.
///
/// # Errors
/// When it is set to anything but a whole number.
pub fn number(name: &str, default: u64) -> Result<u64> {
    read(name, env::var_os(name), default)
}

fn read(name: &str, value: Option<OsString>, default: u64) -> Result<u64> {
    let Some(value) = value else { return Ok(default) };
    match value.to_str().and_then(|text| text.trim().parse().ok()) {
        Some(number) => Ok(number),
        None => bail!("{name} must be a whole number, not {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_number_or_an_error() {
        assert_eq!(read("KAKOU_KILLS", None, 24).unwrap(), 24);
        assert_eq!(read("KAKOU_KILLS", Some(" 500".into()), 24).unwrap(), 500);
        let refused = read("KAKOU_KILLS", Some("many".into()), 24).unwrap_err().to_string();
        assert_eq!(refused, "KAKOU_KILLS must be a whole number, not \"many\"");
    }
}
