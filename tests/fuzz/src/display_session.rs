//! Conversations with panels, a speech chip, a lock board and a door motor over lines that may carry anything.
//! Checks: each always comes to rest and asks to be woken later; it sends only frames of its own wire; behind any rubbish an
//! honest device is found again and does what it is told.

use crate::display::seal_speech;
use crate::script::{Step, steps};
use protocols::display::bx::message::{Message, Reply, Request};
use protocols::display::bx::profile::Profile;
use protocols::display::bx::wire::{HOST, Packet};
use protocols::display::panel::Panel;
use protocols::display::park;
use protocols::display::screen::{Colour, Screen};
use protocols::display::session::{self as panel, Session as PanelSession};
use protocols::display::syn;
use protocols::display::voice::{self, Voice};
use protocols::lock::board::{Act, LockAnswer, LockRequest};
use protocols::lock::door::{self, Door};
use protocols::lock::dooya::{Motion, Order};
use protocols::lock::session::{self as lock, LockState, Session as LockSession};
use protocols::talk::{DeviceEvent, Input, Output, Talk};
use protocols::tick::Tick;
use std::time::Duration;

/// A conversation on a line of its own.
pub struct Bench<T> {
    /// The conversation.
    pub talk: T,
    /// The time.
    pub now: Tick,
    /// What it sent and nobody has answered yet.
    pub sent: Vec<Vec<u8>>,
    /// What it told.
    pub events: Vec<DeviceEvent>,
    wake: Option<Tick>,
    heard: usize,
}

impl<T: Talk> Bench<T> {
    /// A conversation that has not begun.
    pub fn new(talk: T) -> Self {
        let (sent, events) = (Vec::new(), Vec::new());
        Self { talk, now: Tick::default(), sent, events, wake: None, heard: 0 }
    }

    /// One input, and all that comes of it.
    pub fn handle(&mut self, input: Input<'_>) {
        if let Input::Bytes(bytes) = input {
            self.heard += bytes.len();
        }
        self.talk.handle(input, self.now);
        self.settle();
    }

    /// All that comes of what it was told.
    pub fn settle(&mut self) {
        // A byte tells a few things at most, and a step a few of its own.
        for _ in 0..4 * self.heard + 256 {
            match self.talk.poll() {
                Output::Send(bytes) => self.sent.push(bytes),
                Output::Event(event) => self.events.push(event),
                Output::Wait(wake) => {
                    self.wake = wake;
                    let counted = self.talk.counters().bytes;
                    let gone =
                        counted.frame_bytes + counted.idle_bytes + counted.noise_bytes + counted.bad_bytes;
                    assert!(gone <= self.heard as u64, "more bytes counted than heard");
                    return;
                }
            }
        }
        panic!("the conversation never waits");
    }

    /// Lets the time of the last `Wait` come; it must not come twice without end.
    pub fn deadline(&mut self) {
        self.now = self.wake.map_or(self.now + Duration::from_secs(1), |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                return;
            }
        }
        panic!("the conversation wants the same moment again and again");
    }

    /// The steps that are alike everywhere; `seal` closes frames, `choose` does the rest.
    pub fn play(
        &mut self,
        data: &[u8],
        seal: impl Fn(&[u8]) -> Vec<u8>,
        mut choose: impl FnMut(&mut Self, u8),
    ) {
        self.deadline();
        for step in steps(data) {
            match step {
                Step::Raw(bytes) => self.handle(Input::Bytes(bytes)),
                Step::Sealed(body) => self.handle(Input::Bytes(&seal(body))),
                Step::Later(Duration::ZERO) => self.handle(Input::Gap),
                Step::Later(wait) => {
                    self.now = self.now + wait;
                    self.handle(Input::Deadline);
                }
                Step::Choice(0) => self.deadline(),
                Step::Choice(choice) => choose(self, choice),
            }
        }
        self.handle(Input::Gap);
    }

    /// From here on the device is honest: answers everything within a millisecond, until `done`.
    pub fn heals(&mut self, mut answer: impl FnMut(&[u8]) -> Vec<u8>, done: impl Fn(&Self) -> bool) {
        for _ in 0..200 {
            if done(self) {
                return;
            }
            for sent in std::mem::take(&mut self.sent) {
                let bytes = answer(&sent);
                self.now = self.now + Duration::from_millis(1);
                self.handle(Input::Bytes(&bytes));
            }
            self.deadline();
        }
        panic!("an honest device is never found again: {:?}", self.events);
    }
}

