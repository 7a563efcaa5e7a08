//! Decoders and encoders: golden frames, splits, noise, damage, and every value there and back.

use super::golden::{BROKEN, VALID};
use super::{bytes, end, golden, noise, tell, told};
use crate::contract::Kg;
use crate::frame::{Decoder, Progress};
use crate::scale::quantity::{Number, Quantity, Unit};
use crate::scale::repr::Kind;
use crate::scale::wire::a9::{self, Ninth, Value};
use crate::scale::wire::command::{Address, Answer, Ask, Request, Requests};
use crate::scale::wire::{BUFFER, Format, Message, ScaleDecoder, a12, equals, line, mt};
use crate::talk::NoWeight;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, proptest};

/// fault D1; vectors W1 to W19, WX1 to WX9: split, glued and noisy, the same frames tell the same.
#[test]
fn golden_frames_tell_the_same_whole_byte_by_byte_and_behind_noise() {
    for (id, format, hex, want) in VALID.iter().chain(BROKEN) {
        let stream = bytes(hex);
        let mut decoder = Decoder::new(*format);
        let mut whole = Vec::new();
        tell(&mut decoder, *format, &[&stream], &mut whole);
        end(&mut decoder, *format, &mut whole);
        assert_eq!(whole, *want, "{id} whole");

        let mut single = Vec::new();
        tell(&mut decoder, *format, &stream.chunks(1).collect::<Vec<_>>(), &mut single);
        end(&mut decoder, *format, &mut single);
        assert_eq!(single, *want, "{id} byte by byte");

        for seed in 0..50 {
            let (mut before, mut behind) = (Vec::new(), Vec::new());
            tell(&mut decoder, *format, &[&noise(seed, 37)], &mut before);
            end(&mut decoder, *format, &mut before);
            tell(&mut decoder, *format, &[&stream], &mut behind);
            end(&mut decoder, *format, &mut behind);
            assert_eq!(behind, *want, "{id} behind noise {seed}");
        }
    }
}

/// fault D1: glued to noise without any gap, at most two frames are lost before the next one is told.
#[test]
fn behind_noise_without_a_gap_the_third_frame_is_told_at_the_latest() {
    for (id, format, hex, want) in VALID {
        for seed in 0..200 {
            let stream = [noise(seed, 1 + seed as usize % 50), bytes(hex).repeat(3)].concat();
            let lines = told(*format, &stream);
            assert!(lines.iter().any(|line| line == want[0]), "{id} behind noise {seed}: {lines:?}");
        }
    }
}

/// The frame written again from what was read.
fn again(format: Format, frame: &[u8]) -> Option<Vec<u8>> {
    match format {
        Format::A9(_) => a9::parse(frame).map(|value| a9::encode(value).to_vec()),
        Format::A9Command(_) => Answer::parse(frame).map(Answer::encode),
        Format::A12 => a12::Line::parse(frame)?.encode(),
        Format::A12Bare => a12::Line::parse_bare(frame)?.encode_bare(),
        Format::Mt(form) => mt::Frame::parse(frame, form).map(|frame| frame.encode(form.check)),
        Format::Cas22 | Format::And18 => match (line::Line::parse(frame)?, format) {
            (line::Line::Record(record), Format::Cas22) => record.encode_cas(),
            (line::Line::Record(record), _) => record.encode_and(),
            (line::Line::Error, _) => None,
        },
        Format::Cas10 => match format.read(frame, Unit::Kilogram)? {
            Message::Shown(shown) => line::encode_bare(shown.value.ok().map(|value| value.number)),
            Message::Answer(_) => None,
        },
        Format::Equals(form) => form.encode(form.parse(frame)?),
    }
}

