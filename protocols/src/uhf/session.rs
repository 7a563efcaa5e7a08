//! 读写器会话: one reader's conversation, from the first question to the stream of tags, and back after a silence.
//! Promises: one command outstanding, and in answer mode the next inventory only behind the last one's final status; a
//! reader that says nothing is probed and told as `Silent`; when it answers again, or when a probe finds settings that
//! are not ours, the configuration is applied again; an echoed command is never taken for a reply.
//! Law: after each `handle`, `poll` until `Wait`.
//! Absent: the port; debouncing; commands of the 288 family, whose readers are told as `Unsupported` and only probed.
//! Source: UHFReader18 manual V2.0, timing and work mode.

use super::echo::{Echo, Heard, Sent};
use super::repr::{Command, InventoryTime, Power, ReadMode, ReaderInfo, Reply, WorkMode, code};
use super::status::Status;
use super::tag::{Family, TagRead};
use super::wire::{BROADCAST, ReaderFrame, Side, UhfDecoder};
use crate::frame::{Progress, Tally};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// What a reply may take beyond the inventory time: 75 ms of the reader, 200 ms for the frame and the line.
const REPLY_MARGIN: Duration = Duration::from_millis(275);
/// Pause between two probes of a silent reader.
const SILENT_PAUSE: Duration = Duration::from_secs(1);
/// Inventory time of a reader fresh from the factory.
const FACTORY_INVENTORY: Duration = Duration::from_secs(1);

/// How one reader is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Reader address; default 0, the factory's.
    pub address: u8,
    /// `Answer`: we ask for each inventory. Any other mode: the reader tells tags unasked. Default `Scan`.
    pub mode: ReadMode,
    /// How long one inventory may run. Default 300 ms.
    pub inventory_time: InventoryTime,
    /// RF power to set; `None` leaves it as it is, which is the default.
    pub power: Option<Power>,
    /// Seconds for which the reader does not tell one tag again, scan mode. Default 0.
    pub repeat: u8,
    /// Silence between two bytes that ends a frame: 15 ms on a plain serial line, 100 to 200 ms over USB or TCP, which
    /// batch. Default 150 ms.
    pub gap: Duration,
    /// A reader that has said nothing for so long is probed; in answer mode, how often its settings are looked at.
    /// Default 4 s.
    pub silence_probe: Duration,
    /// Probes in a row without an answer after which the reader is silent. Default 3.
    pub missed_probes: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: 0,
            mode: ReadMode::Scan,
            inventory_time: InventoryTime::SHORTEST,
            power: None,
            repeat: 0,
            gap: Duration::from_millis(150),
            silence_probe: Duration::from_secs(4),
            missed_probes: 3,
        }
    }
}

/// What can wake the session.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes came.
    Bytes(&'a [u8]),
    /// The line broke off: what is incomplete ends here. Silence between bytes the session finds by itself.
    Gap,
    /// The time of the last `Wait` has come.
    Deadline,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Tell the lane.
    Event(ReaderEvent),
    /// Nothing more; come again with bytes or at that time.
    Wait(Option<Tick>),
}

/// What the lane learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// The reader answers. Its configuration is applied next.
    Online(ReaderInfo),
    /// The reader answers, but is of a family that this session does not speak.
    Unsupported(ReaderInfo),
    /// The configuration stands.
    Configured,
    /// The reader refused a setting.
    Refused {
        /// Command code.
        command: u8,
        /// Its reason.
        status: Status,
    },
    /// A tag was seen.
    Tag(TagRead),
    /// An EAS tag is in the field.
    EasAlarm,
    /// The reader does not answer any more, or never did.
    Silent,
}

/// What went over the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames and the bytes that were none.
    pub bytes: Tally,
    /// Tags told.
    pub tags: u64,
    /// Sound frames whose inner lengths did not fit, tuples missing included.
    pub overruns: u64,
    /// Sound frames of another address.
    pub foreign: u64,
    /// Commands without an answer.
    pub timeouts: u64,
    /// Own commands that the adapter echoed.
    pub echoes: u64,
}

/// Where the conversation stands; the command of each phase is `command`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Is it there, and with which settings?
    Probe,
    /// Is it in our mode?
    CheckMode,
    SetTime,
    SetPower,
    SetMode,
    /// Answer mode: inventories. Other modes: listening, nothing to send.
    Run,
}

