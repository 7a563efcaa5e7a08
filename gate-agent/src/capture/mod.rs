//! 采录: what a gate's devices said, byte for byte with its times, so that a visit can be decided again from there (`reenact`).
//! Promises: whoever says something here never waits: what finds no room is dropped and counted, and the capture says when; the files are a
//! ring that never takes more than it may; nothing is synced to the disk on anybody's behalf; switched off, a word costs one branch.
//! Beside bytes it has what else moved a driver: that its line opened or went, that it was woken, that an order was taken. By those a session
//! that is told the time does again what it did.
//! Absent on purpose: what the agent sends, since that follows, and may hold keys of cards; what bytes mean (`protocols`).
//! Source: design promise "same answer for the same evidence"; docs/decisions 0091.

mod form;
mod ring;
mod tap;
#[cfg(test)]
mod tests;

pub use form::{Header, Malformed, Piece, Segment};
pub use ring::{Ring, Writing, files};
pub use tap::Tap;

use protocols::tick::Tick;

/// What happened to a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// From here on the number stands for the device of this name; of a bus, for its first board.
    Named(Box<str>),
    /// Its line is open, or its broker has taken the connection.
    Opened,
    /// Bytes came.
    Said(Box<[u8]>),
    /// A message came over the broker.
    Heard {
        /// The broker had kept it.
        retained: bool,
        /// Where it was published.
        topic: Box<str>,
        /// What.
        payload: Box<[u8]>,
    },
    /// The line is gone, or cannot be opened.
    Lost(Box<str>),
    /// A time came that the driver had waited for.
    Woke,
    /// It took an order of a lane.
    Ordered(Asked),
    /// What the centre's administrators have set, as JSON; of the whole gate.
    Policy(Box<str>),
    /// 断档: so many words were dropped, the first and the last of them then.
    Gap {
        /// How many; 0 where a line of the file cannot be read.
        count: u64,
        /// First.
        from: Tick,
        /// Last.
        to: Tick,
    },
}

/// An order as a driver takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub what: Ask,
    /// For which of the driver's lanes, from 0.
    pub lane: usize,
    /// By which name the device is to answer it, where it goes by one.
    pub id: Option<Box<str>>,
}

/// What a lane orders of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Open.
    Raise,
    /// Close.
    Lower,
    /// Red light.
    Red,
    /// Green light.
    Green,
    /// An order may follow at once.
    Reserve,
}
