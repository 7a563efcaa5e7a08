//! 匹配: from candidates to one trip, and from the trip to the verdict.
//! Source: spec SG-209, SG-210, SG-218..SG-223; `contract` section 3, "Matching, settled".

use protocols::{
    contract::{EntryLine, IndexEntry},
    rules::{Gather, ReasonCode, Verdict},
};

use super::{
    Decision, Evidence, Place, View,
    status::{Use, strength, usable},
};
use crate::journal::TripRef;

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// Judges what was read. The view must have been looked up for exactly this evidence.
#[must_use]
pub fn decide(evidence: &Evidence, view: &View, place: &Place<'_>) -> Decision {
    if !view.denied.is_empty() {
        return refuse(ReasonCode::DenyListed);
    }
    if evidence.is_empty() {
        return refuse(ReasonCode::NoRead);
    }
    let (Some(index), Some(yard)) = (view.index, &view.yard) else {
        // Nothing was ever heard from the centre: not knowing is no reason to refuse, nor to open.
        return person(ReasonCode::IndexStale);
    };

    let mut free: Vec<&IndexEntry> = Vec::new();
    let mut unclear: Vec<(&IndexEntry, ReasonCode)> = Vec::new();
    let mut dropped = Vec::new();
    for entry in view.candidates.iter().filter(|entry| yard.customs_codes.contains(&entry.customs_code)) {
        match usable(entry, place, view.yard_has_entry_lane) {
            Use::Yes => free.push(entry),
            Use::Person(reason) => unclear.push((entry, reason)),
            Use::No(reason) => dropped.push((entry.trip_no, reason)),
        }
    }
    dropped.extend(view.stubs.iter().map(|stub| (stub.trip_no, stub.reason())));
    dropped.sort();
    // At an exit the trip whose vehicle is on site goes before trips declared ahead for the same key.
    if free.iter().any(|entry| entry.entry_passed) {
        free.retain(|entry| entry.entry_passed);
    }

    let mut decision = match pick(&free) {
        Pick::One(entry) => judge(entry, evidence, index.age_s, place, yard),
        Pick::Several => {
            let offered = free.iter().map(|entry| trip_ref(entry)).collect();
            Decision { offered, ..person(ReasonCode::Ambiguous) }
        }
        Pick::None if !unclear.is_empty() => {
            let reason = unclear.first().map_or(ReasonCode::NoRecordedEntry, |(_, reason)| *reason);
            let offered = unclear.iter().map(|(entry, _)| trip_ref(entry)).collect();
            Decision { offered, ..person(reason) }
        }
        Pick::None => {
            let strongest = dropped.iter().map(|(_, reason)| *reason).max_by_key(|reason| strength(*reason));
            refuse(strongest.unwrap_or(ReasonCode::NoBinding))
        }
    };
    decision.dropped = dropped;
    decision
}

enum Pick<'a> {
    One(&'a IndexEntry),
    Several,
    None,
}

/// SG-222, SG-223: of interchangeable trips the one approved first; of different ones none.
fn pick<'a>(free: &[&'a IndexEntry]) -> Pick<'a> {
    let Some(first) = free.iter().copied().min_by_key(|entry| (entry.approved_at, entry.trip_no)) else {
        return Pick::None;
    };
    if free.iter().all(|entry| same_objects(entry, first)) { Pick::One(first) } else { Pick::Several }
}

/// SG-223: the same bill and bill type, or the same object set.
fn same_objects(one: &IndexEntry, other: &IndexEntry) -> bool {
    let objects = |entry: &IndexEntry| {
        let mut set: Vec<_> = entry.lines.iter().map(object).collect();
        set.sort();
        set.dedup();
        set
    };
    objects(one) == objects(other)
}

type Object = (&'static str, Option<Box<str>>, Option<&'static str>);

fn object(line: &EntryLine) -> Object {
    (line.object_type.code(), line.object_id.clone(), line.bill_type.map(|bill| bill.code()))
}

/// What still stands between a match and a pass: what the lane must have seen, the age of the approval, the age of the index.
fn judge(
    entry: &IndexEntry,
    evidence: &Evidence,
    index_age_s: u64,
    place: &Place<'_>,
    yard: &protocols::rules::YardPolicy,
) -> Decision {
    let matched = |verdict, reason| Decision {
        verdict,
        reason,
        trip: Some(trip_ref(entry)),
        key: Some(entry.medium_key.clone()),
        offered: Vec::new(),
        dropped: Vec::new(),
    };
    let person = |reason| matched(Verdict::Person, reason);
    if let Some(missing) = missing(evidence, place) {
        return person(missing);
    }
    let age_days = (place.now.as_millis() - entry.approved_at.as_millis()) / MILLIS_PER_DAY;
    if yard.max_binding_age_days.is_some_and(|most| age_days > i64::from(most)) {
        return person(ReasonCode::BindingTooOld);
    }
    if index_age_s > u64::from(yard.max_index_age_h) * 3600 {
        return person(ReasonCode::IndexStale);
    }
    matched(Verdict::Pass, ReasonCode::Ok)
}

/// SG-224: what this lane must see and has not seen. Only media are read so far, so everything but a plate is missing.
fn missing(evidence: &Evidence, place: &Place<'_>) -> Option<ReasonCode> {
    use protocols::ids::MediumType;
    place.policy.gathers.iter().find_map(|gather| match gather {
        Gather::Plate => {
            let seen = evidence.media().iter().any(|medium| medium.medium_type == MediumType::Plate);
            (!seen).then_some(ReasonCode::MissingRead)
        }
        Gather::Containers => Some(ReasonCode::MissingRead),
        Gather::Seals => Some(ReasonCode::SealMissing),
        Gather::Weight => Some(ReasonCode::WeightMissing),
    })
}

fn trip_ref(entry: &IndexEntry) -> TripRef {
    TripRef { trip_no: entry.trip_no, version_no: entry.version_no }
}

fn refuse(reason: ReasonCode) -> Decision {
    unmatched(Verdict::Refuse, reason)
}

fn person(reason: ReasonCode) -> Decision {
    unmatched(Verdict::Person, reason)
}

fn unmatched(verdict: Verdict, reason: ReasonCode) -> Decision {
    Decision { verdict, reason, trip: None, key: None, offered: Vec::new(), dropped: Vec::new() }
}
