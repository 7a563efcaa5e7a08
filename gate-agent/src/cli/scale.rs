//! Frames of weighbridge indicators as lines of `decode`.
//! A capture is one line's, so formats that cannot be told apart frame by frame are told apart by what fits all of it:
//! Mettler Toledo with and without a check, long and short; `=` before its token or behind it, either way round.

use protocols::{
    frame::Decoder,
    scale::{
        detect::{AnyOf, best},
        quantity::{Number, Unit},
        repr::{Indication, Kind},
        wire::{
            BUFFER, Format, Message,
            a9::Ninth,
            command::{Answer, Request},
            equals, mt,
        },
    },
    talk::NoWeight,
};
use serde::{Serialize, Serializer, ser::Error};

use super::{
    decode::{self, Line, hex},
    stream::cut,
};

/// Which wires a name of `decode` covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// What Yaohua's indicators and their clones speak: continuous, command mode, A12.
    A9,
    /// Mettler Toledo continuous.
    Mt,
    /// Lines of text.
    Ascii,
}

const YAOHUA: [Format; 4] =
    [Format::A9(Ninth::Decimals), Format::A9Command(Ninth::Decimals), Format::A12, Format::A12Bare];

const fn lines_and(form: equals::Form) -> [Format; 6] {
    [Format::Cas22, Format::And18, Format::A12, Format::A12Bare, Format::Cas10, Format::Equals(form)]
}

const FORMAT_ONE: [Format; 6] = lines_and(equals::Form::ONE);
const EQUALS_LAST: [Format; 6] = lines_and(equals::Form::LAST);
const FORMAT_TWO: [Format; 6] = lines_and(equals::Form::TWO);

impl Wire {
    pub(super) const ALL: [Self; 3] = [Self::A9, Self::Mt, Self::Ascii];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A9 => "weighbridge-a9",
            Self::Mt => "weighbridge-mt",
            Self::Ascii => "weighbridge-ascii",
        }
    }

    /// The formats under which a capture of an indicator makes most sense; the manual's own goes first.
    pub(super) fn formats(self, capture: &[u8]) -> AnyOf<'static> {
        const MT: [&[Format]; 4] = [
            &[Format::Mt(mt::Form::CHECKED)],
            &[Format::Mt(mt::Form::PLAIN)],
            &[Format::Mt(mt::Form::SHORT_CHECKED)],
            &[Format::Mt(mt::Form::SHORT)],
        ];
        let guesses: &[&'static [Format]] = match self {
            Self::A9 => &[&YAOHUA],
            Self::Mt => &MT,
            Self::Ascii => &[&FORMAT_ONE, &EQUALS_LAST, &FORMAT_TWO],
        };
        let guesses: Vec<AnyOf<'static>> = guesses.iter().copied().map(AnyOf).collect();
        best(&guesses, capture).unwrap_or(AnyOf(&[]))
    }
}

/// Kilograms with as many decimals as the display has, more than a record could hold perhaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kilograms(Number);

impl Serialize for Kilograms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        match text.parse() {
            Ok(whole) => serializer.serialize_i64(whole),
            // A dozen digits at most: each such decimal has a double of its own, which is written as these digits.
            Err(_) => serializer.serialize_f64(text.parse().map_err(S::Error::custom)?),
        }
    }
}

/// What a whole capture of an indicator says.
pub(super) fn capture(wire: Wire, bytes: &[u8]) -> Vec<Line> {
    let formats = wire.formats(bytes);
    let decoder = Decoder::<_, BUFFER>::new(formats);
    let mut stream = cut(decoder, wire.name(), move |frame| from_indicator(wire, formats, frame));
    let mut lines = Vec::new();
    stream.push(bytes, &mut lines);
    stream.gap(&mut lines);
    lines
}

/// What an indicator says in one sound frame.
pub(super) fn from_indicator(wire: Wire, formats: AnyOf<'_>, frame: &[u8]) -> Vec<Line> {
    let message = formats.format(frame).and_then(|format| format.read(frame, Unit::Kilogram));
    let told = match message {
        None => Line { kind: "noise", skipped: Some(frame.len()), ..Line::default() },
        Some(Message::Shown(shown)) => indication(&shown, None),
        Some(Message::Answer(answer)) => answered(answer),
    };
    vec![Line { protocol: wire.name(), raw: Some(hex(frame)), ..told }]
}

fn answered(answer: Answer) -> Line {
    let address = format!("address {}", char::from(answer.address.letter()));
    match answer.indication(Ninth::Decimals, Unit::Kilogram) {
        Some(shown) => indication(&shown, Some(address)),
        None => Line { kind: "reply", text: Some(format!("{address}: {:?}", answer.ask)), ..Line::default() },
    }
}

fn indication(shown: &Indication, address: Option<String>) -> Line {
    let kind = match shown.kind {
        Some(Kind::Gross) => Some("gross".to_owned()),
        Some(Kind::Net) => Some("net".to_owned()),
        Some(Kind::Tare) => Some("tare".to_owned()),
        None => None,
    };
    let weight = match (shown.kind, shown.value) {
        (Some(Kind::Tare), Ok(tare)) => Err(tare.to_string()),
        (_, Ok(quantity)) => {
            quantity.kilograms().ok_or_else(|| format!("{quantity}: {}", NoWeight::ForeignUnit))
        }
        (_, Err(why)) => Err(why.to_string()),
    };
    let tare = shown.tare.map(|tare| format!("tare {tare}"));
    let words = [address, kind, weight.as_ref().err().cloned(), tare];
    let text = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let text = (!text.is_empty()).then_some(text);
    match weight {
        Ok(kg) => Line {
            kind: "weight",
            kg: Some(decode::Kilograms::Shown(Kilograms(kg))),
            stable: shown.stable,
            text,
            ..Line::default()
        },
        Err(_) => Line { kind: "status", text, ..Line::default() },
    }
}

/// What the host asks in one sound frame of command mode.
pub(super) fn from_host(frame: &[u8]) -> Vec<Line> {
    let text = match Request::parse(frame) {
        Some(request) => format!("asked of {}: {:?}", char::from(request.address.letter()), request.ask),
        None => "asked what no indicator knows".to_owned(),
    };
    vec![Line {
        kind: "status",
        protocol: Wire::A9.name(),
        raw: Some(hex(frame)),
        text: Some(text),
        ..Line::default()
    }]
}
