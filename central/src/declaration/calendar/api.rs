//! How a port's working calendar is kept: by an administrator, or by the officers of the port itself (AC-099).
//! Promises: a change names the version that its keeper saw; it touches no application that was submitted before (AC-099).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use protocols::ids::CustomsCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Calendar, holidays::Holidays, query, store};
use crate::{
    app::Central,
    declaration::{body, codes, fault::FieldError, numbering, problem::Problem},
    identity::{Person, Standing},
    store::Tx,
};

/// The paths of the calendars.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(ports))
        .routes(routes!(show, put))
        .routes(routes!(import))
        .routes(routes!(changes))
        .routes(routes!(query::working_hours))
}

fn may_keep(person: &Person, port: &CustomsCode) -> Result<(), Problem> {
    match &person.standing {
        Standing::Admin => Ok(()),
        Standing::Officer(offices) if offices.contains(port) => Ok(()),
        _ => Err(Problem::no_permission()),
    }
}

fn read_port(port: &str) -> Result<CustomsCode, Problem> {
    CustomsCode::parse(port).map_err(|_| Problem::not_found())
}

fn answer(kept: &store::Kept) -> Json<Value> {
    Json(json!({ "port": kept.port, "version": kept.version, "calendar": kept.calendar }))
}

/// The ports that have a calendar, with the days for which it speaks; for an officer those of the own offices.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/ports", tag = "calendar",
    responses((status = 200, description = "by port", body = serde_json::Value, example = json!({"items": [{"port": "2248", "version": 1,
                   "published_from": "2026-01-01", "published_until": "2026-12-31", "off": 11, "worked": 5}]})),
              (status = 403, description = "keeps no calendar")))]
async fn ports(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    if !matches!(person.standing, Standing::Admin | Standing::Officer(_)) {
        return Err(Problem::no_permission());
    }
    let kept = store::every(central.store().read()).await?;
    let own = kept.iter().filter(|kept| may_keep(&person, &kept.port).is_ok());
    let items = own.map(|store::Kept { port, version, calendar }| {
        json!({ "port": port, "version": version, "published_from": calendar.published_from, "published_until": calendar.published_until,
                "off": calendar.off.len(), "worked": calendar.worked.len() })
    });
    Ok(Json(json!({ "items": items.collect::<Vec<_>>() })))
}

/// The working calendar of a port.
///
/// # Errors
/// 401, 403, 404 where there is none.
#[utoipa::path(get, path = "/api/v1/admin/ports/{port}/calendar", tag = "calendar", params(("port" = String, Path)),
    responses((status = 200, description = "the calendar with its version", body = serde_json::Value, example = json!({
        "port": "2248", "version": 1, "calendar": {"working_day": [["08:30", "12:00"], ["13:30", "17:00"]], "saturday": [], "sunday": [],
        "off": ["2018-10-01"], "worked": ["2018-09-29"], "special": {}, "published_from": "2018-01-01", "published_until": "2018-12-31"}})),
              (status = 404, description = "none is kept")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(port): Path<String>,
) -> Result<Json<Value>, Problem> {
    let port = read_port(&port)?;
    may_keep(&person, &port)?;
    let kept = store::find(central.store().read(), port.as_str()).await?.ok_or_else(Problem::not_found)?;
    Ok(answer(&kept))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutRequest {
    version: i64,
    calendar: Calendar,
}

/// Sets hours, days off, worked days and the published days of a port; `version` 0 makes its first calendar.
///
/// # Errors
/// 400, 401, 403, 409, 422 for an unknown port (AC-058) or hours that overlap.
#[utoipa::path(put, path = "/api/v1/admin/ports/{port}/calendar", tag = "calendar", params(("port" = String, Path)),
    request_body(content = inline(PutRequest), example = json!({"version": 0, "calendar": {"working_day": [["08:30", "12:00"], ["13:30", "17:00"]],
        "published_from": "2026-01-01", "published_until": "2026-12-31"}})),
    responses((status = 200, description = "kept", body = serde_json::Value), (status = 409, description = "changed meanwhile"),
              (status = 422, description = "all faults", body = serde_json::Value)))]
async fn put(
    State(central): State<Central>,
    person: Person,
    Path(port): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let port = read_port(&port)?;
    may_keep(&person, &port)?;
    let request: PutRequest = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    keep(tx, &person, port, request.version, request.calendar).await
}

async fn keep(
    tx: Tx,
    person: &Person,
    port: CustomsCode,
    seen: i64,
    calendar: Calendar,
) -> Result<Json<Value>, Problem> {
    let mut faults = calendar.faults();
    let today = numbering::date_in_china(tx.now());
    if codes::find(tx.conn(), "customs_office", port.as_str(), &today).await?.is_none() {
        faults.push(FieldError::unknown_code("port".into(), "AC-058", json!(port)));
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let version =
        store::put(&tx, &port, seen, &calendar, &person.actor()).await?.map_err(Problem::version_conflict)?;
    tx.commit().await?;
    Ok(answer(&store::Kept { port, version, calendar }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportRequest {
    version: i64,
    year: i32,
    csv: Option<String>,
}

/// Puts the national days off and make-up days of a year into a port's calendar: from the list of the service, or from one that is sent.
///
/// # Errors
/// 400, 401, 403, 404 without a calendar, 409, 422 where the list has nothing for the year.
#[utoipa::path(post, path = "/api/v1/admin/ports/{port}/calendar/holidays", tag = "calendar", params(("port" = String, Path)),
    request_body(content = inline(ImportRequest), example = json!({"version": 1, "year": 2026})),
    responses((status = 200, description = "the calendar with the year's days", body = serde_json::Value),
              (status = 422, description = "nothing is known about the year, or a line cannot be read", body = serde_json::Value)))]
async fn import(
    State(central): State<Central>,
    person: Person,
    Path(port): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let port = read_port(&port)?;
    may_keep(&person, &port)?;
    let request: ImportRequest = body::read(&bytes)?;
    let holidays = match &request.csv {
        Some(csv) => Holidays::parse(csv),
        None => Holidays::national(),
    };
    let holidays = holidays.map_err(Problem::fields)?;
    if !holidays.has_year(request.year) {
        let (zh, en) = ("节假日表中没有该年度", "the list has nothing for this year");
        let fault = FieldError::format("year".into(), "AC-096", zh, en, request.year.into());
        return Err(Problem::fields(vec![fault]));
    }
    let tx = central.store().begin().await?;
    let kept = store::find(tx.conn(), port.as_str()).await?.ok_or_else(Problem::not_found)?;
    let mut calendar = kept.calendar;
    holidays.enter(request.year, &mut calendar);
    keep(tx, &person, port, request.version, calendar).await
}

/// Who changed a port's calendar, when and into what; newest first.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/ports/{port}/calendar/changes", tag = "calendar", params(("port" = String, Path)),
    responses((status = 200, description = "at most 100", body = serde_json::Value, example = json!({"items": []}))))]
async fn changes(
    State(central): State<Central>,
    person: Person,
    Path(port): Path<String>,
) -> Result<Json<Value>, Problem> {
    let port = read_port(&port)?;
    may_keep(&person, &port)?;
    let changes = store::changes(central.store().read(), port.as_str()).await?;
    let items: Vec<_> = changes
        .iter()
        .map(|change| {
            json!({ "version": change.version, "at": change.at, "actor": change.actor.name, "role": change.actor.role,
                    "calendar": change.calendar })
        })
        .collect();
    Ok(Json(json!({ "items": items })))
}
