//! Either kind of firmware behind one value, on the port and the pins of this host.
//! Promises: each change of an output is told on its own, with the frame that caused it.

use super::wire::{Levels, Pin, Wire};
use crate::device::relay::{Carrier, Profile, RelayBoard, Served};
use crate::device::uhf::{Settings, Timing, UhfReader};
use protocols::tick::Tick;
use protocols::uhf::tag::TagRead;

/// 固件: what runs on one device.
#[derive(Debug)]
pub enum Firmware {
    /// A UHF reader.
    Uhf(Box<UhfReader<Wire>>),
    /// A relay and input board.
    Relay(Box<Relay>),
}

/// A relay board and the far ends of its pins.
#[derive(Debug)]
pub struct Relay {
    board: RelayBoard<Wire, Pin, Pin>,
    /// What the relays do.
    pub outputs: Levels,
    /// What the inputs see.
    pub inputs: Levels,
    /// How many outputs and inputs there are.
    pub size: (u8, u8),
}

/// One thing that a device did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A board served a frame, or a pulse ended; all outputs before and after.
    Outputs {
        /// The frame, unless a pulse ended by itself.
        served: Option<Served>,
        /// Levels before.
        before: u32,
        /// Levels after.
        after: u32,
    },
    /// A reader told a tag for the first time since it entered.
    Report(TagRead),
}

impl Firmware {
    /// A reader that has just been powered.
    #[must_use]
    pub fn uhf(settings: Settings, timing: Timing) -> Self {
        Self::Uhf(Box::new(UhfReader::new(Wire::default(), settings, timing)))
    }

    /// A board that has just been powered; at most 32 outputs and 32 inputs.
    #[must_use]
    pub fn relay(carrier: Carrier, unit: u8, profile: Profile, coils: u8, inputs: u8) -> Self {
        let (out, into) = (Levels::default(), Levels::default());
        let size = (coils.min(32), inputs.min(32));
        let (outputs, pins) = (out.pins(size.0), into.pins(size.1));
        let board = RelayBoard::new(Wire::default(), carrier, unit, profile, outputs, pins);
        Self::Relay(Box::new(Relay { board, outputs: out, inputs: into, size }))
    }

    /// The port of the device.
    pub fn wire(&mut self) -> &mut Wire {
        match self {
            Self::Uhf(reader) => reader.port_mut(),
            Self::Relay(relay) => relay.board.port_mut(),
        }
    }

    /// A gate has opened a connection of its own: what is on its way from and to another one is gone.
    pub fn connected(&mut self) {
        self.wire().clear();
        if let Self::Relay(relay) = self {
            relay.board.connected();
        }
    }

    /// Whether the device wants its connection closed.
    #[must_use]
    pub fn hangs_up(&self) -> bool {
        match self {
            Self::Uhf(_) => false,
            Self::Relay(relay) => relay.board.hangs_up(),
        }
    }

    /// Does what is due; call until `None`.
    pub fn poll(&mut self, now: Tick) -> Option<Told> {
        match self {
            Self::Uhf(reader) => {
                let Ok(()) = reader.poll(now);
                reader.next_fresh().map(Told::Report)
            }
            Self::Relay(relay) => {
                let before = relay.outputs.all();
                // The host's ports and pins cannot fail.
                let served = relay.board.poll(now).ok().flatten();
                let after = relay.outputs.all();
                (served.is_some() || before != after).then_some(Told::Outputs { served, before, after })
            }
        }
    }

    /// When it has something to do next, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        match self {
            Self::Uhf(reader) => reader.wake(),
            Self::Relay(relay) => relay.board.wake(),
        }
    }

    /// Power was away for a moment; what the outputs did is told.
    pub fn reboot(&mut self) -> Option<Told> {
        self.wire().clear();
        match self {
            Self::Uhf(reader) => {
                reader.reboot();
                None
            }
            Self::Relay(relay) => {
                let before = relay.outputs.all();
                let _ = relay.board.reboot();
                let after = relay.outputs.all();
                (before != after).then_some(Told::Outputs { served: None, before, after })
            }
        }
    }
}
