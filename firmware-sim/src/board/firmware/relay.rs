//! Relay and input boards, with the far ends of their pins.

use super::{Firmware, Told};
use crate::board::wire::{Levels, Pin, Wire};
use crate::device::relay::{Carrier, Profile, RelayBoard};
use crate::scenario::device::{RelayDevice, RelayProfile};
use protocols::tick::Tick;
use serde_json::{Value, json};

/// A relay board and the far ends of its pins.
#[derive(Debug)]
pub(super) struct Relay {
    board: RelayBoard<Wire, Pin, Pin>,
    /// What the relays do.
    outputs: Levels,
    /// What the inputs see.
    inputs: Levels,
    /// How many outputs and inputs there are.
    size: (u8, u8),
}

/// A board that has just been powered; at most 32 outputs and 32 inputs.
pub(super) fn new(device: &RelayDevice, carrier: Carrier) -> Relay {
    let profile = match device.profile {
        RelayProfile::Vendor => Profile::Vendor,
        RelayProfile::Strict => Profile::Strict,
    };
    let (outputs, inputs) = (Levels::default(), Levels::default());
    let size = (device.coils.min(32), device.inputs.min(32));
    let pins = (outputs.pins(size.0), inputs.pins(size.1));
    let board = RelayBoard::new(Wire::default(), carrier, device.unit, profile, pins.0, pins.1);
    Relay { board, outputs, inputs, size }
}

impl Firmware for Relay {
    fn kind(&self) -> &'static str {
        "relay"
    }

    fn wire(&mut self) -> &mut Wire {
        self.board.port_mut()
    }

    fn poll(&mut self, now: Tick) -> Option<Told> {
        let before = self.outputs.all();
        // The host's ports and pins cannot fail.
        let served = self.board.poll(now).ok().flatten();
        let after = self.outputs.all();
        (served.is_some() || before != after).then_some(Told::Outputs { served, before, after })
    }

    fn wake(&self) -> Option<Tick> {
        self.board.wake()
    }

    fn reboot(&mut self, _now: Tick) -> Option<Told> {
        self.wire().clear();
        let before = self.outputs.all();
        let _ = self.board.reboot();
        let after = self.outputs.all();
        (before != after).then_some(Told::Outputs { served: None, before, after })
    }

    fn state(&self, _now: Tick) -> Value {
        let coils: Vec<bool> = (0..self.size.0).map(|coil| self.outputs.get(coil)).collect();
        let inputs: Vec<bool> = (0..self.size.1).map(|input| self.inputs.get(input)).collect();
        json!({ "coils": coils, "inputs": inputs })
    }

    fn connected(&mut self) {
        self.wire().clear();
        self.board.connected();
    }

    fn hangs_up(&self) -> bool {
        self.board.hangs_up()
    }

    fn set_input(&self, input: u8, high: bool) -> bool {
        let known = input < self.size.1;
        if known {
            self.inputs.set(input, high);
        }
        known
    }
}
