//! 工作时段: one stretch of a day's work.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};

const DAY: u16 = 24 * 60;

/// 工作时段: from its start up to, and without, its end; written `["08:30", "12:00"]`. A day may end at `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[String; 2]", into = "[String; 2]")]
pub struct Span {
    start: u16,
    end: u16,
}

/// A stretch of time that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} to {1:?} is no stretch of a day; write HH:MM and HH:MM")]
pub struct BadSpan(String, String);

impl Span {
    /// From minute to minute of a day.
    #[must_use]
    pub fn of_minutes(start: u16, end: u16) -> Option<Self> {
        (start < end && end <= DAY).then_some(Self { start, end })
    }

    /// The first minute of the day that belongs to it.
    #[must_use]
    pub const fn start(self) -> u16 {
        self.start
    }

    /// The first minute after it.
    #[must_use]
    pub const fn end(self) -> u16 {
        self.end
    }

    /// When it begins on this date.
    #[must_use]
    pub fn start_on(self, date: NaiveDate) -> NaiveDateTime {
        on(date, self.start)
    }

    /// When it ends on this date; 24:00 is the next date's beginning.
    #[must_use]
    pub fn end_on(self, date: NaiveDate) -> NaiveDateTime {
        on(date, self.end)
    }

    /// Start and end as people write them.
    #[must_use]
    pub fn text(self) -> [String; 2] {
        [self.start, self.end].map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
    }
}

fn on(date: NaiveDate, minute: u16) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute))
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|minute| *minute <= DAY)
}

impl TryFrom<[String; 2]> for Span {
    type Error = BadSpan;

    fn try_from([start, end]: [String; 2]) -> Result<Self, BadSpan> {
        let read = minute(&start).zip(minute(&end)).and_then(|(start, end)| Self::of_minutes(start, end));
        read.ok_or_else(|| {
            let short = |text: String| text.chars().take(10).collect();
            BadSpan(short(start), short(end))
        })
    }
}

impl utoipa::PartialSchema for Span {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).examples(["08:30"]);
        ArrayBuilder::new().items(text).min_items(Some(2)).max_items(Some(2)).into()
    }
}

impl utoipa::ToSchema for Span {}

impl From<Span> for [String; 2] {
    fn from(span: Span) -> Self {
        span.text()
    }
}
