//! 语音会话: one speech chip's conversation: prompts one after the other, none cut off by the next.
//! Promises: a prompt goes out when the chip is idle; what is not accepted within 100 ms is sent once more, then dropped and
//! counted; the queue is short and forgets the oldest, since a prompt late is a prompt wrong; a chip that is gone is told as
//! `Silent`, and speech goes on when it is back.
//! Law: after each `say`, `hush` or `handle`, `poll` until `Wait`.
//! Absent: volume and speed, which are set on the board; anything that a lane would have to wait for.
//! Source: SYN6288 data sheet, answers; lane equipment, timing.

use alloc::collections::VecDeque;
use alloc::format;
use core::time::Duration;

use super::syn::{Command, Music, Reply, Side, SynDecoder};
use crate::frame::Progress;
use crate::talk::{Counters, DeviceEvent, Input, Output, Talk};
use crate::tick::Tick;

/// Prompts that may wait.
pub const QUEUE: usize = 4;
/// Pause between two probes of a silent chip.
const SILENT_PAUSE: Duration = Duration::from_secs(1);

/// How one chip is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// What plays behind prompts. Default nothing.
    pub music: Music,
    /// How long the chip may take to say that it is ready after power-up. Default 1 s.
    pub ready_within: Duration,
    /// How long it may take to accept a command. Default 100 ms.
    pub accepted_within: Duration,
    /// How often a command is sent again. Default once.
    pub retries: u8,
    /// A chip that has said nothing for so long is asked, silent or speaking. Default 4 s.
    pub silence_probe: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            music: Music::default(),
            ready_within: Duration::from_secs(1),
            accepted_within: Duration::from_millis(100),
            retries: 1,
            silence_probe: Duration::from_secs(4),
        }
    }
}

/// Where the chip stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Powering up, until then at most.
    Starting(Tick),
    /// Silent, as far as we know; asked again then.
    Idle(Tick),
    /// A command is out.
    Asked { command: Command, due: Tick, tries: u8 },
    /// It speaks; asked again then, in case that its word that it is done was lost.
    Speaking(Tick),
}

