//! 签发机构 of gates: keys and certificates in a folder, the oldest for the centre's own end, the newest for gates.
//! Promises: a key's file is its owner's alone and never written over; nothing of a key is shown; a file that cannot be used stops the
//! start and says which. While there are two authorities gates are told both, so that either end may be certified by either.
//! The centre's own certificate begins with its authority: a gate whose clock stands at the time of its own certificate finds it valid.
//! Source: fault C9; docs/decisions 0080, 0081.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use protocols::{
    contract::UtcMillis,
    ids::{GateId, YardId},
    ikey::{Algorithm, Authority, Certificate, End, IkeyError, Period, PrivateKey, PublicKey},
};
use sha2::{Digest, Sha256};

use super::receipt::Signer;

const DAY_MS: i64 = 86_400_000;
/// An authority outlives the yard's hardware.
const AUTHORITY_DAYS: i64 = 20 * 365;
/// The centre's own certificate; it is made anew every day while the centre runs.
const OWN_DAYS: i64 = 45;

/// Why there are no authorities.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The folder or a file in it.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No key, no certificate, or not of each other.
    #[error("{path} is not an authority's certificate with its key beside it")]
    Content {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: IkeyError,
    },
    /// Cards have other keys.
    #[error("{path}: gates need an authority with a P-256 key")]
    Kind {
        /// The certificate's file.
        path: PathBuf,
    },
    /// Nothing can be made.
    #[error("cannot certify")]
    Make(#[from] IkeyError),
    /// Certificates in the store are of an authority that is not there.
    #[error(
        "the store has valid certificates of authority {fingerprint}, which is not in {folder}: is it the folder of another centre?"
    )]
    Missing {
        /// Of whom.
        fingerprint: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// What is asked for would leave gates without a centre that they know.
    #[error("{0}")]
    Refused(String),
}

/// SHA-256 of a certificate, as people compare it and the store keeps it.
#[must_use]
pub fn fingerprint(certificate: &[u8]) -> String {
    hex::encode(Sha256::digest(certificate))
}

/// All authorities of gates, oldest first; one at least.
#[derive(Clone, Debug)]
pub struct Authorities {
    folder: PathBuf,
    all: Vec<Authority>,
    /// Made when the first receipt is wanted.
    signer: Arc<Mutex<Option<Arc<Signer>>>>,
}

impl Authorities {
    /// Reads the folder, and makes the first authority where there is none.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn open(folder: &Path, now: UtcMillis) -> Result<Self, AuthorityError> {
        let found = Self::read(folder)?;
        if !found.all.is_empty() {
            return Ok(found);
        }
        add(folder, now)?;
        Self::read(folder)
    }

    /// Reads the folder as it is.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let mut all = Vec::new();
        for path in certificates(folder)? {
            let broken = |source| AuthorityError::Content { path: path.clone(), source };
            let certificate = Certificate::from_pem(&text(&path)?).map_err(broken)?;
            let key = PrivateKey::from_pem(&text(&path.with_extension("key"))?).map_err(broken)?;
            if key.algorithm() != Algorithm::Es256 || !certificate.is_authority() {
                return Err(AuthorityError::Kind { path });
            }
            all.push(Authority::open(certificate, key).map_err(broken)?);
        }
        let age = |authority: &Authority| {
            (authority.certificate().not_before(), fingerprint(authority.certificate().der()))
        };
        all.sort_by_key(age);
        Ok(Self { folder: folder.to_owned(), all, signer: Arc::default() })
    }

    /// Their certificates, oldest first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.all.iter().map(Authority::certificate)
    }

    /// The same in PEM, as gates are told.
    ///
    /// # Errors
    /// [`AuthorityError::Make`].
    pub fn pem(&self) -> Result<Vec<Box<str>>, AuthorityError> {
        Ok(self
            .certificates()
            .map(|certificate| certificate.to_pem().map(Into::into))
            .collect::<Result<_, _>>()?)
    }

    /// Where they lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this is the fingerprint of one of them.
    #[must_use]
    pub fn have(&self, which: &str) -> bool {
        self.certificates().any(|authority| fingerprint(authority.der()) == which)
    }

    /// Whether one of them has signed it.
    #[must_use]
    pub fn have_issued(&self, certificate: &Certificate) -> bool {
        self.certificates().any(|authority| certificate.is_issued_by(authority))
    }

    /// The one that a gate must know to find the centre's end genuine.
    ///
    /// # Errors
    /// [`AuthorityError::Refused`] when there is none.
    pub fn oldest(&self) -> Result<&Authority, AuthorityError> {
        self.all.first().ok_or_else(none)
    }

    /// A certificate for the centre's own end, and its key; both live in memory only.
    ///
    /// # Errors
    /// [`AuthorityError::Make`].
    pub fn certify_centre(
        &self,
        names: &[String],
        now: UtcMillis,
    ) -> Result<(Certificate, PrivateKey), AuthorityError> {
        let authority = self.oldest()?;
        let key = PrivateKey::generate(Algorithm::Es256)?;
        let until = UtcMillis::from_millis(now.as_millis() + OWN_DAYS * DAY_MS);
        let period = Period { from: authority.certificate().not_before(), until };
        let end = End::Server(names.to_vec());
        Ok((authority.certify_end("Kakou centre", &end, &key.public(), period)?, key))
    }

    /// What signs receipts now.
    ///
    /// # Errors
    /// [`AuthorityError::Make`].
    pub(super) fn signer(&self, now: UtcMillis) -> Result<Arc<Signer>, AuthorityError> {
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        match &*signer {
            Some(signer) if signer.is_of_today(now) => Ok(Arc::clone(signer)),
            _ => Ok(Arc::clone(signer.insert(Arc::new(Signer::new(self, now)?)))),
        }
    }

    /// A certificate for a gate, and the fingerprint of whoever issued it.
    ///
    /// # Errors
    /// [`AuthorityError::Make`].
    pub fn certify_gate(
        &self,
        gate_id: &GateId,
        yard_id: &YardId,
        key: &PublicKey,
        period: Period,
    ) -> Result<(Certificate, String), AuthorityError> {
        let authority = self.all.last().ok_or_else(none)?;
        let end = End::Client(format!("urn:kakou:gate:{yard_id}:{gate_id}"));
        let made = authority.certify_end(gate_id.as_str(), &end, key, period)?;
        Ok((made, fingerprint(authority.certificate().der())))
    }
}

