//! 身份文件: what a gate is known by, in its data folder.
//! Promises: key and certificate lie in one file, so that they are exchanged together or not at all, also over a power cut; the file is its
//! owner's alone; a key that a certificate was asked for is kept until the certificate is there, since the answer may have been lost; one
//! that was answered asks no more, whether or not its file could be taken away.
//! Source: fault B2, fault C9, faults A1, A2, A4, A6; docs/decisions 0080.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use protocols::{
    contract::{Credentials, UtcMillis},
    ids::{GateId, YardId},
};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::key::{GateKey, KeyError};
use crate::small_file;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The system.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its content.
    #[error("{path} is not what a gate keeps its identity in: enrol the gate again")]
    Content {
        /// Which.
        path: PathBuf,
    },
    /// The key.
    #[error("the key of this gate")]
    Key(#[from] KeyError),
}

/// 卡口身份.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Which gate the centre certified.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
    /// PEM.
    key: String,
    /// PEM.
    pub certificate: Box<str>,
    /// By whom the centre is known, PEM each.
    pub authorities: Vec<Box<str>>,
    /// From when the certificate is valid.
    pub not_before: UtcMillis,
    /// Until when.
    pub not_after: UtcMillis,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.not_after.to_string();
        f.debug_struct("Identity")
            .field("gate_id", &self.gate_id)
            .field("until", &until)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// What the centre answered, with the key that asked.
    #[must_use]
    pub fn new(key: &GateKey, answered: Credentials) -> Self {
        Self {
            gate_id: answered.gate_id,
            yard_id: answered.yard_id,
            key: key.to_pem(),
            certificate: answered.certificate,
            authorities: answered.authorities,
            not_before: answered.not_before,
            not_after: answered.not_after,
        }
    }

    /// Its key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn key(&self) -> Result<GateKey, KeyError> {
        GateKey::from_pem(&self.key)
    }
}

/// 身份文件.
#[derive(Clone, Debug)]
pub struct IdentityFiles {
    folder: PathBuf,
}

impl IdentityFiles {
    /// In the data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The identity, if the gate has one.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn load(&self) -> Result<Option<Identity>, IdentityError> {
        let path = self.identity();
        let Some(text) = read(&path)? else { return Ok(None) };
        let identity: Identity =
            serde_json::from_str(&text).map_err(|_| IdentityError::Content { path: path.clone() })?;
        identity.key().map_err(|_| IdentityError::Content { path })?;
        Ok(Some(identity))
    }

    /// Exchanges it.
    ///
    /// # Errors
    /// [`IdentityError`]; what was there before is there still then.
    pub fn save(&self, identity: &Identity) -> Result<(), IdentityError> {
        let path = self.identity();
        let text = serde_json::to_string_pretty(identity)
            .map_err(|_| IdentityError::Content { path: path.clone() })?;
        write(&path, &text)
    }

    /// Exchanges it for what was answered to the key that asked, which is no longer needed apart: that it cannot be taken away is told, and no
    /// error, since the identity is kept by then.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn answered(&self, identity: &Identity) -> Result<(), IdentityError> {
        self.save(identity)?;
        let path = self.asking();
        if let Err(error) = small_file::remove(&path) {
            warn!(%error, path = %path.display(), "a key that was answered cannot be taken away, and asks no more");
        }
        Ok(())
    }

    /// The key that a certificate is being asked for; made, and durable, before anybody is asked.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn asking_key(&self) -> Result<GateKey, IdentityError> {
        let path = self.asking();
        // One that cannot be read was never certified, or the certificate is lost with it.
        let kept = match read(&path) {
            Ok(text) => text.and_then(|text| GateKey::from_pem(&text).ok()),
            Err(IdentityError::Content { .. }) => None,
            Err(error) => return Err(error),
        };
        if let Some(key) = kept.filter(|key| !self.is_answered(key)) {
            return Ok(key);
        }
        let key = GateKey::generate()?;
        write(&path, &key.to_pem())?;
        Ok(key)
    }

    /// The time before which it is not; none before it was first told.
    #[must_use]
    pub fn floor(&self) -> Option<UtcMillis> {
        UtcMillis::parse(read(&self.floor_file()).ok()??.trim()).ok()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn keep_floor(&self, floor: UtcMillis) -> Result<(), IdentityError> {
        write(&self.floor_file(), &floor.to_string())
    }

    /// Whether the identity is this key's: the program ended between keeping it and taking the key away, and the centre takes each key once.
    fn is_answered(&self, key: &GateKey) -> bool {
        let known = self.load().ok().flatten();
        known.and_then(|known| known.key().ok()).is_some_and(|known| known == *key)
    }

    fn identity(&self) -> PathBuf {
        self.folder.join("identity.json")
    }

    fn asking(&self) -> PathBuf {
        self.folder.join("identity-next.key")
    }

    fn floor_file(&self) -> PathBuf {
        self.folder.join("time-floor")
    }
}

/// A file that is no text has been damaged: reading it again gives no more, and whoever needs it is to know that.
fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    small_file::read(path).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::InvalidData => IdentityError::Content { path },
            _ => IdentityError::File { path, source },
        }
    })
}

fn write(path: &Path, text: &str) -> Result<(), IdentityError> {
    small_file::exchange(path, text).map_err(|source| IdentityError::File { path: path.to_owned(), source })
}
