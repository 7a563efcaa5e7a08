//! 去抖: a tag that stands in the field is told at most twice a second.
//! Promises: the first sight of a key is told at once; memory is bounded whatever a reader babbles (fault D4).

use std::{collections::HashMap, time::Duration};

use protocols::{ids::MediumKey, tick::Tick};

/// A key is told again after so long.
pub(super) const AGAIN: Duration = Duration::from_millis(500);
/// Different keys remembered at a time; more within `AGAIN` come from no real field.
pub(super) const MOST_KEYS: usize = 1024;

/// What to do with a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Tell the lanes.
    New,
    /// They know.
    Known,
    /// Too many different keys: drop it and count it.
    TooMany,
}

/// One reader's memory of what it told.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    told: HashMap<MediumKey, Tick>,
}

impl Debounce {
    /// Judges a reading at its arrival.
    pub(super) fn judge(&mut self, key: &MediumKey, now: Tick) -> Reading {
        if let Some(told) = self.told.get_mut(key) {
            if now.since(*told) < AGAIN {
                return Reading::Known;
            }
            *told = now;
            return Reading::New;
        }
        if self.told.len() >= MOST_KEYS {
            self.told.retain(|_, told| now.since(*told) < AGAIN);
        }
        if self.told.len() >= MOST_KEYS {
            return Reading::TooMany;
        }
        self.told.insert(key.clone(), now);
        Reading::New
    }

    /// Forgets a key whose telling failed, so that the next sight tells it.
    pub(super) fn forget(&mut self, key: &MediumKey) {
        self.told.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use protocols::{
        ids::{MediumKey, MediumType},
        tick::Tick,
    };

    use super::{Debounce, MOST_KEYS, Reading};

    fn key(number: usize) -> MediumKey {
        MediumKey::read(MediumType::ElectronicPlate, &format!("E280{number:08X}")).unwrap()
    }

    #[test]
    fn a_tag_in_the_field_is_told_at_most_every_500_ms() {
        let mut debounce = Debounce::default();
        let told: Vec<u64> = (0..=1200)
            .step_by(20)
            .filter(|ms| debounce.judge(&key(1), Tick::from_millis(*ms)) == Reading::New)
            .collect();
        assert_eq!(told, [0, 500, 1000]);
    }

    #[test]
    fn two_tags_are_told_apart() {
        let mut debounce = Debounce::default();
        assert_eq!(debounce.judge(&key(1), Tick::from_millis(0)), Reading::New);
        assert_eq!(debounce.judge(&key(2), Tick::from_millis(1)), Reading::New);
        assert_eq!(debounce.judge(&key(1), Tick::from_millis(2)), Reading::Known);
    }

    /// fault D4: ten thousand fake tags a second.
    #[test]
    fn a_babbling_reader_does_not_grow_the_memory() {
        let mut debounce = Debounce::default();
        let told = (0..10_000)
            .filter(|n| debounce.judge(&key(*n), Tick::from_micros(*n as u64 * 100)) == Reading::New)
            .count();
        assert!(debounce.told.len() <= MOST_KEYS);
        assert!((MOST_KEYS..=3 * MOST_KEYS).contains(&told), "{told}");
        assert_eq!(debounce.judge(&key(20_000), Tick::from_millis(2000)), Reading::New, "calm again");
    }

    #[test]
    fn a_reading_that_could_not_be_told_is_told_at_the_next_sight() {
        let mut debounce = Debounce::default();
        debounce.judge(&key(1), Tick::from_millis(0));
        debounce.forget(&key(1));
        assert_eq!(debounce.judge(&key(1), Tick::from_millis(1)), Reading::New);
    }
}
