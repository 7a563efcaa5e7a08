//! Axis License Plate Verifier: what the application pushes about one car, from its first reading until it is lost.
//! Promises: `lost`, which comes some ten seconds after the last reading, is no sighting; numbers are taken as texts
//! too, because the application writes them so.
//! Absent: direction (undefined in the first event); `datetime`, which has no offset; images.
//! Source: VAPIX License plate verifier API; the application's JSON protocol 1.6; MQTT readers page, section 6.

use alloc::string::{String, ToString as _};

use serde_json::{Map, Value, json};

use super::{NAME_MAX, PlateEvent, plate};
use crate::contract::UtcMillis;
use crate::mqtt::json::{Node, Object, put, score};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};

/// The plate in its spellings, the truest first.
const SPELLINGS: [&str; 4] = ["plateUTF8", "plateUnicode", "plateText", "plateASCII"];

/// One event of one car.
pub(super) fn read(object: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let car = object.label("carID", NAME_MAX)?.ok_or(Refusal::Missing("carID"))?;
    let state = object.text("carState", NAME_MAX)?.ok_or(Refusal::Missing("carState"))?;
    let sender = match object.object("camera_info")? {
        Some(info) => info.text("SerialNumber", NAME_MAX)?,
        None => object.text("sensorProviderID", NAME_MAX)?,
    };
    let at = millis(object, "capture_timestamp")?;
    if !["new", "update", "updated"].iter().any(|known| state.eq_ignore_ascii_case(known)) {
        return Ok(Report::of(Fact::Other(state.into())).by(sender).dated(at, received));
    }
    let Some(spelling) = SPELLINGS.into_iter().find(|name| object.has(name)) else {
        return Err(Refusal::Missing("plateUTF8"));
    };
    let report = plate(spelling, object.text(spelling, NAME_MAX)?)?.sure(sure(object, "plateConfidence")?);
    Ok(report.by(sender).named(Some(&*car)).dated(at, received))
}

fn sure(object: &Object<'_>, name: &'static str) -> Result<Option<u16>, Refusal> {
    let Some(Node::Text(text)) = object.get(name) else { return object.permille(name, 1) };
    let score = text.parse().ok().map(Node::Real).and_then(|score| score.permille(1));
    score.map(Some).ok_or(Refusal::Field { name, rule: "a score from 0 to 1" })
}

/// Milliseconds since 1970 in UTC.
fn millis(object: &Object<'_>, name: &'static str) -> Result<Option<UtcMillis>, Refusal> {
    let Some(text) = object.label(name, NAME_MAX)? else { return Ok(None) };
    let millis = text.parse().map_err(|_| Refusal::Field { name, rule: "milliseconds since 1970" })?;
    Ok(Some(UtcMillis::from_millis(millis)))
}

/// The first event of a car.
pub(super) fn to_json(event: &PlateEvent) -> String {
    let mut object = Map::new();
    put(&mut object, "carID", Some(&*event.id));
    put(&mut object, "carState", Some("new"));
    put(&mut object, "capture_timestamp", Some(event.at.as_millis().to_string()));
    put(&mut object, "plateUTF8", Some(event.plate.as_deref().unwrap_or_default()));
    let confidence = event.confidence_permille.map(|permille| score(permille, 1).to_string());
    put(&mut object, "plateConfidence", confidence);
    put(&mut object, "camera_info", Some(json!({ "SerialNumber": &*event.camera })));
    Value::Object(object).to_string()
}
