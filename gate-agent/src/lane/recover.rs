//! Taking up a visit that the last run of the agent left unfinished.
//! Promises: an intent without outcome becomes `unknown` and is never pulsed again by itself; a trip whose barrier was told to rise is passed as
//! the loops tell, and where they do not, taken as passed (`passage_unconfirmed`), which a person looks at: it is not freed, for who is seen to drive
//! off may be the next one. One whose barrier was not, also because its intent ended as refused, is freed; whoever stands there is read before he is judged.
//! Source: `contract` section 3 ("After a crash …"); `style` section 7 (write, then act; on start settle what was pending).

use protocols::{
    contract::{EventType, RaiseOutcome, ReadValue, Reads},
    ids::{CardUid, MediumKey, MediumType},
    rules::{LaneDirection, LanePolicy, Mode, ReasonCode},
};

use super::{
    acting::Release,
    held::Held,
    input::{Effect, Moment, Then},
    passage::Passage,
    passing::Passing,
    state::{Lane, State},
};
use crate::{
    decision::{Evidence, Medium, Reading, Standing},
    journal::{Draft, Unsettled, then_leaves},
};

impl Lane {
    /// Takes the visit up where its records end. Call once, before any other input, when the lane's policy is known.
    #[must_use]
    pub fn resume(self, visit: &Unsettled, policy: &LanePolicy, now: Moment) -> (Self, Vec<Effect>) {
        let Self { mut site, state: _ } = self;
        let mut effects = Vec::new();
        let passage = Passage {
            matched: visit.trip.clone(),
            interrupted: true,
            began: visit.events.first().map_or(now.wall, |event| event.occurred_at),
            released: released(visit, now),
            ..Passage::of(visit.visit_id.clone(), evidence(&visit.reads, now), policy, now)
        };
        let last_outcome = visit.events.iter().rev().find_map(|event| event.outcome);
        let state = if visit.departure_missing() {
            Passing::behind(passage, &site, now)
        } else if visit.outcome_missing() {
            let why = Some("the agent stopped between intent and outcome");
            let draft = passage.outcome(RaiseOutcome::Unknown, why, &site, policy, now);
            effects.push(Effect::Record(vec![draft], Then::GoOn));
            State::Held(Held::resumed(passage, ReasonCode::BarrierTimedOut, true, policy, now))
        } else {
            match last_outcome {
                Some(RaiseOutcome::Raised) => {
                    Passing::begin(passage, false, &mut site, policy, now, &mut effects)
                }
                Some(RaiseOutcome::TimedOut | RaiseOutcome::Unknown) => {
                    State::Held(Held::resumed(passage, ReasonCode::BarrierTimedOut, true, policy, now))
                }
                // Nothing was pulsed for it.
                Some(RaiseOutcome::Refused) | None => {
                    let reason = visit.events.iter().rev().find_map(|event| event.reason_code);
                    let reason = reason.unwrap_or(ReasonCode::PassageUnconfirmed);
                    let passage = Passage { doubted: Some(now.tick), ..passage };
                    State::Held(Held::resumed(passage, reason, false, policy, now))
                }
            }
        };
        (Self { site, state }, effects)
    }
}

/// A person had opened: the rest of the visit is still that person's.
fn released(visit: &Unsettled, now: Moment) -> Option<Release> {
    let opened = |event_type| visit.has(event_type);
    let is_empty = opened(EventType::EmptyExit);
    (is_empty || opened(EventType::ManualRelease)).then(|| Release {
        number: u64::MAX,
        until: now.tick,
        trip: visit.trip.clone(),
        drafts: None,
        is_empty,
    })
}

/// Ends a visit that is older than the one that is taken up: nobody stands there any more. What was told to rise is taken as passed
/// (`passage_unconfirmed`), what only matched, or was refused its raise, is freed; what passed an outermost exit has left the port.
pub fn close_forgotten(visit: &Unsettled, is_outermost: bool, now: Moment) -> Vec<Draft> {
    let say = |event_type: EventType, reason: ReasonCode| Draft {
        lane: visit.lane.clone(),
        visit_id: Some(visit.visit_id.clone()),
        mode: Some(Mode::Automatic),
        trip: visit.trip.clone(),
        reads: visit.reads.clone(),
        reason: Some(reason),
        ..Draft::new(event_type, now.tick, now.wall)
    };
    let mut drafts = Vec::new();
    if visit.outcome_missing() {
        let outcome = Some(RaiseOutcome::Unknown);
        drafts.push(Draft { outcome, ..say(EventType::RaiseOutcome, ReasonCode::BarrierTimedOut) });
    }
    let has_ended = [EventType::Pass, EventType::Refuse, EventType::ManualRelease, EventType::EmptyExit]
        .into_iter()
        .any(|end| visit.has(end));
    let last_outcome = visit.events.iter().rev().find_map(|event| event.outcome);
    let is_refused = !visit.outcome_missing() && last_outcome == Some(RaiseOutcome::Refused);
    let passed = !has_ended && visit.has(EventType::RaiseIntent) && !is_refused;
    let goes_out = visit.lane.as_ref().is_some_and(|lane| lane.direction == LaneDirection::Out);
    let leaves = passed && is_outermost && goes_out && visit.trip.is_some();
    if passed {
        let pass = say(EventType::Pass, ReasonCode::PassageUnconfirmed);
        drafts.push(Draft { detail: leaves.then(then_leaves), ..pass });
    } else if !has_ended {
        drafts.push(say(EventType::Refuse, ReasonCode::LaneClosed));
    }
    if leaves || visit.departure_announced() {
        drafts.push(say(EventType::LeftPort, ReasonCode::Ok));
    }
    drafts
}

/// What was read then, as evidence now; what stood under `others` has lost its type and is read again if it is still there.
fn evidence(reads: &Reads, now: Moment) -> Evidence {
    let mut evidence = Evidence::default();
    let places = [
        (MediumType::Plate, &reads.plate),
        (MediumType::ElectronicPlate, &reads.e_plate),
        (MediumType::IcCard, &reads.ic_card),
        (MediumType::BarCode, &reads.barcode),
    ];
    for (medium_type, read) in places {
        if let Some(medium) = read.as_ref().and_then(|read| medium(medium_type, read, now)) {
            evidence.add(Reading::Medium(medium));
        }
    }
    evidence
}

fn medium(medium_type: MediumType, read: &ReadValue, now: Moment) -> Option<Medium> {
    // The record keeps the bytes as the card gave them, beside the key or as the key.
    let of_card = read.raw.as_deref().unwrap_or(&read.value);
    let is_made_up =
        medium_type == MediumType::IcCard && CardUid::parse(of_card).is_ok_and(|uid| uid.is_random());
    Some(Medium {
        medium_type,
        key: MediumKey::read(medium_type, &read.value).ok()?,
        raw: read.raw.as_deref().map(Into::into),
        device: read.device.as_deref().unwrap_or_default().into(),
        tid: read.tid.as_deref().map(Into::into),
        confidence: read.confidence,
        signal: None,
        looks: 1,
        standing: if is_made_up { Standing::MadeUp } else { Standing::Counts },
        at: now.tick,
    })
}