#[test]
fn golden_frames_encode_to_the_same_bytes() {
    for (id, format, hex, _) in VALID {
        // Written in another of the spellings that makers use.
        if !["W16", "CI-201A", "ASCII weight"].contains(id) {
            assert_eq!(again(*format, &bytes(hex)), Some(bytes(hex)), "{id}");
        }
    }
    let overload = golden("WX7");
    assert_eq!(again(Format::Cas22, &overload), Some(overload));
}

/// Vectors W6, W8: what the host asks.
#[test]
fn requests_are_those_of_the_manual() {
    let gross = Request { address: Address::A, ask: Ask::Gross };
    let handshake = Request { address: Address::A, ask: Ask::Handshake };
    for (request, hex) in [(gross, "02 41 42 3033 03"), (handshake, "02 41 41 3030 03")] {
        assert_eq!(request.encode(), bytes(hex));
        assert_eq!(Request::parse(&bytes(hex)), Some(request));
        let mut decoder = Decoder::<_, BUFFER>::new(Requests);
        decoder.push(&bytes(hex));
        assert_eq!(decoder.pull(), Progress::Frame(&bytes(hex)));
    }
    assert_eq!(Request::parse(&bytes("02 41 42 3034 03")), None, "a wrong check");
    assert_eq!(Request::parse(&bytes("02 61 42 3233 03")), None, "no address");
    assert_eq!((Address::new(b'a'), Ask::of(b'0')), (None, None));
}

/// Byte 9 is the number of decimals, unless a known load has shown otherwise: W1 was 1560 kg. Vectors W1, WX4.
#[test]
fn byte_nine_can_be_configured() {
    let read = |hex: &str, ninth| match Format::A9(ninth).read(&bytes(hex), Unit::Kilogram) {
        Some(Message::Shown(shown)) => shown.value.map(|value| value.to_string()),
        other => panic!("{other:?}"),
    };
    let w1 = "02 2B 303031353630 30 3139 03";
    assert_eq!(read(w1, Ninth::Decimals), Ok("1560 kg".into()));
    assert_eq!(read(w1, Ninth::Ignored { decimals: 0 }), Ok("1560 kg".into()));
    assert_eq!(read(w1, Ninth::Digit { decimals: 1 }), Ok("1560.0 kg".into()));
    assert_eq!(read(w1, Ninth::Digit { decimals: 0 }), Ok("15600 kg".into()), "ten times too much");
    assert_eq!(read(w1, Ninth::Ignored { decimals: 10 }), Err(NoWeight::Fault));
    // As a digit it may also be 5 to 9; as decimals never, although the check holds.
    let x4 = "02 2B 313233343536 35 3139 03";
    assert_eq!(Format::A9(Ninth::Decimals).read(&bytes(x4), Unit::Kilogram), None);
    assert_eq!(told(Format::A9(Ninth::Digit { decimals: 1 }), &bytes(x4)), ["123456.5 kg"]);
}

/// Vectors W11, W12: dummy zeros are inside already; only a clone that leaves them out is multiplied.
#[test]
fn dummy_zeros_are_not_multiplied_unless_configured() {
    let left_out = mt::Form { zeros: mt::Zeros::LeftOut, ..mt::Form::PLAIN };
    assert_eq!(told(Format::Mt(left_out), &golden("W12")), ["gross 169600 kg at rest tare 0 kg"]);
    let hundreds = bytes("02 283020 202020313233 202020202030 0D");
    assert_eq!(told(Format::Mt(left_out), &hundreds), ["gross 12300 kg at rest tare 0 kg"]);
    assert_eq!(told(Format::Mt(mt::Form::PLAIN), &hundreds), ["gross 123 kg at rest tare 0 kg"]);
}

