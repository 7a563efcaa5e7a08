//! Weighbridge indicators: frames of each format, and what they mean.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold};
use protocols::frame::Framing;
use protocols::scale::detect::{AnyOf, best};
use protocols::scale::quantity::{Number, Unit};
use protocols::scale::wire::a9::{self, Ninth, Value};
use protocols::scale::wire::command::{Address, Answer, Ask, Request, Requests};
use protocols::scale::wire::{BUFFER, Format, Message, a12, check, equals, line, mt};

/// All formats that the targets choose from.
pub const FORMATS: [Format; 15] = [
    Format::A9(Ninth::Decimals),
    Format::A9(Ninth::Digit { decimals: 1 }),
    Format::A9Command(Ninth::Decimals),
    Format::A12,
    Format::A12Bare,
    Format::Mt(mt::Form::PLAIN),
    Format::Mt(mt::Form::CHECKED),
    Format::Mt(mt::Form::SHORT),
    Format::Mt(mt::Form::SHORT_CHECKED),
    Format::Cas22,
    Format::And18,
    Format::Cas10,
    Format::Equals(equals::Form::ONE),
    Format::Equals(equals::Form::TWO),
    Format::Equals(equals::Form::LAST),
];

/// A sound frame of a format: 1234, gross and at rest where the format tells.
pub fn good(format: Format) -> Vec<u8> {
    let number = Number::new(false, 1234, 0).expect("four digits");
    let value = Value::new(false, 1234, 0).expect("four digits");
    match format {
        Format::A9(_) => a9::encode(value).to_vec(),
        Format::A9Command(_) => Answer { address: Address::A, ask: Ask::Gross, value: Some(value) }.encode(),
        Format::A12 => b"WG001234 kg38\r\n".to_vec(),
        Format::A12Bare => b"ww001234 kg\r\n".to_vec(),
        Format::Mt(form) => mt::Frame {
            a: mt::StatusA { point: 2, increment: 1 },
            b: mt::StatusB { kilograms: true, ..mt::StatusB::default() },
            c: mt::StatusC::default(),
            weight: mt::Field::new(1234, 1).expect("four digits"),
            tare: (form.tare == mt::Tare::Sent).then_some(mt::Field::BLANK),
        }
        .encode(form.check),
        Format::Cas22 => b"ST,GS,1\xC4,    1234 kg\r\n".to_vec(),
        Format::And18 => b"ST,GS,+   1234kg\r\n".to_vec(),
        Format::Cas10 => b"    1234\r\n".to_vec(),
        Format::Equals(form) => form.encode(number).expect("four digits"),
    }
}

/// A frame around `body`, with whatever check the format has, so that the fuzzer need not find it.
pub fn seal(format: Format, body: &[u8]) -> Vec<u8> {
    let xor = check::halves(check::xor(body));
    match format {
        Format::A9(_) | Format::A9Command(_) => [&[2][..], body, &xor, &[3]].concat(),
        Format::A12 => [body, &xor, b"\r\n"].concat(),
        Format::Mt(form) => {
            let mut frame = [&[2][..], body, b"\r"].concat();
            if form.check == mt::Check::Sum {
                frame.push(check::seven_bit_sum(&frame));
            }
            frame
        }
        Format::A12Bare | Format::Cas22 | Format::And18 | Format::Cas10 => [body, b"\r\n"].concat(),
        Format::Equals(equals::Form { mark: equals::Mark::First, .. }) => [b"=", body].concat(),
        Format::Equals(_) => [body, b"="].concat(),
    }
}

/// What the script does to a line.
fn parts(format: Format, data: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(format, body),
            Step::Choice(_) => good(format),
            Step::Later(_) => {
                parts.push(Part::Gap);
                continue;
            }
        };
        match parts.last_mut() {
            Some(Part::Bytes(before)) => before.extend(bytes),
            _ => parts.push(Part::Bytes(bytes)),
        }
    }
    parts
}

/// Decodes a line in one format, and as a host's, and holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let Some(format) = FORMATS.get(usize::from(*choice) % FORMATS.len()).copied() else { return };
    let line = parts(format, data);
    for frame in frames(hold::<_, BUFFER>(format, &line, usize::from(*choice), &good(format))) {
        means(format, &frame);
    }
    let request = Request { address: Address::A, ask: Ask::Gross };
    for frame in frames(hold::<_, BUFFER>(Requests, &line, usize::from(*choice), &request.encode())) {
        if let Some(request) = Request::parse(&frame) {
            let again = Request::parse(&request.encode());
            assert_eq!(again, Some(request));
        }
    }
    capture(data);
}

