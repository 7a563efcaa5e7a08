//! 线路: one request out at a time, and what became of it, on a serial line or on a TCP connection.
//! Promises: a request ends in one verdict; what tells an old answer from the right one (silence there, numbers here) is
//! known to nobody else.
//! Absent: which request is next, retries, boards (`session`).

mod serial;
mod tcp;

pub(super) use serial::SerialLine;
pub(super) use tcp::TcpLine;

use super::exchange::{Counters, Output};
use super::wire::{Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The board answered.
    Answer(Response),
    /// It did not, or not with an answer. Until then one may come that would be taken for that to the next request.
    Missed {
        late_until: Tick,
        /// Nothing came at all.
        silent: bool,
    },
    /// What comes on this connection is no Modbus.
    Broken,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) unit: u8,
    pub(super) request: Request,
    pub(super) sent: Tick,
    /// Longest wait for the answer.
    pub(super) due: Tick,
}

#[derive(Debug)]
pub(super) enum Line {
    Serial(SerialLine),
    Tcp(TcpLine),
}

impl Line {
    /// Sends a request; only when the line is free.
    pub(super) fn ask(&mut self, asked: Asked, outputs: &mut VecDeque<Output>) {
        match self {
            Self::Serial(line) => line.ask(asked, outputs),
            Self::Tcp(line) => outputs.push_back(Output::Send(line.ask(asked))),
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8], now: Tick, counters: &mut Counters) -> Option<Verdict> {
        match self {
            Self::Serial(line) => line.receive(bytes, now, counters),
            Self::Tcp(line) => line.receive(bytes, now, counters),
        }
    }

    /// What time alone has brought about.
    pub(super) fn expire(&mut self, now: Tick, counters: &mut Counters) -> Option<Verdict> {
        match self {
            Self::Serial(line) => line.expire(now, counters),
            Self::Tcp(line) => line.expire(now, counters),
        }
    }

    /// From when on a request may be sent; `None` while one is out.
    pub(super) fn free_from(&self) -> Option<Tick> {
        match self {
            Self::Serial(line) => line.free_from(),
            Self::Tcp(line) => line.free_from(),
        }
    }

    /// When `expire` has something to say, while a request is out.
    pub(super) fn wake(&self) -> Option<Tick> {
        match self {
            Self::Serial(line) => line.wake(),
            Self::Tcp(line) => line.wake(),
        }
    }

    /// Whether the line is a connection: it can be dead without telling so, and it keeps what it could not deliver for
    /// later.
    pub(super) const fn is_connection(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    /// No board is online: what was believed of an adapter may be the reason.
    pub(super) fn forget(&mut self) {
        if let Self::Serial(line) = self {
            line.forget_echo();
        }
    }
}
