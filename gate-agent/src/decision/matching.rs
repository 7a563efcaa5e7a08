//! 匹配: from candidates to one trip, and from the trip to the verdict.
//! Source: spec SG-209, SG-210, SG-218..SG-225; `contract` section 2 (the slip) and section 3, "Matching, settled".

use protocols::{
    contract::{EntryLine, IndexEntry},
    ids::{MediumKey, MediumType},
    rules::{ReasonCode, Verdict, YardPolicy},
};

use super::{
    Compared, Decision, Evidence, Finding, Place, View,
    compare::{boxes, compare, foreign_box},
    evidence::Heard,
    plates::differing,
    reading::Standing,
    status::{Use, strength, usable},
};
use crate::journal::TripRef;

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;
/// A tag this much weaker than another (hundredths of a dBm) belongs to a vehicle farther away.
const CLEARLY_WEAKER: i32 = 600;
/// Signal strengths are compared only when each tag was heard so often.
const LOOKS: u32 = 3;

/// Judges what was read. The view must have been looked up for exactly this evidence.
#[must_use]
pub fn decide(evidence: &Evidence, view: &View, place: &Place<'_>) -> Decision {
    if let Some(decision) = denied(evidence, view) {
        return decision;
    }
    if evidence.is_empty() {
        return refuse(ReasonCode::NoRead);
    }
    let (Some(index), Some(yard)) = (view.index, &view.yard) else {
        // Nothing was ever heard from the centre: not knowing is no reason to refuse, nor to open.
        return person(ReasonCode::IndexStale);
    };

    let mut sorted = Sorted::of(evidence, view, place, yard);
    sorted.keep_on_site();
    sorted.drop_weaker(evidence);
    if let Some(chosen) = place.chosen {
        sorted.free.retain(|entry| entry.trip_no == chosen);
    }
    let mut decision = match pick(&sorted.free) {
        Pick::One(entry) => judge(entry, evidence, index.age_s, place, yard),
        Pick::Several => {
            let offered = sorted.free.iter().map(|entry| trip_ref(entry)).collect();
            Decision { offered, ..person(ReasonCode::Ambiguous) }
        }
        Pick::None => unmatched_because(&sorted, evidence, view, place, yard),
    };
    decision.dropped = sorted.dropped;
    decision
}

/// Invariant I4. A denied identity that may not be this vehicle's (a parked tag, a plate that a person corrected or that frames
/// dispute) leaves the vehicle to a person, and opens nothing by itself either.
fn denied(evidence: &Evidence, view: &View) -> Option<Decision> {
    if view.denied.is_empty() {
        return None;
    }
    let is_its_own = |heard: &Heard| match heard.medium.standing {
        Standing::Parked | Standing::MadeUp => false,
        Standing::Counts => heard.medium.medium_type != MediumType::Plate || evidence.may_open(heard),
        Standing::ByHand | Standing::Late | Standing::Contested => true,
    };
    let certain = view.denied.iter().any(|denied| {
        evidence.media().iter().any(|heard| {
            heard.medium.medium_type == denied.medium_type
                && heard.medium.key == denied.medium_key
                && is_its_own(heard)
        })
    });
    Some(if certain { refuse(ReasonCode::DenyListed) } else { person(ReasonCode::DenyListed) })
}

/// Candidates by what may become of them.
struct Sorted<'a> {
    /// They may open.
    free: Vec<&'a IndexEntry>,
    /// A person must look, and why.
    unclear: Vec<(&'a IndexEntry, ReasonCode)>,
    /// They fell out, and why.
    dropped: Vec<(protocols::ids::TripNo, ReasonCode)>,
    /// Boxes by which some fell out (SG-221).
    foreign_boxes: Vec<Finding>,
}

impl<'a> Sorted<'a> {
    fn of(evidence: &Evidence, view: &'a View, place: &Place<'_>, yard: &YardPolicy) -> Self {
        let mut sorted =
            Self { free: Vec::new(), unclear: Vec::new(), dropped: Vec::new(), foreign_boxes: Vec::new() };
        for entry in view.candidates.iter().filter(|entry| yard.customs_codes.contains(&entry.customs_code)) {
            sorted.sort(entry, evidence, view, place);
        }
        sorted.dropped.extend(view.stubs.iter().map(|stub| (stub.trip_no, stub.reason())));
        sorted.dropped.sort();
        sorted
    }

