//! Conversations as scripts: what the reader says and when, and what the session does.

use super::bytes;
use crate::tick::Tick;
use crate::uhf::repr::{Command, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport, code};
use crate::uhf::session::{Config, Input, Output, ReaderEvent, Session};
use crate::uhf::status::Status;
use crate::uhf::tag::{Family, TagRead, Tags};
use crate::uhf::wire::HostFrame;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

/// A reader of the 18 family that can be switched off, reset, and heard through an echoing adapter.
struct Reader {
    alive: bool,
    echoes: bool,
    inventory_time: u8,
    mode: WorkMode,
    tags: Vec<TagRead>,
}

impl Reader {
    fn factory() -> Self {
        let tags = vec![TagRead::new(&[0xE2, 0x80, 0x11]).unwrap()];
        Self {
            alive: true,
            echoes: false,
            inventory_time: 10,
            mode: WorkMode::serial(ReadMode::TriggerLow),
            tags,
        }
    }

    fn reset(&mut self) {
        (self.inventory_time, self.mode) = (10, WorkMode::serial(ReadMode::TriggerLow));
    }

    fn answer(&mut self, sent: &[u8]) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        if !self.alive {
            return heard;
        }
        let frame = HostFrame::parse(sent).unwrap();
        let command = Command::decode(&frame).unwrap();
        let data = Tags::write(Family::Uhf18, 0, &self.tags);
        let reply = match command {
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

/// Session and reader on one line with their own time; answers take 40 ms.
struct Line {
    session: Session,
    reader: Reader,
    now: u64,
    /// The answer under way and when it comes.
    due: Option<(u64, Vec<u8>)>,
    log: Vec<String>,
}

impl Line {
    fn new(mode: ReadMode, reader: Reader) -> Self {
        let session = Session::new(Config { mode, ..Config::default() });
        Self { session, reader, now: 0, due: None, log: Vec::new() }
    }

    fn run_until(&mut self, end: u64) {
        self.session.handle(Input::Deadline, Tick::from_millis(self.now));
        loop {
            let wake = loop {
                match self.session.poll() {
                    Output::Send(sent) => {
                        self.log.push(format!("{} send {:02X}", self.now, sent[2]));
                        let reply = self.reader.answer(&sent);
                        self.due = (!reply.is_empty()).then_some((self.now + 40, reply));
                    }
                    Output::Event(event) => self.log.push(format!("{} {}", self.now, name(&event))),
                    Output::Wait(wake) => break wake,
                }
            };
            let wake = wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000));
            assert!(wake > self.now, "waits for the past at {}", self.now);
            let answered = self.due.as_ref().map_or(u64::MAX, |(at, _)| *at);
            let next = wake.min(answered);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            let reply = self.due.take_if(|(at, _)| *at == next);
            let input = reply.as_ref().map_or(Input::Deadline, |(_, bytes)| Input::Bytes(bytes));
            self.session.handle(input, Tick::from_millis(self.now));
        }
    }

    fn say(&mut self, hex: &str) {
        self.session.handle(Input::Bytes(&bytes(hex)), Tick::from_millis(self.now));
    }

    fn first(&self, what: &str, from: u64) -> Option<u64> {
        let times = self.log.iter().filter_map(|line| line.split_once(' ')).filter(|(_, rest)| *rest == what);
        times.filter_map(|(at, _)| at.parse().ok()).find(|at| *at >= from)
    }
}

fn name(event: &ReaderEvent) -> String {
    match event {
        ReaderEvent::Online(info) => format!("online {:02X}", info.kind),
        ReaderEvent::Tag(tag) => format!("tag {}", tag.epc_hex()),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_scanning_reader_is_configured_and_then_only_listened_to() {
    let mut line = Line::new(ReadMode::Scan, Reader::factory());
    line.run_until(1_000);
    line.say("1100EE00 E20000170014026616706B48 8337");
    line.run_until(2_000);
    let want = [
        "0 send 21",
        "40 online 09",
        "40 send 25",
        "80 send 35",
        "120 Configured",
        "1000 tag E20000170014026616706B48",
    ];
    assert_eq!(line.log, want);
    assert_eq!(line.session.counters().tags, 1);
}

#[test]
fn in_answer_mode_the_next_inventory_follows_the_final_status() {
    let mut line = Line::new(ReadMode::Answer, Reader::factory());
    line.run_until(205);
    let want = [
        "0 send 21",
        "40 online 09",
        "40 send 25",
        "80 send 35",
        "120 Configured",
        "120 send 01",
        "160 tag E28011",
        "160 send 01",
        "200 tag E28011",
        "200 send 01",
    ];
    assert_eq!(line.log, want);
}

#[test]
fn more_frames_extend_the_inventory() {
    let mut line = Line::new(ReadMode::Answer, Reader::factory());
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
        let mut line = Line::new(mode, Reader::factory());
        line.run_until(20_000);
        line.reader.alive = false;
        line.run_until(60_000);
        let silent = line.first("Silent", 0).unwrap();
        assert!((20_000..30_000).contains(&silent), "{mode:?}: silent at {silent}");
        assert_eq!(line.log.iter().filter(|entry| entry.ends_with("Silent")).count(), 1);
        line.reader.alive = true;
        line.reader.reset();
        line.run_until(70_000);
        assert!(line.first("online 09", 60_000).is_some(), "{mode:?}");
        assert!(line.first("Configured", 60_000).is_some(), "{mode:?}");
        assert_eq!(line.reader.mode.read, mode);
        assert_eq!(line.reader.inventory_time, 3);
    }
}

/// fault D3: a reader that was reset and still answers is found by the probe and configured again.
#[test]
fn a_factory_reset_is_found_within_ten_seconds() {
    for mode in [ReadMode::Scan, ReadMode::Answer] {
        let mut line = Line::new(mode, Reader::factory());
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
    let reader = Reader { alive: false, ..Reader::factory() };
    let mut line = Line::new(ReadMode::Scan, reader);
    line.run_until(30_000);
    assert_eq!(line.first("Silent", 0), Some(3 * 1_275));
    assert_eq!(line.log.iter().filter(|entry| entry.ends_with("Silent")).count(), 1);
}

#[test]
fn an_echoing_adapter_changes_nothing_but_a_counter() {
    let reader = Reader { echoes: true, ..Reader::factory() };
    let mut line = Line::new(ReadMode::Scan, reader);
    line.run_until(1_000);
    let mut plain = Line::new(ReadMode::Scan, Reader::factory());
    plain.run_until(1_000);
    assert_eq!(line.log, plain.log);
    assert_eq!(line.session.counters().echoes, 3);
    assert_eq!(line.session.counters().bytes.noise_bytes, 0);
}

#[test]
fn a_broken_off_report_ends_by_itself_and_the_next_one_counts() {
    let mut line = Line::new(ReadMode::Scan, Reader::factory());
    line.run_until(1_000);
    line.say("1100EE00E28011700000");
    line.run_until(1_200);
    line.say("1100EE00 E20000170014026616706B48 8337");
    line.run_until(1_300);
    assert_eq!(line.first("tag E20000170014026616706B48", 0), Some(1_200));
    assert_eq!(line.session.counters().bytes.noise_bytes, 10);
}
