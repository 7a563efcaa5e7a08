//! Weights in kilograms, exact to two decimals.
//! Promises: never rounds; a JSON number with more decimals is refused. A JSON number is an IEEE double (RFC 8259, RFC 8785), and
//! each value with two decimals below 10^12 has a double of its own, so the way over a double loses nothing.
//! Source: spec SG-075; `contract` section 3 ("weights are numbers with at most 2 decimals").

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// 重量 in kilograms, in steps of 0.01; may be negative where it is a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kg(i64);

/// A number that is no weight.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a weight with at most two decimals")]
pub struct BadWeight(pub f64);

/// Beyond this the double would no longer be exact to a hundredth.
const LIMIT_HUNDREDTHS: i64 = 100_000_000_000_000;

impl Kg {
    /// So many hundredths of a kilogram.
    #[must_use]
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// So many whole kilograms.
    #[must_use]
    pub const fn from_kilograms(kilograms: i64) -> Self {
        Self(kilograms.saturating_mul(100))
    }

    /// Hundredths of a kilogram.
    #[must_use]
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// Reads a JSON number.
    ///
    /// # Errors
    /// [`BadWeight`] when it has more than two decimals or is out of range.
    pub fn from_f64(number: f64) -> Result<Self, BadWeight> {
        let scaled = number * 100.0;
        #[expect(clippy::cast_precision_loss, reason = "the limit is a power of ten below 2^53")]
        if scaled.is_nan() || scaled.abs() >= LIMIT_HUNDREDTHS as f64 {
            return Err(BadWeight(number));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded just above; the half makes it round to nearest"
        )]
        let hundredths = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i64;
        if Self(hundredths).to_f64() == number { Ok(Self(hundredths)) } else { Err(BadWeight(number)) }
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53, and `LIMIT_HUNDREDTHS` is far below")]
    fn to_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl fmt::Display for Kg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, hundredths) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match (hundredths / 100, hundredths % 100) {
            (whole, 0) => write!(f, "{sign}{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{sign}{whole}.{}", part / 10),
            (whole, part) => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

impl Serialize for Kg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i64(self.0 / 100)
        } else {
            serializer.serialize_f64(self.to_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Kg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Kg;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of kilograms with at most two decimals")
            }

            fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Kg, E> {
                whole
                    .checked_mul(100)
                    .filter(|hundredths| hundredths.abs() < LIMIT_HUNDREDTHS)
                    .map(Kg)
                    .ok_or_else(|| E::custom("weight out of range"))
            }

            fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Kg, E> {
                i64::try_from(whole).map_err(E::custom).and_then(|whole| self.visit_i64(whole))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Kg, E> {
                Kg::from_f64(number).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    /// SG-075: at most two decimals, exactly as written, and back again.
    #[test]
    fn two_decimals_survive_and_a_third_is_refused() {
        for (text, hundredths) in [
            ("0", 0),
            ("4180.5", 418_050),
            ("32500", 3_250_000),
            ("999999.99", 99_999_999),
            ("0.01", 1),
            ("-12.34", -1234),
        ] {
            let kg: Kg = serde_json::from_str(text).unwrap();
            assert_eq!(kg, Kg::from_hundredths(hundredths));
            assert_eq!(kg.to_string(), text);
            assert_eq!(serde_json::to_string(&kg).unwrap(), text);
        }
        for text in ["1.001", "0.005", "1e300", "\"5\"", "null", "99999999999999"] {
            assert!(serde_json::from_str::<Kg>(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_hundredth_below_a_million_round_trips(hundredths in -99_999_999_i64..=99_999_999) {
            let text = serde_json::to_string(&Kg(hundredths)).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Kg>(&text).unwrap(), Kg(hundredths));
            proptest::prop_assert_eq!(format!("{}", Kg(hundredths)), text);
        }
    }
}
