//! What is set at a reader, in which order, and how a reader that was set before is recognised.
//! Promises: in its own way of telling tags unasked a 288 hears three commands only, so it is stopped first and started
//! last; a step that the configuration does not ask for is left out.
//! Source: UHFReader18 manual V2.0, command 0x35; UHF RFID Reader Series User Manual V2.20, commands 0x75 to 0x78.

use super::config::Config;
use crate::uhf::repr::{
    Command, InventoryPlan, Pause, Port, QValue, ReadMode, RealTime, Scan, TagProtocol, Target, WorkMode,
};
use crate::uhf::tag::Family;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Stop,
    Time,
    Power,
    RealTime,
    Heartbeat,
    Start,
}

impl Step {
    const ORDER: [Self; 6] =
        [Self::Stop, Self::Time, Self::Power, Self::RealTime, Self::Heartbeat, Self::Start];

    /// The first step of a reader.
    pub(super) fn first(config: &Config, family: Family) -> Option<Self> {
        Self::ORDER.into_iter().find(|step| step.command(config, family).is_some())
    }

    /// The step behind this one; `None` when all is set.
    pub(super) fn next(self, config: &Config, family: Family) -> Option<Self> {
        let mut behind = Self::ORDER.into_iter().skip_while(|step| *step != self).skip(1);
        behind.find(|step| step.command(config, family).is_some())
    }

    /// The command of this step, if this reader is to have it.
    pub(super) fn command(self, config: &Config, family: Family) -> Option<Command> {
        let of_288 = family == Family::Uhf288;
        let unasked = of_288 && config.mode != ReadMode::Answer;
        match self {
            Self::Stop => of_288.then_some(Command::SetReadMode(ReadMode::Answer)),
            Self::Time => Some(Command::SetInventoryTime(config.inventory_time)),
            Self::Power => config.power.map(Command::SetPower),
            Self::RealTime => {
                let settings = real_time(config);
                unasked.then_some(Command::SetRealTime { settings, mask: None, tid: None })
            }
            Self::Heartbeat => config.heartbeat.filter(|_| unasked).map(Command::Heartbeat),
            Self::Start if of_288 => unasked.then_some(Command::SetReadMode(config.mode)),
            Self::Start => Some(Command::SetWorkMode(work_mode(config))),
        }
    }
}

/// Whether a family can work as configured at all.
pub(super) fn can(config: &Config, family: Family) -> bool {
    family == Family::Uhf18 || config.mode != ReadMode::TriggerHigh
}

/// The command that asks for the mode.
pub(super) const fn check(family: Family) -> Command {
    match family {
        Family::Uhf18 => Command::GetWorkMode,
        Family::Uhf288 => Command::GetReadMode,
    }
}

/// The command that asks for tags, by that antenna.
pub(super) fn inventory(config: &Config, family: Family, port: Port) -> Command {
    if family == Family::Uhf18 {
        return Command::Inventory;
    }
    let q = if config.with_tid { config.q.with_tid() } else { config.q };
    let scan = Scan { target: Target::A, port, tenths: config.inventory_time.tenths() };
    Command::InventoryBy(InventoryPlan {
        q,
        session: config.tag_session,
        mask: None,
        tid: None,
        scan: Some(scan),
    })
}

/// The 18 family's mode as configured.
pub(super) fn work_mode(config: &Config) -> WorkMode {
    WorkMode { repeat: config.repeat, ..WorkMode::serial(config.mode) }
}

/// The 288 family's parameters as configured.
pub(super) fn real_time(config: &Config) -> RealTime {
    RealTime {
        protocol: TagProtocol::Gen2,
        pause: Pause::SHORTEST,
        filter: config.repeat,
        // Only an inventory that is asked for has TIDs beside EPCs.
        q: QValue::of(config.q.byte() & 0x0F),
        session: config.tag_session,
    }
}
