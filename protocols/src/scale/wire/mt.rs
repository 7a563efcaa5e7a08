//! MT: Mettler Toledo continuous output: three status words, weight, perhaps tare, CR, perhaps a check.
//! Promises: a frame exists only when the fixed status bits, the fields and CR stood in their places, and where a check
//! is configured, when that held. Parity in bit 7 is masked off. The check is taken by its place: it may be 02 or 0D.
//! Dummy zeros (codes 000 and 001) are already among the six characters: nothing is multiplied, unless `Zeros` says that
//! this clone leaves them out.
//! Absent: a meaning for the expanded display: makers disagree on where the point is then, so it is no weight.
//! Source: WILDCAT manual tables 6-8 to 6-11; KERN FTC manual p. 42; ICS425 manual p. 50; Cardinal 225 manual p. 118.

use super::check::seven_bit_sum;
use super::{STX, shaped};
use crate::frame::Measure;
use crate::scale::quantity::{Number, Quantity, Unit};
use crate::scale::repr::{Indication, Kind};
use crate::talk::NoWeight;
use alloc::vec::Vec;

/// What is left of a byte without its parity.
const SEVEN: u8 = 0x7F;
/// A field's length.
const FIELD: usize = 6;

/// Whether a check follows CR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// No: nothing but a second frame tells a garbled digit.
    Absent,
    /// The seven-bit sum.
    Sum,
}

/// Whether the tare stands behind the weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tare {
    /// Six characters.
    Sent,
    /// The short form without it.
    Omitted,
}

/// Where the zeros are that a large division always shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// Among the six characters.
    Inside,
    /// Left out: the weight is a hundred or ten times as much. Only for clones that a known load has shown to do so.
    LeftOut,
}

/// 托利多连续输出: which of the forms an indicator sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Is there a check?
    pub check: Check,
    /// Is there a tare?
    pub tare: Tare,
    /// Are dummy zeros sent?
    pub zeros: Zeros,
}

impl Form {
    /// Seventeen bytes: tare and no check.
    pub const PLAIN: Self = Self { check: Check::Absent, tare: Tare::Sent, zeros: Zeros::Inside };
    /// Eighteen bytes: tare and check.
    pub const CHECKED: Self = Self { check: Check::Sum, ..Self::PLAIN };
    /// Eleven bytes: neither.
    pub const SHORT: Self = Self { tare: Tare::Omitted, ..Self::PLAIN };
    /// Twelve bytes: a check and no tare.
    pub const SHORT_CHECKED: Self = Self { tare: Tare::Omitted, ..Self::CHECKED };

    /// Where CR stands.
    const fn end(self) -> usize {
        match self.tare {
            Tare::Sent => 16,
            Tare::Omitted => 10,
        }
    }

    /// Length of a frame.
    #[must_use]
    pub const fn length(self) -> usize {
        match self.check {
            Check::Absent => self.end() + 1,
            Check::Sum => self.end() + 2,
        }
    }
}

/// 状态字 A: where the point is, and the increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusA {
    /// Three bits: 0 and 1 dummy zeros, 2 none, 3 to 7 one to five decimals.
    pub point: u8,
    /// Two bits: 1, 2 and 3 say 1, 2 and 5.
    pub increment: u8,
}

impl StatusA {
    const fn parse(byte: u8) -> Self {
        Self { point: byte & 7, increment: byte >> 3 & 3 }
    }

    const fn byte(self) -> u8 {
        0x20 | (self.increment & 3) << 3 | self.point & 7
    }
}

/// 状态字 B: how the platform is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusB {
    /// Net is shown, not gross.
    pub net: bool,
    /// The value is below zero; the digits never say so.
    pub negative: bool,
    /// Over or under what the scale can weigh.
    pub out_of_range: bool,
    /// The platform is in motion.
    pub motion: bool,
    /// kg; otherwise status word C says the unit.
    pub kilograms: bool,
    /// The zero was not found since power-up.
    pub not_zeroed: bool,
}

impl StatusB {
    const fn parse(byte: u8) -> Self {
        Self {
            net: byte & 0x01 != 0,
            negative: byte & 0x02 != 0,
            out_of_range: byte & 0x04 != 0,
            motion: byte & 0x08 != 0,
            kilograms: byte & 0x10 != 0,
            not_zeroed: byte & 0x40 != 0,
        }
    }

    fn byte(self) -> u8 {
        let bits =
            [self.net, self.negative, self.out_of_range, self.motion, self.kilograms, true, self.not_zeroed];
        bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
    }
}

/// 状态字 C: another unit, and what the operator does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusC {
    /// Three bits, when it is not kg: 0 lb, 1 g, 2 t, 3 oz.
    pub unit: u8,
    /// Somebody pressed "print".
    pub print: bool,
    /// Ten times finer steps are shown.
    pub expanded: bool,
}

impl StatusC {
    const fn parse(byte: u8) -> Self {
        Self { unit: byte & 7, print: byte & 0x08 != 0, expanded: byte & 0x10 != 0 }
    }

    fn byte(self) -> u8 {
        0x20 | self.unit & 7 | u8::from(self.print) << 3 | u8::from(self.expanded) << 4
    }
}

