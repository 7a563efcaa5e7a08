//! A plate camera of any make that speaks JSON over MQTT.
//! Promises: each event has a name of its own, in the form of its make; a better reading of the same vehicle keeps the
//! name, as cameras do.
//! Source: MQTT readers page, section 6.

use super::medium::misread;
use super::teller::Teller;
use super::{Knobs, Publish};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use protocols::contract::UtcMillis;
use protocols::mqtt::camera::{PlateEvent, Vendor};

/// 车牌相机: one camera.
#[derive(Clone, Debug)]
pub struct Camera {
    vendor: Vendor,
    name: Box<str>,
    prefix: Box<str>,
    teller: Teller,
    vehicle: u64,
}

impl Camera {
    /// A camera of that make and name. `prefix` is what stands before the make's own topic, where its installer may
    /// choose it; makes that have no topic of their own publish on it.
    #[must_use]
    pub const fn new(vendor: Vendor, name: Box<str>, prefix: Box<str>) -> Self {
        Self { vendor, name, prefix, teller: Teller::new(0), vehicle: 0 }
    }

    /// What goes wrong in it.
    pub const fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.teller.knobs
    }

    /// A vehicle comes into view; `None` when it has no plate.
    pub fn see(&mut self, plate: Option<&str>, permille: u16, now: UtcMillis) -> Vec<Publish> {
        self.vehicle += 1;
        self.improve(plate, permille, now)
    }

    /// The same vehicle is read once more.
    pub fn improve(&mut self, plate: Option<&str>, permille: u16, now: UtcMillis) -> Vec<Publish> {
        let (vendor, camera, topic, vehicle) = (self.vendor, self.name.clone(), self.topic(), self.vehicle);
        self.teller.tell(|teller| {
            let wrong = teller.knobs.wrong;
            let babbled = if teller.knobs.babble > 0 { teller.number() } else { 0 };
            let event = PlateEvent {
                plate: plate.map(|plate| if wrong { misread(plate).into() } else { plate.into() }),
                confidence_permille: Some(permille),
                camera: camera.clone(),
                id: format!("{vehicle}-{}", babbled + 1).into(),
                at: teller.clock(now),
            };
            let payload = vendor.to_json(&event).into_bytes();
            Publish { topic: topic.clone(), payload, retained: false }
        })
    }

    /// Publishes what was held back.
    pub fn release(&mut self) -> Vec<Publish> {
        self.teller.release()
    }

    /// The heartbeat of makes that have one.
    #[must_use]
    pub fn heartbeat(&self) -> Option<Publish> {
        let topic = match self.vendor {
            Vendor::Alpha => format!("device/{}/message/up/keep_alive", self.name),
            _ => return None,
        };
        let payload = format!(r#"{{"sn":"{}","name":"keep_alive"}}"#, self.name).into_bytes();
        (!self.teller.knobs.silent).then_some(Publish { topic, payload, retained: false })
    }

    fn topic(&self) -> String {
        match self.vendor {
            Vendor::Alpha => format!("device/{}/message/up/ivs_result", self.name),
            Vendor::Frigate => format!("{}/tracked_object_update", self.prefix),
            Vendor::Hikvision | Vendor::Dahua | Vendor::Axis | Vendor::PlateRecognizer => {
                self.prefix.clone().into()
            }
        }
    }
}
