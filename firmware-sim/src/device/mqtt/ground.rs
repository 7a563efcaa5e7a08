//! What lies in the ground and speaks Kakou's own form: a platform scale and a loop.
//! Promises: weights go out exact; a loop tells changes, not levels.
//! Source: `contract` section 4.

use super::teller::Teller;
use super::{Knobs, Publish};
use alloc::vec::Vec;
use protocols::contract::{Kg, UtcMillis};
use protocols::mqtt::kakou::{Loop, Payload, Weight};
use protocols::mqtt::topic::Address;

/// How far off a scale with the knob `wrong` is, kilograms.
pub const WRONG_BY: i64 = 1000;

/// 地磅: one scale.
#[derive(Clone, Debug)]
pub struct Scale {
    address: Address,
    teller: Teller,
}

impl Scale {
    /// A scale whose event names are counted from `seed`.
    #[must_use]
    pub const fn new(address: Address, seed: u64) -> Self {
        Self { address, teller: Teller::new(seed) }
    }

    /// What goes wrong in it.
    pub const fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.teller.knobs
    }

    /// It shows a weight.
    pub fn weigh(&mut self, kg: Kg, stable: bool, now: UtcMillis) -> Vec<Publish> {
        let address = self.address.clone();
        self.teller.tell(|teller| {
            let more = if teller.knobs.wrong { Kg::from_kilograms(WRONG_BY).hundredths() } else { 0 };
            let kg = Kg::from_hundredths(kg.hundredths().saturating_add(more));
            let weight = Weight { id: teller.id(), kg, stable, at: teller.clock(now) };
            Publish::ours(&address, &Payload::Weight(weight))
        })
    }

    /// Publishes what was held back.
    pub fn release(&mut self) -> Vec<Publish> {
        self.teller.release()
    }
}

/// 地感线圈: one loop.
#[derive(Clone, Debug)]
pub struct LoopSensor {
    address: Address,
    teller: Teller,
    occupied: bool,
}

impl LoopSensor {
    /// A free loop whose event names are counted from `seed`.
    #[must_use]
    pub const fn new(address: Address, seed: u64) -> Self {
        Self { address, teller: Teller::new(seed), occupied: false }
    }

    /// What goes wrong in it.
    pub const fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.teller.knobs
    }

    /// A vehicle is over it, or none is; nothing is told when that is as before.
    pub fn feel(&mut self, occupied: bool, now: UtcMillis) -> Vec<Publish> {
        if core::mem::replace(&mut self.occupied, occupied) == occupied {
            return Vec::new();
        }
        let address = self.address.clone();
        self.teller.tell(|teller| {
            let occupied = occupied != teller.knobs.wrong;
            let change = Loop { id: teller.id(), occupied, at: teller.clock(now) };
            Publish::ours(&address, &Payload::Loop(change))
        })
    }

    /// Publishes what was held back.
    pub fn release(&mut self) -> Vec<Publish> {
        self.teller.release()
    }
}
