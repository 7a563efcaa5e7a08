//! 超高频读写器: firmware of an UHFReader18-like reader: answers what it is asked, or scans and tells unasked.
//! Promises: one command at a time, what comes while one runs is lost without an answer; another address is met with
//! silence; a frame with a bad CRC and an unknown command get reCmd 00, status FE.
//! Chosen where the manual is silent: an inventory ends when all tags in the field are read, and without tags after
//! `Timing::empty`; in scan mode the two inventory commands are refused with F9, all others are carried out.
//! Absent: memory-bank reports (Mem_Inven 0 to 3 are kept and report nothing), 6B tags, Wiegand pulses.
//! Source: UHFReader18 manual V2.0, chapters 4 to 8.

mod field;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::frame::Progress;
use protocols::tick::Tick;
use protocols::uhf::repr::{
    Baud, Command, CommandError, InventoryTime, Power, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport,
    code,
};
use protocols::uhf::status::Status;
use protocols::uhf::tag::{Family, TagRead, Tags};
use protocols::uhf::wire::{BROADCAST, HostFrame, READER_DATA_MAX, Side, UhfDecoder};

pub use field::Field;

/// A longer gap between two bytes ends the frame (manual: less than 15 ms within a frame).
pub const GAP: Duration = Duration::from_millis(15);

/// How long reading takes. The manual names no figures; these are those of small integrated readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Reading one tag.
    pub per_tag: Duration,
    /// Finding out that there is none.
    pub empty: Duration,
    /// From one round of scan mode to the next.
    pub round: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            per_tag: Duration::from_millis(5),
            empty: Duration::from_millis(60),
            round: Duration::from_millis(40),
        }
    }
}

/// What a reader keeps over a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bus address.
    pub address: u8,
    /// Line rate.
    pub baud: Baud,
    /// RF power, dBm.
    pub power: u8,
    /// Longest inventory.
    pub inventory_time: InventoryTime,
    /// When it reads and what it tells.
    pub mode: WorkMode,
}

