//! 锁定: who must wait after wrong PINs, and how long. A pure fold over attempts; time is an argument.
//! Promises: after [`Terms::free`] failures each further one doubles the wait, up to a longest one; a person is kept from trying, not
//! from trying for ever; names that nobody has are counted like others, so that a wait tells nothing about who exists; bounded.
//! Absent on purpose: keeping it over a restart: whoever can restart the agent does not need a PIN.
//! Source: fault E5; decision record 0021.

use std::{collections::HashMap, time::Duration};

use protocols::tick::Tick;

/// Names that are remembered; beyond it the one that failed longest ago is forgotten.
const MOST_NAMES: usize = 256;

/// How failures turn into waits.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// Failures before the first wait.
    free: u32,
    /// The first wait.
    first: Duration,
    /// The longest wait.
    longest: Duration,
    /// Without a failure for so long, all is forgotten.
    forget: Duration,
}

/// Four tries an hour once it is at its longest: a PIN of six digits outlives its owner.
const OF_ONE: Terms = Terms {
    free: 5,
    first: Duration::from_secs(30),
    longest: Duration::from_secs(15 * 60),
    forget: Duration::from_secs(12 * 3600),
};

/// Against trying many persons with a few PINs each. Shorter, since it keeps everybody from acting.
const OF_ALL: Terms = Terms {
    free: 20,
    first: Duration::from_secs(30),
    longest: Duration::from_secs(5 * 60),
    forget: Duration::from_secs(15 * 60),
};

/// What is known of wrong PINs.
#[derive(Debug, Default)]
pub struct Lockout {
    by_name: HashMap<Box<str>, Strikes>,
    all: Strikes,
}

/// How it stands, for screens and figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Names that must wait.
    pub locked: usize,
    /// Everybody must wait so long.
    pub all_wait: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Strikes {
    failures: u32,
    last: Tick,
    until: Tick,
}

impl Lockout {
    /// How long this name must wait before it may try; none when it may try now.
    #[must_use]
    pub fn wait(&self, name: &str, now: Tick) -> Option<Duration> {
        let own = self.by_name.get(name).and_then(|strikes| strikes.wait(now));
        own.max(self.all.wait(now))
    }

    /// A wrong PIN. How long this name must wait now.
    pub fn failed(&mut self, name: &str, now: Tick) -> Option<Duration> {
        if !self.by_name.contains_key(name) && self.by_name.len() >= MOST_NAMES {
            let oldest = self.by_name.iter().min_by_key(|(_, strikes)| strikes.last);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.by_name.remove(&oldest);
            }
        }
        self.by_name.entry(name.into()).or_default().add(&OF_ONE, now);
        self.all.add(&OF_ALL, now);
        self.wait(name, now)
    }

    /// A right PIN: this name's failures are forgotten. Those of all are not: one who knows a PIN of his own could try others' for ever.
    pub fn succeeded(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Tick) -> Standing {
        let locked = self.by_name.values().filter(|strikes| strikes.wait(now).is_some()).count();
        Standing { locked, all_wait: self.all.wait(now) }
    }
}

impl Strikes {
    fn wait(&self, now: Tick) -> Option<Duration> {
        let left = self.until.since(now);
        (!left.is_zero()).then_some(left)
    }

    fn add(&mut self, terms: &Terms, now: Tick) {
        if now.since(self.last) > terms.forget {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        if let Some(doublings) = self.failures.checked_sub(terms.free) {
            let wait = terms.first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
            self.until = now + wait.min(terms.longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(at: u64) -> Tick {
        Tick::from_millis(at * 1000)
    }

    /// fault E5: the sixth wrong PIN waits, each further one twice as long, never longer than a quarter of an hour.
    #[test]
    fn waits_double_after_five_wrong_pins() {
        let mut lockout = Lockout::default();
        let mut now = seconds(1000);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = lockout.failed("zhang", now);
            waits.push(wait.map_or(0, |wait| wait.as_secs()));
            now = now + wait.unwrap_or_default();
            assert_eq!(lockout.wait("zhang", now), None, "the wait ends");
        }
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(lockout.wait("li", now), None, "another person's PINs are his own");
        lockout.succeeded("zhang");
        assert_eq!(lockout.failed("zhang", now), None);
    }

    #[test]
    fn half_a_day_without_a_failure_is_a_clean_slate() {
        let mut lockout = Lockout::default();
        for _ in 0..5 {
            lockout.failed("zhang", seconds(1));
        }
        let later = seconds(13 * 3600);
        assert_eq!(lockout.failed("zhang", later), None);
    }

    /// fault E5: trying a few PINs for each of many names waits too, and a right PIN of one's own does not end it.
    #[test]
    fn trying_many_names_locks_everybody_for_a_while() {
        let mut lockout = Lockout::default();
        let now = seconds(1);
        for number in 0..19 {
            assert_eq!(lockout.failed(&format!("name-{number}"), now), None);
        }
        assert_eq!(lockout.failed("one-more", now), Some(Duration::from_secs(30)));
        lockout.succeeded("li");
        assert_eq!(lockout.wait("li", now), Some(Duration::from_secs(30)));
        let told = lockout.standing(now);
        assert_eq!(told, Standing { locked: 0, all_wait: Some(Duration::from_secs(30)) });
        assert_eq!(lockout.standing(seconds(40)), Standing::default());
    }

    /// Invariant I6 of the fault list: memory stays bounded.
    #[test]
    fn names_are_forgotten_before_they_fill_the_memory() {
        let mut lockout = Lockout::default();
        for number in 0..2000_u64 {
            lockout.failed(&number.to_string(), seconds(number));
        }
        assert_eq!(lockout.by_name.len(), MOST_NAMES);
        assert!(lockout.by_name.contains_key("1999") && !lockout.by_name.contains_key("1"));
    }

    proptest::proptest! {
        /// fault E5; fault B1: whatever the order of attempts, a wait only ever ends by time, and never exceeds the longest.
        #[test]
        fn no_attempt_shortens_a_wait(steps in proptest::collection::vec((0_usize..3, 0_u64..400), 1..80)) {
            let names = ["a", "b", "c"];
            let mut lockout = Lockout::default();
            let mut now = seconds(10);
            for (name, pause) in steps {
                now = now + Duration::from_secs(pause);
                let before = lockout.wait(names[name], now);
                if before.is_none() {
                    lockout.failed(names[name], now);
                }
                let after = lockout.wait(names[name], now);
                proptest::prop_assert!(after >= before && after.unwrap_or_default() <= OF_ONE.longest);
            }
        }
    }
}
