//! 固件 of any kind behind one trait, on the port and the pins of this host: a file a kind.
//! Promises: a device does what its kind can and says plainly what it cannot; each change of an output is told on its own,
//! with the frame that caused it.
//! Absent: what the firmware itself does (`device`).

mod camera;
mod card;
mod relay;
mod scale;
mod scanner;
mod seals;
mod uhf;

use super::wire::Wire;
use crate::device::mqtt::Publish;
use crate::device::relay::{Carrier, Served};
use crate::scenario::device::{Device, Kind};
use crate::scenario::sign::Sign;
use core::fmt::Debug;
use protocols::contract::Kg;
use protocols::tick::Tick;
use serde_json::Value;

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
    /// A reader told something for the first time since it came into view.
    Report {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        key: String,
    },
}

/// What runs on one device.
pub trait Firmware: Debug {
    /// Its kind, as `state` says it.
    fn kind(&self) -> &'static str;

    /// The port of the device.
    fn wire(&mut self) -> &mut Wire;

    /// Does what is due; call until `None`.
    fn poll(&mut self, now: Tick) -> Option<Told>;

    /// When it has something to do next, if no bytes come before.
    fn wake(&self) -> Option<Tick>;

    /// Power was away for a moment; what the outputs did is told.
    fn reboot(&mut self, now: Tick) -> Option<Told>;

    /// What `state` tells beside what all devices have.
    fn state(&self, now: Tick) -> Value;

    /// A gate has opened a connection of its own: what is on its way from and to another one is gone.
    fn connected(&mut self) {
        self.wire().clear();
    }

    /// Whether the device wants its connection closed.
    fn hangs_up(&self) -> bool {
        false
    }

    /// Bits a second that it was told to talk at, where it can be told.
    fn rate(&self) -> Option<u32> {
        None
    }

    /// Back to the settings of the factory; `false` where it has none to lose.
    fn factory_reset(&mut self) -> bool {
        false
    }

    /// What it publishes at a broker; nothing where it has a line.
    fn publishes(&mut self) -> Vec<Publish> {
        Vec::new()
    }

    /// Something comes into its view or leaves: whether that is new. `None` when it does not see such things.
    fn sees(&mut self, _sign: &Sign, _here: bool, _now: Tick) -> Option<bool> {
        None
    }

    /// So much stands on its platform; `false` when it has none.
    fn feels(&mut self, _load: Kg, _now: Tick) -> bool {
        false
    }

    /// Something stands on the approach loop of its lane, or no longer.
    fn approach(&mut self, _occupied: bool) {}

    /// Sets an input; `false` when it has no such input.
    fn set_input(&self, _input: u8, _high: bool) -> bool {
        false
    }
}

/// What such a device runs, just powered.
#[must_use]
pub fn of(device: &Device, now: Tick) -> Box<dyn Firmware> {
    match &device.kind {
        Kind::Uhf(uhf) if uhf.family == 288 => Box::new(uhf::of_288(uhf, device.baud())),
        Kind::Uhf(uhf) => Box::new(uhf::of_18(uhf, device.baud())),
        Kind::Card(_) => Box::new(card::new()),
        Kind::Scanner(scanner) if scanner.module => Box::new(scanner::module()),
        Kind::Scanner(scanner) => Box::new(scanner::plain(scanner.aim)),
        Kind::Scale(scale) => Box::new(scale::new(scale, now)),
        Kind::Seals(seals) => Box::new(seals::new(seals.address)),
        Kind::Camera(camera) => Box::new(camera::new(&device.line.name, camera)),
        Kind::Relay(relay) => {
            let carrier = if device.line.listen.is_some() { Carrier::Tcp } else { Carrier::Serial };
            Box::new(relay::new(relay, carrier))
        }
    }
}
