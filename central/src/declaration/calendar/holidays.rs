//! 节假日: the days off and the make-up days that the State Council announces each year.
//! The list in `central/data/holidays.csv` has the years 2018 to 2026; a later year is sent as text of the same form.
//! Absent on purpose: what a port makes of them. A port's calendar takes them in when its keeper says so (AC-096, AC-099).

use chrono::{Datelike, NaiveDate};

use super::Calendar;
use crate::declaration::fault::FieldError;

const NATIONAL: &str = include_str!("../../../data/holidays.csv");
/// Lines of a list that is sent.
const MOST_LINES: usize = 1000;

/// 节假日 of some years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holidays(Vec<(NaiveDate, Kind)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// 放假.
    Off,
    /// 补班.
    Worked,
}

impl Holidays {
    /// The list that comes with the service.
    pub(super) fn national() -> Result<Self, Vec<FieldError>> {
        Self::parse(NATIONAL)
    }

    /// Reads `date,kind,name` lines below a header; `kind` is `holiday` or `workday`.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<FieldError>> {
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for (place, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            if place > MOST_LINES {
                faults.push(fault(place, "行数过多", "at most 1000 lines", ""));
                break;
            }
            let mut cells = line.split(',').map(str::trim);
            let date = cells.next().and_then(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok());
            let kind = match cells.next() {
                Some("holiday") => Some(Kind::Off),
                Some("workday") => Some(Kind::Worked),
                _ => None,
            };
            match (date, kind) {
                (Some(date), Some(kind)) => found.push((date, kind)),
                _ => faults.push(fault(place, "应为 date,kind,name", "must be date,kind,name", line)),
            }
        }
        if faults.is_empty() { Ok(Self(found)) } else { Err(faults) }
    }

    /// Whether the list has anything to say about this year.
    pub(super) fn has_year(&self, year: i32) -> bool {
        self.0.iter().any(|(date, _)| date.year() == year)
    }

    /// Puts one year into a calendar in place of what it had for that year.
    pub(super) fn enter(&self, year: i32, calendar: &mut Calendar) {
        calendar.off.retain(|date| date.year() != year);
        calendar.worked.retain(|date| date.year() != year);
        for (date, kind) in self.0.iter().filter(|(date, _)| date.year() == year) {
            match kind {
                Kind::Off => calendar.off.insert(*date),
                Kind::Worked => calendar.worked.insert(*date),
            };
        }
    }
}

fn fault(line: usize, zh: &str, en: &str, value: &str) -> FieldError {
    let value = value.chars().take(80).collect::<String>().into();
    FieldError::format(format!("csv[{line}]"), "AC-099", zh, en, value)
}
