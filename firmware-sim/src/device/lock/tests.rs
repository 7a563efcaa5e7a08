//! The lock board held against public frames, and against the conversation of the gate.

use super::LockBoard;
use crate::device::loopback::{Loopback, bytes, hex};
use crate::device::meeting::{Meeting, Polled};
use crate::device::terminal::Faults;
use alloc::string::String;
use core::time::Duration;
use protocols::lock::session::{Config, LockState, Sensor, Session};
use protocols::tick::Tick;

impl Polled for LockBoard<Loopback> {
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

fn board(sensor: Sensor) -> LockBoard<Loopback> {
    LockBoard::new(Loopback::default(), 1, 2, sensor, Faults::default())
}

fn send(board: &mut LockBoard<Loopback>, frame: &str, from: u64) -> String {
    board.port_mut().incoming.extend(bytes(frame));
    for now in from..from + 100 {
        let Ok(()) = board.poll(Tick::from_millis(now));
    }
    hex(&core::mem::take(&mut board.port_mut().outgoing))
}

/// Vectors L11 to L13, LX7, and the article's frame that opens all: answers byte for byte.
#[test]
fn the_board_answers_as_the_article_shows() {
    let mut board = board(Sensor::ClosedWhenShut);
    assert_eq!(send(&mut board, "80 01 01 33 B3", 0), "80 01 01 11 91");
    assert_eq!(send(&mut board, "8A 01 01 11 9B", 200), "8A 01 01 00 8A");
    assert_eq!(send(&mut board, "80 01 01 33 B3", 400), "80 01 01 00 80");
    board.shut(1);
    board.set_jammed(1, true);
    assert_eq!(send(&mut board, "8A 01 01 11 9B", 600), "8A 01 01 11 9B", "it stayed shut");
    assert_eq!(send(&mut board, "8A 01 00 11 9A", 800), "");
    assert_eq!((board.is_shut(1), board.is_shut(2), board.is_shut(3)), (Some(true), Some(false), None));
    for nobody in ["8A 01 01 00 8B", "8A 02 01 11 98", "8A 01 09 11 93", "80 01 01 00 80"] {
        assert_eq!(send(&mut board, nobody, 1_000), "", "{nobody}");
    }
}

/// fault D3: the gate opens a lock, learns how it stands, and knows nothing when the board is gone or garbles.
#[test]
fn the_gate_opens_locks_and_knows_when_it_knows_nothing() {
    for sensor in [Sensor::ClosedWhenShut, Sensor::ClosedWhenOpen] {
        let config = Config { sensor, locks: [1, 2].into(), ..Config::default() };
        let mut meeting = Meeting::new(Session::new(config), board(sensor));
        meeting.run(3_000);
        assert_eq!((meeting.talk.state(1), meeting.talk.state(2)), (LockState::Shut, LockState::Shut));
        meeting.talk.open(2, meeting.now);
        meeting.run(1_000);
        assert_eq!((meeting.device.is_shut(2), meeting.talk.state(2)), (Some(false), LockState::Open));
        for faults in [
            Faults { silent: true, ..Faults::default() },
            Faults { wrong: true, ..Faults::default() },
            Faults { slow: Duration::from_secs(2), ..Faults::default() },
        ] {
            meeting.device.set_faults(faults);
            meeting.run(9_000);
            assert_eq!(meeting.talk.state(2), LockState::Unknown, "{faults:?}");
            meeting.device.set_faults(Faults::default());
            meeting.run(9_000);
            assert_eq!(meeting.talk.state(2), LockState::Open, "{faults:?}");
        }
        assert_eq!(meeting.count("silent"), 3);
    }
}
