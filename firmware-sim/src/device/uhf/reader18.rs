//! 超高频读写器: firmware of a reader of the 18 family.
//! Chosen where the manual is silent: an inventory ends when all tags in the field are read, and without tags after
//! `Timing::empty`; in scan mode the two inventory commands are refused with F9, all others are carried out.
//! Absent: memory-bank reports (Mem_Inven 0 to 3 are kept and report nothing), antennas and signal strength.
//! Source: UHFReader18 manual V2.0, chapters 4 to 8.

use super::line::{Heard, Knobs, Line, List};
use super::{Field, Timing};
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::tick::Tick;
use protocols::uhf::repr::{
    Baud, Command, CommandError, InventoryTime, Power, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport,
    code,
};
use protocols::uhf::status::Status;
use protocols::uhf::tag::{Family, TagRead};
use protocols::uhf::wire::{BROADCAST, HostFrame};

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
    line: Line<P>,
    settings: Settings,
    timing: Timing,
    running: Option<Inventory>,
    next_round: Option<Tick>,
    field: Field,
    trigger_high: bool,
}

impl<P: Read + Write + ReadReady> UhfReader<P> {
    /// A reader that has just been powered.
    pub fn new(port: P, settings: Settings, timing: Timing) -> Self {
        Self {
            line: Line::new(port),
            settings,
            timing,
            running: None,
            next_round: None,
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
        self.line.lost()
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
        self.line.reset();
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
        self.line.babble(self.settings.address, Family::Uhf18, now)?;
        self.line.flush(now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let round = match self.next_round {
            None if self.scanning() && self.running.is_none() && !self.field.is_empty() => {
                Some(Tick::default())
            }
            planned => planned,
        };
        [self.line.wake(), round, self.running.map(|running| running.ends)].into_iter().flatten().min()
    }

    fn obey(&mut self, frame: &HostFrame<'_>, now: Tick) -> Result<(), P::Error> {
        if frame.address != self.settings.address && frame.address != BROADCAST {
            return Ok(());
        }
        match Command::decode(frame, Family::Uhf18) {
            Err(CommandError::Unknown) => self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand, now),
            Err(refusal) => self.answer(frame.code, refusal.status(), now),
            Ok(command) => self.execute(command, now),
        }
    }

    fn execute(&mut self, command: Command, now: Tick) -> Result<(), P::Error> {
        let before = self.settings;
        match command {
            Command::Inventory | Command::InventoryOne if self.scanning() => {
                return self.answer(command.code(), Status::ExecutionError, now);
            }
            Command::Inventory | Command::InventoryOne => {
                self.start(command.code(), now);
                return Ok(());
            }
            Command::ReaderInformation => return self.send(&Reply::Information(self.information()), now),
            Command::GetWorkMode => {
                let report = WorkModeReport {
                    wiegand: [0x00, 0x1E, 0x0A, 0x0F],
                    mode: self.settings.mode,
                    accuracy: 0,
                    offset: 0,
                };
                return self.send(&Reply::WorkMode(report), now);
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
            // The decoder gives those of this family only.
            _ => return self.answer(code::NOT_UNDERSTOOD, Status::IllegalCommand, now),
        }
        // The reply still carries the old address.
        let done = Reply::Answer { command: command.code(), status: Status::Success, detail: None };
        self.line.send(before.address, Family::Uhf18, &done, now)
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
        let tags = if command == code::INVENTORY_ONE { self.field.len().min(1) } else { self.field.len() };
        let takes = self.timing.takes(tags);
        self.running = Some(Inventory { command, ends: (now + takes).min(limit), limit });
    }

    fn finish(&mut self, now: Tick) -> Result<(), P::Error> {
        let Some(Inventory { command, limit, .. }) = self.running.filter(|running| running.ends <= now)
        else {
            return Ok(());
        };
        self.running = None;
        self.line.lose()?;
        let whole = Duration::from_millis(100) * u32::from(self.settings.inventory_time.tenths());
        let most = if command == code::INVENTORY_ONE { 1 } else { self.timing.fits(whole) };
        let cut = command == code::INVENTORY && self.field.len() > most && limit <= now;
        let reads = self.field.tell(most, Duration::ZERO, now);
        if reads.is_empty() {
            return self.answer(command, Status::NoTag, now);
        }
        let last = if cut { Status::TimeRanOut } else { Status::Finished };
        let address = self.settings.address;
        let list = List { family: Family::Uhf18, address, antenna: 0, command, last };
        self.line.send_tags(&list, &reads, now)
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
            let told = if mode.inventory == 6 { Reply::EasAlarm } else { Reply::Seen(read) };
            self.send(&told, now)?;
        }
        Ok(())
    }

    fn answer(&mut self, command: u8, status: Status, now: Tick) -> Result<(), P::Error> {
        self.send(&Reply::Answer { command, status, detail: None }, now)
    }

    fn send(&mut self, reply: &Reply<'_>, now: Tick) -> Result<(), P::Error> {
        self.line.send(self.settings.address, Family::Uhf18, reply, now)
    }
}
