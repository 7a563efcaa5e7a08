//! One PN532's conversation over a line that may carry anything.
//! Checks: it always comes to rest; it only sends wake-ups, ACK, NACK and commands of ours, no command before the last one
//! was answered or aborted; it never tells a card or a text that no sound frame on the line held, and no card twice within
//! half a second; behind any rubbish an honest chip is found again and its card is told.

use crate::pn532::{Form, seal};
use crate::script::{Step, steps};
use protocols::card::pn532::memory::{CardKey, KeyKind, TextBlock};
use protocols::card::pn532::repr::{CardCommand, Command, Firmware, Most, Reply};
use protocols::card::pn532::session::{Config, Session};
use protocols::card::pn532::status::Status;
use protocols::card::pn532::target::Target;
use protocols::card::pn532::wire::{Frame, Side, WAKE};
use protocols::ids::CardUid;
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;
use std::time::Duration;

const UID: [u8; 4] = [0x5C, 0xBB, 0xE5, 0xD5];
const TEXT: [u8; 16] = *b"5201900012345\0\0\0";
const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
const KEY: CardKey = CardKey { kind: KeyKind::A, bytes: [0xFF; 6] };

struct Bench {
    session: Session,
    now: Tick,
    wake: Option<Tick>,
    /// All that was on the line.
    heard: Vec<u8>,
    /// The last command, encoded.
    last: Option<Vec<u8>>,
    /// How many commands went out.
    commands: usize,
    /// Frames, sound and spoilt, that had come when the last command went out; `None` once it was aborted.
    open: Option<u64>,
    /// Who was told when, the made-up numbers as one.
    told: Vec<(Option<CardUid>, Tick)>,
    events: Vec<DeviceEvent>,
}

impl Bench {
    fn handle(&mut self, input: Input<'_>) {
        if let Input::Bytes(bytes) = input {
            self.heard.extend_from_slice(bytes);
        }
        self.session.handle(input, self.now);
        // A frame brings a few outputs at most, and only one frame of an input answers the command that is out.
        for _ in 0..16 {
            match self.session.poll() {
                Output::Wait(wake) => {
                    assert!(wake.is_some(), "the session would never ask again");
                    self.wake = wake;
                    return;
                }
                Output::Send(bytes) => self.sends(bytes),
                Output::Event(event) => {
                    self.judge(&event);
                    self.events.push(event);
                }
            }
        }
        panic!("the session never waits");
    }

    fn sends(&mut self, bytes: Vec<u8>) {
        if bytes == WAKE {
            return;
        }
        let tally = self.session.counters().bytes;
        match Frame::parse(Side::Host, &bytes).expect("the session sent no frame") {
            Frame::Ack => self.open = None,
            Frame::Nack => {}
            Frame::SyntaxError => panic!("a host does not say this"),
            Frame::Information(content) => {
                Command::decode(content).expect("the session sent no command of ours");
                let came = tally.frames + tally.bad_checks;
                assert!(self.open.is_none_or(|before| before < came), "a command before the last one ended");
                (self.open, self.last) = (Some(came), Some(bytes));
                self.commands += 1;
            }
        }
    }

    fn judge(&mut self, event: &DeviceEvent) {
        let DeviceEvent::Seen(sighting) = event else { return };
        match &sighting.identity {
            Identity::Uid(uid) => {
                let bytes = from_hex(uid.as_str());
                assert!(self.carried(0x4B, &bytes), "a card out of nowhere: {}", uid.as_str());
                let who = (!uid.is_random()).then(|| uid.clone());
                match self.told.iter_mut().find(|(known, _)| *known == who) {
                    Some((_, at)) => {
                        assert!(self.now.since(*at) >= Duration::from_millis(500), "told too often: {who:?}");
                        *at = self.now;
                    }
                    None => self.told.push((who, self.now)),
                }
            }
            Identity::CardText(text) => {
                assert!(self.carried(0x41, text.as_bytes()), "a text out of nowhere: {text}");
            }
            other => panic!("a card reader saw {other:?}"),
        }
    }

    /// Whether a frame with that code, its lengths and sum right, held these bytes. Written apart from the decoder.
    fn carried(&self, code: u8, wanted: &[u8]) -> bool {
        (0..self.heard.len()).any(|at| {
            let Some([0x00, 0xFF, rest @ ..]) = self.heard.get(at..) else { return false };
            let (length, body) = match rest {
                [0xFF, 0xFF, high, low, check, body @ ..]
                    if high.wrapping_add(*low).wrapping_add(*check) == 0 =>
                {
                    (usize::from(*high) * 256 + usize::from(*low), body)
                }
                [length, check, body @ ..] if length.wrapping_add(*check) == 0 => {
                    (usize::from(*length), body)
                }
                _ => return false,
            };
            let Some((body, [sum, ..])) = body.split_at_checked(length) else { return false };
            let total = body.iter().fold(*sum, |sum, byte| sum.wrapping_add(*byte));
            let holds = total == 0 && body.starts_with(&[0xD5, code]);
            holds && body.windows(wanted.len()).any(|part| part == wanted)
        })
    }

