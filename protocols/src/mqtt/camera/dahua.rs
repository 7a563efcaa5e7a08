//! Dahua traffic cameras: junction events, alone or in a notification with several.
//! Promises: only `RealUTC` is a time; `UTC`, which is local time counted as if it were UTC, never is. A vehicle whose
//! plate keys are missing or empty has no plate.
//! Absent: confidence, whose scale no manual at hand gives (0 to 100 is exceeded by what cameras send); ITSAPI's
//! logging in.
//! Source: captured notifications of ITC cameras; MQTT readers page, section 6.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::json;

use super::{NAME_MAX, PlateEvent, plate};
use crate::contract::UtcMillis;
use crate::mqtt::json::{Node, Object};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::report::{Fact, Report};

/// One event, or a notification with a list of them.
pub(super) fn read(object: &Object<'_>, received: UtcMillis, told: &mut Vec<Result<Report, Refusal>>) {
    let list = match object.object("params") {
        Ok(Some(notification)) => notification.list("eventList"),
        Ok(None) => return told.push(event(object, received)),
        Err(refusal) => Err(refusal),
    };
    match list {
        Ok(Some(events)) => told.extend(events.iter().map(|node| match node {
            Node::Object(object) => event(object, received),
            _ => Err(Refusal::NotAnObject),
        })),
        Ok(None) => told.push(Err(Refusal::Missing("eventList"))),
        Err(refusal) => told.push(Err(refusal)),
    }
}

fn event(object: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let code = object.text("Code", NAME_MAX)?.ok_or(Refusal::Missing("Code"))?;
    if code != "TrafficJunction" {
        return Ok(Report::of(Fact::Other(code.into())));
    }
    let data = object.object("Data")?.ok_or(Refusal::Missing("Data"))?;
    let none = Object::default();
    let car = data.object("TrafficCar")?.unwrap_or(&none);
    let seen = data.object("Object")?.unwrap_or(&none);
    let written = car.text("PlateNumber", NAME_MAX)?.filter(|text| !text.is_empty());
    let written = written.map_or_else(|| seen.text("Text", NAME_MAX), |text| Ok(Some(text)))?;
    let id = match (data.label("GroupID", NAME_MAX)?, data.label("EventID", NAME_MAX)?) {
        (Some(group), Some(event)) => Some(format!("{group}-{event}")),
        _ => None,
    };
    let report = plate("PlateNumber", written)?
        .through(data.whole("Lane")?)
        .by(car.text("MachineName", NAME_MAX)?)
        .named(id.as_deref());
    Ok(report.dated(time(data)?, received))
}

fn time(data: &Object<'_>) -> Result<Option<UtcMillis>, Refusal> {
    let Some(seconds) = data.whole::<i64>("RealUTC")? else { return Ok(None) };
    let millis = data.whole::<u16>("UTCMS")?.unwrap_or_default();
    Ok(Some(UtcMillis::from_millis(seconds.saturating_mul(1000).saturating_add(i64::from(millis)))))
}

/// A notification with one event, from a camera whose clock stands at UTC+8.
pub(super) fn to_json(event: &PlateEvent) -> String {
    let plate = event.plate.as_deref().unwrap_or_default();
    let (seconds, millis) = (event.at.as_millis().div_euclid(1000), event.at.as_millis().rem_euclid(1000));
    let local = seconds.saturating_add(8 * 3600);
    let (group, number) = event.id.split_once('-').unwrap_or(("1", &event.id));
    let number_of = |text: &str| text.parse::<i64>().unwrap_or_default();
    let data = json!({
        "GroupID": number_of(group),
        "EventID": number_of(number),
        "Lane": 1,
        "RealUTC": seconds,
        "UTC": local,
        "UTCMS": millis,
        "Object": { "ObjectType": "Plate", "Text": plate },
        "TrafficCar": { "PlateNumber": plate, "MachineName": &*event.camera, "UTC": local },
    });
    let list = json!([{ "Action": "Pulse", "Code": "TrafficJunction", "Data": data }]);
    let params = json!({ "SID": 1, "eventList": list });
    json!({ "id": 1, "method": "client.notifyEventStream", "params": params }).to_string()
}
