//! Plate Recognizer Stream: the webhook's JSON, with its results in a list or with one of them bare.
//! Promises: each result of a list stands by itself; a time without its offset is refused.
//! Absent: candidates and vehicle details; lower case is left as it came, for `normalise` to lift.
//! Source: Plate Recognizer Stream documentation, webhooks; MQTT readers page, section 6.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{NAME_MAX, PlateEvent, plate};
use crate::contract::UtcMillis;
use crate::mqtt::json::{Node, Object, put, score};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};
use crate::mqtt::stamp::{TEXT_MAX, iso};

/// One call of the webhook.
pub(super) fn read(object: &Object<'_>, received: UtcMillis, told: &mut Vec<Result<Report, Refusal>>) {
    let found = object.object("data").map(|data| data.unwrap_or(object));
    let results = found.and_then(|data| Ok((data, data.list("results")?)));
    match results {
        Err(refusal) => told.push(Err(refusal)),
        Ok((data, None)) => told.push(result(data, data, received)),
        Ok((_, Some([]))) => told.push(Ok(Report::of(Fact::Other("no results".into())))),
        Ok((data, Some(results))) => told.extend(results.iter().map(|node| match node {
            Node::Object(one) => result(data, one, received),
            _ => Err(Refusal::NotAnObject),
        })),
    }
}

fn result(data: &Object<'_>, one: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let written = one.text("plate", NAME_MAX)?.ok_or(Refusal::Missing("plate"))?;
    let rule = "a time with its offset";
    let at = data.text("timestamp", TEXT_MAX)?;
    let at = at.map(|at| iso(at).ok_or(Refusal::Field { name: "timestamp", rule })).transpose()?;
    let report = plate("plate", Some(written))?.sure(one.permille("score", 1)?);
    Ok(report.by(data.text("camera_id", NAME_MAX)?).dated(at, received))
}

/// A call of the webhook with one result.
pub(super) fn to_json(event: &PlateEvent) -> String {
    let mut one = Map::new();
    put(&mut one, "plate", Some(event.plate.as_deref().unwrap_or_default().to_lowercase()));
    put(&mut one, "score", event.confidence_permille.map(|permille| score(permille, 1)));
    let data = json!({
        "camera_id": &*event.camera,
        "timestamp": event.at.to_string(),
        "results": [Value::Object(one)],
    });
    json!({ "hook": { "event": "recognition", "id": &*event.camera }, "data": data }).to_string()
}
