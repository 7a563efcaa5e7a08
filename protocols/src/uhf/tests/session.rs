//! Conversations with the 18 family as scripts: what the reader says and when, and what the session does.

use super::line::{Line, Reader};
use crate::talk::Talk;
use crate::uhf::repr::{Command, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport, code};
use crate::uhf::session::Config;
use crate::uhf::status::Status;
use crate::uhf::tag::{Family, TagRead, Tags};
use crate::uhf::wire::HostFrame;
use alloc::vec;
use alloc::vec::Vec;

const ONLINE: &str = "online UHFReader18 family, type 0x09, firmware 0.22, 30 dBm";

/// A reader of the 18 family that can be switched off, reset, and heard through an echoing adapter.
struct Uhf18 {
    alive: bool,
    echoes: bool,
    inventory_time: u8,
    mode: WorkMode,
    tags: Vec<TagRead>,
    /// What it answers to this command instead.
    broken: Option<(u8, Status)>,
}

impl Uhf18 {
    fn factory() -> Self {
        let tags = vec![TagRead::new(&[0xE2, 0x80, 0x11]).unwrap()];
        let mode = WorkMode::serial(ReadMode::TriggerLow);
        Self { alive: true, echoes: false, inventory_time: 10, mode, tags, broken: None }
    }

    fn reset(&mut self) {
        (self.inventory_time, self.mode) = (10, WorkMode::serial(ReadMode::TriggerLow));
    }
}

impl Reader for Uhf18 {
    fn answer(&mut self, sent: &[u8]) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        if !self.alive {
            return heard;
        }
        let frame = HostFrame::parse(sent).unwrap();
        let command = Command::decode(&frame, Family::Uhf18).unwrap();
        let data = Tags::write(Family::Uhf18, 0, &self.tags);
        let reply = match command {
            _ if self.broken.is_some_and(|(code, _)| code == frame.code) => {
                let status = self.broken.unwrap().1;
                let command =
                    if status == Status::IllegalCommand { code::NOT_UNDERSTOOD } else { frame.code };
                Reply::Answer { command, status, detail: None }
            }
            Command::ReaderInformation => Reply::Information(ReaderInfo {
                version: [0, 22],
                kind: 9,
                protocols: 2,
                max_channel: 0,
                min_channel: 0,
                power: 30,
                inventory_time: self.inventory_time,
                ports: None,
            }),
            Command::GetWorkMode => {
                Reply::WorkMode(WorkModeReport { wiegand: [0; 4], mode: self.mode, accuracy: 0, offset: 0 })
            }
            Command::Inventory => {
                let tags = Tags::parse(Family::Uhf18, &data).unwrap();
                Reply::Tags { command: code::INVENTORY, status: Status::Finished, tags }
            }
            Command::SetInventoryTime(time) => {
                self.inventory_time = time.tenths();
                Reply::Answer { command: frame.code, status: Status::Success, detail: None }
            }
            Command::SetWorkMode(mode) => {
                self.mode = mode;
                Reply::Answer { command: frame.code, status: Status::Success, detail: None }
            }
            other => panic!("the session sent {other:?}"),
        };
        heard.extend(reply.encode(frame.address, Family::Uhf18).unwrap());
        heard
    }
}

fn line(mode: ReadMode, reader: Uhf18) -> Line<Uhf18> {
    Line::new(Config { mode, ..Config::default() }, reader)
}

/// Vector C7.
#[test]
fn a_scanning_reader_is_configured_and_then_only_listened_to() {
    let mut line = line(ReadMode::Scan, Uhf18::factory());
    line.run_until(1_000);
    line.say("1100EE00 E20000170014026616706B48 8337");
    line.run_until(2_000);
    let want = [
        "0 send 21",
        "40 online UHFReader18 family, type 0x09, firmware 0.22, 30 dBm",
        "40 send 2503",
        "80 send 35010204020600",
        "120 Configured",
        "1000 tag E20000170014026616706B48",
    ];
    assert_eq!(line.log, want);
    assert_eq!(line.session.counters().readings, 1);
}

#[test]
fn in_answer_mode_the_next_inventory_follows_the_final_status() {
    let mut line = line(ReadMode::Answer, Uhf18::factory());
    line.run_until(205);
    let want = [
        "0 send 21",
        "40 online UHFReader18 family, type 0x09, firmware 0.22, 30 dBm",
        "40 send 2503",
        "80 send 35000204020600",
        "120 Configured",
        "120 send 01",
        "160 tag E28011",
        "160 send 01",
        "200 tag E28011",
        "200 send 01",
    ];
    assert_eq!(line.log, want);
}

/// Vector C3.
#[test]
fn more_frames_extend_the_inventory() {
    let mut line = line(ReadMode::Answer, Uhf18::factory());
    line.run_until(130);
    line.due = None;
    line.now = 600;
    line.say("13000103 01 0C000000000000000000000313 3F39");
    line.run_until(1_100);
    assert_eq!(line.first("send 21", 600), None, "{:?}", line.log);
    assert_eq!(line.first("tag 000000000000000000000313", 600), Some(600));
}

