//! Frame layouts of weighbridge indicators, one file a format, both ends of each.
//! Promises: whatever does not fit its place is given up byte by byte from the front, and the next start is looked for;
//! never is an end searched first, which would glue two frames where a byte was lost. A line without an end is given
//! up after 64 bytes. What is held is one frame at most, far below the four that the rule allows.
//! Absent: choosing a format while running: what was configured or found at the start stays.
//! Source: resynchronisation rules for A9, MT, CAS and `=` streams, each from its format's manual.

pub mod a12;
pub mod a9;
pub mod check;
pub mod command;
pub mod equals;
pub mod line;
pub mod mt;

use super::quantity::{Quantity, Unit};
use super::repr::{Indication, Kind};
use crate::frame::{Decoder, Framing, Measure, Place};
use crate::talk::NoWeight;
use line::Comma;

/// The buffer of a decoder, bytes: two longest lines.
pub const BUFFER: usize = 128;
/// The longest line, its end included.
pub const LINE_MAX: usize = 64;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// 数据格式: how an indicator writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Yaohua continuous, twelve bytes; clones by Keli, VESAR and many more.
    A9(a9::Ninth),
    /// Answers of Yaohua's and Keli's command mode, six or fourteen bytes.
    A9Command(a9::Ninth),
    /// A12 lines with a check.
    A12,
    /// A12 lines without.
    A12Bare,
    /// Mettler Toledo continuous.
    Mt(mt::Form),
    /// CAS, four fields.
    Cas22,
    /// CAS, eight characters and no more.
    Cas10,
    /// A&D, three fields.
    And18,
    /// `=` text.
    Equals(equals::Form),
}

/// Cuts what an indicator sends into frames.
pub type ScaleDecoder = Decoder<Format, BUFFER>;

/// What a whole frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// What the display shows, told unasked.
    Shown(Indication),
    /// An answer of command mode.
    Answer(command::Answer),
}

impl Format {
    /// Its name, for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A9(_) => "A9 continuous",
            Self::A9Command(_) => "A9 command mode",
            Self::A12 => "A12 with check",
            Self::A12Bare => "A12 without check",
            Self::Mt(mt::Form { tare: mt::Tare::Sent, check: mt::Check::Absent, .. }) => {
                "MT continuous, 17 bytes"
            }
            Self::Mt(mt::Form { tare: mt::Tare::Sent, check: mt::Check::Sum, .. }) => {
                "MT continuous, 18 bytes"
            }
            Self::Mt(mt::Form { tare: mt::Tare::Omitted, .. }) => "MT continuous, short",
            Self::Cas22 => "CAS 22",
            Self::Cas10 => "CAS 10",
            Self::And18 => "A&D 18",
            Self::Equals(_) => "= text",
        }
    }

    /// Reads one whole frame; `None` for bytes that are none. `untold`: the unit where the wire does not say it.
    #[must_use]
    pub fn read(self, frame: &[u8], untold: Unit) -> Option<Message> {
        let shown = match self {
            Self::A9(ninth) => a9::parse(frame).filter(|value| value.suits(ninth))?.indication(ninth, untold),
            Self::A9Command(ninth) => {
                let answer = command::Answer::parse(frame)?;
                return answer
                    .value
                    .is_none_or(|value| value.suits(ninth))
                    .then_some(Message::Answer(answer));
            }
            Self::A12 => a12::Line::parse(frame)?.indication(),
            Self::A12Bare => a12::Line::parse_bare(frame)?.indication(),
            Self::Mt(form) => mt::Frame::parse(frame, form)?.indication(form.zeros),
            Self::Cas22 => Comma::Cas.parse(frame)?.indication(untold),
            Self::And18 => Comma::And.parse(frame)?.indication(untold),
            Self::Cas10 => {
                let number = line::parse_bare(frame)?.ok_or(NoWeight::Fault);
                Indication::of(number.map(|number| Quantity { number, unit: untold }))
            }
            Self::Equals(form) => Indication::of(Ok(Quantity { number: form.parse(frame)?, unit: untold })),
        };
        Some(Message::Shown(shown))
    }
}

impl command::Answer {
    /// What the answer shows; `None` when it has no value, or one whose meaning depends on the model.
    #[must_use]
    pub fn indication(&self, ninth: a9::Ninth, untold: Unit) -> Option<Indication> {
        let kind = match self.ask {
            command::Ask::Gross => Kind::Gross,
            command::Ask::Net => Kind::Net,
            command::Ask::Tare => Kind::Tare,
            command::Ask::Handshake | command::Ask::Other(_) => return None,
        };
        Some(Indication { kind: Some(kind), ..self.value?.indication(ninth, untold) })
    }
}

impl Framing for Format {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        match *self {
            Self::A9(ninth) => a9::measure(front, ninth),
            Self::A9Command(ninth) => command::measure(front, ninth),
            Self::A12 => a12::measure(front),
            Self::A12Bare => a12::measure_bare(front),
            Self::Mt(form) => mt::measure(front, form),
            Self::Cas22 => Comma::Cas.measure(front),
            Self::And18 => Comma::And.measure(front),
            Self::Cas10 => line::measure_bare(front, place),
            Self::Equals(form) => form.measure(front, place),
        }
    }
}

/// The first `len` bytes when all stand in their places; `NotAFrame` from the first on that does not.
fn shaped(front: &[u8], len: usize, fits: impl Fn(usize, u8) -> bool) -> Result<&[u8], Measure> {
    if front.iter().take(len).enumerate().any(|(at, byte)| !fits(at, *byte)) {
        return Err(Measure::NotAFrame);
    }
    front.get(..len).ok_or(Measure::NeedMore)
}
