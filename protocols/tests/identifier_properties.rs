//! Laws that hold for every text, not only for the vectors.
//! Promises: no parser panics, whatever comes; what parses prints itself; check digits catch what their arithmetic
//! promises, and the exceptions are the ones that the standards admit.
//! Source: GB 32100, GB 11714 and ISO 6346 (arithmetic); SG-079 (idempotence).

use proptest::prelude::*;
use protocols::ids::{
    CardNo, CardUid, ContainerNo, CustomsCode, DeviceName, Epc, GateId, LaneId, MediumKey, MediumType,
    OrgCode, Plate, SealList, SealNo, Tid, TripNo, UnifiedNo, Uscc, VisitId, YardId, normalise,
};

const CREDIT_CODE_CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Published credit codes; together their check characters are of both sorts.
const CREDIT_CODES: [&str; 6] = [
    "91110000600037341L",
    "914403007663746551",
    "91370220395949850B",
    "91440300MA5FXKMD0M",
    "913301007654812994",
    "91310000760867002K",
];

/// Containers whose check digits stand for the remainders 3, 2, 7, 9, 8, 6, 5, 0 and 10.
const CONTAINERS: [(&str, u8); 9] = [
    ("CSQU3054383", 3),
    ("CBHU3202732", 2),
    ("TOLU4734787", 7),
    ("HLXU2008419", 9),
    ("MEDU8707688", 8),
    ("TRLU4284746", 6),
    ("BICU1234565", 5),
    ("MSKU0383250", 0),
    ("CBHU3000080", 10),
];

fn with(text: &str, place: usize, character: char) -> String {
    text.chars().enumerate().map(|(at, old)| if at == place { character } else { old }).collect()
}

