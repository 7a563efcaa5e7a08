//! Readers of electronic seals.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::device::seal::SealReader;
use crate::device::terminal::Faults;
use crate::scenario::sign::Sign;
use protocols::tick::Tick;
use serde_json::{Value, json};

/// A reader that has just been powered, with an empty field.
pub(super) fn new(address: u16) -> SealReader<Wire> {
    SealReader::new(Wire::default(), address, Faults::default())
}

impl Firmware for SealReader<Wire> {
    fn kind(&self) -> &'static str {
        "seals"
    }

    fn wire(&mut self) -> &mut Wire {
        self.port_mut()
    }

    fn poll(&mut self, now: Tick) -> Option<Told> {
        // The host's port cannot fail.
        let Ok(()) = Self::poll(self, now);
        None
    }

    fn wake(&self) -> Option<Tick> {
        Self::wake(self)
    }

    fn reboot(&mut self, now: Tick) -> Option<Told> {
        Firmware::wire(self).clear();
        Self::reboot(self, now);
        None
    }

    fn state(&self, _now: Tick) -> Value {
        json!({ "acknowledged": self.acknowledged() })
    }

    fn sees(&mut self, sign: &Sign, here: bool, now: Tick) -> Option<bool> {
        let Sign::Seal(seal, status) = sign else { return None };
        Some(if here { self.enter(*seal, *status, now) } else { self.leave(*seal) })
    }
}
