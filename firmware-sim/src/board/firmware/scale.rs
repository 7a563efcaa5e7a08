//! Weighbridges with their indicators.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::device::scale::{Indicator, Settings, Shown};
use crate::scenario::device::{ScaleDevice, ScaleFormat};
use protocols::contract::Kg;
use protocols::scale::wire::{Format, a9::Ninth, equals, mt};
use protocols::tick::Tick;
use serde_json::{Value, json};
use std::time::Duration;

/// An indicator that has just been powered over an empty platform.
pub(super) fn new(device: &ScaleDevice, now: Tick) -> Indicator<Wire> {
    let format = match device.format {
        ScaleFormat::A9 => Format::A9(Ninth::Decimals),
        ScaleFormat::A9Command => Format::A9Command(Ninth::Decimals),
        ScaleFormat::A12 => Format::A12,
        ScaleFormat::Mt => Format::Mt(mt::Form::PLAIN),
        ScaleFormat::Cas22 => Format::Cas22,
        ScaleFormat::And18 => Format::And18,
        ScaleFormat::Equals => Format::Equals(equals::Form::ONE),
    };
    let millis = |millis: u32| Duration::from_millis(u64::from(millis));
    let settings = Settings {
        format,
        every: millis(device.every_ms),
        settle: millis(device.settle_ms),
        drift: device.drift_kg,
        ..Settings::default()
    };
    Indicator::new(Wire::default(), settings, now)
}

impl Firmware for Indicator<Wire> {
    fn kind(&self) -> &'static str {
        "scale"
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

    fn state(&self, now: Tick) -> Value {
        let display = self.display(now);
        let kg = match display.shown {
            Shown::Weight(kg) => Some(kg),
            Shown::Overload | Shown::Underload => None,
        };
        json!({ "kg": kg, "moving": display.motion })
    }

    fn feels(&mut self, load: Kg, now: Tick) -> bool {
        self.put(load, now);
        true
    }
}
