//! 锁控板: lock boards on RS-485, five bytes each way.
//! Promises: a request or answer exists only for bytes whose XOR held; `encode` gives back the same bytes.
//! Direction is not marked: the answer "state 11" to an opening is the request itself, so the side is always said.
//! Absent: reading all locks at once; what a state means, which depends on the sensor (`session`).
//! Source: CSDN 147892413, "lock board protocol": 9600 8N1, boards 1 to 99, lock 0 for all.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The buffer of a decoder, bytes: two frames and more.
pub const BUFFER: usize = 16;
/// Every lock of a board.
pub const ALL: u8 = 0;

const OPEN: u8 = 0x8A;
const QUERY: u8 = 0x80;
/// What a host asks with `OPEN`.
const OPEN_IT: u8 = 0x11;
/// What a host asks with `QUERY`; never a state.
const TELL_IT: u8 = 0x33;
const FRAME: usize = 5;

/// Frames of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockWire;

/// Cuts a lock board's line into frames.
pub type LockDecoder = Decoder<LockWire, BUFFER>;

impl Framing for LockWire {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        match front {
            [OPEN | QUERY, ..] => {}
            _ => return Measure::NotAFrame,
        }
        match front.get(..FRAME) {
            None => Measure::NeedMore,
            Some(frame) if check::xor_8(frame) == 0 => Measure::Whole(FRAME),
            Some(_) => Measure::BadCheck(FRAME),
        }
    }
}

/// What a board is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Open the lock.
    Open,
    /// Tell its state.
    Query,
}

impl Act {
    const fn head(self) -> u8 {
        match self {
            Self::Open => OPEN,
            Self::Query => QUERY,
        }
    }

    fn of(head: u8) -> Option<Self> {
        [Self::Open, Self::Query].into_iter().find(|act| act.head() == head)
    }
}

/// 锁命令: what the host asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRequest {
    /// Board, 1 to 99.
    pub board: u8,
    /// Lock, or `ALL`.
    pub lock: u8,
    /// What to do.
    pub act: Act,
}

impl LockRequest {
    /// What one whole frame of the host asks, its XOR tested; `None` when its last byte is no request.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [head, board, lock, what] = checked(bytes)?;
        let act = Act::of(head)?;
        let wanted = match act {
            Act::Open => OPEN_IT,
            Act::Query => TELL_IT,
        };
        (what == wanted).then_some(Self { board, lock, act })
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let what = match self.act {
            Act::Open => OPEN_IT,
            Act::Query => TELL_IT,
        };
        sealed([self.act.head(), self.board, self.lock, what])
    }
}

/// 锁应答: what the board says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockAnswer {
    /// Board.
    pub board: u8,
    /// Lock.
    pub lock: u8,
    /// What was asked.
    pub act: Act,
    /// 00 or 11: whether the sensor's contact is closed; its meaning is the sensor's.
    pub state: u8,
}

impl LockAnswer {
    /// What one whole frame of a board says, its XOR tested.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [head, board, lock, state] = checked(bytes)?;
        Act::of(head).map(|act| Self { board, lock, act, state })
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        sealed([self.act.head(), self.board, self.lock, self.state])
    }
}

fn checked(bytes: &[u8]) -> Option<[u8; 4]> {
    let whole = LockWire.measure(bytes, Place::Boundary) == Measure::Whole(bytes.len());
    bytes.first_chunk().copied().filter(|_| whole)
}

fn sealed(body: [u8; 4]) -> Vec<u8> {
    [&body[..], &[check::xor_8(&body)]].concat()
}
