//! A device's own time: to UTC by its vendor's rule, and how old what it tells is.
//! Promises: a time without an offset is no time: nothing is guessed; what lies more than two seconds ahead of us never
//! counts as fresh, because a clock that is wrong cannot vouch for anything.
//! Absent: asking for the time; judging which age is too old (the lane's policy does).
//! Source: MQTT readers page, sections 4, 5 and 9.

use alloc::borrow::Cow;
use alloc::format;

use crate::contract::UtcMillis;

/// How far ahead of ours a device's clock may be, milliseconds.
pub const AHEAD_MAX_MS: i64 = 2000;

/// The age of what must never count as fresh: told as buffered, or from a clock ahead of ours.
pub const NEVER_FRESH: u64 = u64::MAX;

/// The longest text that may be a time: nine decimals and an offset.
pub(super) const TEXT_MAX: usize = 40;

/// How many milliseconds before `received` a device saw what it tells.
#[must_use]
pub fn age_ms(at: UtcMillis, received: UtcMillis) -> u64 {
    let age = received.as_millis().saturating_sub(at.as_millis());
    if age < -AHEAD_MAX_MS { NEVER_FRESH } else { u64::try_from(age).unwrap_or_default() }
}

/// ISO 8601 with an offset, with or without its colon and its minutes: `+02:00`, `+0200`, `+02`, `Z`. Parts below a
/// millisecond are cut.
pub(super) fn iso(text: &str) -> Option<UtcMillis> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let sign = text.rfind(['+', '-']).filter(|at| *at >= "2023-04-03T21:50:16".len());
    let (before, offset) = text.split_at_checked(sign.unwrap_or(text.len()))?;
    let text = match offset.len() {
        3 => Cow::Owned(format!("{text}:00")),
        5 => {
            let (hours, minutes) = offset.split_at_checked(3)?;
            Cow::Owned(format!("{before}{hours}:{minutes}"))
        }
        _ => Cow::Borrowed(text),
    };
    UtcMillis::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::{NEVER_FRESH, age_ms, iso};
    use crate::contract::UtcMillis;
    use alloc::string::ToString;

    /// Vectors Q1, Q2, QX2: nine decimals, an offset without its colon, an offset of hours only.
    #[test]
    fn every_form_of_an_offset_leads_to_utc_and_none_is_guessed() {
        for (text, utc) in [
            ("2025-11-20T08:00:00.123456789Z", "2025-11-20T08:00:00.123Z"),
            ("2023-04-03T21:50:16.699+0200", "2023-04-03T19:50:16.699Z"),
            ("2023-04-03T21:50:16.699+02", "2023-04-03T19:50:16.699Z"),
            ("2023-04-03T21:50:16-0330", "2023-04-04T01:20:16.000Z"),
            ("2023-04-03T21:50:16+02:00", "2023-04-03T19:50:16.000Z"),
            ("2021-09-29 05:56:13.606935+00:00", "2021-09-29T05:56:13.606Z"),
        ] {
            assert_eq!(iso(text).map(|time| time.to_string()).as_deref(), Some(utc), "{text}");
        }
        for wrong in [
            "2023-04-03T21:50:16.699",
            "2023-04-03",
            "2023-04-03T21:50:16+2",
            "2023-04-03T21:50:16+020",
            "2023-04-03T21:50:16+0260",
            "2023-04-03T21:50:16.1234567890123456789012345+0200",
            "",
            "京京京京京京京+0200",
        ] {
            assert_eq!(iso(wrong), None, "{wrong}");
        }
    }

    /// fault B4: a clock ahead of ours vouches for nothing, one that is years behind makes everything old.
    #[test]
    fn age_counts_back_from_our_clock_and_the_future_is_never_fresh() {
        let now = UtcMillis::from_millis(1_763_600_000_000);
        let at = |ahead: i64| UtcMillis::from_millis(now.as_millis() + ahead);
        assert_eq!(age_ms(at(-6500), now), 6500);
        assert_eq!(age_ms(at(0), now), 0);
        assert_eq!(age_ms(at(2000), now), 0);
        assert_eq!(age_ms(at(2001), now), NEVER_FRESH);
        assert_eq!(age_ms(UtcMillis::from_millis(i64::MAX), UtcMillis::from_millis(i64::MIN)), NEVER_FRESH);
        assert!(age_ms(UtcMillis::from_millis(i64::MIN), UtcMillis::from_millis(i64::MAX)) > 1 << 40);
    }
}
