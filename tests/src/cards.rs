//! 软件卡 of the people at the centre: an authority of the yard's own, and a card for everybody who declares or decides.
//! Promises: a card is what the centre's configuration says of the person; its PIN is entered once, and it stays in its reader.
//! Source: firmware-sim/README.md, "Cards"; central/README.md, "Signing".

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use firmware_sim::card::{SoftwareCard, folder};
use protocols::{
    contract::UtcMillis,
    ids::CardNo,
    ikey::{Algorithm, Holder},
};
use serde_json::{Value, json};

use crate::{
    clock,
    config::{CUSTOMS_REG_NO, DECLARANT, DECLARANT_CARD, ENTERPRISE, OFFICER, OFFICER_CARD},
};

/// The PIN of every card of a yard, which is for training and tests.
pub const PIN: &str = "123456";
const DAYS: u32 = 30;

/// 软件卡 of the people of a yard, in their readers.
#[derive(Clone, Debug)]
pub struct Cards {
    folder: PathBuf,
    declarant: Arc<Mutex<SoftwareCard>>,
    officer: Arc<Mutex<SoftwareCard>>,
}

impl Cards {
    /// Makes authority and cards in `folder`, or takes those that lie there, and enters the PIN of each.
    ///
    /// # Errors
    /// When they cannot be made or opened.
    pub fn at(folder: &Path) -> Result<Self> {
        if !authority(folder).exists() {
            let period = folder::days(now(), DAYS);
            folder::new_authority(folder, "Kakou yard in a box", Algorithm::Sm2Sm3, period)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            declarant: opened(folder, DECLARANT_CARD, "王强", Some(ENTERPRISE))?,
            officer: opened(folder, OFFICER_CARD, "李海", None)?,
        })
    }

    /// The certificate that the centre has to believe.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        authority(&self.folder)
    }

    /// Where they lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Member `signature` for a statement of the centre's, by the card of whom this token is.
    ///
    /// # Errors
    /// When nobody with a card has this token, or the card does not sign.
    pub fn sign(&self, token: &str, statement: &Value) -> Result<Value> {
        let card = match token {
            DECLARANT => &self.declarant,
            OFFICER => &self.officer,
            _ => bail!("whoever has this token has no card"),
        };
        let text = statement.get("text").and_then(Value::as_str).context("a statement without its text")?;
        let answer = card.lock().unwrap_or_else(PoisonError::into_inner).sign(text, true)?;
        Ok(json!({
            "alg": answer.alg, "certificate": answer.certificate, "value": answer.value,
            "nonce": statement.get("nonce"),
        }))
    }
}

fn now() -> UtcMillis {
    UtcMillis::from_millis(clock::wall_ms())
}

fn authority(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

/// Makes a card, of the enterprise when it `declares`, unless it is there.
///
/// # Errors
/// When it cannot be made or opened.
pub fn issue(folder: &Path, card_no: &str, name: &str, declares: bool) -> Result<()> {
    card(folder, card_no, name, declares.then_some(ENTERPRISE)).map(drop)
}

fn opened(
    folder: &Path,
    card_no: &str,
    name: &str,
    enterprise: Option<(&str, &str)>,
) -> Result<Arc<Mutex<SoftwareCard>>> {
    let mut card = card(folder, card_no, name, enterprise)?;
    card.verify_pin(PIN)?;
    Ok(Arc::new(Mutex::new(card)))
}

fn card(folder: &Path, card_no: &str, name: &str, enterprise: Option<(&str, &str)>) -> Result<SoftwareCard> {
    let holder = Holder {
        card_no: CardNo::parse(card_no).context("not the number of a card")?,
        name: name.to_owned(),
        enterprise: enterprise.map(|(name, _)| name.to_owned()),
        uscc: enterprise.map(|(_, uscc)| uscc.to_owned()),
        customs_reg_no: enterprise.map(|_| CUSTOMS_REG_NO.to_owned()),
    };
    let place = folder::at(folder, holder.card_no);
    if place.exists() {
        return Ok(SoftwareCard::open(&place)?);
    }
    folder::new_card(folder, &holder, folder::days(now(), DAYS), PIN)
}
