//! The scanners' bytes, held against the manual and public captures, and both ends of a line against each other.

use super::label::Label;
use super::module::BarcodeModule;
use super::plain::PlainScanner;
use crate::device::loopback::{Loopback, bytes, hex};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::barcode::aim::{Aim, CodeId};
use protocols::barcode::charset::Charset;
use protocols::barcode::repr::{Layout, Reading};
use protocols::barcode::session::{Config, Session};
use protocols::barcode::settings::Module;
use protocols::barcode::zone::{self, TailKind, Trigger};
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;

/// Success of a write or a save (manual 8.3, 8.4).
const DONE: &str = "02 00 00 01 00 33 31";
/// Trigger one read, real CRC and waived.
const TRIGGER: &str = "7E 00 08 01 00 02 01 02 DA";
const TRIGGER_WAIVED: &str = "7E 00 08 01 00 02 01 AB CD";
/// Command mode, LED, sound, aim and light on: zone 0000 = D5. Format: CR and code ID: zone 0060 = 05.
const COMMAND_MODE: &str = "7E 00 08 01 00 00 D5 AB CD";
const LETTERS: &str = "7E 00 08 01 00 60 05 AB CD";
/// Read the mode.
const READ_MODE: &str = "7E 00 07 01 00 00 01 AB CD";

fn aim(text: &str) -> Aim {
    let bytes = text.as_bytes();
    Aim::new(bytes[0], bytes[1]).expect("an identifier")
}

struct Bench {
    module: BarcodeModule<Loopback>,
    now: Tick,
}

impl Bench {
    fn new() -> Self {
        Self { module: BarcodeModule::new(Loopback::default()), now: Tick::from_millis(1000) }
    }

    /// Sends at once and tells what comes until that many milliseconds later, polled as `wake` says.
    fn ask(&mut self, request: &str, wait: u64) -> String {
        self.module.port_mut().incoming.extend(bytes(request));
        let until = self.now + Duration::from_millis(wait);
        loop {
            let Ok(()) = self.module.poll(self.now);
            match self.module.wake().filter(|wake| *wake < until) {
                Some(wake) => self.now = wake.max(self.now),
                None => break,
            }
        }
        self.now = until;
        let Ok(()) = self.module.poll(self.now);
        hex(&core::mem::take(&mut self.module.port_mut().outgoing))
    }
}

/// Vectors B1..B7, B9, B10: the manual's own exchanges.
#[test]
fn commands_get_the_answers_of_the_manual_byte_for_byte() {
    let mut bench = Bench::new();
    for (name, request, answer) in [
        ("B3: write 3E to zone 000A", "7E 00 08 01 00 0A 3E 4C CF", DONE),
        ("B1: read it", "7E 00 07 01 00 0A 01 EE 8A", "02 00 00 01 3E E4 AC"),
        ("B5: save", "7E 00 09 01 00 00 00 DE C8", DONE),
        ("B6: trigger in button mode", TRIGGER, DONE),
        ("B7: the same, unchecked", TRIGGER_WAIVED, DONE),
        ("B9: read the rate", "7E 00 07 01 00 2A 02 D8 0F", "02 00 00 02 39 01 C1 4C"),
    ] {
        assert_eq!(bench.ask(request, 1), answer, "{name}");
    }
    let other = "7E 00 08 01 00 0A 11 AB CD";
    assert_eq!(bench.ask(other, 1), DONE);
    bench.module.reboot();
    assert_eq!(bench.ask("7E 00 07 01 00 0A 01 EE 8A", 1), "02 00 00 01 3E E4 AC", "B5 had saved it");
}

/// Vectors BX1, BX3, BX5; fault D1: what does not hold is met with silence, and the next command is obeyed.
#[test]
fn a_module_says_nothing_to_a_frame_that_does_not_hold() {
    for (name, request) in [
        ("BX1: wrong CRC", "7E 00 07 01 00 0A 01 11 22"),
        ("BX3: no end", "7E 00 07 01 00 0A 01"),
        ("BX5: a save without its last byte", "7E 00 09 01 00 00 DE C8"),
        ("a zone that is none", "7E 00 07 01 01 00 01 AB CD"),
        ("rubbish", "55 7E 7E 00 7E"),
    ] {
        let mut bench = Bench::new();
        assert_eq!(bench.ask("7E 00 08 01 00 0A 3E 4C CF", 1), DONE);
        assert_eq!(bench.ask(request, 500), "", "{name}");
        assert_eq!(bench.ask("7E 00 07 01 00 2A 02 D8 0F", 1), "02 00 00 02 39 01 C1 4C", "{name}");
        bench.module.reboot();
        assert_eq!(bench.module.zone(0x0A), 0, "{name}: nothing was saved");
    }
}

