//! Steel and lorries: arm, loops, reader and what stands in a lane, whatever the agent thinks of it. The independent witness.

use std::collections::{BTreeMap, VecDeque};

use gate_agent::{
    clock::Clock as _,
    decision::{Medium, Reading, Standing},
    lane::{Arm, Input, Level, LoopPlace},
};
use protocols::{
    contract::RaiseOutcome,
    ids::{MediumType, VisitId},
};

use super::{
    plan,
    time::{Micros, SECOND},
    world::{Happening, NIGHT, World},
};

/// How long the arm takes from limit to limit.
pub(crate) const ARM: Micros = 800_000;
/// A reader reports a tag that stands before it this often.
pub(crate) const LOOK: Micros = SECOND;

/// A lorry with its plate, and what it wants.
#[derive(Clone, Debug)]
pub(crate) struct Lorry {
    /// The number of its trip; beyond those that exist for one that nobody declared.
    pub(crate) serial: u64,
    /// Leaves again when it has waited so long.
    pub(crate) patience: Micros,
    /// Comes to the way out so long after it has come in.
    pub(crate) stays: Option<Micros>,
}

/// One step of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Nose,
    LeavesApproach,
    Tail,
    LeavesSafety,
    Gone,
}

/// On the way through, after the arm is up.
pub(crate) const DRIVE: [(Micros, Move); 5] = [
    (400_000, Move::Nose),
    (900_000, Move::LeavesApproach),
    (1_100_000, Move::Tail),
    (1_600_000, Move::LeavesSafety),
    (2_000_000, Move::Gone),
];

#[derive(Debug, Default)]
pub(crate) struct Steel {
    pub(crate) arm_is_up: bool,
    pub(crate) approach: bool,
    pub(crate) safety: bool,
    pub(crate) exit: bool,
    /// In the lane, and since when; counts those that have stood there.
    pub(crate) standing: Option<(u64, Lorry)>,
    pub(crate) came: u64,
    pub(crate) drives: bool,
    pub(crate) queue: VecDeque<Lorry>,
    /// The motor does not answer.
    pub(crate) is_stuck: bool,
    /// It has been told to rise, and does.
    pub(crate) arm_rises: bool,
    /// How often the arm was told to rise, by the visit that stood there.
    pub(crate) pulses: BTreeMap<VisitId, u64>,
}

impl World {
    pub(crate) fn comes(&mut self, g: usize, l: usize, lorry: Lorry) {
        if self.now > NIGHT {
            return;
        }
        let steel = &mut self.gates[g].steel[l];
        // While the arm rises for one lorry nobody is quick enough to take its place: and no lane could tell.
        if steel.standing.is_some() || steel.arm_is_up || steel.arm_rises {
            steel.queue.push_back(lorry);
            return;
        }
        steel.came += 1;
        let which = steel.came;
        let patience = lorry.patience;
        steel.standing = Some((which, lorry));
        steel.approach = true;
        self.later(patience, Happening::Loses(g, l, which));
        let after = 200_000 + self.chance.below(600_000);
        self.later(after, Happening::Looks(g, l, which));
        self.tells(g, l, Input::Loop(LoopPlace::Approach, Level::Occupied));
    }

    fn is_there(&self, g: usize, l: usize, which: u64) -> Option<&Lorry> {
        let steel = &self.gates[g].steel[l];
        steel.standing.as_ref().filter(|(standing, _)| *standing == which).map(|(_, lorry)| lorry)
    }

    pub(crate) fn loses_patience(&mut self, g: usize, l: usize, which: u64) {
        if self.is_there(g, l, which).is_some() && !self.gates[g].steel[l].drives {
            self.gates[g].steel[l].approach = false;
            self.gates[g].steel[l].standing = None;
            self.tells(g, l, Input::Loop(LoopPlace::Approach, Level::Free));
            self.next_comes(g, l);
        }
    }

