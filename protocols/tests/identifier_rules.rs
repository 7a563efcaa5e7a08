//! What the specification says of identifiers, rule by rule, where the vectors do not reach.
//! Absent on purpose: rules that need a whole record (SG-085, SG-088, SG-089).
//! Source: SG-070 to SG-084, SG-091; contract section 2; GB 32100; ISO 6346.

use protocols::ids::{
    CardNo, CardUid, ContainerError, ContainerNo, CustomsCode, DeviceName, Epc, GateId, LaneId, MediumKey,
    MediumType, OrgCode, Plate, PlateClass, PlateKind, SealError, SealList, SealNo, Tid, TripNo, UnifiedNo,
    Uscc, UsccError, VisitId, YardId, normalise,
};

/// SG-077: the bounds of each medium, and the signs that a key cannot have.
#[test]
fn declared_keys_keep_to_the_length_and_alphabet_of_their_medium() {
    let cases = [
        (MediumType::Plate, 4, 15, "蒙A12_", "A1Б4"),
        (MediumType::ElectronicPlate, 1, 32, "E280:11", "E280"),
        (MediumType::IcCard, 1, 32, "37021京", "3702110000885512"),
        (MediumType::BarCode, 1, 64, "SZ 25", "SZ-25.1/(~"),
    ];
    for (medium_type, shortest, longest, refused, accepted) in cases {
        let declared = |text: &str| MediumKey::declared(medium_type, text).is_ok();
        assert!(
            declared(&"8".repeat(shortest)) && declared(&"8".repeat(longest)),
            "{medium_type} within bounds"
        );
        assert!(!declared(&"8".repeat(shortest - 1)), "{medium_type} too short");
        assert!(!declared(&"8".repeat(longest + 1)), "{medium_type} too long");
        assert!(!declared(refused), "{medium_type} {refused}");
        assert!(declared(accepted), "{medium_type} {accepted}");
        assert!(!declared("") && !declared(" \u{3000}"), "{medium_type} blank");
    }
    let bar_code = |text: &str| MediumKey::declared(MediumType::BarCode, text).is_ok();
    assert!(!bar_code("车1"), "only ASCII prints");
    assert!(!bar_code("A\u{1D}B"), "control characters do not print");
}

/// SG-077: characters are counted, not bytes; the longest plate of Chinese characters has 45 bytes.
#[test]
fn plates_are_counted_in_characters() {
    assert!(MediumKey::declared(MediumType::Plate, &"沪".repeat(15)).is_ok());
    assert!(MediumKey::declared(MediumType::Plate, &"沪".repeat(16)).is_err());
    assert!(MediumKey::declared(MediumType::Plate, "沪D1").is_err());
}

/// SG-077 binds declarations; contract section 2 lets a reading of an electronic plate have 64.
#[test]
fn a_tag_of_40_digits_is_read_but_cannot_be_declared() {
    let tag = "E2801160600002084C1AE2801160600002084C1A";
    let refused = MediumKey::declared(MediumType::ElectronicPlate, tag).unwrap_err().to_string();
    assert!(refused.contains("SG-077") && refused.contains(tag), "{refused}");
    assert_eq!(MediumKey::read(MediumType::ElectronicPlate, tag).unwrap().as_str(), tag);
    assert!(MediumKey::read(MediumType::ElectronicPlate, &"0".repeat(64)).is_ok());
    assert!(MediumKey::read(MediumType::ElectronicPlate, &"0".repeat(65)).is_err());
    assert!(
        MediumKey::read(MediumType::IcCard, &"0".repeat(33)).is_err(),
        "only electronic plates are widened"
    );
}