/// Exactly kilograms, or refused: 8.880 kg is 8.88 kg, 4.139 kg is no weight, pounds never become kilograms.
#[test]
fn a_quantity_becomes_kilograms_exactly_or_not_at_all() {
    use Unit::{Gram, Kilogram, Other, Pound, Tonne};
    for (text, unit, want) in [
        ("1560", Kilogram, Ok(156_000)),
        ("-20", Kilogram, Ok(-2_000)),
        ("8.880", Kilogram, Ok(888)),
        ("4.139", Kilogram, Err(NoWeight::TooFine)),
        ("0.000", Kilogram, Ok(0)),
        ("-0", Kilogram, Ok(0)),
        ("1.234", Tonne, Ok(123_400)),
        ("12.34567", Tonne, Ok(1_234_567)),
        ("0.123456", Tonne, Err(NoWeight::TooFine)),
        ("49", Tonne, Ok(4_900_000)),
        ("999999999", Tonne, Ok(99_999_999_900_000)),
        ("12340", Gram, Ok(1_234)),
        ("12345", Gram, Err(NoWeight::TooFine)),
        ("220", Pound, Err(NoWeight::ForeignUnit)),
        ("1", Other, Err(NoWeight::ForeignUnit)),
    ] {
        let number = Number::parse(text.bytes()).unwrap();
        let kg = Quantity { number, unit }.kg();
        assert_eq!(kg, want.map(Kg::from_hundredths), "{text} {unit:?}");
    }
    for (letters, unit) in
        [("kg", Kilogram), ("Kg", Kilogram), ("t", Tonne), ("g", Gram), ("LB", Pound), ("pc", Other)]
    {
        assert_eq!(Unit::parse(letters.as_bytes()), unit);
    }
}

#[test]
fn numbers_are_digits_with_one_sign_and_one_point() {
    for (text, want) in [
        ("007", Some("7")),
        ("-1.50", Some("-1.50")),
        ("+.5", Some("0.5")),
        ("12345.", Some("12345")),
        ("123456789", Some("123456789")),
        ("1234567890", None),
        ("", None),
        ("-", None),
        (".", None),
        ("1.2.3", None),
        ("1-", None),
        ("0x1", None),
    ] {
        let read = Number::parse(text.bytes()).map(|number| number.to_string());
        assert_eq!(read.as_deref(), want, "{text}");
    }
    assert_eq!(Number::new(false, 1_000_000_000, 0), None);
    assert_eq!(Number::new(false, 0, 10), None);
}

/// fault D1: where a format has a check, single bits flipped, bytes lost and bytes added never make another weight, and
/// cost at most the frame behind.
#[test]
fn damage_never_makes_another_weight_and_costs_at_most_the_next_frame() {
    for id in ["W1", "W3", "W5", "W7", "W9", "W10", "W11", "W14", "MT short checked"] {
        let (_, format, hex, want) = VALID.iter().find(|(known, ..)| *known == id).unwrap();
        let frame = bytes(hex);
        for at in 0..frame.len() {
            for damage in 0..10 {
                let mut bad = frame.clone();
                match damage {
                    8 => drop(bad.remove(at)),
                    9 => bad.insert(at, 0x5A),
                    bit => bad[at] ^= 1 << bit,
                }
                let lines = told(*format, &[&bad[..], &frame, &frame].concat());
                let weights: Vec<&String> = lines
                    .iter()
                    .filter(|line| !line.starts_with("noise") && !line.starts_with("bad"))
                    .collect();
                assert!(
                    weights.iter().all(|line| **line == want[0]),
                    "{id} damage {damage} at {at}: {lines:?}"
                );
                assert!(!weights.is_empty(), "{id} damage {damage} at {at}: {lines:?}");
            }
        }
    }
}

/// Formats of which a stream may be, with frames of each.
fn streams() -> impl Strategy<Value = (Format, Vec<u8>)> {
    let known: Vec<(Format, Vec<u8>)> =
        VALID.iter().chain(BROKEN).map(|(_, format, hex, _)| (*format, bytes(hex))).collect();
    prop::sample::select(known).prop_flat_map(|(format, frame)| {
        let near =
            VALID.iter().filter(move |(_, other, ..)| *other == format).map(|(_, _, hex, _)| bytes(hex));
        let mut frames: Vec<Vec<u8>> = near.collect();
        frames.push(frame);
        let piece = (prop::sample::select(frames), prop::collection::vec(any::<u8>(), 0..40), 0..4)
            .prop_map(|(frame, noise, pick)| if pick > 0 { frame } else { noise });
        (Just(format), prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat()))
    })
}

