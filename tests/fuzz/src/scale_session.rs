//! One indicator's conversation over a line that may carry anything, and the lane's rule behind it.
//! Checks: it always comes to rest; it sends requests of ours and nothing else; each weight told is what its own frame says,
//! and that frame was on the line; nothing is at rest by one frame alone, or without a full window where the wire has no
//! flag; readings are few; what the lane may use was told at rest; behind any rubbish an honest indicator is heard again.

use crate::scale::{FORMATS, good, seal};
use crate::script::{Step, steps};
use protocols::contract::Kg;
use protocols::scale::quantity::Unit;
use protocols::scale::session::{Asking, Config, Session, Wire};
use protocols::scale::weighing::{self, Verdict, Weighing};
use protocols::scale::wire::command::Request;
use protocols::scale::wire::{Format, Message};
use protocols::talk::{DeviceEvent, Input, Output, Talk, WeightReading};
use protocols::tick::Tick;
use std::time::Duration;

struct Bench {
    session: Session,
    config: Config,
    weighing: Weighing,
    now: Tick,
    wake: Option<Tick>,
    heard: Vec<u8>,
    sent: usize,
    readings: Vec<(Tick, WeightReading)>,
    /// When whatever comes next was news: behind a gap, behind silence.
    fresh: Vec<Tick>,
    /// The weights that the lane may have used, and those told at rest since the last vehicle.
    usable: Option<Kg>,
    at_rest: Vec<Kg>,
    /// Since when the line has not been still for a second, as far as sound frames go.
    unbroken: Tick,
    last: Option<Tick>,
}

impl Bench {
    fn handle(&mut self, input: Input<'_>) {
        if let Input::Bytes(bytes) = input {
            self.heard.extend_from_slice(bytes);
            if self.last.is_none_or(|last| self.now.since(last) > self.config.stability.gap) {
                self.unbroken = self.now;
            }
            self.last = Some(self.now);
        }
        if matches!(input, Input::Gap) {
            self.last = None;
            self.fresh.push(self.now);
        }
        self.session.handle(input, self.now);
        for _ in 0..self.heard.len() + 64 {
            match self.session.poll() {
                Output::Wait(wake) => {
                    self.wake = wake;
                    return;
                }
                Output::Send(bytes) => {
                    assert!(Request::parse(&bytes).is_some(), "the session sent no request");
                    self.sent += 1;
                }
                Output::Event(DeviceEvent::Weight(reading)) => self.told(reading),
                Output::Event(DeviceEvent::Silent) => {
                    self.fresh.push(self.now);
                    self.lane(weighing::Input::Silent);
                }
                Output::Event(_) => {}
            }
        }
        panic!("the session never waits");
    }

    fn told(&mut self, reading: WeightReading) {
        let raw = &reading.raw[..];
        assert!(self.heard.windows(raw.len()).any(|part| part == raw), "a frame out of nowhere");
        let format = self.session.format().expect("a weight without a format");
        let (kg, said) = match format.read(raw, self.config.unit) {
            Some(Message::Shown(shown)) => (shown.kg(), shown.stable),
            Some(Message::Answer(answer)) => {
                let Format::A9Command(ninth) = format else { panic!("{format:?} answered") };
                let shown = answer.indication(ninth, self.config.unit).expect("an answer without a value");
                (shown.kg(), None)
            }
            None => panic!("a weight of a frame that does not read"),
        };
        assert_eq!(kg, reading.value);
        if reading.stable {
            assert!(said != Some(false) && kg.is_ok(), "at rest against the wire's word");
            let full = self.now.since(self.unbroken) >= self.config.stability.window;
            assert!(said == Some(true) || full, "at rest without a full window");
            self.at_rest.extend(kg);
        }
        self.lane(weighing::Input::Reading(&reading));
        self.readings.push((self.now, reading));
    }

    fn lane(&mut self, input: weighing::Input<'_>) {
        if matches!(input, weighing::Input::NextVehicle) {
            self.usable = None;
        }
        match self.weighing.handle(input, self.now) {
            Verdict::Usable(kg) => {
                assert!(self.at_rest.contains(&kg), "usable and never at rest");
                assert!(self.usable.is_none_or(|before| before == kg), "another weight without a word");
                self.usable = Some(kg);
            }
            Verdict::NotYet(_) => assert!(self.usable.is_none(), "gone without a word"),
            Verdict::Withdrawn(_) => self.usable = None,
        }
        assert!(self.weighing.wake().is_none_or(|wake| wake > self.now), "wakes in the past");
    }

