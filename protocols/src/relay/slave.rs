//! 从站状态: what the master knows of one board, and when it may be asked again.
//! Promises: inputs are unknown one second after the last answer, and too old to close a barrier long before; a board that
//! does not answer is asked ever more seldom.
//! Absent: the line itself and commands (`session`).
//! Source: safety rules of the bus: after a gap of one second all inputs are unknown and the outputs are read first.

use super::board::{Board, Coil, State};
use super::wire::Request;
use crate::tick::Tick;
use alloc::vec::Vec;
use core::time::Duration;

/// Age at which inputs become unknown.
pub const INPUTS_EXPIRE: Duration = Duration::from_secs(1);
/// Age up to which a sample of the inputs lets a barrier close. Younger than it takes to find one poll lost: an older one
/// means that the bus has failed since, and that a vehicle may have come under the arm meanwhile.
pub const CLOSE_FRESH: Duration = Duration::from_millis(300);
/// From a sample to the close that it allows. Whoever drives the session hears the sample before anything is sent behind it,
/// and withdraws the close if something stands there.
const HEED: Duration = Duration::from_millis(5);
/// First and longest pause between two attempts at an offline board.
pub const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Attempts at a read or a write before the board is offline.
pub const ATTEMPTS: u8 = 3;
/// How long after a pulse the opposite direction still counts as driven.
const PULSE_MARGIN: Duration = Duration::from_secs(1);

/// How one board is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaveConfig {
    /// Channels and wiring.
    pub board: Board,
    /// Longest wait for an answer; some devices need more than 500 ms. Default 300 ms.
    pub response_timeout: Duration,
    /// Pause between two polls of the inputs. Default 100 ms.
    pub poll_every: Duration,
}

impl SlaveConfig {
    /// With the default times.
    #[must_use]
    pub const fn new(board: Board) -> Self {
        Self { board, response_timeout: Duration::from_millis(300), poll_every: Duration::from_millis(100) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Starting,
    Online,
    Offline { pause: Duration },
}

#[derive(Debug)]
pub(super) struct Slave {
    pub(super) config: SlaveConfig,
    pub(super) link: Link,
    /// When the inputs were last sampled, while they are known.
    pub(super) sampled: Option<Tick>,
    /// When a poll was last answered, and told.
    pub(super) told: Tick,
    /// The relays as last read or written; `None` after a gap, until FC 01 tells them.
    pub(super) relays: Option<u32>,
    pub(super) next_poll: Tick,
    /// A late answer may come until then: nothing is asked of this board before.
    pub(super) quarantine: Tick,
    failures: u8,
    /// Barrier pulses that may still last: the relay of each, and until when.
    moving: Vec<(u16, Tick)>,
}

impl Slave {
    pub(super) fn new(config: SlaveConfig) -> Self {
        Self {
            config,
            link: Link::Starting,
            sampled: None,
            told: Tick::default(),
            relays: None,
            next_poll: Tick::default(),
            quarantine: Tick::default(),
            failures: 0,
            moving: Vec::new(),
        }
    }

    pub(super) fn unit(&self) -> u8 {
        self.config.board.unit
    }

    /// What to ask next when nothing is commanded: the relays first after a gap, then the inputs.
    pub(super) fn question(&self) -> Request {
        let Board { coils, inputs, .. } = self.config.board;
        if (self.relays.is_none() && coils > 0) || inputs == 0 {
            Request::ReadCoils { start: 0, count: coils }
        } else {
            Request::ReadInputs { start: 0, count: inputs }
        }
    }

    pub(super) fn poll_due(&self) -> Tick {
        self.next_poll.max(self.quarantine)
    }

    /// Whether the board may be commanded: online, and its relays known since the last gap.
    pub(super) fn ready(&self) -> bool {
        self.link == Link::Online && self.relays.is_some()
    }

    pub(super) fn inputs_expire(&self) -> Option<Tick> {
        self.sampled.map(|at| at + INPUTS_EXPIRE)
    }

    /// From when on a barrier of it may be closed; `None` while the inputs are too old for that, until a poll has gone first.
    /// A board that takes longer to answer is allowed that much. One without inputs has nothing to wait for.
    pub(super) fn closes_from(&self, now: Tick) -> Option<Tick> {
        if self.config.board.inputs == 0 {
            return Some(Tick::default());
        }
        let limit = CLOSE_FRESH.max(self.config.response_timeout);
        self.sampled.filter(|at| now.since(*at) <= limit).map(|_| self.told + HEED)
    }

    pub(super) fn answered(&mut self) {
        self.failures = 0;
    }

    /// Counts a failed attempt and says whether the board is to be offline.
    pub(super) fn failed(&mut self, now: Tick) -> bool {
        self.failures += 1;
        self.next_poll = now;
        self.failures >= ATTEMPTS || self.link != Link::Online
    }

    pub(super) fn go_offline(&mut self, now: Tick) {
        let pause = match self.link {
            Link::Offline { pause } => (pause * 2).min(BACK_OFF.1),
            Link::Starting | Link::Online => BACK_OFF.0,
        };
        self.link = Link::Offline { pause };
        self.failures = 0;
        self.relays = None;
        self.next_poll = now + pause;
    }

    pub(super) fn pulsed(&mut self, relay: u16, now: Tick, length: Duration) {
        self.moving.retain(|(moving, until)| *moving != relay && now < *until);
        self.moving.push((relay, now + length + PULSE_MARGIN));
    }

    /// A relay was read or written; one that is off ends its pulse too.
    pub(super) fn switched(&mut self, relay: u16, state: State) {
        let mask = 1_u32.checked_shl(u32::from(relay)).unwrap_or(0);
        self.relays = self.relays.map(|bits| match state {
            State::On => bits | mask,
            State::Off => bits & !mask,
        });
        if state == State::Off {
            self.moving.retain(|(moving, _)| *moving != relay);
        }
    }

    /// The relay of the opposite direction, when it may still be driven.
    pub(super) fn opposite_driven(&self, coil: Coil, bank: u16, now: Tick) -> Option<u16> {
        let opposite = coil.opposite()?;
        let relay = self.config.board.relay_in(opposite, bank)?;
        let pulsing = self.moving.iter().any(|(moving, until)| *moving == relay && now < *until);
        let energised =
            self.relays.and_then(|bits| bits.checked_shr(u32::from(relay))).is_none_or(|bits| bits & 1 == 1);
        (pulsing || energised).then_some(relay)
    }
}
