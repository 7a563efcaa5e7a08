//! 端点证书: what the two ends of a line over TLS show each other, and how one end asks for it.
//! Promises: a request counts only with a P-256 key and its own signature; what names it carries is not looked at, for whoever issues
//! knows whom it issues to; no panic on any input.
//! Absent on purpose: trust, and keeping keys.
//! Source: RFC 2986 (requests); RFC 5280 sections 4.2.1.6 and 4.2.1.12 (names and uses).

use alloc::{string::String, vec, vec::Vec};
use core::net::IpAddr;

use der::{
    Decode, DecodePem, Encode, EncodePem,
    asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, SetOfVec},
    oid::AssociatedOid,
    pem::LineEnding,
};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::{
    ext::{
        Extension,
        pkix::{ExtendedKeyUsage, SubjectAltName, name::GeneralName},
    },
    name::Name,
    request::{CertReq, CertReqInfo, Version},
};

use super::{
    Algorithm, IkeyError, PrivateKey, PublicKey,
    authority::{UNMADE, algorithm},
};

const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// Several times what a request with a P-256 key has.
const MOST_BYTES: usize = 8 * 1024;

/// Which end of a connection a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The one that is called, by these host names and addresses.
    Server(Vec<String>),
    /// The one that calls, under this URI.
    Client(String),
}

pub(super) fn extensions(end: &End) -> Result<Vec<Extension>, IkeyError> {
    let text = |text: &str| Ia5String::new(text).map_err(|_| UNMADE);
    let (names, use_) = match end {
        End::Server(names) => {
            let name = |name: &String| match name.parse::<IpAddr>() {
                Ok(IpAddr::V4(address)) => octets(&address.octets()),
                Ok(IpAddr::V6(address)) => octets(&address.octets()),
                Err(_) => Ok(GeneralName::DnsName(text(name)?)),
            };
            (names.iter().map(name).collect::<Result<_, _>>()?, SERVER_AUTH)
        }
        End::Client(uri) => (vec![GeneralName::UniformResourceIdentifier(text(uri)?)], CLIENT_AUTH),
    };
    let made = |extn_id, value: der::Result<Vec<u8>>| {
        let value = value.and_then(OctetString::new).map_err(|_| UNMADE)?;
        Ok(Extension { extn_id, critical: false, extn_value: value })
    };
    Ok(vec![
        made(SubjectAltName::OID, SubjectAltName(names).to_der())?,
        made(ExtendedKeyUsage::OID, ExtendedKeyUsage(vec![use_]).to_der())?,
    ])
}

fn octets(address: &[u8]) -> Result<GeneralName, IkeyError> {
    OctetString::new(address).map(GeneralName::IpAddress).map_err(|_| UNMADE)
}

/// 证书申请: a key that asks for a certificate, and has shown that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningRequest {
    key: PublicKey,
}

impl SigningRequest {
    /// Reads one in PEM.
    ///
    /// # Errors
    /// [`IkeyError::SigningRequest`].
    pub fn from_pem(text: &str) -> Result<Self, IkeyError> {
        if text.len() > MOST_BYTES {
            return Err(IkeyError::SigningRequest("it is too long"));
        }
        let request = CertReq::from_pem(text.as_bytes())
            .map_err(|_| IkeyError::SigningRequest("it is not a request of PKCS#10 in PEM"))?;
        Self::checked(&request)
    }

    /// Reads DER.
    ///
    /// # Errors
    /// [`IkeyError::SigningRequest`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, IkeyError> {
        if bytes.len() > MOST_BYTES {
            return Err(IkeyError::SigningRequest("it is too long"));
        }
        let request = CertReq::from_der(bytes)
            .map_err(|_| IkeyError::SigningRequest("it is not a request of PKCS#10"))?;
        Self::checked(&request)
    }

    fn checked(request: &CertReq) -> Result<Self, IkeyError> {
        let broken = |_| IkeyError::SigningRequest("it cannot be read again");
        let key = PublicKey::from_spki(&request.info.public_key.to_der().map_err(broken)?);
        let key = key.ok().filter(|key| key.algorithm() == Algorithm::Es256);
        let key = key.ok_or(IkeyError::SigningRequest("its key must be a P-256 key"))?;
        let signed = request.info.to_der().map_err(broken)?;
        let signature = request.signature.as_bytes().unwrap_or_default();
        if !key.holds(&signed, signature) {
            return Err(IkeyError::SigningRequest("its signature is not of its own key"));
        }
        Ok(Self { key })
    }

    /// A request of this key, in PEM.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn made_with(key: &PrivateKey) -> Result<String, IkeyError> {
        let unmade = |_| IkeyError::SigningRequest("it cannot be made");
        let public = SubjectPublicKeyInfoOwned::from_der(&key.public().to_spki()?).map_err(unmade)?;
        let info = CertReqInfo {
            version: Version::V1,
            subject: Name::default(),
            public_key: public,
            attributes: SetOfVec::default(),
        };
        let signature = key.sign(&info.to_der().map_err(unmade)?)?;
        let request = CertReq {
            info,
            algorithm: algorithm(key),
            signature: BitString::from_bytes(&signature).map_err(unmade)?,
        };
        request.to_pem(LineEnding::LF).map_err(unmade)
    }

    /// The key that asks.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}
