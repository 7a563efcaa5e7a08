//! A folder of software cards with the authority that issues them.
//! Promises: never writes over a card or an authority; files of keys are their owner's alone.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use protocols::{
    contract::UtcMillis,
    ids::CardNo,
    ikey::{Algorithm, Authority, Certificate, Holder, Period, PrivateKey},
};

use super::SoftwareCard;

/// How names of cards' files end.
pub(super) const ENDING: &str = ".card.json";
const DAY_MS: i64 = 86_400_000;

/// So many days from now.
#[must_use]
pub fn days(now: UtcMillis, days: u32) -> Period {
    let until = now.as_millis().saturating_add(i64::from(days) * DAY_MS);
    Period { from: now, until: UtcMillis::from_millis(until) }
}

/// Makes `authority.pem` and `authority.key`.
///
/// # Errors
/// When they are there already or cannot be written.
pub fn new_authority(
    folder: &Path,
    name: &str,
    algorithm: Algorithm,
    period: Period,
) -> anyhow::Result<Authority> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let authority = Authority::generate(name, algorithm, period)?;
    write(&folder.join("authority.key"), &authority.key().to_pem()?)?;
    write(&folder.join("authority.pem"), &authority.certificate().to_pem()?)?;
    Ok(authority)
}

/// The authority of the folder.
///
/// # Errors
/// When it is not there or cannot be used.
pub fn authority(folder: &Path) -> anyhow::Result<Authority> {
    let text = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let certificate = Certificate::from_pem(&text("authority.pem")?)?;
    Ok(Authority::open(certificate, PrivateKey::from_pem(&text("authority.key")?)?)?)
}

/// Makes a card by the authority of the folder.
///
/// # Errors
/// When the card is there already, or the authority is not.
pub fn new_card(folder: &Path, holder: &Holder, period: Period, pin: &str) -> anyhow::Result<SoftwareCard> {
    let authority = authority(folder)?;
    Ok(SoftwareCard::make(&at(folder, holder.card_no), &authority, holder, period, pin)?)
}

/// Where the card of this number lies.
#[must_use]
pub fn at(folder: &Path, card_no: CardNo) -> PathBuf {
    folder.join(format!("{card_no}{ENDING}"))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
