//! What the gate records, as it records it: one line an event.
//! Promises: read from the journal itself, so that it goes on while the centre is away; in the journal's order, nothing twice.

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use kakou_tests::Gate;
use protocols::{
    contract::{Event, EventType, RaiseOutcome},
    rules::{ReasonCode, Verdict},
};

use super::{
    screen::{Look, Screen, column},
    visit,
};

/// China Standard Time, the zone of the yard's screens.
const CHINA_S: i32 = 8 * 3600;

/// The journal so far, shown up to its end.
#[derive(Debug)]
pub(crate) struct Live<'a> {
    gate: &'a Gate,
    events: Vec<Event>,
}

impl<'a> Live<'a> {
    /// From the journal's present end on.
    pub(crate) fn from_now(gate: &'a Gate) -> Result<Self> {
        Ok(Self { gate, events: gate.agent.events()? })
    }

    /// Reads what is new and shows it; events of `lane` belong to `plate`.
    pub(crate) fn show_new(&mut self, present: Option<(&str, &str)>, screen: &Screen) -> Result<()> {
        let next = self.events.last().map_or(1, |last| last.seq + 1);
        for record in self.gate.agent.journal_from(next)? {
            let event = record.read().context("an event that this version cannot read")?;
            if let Some(line) = line(&event, &self.events, present, screen) {
                screen.say(&line)?;
            }
            self.events.push(event);
        }
        Ok(())
    }

    /// Everything so far.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}

/// `16:00:03 IN1  蒙LK8216 …00A1  N down 未查询到有效绑定信息 no valid binding found`
fn line(event: &Event, before: &[Event], present: Option<(&str, &str)>, screen: &Screen) -> Option<String> {
    let (look, verdict, barrier, zh, en) = words(event, before)?;
    let lane = event.lane_id.as_ref().map_or("", |lane| lane.as_str());
    let plate = present.filter(|(of, _)| *of == lane).map_or("", |(_, plate)| plate);
    let reads = &event.reads;
    let media = [&reads.e_plate, &reads.ic_card, &reads.barcode, &reads.plate];
    let read = media.into_iter().flatten().next().map_or_else(String::new, |read| {
        let begin = read.value.len().saturating_sub(4);
        format!("…{}", read.value.get(begin..).unwrap_or_default())
    });
    let start = format!("{} {} {} {}", time(event), column(lane, 4), column(plate, 8), column(&read, 6));
    Some(format!("{start}{} {} {zh} {en}", screen.paint(look, &column(verdict, 1)), column(barrier, 4)))
}

type Words = (Look, &'static str, &'static str, &'static str, &'static str);

/// Look, verdict, barrier, and what it is in both languages; none for what the terminal leaves out.
fn words(event: &Event, before: &[Event]) -> Option<Words> {
    if visit::verdict_of(event).is_some() {
        let (verdict, reason) = (event.verdict?, event.reason_code?);
        let (look, barrier) = match verdict {
            Verdict::Pass => (Look::Green, "rise"),
            Verdict::Refuse => (Look::Red, "down"),
            Verdict::Person => (Look::Yellow, "down"),
        };
        return Some((look, verdict.letter(), barrier, reason.message_zh(), reason.message_en()));
    }
    let plain = |barrier, zh, en| Some((Look::Plain, "", barrier, zh, en));
    match (event.event_type, event.outcome, event.reason_code) {
        (EventType::RaiseOutcome, Some(RaiseOutcome::Raised), _) => {
            plain("up", "栏杆已升起", "the barrier is up")
        }
        (EventType::RaiseOutcome, _, Some(reason)) => plain("?", reason.message_zh(), reason.message_en()),
        (EventType::ManualRelease, _, _) => plain("rise", "人工放行", "a person releases it"),
        (EventType::Pass, _, Some(ReasonCode::Ok))
        | (EventType::LaneState, _, Some(ReasonCode::ManualRelease)) => {
            plain("fall", "车辆已通过", "the lorry has passed")
        }
        (EventType::Pass | EventType::Refuse | EventType::Tailgating, _, Some(reason)) => {
            let barrier = if visit::was_raised(event, before) { "fall" } else { "down" };
            plain(barrier, reason.message_zh(), reason.message_en())
        }
        (EventType::LeftPort, _, _) => plain("down", "已口岸离场", "has left the port"),
        (EventType::DeviceFault, _, _) => plain("", "设备故障", "a device does not answer"),
        (EventType::DeviceOk, _, _) => plain("", "设备恢复", "the device answers again"),
        _ => None,
    }
}

fn time(event: &Event) -> String {
    let utc = DateTime::from_timestamp_millis(event.occurred_at.as_millis()).unwrap_or_default();
    FixedOffset::east_opt(CHINA_S)
        .map_or_else(String::new, |china| utc.with_timezone(&china).format("%H:%M:%S").to_string())
}
