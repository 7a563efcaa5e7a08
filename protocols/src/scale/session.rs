//! 地磅会话: one indicator's conversation: listening to its stream, or in command mode asking for each weight.
//! Promises: no sound frame for 3 s is told as `Silent`; a weight is told as stable only when a second frame agreed, and on
//! wires without a flag only when its own window says so; what is told is news (`pace`), and what makes a weight less
//! usable is told at once. In command mode one request is out, an answer counts only when address and command are those
//! asked for, and a request without an answer within 300 ms is sent twice more.
//! A format that was found at the start is kept until the session ends.
//! Law: after each `handle`, `poll` until `Wait`. The port is opened without raising DTR or RTS: several indicators
//! restart on them.
//! Absent: the handshake command, whose answer cannot be told from its echo; zeroing and taring, which belong to people.
//! Source: `Rainthium/vesy-gti` (3 s without data); XK3190-A23p manual p. 26 (command mode).

use super::detect::{Detected, Detector};
use super::pace::{News, Pace};
use super::quantity::Unit;
use super::repr::Indication;
use super::stability::{Rule, Window};
use super::wire::a9::Ninth;
use super::wire::command::{Address, Answer, Ask, Request};
use super::wire::{Format, Message, ScaleDecoder};
use crate::contract::Kg;
use crate::frame::{Decoder, Progress};
use crate::talk::{Counters, DeviceEvent, Input, NoWeight, Output, Talk, WeightReading};
use crate::tick::Tick;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use core::time::Duration;

/// How long an indicator may take to answer.
const ANSWER: Duration = Duration::from_millis(300);
/// How often a request is sent again before it counts as missed.
const RETRIES: u8 = 2;
/// Pause between two requests to an indicator that is silent.
const SILENT_PAUSE: Duration = Duration::from_secs(1);

/// How one indicator is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How weights come over the line. Default: found out at the start.
    pub wire: Wire,
    /// The unit where the wire does not tell it. Default kg.
    pub unit: Unit,
    /// What counts as rest where the wire does not tell it; its spread is also how near two frames must be to agree.
    /// Default 2 s within 20 kg.
    pub stability: Rule,
    /// So long without a sound frame, and the scale is silent. Default 3 s.
    pub silence: Duration,
    /// Shortest pause between two readings that differ, unless the second spoils the first. Default 300 ms.
    pub change: Duration,
    /// Pause between two readings that are alike; below a lane's limit for fresh ones. Default 500 ms.
    pub same: Duration,
    /// Silence between two bytes that ends a frame. Default 150 ms.
    pub gap: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            wire: Wire::Detect,
            unit: Unit::Kilogram,
            stability: Rule::default(),
            silence: Duration::from_secs(3),
            change: Duration::from_millis(300),
            same: Duration::from_millis(500),
            gap: Duration::from_millis(150),
        }
    }
}

/// 取数方式: how weights come over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The indicator sends by itself, in this format.
    Listen(Format),
    /// It sends by itself; 64 frames tell the format.
    Detect,
    /// It is asked.
    Ask(Asking),
}

/// Command mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Whom.
    pub address: Address,
    /// For the net weight instead of the gross.
    pub net: bool,
    /// From one request to the next.
    pub every: Duration,
    /// What byte 9 of a value is.
    pub ninth: Ninth,
}

impl Default for Asking {
    fn default() -> Self {
        Self { address: Address::A, net: false, every: Duration::from_millis(200), ninth: Ninth::Decimals }
    }
}

impl Asking {
    const fn request(&self) -> Request {
        Request { address: self.address, ask: if self.net { Ask::Net } else { Ask::Gross } }
    }
}

/// What takes the bytes.
#[derive(Debug)]
enum Line {
    Known(Format, ScaleDecoder),
    /// `frames`: how many have been seen; `unclear`: it was told that the line carries `=` text.
    Detecting {
        detector: Detector,
        frames: u64,
        unclear: bool,
    },
}

