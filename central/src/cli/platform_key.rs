//! `central new-platform-key`: the key and the certificate to which submissions are sealed.
//! Promises: never writes over a file; the key's file is its owner's alone and its content is shown nowhere.
//! Source: PO-100; docs/decisions 0041.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use protocols::{
    contract::UtcMillis,
    ikey::{Algorithm, Period, PrivateKey, self_signed},
};

const DAY_MS: i64 = 86_400_000;

/// Makes both files in a folder.
///
/// # Errors
/// When a file is there already or cannot be written.
pub fn make(
    folder: &Path,
    name: &str,
    days: u32,
    now: UtcMillis,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).context("cannot make a key")?;
    let until = UtcMillis::from_millis(now.as_millis().saturating_add(i64::from(days) * DAY_MS));
    let certificate =
        self_signed(name, &key, Period { from: now, until }).context("cannot make a certificate")?;
    let (key_at, certificate_at) = (folder.join("platform.key"), folder.join("platform.pem"));
    write(&key_at, 0o600, &key.to_pem()?)?;
    write(&certificate_at, 0o644, &certificate.to_pem()?)?;
    writeln!(out, "[cards]\nplatform_certificate = {certificate_at:?}\nplatform_key = {key_at:?}")?;
    Ok(())
}

fn write(path: &PathBuf, mode: u32, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    file.sync_all().with_context(|| format!("cannot write {}", path.display()))
}
