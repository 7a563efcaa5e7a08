//! 锁会话: one lock board's conversation: asks for the state of its locks in turn, opens one when told.
//! Promises: one request outstanding, openings before queries; an answer counts only for the lock that was asked; a state is
//! `Unknown` until a sound answer tells it, and again when the board is gone; an opening is sent three times at most and never
//! again later; an adapter's echo is never taken for an answer: it is learned at a query, whose 33 is no state.
//! Law: after each `open` or `handle`, `poll` until `Wait`.
//! Absent: opening all locks at once; holding a lock open.
//! Source: CSDN 147892413; lane equipment, timing: 300 ms, two retries.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::board::{Act, LockAnswer, LockDecoder, LockRequest, LockWire};
use crate::frame::Progress;
use crate::talk::{Counters, DeviceEvent, Input, Output, Talk};
use crate::tick::Tick;

/// Openings that may wait; more are refused.
pub const QUEUE: usize = 8;
/// Pause between two probes of a silent board.
const SILENT_PAUSE: Duration = Duration::from_secs(1);

/// 锁舌传感器: what the two states mean; found out at commissioning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensor {
    /// The contact is closed while the lock is shut: 11 shut, 00 open. The article's own case.
    #[default]
    ClosedWhenShut,
    /// The contact is closed while the lock is open: 11 open, 00 shut.
    ClosedWhenOpen,
}

/// 锁状态: what is known of one lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    /// Shut.
    Shut,
    /// Open.
    Open,
    /// Not told, not lately, or not in words that the article has.
    Unknown,
}

impl Sensor {
    const fn state(self, told: u8) -> LockState {
        match (self, told) {
            (Self::ClosedWhenShut, 0x11) | (Self::ClosedWhenOpen, 0x00) => LockState::Shut,
            (Self::ClosedWhenShut, 0x00) | (Self::ClosedWhenOpen, 0x11) => LockState::Open,
            _ => LockState::Unknown,
        }
    }
}

/// How one board is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Board, 1 to 99. Default 1.
    pub board: u8,
    /// Its locks. Default lock 1.
    pub locks: Vec<u8>,
    /// What their sensors' states mean.
    pub sensor: Sensor,
    /// How often a lock is asked for. Default every 2 s.
    pub poll_every: Duration,
    /// How long an answer may take. Default 300 ms.
    pub reply_timeout: Duration,
    /// How often a request without an answer is sent again. Default 2.
    pub retries: u8,
    /// Silence between two bytes that ends a frame. Default 100 ms.
    pub gap: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            board: 1,
            locks: alloc::vec![1],
            sensor: Sensor::default(),
            poll_every: Duration::from_secs(2),
            reply_timeout: Duration::from_millis(300),
            retries: 2,
            gap: Duration::from_millis(100),
        }
    }
}

/// A request that is out.
#[derive(Clone, Copy, Debug)]
struct Pending {
    request: LockRequest,
    due: Tick,
    tries: u8,
    /// Our own bytes may still come back.
    echo_due: bool,
}

