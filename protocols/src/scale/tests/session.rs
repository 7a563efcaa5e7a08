//! Conversations as scripts: what an indicator says and when, and what the session does.

use super::{bytes, golden, reading};
use crate::contract::Kg;
use crate::scale::quantity::Unit;
use crate::scale::session::{Asking, Config, Session, Wire};
use crate::scale::wire::a9::{self, Ninth, Value};
use crate::scale::wire::command::{Address, Answer, Ask, Request};
use crate::scale::wire::{Format, equals, mt};
use crate::talk::{DeviceEvent, Input, Output, Talk};
use crate::tick::Tick;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

const A9: Format = Format::A9(Ninth::Decimals);

/// A session with its own time.
struct Line {
    session: Session,
    now: u64,
    wake: Option<u64>,
    sent: Vec<(u64, Vec<u8>)>,
    log: Vec<(u64, String)>,
}

impl Line {
    fn new(config: Config) -> Self {
        let mut line = Self { session: Session::new(config), now: 0, wake: None, sent: vec![], log: vec![] };
        line.handle(Input::Deadline);
        line
    }

    fn listen(format: Format) -> Self {
        Self::new(Config { wire: Wire::Listen(format), ..Config::default() })
    }

    fn handle(&mut self, input: Input<'_>) {
        self.session.handle(input, Tick::from_millis(self.now));
        loop {
            match self.session.poll() {
                Output::Send(bytes) => self.sent.push((self.now, bytes)),
                Output::Event(event) => self.log.push((self.now, name(&event))),
                Output::Wait(wake) => {
                    self.wake = wake.map(|tick| tick.as_micros().div_ceil(1000));
                    assert!(
                        self.wake.is_none_or(|wake| wake > self.now),
                        "waits for the past at {}",
                        self.now
                    );
                    return;
                }
            }
        }
    }

    fn say(&mut self, frame: &[u8]) {
        self.handle(Input::Bytes(frame));
    }

    /// Lets time pass, coming back whenever the session wants.
    fn run_until(&mut self, end: u64) {
        while let Some(wake) = self.wake.filter(|wake| *wake <= end) {
            self.now = wake;
            self.handle(Input::Deadline);
        }
        self.now = end;
    }

    /// The same frame every so many milliseconds, until then.
    fn stream(&mut self, frame: &[u8], every: u64, end: u64) {
        while self.now < end {
            self.say(frame);
            self.run_until(self.now + every);
        }
    }

    fn told(&self) -> Vec<&str> {
        self.log.iter().map(|(_, what)| what.as_str()).collect()
    }

    fn first(&self, what: &str) -> Option<u64> {
        self.log.iter().find(|(_, told)| told == what).map(|(at, _)| *at)
    }

    fn count(&self, from: u64, to: u64) -> usize {
        self.log.iter().filter(|(at, _)| (from..to).contains(at)).count()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(what) => format!("online {what}"),
        DeviceEvent::Unsupported(what) => format!("unsupported {what}"),
        DeviceEvent::Weight(told) => reading(told),
        other => format!("{other:?}"),
    }
}

fn a9(kg: u32) -> Vec<u8> {
    a9::encode(Value::new(false, kg, 0).unwrap()).to_vec()
}

/// Vectors W1, W2: an A9 line has no flag, so a weight is at rest when two seconds of it agree, and not before.
#[test]
fn without_a_flag_rest_takes_a_full_window() {
    let mut line = Line::listen(A9);
    line.stream(&golden("W2"), 80, 800);
    line.stream(&golden("W1"), 80, 4_000);
    assert_eq!(line.told()[..2], ["online A9 continuous", "0"]);
    let moving = line.first("1560").unwrap();
    let rest = line.first("1560 at rest").unwrap();
    assert!(moving < 1_100 && (2_800..3_200).contains(&rest), "{moving} {rest}");
    let Some(DeviceEvent::Weight(told)) = told_last(&mut line) else { panic!("no weight") };
    assert_eq!((told.value, &*told.raw), (Ok(Kg::from_kilograms(1560)), &golden("W1")[..]));
}

/// The next weight that is told of the stream going on.
fn told_last(line: &mut Line) -> Option<DeviceEvent> {
    line.now += 600;
    line.session.handle(Input::Bytes(&golden("W1")), Tick::from_millis(line.now));
    loop {
        match line.session.poll() {
            Output::Event(event) => return Some(event),
            Output::Send(_) => {}
            Output::Wait(_) => return None,
        }
    }
}

