//! What texts mean: check characters, character sets, GS1 elements, slips, and the zones of a module.

use super::bytes;
use crate::barcode::aim::{Aim, Alphabet, CodeId, Symbology};
use crate::barcode::charset::Charset;
use crate::barcode::gs1::{self, Date, Element, FNC1, Gs1Error, Strictness};
use crate::barcode::repr::{Code, Layout, Reading, Scan, ScanError};
use crate::barcode::slip::{Slip, SlipError, SlipKey, SlipKeyError, in_code_128};
use crate::barcode::wire::{Progress, ScanDecoder, Tail};
use crate::barcode::zone::{Baud, Format, Identity, TailKind, TextOutput, Trigger};
use crate::barcode::{code39, repr};
use crate::ids::{ContainerNo, MediumKey, MediumType};
use crate::talk;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use proptest::prelude::{any, prop, prop_assert_eq, proptest};

/// What one record of these bytes says.
fn read(reading: &Reading, record: &[u8]) -> Result<Scan, ScanError> {
    let mut decoder = ScanDecoder::new(Tail::LineEnd);
    assert_eq!(decoder.push(record), record.len());
    match decoder.pull() {
        Progress::Record(record) => reading.read(&record),
        other => panic!("{other:?}"),
    }
}

fn code(reading: &Reading, record: &[u8]) -> Code {
    match read(reading, record) {
        Ok(Scan::Code(code)) => code,
        other => panic!("{other:?}"),
    }
}

/// The whole AIM table: kind of symbol, GS1, ECI, check character.
#[test]
fn identifiers_mean_what_their_table_says() {
    let cases = [
        ("A", Symbology::Code39, "", ""),
        ("C", Symbology::Code128, "1", ""),
        ("E", Symbology::Ean, "", ""),
        ("I", Symbology::Interleaved, "", ""),
        ("Q", Symbology::Qr, "34", "246"),
        ("d", Symbology::DataMatrix, "25", "456"),
        ("L", Symbology::Pdf417, "", "01"),
        ("e", Symbology::DataBar, "0", ""),
        ("z", Symbology::Aztec, "1", ""),
        ("x", Symbology::Unknown, "", ""),
    ];
    for (letter, symbology, gs1, eci) in cases {
        for modifier in '0'..='7' {
            let aim = Aim::new(letter.as_bytes()[0], modifier as u8).unwrap();
            assert_eq!(aim.symbology(), symbology);
            assert_eq!(aim.is_gs1(), gs1.contains(modifier), "]{letter}{modifier}");
            assert_eq!(aim.has_eci(), eci.contains(modifier), "]{letter}{modifier}");
            assert_eq!(aim.sent_check().is_some(), letter == "A" && "15".contains(modifier));
            assert_eq!(Aim::split(&aim.bytes()), Some((aim, &[][..])));
        }
    }
    assert_eq!(Aim::split(b"]1C"), None);
    assert_eq!(Aim::split(b"]C"), None);
}

/// A record without its identifier, a letter that no module sends, an identifier that nobody knows.
#[test]
fn a_configured_identifier_must_be_there_and_an_unknown_one_is_taken_off() {
    let with = |code_id| Reading { code_id, ..Reading::default() };
    assert_eq!(read(&with(CodeId::Aim), b"ECIF17\r"), Err(ScanError::NoIdentifier));
    assert_eq!(read(&with(CodeId::Aim), b"]C\r"), Err(ScanError::NoIdentifier));
    let unknown = code(&with(CodeId::Aim), b"]x0ECIF17\r");
    assert_eq!((unknown.symbology, unknown.text().as_deref()), (Symbology::Unknown, Some("ECIF17")));
    let letters = [("jECIF17\r", Symbology::Code128), ("bECIF17\r", Symbology::Code39)];
    for (record, symbology) in letters {
        let read = code(&with(CodeId::Letter), record.as_bytes());
        assert_eq!((read.symbology, read.text().as_deref()), (symbology, Some("ECIF17")));
    }
    let none = code(&with(CodeId::Letter), b"052301\r");
    assert_eq!((none.symbology, none.text().as_deref()), (Symbology::Unknown, Some("052301")));
    // `d` is EAN for a module and Data Matrix for AIM.
    assert_eq!(code(&with(CodeId::Letter), b"d6901234567892\r").symbology, Symbology::Ean);
    assert_eq!(code(&with(CodeId::Letter), b"]d1ECIF17\r").symbology, Symbology::DataMatrix);
    // Without a scheme a letter belongs to the text.
    assert_eq!(code(&with(CodeId::Off), b"jECIF17\r").text().as_deref(), Some("jECIF17"));
}

