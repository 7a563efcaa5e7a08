//! A device's running numbers: what is missing between them.
//! Promises: a gap is told once, with its size; a device that starts again loses nothing; an event that comes late, out
//! of a reader's store, fills no gap and opens none.
//! Absent: duplicates (`recent` takes them out before).
//! Source: MQTT readers page, sections 5 (eventNum) and 10 (rule 5).

use crate::contract::UtcMillis;

/// The last number of one device, and its time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence(Option<(u64, Option<UtcMillis>)>);

impl Sequence {
    /// How many numbers are missing before this one.
    pub(super) fn missing_before(&mut self, number: u64, at: Option<UtcMillis>) -> u64 {
        let Some((last, last_at)) = self.0.replace((number, at)) else { return 0 };
        if let Some(beyond) = number.checked_sub(last) {
            return beyond.saturating_sub(1);
        }
        // Smaller, yet later by the device's own clock: it counts from 1 again.
        let later = at.zip(last_at).is_some_and(|(at, last_at)| at > last_at);
        if number == 1 || later {
            return number.saturating_sub(1);
        }
        self.0 = Some((last, last_at));
        0
    }
}

#[cfg(test)]
mod tests {
    use super::Sequence;
    use crate::contract::UtcMillis;

    /// Vectors Q2, Q3: numbers in a row, a gap, a restart at 1, and a store that is emptied late.
    #[test]
    fn only_what_never_came_is_missing() {
        let mut sequence = Sequence::default();
        let mut at = |number, second: Option<i64>| {
            let time = second.map(|second| UtcMillis::from_millis(second * 1000));
            sequence.missing_before(number, time)
        };
        assert_eq!(at(1759, Some(10)), 0, "the first number seen says nothing about those before");
        assert_eq!(at(1760, Some(11)), 0);
        assert_eq!(at(1764, Some(12)), 3);
        assert_eq!(at(1762, Some(11)), 0, "late, from the store");
        assert_eq!(at(1765, Some(13)), 0);
        assert_eq!(at(1, Some(14)), 0, "started again");
        assert_eq!(at(2, None), 0);
        assert_eq!(at(9, Some(20)), 6);
        assert_eq!(at(4, Some(30)), 3, "started again, and the first three were lost");
        assert_eq!(at(u64::MAX, Some(31)), u64::MAX - 5);
        assert_eq!(at(5, Some(32)), 4);
        assert_eq!(at(1, None), 0, "without a time only 1 is a restart");
        assert_eq!(at(0, None), 0);
    }
}
