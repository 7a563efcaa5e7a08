//! 扫码器会话: one scanner's conversation: records at any time, and for modules with commands their settings and trigger.
//! Promises: a record is told whether or not the module answers commands; one command outstanding; a module that says
//! nothing is probed and told as `Silent`; when it answers again, or when a probe finds settings that are not ours, the
//! configuration is applied again and read back. A plain scanner cannot be asked: it is told as `Online` at once, for no more
//! than its line is known of it until somebody scans, and never as `Silent`.
//! Law: after each `handle`, `poll` until `Wait`.
//! Absent: the port and its rate (drivers look at 9600, 57600 and 115200 bit/s); debouncing; a plain scanner's settings.
//! Source: GM65 manual V1.3, chapters 4, 6 and 8.

use super::gm::{FRAME_TIME, Reply, Request};
use super::repr::{Reading, Scan, ScanError};
use super::settings::{Module, Settings};
use super::wire::{Holding, Progress, ScanDecoder, Tail};
use super::zone::{self, Identity, Trigger};
use crate::talk::{Counters, DeviceEvent, Input, Output, Sighting, Talk};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

/// How long a reply may take.
const REPLY_TIME: Duration = Duration::from_millis(500);
/// How often one command is sent before the module is silent.
const TRIES: u8 = 3;
/// Pause between two rounds of probes of a silent module.
const SILENT_PAUSE: Duration = Duration::from_secs(1);

/// How one scanner is to be read, and set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What a record means.
    pub reading: Reading,
    /// What ends a record. Default `LineEnd`: CR, LF, CR LF, or ETX where STX came first.
    pub tail: Tail,
    /// Silence between two bytes that ends a record: 50 ms on a plain line at 9600 bit/s, 100 to 200 ms over USB or TCP,
    /// which batch. Default 50 ms.
    pub gap: Duration,
    /// The module's settings; `None`, the default, for a scanner that only talks.
    pub module: Option<Module>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            tail: Tail::LineEnd,
            gap: Duration::from_millis(50),
            module: None,
        }
    }
}

/// Where the conversation with a module stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Is it there, and what is it?
    Identify,
    /// How is it set? The place in the round of blocks.
    Read(usize),
    /// What is not as it should be is written.
    Write,
    /// Settings stand; it reads, or waits for a trigger.
    Run,
}

/// A command that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Identity,
    Block { zone: u16, count: u16 },
    Zone { zone: u16, value: u8 },
    Trigger,
}

/// What the decoder found, on its own legs.
enum Told {
    Reply(Vec<u8>),
    Failure,
    Record(Result<Scan, ScanError>),
}

/// One scanner's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: ScanDecoder,
    settings: Option<Settings>,
    phase: Phase,
    /// What was written is being read back.
    verifying: bool,
    online: bool,
    configured: bool,
    /// `Silent` was told since the module last answered.
    told_silent: bool,
    /// `Refused` was told since the settings last stood.
    told_refused: bool,
    missed: u8,
    /// The command out, and when its answer is overdue.
    pending: Option<(Asked, Tick)>,
    /// When the next command may go out.
    next: Tick,
    /// When settings are looked at again.
    probe_at: Tick,
    /// A triggered read runs until then at most.
    reading_until: Option<Tick>,
    /// When bytes last came, while something is incomplete.
    last_byte: Option<Tick>,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
    refused_records: u64,
    no_reads: u64,
}

