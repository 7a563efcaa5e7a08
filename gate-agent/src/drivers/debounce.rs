//! 去抖: what stays in a reader's field is reported at most ten times a second; fusion counts on no more.
//! Promises: the first sight of an identity is reported at once; memory is bounded whatever a reader babbles (fault D4).

use std::{collections::HashMap, time::Duration};

use protocols::{talk::Identity, tick::Tick};

/// What is told apart: who, and at which antenna.
pub(super) type Who = (Identity, Option<u8>);

/// The same is reported again after so long.
pub(super) const AGAIN: Duration = Duration::from_millis(100);
/// Different identities remembered at a time; more within `AGAIN` come from no real field.
pub(super) const MOST_KEYS: usize = 1024;

/// What to do with a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    /// Report it.
    New,
    /// It was reported a moment ago.
    Known,
    /// Too many different ones: drop it and count it.
    TooMany,
}

/// One reader's memory of what it told.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    told: HashMap<Who, Tick>,
}

impl Debounce {
    /// Judges a sighting at its arrival.
    pub(super) fn judge(&mut self, key: &Who, now: Tick) -> Novelty {
        if let Some(told) = self.told.get_mut(key) {
            if now.since(*told) < AGAIN {
                return Novelty::Known;
            }
            *told = now;
            return Novelty::New;
        }
        if self.told.len() >= MOST_KEYS {
            self.told.retain(|_, told| now.since(*told) < AGAIN);
        }
        if self.told.len() >= MOST_KEYS {
            return Novelty::TooMany;
        }
        self.told.insert(key.clone(), now);
        Novelty::New
    }

    /// Forgets what could not be reported, so that the next sight reports it.
    pub(super) fn forget(&mut self, key: &Who) {
        self.told.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use protocols::{talk::Identity, tick::Tick};

    use super::{Debounce, MOST_KEYS, Novelty, Who};

    fn who(number: usize) -> Who {
        (Identity::Epc(format!("E280{number:08X}").into_bytes()), None)
    }

    #[test]
    fn a_tag_in_the_field_is_reported_at_most_every_100_ms() {
        let mut debounce = Debounce::default();
        let told: Vec<u64> = (0..=250)
            .step_by(20)
            .filter(|ms| debounce.judge(&who(1), Tick::from_millis(*ms)) == Novelty::New)
            .collect();
        assert_eq!(told, [0, 100, 200]);
    }

    #[test]
    fn two_tags_and_two_antennas_are_told_apart() {
        let mut debounce = Debounce::default();
        assert_eq!(debounce.judge(&who(1), Tick::from_millis(0)), Novelty::New);
        assert_eq!(debounce.judge(&who(2), Tick::from_millis(1)), Novelty::New);
        assert_eq!(debounce.judge(&(who(1).0, Some(2)), Tick::from_millis(1)), Novelty::New);
        assert_eq!(debounce.judge(&who(1), Tick::from_millis(2)), Novelty::Known);
    }

    /// fault D4: ten thousand fake tags a second.
    #[test]
    fn a_babbling_reader_does_not_grow_the_memory() {
        let mut debounce = Debounce::default();
        let told = (0..20_000)
            .filter(|n| debounce.judge(&who(*n), Tick::from_micros(*n as u64 * 50)) == Novelty::New)
            .count();
        assert!(debounce.told.len() <= MOST_KEYS);
        assert!((MOST_KEYS..=12 * MOST_KEYS).contains(&told), "{told}");
        assert_eq!(debounce.judge(&who(30_000), Tick::from_millis(2000)), Novelty::New, "calm again");
    }

    #[test]
    fn what_could_not_be_reported_is_reported_at_the_next_sight() {
        let mut debounce = Debounce::default();
        debounce.judge(&who(1), Tick::from_millis(0));
        debounce.forget(&who(1));
        assert_eq!(debounce.judge(&who(1), Tick::from_millis(1)), Novelty::New);
    }
}
