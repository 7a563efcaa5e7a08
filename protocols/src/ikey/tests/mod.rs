//! Cards against the standards' own examples, each other, and bytes that are nothing.

mod endpoint;

extern crate std;

use alloc::{format, string::String, vec, vec::Vec};
use std::sync::LazyLock;

use der::{Encode, asn1::UintRef};
use proptest::prelude::{any, prop, prop_assert, proptest};

use super::*;
use crate::{contract::UtcMillis, ids::CardNo};

const SIGNATURES: &str = include_str!("signatures.txt");

/// Made once: a card's certificate to change bytes of, and a key to seal to.
static SAMPLE: LazyLock<(Authority, Certificate)> = LazyLock::new(|| {
    let authority = Authority::generate("a", Algorithm::Sm2Sm3, period()).unwrap();
    let card = authority.issue(&holder(), &PLATFORM.public(), period()).unwrap();
    (authority, card)
});
static PLATFORM: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Algorithm::Sm2Sm3).unwrap());

fn at(text: &str) -> UtcMillis {
    UtcMillis::parse(text).unwrap()
}

fn period() -> Period {
    Period { from: at("2024-01-01T00:00:00Z"), until: at("2051-01-01T00:00:00Z") }
}

fn holder() -> Holder {
    Holder {
        card_no: CardNo::parse("8950000004821").unwrap(),
        name: "王强".into(),
        enterprise: Some("满洲里草原煤业有限公司".into()),
        uscc: Some("91150781MA0N5XWB9P".into()),
        customs_reg_no: Some("1507962233".into()),
    }
}

/// SEQUENCE of `r` and `s` as ASN.1 writes them.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut inside = UintRef::new(r).unwrap().to_der().unwrap();
    inside.extend(UintRef::new(s).unwrap().to_der().unwrap());
    let mut out = vec![0x30, u8::try_from(inside.len()).unwrap()];
    out.extend(inside);
    out
}

