//! 控制命令: what the lane wants of a relay, cut into single exchanges.
//! Promises: a pulse is sent once, and when its outcome is unknown it is told as unknown; a switch is read back before
//! it is written again; a direction is never driven before the opposite one was cleared and read as off; a barrier's close
//! never comes behind the raise that was ordered after it.
//! Absent: the line and its times (`session`).
//! Source: safety rules of the bus; a raise that timed out is not repeated by itself (contract, events).

use super::board::{Board, Coil, PulseStyle, State, flash, switch};
use super::exchange::{CLOSE_WAIT, COMMAND_WAIT};
use super::slave::{ATTEMPTS, Slave};
use super::wire::{Exception, Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use core::time::Duration;

/// How long a board that is busy is left alone.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Names a command in its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandId(pub u64);

/// What to do with an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// On for that long, then off. Never repeated by itself.
    Pulse {
        /// Which output.
        coil: Coil,
        /// Added to its relay, on a board that serves several lanes; 0 for the first.
        bank: u16,
        /// How long; boards that time it themselves round up to 100 ms.
        length: Duration,
    },
    /// On or off until told otherwise; read back and repeated until confirmed.
    Switch {
        /// Which output.
        coil: Coil,
        /// Added to its relay, on a board that serves several lanes; 0 for the first.
        bank: u16,
        /// On or off.
        state: State,
    },
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A pulse was sent and no valid answer came: the barrier may or may not move. It is not repeated.
    Unknown,
    /// A switch was not confirmed in three attempts.
    Unanswered,
    /// The board is offline or was not to be commanded in time; the output was not driven.
    Offline,
    /// It was withdrawn, or a raise took its place, before its pulse was sent; the output was not driven.
    Withdrawn,
    /// The board refused; nothing moved.
    Refused(Exception),
    /// No such board, output not wired, or a pulse that the board cannot make.
    NotPossible,
    /// Too many commands wait already.
    QueueFull,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Write { relay: u16, state: State },
    Check { relay: u16, state: State },
    Pulse { coil: Coil, bank: u16, relay: u16, length: Duration },
}

/// Who waits for the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The lane.
    Lane(CommandId),
    /// Nobody: it is the off-write that ends an on-off pulse.
    Release { relay: u16 },
    /// Such an off-write that has failed, which the lane knows.
    Stuck { relay: u16 },
}

/// A command on its way through its steps.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) owner: Owner,
    pub(super) slave: usize,
    pub(super) not_before: Tick,
    /// When the lane stops waiting for its next step.
    pub(super) expires: Tick,
    /// Nobody wants it any more.
    withdrawn: bool,
    tries: u8,
    steps: VecDeque<Step>,
}

/// What becomes of a command after one exchange.
#[derive(Debug)]
pub(super) enum Next {
    Step(Running),
    Done(Running),
    Failed(Running, Failure),
}

impl Running {
    pub(super) fn plan(id: CommandId, slave: usize, board: &Board, act: Act, now: Tick) -> Option<Self> {
        let step = match act {
            Act::Switch { coil, bank, state } => Step::Write { relay: board.relay_in(coil, bank)?, state },
            Act::Pulse { coil, bank, length } => {
                let relay = board.relay_in(coil, bank)?;
                flash(relay, length)?;
                Step::Pulse { coil, bank, relay, length }
            }
        };
        let mut command = Self::new(Owner::Lane(id), slave, step);
        command.expires = now + if command.closes().is_some() { CLOSE_WAIT } else { COMMAND_WAIT };
        Some(command)
    }

    fn new(owner: Owner, slave: usize, step: Step) -> Self {
        Self {
            owner,
            slave,
            not_before: Tick::default(),
            expires: Tick::default(),
            withdrawn: false,
            tries: 0,
            steps: VecDeque::from([step]),
        }
    }

    /// The off-write that ends an on-off pulse, due at `not_before`.
    fn release(slave: usize, relay: u16, not_before: Tick) -> Self {
        let step = Step::Write { relay, state: State::Off };
        Self { not_before, ..Self::new(Owner::Release { relay }, slave, step) }
    }

    /// Nobody wants it any more: it is over before its next step.
    pub(super) fn withdraw(&mut self, now: Tick) {
        (self.withdrawn, self.expires) = (true, now);
    }

    /// Why it failed when its next step never ran: a pulse was not sent, a switch may have been.
    pub(super) fn abandoned(&self) -> Failure {
        match self.tries {
            _ if self.withdrawn => Failure::Withdrawn,
            0 => Failure::Offline,
            _ => Failure::Unanswered,
        }
    }

    /// The bank whose barrier it ends by closing, whatever it does before.
    pub(super) fn closes(&self) -> Option<u16> {
        match self.steps.back() {
            Some(Step::Pulse { coil: Coil::BarrierClose, bank, .. }) => Some(*bank),
            Some(Step::Pulse { .. } | Step::Write { .. } | Step::Check { .. }) | None => None,
        }
    }

