//! A person's act, carried out by a lane.
//! Promises: an act is recorded with person and reason before anything moves; a release is one raise with a proof of its own, and is
//! not repeated by itself; while the barrier moves, or its raise is being recorded, nobody interferes.
//! Absent on purpose: whether the person may (`act::permitted`, asked by the shell, which has the yard's policy).
//! Source: spec SG-223, SG-237, SG-239, SG-240, SG-241; `contract` section 7; `gate-practice` sections 6 and 7.

use protocols::{
    contract::EventType,
    ids::TripNo,
    rules::{LaneDirection, LanePolicy, Mode, ReasonCode, Verdict},
    talk::SealState,
    tick::Tick,
};
use serde_json::{Value, json};

use super::{
    act::{Act, Correction, Deed, Refusal},
    deciding::{Collecting, Deciding},
    held::Held,
    input::{Effect, Moment, Then},
    passage::Passage,
    site::Site,
    state::State,
};
use crate::{
    decision::{Container, Evidence, Gross, Kind, Medium, Reading, Seal, Standing, Weighed},
    journal::{CODE, ClosedLane, Draft, TripRef, then_leaves},
};

/// An act as the shell hands it to the lane.
#[derive(Debug)]
pub struct Handed {
    /// The act; it was permitted.
    pub act: Act,
    /// The trip that it names, as the index knows it.
    pub trip: Option<TripRef>,
}

/// 人工放行 under way: who opened, and for which trip.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) number: u64,
    pub(super) until: Tick,
    pub(super) trip: Option<TripRef>,
    /// Its records, as long as the other path has not been tried.
    pub(super) drafts: Option<Vec<Draft>>,
    /// The vehicle leaves without the cargo, so its trip does not leave the port.
    pub(super) is_empty: bool,
}

/// Carries the act out, or answers why not.
pub(super) fn act(
    site: &mut Site,
    state: State,
    handed: Handed,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    if let Some(why) = why_not(&state, &handed, policy, now) {
        effects.push(Effect::Answer(handed.act.number, Err(why)));
        return state;
    }
    if let Deed::CloseLane | Deed::OpenLane = handed.act.what {
        return set_closed(site, state, &handed.act, policy, now, effects);
    }
    // What cannot be carried out was answered above: each state here parts with its vehicle.
    let mut passage = match state {
        State::Idle(heard) => match Passage::begin(site, heard, policy, now, effects) {
            Ok(passage) => passage,
            Err(heard) => {
                effects.push(Effect::Answer(handed.act.number, Err(Refusal::NoVehicle)));
                return State::Idle(heard);
            }
        },
        State::Collecting(collecting) => collecting.passage,
        State::Deciding(deciding) => deciding.passage,
        State::Held(held) => held.passage,
        moving @ (State::Opening(_) | State::Passing(_)) => return moving,
    };
    // Whoever acts sees who stands there.
    passage.doubted = None;
    match &handed.act.what {
        Deed::Release { .. } | Deed::EmptyExit => release(site, passage, handed, policy, now, effects),
        Deed::SendBack => send_back(site, passage, &handed.act, policy, now, effects),
        Deed::Correct(correction) => correct(site, passage, correction, &handed.act, policy, now, effects),
        Deed::Choose(trip_no) => choose(passage, *trip_no, &handed.act, now, effects),
        Deed::CloseLane | Deed::OpenLane => State::Collecting(Collecting::anew(passage, policy, now)),
    }
}

