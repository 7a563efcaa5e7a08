//! 挂锁会话: one padlock's connection: takes its reports, answers them, and notices when none come any more.
//! Promises: a seal is told only from a report whose fields all hold; every report that wants an answer gets one, also when it
//! is a repetition; `Sealed` only from a status that says locked and nothing against it; a text report never says sealed.
//! Law: after each `handle`, `poll` until `Wait`.
//! Absent: asking: a padlock speaks when it wants to, so `Silent` means that it has not for `silence`.
//! Source: traccar's Jt600 decoder and its test.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::binary::{PadStatus, Report};
use super::text::TextReport;
use super::wire::{Answer, PadDecoder, PadWire};
use crate::frame::Progress;
use crate::seal::record::{Ledger, SealRecord};
use crate::talk::{Counters, DeviceEvent, Identity, Input, Output, SealState, Sighting, Talk};
use crate::tick::Tick;

/// How one connection is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The lock's number; reports of others are counted and not told. Default any.
    pub lock: Option<String>,
    /// A lock that has not reported for so long is silent. Default 10 min.
    pub silence: Duration,
    /// Silence between two bytes that ends a frame. Default 5 s: a mobile network stalls.
    pub gap: Duration,
    /// How long a seal counts as known after its report. Default 60 s.
    pub max_age: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lock: None,
            silence: Duration::from_secs(600),
            gap: Duration::from_secs(5),
            max_age: Duration::from_secs(60),
        }
    }
}

/// One padlock's connection.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: PadDecoder,
    seals: Ledger,
    online: bool,
    told_silent: bool,
    silent_at: Tick,
    last_byte: Option<Tick>,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session that has not yet heard anything.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        let silent_at = now + config.silence;
        Self {
            seals: Ledger::new(config.max_age),
            config,
            decoder: PadDecoder::new(PadWire),
            online: false,
            told_silent: false,
            silent_at,
            last_byte: None,
            outputs: VecDeque::new(),
            wake: Some(silent_at),
            counters: Counters::default(),
        }
    }

    /// What is known of the lock.
    #[must_use]
    pub fn seals(&self) -> &Ledger {
        &self.seals
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
            let (record, answer) = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(frame) => {
                    let binary = Report::read(frame).map(|report| of_binary(&report, now));
                    match binary.or_else(|| TextReport::read(frame).map(|report| of_text(&report, now))) {
                        Some(found) => found,
                        None => {
                            self.counters.malformed += 1;
                            continue;
                        }
                    }
                }
            };
            if self.config.lock.as_ref().is_some_and(|lock| *lock != record.number) {
                self.counters.foreign += 1;
                continue;
            }
            self.reported(record, answer, now);
        }
        self.counters.bytes = self.decoder.tally();
    }

    fn reported(&mut self, record: SealRecord, answer: Option<Answer>, now: Tick) {
        self.told_silent = false;
        self.silent_at = now + self.config.silence;
        let number = record.number.clone();
        if !core::mem::replace(&mut self.online, true) {
            self.tell(DeviceEvent::Online(format!("padlock {number}").into()));
        }
        self.counters.readings += 1;
        let state = self.seals.note(record);
        self.tell(DeviceEvent::Seen(Sighting::of(Identity::Seal { number, state })));
        if let Some(answer) = answer {
            self.outputs.push_back(Output::Send(answer.encode()));
        }
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn advance(&mut self, now: Tick) {
        if now >= self.silent_at && !core::mem::replace(&mut self.told_silent, true) {
            self.online = false;
            self.seals.forget();
            self.tell(DeviceEvent::Silent);
        }
        let frame_ends =
            self.last_byte.filter(|_| self.decoder.held() > 0).map(|last| last + self.config.gap);
        let silent = (!self.told_silent).then_some(self.silent_at);
        self.wake = frame_ends.into_iter().chain(silent).min();
    }
}

fn of_binary(report: &Report, now: Tick) -> (SealRecord, Option<Answer>) {
    let low_battery = report.status.has(PadStatus::LOW_BATTERY);
    (record(&report.id, report.status.state(), low_battery, now), report.answer())
}

fn of_text(report: &TextReport, now: Tick) -> (SealRecord, Option<Answer>) {
    (record(&report.id, SealState::Unknown, false, now), Some(report.answer()))
}

fn record(number: &str, state: SealState, low_battery: bool, now: Tick) -> SealRecord {
    SealRecord {
        number: String::from(number),
        state,
        approved_open: false,
        low_battery,
        sealed_at: None,
        opened_at: None,
        stamp: None,
        read_at: now,
        reader: None,
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
