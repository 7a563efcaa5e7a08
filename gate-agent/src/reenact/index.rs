//! What the index said of some media at some moment, as far as the journal tells it by what its decisions rested on.
//! Promises: what a decision of this very visit looked at goes before anything else; a medium that no decision looked at is named, so that nobody
//! takes the answer for more than it is.
//! Source: docs/decisions 0085 (basis), 0091.

use std::time::Duration;

use protocols::{
    contract::IndexEntry,
    ids::{LaneId, MediumKey, MediumType},
    rules::LanePolicy,
    tick::Tick,
};

use super::ledger::{Known, Ledger, Recorded};
use crate::decision::{Evidence, View};

/// A record is made a moment behind what led to it: bytes, a task, a thread. So much earlier its rows are those of now.
const EARLY: Duration = Duration::from_millis(250);

/// The answer to a look-up.
pub(super) struct Answer {
    pub(super) view: View,
    /// Entries that a plate read nearly right would find.
    pub(super) near: Vec<IndexEntry>,
    /// The lane's policy, as far as it judges.
    pub(super) policy: LanePolicy,
    /// Media that no decision looked at.
    pub(super) unknown: Vec<(MediumType, MediumKey)>,
}

/// Looks the evidence up for a visit of a lane, of which so many decisions have come out again; none where the journal tells nothing of that
/// lane.
pub(super) fn look_up(
    ledger: &Ledger,
    lane_id: &LaneId,
    visit: Option<(&Recorded, usize)>,
    (at, wall_ms): (Tick, i64),
    evidence: &Evidence,
) -> Option<Answer> {
    let (own, made) = visit.map_or((&[][..], 0), |(visit, made)| (visit.known.as_slice(), made));
    let newest = newest(own, made, at);
    let here = || nearest(ledger.visits.iter().filter(|other| other.lane_id == *lane_id), wall_ms, |_| true);
    let base = &newest.or_else(here)?.basis;
    let mut view = base.view.clone();
    let keys: Vec<(MediumType, MediumKey)> = evidence.keys().collect();
    let is_read = |medium_type, key: &MediumKey| {
        keys.iter().any(|(read_type, read)| *read_type == medium_type && read == key)
    };
    view.candidates.retain(|entry| is_read(entry.medium_type, &entry.medium_key));
    view.stubs.retain(|stub| is_read(stub.medium_type, &stub.medium_key));
    view.denied.retain(|denied| is_read(denied.medium_type, &denied.medium_key));
    let mut unknown = Vec::new();
    for key in &keys {
        if looked_at(&base.evidence, key) {
            continue;
        }
        let asked = |known: &Known| looked_at(&known.basis.evidence, key);
        let of_visit =
            own.iter().filter(|known| asked(known)).min_by_key(|known| distance(known.wall_ms, wall_ms));
        match of_visit.or_else(|| nearest(ledger.visits.iter(), wall_ms, asked)) {
            Some(known) => add(&mut view, &known.basis.view, key),
            None => unknown.push(key.clone()),
        }
    }
    let slips: Vec<_> = evidence.slips().collect();
    view.by_slip.retain(|entry| slips.contains(&entry.trip_no));
    let near = std::mem::take(&mut view.near);
    Some(Answer { view, near, policy: base.policy.clone(), unknown })
}

/// What the visit's next decision rests on, if this is it; else what its last did.
fn newest(own: &[Known], made: usize, at: Tick) -> Option<&Known> {
    let past = own.iter().filter(|known| known.at <= at).count();
    let is_next = |known: &Known| made == 0 || known.at <= at + EARLY;
    let next = own.get(made).filter(|known| is_next(known)).map_or(made, |_| made + 1);
    own.get(past.max(next).min(own.len()).checked_sub(1)?)
}

fn looked_at(evidence: &Evidence, (medium_type, key): &(MediumType, MediumKey)) -> bool {
    evidence.keys().any(|(asked_type, asked)| asked_type == *medium_type && asked == *key)
}

/// The decision of these visits that was made nearest to that time, of those that `wanted` takes.
fn nearest<'a>(
    visits: impl Iterator<Item = &'a Recorded>,
    wall_ms: i64,
    wanted: impl Fn(&Known) -> bool,
) -> Option<&'a Known> {
    let known = visits.flat_map(|visit| &visit.known).filter(|known| wanted(known));
    known.min_by_key(|known| distance(known.wall_ms, wall_ms))
}

fn distance(one: i64, other: i64) -> u64 {
    one.abs_diff(other)
}

fn add(view: &mut View, other: &View, (medium_type, key): &(MediumType, MediumKey)) {
    let candidates = other.candidates.iter();
    let its = candidates.filter(|entry| entry.medium_type == *medium_type && entry.medium_key == *key);
    view.candidates.extend(its.cloned());
    let its = other.stubs.iter().filter(|stub| stub.medium_type == *medium_type && stub.medium_key == *key);
    view.stubs.extend(its.cloned());
    let denied = other.denied.iter();
    view.denied
        .extend(denied.filter(|row| row.medium_type == *medium_type && row.medium_key == *key).cloned());
}
