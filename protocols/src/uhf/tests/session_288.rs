//! Conversations with the 288 family as scripts.

use super::bytes;
use super::line::{Line, Reader};
use crate::talk::Talk;
use crate::uhf::repr::{
    Command, HeartbeatTime, Pause, QValue, ReadMode, ReadModeReport, ReaderInfo, RealTime, Reply,
    TagProtocol, TagSession, code,
};
use crate::uhf::session::{Config, Ports};
use crate::uhf::status::Status;
use crate::uhf::tag::{AntennaForm, Family, TagRead, Tags};
use crate::uhf::wire::{HostFrame, ReaderFrame};
use alloc::vec;
use alloc::vec::Vec;

const ONLINE: &str = "online UHFReader288 family, type 0x20, firmware 1.20, 26 dBm";
const TID: [u8; 12] = [0xE2, 0x80, 0x11, 0x05, 0x20, 0, 0x5A, 0x3C, 0x91, 0x0B, 7, 0x1E];

/// A reader with four antennas and a tag before each.
struct Uhf288 {
    alive: bool,
    echoes: bool,
    kind: u8,
    power: u8,
    inventory_time: u8,
    mode: ReadMode,
    real_time: RealTime,
    heartbeat: u8,
    /// The antenna that is cut off.
    cut: Option<u8>,
    /// An older one, which knows nothing of read modes.
    old: bool,
    /// What it says of its mode instead.
    odd: Option<Vec<u8>>,
}

impl Uhf288 {
    fn factory() -> Self {
        let real_time = RealTime {
            protocol: TagProtocol::Gen2,
            pause: Pause::SHORTEST,
            filter: 1,
            q: QValue::of(4),
            session: TagSession::S0,
        };
        Self {
            alive: true,
            echoes: false,
            kind: 0x20,
            power: 26,
            inventory_time: 20,
            mode: ReadMode::Answer,
            real_time,
            heartbeat: 0,
            cut: None,
            old: false,
            odd: None,
        }
    }

    fn reset(&mut self) {
        *self = Self::factory();
    }

    fn inventory(&self, command: Command, address: u8) -> Vec<u8> {
        let Command::InventoryBy(plan) = command else { panic!("the session sent {command:?}") };
        let scan = plan.scan.unwrap();
        assert_eq!(scan.tenths, 3);
        let number = scan.port.number();
        if self.cut == Some(number) {
            let reply = Reply::Answer {
                command: code::INVENTORY,
                status: Status::AntennaError,
                detail: Some(1 << (number - 1)),
            };
            return reply.encode(address, Family::Uhf288).unwrap();
        }
        let tag = TagRead::new(&[0xE2, 0x80, number]).unwrap().seen_by(0, 0x50);
        let tag = if plan.q.asks_tid() { tag.with_tid(TID) } else { tag };
        let data = Tags::write(Family::Uhf288, 1 << (number - 1), &[tag]);
        let tags = Tags::parse(Family::Uhf288, &data).unwrap();
        let reply = Reply::Tags { command: code::INVENTORY, status: Status::Finished, tags };
        reply.encode(address, Family::Uhf288).unwrap()
    }
}

impl Reader for Uhf288 {
    fn answer(&mut self, sent: &[u8]) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        heard.extend(self.reply(sent));
        heard
    }
}