proptest! {
    /// fault D1: nothing depends on how the bytes were split.
    #[test]
    fn splits_change_nothing(((format, stream), cuts) in streams().prop_flat_map(|(format, stream)| {
        let len = stream.len();
        (Just((format, stream)), prop::collection::vec(0..=len, 0..20))
    })) {
        let mut cuts = cuts;
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        let mut split = Vec::new();
        let mut decoder = Decoder::new(format);
        tell(&mut decoder, format, &pieces, &mut split);
        end(&mut decoder, format, &mut split);
        prop_assert_eq!(told(format, &stream), split);
    }

    /// fault D1: any bytes are taken, accounted for to the last one, and leave an empty buffer behind a gap.
    #[test]
    fn every_byte_is_accounted_for((format, stream) in streams()) {
        let mut decoder = Decoder::new(format);
        let mut out = Vec::new();
        tell(&mut decoder, format, &[&stream], &mut out);
        let counted = |decoder: &ScaleDecoder| {
            let tally = decoder.tally();
            tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes
        };
        prop_assert_eq!(counted(&decoder) + decoder.held() as u64, stream.len() as u64);
        end(&mut decoder, format, &mut out);
        prop_assert_eq!(decoder.held(), 0);
        prop_assert_eq!(counted(&decoder), stream.len() as u64);
    }

    #[test]
    fn every_a9_value_comes_back_from_its_frame_and_its_answer(negative in any::<bool>(), digits in 0_u32..=999_999, ninth in 0_u8..=4, letter in b'A'..=b'Z') {
        let value = Value::new(negative, digits, ninth).unwrap();
        prop_assert_eq!(a9::parse(&a9::encode(value)), Some(value));
        let answer = Answer { address: Address::new(letter).unwrap(), ask: Ask::of(letter).unwrap(), value: Some(value) };
        prop_assert_eq!(Answer::parse(&answer.encode()), Some(answer));
    }

    #[test]
    fn every_mt_frame_comes_back(point in 0_u8..8, increment in 0_u8..4, bits in 0_u8..64, unit in 0_u8..8, weight in prop::option::of(0_u32..=999_999), tare in prop::option::of(prop::option::of(0_u32..=999_999)), sum in any::<bool>()) {
        let field = |number: Option<u32>| number.map_or(mt::Field::BLANK, |number| mt::Field::new(number, 1).unwrap());
        let bit = |at: u8| bits >> at & 1 == 1;
        let frame = mt::Frame {
            a: mt::StatusA { point, increment },
            b: mt::StatusB { net: bit(0), negative: bit(1), out_of_range: bit(2), motion: bit(3), kilograms: bit(4), not_zeroed: bit(5) },
            c: mt::StatusC { unit, print: bit(0), expanded: bit(1) },
            weight: field(weight),
            tare: tare.map(field),
        };
        let form = mt::Form {
            check: if sum { mt::Check::Sum } else { mt::Check::Absent },
            tare: if tare.is_some() { mt::Tare::Sent } else { mt::Tare::Omitted },
            zeros: mt::Zeros::Inside,
        };
        let encoded = frame.encode(form.check);
        prop_assert_eq!(encoded.len(), form.length());
        prop_assert_eq!(mt::Frame::parse(&encoded, form), Some(frame));
    }

    #[test]
    fn every_line_comes_back(negative in any::<bool>(), digits in 0_u64..=99_999, decimals in 0_u8..=4, state in 0_usize..3, kind in 0_usize..3, lamps in prop::option::of(0x80_u8..)) {
        let negative = negative && digits > 0;
        let number = Number::new(negative, digits, decimals).unwrap();
        let kind = [Kind::Gross, Kind::Net, Kind::Tare][kind];
        let record = line::Record {
            state: [line::State::Stable, line::State::Unstable, line::State::Overload][state],
            kind,
            station: None,
            number: Some(number),
            negative,
            unit: Some(Unit::Kilogram),
        };
        prop_assert_eq!(line::Line::parse(&record.encode_and().unwrap()), Some(line::Line::Record(record)));
        let cas = line::Record { station: Some((b'7', lamps.map(line::Lamps::new))), ..record };
        prop_assert_eq!(line::Line::parse(&cas.encode_cas().unwrap()), Some(line::Line::Record(cas)));
        let bare = Format::Cas10.read(&line::encode_bare(Some(number)).unwrap(), Unit::Tonne);
        let Some(Message::Shown(shown)) = bare else { panic!("{bare:?}") };
        prop_assert_eq!(shown.value, Ok(Quantity { number, unit: Unit::Tonne }));

        let shown = a12::Line::Shown { kind, quantity: Quantity { number, unit: Unit::Kilogram } };
        prop_assert_eq!(a12::Line::parse_bare(&shown.encode_bare().unwrap()), Some(shown));
        if kind != Kind::Tare {
            prop_assert_eq!(a12::Line::parse(&shown.encode().unwrap()), Some(shown));
        }
    }

    #[test]
    fn every_equals_token_comes_back(negative in any::<bool>(), digits in 0_u64..=99_999, decimals in 0_u8..=4) {
        let number = Number::new(negative && digits > 0, digits, decimals).unwrap();
        for form in [equals::Form::ONE, equals::Form::TWO, equals::Form::LAST] {
            let frame = form.encode(number).unwrap();
            prop_assert_eq!(frame.len(), if form == equals::Form::LAST && !number.is_negative() { 8 } else { 9 });
            prop_assert_eq!(form.parse(&frame), Some(number));
        }
    }

    /// A sum of hundredths has no rounding to hide: kilograms of any display, written out, are the same decimal.
    #[test]
    fn kilograms_are_never_rounded(digits in 0_u64..=999_999_999, decimals in 0_u8..=9) {
        let number = Number::new(false, digits, decimals).unwrap();
        for (unit, thousandths) in [(Unit::Tonne, 1_000_000_u128), (Unit::Kilogram, 1_000), (Unit::Gram, 1)] {
            let exact = u128::from(digits) * thousandths;
            let scale = 10_u128.pow(u32::from(decimals)) * 10;
            match (Quantity { number, unit }).kg() {
                Ok(kg) => prop_assert_eq!(kg.hundredths() as u128 * scale, exact),
                Err(why) => {
                    prop_assert_eq!(why, NoWeight::TooFine);
                    prop_assert_eq!(exact % scale == 0, false);
                }
            }
        }
    }
}

/// What cannot be said in a format is not encoded.
#[test]
fn what_does_not_fit_is_not_encoded() {
    let number = |text: &str| Number::parse(text.bytes()).unwrap();
    let shown = |text, unit| a12::Line::Shown {
        kind: Kind::Gross,
        quantity: Quantity { number: number(text), unit },
    };
    assert_eq!(Value::new(false, 1_000_000, 0), None);
    assert_eq!(mt::Field::new(1_000_000, 1), None);
    assert_eq!(shown("1234567", Unit::Kilogram).encode(), None);
    assert_eq!(shown("1", Unit::Pound).encode(), None);
    assert_eq!(shown("1", Unit::Tonne).encode_bare(), None);
    assert_eq!(a12::Line::Overload.encode_bare(), None);
    assert_eq!(line::encode_bare(Some(number("123456789"))), None);
    assert_eq!(equals::Form::ONE.encode(number("12345678")), None);
    assert_eq!(shown("-99999.9", Unit::Kilogram).encode(), None);
}
