//! 通道: one barrier, its three loops, its platform, and the board's channels that they are wired to.
//! Promises: a loop is occupied while any vehicle or an order of the control socket covers it.
//! Absent: vehicles (`scenario::vehicle`), the board's own logic (`device::relay`).

use crate::device::barrier::{Barrier, Command, Feedback, Knobs, Movement};
use crate::scenario::vehicle::{Loop, View};
use crate::scenario::{BarrierKnobs, CoilMap, FeedbackKnob, InputMap, LaneWiring};
use protocols::contract::Kg;
use protocols::tick::Tick;
use std::time::Duration;

/// One lane.
#[derive(Debug)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Which device is its board.
    pub board: usize,
    /// Which devices see or feel what stands in it.
    pub sensors: Vec<usize>,
    /// Its barrier.
    pub barrier: Barrier,
    inputs: InputMap,
    coils: CoilMap,
    /// How many vehicles cover each loop.
    covered: [u32; 3],
    /// Whether the control socket holds a loop occupied.
    held: [bool; 3],
    /// What vehicles, and what the control socket, put onto the platform.
    loads: [Kg; 2],
}

impl Lane {
    /// A lane with its barrier closed.
    #[must_use]
    pub fn new(wiring: &LaneWiring, board: usize, sensors: Vec<usize>) -> Self {
        Self {
            name: wiring.name.clone(),
            board,
            sensors,
            barrier: Barrier::new(turn(Knobs::default(), wiring.barrier)),
            inputs: wiring.inputs,
            coils: wiring.coils,
            covered: [0; 3],
            held: [false; 3],
            loads: [Kg::default(); 2],
        }
    }

    /// Turns the barrier's knobs; those that are not named stay.
    pub fn turn_knobs(&mut self, knobs: BarrierKnobs, now: Tick) {
        let turned = turn(self.barrier.knobs(), knobs);
        self.barrier.set_knobs(turned, now);
    }

    /// What a coil of that device does in this lane, if it is wired to it.
    #[must_use]
    pub fn role(&self, device: usize, coil: u8) -> Option<&'static str> {
        let wired = self.coils.all().into_iter().find(|(_, channel)| *channel == coil)?;
        (device == self.board).then_some(wired.0)
    }

    /// A coil with that role was energised.
    pub fn energised(&mut self, role: &str, now: Tick) {
        match role {
            "open" => self.barrier.command(Command::Open, now),
            "close" => self.barrier.command(Command::Close, now),
            "stop" => self.barrier.command(Command::Stop, now),
            // Lights are only seen.
            _ => {}
        }
    }

    /// A vehicle covers or leaves a loop; the loop's new state when that changed it.
    pub fn cover(&mut self, which: Loop, occupied: bool, now: Tick) -> Option<bool> {
        self.change(which, now, |covered, _| {
            *covered = if occupied { covered.saturating_add(1) } else { covered.saturating_sub(1) };
        })
    }

    /// The control socket holds a loop occupied, or lets go of it; the loop's new state when that changed it.
    pub fn hold(&mut self, which: Loop, occupied: bool, now: Tick) -> Option<bool> {
        self.change(which, now, |_, held| *held = occupied)
    }

    /// A vehicle that weighs so much drives onto the platform, or off it; what stands there then.
    pub fn weigh(&mut self, weight: Kg, on: bool) -> Kg {
        let [vehicles, _] = &mut self.loads;
        let change = if on { weight.hundredths() } else { -weight.hundredths() };
        *vehicles = Kg::from_hundredths(vehicles.hundredths().saturating_add(change));
        self.load()
    }

    /// The control socket puts so much onto the platform, in place of what it put there before; what stands there then.
    pub fn put(&mut self, weight: Kg) -> Kg {
        let [_, put] = &mut self.loads;
        *put = weight;
        self.load()
    }

    fn load(&self) -> Kg {
        let sum = self.loads.iter().fold(0_i64, |sum, load| sum.saturating_add(load.hundredths()));
        Kg::from_hundredths(sum)
    }

    /// Whether a loop is occupied.
    #[must_use]
    pub fn is_covered(&self, which: Loop) -> bool {
        let index = which as usize;
        self.covered.get(index).is_some_and(|count| *count > 0)
            || self.held.get(index).is_some_and(|held| *held)
    }

    /// What a driver sees.
    #[must_use]
    pub fn view(&self, free: bool, now: Tick) -> View {
        View { free, up: self.barrier.is_up(now), down: self.barrier.is_down(now) }
    }

    /// The board's inputs that belong to this lane, and their levels.
    #[must_use]
    pub fn levels(&self, now: Tick) -> [(u8, bool); 5] {
        [
            (self.inputs.open_limit, self.barrier.open_limit(now)),
            (self.inputs.closed_limit, self.barrier.closed_limit(now)),
            (self.inputs.approach, self.is_covered(Loop::Approach)),
            (self.inputs.safety, self.is_covered(Loop::Safety)),
            (self.inputs.exit, self.is_covered(Loop::Exit)),
        ]
    }

    fn change(&mut self, which: Loop, now: Tick, by: impl FnOnce(&mut u32, &mut bool)) -> Option<bool> {
        let before = self.is_covered(which);
        let index = which as usize;
        if let (Some(covered), Some(held)) = (self.covered.get_mut(index), self.held.get_mut(index)) {
            by(covered, held);
        }
        let after = self.is_covered(which);
        if which == Loop::Safety && before != after {
            self.barrier.safety(after, now);
        }
        (before != after).then_some(after)
    }
}

/// As the witness and the control socket say it.
#[must_use]
pub const fn movement_name(movement: Movement) -> &'static str {
    match movement {
        Movement::RiseStarted => "rise_started",
        Movement::Opened => "opened",
        Movement::CloseStarted => "close_started",
        Movement::Closed => "closed",
        Movement::Stopped => "stopped",
        Movement::Reversed => "reversed",
        Movement::CloseRefused => "close_refused",
        Movement::Ignored => "ignored",
        Movement::Forced => "forced",
    }
}

fn turn(knobs: Knobs, by: BarrierKnobs) -> Knobs {
    let millis =
        |said: Option<u32>, is: Duration| said.map_or(is, |said| Duration::from_millis(u64::from(said)));
    Knobs {
        rise: millis(by.rise_ms, knobs.rise),
        fall: millis(by.fall_ms, knobs.fall),
        stuck: by.stuck.unwrap_or(knobs.stuck),
        feedback: by.feedback.map_or(knobs.feedback, |said| match said {
            FeedbackKnob::True => Feedback::True,
            FeedbackKnob::None => Feedback::None,
            FeedbackKnob::Both => Feedback::Both,
        }),
        slow: by.slow.unwrap_or(knobs.slow),
    }
}
