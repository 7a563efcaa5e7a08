//! 读卡器会话: one PN532's conversation, from waking it to the stream of cards, and back after a silence.
//! Promises: a command that stays without acknowledgement brings the wake-up again, then the link test, then `Silent`; a
//! chip that was away is configured again before it is polled; an answer that does not fit its frame tells no card; a
//! number that no card can have is counted and never told; `Online` is told with the first poll that is answered, since
//! a chip that answers all but that is of no use.
//! Law: after each `handle`, `poll` until `Wait`.
//! Absent: the port, which its driver may open again on `Silent`; changing the line rate.
//! Source: UM0701-02, chapters 6 and 7; the page's timing and recovery.

use super::exchange::{Failure, Link, Outcome, on_the_line};
use super::memory::{self, TextBlock};
use super::presence::{Presence, REPEAT_MIN};
use super::repr::{CardCommand, Command, Firmware, Modulation, Most, Reply, Retries};
use super::target::Target;
use super::wire::WAKE;
use crate::ids::CardUid;
use crate::talk::{Counters, DeviceEvent, Identity, Input, Output, Sighting, Talk};
use crate::tick::Tick;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

/// Rest behind the wake-up, 2 ms at least, and behind an abort.
const SETTLE: Duration = Duration::from_millis(5);
/// From one attempt to reach a silent chip to the next.
const SILENT_PAUSE: Duration = Duration::from_secs(1);
/// How often a chip that is none of ours is asked again what it is.
const FOREIGN_PAUSE: Duration = Duration::from_secs(2);
/// SAMConfiguration's time-out, units of 50 ms: one second.
const SAM_TIMEOUT: u8 = 20;
/// Without a limit a chip looks for a card for ever. Two more looks answer within 30 to 100 ms.
const RETRIES: Retries = Retries { atr: 0xFF, psl: 0x01, passive: 0x02 };
/// What the link test sends.
const TEST: [u8; 4] = [0x4B, 0x41, 0xA5, 0x5A];

/// How one reader is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// From one poll to the next, 100 to 200 ms; what lies outside is moved there. Default 150 ms.
    pub poll_every: Duration,
    /// How many cards one poll lists. Default two.
    pub most: Most,
    /// How soon a card that still lies there is told again, 500 ms at least. Default 500 ms.
    pub repeat: Duration,
    /// A number to read from each card's memory, beside its UID. Default none.
    pub text: Option<TextBlock>,
    /// Silence between two bytes that ends a frame. Default 20 ms.
    pub gap: Duration,
    /// What adapter and machine may add to the chip's own times. Default 20 ms: USB adapters hold bytes for up to 16 ms.
    pub slack: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            poll_every: Duration::from_millis(150),
            most: Most::Two,
            repeat: REPEAT_MIN,
            text: None,
            gap: Duration::from_millis(20),
            slack: Duration::from_millis(20),
        }
    }
}

/// Where the conversation stands; the command of each phase is `command`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Wake,
    Sam,
    Diagnose,
    Firmware,
    Retries,
    Poll,
    /// Opens the sector of the first card of `reading`.
    Authenticate,
    /// Reads the text of the first card of `reading`.
    Read,
    /// The chip is to forget the cards.
    Release,
    /// The cards are to forget the chip: one that was released or refused a key may answer no look until it has been
    /// without power.
    FieldOff,
}

/// What was tried since a poll was last answered. Each exchange that brings nothing leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    None,
    /// The same once more: the chip took the command, only its reply was lost.
    Again,
    /// The wake-up, and all settings behind it.
    WakeUp,
    /// The link test; when it is answered, the wake-up.
    LinkTest,
    /// Nothing is left: it is told as silent, and woken once a second.
    Waiting,
}

/// One reader's conversation.
#[derive(Debug)]
pub struct Session {
    config: Config,
    link: Link,
    phase: Phase,
    /// When the next command may go out.
    next: Tick,
    /// When the last poll went out.
    polled: Tick,
    remedy: Remedy,
    /// What the chip says it is.
    chip: Box<str>,
    online: bool,
    told_foreign: bool,
    /// Its settings are ours since it was last woken.
    configured: bool,
    /// Commands whose refusal was told and that it has not carried out since.
    refused: Vec<u8>,
    presence: Presence,
    /// Cards whose text is still to be read.
    reading: VecDeque<(CardUid, Target)>,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    readings: u64,
    malformed: u64,
}

impl Talk for Session {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        self.link.handle(input, now);
        self.write();
        match self.link.outcome() {
            None => {}
            Some(Outcome::Reply(content)) => self.replied(&content, now),
            Some(Outcome::SyntaxError) => self.refused(now),
            Some(Outcome::Failed(failure)) => self.fail(failure, now),
        }
        self.advance(now);
        self.write();
        let wakes = [self.link.wake(), (!self.link.busy()).then_some(self.next)];
        self.wake = wakes.into_iter().flatten().min();
    }

    fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    fn counters(&self) -> Counters {
        Counters {
            bytes: self.link.tally(),
            readings: self.readings,
            malformed: self.malformed,
            foreign: self.link.foreign(),
            timeouts: self.link.timeouts(),
            echoes: 0,
        }
    }
}

