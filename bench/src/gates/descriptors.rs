//! Descriptors for thousands of connections.
//! Promises: a limit that is too low is raised as far as the system allows, for this process and for the centre that it starts; where that
//! does not suffice the run ends before it begins, and says so.

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What programs have open beside their connections.
const BESIDE: u64 = 256;

/// Sees to descriptors for so many connections.
///
/// # Errors
/// When the system allows fewer.
pub(super) fn for_connections(count: u32) -> anyhow::Result<()> {
    let wanted = u64::from(count) + BESIDE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= wanted),
        "{count} connections need {wanted} descriptors, the system allows {}: raise `ulimit -Hn`, or ask for fewer gates",
        maximum.unwrap_or_default()
    );
    let raised = Rlimit { current: Some(wanted), maximum };
    setrlimit(Resource::Nofile, raised).context("the limit of descriptors cannot be raised")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_suffices_or_the_number_is_told() {
        for_connections(1).unwrap();
        let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        if let Ok(too_many) = u32::try_from(most) {
            let said = for_connections(too_many).unwrap_err().to_string();
            assert!(said.contains(&(most + BESIDE).to_string()), "{said}");
        }
    }
}