/// One reader's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: UhfDecoder,
    echo: Echo,
    family: Family,
    phase: Phase,
    online: bool,
    /// `Silent` was told since the reader last answered.
    told_silent: bool,
    missed: u8,
    /// The command out, and when its answer is overdue.
    pending: Option<(u8, Tick)>,
    /// When the next command may go out, or in scan mode the next probe.
    next: Tick,
    /// When settings are looked at again.
    probe_at: Tick,
    /// When bytes last came, while some are incomplete.
    last_byte: Option<Tick>,
    /// Inventory time that the reader works with.
    inventory: Duration,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            decoder: UhfDecoder::new(Side::Reader),
            echo: Echo::new(),
            family: Family::Uhf18,
            phase: Phase::Probe,
            online: false,
            told_silent: false,
            missed: 0,
            pending: None,
            next: Tick::default(),
            probe_at: Tick::default(),
            last_byte: None,
            inventory: FACTORY_INVENTORY,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// Takes one input; then `poll` until `Wait`.
    pub fn handle(&mut self, input: Input<'_>, now: Tick) {
        if self.last_byte.is_some_and(|last| now >= last + self.config.gap) {
            self.end_frame(now);
        }
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Gap => self.end_frame(now),
            Input::Deadline => {}
        }
        self.advance(now);
        self.counters.bytes = self.decoder.tally();
        self.wake = self.next_wake();
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    /// What went over the line so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn tell(&mut self, event: ReaderEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, bytes: &[u8], now: Tick) {
        self.last_byte = Some(now);
        match self.echo.hear(bytes) {
            Heard::Waiting => {}
            Heard::Echoed(rest) => {
                self.counters.echoes += 1;
                self.decode(rest, now);
            }
            Heard::Bytes(held, rest) => {
                self.decode(&held, now);
                self.decode(rest, now);
            }
        }
    }

    fn end_frame(&mut self, now: Tick) {
        self.last_byte = None;
        let held = self.echo.give_back();
        self.decode(&held, now);
        self.decoder.gap();
        self.drain(now);
    }

    fn decode(&mut self, mut bytes: &[u8], now: Tick) {
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(now);
        }
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let (reply, address) = match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => match ReaderFrame::parse(bytes) {
                    Ok(frame) => (Reply::decode(&frame, self.family), frame.address),
                    Err(_) => continue,
                },
            };
            if address != self.config.address && self.config.address != BROADCAST {
                self.counters.foreign += 1;
                continue;
            }
            if self.config.mode != ReadMode::Answer {
                self.probe_at = now + self.config.silence_probe;
            }
            match reply {
                Err(_) => self.counters.overruns += 1,
                Ok(Reply::Tags { command, status, tags }) => {
                    self.counters.tags += tags.iter().count() as u64;
                    self.outputs.extend(tags.iter().map(|tag| Output::Event(ReaderEvent::Tag(tag))));
                    self.counters.overruns += tags.overrun() as u64;
                    self.answered(command, status, now);
                }
                Ok(Reply::Information(info)) => self.informed(info, now),
                Ok(Reply::WorkMode(report)) => self.mode_told(report.mode, now),
                Ok(Reply::Answer { command, status, .. }) => self.answered(command, status, now),
                Ok(Reply::Seen(tag)) => {
                    self.counters.tags += 1;
                    self.tell(ReaderEvent::Tag(tag));
                    if self.config.mode == ReadMode::Answer && self.phase == Phase::Run {
                        // It should not speak unasked: it has lost our settings.
                        self.probe_at = now;
                    }
                }
                Ok(Reply::EasAlarm) => self.tell(ReaderEvent::EasAlarm),
                Ok(Reply::Heartbeat { .. } | Reply::Statistics { .. }) => {}
            }
        }
    }

    /// Whether this is the answer to the command that is out; from then on none is.
    fn settles(&mut self, command: u8, now: Tick) -> bool {
        let settles = self.pending.is_some_and(|(code, _)| code == command);
        if settles {
            self.pending = None;
            self.missed = 0;
            self.next = now;
        }
        settles
    }

    fn informed(&mut self, info: ReaderInfo, now: Tick) {
        if !self.settles(code::READER_INFORMATION, now) {
            return;
        }
        self.probe_at = now + self.config.silence_probe;
        self.inventory = tenths(info.inventory_time);
        self.family = Family::of_type(info.kind).unwrap_or(Family::Uhf18);
        self.told_silent = false;
        let known = core::mem::replace(&mut self.online, true);
        let ours = info.inventory_time == self.config.inventory_time.tenths()
            && self.config.power.is_none_or(|power| power.dbm() == info.power);
        self.phase = match (self.family, known && ours) {
            (Family::Uhf288, _) => Phase::Run,
            (Family::Uhf18, true) => Phase::CheckMode,
            (Family::Uhf18, false) => Phase::SetTime,
        };
        match (known, self.family) {
            (true, _) => {}
            (false, Family::Uhf18) => self.tell(ReaderEvent::Online(info)),
            (false, Family::Uhf288) => self.tell(ReaderEvent::Unsupported(info)),
        }
    }

    fn mode_told(&mut self, mode: WorkMode, now: Tick) {
        if self.settles(code::GET_WORK_MODE, now) {
            self.phase = if mode == self.mode() { Phase::Run } else { Phase::SetTime };
        }
    }

    fn answered(&mut self, command: u8, status: Status, now: Tick) {
        if command == code::NOT_UNDERSTOOD && self.pending.is_some() {
            // Our command was garbled on the way: as good as lost, but the reader lives.
            self.miss(now);
            return;
        }
        if status == Status::MoreFollows {
            let extended = (command, now + self.inventory + REPLY_MARGIN);
            self.pending = self.pending.map(|pending| if pending.0 == command { extended } else { pending });
            return;
        }
        if !self.settles(command, now) {
            return;
        }
        let setting = matches!(self.phase, Phase::SetTime | Phase::SetPower | Phase::SetMode);
        if setting && !status.is_success() {
            self.tell(ReaderEvent::Refused { command, status });
        }
        self.phase = match self.phase {
            Phase::Probe | Phase::CheckMode | Phase::Run => Phase::Run,
            Phase::SetTime => {
                if status.is_success() {
                    self.inventory = tenths(self.config.inventory_time.tenths());
                }
                if self.config.power.is_some() { Phase::SetPower } else { Phase::SetMode }
            }
            Phase::SetPower => Phase::SetMode,
            Phase::SetMode => {
                if status.is_success() {
                    self.tell(ReaderEvent::Configured);
                }
                Phase::Run
            }
        };
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
        self.online = false;
        self.inventory = self.inventory.max(FACTORY_INVENTORY);
        self.next = now + SILENT_PAUSE;
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(ReaderEvent::Silent);
        }
    }

    fn advance(&mut self, now: Tick) {
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
            self.pending = Some((command.code(), now + self.inventory + REPLY_MARGIN));
            self.outputs.push_back(Output::Send(bytes));
        }
    }

    fn command(&self) -> Option<Command> {
        match self.phase {
            Phase::Probe => Some(Command::ReaderInformation),
            Phase::CheckMode => Some(Command::GetWorkMode),
            Phase::SetTime => Some(Command::SetInventoryTime(self.config.inventory_time)),
            Phase::SetPower => self.config.power.map(Command::SetPower),
            Phase::SetMode => Some(Command::SetWorkMode(self.mode())),
            Phase::Run => {
                let asks = self.config.mode == ReadMode::Answer && self.family == Family::Uhf18;
                asks.then_some(Command::Inventory)
            }
        }
    }

    fn mode(&self) -> WorkMode {
        WorkMode { repeat: self.config.repeat, ..WorkMode::serial(self.config.mode) }
    }

    fn next_wake(&self) -> Option<Tick> {
        let frame_ends = self.last_byte.map(|last| last + self.config.gap);
        let command = match self.pending {
            Some((_, due)) => Some(due),
            None => self.command().map(|_| self.next),
        };
        let probe = (self.pending.is_none() && self.phase == Phase::Run).then_some(self.probe_at);
        [frame_ends, command, probe].into_iter().flatten().min()
    }
}

fn tenths(count: u8) -> Duration {
    Duration::from_millis(u64::from(count) * 100)
}
