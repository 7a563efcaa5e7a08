//! Requests for certificates of a gate's line, and what is made of them.

use alloc::{string::ToString, vec, vec::Vec};

use der::{Decode, Encode};
use proptest::prelude::{any, prop, prop_assert, proptest};
use x509_cert::request::CertReq;

use super::{period, *};

fn key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Es256).unwrap()
}

/// A request is what it was made of; one with another kind of key, another's signature or a changed byte is none.
#[test]
fn a_request_counts_with_a_p256_key_and_its_own_signature_only() {
    let own = key();
    let pem = SigningRequest::made_with(&own).unwrap();
    let read = SigningRequest::from_pem(&pem).unwrap();
    assert_eq!(read.key(), &own.public());

    let sm2 = SigningRequest::made_with(&PrivateKey::generate(Algorithm::Sm2Sm3).unwrap()).unwrap();
    let refused = SigningRequest::from_pem(&sm2).unwrap_err().to_string();
    assert!(refused.ends_with("its key must be a P-256 key"), "{refused}");

    let of = |pem: &str| <CertReq as der::DecodePem>::from_pem(pem.as_bytes()).unwrap();
    let other = of(&SigningRequest::made_with(&key()).unwrap());
    let mixed = CertReq { info: other.info, ..of(&pem) };
    let refused = SigningRequest::from_der(&mixed.to_der().unwrap()).unwrap_err().to_string();
    assert!(refused.ends_with("its signature is not of its own key"), "{refused}");

    let long = "x".repeat(9000);
    for nothing in ["", "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----", &long]
    {
        assert!(SigningRequest::from_pem(nothing).is_err());
    }
}

/// The certificate of an end is its authority's, may sign, and names what was asked for.
#[test]
fn an_authority_certifies_both_ends() {
    let authority = Authority::generate("a", Algorithm::Es256, period()).unwrap();
    let names = vec!["centre.example".into(), "192.0.2.7".into(), "2001:db8::7".into()];
    for (end, shown) in [
        (End::Server(names), vec![&b"centre.example"[..], &[192, 0, 2, 7], &[0x20, 0x01, 0x0d, 0xb8]]),
        (
            End::Client("urn:kakou:gate:CNEHX070801:0708-G02".into()),
            vec![&b"urn:kakou:gate:CNEHX070801:0708-G02"[..]],
        ),
    ] {
        let made = authority.certify_end("0708-G02", &end, &key().public(), period()).unwrap();
        assert!(made.is_issued_by(authority.certificate()) && made.may_sign() && !made.is_authority());
        assert_eq!(made.name(), "0708-G02");
        for part in shown {
            assert!(made.der().windows(part.len()).any(|bytes| bytes == part), "{end:?}");
        }
    }
    let odd = authority.certify_end("x", &End::Client("卡口".into()), &key().public(), period());
    assert!(odd.is_err(), "a URI is ASCII");
}

proptest! {
    #[test]
    fn a_request_with_changed_bytes_does_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let own = PrivateKey::generate(Algorithm::Es256).unwrap();
        let request = <CertReq as der::DecodePem>::from_pem(SigningRequest::made_with(&own).unwrap().as_bytes()).unwrap();
        let sound = request.to_der().unwrap();
        let mut bytes: Vec<u8> = sound.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if SigningRequest::from_der(&bytes).is_ok() {
            prop_assert!(CertReq::from_der(&bytes).is_ok_and(|read| read.info.public_key == request.info.public_key));
        }
    }
}
