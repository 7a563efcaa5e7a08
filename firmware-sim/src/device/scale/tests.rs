//! The indicator's bytes, held against frames of the manuals and of captures, and against our own conversation.

use super::{Indicator, Knobs, Settings};
use crate::device::loopback::{Loopback, bytes, hex};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use protocols::contract::Kg;
use protocols::scale::quantity::Unit;
use protocols::scale::session::{Asking, Config, Session, Wire};
use protocols::scale::wire::a9::Ninth;
use protocols::scale::wire::command::Address;
use protocols::scale::wire::{Format, equals, mt};
use protocols::talk::{DeviceEvent, Input, NoWeight, Output, Talk};
use protocols::tick::Tick;

const A9: Format = Format::A9(Ninth::Decimals);
const COMMAND: Format = Format::A9Command(Ninth::Decimals);
const CHECKED: Format = Format::Mt(mt::Form::CHECKED);

struct Bench {
    indicator: Indicator<Loopback>,
    now: Tick,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let now = Tick::from_millis(1_000);
        Self { indicator: Indicator::new(Loopback::default(), settings, now), now }
    }

    /// A display of that format with these decimals, and a division by which the value is no underload.
    fn showing(format: Format, decimals: u8, hundredths: i64) -> Self {
        let division = Kg::from_hundredths(match (decimals, hundredths) {
            (0, _) => 100,
            (_, ..0) => 10,
            _ => 1,
        });
        let mut bench = Self::new(Settings { format, decimals, division, ..Settings::default() });
        bench.put(hundredths);
        bench.pass(5_000);
        bench
    }

    fn put(&mut self, hundredths: i64) {
        self.indicator.put(Kg::from_hundredths(hundredths), self.now);
    }

    fn pass(&mut self, millis: u64) -> Vec<u8> {
        let until = self.now + Duration::from_millis(millis);
        loop {
            let Ok(()) = self.indicator.poll(self.now);
            match self.indicator.wake().filter(|wake| *wake <= until) {
                Some(wake) => self.now = wake.max(self.now),
                None => break,
            }
            if self.now >= until {
                break;
            }
        }
        self.now = until;
        core::mem::take(&mut self.indicator.port_mut().outgoing)
    }

    /// One frame of what is shown now.
    fn frame(&mut self) -> String {
        let settings = self.indicator.settings();
        hex(&settings.frame(&self.indicator.display(self.now)).unwrap_or_default())
    }

    fn ask(&mut self, request: &str) -> String {
        self.indicator.port_mut().incoming.extend(bytes(request));
        hex(&self.pass(100))
    }
}

/// Vectors W1 to W5, W12, W16 to W19: what the display shows, written as the manuals and captures have it.
#[test]
fn displays_are_written_as_captured() {
    let plain = Format::Mt(mt::Form::PLAIN);
    for (name, format, decimals, hundredths, frame) in [
        ("W1", A9, 0, 156_000, "02 2B 30 30 31 35 36 30 30 31 39 03"),
        ("W2", A9, 0, 0, "02 2B 30 30 30 30 30 30 30 31 42 03"),
        ("W3", A9, 2, 205, "02 2B 30 30 30 32 30 35 32 31 45 03"),
        ("W4", A9, 0, 2_000, "02 2B 30 30 30 30 32 30 30 31 39 03"),
        ("W5", A9, 0, -2_000, "02 2D 30 30 30 30 32 30 30 31 46 03"),
        ("A&D", Format::And18, 2, 487, "53 54 2C 47 53 2C 2B 20 20 20 34 2E 38 37 6B 67 0D 0A"),
        ("W18", Format::Equals(equals::Form::ONE), 3, 300, "3D 30 30 30 2E 33 30 30 30"),
        ("W19", Format::Equals(equals::Form::ONE), 2, -100, "3D 30 30 2E 31 30 30 30 2D"),
        ("format 2", Format::Equals(equals::Form::TWO), 2, -100, "3D 2D 30 30 30 31 2E 30 30"),
        ("CAS 10", Format::Cas10, 0, 1_560_000, "20 20 20 31 35 36 30 30 0D 0A"),
        ("A12 bare", Format::A12Bare, 1, -10, "77 77 2D 30 30 30 30 2E 31 6B 67 0D 0A"),
        ("MT", plain, 0, 1_234_000, "02 2A 30 20 20 31 32 33 34 30 20 20 20 20 20 30 0D"),
    ] {
        assert_eq!(Bench::showing(format, decimals, hundredths).frame(), frame, "{name}");
    }
}