/// One conversation of one kind.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    match choice % 5 {
        0 => panel(data),
        1 => speech(data),
        2 => locks(data),
        3 => doors(data),
        _ => parking(data),
    }
}

fn panel(data: &[u8]) {
    let config = panel::Config::of(Panel::Bx(Profile::default()));
    let mut bench = Bench::new(PanelSession::new(config));
    let seal = |body: &[u8]| Packet::new(HOST, 1, body.to_vec()).encode().unwrap_or_default();
    bench.play(data, seal, |bench, choice| match choice % 3 {
        0 => {
            let text = format!("{choice}");
            bench.talk.show(Screen::of(&[(&text, Colour::Green)]), bench.now);
            bench.settle();
        }
        1 => {
            let refused = Packet::new(HOST, 1, vec![0xA0, 1, choice, 0, 0]).encode().unwrap_or_default();
            bench.handle(Input::Bytes(&refused));
        }
        _ => {
            let accepted = Packet::new(HOST, 1, Reply::Accepted.encode()).encode().unwrap_or_default();
            bench.handle(Input::Bytes(&accepted));
        }
    });
    bench.sent.clear();
    bench.talk.show(Screen::of(&[("at last", Colour::Red)]), bench.now);
    bench.settle();
    let shown = std::cell::RefCell::new(Vec::new());
    let answer = |sent: &[u8]| {
        let packet = Packet::parse(sent).expect("the conversation sent no frame");
        let message = Message::parse(&packet.data).expect("the conversation sent no message");
        if let (_, Request::Show { areas, .. }) = Request::decode(&message).expect("no request of ours") {
            shown.borrow_mut().extend(areas.into_iter().map(|area| area.text.read()));
        }
        Packet::new(HOST, 1, Reply::Accepted.encode()).encode().expect("fits")
    };
    bench.heals(answer, |_| shown.borrow().iter().any(|text| text.ends_with("at last")));
}

/// A parking board is mute, and shows and speaks whatever comes back from its line.
fn parking(data: &[u8]) {
    let config = panel::Config::of(Panel::Park(park::Profile { rows: 2, ..park::Profile::default() }));
    let mut bench = Bench::new(PanelSession::new(config));
    bench.play(data, <[u8]>::to_vec, |bench, choice| {
        let text = format!("{choice}");
        if choice % 2 == 0 {
            bench.talk.show(Screen::of(&[(&text, Colour::Green)]), bench.now);
        } else {
            bench.talk.say(&text, bench.now);
        }
        bench.settle();
    });
    bench.sent.clear();
    bench.talk.say("too late", bench.now);
    bench.talk.say("at last", bench.now);
    bench.settle();
    for _ in 0..4 {
        bench.deadline();
    }
    let spoken = bench.sent.iter().filter_map(|sent| {
        let frame = park::Frame::parse(sent).expect("the conversation sent no frame");
        match park::Command::decode(&frame).expect("no command of ours") {
            park::Command::Speak { text, .. } => Some(text.read()),
            _ => None,
        }
    });
    let spoken: Vec<String> = spoken.collect();
    assert_eq!(spoken.iter().filter(|text| *text == "at last").count(), 1, "{spoken:?}");
    assert_eq!(spoken.last().map(String::as_str), Some("at last"));
}

