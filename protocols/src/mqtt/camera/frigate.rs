//! Frigate: plates of tracked objects.
//! Promises: a plate is read whether it stands as a text or as a pair with its score; an object that ended is no
//! sighting; the program's own will is told as offline.
//! Absent: `name`, the owner's name for a known plate; boxes, zones, snapshots.
//! Source: Frigate documentation, MQTT; MQTT readers page, section 6.

use alloc::string::{String, ToString as _};

use serde_json::{Map, Value};

use super::{NAME_MAX, PlateEvent, plate};
use crate::contract::UtcMillis;
use crate::mqtt::json::{Node, Object, put, score};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};

/// Whether it is the topic on which Frigate says that it runs; the prefix is the user's.
pub(super) fn is_availability(topic: &str) -> bool {
    topic.split('/').next_back() == Some("available")
}

/// Whether Frigate runs. The broker keeps it, and it is the last will.
pub(super) fn availability(payload: &[u8]) -> Result<Report, Refusal> {
    match payload {
        b"online" => Ok(Report::of(Fact::Online(true))),
        b"stopped" | b"offline" => Ok(Report::of(Fact::Online(false))),
        _ => Err(Refusal::Field { name: "available", rule: "online, stopped or offline" }),
    }
}

/// An update or an event of a tracked object.
pub(super) fn read(object: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let kind = object.text("type", NAME_MAX)?.ok_or(Refusal::Missing("type"))?;
    match (kind, object.object("after")?) {
        ("lpr", _) => {
            if !object.has("plate") {
                return Err(Refusal::Missing("plate"));
            }
            tracked(object, ["plate", "score", "timestamp"], received)
        }
        ("new" | "update", Some(after)) if after.has("recognized_license_plate") => tracked(
            after,
            ["recognized_license_plate", "recognized_license_plate_score", "frame_time"],
            received,
        ),
        (other, _) => Ok(Report::of(Fact::Other(other.into()))),
    }
}

fn tracked(
    object: &Object<'_>,
    [text, certainty, time]: [&'static str; 3],
    received: UtcMillis,
) -> Result<Report, Refusal> {
    let (written, paired) = match object.get(text) {
        Some(Node::List(pair)) => match &**pair {
            [Node::Text(written), score] => (Some(&**written), score.permille(1)),
            _ => return Err(Refusal::Field { name: text, rule: "a text, or a text and its score" }),
        },
        _ => (object.text(text, NAME_MAX)?, None),
    };
    let sure = object.permille(certainty, 1)?.or(paired);
    let report = plate(text, written)?.sure(sure);
    let report = report.by(object.text("camera", NAME_MAX)?).named(object.text("id", NAME_MAX)?);
    Ok(report.dated(object.seconds(time)?, received))
}

/// An update of a tracked object.
pub(super) fn to_json(event: &PlateEvent) -> String {
    // Milliseconds of any year that has four digits are exact in a double.
    let seconds = event.at.as_millis() as f64 / 1000.0;
    let mut object = Map::new();
    put(&mut object, "type", Some("lpr"));
    put(&mut object, "id", Some(&*event.id));
    put(&mut object, "plate", Some(event.plate.as_deref().unwrap_or_default()));
    put(&mut object, "score", event.confidence_permille.map(|permille| score(permille, 1)));
    put(&mut object, "camera", Some(&*event.camera));
    put(&mut object, "timestamp", Some(seconds));
    Value::Object(object).to_string()
}