    /// Lets the time of the last `Wait` come; it must not come twice without end.
    fn deadline(&mut self) {
        self.now = self.wake.map_or(self.now + Duration::from_secs(1), |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                self.lane(weighing::Input::Deadline);
                return;
            }
        }
        panic!("the session wants the same moment again and again");
    }
}

/// One conversation.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let chosen = usize::from(*choice) % (FORMATS.len() + 1);
    let wire = match FORMATS.get(chosen).copied() {
        Some(Format::A9Command(ninth)) => Wire::Ask(Asking { ninth, ..Asking::default() }),
        Some(format) => Wire::Listen(format),
        None => Wire::Detect,
    };
    let format = FORMATS.get(chosen).copied().unwrap_or(FORMATS[0]);
    let unit = if *choice & 0x80 == 0 { Unit::Kilogram } else { Unit::Tonne };
    let config = Config { wire, unit, ..Config::default() };
    let mut bench = Bench {
        session: Session::new(config),
        config,
        weighing: Weighing::new(weighing::Rule::default()),
        now: Tick::default(),
        wake: None,
        heard: Vec::new(),
        sent: 0,
        readings: Vec::new(),
        fresh: Vec::new(),
        usable: None,
        at_rest: Vec::new(),
        unbroken: Tick::default(),
        last: None,
    };
    bench.deadline();
    for step in steps(data) {
        match step {
            Step::Raw(bytes) => bench.handle(Input::Bytes(bytes)),
            Step::Sealed(body) => bench.handle(Input::Bytes(&seal(format, body))),
            Step::Later(Duration::ZERO) => bench.handle(Input::Gap),
            Step::Later(wait) => {
                bench.now = bench.now + wait;
                bench.handle(Input::Deadline);
            }
            Step::Choice(choice) => match choice {
                0 => bench.deadline(),
                1 => bench.lane(weighing::Input::NextVehicle),
                2 | 3 => bench.lane(weighing::Input::Placed(choice == 2)),
                // So many frames at twelve a second, so that windows can fill.
                many => stream(&mut bench, format, u64::from(many)),
            },
        }
    }
    few(&bench);
    finds_an_honest_indicator(&mut bench, format);
    let counted = bench.session.counters().bytes;
    let gone = counted.frame_bytes + counted.idle_bytes + counted.noise_bytes + counted.bad_bytes;
    assert!(gone <= bench.heard.len() as u64, "more bytes counted than heard");
}

fn stream(bench: &mut Bench, format: Format, frames: u64) {
    for _ in 0..frames {
        bench.now = bench.now + Duration::from_millis(80);
        bench.handle(Input::Bytes(&good(format)));
    }
}

/// In no second more than a few: two for each pause between changes, those of a fresh start aside.
fn few(bench: &Bench) {
    let second = Duration::from_secs(1);
    for (at, (from, _)) in bench.readings.iter().enumerate() {
        let after = bench.readings.iter().skip(at).take_while(|(told, _)| told.since(*from) < second);
        let news = bench.fresh.iter().filter(|fresh| **fresh >= *from && fresh.since(*from) < second);
        assert!(after.count() <= 8 + 2 * news.count(), "a flood");
    }
}

/// From here on the line is clean and the indicator tells 1234 at twelve frames a second.
fn finds_an_honest_indicator(bench: &mut Bench, format: Format) {
    bench.handle(Input::Gap);
    let told = bench.readings.len();
    let told_enough = |bench: &Bench| {
        let since = bench.readings.get(told..).unwrap_or_default();
        since.iter().any(|(_, reading)| reading.stable || reading.value.is_err())
    };
    // Detection looks at 64 frames, and at as many as it takes to make up for what was noise before.
    for _ in 0..200 + bench.heard.len() {
        bench.now = bench.now + Duration::from_millis(80);
        bench.handle(Input::Deadline);
        bench.handle(Input::Bytes(&good(format)));
        if told_enough(bench) {
            return;
        }
        // It may have found another format in what came before: that one is frozen.
        if bench.config.wire == Wire::Detect && bench.session.format().is_some_and(|found| found != format) {
            return;
        }
    }
    panic!("an honest indicator is never heard again");
}