/// One indicator's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    line: Line,
    /// When the last sound frame came; before the first, when the session began.
    heard: Option<Tick>,
    online: bool,
    told_silent: bool,
    told_foreign: bool,
    window: Window,
    /// The last value, unless its frame said "in motion".
    agreeing: Option<(Kg, Tick)>,
    pace: Pace,
    /// The request out is overdue then.
    due: Option<Tick>,
    retries: u8,
    /// When the next request may go out.
    next: Tick,
    last_byte: Option<Tick>,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session that has heard nothing yet; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let known = |format| Line::Known(format, Decoder::new(format));
        let line = match config.wire {
            Wire::Listen(format) => known(format),
            Wire::Ask(asking) => known(Format::A9Command(asking.ninth)),
            Wire::Detect => Line::Detecting { detector: Detector::default(), frames: 0, unclear: false },
        };
        Self {
            config,
            line,
            heard: None,
            online: false,
            told_silent: false,
            told_foreign: false,
            window: Window::new(config.stability),
            agreeing: None,
            pace: Pace::new(config.change, config.same),
            due: None,
            retries: 0,
            next: Tick::default(),
            last_byte: None,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// The format that the line carries, once it is known.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        match &self.line {
            Line::Known(format, _) => Some(*format),
            Line::Detecting { .. } => None,
        }
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        self.last_byte = Some(now);
        while !bytes.is_empty() {
            let taken = match &mut self.line {
                Line::Known(_, decoder) => decoder.push(bytes),
                Line::Detecting { detector, .. } => {
                    // One at a time: the frame behind the last one looked at belongs to the conversation.
                    detector.push(bytes.get(..1).unwrap_or_default());
                    1
                }
            };
            bytes = bytes.get(taken..).unwrap_or_default();
            self.detect(now);
            self.drain(now);
        }
    }

    fn end_frame(&mut self, now: Tick) {
        self.last_byte = None;
        match &mut self.line {
            Line::Known(_, decoder) => decoder.gap(),
            Line::Detecting { detector, .. } => detector.gap(),
        }
        self.drain(now);
    }

    fn detect(&mut self, now: Tick) {
        let Line::Detecting { detector, frames, unclear } = &mut self.line else { return };
        let seen = detector.frames();
        if core::mem::replace(frames, seen) != seen {
            self.heard = Some(now);
            self.told_silent = false;
        }
        match detector.verdict() {
            Some(Detected::Format(format)) => {
                self.line = Line::Known(format, core::mem::take(detector).into_decoder(format));
            }
            Some(Detected::Equals) if !*unclear => {
                *unclear = true;
                let text = "= text: configure where = stands and which way round the digits are";
                self.tell(DeviceEvent::Unsupported(text.into()));
            }
            Some(Detected::Equals) | None => {}
        }
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let Line::Known(format, decoder) = &mut self.line else { return };
            let (message, raw) = match decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(frame) => (format.read(frame, self.config.unit), Box::from(frame)),
            };
            match message {
                Some(Message::Shown(shown)) => self.shown(&shown, raw, now),
                Some(Message::Answer(answer)) => self.answered(answer, raw, now),
                None => self.counters.malformed += 1,
            }
        }
    }

    fn answered(&mut self, answer: Answer, raw: Box<[u8]>, now: Tick) {
        let (ninth, wanted) = match self.config.wire {
            Wire::Ask(asking) => (asking.ninth, Some(asking.request())),
            Wire::Listen(Format::A9Command(ninth)) => (ninth, None),
            Wire::Listen(_) | Wire::Detect => return,
        };
        if let Some(Request { address, ask }) = wanted {
            let ours = answer.address == address && answer.ask == ask;
            if ours && answer.value.is_none() {
                self.counters.echoes += 1;
                return;
            }
            if !ours || self.due.is_none() {
                self.counters.foreign += 1;
                return;
            }
            self.due = None;
            self.retries = 0;
        }
        match answer.indication(ninth, self.config.unit) {
            Some(shown) => self.shown(&shown, raw, now),
            None => self.counters.foreign += 1,
        }
    }

    /// A sound frame says this.
    fn shown(&mut self, shown: &Indication, raw: Box<[u8]>, now: Tick) {
        self.heard = Some(now);
        self.told_silent = false;
        if !core::mem::replace(&mut self.online, true) {
            let name = self.format().map_or("", Format::name);
            self.tell(DeviceEvent::Online(name.into()));
        }
        let value = shown.kg();
        if value == Err(NoWeight::ForeignUnit) {
            if !core::mem::replace(&mut self.told_foreign, true) {
                let unit = shown.value.map_or("?", |quantity| quantity.unit.letters());
                let text = format!("the display shows {unit}: only kg, t and g are taken");
                self.tell(DeviceEvent::Unsupported(text.into()));
            }
        } else {
            self.told_foreign = false;
        }
        let stable = self.at_rest(value, shown.stable, now);
        let (rule, news) = (self.config.stability, News { value, stable, net: shown.net() });
        if self.pace.admits(news, &rule, now) {
            self.counters.readings += 1;
            let News { value, stable, net } = news;
            self.tell(DeviceEvent::Weight(WeightReading { value, stable, net, raw }));
        }
    }

    /// Whether the platform is at rest: what the wire says, or else the window, when the frame before agrees.
    fn at_rest(&mut self, value: Result<Kg, NoWeight>, said: Option<bool>, now: Tick) -> bool {
        let Ok(kg) = value else {
            self.window.reset();
            self.agreeing = None;
            return false;
        };
        let rest = said.unwrap_or_else(|| self.window.push(kg, now));
        let before = core::mem::replace(&mut self.agreeing, said.unwrap_or(true).then_some((kg, now)));
        let rule = self.config.stability;
        rest && before.is_some_and(|(before, at)| rule.agree(before, kg) && now.since(at) <= rule.gap)
    }

    /// The stream broke off: what follows must prove itself anew.
    fn forget(&mut self) {
        self.window.reset();
        self.agreeing = None;
        self.pace.reset();
    }

    fn advance(&mut self, now: Tick) {
        let heard = *self.heard.get_or_insert(now);
        if !self.told_silent && now >= heard + self.config.silence {
            self.told_silent = true;
            self.online = false;
            self.forget();
            self.tell(DeviceEvent::Silent);
        }
        let Wire::Ask(asking) = self.config.wire else { return };
        if self.due.is_some_and(|due| now >= due) {
            self.due = None;
            self.counters.timeouts += 1;
            if self.retries < RETRIES {
                self.retries += 1;
                self.next = now;
            } else {
                self.retries = 0;
                self.next = now + if self.told_silent { SILENT_PAUSE } else { asking.every };
            }
        }
        if self.due.is_none() && now >= self.next {
            self.due = Some(now + ANSWER);
            self.next = now + asking.every;
            self.outputs.push_back(Output::Send(asking.request().encode()));
        }
    }

    fn next_wake(&self) -> Option<Tick> {
        let frame_ends = self.last_byte.map(|last| last + self.config.gap);
        let silent = self.heard.filter(|_| !self.told_silent).map(|heard| heard + self.config.silence);
        let ask = match self.config.wire {
            Wire::Ask(_) => Some(self.due.unwrap_or(self.next)),
            Wire::Listen(_) | Wire::Detect => None,
        };
        [frame_ends, silent, ask].into_iter().flatten().min()
    }
}

impl Talk for Session {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        if self.last_byte.is_some_and(|last| now >= last + self.config.gap) {
            self.end_frame(now);
        }
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Gap => {
                self.end_frame(now);
                self.forget();
            }
            Input::Deadline => {}
        }
        self.advance(now);
        if let Line::Known(_, decoder) = &self.line {
            self.counters.bytes = decoder.tally();
        }
        self.wake = self.next_wake();
    }

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
