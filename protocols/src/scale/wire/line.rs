//! Lines of text: CAS 22, CAS 10 and A&D 18. No check at all.
//! Promises: a line is one only up to CR LF, within 64 bytes, with a state, a kind and a number in their places between
//! commas; columns are not counted, since makers differ by a byte, and blanks inside a number are passed over (a CI-201A
//! sends `1 460`). `OL`, `ERR` and blank digits are states, never a number. A lamp byte that contradicts `ST` wins.
//! A CAS 10 line is nothing but digits, so it counts only right behind a line's end: a tail of digits is no line.
//! Source: CAS CI-400, CI-150A, CI-600D and NT-200 manuals; A&D-compatible output of the same.

use super::{LINE_MAX, shaped};
use crate::frame::{Measure, Place};
use crate::scale::quantity::{Number, Quantity, Unit};
use crate::scale::repr::{Indication, Kind};
use crate::talk::NoWeight;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Length of a CAS 10 line.
pub const BARE_LEN: usize = 10;

/// 状态: the first field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `ST`: at rest.
    Stable,
    /// `US`: in motion.
    Unstable,
    /// `OL`: out of range.
    Overload,
}

impl State {
    const fn parse(field: &[u8]) -> Option<Self> {
        match field {
            b"ST" => Some(Self::Stable),
            b"US" => Some(Self::Unstable),
            b"OL" => Some(Self::Overload),
            _ => None,
        }
    }

    const fn text(self) -> &'static [u8; 2] {
        match self {
            Self::Stable => b"ST",
            Self::Unstable => b"US",
            Self::Overload => b"OL",
        }
    }
}

/// 指示灯: the lamp byte of CAS 22. Its highest bit is always set, so a line is not pure ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lamps(u8);

impl Lamps {
    /// Bit 6 stable, 4 hold, 3 printer, 2 gross, 1 tare, 0 zero.
    #[must_use]
    pub const fn new(bits: u8) -> Self {
        Self(bits | 0x80)
    }

    const fn stable(self) -> bool {
        self.0 & 0x40 != 0
    }

    const fn hold(self) -> bool {
        self.0 & 0x10 != 0
    }
}

/// 仪表行: what a comma line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// At rest, in motion or out of range.
    pub state: State,
    /// What is shown.
    pub kind: Kind,
    /// CAS 22 has a device's id here, and its lamps unless they are blank; A&D 18 has nothing.
    pub station: Option<(u8, Option<Lamps>)>,
    /// The digits, if any.
    pub number: Option<Number>,
    /// A minus stands there, with or without digits.
    pub negative: bool,
    /// The unit, if any.
    pub unit: Option<Unit>,
}

/// What a line of this family says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A value, or a state in its place.
    Record(Record),
    /// `ERR` and a code.
    Error,
}

impl Line {
    /// Reads one whole line.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let text = line.strip_suffix(b"\r\n")?;
        if text.starts_with(b"ERR") {
            return text.iter().all(|byte| matches!(byte, b' '..=b'~')).then_some(Self::Error);
        }
        let mut fields = text.split(|byte| *byte == b',');
        let (state, kind) = (State::parse(fields.next()?)?, kind(fields.next()?)?);
        let (station, data) = match (fields.next()?, fields.next()) {
            (data, None) => (None, data),
            (station, Some(data)) => (Some(parse_station(station)?), data),
        };
        let (negative, number, unit) = parse_data(data)?;
        let record = Record { state, kind, station, number, negative, unit };
        fields.next().is_none().then_some(Self::Record(record))
    }

    /// What the display shows.
    #[must_use]
    pub fn indication(self, untold: Unit) -> Indication {
        match self {
            Self::Error => Indication::of(Err(NoWeight::Fault)),
            Self::Record(record) => record.indication(untold),
        }
    }
}

impl Record {
    fn indication(self, untold: Unit) -> Indication {
        let lamps = self.station.and_then(|(_, lamps)| lamps);
        let unit = self.unit.unwrap_or(untold);
        let value = match (self.state, self.number) {
            (State::Overload, _) if self.negative => Err(NoWeight::Underload),
            (State::Overload, _) => Err(NoWeight::Overload),
            _ if lamps.is_some_and(Lamps::hold) => Err(NoWeight::Held),
            (State::Stable | State::Unstable, Some(number)) => Ok(Quantity { number, unit }),
            (State::Stable | State::Unstable, None) => Err(NoWeight::Fault),
        };
        let stable = self.state == State::Stable && lamps.is_none_or(Lamps::stable);
        Indication { value, stable: Some(stable), kind: Some(self.kind), tare: None }
    }

    /// A CAS 22 line; `None` when the number does not fit its eight characters, or the unit has no letters.
    #[must_use]
    pub fn encode_cas(&self) -> Option<Vec<u8>> {
        let sign = if self.negative { "-" } else { "" };
        let data = format!("{:>8}", format!("{sign}{}", self.unsigned()?));
        let (id, lamps) = self.station.unwrap_or((b' ', None));
        let station = [id, lamps.map_or(b' ', |lamps| lamps.0)];
        let unit = format!(" {}\r\n", self.letters()?);
        (data.len() == 8)
            .then(|| [&self.head()[..], &station, b",", data.as_bytes(), unit.as_bytes()].concat())
    }