/// Six characters: blanks, then digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field([u8; FIELD]);

impl Field {
    /// Nothing is shown.
    pub const BLANK: Self = Self([b' '; FIELD]);

    /// A number with at least so many digits; `None` when it has more than six.
    #[must_use]
    pub fn new(number: u32, least: usize) -> Option<Self> {
        let text = alloc::format!("{:>FIELD$}", alloc::format!("{number:0least$}"));
        Self::parse(text.as_bytes())
    }

    fn parse(characters: &[u8]) -> Option<Self> {
        let field = <[u8; FIELD]>::try_from(characters).ok()?.map(|byte| byte & SEVEN);
        let digits = field.trim_ascii_start();
        digits.iter().all(u8::is_ascii_digit).then_some(Self(field))
    }

    /// Its digits as a number; `None` when there are none.
    #[must_use]
    pub fn digits(self) -> Option<u64> {
        let digits = self.0.trim_ascii_start();
        let number = digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        (!digits.is_empty()).then_some(number)
    }
}

/// 连续输出帧: what the indicator sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Point and increment.
    pub a: StatusA,
    /// Range, motion, unit.
    pub b: StatusB,
    /// Other unit, expansion.
    pub c: StatusC,
    /// What is displayed.
    pub weight: Field,
    /// The tare, unless this is the short form.
    pub tare: Option<Field>,
}

impl Frame {
    /// Reads one whole frame.
    #[must_use]
    pub fn parse(frame: &[u8], form: Form) -> Option<Self> {
        let (head, check) = frame.split_at_checked(form.end() + 1)?;
        if holds(head, check, form.check) { Self::body(head) } else { None }
    }

    /// What stands up to CR.
    fn body(head: &[u8]) -> Option<Self> {
        let [_, a, b, c, fields @ .., _] = head else { return None };
        let (weight, tare) = fields.split_at_checked(FIELD)?;
        let tare = if tare.is_empty() { None } else { Some(Field::parse(tare)?) };
        let (a, b, c) = (StatusA::parse(*a), StatusB::parse(*b), StatusC::parse(*c));
        Some(Self { a, b, c, weight: Field::parse(weight)?, tare })
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self, check: Check) -> Vec<u8> {
        let mut frame = alloc::vec![STX, self.a.byte(), self.b.byte(), self.c.byte()];
        frame.extend_from_slice(&self.weight.0);
        if let Some(tare) = self.tare {
            frame.extend_from_slice(&tare.0);
        }
        frame.push(b'\r');
        if check == Check::Sum {
            frame.push(seven_bit_sum(&frame));
        }
        frame
    }

    /// What the display shows.
    #[must_use]
    pub fn indication(&self, zeros: Zeros) -> Indication {
        let unit = match (self.b.kilograms, self.c.unit) {
            (true, _) => Unit::Kilogram,
            (false, 0) => Unit::Pound,
            (false, 1) => Unit::Gram,
            (false, 2) => Unit::Tonne,
            (false, _) => Unit::Other,
        };
        let shown = |field: Field, negative| {
            let more = match (zeros, self.a.point) {
                (Zeros::LeftOut, 0) => 100,
                (Zeros::LeftOut, 1) => 10,
                _ => 1,
            };
            let number = Number::new(negative, field.digits()? * more, self.a.point.saturating_sub(2))?;
            Some(Quantity { number, unit })
        };
        let value = match shown(self.weight, self.b.negative) {
            _ if self.b.not_zeroed => Err(NoWeight::NotZeroed),
            _ if self.b.out_of_range => Err(NoWeight::OutOfRange),
            _ if self.c.expanded => Err(NoWeight::Expanded),
            Some(quantity) => Ok(quantity),
            None => Err(NoWeight::Fault),
        };
        Indication {
            value,
            stable: Some(!self.b.motion),
            kind: Some(if self.b.net { Kind::Net } else { Kind::Gross }),
            tare: self.tare.and_then(|tare| shown(tare, false)),
        }
    }
}

/// Judges the front of a line.
pub(super) fn measure(front: &[u8], form: Form) -> Measure {
    let fits = |at: usize, byte: u8| {
        let byte = byte & SEVEN;
        match at {
            0 => byte == STX,
            1 | 3 => byte & 0x60 == 0x20,
            2 => byte & 0x20 == 0x20,
            _ if at < form.end() => byte == b' ' || byte.is_ascii_digit(),
            _ if at == form.end() => byte == b'\r',
            _ => true,
        }
    };
    let frame = match shaped(front, form.length(), fits) {
        Err(unfinished) => return unfinished,
        Ok(frame) => frame,
    };
    match frame.split_at_checked(form.end() + 1) {
        Some((head, check)) if Frame::body(head).is_some() => {
            if holds(head, check, form.check) {
                Measure::Whole(frame.len())
            } else {
                Measure::BadCheck(frame.len())
            }
        }
        _ => Measure::NotAFrame,
    }
}

/// Whether what follows CR is what the form says.
fn holds(head: &[u8], check: &[u8], expected: Check) -> bool {
    match (expected, check) {
        (Check::Absent, []) => true,
        (Check::Sum, [check]) => check & SEVEN == seven_bit_sum(head),
        _ => false,
    }
}
