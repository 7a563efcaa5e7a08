//! 关锁会话: one DataReader's conversation: listens for seals, acknowledges what it heard, and asks whether the reader lives.
//! Promises: a seal is told only from a sound frame, and acknowledged only then, so the reader repeats what was garbled; a
//! reader that says nothing is probed and told as `Silent`; from then on no seal is known; `SealState::Sealed` only as
//! `status` and `record` allow it.
//! Law: after each `handle`, `poll` until `Wait`.
//! Absent: reader parameters, whose layout no public page gives, so `Configured` is never told; radio commands of our own.
//! Source: Hi-G-Tek DataReader manual UM4710, 6.5; lane equipment, timing: 500 ms for reader commands.

use alloc::collections::VecDeque;
use alloc::format;
use core::time::Duration;

use super::repr::{Command, Message, SealBurst};
use super::wire::{BROADCAST, Frame, SealDecoder, SealWire};
use crate::frame::Progress;
use crate::seal::record::{Ledger, SealRecord};
use crate::seal::status::ShortStatus;
use crate::talk::{Counters, DeviceEvent, Identity, Input, Output, Sighting, Talk};
use crate::tick::Tick;

/// Pause between two probes of a silent reader.
const SILENT_PAUSE: Duration = Duration::from_secs(1);

/// How one reader is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Reader number. Default 1.
    pub reader: u16,
    /// How long an answer may take. Default 500 ms.
    pub reply_timeout: Duration,
    /// A reader that has said nothing for so long is probed. Default 4 s.
    pub silence_probe: Duration,
    /// Probes in a row without an answer after which the reader is silent. Default 3.
    pub missed_probes: u8,
    /// Silence between two bytes that ends a frame. Default 100 ms.
    pub gap: Duration,
    /// How long a seal counts as known after it was last heard. Default 60 s.
    pub max_age: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reader: 1,
            reply_timeout: Duration::from_millis(500),
            silence_probe: Duration::from_secs(4),
            missed_probes: 3,
            gap: Duration::from_millis(100),
            max_age: Duration::from_secs(60),
        }
    }
}

/// One reader's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: SealDecoder,
    seals: Ledger,
    online: bool,
    told_silent: bool,
    missed: u8,
    /// When the answer to the probe that is out is overdue.
    pending: Option<Tick>,
    probe_at: Tick,
    last_byte: Option<Tick>,
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
            decoder: SealDecoder::new(SealWire),
            seals: Ledger::new(config.max_age),
            online: false,
            told_silent: false,
            missed: 0,
            pending: None,
            probe_at: Tick::default(),
            last_byte: None,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// What is known of the seals that this reader heard.
    #[must_use]
    pub fn seals(&self) -> &Ledger {
        &self.seals
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        self.last_byte = Some(now);
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(now);
        }
    }

    fn end_frame(&mut self, now: Tick) {
        self.last_byte = None;
        self.decoder.gap();
        self.drain(now);
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let (reader, message) = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => match Frame::parse(bytes) {
                    // Messages begin with R_status, so a frame this short is our own command, echoed by the adapter.
                    Some(frame) if frame.data.is_empty() => {
                        self.counters.echoes += 1;
                        continue;
                    }
                    Some(frame) => (frame.reader, Message::decode(&frame)),
                    None => continue,
                },
            };
            if reader != self.config.reader && self.config.reader != BROADCAST {
                self.counters.foreign += 1;
                continue;
            }
            match message {
                Err(_) => self.counters.malformed += 1,
                Ok(message) => {
                    self.alive(now);
                    if let Message::Burst { burst, .. } = message {
                        self.heard(burst, reader, now);
                    }
                }
            }
        }
        self.counters.bytes = self.decoder.tally();
    }

    /// Any sound message shows that the reader lives.
    fn alive(&mut self, now: Tick) {
        self.pending = None;
        self.missed = 0;
        self.told_silent = false;
        self.probe_at = now + self.config.silence_probe;
        if !core::mem::replace(&mut self.online, true) {
            self.tell(DeviceEvent::Online(format!("e-seal reader {}", self.config.reader).into()));
        }
    }

    fn heard(&mut self, burst: SealBurst, reader: u16, now: Tick) {
        self.counters.readings += 1;
        let number = burst.seal.declared();
        let state = self.seals.note(SealRecord {
            number: number.clone(),
            state: burst.status.state(),
            approved_open: burst.status.has(ShortStatus::OPEN_APPROVED),
            low_battery: burst.status.has(ShortStatus::LOW_BATTERY),
            sealed_at: None,
            opened_at: None,
            stamp: None,
            read_at: now,
            reader: Some(reader),
        });
        let antenna = Some(burst.channel);
        let sighting = Sighting { antenna, ..Sighting::of(Identity::Seal { number, state }) };
        self.tell(DeviceEvent::Seen(sighting));
        self.send(&Command::Acknowledge, reader);
    }

    fn send(&mut self, command: &Command, reader: u16) {
        // Never too long: both commands of this session have no data.
        let bytes = command.encode(reader).unwrap_or_default();
        self.outputs.push_back(Output::Send(bytes));
    }

    fn advance(&mut self, now: Tick) {
        if self.pending.take_if(|due| now >= *due).is_some() {
            self.counters.timeouts += 1;
            self.missed = self.missed.saturating_add(1);
            self.probe_at = now;
            if self.missed >= self.config.missed_probes {
                self.online = false;
                self.seals.forget();
                self.probe_at = now + SILENT_PAUSE;
                if !core::mem::replace(&mut self.told_silent, true) {
                    self.tell(DeviceEvent::Silent);
                }
            }
        }
        if self.pending.is_none() && now >= self.probe_at {
            self.send(&Command::Status, self.config.reader);
            self.pending = Some(now + self.config.reply_timeout);
        }
        let frame_ends =
            self.last_byte.filter(|_| self.decoder.held() > 0).map(|last| last + self.config.gap);
        let act = self.pending.unwrap_or(self.probe_at);
        self.wake = frame_ends.into_iter().chain([act]).min();
    }
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
    }

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