/// One chip's conversation.
#[derive(Debug)]
pub struct Voice {
    config: Config,
    decoder: SynDecoder,
    phase: Phase,
    queue: VecDeque<Command>,
    online: bool,
    told_silent: bool,
    dropped: u64,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Voice {
    /// A session that has not yet heard of its chip; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        Self {
            phase: Phase::Starting(now + config.ready_within),
            config,
            decoder: SynDecoder::new(Side::Chip),
            queue: VecDeque::new(),
            online: false,
            told_silent: false,
            dropped: 0,
            outputs: VecDeque::new(),
            wake: Some(now),
            counters: Counters::default(),
        }
    }

    /// Speaks this after what waits; then `poll` until `Wait`. The same prompt twice in a row waits once, and none waits for
    /// a chip that is known to be gone.
    pub fn say(&mut self, text: &str, now: Tick) {
        let prompt = Command::prompt(text, self.config.music);
        if self.told_silent {
            self.dropped += 1;
        } else if self.queue.back() != Some(&prompt) {
            if self.queue.len() >= QUEUE {
                self.queue.pop_front();
                self.dropped += 1;
            }
            self.queue.push_back(prompt);
        }
        self.advance(now);
    }

    /// Forgets what waits and stops what is spoken; then `poll` until `Wait`.
    pub fn hush(&mut self, now: Tick) {
        self.queue.clear();
        if matches!(self.phase, Phase::Speaking(_) | Phase::Asked { command: Command::Speak { .. }, .. }) {
            self.ask(Command::Stop, 0, now);
        }
        self.advance(now);
    }

    /// Prompts that were never spoken: too many waited, or the chip did not take them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            loop {
                let reply = match self.decoder.pull() {
                    Progress::NeedMore => break,
                    Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                    Progress::Frame(frame) => frame.first().copied().and_then(Reply::of),
                };
                if let Some(reply) = reply {
                    self.answered(reply, now);
                }
            }
        }
        self.counters.bytes = self.decoder.tally();
    }

    fn answered(&mut self, reply: Reply, now: Tick) {
        self.told_silent = false;
        if !core::mem::replace(&mut self.online, true) {
            self.tell(DeviceEvent::Online("SYN6288".into()));
        }
        let idle = Phase::Idle(now + self.config.silence_probe);
        let speaking = Phase::Speaking(now + self.config.silence_probe);
        self.phase = match (reply, &self.phase) {
            // Power-up: whatever was out or spoken is gone.
            (Reply::Ready, _) => idle,
            (Reply::Accepted, Phase::Asked { command: Command::Speak { .. }, .. }) => speaking,
            // The answer proper to a query follows.
            (Reply::Accepted, Phase::Asked { command: Command::Query, .. }) => return,
            (Reply::Accepted, Phase::Asked { .. }) => idle,
            (Reply::Accepted, Phase::Starting(_) | Phase::Idle(_) | Phase::Speaking(_)) => return,
            (Reply::NotUnderstood, Phase::Asked { command, .. }) => {
                let what = format!("not understood: {}", name(command));
                self.dropped += u64::from(matches!(command, Command::Speak { .. }));
                self.tell(DeviceEvent::Refused(what.into()));
                idle
            }
            (Reply::NotUnderstood, _) => return,
            // A chip still speaks the prompt before; ours is not accepted yet.
            (Reply::Busy | Reply::Idle, Phase::Asked { command: Command::Speak { .. }, .. }) => return,
            (Reply::Busy, _) => speaking,
            (Reply::Idle, _) => idle,
        };
    }

    fn advance(&mut self, now: Tick) {
        match self.phase.clone() {
            Phase::Starting(until) if now >= until => self.phase = Phase::Idle(now),
            Phase::Speaking(until) if now >= until => self.ask(Command::Query, 0, now),
            Phase::Asked { command, due, tries } if now >= due => self.miss(command, tries, now),
            Phase::Starting(_) | Phase::Speaking(_) | Phase::Asked { .. } | Phase::Idle(_) => {}
        }
        if let Phase::Idle(probe_at) = self.phase {
            if self.online
                && let Some(prompt) = self.queue.pop_front()
            {
                self.ask(prompt, 0, now);
            } else if now >= probe_at {
                self.ask(Command::Query, 0, now);
            }
        }
        self.wake = Some(match self.phase {
            Phase::Starting(at) | Phase::Idle(at) | Phase::Speaking(at) | Phase::Asked { due: at, .. } => at,
        });
    }

    fn ask(&mut self, command: Command, tries: u8, now: Tick) {
        self.outputs.push_back(Output::Send(command.encode()));
        self.phase = Phase::Asked { command, due: now + self.config.accepted_within, tries };
    }

    fn miss(&mut self, command: Command, tries: u8, now: Tick) {
        self.counters.timeouts += 1;
        if tries < self.config.retries {
            self.ask(command, tries + 1, now);
            return;
        }
        self.dropped += u64::from(matches!(command, Command::Speak { .. }));
        self.online = false;
        self.dropped += self.queue.len() as u64;
        self.queue.clear();
        self.phase = Phase::Idle(now + SILENT_PAUSE);
        if !core::mem::replace(&mut self.told_silent, true) {
            self.tell(DeviceEvent::Silent);
        }
    }
}

/// For a person.
fn name(command: &Command) -> &'static str {
    match command {
        Command::Speak { .. } => "prompt",
        Command::Stop => "stop",
        Command::Pause => "pause",
        Command::Resume => "resume",
        Command::Query => "query",
        Command::SetBaud(_) => "line rate",
        Command::PowerDown => "sleep",
    }
}

impl Talk for Voice {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            // Answers are single bytes: nothing is ever incomplete.
            Input::Gap | Input::Deadline => {}
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
