//! One step of a lane: state first, then input, every variant by name.
#![warn(clippy::wildcard_enum_match_arm)]

use protocols::rules::LanePolicy;

use super::{
    acting, drafts,
    input::{Effect, Input, Level, LoopPlace, Moment, Then},
    passage::Passage,
    site::Site,
    state::{Lane, State},
};
use crate::decision::Evidence;

/// What the lane becomes, and what it asks for, in order.
#[must_use]
pub fn step(lane: Lane, input: Input, policy: &LanePolicy, now: Moment) -> (Lane, Vec<Effect>) {
    let Lane { mut site, state } = lane;
    let mut effects = Vec::new();
    site.observe(&input);
    if let Input::Shed { device, count } = &input {
        effects.push(Effect::Record(vec![drafts::shed(device, *count, &site, policy, now)], Then::GoOn));
    }
    if let Input::Device { name, online, why } = &input {
        let draft = drafts::device(name, *online, why, &site, policy, now);
        effects.push(Effect::Record(vec![draft], Then::GoOn));
    }
    if let Input::Act(handed) = input {
        let state = acting::act(&mut site, state, *handed, policy, now, &mut effects);
        return (Lane { site, state }, effects);
    }
    let state = match state {
        State::Idle(heard) => idle(&mut site, heard, input, policy, now, &mut effects),
        State::Collecting(collecting) => collecting.step(&mut site, input, policy, now, &mut effects),
        State::Deciding(deciding) => deciding.step(&mut site, input, policy, now, &mut effects),
        State::Opening(opening) => opening.step(&mut site, input, policy, now, &mut effects),
        State::Passing(passing) => passing.step(&mut site, input, policy, now, &mut effects),
        State::Held(held) => held.step(&mut site, input, policy, now, &mut effects),
    };
    (Lane { site, state }, effects)
}

fn idle(
    site: &mut Site,
    mut heard: Evidence,
    input: Input,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<Effect>,
) -> State {
    match input {
        // A tag seen in an empty lane is no vehicle; it counts when one arrives within `max_read_age`.
        Input::Read(read) => {
            if !site.has_just_passed(&read) {
                let age = u64::from(policy.max_read_age_ms) * 1000;
                heard.forget_before(protocols::tick::Tick::from_micros(
                    now.tick.as_micros().saturating_sub(age),
                ));
                heard.add(read);
            }
            State::Idle(heard)
        }
        Input::Loop(LoopPlace::Approach, Level::Occupied) => Passage::open(site, heard, policy, now, effects),
        // The lane began to work, got its policy, or its journal back, while a vehicle already stood there.
        Input::Deadline | Input::IndexMoved | Input::Journal { available: true }
            if site.approach == Level::Occupied =>
        {
            Passage::open(site, heard, policy, now, effects)
        }
        Input::Loop(..) | Input::Arm(_) => {
            if site.should_lower_at_start() {
                effects.push(Effect::Lower);
            }
            State::Idle(heard)
        }
        Input::Barrier { .. }
        | Input::Device { .. }
        | Input::Shed { .. }
        | Input::Decided { .. }
        | Input::Recorded(_)
        | Input::NotRecorded
        | Input::Journal { .. }
        | Input::Raised(_)
        | Input::Act(_)
        | Input::IndexMoved
        | Input::Deadline => State::Idle(heard),
    }
}
