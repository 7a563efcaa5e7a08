//! 显示会话: one panel's conversation: what it is to show, sent in paces, repeated, and sent again after a silence.
//! Promises: never waits for a board before it takes the next screen; a new screen replaces what of the old one has not gone
//! out, and a new prompt the one that waits; the whole screen is repeated every `refresh`, so that a board that lost it gets it
//! back; an answering board has one request outstanding, is probed, told as `Silent`, and gets the whole screen again when it
//! answers. A prompt is sent once: a prompt late is a prompt wrong.
//! Mute boards are never `Online` and never `Silent`: nobody can know.
//! Law: after each `show`, `say` or `handle`, `poll` until `Wait`.
//! Absent: what to show (the lane); brightness; anything that a barrier would have to wait for.
//! Source: lane equipment, timing: 50 ms between frames, refresh every 10 s, Onbon replies within 1 s, two retries.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::bx::message::{Message, Reply};
use super::bx::wire::{Bx, BxDecoder, HOST, Packet};
use super::panel::Panel;
use super::screen::Screen;
use crate::frame::Progress;
use crate::talk::{Counters, DeviceEvent, Input, Output, Talk};
use crate::tick::Tick;

/// Pause between two probes of a silent board.
const SILENT_PAUSE: Duration = Duration::from_secs(1);
/// From here on addresses are broadcasts, with which some controllers sign their answers.
const BROADCASTS: u16 = 0xFFFE;

/// How one panel is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The board.
    pub panel: Panel,
    /// How often the whole screen is repeated. Default 10 s.
    pub refresh: Duration,
    /// Pause between two frames. Default 50 ms.
    pub pace: Duration,
    /// How long an answer may take. Default 1 s.
    pub reply_timeout: Duration,
    /// How often a request without an answer is sent again before the board is silent. Default 2.
    pub retries: u8,
    /// Silence between two bytes that ends a frame. Default 150 ms.
    pub gap: Duration,
    /// An answering board that has said nothing for so long is probed. Default 4 s.
    pub silence_probe: Duration,
}

impl Config {
    /// The defaults for a board.
    #[must_use]
    pub const fn of(panel: Panel) -> Self {
        Self {
            panel,
            refresh: Duration::from_secs(10),
            pace: Duration::from_millis(50),
            reply_timeout: Duration::from_secs(1),
            retries: 2,
            gap: Duration::from_millis(150),
            silence_probe: Duration::from_secs(4),
        }
    }
}

/// What the outstanding request was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whether the board is there, or a frame of a screen that was replaced since.
    Anything,
    /// This frame of the screen.
    Frame(usize),
}