/// SG-079, SG-218: what people type and what cameras deliver is one key.
#[test]
fn typed_and_read_keys_become_equal() {
    let cases = [
        (MediumType::Plate, "沪D·K8216", "沪DK8216"),
        (MediumType::Plate, "沪d•k8216", "沪DK8216"),
        (MediumType::Plate, "  沪Ｄ・Ｋ８２１６\u{3000}", "沪DK8216"),
        (MediumType::Plate, "HK-AB 12.34", "HKAB1234"),
        (MediumType::ElectronicPlate, "e280-1160", "E2801160"),
        (MediumType::ElectronicPlate, "00 00 12 34", "00001234"),
        (MediumType::IcCard, "4a-7f-21-c3", "4A7F21C3"),
        (MediumType::BarCode, " sz-25.1a \r\n", "sz-25.1a"),
    ];
    for (medium_type, typed, key) in cases {
        assert_eq!(MediumKey::declared(medium_type, typed).unwrap().as_str(), key, "{typed}");
        assert_eq!(MediumKey::read(medium_type, typed).unwrap().as_str(), key, "{typed}");
    }
}

/// SG-079, SG-084: each kind of text keeps what belongs to it and loses the rest.
#[test]
fn each_kind_of_text_is_normalised_by_its_own_rule() {
    assert_eq!(normalise::key(" csqu 305438-3 "), "CSQU3054383");
    assert_eq!(normalise::key("ａｂ．１－２"), "AB12");
    assert_eq!(normalise::bar_code("\tAb-1.2·３ "), "Ab-1.2·３");
    assert_eq!(normalise::bill_no(" cosu-612.34５ "), "COSU-612.345");
    assert_eq!(normalise::bill_no("ab cd"), "AB CD", "only the ends are trimmed");
    assert_eq!(normalise::seal_list("a-1｜b 2"), "A1|B2");
    assert_eq!(normalise::hex("4a:7f：21-c3"), "4A7F21C3");
}

/// SG-091: the four codes of the table, letter for letter, in text and in JSON.
#[test]
fn medium_types_are_the_four_codes() {
    for (code, medium_type) in ["VN", "VE", "IC", "BC"].into_iter().zip(MediumType::ALL) {
        assert_eq!(MediumType::parse(code), Ok(medium_type));
        assert_eq!(medium_type.to_string(), code);
        assert_eq!(serde_json::to_string(&medium_type).unwrap(), format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<MediumType>(&format!("\"{code}\"")).unwrap(), medium_type);
    }
    for wrong in ["QR", "vn", "VN ", "", "Plate"] {
        assert!(MediumType::parse(wrong).is_err(), "{wrong}");
        assert!(serde_json::from_str::<MediumType>(&format!("\"{wrong}\"")).is_err(), "{wrong}");
    }
}

/// SG-080: the shape refuses, the check digit warns and names the digit that would be right.
#[test]
fn a_declared_container_with_a_wrong_check_digit_passes_with_a_warning() {
    let box_of_shipper = ContainerNo::parse("CSQU3054384").unwrap();
    assert!(!box_of_shipper.check_digit_holds());
    assert_eq!(box_of_shipper.expected_check_digit(), 3);
    assert!(ContainerNo::parse("CSQU3054383").unwrap().check_digit_holds());
    assert!(ContainerNo::parse("CSQX3054383").is_ok(), "the category letter is not SG-080's");
    for wrong in [
        "TGHU482915",
        "TGHU48291500",
        "TGH14829150",
        "TGHUA829150",
        "tghu4829150",
        "TGHU 482915",
        "",
        "集装箱12",
    ] {
        assert!(ContainerNo::parse(wrong).is_err(), "{wrong}");
    }
}

/// ISO 6346: a reading with a wrong check digit is a misreading, and the error tells the right digit.
#[test]
fn a_read_container_with_a_wrong_check_digit_is_refused() {
    let refused = ContainerNo::read("CSQU3054384").unwrap_err().to_string();
    assert_eq!(refused, "container number \"CSQU3054384\" must end in 3 (ISO 6346)");
    assert_eq!(ContainerNo::read("CSQU3054383"), ContainerNo::parse("CSQU3054383"));
}

/// ISO 6346: the category is judged before the check digit, so that the answer names the letter.
#[test]
fn a_read_container_of_an_unknown_category_is_refused_for_it() {
    for number in ["CSQR3054383", "CSQX3054383", "CSQR3054388"] {
        assert!(matches!(ContainerNo::read(number), Err(ContainerError::Category(_))), "{number}");
    }
}

