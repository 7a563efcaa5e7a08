//! Instants as data: UTC with milliseconds and `Z` on the wire, any offset when read.
//! Source: `contract` section 3; `design` section 7.

use alloc::string::{String, ToString};
use core::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A wall-clock instant in milliseconds since 1970-01-01T00:00:00Z. Data, never a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(i64);

/// A text that is no RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an RFC 3339 time")]
pub struct BadTime(pub String);

impl UtcMillis {
    /// Years 0000 to 9999 of RFC 3339, in milliseconds.
    const RANGE: core::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

    /// An instant from milliseconds since the epoch; outside the years of RFC 3339 it is clamped to them.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset; parts below a millisecond are cut.
    ///
    /// # Errors
    /// [`BadTime`] when the text is none.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::from_millis(time.timestamp_millis()))
            .map_err(|_| BadTime(text.chars().take(40).collect()))
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time: DateTime<Utc> = DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for UtcMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for UtcMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_the_spec_are_the_same_instants_in_utc() {
        let noon = UtcMillis::parse("2025-10-13T11:26:03+08:00").unwrap();
        assert_eq!(noon.to_string(), "2025-10-13T03:26:03.000Z");
        assert_eq!(serde_json::to_string(&noon).unwrap(), r#""2025-10-13T03:26:03.000Z""#);
        for bad in ["", "2025-10-13", "2025-13-13T00:00:00Z", "now"] {
            assert!(UtcMillis::parse(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_instant_round_trips(millis in UtcMillis::RANGE) {
            let time = UtcMillis::from_millis(millis);
            proptest::prop_assert_eq!(UtcMillis::parse(&time.to_string()), Ok(time));
        }
    }
}
