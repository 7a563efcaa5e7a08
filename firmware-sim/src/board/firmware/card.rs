//! Card readers.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::device::card::pn532::{Pn532, Timing};
use crate::scenario::sign::Sign;
use protocols::tick::Tick;
use serde_json::{Value, json};

/// A PN532 that has just been powered.
pub(super) fn new() -> Pn532<Wire> {
    Pn532::new(Wire::default(), Timing::default())
}

impl Firmware for Pn532<Wire> {
    fn kind(&self) -> &'static str {
        "card"
    }

    fn wire(&mut self) -> &mut Wire {
        self.port_mut()
    }

    fn poll(&mut self, now: Tick) -> Option<Told> {
        // The host's port cannot fail.
        let Ok(()) = Self::poll(self, now);
        self.next_fresh().map(|uid| Told::Report { what: "card", key: hex::encode_upper(uid) })
    }

    fn wake(&self) -> Option<Tick> {
        Self::wake(self)
    }

    fn reboot(&mut self, _now: Tick) -> Option<Told> {
        Firmware::wire(self).clear();
        Self::reboot(self);
        None
    }

    fn state(&self, _now: Tick) -> Value {
        json!({ "cards": self.field().len(), "lost_commands": self.lost() })
    }

    fn sees(&mut self, sign: &Sign, here: bool, now: Tick) -> Option<bool> {
        let Sign::Card(card) = sign else { return None };
        Some(if here { self.enter(card.clone(), now) } else { self.leave(card.uid()) })
    }
}