/// BX3: the rest of a frame counts until 400 ms after its first byte, and not beyond.
#[test]
fn a_frame_has_400_ms_to_be_complete() {
    for (wait, answer) in [(399, "02 00 00 01 00 33 31"), (400, "")] {
        let mut bench = Bench::new();
        assert_eq!(bench.ask("7E 00 07 01 00 0A 01", wait), "");
        assert_eq!(bench.ask("AB CD", 1), answer, "{wait} ms");
    }
}

/// Vector B11: the accepted trigger first, then the record with its letter.
#[test]
fn a_triggered_read_is_answered_before_its_record() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask(COMMAND_MODE, 1), DONE);
    assert_eq!(bench.ask(LETTERS, 1), DONE);
    bench.module.show(Label::of_text(aim("C0"), "ECIF17"), bench.now);
    assert_eq!(bench.ask("", 1_000), "", "nobody asked");
    let both = "02 00 00 01 00 33 31 6A 45 43 49 46 31 37 0D";
    assert_eq!(bench.ask(TRIGGER, 100), both);
    assert_eq!(bench.ask(TRIGGER_WAIVED, 29), DONE, "reading takes 30 ms");
    assert_eq!(bench.ask("", 2), "6A 45 43 49 46 31 37 0D");
}

/// Vector BX6: the text of a failed read comes only where it is switched on.
#[test]
fn a_read_without_a_label_fails_after_its_time() {
    let mut bench = Bench::new();
    bench.ask(COMMAND_MODE, 1);
    // 500 ms for a read.
    bench.ask("7E 00 08 01 00 06 05 AB CD", 1);
    assert_eq!(bench.ask(TRIGGER, 2_000), DONE);
    // CR tail, and a text on failure.
    bench.ask("7E 00 08 01 00 60 11 AB CD", 1);
    assert_eq!(bench.ask(TRIGGER, 499), DONE);
    assert_eq!(bench.ask("", 1), "46 41 49 4C 0D");
    assert_eq!(bench.ask("", 2_000), "");
}

#[test]
fn each_mode_reads_when_its_bits_say() {
    let label = || Label::of_text(aim("C0"), "1");
    for (mode, record) in [(0, ""), (1, ""), (2, "31 0D 31 0D 31 0D"), (3, "31 0D")] {
        let mut bench = Bench::new();
        bench.ask(&format!("7E 00 08 01 00 00 {:02X} AB CD", 0xD4 | mode), 1);
        bench.module.show(label(), bench.now);
        // One read a second, each after 30 ms.
        assert_eq!(bench.ask("", 2_500), record, "mode {mode}");
    }
    let mut bench = Bench::new();
    bench.module.show(label(), bench.now);
    bench.module.press(bench.now);
    assert_eq!(bench.ask("", 2_500), "31 0D");
    // Asleep it does not even read by its button; awake it does.
    bench.ask("7E 00 08 01 00 D9 A5 AB CD", 1);
    bench.module.press(bench.now);
    assert_eq!(bench.ask("", 2_500), "");
    bench.ask("7E 00 08 01 00 D9 00 AB CD", 1);
    bench.module.press(bench.now);
    assert_eq!(bench.ask("", 2_500), "31 0D");
    bench.ask(COMMAND_MODE, 1);
    assert_eq!(bench.ask(READ_MODE, 1).get(12..14), Some("D5"));
    bench.ask("7E 00 08 01 00 D9 55 AB CD", 1);
    assert_eq!(bench.ask(READ_MODE, 1).get(12..14), Some("D4"), "the factory's");
}

/// Chapter 6: prefix, code ID, data, suffix, tail; and the three character sets of zone 000D.
#[test]
fn a_record_is_dressed_as_the_zones_say() {
    let mut bench = Bench::new();
    // STX before, ETX behind, and AIM identifiers; no tail. GBK is what zone 000D = 00 says (vector B15).
    for zones in ["63 02", "72 03", "62 11", "D0 80", "60 0E"] {
        assert_eq!(bench.ask(&format!("7E 00 08 01 00 {zones} AB CD"), 1), DONE);
    }
    bench.module.show(Label::of_text(aim("Q1"), "京A12345"), bench.now);
    bench.module.press(bench.now);
    assert_eq!(bench.ask("", 100), "02 5D 51 31 BE A9 41 31 32 33 34 35 03");
    // "Unicode", and Big5.
    for (output, record) in [("04", "E4 BA AC"), ("08", "A8 CA")] {
        bench.ask(&format!("7E 00 08 01 00 0D {output} AB CD"), 1);
        bench.module.press(bench.now);
        assert_eq!(bench.ask("", 100), format!("02 5D 51 31 {record} 41 31 32 33 34 35 03"));
    }
}