/// Vectors W11 to W15: status words, dummy zeros, and blanks when out of range.
#[test]
fn toledo_status_words_are_those_of_the_vectors() {
    let mut twenty = Bench::new(Settings { format: CHECKED, ..Settings::default() });
    twenty.put(20_000);
    twenty.pass(5_000);
    assert_eq!(twenty.frame(), "02 31 30 20 20 20 20 32 30 30 20 20 20 20 30 30 0D 1E");
    let mut plain = Bench::new(Settings { format: Format::Mt(mt::Form::PLAIN), ..Settings::default() });
    plain.put(1_696_000);
    plain.pass(5_000);
    assert_eq!(plain.frame(), "02 31 30 20 20 31 36 39 36 30 20 20 20 20 30 30 0D");

    let mut shaken = Bench::showing(CHECKED, 0, 1_234_000);
    shaken.put(1_234_000);
    assert_eq!(shaken.frame(), "02 2A 38 20 20 31 32 33 34 30 20 20 20 20 20 30 0D 05");
    let mut net = Bench::showing(CHECKED, 0, 6_000);
    net.indicator.set_tare(Kg::from_kilograms(100));
    assert_eq!(net.frame(), "02 2A 33 20 20 20 20 20 34 30 20 20 20 31 30 30 0D 1F");
    let mut over = Bench::showing(CHECKED, 0, 8_001_000);
    assert_eq!(over.frame(), "02 2A 34 20 20 20 20 20 20 20 20 20 20 20 20 30 0D 63");
}

/// Vectors W10, W17: motion and overload in words.
#[test]
fn motion_and_overload_are_told_in_words() {
    let mut shaken = Bench::showing(Format::And18, 2, 2_726);
    shaken.put(2_726);
    assert_eq!(shaken.frame(), "55 53 2C 47 53 2C 2B 20 20 32 37 2E 32 36 6B 67 0D 0A");
    let mut over = Bench::showing(Format::A12, 0, 8_001_000);
    assert_eq!(over.frame(), "20 20 20 20 20 20 20 20 20 4F 4C 32 33 0D 0A");
    over.put(-2_100);
    over.pass(5_000);
    assert_eq!(over.frame(), "20 20 20 20 20 20 20 20 20 4C 4F 32 33 0D 0A");
    assert_eq!(Bench::showing(A9, 0, 8_001_000).frame(), "", "A9 has no word for it");
}

/// Vectors W6 to W8, WX8: an answer to its own address, silence to any other.
#[test]
fn command_mode_answers_as_the_manual_shows_it() {
    let mut bench = Bench::showing(COMMAND, 3, 888);
    assert!(bench.pass(1_000).is_empty(), "nothing unasked");
    assert_eq!(bench.ask("02 41 42 30 33 03"), "02 41 42 2B 30 30 38 38 38 30 33 31 33 03");
    assert_eq!(bench.ask("02 41 41 30 30 03"), "02 41 41 30 30 03");
    assert_eq!(bench.ask("02 42 42 30 30 03"), "", "somebody else's address");
    assert_eq!(bench.ask("02 41 42 30 34 03"), "", "a wrong check");
    assert_eq!(bench.ask("02 41 45 30 34 03"), "", "E depends on the model");
    assert_eq!(bench.ask("FF 02 41 02 41 42 30 33 03"), "02 41 42 2B 30 30 38 38 38 30 33 31 33 03");
    let mut other = Bench::new(Settings {
        format: COMMAND,
        decimals: 1,
        division: Kg::from_hundredths(10),
        address: Address::new(b'B').expect("a letter"),
        ..Settings::default()
    });
    other.put(-120);
    other.pass(5_000);
    assert_eq!(other.ask("02 42 42 30 30 03"), "02 42 42 2D 30 30 30 30 31 32 31 31 46 03");
}

