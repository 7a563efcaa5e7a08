//! What is believed of a shield's answer, without a store: every part wrong once, and bytes that mean nothing.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{
        Fault,
        authenticator::AuthenticatorData,
        ceremony::{Expected, answered, made},
        client_data::{self, Ceremony},
        key::PublicKey,
    },
    phone::{Phone, text},
};

const CHALLENGE: [u8; 32] = [9; 32];

fn origins() -> [String; 2] {
    ["http://localhost:8080".into(), "https://portal.example.cn".into()]
}

fn options() -> Value {
    json!({"challenge": text(&CHALLENGE)})
}

fn makes(phone: &Phone) -> Result<PublicKey, Fault> {
    let expected = Expected { rp_id: "localhost", origins: &origins(), challenge: &CHALLENGE };
    made(expected, &serde_json::from_value(phone.make(&options())).unwrap()).map(|made| made.key)
}

fn answers(key: &PublicKey, counter: u32, answer: Value) -> Result<u32, Fault> {
    let expected = Expected { rp_id: "localhost", origins: &origins(), challenge: &CHALLENGE };
    answered(expected, key, counter, &serde_json::from_value(answer).unwrap())
}

/// What a phone does otherwise than it was asked to, and what is found.
type Wrong = (fn(&mut Phone), Fault);

/// PO-066: a credential is taken when ceremony, challenge, origin, site, flags and key are those asked for.
#[test]
fn each_wrong_part_of_a_new_credential_is_named() {
    for (phone, other) in [(Phone::es256(), -8), (Phone::eddsa(), -7)] {
        assert!(makes(&phone).is_ok());
        let wrong: [Wrong; 9] = [
            (|phone| phone.ceremony = Some("webauthn.get"), Fault::Ceremony),
            (|phone| phone.origin = "http://localhost".into(), Fault::Origin),
            (|phone| phone.cross_origin = true, Fault::Origin),
            (|phone| phone.rp_id = "local".into(), Fault::Site),
            (|phone| phone.flags = 0b100, Fault::Presence),
            (|phone| phone.flags = 0b001, Fault::Verification),
            (|phone| phone.algorithm = Some(-257), Fault::Key),
            (|phone| phone.algorithm = Some(-35), Fault::Key),
            (|phone| phone.id = Vec::new(), Fault::AuthenticatorData),
        ];
        for (wrong, fault) in wrong {
            let mut bad = phone.clone();
            wrong(&mut bad);
            assert_eq!(makes(&bad).err(), Some(fault), "{bad:?}");
        }
        // Each algorithm under the other one's name.
        let swapped = Phone { algorithm: Some(other), ..phone };
        assert_eq!(makes(&swapped).err(), Some(Fault::Key));
    }
}

/// PO-066, PO-105: a point that is on no curve, a weak key and a key told twice are no keys.
#[test]
fn a_key_is_a_point_on_its_curve() {
    let good = Phone::es256().cose();
    assert!(PublicKey::read(&good).is_ok());
    let mut off = good.clone();
    *off.last_mut().unwrap() ^= 1;
    assert_eq!(PublicKey::read(&off), Err(Fault::Key));
    let mut weak = Phone::eddsa().cose();
    let length = weak.len();
    weak[length - 32..].fill(0);
    assert_eq!(PublicKey::read(&weak), Err(Fault::Key));
    for cut in 0..good.len() {
        assert_eq!(PublicKey::read(&good[..cut]), Err(Fault::Key), "{cut}");
    }
    // A sixth member that says the algorithm again.
    let mut twice = good.clone();
    twice[0] += 1;
    twice.extend([0x03, 0x26]);
    assert_eq!(PublicKey::read(&twice), Err(Fault::Key));
    for phone in [Phone::es256(), Phone::eddsa()] {
        let key = makes(&phone).unwrap();
        assert_eq!(PublicKey::of_store(&key.stored()), Some(key));
    }
}