/// Vectors B8, B12..B16, BX4, BX7: what a scanner that only talks sends.
#[test]
fn a_plain_scanner_sends_the_records_of_the_vectors() {
    let crlf = || Layout { tail: TailKind::CrLf, ..Layout::plain() };
    let aims = || Layout { code_id: CodeId::Aim, ..Layout::plain() };
    let checked = Label::code_39_with_check("SLIP20250017").expect("Code 39 has these");
    let gs1 = "0010614141234567890810LOT7\u{1D}21SN42";
    for (name, layout, label, record) in [
        ("B8", crlf(), Label::of_text(aim("C0"), "052301"), "30 35 32 33 30 31 0D 0A"),
        (
            "B12",
            aims(),
            Label::of_text(aim("C0"), "ECIF202511200017"),
            "5D 43 30 45 43 49 46 32 30 32 35 31 31 32 30 30 30 31 37 0D",
        ),
        (
            "B13",
            Layout { code_id: CodeId::Aim, ..crlf() },
            Label::of_text(aim("C1"), gs1),
            "5D 43 31 30 30 31 30 36 31 34 31 34 31 32 33 34 35 36 37 38 39 30 38 31 30 4C 4F 54 37 1D 32 31 53 4E 34 32 0D 0A",
        ),
        ("B14", aims(), Label::of_text(aim("Q1"), "京A12345"), "5D 51 31 E4 BA AC 41 31 32 33 34 35 0D"),
        ("B16", aims(), checked, "5D 41 31 53 4C 49 50 32 30 32 35 30 30 31 37 4E 0D"),
        (
            "BX4",
            aims(),
            Label::of_bytes(aim("A1"), b"SLIP20250017X"),
            "5D 41 31 53 4C 49 50 32 30 32 35 30 30 31 37 58 0D",
        ),
        ("BX7", Layout::plain(), Label::of_bytes(aim("C0"), b"ECIF\x0017"), "45 43 49 46 00 31 37 0D"),
    ] {
        let mut scanner = PlainScanner::new(Loopback::default(), layout, Charset::Utf8);
        scanner.show(label, Tick::from_millis(0));
        let Ok(()) = scanner.poll(Tick::from_millis(29));
        assert_eq!(hex(&scanner.port_mut().outgoing), "", "{name}");
        let Ok(()) = scanner.poll(Tick::from_millis(30));
        assert_eq!(hex(&scanner.port_mut().outgoing), record, "{name}");
        assert_eq!(scanner.wake(), None);
    }
    let mut gbk = PlainScanner::new(Loopback::default(), Layout::framed(), Charset::Gbk);
    gbk.show(Label::of_text(aim("Q1"), "京A12345"), Tick::from_millis(0));
    gbk.fail("FAIL", Tick::from_millis(0));
    let Ok(()) = gbk.poll(Tick::from_millis(30));
    let (failed, read) = ("02 46 41 49 4C 03", "02 5D 51 31 BE A9 41 31 32 33 34 35 03");
    assert_eq!(hex(&gbk.port_mut().outgoing), format!("{failed} {read}"), "BX6 framed, B15");
}

/// A module and a session on one line; bytes take no time.
struct Lane {
    module: BarcodeModule<Loopback>,
    session: Session,
    now: Tick,
    events: Vec<DeviceEvent>,
}

impl Lane {
    fn new(trigger: Trigger, reading: Reading) -> Self {
        let module = Module { trigger, ..Module::default() };
        let config = Config { module: Some(module), reading, ..Config::default() };
        Self {
            module: BarcodeModule::new(Loopback::default()),
            session: Session::new(config),
            now: Tick::default(),
            events: Vec::new(),
        }
    }

    fn run(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        self.session.handle(Input::Deadline, self.now);
        loop {
            let asked = self.drain();
            let Ok(()) = self.module.poll(self.now);
            let said = core::mem::take(&mut self.module.port_mut().outgoing);
            if !said.is_empty() {
                self.session.handle(Input::Bytes(&said), self.now);
                continue;
            }
            let wake = [asked, self.module.wake()].into_iter().flatten().min();
            match wake.filter(|wake| *wake <= until) {
                Some(wake) => self.now = wake.max(self.now),
                None => break,
            }
            self.session.handle(Input::Deadline, self.now);
        }
        self.now = until;
    }

