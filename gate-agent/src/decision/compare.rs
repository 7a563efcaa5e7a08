//! 比对: every further reading beside what the matched record says (SG-224).
//! Promises: a reading that contradicts, is missing or is unclear is a finding, and any finding is a person's to look at; what the lane
//! does not gather is never missing; all differences are told, not only the first.
//! Source: spec SG-224..SG-232; `contract` section 3 ("Matching, settled", "Policy").

use std::collections::BTreeSet;

use protocols::{
    contract::{EntryLine, IndexEntry},
    ids::{MediumType, Plate, PlateClass},
    rules::{Gather, LanePolicy, ObjectType, ReasonCode, YardPolicy},
    talk::SealState,
};

use super::{
    Compared, Finding,
    evidence::Evidence,
    plates::differing,
    reading::Gross,
    weight::{agrees, expected, lines_for, tolerance},
};

/// All that disagrees, is missing or unclear, the weightiest first.
pub(super) fn compare(
    entry: &IndexEntry,
    evidence: &Evidence,
    lane: &LanePolicy,
    yard: &YardPolicy,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(evidence.media().iter().filter(|heard| heard.is_copied).map(|heard| Finding {
        reason: ReasonCode::CloneSuspected,
        what: Compared::Medium,
        expected: Box::default(),
        read: heard.medium.key.as_str().into(),
    }));
    slips(entry, evidence, &mut findings);
    plates(entry, evidence, lane, &mut findings);
    containers(entry, evidence, lane, &mut findings);
    seals(entry, evidence, lane, &mut findings);
    weight(entry, evidence, lane, yard, &mut findings);
    findings.sort_by_key(|finding| rank(finding.reason));
    findings
}

/// Contradictions before gaps: the officer reads the first.
fn rank(reason: ReasonCode) -> u8 {
    match reason {
        ReasonCode::CloneSuspected => 0,
        ReasonCode::MediaConflict => 1,
        ReasonCode::ContainerMismatch => 2,
        ReasonCode::SealMismatch => 3,
        ReasonCode::WeightOutOfTolerance => 4,
        ReasonCode::SlipRead => 5,
        ReasonCode::NearPlate => 6,
        ReasonCode::SealMissing => 7,
        ReasonCode::MissingRead => 8,
        ReasonCode::WeightUnstable => 9,
        ReasonCode::WeightMissing => 10,
        _ => 11,
    }
}

/// A slip of another trip than the one that matched (SG-219).
fn slips(entry: &IndexEntry, evidence: &Evidence, findings: &mut Vec<Finding>) {
    let others = evidence.slips().filter(|trip_no| *trip_no != entry.trip_no);
    findings.extend(others.map(|trip_no| Finding {
        reason: ReasonCode::SlipRead,
        what: Compared::Slip,
        expected: entry.trip_no.as_str().into(),
        read: trip_no.as_str().into(),
    }));
}

/// Plates that the record names: as its medium, or in lines for this passage.
fn plates(entry: &IndexEntry, evidence: &Evidence, lane: &LanePolicy, findings: &mut Vec<Finding>) {
    let own = (entry.medium_type == MediumType::Plate).then(|| entry.medium_key.as_str());
    let in_lines = lines_for(entry, lane.lane_direction)
        .filter(|line| line.object_type == ObjectType::VehiclePlate)
        .filter_map(|line| line.object_id.as_deref());
    let declared: BTreeSet<&str> = own.into_iter().chain(in_lines).collect();
    let all = || evidence.media().iter().filter(|heard| heard.medium.medium_type == MediumType::Plate);
    let clear: Vec<&str> =
        all().filter(|heard| evidence.may_open(heard)).map(|heard| heard.medium.key.as_str()).collect();
    let find = |reason, read: &str| Finding {
        reason,
        what: Compared::Plate,
        expected: join(declared.iter().copied()),
        read: read.into(),
    };
    if clear.is_empty() && lane.gathers.contains(&Gather::Plate) {
        findings.push(find(ReasonCode::MissingRead, &join(all().map(|heard| heard.medium.key.as_str()))));
    }
    if declared.is_empty() || clear.iter().any(|read| declared.contains(read)) {
        return;
    }
    // A trailer has a plate of its own; that it is seen says nothing about the tractor.
    for read in clear.iter().filter(|read| !is_trailers(read)) {
        let near = declared.iter().any(|declared| differing(declared, read) == 1);
        findings.push(find(if near { ReasonCode::NearPlate } else { ReasonCode::MediaConflict }, read));
    }
}

fn is_trailers(plate: &str) -> bool {
    Plate::parse(plate).is_ok_and(|plate| plate.class() == PlateClass::Trailer)
}

/// 箱号 that a line names.
fn boxes_of(line: &EntryLine) -> impl Iterator<Item = &str> {
    let object = (line.object_type == ObjectType::Container).then_some(line.object_id.as_deref()).flatten();
    object.into_iter().chain(line.container_no_1.as_deref()).chain(line.container_no_2.as_deref())
}

