//! 超高频读写器: firmware of a reader of the 288 family with four antennas.
//! Chosen where the manual is silent: an inventory ends when all tags before its antenna are read, and without tags after
//! `Timing::empty`, then with an empty list; in real-time mode, whatever its input says, all but three commands are lost
//! without an answer; antennas are asked at once in real-time mode.
//! Absent: masks with bits and sessions other than S0 (all tags answer, always); statistics packets; antenna check.
//! Source: UHF RFID Reader Series User Manual V2.20, commands 0x01, 0x21 and 0x75 to 0x78.

use super::line::{Heard, Knobs, Line, List};
use super::{Field, Timing};
use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::tick::Tick;
use protocols::uhf::repr::{
    Baud, Command, CommandError, InventoryPlan, InventoryTime, Pause, Power, QValue, ReadMode,
    ReadModeReport, ReaderInfo, RealTime, Reply, TagProtocol, TagSession, TidPart, code,
};
use protocols::uhf::status::Status;
use protocols::uhf::tag::{Family, TagRead};
use protocols::uhf::wire::{BROADCAST, HostFrame};

/// Antennas of the simulated reader.
const PORTS: u8 = 4;
/// Mask of 32 bytes without bits, TID range 0: what this reader says behind the five parameters.
const NO_SELECTION: [u8; 38] = {
    let mut bytes = [0; 38];
    bytes[0] = 1;
    bytes
};
/// Signal strength of a tag that entered without one.
const USUAL_RSSI: u8 = 0x50;
/// Unit of the heartbeat's period.
const HEARTBEAT_UNIT: Duration = Duration::from_secs(30);

/// What a reader of the 288 family keeps over a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings288 {
    /// Bus address.
    pub address: u8,
    /// Line rate.
    pub baud: Baud,
    /// RF power, dBm.
    pub power: u8,
    /// Longest inventory, where a command does not say otherwise.
    pub inventory_time: InventoryTime,
    /// When it reads.
    pub mode: ReadMode,
    /// How it reads unasked.
    pub real_time: RealTime,
    /// Period of the heartbeat, units of 30 s; 0 for never.
    pub heartbeat: u8,
    /// Antennas that are switched on, bit 0 for the first.
    pub antennas: u8,
}