/// A capture under several guesses: whatever is told is a frame of one of them.
fn capture(data: &[u8]) {
    let (some, others) = FORMATS.split_at(FORMATS.len() / 2);
    let guess = best(&[AnyOf(some), AnyOf(others)], data).expect("two guesses");
    let line = [Part::Bytes(data.to_vec())];
    for frame in frames(crate::stream::run::<_, BUFFER>(guess, &line, || usize::MAX)) {
        let format = guess.format(&frame).expect("a frame of no format");
        means(format, &frame);
    }
}

fn frames(told: Vec<Told>) -> impl Iterator<Item = Vec<u8>> {
    told.into_iter().filter_map(|one| match one {
        Told::Frame(bytes) => Some(bytes),
        Told::Noise(_) | Told::Bad(_) => None,
    })
}

/// A frame that was told means something, says it in characters that stand in it, and means the same written again.
pub fn means(format: Format, frame: &[u8]) {
    let message = format.read(frame, Unit::Kilogram).expect("the decoder told a frame that does not read");
    if let Message::Shown(shown) = message
        && let Ok(quantity) = shown.value
    {
        digits_stand_in(&quantity.number, frame);
        if let Ok(kg) = quantity.kg() {
            let kilograms = quantity.kilograms().expect("it has kilograms");
            let scale = 10_i128.pow(u32::from(kilograms.decimals())) * i128::from(kg.hundredths());
            assert_eq!(scale.abs(), i128::from(kilograms.digits()) * 100, "rounded: {quantity} is {kg}");
        }
    }
    let again = match format {
        Format::A9(_) => a9::parse(frame).map(|value| a9::encode(value).to_vec()),
        Format::A9Command(_) => Answer::parse(frame).map(Answer::encode),
        Format::A12 => a12::Line::parse(frame).and_then(a12::Line::encode),
        Format::A12Bare => a12::Line::parse_bare(frame).and_then(a12::Line::encode_bare),
        Format::Mt(form) => mt::Frame::parse(frame, form).map(|frame| frame.encode(form.check)),
        Format::Cas22 => record(frame).and_then(|record| record.encode_cas()),
        Format::And18 => record(frame).and_then(|record| record.encode_and()),
        Format::Cas10 => match message {
            Message::Shown(shown) => line::encode_bare(shown.value.ok().map(|value| value.number)),
            Message::Answer(_) => None,
        },
        Format::Equals(form) => form.parse(frame).and_then(|number| form.encode(number)),
    };
    let Some(again) = again else { return };
    assert_eq!(
        format.measure(&again, protocols::frame::Place::Boundary),
        protocols::frame::Measure::Whole(again.len())
    );
    let (once, twice) = (words(format, frame), words(format, &again));
    assert_eq!(once, twice, "written again it says otherwise: {again:02X?}");
}

fn record(frame: &[u8]) -> Option<line::Record> {
    match line::Line::parse(frame)? {
        line::Line::Record(record) => Some(record),
        line::Line::Error => None,
    }
}

/// What a frame says, as text; a negative zero is a zero, and blank numbers have no sign.
fn words(format: Format, frame: &[u8]) -> String {
    match format.read(frame, Unit::Kilogram) {
        Some(Message::Shown(shown)) => {
            let value = shown.value.map_or_else(|why| why.to_string(), |value| value.to_string());
            let tare = shown.tare.map(|tare| tare.to_string());
            format!("{value} {:?} {:?} {tare:?}", shown.stable, shown.kind)
        }
        other => format!("{other:?}"),
    }
}

/// No digit out of nowhere: those of the number stand in the frame, in one order or the other.
fn digits_stand_in(number: &Number, frame: &[u8]) {
    let there: Vec<u8> = frame.iter().map(|byte| byte & 0x7F).filter(u8::is_ascii_digit).collect();
    let digits = number.digits().to_string().into_bytes();
    let reversed: Vec<u8> = digits.iter().rev().copied().collect();
    let stands = |wanted: &[u8]| there.windows(wanted.len()).any(|part| part == wanted);
    assert!(stands(&digits) || stands(&reversed), "{number} is not in {frame:02X?}");
}
