//! 预约时限: until when an application for a slot may be handed in, or why it may not be handed in at all.
//! Promises: pure; the first failing step refuses, so one order of checks gives one message (AC-113); lead times are clock hours, whatever
//! lies between (AC-108).
//! Absent on purpose: what is working time. The ports' calendars say that (`declaration::calendar`).
//! Source: spec AC-100..AC-116.

use chrono::{NaiveDateTime, TimeDelta};
use protocols::{contract::UtcMillis, ids::CustomsCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::record::SLOT_HOURS;
use crate::{
    declaration::{
        calendar::{Calendar, HINT},
        fault::FieldError,
        numbering,
    },
    identity::enterprise::Credit,
};

/// 口岸海关 with what is known of its hours.
#[derive(Clone, Copy, Debug)]
pub struct Office<'a> {
    /// 口岸编码.
    pub code: &'a str,
    /// Its calendar, if one is kept.
    pub calendar: Option<&'a Calendar>,
}

/// What is to be judged; times are those of clocks in China.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// 预约申报口岸.
    pub declaration: Office<'a>,
    /// 预约进出口岸.
    pub entry_exit: Office<'a>,
    /// 预约通关时间: its start.
    pub start: NaiveDateTime,
    /// Its end.
    pub end: NaiveDateTime,
    /// Both enterprises are advanced certified.
    pub advanced: bool,
}

/// 最迟申请时间.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The last moment that is in time (AC-109).
    pub at: NaiveDateTime,
    /// The port that set it.
    pub set_by: Box<str>,
    /// The lead time.
    pub lead_hours: i64,
    /// 下班 of the last working day of each port that was asked, the entry/exit port first.
    pub ends_of_work: Vec<(Box<str>, NaiveDateTime)>,
}

/// Why a slot cannot be booked, at all or any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The slot does not last two hours (AC-048).
    Length,
    /// The calendar of this port does not speak for the slot, or has no working day before it (AC-098).
    Unknown(Box<str>),
    /// The slot shares a moment with these working hours of the entry/exit port (AC-101, AC-102).
    Overlap(NaiveDateTime, NaiveDateTime),
    /// The deadline is over (AC-103, AC-104, AC-109).
    Late {
        /// When it was.
        deadline: Deadline,
        /// Declaration port and entry/exit port are the same customs (AC-105).
        same_customs: bool,
    },
}

/// One step of AC-113.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The requirement.
    pub(super) id: &'static str,
    /// What it refuses; none when it has nothing against the slot.
    pub(super) refuse: fn(&Question<'_>, NaiveDateTime) -> Option<Refusal>,
}

/// The procedure of AC-113.
#[rustfmt::skip]
pub(super) const STEPS: &[Step] = &[
    Step { id: "AC-048", refuse: |question, _| lasts_two_hours(question) },
    Step { id: "AC-098", refuse: |question, _| calendars_speak(question) },
    Step { id: "AC-101", refuse: |question, _| outside_working_hours(question) },
    Step { id: "AC-109", refuse: in_time },
];

/// Judges an application that is complete at `now` (AC-110).
///
/// # Errors
/// The first step that refuses.
pub fn judge(question: &Question<'_>, now: NaiveDateTime) -> Result<Deadline, Refusal> {
    judge_by(STEPS, question, now)
}

/// Judges by these steps only.
pub(super) fn judge_by(
    steps: &[Step],
    question: &Question<'_>,
    now: NaiveDateTime,
) -> Result<Deadline, Refusal> {
    match steps.iter().find_map(|step| Some((step.id, (step.refuse)(question, now)?))) {
        Some((step, refusal)) => {
            tracing::debug!(rule.id = step, "{step} refuses the slot");
            Err(refusal)
        }
        None => deadline(question).ok_or_else(|| Refusal::Unknown(question.entry_exit.code.into())),
    }
}

/// The deadline of a slot that can be booked.
///
/// # Errors
/// Every refusal but [`Refusal::Late`].
pub fn latest(question: &Question<'_>) -> Result<Deadline, Refusal> {
    judge(question, NaiveDateTime::MIN)
}

/// AC-048, AC-100: the slot lasts exactly two hours.
fn lasts_two_hours(question: &Question<'_>) -> Option<Refusal> {
    (question.end - question.start != TimeDelta::hours(SLOT_HOURS)).then_some(Refusal::Length)
}

/// AC-098: each port that counts is known through the end of the slot, and has a working day before it. Whether the declaration port
/// counts is known from its hours at the start; where they are not known, nothing is.
fn calendars_speak(question: &Question<'_>) -> Option<Refusal> {
    let unknown = |office: &Office<'_>| Some(Refusal::Unknown(office.code.into()));
    let declaration = &question.declaration;
    if !same_customs(question) && at_work(declaration, question).is_none() {
        return unknown(declaration);
    }
    let last_moment = question.end - TimeDelta::milliseconds(1);
    let speaks = |office: &&Office<'_>| {
        let days = [question.start.date(), last_moment.date()];
        let known = office.calendar.is_some_and(|calendar| days.iter().all(|day| calendar.knows(*day)));
        known && last_end_of_work(office, question).is_some()
    };
    consulted(question).into_iter().find(|office| !speaks(office)).and_then(unknown)
}

