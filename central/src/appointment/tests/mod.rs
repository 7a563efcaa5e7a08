//! The manual's module.
//! `lead_time`: section 8, with an oracle · `examples`: sections 17.1 and 17.2, pure · `chart`: section 14 · `planted`: every rule and row is
//! missed by an example when it is switched off · `lists`: what lists cost · `api`: all of it again through the real router, and what only shows there.

mod api;
mod chart;
mod examples;
mod lead_time;
mod lists;
mod planted;

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use protocols::contract::UtcMillis;
use serde_json::Value;

use crate::declaration::{
    calendar::{Calendar, Span},
    numbering,
};

/// One JSON object a line.
fn lines_of(text: &str) -> Vec<Value> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A time as the specification writes it.
fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
}

fn instant(text: &str) -> UtcMillis {
    numbering::instant_in_china(wall(text))
}

/// The reference calendar of a port (section 8.4): each year is a calendar of its own.
fn calendar(port: &str, year: i32) -> Option<Calendar> {
    static LINES: LazyLock<Vec<Value>> = LazyLock::new(|| lines_of(include_str!("calendars.jsonl")));
    let line = LINES.iter().find(|line| line["calendar"] == port)?;
    let spans = |name: &str| -> Vec<Span> {
        serde_json::from_value::<Option<_>>(line[name].clone()).unwrap().unwrap_or_default()
    };
    let dates = |name: &str| -> BTreeSet<NaiveDate> {
        let all: BTreeSet<NaiveDate> = serde_json::from_value(line[name].clone()).unwrap();
        all.into_iter().filter(|date| date.year() == year).collect()
    };
    let published = dates("published");
    Some(Calendar {
        working_day: spans("spans"),
        saturday: spans("saturday_spans"),
        sunday: Vec::new(),
        off: dates("off"),
        worked: dates("worked"),
        special: std::collections::BTreeMap::new(),
        published_from: NaiveDate::from_ymd_opt(year, 1, 1)?,
        published_until: published.last().copied()?,
    })
}
