//! What goes wrong, when it ends, and in which states it has met the lanes.

use std::{collections::BTreeMap, fmt};

use gate_agent::{clock::Clock as _, journal::Fault};
use protocols::contract::UtcMillis;

use super::{
    time::SECOND,
    world::{Happening, World},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Crash,
    Disk,
    SlowDisk,
    Cut,
    ClockStep,
    CentreDies,
    CentreRestored,
    StuckArm,
}

impl Trouble {
    pub(crate) const ALL: [Self; 8] = [
        Self::Crash,
        Self::Disk,
        Self::SlowDisk,
        Self::Cut,
        Self::ClockStep,
        Self::CentreDies,
        Self::CentreRestored,
        Self::StuckArm,
    ];
}

/// How often each trouble struck a lane in each state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage(pub(crate) BTreeMap<(Trouble, &'static str), u64>);

impl Coverage {
    pub(crate) fn add(&mut self, other: &Self) {
        for (cell, count) in &other.0 {
            *self.0.entry(*cell).or_default() += count;
        }
    }

    /// Each trouble has struck, and lanes in at least four states.
    pub(crate) fn must_be_wide(&self) {
        for trouble in Trouble::ALL {
            let states = self.0.keys().filter(|(struck, _)| *struck == trouble).count();
            assert!(states >= 4, "{trouble:?} struck lanes in {states} states only:\n{self}");
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states = ["idle", "collecting", "deciding", "opening", "passing", "held", "down"];
        writeln!(out, "{:>16} {}", "", states.map(|state| format!("{state:>11}")).join(""))?;
        for trouble in Trouble::ALL {
            let count = |state| self.0.get(&(trouble, state)).copied().unwrap_or(0);
            let name = format!("{trouble:?}");
            writeln!(out, "{name:>16} {}", states.map(|state| format!("{:>11}", count(state))).join(""))?;
        }
        Ok(())
    }
}

impl World {
    pub(crate) fn strikes(&mut self, trouble: Trouble, g: usize) {
        let states: Vec<&'static str> = match &self.gates[g].agent {
            Some(agent) => {
                agent.shells.iter().filter_map(|shell| Some(shell.lane.as_ref()?.snapshot().state)).collect()
            }
            None => vec!["down"],
        };
        if trouble == Trouble::CentreRestored && self.centre.backup.is_none() {
            return;
        }
        for state in states {
            *self.covered.0.entry((trouble, state)).or_default() += 1;
        }
        let lasts = SECOND + self.chance.below(20 * SECOND);
        match trouble {
            Trouble::Crash => {
                self.gates[g].agent = None;
                let after = 200_000 + self.chance.below(4 * SECOND);
                return self.later(after, Happening::Start(g));
            }
            Trouble::Disk => {
                let fault = if self.chance.below(2) == 0 { Fault::Before } else { Fault::After };
                let nth = 1 + self.chance.below(4);
                return self.gates[g].disk.fail_call(nth, fault);
            }
            Trouble::SlowDisk => self.disk_is_slow = true,
            Trouble::Cut => self.gates[g].line_is_cut = true,
            Trouble::ClockStep => {
                let by = [1_000, 3_600_000, 86_400_000, 1_000_000_000_000]
                    [usize::try_from(self.chance.below(4)).unwrap()];
                let by = if self.chance.below(2) == 0 { by } else { -by };
                let clock = &self.gates[g].clock;
                return clock.set_wall(UtcMillis::from_millis(clock.wall().as_millis() + by));
            }
            Trouble::CentreDies => return self.centre_dies(),
            Trouble::CentreRestored => {
                self.centre.restore();
                self.forget_what_was_entered();
                for gate in &mut self.gates {
                    (gate.compared, gate.marks_lag) = (0, true);
                }
                return;
            }
            Trouble::StuckArm => self.gates[g].steel[0].is_stuck = true,
        }
        self.later(lasts, Happening::Ends(trouble, g));
    }

    pub(crate) fn centre_dies(&mut self) {
        self.centre.is_up = false;
        self.centre.life += 1;
        let after = 500_000 + self.chance.below(10 * SECOND);
        self.later(after, Happening::Ends(Trouble::CentreDies, 0));
    }

    pub(crate) fn ends(&mut self, trouble: Trouble, g: usize) {
        match trouble {
            Trouble::SlowDisk => self.disk_is_slow = false,
            Trouble::Cut => self.gates[g].line_is_cut = false,
            Trouble::CentreDies => self.centre.is_up = true,
            Trouble::StuckArm => self.gates[g].steel[0].is_stuck = false,
            Trouble::Crash | Trouble::Disk | Trouble::ClockStep | Trouble::CentreRestored => {}
        }
    }

    /// From now on everything works.
    pub(crate) fn calm(&mut self) {
        (self.is_calm, self.disk_is_slow, self.centre.is_up) = (true, false, true);
        for g in 0..self.gates.len() {
            self.gates[g].disk.heal();
            self.gates[g].line_is_cut = false;
            self.gates[g].steel.iter_mut().for_each(|steel| steel.is_stuck = false);
            if self.gates[g].agent.is_none() {
                self.later(SECOND, Happening::Start(g));
            }
        }
    }
}
