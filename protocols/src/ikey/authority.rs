//! 签发机构: makes certificates of cards, of the platform and of authorities, and lists of what it has revoked.
//! Promises: what it makes is what `certificate` reads. Two certificates of an authority never share a serial number.
//! Absent on purpose: keeping keys. Electronic port's own authority makes the cards of enterprises; this one makes software cards for
//! training and tests, and the platform's own certificate (decisions 0040, 0041).
//! Source: RFC 5280 sections 4 and 5.

use alloc::{vec, vec::Vec};
use core::time::Duration;

use der::{
    Any, Decode, Encode, Sequence, Tag,
    asn1::{AnyRef, BitString, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime},
    oid::AssociatedOid,
};
use sha2::{Digest, Sha256};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{
    attr::AttributeTypeAndValue,
    crl::{CertificateList, RevokedCert, TbsCertList},
    ext::{
        Extension,
        pkix::{BasicConstraints, KeyUsage, KeyUsages},
    },
    name::{Name, RdnSequence, RelativeDistinguishedName},
    serial_number::SerialNumber,
    time::{Time, Validity},
};

use super::{
    Algorithm, Certificate, End, Holder, IkeyError, PrivateKey, PublicKey,
    certificate::{CARD_NO, CUSTOMS_REG_NO, ENTERPRISE, PERSON, USCC},
    endpoint,
};
use crate::contract::UtcMillis;

const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
pub(super) const UNMADE: IkeyError = IkeyError::Certificate("it cannot be made");

/// 有效期.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// From when.
    pub from: UtcMillis,
    /// Until when, inclusive.
    pub until: UtcMillis,
}

/// 签发机构.
#[derive(Clone, Debug)]
pub struct Authority {
    certificate: Certificate,
    key: PrivateKey,
}

/// What is signed of a certificate; the library's own type is for reading only.
#[derive(Sequence)]
struct Content {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<u8>,
    serial: SerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct Signed<'a> {
    content: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// What a certificate is for.
#[derive(Clone, Copy)]
enum Use<'a> {
    Issue,
    Sign,
    Receive,
    /// One end of a connection.
    Speak(&'a End),
}

impl Authority {
    /// A new authority, which signs its own certificate.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn generate(name: &str, algorithm: Algorithm, period: Period) -> Result<Self, IkeyError> {
        let key = PrivateKey::generate(algorithm)?;
        let subject = named(&[(PERSON, name)])?;
        let certificate = certify(&key, &subject, subject.clone(), &key.public(), period, Use::Issue)?;
        Ok(Self { certificate, key })
    }

    /// An authority that was made before.
    ///
    /// # Errors
    /// [`IkeyError::Key`] when the key is not that of the certificate.
    pub fn open(certificate: Certificate, key: PrivateKey) -> Result<Self, IkeyError> {
        if certificate.key() == &key.public() { Ok(Self { certificate, key }) } else { Err(IkeyError::Key) }
    }

    /// Its certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// A certificate for a card.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn issue(&self, holder: &Holder, key: &PublicKey, period: Period) -> Result<Certificate, IkeyError> {
        let mut attributes = vec![(PERSON, holder.name.as_str()), (CARD_NO, holder.card_no.as_str())];
        let more = [
            (ENTERPRISE, &holder.enterprise),
            (CUSTOMS_REG_NO, &holder.customs_reg_no),
            (USCC, &holder.uscc),
        ];
        attributes.extend(more.into_iter().filter_map(|(oid, text)| Some((oid, text.as_deref()?))));
        certify(&self.key, self.certificate.subject_name(), named(&attributes)?, key, period, Use::Sign)
    }

    /// An authority below this one.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn delegate(&self, name: &str, algorithm: Algorithm, period: Period) -> Result<Self, IkeyError> {
        let key = PrivateKey::generate(algorithm)?;
        let subject = named(&[(PERSON, name)])?;
        let issuer = self.certificate.subject_name();
        let certificate = certify(&self.key, issuer, subject, &key.public(), period, Use::Issue)?;
        Ok(Self { certificate, key })
    }

    /// A certificate for one end of a connection over TLS, whose common name is `name`.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn certify_end(
        &self,
        name: &str,
        end: &End,
        key: &PublicKey,
        period: Period,
    ) -> Result<Certificate, IkeyError> {
        let (issuer, subject) = (self.certificate.subject_name(), named(&[(PERSON, name)])?);
        certify(&self.key, issuer, subject, key, period, Use::Speak(end))
    }

    /// The list of what it has revoked, DER.
    ///
    /// # Errors
    /// [`IkeyError`].
    pub fn revoke(&self, revoked: &[&Certificate], at: UtcMillis) -> Result<Vec<u8>, IkeyError> {
        let entries = revoked.iter().map(|certificate| {
            let serial: Result<SerialNumber, _> =
                SerialNumber::new(&hex::decode(certificate.serial()).map_err(|_| UNMADE)?);
            Ok(RevokedCert {
                serial_number: serial.map_err(|_| UNMADE)?,
                revocation_date: time(at)?,
                crl_entry_extensions: None,
            })
        });
        let entries: Vec<_> = entries.collect::<Result<_, IkeyError>>()?;
        let tbs_cert_list = TbsCertList {
            version: x509_cert::certificate::Version::V2,
            signature: algorithm(&self.key),
            issuer: self.certificate.subject_name().clone(),
            this_update: time(at)?,
            next_update: None,
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: None,
        };
        let signature = self.key.sign(&tbs_cert_list.to_der().map_err(|_| UNMADE)?)?;
        let list = CertificateList {
            tbs_cert_list,
            signature_algorithm: algorithm(&self.key),
            signature: BitString::from_bytes(&signature).map_err(|_| UNMADE)?,
        };
        list.to_der().map_err(|_| UNMADE)
    }
}