impl Settings {
    /// As it leaves the factory: address 0, 57600 bit/s, 30 dBm, 1 s, answer mode.
    #[must_use]
    pub fn factory() -> Self {
        Self {
            address: 0,
            baud: Baud::B57600,
            power: 30,
            inventory_time: InventoryTime::new(10).unwrap_or(InventoryTime::SHORTEST),
            mode: WorkMode { repeat: 1, ..WorkMode::serial(ReadMode::Answer) },
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Inventory {
    command: u8,
    ends: Tick,
    limit: Tick,
}

/// One reader on one serial port.
#[derive(Debug)]
pub struct UhfReader<P> {
    port: P,
    settings: Settings,
    timing: Timing,
    decoder: UhfDecoder,
    heard: Tick,
    running: Option<Inventory>,
    next_round: Option<Tick>,
    field: Field,
    trigger_high: bool,
    lost: u64,
}

impl<P: Read + Write + ReadReady> UhfReader<P> {
    /// A reader that has just been powered.
    pub fn new(port: P, settings: Settings, timing: Timing) -> Self {
        Self {
            port,
            settings,
            timing,
            decoder: UhfDecoder::new(Side::Host),
            heard: Tick::default(),
            running: None,
            next_round: None,
            field: Field::default(),
            trigger_high: true,
            lost: 0,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// What it keeps over a power cut.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The tags before its antenna.
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
        self.lost
    }

    /// A tag enters the field; `false` when it was there.
    pub fn enter(&mut self, tag: TagRead, now: Tick) -> bool {
        let was_empty = self.field.is_empty();
        let new = self.field.enter(tag);
        if let Some(running) = self.running.as_mut().filter(|_| was_empty) {
            running.ends = running.ends.min(now + self.timing.per_tag);
        }
        new
    }

    /// A tag leaves the field; `false` when it was not there.
    pub fn leave(&mut self, epc: &[u8]) -> bool {
        self.field.leave(epc)
    }

    /// The level of the trigger input, for work modes 2 and 3.
    pub fn trigger(&mut self, high: bool) {
        self.trigger_high = high;
    }

    /// Power was away and is back: what ran is forgotten, what was saved holds.
    pub fn reboot(&mut self) {
        self.decoder = UhfDecoder::new(Side::Host);
        self.running = None;
        self.next_round = None;
    }

    /// Somebody pressed the reset: everything as from the factory.
    pub fn factory_reset(&mut self) {
        self.settings = Settings::factory();
        self.reboot();
    }

    /// Does what is due: hears commands, ends inventories, tells tags.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        self.finish(now)?;
        self.listen(now)?;
        self.scan(now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let gap = (self.decoder.held() > 0).then_some(self.heard + GAP);
        let round = match self.next_round {
            None if self.scanning() && self.running.is_none() && !self.field.is_empty() => {
                Some(Tick::default())
            }
            planned => planned,
        };
        [gap, round, self.running.map(|running| running.ends)].into_iter().flatten().min()
    }

    fn listen(&mut self, now: Tick) -> Result<(), P::Error> {
        let mut chunk = [0; 64];
        while self.port.read_ready()? {
            let count = self.port.read(&mut chunk)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            if self.decoder.held() > 0 && now.since(self.heard) >= GAP {
                self.decoder.gap();
                self.obey_all(now)?;
            }
            self.hear(bytes, now)?;
        }
        if self.decoder.held() > 0 && now.since(self.heard) >= GAP {
            self.decoder.gap();
            self.obey_all(now)?;
        }
        Ok(())
    }

    fn hear(&mut self, mut bytes: &[u8], now: Tick) -> Result<(), P::Error> {
        self.heard = now;
        while !bytes.is_empty() {
            if self.running.is_some() {
                self.lost = self.lost.saturating_add(bytes.len() as u64);
                return Ok(());
            }
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.obey_all(now)?;
        }
        Ok(())
    }

    fn obey_all(&mut self, now: Tick) -> Result<(), P::Error> {
        loop {
            match self.decoder.pull() {
                Progress::NeedMore => return Ok(()),
                Progress::Noise { .. } => {}
                Progress::BadCheck(bytes) => {
                    if matches!(bytes.get(1), Some(to) if *to == self.settings.address || *to == BROADCAST) {
                        self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand)?;
                    }
                }
                Progress::Frame(bytes) => {
                    let bytes: Vec<u8> = bytes.to_vec();
                    match HostFrame::parse(&bytes) {
                        Ok(frame) if self.running.is_none() => self.obey(&frame, now)?,
                        _ => self.lost = self.lost.saturating_add(bytes.len() as u64),
                    }
                }
            }
        }
    }

    fn obey(&mut self, frame: &HostFrame<'_>, now: Tick) -> Result<(), P::Error> {
        if frame.address != self.settings.address && frame.address != BROADCAST {
            return Ok(());
        }
        match Command::decode(frame) {
            Err(CommandError::Unknown) => self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand),
            Err(refusal) => self.answer(frame.code, refusal.status()),
            Ok(command) => self.execute(command, now),
        }
    }

    fn execute(&mut self, command: Command, now: Tick) -> Result<(), P::Error> {
        let before = self.settings;
        match command {
            Command::Inventory | Command::InventoryOne if self.scanning() => {
                return self.answer(command.code(), Status::ExecutionError);
            }
            Command::Inventory | Command::InventoryOne => {
                self.start(command.code(), now);
                return Ok(());
            }
            Command::ReaderInformation => return self.send(&Reply::Information(self.information())),
            Command::GetWorkMode => {
                let report = WorkModeReport {
                    wiegand: [0x00, 0x1E, 0x0A, 0x0F],
                    mode: self.settings.mode,
                    accuracy: 0,
                    offset: 0,
                };
                return self.send(&Reply::WorkMode(report));
            }
            Command::SetAddress(address) => self.settings.address = address,
            Command::SetInventoryTime(time) => self.settings.inventory_time = time,
            Command::SetBaud(baud) => self.settings.baud = baud,
            Command::SetPower(power) => self.settings.power = Power::dbm(power),
            Command::Beep { .. } => {}
            Command::SetWorkMode(mode) => {
                self.settings.mode = mode;
                self.next_round = None;
            }
        }
        // The reply still carries the old address.
        self.send_from(before.address, &answer(command.code(), Status::Success))
    }

    fn information(&self) -> ReaderInfo {
        ReaderInfo {
            version: [2, 0x0B],
            kind: 0x09,
            protocols: 0x03,
            max_channel: 0x4E,
            min_channel: 0x00,
            power: self.settings.power,
            inventory_time: self.settings.inventory_time.tenths(),
            ports: None,
        }
    }

    fn start(&mut self, command: u8, now: Tick) {
        let limit = now + Duration::from_millis(100) * u32::from(self.settings.inventory_time.tenths());
        let takes = match self.field.len() {
            0 => self.timing.empty,
            _ if command == code::INVENTORY_ONE => self.timing.per_tag,
            tags => self.timing.per_tag * u32::try_from(tags).unwrap_or(u32::MAX),
        };
        self.running = Some(Inventory { command, ends: (now + takes).min(limit), limit });
    }

    fn finish(&mut self, now: Tick) -> Result<(), P::Error> {
        let Some(Inventory { command, limit, .. }) = self.running.filter(|running| running.ends <= now)
        else {
            return Ok(());
        };
        self.running = None;
        // What is in the port came while the inventory ran.
        let mut chunk = [0; 64];
        while self.port.read_ready()? {
            match self.port.read(&mut chunk)? {
                0 => break,
                count => self.lost = self.lost.saturating_add(count as u64),
            }
        }
        let whole = Duration::from_millis(100) * u32::from(self.settings.inventory_time.tenths());
        let fits = whole.as_micros().checked_div(self.timing.per_tag.as_micros()).unwrap_or(u128::MAX);
        let most = match command {
            code::INVENTORY_ONE => 1,
            _ => usize::try_from(fits).unwrap_or(usize::MAX),
        };
        let cut = command == code::INVENTORY && self.field.len() > most && limit <= now;
        let reads = self.field.tell(most, Duration::ZERO, now);
        if reads.is_empty() {
            return self.answer(command, Status::NoTag);
        }
        let last = if cut { Status::TimeRanOut } else { Status::Finished };
        let mut left = reads.as_slice();
        while !left.is_empty() {
            let (now_told, rest) = left.split_at(fitting(left));
            let status = if rest.is_empty() { last } else { Status::MoreFollows };
            let list = Tags::write(Family::Uhf18, 0, now_told);
            if let Some(tags) = Tags::parse(Family::Uhf18, &list) {
                self.send(&Reply::Tags { command, status, tags })?;
            }
            left = rest;
        }
        Ok(())
    }

    fn scanning(&self) -> bool {
        match self.settings.mode.read {
            ReadMode::Answer => false,
            ReadMode::Scan => true,
            ReadMode::TriggerLow => !self.trigger_high,
            ReadMode::TriggerHigh => self.trigger_high,
        }
    }

    fn scan(&mut self, now: Tick) -> Result<(), P::Error> {
        if !self.scanning() || self.running.is_some() || self.field.is_empty() {
            self.next_round = None;
            return Ok(());
        }
        let due = *self.next_round.get_or_insert(now + self.timing.per_tag);
        if due > now {
            return Ok(());
        }
        self.next_round = Some(now + self.timing.round.max(Duration::from_millis(1)));
        let mode = self.settings.mode;
        let serial_output = mode.state & 0x02 != 0;
        let most = match mode.inventory {
            4 | 6 => usize::MAX,
            5 => 1,
            _ => 0,
        };
        let repeat = Duration::from_secs(u64::from(mode.repeat));
        for read in self.field.tell(if serial_output { most } else { 0 }, repeat, now) {
            self.send(&if mode.inventory == 6 { Reply::EasAlarm } else { Reply::Seen(read) })?;
        }
        Ok(())
    }

    fn answer(&mut self, command: u8, status: Status) -> Result<(), P::Error> {
        self.send(&answer(command, status))
    }

    fn send(&mut self, reply: &Reply<'_>) -> Result<(), P::Error> {
        self.send_from(self.settings.address, reply)
    }

    fn send_from(&mut self, address: u8, reply: &Reply<'_>) -> Result<(), P::Error> {
        // Never too long: lists are cut by `fitting`, everything else is short.
        let bytes = reply.encode(address, Family::Uhf18).unwrap_or_default();
        self.port.write_all(&bytes)
    }
}

fn answer(command: u8, status: Status) -> Reply<'static> {
    Reply::Answer { command, status, detail: None }
}

/// How many of the first reads fit one frame; at least one, since an EPC is 62 bytes at most.
fn fitting(reads: &[TagRead]) -> usize {
    let mut room = READER_DATA_MAX - 1;
    let fit = reads.iter().take_while(|read| match room.checked_sub(read.epc().len() + 1) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    fit.count().max(1)
}