/// Vectors W11, WX6: the flag of the wire counts, but never of one frame alone, and never of one with a bad check.
#[test]
fn with_a_flag_the_second_frame_makes_it_rest() {
    let mut line = Line::listen(Format::Mt(mt::Form::CHECKED));
    line.say(&golden("WX6"));
    assert_eq!(line.told(), [""; 0]);
    line.stream(&golden("W11"), 140, 700);
    assert_eq!(line.told(), ["online MT continuous, 18 bytes", "200 gross", "200 gross at rest"]);
    assert_eq!(line.first("200 gross at rest"), Some(420), "news, but not a flood");
}

/// Vectors W13, W15: what makes a weight less usable is told at once.
#[test]
fn motion_and_overload_are_told_at_once() {
    let mut line = Line::listen(Format::Mt(mt::Form::CHECKED));
    line.stream(&golden("W11"), 140, 1_400);
    line.say(&golden("W13"));
    assert_eq!(line.log.last().unwrap(), &(1_400, "12340 gross".into()));
    line.stream(&golden("W11"), 140, 2_800);
    line.say(&golden("W15"));
    assert_eq!(line.log.last().unwrap(), &(2_800, "out of range".into()));
}

/// A single frame garbled into another weight is never told as at rest, though the wire's flag says so.
#[test]
fn one_wrong_frame_is_never_at_rest() {
    let plain = Format::Mt(mt::Form::PLAIN);
    let mut line = Line::listen(plain);
    line.stream(&golden("W12"), 140, 2_800);
    let mut wrong = golden("W12");
    wrong[5] = b'9';
    line.say(&wrong);
    line.stream(&golden("W12"), 140, 5_600);
    assert_eq!(line.first("96960 gross at rest"), None);
    assert!(line.first("96960 gross").is_some(), "told, but in motion");
}

/// A scale at twelve frames a second must not flood a lane.
#[test]
fn a_fast_scale_tells_a_few_readings_a_second() {
    let mut line = Line::listen(A9);
    line.stream(&golden("W1"), 80, 10_000);
    assert!((10..=24).contains(&line.count(0, 10_000)), "{} at rest", line.count(0, 10_000));
    let mut moving = 0;
    while line.now < 20_000 {
        moving += 40;
        let frame = a9(moving);
        line.stream(&frame, 80, line.now + 80);
    }
    assert!((20..=40).contains(&line.count(10_000, 20_000)), "{} in motion", line.count(10_000, 20_000));

    // The worst: a flag that flickers with every other frame.
    let mut line = Line::listen(Format::Mt(mt::Form::CHECKED));
    for _ in 0..60 {
        line.stream(&golden("W11"), 80, line.now + 160);
        line.stream(&golden("W13"), 80, line.now + 80);
    }
    let most = usize::try_from(line.now / 300 * 2 + 2).unwrap();
    assert!(line.count(0, u64::MAX) <= most, "{} of {most}", line.count(0, u64::MAX));
}

/// fault D3; vector WX9: no sound frame for three seconds is silence, told once; what comes then is news from the start.
#[test]
fn no_data_for_three_seconds_is_silence() {
    let mut line = Line::listen(Format::And18);
    line.say(&golden("WX9"));
    line.run_until(10_000);
    assert_eq!(line.log, [(3_000, "Silent".to_string())]);
    assert_eq!(line.session.counters().bytes.noise_bytes, 12);
    line.stream(&golden("A&D"), 100, 10_300);
    line.run_until(20_000);
    let silent: Vec<u64> = line.log.iter().filter(|(_, what)| what == "Silent").map(|(at, _)| *at).collect();
    assert_eq!(silent, [3_000, 13_200]);
    assert_eq!(line.told()[1..3], ["online A&D 18", "finer than 0.01 kg"]);
}

/// fault D1: noise keeps nobody alive, and a value across a pause is not at rest.
#[test]
fn noise_is_no_data_and_a_pause_begins_the_window_anew() {
    let mut line = Line::listen(A9);
    line.stream(&golden("W1"), 80, 2_400);
    assert!(line.first("1560 at rest").is_some());
    for seed in 0..40 {
        line.say(&super::noise(seed, 30));
        line.run_until(line.now + 100);
    }
    assert!(line.first("Silent").is_some());
    let from = line.now;
    line.stream(&golden("W1"), 80, from + 2_400);
    let rest = line.log.iter().rev().find(|(_, what)| what == "1560 at rest").unwrap().0;
    assert!(rest >= from + 2_000, "{rest} after {from}");
    line.handle(Input::Gap);
    line.say(&golden("W1"));
    assert_eq!(line.log.last().unwrap().1, "1560", "the line broke off");
}