/// A certificate that its own key signs: content is sealed to the platform by it (PO-100).
///
/// # Errors
/// [`IkeyError`].
pub fn self_signed(name: &str, key: &PrivateKey, period: Period) -> Result<Certificate, IkeyError> {
    let subject = named(&[(PERSON, name)])?;
    certify(key, &subject, subject.clone(), &key.public(), period, Use::Receive)
}

fn certify(
    signer: &PrivateKey,
    issuer: &Name,
    subject: Name,
    key: &PublicKey,
    period: Period,
    use_: Use<'_>,
) -> Result<Certificate, IkeyError> {
    let spki = key.to_spki()?;
    let content = Content {
        version: Some(2),
        serial: serial_of(&spki, period)?,
        algorithm: algorithm(signer),
        issuer: issuer.clone(),
        validity: Validity::new(time(period.from)?, time(period.until)?),
        subject,
        key: SubjectPublicKeyInfoOwned::from_der(&spki).map_err(|_| UNMADE)?,
        extensions: Some(extensions(use_)?),
    };
    let content = content.to_der().map_err(|_| UNMADE)?;
    let signature = signer.sign(&content)?;
    let signed = Signed {
        content: AnyRef::from_der(&content).map_err(|_| UNMADE)?,
        algorithm: algorithm(signer),
        signature: BitString::from_bytes(&signature).map_err(|_| UNMADE)?,
    };
    Certificate::from_der(&signed.to_der().map_err(|_| UNMADE)?)
}

/// Sixteen bytes that depend on the key and on the period, so that a renewed certificate has another one.
fn serial_of(spki: &[u8], period: Period) -> Result<SerialNumber, IkeyError> {
    let digest = Sha256::new()
        .chain_update(spki)
        .chain_update(period.from.as_millis().to_be_bytes())
        .chain_update(period.until.as_millis().to_be_bytes())
        .finalize();
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    // A serial number is positive and has no leading zeros.
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x3F | 0x40;
    }
    SerialNumber::new(&bytes).map_err(|_| UNMADE)
}

fn extensions(use_: Use<'_>) -> Result<Vec<Extension>, IkeyError> {
    let constraint = BasicConstraints { ca: matches!(use_, Use::Issue), path_len_constraint: None };
    let usage = KeyUsage(match use_ {
        Use::Issue => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        Use::Sign => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        Use::Receive => KeyUsages::KeyEncipherment.into(),
        Use::Speak(_) => KeyUsages::DigitalSignature.into(),
    });
    let critical = |extn_id, value: der::Result<Vec<u8>>| {
        let value = value.and_then(OctetString::new).map_err(|_| UNMADE)?;
        Ok(Extension { extn_id, critical: true, extn_value: value })
    };
    let mut made =
        vec![critical(BasicConstraints::OID, constraint.to_der())?, critical(KeyUsage::OID, usage.to_der())?];
    if let Use::Speak(end) = use_ {
        made.extend(endpoint::extensions(end)?);
    }
    Ok(made)
}

pub(super) fn algorithm(key: &PrivateKey) -> AlgorithmIdentifierOwned {
    let oid = match key.algorithm() {
        Algorithm::Sm2Sm3 => SM2_WITH_SM3,
        Algorithm::Es256 => ECDSA_WITH_SHA256,
    };
    AlgorithmIdentifierOwned { oid, parameters: None }
}

fn named(attributes: &[(ObjectIdentifier, &str)]) -> Result<Name, IkeyError> {
    let one = |(oid, text): &(ObjectIdentifier, &str)| {
        let value = Any::new(Tag::Utf8String, text.as_bytes()).map_err(|_| UNMADE)?;
        let mut set = SetOfVec::new();
        set.insert(AttributeTypeAndValue { oid: *oid, value }).map_err(|_| UNMADE)?;
        Ok(RelativeDistinguishedName::from(set))
    };
    let names: Vec<_> = attributes.iter().map(one).collect::<Result<_, IkeyError>>()?;
    let der = RdnSequence::from(names).to_der().map_err(|_| UNMADE)?;
    Name::from_der(&der).map_err(|_| UNMADE)
}

/// `UTCTime` up to 2049, `GeneralizedTime` behind (RFC 5280 section 4.1.2.5); whole seconds.
fn time(at: UtcMillis) -> Result<Time, IkeyError> {
    let seconds = Duration::from_secs(u64::try_from(at.as_millis() / 1000).map_err(|_| UNMADE)?);
    match UtcTime::from_unix_duration(seconds) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(seconds).map(Time::GeneralTime).map_err(|_| UNMADE),
    }
}
