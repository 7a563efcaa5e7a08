//! What the session tells: samples, boards that come and go, outcomes of commands.
//! Promises: a sample goes to all lanes of its board, and stops the closes that it speaks against before anything else is done;
//! a barrier relay found energised by nobody is released.

use protocols::{
    relay::{
        board::{Coil, State},
        command::{Act, CommandId, Failure},
        exchange::RelayEvent,
    },
    tick::Tick,
};
use tracing::{error, info, warn};

use super::{BusDriver, LaneState, Purpose};
use crate::drivers::barrier::BarrierFault;

impl BusDriver {
    pub(super) fn heard(&mut self, event: RelayEvent) {
        match event {
            RelayEvent::Inputs { unit, bits, at } => self.sampled(unit, bits, at),
            RelayEvent::InputsUnknown { unit } => self.unknown(unit),
            RelayEvent::Online { unit, relays } => {
                if let Some(board) = self.board_mut(unit) {
                    info!(device.name = %board.name, "board {} answers", board.name);
                    board.online("answers");
                }
                self.release_found(unit, relays);
                for lane in 0..self.lanes.len() {
                    let on_it = |state: &LaneState| {
                        self.boards.get(state.board).is_some_and(|board| board.board.unit == unit)
                    };
                    if self.lanes.get(lane).is_some_and(on_it) {
                        self.light(lane);
                    }
                }
            }
            RelayEvent::Offline { unit } => {
                self.unknown(unit);
                if let Some(board) = self.board_mut(unit) {
                    board.offline("does not answer");
                }
            }
            RelayEvent::Refused { unit, function, exception } => {
                self.unknown(unit);
                if let Some(board) = self.board_mut(unit) {
                    board.refused(format!("refuses function {function:#04x} with {exception:?}"));
                }
            }
            RelayEvent::CommandDone { id } => self.command_ended(id, Ok(())),
            RelayEvent::CommandFailed { id, why } => self.command_ended(id, Err(why)),
            RelayEvent::StuckOn { unit, relay } => {
                if let Some(board) = self.board_mut(unit) {
                    error!(device.name = %board.name, relay, "relay {relay} of {} may be energised", board.name);
                    board.stuck_on(relay);
                }
            }
            RelayEvent::Released { unit, relay } => {
                if let Some(board) = self.board_mut(unit) {
                    board.released(relay);
                }
            }
        }
    }

    fn sampled(&mut self, unit: u8, bits: u32, at: Tick) {
        let mut raised = Vec::new();
        for (place, state) in self.lanes.iter_mut().enumerate() {
            let Some(board) = self.boards.get(state.board).filter(|board| board.board.unit == unit) else {
                continue;
            };
            let bits = bits.checked_shr(u32::from(state.wiring.input_offset)).unwrap_or(0);
            state.sensors.sample(&board.board, bits, at);
            let outcome = state.raise.as_ref().and_then(|raise| raise.seen(state.sensors.arm(), at));
            raised.extend(outcome.map(|outcome| (place, outcome)));
        }
        self.withdraw_closes();
        if let Some(board) = self.board_mut(unit) {
            board.sampled();
        }
        for (lane, outcome) in raised {
            self.finish(lane, outcome);
        }
    }

    pub(super) fn unknown(&mut self, unit: u8) {
        for state in &mut self.lanes {
            if self.boards.get(state.board).is_some_and(|board| board.board.unit == unit) {
                state.sensors.unknown();
            }
        }
        self.withdraw_closes();
    }

    /// A barrier relay that is on although nobody drives it was left so by a crash or a cable: it is released.
    fn release_found(&mut self, unit: u8, relays: u32) {
        for lane in 0..self.lanes.len() {
            for coil in [Coil::BarrierOpen, Coil::BarrierClose] {
                let Some(state) = self.lanes.get(lane) else { continue };
                let Some(board) = self.boards.get(state.board).filter(|board| board.board.unit == unit)
                else {
                    continue;
                };
                let Some(relay) = board.board.relay_in(coil, state.wiring.coil_offset) else { continue };
                if relays.checked_shr(u32::from(relay)).unwrap_or(0) & 1 == 1 {
                    warn!(device.name = %board.name, relay, "relay {relay} of {} was left energised", board.name);
                    let id = self.new_id();
                    self.command(id, lane, Purpose::Quiet("a relay left energised"), |bank| Act::Switch {
                        coil,
                        bank,
                        state: State::Off,
                    });
                }
            }
        }
    }

    fn command_ended(&mut self, id: CommandId, outcome: Result<(), Failure>) {
        match (self.purposes.remove(&id.0), outcome) {
            (Some(Purpose::Raise(lane)), Err(why)) => {
                warn!("the pulse that opens was not confirmed: {why:?}");
                let raise = self.lanes.get(lane).and_then(|state| state.raise.as_ref());
                if let Some(outcome) = raise.and_then(|raise| raise.failed(why)) {
                    self.finish(lane, outcome);
                }
            }
            (Some(Purpose::Lower(_, answer)), Ok(())) => drop(answer.send(Ok(()))),
            (Some(Purpose::Lower(lane, answer)), Err(Failure::Withdrawn)) => {
                // What stands against it now is why.
                let why = self.may_lower(lane).err().unwrap_or(BarrierFault::Obstructed);
                let _ = answer.send(Err(why));
            }
            (Some(Purpose::Lower(_, answer)), Err(why)) => drop(answer.send(Err(fault(why)))),
            (Some(Purpose::Quiet(what)), Err(why)) => warn!("{what} was not switched: {why:?}"),
            // An echo is no proof that the arm moved: the open limit is awaited.
            (Some(Purpose::Raise(_) | Purpose::Quiet(_)), Ok(())) | (None, _) => {}
        }
    }
}

const fn fault(why: Failure) -> BarrierFault {
    match why {
        Failure::Offline | Failure::QueueFull => BarrierFault::Offline,
        Failure::Withdrawn => BarrierFault::Obstructed,
        Failure::Refused(_) | Failure::NotPossible => BarrierFault::Refused,
        Failure::Unknown | Failure::Unanswered => BarrierFault::Unconfirmed,
    }
}
