//! 信任: the authorities, algorithms and the platform's own key, as the configuration names them.
//! Promises: every file is read once, at start, and named when it cannot be used; the platform's key is in no trace.
//! Source: PO-063, PO-100, PO-101; docs/decisions 0040, 0041.

use std::path::{Path, PathBuf};

use protocols::{
    contract::UtcMillis,
    ikey::{Algorithm, Certificate, IkeyError, PrivateKey},
};

use crate::config::{CardsConfig, Sealing};

/// More authorities above each other than any real card has.
const LONGEST_PATH: usize = 4;

/// A file of `[cards]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    /// It cannot be read.
    #[error("cannot read {path}, which [cards] names")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("cannot use {path}, which [cards] names")]
    Content {
        /// Which.
        path: PathBuf,
        /// Why.
        source: IkeyError,
    },
    /// A certificate that may not issue others.
    #[error("{path} is named in cards.authorities, but is no authority's certificate")]
    NoAuthority {
        /// Which.
        path: PathBuf,
    },
    /// The platform's key and certificate do not belong together.
    #[error("cards.platform_key is not the SM2 key of cards.platform_certificate")]
    OtherKey,
}

/// Why a certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// No configured authority has signed it.
    #[error("no authority that this platform accepts has issued the certificate")]
    Issuer,
    /// Outside its period.
    #[error("the certificate, or its authority's, is not valid at this time")]
    Period,
    /// Revoked, or its authority.
    #[error("the certificate, or its authority's, is revoked")]
    Revoked,
    /// Its key is not for signing, or it demands what this platform does not know.
    #[error("the certificate is not one to sign with")]
    Use,
}

/// Whom the platform believes, and its own key.
#[derive(Debug)]
pub struct Cards {
    algorithms: Vec<Algorithm>,
    authorities: Vec<Certificate>,
    platform: Option<Platform>,
    sealing: Sealing,
}

/// 平台证书: what submissions are sealed to.
#[derive(Debug)]
pub struct Platform {
    /// For everyone.
    pub certificate: Certificate,
    /// For nobody.
    pub key: PrivateKey,
}

impl Cards {
    /// Reads what the configuration names.
    ///
    /// # Errors
    /// [`CardsError`].
    pub fn open(config: &CardsConfig) -> Result<Self, CardsError> {
        let authorities: Vec<_> = config
            .authorities
            .iter()
            .map(|path| {
                let certificate = certificate(path)?;
                let known = certificate.is_authority() && certificate.is_understood();
                if known { Ok(certificate) } else { Err(CardsError::NoAuthority { path: path.into() }) }
            })
            .collect::<Result<_, _>>()?;
        let platform = match (config.platform_certificate.as_str(), config.platform_key.as_str()) {
            ("", _) | (_, "") => None,
            (certificate_at, key_at) => {
                let certificate = certificate(certificate_at)?;
                let key = PrivateKey::from_pem(&text(key_at)?)
                    .map_err(|source| CardsError::Content { path: key_at.into(), source })?;
                if certificate.key() != &key.public() || key.algorithm() != Algorithm::Sm2Sm3 {
                    return Err(CardsError::OtherKey);
                }
                Some(Platform { certificate, key })
            }
        };
        Ok(Self { algorithms: config.algorithms(), authorities, platform, sealing: config.sealed })
    }

    /// The algorithms that are accepted.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The platform's certificate and key, where there are.
    #[must_use]
    pub const fn platform(&self) -> Option<&Platform> {
        self.platform.as_ref()
    }

    /// Whether a submission has to be sealed.
    #[must_use]
    pub const fn sealing(&self) -> Sealing {
        self.sealing
    }

    /// The authority of this name that has signed the revocation list or whatever else `signed` asks.
    #[must_use]
    pub fn authority(&self, signed: impl Fn(&Certificate) -> bool) -> Option<&Certificate> {
        self.authorities.iter().find(|authority| signed(authority))
    }

    /// The certificate's authorities, its issuer first, up to one that signed itself or whose own issuer is not configured. Each
    /// configured one is believed for itself.
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn path(&self, certificate: &Certificate, at: UtcMillis) -> Result<Vec<&Certificate>, Distrust> {
        let mut path: Vec<&Certificate> = Vec::new();
        while path.len() < LONGEST_PATH {
            let last = path.last().copied().unwrap_or(certificate);
            if !path.is_empty() && last.issuer() == last.subject() {
                break;
            }
            match self.authority(|authority| last.is_issued_by(authority)) {
                Some(authority) => path.push(authority),
                None if path.is_empty() => return Err(Distrust::Issuer),
                None => break,
            }
        }
        let serve = certificate.serves_at(at) && path.iter().all(|authority| authority.serves_at(at));
        if serve { Ok(path) } else { Err(Distrust::Period) }
    }
}

fn text(path: impl AsRef<Path>) -> Result<String, CardsError> {
    let path = path.as_ref();
    std::fs::read_to_string(path).map_err(|source| CardsError::Read { path: path.to_owned(), source })
}

fn certificate(path: &str) -> Result<Certificate, CardsError> {
    Certificate::from_pem(&text(path)?).map_err(|source| CardsError::Content { path: path.into(), source })
}