impl Uhf288 {
    fn reply(&mut self, sent: &[u8]) -> Vec<u8> {
        let frame = HostFrame::parse(sent).unwrap();
        let command = Command::decode(&frame, Family::Uhf288).unwrap();
        let busy = self.mode != ReadMode::Answer;
        let heard_busy = [code::READER_INFORMATION, code::SET_READ_MODE, code::GET_READ_MODE];
        if !self.alive || (busy && !heard_busy.contains(&frame.code)) {
            return Vec::new();
        }
        let mut done = Reply::Answer { command: frame.code, status: Status::Success, detail: None };
        match command {
            _ if self.old && (0x75..=0x78).contains(&frame.code) => {
                let command = code::NOT_UNDERSTOOD;
                done = Reply::Answer { command, status: Status::IllegalCommand, detail: None };
            }
            Command::ReaderInformation => {
                done = Reply::Information(ReaderInfo {
                    version: [1, 20],
                    kind: self.kind,
                    protocols: 2,
                    max_channel: 0x31,
                    min_channel: 0x80,
                    power: self.power,
                    inventory_time: self.inventory_time,
                    ports: Some([0x0F, 0, 0, 1]),
                });
            }
            Command::GetReadMode => {
                if let Some(data) = &self.odd {
                    let frame = ReaderFrame { address: frame.address, code: frame.code, status: 0, data };
                    return frame.encode().unwrap();
                }
                let selection = &[0; 38];
                done =
                    Reply::ReadMode(ReadModeReport { mode: self.mode, real_time: self.real_time, selection });
            }
            Command::SetInventoryTime(time) => self.inventory_time = time.tenths(),
            Command::SetPower(power) => self.power = power.dbm(),
            Command::SetRealTime { settings, mask: None, tid: None } => self.real_time = settings,
            Command::SetReadMode(mode) => (self.mode, self.odd) = (mode, None),
            Command::Heartbeat(time) => {
                self.heartbeat = time.order().unwrap();
                done = Reply::HeartbeatTime(self.heartbeat);
            }
            other => return self.inventory(other, frame.address),
        }
        done.encode(frame.address, Family::Uhf288).unwrap()
    }
}

fn line(config: Config) -> Line<Uhf288> {
    Line::new(config, Uhf288::factory())
}

fn answering() -> Config {
    Config { mode: ReadMode::Answer, ..Config::default() }
}

/// Vectors C11, C12, C14: stopped, set, started, and then only listened to; a heartbeat is life and no tag.
#[test]
fn a_reader_in_real_time_mode_is_stopped_set_started_and_listened_to() {
    let heartbeat = HeartbeatTime::every(1);
    let mut line = line(Config { heartbeat, repeat: 2, ..Config::default() });
    line.run_until(1_000);
    line.say("1400EE00 01 0CE28011700000020FEBEAD3B5 6B D32F");
    line.run_until(3_000);
    line.say("1100EE28 00000007 01000002 0000012C 65EA");
    line.run_until(6_999);
    let want = [
        "0 send 21",
        "40 online UHFReader288 family, type 0x20, firmware 1.20, 26 dBm",
        "40 send 7600",
        "80 send 2503",
        "120 send 750000020400",
        "160 send 7881",
        "200 send 7601",
        "240 Configured",
        "1000 tag E28011700000020FEBEAD3B5 antenna 1 rssi 107",
    ];
    assert_eq!(line.log, want);
    line.run_until(7_100);
    assert_eq!(line.since(7_000), ["send 21", "send 77"], "and the probe finds all as it was set");
    assert_eq!(line.session.counters().readings, 1);
}

/// The layout of vectors C4 and C13: antenna, length, EPC, RSSI.
#[test]
fn in_answer_mode_the_antennas_are_asked_in_turn() {
    let ports = Ports::of_mask(0b0101).unwrap();
    let mut line = line(Config { ports, ..answering() });
    line.run_until(285);
    let want = [
        "0 send 21",
        "40 online UHFReader288 family, type 0x20, firmware 1.20, 26 dBm",
        "40 send 7600",
        "80 send 2503",
        "120 Configured",
        "120 send 010400008003",
        "160 tag E28001 antenna 1 rssi 80",
        "160 send 010400008203",
        "200 tag E28003 antenna 3 rssi 80",
        "200 send 010400008003",
        "240 tag E28001 antenna 1 rssi 80",
        "240 send 010400008203",
        "280 tag E28003 antenna 3 rssi 80",
        "280 send 010400008003",
    ];
    assert_eq!(line.log, want);
}