/// fault D3: a reader that falls silent with its port open is told within 10 s, and configured again when it is back.
#[test]
fn a_silent_reader_is_probed_told_and_configured_again() {
    for mode in [ReadMode::Scan, ReadMode::Answer] {
        let mut line = line(mode, Uhf18::factory());
        line.run_until(20_000);
        line.reader.alive = false;
        line.run_until(60_000);
        let silent = line.first("Silent", 0).unwrap();
        assert!((20_000..30_000).contains(&silent), "{mode:?}: silent at {silent}");
        assert_eq!(line.count("Silent"), 1);
        line.reader.alive = true;
        line.reader.reset();
        line.run_until(70_000);
        assert!(line.first(ONLINE, 60_000).is_some(), "{mode:?}");
        assert!(line.first("Configured", 60_000).is_some(), "{mode:?}");
        assert_eq!(line.reader.mode.read, mode);
        assert_eq!(line.reader.inventory_time, 3);
    }
}

/// fault D3: a reader that was reset and still answers is found by the probe and configured again.
#[test]
fn a_factory_reset_is_found_within_ten_seconds() {
    for mode in [ReadMode::Scan, ReadMode::Answer] {
        let mut line = line(mode, Uhf18::factory());
        line.run_until(20_000);
        line.reader.reset();
        line.run_until(30_000);
        assert!(line.first("Configured", 20_000).is_some(), "{mode:?}");
        assert_eq!(line.first("Silent", 0), None);
        assert_eq!(line.reader.mode.read, mode);
    }
}

#[test]
fn a_reader_that_never_answers_is_told_once() {
    let reader = Uhf18 { alive: false, ..Uhf18::factory() };
    let mut line = line(ReadMode::Scan, reader);
    line.run_until(30_000);
    assert_eq!(line.first("Silent", 0), Some(3 * 1_275));
    assert_eq!(line.count("Silent"), 1);
}

#[test]
fn an_echoing_adapter_changes_nothing_but_a_counter() {
    let reader = Uhf18 { echoes: true, ..Uhf18::factory() };
    let mut echoed = line(ReadMode::Scan, reader);
    echoed.run_until(1_000);
    let mut plain = line(ReadMode::Scan, Uhf18::factory());
    plain.run_until(1_000);
    assert_eq!(echoed.log, plain.log);
    assert_eq!(echoed.session.counters().echoes, 3);
    assert_eq!(echoed.session.counters().bytes.noise_bytes, 0);
}

/// Vectors C21 and C7.
#[test]
fn a_broken_off_report_ends_by_itself_and_the_next_one_counts() {
    let mut line = line(ReadMode::Scan, Uhf18::factory());
    line.run_until(1_000);
    line.say("1100EE00E28011700000");
    line.run_until(1_200);
    line.say("1100EE00 E20000170014026616706B48 8337");
    line.run_until(1_300);
    assert_eq!(line.first("tag E20000170014026616706B48", 0), Some(1_200));
    assert_eq!(line.session.counters().bytes.noise_bytes, 10);
}

/// No false identity: the bytes do not say whose layout they have, so nothing is told before somebody does.
#[test]
fn no_tag_is_told_before_the_family_is_known() {
    let report = "1100EE00 E20000170014026616706B48 8337";
    let mut line = line(ReadMode::Scan, Uhf18 { alive: false, ..Uhf18::factory() });
    line.run_until(100);
    line.say(report);
    line.run_until(200);
    assert_eq!(line.first("tag E20000170014026616706B48", 0), None);
    assert_eq!(line.session.counters().malformed, 1);

    let config = Config { family: Some(Family::Uhf18), ..Config::default() };
    let mut told = Line::new(config, Uhf18 { alive: false, ..Uhf18::factory() });
    told.run_until(100);
    told.say(report);
    told.run_until(200);
    assert_eq!(told.first("tag E20000170014026616706B48", 0), Some(100), "configured");
}

/// Vector C17: the reader lives; the command is sent again, and only then given up.
#[test]
fn a_command_that_is_never_understood_is_refused_and_the_others_are_not() {
    let broken = Some((code::SET_INVENTORY_TIME, Status::IllegalCommand));
    let mut line = line(ReadMode::Scan, Uhf18 { broken, ..Uhf18::factory() });
    line.run_until(30_000);
    assert_eq!(line.count("refused command 0x25: IllegalCommand"), 1);
    assert_eq!((line.count("Configured"), line.count("Silent")), (0, 0));
    assert_eq!(line.reader.mode.read, ReadMode::Scan);
    let rounds = line.count("send 35010204020600");
    assert_eq!(line.count("send 2503"), 3 * rounds, "{:?}", line.log);
}

/// fault D4: a reader that refuses is not asked as fast as the line goes, and its settings are looked at.
#[test]
fn a_refused_inventory_is_told_once_and_repeated_slowly() {
    let mut line = line(ReadMode::Answer, Uhf18::factory());
    line.run_until(10_000);
    line.reader.broken = Some((code::INVENTORY, Status::ExecutionError));
    line.run_until(20_000);
    assert_eq!(line.count("refused command 0x01: ExecutionError"), 1);
    let asked = line.since(10_000).into_iter().filter(|entry| *entry == "send 01").count();
    assert!((20..60).contains(&asked), "asked {asked} times in ten seconds");
    assert!(line.first("send 36", 10_000).unwrap() < 12_000);
    line.reader.broken = None;
    line.run_until(21_000);
    assert!(line.first("tag E28011", 20_000).is_some());
}
