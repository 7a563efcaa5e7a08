//! One reader's conversation, of either family, over a line that may carry anything.
//! Checks: it always comes to rest; it only sends commands of ours, one at a time; it never tells an EPC that was not on
//! the line; behind any rubbish an honest reader is found again, whatever family the rubbish made of it, and its tags
//! are told.

use crate::script::{Step, steps};
use crate::uhf::seal;
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;
use protocols::uhf::repr::{
    Command, Pause, ReadMode, ReadModeReport, ReaderInfo, RealTime, Reply, TagProtocol, WorkMode,
    WorkModeReport, code,
};
use protocols::uhf::session::{Config, Session};
use protocols::uhf::status::Status;
use protocols::uhf::tag::{Family, TagRead, Tags};
use protocols::uhf::wire::HostFrame;
use std::time::Duration;

const EPC: [u8; 12] = [0xE2, 0, 0, 0x17, 1, 0x40, 2, 0x66, 0x17, 6, 0xB4, 0x80];

struct Bench {
    session: Session,
    config: Config,
    /// What the reader at the other end is, when it is honest.
    family: Family,
    now: Tick,
    wake: Option<Tick>,
    /// All that was on the line, for EPCs.
    heard: Vec<u8>,
    sent: Vec<Command>,
    events: Vec<DeviceEvent>,
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
                    let frame = HostFrame::parse(&bytes).expect("the session sent no frame");
                    assert_eq!(frame.address, self.config.address);
                    let command = Command::decode(&frame, Family::Uhf18);
                    let command = command.or_else(|_| Command::decode(&frame, Family::Uhf288));
                    self.sent.push(command.expect("the session sent no command of ours"));
                }
                Output::Event(event) => {
                    if let Some(epc) = epc(&event) {
                        let stands = self.heard.windows(epc.len()).any(|part| part == epc);
                        assert!(stands, "an EPC out of nowhere");
                    }
                    self.events.push(event);
                }
            }
        }
        panic!("the session never waits");
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
}

fn epc(event: &DeviceEvent) -> Option<&[u8]> {
    match event {
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Epc(epc) => Some(epc),
            other => panic!("a UHF reader saw {other:?}"),
        },
        _ => None,
    }
}

/// One conversation.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let mode = if choice & 1 == 0 { ReadMode::Scan } else { ReadMode::Answer };
    let address = if choice & 2 == 0 { 0 } else { 0xFF };
    let family = if choice & 4 == 0 { Family::Uhf18 } else { Family::Uhf288 };
    let with_tid = choice & 16 != 0;
    let config =
        Config { address, mode, family: (choice & 8 != 0).then_some(family), with_tid, ..Config::default() };
    let mut bench = Bench {
        session: Session::new(config),
        config,
        family,
        now: Tick::default(),
        wake: None,
        heard: Vec::new(),
        sent: Vec::new(),
        events: Vec::new(),
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
                1 => answer_last(&mut bench),
                _ => echo_last(&mut bench),
            },
        }
        // One question at a time: a step brings one reply's worth of silence at most, so two sends need two replies.
        let frames = bench.session.counters().bytes.frames;
        assert!(bench.sent.len() - before <= 1 + usize::try_from(frames).unwrap_or(usize::MAX));
    }
    finds_an_honest_reader(&mut bench);
    let counted = bench.session.counters().bytes;
    let gone = counted.frame_bytes + counted.idle_bytes + counted.noise_bytes + counted.bad_bytes;
    assert!(gone <= bench.heard.len() as u64, "more bytes counted than heard");
}

fn echo_last(bench: &mut Bench) {
    if let Some(command) = bench.sent.last() {
        let bytes = command.encode(bench.config.address);
        bench.handle(Input::Bytes(&bytes));
    }
}

fn answer_last(bench: &mut Bench) {
    if let Some(command) = bench.sent.last().copied() {
        let bytes = honest(command, &bench.config, bench.family);
        bench.handle(Input::Bytes(&bytes));
    }
}

/// What a reader with our settings answers.
fn honest(command: Command, config: &Config, family: Family) -> Vec<u8> {
    let of_288 = family == Family::Uhf288;
    let tag = TagRead::new(&EPC).expect("twelve bytes").seen_by(1, 0x50);
    let data = Tags::write(family, 1, &[tag]);
    let answer = |command, status| Reply::Answer { command, status, detail: None };
    let reply = match command {
        Command::ReaderInformation => Reply::Information(ReaderInfo {
            version: [3, 1],
            kind: if of_288 { 0x20 } else { 9 },
            protocols: 2,
            max_channel: 0x31,
            min_channel: 0x80,
            power: 26,
            inventory_time: config.inventory_time.tenths(),
            ports: of_288.then_some([1, 0, 0, 0]),
        }),
        Command::GetWorkMode if !of_288 => Reply::WorkMode(WorkModeReport {
            wiegand: [0, 30, 10, 15],
            mode: WorkMode { repeat: config.repeat, ..WorkMode::serial(config.mode) },
            accuracy: 0,
            offset: 0,
        }),
        Command::GetReadMode if of_288 => Reply::ReadMode(ReadModeReport {
            mode: config.mode,
            real_time: RealTime {
                protocol: TagProtocol::Gen2,
                pause: Pause::SHORTEST,
                filter: config.repeat,
                q: config.q,
                session: config.tag_session,
            },
            selection: &[],
        }),
        Command::InventoryOne | Command::Inventory | Command::InventoryBy(_) => {
            match Command::decode(&HostFrame::parse(&command.encode(0)).expect("our own frame"), family) {
                Err(refusal) => answer(command.code(), refusal.status()),
                Ok(_) => Reply::Tags {
                    command: command.code(),
                    status: Status::Finished,
                    tags: Tags::parse(family, &data).expect("our own list"),
                },
            }
        }
        other => match Command::decode(&HostFrame::parse(&other.encode(0)).expect("our own frame"), family) {
            Err(_) => answer(code::NOT_UNDERSTOOD, Status::IllegalCommand),
            Ok(_) => answer(other.code(), Status::Success),
        },
    };
    reply.encode(0, family).expect("fits one frame")
}

/// From here on the line is clean and the reader answers at once. After a while in which a scanning reader sees nothing,
/// long enough to be asked what it is, it tells a tag every half second.
fn finds_an_honest_reader(bench: &mut Bench) {
    bench.handle(Input::Gap);
    let tag = TagRead::new(&EPC).expect("twelve bytes");
    let seen = Reply::Seen(tag).encode(0, bench.family).expect("fits one frame");
    let told = bench.events.len();
    let mut answered = bench.sent.len();
    for round in 0..90 {
        bench.deadline();
        // In answer mode each answer brings the next question at once.
        for _ in 0..4 {
            if answered == bench.sent.len() {
                break;
            }
            answered = bench.sent.len();
            // Later than any echo, sooner than any deadline.
            bench.now = bench.now + Duration::from_millis(1);
            answer_last(bench);
        }
        if bench.config.mode == ReadMode::Scan && round >= 30 {
            bench.now = bench.now + Duration::from_millis(500);
            bench.handle(Input::Bytes(&seen));
        }
        let since = bench.events.get(told..).unwrap_or_default();
        if since.iter().any(|event| epc(event) == Some(&EPC)) {
            return;
        }
    }
    panic!("an honest reader is never heard again: {:?}", bench.events.get(told..));
}
