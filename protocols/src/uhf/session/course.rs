//! The course of the conversation: what each answer, and each silence, leads to.
//! Promises: every path out of an error waits before it asks again; a command that is not understood is repeated, and
//! only then taken as refused.
//! Source: UHFReader18 manual V2.0, timing ("a command sent while one runs is lost without an answer").

use super::steps::{self, Step};
use super::{Session, tenths};
use crate::talk::{DeviceEvent, Output};
use crate::tick::Tick;
use crate::uhf::echo::Sent;
use crate::uhf::repr::{Command, Port, ReadMode, ReaderInfo, code};
use crate::uhf::status::Status;
use crate::uhf::tag::Family;
use alloc::boxed::Box;
use alloc::format;
use core::time::Duration;

/// Inventory time of a reader fresh from the factory, until it says its own.
pub(super) const FACTORY_INVENTORY: Duration = Duration::from_secs(1);
/// What a reply may take beyond the inventory time: 75 ms of the reader, 200 ms for the frame and the line.
const REPLY_MARGIN: Duration = Duration::from_millis(275);
/// Pause between two probes of a silent reader, and before settings are doubted again.
const SLOW_PAUSE: Duration = Duration::from_secs(1);
/// Pause before a command that failed is sent again.
const ERROR_PAUSE: Duration = Duration::from_millis(200);
/// How often a command may be garbled on its way before it counts as refused.
const GARBLED_MAX: u8 = 3;

/// Where the conversation stands; the command of each phase is `command`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Is it there, and with which settings?
    Probe,
    /// Is it in our mode?
    Check,
    /// Something is set.
    Set(Step),
    /// Answer mode: inventories. Other modes: listening, nothing to send.
    Run,
}

/// What was asked: the command, and for inventories by which antenna.
pub(super) type Asked = (u8, Option<Port>);

impl Session {
    /// Our reader said something that fits: it lives, and is what we take it for.
    pub(super) fn alive(&mut self, now: Tick) {
        if self.tells_unasked() {
            self.probe_at = now + self.config.silence_probe;
        }
    }

    pub(super) fn tells_unasked(&self) -> bool {
        self.config.mode != ReadMode::Answer
    }

    /// In answer mode a reader should not speak unasked: it has lost our settings.
    pub(super) fn spoke_unasked(&mut self, now: Tick) {
        if !self.tells_unasked() {
            self.doubt(now);
        }
    }

    /// Settings are looked at soon.
    fn doubt(&mut self, now: Tick) {
        self.probe_at = self.probe_at.min(now + SLOW_PAUSE);
    }

    /// Whether this is the answer to the command that is out; from then on none is.
    fn settles(&mut self, command: u8, now: Tick) -> bool {
        let settles = self.pending.is_some_and(|(code, _)| code == command);
        if settles {
            self.pending = None;
            (self.missed, self.garbled) = (0, 0);
            self.next = now;
        }
        settles
    }

    pub(super) fn informed(&mut self, info: &ReaderInfo, now: Tick) {
        if !self.settles(code::READER_INFORMATION, now) {
            return;
        }
        self.probe_at = now + self.config.silence_probe;
        self.inventory = tenths(info.inventory_time);
        let family = self.config.family.unwrap_or_else(|| info.family());
        self.told_silent = false;
        let known = self.online.replace(info.kind) == Some(info.kind) && self.family == Some(family);
        self.family = Some(family);
        let can = steps::can(&self.config, family);
        if !known {
            self.refused.clear();
            let told = describe(info, family);
            self.tell(if can { DeviceEvent::Online(told) } else { DeviceEvent::Unsupported(told) });
        }
        let ours = info.inventory_time == self.config.inventory_time.tenths()
            && self.config.power.is_none_or(|power| power.dbm() == info.power);
        match (can, known && ours) {
            (false, _) => self.phase = Phase::Run,
            (true, true) => self.phase = Phase::Check,
            (true, false) => self.configure(family),
        }
    }

    fn configure(&mut self, family: Family) {
        self.clean = true;
        self.phase = Step::first(&self.config, family).map_or(Phase::Run, Phase::Set);
    }

    /// The reader told its mode, which is `ours` or not.
    pub(super) fn checked(&mut self, command: u8, ours: bool, now: Tick) {
        if let (true, Some(family)) = (self.settles(command, now), self.family) {
            if ours {
                self.phase = Phase::Run;
            } else {
                self.configure(family);
            }
        }
    }

    /// A sound frame did not fit. A mode that cannot be read is not ours; of anything else the deadline tells.
    pub(super) fn misfit(&mut self, command: u8, now: Tick) {
        if self.phase == Phase::Check {
            self.checked(command, false, now);
        }
    }

    pub(super) fn answered(&mut self, command: u8, status: Status, now: Tick) {
        if command == code::NOT_UNDERSTOOD {
            self.not_understood(now);
            return;
        }
        if status == Status::MoreFollows {
            let extended = (command, now + self.patience(command));
            self.pending = self.pending.map(|pending| if pending.0 == command { extended } else { pending });
            return;
        }
        if self.settles(command, now) {
            self.settled(command, status, now);
        }
    }