/// PO-066, PO-105: an answer counts when every part is the one asked for and the signature covers the bytes as they came.
#[test]
fn each_wrong_part_of_an_answer_is_named() {
    for phone in [Phone::es256(), Phone::eddsa()] {
        let key = makes(&phone).unwrap();
        let good = phone.clone().answer(&options());
        assert_eq!(answers(&key, 1, good.clone()), Ok(2));
        let wrong: [Wrong; 6] = [
            (|phone| phone.ceremony = Some("webauthn.create"), Fault::Ceremony),
            (|phone| phone.origin = "https://portal.example.cn.evil.cn".into(), Fault::Origin),
            (|phone| phone.cross_origin = true, Fault::Origin),
            (|phone| phone.rp_id = "example.cn".into(), Fault::Site),
            (|phone| phone.flags = 0b100, Fault::Presence),
            (|phone| phone.flags = 0b001, Fault::Verification),
        ];
        for (wrong, fault) in wrong {
            let mut bad = phone.clone();
            wrong(&mut bad);
            assert_eq!(answers(&key, 1, bad.answer(&options())), Err(fault));
        }
        let other = json!({"challenge": text(&[8; 32])});
        assert_eq!(answers(&key, 1, phone.clone().answer(&other)), Err(Fault::Challenge));
        assert_eq!(answers(&key, 2, good.clone()), Err(Fault::Counter));
        assert_eq!(answers(&key, 7, good.clone()), Err(Fault::Counter));
        let silent = Phone { counter: 0, ..phone.clone() };
        assert_eq!(answers(&key, 0, silent.answer_again(&options())), Ok(0), "one that never counts");
        assert_eq!(
            answers(&key, 3, silent.answer_again(&options())),
            Err(Fault::Counter),
            "one that stopped to"
        );
        for other in [Phone::es256(), Phone::eddsa()] {
            assert_eq!(answers(&key, 1, other.clone().answer(&options())), Err(Fault::Signature));
        }
        // The same words, spelt otherwise, were not signed.
        let mut respelt = good.clone();
        let words =
            json!({"type": "webauthn.get", "challenge": text(&CHALLENGE), "origin": "http://localhost:8080"});
        respelt["response"]["clientDataJSON"] = text(words.to_string().as_bytes()).into();
        assert_eq!(answers(&key, 1, respelt), Err(Fault::Signature));
        let mut kind = good.clone();
        kind["type"] = "password".into();
        assert_eq!(answers(&key, 1, kind), Err(Fault::Encoding));
        let mut long = good;
        long["response"]["signature"] = "A".repeat(20_000).into();
        assert_eq!(answers(&key, 1, long), Err(Fault::Encoding));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Bytes that mean nothing are refused, and nothing panics.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(client_data::check(&bytes, Ceremony::Get, &CHALLENGE, &origins()).is_err());
        let _ = AuthenticatorData::read(&bytes);
        let _ = PublicKey::read(&bytes);
        let object = json!({"id": "AA", "type": "public-key", "response": {"clientDataJSON": text(&bytes), "attestationObject": text(&bytes)}});
        let expected = Expected { rp_id: "localhost", origins: &origins(), challenge: &CHALLENGE };
        prop_assert!(made(expected, &serde_json::from_value(object).unwrap()).is_err());
    }

    /// Credential data behind a right head, however torn, are refused, and nothing panics.
    #[test]
    fn torn_credentials_are_refused(tail in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
        let phone = Phone::es256();
        let whole = [&[0; 32][..], &[0b100_0101], &[0; 4], &[7; 16], &20_u16.to_be_bytes(), &phone.id, &phone.cose()].concat();
        prop_assert!(AuthenticatorData::read(&whole).is_ok());
        let cut = cut.min(whole.len() - 1);
        prop_assert!(AuthenticatorData::read(&whole[..cut]).is_err());
        let _ = AuthenticatorData::read(&[&whole[..cut], &tail].concat());
    }

    /// One bit of a signed answer turned makes it another one, which is not believed.
    #[test]
    fn a_turned_bit_is_not_believed(place in any::<prop::sample::Index>(), bit in 0_u8..8, part in 0_usize..3) {
        let phone = Phone::eddsa();
        let key = makes(&phone).unwrap();
        let mut answer = phone.clone().answer(&options());
        let name = ["clientDataJSON", "authenticatorData", "signature"][part];
        let mut bytes = protocols::base64::Alphabet::Url.decode(answer["response"][name].as_str().unwrap()).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        answer["response"][name] = text(&bytes).into();
        prop_assert!(answers(&key, 1, answer).is_err());
    }
}
