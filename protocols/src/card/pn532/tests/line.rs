//! A chip with faults on a line with its own time, and a session at the other end. Answers take 30 ms.

use super::bytes;
use crate::card::pn532::memory::{CardKey, KeyKind};
use crate::card::pn532::repr::{CardCommand, Command, Firmware, Reply};
use crate::card::pn532::session::{Config, Session};
use crate::card::pn532::status::Status;
use crate::card::pn532::target::Target;
use crate::card::pn532::wire::{Frame, Side, WAKE};
use crate::talk::{DeviceEvent, Identity, Input, Output, Talk};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

pub(super) const ACK: &str = "0000FF00FF00";
/// Vector P7's card.
pub(super) const CARD: &str = "5CBBE5D5";
/// Vector P8's card.
pub(super) const OTHER: &str = "24D34F59";
pub(super) const KEY: CardKey = CardKey { kind: KeyKind::A, bytes: [0xFF; 6] };

/// Stands for a command code: the answer that was asked for again.
pub(super) const AGAIN: u8 = 0xFF;

/// What happens to one answer on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    None,
    /// Neither acknowledged nor answered.
    Deaf,
    /// Acknowledged, and no reply.
    Mute,
    /// Only the acknowledgement is lost.
    AckLost,
    /// The reply's sum is wrong.
    Spoilt,
    /// The reply breaks off.
    Cut,
}

pub(super) struct Chip {
    pub(super) asleep: bool,
    pub(super) alive: bool,
    pub(super) ic: u8,
    /// Retries are limited; a chip that was away looks for cards for ever.
    pub(super) limited: bool,
    /// Cards were released, and answer no look until the field was off.
    released: bool,
    pub(super) cards: Vec<String>,
    /// What a block says to `Read`.
    pub(super) block: Vec<u8>,
    pub(super) key: CardKey,
    /// Instead of its own answers to polls.
    pub(super) polls: VecDeque<&'static str>,
    /// Commands that it does not know.
    pub(super) refuses: Vec<u8>,
    /// What happens to the next answers to this command.
    pub(super) harm: Vec<(u8, Harm)>,
    last: Vec<u8>,
}

impl Chip {
    pub(super) fn new(cards: &[&str]) -> Self {
        Self {
            asleep: true,
            alive: true,
            ic: Firmware::PN532,
            limited: false,
            released: false,
            cards: cards.iter().map(ToString::to_string).collect(),
            block: b"5201900012345\0\0\0".to_vec(),
            key: KEY,
            polls: VecDeque::new(),
            refuses: Vec::new(),
            harm: Vec::new(),
            last: Vec::new(),
        }
    }

    pub(super) fn reboot(&mut self) {
        (self.asleep, self.limited) = (true, false);
    }

    /// What it says to one write: after how many milliseconds which bytes. `None` takes back what is under way.
    fn hear(&mut self, sent: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
        if sent == WAKE {
            self.asleep = false;
            return Some(Vec::new());
        }
        let content = match Frame::parse(Side::Host, sent).unwrap() {
            Frame::Ack => return None,
            Frame::Nack => {
                let again =
                    if self.harm_to(AGAIN) == Harm::Spoilt { spoil(&self.last) } else { self.last.clone() };
                return Some(vec![(30, again)]);
            }
            Frame::Information(content) => content,
            Frame::SyntaxError => panic!("no host sends this"),
        };
        if !self.alive || self.asleep {
            return Some(Vec::new());
        }
        let command = Command::decode(content).unwrap();
        let harm = self.harm_to(command.code());
        let Some(reply) = self.answer(&command) else { return Some(vec![(1, bytes(ACK))]) };
        self.last.clone_from(&reply);
        Some(match harm {
            Harm::None => vec![(1, bytes(ACK)), (30, reply)],
            Harm::Deaf => vec![],
            Harm::Mute => vec![(1, bytes(ACK))],
            Harm::AckLost => vec![(10, reply)],
            Harm::Spoilt => vec![(1, bytes(ACK)), (30, spoil(&reply))],
            Harm::Cut => vec![(1, bytes(ACK)), (30, reply[..reply.len() - 4].to_vec())],
        })
    }

    fn harm_to(&mut self, code: u8) -> Harm {
        match self.harm.iter().position(|(harmed, _)| *harmed == code) {
            Some(at) => self.harm.remove(at).1,
            None => Harm::None,
        }
    }

    fn answer(&mut self, command: &Command<'_>) -> Option<Vec<u8>> {
        if self.refuses.contains(&command.code()) {
            return Some(bytes("0000FF 01FF 7F 81 00"));
        }
        let block = self.block.clone();
        let reply = match command {
            Command::Diagnose(data) => Reply::Diagnosed(data),
            Command::GetFirmwareVersion => {
                Reply::Firmware(Firmware { ic: self.ic, version: 1, revision: 6, support: 7 })
            }
            Command::SamConfiguration { .. } => Reply::SamConfigured,
            Command::FieldOff => {
                self.released = false;
                Reply::RfConfigured
            }
            Command::LimitRetries(_) => {
                self.limited = true;
                Reply::RfConfigured
            }
            Command::ListTargets { .. } if !self.polls.is_empty() => {
                return self.polls.pop_front().map(bytes);
            }
            Command::ListTargets { .. } if self.cards.is_empty() && !self.limited => return None,
            Command::ListTargets { .. } if self.released => Reply::Targets(Vec::new()),
            Command::ListTargets { most, .. } => {
                let cards = self.cards.iter().take(*most as usize).zip(1..);
                Reply::Targets(cards.map(|(uid, number)| target(number, uid)).collect())
            }
            Command::Exchange { command: CardCommand::Authenticate { key, .. }, .. } => {
                let status = if *key == self.key { Status::DONE } else { Status::AUTHENTICATION };
                Reply::Exchanged { status, data: &[] }
            }
            Command::Exchange { .. } => Reply::Exchanged { status: Status::DONE, data: &block },
            Command::Release(_) => {
                self.released = true;
                Reply::Released(Status::DONE)
            }
            Command::Deselect(_) => panic!("the session does not deselect"),
        };
        Some(reply.encode().unwrap())
    }
}

