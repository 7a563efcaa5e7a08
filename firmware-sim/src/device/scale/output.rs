//! What an indicator shows, written in each format.
//! Promises: the digits of the display and nothing else; a state that a format has no word for is silence.
//! Chosen where manuals are silent: A9, CAS 10, `=` text and A12 without a check send nothing while the scale is out of
//! range; the CAS lamps are stable, gross and zero.
//! Source: the manuals that `protocols::scale::wire` names, format by format.

use alloc::vec::Vec;
use protocols::contract::Kg;
use protocols::scale::quantity::{Number, Quantity, Unit};
use protocols::scale::repr::Kind;
use protocols::scale::wire::a9::{self, Ninth, Value};
use protocols::scale::wire::line::{self, Lamps, Record, State};
use protocols::scale::wire::mt::{Field, Form, Frame, StatusA, StatusB, StatusC, Tare, Zeros};
use protocols::scale::wire::{Format, a12};

use super::Settings;

/// What a display can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A weight, a whole number of divisions.
    Weight(Kg),
    /// More than Max + 9 e.
    Overload,
    /// Less than -20 d.
    Underload,
}

/// 显示: the display at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Display {
    /// The digits.
    pub shown: Shown,
    /// Gross, or net when there is a tare.
    pub kind: Kind,
    /// The platform swings.
    pub motion: bool,
    /// The tare.
    pub tare: Kg,
}

impl Settings {
    /// The digits of a weight in this unit with these decimals.
    fn number(&self, kg: Kg) -> Option<Number> {
        let hundredths = kg.hundredths().unsigned_abs();
        let scaled = hundredths.checked_mul(10_u64.checked_pow(u32::from(self.decimals))?)?;
        let digits = match self.unit {
            Unit::Tonne => scaled / 100_000,
            Unit::Gram => scaled.checked_mul(10)?,
            Unit::Kilogram | Unit::Pound | Unit::Other => scaled / 100,
        };
        Number::new(kg < Kg::default(), digits, self.decimals)
    }

    /// Six digits of a weight and byte 9.
    pub(super) fn value(&self, kg: Kg, ninth: Ninth) -> Option<Value> {
        let number = self.number(kg)?;
        let digits = u32::try_from(number.digits()).ok()?;
        match ninth {
            Ninth::Decimals => Value::new(number.is_negative(), digits, number.decimals()),
            Ninth::Ignored { .. } => Value::new(number.is_negative(), digits, 0),
            Ninth::Digit { .. } => {
                Value::new(number.is_negative(), digits / 10, u8::try_from(digits % 10).unwrap_or_default())
            }
        }
    }

    /// The bytes that tell this; `None` when the format has none for it.
    #[must_use]
    pub fn frame(&self, display: &Display) -> Option<Vec<u8>> {
        let weight = match display.shown {
            Shown::Weight(kg) => Some(kg),
            Shown::Overload | Shown::Underload => None,
        };
        match self.format {
            Format::A9(ninth) => Some(a9::encode(self.value(weight?, ninth)?).to_vec()),
            Format::A9Command(_) => None,
            Format::A12 => self.a12(display)?.encode(),
            Format::A12Bare => self.a12(display)?.encode_bare(),
            Format::Mt(form) => self.mt(display, form),
            Format::Cas22 => self.record(display)?.encode_cas(),
            Format::And18 => self.record(display)?.encode_and(),
            Format::Cas10 => line::encode_bare(Some(self.number(weight?)?)),
            Format::Equals(form) => form.encode(self.number(weight?)?),
        }
    }

    fn a12(&self, display: &Display) -> Option<a12::Line> {
        Some(match display.shown {
            Shown::Weight(kg) => {
                let quantity = Quantity { number: self.number(kg)?, unit: self.unit };
                a12::Line::Shown { kind: display.kind, quantity }
            }
            Shown::Overload => a12::Line::Overload,
            Shown::Underload => a12::Line::Underload,
        })
    }

    fn record(&self, display: &Display) -> Option<Record> {
        let (state, number) = match display.shown {
            Shown::Weight(kg) if display.motion => (State::Unstable, Some(self.number(kg)?)),
            Shown::Weight(kg) => (State::Stable, Some(self.number(kg)?)),
            Shown::Overload | Shown::Underload => (State::Overload, None),
        };
        let negative = display.shown == Shown::Underload || number.is_some_and(Number::is_negative);
        let lamp = |on: bool, bit: u8| if on { bit } else { 0 };
        let lamps = lamp(state == State::Stable, 0x40)
            | lamp(display.kind == Kind::Gross, 0x04)
            | lamp(display.shown == Shown::Weight(Kg::default()), 0x01);
        let station = match self.format {
            Format::Cas22 => Some((b'1', Some(Lamps::new(lamps)))),
            _ => None,
        };
        Some(Record { state, kind: display.kind, station, number, negative, unit: Some(self.unit) })
    }

    /// Dummy zeros: a division of 10 kg or more always shows one, of 100 kg or more two.
    fn mt(&self, display: &Display, form: Form) -> Option<Vec<u8>> {
        let division = self.number(self.division)?.digits();
        let (zeros, leading) = match division {
            0..10 => (0, division),
            10..100 => (1, division / 10),
            _ => (2, division / 100),
        };
        let point = if self.decimals == 0 { 2 - zeros } else { self.decimals + 2 };
        let field = |kg: Kg| {
            let digits = u32::try_from(self.number(kg)?.digits()).ok()?;
            let hidden = match form.zeros {
                Zeros::LeftOut => 10_u32.pow(u32::from(2_u8.saturating_sub(point))),
                Zeros::Inside => 1,
            };
            Field::new(digits / hidden, 1 + usize::from(2_u8.saturating_sub(point)))
        };
        let increment = match leading {
            1 => 1,
            2 => 2,
            5 => 3,
            _ => 0,
        };
        let (weight, negative) = match display.shown {
            Shown::Weight(kg) => (field(kg)?, kg < Kg::default()),
            Shown::Overload | Shown::Underload => (Field::BLANK, false),
        };
        let b = StatusB {
            net: display.kind == Kind::Net,
            negative,
            out_of_range: weight == Field::BLANK,
            motion: display.motion,
            kilograms: self.unit == Unit::Kilogram,
            not_zeroed: false,
        };
        let unit = match self.unit {
            Unit::Kilogram | Unit::Pound => 0,
            Unit::Gram => 1,
            Unit::Tonne => 2,
            Unit::Other => 3,
        };
        let tare = match form.tare {
            Tare::Sent => Some(field(display.tare)?),
            Tare::Omitted => None,
        };
        let c = StatusC { unit, ..StatusC::default() };
        Some(Frame { a: StatusA { point, increment }, b, c, weight, tare }.encode(form.check))
    }
}
