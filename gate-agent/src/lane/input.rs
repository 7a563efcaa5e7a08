//! All that can happen to a lane, and all that it can ask for.

use protocols::{
    contract::{RaiseOutcome, UtcMillis},
    ids::TripNo,
    rules::ReasonCode,
    tick::Tick,
};

use super::{act::Refusal, acting::Handed};
use crate::{
    decision::{Basis, Decision, Evidence, Reading},
    journal::{Committed, Draft},
};

/// Now, on both clocks; the wall clock is data only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Monotonic.
    pub tick: Tick,
    /// Wall clock.
    pub wall: UtcMillis,
}

/// 地感线圈: which loop or beam of the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopPlace {
    /// In front of the barrier, where the vehicle stands to be read.
    Approach,
    /// Under the arm.
    Safety,
    /// Behind the barrier.
    Exit,
}

/// What a loop says. Unknown after any gap in the line to its board, and then counted as occupied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Nobody has said yet, or the line was down.
    #[default]
    Unknown,
    /// No vehicle.
    Free,
    /// A vehicle.
    Occupied,
}

/// 栏杆: where the arm is, from its limit switches, never from memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arm {
    /// The line was down, or both limits speak at once.
    #[default]
    Unknown,
    /// At the closed limit.
    Closed,
    /// Between the limits.
    Between,
    /// At the open limit.
    Open,
}

/// What can happen to a lane.
#[derive(Debug)]
pub enum Input {
    /// A device reported something of a vehicle.
    Read(Reading),
    /// A person acts.
    Act(Box<Handed>),
    /// A loop changed (already debounced by its driver).
    Loop(LoopPlace, Level),
    /// The arm moved.
    Arm(Arm),
    /// The barrier's board answers, or no longer does.
    Barrier {
        /// True when it does.
        online: bool,
    },
    /// A reader or board of the lane fell silent or came back; for the record and the screen.
    Device {
        /// Its name in the configuration.
        name: Box<str>,
        /// True when it works.
        online: bool,
        /// What its driver says.
        why: Box<str>,
    },
    /// Reports of a device were dropped: so many since the last word of this kind.
    Shed {
        /// Its name in the configuration.
        device: Box<str>,
        /// How many.
        count: u64,
    },
    /// The answer to `Effect::Decide`.
    Decided {
        /// The decision; an error names why the index cannot be asked.
        decision: Result<Decision, ReasonCode>,
        /// All that it rests on; none where the index could not be asked.
        basis: Option<Box<Basis>>,
    },
    /// The answer to `Effect::Record` with `Then::Raise`: the records are durable.
    Recorded(Committed),
    /// The records are not durable and never will be; nothing may move.
    NotRecorded,
    /// The journal can be written, or no longer.
    Journal {
        /// True when it can.
        available: bool,
    },
    /// The answer to `Effect::Raise`.
    Raised(RaiseOutcome),
    /// The index moved on; a vehicle that was refused may be admitted now (SG-007).
    IndexMoved,
    /// A deadline of the present state may have come.
    Deadline,
}

/// What a lane asks its shell to do, in order.
#[derive(Debug)]
pub enum Effect {
    /// Look the evidence up and decide, for the trip that a person chose if one did; answer with `Input::Decided`.
    Decide(Box<Evidence>, Option<TripNo>),
    /// Tell the person whose act had this number what became of it.
    Answer(u64, Result<(), Refusal>),
    /// Make these durable, all or none.
    Record(Vec<Draft>, Then),
    /// The journal cannot be written: make a person's release durable on the other path, and the journal's too once it works again.
    /// Answer with `Input::Recorded` or `Input::NotRecorded`.
    RecordElsewhere(Vec<Draft>),
    /// Pulse the barrier open; the proof is of this very raise. Answer with `Input::Raised`.
    Raise(Committed),
    /// Pulse the barrier closed. Asked only while exit and safety loop are free.
    Lower,
    /// A command may follow at once: keep the bus free for it.
    ReserveBus,
    /// Set the traffic light.
    Light(Light),
}

/// 红绿灯.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Stand.
    Red,
    /// Drive.
    Green,
}

/// What follows when records are durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The lane waits for it: `Input::Recorded` or `Input::NotRecorded`.
    Raise,
    /// The lane goes on; the shell repeats until they are durable, in order.
    GoOn,
}