fn speech(data: &[u8]) {
    let mut bench = Bench::new(Voice::new(voice::Config::default(), Tick::default()));
    bench.play(data, seal_speech, |bench, choice| match choice % 4 {
        0 => {
            bench.talk.say(&format!("{choice}"), bench.now);
            bench.settle();
        }
        1 => {
            bench.talk.hush(bench.now);
            bench.settle();
        }
        2 => bench.handle(Input::Bytes(&[0x41])),
        _ => bench.handle(Input::Bytes(&[0x4F])),
    });
    let spoken = std::cell::RefCell::new(false);
    let answer = |sent: &[u8]| match syn::Command::decode(sent).expect("the conversation sent no command") {
        syn::Command::Speak { text, .. } => {
            *spoken.borrow_mut() |= text.read() == "at last";
            vec![0x41, 0x4F]
        }
        syn::Command::Query => vec![0x4F],
        _ => vec![0x41],
    };
    // What it sent before is answered by nobody; then the chip is honest until the conversation is at ease.
    bench.sent.clear();
    let settled = bench.now + Duration::from_secs(60);
    bench.heals(answer, |bench| bench.now >= settled);
    assert!(bench.events.iter().rev().find(|event| told_of_line(event)).is_some_and(is_online));
    bench.talk.say("at last", bench.now);
    bench.settle();
    bench.heals(answer, |_| *spoken.borrow());
}

fn told_of_line(event: &&DeviceEvent) -> bool {
    is_online(event) || **event == DeviceEvent::Silent
}

fn is_online(event: &DeviceEvent) -> bool {
    matches!(event, DeviceEvent::Online(_))
}

fn locks(data: &[u8]) {
    let config = lock::Config { locks: vec![1, 2], ..lock::Config::default() };
    let mut bench = Bench::new(LockSession::new(config));
    let seal = |body: &[u8]| {
        let body = body.get(..4).unwrap_or(body);
        [body, &[protocols::check::xor_8(body)]].concat()
    };
    bench.play(data, seal, |bench, choice| match choice % 3 {
        0 => {
            bench.talk.open(choice % 4, bench.now);
            bench.settle();
        }
        1 => {
            // The adapter echoes what was sent last.
            let sent = bench.sent.last().cloned().unwrap_or_default();
            bench.handle(Input::Bytes(&sent));
        }
        _ => {
            let sent = bench.sent.last().map(|sent| honest_lock(sent)).unwrap_or_default();
            bench.handle(Input::Bytes(&sent));
        }
    });
    bench.sent.clear();
    let shut =
        |bench: &Bench<LockSession>| [1, 2].iter().all(|lock| bench.talk.state(*lock) == LockState::Shut);
    bench.heals(honest_lock, shut);
}

/// What an honest board says whose locks are shut, and shut again at once when they are opened.
fn honest_lock(sent: &[u8]) -> Vec<u8> {
    let request = LockRequest::parse(sent).expect("the conversation sent no request");
    let state = if request.act == Act::Query { 0x11 } else { 0x00 };
    LockAnswer { board: request.board, lock: request.lock, act: request.act, state }.encode()
}

fn doors(data: &[u8]) {
    let mut bench = Bench::new(Door::new(door::Config::of([0x12, 0x34])));
    let seal = |body: &[u8]| {
        let mut frame = [&[0x55][..], body].concat();
        protocols::check::append(&protocols::check::CRC_16_MODBUS, &mut frame);
        frame
    };
    let mut orders = 0;
    bench.play(data, seal, |bench, choice| {
        let motion = [Motion::Open, Motion::Close, Motion::Stop][usize::from(choice % 3)];
        bench.talk.order(motion, bench.now);
        bench.settle();
        orders += 1;
    });
    assert!(bench.sent.len() <= 3 * orders, "an order was sent more than three times");
    for sent in &bench.sent {
        assert!(Order::parse(sent).is_some(), "the conversation sent no order");
    }
    bench.talk.order(Motion::Stop, bench.now);
    bench.settle();
    let sent = bench.sent.last().cloned().expect("an order is sent at once");
    bench.handle(Input::Bytes(&sent));
    let before = bench.sent.len();
    for _ in 0..4 {
        bench.deadline();
    }
    assert_eq!(bench.sent.len(), before, "an order that was answered is sent again");
}