/// GB 32100: 31 is prime and no weight is a multiple of it, so every single wrong character is caught.
#[test]
fn every_single_substitution_in_a_credit_code_is_caught() {
    let mut tried = 0;
    for code in CREDIT_CODES {
        assert!(Uscc::parse(code).is_ok(), "{code}");
        for (place, old) in code.chars().enumerate() {
            for new in CREDIT_CODE_CHARACTERS.chars().filter(|new| *new != old) {
                let changed = with(code, place, new);
                assert!(Uscc::parse(&changed).is_err(), "{code} -> {changed}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 6 * 18 * 30);
}

/// GB 11714: 11 is prime and no weight is a multiple of it, so every single wrong digit is caught.
#[test]
fn every_single_digit_substitution_in_an_organization_code_is_caught() {
    for code in ["600037341", "766374655", "10000026X", "MA5FXKMD0"] {
        assert!(OrgCode::parse(code).is_ok(), "{code}");
        for (place, old) in code.chars().enumerate().filter(|(_, old)| old.is_ascii_digit()) {
            for new in ('0'..='9').filter(|new| *new != old) {
                let changed = with(code, place, new);
                assert!(OrgCode::parse(&changed).is_err(), "{code} -> {changed}");
            }
        }
    }
}

/// ISO 6346: a wrong digit is caught unless it turns remainder 0 into 10 or 10 into 0, both of which are written 0.
#[test]
fn single_digit_substitutions_in_a_container_number_are_caught_but_for_remainders_0_and_10() {
    for (number, remainder) in CONTAINERS {
        assert!(ContainerNo::read(number).is_ok(), "{number}");
        for (place, old) in number.char_indices().skip(4) {
            for new in ('0'..='9').filter(|new| *new != old) {
                let changed = with(number, place, new);
                let shift = (new as i32 - old as i32) * (1 << place);
                let blind = place < 10
                    && remainder % 10 == 0
                    && (i32::from(remainder) + shift).rem_euclid(11) % 10 == 0;
                assert_eq!(ContainerNo::read(&changed).is_ok(), blind, "{number} -> {changed}");
            }
        }
    }
}

/// ISO 6346: two neighbouring digits that change places are caught, but for the same two remainders.
#[test]
fn neighbouring_digits_that_change_places_in_a_container_number_are_caught() {
    for (number, _) in CONTAINERS.iter().filter(|(_, remainder)| remainder % 10 != 0) {
        let digits: Vec<char> = number.chars().collect();
        for place in 4..9 {
            let (left, right) = (digits[place], digits[place + 1]);
            let swapped = with(&with(number, place, right), place + 1, left);
            assert_eq!(ContainerNo::read(&swapped).is_ok(), left == right, "{number} -> {swapped}");
        }
    }
}

/// The check character as the text of GB 32100 says it, with weights worked out instead of listed.
fn check_character_of_gb_32100(body: &str) -> Option<char> {
    let mut weight = 1;
    let mut sum = 0;
    for character in body.chars() {
        sum += weight * CREDIT_CODE_CHARACTERS.find(character)?;
        weight = weight * 3 % 31;
    }
    CREDIT_CODE_CHARACTERS.chars().nth((31 - sum % 31) % 31)
}

/// The check digit as the text of ISO 6346 says it: count letters from 10, leaving out the multiples of 11.
fn check_digit_of_iso_6346(body: &str) -> u32 {
    let digits = ('0'..='9').zip(0..);
    let letters = ('A'..='Z').zip((10..).filter(|value| value % 11 != 0));
    let values: std::collections::BTreeMap<char, u32> = digits.chain(letters).collect();
    body.chars()
        .filter_map(|c| values.get(&c))
        .zip(0..)
        .map(|(value, place)| value * 2_u32.pow(place))
        .sum::<u32>()
        % 11
        % 10
}

/// Texts of every sort: any characters, and such as come near to an identifier.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9A-Z]{0,40}",
        "[0-9A-F]{0,70}",
        "[20][0-9]{17}",
        "20[0-9]{30}",
        "[京沪粤蒙][A-Z][0-9A-Z]{3,6}[挂港澳学]?",
        "[0-9A-Z|｜]{0,70}",
        "[A-Za-z0-9._/+#-]{0,70}",
        "[ａ-ｚＡ-Ｚ０-９·•・．　 -]{0,20}",
    ]
}

/// Parses, and when that succeeds holds the value to its text. `as_str` is the text that was parsed.
macro_rules! prints_what_it_parsed {
    ($text:expr, $($name:ident)*) => {
        $(if let Ok(value) = $name::parse($text) {
            prop_assert_eq!(value.as_str(), $text);
            prop_assert_eq!(value.to_string(), $text);
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<$name>(&json).unwrap(), value);
        })*
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text, any parser: no panic, and what parses prints itself and survives JSON.
    #[test]
    fn no_text_makes_a_parser_panic(text in texts()) {
        prints_what_it_parsed!(
            text.as_str(),
            CardNo CardUid ContainerNo CustomsCode DeviceName Epc GateId LaneId MediumKey OrgCode Plate SealList SealNo Tid TripNo
            UnifiedNo Uscc VisitId YardId
        );
        if let Ok(number) = ContainerNo::parse(&text) {
            prop_assert!(number.expected_check_digit() < 10);
        }
        if let Ok(epc) = Epc::parse(&text) {
            drop(epc.hint());
        }
        drop(Plate::classify(&text));
    }

    /// GB 32100: of the 31 characters exactly the one that the rule gives completes a code.
    #[test]
    fn credit_codes_end_in_the_character_that_the_rule_gives(
        head in "[0-9A-HJ-NP-RTUWXY]{2}[1-9][0-9]{5}", org_code in "[0-9A-HJ-NP-RTUWXY]{9}",
    ) {
        let body = head + &org_code;
        let expected = check_character_of_gb_32100(&body).unwrap();
        for check in CREDIT_CODE_CHARACTERS.chars() {
            prop_assert_eq!(Uscc::parse(&format!("{body}{check}")).is_ok(), check == expected, "{}{}", body, check);
        }
    }

    /// ISO 6346: of the ten digits exactly the one that the rule gives completes a number, whatever the letters.
    #[test]
    fn container_numbers_end_in_the_digit_that_the_rule_gives(body in "[A-Z]{3}[UJZ][0-9]{6}") {
        let expected = check_digit_of_iso_6346(&body);
        for check in 0..10 {
            prop_assert_eq!(ContainerNo::read(&format!("{body}{check}")).is_ok(), check == expected, "{}{}", body, check);
        }
        prop_assert_eq!(ContainerNo::parse(&format!("{body}0")).unwrap().expected_check_digit() as u32, expected);
    }

    /// EPC Tag Data Standard: 96 bits behind either header decode or are refused, and never panic.
    #[test]
    fn no_epc_makes_the_hint_panic(header in prop_oneof![Just("30"), Just("34")], rest in "[0-9A-F]{22}") {
        let epc = Epc::parse(&format!("{header}{rest}")).unwrap();
        if let Ok(hint) = epc.hint() {
            prop_assert!(hint.to_string().starts_with("urn:epc:id:"));
        }
    }

    /// SG-079: a stored value normalises to itself.
    #[test]
    fn normalising_twice_changes_nothing(text in texts()) {
        for once in [normalise::key(&text), normalise::seal_list(&text)] {
            prop_assert_eq!(normalise::key(&once), once);
        }
        let (bill, hex) = (normalise::bill_no(&text), normalise::hex(&text));
        prop_assert_eq!(normalise::bill_no(&bill), bill.as_str());
        prop_assert_eq!(normalise::hex(&hex), hex.as_str());
        prop_assert_eq!(normalise::bar_code(normalise::bar_code(&text)), normalise::bar_code(&text));
    }

    /// SG-077, SG-079: what may be declared may be read, as the same key, and a key declares and parses as itself.
    #[test]
    fn a_declared_key_is_what_a_reader_would_see(text in texts()) {
        for medium_type in MediumType::ALL {
            if let Ok(key) = MediumKey::declared(medium_type, &text) {
                prop_assert_eq!(MediumKey::read(medium_type, &text), Ok(key.clone()));
                prop_assert_eq!(MediumKey::declared(medium_type, key.as_str()), Ok(key.clone()));
                prop_assert_eq!(MediumKey::parse(key.as_str()), Ok(key));
            }
        }
    }

    /// SG-070, SG-071: parts that fit make a number that gives the same parts.
    #[test]
    fn numbers_give_back_their_parts(
        year in 2000_u16..=2099, month in 1_u8..=12, card in "[0-9]{13}",
        serial in 0_u64..10_000_000_000_000, long_serial in 0_u64..100_000_000_000_000,
    ) {
        let card = CardNo::parse(&card).unwrap();
        let trip = TripNo::from_parts(year, month, card, serial).unwrap();
        prop_assert_eq!((trip.year(), trip.month(), trip.card_no(), trip.serial()), (year, month, card, serial));
        let unified = UnifiedNo::from_parts(year, long_serial).unwrap();
        prop_assert_eq!((unified.year(), unified.serial()), (year, long_serial));
    }
}