#[test]
fn tids_are_told_beside_epcs_when_they_are_asked_for() {
    let mut line = line(Config { with_tid: true, ..answering() });
    line.run_until(165);
    assert_eq!(line.first("send 012400008003", 0), Some(120));
    assert_eq!(line.first("tag E28001 antenna 1 rssi 80 tid E280110520005A3C910B071E", 0), Some(160));
}

#[test]
fn large_readers_name_antennas_by_index() {
    let mut line = line(Config { antennas: AntennaForm::Index, ..Config::default() });
    line.run_until(1_000);
    line.say("1400EE00 01 0CE28011700000020FEBEAD3B5 6B D32F");
    line.run_until(1_100);
    assert_eq!(line.first("tag E28011700000020FEBEAD3B5 antenna 2 rssi 107", 0), Some(1_000));
}

#[test]
fn a_broken_antenna_is_told_once_and_the_others_go_on() {
    let ports = Ports::of_mask(0b1111).unwrap();
    let mut line = line(Config { ports, ..answering() });
    line.run_until(1_000);
    line.reader.cut = Some(4);
    line.run_until(20_000);
    assert_eq!(line.count("refused command 0x01 at antenna 4: AntennaError"), 1);
    assert!(line.first("tag E28003 antenna 3 rssi 80", 19_000).is_some());
    line.reader.cut = None;
    line.run_until(21_000);
    line.reader.cut = Some(4);
    line.run_until(23_000);
    assert_eq!(
        line.count("refused command 0x01 at antenna 4: AntennaError"),
        2,
        "told anew after it was well"
    );
}

/// fault D3: silent is told within 10 s; a reader that comes back from the factory is configured again.
#[test]
fn a_silent_reader_is_probed_told_and_configured_again() {
    for mode in [ReadMode::Scan, ReadMode::TriggerLow, ReadMode::Answer] {
        let mut line = line(Config { mode, ..Config::default() });
        line.run_until(20_000);
        line.reader.alive = false;
        line.run_until(60_000);
        let silent = line.first("Silent", 0).unwrap();
        assert!((20_000..30_000).contains(&silent), "{mode:?}: silent at {silent}");
        assert_eq!(line.count("Silent"), 1);
        line.reader.reset();
        line.run_until(70_000);
        assert!(line.first(ONLINE, 60_000).is_some(), "{mode:?}");
        assert!(line.first("Configured", 60_000).is_some(), "{mode:?}");
        assert_eq!((line.reader.mode, line.reader.inventory_time), (mode, 3));
    }
}

/// fault D3: a reset, or a setting that somebody else changed, is found by the probe.
#[test]
fn lost_settings_are_found_within_ten_seconds() {
    type Spoil = fn(&mut Uhf288);
    let spoils: [(&str, Spoil); 4] = [
        ("reset", Uhf288::reset),
        ("mode", |reader| reader.mode = ReadMode::TriggerLow),
        ("filter", |reader| reader.real_time.filter = 9),
        ("unreadable", |reader| reader.odd = Some(vec![7, 7, 7])),
    ];
    for (name, spoil) in spoils {
        for mode in [ReadMode::Scan, ReadMode::Answer] {
            let mut line = line(Config { mode, ..Config::default() });
            line.run_until(20_000);
            spoil(&mut line.reader);
            line.run_until(30_000);
            // What real-time mode filters is nothing to a reader that is asked.
            let lost = (name, mode) != ("filter", ReadMode::Answer);
            assert_eq!(line.first("Configured", 20_000).is_some(), lost, "{name} {mode:?}");
            assert_eq!(line.first("Silent", 0), None, "{name} {mode:?}");
            assert_eq!(line.reader.mode, mode);
        }
    }
}

