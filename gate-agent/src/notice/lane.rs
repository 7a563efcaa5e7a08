//! From how a lane is to what its driver is told.

use std::borrow::Cow;

use protocols::{
    display::screen::Colour,
    rules::{ReasonCode, Verdict},
};

use super::{
    Notice, Phrase, phrases,
    reason::{SEE_THE_OFFICER, is_of_the_lane, told_of},
};
use crate::lane::{Arm, Snapshot};

/// How much of a trip's number tells it from others at a lane.
const TRIP_TAIL: usize = 6;

/// What the driver is told now.
#[must_use]
pub fn notice(now: &Snapshot) -> Notice {
    match (now.state, now.verdict) {
        ("opening", _) => go(now, "请等|栏杆抬起", Some("已放行，请等栏杆完全抬起后通行")),
        // Behind the vehicle the arm comes down: whoever comes next must not take its green for his own.
        ("passing", _) if now.is_over => quiet(Colour::Red, "栏杆下落/请勿跟车"),
        ("passing", _) => go(now, "请通行", None),
        ("held", _) => stays(now),
        // A refused vehicle that is looked at again is told what it was told.
        ("collecting" | "deciding", Some(Verdict::Refuse | Verdict::Person)) => stays(now),
        ("collecting" | "deciding", _) => quiet(Colour::Yellow, "正在识别/请等候"),
        ("closed", _) => out_of_service(now.reason.unwrap_or(ReasonCode::LaneClosed)),
        _ if now.closed.is_some() => out_of_service(ReasonCode::LaneClosed),
        // Nobody knows where the arm is, so nobody will be let through by it.
        _ if now.arm == Arm::Unknown => quiet(Colour::Red, "栏杆故障/请走|其他通道"),
        _ => quiet(Colour::Yellow, "请驶入/等候识别"),
    }
}

/// What a lane's board is left with when nobody speaks for the lane any more.
#[must_use]
pub fn stopped() -> Notice {
    quiet(Colour::Red, "通道暂停/请等候")
}

fn quiet(colour: Colour, text: &'static str) -> Notice {
    Notice { colour, phrases: phrases(text), prompt: None }
}

/// The vehicle by its plate, or by the end of its trip's number where no plate was read.
fn go(now: &Snapshot, how: &'static str, prompt: Option<&'static str>) -> Notice {
    let plate = now.reads.plate.as_ref().map(|read| read.value.clone()).filter(|plate| !plate.is_empty());
    let whose: Option<Phrase> = match (plate, &now.trip) {
        (Some(plate), _) => Some(vec![Cow::Owned(plate)]),
        (None, Some(trip)) => {
            let number = trip.trip_no.as_str();
            let tail = number.get(number.len().saturating_sub(TRIP_TAIL)..).unwrap_or(number);
            Some(vec![Cow::Borrowed("车次"), Cow::Owned(tail.to_owned())])
        }
        (None, None) => None,
    };
    let phrases = [phrases("放行"), whose.into_iter().collect(), phrases(how)].concat();
    Notice { colour: Colour::Green, phrases, prompt }
}

/// The barrier stays down before a vehicle.
fn stays(now: &Snapshot) -> Notice {
    let reason = now.reason.unwrap_or(ReasonCode::NoRead);
    let told = told_of(reason);
    let (colour, head) = match now.verdict {
        _ if told == SEE_THE_OFFICER || is_of_the_lane(reason) => (Colour::Red, None),
        Some(Verdict::Refuse) => (Colour::Red, Some("未放行")),
        Some(Verdict::Person) => (Colour::Yellow, None),
        Some(Verdict::Pass) | None => (Colour::Red, None),
    };
    let phrases = [head.map(phrases).unwrap_or_default(), phrases(told.shown)].concat();
    Notice { colour, phrases, prompt: Some(told.said) }
}

/// The lane lets nobody through, and nobody stands in it: told to the eye only.
fn out_of_service(reason: ReasonCode) -> Notice {
    match reason {
        ReasonCode::LaneClosed => quiet(Colour::Red, told_of(reason).shown),
        _ => stopped(),
    }
}
