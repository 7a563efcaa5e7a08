//! How a vehicle drives, as a pure machine over what its driver sees: the lane before it and the arm.
//! Promises: no I/O and no clock; each step's effects come in the order in which they happen; a vehicle always ends
//! (it gives up after its patience), and has left every loop and taken with it what it showed when it does; it covers each loop for
//! as long as planned, however late it is woken.
//! Absent: loops shared with other vehicles (`yard` counts), judging.

#[cfg(test)]
mod tests;

use super::plan::{Drives, VehiclePlan};
use super::sign::Sign;
use protocols::tick::Tick;
use std::time::Duration;

/// 地感线圈: a loop in the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Before the arm.
    Approach,
    /// Under the arm.
    Safety,
    /// Behind the arm.
    Exit,
}

impl Loop {
    /// All, from outside to inside.
    pub const ALL: [Self; 3] = [Self::Approach, Self::Safety, Self::Exit];

    /// As scenario and control socket say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approach => "approach",
            Self::Safety => "safety",
            Self::Exit => "exit",
        }
    }
}

/// What the driver sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// No other vehicle is in the lane ahead.
    pub free: bool,
    /// The arm is all the way up.
    pub up: bool,
    /// The arm is all the way down.
    pub down: bool,
}

/// What the vehicle does to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It covers or leaves a loop.
    Loop(Loop, bool),
    /// Something of it comes into a device's view, or leaves it.
    Shows(Sign, bool),
    /// It came so far.
    Stage(Stage),
}

/// How far a vehicle came, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has its turn and rolls to the approach loop.
    Rolling,
    /// It stands on the approach loop.
    Approach,
    /// The arm is up and it moves.
    Going,
    /// It is gone.
    Ended(Outcome),
}

impl Stage {
    /// As the witness says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rolling => "rolling",
            Self::Approach => "approach",
            Self::Going => "going",
            Self::Ended(outcome) => outcome.name(),
        }
    }
}

/// How a vehicle's visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is through.
    Passed,
    /// It expected a refusal, the arm stayed down, and it left.
    RefusedLeft,
    /// It backed out, as planned.
    BackedOut,
    /// It wanted to pass, the arm stayed down, and it gave up.
    Patience,
}

impl Outcome {
    /// As the control socket says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::RefusedLeft => "refused_left",
            Self::BackedOut => "backed_out",
            Self::Patience => "patience",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On its way until then.
    Coming(Tick),
    /// Since then behind another vehicle, or before an arm that is still up for that.
    Queued(Tick),
    /// Has its turn; on the approach loop from then.
    Rolling(Tick),
    /// Stands on the approach loop since then.
    Waiting(Tick),
    /// The arm is up; moves, or backs out, at that moment.
    Reacting(Tick),
    /// Moves since then; so many steps of the way are done.
    Going(Tick, usize),
    Ended(Outcome),
}

/// One vehicle under way.
#[derive(Clone, Debug)]
pub struct Vehicle {
    plan: VehiclePlan,
    state: State,
    arrived: Tick,
    /// When it last looked; a queued driver whose patience is over does not look again before something changes.
    looked: Tick,
    /// What comes into view and leaves it later, soonest last.
    sightings: Vec<(Tick, Sign, bool)>,
    seen: Vec<Sign>,
}

impl Vehicle {
    /// A vehicle that turns up `at_ms` after `now`. What cannot be shown is left out: `check` refuses it.
    #[must_use]
    pub fn new(plan: VehiclePlan, now: Tick) -> Self {
        let comes = now + Duration::from_millis(plan.at_ms);
        let state = State::Coming(comes);
        Self { plan, state, arrived: comes, looked: now, sightings: Vec::new(), seen: Vec::new() }
    }