/// The type byte of a CF-MU804 stands in no manual; its antenna bytes tell the family.
#[test]
fn a_reader_of_unknown_type_is_known_by_its_antenna_bytes() {
    let mut line = line(Config::default());
    line.reader.kind = 0x75;
    line.run_until(1_000);
    assert!(line.first("online UHFReader288 family, type 0x75, firmware 1.20, 26 dBm", 0).is_some());
    assert_eq!(line.count("Configured"), 1);
}

#[test]
fn a_reader_without_real_time_mode_answers_all_the_same_and_cannot_tell_unasked() {
    let mut asked = line(answering());
    asked.reader.old = true;
    asked.run_until(10_000);
    assert_eq!(asked.count("Configured"), 1, "there is nothing to stop");
    assert!(asked.first("tag E28001 antenna 1 rssi 80", 9_000).is_some());
    assert_eq!(asked.log.iter().filter(|entry| entry.contains("refused")).count(), 0);

    let mut unasked = line(Config::default());
    unasked.reader.old = true;
    unasked.run_until(30_000);
    assert_eq!(unasked.count("refused command 0x76: IllegalCommand"), 1);
    assert_eq!((unasked.count("Configured"), unasked.count("Silent")), (0, 0));
}

#[test]
fn a_trigger_that_the_family_does_not_have_is_unsupported() {
    let mut line = line(Config { mode: ReadMode::TriggerHigh, ..Config::default() });
    line.run_until(1_000);
    line.say("1400EE00 01 0CE28011700000020FEBEAD3B5 6B D32F");
    line.run_until(10_000);
    assert_eq!(line.session.counters().readings, 0, "it reads when nothing is to be read");
    assert_eq!(line.count("unsupported UHFReader288 family, type 0x20, firmware 1.20, 26 dBm"), 1);
    assert!(line.log.iter().all(|entry| !entry.contains("send") || entry.ends_with("send 21")));
}

/// Another reader in the place of the first: its tags lie otherwise.
#[test]
fn a_reader_of_the_other_family_in_its_place_is_recognised() {
    let mut line = line(Config { mode: ReadMode::Scan, ..Config::default() });
    line.run_until(1_000);
    line.reader.alive = false;
    line.run_until(15_000);
    assert_eq!(line.count("Silent"), 1);
    // A report before it has said what it is, then what it is, then the report again (vector C7).
    let report = "1100EE00 E20000170014026616706B48 8337";
    line.say(report);
    while line.first("send 21", 15_001).is_none() {
        line.run_until(line.now + 10);
    }
    assert_eq!(line.session.counters().readings, 0);
    let asked = line.now;
    let info = ReaderFrame { address: 0, code: 0x21, status: 0, data: &bytes("020B09034E001E0A") };
    line.say(&hex::encode(info.encode().unwrap()));
    line.say(report);
    line.run_until(asked + 1);
    let want = [
        "online UHFReader18 family, type 0x09, firmware 2.11, 30 dBm",
        "send 2503",
        "tag E20000170014026616706B48",
    ];
    assert_eq!(line.since(asked), want);
}

/// Vectors C14 and C15: the command that stops a reader and its success are the same bytes. An adapter that was once taken
/// for an echoing one is found out.
#[test]
fn an_answer_like_its_command_is_not_lost_for_ever_as_an_echo() {
    let mut line = line(answering());
    line.run_until(1);
    // Somebody played the echo of the first question; the answer follows.
    line.say("040021D96A");
    line.run_until(30_000);
    assert_eq!((line.count("Configured"), line.count("Silent")), (1, 0), "{:?}", line.log);
}

#[test]
fn an_echoing_adapter_changes_nothing_but_a_counter() {
    let mut plain = line(answering());
    plain.run_until(1_000);
    let mut echoed = line(answering());
    echoed.reader.echoes = true;
    echoed.run_until(1_000);
    assert_eq!(echoed.log, plain.log);
    assert_eq!(echoed.session.counters().bytes.noise_bytes, 0);
    assert!(echoed.session.counters().echoes > 20);
}