    /// An A&D 18 line; `None` when the number does not fit its seven characters, or the unit has no letters.
    #[must_use]
    pub fn encode_and(&self) -> Option<Vec<u8>> {
        let sign = if self.negative { b"-" } else { b"+" };
        let data = format!("{:>7}", self.unsigned()?);
        let unit = format!("{}\r\n", self.letters()?);
        (data.len() == 7).then(|| [&self.head()[..], sign, data.as_bytes(), unit.as_bytes()].concat())
    }

    /// The digits without their sign.
    fn unsigned(&self) -> Option<String> {
        match self.number {
            None => Some(String::new()),
            Some(number) => {
                Number::new(false, number.digits(), number.decimals()).map(|number| format!("{number}"))
            }
        }
    }

    /// The unit's letters in two characters.
    fn letters(&self) -> Option<String> {
        match self.unit {
            Some(Unit::Other) => None,
            unit => Some(format!("{:2}", unit.map_or("", Unit::letters))),
        }
    }

    fn head(&self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Gross => b"GS",
            Kind::Net => b"NT",
            Kind::Tare => b"TR",
        };
        [&self.state.text()[..], b",", kind, b","].concat()
    }
}

const fn kind(field: &[u8]) -> Option<Kind> {
    match field {
        b"GS" => Some(Kind::Gross),
        b"NT" => Some(Kind::Net),
        b"TR" => Some(Kind::Tare),
        _ => None,
    }
}

/// A device's id and its lamps, which some units leave blank.
fn parse_station(field: &[u8]) -> Option<(u8, Option<Lamps>)> {
    match field {
        [id, b' '] => Some((*id, None)),
        [id, lamps] if lamps & 0x80 != 0 => Some((*id, Some(Lamps(*lamps)))),
        _ => None,
    }
}

/// Sign, digits and unit of a data field; each may be missing, blanks may stand anywhere.
fn parse_data(field: &[u8]) -> Option<(bool, Option<Number>, Option<Unit>)> {
    let dense: Vec<u8> = field.iter().copied().filter(|byte| *byte != b' ').collect();
    let letters = dense.iter().position(u8::is_ascii_alphabetic).unwrap_or(dense.len());
    let (number, unit) = dense.split_at_checked(letters)?;
    if !unit.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let unit = (!unit.is_empty()).then(|| Unit::parse(unit));
    let number = match number {
        [] | [b'+' | b'-'] => None,
        digits => Some(Number::parse(digits.iter().copied())?),
    };
    Some((dense.first() == Some(&b'-'), number, unit))
}

/// Which of the two comma formats a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comma {
    /// Four fields.
    Cas,
    /// Three.
    And,
}

impl Comma {
    pub(super) fn parse(self, line: &[u8]) -> Option<Line> {
        let parsed = Line::parse(line)?;
        let fits = match parsed {
            Line::Error => true,
            Line::Record(record) => record.station.is_some() == (self == Self::Cas),
        };
        fits.then_some(parsed)
    }

    /// Judges the front of a line.
    pub(super) fn measure(self, front: &[u8]) -> Measure {
        let starts = |word: &[u8]| front.iter().zip(word).all(|(byte, letter)| byte == letter);
        if ![&b"ST,"[..], b"US,", b"OL,", b"ERR"].into_iter().any(starts) {
            return Measure::NotAFrame;
        }
        let seen = front.get(..LINE_MAX.min(front.len())).unwrap_or_default();
        match seen.iter().position(|byte| *byte == b'\n') {
            None if front.len() < LINE_MAX => Measure::NeedMore,
            None => Measure::NotAFrame,
            Some(end) => match seen.get(..=end).and_then(|line| self.parse(line)) {
                Some(_) => Measure::Whole(end + 1),
                None => Measure::NotAFrame,
            },
        }
    }
}

/// The number of a CAS 10 line, with the end of the line before it or without; `Ok(None)` for blank digits.
pub(super) fn parse_bare(line: &[u8]) -> Option<Option<Number>> {
    let line = line.strip_prefix(b"\n").unwrap_or(line);
    let [data @ .., b'\r', b'\n'] = line else { return None };
    match parse_data(data).filter(|_| line.len() == BARE_LEN)? {
        (_, number, None) => Some(number),
        (_, _, Some(_)) => None,
    }
}

/// A CAS 10 line; `None` when the number does not fit its eight characters.
#[must_use]
pub fn encode_bare(number: Option<Number>) -> Option<Vec<u8>> {
    let text = number.map(|number| format!("{number}")).unwrap_or_default();
    let line = format!("{text:>8}\r\n");
    (line.len() == BARE_LEN).then(|| line.into_bytes())
}

/// Judges the front of a CAS 10 line. Behind bytes given up the end of a line must come first.
pub(super) fn measure_bare(front: &[u8], place: Place) -> Measure {
    let lead = match place {
        Place::Boundary => 0,
        Place::Slipped => 1,
    };
    let fits = |at: usize, byte: u8| match at.checked_sub(lead) {
        None => byte == b'\n',
        Some(0..=7) => byte.is_ascii_digit() || matches!(byte, b' ' | b'.' | b'+' | b'-'),
        Some(8) => byte == b'\r',
        Some(_) => byte == b'\n',
    };
    match shaped(front, BARE_LEN + lead, fits) {
        Err(unfinished) => unfinished,
        Ok(line) if parse_bare(line).is_some() => Measure::Whole(line.len()),
        Ok(_) => Measure::NotAFrame,
    }
}