    /// What it was told to do.
    #[must_use]
    pub fn plan(&self) -> &VehiclePlan {
        &self.plan
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Ended(outcome) => Some(outcome),
            State::Coming(_)
            | State::Queued(_)
            | State::Rolling(_)
            | State::Waiting(_)
            | State::Reacting(_)
            | State::Going(..) => None,
        }
    }

    /// Whether it is in the lane, so that others wait behind it.
    #[must_use]
    pub fn is_in_lane(&self) -> bool {
        matches!(self.state, State::Rolling(_) | State::Waiting(_) | State::Reacting(_) | State::Going(..))
    }

    /// Drives on until nothing more is due now.
    pub fn step(&mut self, view: View, now: Tick) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.looked = now;
        loop {
            let before = self.state;
            self.drive(view, now, &mut effects);
            if self.state == before {
                break;
            }
        }
        self.show(now, &mut effects);
        effects
    }

    /// When `step` has something to do, whatever the driver sees.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let next = match self.state {
            State::Coming(at) | State::Rolling(at) | State::Reacting(at) => Some(at),
            State::Queued(since) => Some(since + self.stands()).filter(|at| *at > self.looked),
            State::Waiting(since) => Some(since + self.stands()),
            State::Ended(_) => None,
            State::Going(since, done) => self.way().get(done).map(|(after, ..)| since + *after),
        };
        [next, self.sightings.last().map(|(at, ..)| *at)].into_iter().flatten().min()
    }

    fn drive(&mut self, view: View, now: Tick, effects: &mut Vec<Effect>) {
        match self.state {
            State::Coming(at) if at <= now => self.state = State::Queued(at),
            State::Queued(since) if self.may_come(since, view, now) => {
                self.arrived = now + Duration::from_millis(self.plan.lead_ms());
                self.state = State::Rolling(self.arrived);
                self.plan_sightings();
                effects.push(Effect::Stage(Stage::Rolling));
            }
            State::Rolling(at) if at <= now => {
                self.state = State::Waiting(at);
                effects.push(Effect::Loop(Loop::Approach, true));
                effects.push(Effect::Stage(Stage::Approach));
            }
            State::Waiting(since) => self.wait(since, view, now, effects),
            State::Reacting(at) if at <= now => {
                if self.plan.drives == Drives::BacksOutAfter {
                    self.end(Outcome::BackedOut, effects);
                } else if view.up {
                    self.state = State::Going(now, 0);
                    effects.push(Effect::Stage(Stage::Going));
                } else {
                    // The arm came down again before it moved.
                    self.state = State::Waiting(self.arrived);
                }
            }
            State::Going(since, done) => match self.way().get(done) {
                Some((after, which, occupied)) if since + *after <= now => {
                    effects.push(Effect::Loop(*which, *occupied));
                    // A late step makes the rest of the way late too: on a busy machine a lorry that caught up would cross the exit
                    // loop in no time, and no gate could see it.
                    let late = now.since(since + *after);
                    self.state = State::Going(since + late, done + 1);
                }
                Some(_) => {}
                None => self.end(Outcome::Passed, effects),
            },
            State::Coming(_)
            | State::Queued(_)
            | State::Rolling(_)
            | State::Reacting(_)
            | State::Ended(_) => {}
        }
    }

    /// A driver waits behind others; before an arm that nobody lowers only as long as the patience lasts.
    fn may_come(&self, since: Tick, view: View, now: Tick) -> bool {
        self.plan.drives == Drives::Tailgates || view.free && (view.down || since + self.stands() <= now)
    }

    fn wait(&mut self, since: Tick, view: View, now: Tick, effects: &mut Vec<Effect>) {
        let pace = self.plan.pace;
        match self.plan.drives {
            Drives::BacksOutBefore => {
                if since + self.stands() <= now {
                    self.end(Outcome::BackedOut, effects);
                }
            }
            Drives::BacksOutAfter if view.up => {
                self.state = State::Reacting(now + Duration::from_millis(self.plan.back_out_ms));
            }
            Drives::Passes | Drives::Leaves | Drives::Tailgates if view.up => {
                self.state = State::Reacting(now + Duration::from_millis(pace.reaction_ms));
            }
            Drives::Passes | Drives::Leaves | Drives::Tailgates | Drives::BacksOutAfter => {
                if since + self.stands() <= now {
                    let refused = self.plan.drives == Drives::Leaves;
                    self.end(if refused { Outcome::RefusedLeft } else { Outcome::Patience }, effects);
                }
            }
        }
    }

    /// How long it stands on the approach loop before it leaves backwards.
    fn stands(&self) -> Duration {
        Duration::from_millis(match self.plan.drives {
            Drives::BacksOutBefore => self.plan.back_out_ms,
            Drives::Passes | Drives::Leaves | Drives::BacksOutAfter | Drives::Tailgates => {
                self.plan.patience_ms
            }
        })
    }

    /// The way through the lane: after how long which loop is covered or left, in order.
    fn way(&self) -> [(Duration, Loop, bool); 5] {
        let pace = self.plan.pace;
        let mut way = [
            (pace.to_safety_ms, Loop::Safety, true),
            (pace.approach_ms, Loop::Approach, false),
            (pace.to_exit_ms, Loop::Exit, true),
            (pace.to_safety_ms + pace.safety_ms, Loop::Safety, false),
            (pace.to_exit_ms + pace.exit_ms, Loop::Exit, false),
        ];
        way.sort_by_key(|(after, ..)| *after);
        way.map(|(after, which, occupied)| (Duration::from_millis(after), which, occupied))
    }

    fn end(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        if outcome != Outcome::Passed {
            effects.push(Effect::Loop(Loop::Approach, false));
        }
        effects.extend(self.seen.drain(..).map(|sign| Effect::Shows(sign, false)));
        self.sightings.clear();
        self.state = State::Ended(outcome);
        effects.push(Effect::Stage(Stage::Ended(outcome)));
    }

    fn plan_sightings(&mut self) {
        let at = |millis: i64| {
            let offset = millis.saturating_mul(1000);
            Tick::from_micros(self.arrived.as_micros().saturating_add_signed(offset))
        };
        for plan in &self.plan.shows {
            let Ok(sign) = plan.what.sign() else { continue };
            for time in 0..plan.times {
                let enters = at(plan.from_ms) + Duration::from_millis(plan.every_ms) * time;
                self.sightings.push((enters, sign.clone(), true));
                if let Some(stays) = plan.for_ms {
                    self.sightings.push((enters + Duration::from_millis(stays), sign.clone(), false));
                }
            }
        }
        // Soonest last; at the same moment leaving comes before entering.
        self.sightings.sort_by_key(|(at, _, here)| (*at, *here));
        self.sightings.reverse();
    }

    fn show(&mut self, now: Tick, effects: &mut Vec<Effect>) {
        while let Some((_, sign, here)) = self.sightings.pop_if(|(at, ..)| *at <= now) {
            self.seen.retain(|seen| !seen.is(&sign));
            if here {
                self.seen.push(sign.clone());
            }
            effects.push(Effect::Shows(sign, here));
        }
    }
}
