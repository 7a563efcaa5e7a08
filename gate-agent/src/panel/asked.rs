//! What a person asks of a lane, as the request says it: read, and all that is wrong told at once.
//! Promises: what comes out has a deed, a reason and a time box; no member's value is repeated in a complaint, since one of them is a PIN.

use std::time::Duration;

use axum::{body::Bytes, extract::rejection::BytesRejection, http::StatusCode};
use protocols::{
    contract::Kg,
    ids::{ContainerNo, MediumKey, MediumType, SealNo, TripNo, normalise},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::problem::{Field, Problem};
use crate::{
    lane::{Correction, Deed},
    person::Pin,
    release_code::ReleaseCode,
};

/// Characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 2..=200;
/// Seconds of a time box.
const VALID_S: std::ops::RangeInclusive<u32> = 1..=120;
const VALID_S_DEFAULT: u32 = 30;
/// Boxes and seals that one vehicle may have.
const MOST_NUMBERS: usize = 12;
/// No vehicle on a road weighs more.
const HEAVIEST: Kg = Kg::from_kilograms(500_000);

/// 操作请求: what is asked, by whom, and why.
pub(super) struct Asked {
    pub(super) first: Signature,
    pub(super) second: Option<Other>,
    pub(super) deed: Deed,
    /// The visit that the person looked at.
    pub(super) visit: Option<String>,
    pub(super) reason: String,
    pub(super) valid: Duration,
}

/// The second person, not proved yet.
pub(super) enum Other {
    /// He stands there.
    Person(Signature),
    /// He has issued this before.
    Code(ReleaseCode),
}

/// Who says so, not proved yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    pub(super) person: String,
    pub(super) pin: Pin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    person: String,
    pin: Pin,
    second: Option<Signature>,
    /// In place of `second`, of `release` and `empty_exit`.
    code: Option<String>,
    r#do: String,
    visit: Option<String>,
    /// Of `release` and `choose`.
    trip: Option<String>,
    /// Of `correct`.
    read: Option<Reading>,
    reason: String,
    valid_s: Option<u32>,
}

/// A reading as a person gives it: of exactly one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    medium_type: Option<String>,
    medium_key: Option<String>,
    containers: Option<Vec<String>>,
    seals: Option<Vec<String>>,
    weight_kg: Option<Kg>,
}

impl Asked {
    /// Reads a request's body.
    pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, Problem> {
        let Body { person, pin, second, code, r#do, visit, trip, read, reason, valid_s } = read_json(body)?;
        let mut wrong = Vec::new();
        let deed = deed(&r#do, trip.as_deref(), read).map_err(|fields| wrong.extend(fields)).ok();
        let reason = reason.trim().to_owned();
        if !REASON.contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
            wrong.push(Field::new(
                "reason",
                "请填写 2 至 200 个字的原因",
                "give a reason of 2 to 200 characters",
            ));
        }
        let valid_s = valid_s.unwrap_or(VALID_S_DEFAULT);
        if !VALID_S.contains(&valid_s) {
            wrong.push(Field::new("valid_s", "时限为 1 至 120 秒", "the time box is 1 to 120 seconds"));
        }
        let second = second.map(Other::Person);
        let second = match code.map(|code| other(&code, deed.as_ref(), second.is_some())).transpose() {
            Ok(code) => second.or(code),
            Err(field) => {
                wrong.push(field);
                None
            }
        };
        let (Some(deed), true) = (deed, wrong.is_empty()) else { return Err(Problem::members(wrong)) };
        let first = Signature { person, pin };
        Ok(Self { first, second, deed, visit, reason, valid: Duration::from_secs(valid_s.into()) })
    }
}

/// A body as JSON; what is wrong with it is told by its place only, since serde's words repeat values.
pub(super) fn read_json<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "too_large", "请求过大", "the request is too large")
        }
        _ => Problem::malformed(None),
    })?;
    serde_json::from_slice(&body).map_err(|error| Problem::malformed(Some((error.line(), error.column()))))
}

/// A code in place of the second person. One that is no code costs no try, and neither does one that would be used for nothing.
fn other(code: &str, deed: Option<&Deed>, has_second: bool) -> Result<Other, Field> {
    let opens = deed.is_none_or(|deed| matches!(deed, Deed::Release { .. } | Deed::EmptyExit));
    if has_second || !opens {
        return Err(Field::new("code", "该操作不使用放行码", "this act takes no release code"));
    }
    let wrong =
        Field::new("code", "放行码有误，请逐位核对", "this is no release code; compare it sign by sign");
    ReleaseCode::read(code).map(Other::Code).ok_or(wrong)
}

