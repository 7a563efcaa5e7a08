//! What lanes order of the bus, and when a raise is over.
//! Promises: an order that cannot be carried out now is answered now; a pulse that has not gone out in time never does, and
//! one that closes does so only onto space known to be free.
//! A debug build with `PULSE_FIRST` breaks design promise 1 on purpose, to prove the test that watches it (`fail_point`).

use std::time::Duration;

use protocols::{
    contract::RaiseOutcome,
    relay::{
        board::{Coil, State},
        command::{Act, CommandId},
        exchange::{Input, RESERVE_MAX},
    },
};
use tracing::debug;

use super::{BusDriver, Purpose};
use crate::{
    drivers::{
        barrier::{BarrierFault, Order},
        raise::Raise,
    },
    fail_point::mutation,
    lane::Light,
};

/// The mutation that pulses every lane of a bus when a raise is announced, and not when it is recorded.
const PULSE_FIRST: &str = "KAKOU_PULSE_FIRST";

impl BusDriver {
    pub(super) fn order(&mut self, order: Order) {
        match order {
            Order::Raise { lane, proof, answer } => {
                let now = self.clock.tick();
                let id = self.new_id();
                let Some(state) = self.lanes.get_mut(lane) else { return };
                if state.raise.is_some() || self.session.is_none() {
                    // Nothing was sent, and nothing will be.
                    Raise::new(id, proof, answer, now, Duration::ZERO).finish(RaiseOutcome::TimedOut);
                    return;
                }
                let travel = state.wiring.arm_travel;
                let mut raise = Raise::new(id, proof, answer, now, travel);
                if mutation(PULSE_FIRST) {
                    raise.write(now);
                    state.raise = Some(raise);
                    return;
                }
                state.raise = Some(raise);
                self.pulse_open(id, lane, Purpose::Raise(lane));
            }
            Order::Lower { lane, answer } => match self.may_lower(lane) {
                Err(fault) => drop(answer.send(Err(fault))),
                Ok(()) => {
                    let (id, length) = (self.new_id(), self.pulse_length(lane));
                    self.command(id, lane, Purpose::Lower(lane, answer), |bank| Act::Pulse {
                        coil: Coil::BarrierClose,
                        bank,
                        length,
                    });
                }
            },
            Order::Light { lane, light } => {
                if let Some(state) = self.lanes.get_mut(lane) {
                    state.light = Some(light);
                }
                self.light(lane);
            }
            Order::Reserve => {
                let until = self.clock.tick() + RESERVE_MAX;
                self.feed(Input::Reserve { until });
                if mutation(PULSE_FIRST) {
                    for lane in 0..self.lanes.len() {
                        let id = self.new_id();
                        self.pulse_open(id, lane, Purpose::Quiet("a pulse before its record"));
                    }
                }
            }
        }
    }

    pub(super) fn pulse_open(&mut self, id: CommandId, lane: usize, purpose: Purpose) {
        let length = self.pulse_length(lane);
        self.command(id, lane, purpose, |bank| Act::Pulse { coil: Coil::BarrierOpen, bank, length });
    }

    /// Takes back what waits to close onto a space that is not known to be free any more; what is out already stays out. A lane
    /// whose arm does not come down orders it again.
    pub(super) fn withdraw_closes(&mut self) {
        let is_clear = |lane: usize| {
            let state = self.lanes.get(lane);
            let board = state.and_then(|state| self.boards.get(state.board));
            state.zip(board).is_some_and(|(state, board)| state.sensors.clear_below(&board.board))
        };
        let closes = self.purposes.iter().filter_map(|(id, purpose)| match purpose {
            Purpose::Lower(lane, _) if !is_clear(*lane) => Some(CommandId(*id)),
            Purpose::Lower(..) | Purpose::Raise(_) | Purpose::Quiet(_) => None,
        });
        let closes: Vec<CommandId> = closes.collect();
        if !closes.is_empty() {
            self.feed(Input::Withdraw(&closes));
        }
    }

    pub(super) fn may_lower(&self, lane: usize) -> Result<(), BarrierFault> {
        let state = self.lanes.get(lane).ok_or(BarrierFault::Refused)?;
        let board = self.boards.get(state.board).ok_or(BarrierFault::Refused)?;
        if self.session.is_none() {
            Err(BarrierFault::Offline)
        } else if state.raise.is_some() {
            Err(BarrierFault::Raising)
        } else if state.sensors.clear_below(&board.board) {
            Ok(())
        } else {
            Err(BarrierFault::Obstructed)
        }
    }

    /// Sets the light that the lane wants: the other colour off first. A colour that is not wired is left out.
    pub(super) fn light(&mut self, lane: usize) {
        let wanted = self.lanes.get(lane).and_then(|state| state.light);
        let board = self.lanes.get(lane).and_then(|state| self.boards.get(state.board));
        let (Some(wanted), Some(board)) = (wanted, board) else { return };
        let wired = [Coil::Red, Coil::Green].into_iter().filter(|coil| board.board.relay(*coil).is_some());
        let wired: Vec<Coil> = wired.collect();
        let (on, off) = match wanted {
            Light::Red => (Coil::Red, Coil::Green),
            Light::Green => (Coil::Green, Coil::Red),
        };
        for (coil, state) in [(off, State::Off), (on, State::On)] {
            if wired.contains(&coil) {
                let id = self.new_id();
                self.command(id, lane, Purpose::Quiet("the light"), |bank| Act::Switch { coil, bank, state });
            }
        }
    }

    pub(super) fn new_id(&mut self) -> CommandId {
        self.last_id += 1;
        CommandId(self.last_id)
    }

    fn pulse_length(&self, lane: usize) -> Duration {
        let board = self.lanes.get(lane).and_then(|state| self.boards.get(state.board));
        board.map_or(Duration::ZERO, |board| board.config.pulse_length)
    }

    pub(super) fn command(
        &mut self,
        id: CommandId,
        lane: usize,
        purpose: Purpose,
        act: impl FnOnce(u16) -> Act,
    ) {
        let Some(state) = self.lanes.get(lane) else { return };
        let Some(board) = self.boards.get(state.board) else { return };
        let (unit, act) = (board.board.unit, act(state.wiring.coil_offset));
        self.purposes.insert(id.0, purpose);
        self.feed(Input::Command { id, unit, act });
    }

    /// Ends raises whose time is over. A pulse that has not gone out by then must not go out later: the session is
    /// given up with all it has queued.
    pub(super) fn overdue(&mut self) {
        let now = self.clock.tick();
        for lane in 0..self.lanes.len() {
            let Some(raise) = self.lanes.get(lane).and_then(|state| state.raise.as_ref()) else { continue };
            if now < raise.deadline {
                continue;
            }
            let unsent = raise.waits();
            self.finish(lane, RaiseOutcome::TimedOut);
            if unsent && self.session.is_some() {
                self.line.lost("a command waited too long");
                self.port_lost("its bus was too busy to carry a command");
            }
        }
    }

    pub(super) fn finish(&mut self, lane: usize, outcome: RaiseOutcome) {
        let Some(raise) = self.lanes.get_mut(lane).and_then(|state| state.raise.take()) else { return };
        self.purposes.remove(&raise.id.0);
        debug!(record = raise.record(), "raise ends as {outcome:?}");
        raise.finish(outcome);
    }
}