/// What keeps the act from being carried out, before anything is touched.
fn why_not(state: &State, handed: &Handed, policy: &LanePolicy, now: Moment) -> Option<Refusal> {
    let deed = &handed.act.what;
    if now.tick > handed.act.until {
        return Some(Refusal::Expired);
    }
    if matches!(deed, Deed::CloseLane | Deed::OpenLane) {
        return None;
    }
    if matches!(deed, Deed::EmptyExit) && policy.lane_direction != LaneDirection::Out {
        return Some(Refusal::OutOfPlace);
    }
    let passage = match state {
        // The person may see a vehicle that the loop does not.
        State::Idle(_) if matches!(deed, Deed::Release { .. }) => return None,
        State::Idle(_) => return Some(Refusal::NoVehicle),
        State::Opening(_) | State::Passing(_) => return Some(Refusal::Moving),
        State::Deciding(deciding) if deciding.is_recording() => return Some(Refusal::Moving),
        State::Held(held) if held.is_raised() && matches!(deed, Deed::Correct(_) | Deed::Choose(_)) => {
            return Some(Refusal::OutOfPlace);
        }
        State::Collecting(collecting) => &collecting.passage,
        State::Deciding(deciding) => &deciding.passage,
        State::Held(held) => &held.passage,
    };
    match deed {
        Deed::EmptyExit if passage.known_trip().is_none() => Some(Refusal::UnknownTrip),
        Deed::Choose(trip_no) => {
            let is_offered = passage.last.as_ref().is_some_and(|last| {
                last.reason == ReasonCode::Ambiguous
                    && last.offered.iter().any(|trip| trip.trip_no == *trip_no)
            });
            (!is_offered).then_some(Refusal::UnknownTrip)
        }
        Deed::Release { .. }
        | Deed::EmptyExit
        | Deed::SendBack
        | Deed::Correct(_)
        | Deed::CloseLane
        | Deed::OpenLane => None,
    }
}

/// Who and why, for the event's detail, and which code stood for the second person. Names, PINs and the code itself never come this far.
fn words(act: &Act) -> Value {
    let second = act.second.as_ref();
    let person = second.map(|second| &second.person.id);
    let mut words = json!({ "do": act.what.name(), "reason": act.reason, "second": person });
    if let Some(code) = second.and_then(|second| second.code.as_ref()) {
        merge(&mut words, json!({ CODE: code }));
    }
    words
}