/// SG-078: what is no mainland plate is told apart, so that a declaration can warn and still accept it.
#[test]
fn foreign_plates_are_unknown_and_yet_declarable() {
    for foreign in ["AB1234", "1234УБА", "粤港1234", "使014578", "京A1234境"] {
        assert_eq!(Plate::classify(foreign), PlateKind::Unknown, "{foreign}");
        assert!(MediumKey::declared(MediumType::Plate, foreign).is_ok(), "{foreign}");
    }
    assert!(matches!(Plate::classify("沪DK8216"), PlateKind::Mainland(_)));
    assert!(matches!(Plate::classify("京O12345"), PlateKind::Retired(_)));
}

/// GA 36: the form of a plate tells its class.
#[test]
fn plates_tell_their_class() {
    let cases = [
        ("沪DK8216", PlateClass::Civil),
        ("粤Z12345", PlateClass::Civil),
        ("京AD12345", PlateClass::NewEnergySmall),
        ("京ADH2345", PlateClass::NewEnergySmall),
        ("沪A12345D", PlateClass::NewEnergyLarge),
        ("蒙L6789挂", PlateClass::Trailer),
        ("豫A1234学", PlateClass::DrivingSchool),
        ("苏A0001警", PlateClass::Police),
        ("沪A1234领", PlateClass::Consulate),
        ("川A5678试", PlateClass::Test),
        ("新F1234超", PlateClass::OverLimit),
        ("粤ZB233港", PlateClass::HongKong),
        ("粤ZC123澳", PlateClass::Macau),
    ];
    for (text, class) in cases {
        assert_eq!(Plate::parse(text).unwrap().class(), class, "{text}");
    }
    for wrong in ["沪ZB233港", "粤AB233港", "蒙L67891挂", "蒙L678挂", "蒙L67I9挂", "京ADI2345", "沪", ""]
    {
        assert!(Plate::parse(wrong).is_err(), "{wrong}");
    }
}

/// SG-084: count, length, empty parts and repeats.
#[test]
fn seal_lists_have_one_to_three_different_numbers() {
    let list = SealList::parse("A1|B2|C3").unwrap();
    assert_eq!(list.numbers().collect::<Vec<_>>(), ["A1", "B2", "C3"]);
    assert!(list.contains(&SealNo::parse("B2").unwrap()));
    assert!(!list.contains(&SealNo::parse("B").unwrap()));
    assert!(SealList::parse(&"8".repeat(20)).is_ok());
    assert_eq!(SealList::parse(&normalise::seal_list("a1｜b2")).unwrap().as_str(), "A1|B2");
    for empty in ["", "|", "A1|", "|A1", "A1||B2", "A1|b2", "A1｜B2", "A1|封", "A1, B2"] {
        assert!(matches!(SealList::parse(empty), Err(SealError::Number(_))), "{empty}");
    }
    assert!(matches!(SealList::parse(&"8".repeat(21)), Err(SealError::Number(_))));
    assert!(matches!(SealList::parse("A1|B2|C3|D4"), Err(SealError::TooMany(_))));
    for twice in ["A1|A1", "A1|B2|A1", "B2|A1|A1"] {
        assert!(matches!(SealList::parse(twice), Err(SealError::Repeated(_))), "{twice}");
    }
}

/// SG-070: year and serial, both ways.
#[test]
fn unified_numbers_are_a_year_and_a_serial() {
    let number = UnifiedNo::parse("202500000000000123").unwrap();
    assert_eq!((number.year(), number.serial()), (2025, 123));
    assert_eq!(UnifiedNo::from_parts(2025, 123), Ok(number));
    assert_eq!(UnifiedNo::from_parts(2099, 99_999_999_999_999).unwrap().serial(), 99_999_999_999_999);
    assert!(UnifiedNo::from_parts(2025, 100_000_000_000_000).is_err(), "serial too long");
    assert!(UnifiedNo::from_parts(1999, 1).is_err() && UnifiedNo::from_parts(20251, 1).is_err(), "year");
    assert!(UnifiedNo::parse("20250000000000012A").is_err());
    assert!(UnifiedNo::parse("２02500000000000").is_err(), "18 bytes are not 18 digits");
}