/// Contract section 2, row BC: what the key loses, the raw text keeps.
#[test]
fn the_raw_text_keeps_identifier_line_end_and_fnc1() {
    let read = code(&Reading::default(), b"]C110LOT7\x1d21SN42 \r\n");
    let raw = "]C110LOT7\u{1D}21SN42 \r";
    let identity = talk::Identity::Code { text: "10LOT721SN42".into(), raw: raw.into() };
    assert_eq!(read.identity(), identity);
    let broken = code(&Reading::default(), &bytes("02 5D5131 BEA9 413132333435 03"));
    let raw = "\u{2}]Q1\\xBE\\xA9A12345\u{3}";
    assert_eq!(broken.identity(), talk::Identity::Code { text: String::new(), raw: raw.into() });
}

/// Vectors B16 and BX4; full ASCII as two independent decoders gave it.
#[test]
fn code_39_checks_its_character_in_both_alphabets() {
    assert_eq!(code39::check(b"SLIP20250017", Alphabet::Plain), Some(b'N'));
    assert_eq!(code39::verified(b"SLIP20250017N", Alphabet::Plain), Some(&b"SLIP20250017"[..]));
    assert_eq!(code39::verified(b"SLIP20250017X", Alphabet::Plain), None);
    assert_eq!(code39::check(b"slip", Alphabet::Plain), None);
    assert_eq!(code39::verified(b"", Alphabet::Plain), None);
    let pairs: Vec<u8> = b"slip#1 -."
        .iter()
        .flat_map(|byte| {
            let (shift, character) = code39::pair(*byte).unwrap();
            shift.into_iter().chain([character])
        })
        .collect();
    assert_eq!(pairs, b"+S+L+I+P/C1 -.");
    assert_eq!(code39::check(b"slip", Alphabet::FullAscii), code39::check(b"+S+L+I+P", Alphabet::Plain));
    assert_eq!(code39::pair(0x80), None);
    // Each of the 128 has a writing of its own.
    let mut all: Vec<_> = (0..128_u8).map(|byte| code39::pair(byte).unwrap()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 128);
    let check = code39::check(b"slip", Alphabet::FullAscii).unwrap();
    let right = [b"]A5slip", &[check][..], b"\r"].concat();
    assert_eq!(code(&Reading::default(), &right).text().as_deref(), Some("slip"));
    assert_eq!(read(&Reading::default(), b"]A5slip?\r"), Err(ScanError::CheckCharacter));
    // The modifiers of a stripped check leave the text as it is.
    for modifier in ["]A0", "]A2", "]A3", "]A4", "]A6", "]A7"] {
        let record = format!("{modifier}SLIP20250017X\r");
        assert_eq!(code(&Reading::default(), record.as_bytes()).text().as_deref(), Some("SLIP20250017X"));
    }
}

/// Vectors B14, B15 and the GS1 and ECI rules of QR: no set is guessed, and a switch names one.
#[test]
fn texts_are_of_the_set_that_is_configured_or_named() {
    let plate = "京A12345";
    for (set, hex) in [
        (Charset::Utf8, "E4BAAC 413132333435"),
        (Charset::Gbk, "BEA9 413132333435"),
        (Charset::ShiftJis, "8B9E 413132333435"),
        (Charset::Big5, "A8CA 413132333435"),
    ] {
        assert_eq!(set.decode(&bytes(hex)).as_deref(), Some(plate), "{set:?}");
        assert_eq!(set.encode(plate), Some(bytes(hex)), "{set:?}");
    }
    assert_eq!(Charset::Latin1.decode(&bytes("C4")).as_deref(), Some("Ä"));
    assert_eq!(Charset::Latin1.encode(plate), None);
    assert_eq!(Charset::Big5.encode("한"), None);
    assert_eq!(Charset::Utf8.decode(&bytes("BEA9")), None);
    assert_eq!(Charset::Gbk.decode(&bytes("BE")), None);
    // The same bytes as another decoder misread them, when it took GB for Big5.
    assert_eq!(Charset::Big5.decode(&bytes("BEA9")).as_deref(), Some("儔"));

    let eci = |text: &[u8]| Charset::Latin1.decode_eci(text);
    let gbk = [b"\\000029", &bytes("BEA9")[..], b"\\000026", "京".as_bytes()].concat();
    assert_eq!(eci(&gbk).as_deref(), Some("京京"));
    assert_eq!(eci(b"a\\\\000026b").as_deref(), Some("a\\000026b"));
    // 表 in Shift JIS ends in the byte of a backslash, which is doubled like any other.
    assert_eq!(eci(b"\\000020\x95\\\\").as_deref(), Some("表"));
    for wrong in [&b"\\000017x"[..], b"\\00002", b"\\+00026x", b"a\\b", b"\\"] {
        assert_eq!(eci(wrong), None, "{wrong:?}");
    }
    let qr = [b"]Q2\\000029", &bytes("BEA9")[..], b"A12345\r"].concat();
    assert_eq!(code(&Reading::default(), &qr).text().as_deref(), Some(plate));
}