fn none() -> AuthorityError {
    AuthorityError::Refused("there is no authority of gates".into())
}

/// Makes a new authority in a folder; its fingerprint.
///
/// # Errors
/// [`AuthorityError`].
pub fn add(folder: &Path, now: UtcMillis) -> Result<String, AuthorityError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| AuthorityError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(file(folder))?;
    // Which is the newest, their beginnings tell, in whole seconds; it has begun before any gate hears of it.
    let newest = Authorities::read(folder)?.certificates().last().map(Certificate::not_before);
    let now = newest.map_or(now, |newest| now.max(UtcMillis::from_millis(newest.as_millis() + 1000)));
    let until = UtcMillis::from_millis(now.as_millis() + AUTHORITY_DAYS * DAY_MS);
    let day = now.to_string();
    let name = format!("Kakou gates {}", day.split('T').next().unwrap_or_default());
    let made = Authority::generate(&name, Algorithm::Es256, Period { from: now, until })?;
    let fingerprint = fingerprint(made.certificate().der());
    let stem = format!("authority-{}", fingerprint.get(..16).unwrap_or(&fingerprint));
    // The key first: a certificate without its key would stop the next start.
    for (extension, mode, text) in
        [("key", 0o600, made.key().to_pem()?), ("pem", 0o644, made.certificate().to_pem()?)]
    {
        let path = folder.join(&stem).with_extension(extension);
        write_new(&path, mode, &text).map_err(file(&path))?;
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file(folder))?;
    Ok(fingerprint)
}

/// Takes an authority out of use: its files stay, under a name that is not read.
///
/// # Errors
/// [`AuthorityError::Refused`] when there is no such one, or no other.
pub fn retire(folder: &Path, which: &str) -> Result<(), AuthorityError> {
    let known = Authorities::read(folder)?;
    if known.all.len() < 2 {
        return Err(AuthorityError::Refused(
            "the only authority cannot be retired; make a new one first".into(),
        ));
    }
    for path in certificates(folder)? {
        let certificate = Certificate::from_pem(&text(&path)?)
            .map_err(|source| AuthorityError::Content { path: path.clone(), source })?;
        if fingerprint(certificate.der()) != which {
            continue;
        }
        // The certificate first: while it is not read, nobody misses the key.
        for extension in ["pem", "key"] {
            let from = path.with_extension(extension);
            let name = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let to = from.with_file_name(format!("retired-{name}"));
            fs::rename(&from, to).map_err(|source| AuthorityError::File { path: from, source })?;
        }
        return Ok(());
    }
    Err(AuthorityError::Refused(format!("there is no authority with the fingerprint {which}")))
}

/// Whole or not at all: half a certificate would stop the next start. The name has the fingerprint in it, so nothing is replaced.
fn write_new(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn certificates(folder: &Path) -> Result<Vec<PathBuf>, AuthorityError> {
    let refused = |source| AuthorityError::File { path: folder.to_owned(), source };
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry.map_err(refused)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("authority-") && name.ends_with(".pem") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn text(path: &Path) -> Result<String, AuthorityError> {
    fs::read_to_string(path).map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}