    fn sort(&mut self, entry: &'a IndexEntry, evidence: &Evidence, view: &View, place: &Place<'_>) {
        let its = |heard: &&Heard| {
            heard.medium.medium_type == entry.medium_type && heard.medium.key == entry.medium_key
        };
        let may_match =
            |heard: &&Heard| !evidence.is_replaced(heard) && heard.medium.standing != Standing::MadeUp;
        let Some(heard) = evidence.media().iter().find(its).filter(may_match) else { return };
        match usable(entry, place, view.yard_has_entry_lane) {
            Use::No(reason) => self.dropped.push((entry.trip_no, reason)),
            Use::Yes | Use::Person(_) if foreign_box(entry, evidence).is_some() => {
                self.dropped.push((entry.trip_no, ReasonCode::ContainerMismatch));
                let declared = boxes(entry).into_iter().collect::<Vec<_>>().join(" ");
                self.foreign_boxes.push(Finding {
                    reason: ReasonCode::NoBinding,
                    what: Compared::Container,
                    expected: declared.into(),
                    read: foreign_box(entry, evidence).unwrap_or_default().into(),
                });
            }
            Use::Person(reason) => self.unclear.push((entry, reason)),
            Use::Yes if evidence.may_open(heard) => self.free.push(entry),
            Use::Yes => self.unclear.push((entry, doubt(heard))),
        }
    }

    /// At an exit the trip whose vehicle is on site goes before trips declared ahead for the same key.
    fn keep_on_site(&mut self) {
        if self.free.iter().any(|entry| entry.entry_passed) {
            self.free.retain(|entry| entry.entry_passed);
        }
    }

    /// Of trips bound to different tags in one field, those whose tag is clearly weaker than another's wait for their own turn.
    fn drop_weaker(&mut self, evidence: &Evidence) {
        let signal = |entry: &IndexEntry| {
            let its = |heard: &&Heard| {
                heard.medium.medium_type == entry.medium_type && heard.medium.key == entry.medium_key
            };
            evidence.media().iter().find(its).filter(|heard| heard.medium.looks >= LOOKS)?.medium.signal
        };
        let Some(strongest) = self.free.iter().filter_map(|entry| signal(entry)).max() else { return };
        self.free.retain(|entry| signal(entry).is_none_or(|signal| signal > strongest - CLEARLY_WEAKER));
    }
}

