//! 秤台: what stands on the platform, how long it swings, and how its zero wanders.
//! Promises: pure, whole numbers only; a change of load swings past its end and back, and ends exactly there.
//! Absent: digits and divisions, which are the indicator's.
//! Source: the usual step response of a damped platform: an overshoot of a sixth, at rest within a second or two.

use core::time::Duration;
use protocols::contract::Kg;
use protocols::tick::Tick;

/// How much of a change is left after each twentieth of the settling time, thousandths; below zero is overshoot.
const LEFT: [i64; 21] =
    [1000, 860, 560, 240, -20, -150, -160, -90, 0, 50, 45, 15, -10, -18, -8, 2, 6, 3, -1, -1, 0];
const PARTS: u32 = 20;

/// One platform.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// How long a change swings.
    settle: Duration,
    /// How far the zero wanders in a minute.
    drift: Kg,
    load: Kg,
    /// What the last change began from, and when.
    change: Option<(Kg, Tick)>,
    /// When the zero was set.
    zeroed: Tick,
}

impl Platform {
    /// An empty platform at rest, its zero just set.
    #[must_use]
    pub const fn new(settle: Duration, drift: Kg, now: Tick) -> Self {
        Self { settle, drift, load: Kg::from_hundredths(0), change: None, zeroed: now }
    }

    /// From now on this stands on it, all together; nothing is nothing. A change during a change begins where that is.
    pub fn put(&mut self, load: Kg, now: Tick) {
        self.change = Some((self.swinging(now), now));
        self.load = load;
    }

    /// The zero is set anew: what wandered is gone.
    pub fn zero(&mut self, now: Tick) {
        self.zeroed = now;
    }

    /// What the load cells feel.
    #[must_use]
    pub fn weight(&self, now: Tick) -> Kg {
        let minutes = i64::try_from(now.since(self.zeroed).as_millis()).unwrap_or(i64::MAX);
        let wandered = self.drift.hundredths().saturating_mul(minutes) / 60_000;
        Kg::from_hundredths(self.swinging(now).hundredths().saturating_add(wandered))
    }

    /// Whether it swings.
    #[must_use]
    pub fn moving(&self, now: Tick) -> bool {
        self.change.is_some_and(|(_, since)| now.since(since) < self.settle)
    }

    fn swinging(&self, now: Tick) -> Kg {
        let Some((from, since)) = self.change.filter(|_| self.moving(now)) else { return self.load };
        let part = (self.settle / PARTS).as_micros().max(1);
        let gone = now.since(since).as_micros();
        let at = usize::try_from((gone / part).min(u128::from(PARTS))).unwrap_or_default();
        let left = |at: usize| LEFT.get(at).copied().unwrap_or_default();
        let thousandths = i64::try_from(gone % part * 1000 / part).unwrap_or_default();
        // Millionths of the change that are still missing.
        let missing = left(at) * 1000 + (left(at + 1) - left(at)) * thousandths;
        let change = from.hundredths().saturating_sub(self.load.hundredths());
        Kg::from_hundredths(self.load.hundredths().saturating_add(change.saturating_mul(missing) / 1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;
    use core::time::Duration;
    use protocols::contract::Kg;
    use protocols::tick::Tick;

    #[test]
    fn a_load_swings_past_its_weight_and_comes_to_rest_on_it() {
        let mut platform = Platform::new(Duration::from_secs(2), Kg::default(), Tick::default());
        let load = Kg::from_kilograms(15_600);
        platform.put(load, Tick::from_millis(1_000));
        let at = |ms| platform.weight(Tick::from_millis(ms));
        assert_eq!(at(1_000), Kg::default());
        assert!(at(1_250) > Kg::default() && at(1_250) < load);
        assert!(at(1_600) > load, "it overshoots");
        assert_eq!(at(3_000), load);
        assert!(platform.moving(Tick::from_millis(2_999)) && !platform.moving(Tick::from_millis(3_000)));
        let jump = (1_000..3_000).map(|ms| (at(ms + 1).hundredths() - at(ms).hundredths()).abs()).max();
        assert!(jump.expect("two seconds") < 6_000, "60 kg in a millisecond: {jump:?}");
    }

    #[test]
    fn the_zero_wanders_until_it_is_set() {
        let mut platform = Platform::new(Duration::from_secs(2), Kg::from_kilograms(3), Tick::default());
        let minute = Tick::from_millis(60_000);
        assert_eq!(platform.weight(minute), Kg::from_kilograms(3));
        platform.zero(minute);
        assert_eq!(platform.weight(minute), Kg::default());
    }
}
