//! Identifiers: whatever text comes, what a parser takes it writes back alike, and normalising twice changes nothing.

use protocols::ids::{
    CardNo, CardUid, ContainerNo, CustomsCode, DeviceName, Epc, GateId, LaneId, MediumKey, MediumType,
    OrgCode, Plate, SealList, SealNo, Tid, TripNo, UnifiedNo, Uscc, VisitId, YardId, normalise,
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// All parsers, over one text.
pub fn all(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    written_back::<CardNo>(text);
    written_back::<CardUid>(text);
    written_back::<ContainerNo>(text);
    written_back::<CustomsCode>(text);
    written_back::<Epc>(text);
    written_back::<DeviceName>(text);
    written_back::<GateId>(text);
    written_back::<LaneId>(text);
    written_back::<MediumKey>(text);
    written_back::<OrgCode>(text);
    written_back::<Plate>(text);
    written_back::<SealList>(text);
    written_back::<SealNo>(text);
    written_back::<Tid>(text);
    written_back::<TripNo>(text);
    written_back::<UnifiedNo>(text);
    written_back::<Uscc>(text);
    written_back::<VisitId>(text);
    written_back::<YardId>(text);
    normalising(text);
    media(text);
    numbers(text);
    if let Ok(read) = ContainerNo::read(text) {
        assert_eq!(ContainerNo::read(read.as_str()), Ok(read));
        let digit = read.as_str().bytes().last().map(|last| last.wrapping_sub(b'0'));
        assert_eq!(read.check_digit_holds(), digit == Some(read.expected_check_digit()));
    }
    if let Ok(epc) = Epc::parse(text) {
        let bytes: Vec<u8> = epc.as_str().as_bytes().chunks(2).filter_map(byte).collect();
        assert_eq!(Epc::from_bytes(&bytes), Ok(epc.clone()));
        // A hint is a reading of the same bits, whatever they are.
        assert_eq!(epc.hint().is_ok(), epc.hint().is_ok());
    }
    let _kind = Plate::classify(text);
}

fn byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// Text and JSON of a value lead back to it; a refusal's message stays short, so that no text floods a log.
fn written_back<T>(text: &str)
where
    T: FromStr<Err: Display> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    match T::from_str(text) {
        Ok(value) => {
            let shown = value.to_string();
            assert_eq!(shown.parse::<T>().ok().as_ref(), Some(&value), "{shown:?}");
            let json = serde_json::to_string(&value).expect("a string");
            assert_eq!(serde_json::from_str::<T>(&json).ok().as_ref(), Some(&value), "{json}");
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() <= 600, "{} characters: {said}", said.chars().count());
        }
    }
}

/// SG-079's promise: a stored value normalises to itself.
fn normalising(text: &str) {
    type Rule = fn(&str) -> String;
    let rules: [(&str, Rule); 5] = [
        ("key", normalise::key),
        ("bar_code", |text| normalise::bar_code(text).to_owned()),
        ("bill_no", normalise::bill_no),
        ("seal_list", normalise::seal_list),
        ("hex", normalise::hex),
    ];
    for (name, rule) in rules {
        let once = rule(text);
        assert_eq!(rule(&once), once, "{name} of {text:?}");
    }
}

fn media(text: &str) {
    for medium_type in MediumType::ALL {
        let declared = MediumKey::declared(medium_type, text);
        let read = MediumKey::read(medium_type, text);
        for key in [&declared, &read].into_iter().flatten() {
            assert_eq!(MediumKey::parse(key.as_str()).as_ref(), Ok(key), "the wire refuses a key of ours");
            assert_eq!(MediumKey::read(medium_type, key.as_str()).as_ref(), Ok(key));
        }
        if declared.is_ok() {
            assert_eq!(declared, read, "what may be declared may be read");
        }
    }
    if let Ok(medium_type) = MediumType::parse(text) {
        assert_eq!(medium_type.as_str(), text);
    }
}

/// Numbers made of parts come apart into them.
fn numbers(text: &str) {
    if let Ok(number) = UnifiedNo::parse(text) {
        assert_eq!(UnifiedNo::from_parts(number.year(), number.serial()), Ok(number));
    }
    if let Ok(number) = TripNo::parse(text) {
        let (year, month, card) = (number.year(), number.month(), number.card_no());
        assert_eq!(TripNo::from_parts(year, month, card, number.serial()), Ok(number));
    }
}