    /// Lets the time of the last `Wait` come; it must not come twice without end.
    fn deadline(&mut self) {
        self.now = self.wake.map_or(self.now, |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                return;
            }
        }
        panic!("the session wants the same moment again and again");
    }

    fn answer_last(&mut self) {
        if let Some(command) = self.last.clone() {
            let reply = honest(&command);
            self.handle(Input::Bytes(&[&ACK[..], &reply].concat()));
        }
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// One conversation.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let text = (choice & 1 != 0).then_some(TextBlock { block: 4, key: Some(KEY) });
    let most = if choice & 2 == 0 { Most::Two } else { Most::One };
    let form = if choice & 4 == 0 { Form::Normal } else { Form::Extended };
    let mut bench = Bench {
        session: Session::new(Config { text, most, ..Config::default() }),
        now: Tick::default(),
        wake: None,
        heard: Vec::new(),
        last: None,
        commands: 0,
        open: None,
        told: Vec::new(),
        events: Vec::new(),
    };
    bench.deadline();
    for step in steps(data) {
        match step {
            Step::Raw(bytes) => bench.handle(Input::Bytes(bytes)),
            Step::Sealed(body) => bench.handle(Input::Bytes(&seal(Side::Chip, form, body))),
            Step::Later(Duration::ZERO) => bench.handle(Input::Gap),
            Step::Later(wait) => {
                bench.now = bench.now + wait;
                bench.handle(Input::Deadline);
            }
            Step::Choice(choice) => match choice % 3 {
                0 => bench.deadline(),
                1 => bench.answer_last(),
                _ => bench.handle(Input::Bytes(&ACK)),
            },
        }
    }
    finds_an_honest_chip(&mut bench);
    let counted = bench.session.counters().bytes;
    let gone = counted.frame_bytes + counted.idle_bytes + counted.noise_bytes + counted.bad_bytes;
    assert!(gone <= bench.heard.len() as u64, "more bytes counted than heard");
    assert!(bench.heard.len() as u64 - gone < 600, "more bytes held than any buffer has");
}

/// What a chip with one card answers.
fn honest(command: &[u8]) -> Vec<u8> {
    let Ok(Frame::Information(content)) = Frame::parse(Side::Host, command) else { return Vec::new() };
    let reply = match Command::decode(content).expect("a command of ours") {
        Command::Diagnose(data) => Reply::Diagnosed(data),
        Command::GetFirmwareVersion => {
            Reply::Firmware(Firmware { ic: Firmware::PN532, version: 1, revision: 6, support: 7 })
        }
        Command::SamConfiguration { .. } => Reply::SamConfigured,
        Command::FieldOff | Command::LimitRetries(_) => Reply::RfConfigured,
        Command::ListTargets { .. } => {
            let uid = UID.to_vec();
            Reply::Targets(vec![Target { number: 1, sens_res: 0x0004, sel_res: 0x08, uid, ats: None }])
        }
        Command::Exchange { command: CardCommand::Read { .. }, .. } => {
            Reply::Exchanged { status: Status::DONE, data: &TEXT }
        }
        Command::Exchange { .. } => Reply::Exchanged { status: Status::DONE, data: &[] },
        Command::Release(_) => Reply::Released(Status::DONE),
        Command::Deselect(_) => Reply::Deselected(Status::DONE),
    };
    reply.encode().expect("fits one frame")
}

/// From here on the line is clean and the chip answers within a millisecond.
fn finds_an_honest_chip(bench: &mut Bench) {
    bench.handle(Input::Gap);
    let told = bench.events.len();
    let mut answered = bench.commands;
    for _ in 0..60 {
        bench.deadline();
        // Most answers bring the next command at once.
        for _ in 0..8 {
            if answered == bench.commands {
                break;
            }
            answered = bench.commands;
            bench.now = bench.now + Duration::from_millis(1);
            bench.answer_last();
        }
        let since = bench.events.get(told..).unwrap_or_default();
        let ours = |event: &DeviceEvent| match event {
            DeviceEvent::Seen(sighting) => {
                matches!(&sighting.identity, Identity::Uid(uid) if uid.as_str() == "5CBBE5D5")
            }
            _ => false,
        };
        if since.iter().any(ours) {
            return;
        }
    }
    panic!("an honest chip is never heard again: {:?}", bench.events.get(told..));
}