impl Session {
    /// A session that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let (soonest, latest) = (Duration::from_millis(100), Duration::from_millis(200));
        Self {
            config: Config { poll_every: config.poll_every.clamp(soonest, latest), ..config },
            link: Link::new(config.gap, config.slack),
            phase: Phase::Wake,
            next: Tick::default(),
            polled: Tick::default(),
            remedy: Remedy::None,
            chip: "chip that does not say what it is".into(),
            online: false,
            told_foreign: false,
            configured: false,
            refused: Vec::new(),
            presence: Presence::default(),
            reading: VecDeque::new(),
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            readings: 0,
            malformed: 0,
        }
    }

    fn write(&mut self) {
        self.outputs.extend(self.link.sends().map(Output::Send));
    }

    fn tell(&mut self, event: DeviceEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn see(&mut self, identity: Identity) {
        self.readings += 1;
        self.tell(DeviceEvent::Seen(Sighting::of(identity)));
    }

    fn replied(&mut self, content: &[u8], now: Tick) {
        self.next = now;
        let reply = match Reply::decode(content) {
            Ok(Reply::Diagnosed(data)) if data != TEST => None,
            decoded => decoded.ok(),
        };
        let Some(reply) = reply else {
            self.malformed += 1;
            self.fail(Failure::Spoilt, now);
            return;
        };
        self.refused.retain(|code| *code != reply.code());
        match reply {
            Reply::SamConfigured => self.phase = Phase::Firmware,
            Reply::Diagnosed(_) => self.phase = Phase::Wake,
            Reply::Firmware(firmware) => self.introduced(firmware, now),
            Reply::RfConfigured if self.phase == Phase::FieldOff => self.poll_next(now),
            Reply::RfConfigured => {
                (self.phase, self.configured) = (Phase::Poll, true);
                if self.online {
                    self.tell(DeviceEvent::Configured);
                }
            }
            Reply::Targets(targets) => self.listed(targets, now),
            Reply::Exchanged { status, .. } if !status.is_done() => self.unreadable(&status.to_string()),
            Reply::Exchanged { data, .. } => self.card_said(data),
            Reply::Released(_) | Reply::Deselected(_) => self.phase = Phase::FieldOff,
        }
    }

    fn introduced(&mut self, firmware: Firmware, now: Tick) {
        let Firmware { ic, version, revision, .. } = firmware;
        if ic == Firmware::PN532 {
            self.chip = format!("PN532, firmware {version}.{revision}").into();
            self.told_foreign = false;
            self.phase = Phase::Retries;
            return;
        }
        (self.remedy, self.online) = (Remedy::None, false);
        self.next = now + FOREIGN_PAUSE;
        if !core::mem::replace(&mut self.told_foreign, true) {
            let what = format!("chip {ic:02X}, firmware {version}.{revision}");
            self.tell(DeviceEvent::Unsupported(what.into()));
        }
    }

    fn listed(&mut self, targets: Vec<Target>, now: Tick) {
        self.remedy = Remedy::None;
        if !core::mem::replace(&mut self.online, true) {
            self.tell(DeviceEvent::Online(self.chip.clone()));
            if self.configured {
                self.tell(DeviceEvent::Configured);
            }
        }
        let all = targets.len();
        let (uids, cards): (Vec<CardUid>, Vec<Target>) = targets
            .into_iter()
            .filter_map(|target| Some((CardUid::from_bytes(&target.uid).ok()?, target)))
            .unzip();
        self.malformed += (all - cards.len()) as u64;
        let due = self.presence.listed(&uids, self.config.repeat, now);
        self.reading.clear();
        for ((uid, target), _) in uids.into_iter().zip(cards).zip(due).filter(|(_, due)| *due) {
            self.see(Identity::Uid(uid.clone()));
            if self.config.text.is_some() {
                self.reading.push_back((uid, target));
            }
        }
        if all > 0 { self.read_next() } else { self.poll_next(now) }
    }

    fn read_next(&mut self) {
        let locked = self.config.text.is_some_and(|text| text.key.is_some());
        self.phase = match self.reading.front() {
            Some((_, target)) if locked && target.is_classic() => Phase::Authenticate,
            Some(_) => Phase::Read,
            None => Phase::Release,
        };
    }

    fn card_said(&mut self, data: &[u8]) {
        if self.phase == Phase::Authenticate {
            self.phase = Phase::Read;
            return;
        }
        match memory::text(data).filter(|_| data.len() == memory::BLOCK) {
            Some(text) => {
                self.reading.pop_front();
                self.see(Identity::CardText(text));
                self.read_next();
            }
            None => self.unreadable("none there"),
        }
    }

    /// The text of the card at hand cannot be had; told once while the card lies there.
    fn unreadable(&mut self, why: &str) {
        if let Some((uid, _)) = self.reading.pop_front()
            && self.presence.complain(&uid)
        {
            self.tell(DeviceEvent::Refused(format!("text of a card: {why}").into()));
        }
        self.read_next();
    }

    fn poll_next(&mut self, soonest: Tick) {
        self.phase = Phase::Poll;
        self.next = soonest.max(self.polled + self.config.poll_every);
    }

    /// The chip could make nothing of the command. It lives, so the conversation goes on as if it had done it; only a poll
    /// that is refused is none.
    fn refused(&mut self, now: Tick) {
        self.next = now;
        if matches!(self.phase, Phase::Authenticate | Phase::Read) {
            self.unreadable("syntax error");
            return;
        }
        let code = self.command().code();
        if !self.refused.contains(&code) {
            self.refused.push(code);
            self.tell(DeviceEvent::Refused(format!("command {code:02X}: syntax error").into()));
        }
        match self.phase {
            Phase::Wake | Phase::Diagnose => self.phase = Phase::Wake,
            Phase::Sam => self.phase = Phase::Firmware,
            Phase::Firmware => self.phase = Phase::Retries,
            Phase::Release => self.phase = Phase::FieldOff,
            Phase::Poll => self.fail(Failure::Spoilt, now),
            Phase::Retries | Phase::Authenticate | Phase::Read | Phase::FieldOff => self.poll_next(now),
        }
    }

    /// The exchange brought nothing.
    fn fail(&mut self, failure: Failure, now: Tick) {
        // Behind an abort, as long as a late answer may still be under way.
        self.next = if failure == Failure::Spoilt { now } else { now + SETTLE + self.config.slack };
        let before = self.remedy;
        self.remedy = match (before, failure) {
            (Remedy::None, Failure::NoReply | Failure::Spoilt) => Remedy::Again,
            (Remedy::None | Remedy::Again, _) => Remedy::WakeUp,
            (Remedy::WakeUp, _) => Remedy::LinkTest,
            (Remedy::LinkTest | Remedy::Waiting, _) => Remedy::Waiting,
        };
        match (self.remedy, self.phase) {
            (Remedy::None, _) => {}
            (
                Remedy::Again,
                Phase::Poll | Phase::Authenticate | Phase::Read | Phase::Release | Phase::FieldOff,
            ) => self.poll_next(self.next),
            (Remedy::Again, _) => {}
            (Remedy::WakeUp, _) => self.phase = Phase::Wake,
            (Remedy::LinkTest, _) => self.phase = Phase::Diagnose,
            (Remedy::Waiting, _) => {
                self.phase = Phase::Wake;
                self.next = now + SILENT_PAUSE;
                if before != Remedy::Waiting {
                    self.silent();
                }
            }
        }
    }

    fn silent(&mut self) {
        (self.online, self.told_foreign) = (false, false);
        self.presence.forget();
        self.tell(DeviceEvent::Silent);
    }

    fn advance(&mut self, now: Tick) {
        if self.link.busy() || now < self.next {
            return;
        }
        if self.phase == Phase::Wake {
            self.outputs.push_back(Output::Send(WAKE.to_vec()));
            (self.phase, self.configured) = (Phase::Sam, false);
            self.next = now + on_the_line(WAKE.len()) + SETTLE;
            return;
        }
        if self.phase == Phase::Poll {
            self.polled = now;
        }
        let Self { config, reading, phase, link, .. } = self;
        link.command(&command(*phase, config, reading.front()), now);
    }

    fn command(&self) -> Command<'_> {
        command(self.phase, &self.config, self.reading.front())
    }
}

