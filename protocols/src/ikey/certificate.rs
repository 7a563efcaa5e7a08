//! 证书: what a card's certificate says of its holder, and what an authority's certificate may do.
//! Promises: bytes are read strictly (DER, nothing behind the end); a certificate keeps the very bytes that it came in; asking costs no
//! panic whatever the bytes are.
//! Absent on purpose: whom to trust.
//! Source: RFC 5280; the places of card number and codes: docs/decisions 0040.

use alloc::{string::String, vec::Vec};

use der::{Decode, DecodePem, Encode, EncodePem, Tag, Tagged, asn1::ObjectIdentifier, oid::AssociatedOid};
use sha2::{Digest, Sha256};
use x509_cert::{
    crl::CertificateList,
    ext::pkix::{BasicConstraints, KeyUsage},
    name::Name,
    serial_number::SerialNumber,
    time::Time,
};

use super::{Algorithm, IkeyError, PublicKey};
use crate::{contract::UtcMillis, ids::CardNo};

/// `commonName`: the person.
pub(super) const PERSON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `serialNumber`, which X.520 gives to things that have one: the card's number.
pub(super) const CARD_NO: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
/// `organizationName`: the enterprise.
pub(super) const ENTERPRISE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
/// `organizationalUnitName`: the enterprise's 10-character customs code.
pub(super) const CUSTOMS_REG_NO: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
/// `organizationIdentifier`: the unified social credit code.
pub(super) const USCC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

/// More than any certificate of a card has; nobody is made to read more.
const MOST_BYTES: usize = 16 * 1024;
/// A list of all cards that were ever lost.
const MOST_LIST_BYTES: usize = 8 * 1024 * 1024;

/// 持卡人: whom a card's certificate names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// 卡号.
    pub card_no: CardNo,
    /// 姓名.
    pub name: String,
    /// 企业名称; none on an officer's card.
    pub enterprise: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 海关十位编码.
    pub customs_reg_no: Option<String>,
}

/// 证书.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    inner: x509_cert::Certificate,
    key: PublicKey,
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`IkeyError::Certificate`], [`IkeyError::Key`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, IkeyError> {
        if bytes.len() > MOST_BYTES {
            return Err(IkeyError::Certificate("it is too long"));
        }
        let inner = x509_cert::Certificate::from_der(bytes)
            .map_err(|_| IkeyError::Certificate("it is not an X.509 certificate"))?;
        let key = inner.tbs_certificate().subject_public_key_info().to_der();
        let key = PublicKey::from_spki(&key.map_err(|_| IkeyError::Key)?)?;
        Ok(Self { der: bytes.to_vec(), inner, key })
    }

    /// Reads one certificate in PEM.
    ///
    /// # Errors
    /// [`IkeyError::Certificate`], [`IkeyError::Key`].
    pub fn from_pem(text: &str) -> Result<Self, IkeyError> {
        let inner = x509_cert::Certificate::from_pem(text.as_bytes())
            .map_err(|_| IkeyError::Certificate("it is not an X.509 certificate in PEM"))?;
        let der = inner.to_der().map_err(|_| IkeyError::Certificate("it is not an X.509 certificate"))?;
        Self::from_der(&der)
    }

    /// As it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Writes PEM.
    ///
    /// # Errors
    /// [`IkeyError::Certificate`].
    pub fn to_pem(&self) -> Result<String, IkeyError> {
        let pem = self.inner.to_pem(der::pem::LineEnding::LF);
        pem.map_err(|_| IkeyError::Certificate("it cannot be written"))
    }

    /// The holder's key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What its holder signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The holder of a card; none when the certificate is not one of a card.
    #[must_use]
    pub fn holder(&self) -> Option<Holder> {
        let subject = self.inner.tbs_certificate().subject();
        Some(Holder {
            card_no: CardNo::parse(&attribute(subject, CARD_NO)?).ok()?,
            name: attribute(subject, PERSON)?,
            enterprise: attribute(subject, ENTERPRISE),
            uscc: attribute(subject, USCC),
            customs_reg_no: attribute(subject, CUSTOMS_REG_NO),
        })
    }

    /// Its subject's common name.
    #[must_use]
    pub fn name(&self) -> String {
        attribute(self.inner.tbs_certificate().subject(), PERSON).unwrap_or_default()
    }

    /// The serial number, as lower-case hex digits.
    #[must_use]
    pub fn serial(&self) -> String {
        serial(self.inner.tbs_certificate().serial_number())
    }

    /// Who issued it, as the SHA-256 of the issuer's name.
    #[must_use]
    pub fn issuer(&self) -> String {
        digest(self.inner.tbs_certificate().issuer())
    }

    /// Whom it names, in the form of [`Self::issuer`].
    #[must_use]
    pub fn subject(&self) -> String {
        digest(self.inner.tbs_certificate().subject())
    }

    /// From when.
    #[must_use]
    pub fn not_before(&self) -> UtcMillis {
        instant(&self.inner.tbs_certificate().validity().not_before)
    }

    /// Until when, inclusive.
    #[must_use]
    pub fn not_after(&self) -> UtcMillis {
        instant(&self.inner.tbs_certificate().validity().not_after)
    }

    /// Whether it is valid at this time.
    #[must_use]
    pub fn serves_at(&self, time: UtcMillis) -> bool {
        self.not_before() <= time && time <= self.not_after()
    }

    /// Whether it may issue certificates: the basic constraint and, where there is one, the key usage say so.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        let tbs = self.inner.tbs_certificate();
        let usage = tbs.get_extension::<KeyUsage>();
        matches!(tbs.get_extension::<BasicConstraints>(), Ok(Some((_, constraint))) if constraint.ca)
            && matches!(usage, Ok(usage) if usage.as_ref().is_none_or(|(_, usage)| usage.key_cert_sign()))
    }

    /// Whether its key may sign: where there is a key usage, it says so.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        let usage = self.inner.tbs_certificate().get_extension::<KeyUsage>();
        matches!(usage, Ok(usage) if usage.as_ref().is_none_or(|(_, usage)| usage.digital_signature() || usage.non_repudiation()))
    }

    /// Whether nothing in it is marked critical that this code does not know (RFC 5280 section 4.2).
    #[must_use]
    pub fn is_understood(&self) -> bool {
        let extensions = self.inner.tbs_certificate().extensions();
        extensions.into_iter().flatten().all(|extension| {
            !extension.critical || [BasicConstraints::OID, KeyUsage::OID].contains(&extension.extn_id)
        })
    }

    /// Whether this authority has signed it.
    #[must_use]
    pub fn is_issued_by(&self, authority: &Self) -> bool {
        let Ok(signed) = self.inner.tbs_certificate().to_der() else { return false };
        // A certificate names its algorithm twice; the name that is not signed must agree (RFC 5280 section 4.1.1.2).
        self.inner.signature_algorithm() == self.inner.tbs_certificate().signature()
            && self.issuer() == authority.subject()
            && self
                .inner
                .signature()
                .as_bytes()
                .is_some_and(|signature| authority.key.holds(&signed, signature))
    }

    pub(super) fn subject_name(&self) -> &Name {
        self.inner.tbs_certificate().subject()
    }
}

