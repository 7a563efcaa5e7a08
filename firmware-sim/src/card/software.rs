//! One software card: what electronic port's card does, in a file.
//! Promises: a try is gone, durably, before the PIN is compared, so that pulling the card gives none back; a blocked card signs nothing; a
//! card signs only while it is open, and closes after one signature unless it is told to stay open.
//! Source: PO-065, PO-095, PO-102.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use protocols::{
    base64::Alphabet::Standard,
    ids::CardNo,
    ikey::{
        Authority, Certificate, Envelope, Holder, IkeyError, Period, PrivateKey,
        service::{Card, SignAnswer},
    },
};
use serde::{Deserialize, Serialize};

/// Wrong PINs in a row that block a card (PO-065).
const TRIES: u8 = 5;
const PIN_LENGTH: std::ops::RangeInclusive<usize> = 6..=16;

/// Why a card does not do it.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// The PIN is needed first.
    #[error("the card is closed; verify the PIN first")]
    Closed,
    /// 卡密码错误.
    #[error("the PIN is wrong, {0} tries are left")]
    PinWrong(u8),
    /// 卡介质已锁定.
    #[error("the card is blocked")]
    Blocked,
    /// A new card's PIN.
    #[error("a PIN has 6 to 16 characters")]
    PinLength,
    /// The card's file.
    #[error("cannot use the card's file {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no card.
    #[error("{path} holds no card")]
    NoCard {
        /// Which.
        path: PathBuf,
    },
    /// What was to be signed, sealed or opened.
    #[error(transparent)]
    Ikey(#[from] IkeyError),
}

/// 软件卡.
#[derive(Debug)]
pub struct SoftwareCard {
    path: PathBuf,
    state: Content,
    card_no: CardNo,
    certificate: Certificate,
    key: PrivateKey,
    open: bool,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    certificate: String,
    key: String,
    pin: String,
    tries_left: u8,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("tries_left", &self.tries_left).finish_non_exhaustive()
    }
}

impl SoftwareCard {
    /// Makes a card at `path`, which must not be there yet.
    ///
    /// # Errors
    /// [`CardError`].
    pub fn make(
        path: &Path,
        authority: &Authority,
        holder: &Holder,
        period: Period,
        pin: &str,
    ) -> Result<Self, CardError> {
        if !PIN_LENGTH.contains(&pin.chars().count()) {
            return Err(CardError::PinLength);
        }
        let key = PrivateKey::generate(authority.key().algorithm())?;
        let certificate = authority.issue(holder, &key.public(), period)?;
        let no_card = || CardError::NoCard { path: path.to_owned() };
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(|_| IkeyError::Randomness)?;
        let pin = Argon2::default().hash_password_with_salt(pin.as_bytes(), &salt);
        let pin = pin.map_err(|_| no_card())?.to_string();
        let state =
            Content { certificate: certificate.to_pem()?, key: key.to_pem()?, pin, tries_left: TRIES };
        let text = serde_json::to_string_pretty(&state).map_err(|_| no_card())?;
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|source| CardError::File { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), state, card_no: holder.card_no, certificate, key, open: false })
    }

    /// The card in this file, closed.
    ///
    /// # Errors
    /// [`CardError`].
    pub fn open(path: &Path) -> Result<Self, CardError> {
        let text =
            fs::read_to_string(path).map_err(|source| CardError::File { path: path.to_owned(), source })?;
        let no_card = || CardError::NoCard { path: path.to_owned() };
        let state: Content = serde_json::from_str(&text).map_err(|_| no_card())?;
        let certificate = Certificate::from_pem(&state.certificate)?;
        let card_no = certificate.holder().ok_or_else(no_card)?.card_no;
        let key = PrivateKey::from_pem(&state.key)?;
        Ok(Self { path: path.to_owned(), state, card_no, certificate, key, open: false })
    }

    /// What it tells without a PIN.
    #[must_use]
    pub fn shown(&self) -> Card {
        Card {
            card_no: self.card_no.to_string(),
            certificate: Standard.encode(self.certificate.der()),
            tries_left: self.state.tries_left,
            blocked: self.state.tries_left == 0,
        }
    }

    /// Its certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Opens it; the tries that it has now.
    ///
    /// # Errors
    /// [`CardError::PinWrong`], [`CardError::Blocked`], [`CardError::File`] when the try cannot be counted.
    pub fn verify_pin(&mut self, pin: &str) -> Result<u8, CardError> {
        self.open = false;
        let left = self.state.tries_left.checked_sub(1).ok_or(CardError::Blocked)?;
        self.count(left)?;
        let hash =
            PasswordHash::new(&self.state.pin).map_err(|_| CardError::NoCard { path: self.path.clone() })?;
        if Argon2::default().verify_password(pin.as_bytes(), &hash).is_err() {
            return Err(if left == 0 { CardError::Blocked } else { CardError::PinWrong(left) });
        }
        self.count(TRIES)?;
        self.open = true;
        Ok(TRIES)
    }

    /// Signs this very text.
    ///
    /// # Errors
    /// [`CardError::Closed`].
    pub fn sign(&mut self, text: &str, keep_open: bool) -> Result<SignAnswer, CardError> {
        let value = self.opened()?.sign(text.as_bytes())?;
        self.open = keep_open;
        Ok(SignAnswer {
            alg: self.key.algorithm().code().into(),
            certificate: Standard.encode(self.certificate.der()),
            value: Standard.encode(&value),
        })
    }

    /// Opens what is sealed to it.
    ///
    /// # Errors
    /// [`CardError::Closed`], [`CardError::Ikey`].
    pub fn decrypt(&self, sealed: &Envelope) -> Result<Vec<u8>, CardError> {
        Ok(sealed.open(self.opened()?)?)
    }

    fn opened(&self) -> Result<&PrivateKey, CardError> {
        if self.open { Ok(&self.key) } else { Err(CardError::Closed) }
    }

    /// Writes the counter beside the file and puts it in its place, so that a power cut leaves one count or the other.
    fn count(&mut self, left: u8) -> Result<(), CardError> {
        self.state.tries_left = left;
        let beside = self.path.with_extension("new");
        let text = serde_json::to_string_pretty(&self.state)
            .map_err(|_| CardError::NoCard { path: self.path.clone() })?;
        let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|source| CardError::File { path: self.path.clone(), source })
    }
}
