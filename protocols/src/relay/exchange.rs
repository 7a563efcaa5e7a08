//! 会话接口: what goes into and comes out of the master of a bus.
//! Promises: plain values; whoever drives a `Session` needs nothing else.
//! Absent: the machine itself (`session`).
//! Source: Modbus over serial line V1.02, 2.5.1.1, for the times of the line.

use super::command::{Act, CommandId, Failure};
use super::wire::{Exception, Mismatch};
use crate::tick::Tick;
use alloc::vec::Vec;
use core::time::Duration;

/// Commands that may wait; more are refused.
pub const QUEUE: usize = 32;
/// Longest wait of a command for its board; then it fails.
pub const COMMAND_WAIT: Duration = Duration::from_secs(2);
/// The same for a pulse that closes a barrier: no longer than inputs are believed at all, so that whoever ordered it looks
/// again.
pub const CLOSE_WAIT: Duration = Duration::from_secs(1);
/// Longest reservation: inputs would grow too old otherwise.
pub const RESERVE_MAX: Duration = Duration::from_millis(500);
/// Times of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Silence between a reply and the next request: t3.5, 5 ms at least.
    pub quiet: Duration,
    /// Silence that ends an incomplete reply: 2 x t3.5, 20 ms at least.
    pub inter_char: Duration,
}

impl Timing {
    /// For a rate in bit/s, with characters of 11 bits; above 19200 the times are fixed.
    #[must_use]
    pub fn at_baud(baud: u32) -> Self {
        let micros = if baud > 19_200 { 1_750 } else { 38_500_000 / u64::from(baud.max(1)) };
        let quiet = Duration::from_micros(micros);
        Self {
            quiet: quiet.max(Duration::from_millis(5)),
            inter_char: (quiet * 2).max(Duration::from_millis(20)),
        }
    }
}

/// What can wake the session.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes came.
    Bytes(&'a [u8]),
    /// The lane wants something of a board; the outcome names the id.
    Command {
        /// Returned with the outcome.
        id: CommandId,
        /// Board.
        unit: u8,
        /// What to do.
        act: Act,
    },
    /// These are not to be done any more. What has not reached its pulse fails as `Withdrawn`; a pulse that is out stays out.
    /// All at once, since each input may start what the next one would withdraw.
    Withdraw(&'a [CommandId]),
    /// Start no poll until then, so that a command expected soon finds the bus idle; `RESERVE_MAX` at most. The pulse that
    /// opens a barrier ends it.
    Reserve {
        /// When polling goes on. A past time ends a reservation.
        until: Tick,
    },
    /// The time of the last `Wait` has come.
    Deadline,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Discard everything received and not yet handed over; on serial lines only.
    Flush,
    /// Write these bytes.
    Send(Vec<u8>),
    /// Tell the lane.
    Event(RelayEvent),
    /// Close the connection, with all that it has not yet delivered, and open another, for a session of its own; on TCP
    /// only. This session does nothing any more.
    HangUp(HangUp),
    /// Nothing more; come again with bytes, a command, or at that time.
    Wait(Option<Tick>),
}

/// Why a connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HangUp {
    /// Its bytes are no Modbus TCP.
    #[error("what comes is no Modbus TCP")]
    Malformed,
    /// No board answers on it: it may be dead without knowing.
    #[error("nobody answers on the connection")]
    Silent,
    /// A pulse was not answered: delivered late, it would move a barrier long after its decision.
    #[error("a pulse was not answered, and must not arrive later")]
    Unanswered,
}

/// What the lane learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayEvent {
    /// The board answers; its relays were read.
    Online {
        /// Board.
        unit: u8,
        /// Relays as FC 01 told them.
        relays: u32,
    },
    /// The board does not answer; it is tried again after 1 to 30 s.
    Offline {
        /// Board.
        unit: u8,
    },
    /// The inputs, at each poll.
    Inputs {
        /// Board.
        unit: u8,
        /// Input n in bit n; see `Board::senses`.
        bits: u32,
        /// When they were asked for: they are no older.
        at: Tick,
    },
    /// Nothing is known of the inputs any more: safety loops count as occupied.
    InputsUnknown {
        /// Board.
        unit: u8,
    },
    /// The board refuses to be read: a wrong configuration, or a failure of its own.
    Refused {
        /// Board.
        unit: u8,
        /// Function asked for.
        function: u8,
        /// Its reason.
        exception: Exception,
    },
    /// The board carried the command out, as far as it can know: an echo does not prove that a barrier moved.
    CommandDone {
        /// Which command.
        id: CommandId,
    },
    /// The command was not carried out, or nobody knows.
    CommandFailed {
        /// Which command.
        id: CommandId,
        /// Why.
        why: Failure,
    },
    /// An on-off pulse could not be ended: the relay may still be energised. It is tried further.
    StuckOn {
        /// Board.
        unit: u8,
        /// Relay.
        relay: u16,
    },
    /// A relay told as stuck is off.
    Released {
        /// Board.
        unit: u8,
        /// Relay.
        relay: u16,
    },
}

/// What went over the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent.
    pub requests: u64,
    /// Valid answers, exceptions included.
    pub answers: u64,
    /// Exceptions among them.
    pub exceptions: u64,
    /// Requests without any answer.
    pub timeouts: u64,
    /// Answers that ended early.
    pub short: u64,
    /// Answers of another board.
    pub wrong_address: u64,
    /// Answers to another function.
    pub wrong_function: u64,
    /// Answers with another byte count, or echoing another write.
    pub wrong_count: u64,
    /// Answers with a bad CRC.
    pub bad_check: u64,
    /// Bytes that came when none were due.
    pub stray_bytes: u64,
    /// Own requests that the adapter echoed.
    pub echoes: u64,
    /// Answers to earlier requests, or to one that was answered already; on TCP.
    pub late: u64,
    /// Connections given up because their bytes were no Modbus TCP.
    pub malformed: u64,
}

impl Counters {
    /// Counts an answer that was none; `None` stands for silence.
    pub(super) fn missed(&mut self, mismatch: Option<Mismatch>) {
        let counter = match mismatch {
            None => &mut self.timeouts,
            Some(Mismatch::Address) => &mut self.wrong_address,
            Some(Mismatch::Function) => &mut self.wrong_function,
            Some(Mismatch::Count) => &mut self.wrong_count,
            Some(Mismatch::Check) => &mut self.bad_check,
            Some(Mismatch::Short) => &mut self.short,
        };
        *counter += 1;
    }
}
