//! A software card in hand, and through the card service.

mod hand;
mod service;

use protocols::{
    base64::Alphabet::Standard,
    contract::UtcMillis,
    ids::CardNo,
    ikey::{Algorithm, Certificate, Envelope, Holder, Period},
};
use tempfile::TempDir;

use super::{CardError, SoftwareCard, folder};

const PIN: &str = "482017";
const CARD: &str = "8950000004821";

fn period() -> Period {
    folder::days(UtcMillis::parse("2025-10-01T00:00:00Z").unwrap(), 365)
}

fn holder(card_no: &str) -> Holder {
    Holder {
        card_no: CardNo::parse(card_no).unwrap(),
        name: "王强".into(),
        enterprise: Some("满洲里草原煤业有限公司".into()),
        uscc: Some("91150781MA0N5XWB9P".into()),
        customs_reg_no: Some("1507962233".into()),
    }
}

/// A folder with an authority and a card.
fn shelf(algorithm: Algorithm) -> (TempDir, SoftwareCard) {
    let shelf = tempfile::tempdir().unwrap();
    folder::new_authority(shelf.path(), "训练卡签发机构", algorithm, period()).unwrap();
    let card = folder::new_card(shelf.path(), &holder(CARD), period(), PIN).unwrap();
    (shelf, card)
}

/// PO-095, PO-102: a card signs what it is given while its PIN has opened it, once unless it stays open.
#[test]
fn an_open_card_signs() {
    for algorithm in Algorithm::ALL.iter().copied() {
        let (shelf, mut card) = shelf(algorithm);
        assert!(matches!(card.sign("statement", false), Err(CardError::Closed)));
        assert_eq!(card.verify_pin(PIN).unwrap(), 5);
        let signed = card.sign("statement", true).unwrap();
        assert_eq!(signed.alg, algorithm.code());
        let certificate = Certificate::from_der(&Standard.decode(&signed.certificate).unwrap()).unwrap();
        assert_eq!(certificate.holder(), Some(holder(CARD)));
        assert!(certificate.key().holds(b"statement", &Standard.decode(&signed.value).unwrap()));
        assert!(certificate.is_issued_by(folder::authority(shelf.path()).unwrap().certificate()));
        assert!(card.sign("another", false).is_ok());
        assert!(matches!(card.sign("a third", false), Err(CardError::Closed)));
    }
}

/// PO-065, PO-363, PO-364: the card counts wrong PINs itself, over being pulled too, and is blocked after five in a row.
#[test]
fn a_card_counts_wrong_pins() {
    let (shelf, mut card) = shelf(Algorithm::Sm2Sm3);
    let at = folder::at(shelf.path(), CardNo::parse(CARD).unwrap());
    for left in [4, 3] {
        assert!(matches!(card.verify_pin("000000"), Err(CardError::PinWrong(n)) if n == left));
        assert_eq!((card.shown().tries_left, card.shown().blocked), (left, false));
    }
    let mut card = SoftwareCard::open(&at).unwrap();
    assert_eq!(card.shown().tries_left, 3);
    assert_eq!(card.verify_pin(PIN).unwrap(), 5);
    for left in [4, 3, 2, 1] {
        assert!(matches!(card.verify_pin("000000"), Err(CardError::PinWrong(n)) if n == left));
        // A wrong PIN closes a card that was open.
        assert!(matches!(card.sign("statement", false), Err(CardError::Closed)));
    }
    assert!(matches!(card.verify_pin("000000"), Err(CardError::Blocked)));
    assert!(matches!(card.verify_pin(PIN), Err(CardError::Blocked)));
    let mut card = SoftwareCard::open(&at).unwrap();
    assert!(card.shown().blocked && matches!(card.verify_pin(PIN), Err(CardError::Blocked)));
}

/// PO-065: neither the PIN nor the key shows in a trace or a message; the PIN is in no file.
#[test]
fn a_card_shows_no_secret() {
    use std::os::unix::fs::PermissionsExt;
    let (shelf, mut card) = shelf(Algorithm::Sm2Sm3);
    let error = card.verify_pin("314159").unwrap_err();
    let told = format!("{card:?} {error} {error:?}");
    assert!(!told.contains("314159") && !told.contains("PRIVATE") && !told.contains("argon2"), "{told}");
    let at = folder::at(shelf.path(), CardNo::parse(CARD).unwrap());
    assert!(!std::fs::read_to_string(&at).unwrap().contains(PIN));
    for path in [at, shelf.path().join("authority.key")] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn nothing_is_written_over() {
    let (shelf, card) = shelf(Algorithm::Sm2Sm3);
    let again = folder::new_card(shelf.path(), &holder(CARD), period(), PIN);
    assert!(format!("{:#}", again.unwrap_err()).contains(CARD));
    assert!(folder::new_authority(shelf.path(), "x", Algorithm::Sm2Sm3, period()).is_err());
    let kept = SoftwareCard::open(&folder::at(shelf.path(), CardNo::parse(CARD).unwrap())).unwrap();
    assert_eq!(kept.certificate(), card.certificate());
    for pin in ["", "12345", "12345678901234567"] {
        let short = folder::new_card(shelf.path(), &holder("8950000004822"), period(), pin);
        assert!(short.unwrap_err().to_string().contains("6 to 16"), "{pin}");
    }
}

/// PO-095: what is sealed to a card opens in that card, and only while its PIN has opened it.
#[test]
fn a_card_opens_what_is_sealed_to_it() {
    let (_shelf, mut card) = shelf(Algorithm::Sm2Sm3);
    let sealed = Envelope::seal(card.certificate().key(), b"answer").unwrap();
    assert!(matches!(card.decrypt(&sealed), Err(CardError::Closed)));
    card.verify_pin(PIN).unwrap();
    assert_eq!(card.decrypt(&sealed).unwrap(), b"answer");
}

#[test]
fn a_file_that_is_no_card_is_refused() {
    let (shelf, _card) = shelf(Algorithm::Sm2Sm3);
    let at = shelf.path().join("x.card.json");
    for text in ["", "{}", "[]", r#"{"certificate":"","key":"","pin":"","tries_left":5}"#] {
        std::fs::write(&at, text).unwrap();
        assert!(SoftwareCard::open(&at).is_err(), "{text}");
    }
    assert!(matches!(SoftwareCard::open(&shelf.path().join("none")), Err(CardError::File { .. })));
}
