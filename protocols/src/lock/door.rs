//! 卷帘会话: one door motor's conversation: an order now, repeated until the motor repeats it.
//! Promises: the newest order replaces one that was not answered yet; an order is sent three times at most and never again
//! later, so a door never moves long after somebody asked; without orders nothing is sent.
//! On an adapter that echoes, an echo cannot be told from the motor's answer.
//! Law: after each `order` or `handle`, `poll` until `Wait`.
//! Absent: probing: no public question leaves the door alone, so a silent motor is found at the next order; where the door
//! is: its limit switches are inputs of a board (`relay`).
//! Source: DOOYA RS-485 interface page; lane equipment, timing: 300 ms, two retries.

use alloc::collections::VecDeque;
use alloc::format;
use core::time::Duration;

use super::dooya::{DooyaDecoder, DooyaWire, GROUP, Motion, Order};
use crate::frame::Progress;
use crate::talk::{Counters, DeviceEvent, Input, Output, Talk};
use crate::tick::Tick;

/// How one motor is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The motor's number as on the wire.
    pub id: [u8; 2],
    /// How long an answer may take. Default 300 ms.
    pub reply_timeout: Duration,
    /// How often an order without an answer is sent again. Default 2.
    pub retries: u8,
    /// Silence between two bytes that ends a frame. Default 100 ms.
    pub gap: Duration,
}

impl Config {
    /// The defaults for a motor.
    #[must_use]
    pub const fn of(id: [u8; 2]) -> Self {
        Self { id, reply_timeout: Duration::from_millis(300), retries: 2, gap: Duration::from_millis(100) }
    }
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    order: Order,
    due: Tick,
    tries: u8,
}

/// One motor's conversation.
#[derive(Debug)]
pub struct Door {
    config: Config,
    decoder: DooyaDecoder,
    pending: Option<Pending>,
    last_byte: Option<Tick>,
    online: bool,
    told_silent: bool,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Door {
    /// A session without an order.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            decoder: DooyaDecoder::new(DooyaWire),
            pending: None,
            last_byte: None,
            online: false,
            told_silent: false,
            outputs: VecDeque::new(),
            wake: None,
            counters: Counters::default(),
        }
    }

    /// What the door is to do now; then `poll` until `Wait`.
    pub fn order(&mut self, motion: Motion, now: Tick) {
        self.send(Order { id: self.config.id, motion }, 0, now);
        self.rest();
    }

    fn send(&mut self, order: Order, tries: u8, now: Tick) {
        self.outputs.push_back(Output::Send(order.encode()));
        // A group does not answer.
        let pending = Pending { order, due: now + self.config.reply_timeout, tries };
        self.pending = (order.id != GROUP).then_some(pending);
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        self.last_byte = Some(now);
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain();
        }
    }

    fn end_frame(&mut self) {
        self.last_byte = None;
        self.decoder.gap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            let answer = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => Order::parse(bytes),
            };
            match answer {
                None => self.counters.malformed += 1,
                Some(answer) if answer.id != self.config.id => self.counters.foreign += 1,
                Some(answer) => self.answered(answer),
            }
        }
        self.counters.bytes = self.decoder.tally();
    }

    fn answered(&mut self, answer: Order) {
        if self.pending.take_if(|pending| pending.order == answer).is_none() {
            return;
        }
        self.told_silent = false;
        if !core::mem::replace(&mut self.online, true) {
            let [low, high] = self.config.id;
            self.tell(DeviceEvent::Online(format!("door motor {low:02X}{high:02X}").into()));
        }
    }

    fn advance(&mut self, now: Tick) {
        let Some(late) = self.pending.take_if(|pending| now >= pending.due) else { return };
        self.counters.timeouts += 1;
        if late.tries < self.config.retries {
            self.send(late.order, late.tries + 1, now);
            return;
        }
        self.online = false;
        self.tell(DeviceEvent::Refused(format!("{:?}: no answer", late.order.motion).into()));
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
    }

    fn rest(&mut self) {
        let frame_ends =
            self.last_byte.filter(|_| self.decoder.held() > 0).map(|last| last + self.config.gap);
        let due = self.pending.map(|pending| pending.due);
        self.wake = frame_ends.into_iter().chain(due).min();
    }
}

impl Talk for Door {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        if self.last_byte.is_some_and(|last| now >= last + self.config.gap) {
            self.end_frame();
        }
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Gap => self.end_frame(),
            Input::Deadline => {}
        }
        self.advance(now);
        self.rest();
    }

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
