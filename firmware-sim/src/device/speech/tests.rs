//! The speech chip held against public frames, and against the conversation of the gate.

use super::{SpeechChip, Timing};
use crate::device::loopback::{Loopback, bytes, hex};
use crate::device::meeting::{Meeting, Polled};
use crate::device::terminal::Faults;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::display::voice::{Config, Voice};
use protocols::tick::Tick;

impl Polled for SpeechChip<Loopback> {
    fn port(&mut self) -> &mut Loopback {
        self.port_mut()
    }

    fn poll_at(&mut self, now: Tick) {
        let Ok(()) = self.poll(now);
    }

    fn next(&self) -> Option<Tick> {
        self.wake()
    }
}

fn chip(faults: Faults) -> SpeechChip<Loopback> {
    SpeechChip::new(Loopback::default(), Timing::default(), faults, Tick::default())
}

/// What the chip says to a frame within so many milliseconds, one after the other.
fn send(chip: &mut SpeechChip<Loopback>, frame: &str, from: u64, wait: u64) -> String {
    chip.port_mut().incoming.extend(bytes(frame));
    for now in from..=from + wait {
        let Ok(()) = chip.poll(Tick::from_millis(now));
    }
    hex(&core::mem::take(&mut chip.port_mut().outgoing))
}

fn spoken(chip: &SpeechChip<Loopback>) -> Vec<(&str, bool)> {
    chip.spoken().map(|spoken| (spoken.text.as_str(), spoken.whole)).collect()
}

/// Vectors L8 to L10, LX6: ready with 4A, accepted with 41, 45 for what is none, 4F at the end; a new text interrupts.
#[test]
fn the_chip_answers_as_its_data_sheet_says() {
    let mut chip = chip(Faults::default());
    assert_eq!(send(&mut chip, "", 0, 300), "4A");
    assert_eq!(send(&mut chip, "FD 00 0B 01 00 D3 EE D2 F4 CC EC CF C2 C1", 400, 100), "41");
    assert_eq!(send(&mut chip, "FD 00 02 21 DE", 600, 100), "4E");
    assert_eq!(send(&mut chip, "FD 00 0D 01 01 B3 B5 C1 BE D2 D1 B7 C5 D0 D0 F8", 700, 100), "41");
    assert_eq!(send(&mut chip, "", 801, 2_000), "4F");
    assert_eq!(spoken(&chip), [("宇音天下", false), ("车辆已放行", true)]);
    assert_eq!(send(&mut chip, "FD 00 02 21 DE", 3_000, 100), "4F");
    assert_eq!(send(&mut chip, "FD 00 02 02 FD", 3_200, 100), "41");
    let wrong = "FD 00 0B 01 00 00 00 0C E4 BD A0 E5 A5 BD E4 B8 96 E7 95 8C 00";
    assert_eq!(send(&mut chip, wrong, 3_400, 100), "45");
    assert_eq!(spoken(&chip).len(), 2);
}

fn meet() -> Meeting<Voice, SpeechChip<Loopback>> {
    Meeting::new(Voice::new(Config::default(), Tick::default()), chip(Faults::default()))
}

fn say(meeting: &mut Meeting<Voice, SpeechChip<Loopback>>, text: &str) {
    meeting.talk.say(text, meeting.now);
    meeting.settle();
}

/// The gate never interrupts itself: both prompts are spoken to their end.
#[test]
fn prompts_of_the_gate_are_spoken_whole() {
    let mut meeting = meet();
    say(&mut meeting, "车辆已放行");
    say(&mut meeting, "请下一辆[v0]");
    meeting.run(10_000);
    assert_eq!(spoken(&meeting.device), [("车辆已放行", true), ("请下一辆［v0］", true)]);
    assert_eq!(meeting.events, ["online SYN6288"]);
}

/// fault D3: a chip that is gone is told; one that forgets to say that it is done, or says all twice, is served on.
#[test]
fn a_chip_with_faults_is_served_on() {
    let mut meeting = meet();
    meeting.device.set_forgets_end(true);
    say(&mut meeting, "请停车");
    say(&mut meeting, "请稍候");
    meeting.run(12_000);
    assert_eq!(spoken(&meeting.device), [("请停车", true), ("请稍候", true)]);
    meeting.device.set_faults(Faults {
        duplicate: true,
        slow: Duration::from_millis(50),
        ..Faults::default()
    });
    say(&mut meeting, "允许通行");
    meeting.run(10_000);
    assert_eq!(spoken(&meeting.device).last(), Some(&("允许通行", true)));
    meeting.device.set_faults(Faults { silent: true, ..Faults::default() });
    meeting.run(10_000);
    assert_eq!(meeting.count("silent"), 1);
    meeting.device.set_faults(Faults::default());
    meeting.device.reboot(meeting.now);
    meeting.run(3_000);
    assert_eq!(meeting.count("online SYN6288"), 2);
}
