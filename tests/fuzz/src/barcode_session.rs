//! One scanner's conversation over a line that may carry anything.
//! Checks: it always comes to rest; it sends commands of ours only, and none to a scanner that only talks; it never tells
//! a text that was not on the line; behind any rubbish an honest scanner is found again and its slips are told.

use crate::barcode::seal;
use crate::script::{Step, steps};
use protocols::barcode::aim::CodeId;
use protocols::barcode::gm::{Reply, Request};
use protocols::barcode::repr::Reading;
use protocols::barcode::session::{Config, Session};
use protocols::barcode::settings::Module;
use protocols::barcode::wire::Tail;
use protocols::barcode::zone::Trigger;
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;
use std::time::Duration;

const SLIP: &str = "ECIF202511200017";
const IDENTITY: [u8; 6] = [5, 0x64, 0x67, 0x16, 9, 1];

struct Bench {
    session: Session,
    module: Option<Module>,
    now: Tick,
    wake: Option<Tick>,
    /// All that was on the line.
    heard: Vec<u8>,
    sent: Vec<Vec<u8>>,
    events: Vec<DeviceEvent>,
    /// What an honest module's zones hold.
    zones: [u8; 256],
}

impl Bench {
    fn handle(&mut self, input: Input<'_>) {
        if let Input::Bytes(bytes) = input {
            self.heard.extend_from_slice(bytes);
        }
        self.session.handle(input, self.now);
        // A byte tells one event at most, and a step a few of its own.
        for _ in 0..self.heard.len() + 64 {
            match self.session.poll() {
                Output::Wait(wake) => {
                    self.wake = wake;
                    return;
                }
                Output::Send(bytes) => {
                    assert!(self.module.is_some(), "a scanner that only talks was asked");
                    let request = Request::parse(&bytes).expect("the session sent no request");
                    assert!(request != Request::Save, "the session wears the module out");
                    self.sent.push(bytes);
                }
                Output::Event(event) => {
                    if let DeviceEvent::Seen(sighting) = &event {
                        self.heard_before(&sighting.identity);
                    }
                    self.events.push(event);
                }
            }
        }
        panic!("the session never waits");
    }

    /// A record's bytes are on the line as its raw text has them, unless that had to be written otherwise.
    fn heard_before(&self, identity: &Identity) {
        let Identity::Code { text, raw } = identity else { panic!("a scanner saw {identity:?}") };
        assert_eq!(text.trim(), text);
        let plain = !raw.contains("\\x");
        let there = self.heard.windows(raw.len()).any(|part| part == raw.as_bytes());
        assert!(!raw.is_empty() && (there || !plain), "a text out of nowhere: {raw:?}");
    }

    /// Lets the time of the last `Wait` come; it must not come twice without end.
    fn deadline(&mut self) {
        self.now = self.wake.map_or(self.now + Duration::from_secs(1), |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                return;
            }
        }
        panic!("the session wants the same moment again and again");
    }

    /// What an honest module answers to the last command, if there was one.
    fn answer_last(&mut self) {
        let Some(sent) = self.sent.last().cloned() else { return };
        let bytes = match Request::parse(&sent).expect("checked when it was sent") {
            Request::Read { zone, count } => {
                let from = usize::from(zone);
                let values = self.zones.get(from..from + usize::from(count)).expect("zones of the manual");
                seal(values)
            }
            Request::Write { zone, data } => {
                for (slot, value) in self.zones.iter_mut().skip(usize::from(zone)).zip(data) {
                    *slot = *value;
                }
                Reply::DONE.encode().expect("one byte fits a reply")
            }
            Request::Save => return,
        };
        self.handle(Input::Bytes(&bytes));
    }
}

fn config(choice: u8) -> Config {
    let trigger = [Trigger::Manual, Trigger::Command, Trigger::Continuous, Trigger::Sensor];
    let module = Module { trigger: trigger[usize::from(choice >> 1) % 4], ..Module::default() };
    let code_id = [CodeId::Off, CodeId::Letter, CodeId::Aim][usize::from(choice >> 3) % 3];
    let tail = [Tail::LineEnd, Tail::Tab, Tail::Silence][usize::from(choice >> 5) % 3];
    let reading = Reading { code_id, no_read: Some("FAIL".into()), ..Reading::default() };
    Config { reading, tail, module: (choice & 1 == 0).then_some(module), ..Config::default() }
}

/// One conversation.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let config = config(*choice);
    let mut zones = [0; 256];
    zones[0xE0..0xE6].copy_from_slice(&IDENTITY);
    let mut bench = Bench {
        module: config.module,
        session: Session::new(config),
        now: Tick::default(),
        wake: None,
        heard: Vec::new(),
        sent: Vec::new(),
        events: Vec::new(),
        zones,
    };
    bench.deadline();
    for step in steps(data) {
        let before = bench.sent.len();
        match step {
            Step::Raw(bytes) => bench.handle(Input::Bytes(bytes)),
            Step::Sealed(body) => bench.handle(Input::Bytes(&seal(body))),
            Step::Later(Duration::ZERO) => bench.handle(Input::Gap),
            Step::Later(wait) => {
                bench.now = bench.now + wait;
                bench.handle(Input::Deadline);
            }
            Step::Choice(choice) => match choice % 3 {
                0 => bench.deadline(),
                1 => bench.answer_last(),
                // A module that somebody reset.
                _ => bench.zones[..0xE0].fill(choice),
            },
        }
        // One question at a time: two sends need a reply or a record between them.
        let frames = bench.session.counters().bytes.frames;
        assert!(bench.sent.len() - before <= 1 + usize::try_from(frames).unwrap_or(usize::MAX));
    }
    finds_an_honest_scanner(&mut bench);
    let counted = bench.session.counters().bytes;
    let gone = counted.frame_bytes + counted.idle_bytes + counted.noise_bytes + counted.bad_bytes;
    assert!(gone <= bench.heard.len() as u64, "more bytes counted than heard");
}

/// From here on the line is clean, a module answers at once, and a slip is read every half second.
fn finds_an_honest_scanner(bench: &mut Bench) {
    bench.handle(Input::Gap);
    let told = bench.events.len();
    let mut answered = bench.sent.len();
    // The letter, where the module puts one, is taken off again only where it is asked for.
    let slip = format!("]C0{SLIP}\r");
    for _ in 0..120 {
        bench.deadline();
        for _ in 0..16 {
            if answered == bench.sent.len() {
                break;
            }
            answered = bench.sent.len();
            bench.now = bench.now + Duration::from_millis(1);
            bench.answer_last();
        }
        bench.now = bench.now + Duration::from_millis(500);
        bench.handle(Input::Bytes(slip.as_bytes()));
        let since = bench.events.get(told..).unwrap_or_default();
        let seen = since.iter().any(|event| match event {
            DeviceEvent::Seen(sighting) => {
                matches!(&sighting.identity, Identity::Code { text, .. } if text == SLIP)
            }
            _ => false,
        });
        // Settings that stood before the rubbish may still stand.
        let set = bench.module.is_none() || bench.events.contains(&DeviceEvent::Configured);
        if seen && set {
            return;
        }
    }
    panic!("an honest scanner is never heard again: {:?}", bench.events.get(told..));
}