/// SG-071: month, card number and serial, both ways.
#[test]
fn trip_numbers_are_a_month_a_card_and_a_serial() {
    let number = TripNo::parse("20251089500000048210000000000123").unwrap();
    let card = CardNo::parse("8950000004821").unwrap();
    assert_eq!((number.year(), number.month(), number.card_no(), number.serial()), (2025, 10, card, 123));
    assert_eq!(TripNo::from_parts(2025, 10, card, 123), Ok(number));
    for month in 1..=12 {
        assert_eq!(TripNo::from_parts(2026, month, card, 1).unwrap().month(), month);
    }
    assert!(
        TripNo::from_parts(2026, 0, card, 1).is_err() && TripNo::from_parts(2026, 13, card, 1).is_err(),
        "month"
    );
    assert!(TripNo::from_parts(2026, 20, card, 1).is_err() && TripNo::from_parts(1999, 1, card, 1).is_err());
    assert!(TripNo::from_parts(2026, 1, card, 10_000_000_000_000).is_err(), "serial too long");
    for wrong in ["895000000482", "89500000048211", "895000000482A", "８950000004", ""] {
        assert!(CardNo::parse(wrong).is_err(), "{wrong}");
    }
}

/// Single window package (XSD) and the published table: digits, digits with letters at the end, and A100.
#[test]
fn customs_areas_begin_with_two_digits_or_are_like_a100() {
    for right in ["0708", "5345", "53AB", "530Z", "A100"] {
        assert_eq!(CustomsCode::parse(right).unwrap().as_str(), right);
    }
    for wrong in ["", "070", "07080", "AB00", "A10B", "0A00", "07-8", "07a8", "０7"] {
        assert!(CustomsCode::parse(wrong).is_err(), "{wrong}");
    }
}

/// Contract sections 1 and 4: names fit a URL segment, an MQTT level and a file name.
#[test]
fn names_have_bounds_and_a_safe_alphabet() {
    assert!(GateId::parse("0708-G02").is_ok() && LaneId::parse("OUT1").is_ok());
    assert!(VisitId::parse("0708-G02-20251013-0415").is_ok());
    assert!(GateId::parse(&"g".repeat(32)).is_ok() && GateId::parse(&"g".repeat(33)).is_err());
    assert!(LaneId::parse(&"l".repeat(16)).is_ok() && LaneId::parse(&"l".repeat(17)).is_err());
    assert!(DeviceName::parse(&"d".repeat(32)).is_ok() && DeviceName::parse(&"d".repeat(33)).is_err());
    assert!(VisitId::parse(&"v".repeat(64)).is_ok() && VisitId::parse(&"v".repeat(65)).is_err());
    for wrong in ["", "a/b", "a+", "#", "a b", "..", ".a", "-a", "_a", "卡口", "a\0"] {
        assert!(GateId::parse(wrong).is_err(), "{wrong}");
        assert!(LaneId::parse(wrong).is_err() && VisitId::parse(wrong).is_err(), "{wrong}");
        assert!(DeviceName::parse(wrong).is_err(), "{wrong}");
    }
    assert!(YardId::parse("CNCEK07001").is_err() && YardId::parse("CNCEK0700171").is_err());
    assert!(YardId::parse("cncek070017").is_err());
}

/// GB 32100: the embedded organization code, and what is unusual but not wrong.
#[test]
fn credit_codes_give_their_organization_code_and_whether_they_are_usual() {
    let code = Uscc::parse("91440300MA5FXKMD0M").unwrap();
    assert_eq!(code.org_code(), "MA5FXKMD0");
    assert!(OrgCode::parse(code.org_code()).is_ok() && code.is_usual());
    let Err(UsccError::CheckCharacter { expected, .. }) = Uscc::parse("A1440300MA5FXKMD0M") else {
        panic!("another authority changes the check character")
    };
    let unusual = Uscc::parse(&format!("A1440300MA5FXKMD0{expected}")).unwrap();
    assert!(!unusual.is_usual(), "another authority is accepted, and told");
}