/// All boxes that the record names, in any direction.
pub(super) fn boxes(entry: &IndexEntry) -> BTreeSet<&str> {
    entry.lines.iter().flat_map(boxes_of).collect()
}

/// SG-221: a box read with a valid check digit that this record does not name, though it names others.
pub(super) fn foreign_box<'a>(entry: &IndexEntry, evidence: &'a Evidence) -> Option<&'a str> {
    let declared = boxes(entry);
    let sure = evidence.containers().iter().filter(|seen| seen.is_sure());
    let foreign = sure.map(|seen| seen.number.as_str()).find(|number| !declared.contains(number));
    foreign.filter(|_| !declared.is_empty())
}

fn containers(entry: &IndexEntry, evidence: &Evidence, lane: &LanePolicy, findings: &mut Vec<Finding>) {
    let here: BTreeSet<&str> = lines_for(entry, lane.lane_direction).flat_map(boxes_of).collect();
    let find = |reason, read: &str| Finding {
        reason,
        what: Compared::Container,
        expected: join(here.iter().copied()),
        read: read.into(),
    };
    let seen = evidence.containers();
    let is_seen = |number: &str| seen.iter().any(|seen| seen.number.as_str() == number);
    for seen in seen.iter().filter(|seen| seen.is_sure() && !here.contains(seen.number.as_str())) {
        findings.push(find(ReasonCode::ContainerMismatch, seen.number.as_str()));
    }
    let unseen: Vec<&str> = here.iter().copied().filter(|number| !is_seen(number)).collect();
    if unseen.is_empty() {
        return;
    }
    // A number whose check digit fails is a misread first: unclear, whatever it seems to say.
    let unclear = join(seen.iter().filter(|seen| !seen.is_sure()).map(|seen| seen.number.as_str()));
    if lane.gathers.contains(&Gather::Containers) || !unclear.is_empty() {
        findings
            .push(Finding { expected: join(unseen.into_iter()), ..find(ReasonCode::MissingRead, &unclear) });
    }
}

/// SG-226; the order of the numbers does not matter.
fn seals(entry: &IndexEntry, evidence: &Evidence, lane: &LanePolicy, findings: &mut Vec<Finding>) {
    let lists = |line: &'_ EntryLine| [line.seal_no_1.clone(), line.seal_no_2.clone()];
    let numbers = |line: &EntryLine| {
        let lists = lists(line).into_iter().flatten();
        lists.flat_map(|list| list.split('|').map(Box::<str>::from).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let here: BTreeSet<Box<str>> = lines_for(entry, lane.lane_direction).flat_map(numbers).collect();
    let find = |reason, expected: &str, read: &str| Finding {
        reason,
        what: Compared::Seal,
        expected: expected.into(),
        read: read.into(),
    };
    let expected = join(here.iter().map(AsRef::as_ref));
    let gathers = lane.gathers.contains(&Gather::Seals);
    for number in &here {
        let seen = evidence.seals().iter().find(|seen| seen.number.as_str() == &**number);
        match seen.map(|seen| seen.state) {
            Some(SealState::Sealed) => {}
            Some(SealState::Open | SealState::Tampered) => {
                findings.push(find(ReasonCode::SealMismatch, number, &format!("{number} opened")));
            }
            Some(SealState::Unknown) => findings.push(find(ReasonCode::SealMissing, number, "")),
            None if gathers => findings.push(find(ReasonCode::SealMissing, number, "")),
            None => {}
        }
    }
    // Where the record names seals, one that it does not name contradicts it.
    if !here.is_empty() {
        let foreign = evidence.seals().iter().filter(|seen| !here.contains(seen.number.as_str()));
        findings.extend(foreign.map(|seen| find(ReasonCode::SealMismatch, &expected, seen.number.as_str())));
    }
}

fn weight(
    entry: &IndexEntry,
    evidence: &Evidence,
    lane: &LanePolicy,
    yard: &YardPolicy,
    findings: &mut Vec<Finding>,
) {
    let wanted = expected(entry, lane.lane_direction);
    let words = || {
        let bound = if wanted.is_whole { "±" } else { "at least, -" };
        format!("{} kg {bound}{} kg", wanted.gross, tolerance(wanted.gross, yard))
    };
    let find = |reason, read: &str| Finding {
        reason,
        what: Compared::Weight,
        expected: words().into(),
        read: read.into(),
    };
    let gathers = lane.gathers.contains(&Gather::Weight);
    match evidence.weighed().map(|weighed| weighed.state) {
        Some(Gross::Stable(kg)) if agrees(kg, wanted, yard) => {}
        Some(Gross::Stable(kg)) => {
            findings.push(find(ReasonCode::WeightOutOfTolerance, &format!("{kg} kg")));
        }
        Some(Gross::Unstable) if gathers => findings.push(find(ReasonCode::WeightUnstable, "")),
        Some(Gross::None) | None if gathers => findings.push(find(ReasonCode::WeightMissing, "")),
        Some(Gross::Unstable | Gross::None) | None => {}
    }
}

fn join<'a>(texts: impl Iterator<Item = &'a str>) -> Box<str> {
    texts.collect::<Vec<_>>().join(" ").into()
}
