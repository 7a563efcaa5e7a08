//! 车牌相机: plates as cameras of six makes tell them, over MQTT or with the same JSON over HTTP.
//! Promises: a plate is what the camera wrote, letter for letter; a vehicle without a plate is told as such and never
//! as a plate; a vehicle that has left is no sighting; scores are thousandths, or absent where a make's scale is not
//! documented.
//! Absent: normalising (`ids::normalise`), pictures, boxes, colours and directions; XML and multipart bodies.
//! Source: MQTT readers page, section 6; each vendor's file names its own.

pub mod alpha;
pub mod alpha_down;
mod axis;
mod dahua;
mod frigate;
mod hikvision;
mod recognizer;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::Message;
use super::json::{self, Object};
use super::refusal::Refusal;
use super::report::{Fact, Report};
use crate::contract::UtcMillis;
use crate::talk::Identity;

/// Longest plate that is read, characters as the camera writes them.
const PLATE_MAX: usize = 32;
/// Longest name that is read, characters.
const NAME_MAX: usize = 64;

/// Who made the camera, or the program that reads plates for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Frigate.
    Frigate,
    /// 臻识 and AlphaDigi.
    Alpha,
    /// Hikvision, ISAPI in its JSON form.
    Hikvision,
    /// Dahua ITC.
    Dahua,
    /// Axis License Plate Verifier.
    Axis,
    /// Plate Recognizer Stream.
    PlateRecognizer,
}

/// 车牌事件: a plate as a camera is about to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlateEvent {
    /// What the camera read; `None` for a vehicle without a plate.
    pub plate: Option<Box<str>>,
    /// How sure it is, thousandths.
    pub confidence_permille: Option<u16>,
    /// The camera's name or serial number.
    pub camera: Box<str>,
    /// Its name for the event: a number where the make counts.
    pub id: Box<str>,
    /// When it read the plate.
    pub at: UtcMillis,
}

impl Vendor {
    /// All makes.
    pub const ALL: [Self; 6] =
        [Self::Frigate, Self::Alpha, Self::Hikvision, Self::Dahua, Self::Axis, Self::PlateRecognizer];

    /// The make whose form this is.
    fn of(object: &Object<'_>) -> Option<Self> {
        /// Each make with members that its messages have together, and no other's have.
        const MARKS: [(Vendor, [&str; 2]); 10] = [
            (Vendor::Alpha, ["AlarmInfoPlate", "AlarmInfoPlate"]),
            (Vendor::Alpha, ["payload", "name"]),
            (Vendor::Hikvision, ["EventNotificationAlert", "EventNotificationAlert"]),
            (Vendor::Hikvision, ["eventType", "dateTime"]),
            (Vendor::Dahua, ["Code", "Data"]),
            (Vendor::Dahua, ["method", "params"]),
            (Vendor::Axis, ["carID", "carState"]),
            (Vendor::Frigate, ["type", "after"]),
            (Vendor::Frigate, ["type", "camera"]),
            (Vendor::PlateRecognizer, ["hook", "data"]),
        ];
        let marked = |(_, marks): &&(Self, [&str; 2])| marks.iter().all(|name| object.has(name));
        MARKS.iter().find(marked).map(|(vendor, _)| *vendor)
    }

    /// The JSON by which such a camera tells `event` over MQTT.
    #[must_use]
    pub fn to_json(self, event: &PlateEvent) -> String {
        match self {
            Self::Frigate => frigate::to_json(event),
            Self::Alpha => alpha::to_json(event),
            Self::Hikvision => hikvision::to_json(event),
            Self::Dahua => dahua::to_json(event),
            Self::Axis => axis::to_json(event),
            Self::PlateRecognizer => recognizer::to_json(event),
        }
    }
}

/// What a message of such a camera says; of any of them when no make is said.
pub(super) fn decode(
    vendor: Option<Vendor>,
    message: &Message<'_>,
    received: UtcMillis,
    told: &mut Vec<Result<Report, Refusal>>,
) {
    let made_by = |make| vendor.is_none_or(|vendor| vendor == make);
    if made_by(Vendor::Frigate) && frigate::is_availability(message.topic) {
        return told.push(frigate::availability(message.payload));
    }
    if let Err(refusal) = message.happened() {
        return told.push(Err(refusal));
    }
    if made_by(Vendor::Alpha) && alpha::is_keep_alive(message.topic) {
        return told.push(Ok(Report::of(Fact::Alive).by(alpha::serial_of(message.topic))));
    }
    json::each(message.payload, |object| {
        let object = match object {
            Ok(object) => object,
            Err(refusal) => return told.push(Err(refusal)),
        };
        match vendor.or_else(|| Vendor::of(object)) {
            None => told.push(Err(Refusal::UnknownForm)),
            Some(Vendor::Frigate) => told.push(frigate::read(object, received)),
            Some(Vendor::Alpha) => told.push(alpha::read(object, received)),
            Some(Vendor::Hikvision) => told.push(hikvision::read(object, received)),
            Some(Vendor::Dahua) => dahua::read(object, received, told),
            Some(Vendor::Axis) => told.push(axis::read(object, received)),
            Some(Vendor::PlateRecognizer) => recognizer::read(object, received, told),
        }
    });
}

/// What a camera wrote as a plate. Nothing but blanks is a vehicle without one.
fn plate(name: &'static str, text: Option<&str>) -> Result<Report, Refusal> {
    match text {
        Some(text) if text.chars().nth(PLATE_MAX).is_some() || text.chars().any(char::is_control) => {
            Err(Refusal::Field { name, rule: "a plate" })
        }
        Some(text) if !text.trim().is_empty() => Ok(Report::seen(Identity::Plate(text.into()))),
        _ => Ok(Report::of(Fact::NoPlate)),
    }
}

impl Report {
    /// The same, this sure.
    fn sure(mut self, permille: Option<u16>) -> Self {
        if let Some(sighting) = self.sighting() {
            sighting.confidence_permille = permille;
        }
        self
    }

    /// The same, from that channel of the camera.
    fn through(mut self, channel: Option<u8>) -> Self {
        if let Some(sighting) = self.sighting() {
            sighting.antenna = channel;
        }
        self
    }
}