/// ISO/IEC 14443-3 and EPC Gen2: numbers that identify nobody are told apart.
#[test]
fn random_cards_and_short_tids_are_no_identity() {
    assert!(
        CardUid::parse("08123456").unwrap().is_random() && !CardUid::parse("4A7F21C3").unwrap().is_random()
    );
    assert_eq!(Tid::parse("E2801105").unwrap().identity(), None);
    assert_eq!(Tid::parse("E28011052000").unwrap().identity(), None);
    assert_eq!(Tid::parse("E280117020000213").unwrap().identity(), Some("E280117020000213"));
}

/// EPC Gen2: three flags, then 9 bits of designer, then 12 bits of model; no field reaches into its neighbour.
#[test]
fn tids_keep_flags_designer_and_model_apart() {
    for (text, xtid, designer, model) in [
        ("E2101123", false, 0x101, 0x123),
        ("E2800000", true, 0, 0),
        ("E2600000", false, 0, 0),
        ("E21FF000", false, 0x1FF, 0),
        ("E2000FFF", false, 0, 0xFFF),
    ] {
        let tid = Tid::parse(text).unwrap();
        assert_eq!((tid.has_xtid(), tid.designer(), tid.model()), (xtid, designer, model), "{text}");
    }
}

/// EPC Tag Data Standard: the widest asset reference keeps its top bit; 58 bits stand behind a prefix of 7 digits.
#[test]
fn assets_keep_all_their_bits() {
    let hint = Epc::parse("3414257BF7FFFFFFFFFFFFFF").unwrap().hint().unwrap();
    assert_eq!(hint.to_string(), format!("urn:epc:id:giai:0614141.{}", (1_u64 << 58) - 1));
}

/// Bytes off the air become the same value as their text, leading zeros included.
#[test]
fn bytes_and_hex_make_the_same_value() {
    assert_eq!(CardUid::from_bytes(&[0x4A, 0x7F, 0x21, 0xC3]), CardUid::parse("4A7F21C3"));
    assert_eq!(Tid::from_bytes(&[0xE2, 0x80, 0x11, 0x05]), Tid::parse("E2801105"));
    assert_eq!(Epc::from_bytes(&[0, 0, 0, 1]).unwrap().as_str(), "00000001");
    for length in [0, 3, 33] {
        assert!(
            Epc::from_bytes(&vec![0xE2; length]).is_err() && Tid::from_bytes(&vec![0xE2; length]).is_err()
        );
    }
    for lower in ["e2801105", "4a7f21c3"] {
        assert!(Epc::parse(lower).is_err(), "{lower}");
    }
}

/// JSON is the text, and reading it back goes through the same check.
#[test]
fn json_goes_through_parse() {
    let trip: TripNo = serde_json::from_str("\"20251089500000048210000000000123\"").unwrap();
    assert_eq!(serde_json::to_string(&trip).unwrap(), "\"20251089500000048210000000000123\"");
    let refused =
        serde_json::from_str::<TripNo>("\"20251389500000048210000000000123\"").unwrap_err().to_string();
    assert!(refused.contains("month") && refused.contains("SG-071"), "{refused}");
    let escaped: MediumKey = serde_json::from_str("\"\\u6caaDK8216\"").unwrap();
    assert_eq!(escaped.as_str(), "沪DK8216");
    for wrong in ["\"\"", "\"a b\"", "\"a\\u001d\"", "7", "null"] {
        assert!(serde_json::from_str::<MediumKey>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(serde_json::from_str::<SealList>("\"A|B\"").unwrap().as_str(), "A|B");
    assert!(serde_json::from_str::<ContainerNo>("\"CSQU305438\"").is_err());
}

/// An error quotes the beginning of what it refuses, never all of a hostile text.
#[test]
fn errors_quote_at_most_forty_characters() {
    let message = Uscc::parse(&"\n沪".repeat(5000)).unwrap_err().to_string();
    assert!(message.chars().count() < 200, "{message}");
    assert!(!message.contains('\n'), "control characters are escaped");
}
