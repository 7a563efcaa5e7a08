//! 臻识 and AlphaDigi cameras: the same result over HTTP, where the plate is plain, and over MQTT, where it is base64.
//! Promises: which of the two it is shows in the envelope, never in the plate; `_无_` is a vehicle without a plate; a
//! rectangle whose top lies below its bottom does no harm.
//! Absent: pictures, colours and trigger types; what goes down to the camera (`alpha_down`).
//! Source: vendor's MQTT and HTTP push protocols as public clients speak them; MQTT readers page, section 6.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};

use serde_json::{Value, json};

use super::{NAME_MAX, PLATE_MAX, PlateEvent, plate};
use crate::base64::Alphabet::Standard;
use crate::contract::UtcMillis;
use crate::mqtt::json::{Node, Object};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};

/// How these cameras write that a vehicle has no plate.
const NO_PLATE: &str = "_无_";
/// The longest plate in base64: four bytes a character.
const LICENSE_MAX: usize = (4 * PLATE_MAX).div_ceil(3) * 4;

/// Whether it is the topic of a camera's heartbeat.
pub(super) fn is_keep_alive(topic: &str) -> bool {
    levels(topic).is_some_and(|(_, name)| name == "keep_alive")
}

/// The camera that a topic names.
pub(super) fn serial_of(topic: &str) -> Option<&str> {
    levels(topic).map(|(serial, _)| serial)
}

/// Serial number and name of a topic `device/<sn>/message/up/<name>`.
fn levels(topic: &str) -> Option<(&str, &str)> {
    let mut levels = topic.split('/');
    let mut next = || levels.next();
    match [next(), next(), next(), next(), next(), next()] {
        [Some("device"), Some(serial), Some("message"), Some("up"), Some(name), None] => Some((serial, name)),
        _ => None,
    }
}

/// A result, plain or in its envelope.
pub(super) fn read(object: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let payload = object.object("payload")?;
    let Some(alarm) = payload.unwrap_or(object).object("AlarmInfoPlate")? else {
        let name = object.text("name", NAME_MAX)?.ok_or(Refusal::UnknownForm)?;
        let fact = if name == "keep_alive" { Fact::Alive } else { Fact::Other(name.into()) };
        return Ok(Report::of(fact).by(object.text("sn", NAME_MAX)?));
    };
    let result = alarm.object("result")?.ok_or(Refusal::Missing("result"))?;
    let result = result.object("PlateResult")?.ok_or(Refusal::Missing("PlateResult"))?;
    let license = result.text("license", LICENSE_MAX)?.ok_or(Refusal::Missing("license"))?;
    let license = if payload.is_some() { unwrapped(license)? } else { license.into() };
    let license = Some(&*license).filter(|license| *license != NO_PLATE);
    let report = plate("license", license)?.sure(result.permille("confidence", 100)?);
    let at = time(result)?.map_or_else(|| object.seconds("timestamp"), |at| Ok(Some(at)))?;
    let report = report.by(serial(object, alarm)?).named(object.text("id", NAME_MAX)?).dated(at, received);
    // Recorded while nobody listened.
    let offline = matches!(result.get("isoffline"), Some(Node::Whole(1)));
    Ok(if offline { report.buffered() } else { report })
}

/// The plate that stands in base64.
fn unwrapped(license: &str) -> Result<Box<str>, Refusal> {
    let bytes = Standard.decode(license).ok_or(Refusal::Field { name: "license", rule: "base64" })?;
    let text = String::from_utf8(bytes);
    text.map(String::into_boxed_str).map_err(|_| Refusal::Field { name: "license", rule: "base64 of UTF-8" })
}

fn serial<'a>(object: &'a Object<'_>, alarm: &'a Object<'_>) -> Result<Option<&'a str>, Refusal> {
    match (object.text("sn", NAME_MAX)?, alarm.text("serialno", NAME_MAX)?) {
        (Some(sent), Some(saw)) if sent != saw => Err(Refusal::Inconsistent("sn", "serialno")),
        (sent, saw) => Ok(sent.or(saw)),
    }
}

/// When the plate was read: seconds since 1970, and microseconds.
fn time(result: &Object<'_>) -> Result<Option<UtcMillis>, Refusal> {
    let Some(stamp) = result.object("timeStamp")? else { return Ok(None) };
    let Some(value) = stamp.object("Timeval")? else { return Ok(None) };
    let Some(seconds) = value.whole::<i64>("sec")? else { return Ok(None) };
    let micros = value.whole::<u32>("usec")?.unwrap_or_default();
    Ok(Some(UtcMillis::from_millis(seconds.saturating_mul(1000).saturating_add(i64::from(micros / 1000)))))
}

fn alarm(event: &PlateEvent, license: &str) -> Value {
    let millis = event.at.as_millis();
    json!({
        "deviceName": "IVS",
        "channel": 0,
        "serialno": &*event.camera,
        "result": { "PlateResult": {
            "license": license,
            "confidence": event.confidence_permille.unwrap_or_default() / 10,
            "timeStamp": { "Timeval": { "sec": millis.div_euclid(1000), "usec": millis.rem_euclid(1000) * 1000 } },
        } },
    })
}

/// A result as it is published.
pub(super) fn to_json(event: &PlateEvent) -> String {
    let license = Standard.encode(event.plate.as_deref().unwrap_or(NO_PLATE).as_bytes());
    json!({
        "id": &*event.id,
        "sn": &*event.camera,
        "name": "ivs_result",
        "version": "1.0",
        "timestamp": event.at.as_millis().div_euclid(1000),
        "payload": { "AlarmInfoPlate": alarm(event, &license) },
    })
    .to_string()
}

/// The same result as it is pushed over HTTP.
#[must_use]
pub fn to_http_json(event: &PlateEvent) -> String {
    json!({ "AlarmInfoPlate": alarm(event, event.plate.as_deref().unwrap_or(NO_PLATE)) }).to_string()
}