fn deed(name: &str, trip: Option<&str>, read: Option<Reading>) -> Result<Deed, Vec<Field>> {
    let mut wrong = Vec::new();
    let takes_trip = matches!(name, "release" | "choose");
    if trip.is_some() && !takes_trip {
        wrong.push(Field::new("trip", "该操作不涉及车次", "this act names no trip"));
    }
    if read.is_some() && name != "correct" {
        wrong.push(Field::new("read", "该操作不涉及读数", "this act names no reading"));
    }
    let named = trip.filter(|_| takes_trip).map(|trip| TripNo::parse(trip.trim()));
    let trip = named.transpose().unwrap_or_else(|_| {
        wrong.push(Field::new("trip", "车次确认编号为 32 位数字", "a trip number has 32 digits"));
        None
    });
    let deed = match name {
        "release" => Ok(Deed::Release { trip }),
        "send_back" => Ok(Deed::SendBack),
        "empty_exit" => Ok(Deed::EmptyExit),
        "close_lane" => Ok(Deed::CloseLane),
        "open_lane" => Ok(Deed::OpenLane),
        "choose" => trip.map(Deed::Choose).ok_or(Field::new("trip", "请选择车次", "choose a trip")),
        "correct" => match read {
            Some(read) => correction(read).map(Deed::Correct),
            None => Err(Field::new("read", "请录入读数", "type the reading")),
        },
        _ => Err(Field::new("do", "没有该操作", "there is no such act")),
    };
    match deed {
        Ok(deed) if wrong.is_empty() => Ok(deed),
        Ok(_) => Err(wrong),
        // A trip number that is none was told already.
        Err(field) if wrong.is_empty() => Err(vec![field]),
        Err(_) => Err(wrong),
    }
}

fn correction(read: Reading) -> Result<Correction, Field> {
    let Reading { medium_type, medium_key, containers, seals, weight_kg } = read;
    match (medium_type.zip(medium_key), containers, seals, weight_kg) {
        (Some((kind, text)), None, None, None) => medium(&kind, &text),
        (None, Some(numbers), None, None) => boxes(&numbers),
        (None, None, Some(numbers), None) => seals_of(&numbers),
        (None, None, None, Some(weight)) => weight_of(weight),
        _ => Err(Field::new("read", "请只录入一种读数", "type one kind of reading")),
    }
}

fn medium(kind: &str, text: &str) -> Result<Correction, Field> {
    let wrong_kind = |_| Field::new("read.medium_type", "介质类型有误", "there is no such kind of medium");
    let wrong_key = |_| Field::new("read.medium_key", "号码格式有误", "this is no number of that kind");
    let kind = MediumType::parse(kind).map_err(wrong_kind)?;
    MediumKey::read(kind, text).map(|key| Correction::Medium(kind, key)).map_err(wrong_key)
}

fn boxes(numbers: &[String]) -> Result<Correction, Field> {
    let read: Option<Vec<ContainerNo>> =
        each(numbers).map(|number| ContainerNo::read(&number).ok()).collect();
    read.filter(|read| read.len() <= MOST_NUMBERS).map(Correction::Containers).ok_or(Field::new(
        "read.containers",
        "箱号为 4 位字母加 7 位数字，且校验位正确",
        "a container number has 4 letters and 7 digits, the last one being its check digit",
    ))
}

fn seals_of(numbers: &[String]) -> Result<Correction, Field> {
    let read: Option<Vec<SealNo>> = each(numbers).map(|number| SealNo::parse(&number).ok()).collect();
    read.filter(|read| read.len() <= MOST_NUMBERS).map(Correction::Seals).ok_or(Field::new(
        "read.seals",
        "关锁号为 1 至 20 位数字或大写字母",
        "a seal number has 1 to 20 digits or capital letters",
    ))
}

fn weight_of(weight: Kg) -> Result<Correction, Field> {
    let is_possible = (Kg::from_hundredths(1)..=HEAVIEST).contains(&weight);
    let wrong = Field::new("read.weight_kg", "重量超出范围", "no vehicle weighs that");
    if is_possible { Ok(Correction::Weight(weight)) } else { Err(wrong) }
}

/// Numbers as people type them: normalised, blank ones left out.
fn each(numbers: &[String]) -> impl Iterator<Item = String> {
    numbers.iter().map(|number| normalise::key(number)).filter(|number| !number.is_empty())
}