    /// Whether it opens the barrier that the other, ordered before it, would close.
    pub(super) fn supersedes(&self, other: &Self) -> bool {
        let Some(Step::Pulse { coil: Coil::BarrierOpen, bank, .. }) = self.steps.back() else { return false };
        other.slave == self.slave && other.closes() == Some(*bank)
    }

    /// Whether its next step is the pulse that opens a barrier.
    pub(super) fn raises(&self) -> bool {
        matches!(self.steps.front(), Some(Step::Pulse { coil: Coil::BarrierOpen, .. }))
    }

    /// Whether its next step is a pulse.
    pub(super) fn pulses(&self) -> bool {
        matches!(self.steps.front(), Some(Step::Pulse { .. }))
    }

    /// Whether it frees that relay.
    pub(super) fn frees(&self, slave: usize, relay: u16) -> bool {
        let (Owner::Release { relay: freed } | Owner::Stuck { relay: freed }) = self.owner else {
            return false;
        };
        self.slave == slave && freed == relay
    }

    /// The relay of a release whose failure is still to be told; from then on it counts as told.
    pub(super) fn untold(&mut self) -> Option<u16> {
        let Owner::Release { relay } = self.owner else { return None };
        self.owner = Owner::Stuck { relay };
        Some(relay)
    }

    /// Starts a release afresh after it failed.
    pub(super) fn again(mut self, relay: u16, not_before: Tick) -> Self {
        self.steps = VecDeque::from([Step::Write { relay, state: State::Off }]);
        (self.tries, self.not_before) = (0, not_before);
        self
    }

    /// The request of the next step, and the release that an on-off pulse will need. Clears the opposite direction first.
    pub(super) fn request(&mut self, slave: &mut Slave, now: Tick) -> Option<(Request, Option<Self>)> {
        if let Some(Step::Pulse { coil, bank, .. }) = self.steps.front()
            && let Some(opposite) = slave.opposite_driven(*coil, *bank, now)
        {
            self.steps.push_front(Step::Check { relay: opposite, state: State::Off });
            self.steps.push_front(Step::Write { relay: opposite, state: State::Off });
        }
        match *self.steps.front()? {
            Step::Write { relay, state } => Some((switch(relay, state), None)),
            Step::Check { .. } => {
                Some((Request::ReadCoils { start: 0, count: slave.config.board.coils }, None))
            }
            Step::Pulse { relay, length, .. } => {
                slave.pulsed(relay, now, length);
                match slave.config.board.pulse {
                    PulseStyle::Timed => Some((flash(relay, length)?, None)),
                    PulseStyle::OnOff => {
                        let release = Self::release(self.slave, relay, now + length);
                        Some((switch(relay, State::On), Some(release)))
                    }
                }
            }
        }
    }

    /// The board answered the step.
    pub(super) fn answered(mut self, response: &Response, slave: &mut Slave, now: Tick) -> Next {
        let Some(step) = self.steps.front().copied() else { return Next::Done(self) };
        match (step, response) {
            (
                Step::Write { .. } | Step::Check { .. },
                Response::Exception(Exception::ACKNOWLEDGE | Exception::BUSY),
            ) => {
                slave.quarantine = slave.quarantine.max(now + BUSY_PAUSE);
                return self.missed(slave);
            }
            (_, Response::Exception(exception)) => return Next::Failed(self, Failure::Refused(*exception)),
            (Step::Check { relay, state }, Response::Bits(bits)) => {
                slave.relays = Some(bits.low());
                self.steps.pop_front();
                if (bits.get(relay) == Some(true)) == (state == State::On) {
                    slave.switched(relay, state);
                    if self.steps.front() == Some(&Step::Write { relay, state }) {
                        self.steps.pop_front();
                    }
                } else if !matches!(self.steps.front(), Some(Step::Write { .. })) {
                    // The opposite direction is still driven although its off-write was confirmed.
                    self.steps.push_front(Step::Write { relay, state });
                    return self.missed(slave);
                }
            }
            (Step::Write { relay, state }, _) => {
                slave.switched(relay, state);
                self.steps.pop_front();
            }
            (Step::Pulse { relay, .. }, _) => {
                if slave.config.board.pulse == PulseStyle::OnOff {
                    slave.switched(relay, State::On);
                }
                self.steps.pop_front();
            }
            (Step::Check { .. }, Response::Words(_) | Response::Written) => return self.missed(slave),
        }
        if self.steps.is_empty() { Next::Done(self) } else { Next::Step(self) }
    }

    /// No valid answer came, or the board asks for patience.
    pub(super) fn missed(mut self, slave: &Slave) -> Next {
        self.tries += 1;
        match self.steps.front().copied() {
            Some(Step::Pulse { .. }) => return Next::Failed(self, Failure::Unknown),
            _ if self.tries >= ATTEMPTS => return Next::Failed(self, Failure::Unanswered),
            // The write may have arrived: look before writing again.
            Some(Step::Write { relay, state }) if slave.config.board.coils > relay => {
                self.steps.push_front(Step::Check { relay, state });
            }
            Some(Step::Write { .. } | Step::Check { .. }) | None => {}
        }
        Next::Step(self)
    }
}