/// Why a medium that would match does not open.
fn doubt(heard: &Heard) -> ReasonCode {
    match (heard.is_copied, heard.medium.standing) {
        (true, _) => ReasonCode::CloneSuspected,
        (false, Standing::Late | Standing::MadeUp) => ReasonCode::MissingRead,
        (false, Standing::Contested | Standing::Parked) => ReasonCode::Ambiguous,
        // Disputed by other frames, or replaced by what a person typed.
        (false, Standing::Counts | Standing::ByHand) => ReasonCode::NearPlate,
    }
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

/// Nothing may open: a person where something nearly fits, else the strongest reason (SG-220).
fn unmatched_because(
    sorted: &Sorted<'_>,
    evidence: &Evidence,
    view: &View,
    place: &Place<'_>,
    yard: &YardPolicy,
) -> Decision {
    if let Some((_, reason)) = sorted.unclear.first() {
        let offered = sorted.unclear.iter().map(|(entry, _)| trip_ref(entry)).collect();
        return Decision { offered, ..person(*reason) };
    }
    let usable_here = |entry: &&IndexEntry| {
        yard.customs_codes.contains(&entry.customs_code)
            && usable(entry, place, view.yard_has_entry_lane) == Use::Yes
    };
    let slips: Vec<&IndexEntry> = view.by_slip.iter().filter(usable_here).collect();
    if !slips.is_empty() {
        let offered = slips.iter().map(|entry| trip_ref(entry)).collect();
        let findings = evidence.slips().map(|trip_no| Finding {
            reason: ReasonCode::SlipRead,
            what: Compared::Slip,
            expected: slips
                .iter()
                .map(|entry| entry.medium_key.as_str())
                .collect::<Vec<_>>()
                .join(" ")
                .into(),
            read: trip_no.as_str().into(),
        });
        return Decision { offered, findings: findings.collect(), ..person(ReasonCode::SlipRead) };
    }
    if let [near] = view.near.iter().filter(usable_here).collect::<Vec<_>>()[..] {
        return near_plate(near, evidence);
    }
    let strongest = sorted.dropped.iter().map(|(_, reason)| *reason).max_by_key(|reason| strength(*reason));
    match strongest {
        Some(reason) if strength(reason) > 0 => refuse(reason),
        Some(_) | None => {
            let findings = sorted.foreign_boxes.iter().cloned().chain(unusable(evidence)).collect();
            Decision { findings, ..refuse(ReasonCode::NoBinding) }
        }
    }
}

/// What was read and is no key: a slip that was misread, a number that a telephone made up. Without a hint its driver would be sent
/// back for nothing.
fn unusable(evidence: &Evidence) -> impl Iterator<Item = Finding> {
    let find = |what| {
        move |key: &MediumKey| Finding {
            reason: ReasonCode::NoBinding,
            what,
            expected: Box::default(),
            read: key.as_str().into(),
        }
    };
    let misread = evidence.misread_slips().map(find(Compared::SlipCheck));
    misread.chain(evidence.made_up().map(find(Compared::MadeUpCard)))
}

/// SG-225: offered to the officer, and nothing more.
fn near_plate(near: &IndexEntry, evidence: &Evidence) -> Decision {
    let read = evidence.media().iter().find(|heard| {
        heard.medium.medium_type == MediumType::Plate
            && differing(heard.medium.key.as_str(), near.medium_key.as_str()) == 1
    });
    let finding = Finding {
        reason: ReasonCode::NearPlate,
        what: Compared::Plate,
        expected: near.medium_key.as_str().into(),
        read: read.map(|heard| heard.medium.key.as_str()).unwrap_or_default().into(),
    };
    Decision { offered: vec![trip_ref(near)], findings: vec![finding], ..person(ReasonCode::NearPlate) }
}

/// What still stands between a match and a pass: whatever was read beside the medium, the age of the approval, the age of the index.
fn judge(
    entry: &IndexEntry,
    evidence: &Evidence,
    index_age_s: u64,
    place: &Place<'_>,
    yard: &YardPolicy,
) -> Decision {
    let mut findings = compare(entry, evidence, place.policy, yard);
    let age_days = (place.now.as_millis() - entry.approved_at.as_millis()) / MILLIS_PER_DAY;
    let mut too_old = |reason, most: String, found: String| {
        findings.push(Finding { reason, what: Compared::Age, expected: most.into(), read: found.into() });
    };
    if let Some(most) = yard.max_binding_age_days.filter(|most| age_days > i64::from(*most)) {
        too_old(ReasonCode::BindingTooOld, format!("{most} d"), format!("{age_days} d"));
    }
    if index_age_s > u64::from(yard.max_index_age_h) * 3600 {
        let found = format!("{} h", index_age_s / 3600);
        too_old(ReasonCode::IndexStale, format!("{} h", yard.max_index_age_h), found);
    }
    let reason = findings.first().map_or(ReasonCode::Ok, |finding| finding.reason);
    Decision {
        verdict: if findings.is_empty() { Verdict::Pass } else { Verdict::Person },
        reason,
        trip: Some(trip_ref(entry)),
        key: Some(entry.medium_key.clone()),
        offered: Vec::new(),
        findings,
        dropped: Vec::new(),
    }
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
    Decision {
        verdict,
        reason,
        trip: None,
        key: None,
        offered: Vec::new(),
        findings: Vec::new(),
        dropped: Vec::new(),
    }
}
