//! `=` text: what Yaohua's scoreboard outputs send as "format 1" (least significant character first) and "format 2".
//! No check at all, and the stream alone does not say which way round it is: that is configuration.
//! Promises: a token is seven characters, or eight of which the most significant is `0` or `-`; one point at most.
//! A token that ends with `=` counts only right behind another `=`: a tail of digits is no token.
//! Source: XK3190-A26 manual p. 13; XK3190-A23p manual p. 22; garrett-he/weighbridge-simulator (`=` last).

use crate::frame::{Measure, Place};
use crate::scale::quantity::Number;
use alloc::format;
use alloc::vec::Vec;

/// Characters of a value.
const VALUE: usize = 7;

/// Where `=` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Before its token.
    First,
    /// Behind it.
    Last,
}

/// Which way round a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Least significant character first.
    Reversed,
    /// As it is read.
    Forward,
}

/// 等号格式: which of the forms an indicator sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where `=` stands.
    pub mark: Mark,
    /// Which way round.
    pub order: Order,
}

impl Form {
    /// The manual's format 1: `=000.3000`.
    pub const ONE: Self = Self { mark: Mark::First, order: Order::Reversed };
    /// The manual's format 2: `=0003.000`.
    pub const TWO: Self = Self { mark: Mark::First, order: Order::Forward };
    /// Seen in the field: `543.210=`.
    pub const LAST: Self = Self { mark: Mark::Last, order: Order::Reversed };

    /// The number of a whole frame.
    #[must_use]
    pub fn parse(self, frame: &[u8]) -> Option<Number> {
        let token = match self.mark {
            Mark::First => frame.strip_prefix(b"=")?,
            Mark::Last => frame.strip_suffix(b"=")?,
        };
        let token = token.strip_prefix(b"=").filter(|_| self.mark == Mark::Last).unwrap_or(token);
        match self.order {
            Order::Reversed => parse(token.len(), token.iter().rev().copied()),
            Order::Forward => parse(token.len(), token.iter().copied()),
        }
    }

    /// The bytes on the wire; `None` when the number has more than seven characters.
    #[must_use]
    pub fn encode(self, number: Number) -> Option<Vec<u8>> {
        let negative = number.is_negative() && number.digits() > 0;
        let unsigned = Number::new(false, number.digits(), number.decimals())?;
        let value = format!("{:0>VALUE$}", format!("{unsigned}"));
        let sign = match (negative, self.mark) {
            (true, _) => "-",
            (false, Mark::First) => "0",
            (false, Mark::Last) => "",
        };
        let mut token = format!("{sign}{value}").into_bytes();
        if self.order == Order::Reversed {
            token.reverse();
        }
        (value.len() == VALUE).then(|| match self.mark {
            Mark::First => [b"=", &token[..]].concat(),
            Mark::Last => [&token[..], b"="].concat(),
        })
    }

    /// Judges the front of a stream.
    pub(super) fn measure(self, front: &[u8], place: Place) -> Measure {
        let lead = match (self.mark, place) {
            (Mark::First, _) | (Mark::Last, Place::Slipped) => 1,
            (Mark::Last, Place::Boundary) => 0,
        };
        if lead == 1 && front.first() != Some(&b'=') {
            return Measure::NotAFrame;
        }
        let rest = front.get(lead..).unwrap_or_default();
        let count =
            rest.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')).count();
        let len = match (self.mark, count, rest.get(count)) {
            // Eight characters are a token whatever follows; with seven, `=` must.
            (Mark::First, 8.., _) => 1 + VALUE + 1,
            (Mark::First, VALUE, Some(b'=')) => 1 + VALUE,
            (Mark::Last, VALUE | 8, Some(b'=')) => lead + count + 1,
            (Mark::First, _, None) | (Mark::Last, 0..=8, None) => return Measure::NeedMore,
            _ => return Measure::NotAFrame,
        };
        match front.get(..len).and_then(|frame| self.parse(frame)) {
            Some(_) => Measure::Whole(len),
            None => Measure::NotAFrame,
        }
    }
}

/// Characters in the order in which they are read.
fn parse(count: usize, mut characters: impl Iterator<Item = u8>) -> Option<Number> {
    match count {
        VALUE => Number::parse(characters),
        8 => {
            let negative = match characters.next()? {
                b'-' => true,
                b'0' => false,
                _ => return None,
            };
            let value = Number::parse(characters)?;
            if value.is_negative() { None } else { Number::new(negative, value.digits(), value.decimals()) }
        }
        _ => None,
    }
}