/// AC-101, AC-102, AC-096: no working hours of the entry/exit port overlap the slot, not even in part; its calendar alone counts.
fn outside_working_hours(question: &Question<'_>) -> Option<Refusal> {
    let (day, span) = question.entry_exit.calendar?.overlap(question.start, question.end)?;
    Some(Refusal::Overlap(span.start_on(day), span.end_on(day)))
}

/// AC-109: exactly at the deadline is in time.
fn in_time(question: &Question<'_>, now: NaiveDateTime) -> Option<Refusal> {
    let deadline = deadline(question)?;
    let same_customs = same_customs(question);
    (now > deadline.at).then_some(Refusal::Late { deadline, same_customs })
}

/// AC-105.
fn same_customs(question: &Question<'_>) -> bool {
    question.declaration.code == question.entry_exit.code
}

/// AC-103, AC-104 and the table of section 8.3: hours before the end of work.
#[must_use]
pub const fn lead_hours(same_customs: bool, advanced: bool) -> i64 {
    match (same_customs, advanced) {
        (true, true) => 4,
        (true, false) | (false, true) => 8,
        (false, false) => 24,
    }
}

/// AC-081, AC-082, AC-084: the lower of the two ratings counts, and only two advanced enterprises are advanced.
#[must_use]
pub fn both_advanced(declarant: Credit, consignee: Credit) -> bool {
    [declarant, consignee].iter().all(|credit| *credit == Credit::Advanced)
}

/// AC-106, AC-107: the earliest of the consulted ports' ends of work, less the lead time.
fn deadline(question: &Question<'_>) -> Option<Deadline> {
    let lead_hours = lead_hours(same_customs(question), question.advanced);
    let end = |office: &Office<'_>| Some((Box::from(office.code), last_end_of_work(office, question)?));
    let ends_of_work: Vec<_> = consulted(question).into_iter().filter_map(end).collect();
    let (set_by, end) = ends_of_work.iter().min_by_key(|(_, end)| *end).cloned()?;
    Some(Deadline { at: end - TimeDelta::hours(lead_hours), set_by, lead_hours, ends_of_work })
}

/// AC-107: the entry/exit port always; the declaration port where it is another one and not at work when the slot starts.
fn consulted<'a>(question: &'a Question<'a>) -> Vec<&'a Office<'a>> {
    let (declaration, entry_exit) = (&question.declaration, &question.entry_exit);
    if same_customs(question) || at_work(declaration, question) == Some(true) {
        vec![entry_exit]
    } else {
        vec![entry_exit, declaration]
    }
}

fn at_work(office: &Office<'_>, question: &Question<'_>) -> Option<bool> {
    office.calendar?.at_work(question.start)
}

fn last_end_of_work(office: &Office<'_>, question: &Question<'_>) -> Option<NaiveDateTime> {
    office.calendar?.last_end_of_work(question.start)
}

impl Refusal {
    /// As the answer tells it (AC-114, AC-180, AC-223).
    #[must_use]
    pub fn fault(&self) -> FieldError {
        let fault = |path: &str, rule: &'static str, code: &'static str, zh: String, en: String, value| {
            FieldError { path: path.into(), code, rule, message: zh, message_en: en, value }
        };
        match self {
            Self::Length => {
                let (zh, en) = ("预约通关时间为起始时间后2小时", "the slot ends two hours after its start");
                FieldError::format("slot_end".into(), "AC-048", zh, en, serde_json::Value::Null)
            }
            Self::Unknown(port) => {
                let en = format!(
                    "the working calendar of port {port} says nothing about the slot or the days before it"
                );
                fault("slot_start", "AC-098", "AC-221", format!("{HINT}: {port}"), en, json!(port))
            }
            Self::Overlap(from, until) => {
                let hours = format!("{}-{}", from.format("%Y-%m-%d %H:%M"), until.format("%H:%M"));
                let zh = format!("预约时间与海关工作时间重叠: {hours}");
                let en = format!("customs of the entry/exit port is at work {hours}");
                fault("slot_start", "AC-101", "AC-101", zh, en, json!(hours))
            }
            Self::Late { deadline, same_customs } => {
                let rule = if *same_customs { "AC-104" } else { "AC-103" };
                let at = deadline.at.format("%Y-%m-%d %H:%M:%S").to_string();
                let zh = format!(
                    "已超过最迟申请时间 {at}（{}口岸，提前{}小时）",
                    deadline.set_by, deadline.lead_hours
                );
                let en = format!(
                    "the deadline was {at}, {} hours before the end of work at port {}",
                    deadline.lead_hours, deadline.set_by
                );
                let value =
                    json!({ "deadline": at, "set_by": deadline.set_by, "lead_hours": deadline.lead_hours });
                fault("slot_start", rule, "AC-109", zh, en, value)
            }
        }
    }
}

/// 提交 as it was judged; later changes of ratings or calendars do not touch it (AC-085, AC-099).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// When the signed application was complete (AC-110).
    pub at: UtcMillis,
    /// The declarant's rating then.
    pub declarant_credit: Credit,
    /// The consignee's.
    pub consignee_credit: Credit,
    /// 最迟申请时间.
    pub deadline: UtcMillis,
    /// The port that set it.
    pub deadline_set_by: CustomsCode,
    /// The lead time.
    pub lead_hours: i64,
}

impl Deadline {
    /// The same as an instant.
    #[must_use]
    pub fn instant(&self) -> UtcMillis {
        numbering::instant_in_china(self.at)
    }
}
