//! Conversations as scripts: what the scanner says and when, and what the session does.

use super::bytes;
use crate::barcode::aim::CodeId;
use crate::barcode::charset::Charset;
use crate::barcode::gm::{Reply, Request};
use crate::barcode::repr::Reading;
use crate::barcode::session::{Config, Session};
use crate::barcode::settings::Module;
use crate::barcode::wire::Tail;
use crate::barcode::zone::{self, Trigger};
use crate::talk::{DeviceEvent, Identity, Input, Output, Talk};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

/// A module that can be switched off and reset, and that reads one slip when it is triggered.
struct Scanner {
    alive: bool,
    /// Each reply comes twice.
    twice: bool,
    /// What is written there is accepted and not kept.
    stubborn: Option<u16>,
    zones: [u8; 256],
    /// What a triggered read brings, and how long after the command.
    slip: Option<(u64, Vec<u8>)>,
}

impl Scanner {
    fn factory() -> Self {
        let mut zones = [0; 256];
        // LED, sound, aim and light on, button mode; no tail, text to the keyboard, Unicode.
        zones[0] = 0xD4;
        zones[0x0D] = 0x05;
        zones[0xE0..0xE6].copy_from_slice(&[5, 0x64, 0x67, 0x16, 9, 1]);
        Self { alive: true, twice: false, stubborn: None, zones, slip: None }
    }

    fn answer(&mut self, sent: &[u8]) -> Vec<(u64, Vec<u8>)> {
        if !self.alive {
            return Vec::new();
        }
        let mut later = None;
        let reply = match Request::parse(sent).unwrap() {
            Request::Read { zone, count } => {
                let from = usize::from(zone);
                Reply::values(&self.zones[from..from + usize::from(count)]).encode().unwrap()
            }
            Request::Write { zone, data } => {
                if zone == zone::TRIGGER {
                    later = self.slip.clone();
                } else if self.stubborn != Some(zone) {
                    let from = usize::from(zone);
                    self.zones[from..from + data.len()].copy_from_slice(data);
                }
                Reply::DONE.encode().unwrap()
            }
            Request::Save => panic!("the session saves nothing"),
        };
        let reply = if self.twice { [&reply[..], &reply].concat() } else { reply };
        let mut answers = vec![(20, reply)];
        answers.extend(later);
        answers
    }
}

/// Session and scanner on one line with their own time.
struct Line {
    session: Session,
    scanner: Scanner,
    now: u64,
    /// What is under way and when it comes.
    due: VecDeque<(u64, Vec<u8>)>,
    log: Vec<String>,
}

impl Line {
    fn new(config: Config, scanner: Scanner) -> Self {
        Self { session: Session::new(config), scanner, now: 0, due: VecDeque::new(), log: Vec::new() }
    }

    fn module(trigger: Trigger) -> Self {
        let module = Module { trigger, ..Module::default() };
        Self::new(Config { module: Some(module), ..Config::default() }, Scanner::factory())
    }

    fn run_until(&mut self, end: u64) {
        self.handle(Input::Deadline);
        loop {
            let wake = self.poll().map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000));
            assert!(wake > self.now, "waits for the past at {}", self.now);
            let next = wake.min(self.due.front().map_or(u64::MAX, |(at, _)| *at));
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            match self.due.pop_front_if(|(at, _)| *at == next) {
                Some((_, bytes)) => self.handle(Input::Bytes(&bytes)),
                None => self.handle(Input::Deadline),
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.session.handle(input, Tick::from_millis(self.now));
    }

