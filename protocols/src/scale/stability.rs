//! 稳定判定: whether a platform is at rest, for wires that do not say.
//! Promises: `true` only when all values of a full window lie within the spread and no pause within was longer than the
//! gap; memory is bounded whatever the rate, so values up to a sixteenth of a window older may count too, which can
//! only delay a `true`.
//! Absent: what a wire says itself (`session`), whether a weight may be used (`weighing`).
//! Source: OIML R 76-1:2006, equilibrium: neighbouring values differ by 1 e at most; field practice: a full window, and a
//! gap in the stream begins it anew.

use crate::contract::Kg;
use crate::tick::Tick;
use alloc::collections::VecDeque;
use core::time::Duration;

/// Into how many parts a window is cut.
const PARTS: u32 = 16;

/// What counts as rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How long the values must stay together. Default 2 s.
    pub window: Duration,
    /// How far apart they may be: one division, 1 e. Default 20 kg.
    pub spread: Kg,
    /// A longer pause between two values begins anew. Default 1 s.
    pub gap: Duration,
}

impl Default for Rule {
    fn default() -> Self {
        Self { window: Duration::from_secs(2), spread: Kg::from_kilograms(20), gap: Duration::from_secs(1) }
    }
}

impl Rule {
    /// Whether two values are near enough to be the same load.
    #[must_use]
    pub const fn agree(&self, one: Kg, other: Kg) -> bool {
        let apart = one.hundredths().saturating_sub(other.hundredths()).saturating_abs();
        apart <= self.spread.hundredths()
    }
}

/// Lowest and highest of some neighbouring values.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Tick,
    till: Tick,
    low: Kg,
    high: Kg,
}

/// 稳定窗口: the values of the last two seconds, as far as they matter.
#[derive(Clone, Debug)]
pub struct Window {
    rule: Rule,
    /// When the unbroken run of values began.
    began: Option<Tick>,
    spans: VecDeque<Span>,
}

impl Window {
    /// An empty window.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, began: None, spans: VecDeque::new() }
    }

    /// What counts as rest here.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Something else than a value came, or the line broke off: begins anew.
    pub fn reset(&mut self) {
        self.began = None;
        self.spans.clear();
    }

    /// A value came; whether the platform is at rest with it.
    pub fn push(&mut self, value: Kg, now: Tick) -> bool {
        if self.spans.back().is_some_and(|last| now.since(last.till) > self.rule.gap) {
            self.reset();
        }
        let began = *self.began.get_or_insert(now);
        match self.spans.back_mut() {
            Some(last) if now.since(last.from) < self.rule.window / PARTS => {
                last.till = now;
                last.low = last.low.min(value);
                last.high = last.high.max(value);
            }
            _ => self.spans.push_back(Span { from: now, till: now, low: value, high: value }),
        }
        while self.spans.front().is_some_and(|first| now.since(first.till) > self.rule.window) {
            self.spans.pop_front();
        }
        let low = self.spans.iter().map(|span| span.low).min().unwrap_or(value);
        let high = self.spans.iter().map(|span| span.high).max().unwrap_or(value);
        now.since(began) >= self.rule.window && self.rule.agree(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTS, Rule, Window};
    use crate::contract::Kg;
    use crate::tick::Tick;
    use alloc::vec::Vec;
    use core::time::Duration;
    use proptest::prelude::{prop, prop_assert, proptest};

    /// Values with their times; what the window says of the last.
    fn last(values: &[(u64, i64)]) -> bool {
        let mut window = Window::new(Rule::default());
        let told = values.iter().map(|(ms, kg)| window.push(Kg::from_kilograms(*kg), Tick::from_millis(*ms)));
        told.last().unwrap()
    }

    fn every(step: u64, from: u64, to: u64, kg: i64) -> Vec<(u64, i64)> {
        (from..=to).step_by(usize::try_from(step).unwrap()).map(|ms| (ms, kg)).collect()
    }

    #[test]
    fn a_load_is_at_rest_when_the_window_is_full_and_not_before() {
        assert!(!last(&every(80, 0, 1_920, 15_600)));
        assert!(last(&every(80, 0, 2_000, 15_600)));
    }

    #[test]
    fn one_division_of_flicker_is_rest_and_two_are_motion() {
        let flicker = |by: i64| -> Vec<(u64, i64)> {
            every(100, 0, 3_000, 15_600)
                .iter()
                .map(|(ms, kg)| (*ms, kg + (ms / 100 % 2) as i64 * by))
                .collect()
        };
        assert!(last(&flicker(20)));
        assert!(!last(&flicker(21)));
    }

    /// The window must be full: a gap in the stream resets it.
    #[test]
    fn a_gap_begins_anew() {
        let with_gap = |gap: u64| [every(80, 0, 1_600, 9_000), every(80, 1_600 + gap, 3_000, 9_000)].concat();
        assert!(last(&with_gap(1_000)));
        assert!(!last(&with_gap(1_001)));
    }

    #[test]
    fn a_step_counts_for_one_window_and_then_no_more() {
        let step = |to| [every(100, 0, 2_000, 0), every(100, 2_100, to, 8_000)].concat();
        assert!(!last(&step(4_000)));
        assert!(last(&step(4_200)));
    }

    #[test]
    fn a_drift_of_one_division_in_ten_seconds_is_rest_all_the_time() {
        let drift: Vec<(u64, i64)> = (0..600).map(|at| (at * 100, (at / 100 * 20) as i64)).collect();
        assert!((30..600).all(|end| last(&drift[..end])));
    }

    proptest! {
        /// Against the rule itself over all values kept: never at rest where the rule says motion, and never in motion
        /// where even a window longer by one part is at rest.
        #[test]
        fn the_window_says_what_the_rule_says(steps in prop::collection::vec((0_u64..400, 0_i64..60), 1..200)) {
            let rule = Rule::default();
            let mut window = Window::new(rule);
            let (mut now, mut seen) = (0, Vec::<(u64, i64)>::new());
            for (wait, kg) in steps {
                // Long stretches at nearly one value, now and then a jump, now and then a pause.
                now += if wait < 5 { 1_200 } else { wait };
                let kg = if wait % 7 == 0 { kg } else { kg % 21 };
                if seen.last().is_some_and(|(before, _)| now - before > 1_000) {
                    seen.clear();
                }
                seen.push((now, kg));
                let rest = |length: Duration| {
                    let length = u64::try_from(length.as_millis()).unwrap();
                    let inside = || seen.iter().filter(|(at, _)| at + length >= now).map(|(_, kg)| *kg);
                    seen[0].0 + 2_000 <= now && inside().max().unwrap() - inside().min().unwrap() <= 20
                };
                let told = window.push(Kg::from_kilograms(kg), Tick::from_millis(now));
                prop_assert!(!told || rest(rule.window));
                prop_assert!(told || !rest(rule.window + rule.window / PARTS));
                prop_assert!(window.spans.len() <= 18);
            }
        }
    }
}
