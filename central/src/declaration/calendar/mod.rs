//! 工作日历: when customs of a port is at work.
//! `mod`: the calendar and what is asked of it · `holidays`: the national list · `store`: all SQL · `api`: how a port's calendar is kept ·
//! `query`: 口岸工作时间查询.
//! Promises: what is working time follows from the port's own calendar alone (AC-096); outside the published days nothing is known, and
//! nothing is assumed (AC-098). Times are those of clocks in China.
//! Source: spec AC-095..AC-099, AC-106, AC-177..AC-183.

pub mod api;
mod holidays;
mod query;
mod span;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};
use serde::{Deserialize, Serialize};

use super::fault::FieldError;

pub use query::{HINT, in_words_of_the_manual};
pub use span::Span;

/// 工作日历 of one port: a normal week, the days that differ from it, and the days for which it speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Working hours of Monday to Friday, and of a make-up day.
    pub working_day: Vec<Span>,
    /// Working hours of an ordinary Saturday.
    #[serde(default)]
    pub saturday: Vec<Span>,
    /// Working hours of an ordinary Sunday.
    #[serde(default)]
    pub sunday: Vec<Span>,
    /// Days without work, whatever weekday they are.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub off: BTreeSet<NaiveDate>,
    /// Saturdays and Sundays that are worked like a Monday.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub worked: BTreeSet<NaiveDate>,
    /// Days with hours of their own; they go before everything else.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Vec<Span>>)]
    pub special: BTreeMap<NaiveDate, Vec<Span>>,
    /// The first day for which the calendar speaks.
    #[schema(value_type = String, format = Date)]
    pub published_from: NaiveDate,
    /// The last one (AC-098).
    #[schema(value_type = String, format = Date)]
    pub published_until: NaiveDate,
}

/// Days between the first and the last published one, and entries of a list: what one request may make the centre keep and search.
const MOST_DAYS: i64 = 20 * 366;
const MOST_ENTRIES: usize = 2000;

impl Calendar {
    /// Whether the calendar speaks for this day.
    #[must_use]
    pub fn knows(&self, date: NaiveDate) -> bool {
        (self.published_from..=self.published_until).contains(&date)
    }

    /// The working hours of a day; none of them on a day off. `None` where the calendar does not speak.
    #[must_use]
    pub fn spans(&self, date: NaiveDate) -> Option<&[Span]> {
        if !self.knows(date) {
            return None;
        }
        if let Some(spans) = self.special.get(&date) {
            return Some(spans);
        }
        if self.off.contains(&date) {
            return Some(&[]);
        }
        if self.worked.contains(&date) {
            return Some(&self.working_day);
        }
        Some(match date.weekday() {
            Weekday::Sat => &self.saturday,
            Weekday::Sun => &self.sunday,
            Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => &self.working_day,
        })
    }

    /// Whether customs is at work at this moment; `None` where the calendar does not speak.
    #[must_use]
    pub fn at_work(&self, at: NaiveDateTime) -> Option<bool> {
        let spans = self.spans(at.date())?;
        Some(spans.iter().any(|span| span.start_on(at.date()) <= at && at < span.end_on(at.date())))
    }

    /// The first working hours that share a moment with this half-open stretch of time (AC-102).
    #[must_use]
    pub fn overlap(&self, from: NaiveDateTime, until: NaiveDateTime) -> Option<(NaiveDate, Span)> {
        let days = from.date().iter_days().take_while(|day| *day <= until.date());
        let spans =
            days.flat_map(|day| self.spans(day).unwrap_or_default().iter().map(move |span| (day, *span)));
        spans.into_iter().find(|(day, span)| span.start_on(*day) < until && from < span.end_on(*day))
    }

    /// 下班 of the last working day before this moment: the latest end of a day's work that is not later (AC-097, AC-106).
    #[must_use]
    pub fn last_end_of_work(&self, before: NaiveDateTime) -> Option<NaiveDateTime> {
        let latest = before.date().min(self.published_until);
        let days = std::iter::successors(Some(latest), NaiveDate::pred_opt);
        days.take_while(|day| *day >= self.published_from)
            .filter_map(|day| self.spans(day)?.last().map(|span| span.end_on(day)))
            .find(|end| *end <= before)
    }

    /// Everything that is wrong with a calendar as it was sent.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut refuse = |path: String, zh: &str, en: &str, value: serde_json::Value| {
            faults.push(FieldError::format(path, "AC-095", zh, en, value));
        };
        let mut days = vec![
            ("working_day".to_owned(), &self.working_day),
            ("saturday".to_owned(), &self.saturday),
            ("sunday".to_owned(), &self.sunday),
        ];
        days.extend(self.special.iter().map(|(date, spans)| (format!("special.{date}"), spans)));
        for (path, spans) in days {
            if !spans.is_sorted_by(|earlier, later| earlier.end() <= later.start()) {
                let (zh, en) = ("工作时段应按先后排列且不重叠", "in order and without overlaps");
                refuse(path, zh, en, serde_json::json!(spans));
            }
        }
        if let Some(both) = self.off.intersection(&self.worked).next() {
            let (zh, en) = ("同一日期不能既休息又工作", "the same date is off and worked");
            refuse("worked".into(), zh, en, serde_json::json!(both));
        }
        let lists = [("off", self.off.len()), ("worked", self.worked.len()), ("special", self.special.len())];
        for (path, length) in lists {
            if length > MOST_ENTRIES {
                refuse(path.into(), "日期过多", "at most 2000 dates", length.into());
            }
        }
        let days = (self.published_until - self.published_from).num_days();
        if !(0..=MOST_DAYS).contains(&days) {
            let (zh, en) = ("公布期限应在起始日期之后且不超过20年", "after the first day, at most 20 years");
            refuse("published_until".into(), zh, en, serde_json::json!(self.published_until));
        }
        faults
    }
}

#[cfg(test)]
mod tests;