/// What is sent in a phase.
fn command<'a>(phase: Phase, config: &Config, card: Option<&'a (CardUid, Target)>) -> Command<'a> {
    match (phase, config.text.zip(card)) {
        (Phase::Wake | Phase::Sam, _) => Command::SamConfiguration { timeout: SAM_TIMEOUT, irq: 1 },
        (Phase::Diagnose, _) => Command::Diagnose(&TEST),
        (Phase::Firmware, _) => Command::GetFirmwareVersion,
        (Phase::Retries, _) => Command::LimitRetries(RETRIES),
        (Phase::Poll, _) => {
            Command::ListTargets { most: config.most, modulation: Modulation::TypeA, only: &[] }
        }
        (Phase::Authenticate, Some((TextBlock { block, key: Some(key) }, (_, target)))) => {
            // Of a longer UID the last four bytes, as libnfc does.
            let uid = target.uid.last_chunk().copied().unwrap_or_default();
            let command = CardCommand::Authenticate { block, key, uid };
            Command::Exchange { target: target.number, command }
        }
        (Phase::Read, Some((TextBlock { block, .. }, (_, target)))) => {
            Command::Exchange { target: target.number, command: CardCommand::Read { block } }
        }
        (Phase::FieldOff, _) => Command::FieldOff,
        (Phase::Authenticate | Phase::Read | Phase::Release, _) => Command::Release(0),
    }
}