    fn next_comes(&mut self, g: usize, l: usize) {
        if let Some(next) = self.gates[g].steel[l].queue.pop_front() {
            self.later(3 * SECOND, Happening::Comes(g, l, next));
        }
    }

    pub(crate) fn looks(&mut self, g: usize, l: usize, which: u64) {
        let Some(lorry) = self.is_there(g, l, which).cloned() else { return };
        if self.gates[g].steel[l].drives {
            return;
        }
        self.later(LOOK, Happening::Looks(g, l, which));
        let medium = Medium {
            medium_type: MediumType::Plate,
            key: plan::plate(lorry.serial),
            raw: None,
            device: "camera".into(),
            tid: None,
            confidence: Some(990),
            signal: None,
            looks: 1,
            standing: Standing::Counts,
            at: self.gates[g].clock.tick(),
        };
        self.tells(g, l, Input::Read(Reading::Medium(medium)));
    }

    pub(crate) fn moves(&mut self, g: usize, l: usize, which: u64, step: Move) {
        let Some(lorry) = self.is_there(g, l, which).cloned() else { return };
        let steel = &mut self.gates[g].steel[l];
        let (place, level) = match step {
            Move::Nose => (LoopPlace::Safety, true),
            Move::LeavesApproach => (LoopPlace::Approach, false),
            Move::Tail => (LoopPlace::Exit, true),
            Move::LeavesSafety => (LoopPlace::Safety, false),
            Move::Gone => (LoopPlace::Exit, false),
        };
        match place {
            LoopPlace::Approach => steel.approach = level,
            LoopPlace::Safety => steel.safety = level,
            LoopPlace::Exit => steel.exit = level,
        }
        if step == Move::Gone {
            (steel.standing, steel.drives) = (None, false);
            if l == 0 {
                self.check_entry(g, lorry.serial);
                if let Some(stays) = lorry.stays {
                    let out = self.some_gate();
                    self.later(stays, Happening::Comes(out, 1, Lorry { stays: None, ..lorry }));
                }
            }
            self.next_comes(g, l);
        }
        let level = if level { Level::Occupied } else { Level::Free };
        self.tells(g, l, Input::Loop(place, level));
    }

    /// A board tells its gate, if that runs.
    pub(crate) fn tells(&mut self, g: usize, l: usize, input: Input) {
        if self.gates[g].agent.is_some() {
            self.step_lane(g, l, input);
        }
    }

    /// The witness asks the disk for an intent, not the proof that came with the order.
    pub(crate) fn pulse(&mut self, g: usize, l: usize) {
        let start = self.start_of(g);
        self.check_pulse(g, l);
        if self.gates[g].steel[l].is_stuck {
            return self.later(2 * SECOND, Happening::Raised(g, start, l, RaiseOutcome::TimedOut));
        }
        self.gates[g].steel[l].arm_rises = true;
        self.later(ARM, Happening::Rises(g, l));
        self.later(ARM + 1_000, Happening::Raised(g, start, l, RaiseOutcome::Raised));
    }

    pub(crate) fn is_up(&mut self, g: usize, l: usize) {
        (self.gates[g].steel[l].arm_is_up, self.gates[g].steel[l].arm_rises) = (true, false);
        self.tells(g, l, Input::Arm(Arm::Open));
        let steel = &mut self.gates[g].steel[l];
        // Now and then somebody backs out in front of the open arm, which his patience will tell.
        if let Some((which, _)) = steel.standing
            && !steel.drives
            && self.chance.below(10) > 0
        {
            self.gates[g].steel[l].drives = true;
            for (after, step) in DRIVE {
                self.later(after, Happening::Moves(g, l, which, step));
            }
        }
    }

    /// fault D6: nothing comes down on a lorry.
    pub(crate) fn lower(&mut self, g: usize, l: usize) {
        let steel = &self.gates[g].steel[l];
        if steel.safety || steel.exit {
            return self.broken(format!("D6: gate {g} lane {l} lowers the arm over a lorry"));
        }
        self.later(ARM, Happening::Falls(g, l));
    }
}