impl Settings288 {
    /// As it leaves the factory: address 0, 57600 bit/s, 30 dBm, 2 s, answer mode, first antenna.
    #[must_use]
    pub fn factory() -> Self {
        let real_time = RealTime {
            protocol: TagProtocol::Gen2,
            pause: Pause::SHORTEST,
            filter: 1,
            q: QValue::of(4),
            session: TagSession::S0,
        };
        Self {
            address: 0,
            baud: Baud::B57600,
            power: 30,
            inventory_time: InventoryTime::new(20).unwrap_or(InventoryTime::SHORTEST),
            mode: ReadMode::Answer,
            real_time,
            heartbeat: 0,
            antennas: 1,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Inventory {
    command: u8,
    /// Bit of the antenna.
    antenna: u8,
    whole: Duration,
    with_tid: bool,
    tid: Option<TidPart>,
    ends: Tick,
    limit: Tick,
}

/// One reader of the 288 family on one serial port. A tag's `antenna` says before which antennas it stands, bit 0 for the
/// first and without it; its `tid` is told to who asks for it.
#[derive(Debug)]
pub struct UhfReader288<P> {
    line: Line<P>,
    settings: Settings288,
    timing: Timing,
    running: Option<Inventory>,
    next_round: Option<Tick>,
    /// Since when no tag was told in real-time mode.
    quiet_since: Option<Tick>,
    heartbeats: u32,
    told: u32,
    outputs: (bool, bool),
    field: Field,
    trigger_high: bool,
}

impl<P: Read + Write + ReadReady> UhfReader288<P> {
    /// A reader that has just been powered.
    pub fn new(port: P, settings: Settings288, timing: Timing) -> Self {
        Self {
            line: Line::new(port),
            settings,
            timing,
            running: None,
            next_round: None,
            quiet_since: None,
            heartbeats: 0,
            told: 0,
            outputs: (false, false),
            field: Field::default(),
            trigger_high: true,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.line.port
    }

    /// What is wrong with it.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.line.knobs
    }

    /// What it keeps over a power cut.
    #[must_use]
    pub fn settings(&self) -> Settings288 {
        self.settings
    }

    /// The tags before its antennas.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The next tag that it told for the first time since the tag entered; call until `None`.
    pub fn next_fresh(&mut self) -> Option<TagRead> {
        self.field.next_fresh()
    }

    /// How many bytes came while an inventory ran, and were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.line.lost()
    }

    /// A tag enters the field; `false` when it was there.
    pub fn enter(&mut self, tag: TagRead, now: Tick) -> bool {
        let seen = |antenna: u8| self.field.iter().filter(|tag| before(tag) & antenna != 0).count();
        let was_empty = self.running.is_some_and(|running| seen(running.antenna) == 0);
        let new = self.field.enter(tag);
        if let Some(running) =
            self.running.as_mut().filter(|running| was_empty && before(&tag) & running.antenna != 0)
        {
            running.ends = running.ends.min(now + self.timing.per_tag);
        }
        new
    }

    /// A tag leaves the field; `false` when it was not there.
    pub fn leave(&mut self, epc: &[u8]) -> bool {
        self.field.leave(epc)
    }

    /// The level of its input, for real-time mode while it is low.
    pub fn trigger(&mut self, high: bool) {
        self.trigger_high = high;
    }

    /// Power was away and is back: what ran is forgotten, what was saved holds.
    pub fn reboot(&mut self) {
        self.line.reset();
        (self.running, self.next_round, self.quiet_since) = (None, None, None);
        (self.heartbeats, self.told, self.outputs) = (0, 0, (false, false));
    }

    /// Somebody pressed the reset: everything as from the factory.
    pub fn factory_reset(&mut self) {
        self.settings = Settings288::factory();
        self.reboot();
    }

    /// Does what is due: hears commands, ends inventories, tells tags and heartbeats.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        self.finish(now)?;
        while let Some(heard) = self.line.next(now, self.running.is_some())? {
            match heard {
                Heard::Bad(to) if to == self.settings.address || to == BROADCAST => {
                    self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand, now)?;
                }
                Heard::Bad(_) => {}
                Heard::Frame(bytes) => {
                    if let Ok(frame) = HostFrame::parse(&bytes) {
                        self.obey(&frame, now)?;
                    }
                }
            }
        }
        self.scan(now)?;
        self.beat(now)?;
        self.line.babble(self.settings.address, Family::Uhf288, now)?;
        self.line.flush(now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let round = match self.next_round {
            None if self.scanning() && self.sees_any() => Some(Tick::default()),
            planned => planned,
        };
        let beat = self.heartbeat().map(|period| match self.quiet_since {
            Some(since) => since + period,
            None => Tick::default(),
        });
        let ends = self.running.map(|running| running.ends);
        [self.line.wake(), round, beat, ends].into_iter().flatten().min()
    }

    fn obey(&mut self, frame: &HostFrame<'_>, now: Tick) -> Result<(), P::Error> {
        if frame.address != self.settings.address && frame.address != BROADCAST {
            return Ok(());
        }
        let heard_always = [code::READER_INFORMATION, code::SET_READ_MODE, code::GET_READ_MODE];
        if self.settings.mode != ReadMode::Answer && !heard_always.contains(&frame.code) {
            return Ok(());
        }
        match Command::decode(frame, Family::Uhf288) {
            Err(CommandError::Unknown) => self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand, now),
            Err(refusal) => self.answer(frame.code, refusal.status(), now),
            Ok(command) => self.execute(command, now),
        }
    }