impl Session {
    /// A session that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let settings =
            config.module.as_ref().map(|module| Settings::new(module, &config.reading, config.tail));
        Self {
            decoder: ScanDecoder::new(config.tail),
            settings,
            config,
            phase: Phase::Identify,
            verifying: false,
            online: false,
            configured: false,
            told_silent: false,
            told_refused: false,
            missed: 0,
            pending: None,
            next: Tick::default(),
            probe_at: Tick::default(),
            reading_until: None,
            last_byte: None,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
            refused_records: 0,
            no_reads: 0,
        }
    }

    /// How many reads failed and were told as such.
    #[must_use]
    pub const fn no_reads(&self) -> u64 {
        self.no_reads
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        if !bytes.is_empty() {
            self.last_byte = Some(now);
        }
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(now);
        }
    }

    fn end_item(&mut self, now: Tick) {
        self.last_byte = None;
        self.decoder.gap();
        self.drain(now);
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let told = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Reply(bytes) => match Reply::parse(bytes) {
                    Ok(reply) if reply.is_success() => Told::Reply(reply.data.to_vec()),
                    _ => Told::Failure,
                },
                Progress::Record(record) => Told::Record(self.config.reading.read(&record)),
            };
            match told {
                Told::Reply(data) => self.answered(&data, now),
                Told::Failure => self.counters.foreign += 1,
                Told::Record(scan) => self.scanned(scan, now),
            }
        }
        if self.decoder.holding() == Holding::Nothing {
            self.last_byte = None;
        }
    }

    fn scanned(&mut self, scan: Result<Scan, ScanError>, now: Tick) {
        // Whatever it was, the read that was triggered is over.
        if self.reading_until.take().is_some() {
            self.next = now + self.config.module.map_or(Duration::ZERO, |module| module.pause);
        }
        match scan {
            Ok(Scan::Code(code)) => {
                self.counters.readings += 1;
                self.tell(DeviceEvent::Seen(Sighting::of(code.identity())));
            }
            Ok(Scan::NoRead) => self.no_reads += 1,
            Err(_) => self.refused_records += 1,
        }
    }

    /// A reply names no command, so it must at least have the length that the command out asks for.
    fn answered(&mut self, data: &[u8], now: Tick) {
        let fits = |asked: &Asked| match asked {
            Asked::Identity => data.len() == 6,
            Asked::Block { count, .. } => data.len() == usize::from(*count),
            Asked::Zone { .. } | Asked::Trigger => data == [0],
        };
        let Some((asked, _)) = self.pending.take_if(|(asked, _)| fits(asked)) else {
            self.counters.foreign += 1;
            return;
        };
        self.missed = 0;
        self.next = now;
        match asked {
            Asked::Identity => self.identified(data),
            Asked::Block { zone, .. } => self.learned(zone, data, now),
            Asked::Zone { zone, value } => self.written(zone, value),
            Asked::Trigger => {
                let read_time = self.config.module.map_or(0, |module| module.read_time.get());
                self.reading_until =
                    Some(now + Duration::from_millis(100) * u32::from(read_time) + REPLY_TIME);
            }
        }
    }

    fn identified(&mut self, data: &[u8]) {
        if let Ok(zones) = data.try_into() {
            self.online = true;
            self.told_silent = false;
            self.phase = Phase::Read(0);
            self.tell(DeviceEvent::Online(Identity::of(zones).describe().into()));
        }
    }

    fn learned(&mut self, zone: u16, data: &[u8], now: Tick) {
        let Some(settings) = self.settings.as_mut() else { return };
        settings.learn(zone, data);
        if let Phase::Read(place) = self.phase
            && settings.block(place + 1).is_some()
        {
            self.phase = Phase::Read(place + 1);
            return;
        }
        match (settings.due(), self.verifying) {
            (Some(_), false) => self.phase = Phase::Write,
            (Some((zone, value)), true) => {
                self.configured = false;
                if !core::mem::replace(&mut self.told_refused, true) {
                    let text = format!("zone {zone:04X} does not keep the value {value:02X}");
                    self.tell(DeviceEvent::Refused(text.into()));
                }
                self.run(now);
            }
            (None, verifying) => {
                self.told_refused = false;
                if !core::mem::replace(&mut self.configured, true) || verifying {
                    self.tell(DeviceEvent::Configured);
                }
                self.run(now);
            }
        }
    }

    fn written(&mut self, zone: u16, value: u8) {
        let Some(settings) = self.settings.as_mut() else { return };
        settings.learn(zone, &[value]);
        if settings.due().is_none() {
            self.verifying = true;
            self.phase = Phase::Read(0);
        }
    }

    fn run(&mut self, now: Tick) {
        self.verifying = false;
        self.phase = Phase::Run;
        self.probe_at = now + self.config.module.map_or(Duration::ZERO, |module| module.probe);
    }

    /// The command out stays without answer; that is all by which a module tells that something was wrong.
    fn miss(&mut self, now: Tick) {
        self.counters.timeouts += 1;
        self.pending = None;
        self.next = now;
        self.missed = self.missed.saturating_add(1);
        if self.missed < TRIES {
            return;
        }
        self.missed = 0;
        self.next = now + SILENT_PAUSE;
        self.phase = Phase::Identify;
        self.verifying = false;
        self.online = false;
        self.configured = false;
        self.reading_until = None;
        if let Some(settings) = &mut self.settings {
            settings.forget();
        }
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
    }

    fn advance(&mut self, now: Tick) {
        if self.settings.is_none() {
            return;
        }
        if self.pending.is_some_and(|(_, due)| now >= due) {
            self.miss(now);
        }
        if self.pending.is_some() {
            return;
        }
        self.reading_until = self.reading_until.filter(|until| now < *until);
        if self.phase == Phase::Run && now >= self.probe_at {
            self.phase = Phase::Read(0);
            self.next = now;
        }
        if now < self.next {
            return;
        }
        if let Some(asked) = self.ask() {
            self.pending = Some((asked, now + REPLY_TIME));
            self.outputs.push_back(Output::Send(bytes(asked)));
        }
    }

    /// What the phase asks for now.
    fn ask(&self) -> Option<Asked> {
        let settings = self.settings.as_ref()?;
        match self.phase {
            Phase::Identify => Some(Asked::Identity),
            Phase::Read(place) => settings.block(place).map(|(zone, count)| Asked::Block { zone, count }),
            Phase::Write => settings.due().map(|(zone, value)| Asked::Zone { zone, value }),
            Phase::Run => {
                let commanded = self.config.module.is_some_and(|module| module.trigger == Trigger::Command);
                (commanded && self.reading_until.is_none()).then_some(Asked::Trigger)
            }
        }
    }

    /// Silence that ends what is held.
    fn patience(&self) -> Duration {
        match self.decoder.holding() {
            // 20 ms on a plain line, where a record may pause for 50.
            Holding::Start => self.config.gap * 2 / 5,
            Holding::Nothing | Holding::Text => self.config.gap,
            Holding::Reply => self.config.gap.max(FRAME_TIME),
        }
    }

    fn next_wake(&self) -> Option<Tick> {
        let item_ends = self.last_byte.map(|last| last + self.patience());
        let command = match self.pending {
            Some((_, due)) => Some(due),
            None => self.ask().map(|_| self.next),
        };
        let running = self.settings.is_some() && self.phase == Phase::Run && self.pending.is_none();
        let probe = running.then_some(self.probe_at);
        let read_ends = self.reading_until.filter(|_| running);
        [item_ends, command, probe, read_ends].into_iter().flatten().min()
    }
}

