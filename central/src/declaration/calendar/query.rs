//! 口岸工作时间查询: the working hours of ports, day by day.
//! Promises: the same calendars as the rules for applications use (AC-182), open to everyone who is logged in (AC-183).
//! Source: spec AC-177..AC-183.

use axum::{Json, extract::State};
use chrono::{Datelike, NaiveDate, Weekday};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::store::{self, Kept};
use crate::{
    app::Central,
    declaration::{
        codes,
        fault::FieldError,
        numbering,
        problem::Problem,
        query::{self, PeriodRule, judged},
    },
    identity::Person,
};

/// The hint of AC-180.
pub const HINT: &str = "请联系口岸或海关更新工作日历";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    date_from: Option<String>,
    date_to: Option<String>,
    port: Option<String>,
}

const WORKING_DATE: PeriodRule =
    PeriodRule { names: ["date_from", "date_to"], rule: "AC-177", most_days: Some(15), required: true };

/// 口岸工作时间查询: working time only, by port and start.
///
/// # Errors
/// 401, 422 without a period of at most 15 days (AC-177), or for an unknown port.
#[utoipa::path(get, path = "/api/v1/ports/working-hours", tag = "calendar",
    params(("date_from" = String, Query), ("date_to" = String, Query), ("port" = Option<String>, Query)),
    responses((status = 200, description = "`unknown` names the ports whose calendar does not speak for every day, with the hint", body = serde_json::Value,
               example = json!({"items": [{"port": "2248", "port_name": "洋山港区", "date": "2018-10-08", "weekday": "星期一", "start": "08:30", "end": "12:00"}],
                                "unknown": [], "hint": null})),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn working_hours(
    State(central): State<Central>,
    _person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let period = WORKING_DATE.read(asked.date_from.as_deref(), asked.date_to.as_deref(), &mut faults);
    faults.iter_mut().filter(|fault| fault.code == "PO_RANGE_TOO_LONG").for_each(in_words_of_the_manual);
    let conn = central.store().read();
    let today = numbering::date_in_china(central.store().clock().now());
    let port = asked.port.as_deref().map(str::trim).filter(|port| !port.is_empty());
    if let Some(code) = port
        && codes::find(conn, "customs_office", code, &today).await?.is_none()
    {
        faults.push(FieldError::unknown_code("port".into(), "AC-178", code.into()));
    }
    judged(faults)?;
    let Some(period) = period else { return Ok(Json(json!({ "items": [], "unknown": [], "hint": HINT }))) };
    let (mut kept, mut unknown) = (Vec::new(), Vec::new());
    match port {
        None => kept = store::every(conn).await?,
        Some(code) => match store::find(conn, code).await? {
            Some(calendar) => kept.push(calendar),
            None => unknown.push(code.to_owned()),
        },
    }
    let days: Vec<NaiveDate> = days_of(period.from, period.until);
    let mut items = Vec::new();
    for calendar in &kept {
        if !days.iter().all(|day| calendar.calendar.knows(*day)) {
            unknown.push(calendar.port.to_string());
        }
        let name = codes::find(conn, "customs_office", calendar.port.as_str(), &today).await?;
        let name = name.map(|code| code.name).unwrap_or_default();
        items.extend(days.iter().flat_map(|day| rows(calendar, &name, *day)));
    }
    let hint = if unknown.is_empty() && !kept.is_empty() { Value::Null } else { HINT.into() };
    Ok(Json(json!({ "items": items, "unknown": unknown, "hint": hint })))
}

/// The words of AC-223 for a span that is too long.
pub fn in_words_of_the_manual(fault: &mut FieldError) {
    fault.message = "查询跨度不得超过15天".into();
}

fn days_of(from: UtcMillis, until: UtcMillis) -> Vec<NaiveDate> {
    let (first, end) = (numbering::wall_in_china(from).date(), numbering::wall_in_china(until).date());
    first.iter_days().take_while(|day| *day < end).collect()
}

fn rows(kept: &Kept, name: &str, day: NaiveDate) -> Vec<Value> {
    let spans = kept.calendar.spans(day).unwrap_or_default();
    let row = |span: &super::Span| {
        let [start, end] = span.text();
        json!({ "port": kept.port, "port_name": name, "date": day, "weekday": weekday(day), "start": start, "end": end })
    };
    spans.iter().map(row).collect()
}

const fn weekday_of(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "星期一",
        Weekday::Tue => "星期二",
        Weekday::Wed => "星期三",
        Weekday::Thu => "星期四",
        Weekday::Fri => "星期五",
        Weekday::Sat => "星期六",
        Weekday::Sun => "星期日",
    }
}

fn weekday(day: NaiveDate) -> &'static str {
    weekday_of(day.weekday())
}