fn release(
    site: &mut Site,
    mut passage: Passage,
    handed: Handed,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    let Handed { act, trip } = handed;
    let is_empty = matches!(act.what, Deed::EmptyExit);
    let trip = trip.or_else(|| passage.known_trip().cloned());
    passage.by = Some(act.person.id.clone());
    passage.mode = Mode::ByHand;
    let say = |event_type, trip: Option<TripRef>, reason| {
        let mut draft = passage.draft(event_type, site, policy, now);
        draft.trip = trip;
        draft.reason = Some(reason);
        draft
    };
    let mut drafts = Vec::new();
    if let Some(old) = passage.matched.as_ref().filter(|old| Some(*old) != trip.as_ref()) {
        drafts.push(say(EventType::Refuse, Some(old.clone()), ReasonCode::ManualRelease));
    }
    if trip.is_some() && passage.matched != trip {
        drafts.push(say(EventType::Match, trip.clone(), ReasonCode::ManualRelease));
    }
    let (event_type, reason) = if is_empty {
        (EventType::EmptyExit, ReasonCode::EmptyExit)
    } else {
        (EventType::ManualRelease, ReasonCode::ManualRelease)
    };
    let mut opened = say(event_type, trip.clone(), reason);
    let mut detail = words(&act);
    let leaves =
        policy.outermost && policy.lane_direction == LaneDirection::Out && trip.is_some() && !is_empty;
    if leaves {
        merge(&mut detail, then_leaves());
    }
    opened.detail = Some(detail);
    drafts.push(opened);
    let mut intent = say(EventType::RaiseIntent, trip.clone(), reason);
    intent.detail = Some(words(&act));
    drafts.push(intent);
    let kept = Some(drafts.clone());
    passage.released = Some(Release { number: act.number, until: act.until, trip, drafts: kept, is_empty });
    Deciding::record_release(passage, drafts, policy, now, effects)
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// SG-237: an officer or operator sends the vehicle back; its trip is free again at an entry.
fn send_back(
    site: &Site,
    mut passage: Passage,
    act: &Act,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    passage.by = Some(act.person.id.clone());
    passage.mode = Mode::ByHand;
    let mut draft = passage.draft(EventType::Refuse, site, policy, now);
    draft.verdict = Some(Verdict::Refuse);
    draft.trip = passage.matched.take();
    draft.reason = Some(ReasonCode::SentBack);
    draft.detail = Some(words(act));
    effects.push(Effect::Record(vec![draft], Then::GoOn));
    effects.push(Effect::Answer(act.number, Ok(())));
    State::Held(Held::ended(passage, ReasonCode::SentBack, policy, now))
}

/// SG-240: the gate judges anew with what the person typed; what the devices read stays in the record.
fn correct(
    site: &Site,
    mut passage: Passage,
    correction: &Correction,
    act: &Act,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    let before = passage.draft(EventType::LaneState, site, policy, now).reads;
    passage.by = Some(act.person.id.clone());
    passage.mode = Mode::ByHand;
    type_in(&mut passage.evidence, correction, &act.person.id, now);
    let mut draft = passage.draft(EventType::LaneState, site, policy, now);
    draft.trip.clone_from(&passage.matched);
    draft.reason = Some(ReasonCode::ReadCorrected);
    let mut detail = words(act);
    merge(&mut detail, json!({ "before": before }));
    draft.detail = Some(detail);
    effects.push(Effect::Record(vec![draft], Then::GoOn));
    effects.push(Effect::Answer(act.number, Ok(())));
    Deciding::ask(passage, now.tick, effects)
}

fn type_in(evidence: &mut Evidence, correction: &Correction, person: &str, now: Moment) {
    let (device, at) = (format!("person {person}").into_boxed_str(), now.tick);
    let (typed, kind) = match correction {
        Correction::Medium(medium_type, key) => {
            let medium = Medium {
                medium_type: *medium_type,
                key: key.clone(),
                raw: None,
                device,
                tid: None,
                confidence: None,
                signal: None,
                looks: 1,
                standing: Standing::ByHand,
                at,
            };
            (vec![Reading::Medium(medium)], Kind::Medium(*medium_type))
        }
        Correction::Containers(numbers) => {
            let typed = numbers.iter().map(|number| {
                let device = device.clone();
                Reading::Container(Container { number: *number, device, confidence: None, by_hand: true, at })
            });
            (typed.collect(), Kind::Containers)
        }
        Correction::Seals(numbers) => {
            let typed = numbers.iter().map(|number| {
                let (number, device) = (number.clone(), device.clone());
                let state = SealState::Sealed;
                Reading::Seal(Seal { number, state, device, by_hand: true, at })
            });
            (typed.collect(), Kind::Seals)
        }
        Correction::Weight(kg) => {
            let weighed = Weighed { state: Gross::Stable(*kg), device, by_hand: true, at };
            (vec![Reading::Weight(weighed)], Kind::Weight)
        }
    };
    evidence.correct(typed, kind);
}

/// SG-223: one of several trips that the decision offered.
fn choose(mut passage: Passage, trip_no: TripNo, act: &Act, now: Moment, effects: &mut Vec<Effect>) -> State {
    passage.by = Some(act.person.id.clone());
    passage.mode = Mode::ByHand;
    passage.chosen = Some(trip_no);
    effects.push(Effect::Answer(act.number, Ok(())));
    Deciding::ask(passage, now.tick, effects)
}

/// A closed lane lets nobody through by itself; the vehicle in it, and a person's release, are not touched.
fn set_closed(
    site: &mut Site,
    state: State,
    act: &Act,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    let closes = matches!(act.what, Deed::CloseLane);
    if site.closed.is_some() != closes {
        site.closed = closes.then(|| ClosedLane {
            lane_id: site.config.lane_id.clone(),
            by: act.person.id.clone(),
            at: now.wall,
            why: act.reason.clone(),
        });
        effects.push(Effect::Record(
            vec![Draft {
                lane: Some(site.lane_ref(policy.lane_direction)),
                mode: Some(Mode::ByHand),
                officer_id: Some(act.person.id.clone()),
                reason: Some(if closes { ReasonCode::LaneClosed } else { ReasonCode::Ok }),
                detail: Some(words(act)),
                ..Draft::new(EventType::LaneState, now.tick, now.wall)
            }],
            Then::GoOn,
        ));
    }
    effects.push(Effect::Answer(act.number, Ok(())));
    match state {
        // Who waited because the lane was closed is judged again.
        State::Held(held) if !closes => held.look_again(now, effects),
        other => other,
    }
}