/// One board's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    decoder: LockDecoder,
    states: Vec<(u8, LockState)>,
    openings: VecDeque<u8>,
    /// The lock to ask next, by its place.
    turn: usize,
    pending: Option<Pending>,
    next_poll: Tick,
    last_byte: Option<Tick>,
    /// What the adapter does, once a query has shown it.
    echoes: Option<bool>,
    online: bool,
    told_silent: bool,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            states: config.locks.iter().map(|lock| (*lock, LockState::Unknown)).collect(),
            config,
            decoder: LockDecoder::new(LockWire),
            openings: VecDeque::new(),
            turn: 0,
            pending: None,
            next_poll: Tick::default(),
            last_byte: None,
            echoes: None,
            online: false,
            told_silent: false,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// Opens a lock; then `poll` until `Wait`. Refused at once when the board is not online, has no such lock, or too many
    /// openings wait: a lock never opens long after somebody asked.
    pub fn open(&mut self, lock: u8, now: Tick) {
        let known = self.config.locks.contains(&lock);
        if self.online && known && self.openings.len() < QUEUE {
            self.openings.push_back(lock);
        } else {
            self.tell(DeviceEvent::Refused(format!("lock {lock} cannot be opened now").into()));
        }
        self.advance(now);
    }

    /// What is known of a lock.
    #[must_use]
    pub fn state(&self, lock: u8) -> LockState {
        let found = self.states.iter().find(|(known, _)| *known == lock);
        found.map_or(LockState::Unknown, |(_, state)| *state)
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
            let frame = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => (LockAnswer::parse(bytes), LockRequest::parse(bytes)),
            };
            let (Some(answer), request) = frame else { continue };
            match &mut self.pending {
                Some(pending)
                    if request == Some(pending.request)
                        && (pending.echo_due || pending.request.act == Act::Query) =>
                {
                    pending.echo_due = false;
                    self.echoes = Some(true);
                    self.counters.echoes += 1;
                }
                _ if answer.board != self.config.board => self.counters.foreign += 1,
                Some(pending) => {
                    let asked = pending.request;
                    if (answer.lock, answer.act) == (asked.lock, asked.act) {
                        self.answered(answer, now);
                    }
                }
                None => {}
            }
        }
        self.counters.bytes = self.decoder.tally();
    }

    fn answered(&mut self, answer: LockAnswer, now: Tick) {
        if self.pending.take().is_some_and(|pending| pending.echo_due) && answer.act == Act::Query {
            self.echoes = Some(false);
        }
        self.told_silent = false;
        self.next_poll = match answer.act {
            Act::Query => now + self.pause(),
            // How it stands a moment later, the sensor tells.
            Act::Open => now,
        };
        if !core::mem::replace(&mut self.online, true) {
            let name = format!("lock board {}", self.config.board);
            self.tell(DeviceEvent::Online(name.into()));
        }
        let state = self.config.sensor.state(answer.state);
        if let Some(known) = self.states.iter_mut().find(|(lock, _)| *lock == answer.lock) {
            known.1 = state;
        }
        if answer.act == Act::Open && state != LockState::Open {
            let what = format!("lock {} was told to open and is {state:?}", answer.lock);
            self.tell(DeviceEvent::Refused(what.into()));
        }
    }

    /// From one query to the next, so that each lock has its turn in time.
    fn pause(&self) -> Duration {
        let locks = u32::try_from(self.config.locks.len()).unwrap_or(u32::MAX).max(1);
        self.config.poll_every / locks
    }

    fn advance(&mut self, now: Tick) {
        if let Some(pending) = self.pending.filter(|pending| now >= pending.due) {
            self.miss(pending, now);
        }
        if self.pending.is_none() {
            if let Some(lock) = self.openings.pop_front() {
                self.send(LockRequest { board: self.config.board, lock, act: Act::Open }, 0, now);
            } else if now >= self.next_poll {
                let locks = self.config.locks.len().max(1);
                let lock = self.config.locks.get(self.turn % locks).copied();
                self.turn = (self.turn + 1) % locks;
                let request =
                    lock.map(|lock| LockRequest { board: self.config.board, lock, act: Act::Query });
                // A board without locks is never asked anything.
                self.next_poll = now + self.config.poll_every;
                if let Some(request) = request {
                    self.send(request, 0, now);
                }
            }
        }
        let frame_ends =
            self.last_byte.filter(|_| self.decoder.held() > 0).map(|last| last + self.config.gap);
        let act = self.pending.map_or(self.next_poll, |pending| pending.due);
        self.wake = frame_ends.into_iter().chain([act]).min();
    }

    fn send(&mut self, request: LockRequest, tries: u8, now: Tick) {
        // An opening's echo equals the answer "state 11", so there it is awaited only from an adapter known to echo.
        let echo_due = request.act == Act::Query || self.echoes == Some(true);
        self.pending = Some(Pending { request, due: now + self.config.reply_timeout, tries, echo_due });
        self.outputs.push_back(Output::Send(request.encode()));
    }

    fn miss(&mut self, pending: Pending, now: Tick) {
        self.counters.timeouts += 1;
        self.pending = None;
        if pending.tries < self.config.retries && (self.online || pending.request.act == Act::Query) {
            self.send(pending.request, pending.tries + 1, now);
            return;
        }
        if pending.request.act == Act::Open {
            let what = format!("lock {} does not answer", pending.request.lock);
            self.tell(DeviceEvent::Refused(what.into()));
        }
        self.online = false;
        self.echoes = None;
        for lock in core::mem::take(&mut self.openings) {
            self.tell(DeviceEvent::Refused(format!("lock {lock} does not answer").into()));
        }
        for (_, state) in &mut self.states {
            *state = LockState::Unknown;
        }
        self.next_poll = now + SILENT_PAUSE;
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
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
