//! A symbol on paper: drawn by one program of Debian's and read back by another, so that no codec of ours is at either end.
//! Promises: a machine without them fails the test and says which package is missing; nothing is skipped.
//! Source: zint(1); ZXingReader of zxing-cpp.

use std::{ffi::OsStr, path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// What a scanner makes of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// AIM identifier, such as `]C0`.
    pub identifier: String,
    /// Its characters.
    pub text: String,
}

/// Draws a text as the symbol of that kind (`code_128` or `qr`), and reads the picture.
///
/// # Errors
/// When a program is missing or fails, or the picture does not hold exactly one symbol.
pub async fn print_and_read(kind: &str, text: &str) -> Result<Read> {
    let folder = tempfile::tempdir().context("no folder for a picture")?;
    let picture = folder.path().join("slip.png");
    draw(kind, text, &picture).await?;
    read(&picture).await
}

async fn draw(kind: &str, text: &str, picture: &Path) -> Result<()> {
    let symbology = match kind {
        "code_128" => "CODE128",
        "qr" => "QRCODE",
        other => anyhow::bail!("a slip has no symbol {other:?}"),
    };
    let args = ["--quietzones", "--scale=3", "--barcode", symbology, "--data", text, "--output"];
    let args = args.into_iter().map(OsStr::new).chain([picture.as_os_str()]);
    output("zint", "zint", args).await.map(drop)
}

async fn read(picture: &Path) -> Result<Read> {
    let told = output("ZXingReader", "zxing-cpp-tools", [picture.as_os_str()]).await?;
    let all = |name: &str| -> Vec<&str> {
        told.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim).collect()
    };
    // The text is shown in quotes and escaped; the bytes are what is in the symbol.
    let ([identifier], [bytes]) = (&all("Identifier:")[..], &all("Bytes:")[..]) else {
        anyhow::bail!("the picture does not hold one symbol: {told}");
    };
    let byte = |hex: &str| u8::from_str_radix(hex, 16).with_context(|| format!("ZXingReader tells {told}"));
    let bytes = bytes.split(' ').map(byte).collect::<Result<Vec<u8>>>()?;
    let text = String::from_utf8(bytes).context("the symbol holds no text")?;
    Ok(Read { identifier: (*identifier).to_owned(), text })
}

async fn output<'a>(
    program: &str,
    package: &str,
    args: impl IntoIterator<Item = &'a OsStr>,
) -> Result<String> {
    let ran = Command::new(program).args(args).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let ran = ran.with_context(|| {
        format!("cannot run {program}, of the Debian package {package}; install it with: scripts/setup test")
    })?;
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    ensure!(ran.status.success(), "{program}: {} {told}{}", ran.status, String::from_utf8_lossy(&ran.stderr));
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_program_names_its_package() {
        let told = output("a-printer-that-nobody-has", "its-package", []).await.unwrap_err().to_string();
        assert!(told.contains("its-package") && told.ends_with("scripts/setup test"), "{told}");
    }
}
