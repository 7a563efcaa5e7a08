//! Conversations with a lock board.

use super::lock;
use crate::lock::board::{Act, LockAnswer, LockRequest};
use crate::lock::session::{Config, LockState, Sensor, Session};
use crate::talk::Talk;
use crate::tick::Tick;
use crate::trial::{Device, Line};
use alloc::string::String;
use alloc::vec::Vec;

/// A board of two locks whose contacts are closed while they are shut.
struct Board {
    alive: bool,
    echoes: bool,
    jammed: bool,
    garbles: u32,
    shut: [bool; 2],
}

impl Device for Board {
    fn answer(&mut self, sent: &[u8], _now: u64) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        if !self.alive {
            return heard;
        }
        let asked = LockRequest::parse(sent).unwrap();
        let shut = &mut self.shut[usize::from(asked.lock) - 1];
        if asked.act == Act::Open && !self.jammed {
            *shut = false;
        }
        let state = if *shut { 0x11 } else { 0x00 };
        let mut answer = LockAnswer { board: asked.board, lock: asked.lock, act: asked.act, state }.encode();
        if self.garbles > 0 {
            self.garbles -= 1;
            answer[4] ^= 1;
        }
        heard.extend(answer);
        heard
    }
}

fn words(bytes: &[u8]) -> String {
    let (asked, _) = lock(bytes).split_once(" | ").map(|(asked, said)| (asked.into(), said.len())).unwrap();
    asked
}

fn line() -> Line<Session, Board> {
    let config = Config { locks: Vec::from([1, 2]), ..Config::default() };
    let board = Board { alive: true, echoes: false, jammed: false, garbles: 0, shut: [true; 2] };
    Line::new(Session::new(config), board, words)
}

fn open(line: &mut Line<Session, Board>, lock: u8) {
    let now = line.tick();
    line.talk.open(lock, now);
    line.settle();
}

#[test]
fn locks_are_asked_in_turn_and_one_is_opened_when_told() {
    let mut line = line();
    assert_eq!(line.talk.state(1), LockState::Unknown);
    line.run_until(1_500);
    open(&mut line, 2);
    line.run_until(2_000);
    let want = [
        "0 send Query 1.1",
        "20 online lock board 1",
        "1020 send Query 1.2",
        "1500 send Open 1.2",
        "1520 send Query 1.1",
    ];
    assert_eq!(line.log, want);
    assert_eq!((line.talk.state(1), line.talk.state(2)), (LockState::Shut, LockState::Open));
}

/// What 00 and 11 mean depends on the sensor; any other state is unknown.
#[test]
fn the_sensor_says_what_a_state_means() {
    let answer = |state| LockAnswer { board: 1, lock: 1, act: Act::Query, state }.encode();
    for (sensor, state, want) in [
        (Sensor::ClosedWhenShut, 0x11, LockState::Shut),
        (Sensor::ClosedWhenShut, 0x00, LockState::Open),
        (Sensor::ClosedWhenOpen, 0x11, LockState::Open),
        (Sensor::ClosedWhenOpen, 0x00, LockState::Shut),
        (Sensor::ClosedWhenOpen, 0x05, LockState::Unknown),
    ] {
        let mut session = Session::new(Config { sensor, ..Config::default() });
        session.handle(crate::talk::Input::Deadline, Tick::default());
        session.handle(crate::talk::Input::Bytes(&answer(state)), Tick::from_millis(20));
        assert_eq!(session.state(1), want, "{sensor:?} {state:02X}");
    }
}

/// Vector LX7: a garbled answer leaves the state unknown, and the question is asked again.
#[test]
fn a_garbled_answer_is_asked_for_again() {
    let mut line = line();
    line.device.garbles = 1;
    line.run_until(299);
    assert_eq!(line.talk.state(1), LockState::Unknown);
    line.run_until(400);
    assert_eq!(line.log, ["0 send Query 1.1", "300 send Query 1.1", "320 online lock board 1"]);
    assert_eq!(line.talk.state(1), LockState::Shut);
    assert_eq!(line.talk.counters().bytes.bad_checks, 1);
}

#[test]
fn a_lock_that_stays_shut_is_told() {
    let mut line = line();
    line.device.jammed = true;
    line.run_until(100);
    open(&mut line, 1);
    line.run_until(200);
    assert_eq!(line.count("refused lock 1 was told to open and is Shut"), 1);
}

/// fault D3: a board that is gone is told within 10 s; then nothing is known, and nothing is opened later.
#[test]
fn a_silent_board_is_told_and_opens_nothing_later() {
    let mut line = line();
    line.run_until(10_000);
    line.device.alive = false;
    open(&mut line, 1);
    open(&mut line, 2);
    line.run_until(20_000);
    assert!(line.first("silent", 0).is_some_and(|silent| silent < 20_000));
    assert_eq!((line.count("send Open 1.1"), line.count("send Open 1.2")), (3, 0));
    assert_eq!(line.count("refused lock 2 does not answer"), 1);
    assert_eq!(line.talk.state(1), LockState::Unknown);
    open(&mut line, 1);
    assert_eq!(line.count("refused lock 1 cannot be opened now"), 1);
    line.device.alive = true;
    line.run_until(30_000);
    assert_eq!(line.count("send Open 1.1"), 3);
    assert_eq!(line.talk.state(1), LockState::Shut);
}

/// The echo of an opening equals the answer "state 11": an echoing adapter must not tell that a lock stayed shut, or opened.
#[test]
fn an_echoing_adapter_is_learned_and_never_taken_for_an_answer() {
    let mut line = line();
    line.device.echoes = true;
    line.run_until(1_500);
    open(&mut line, 1);
    line.run_until(2_000);
    assert_eq!(line.talk.state(1), LockState::Open);
    assert!(!line.log.iter().any(|entry| entry.contains("refused")), "{:?}", line.log);
    line.device.alive = false;
    line.run_until(10_000);
    assert_eq!((line.count("silent"), line.talk.state(1)), (1, LockState::Unknown));
}