impl Talk for Session {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        if self.last_byte.is_some_and(|last| now >= last + self.patience()) {
            self.end_item(now);
        }
        let is_plain = self.settings.is_none() && !matches!(input, Input::Gap);
        if is_plain && !core::mem::replace(&mut self.online, true) {
            self.tell(DeviceEvent::Online("scanner without commands".into()));
        }
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Gap => {
                self.end_item(now);
                // Who is at the other end of a line that broke off is not known any more.
                self.online = self.online && self.settings.is_some();
            }
            Input::Deadline => {}
        }
        self.advance(now);
        self.counters.bytes = self.decoder.tally();
        self.counters.malformed = self.decoder.spoilt().total().saturating_add(self.refused_records);
        self.wake = self.next_wake();
    }

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

fn bytes(asked: Asked) -> Vec<u8> {
    let written;
    let request = match asked {
        Asked::Identity => Request::Read { zone: zone::IDENTITY, count: 6 },
        Asked::Block { zone, count } => Request::Read { zone, count },
        Asked::Zone { zone, value } => {
            written = [value];
            Request::Write { zone, data: &written }
        }
        Asked::Trigger => Request::Write { zone: zone::TRIGGER, data: &[1] },
    };
    // Never too long: a block is 14 zones at most.
    request.encode().unwrap_or_default()
}