#[test]
fn frames_come_every_eighty_milliseconds_in_whole_divisions() {
    let mut bench = Bench::new(Settings::default());
    assert_eq!(bench.pass(800).len(), 10 * 12);
    bench.put(1_561_900);
    let told = bench.pass(8_000);
    assert!(told.chunks(12).all(|frame| frame[6] % 2 == 0 && frame[7] == b'0'), "20 kg apart");
    assert!(told.ends_with(&bytes("02 2B 30 31 35 36 32 30 30 31 42 03")));
}

/// The zero wanders, and is set again.
#[test]
fn the_zero_wanders_until_somebody_presses_the_key() {
    let mut bench = Bench::new(Settings { drift: Kg::from_kilograms(15), ..Settings::default() });
    bench.pass(60_000);
    assert_eq!(bench.frame(), "02 2B 30 30 30 30 32 30 30 31 39 03", "15 kg are nearer to 20 than to 0");
    bench.indicator.zero(bench.now);
    assert_eq!(bench.frame(), "02 2B 30 30 30 30 30 30 30 31 42 03");
}

/// An indicator and our conversation on one line.
struct Line {
    bench: Bench,
    session: Session,
    wake: Option<Tick>,
    log: Vec<(u64, String)>,
}

impl Line {
    fn new(settings: Settings) -> Self {
        let wire = match settings.format {
            COMMAND => Wire::Ask(Asking { address: settings.address, ..Asking::default() }),
            format => Wire::Listen(format),
        };
        Self::with(settings, wire)
    }

    fn with(settings: Settings, wire: Wire) -> Self {
        let config = Config { wire, unit: settings.unit, ..Config::default() };
        Self {
            bench: Bench::new(settings),
            session: Session::new(config),
            wake: Some(Tick::default()),
            log: Vec::new(),
        }
    }

    /// Both sides in steps of 10 ms.
    fn pass(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            let told = self.bench.pass(10);
            let now = self.bench.now;
            if !told.is_empty() {
                self.session.handle(Input::Bytes(&told), now);
            } else if self.wake.is_some_and(|wake| wake <= now) {
                self.session.handle(Input::Deadline, now);
            }
            self.wake = loop {
                match self.session.poll() {
                    Output::Send(asked) => self.bench.indicator.port_mut().incoming.extend(asked),
                    Output::Event(event) => self.log.push((now.as_micros() / 1000, words(&event))),
                    Output::Wait(wake) => break wake,
                }
            };
        }
    }

    fn last(&self) -> &str {
        self.log.last().map_or("", |(_, what)| what)
    }
}

fn words(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Weight(reading) => match reading.value {
            Ok(kg) if reading.stable => alloc::format!("{kg} at rest"),
            Ok(kg) => kg.to_string(),
            Err(why) => why.to_string(),
        },
        DeviceEvent::Online(_) => "online".into(),
        other => alloc::format!("{other:?}"),
    }
}

fn all() -> [Settings; 13] {
    let kg = |format| Settings { format, ..Settings::default() };
    let tonne = Settings { unit: Unit::Tonne, decimals: 2, ..kg(CHECKED) };
    [
        kg(A9),
        kg(COMMAND),
        kg(Format::A12),
        kg(Format::A12Bare),
        kg(CHECKED),
        kg(Format::Mt(mt::Form::SHORT)),
        kg(Format::Mt(mt::Form::SHORT_CHECKED)),
        kg(Format::Cas22),
        kg(Format::Cas10),
        kg(Format::And18),
        kg(Format::Equals(equals::Form::LAST)),
        tonne,
        Settings { format: A9, ..tonne },
    ]
}

/// A lorry drives on, stands, and drives off: our conversation sees it come to rest at its weight, in every format.
#[test]
fn every_format_carries_a_lorry_on_and_off() {
    for settings in all() {
        let mut line = Line::new(settings);
        line.pass(4_000);
        assert_eq!(line.last(), "0 at rest", "{settings:?}");
        line.bench.put(1_561_000);
        line.pass(6_000);
        assert_eq!(line.last(), "15620 at rest", "{settings:?}: {:?}", line.log);
        let rests: Vec<&str> =
            line.log.iter().map(|(_, what)| what.as_str()).filter(|what| what.ends_with("rest")).collect();
        assert!(
            rests.iter().all(|rest| ["0 at rest", "15620 at rest"].contains(rest)),
            "{settings:?}: {rests:?}"
        );
        line.bench.put(0);
        line.pass(6_000);
        assert_eq!(line.last(), "0 at rest", "{settings:?}");
    }
}

