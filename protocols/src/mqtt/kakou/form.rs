//! The JSON of each payload of Kakou's own form: its members, read and written.
//! Promises: as the folder's.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{Answer, Command, EventId, Loop, Order, Position, Read, State, TEXT_LONGEST, Weight};
use crate::contract::UtcMillis;
use crate::ids::{MediumKey, MediumType};
use crate::mqtt::json::{Object, put, score};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::stamp::TEXT_MAX;

/// Longest reason that an actuator gives, characters.
const WHY_LONGEST: usize = 128;
/// Longest key before it is normalised, characters.
const KEY_LONGEST: usize = 128;

impl Read {
    pub(super) fn members(&self) -> Value {
        let mut object = Map::new();
        put(&mut object, "id", Some(self.id.as_str()));
        put(&mut object, "medium_type", Some(self.medium_type.as_str()));
        put(&mut object, "medium_key", Some(self.medium_key.as_str()));
        put(&mut object, "at", Some(self.at.to_string()));
        put(&mut object, "confidence", self.confidence_permille.map(|permille| score(permille, 1)));
        Value::Object(object)
    }
}

impl Command {
    pub(super) fn members(&self) -> Value {
        let (word, text) = match &self.order {
            Order::Raise => ("raise", None),
            Order::Lower => ("lower", None),
            Order::Red => ("red", None),
            Order::Green => ("green", None),
            Order::Text(text) => ("text", Some(&**text)),
        };
        let mut object = Map::new();
        put(&mut object, "id", Some(self.id.as_str()));
        put(&mut object, "do", Some(word));
        put(&mut object, "text", text);
        Value::Object(object)
    }
}

impl State {
    pub(super) fn members(&self) -> Value {
        let answer = self.answer.as_ref().map(|answer| {
            let mut object = Map::new();
            put(&mut object, "id", Some(answer.id.as_str()));
            put(&mut object, "done", Some(answer.done));
            put(&mut object, "why", answer.why.as_deref());
            object
        });
        let mut object = Map::new();
        put(&mut object, "position", Some(self.position.as_str()));
        put(&mut object, "answer", answer);
        put(&mut object, "at", Some(self.at.to_string()));
        Value::Object(object)
    }
}

impl Weight {
    pub(super) fn members(&self) -> Value {
        json!({ "id": self.id.as_str(), "kg": self.kg, "stable": self.stable, "at": self.at })
    }
}

impl Loop {
    pub(super) fn members(&self) -> Value {
        json!({ "id": self.id.as_str(), "occupied": self.occupied, "at": self.at })
    }
}

pub(super) fn read(object: &Object<'_>) -> Result<Read, Refusal> {
    let (id, at) = (id(object)?, at(object)?);
    let medium = object.text("medium_type", 2)?.ok_or(Refusal::Missing("medium_type"))?;
    let medium_type = MediumType::parse(medium)
        .map_err(|_| Refusal::Field { name: "medium_type", rule: "VN, VE, IC or BC" })?;
    let key = object.text("medium_key", KEY_LONGEST)?.ok_or(Refusal::Missing("medium_key"))?;
    let medium_key = MediumKey::read(medium_type, key)
        .map_err(|_| Refusal::Field { name: "medium_key", rule: "a key of its medium" })?;
    if medium_type == MediumType::ElectronicPlate {
        epc(medium_key.as_str())?;
    }
    Ok(Read { id, medium_type, medium_key, at, confidence_permille: object.permille("confidence", 1)? })
}

/// The bytes of an electronic plate's key: a tag holds no half ones.
pub(super) fn epc(key: &str) -> Result<Vec<u8>, Refusal> {
    hex::decode(key)
        .map_err(|_| Refusal::Field { name: "medium_key", rule: "whole bytes of hexadecimal digits" })
}

pub(super) fn weight(object: &Object<'_>) -> Result<Weight, Refusal> {
    let kg = object.kg("kg")?.ok_or(Refusal::Missing("kg"))?;
    let stable = object.flag("stable")?.ok_or(Refusal::Missing("stable"))?;
    Ok(Weight { id: id(object)?, kg, stable, at: at(object)? })
}

pub(super) fn occupancy(object: &Object<'_>) -> Result<Loop, Refusal> {
    let occupied = object.flag("occupied")?.ok_or(Refusal::Missing("occupied"))?;
    Ok(Loop { id: id(object)?, occupied, at: at(object)? })
}

pub(super) fn command(object: &Object<'_>) -> Result<Command, Refusal> {
    let order = match object.text("do", 8)?.ok_or(Refusal::Missing("do"))? {
        "raise" => Order::Raise,
        "lower" => Order::Lower,
        "red" => Order::Red,
        "green" => Order::Green,
        "text" => {
            let text = object.text("text", TEXT_LONGEST)?.ok_or(Refusal::Missing("text"))?;
            Order::Text(text.into())
        }
        _ => return Err(Refusal::Field { name: "do", rule: "raise, lower, red, green or text" }),
    };
    Ok(Command { id: id(object)?, order })
}

pub(super) fn state(object: &Object<'_>) -> Result<State, Refusal> {
    let position = object.text("position", 8)?.ok_or(Refusal::Missing("position"))?;
    let position = Position::ALL.into_iter().find(|known| known.as_str() == position);
    let rule = "open, closed, between or unknown";
    let position = position.ok_or(Refusal::Field { name: "position", rule })?;
    let answer = object.object("answer")?.map(answer).transpose()?;
    Ok(State { position, answer, at: at(object)? })
}

fn answer(object: &Object<'_>) -> Result<Answer, Refusal> {
    let done = object.flag("done")?.ok_or(Refusal::Missing("done"))?;
    Ok(Answer { id: id(object)?, done, why: object.kept("why", WHY_LONGEST)? })
}

fn id(object: &Object<'_>) -> Result<EventId, Refusal> {
    let text = object.text("id", 36)?.ok_or(Refusal::Missing("id"))?;
    EventId::parse(text).ok_or(Refusal::Field { name: "id", rule: "a UUID" })
}

fn at(object: &Object<'_>) -> Result<UtcMillis, Refusal> {
    let text = object.text("at", TEXT_MAX)?.ok_or(Refusal::Missing("at"))?;
    UtcMillis::parse(text).map_err(|_| Refusal::Field { name: "at", rule: "an RFC 3339 time" })
}