/// One panel's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    /// The question for answering boards; `None` for mute ones.
    ping: Option<Vec<u8>>,
    decoder: BxDecoder,
    screen: Option<Screen>,
    frames: Vec<Vec<u8>>,
    /// What the board is to say aloud, once it may be sent to.
    prompt: Option<Vec<u8>>,
    /// The frame that goes next; all have gone when it is their number.
    at: usize,
    pending: Option<(Asked, Tick)>,
    next: Tick,
    refresh_at: Tick,
    probe_at: Tick,
    last_byte: Option<Tick>,
    online: bool,
    told_silent: bool,
    /// `Configured` was told since the board came back.
    standing: bool,
    /// The board took every frame since the screen's first one.
    clean: bool,
    /// A refusal was told since the board last took a whole screen.
    told_refused: bool,
    missed: u8,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session with nothing to show; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            ping: config.panel.ping(),
            config,
            decoder: BxDecoder::new(Bx),
            screen: None,
            frames: Vec::new(),
            prompt: None,
            at: 0,
            pending: None,
            next: Tick::default(),
            refresh_at: Tick::default(),
            probe_at: Tick::default(),
            last_byte: None,
            online: false,
            told_silent: false,
            standing: false,
            clean: true,
            told_refused: false,
            missed: 0,
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// What the panel is to show from now on; then `poll` until `Wait`. The same screen again changes nothing.
    pub fn show(&mut self, screen: Screen, now: Tick) {
        if self.screen.as_ref() != Some(&screen) {
            self.frames = self.config.panel.render(&screen);
            self.screen = Some(screen);
            self.at = 0;
            self.pending = self.pending.map(|(_, due)| (Asked::Anything, due));
        }
        self.advance(now);
    }

    /// What the board is to say aloud, in place of what it is saying; then `poll` until `Wait`. Sent once and before the rows that
    /// wait; only the newest waits. Boards without a voice say nothing.
    pub fn say(&mut self, text: &str, now: Tick) {
        self.prompt = self.config.panel.speak(text);
        self.advance(now);
    }

    /// What the panel is to show; nothing yet when `None`.
    #[must_use]
    pub fn screen(&self) -> Option<&Screen> {
        self.screen.as_ref()
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        if self.ping.is_none() {
            self.counters.bytes.noise_bytes += bytes.len() as u64;
            return;
        }
        self.last_byte = Some(now);
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(now);
        }
        self.counters.bytes = self.decoder.tally();
    }

    fn end_frame(&mut self, now: Tick) {
        self.last_byte = None;
        if self.ping.is_some() {
            self.decoder.gap();
            self.drain(now);
            self.counters.bytes = self.decoder.tally();
        }
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let packet = match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => Packet::parse(bytes),
            };
            let Some(packet) = packet else { continue };
            match Message::parse(&packet.data) {
                _ if packet.source == HOST => self.counters.echoes += 1,
                _ if !self.is_from_board(packet.source) => self.counters.foreign += 1,
                None => self.counters.malformed += 1,
                Some(message) => self.answered(&Reply::decode(&message), now),
            }
        }
    }

    fn is_from_board(&self, source: u16) -> bool {
        match self.config.panel {
            Panel::Bx(profile) => source == profile.address || source >= BROADCASTS,
            Panel::Park(_) | Panel::Ab(_) | Panel::Sunpn | Panel::FourByte(_) => false,
        }
    }

    fn answered(&mut self, reply: &Reply, now: Tick) {
        let Some((asked, _)) = self.pending.take() else { return };
        self.missed = 0;
        self.told_silent = false;
        self.next = now + self.config.pace;
        self.probe_at = now + self.config.silence_probe;
        if !core::mem::replace(&mut self.online, true) {
            (self.at, self.standing) = (0, false);
            self.tell(DeviceEvent::Online("Onbon controller".into()));
            return;
        }
        if asked != Asked::Frame(self.at) {
            return;
        }
        self.at += 1;
        if let Reply::Refused(fault) = reply {
            self.clean = false;
            if !core::mem::replace(&mut self.told_refused, true) {
                let what = format!("row {}: {fault}", self.at);
                self.tell(DeviceEvent::Refused(what.into()));
            }
        }
        if self.at == self.frames.len() && self.clean {
            self.told_refused = false;
            if !core::mem::replace(&mut self.standing, true) {
                self.tell(DeviceEvent::Configured);
            }
        }
    }

    fn advance(&mut self, now: Tick) {
        if self.pending.is_some_and(|(_, due)| now >= due) {
            self.miss(now);
        }
        if self.at >= self.frames.len() && !self.frames.is_empty() && now >= self.refresh_at {
            self.at = 0;
        }
        if self.pending.is_none() && now >= self.next {
            self.send(now);
        }
        self.wake = self.next_wake();
    }

    fn miss(&mut self, now: Tick) {
        self.pending = None;
        self.counters.timeouts += 1;
        self.next = now;
        self.missed = self.missed.saturating_add(1);
        if self.missed <= self.config.retries {
            return;
        }
        self.online = false;
        self.next = now + SILENT_PAUSE;
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
    }

    fn send(&mut self, now: Tick) {
        if let Some(prompt) = self.prompt.take() {
            self.next = now + self.config.pace;
            self.outputs.push_back(Output::Send(prompt));
            return;
        }
        let frame = self.frames.get(self.at).filter(|_| self.online || self.ping.is_none());
        let probe = self.ping.as_ref().filter(|_| !self.online || now >= self.probe_at);
        let (bytes, asked) = match (frame, probe) {
            (Some(frame), _) => (frame.clone(), Asked::Frame(self.at)),
            (None, Some(ping)) => (ping.clone(), Asked::Anything),
            (None, None) => return,
        };
        if asked == Asked::Frame(0) {
            self.refresh_at = now + self.config.refresh;
            self.clean = true;
        }
        if self.ping.is_some() {
            self.pending = Some((asked, now + self.config.reply_timeout));
        } else {
            self.at += 1;
            self.next = now + self.config.pace;
        }
        self.outputs.push_back(Output::Send(bytes));
    }

    fn next_wake(&self) -> Option<Tick> {
        let frame_ends =
            self.last_byte.filter(|_| self.decoder.held() > 0).map(|last| last + self.config.gap);
        let frames_left = self.at < self.frames.len();
        let refresh = (!self.frames.is_empty()).then_some(self.refresh_at);
        let send = match (self.pending, &self.ping) {
            (Some((_, due)), _) => Some(due),
            (None, None) if frames_left || self.prompt.is_some() => Some(self.next),
            (None, None) => refresh,
            (None, Some(_)) if !self.online || frames_left => Some(self.next),
            (None, Some(_)) => refresh.into_iter().chain([self.probe_at]).min().map(|at| at.max(self.next)),
        };
        [frame_ends, send].into_iter().flatten().min()
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