    fn execute(&mut self, command: Command, now: Tick) -> Result<(), P::Error> {
        let before = self.settings.address;
        match command {
            Command::InventoryBy(plan) => return self.start(code::INVENTORY, Some(plan), now),
            Command::InventoryOne => return self.start(code::INVENTORY_ONE, None, now),
            Command::ReaderInformation => return self.send(&Reply::Information(self.information()), now),
            Command::GetReadMode => {
                let Settings288 { mode, real_time, .. } = self.settings;
                let report = ReadModeReport { mode, real_time, selection: &NO_SELECTION };
                return self.send(&Reply::ReadMode(report), now);
            }
            Command::GetPins => {
                let (first, second) = self.outputs;
                let pins = u8::from(self.trigger_high) | u8::from(first) << 4 | u8::from(second) << 5;
                return self.send(&Reply::Pins(pins), now);
            }
            Command::Heartbeat(time) => {
                self.settings.heartbeat = time.order().unwrap_or(self.settings.heartbeat);
                return self.send(&Reply::HeartbeatTime(self.settings.heartbeat), now);
            }
            Command::SetAddress(address) => self.settings.address = address,
            Command::SetInventoryTime(time) => self.settings.inventory_time = time,
            Command::SetBaud(baud) => self.settings.baud = baud,
            Command::SetPower(power) => self.settings.power = Power::dbm(power),
            Command::Beep { .. } => {}
            Command::SetOutputs { first, second } => self.outputs = (first, second),
            Command::SetRealTime { settings, .. } => self.settings.real_time = settings,
            Command::SetReadMode(mode) => {
                self.settings.mode = mode;
                (self.next_round, self.quiet_since) = (None, None);
            }
            // The decoder gives those of this family only.
            Command::Inventory | Command::SetWorkMode(_) | Command::GetWorkMode => {
                return self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand, now);
            }
        }
        // The reply still carries the old address.
        let done = Reply::Answer { command: command.code(), status: Status::Success, detail: None };
        self.line.send(before, Family::Uhf288, &done, now)
    }

    fn information(&self) -> ReaderInfo {
        ReaderInfo {
            version: [1, 0x14],
            kind: 0x20,
            protocols: 0x02,
            max_channel: 0x31,
            min_channel: 0x80,
            power: self.settings.power,
            inventory_time: self.settings.inventory_time.tenths(),
            ports: Some([self.settings.antennas, 0, 0, 0]),
        }
    }

    fn start(&mut self, command: u8, plan: Option<InventoryPlan>, now: Tick) -> Result<(), P::Error> {
        let scan = plan.and_then(|plan| plan.scan);
        let first = self.settings.antennas.trailing_zeros();
        let index = scan.map_or(u8::try_from(first).unwrap_or(0), |scan| scan.port.number() - 1);
        if index >= PORTS {
            return self.answer(command, Status::ParameterError, now);
        }
        let antenna = 1 << index;
        if self.line.knobs.cut & antenna != 0 {
            let reply = Reply::Answer { command, status: Status::AntennaError, detail: Some(antenna) };
            return self.send(&reply, now);
        }
        let tenths = scan.map_or(self.settings.inventory_time.tenths(), |scan| scan.tenths.max(1));
        let whole = Duration::from_millis(100) * u32::from(tenths);
        let there = self.field.iter().filter(|tag| before(tag) & antenna != 0).count();
        let tags = if command == code::INVENTORY_ONE { there.min(1) } else { there };
        let limit = now + whole;
        self.running = Some(Inventory {
            command,
            antenna,
            whole,
            with_tid: plan.is_some_and(|plan| plan.q.asks_tid()),
            tid: plan.and_then(|plan| plan.tid),
            ends: (now + self.timing.takes(tags)).min(limit),
            limit,
        });
        Ok(())
    }

    fn finish(&mut self, now: Tick) -> Result<(), P::Error> {
        let Some(running) = self.running.filter(|running| running.ends <= now) else { return Ok(()) };
        let Inventory { command, antenna, whole, with_tid, tid, limit, .. } = running;
        self.running = None;
        self.line.lose()?;
        let most = if command == code::INVENTORY_ONE { 1 } else { self.timing.fits(whole) };
        let there = self.field.iter().filter(|tag| before(tag) & antenna != 0).count();
        let cut = command == code::INVENTORY && there > most && limit <= now;
        let seen = self.field.tell_seen(most, Duration::ZERO, now, |tag| before(tag) & antenna != 0);
        let reads: Vec<TagRead> = seen.iter().filter_map(|read| as_told(read, with_tid, tid)).collect();
        self.told = self.told.wrapping_add(u32::try_from(reads.len()).unwrap_or(u32::MAX));
        let last = if cut { Status::TimeRanOut } else { Status::Finished };
        let address = self.settings.address;
        let list = List { family: Family::Uhf288, address, antenna, command, last };
        self.line.send_tags(&list, &reads, now)
    }

    fn scanning(&self) -> bool {
        match self.settings.mode {
            ReadMode::Answer | ReadMode::TriggerHigh => false,
            ReadMode::Scan => true,
            ReadMode::TriggerLow => !self.trigger_high,
        }
    }

    /// The antennas that work in real-time mode.
    fn antennas(&self) -> u8 {
        self.settings.antennas & !self.line.knobs.cut
    }

    fn sees_any(&self) -> bool {
        self.field.iter().any(|tag| before(tag) & self.antennas() != 0)
    }

    fn scan(&mut self, now: Tick) -> Result<(), P::Error> {
        if !self.scanning() || !self.sees_any() {
            self.next_round = None;
            return Ok(());
        }
        let due = *self.next_round.get_or_insert(now + self.timing.per_tag);
        if due > now {
            return Ok(());
        }
        let RealTime { pause, filter, .. } = self.settings.real_time;
        let pause = Duration::from_millis(u64::from(pause.millis()));
        self.next_round = Some(now + self.timing.round + pause);
        let repeat = Duration::from_secs(u64::from(filter));
        let on = self.antennas();
        for read in self.field.tell_seen(usize::MAX, repeat, now, |tag| before(tag) & on != 0) {
            if let Some(told) = as_told(&read, false, None) {
                let told = told.seen_by(before(&read) & on, told.rssi.unwrap_or(USUAL_RSSI));
                self.told = self.told.wrapping_add(1);
                self.quiet_since = Some(now);
                self.send(&Reply::Seen(told), now)?;
            }
        }
        Ok(())
    }

    /// The heartbeat's period, if there is one now.
    fn heartbeat(&self) -> Option<Duration> {
        let beats = self.settings.mode != ReadMode::Answer && self.settings.heartbeat > 0;
        beats.then(|| HEARTBEAT_UNIT * u32::from(self.settings.heartbeat))
    }

    fn beat(&mut self, now: Tick) -> Result<(), P::Error> {
        let Some(period) = self.heartbeat() else {
            self.quiet_since = None;
            return Ok(());
        };
        let since = *self.quiet_since.get_or_insert(now);
        if now.since(since) < period {
            return Ok(());
        }
        self.quiet_since = Some(now);
        self.heartbeats = self.heartbeats.wrapping_add(1);
        let mut ports = [0; PORTS as usize];
        for (index, port) in ports.iter_mut().enumerate() {
            let bit = |mask: u8| mask >> index & 1 == 1;
            *port = match (bit(self.settings.antennas), bit(self.line.knobs.cut)) {
                (false, _) => 0,
                (true, false) => 1,
                (true, true) => 2,
            };
        }
        self.send(&Reply::Heartbeat { number: self.heartbeats, ports: &ports, total: self.told }, now)
    }

    fn answer(&mut self, command: u8, status: Status, now: Tick) -> Result<(), P::Error> {
        self.send(&Reply::Answer { command, status, detail: None }, now)
    }

    fn send(&mut self, reply: &Reply<'_>, now: Tick) -> Result<(), P::Error> {
        self.line.send(self.settings.address, Family::Uhf288, reply, now)
    }
}

/// Before which antennas a tag stands.
fn before(tag: &TagRead) -> u8 {
    tag.antenna.unwrap_or(1)
}

/// A tag as an inventory tells it; `None` when it has no TID to tell in place of its EPC.
fn as_told(tag: &TagRead, with_tid: bool, part: Option<TidPart>) -> Option<TagRead> {
    let (antenna, rssi) = (before(tag), tag.rssi.unwrap_or(USUAL_RSSI));
    if let Some(TidPart { first, words }) = part.filter(|part| part.words > 0) {
        let from = 2 * usize::from(first);
        let words = tag.tid?.get(from..from + 2 * usize::from(words)).and_then(TagRead::new)?;
        return Some(words.seen_by(antenna, rssi));
    }
    let epc = TagRead::new(tag.epc())?.seen_by(antenna, rssi);
    Some(tag.tid.filter(|_| with_tid).map_or(epc, |tid| epc.with_tid(tid)))
}
