//! Plate cameras, which publish at a broker.
//! Promises: a vehicle is told when its plate comes into view; another plate is another vehicle.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::clock;
use crate::device::mqtt::Publish;
use crate::device::mqtt::camera::Camera;
use crate::scenario::device::{CameraDevice, CameraVendor};
use crate::scenario::sign::Sign;
use protocols::mqtt::camera::Vendor;
use protocols::tick::Tick;
use serde_json::{Value, json};
use std::time::Duration;

/// From one heartbeat to the next, of makes that have one.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A camera and what it has to say.
#[derive(Debug)]
pub(super) struct Watching {
    camera: Camera,
    /// Never used: a camera has no line.
    wire: Wire,
    seen: Option<String>,
    untold: Vec<Publish>,
    beats: Tick,
}

/// A camera that sees nothing yet.
pub(super) fn new(name: &str, device: &CameraDevice) -> Watching {
    let vendor = match device.vendor {
        CameraVendor::Alpha => Vendor::Alpha,
        CameraVendor::Frigate => Vendor::Frigate,
        CameraVendor::Hikvision => Vendor::Hikvision,
        CameraVendor::Dahua => Vendor::Dahua,
        CameraVendor::Axis => Vendor::Axis,
        CameraVendor::PlateRecognizer => Vendor::PlateRecognizer,
    };
    let prefix = device.topic.clone().unwrap_or_else(|| name.to_owned());
    let camera = Camera::new(vendor, name.into(), prefix.into());
    Watching { camera, wire: Wire::default(), seen: None, untold: Vec::new(), beats: Tick::default() }
}

impl Firmware for Watching {
    fn kind(&self) -> &'static str {
        "camera"
    }

    fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    fn poll(&mut self, now: Tick) -> Option<Told> {
        if now >= self.beats {
            self.beats = now + HEARTBEAT;
            self.untold.extend(self.camera.heartbeat());
        }
        None
    }

    fn wake(&self) -> Option<Tick> {
        Some(self.beats)
    }

    fn reboot(&mut self, now: Tick) -> Option<Told> {
        (self.seen, self.beats) = (None, now);
        None
    }

    fn state(&self, _now: Tick) -> Value {
        json!({ "plate": self.seen })
    }

    fn publishes(&mut self) -> Vec<Publish> {
        std::mem::take(&mut self.untold)
    }

    fn sees(&mut self, sign: &Sign, here: bool, _now: Tick) -> Option<bool> {
        let Sign::Plate { text, permille } = sign else { return None };
        let changes = here != (self.seen.as_ref() == Some(text));
        if changes && here {
            let plate = Some(text.as_str()).filter(|text| !text.is_empty());
            self.untold.extend(self.camera.see(plate, *permille, clock::utc()));
            self.seen = Some(text.clone());
        } else if changes {
            self.seen = None;
        }
        Some(changes)
    }
}