/// PO-101: signatures that the standards print hold, and no other message or signature of them does.
#[test]
fn the_signatures_that_the_standards_print_hold() {
    let mut seen = 0;
    for line in SIGNATURES.lines().filter(|line| !line.starts_with('#')) {
        let [alg, x, y, message, r, s] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bytes = |text: &str| hex::decode(text).unwrap();
        let point = [&[4][..], &bytes(x), &bytes(y)].concat();
        let key = match Algorithm::parse(alg).unwrap() {
            Algorithm::Sm2Sm3 => PublicKey::Sm2(sm2::PublicKey::from_sec1_bytes(&point).unwrap()),
            Algorithm::Es256 => PublicKey::P256(p256::PublicKey::from_sec1_bytes(&point).unwrap()),
        };
        let (message, signature) = (message.replace('_', " "), der(&bytes(r), &bytes(s)));
        assert!(key.holds(message.as_bytes(), &signature), "{line}");
        assert!(!key.holds(b"another message", &signature), "{line}");
        assert!(!key.holds(message.as_bytes(), &der(&bytes(s), &bytes(r))), "{line}");
        let short = &signature[..signature.len() - 1];
        assert!(!key.holds(message.as_bytes(), short) && !key.holds(message.as_bytes(), &[]), "{line}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// PO-101: what a key signs, its public half verifies and nobody else's does; keys keep through PEM, and show in no trace.
#[test]
fn a_key_signs_for_itself_only() {
    for algorithm in Algorithm::ALL.iter().copied() {
        let (key, other) =
            (PrivateKey::generate(algorithm).unwrap(), PrivateKey::generate(algorithm).unwrap());
        let signature = key.sign(b"statement").unwrap();
        assert!(key.public().holds(b"statement", &signature));
        assert!(!key.public().holds(b"statement.", &signature));
        assert!(!other.public().holds(b"statement", &signature));
        let pem = key.to_pem().unwrap();
        let again = PrivateKey::from_pem(&pem).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(PublicKey::from_spki(&key.public().to_spki().unwrap()).unwrap(), key.public());
        assert_eq!(format!("{key:?}"), format!("PrivateKey({algorithm}, ..)"));
    }
    assert_eq!(PrivateKey::from_pem("no key").unwrap_err(), IkeyError::Key);
    assert!(Algorithm::parse("RSA-MD5").is_none());
}

#[test]
fn a_certificate_says_what_it_was_made_with() {
    for algorithm in Algorithm::ALL.iter().copied() {
        let authority = Authority::generate("测试签发机构", algorithm, period()).unwrap();
        let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
        let made = authority.issue(&holder(), &key.public(), period()).unwrap();
        let read = Certificate::from_der(made.der()).unwrap();
        assert_eq!(read.holder(), Some(holder()));
        assert_eq!(read.key(), &key.public());
        assert_eq!((read.not_before(), read.not_after()), (period().from, period().until));
        assert!(read.is_issued_by(authority.certificate()));
        assert!(read.may_sign() && !read.is_authority() && read.is_understood());
        assert!(authority.certificate().is_authority() && !authority.certificate().may_sign());
        assert!(authority.certificate().is_issued_by(authority.certificate()));
        assert_eq!(authority.certificate().holder(), None);
        assert_eq!(Certificate::from_pem(&read.to_pem().unwrap()).unwrap(), read);
        let stranger = Authority::generate("测试签发机构", algorithm, period()).unwrap();
        assert!(!read.is_issued_by(stranger.certificate()));
        let longer = Period { until: at("2052-01-01T00:00:00Z"), ..period() };
        assert_ne!(authority.issue(&holder(), &key.public(), longer).unwrap().serial(), read.serial());
    }
}

/// An officer's card names no enterprise.
#[test]
fn a_holder_may_be_of_no_enterprise() {
    let authority = Authority::generate("a", Algorithm::Sm2Sm3, period()).unwrap();
    let officer = Holder { enterprise: None, uscc: None, customs_reg_no: None, ..holder() };
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let made = authority.issue(&officer, &key.public(), period()).unwrap();
    assert_eq!(made.holder(), Some(officer));
    assert_eq!(made.algorithm(), Algorithm::Es256);
}

#[test]
fn a_changed_certificate_was_issued_by_nobody() {
    let authority = Authority::generate("a", Algorithm::Sm2Sm3, period()).unwrap();
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let made = authority.issue(&holder(), &key.public(), period()).unwrap();
    let mut forged = made.der().to_vec();
    let place = forged.windows(13).position(|window| window == b"8950000004821").unwrap();
    forged[place] = b'9';
    let forged = Certificate::from_der(&forged).unwrap();
    assert_eq!(forged.holder().unwrap().card_no.as_str(), "9950000004821");
    assert!(!forged.is_issued_by(authority.certificate()));
}

#[test]
fn a_revocation_list_names_what_was_revoked() {
    let authority = Authority::generate("a", Algorithm::Sm2Sm3, period()).unwrap();
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let card = authority.issue(&holder(), &key.public(), period()).unwrap();
    let made = at("2025-10-01T00:00:00Z");
    let list = RevocationList::from_der(&authority.revoke(&[&card], made).unwrap()).unwrap();
    assert_eq!(list.entries().collect::<Vec<_>>(), [(card.serial(), made)]);
    assert_eq!((list.this_update(), list.issuer()), (made, card.issuer()));
    assert!(list.is_issued_by(authority.certificate()));
    let stranger = Authority::generate("a", Algorithm::Sm2Sm3, period()).unwrap();
    assert!(!list.is_issued_by(stranger.certificate()));
    let none = RevocationList::from_der(&authority.revoke(&[], made).unwrap()).unwrap();
    assert_eq!(none.entries().count(), 0);
    assert!(RevocationList::from_der(b"nothing").is_err() && RevocationList::from_der(card.der()).is_err());
}

/// PO-100, PO-101: what is sealed to the platform opens there, unaltered, and nowhere else.
#[test]
fn an_envelope_opens_for_its_reader_only() {
    let (platform, stranger) =
        (PrivateKey::generate(Algorithm::Sm2Sm3).unwrap(), PrivateKey::generate(Algorithm::Sm2Sm3).unwrap());
    let sealed = Envelope::seal(&platform.public(), "申报数据".as_bytes()).unwrap();
    assert_eq!(sealed.open(&platform).unwrap(), "申报数据".as_bytes());
    assert!(sealed.open(&stranger).is_err());
    let again = Envelope::seal(&platform.public(), "申报数据".as_bytes()).unwrap();
    assert_ne!((&sealed.key, &sealed.iv, &sealed.content), (&again.key, &again.iv, &again.content));
    let mixed = Envelope { content: again.content.clone(), ..sealed.clone() };
    assert_eq!(mixed.open(&platform), Err(IkeyError::Envelope("its content was altered")));
    for wrong in [
        Envelope { alg: "RSA-AES".into(), ..sealed.clone() },
        Envelope { key: "AA==".into(), ..sealed.clone() },
        Envelope { key: String::new(), ..sealed.clone() },
        Envelope { key: "Ag==".into(), ..sealed.clone() },
        Envelope { iv: "AA==".into(), ..sealed.clone() },
        Envelope { content: "~".into(), ..sealed.clone() },
        Envelope { content: String::new(), ..sealed.clone() },
    ] {
        assert!(wrong.open(&platform).is_err(), "{wrong:?}");
    }
    let p256 = PrivateKey::generate(Algorithm::Es256).unwrap();
    assert!(Envelope::seal(&p256.public(), b"x").is_err() && sealed.open(&p256).is_err());
}

#[test]
fn the_platforms_certificate_is_one_to_seal_to() {
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let made = self_signed("平台", &key, period()).unwrap();
    assert!(made.is_issued_by(&made) && !made.is_authority() && !made.may_sign());
    assert_eq!((made.name().as_str(), made.key()), ("平台", &key.public()));
}

/// PO-065, PO-102: a PIN shows in no trace.
#[test]
fn a_pin_request_shows_no_pin() {
    let request = service::PinRequest { pin: "314159".into() };
    assert_eq!(format!("{request:?}"), "PinRequest(..)");
}

proptest! {
    #[test]
    fn bytes_that_are_nothing_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Certificate::from_der(&bytes).is_err());
        prop_assert!(RevocationList::from_der(&bytes).is_err());
        prop_assert!(PublicKey::from_spki(&bytes).is_err());
    }

    /// Bytes that nearly are a certificate find more of the reader than bytes that are nothing.
    #[test]
    fn a_certificate_with_changed_bytes_does_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (authority, card) = &*SAMPLE;
        let mut bytes = card.der().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(read) = Certificate::from_der(&bytes) {
            let _ = (read.holder(), read.serial(), read.not_after(), read.is_authority(), read.may_sign());
            prop_assert!(bytes == card.der() || !read.is_issued_by(authority.certificate()));
        }
    }

    #[test]
    fn an_envelope_of_any_bytes_does_no_harm(key in prop::collection::vec(any::<u8>(), 0..200), iv in prop::collection::vec(any::<u8>(), 0..20)) {
        use crate::base64::Alphabet::Standard;
        let key = [&[4][..], &key].concat();
        let envelope = Envelope { alg: ENVELOPE.into(), key: Standard.encode(&key), iv: Standard.encode(&iv), content: Standard.encode(&key) };
        prop_assert!(envelope.open(&PLATFORM).is_err());
    }
}