/// Vector B13; check digits of (00) and (01).
#[test]
fn elements_have_the_length_and_check_digit_of_their_identifier() {
    assert_eq!(gs1::check_digit("10614141234567890"), Some(8));
    assert_eq!(gs1::check_digit("0690123456789"), Some(2));
    assert_eq!(gs1::check_digit("+1"), None);
    let parse = |text| gs1::parse(text, FNC1, Strictness::Strict);
    let all = [
        ("00106141412345678908", Element::Sscc("106141412345678908")),
        ("0106901234567892", Element::Gtin("06901234567892")),
        ("0206901234567892", Element::Content("06901234567892")),
        ("17261200", Element::Date { ai: 17, date: Date { year: 26, month: 12, day: 0 } }),
        ("2007", Element::Variant(7)),
        ("3103049000", Element::Measure { ai: 310, decimals: 3, value: 49_000 }),
        ("4149501101020917", Element::Location { ai: 414, gln: "9501101020917" }),
        ("10LOT7", Element::Batch("LOT7")),
        ("21SN42", Element::Serial("SN42")),
        ("99CSQU3054383", Element::Internal { ai: 99, text: "CSQU3054383" }),
        ("8200https://x.cn/1", Element::Url("https://x.cn/1")),
    ];
    for (text, element) in all {
        assert_eq!(parse(text), Ok(vec![element]), "{text}");
        assert_eq!(element.text(), text);
    }
    let elements: Vec<Element<'_>> = all.iter().map(|(_, element)| *element).collect();
    let text = gs1::write(&elements);
    assert_eq!(text.matches(FNC1).count(), 3);
    assert_eq!(parse(&text), Ok(elements));
    for (text, error) in [
        ("00106141412345678907", Gs1Error::CheckDigit { ai: 0 }),
        ("0106901234567891", Gs1Error::CheckDigit { ai: 1 }),
        ("0010614141234567890", Gs1Error::Length { ai: 0 }),
        ("00X06141412345678908", Gs1Error::Character { ai: 0 }),
        ("2007240X", Gs1Error::Unknown { at: 4 }),
        ("10", Gs1Error::Length { ai: 10 }),
        ("10123456789012345678901", Gs1Error::Length { ai: 10 }),
        ("21A B", Gs1Error::Character { ai: 21 }),
        ("17261332", Gs1Error::Date { ai: 17 }),
        ("20+7", Gs1Error::Character { ai: 20 }),
        ("+1", Gs1Error::Unknown { at: 0 }),
        ("2", Gs1Error::Unknown { at: 0 }),
        ("8201X", Gs1Error::Unknown { at: 0 }),
        ("00京京京京京京", Gs1Error::Character { ai: 0 }),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
}

/// A separator that is not needed is an error only where the configuration is strict; a replaced one is FNC1.
#[test]
fn stray_and_replaced_separators_follow_the_configuration() {
    let stray = b"]C1\x1d0106901234567892\x1d10LOT7\x1d\r";
    let lenient = code(&Reading::default(), stray);
    let elements = lenient.elements(Strictness::Lenient).unwrap().unwrap();
    assert_eq!(elements, [Element::Gtin("06901234567892"), Element::Batch("LOT7")]);
    assert_eq!(lenient.text().as_deref(), Some("010690123456789210LOT7"));
    let strict = Reading { gs1: Strictness::Strict, ..Reading::default() };
    assert_eq!(read(&strict, stray), Err(ScanError::Gs1(Gs1Error::Separator { at: 0 })));
    let behind_fixed = b"]C10106901234567892\x1d10LOT7\r";
    assert_eq!(read(&strict, behind_fixed), Err(ScanError::Gs1(Gs1Error::Separator { at: 16 })));
    assert!(read(&strict, b"]C110LOT7\x1d21SN42\r").is_ok());
    // A plain Code 128 is no element string, however strictly one reads.
    assert!(read(&strict, b"]C0ECIF17\r").is_ok());

    let replaced = Reading { separator: '~', ..Reading::default() };
    let read = code(&replaced, b"]C110LOT7~21SN42\r");
    assert_eq!(read.text().as_deref(), Some("10LOT721SN42"));
    assert_eq!(read.elements(Strictness::Strict).unwrap().unwrap().len(), 2);
    assert_eq!(read.raw, "]C110LOT7~21SN42\r");
    assert_eq!(code(&replaced, b"]C0A~B\r").text().as_deref(), Some("A~B"));
}

/// A slip may carry a container number, whose own check digit then holds.
#[test]
fn container_numbers_on_slips_carry_their_check_digit() {
    for number in ["CSQU3054383", "MSKU9070323"] {
        let text = code(&Reading::default(), format!("]C0{number}\r").as_bytes()).text().unwrap();
        assert!(ContainerNo::read(&text).is_ok());
    }
}

/// Contract section 2, "the slip": what is printed comes back as the same key, whichever scheme the scanner follows.
#[test]
fn a_printed_key_comes_back_from_every_scanner() {
    let every: String = ('!'..='~').filter(|c| *c != ']').chain([']']).collect();
    let own = SlipKey::draw(*b"a gate of 12").unwrap();
    for text in ["SZ25101600000931", "jab-Q.1", own.as_str(), "]", "]1C", &every[..64], &every[30..]] {
        let key = MediumKey::declared(MediumType::BarCode, text).unwrap();
        let slip = Slip::print(&key).unwrap();
        for aim in [Aim::new(b'C', b'0').unwrap(), Aim::new(b'Q', b'1').unwrap()] {
            for (code_id, framed) in
                [(CodeId::Off, false), (CodeId::Letter, false), (CodeId::Aim, false), (CodeId::Aim, true)]
            {
                let layout = if framed { Layout::framed() } else { Layout { code_id, ..Layout::plain() } };
                let record = layout.write(aim, slip.as_str().as_bytes());
                for charset in [Charset::Utf8, Charset::Gbk, Charset::Big5, Charset::Latin1] {
                    let reading = Reading { code_id, charset, ..Reading::default() };
                    let text = code(&reading, &record).text().unwrap();
                    assert_eq!(MediumKey::read(MediumType::BarCode, &text), Ok(key.clone()), "{code_id:?}");
                }
            }
        }
    }
}

/// Code 128's own rule, and what a scanner's line does to a text.
#[test]
fn a_key_that_would_not_come_back_is_not_printed() {
    for (text, error) in [("京A12345", SlipError::NotInCode128('京')), ("]C0ECIF17", SlipError::Identifier)]
    {
        assert_eq!(Slip::print(&MediumKey::parse(text).unwrap()), Err(error), "{text}");
    }
    assert!(('\0'..='\u{7F}').all(in_code_128) && !in_code_128('\u{80}'));
    for lost in [" A", "A B", "A\r", "A\u{7F}", "A\u{1D}"] {
        assert!(MediumKey::parse(lost).is_err(), "{lost:?} would not come back");
    }
}

/// Contract section 2: 20 characters of Crockford base 32, the last a check character.
#[test]
fn a_slips_own_key_has_a_check_character() {
    let key = SlipKey::draw([0; 12]).unwrap();
    assert_eq!(key.as_str(), "00000000000000000000");
    // The last bit does not count: 2 is 1, whose check is 1.
    assert_eq!(SlipKey::draw([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]).unwrap().as_str(), "00000000000000000011");
    // 36 modulo 37 is `U`, which is no digit.
    assert_eq!(SlipKey::draw([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 72]), None);
    assert_eq!(
        SlipKey::draw([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 74]).unwrap().as_str(),
        "00000000000000000150"
    );
    for (text, error) in [
        ("", SlipKeyError::Shape),
        ("0000000000000000001", SlipKeyError::Shape),
        ("0000000000000000001I", SlipKeyError::Shape),
        ("0000000000000000001l", SlipKeyError::Shape),
        ("00000000000000000012", SlipKeyError::Check),
    ] {
        assert_eq!(SlipKey::parse(text), Err(error), "{text}");
    }
}

#[test]
fn zones_say_what_the_manual_says() {
    assert_eq!(Baud::of([0x39, 0x01]).map(Baud::rate), Some(9600));
    assert_eq!(Baud::of([0x1A, 0x00]).map(Baud::rate), Some(115_200));
    assert_eq!(Baud::of([0x01, 0x39]), None);
    assert_eq!(Baud::of_rate(57_600).map(Baud::zones), Some([0x34, 0x00]));
    for byte in 0..=0x7F_u8 {
        let format = Format::of(byte);
        assert_eq!(Format::of(format.byte()), format);
        assert_eq!(format.tells_failure, byte & 0x10 != 0);
    }
    let dressed = Format::of(0x25);
    assert_eq!((dressed.tail, dressed.code_id, dressed.prefix), (TailKind::CrLf, true, false));
    assert_eq!(Format::of(0x20).tail, TailKind::None);
    for mode in [Trigger::Manual, Trigger::Command, Trigger::Continuous, Trigger::Sensor] {
        assert_eq!(Trigger::of(0xD4 | mode as u8), mode);
    }
    for set in [TextOutput::Gbk, TextOutput::Unicode, TextOutput::Big5] {
        assert_eq!(TextOutput::of(0xF3 | set.bits()), Some(set));
    }
    assert_eq!(TextOutput::of(0x0C), None);
    let identity = Identity::of([5, 0x64, 0x67, 0x16, 0x09, 0x01]);
    assert_eq!(identity.zones(), [5, 0x64, 0x67, 0x16, 0x09, 0x01]);
    assert_eq!(identity.describe(), "GM65, model 05, hardware 64, software 67");
}

proptest! {
    /// fault D1: whatever a record holds, reading it never panics and never makes characters up.
    #[test]
    fn any_body_is_read_or_refused(
        body in prop::collection::vec(any::<u8>(), 1..60),
        aim in "(]C1|]Q4|]A1|]A5|j|)",
        strict in any::<bool>(),
    ) {
        let record = [aim.as_bytes(), &body, b"\r"].concat();
        let mut decoder = ScanDecoder::new(Tail::LineEnd);
        decoder.push(&record);
        let gs1 = if strict { Strictness::Strict } else { Strictness::Lenient };
        for charset in [Charset::Utf8, Charset::Gbk, Charset::Big5, Charset::ShiftJis, Charset::Latin1] {
            let reading = repr::Reading { charset, gs1, ..Reading::default() };
            let mut decoder = decoder.clone();
            while let Progress::Record(record) = decoder.pull() {
                if let Ok(Scan::Code(code)) = reading.read(&record) {
                    let text = code.text().unwrap_or_default();
                    assert!(!text.contains([FNC1, '\r', '\n']));
                    if let Some(Ok(elements)) = code.elements(Strictness::Lenient) {
                        let written = gs1::write(&elements);
                        assert_eq!(gs1::parse(&written, FNC1, Strictness::Strict), Ok(elements));
                    }
                }
            }
        }
    }

    /// A slip's own key is recognised, and one wrong character is always seen.
    #[test]
    fn one_wrong_character_of_a_slips_key_is_seen(random in any::<[u8; 12]>(), at in 0..20_usize, other in 0..32_usize) {
        if let Some(key) = SlipKey::draw(random) {
            prop_assert_eq!(SlipKey::parse(key.as_str()), Ok(key));
            let mut wrong = key.as_str().as_bytes().to_vec();
            let digit = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[other];
            let same = wrong[at] == digit;
            wrong[at] = digit;
            let parsed = SlipKey::parse(core::str::from_utf8(&wrong).unwrap());
            prop_assert_eq!(parsed.is_ok(), same);
        }
    }
}
