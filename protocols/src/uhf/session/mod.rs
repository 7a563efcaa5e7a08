//! 读写器会话: one reader's conversation, from the first question to the stream of tags, and back after a silence.
//! Promises: one command outstanding, and in answer mode the next inventory only behind the last one's final status; a
//! reader that says nothing is probed and told as `Silent`; when it answers again, or when a probe finds settings that
//! are not ours, the configuration is applied again; an echoed command is never taken for a reply; no tag is told before
//! its layout is known; a refusal is told once until it is over, and never makes a tight loop.
//! Reading order: `config`, `steps` (what is set and in which order), here (line and frames), `course` (what follows what).
//! Absent: the port; debouncing; EAS alarms and heartbeats, which only show that the reader lives.
//! Source: UHFReader18 manual V2.0, timing and work mode; UHF RFID Reader Series User Manual V2.20, real-time mode.

mod config;
mod course;
mod steps;

pub use config::{Config, Ports};

use super::echo::{Echo, Heard};
use super::repr::{Port, Reply};
use super::status::Status;
use super::tag::{Family, TagRead};
use super::wire::{BROADCAST, ReaderFrame, Side, UhfDecoder};
use crate::frame::Progress;
use crate::talk::{Counters, DeviceEvent, Identity, Input, Output, Sighting, Talk};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use course::{Asked, FACTORY_INVENTORY, Phase};

/// One reader's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: UhfDecoder,
    echo: Echo,
    /// As configured, or as the reader that answers says; unknown until then.
    family: Option<Family>,
    phase: Phase,
    /// Type byte of the reader that answers.
    online: Option<u8>,
    /// `Silent` was told since the reader last answered.
    told_silent: bool,
    missed: u8,
    /// How often in a row the command out was not understood.
    garbled: u8,
    /// What was refused and is still, each told once.
    refused: Vec<(Asked, Status)>,
    /// Nothing was refused since the first step.
    clean: bool,
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
    /// The antenna that is asked next.
    port: Port,
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
            family: config.family,
            phase: Phase::Probe,
            online: None,
            told_silent: false,
            missed: 0,
            garbled: 0,
            refused: Vec::new(),
            clean: true,
            pending: None,
            next: Tick::default(),
            probe_at: Tick::default(),
            last_byte: None,
            inventory: FACTORY_INVENTORY,
            port: config.ports.after(LAST_PORT),
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    fn tell(&mut self, event: DeviceEvent) {
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
            let frame = match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => bytes.to_vec(),
            };
            if let Ok(frame) = ReaderFrame::parse(&frame) {
                self.hear(&frame, now);
            }
        }
    }

    fn hear(&mut self, frame: &ReaderFrame<'_>, now: Tick) {
        if frame.address != self.config.address && self.config.address != BROADCAST {
            self.counters.foreign += 1;
            return;
        }
        let reply = match Reply::decode(frame, self.family.unwrap_or(Family::Uhf18)) {
            Ok(reply) => reply,
            Err(error) => {
                self.counters.malformed += 1;
                self.misfit(error.code, now);
                return;
            }
        };
        self.alive(now);
        match reply {
            // Nobody knows yet how it is to be read, or it was read when the yard wants nothing read.
            Reply::Tags { .. } | Reply::Seen(_) if !self.usable() => self.counters.malformed += 1,
            Reply::Tags { command, status, tags } => {
                self.counters.malformed += tags.overrun() as u64;
                tags.iter().for_each(|tag| self.seen(&tag));
                self.answered(command, status, now);
            }
            Reply::Information(info) => self.informed(&info, now),
            Reply::WorkMode(report) => {
                let ours = report.mode == steps::work_mode(&self.config);
                self.checked(frame.code, ours, now);
            }
            Reply::ReadMode(report) => {
                let ours = report.mode == self.config.mode
                    && (!self.tells_unasked() || report.real_time == steps::real_time(&self.config));
                self.checked(frame.code, ours, now);
            }
            Reply::Pins(_) | Reply::HeartbeatTime(_) => self.answered(frame.code, Status::Success, now),
            Reply::Answer { command, status, .. } => self.answered(command, status, now),
            Reply::Seen(tag) => {
                self.seen(&tag);
                self.spoke_unasked(now);
            }
            Reply::EasAlarm | Reply::Heartbeat { .. } | Reply::Statistics { .. } => {}
        }
    }

    /// Whether what this reader sees can be told.
    fn usable(&self) -> bool {
        self.family.is_some_and(|family| steps::can(&self.config, family))
    }

    fn seen(&mut self, tag: &TagRead) {
        self.counters.readings += 1;
        let sighting = Sighting {
            antenna: tag.port(self.config.antennas),
            rssi_raw: tag.rssi,
            tid: tag.tid.map(|tid| tid.to_vec()),
            ..Sighting::of(Identity::Epc(tag.epc().to_vec()))
        };
        self.tell(DeviceEvent::Seen(sighting));
    }
}

/// Behind the last port comes the first that is configured.
const LAST_PORT: Port = match Port::new(16) {
    Some(port) => port,
    None => Port::FIRST,
};

fn tenths(count: u8) -> Duration {
    Duration::from_millis(u64::from(count) * 100)
}

impl Talk for Session {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
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

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