    fn poll(&mut self) -> Option<Tick> {
        loop {
            match self.session.poll() {
                Output::Send(sent) => {
                    self.log.push(format!("{} {}", self.now, asked(&sent)));
                    let answers = self.scanner.answer(&sent);
                    self.due.extend(answers.into_iter().map(|(after, bytes)| (self.now + after, bytes)));
                    self.due.make_contiguous().sort_by_key(|(at, _)| *at);
                }
                Output::Event(event) => self.log.push(format!("{} {}", self.now, name(&event))),
                Output::Wait(wake) => return wake,
            }
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.handle(Input::Bytes(bytes));
        self.poll();
    }

    fn first(&self, what: &str, from: u64) -> Option<u64> {
        let times = self.log.iter().filter_map(|line| line.split_once(' ')).filter(|(_, rest)| *rest == what);
        times.filter_map(|(at, _)| at.parse().ok()).find(|at| *at >= from)
    }

    fn count(&self, what: &str) -> usize {
        self.log.iter().filter(|line| line.split_once(' ').is_some_and(|(_, rest)| rest == what)).count()
    }
}

fn asked(sent: &[u8]) -> String {
    match Request::parse(sent).unwrap() {
        Request::Read { zone, count } => format!("read {zone:04X} {count}"),
        Request::Write { zone: zone::TRIGGER, .. } => "trigger".into(),
        Request::Write { zone, data } => format!("write {zone:04X} {}", hex::encode_upper(data)),
        Request::Save => "save".into(),
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(text) => format!("online {text}"),
        DeviceEvent::Refused(text) => format!("refused {text}"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Code { text, .. } => format!("seen {text}"),
            other => panic!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

const ONLINE: &str = "online GM65, model 05, hardware 64, software 67";

#[test]
fn a_module_is_configured_read_back_and_then_only_looked_at() {
    let mut line = Line::module(Trigger::Continuous);
    line.run_until(1_000);
    line.say(b"ECIF17\r\n");
    line.run_until(5_000);
    let want = [
        "0 read 00E0 6",
        &format!("20 {ONLINE}"),
        "20 read 0000 14",
        "40 read 0060 1",
        "60 write 0060 01",
        "80 write 0005 0A",
        "100 write 0006 1E",
        // The other bits of the mode byte stay as they are.
        "120 write 0000 D6",
        "140 read 0000 14",
        "160 read 0060 1",
        "180 Configured",
        "1000 seen ECIF17",
        "4180 read 0000 14",
        "4200 read 0060 1",
    ];
    assert_eq!(line.log, want);
    // Where text goes to and in which set was nobody's wish.
    assert_eq!(line.scanner.zones[0x0D], 0x05);
    assert_eq!(line.session.counters().readings, 1);
}

#[test]
fn identifiers_and_character_set_are_set_where_the_configuration_asks_for_them() {
    let reading = Reading { code_id: CodeId::Aim, charset: Charset::Gbk, ..Reading::default() };
    let config = Config { reading, tail: Tail::Tab, module: Some(Module::default()), ..Config::default() };
    let mut line = Line::new(config, Scanner::factory());
    line.run_until(1_000);
    assert!(line.first("Configured", 0).is_some(), "{:?}", line.log);
    // TAB tail and code ID; GBK, and still to the keyboard's port.
    assert_eq!(
        (line.scanner.zones[0x60], line.scanner.zones[0xD0], line.scanner.zones[0x0D]),
        (0x45, 0x80, 0x01)
    );
    line.say(&bytes("5D5131 BEA9 413132333435 09"));
    assert_eq!(line.first("seen 京A12345", 0), Some(1_000));
}

/// Vector B11: the reply comes first, the record behind it, and the next command only when the read is over.
#[test]
fn a_commanded_module_is_triggered_again_and_again() {
    let mut line = Line::module(Trigger::Command);
    line.scanner.slip = Some((200, b"ECIF17\r".to_vec()));
    line.run_until(1_000);
    let ready = line.first("Configured", 0).unwrap();
    assert_eq!(line.first("trigger", 0), Some(ready));
    assert_eq!(line.first("seen ECIF17", 0), Some(ready + 200));
    assert_eq!(line.first("trigger", ready + 1), Some(ready + 300), "100 ms behind the read");
    // Without a slip the read ends by itself, and the session does not wait for it for ever.
    line.scanner.slip = None;
    line.run_until(2_000);
    let last = line.first("trigger", 900).unwrap();
    line.run_until(10_000);
    assert_eq!(line.first("trigger", last + 1), Some(last + 20 + 3_000 + 500));
    // Settings are looked at all the same.
    assert!(line.count("read 0060 1") >= 4, "{:?}", line.log);
}

/// fault D3: a module that falls silent with its port open is told within 10 s, and configured again when it is back.
#[test]
fn a_silent_module_is_probed_told_and_configured_again() {
    for trigger in [Trigger::Continuous, Trigger::Command] {
        let mut line = Line::module(trigger);
        line.run_until(20_000);
        line.scanner.alive = false;
        line.run_until(60_000);
        let silent = line.first("Silent", 0).unwrap();
        assert!((20_000..30_000).contains(&silent), "{trigger:?}: silent at {silent}");
        assert_eq!(line.count("Silent"), 1);
        // Its records still count: only the way to it may be broken.
        line.say(b"ECIF17\r");
        assert_eq!(line.first("seen ECIF17", 0), Some(60_000));
        line.scanner = Scanner::factory();
        line.run_until(70_000);
        assert!(line.first(ONLINE, 60_000).is_some(), "{trigger:?}");
        assert!(line.first("Configured", 60_000).is_some(), "{trigger:?}");
        assert_eq!(Trigger::of(line.scanner.zones[0]), trigger);
    }
}

/// fault D3: a module that was reset and still answers is found by the probe and configured again.
#[test]
fn a_factory_reset_is_found_within_ten_seconds() {
    for trigger in [Trigger::Manual, Trigger::Command, Trigger::Continuous, Trigger::Sensor] {
        let mut line = Line::module(trigger);
        line.run_until(20_000);
        line.scanner = Scanner::factory();
        line.run_until(30_000);
        assert!(line.first("Configured", 20_000).is_some(), "{trigger:?}");
        assert_eq!(line.first("Silent", 0), None);
        assert_eq!((Trigger::of(line.scanner.zones[0]), line.scanner.zones[0x60]), (trigger, 0x01));
    }
}

/// Reply within 500 ms, two repeats, then silent.
#[test]
fn a_module_that_never_answers_is_told_once() {
    let mut line = Line::module(Trigger::Continuous);
    line.scanner.alive = false;
    line.run_until(30_000);
    assert_eq!(line.first("Silent", 0), Some(1_500));
    assert_eq!(line.count("Silent"), 1);
    assert_eq!(line.first("read 00E0 6", 1_501), Some(2_500));
    assert_eq!(line.session.counters().timeouts as usize, line.count("read 00E0 6") - 1);
}

#[test]
fn a_zone_that_does_not_keep_its_value_is_told_once_and_tried_again() {
    let mut line = Line::module(Trigger::Continuous);
    line.scanner.stubborn = Some(0x60);
    line.run_until(20_000);
    assert_eq!(line.count("refused zone 0060 does not keep the value 01"), 1, "{:?}", line.log);
    assert_eq!(line.first("Configured", 0), None);
    line.scanner.stubborn = None;
    line.run_until(30_000);
    assert_eq!(line.count("Configured"), 1);
}

/// fault D1: a reply that comes twice, late, or without a question changes nothing.
#[test]
fn replies_that_answer_nothing_are_counted() {
    let mut line = Line::module(Trigger::Continuous);
    line.scanner.twice = true;
    line.run_until(1_000);
    let mut plain = Line::module(Trigger::Continuous);
    plain.run_until(1_000);
    assert_eq!(line.log, plain.log);
    assert_eq!(line.session.counters().foreign, 9);
    // A value that nobody asked for, and one whose check fails (BX2).
    line.say(&bytes("02 00 00 01 3E E4AC 02 00 00 01 87 3331"));
    assert_eq!(line.session.counters().foreign, 10);
    assert_eq!(line.session.counters().bytes.bad_checks, 1);
}

/// Vectors B8, BX4, BX6, BX7: nothing is sent to a plain scanner, and it cannot be missed: its line is there, so it is taken to be there.
#[test]
fn a_plain_scanner_is_only_listened_to() {
    let reading = Reading { no_read: Some("FAIL".into()), ..Reading::default() };
    let mut line = Line::new(Config { reading, ..Config::default() }, Scanner::factory());
    line.run_until(60_000);
    assert_eq!(line.log, ["0 online scanner without commands"]);
    line.say(&bytes("45434946 00 3137 0D"));
    line.say(&bytes("5D4131 534C49503230323530303137 58 0D"));
    line.say(&bytes("4641494C 0D"));
    line.say(&bytes("303532333031 0D0A"));
    line.run_until(120_000);
    assert_eq!(line.log, ["0 online scanner without commands", "60000 seen 052301"]);
    assert_eq!((line.session.no_reads(), line.session.counters().malformed), (1, 2));
    // Behind a broken line there may be another one.
    line.handle(Input::Gap);
    line.say(b"052301\r");
    assert_eq!(line.count("online scanner without commands"), 2);
}

#[test]
fn silence_ends_a_record_only_where_the_scanner_sends_no_tail() {
    for (tail, seen, malformed) in [(Tail::Silence, Some(50), 0), (Tail::LineEnd, None, 1)] {
        let mut line = Line::new(Config { tail, ..Config::default() }, Scanner::factory());
        line.say(b"ECIF17");
        line.run_until(1_000);
        assert_eq!(line.first("seen ECIF17", 0), seen, "{tail:?}");
        assert_eq!(line.session.counters().malformed, malformed);
        // What comes behind the silence is a record of its own.
        line.say(b"ECIF18\r");
        assert_eq!(line.first("seen ECIF18", 0), Some(1_000));
    }
}

/// BX3 from the agent's side: a reply that stops is given up after 400 ms, an STX alone after 20 ms.
#[test]
fn what_stops_in_the_middle_is_given_up_in_its_own_time() {
    for (hex, after) in [("02 00 00 01", 400), ("02", 20), ("02 41", 50), ("00", 50)] {
        let mut line = Line::new(Config::default(), Scanner::factory());
        line.say(&bytes(hex));
        line.run_until(after - 1);
        let counted = |line: &Line| line.session.counters().bytes.noise_bytes as usize;
        assert!(counted(&line) < bytes(hex).len() || hex == "00", "{hex}");
        line.run_until(after);
        assert_eq!(counted(&line), bytes(hex).len(), "{hex}");
        assert_eq!(line.session.poll(), Output::Wait(None), "{hex}");
    }
}

#[test]
fn a_gap_of_a_batching_adapter_is_the_configurations() {
    let config = Config { gap: Duration::from_millis(200), ..Config::default() };
    let mut line = Line::new(config, Scanner::factory());
    line.say(b"ECI");
    line.run_until(199);
    line.say(b"F17\r");
    assert_eq!(line.first("seen ECIF17", 0), Some(199));
}