    fn settled(&mut self, command: u8, status: Status, now: Tick) {
        match self.phase {
            Phase::Probe => {
                // It answers, but does not say what it is.
                self.refuse((command, None), status);
                self.next = now + SLOW_PAUSE;
            }
            // A reader that cannot tell its mode must be taken at its word.
            Phase::Check => self.phase = Phase::Run,
            Phase::Set(step) => {
                // Who does not know the command that stops telling unasked has nothing to stop; it is the one that starts
                // too, whose refusal stands.
                let moot = step == Step::Stop && status == Status::IllegalCommand;
                if !status.is_success() && !moot {
                    self.refuse((command, None), status);
                } else if step != Step::Stop {
                    self.accept((command, None));
                }
                if step == Step::Time && status.is_success() {
                    self.inventory = tenths(self.config.inventory_time.tenths());
                }
                let next = self.family.and_then(|family| step.next(&self.config, family));
                self.phase = next.map_or(Phase::Run, Phase::Set);
                if next.is_none() && self.clean {
                    self.tell(DeviceEvent::Configured);
                }
            }
            Phase::Run => self.inventory_ended(command, status, now),
        }
    }

    fn inventory_ended(&mut self, command: u8, status: Status, now: Tick) {
        let asked = (command, Some(self.port));
        self.port = self.config.ports.after(self.port);
        let fine = status.carries_tags() || status.is_success();
        if fine || matches!(status, Status::NoTag | Status::PoorCommunication) {
            self.accept(asked);
            return;
        }
        self.refuse(asked, status);
        self.next = now + ERROR_PAUSE;
        if status != Status::AntennaError {
            self.doubt(now);
        }
    }

    /// The command out was garbled on the way: the reader lives.
    fn not_understood(&mut self, now: Tick) {
        let Some((command, _)) = self.pending else { return };
        self.counters.timeouts += 1;
        self.garbled = self.garbled.saturating_add(1);
        if self.garbled < GARBLED_MAX {
            self.pending = None;
            self.next = now + ERROR_PAUSE;
        } else if self.settles(command, now) {
            self.settled(command, Status::IllegalCommand, now);
        }
    }

    fn accept(&mut self, asked: Asked) {
        self.refused.retain(|(refused, _)| *refused != asked);
    }

    fn refuse(&mut self, asked: Asked, status: Status) {
        self.clean = false;
        if self.refused.contains(&(asked, status)) {
            return;
        }
        self.accept(asked);
        self.refused.push((asked, status));
        let told = match (asked, self.family) {
            ((command, Some(port)), Some(Family::Uhf288)) => {
                format!("command {command:#04x} at antenna {}: {status:?}", port.number())
            }
            ((command, _), _) => format!("command {command:#04x}: {status:?}"),
        };
        self.tell(DeviceEvent::Refused(told.into()));
    }

    /// The command out stays without answer: ask whether the reader is there at all.
    fn miss(&mut self, now: Tick) {
        self.counters.timeouts += 1;
        self.pending = None;
        self.phase = Phase::Probe;
        self.next = now;
        self.missed = self.missed.saturating_add(1);
        if self.missed < self.config.missed_probes {
            return;
        }
        // Another reader may come back in its place.
        (self.online, self.family) = (None, self.config.family);
        self.inventory = self.inventory.max(FACTORY_INVENTORY);
        self.next = now + SLOW_PAUSE;
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
    }

    pub(super) fn advance(&mut self, now: Tick) {
        if self.pending.is_some_and(|(_, due)| now >= due) {
            self.miss(now);
        }
        if self.pending.is_some() {
            return;
        }
        if self.phase == Phase::Run && now >= self.probe_at {
            self.phase = Phase::Probe;
            self.next = now;
        }
        if let Some(command) = self.command().filter(|_| now >= self.next) {
            let held = self.echo.give_back();
            self.decode(&held, now);
            let bytes = command.encode(self.config.address);
            let kind =
                if command == Command::ReaderInformation { Sent::UnlikeReplies } else { Sent::LikeReplies };
            self.echo.sent(&bytes, kind);
            self.pending = Some((command.code(), now + self.patience(command.code())));
            self.outputs.push_back(Output::Send(bytes));
        }
    }

    /// How long the answer to a command may take. Any command may have to wait for an inventory that runs.
    fn patience(&self, command: u8) -> Duration {
        let asked = match command {
            code::INVENTORY => tenths(self.config.inventory_time.tenths()),
            _ => Duration::ZERO,
        };
        self.inventory.max(asked) + REPLY_MARGIN
    }

    fn command(&self) -> Option<Command> {
        match (self.phase, self.family) {
            (Phase::Probe, _) => Some(Command::ReaderInformation),
            (Phase::Check, Some(family)) => Some(steps::check(family)),
            (Phase::Set(step), Some(family)) => step.command(&self.config, family),
            (Phase::Run, Some(family)) => {
                (!self.tells_unasked()).then(|| steps::inventory(&self.config, family, self.port))
            }
            (Phase::Check | Phase::Set(_) | Phase::Run, None) => None,
        }
    }

    pub(super) fn next_wake(&self) -> Option<Tick> {
        let frame_ends = self.last_byte.map(|last| last + self.config.gap);
        let command = match self.pending {
            Some((_, due)) => Some(due),
            None => self.command().map(|_| self.next),
        };
        let probe = (self.pending.is_none() && self.phase == Phase::Run).then_some(self.probe_at);
        [frame_ends, command, probe].into_iter().flatten().min()
    }
}

/// For a person: what answers.
fn describe(info: &ReaderInfo, family: Family) -> Box<str> {
    let name = match family {
        Family::Uhf18 => "UHFReader18",
        Family::Uhf288 => "UHFReader288",
    };
    let [major, minor] = info.version;
    format!("{name} family, type {:#04x}, firmware {major}.{minor}, {} dBm", info.kind, info.power).into()
}
