//! 节流: which readings are news. A scale at twelve frames a second must not flood a lane.
//! Promises: what makes a weight less usable than it was told to be is told at once; another change not before a pause, and
//! what stays the same once in a longer one, so that a listener sees that the stream lives. With the defaults that is
//! two readings a second at rest, about three in motion, and seven at the very most.
//! Absent: timers: only a frame brings a reading, so a reading told is never older than its frame.

use super::stability::Rule;
use crate::contract::Kg;
use crate::talk::NoWeight;
use crate::tick::Tick;
use core::time::Duration;

/// What of a reading is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) value: Result<Kg, NoWeight>,
    pub(super) stable: bool,
    pub(super) net: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    change: Duration,
    same: Duration,
    told: Option<(News, Tick)>,
}

impl Pace {
    pub(super) const fn new(change: Duration, same: Duration) -> Self {
        Self { change, same, told: None }
    }

    /// Whatever comes next is news.
    pub(super) fn reset(&mut self) {
        self.told = None;
    }

    /// Whether this is to be told now; it counts as told then.
    pub(super) fn admits(&mut self, news: News, rule: &Rule, now: Tick) -> bool {
        let admitted = self.told.is_none_or(|(before, at)| {
            let pause = if before == news { self.same } else { self.change };
            now.since(at) >= pause || spoils(before, news, rule)
        });
        if admitted {
            self.told = Some((news, now));
        }
        admitted
    }
}

/// Whether somebody who relies on what was told before must know.
fn spoils(before: News, news: News, rule: &Rule) -> bool {
    match (before.value, news.value) {
        (Ok(was), Ok(is)) if before.stable => !news.stable || before.net != news.net || !rule.agree(was, is),
        (Ok(_), Err(_)) => before.stable,
        _ => false,
    }
}