/// fault D3: a silent indicator is told within three seconds and found again; one with wrong checks is as good as silent.
#[test]
fn silence_and_wrong_checks_are_told_and_got_over() {
    let silent = Knobs { silent: true, ..Knobs::default() };
    let wrong = Knobs { wrong_check: true, ..Knobs::default() };
    for settings in all() {
        let checked = !matches!(
            settings.format,
            Format::A12Bare
                | Format::Mt(mt::Form::SHORT)
                | Format::Cas22
                | Format::Cas10
                | Format::And18
                | Format::Equals(_)
        );
        for knobs in [silent, wrong] {
            let mut line = Line::new(settings);
            line.pass(4_000);
            line.bench.indicator.set_knobs(knobs, line.bench.now);
            line.pass(3_500);
            let dead = knobs.silent || checked;
            assert_eq!(line.last() == "Silent", dead, "{settings:?} {knobs:?}: {:?}", line.log);
            line.bench.indicator.set_knobs(Knobs::default(), line.bench.now);
            line.pass(5_000);
            assert_eq!(line.last(), "0 at rest", "{settings:?} {knobs:?}");
        }
    }
}

/// A slow indicator still counts while a frame comes each second, and is silent beyond three.
#[test]
fn a_slow_indicator_is_heard_as_long_as_it_is_fresh() {
    let mut line = Line::new(Settings::default());
    line.pass(4_000);
    line.bench.indicator.set_knobs(Knobs { slow: 10, ..Knobs::default() }, line.bench.now);
    line.pass(20_000);
    assert_eq!(line.last(), "0 at rest", "{:?}", line.log);
    line.bench.indicator.set_knobs(Knobs { slow: 50, ..Knobs::default() }, line.bench.now);
    line.pass(20_000);
    assert!(line.log.iter().any(|(_, what)| what == "Silent"), "{:?}", line.log);
}

/// A stuck display is what no frame can show; a lane sees that the platform was never empty.
#[test]
fn a_stuck_display_stands_still_and_overload_is_no_weight() {
    let mut line = Line::new(Settings { format: CHECKED, ..Settings::default() });
    line.bench.put(1_560_000);
    line.pass(5_000);
    line.bench.indicator.set_knobs(Knobs { stuck: true, ..Knobs::default() }, line.bench.now);
    line.bench.put(0);
    line.pass(10_000);
    assert_eq!(line.last(), "15600 at rest");
    line.bench.indicator.set_knobs(Knobs { overload: true, ..Knobs::default() }, line.bench.now);
    line.pass(1_000);
    assert_eq!(line.last(), NoWeight::OutOfRange.to_string());
}

/// The format is found on a running indicator.
#[test]
fn a_running_indicator_is_recognised() {
    for format in [A9, CHECKED, Format::Mt(mt::Form::PLAIN), Format::A12, Format::Cas22, Format::And18] {
        let mut line = Line::with(Settings { format, ..Settings::default() }, Wire::Detect);
        line.bench.put(1_560_000);
        line.pass(12_000);
        assert_eq!(line.session.format(), Some(format));
        assert_eq!(line.last(), "15600 at rest", "{format:?}");
    }
}

#[test]
fn a_reboot_forgets_the_tare_and_what_was_asked() {
    let mut bench = Bench::showing(COMMAND, 0, 1_234_000);
    bench.indicator.set_tare(Kg::from_kilograms(4_000));
    assert_eq!(bench.ask("02 41 44 30 35 03"), "02 41 44 2B 30 30 38 33 34 30 30 31 31 03");
    bench.indicator.port_mut().incoming.extend(bytes("02 41 42 30 33 03"));
    let Ok(()) = bench.indicator.poll(bench.now);
    bench.indicator.reboot(bench.now);
    assert!(bench.pass(1_000).is_empty());
    assert_eq!(bench.ask("02 41 44 30 35 03"), "02 41 44 2B 30 31 32 33 34 30 30 31 41 03");
}