/// Vectors W6, W7, WX8: one request at a time; another address's answer is discarded.
#[test]
fn command_mode_takes_only_the_answer_that_it_asked_for() {
    let mut line = Line::new(Config { wire: Wire::Ask(Asking::default()), ..Config::default() });
    assert_eq!(line.sent, [(0, bytes("02 41 42 3033 03"))]);
    line.now = 40;
    line.say(&golden("WX8"));
    line.say(&bytes("02 41 42 3033 03"));
    assert_eq!((line.session.counters().foreign, line.session.counters().echoes), (1, 1));
    line.say(&golden("W7"));
    line.say(&golden("W7"));
    assert_eq!(line.session.counters().foreign, 2, "nobody asked twice");
    assert_eq!(line.told(), ["online A9 command mode", "8.88 gross"]);
    line.run_until(200);
    assert_eq!(line.sent.len(), 2);
    assert_eq!(line.sent[1].0, 200);
}

#[test]
fn command_mode_can_ask_for_net() {
    let asking = Asking { net: true, address: Address::new(b'C').unwrap(), ..Asking::default() };
    let mut line = Line::new(Config { wire: Wire::Ask(asking), ..Config::default() });
    let request = Request::parse(&line.sent[0].1).unwrap();
    assert_eq!((request.address.letter(), request.ask), (b'C', Ask::Net));
    let value = Value::new(true, 40, 0);
    line.say(&Answer { address: request.address, ask: request.ask, value }.encode());
    assert_eq!(line.told()[1], "-40 net");
}

/// fault D3: 300 ms and two retries, silence after three seconds, slower probing then, and back at the first answer.
#[test]
fn command_mode_retries_falls_silent_and_comes_back() {
    let mut line = Line::new(Config { wire: Wire::Ask(Asking::default()), ..Config::default() });
    line.run_until(900);
    let times: Vec<u64> = line.sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 300, 600]);
    assert_eq!(line.session.counters().timeouts, 3);
    line.run_until(10_000);
    assert_eq!(line.told(), ["Silent"]);
    assert_eq!(line.first("Silent"), Some(3_000));
    let asked = line.sent.iter().filter(|(at, _)| *at > 4_000).count();
    assert!((8..=12).contains(&asked), "{asked} requests in six seconds");
    line.say(&golden("W7"));
    assert_eq!(line.told()[1], "online A9 command mode");
}

/// Pounds are told as unsupported and never converted.
#[test]
fn pounds_are_unsupported_and_never_kilograms() {
    let mut line = Line::listen(Format::Mt(mt::Form::PLAIN));
    line.stream(&bytes("02 2A2020 203132333430 202020202020 0D"), 140, 2_000);
    let told = line.told();
    assert_eq!(told[1], "unsupported the display shows lb: only kg, t and g are taken");
    assert!(told[2..].iter().all(|told| *told == "unit is none of kg, t and g"), "{told:?}");
}

/// A wire without a unit is read in the configured one, exactly.
#[test]
fn a_configured_unit_is_applied() {
    let wire = Wire::Listen(Format::Equals(equals::Form::ONE));
    let mut line = Line::new(Config { wire, unit: Unit::Tonne, ..Config::default() });
    line.say(&golden("W18"));
    assert_eq!(line.told()[1], "3000");
}

/// The format found at the start is kept: another one on the same line is noise.
#[test]
fn a_found_format_is_frozen() {
    let mut line = Line::new(Config::default());
    line.stream(&golden("W1"), 80, 64 * 80);
    assert_eq!(line.session.format(), Some(A9));
    assert_eq!(line.told(), [""; 0], "nothing is told while it is not sure");
    line.stream(&golden("W1"), 80, 70 * 80);
    assert_eq!(line.told()[0], "online A9 continuous");
    line.stream(&golden("W12"), 80, 80_000);
    assert_eq!((line.session.format(), line.told().last().copied()), (Some(A9), Some("Silent")));
}

#[test]
fn equals_text_needs_configuration() {
    let mut line = Line::new(Config::default());
    line.stream(&golden("W18"), 100, 20_000);
    assert_eq!(line.session.format(), None);
    assert_eq!(line.told().len(), 1);
    assert!(line.told()[0].starts_with("unsupported = text"));
}

/// fault D1: bytes one by one tell what the whole stream tells.
#[test]
fn a_session_does_not_depend_on_how_bytes_come() {
    let frames = [golden("W1"), golden("WX3"), golden("WX1"), golden("W5")].concat();
    let (mut whole, mut single) = (Line::listen(A9), Line::listen(A9));
    for _ in 0..100 {
        whole.say(&frames);
        for byte in &frames {
            single.say(&[*byte]);
        }
        for line in [&mut whole, &mut single] {
            line.run_until(line.now + 97);
        }
    }
    assert_eq!(whole.log, single.log);
    assert_eq!(whole.session.counters(), single.session.counters());
}
