//! The events of a passage, as drafts.
//! Source: spec SG-234..SG-242, SG-245; `contract` section 3 (`RAISE_INTENT`, `RAISE_OUTCOME`, `LANE_STATE`).

use protocols::{
    contract::{EventType, RaiseOutcome},
    rules::{LaneDirection, LanePolicy, ReasonCode, Verdict},
};
use serde_json::json;

use super::{input::Moment, passage::Passage, site::Site};
use crate::{
    decision::Decision,
    journal::{Draft, TripRef, then_leaves},
};

impl Passage {
    /// A draft of this visit with what was read so far.
    pub(super) fn draft(
        &self,
        event_type: EventType,
        site: &Site,
        policy: &LanePolicy,
        now: Moment,
    ) -> Draft {
        Draft {
            lane: Some(site.lane_ref(policy.lane_direction)),
            visit_id: Some(self.visit_id.clone()),
            mode: Some(self.mode),
            officer_id: self.by.clone(),
            reads: self.evidence.as_reads(self.matched_key()),
            index: self.basis.as_ref().and_then(|basis| basis.view.index),
            ..Draft::new(event_type, now.tick, now.wall)
        }
    }

    /// The records of a decision: what it locks or frees, and what it says; for `Y` the intent to raise.
    pub(super) fn decided(
        &self,
        decision: &Decision,
        site: &Site,
        policy: &LanePolicy,
        now: Moment,
    ) -> Vec<Draft> {
        let say = |event_type: EventType, trip: Option<TripRef>| {
            let mut draft = self.draft(event_type, site, policy, now);
            draft.verdict = Some(decision.verdict);
            draft.reason = Some(decision.reason);
            draft.trip = trip;
            draft
        };
        let mut drafts = Vec::new();
        let changes_trip = self.matched != decision.trip;
        if let (Some(old), true) = (&self.matched, changes_trip && decision.verdict != Verdict::Refuse) {
            // The visit locked another trip before: it is free again.
            drafts.push(say(EventType::Refuse, Some(old.clone())));
        }
        if let (Some(trip), true) = (&decision.trip, changes_trip) {
            drafts.push(say(EventType::Match, Some(trip.clone())));
        }
        let mut last = match decision.verdict {
            Verdict::Pass => say(EventType::RaiseIntent, decision.trip.clone()),
            Verdict::Refuse => say(EventType::Refuse, self.matched.clone()),
            Verdict::Person => say(EventType::LaneState, decision.trip.clone()),
        };
        if decision.verdict != Verdict::Pass {
            last.detail = Some(explain(decision));
        }
        last.basis = self.basis.as_ref().map(|basis| basis.told());
        drafts.push(last);
        drafts
    }

    /// The lane holds for a reason of its own, or a person must look.
    pub(super) fn holds(&self, reason: ReasonCode, site: &Site, policy: &LanePolicy, now: Moment) -> Draft {
        let mut draft = self.draft(EventType::LaneState, site, policy, now);
        draft.verdict = self.last.as_ref().map(|last| last.verdict);
        draft.trip = self.matched.clone();
        draft.reason = Some(reason);
        draft
    }

    /// What became of the raise.
    pub(super) fn outcome(
        &self,
        outcome: RaiseOutcome,
        why: Option<&str>,
        site: &Site,
        policy: &LanePolicy,
        now: Moment,
    ) -> Draft {
        let mut draft = self.draft(EventType::RaiseOutcome, site, policy, now);
        draft.verdict = self.released.is_none().then_some(Verdict::Pass);
        draft.trip = self.matched.clone();
        draft.outcome = Some(outcome);
        draft.reason = Some(match outcome {
            RaiseOutcome::Raised => ReasonCode::Ok,
            RaiseOutcome::Refused => ReasonCode::BarrierRefused,
            RaiseOutcome::TimedOut | RaiseOutcome::Unknown => ReasonCode::BarrierTimedOut,
        });
        draft.detail = why.map(|why| json!({ "why": why }));
        // Of a raise by the gate itself whose decision was made once more, right before the pulse.
        let rechecked = self.basis.as_ref().filter(|_| self.rechecked && self.released.is_none());
        draft.basis = rechecked.map(|basis| basis.told());
        draft
    }

    /// 放行: the vehicle has passed, or must be taken to have passed. What a person released is that person's act, whose event
    /// stands already: its passing is noted as a state of the lane.
    pub(super) fn passed(&self, reason: ReasonCode, site: &Site, policy: &LanePolicy, now: Moment) -> Draft {
        let by_person = self.released.is_some();
        let event_type = if by_person { EventType::LaneState } else { EventType::Pass };
        let reason = if by_person && reason == ReasonCode::Ok { ReasonCode::ManualRelease } else { reason };
        let mut draft = self.draft(event_type, site, policy, now);
        draft.verdict = (!by_person).then_some(Verdict::Pass);
        draft.trip = self.matched.clone();
        draft.reason = Some(reason);
        draft.detail = self.leaves(policy).then(then_leaves);
        draft
    }

    /// Whether passing this lane takes the trip out of the port (SG-243).
    pub(super) fn leaves(&self, policy: &LanePolicy) -> bool {
        let stays = self.released.as_ref().is_some_and(|released| released.is_empty);
        policy.outermost && policy.lane_direction == LaneDirection::Out && self.matched.is_some() && !stays
    }

    /// 已口岸离场.
    pub(super) fn left_port(&self, site: &Site, policy: &LanePolicy, now: Moment) -> Draft {
        let mut draft = self.draft(EventType::LeftPort, site, policy, now);
        draft.trip = self.matched.clone();
        draft.reason = Some(ReasonCode::Ok);
        draft
    }
}

/// What a person at the lane, or later at a desk, must know to understand the decision.
pub(super) fn explain(decision: &Decision) -> serde_json::Value {
    json!({
        "message": decision.reason.message_zh(),
        "offered": decision.offered.iter().map(|trip| trip.trip_no.as_str()).collect::<Vec<_>>(),
        "findings": decision.findings.iter().map(|finding| json!({
            "reason_code": finding.reason.code(), "what": finding.what.name(),
            "expected": finding.expected, "read": finding.read,
        })).collect::<Vec<_>>(),
        "dropped": decision.dropped.iter()
            .map(|(trip_no, reason)| json!({"trip_no": trip_no.as_str(), "reason_code": reason.code()}))
            .collect::<Vec<_>>(),
    })
}

/// Reports of a device were dropped by policy (invariant I8).
pub(super) fn shed(device: &str, count: u64, site: &Site, policy: &LanePolicy, now: Moment) -> Draft {
    Draft {
        lane: Some(site.lane_ref(policy.lane_direction)),
        detail: Some(json!({ "what": "reports of a device", "device": device, "count": count })),
        ..Draft::new(EventType::Shed, now.tick, now.wall)
    }
}

/// A device of the lane failed or works again.
pub(super) fn device(
    name: &str,
    online: bool,
    why: &str,
    site: &Site,
    policy: &LanePolicy,
    now: Moment,
) -> Draft {
    let event_type = if online { EventType::DeviceOk } else { EventType::DeviceFault };
    Draft {
        lane: Some(site.lane_ref(policy.lane_direction)),
        reason: (!online).then_some(ReasonCode::DeviceFault),
        detail: Some(json!({ "device": name, "why": why })),
        ..Draft::new(event_type, now.tick, now.wall)
    }
}