/// The same frame with a wrong sum.
fn spoil(frame: &[u8]) -> Vec<u8> {
    let mut spoilt = frame.to_vec();
    let sum = spoilt.len() - 2;
    spoilt[sum] ^= 0x10;
    spoilt
}

fn target(number: u8, uid: &str) -> Target {
    let (sens_res, sel_res) = if uid.len() == 8 { (0x0004, 0x08) } else { (0x0044, 0x00) };
    Target { number, sens_res, sel_res, uid: bytes(uid), ats: None }
}

/// Session and chip on one line with their own time.
pub(super) struct Line {
    pub(super) session: Session,
    pub(super) chip: Chip,
    pub(super) now: u64,
    /// Bytes under way to the session, soonest first.
    due: VecDeque<(u64, Vec<u8>)>,
    /// Bytes come one at a time.
    pub(super) dripping: bool,
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) log: Vec<String>,
}

impl Line {
    pub(super) fn new(config: Config, chip: Chip) -> Self {
        let (session, due) = (Session::new(config), VecDeque::new());
        Self { session, chip, now: 0, due, dripping: false, sent: Vec::new(), log: Vec::new() }
    }

    pub(super) fn run_until(&mut self, end: u64) {
        self.session.handle(Input::Deadline, Tick::from_millis(self.now));
        loop {
            let wake = self.rest();
            assert!(wake > self.now, "waits for the past at {}", self.now);
            let arrives = self.due.front().map_or(u64::MAX, |(at, _)| *at);
            let next = wake.min(arrives);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            match self.due.pop_front_if(|(at, _)| *at == next) {
                Some((_, bytes)) => self.hear(&bytes),
                None => self.session.handle(Input::Deadline, Tick::from_millis(next)),
            }
        }
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(if self.dripping { 1 } else { usize::MAX }) {
            self.session.handle(Input::Bytes(piece), Tick::from_millis(self.now));
            self.rest();
        }
    }

    /// The line breaks off.
    pub(super) fn gap(&mut self) {
        self.session.handle(Input::Gap, Tick::from_millis(self.now));
        self.rest();
    }

    /// Polls until the session waits; until when, rounded up to milliseconds.
    fn rest(&mut self) -> u64 {
        loop {
            match self.session.poll() {
                Output::Send(sent) => self.send(sent),
                Output::Event(event) => self.log.push(format!("{} {}", self.now, name(&event))),
                Output::Wait(wake) => return wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000)),
            }
        }
    }

    fn send(&mut self, sent: Vec<u8>) {
        let what = match Frame::parse(Side::Host, &sent) {
            Ok(Frame::Ack) => "abort".to_string(),
            Ok(Frame::Nack) => "nack".to_string(),
            Ok(Frame::Information(content)) => format!("send {:02X}", content[0]),
            _ => "wake".to_string(),
        };
        self.log.push(format!("{} {what}", self.now));
        match self.chip.hear(&sent) {
            None => self.due.clear(),
            Some(answers) => {
                self.due.extend(answers.into_iter().map(|(in_ms, bytes)| (self.now + in_ms, bytes)))
            }
        }
        self.sent.push(sent);
    }

    /// The first time that something is logged from then on.
    pub(super) fn first(&self, what: &str, from: u64) -> Option<u64> {
        self.times(what).into_iter().find(|at| *at >= from)
    }

    pub(super) fn times(&self, what: &str) -> Vec<u64> {
        let lines = self.log.iter().filter_map(|line| line.split_once(' '));
        lines.filter(|(_, rest)| *rest == what).filter_map(|(at, _)| at.parse().ok()).collect()
    }

    /// What the lane learns of cards, without the times.
    pub(super) fn cards(&self) -> Vec<&str> {
        let lines = self.log.iter().filter_map(|line| line.split_once(' '));
        lines
            .map(|(_, rest)| rest)
            .filter(|rest| rest.starts_with("card") || rest.starts_with("text"))
            .collect()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(what) => format!("online {what}"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Uid(uid) if uid.is_random() => format!("card {} made up", uid.as_str()),
            Identity::Uid(uid) => format!("card {}", uid.as_str()),
            Identity::CardText(text) => format!("text {text}"),
            other => panic!("a card reader saw {other:?}"),
        },
        DeviceEvent::Refused(why) => format!("refused {why}"),
        DeviceEvent::Unsupported(what) => format!("unsupported {what}"),
        other => format!("{other:?}"),
    }
}

pub(super) fn line(cards: &[&str]) -> Line {
    Line::new(Config::default(), Chip::new(cards))
}

/// A line whose chip has been polled for a second.
pub(super) fn settled(cards: &[&str]) -> Line {
    let mut line = line(cards);
    line.run_until(1_000);
    line
}
