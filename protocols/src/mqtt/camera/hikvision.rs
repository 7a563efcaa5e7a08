//! Hikvision cameras: event notifications of ISAPI in their JSON form.
//! Promises: a time without its offset is refused; a notification of another type, or an inactive one, is no sighting.
//! Absent: XML and multipart bodies, which an HTTP receiver takes apart; lists and vehicle details.
//! Source: ISAPI, EventNotificationAlert; MQTT readers page, section 6.

use alloc::string::{String, ToString as _};

use serde_json::{Map, Value, json};

use super::{NAME_MAX, PlateEvent, plate};
use crate::contract::UtcMillis;
use crate::mqtt::json::{Object, put};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};
use crate::mqtt::stamp::{TEXT_MAX, iso};

/// How these cameras write that they could not read a plate.
const UNREAD: &str = "unknown";

/// A notification, bare or under its name.
pub(super) fn read(object: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let alert = object.object("EventNotificationAlert")?.unwrap_or(object);
    let kind = alert.text("eventType", NAME_MAX)?.ok_or(Refusal::Missing("eventType"))?;
    let sender = alert.text("macAddress", NAME_MAX)?;
    let rule = "a time with its offset";
    let at = alert.text("dateTime", TEXT_MAX)?;
    let at = at.map(|at| iso(at).ok_or(Refusal::Field { name: "dateTime", rule })).transpose()?;
    if !kind.eq_ignore_ascii_case("ANPR") {
        let inactive = alert.text("eventState", NAME_MAX)? == Some("inactive");
        let fact = if inactive { Fact::Alive } else { Fact::Other(kind.into()) };
        return Ok(Report::of(fact).by(sender).dated(at, received));
    }
    let anpr = alert.object("ANPR")?.ok_or(Refusal::Missing("ANPR"))?;
    let written = anpr.text("licensePlate", NAME_MAX)?;
    let written = written.filter(|text| !text.eq_ignore_ascii_case(UNREAD));
    let channel = alert.label("channelID", NAME_MAX)?.and_then(|channel| channel.parse().ok());
    let report = plate("licensePlate", written)?
        .sure(anpr.permille("confidenceLevel", 100)?)
        .through(channel)
        .by(sender)
        .named(alert.text("UUID", NAME_MAX)?);
    Ok(report.dated(at, received))
}

/// A notification as such a camera sends it.
pub(super) fn to_json(event: &PlateEvent) -> String {
    let mut anpr = Map::new();
    put(&mut anpr, "licensePlate", Some(event.plate.as_deref().unwrap_or(UNREAD)));
    put(&mut anpr, "confidenceLevel", event.confidence_permille.map(|permille| permille / 10));
    let alert = json!({
        "eventType": "ANPR",
        "eventState": "active",
        "dateTime": event.at.to_string(),
        "macAddress": &*event.camera,
        "channelID": 1,
        "activePostCount": 1,
        "UUID": &*event.id,
        "ANPR": Value::Object(anpr),
    });
    json!({ "EventNotificationAlert": alert }).to_string()
}