/// 证书吊销列表.
#[derive(Clone, Debug)]
pub struct RevocationList {
    inner: CertificateList,
}

impl RevocationList {
    /// Reads DER.
    ///
    /// # Errors
    /// [`IkeyError::RevocationList`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, IkeyError> {
        if bytes.len() > MOST_LIST_BYTES {
            return Err(IkeyError::RevocationList("it is too long"));
        }
        let inner = CertificateList::from_der(bytes)
            .map_err(|_| IkeyError::RevocationList("it is not an X.509 revocation list"))?;
        Ok(Self { inner })
    }

    /// Who issued it, in the form of [`Certificate::subject`].
    #[must_use]
    pub fn issuer(&self) -> String {
        digest(&self.inner.tbs_cert_list.issuer)
    }

    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> UtcMillis {
        instant(&self.inner.tbs_cert_list.this_update)
    }

    /// Whether this authority has signed it.
    #[must_use]
    pub fn is_issued_by(&self, authority: &Certificate) -> bool {
        let Ok(signed) = self.inner.tbs_cert_list.to_der() else { return false };
        self.inner.signature_algorithm == self.inner.tbs_cert_list.signature
            && self.issuer() == authority.subject()
            && self
                .inner
                .signature
                .as_bytes()
                .is_some_and(|signature| authority.key.holds(&signed, signature))
    }

    /// The serial numbers of what is revoked, each since when.
    pub fn entries(&self) -> impl Iterator<Item = (String, UtcMillis)> {
        let entries = self.inner.tbs_cert_list.revoked_certificates.iter().flatten();
        entries.map(|entry| (serial(&entry.serial_number), instant(&entry.revocation_date)))
    }
}

fn serial(number: &SerialNumber) -> String {
    hex::encode(number.as_bytes())
}

fn digest(name: &Name) -> String {
    // A name that was decoded can be encoded; should that fail, no two names may look alike.
    name.to_der().map_or_else(|_| String::new(), |der| hex::encode(Sha256::digest(der)))
}

fn instant(time: &Time) -> UtcMillis {
    let millis = time.to_unix_duration().as_millis();
    UtcMillis::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The only value of an attribute; none when it is absent, there twice, or no text.
fn attribute(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    let mut values = name.iter().filter(|attribute| attribute.oid == oid);
    let (first, second) = (values.next()?, values.next());
    let text = matches!(first.value.tag(), Tag::Utf8String | Tag::PrintableString);
    let value = core::str::from_utf8(first.value.value()).ok()?;
    (text && second.is_none() && !value.is_empty()).then(|| value.into())
}