    /// What the session wants; gives when it wants to be woken.
    fn drain(&mut self) -> Option<Tick> {
        loop {
            match self.session.poll() {
                Output::Send(bytes) => self.module.port_mut().incoming.extend(bytes),
                Output::Event(event) => self.events.push(event),
                Output::Wait(wake) => return wake,
            }
        }
    }

    fn count(&self, wanted: impl Fn(&DeviceEvent) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }

    fn seen(&self, wanted: &str) -> usize {
        self.count(|event| match event {
            DeviceEvent::Seen(sighting) => {
                matches!(&sighting.identity, Identity::Code { text, .. } if text == wanted)
            }
            _ => false,
        })
    }
}

/// The session brings a module from the factory into each mode and reads its label.
#[test]
fn a_module_from_the_factory_is_set_up_and_read_in_every_mode() {
    for trigger in [Trigger::Manual, Trigger::Command, Trigger::Continuous, Trigger::Sensor] {
        let reading = Reading { code_id: CodeId::Aim, charset: Charset::Gbk, ..Reading::default() };
        let mut lane = Lane::new(trigger, reading);
        lane.run(1_000);
        assert_eq!(lane.count(|event| *event == DeviceEvent::Configured), 1, "{:?}", lane.events);
        assert_eq!(lane.module.zone(zone::MODE), 0xD4 | trigger as u8, "the other bits stay");
        lane.module.show(Label::of_text(aim("Q1"), "京A12345"), lane.now);
        lane.module.press(lane.now);
        // A triggered read that began before the label came into view sees it, too.
        lane.run(500);
        assert!(lane.seen("京A12345") >= 1, "{trigger:?}: {:?}", lane.events);
    }
}

/// fault D3: silent, rebooted, reset: each is found and the configuration is back.
#[test]
fn a_module_that_was_away_is_found_and_configured_again() {
    let mut lane = Lane::new(Trigger::Continuous, Reading::default());
    lane.run(10_000);
    lane.module.knobs_mut().silent = true;
    lane.run(10_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Silent), 1);
    lane.module.factory_reset();
    lane.module.knobs_mut().silent = false;
    lane.run(10_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Configured), 2);
    // The session saved nothing, so a reboot loses its settings; the module answers all the time.
    lane.module.reboot();
    assert_eq!(Trigger::of(lane.module.zone(zone::MODE)), Trigger::Manual);
    lane.run(10_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Configured), 3);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Silent), 1);
    assert_eq!(Trigger::of(lane.module.zone(zone::MODE)), Trigger::Continuous);
}

/// fault D1: a slow module is waited for, a stammering one changes nothing, one whose checks fail is a silent one.
#[test]
fn late_twice_and_wrong_do_what_they_should() {
    let mut lane = Lane::new(Trigger::Continuous, Reading::default());
    lane.module.knobs_mut().late = Duration::from_millis(450);
    lane.run(10_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Configured), 1);
    assert_eq!(lane.session.counters().timeouts, 0);

    let mut lane = Lane::new(Trigger::Sensor, Reading::default());
    lane.module.knobs_mut().twice = true;
    lane.run(1_000);
    lane.module.show(Label::of_text(aim("C0"), "ECIF17"), lane.now);
    lane.run(1_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Configured), 1);
    assert_eq!(lane.seen("ECIF17"), 2, "the lane takes the second one off");

    let mut lane = Lane::new(Trigger::Continuous, Reading::default());
    lane.module.knobs_mut().wrong = true;
    lane.run(10_000);
    assert_eq!(lane.events, [DeviceEvent::Silent]);
    assert!(lane.session.counters().bytes.bad_checks > 3);
}

/// fault D4: a babbler's records do not keep its settings from being looked at, and nothing grows.
#[test]
fn a_babbling_module_is_still_asked() {
    let mut lane = Lane::new(Trigger::Manual, Reading::default());
    lane.run(1_000);
    lane.module.knobs_mut().babbles = Some(Duration::from_millis(30));
    lane.run(60_000);
    assert!((1_990..=2_010).contains(&lane.seen(super::BABBLE)), "{}", lane.seen(super::BABBLE));
    lane.module.factory_reset();
    lane.module.knobs_mut().babbles = None;
    lane.run(1_000);
    assert_eq!(lane.count(|event| *event == DeviceEvent::Silent), 0);
}
