//! 试点范围 and 业务范围: which customs offices take applications of a kind, and on which days; headquarters keeps both lists.
//! Promises: an office is in scope only from its first to its last day, both included, in China; each change is audited.
//! Source: spec AE-002, AE-060..AE-062, AE-168.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use chrono::NaiveDate;
use protocols::ids::CustomsCode;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{record::DocType, store};
use crate::{
    app::Central,
    declaration::{
        audit::{self, Entry},
        body, codes,
        fault::FieldError,
        numbering,
        problem::Problem,
        query,
    },
    identity::Person,
    store::StoreError,
};

/// What a scope says of an office on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// Not in it.
    Absent,
    /// In it, but it takes none for now.
    Suspended,
    /// In it.
    Open,
}

/// 受理范围: one office of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Office {
    /// The first day.
    pub(super) valid_from: NaiveDate,
    /// The last day; none: until further notice.
    pub(super) valid_to: Option<NaiveDate>,
    /// Takes none for now (AE-062).
    pub(super) suspended: bool,
}

impl Office {
    fn on(&self, day: NaiveDate) -> Listing {
        if day < self.valid_from || self.valid_to.is_some_and(|last| day > last) {
            Listing::Absent
        } else if self.suspended {
            Listing::Suspended
        } else {
            Listing::Open
        }
    }
}

/// What the scope of this kind says of the office on this day.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn listing<C: ConnectionTrait>(
    conn: &C,
    kind: DocType,
    office: Option<CustomsCode>,
    day: NaiveDate,
) -> Result<Listing, StoreError> {
    let Some(office) = office else { return Ok(Listing::Absent) };
    Ok(store::office(conn, kind, &office).await?.map_or(Listing::Absent, |office| office.on(day)))
}

/// The paths of headquarters.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, remove))
}

fn shown(kind: DocType, code: &CustomsCode, office: &Office) -> Value {
    json!({
        "doc_type": kind, "customs_code": code, "valid_from": office.valid_from, "valid_to": office.valid_to,
        "suspended": office.suspended,
    })
}

/// Both scopes.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/attendance-scopes", tag = "attendance",
    responses((status = 200, description = "every office of both lists", body = serde_json::Value,
               example = json!({"items": [{"doc_type": "declaration", "customs_code": "2225", "valid_from": "2020-02-11", "valid_to": null, "suspended": false}]}))))]
async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    person.must_be_headquarters()?;
    let offices = store::offices(central.store().read()).await?;
    let items: Vec<_> = offices.iter().map(|(kind, code, office)| shown(*kind, code, office)).collect();
    Ok(Json(json!({ "items": items })))
}

/// What headquarters sends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[schema(value_type = String, format = Date)]
    valid_from: NaiveDate,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    valid_to: Option<NaiveDate>,
    #[serde(default)]
    suspended: bool,
}

/// Puts an office into the scope of a kind, or changes its days.
///
/// # Errors
/// 400, 401, 403, 404 for a kind that is none, 422.
#[utoipa::path(put, path = "/api/v1/admin/attendance-scopes/{doc_type}/{customs_code}", tag = "attendance",
    params(("doc_type" = String, Path), ("customs_code" = String, Path)),
    request_body(content = inline(Sent), example = json!({"valid_from": "2020-02-11", "valid_to": null, "suspended": false})),
    responses((status = 200, description = "the office as stored", body = serde_json::Value), (status = 422, description = "all faults")))]
async fn put(
    State(central): State<Central>,
    person: Person,
    Path((kind, code)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_be_headquarters()?;
    let kind = DocType::parse(&kind).ok_or_else(Problem::not_found)?;
    let sent: Sent = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let today = numbering::date_in_china(tx.now());
    let known = codes::find(tx.conn(), "customs_office", &code, &today).await?.is_some();
    let parsed = CustomsCode::parse(&code).ok().filter(|_| known);
    let mut faults = Vec::new();
    if parsed.is_none() {
        let value: String = code.chars().take(40).collect();
        faults.push(FieldError::unknown_code("customs_code".into(), "AE-062", value.into()));
    }
    if let Some(last) = sent.valid_to.filter(|last| *last < sent.valid_from) {
        let (zh, en) = ("结束日期不能小于起始日期", "the last day is before the first");
        faults.push(FieldError::format("valid_to".into(), "AE-062", zh, en, json!(last)));
    }
    query::judged(faults)?;
    let code = parsed.ok_or_else(Problem::not_found)?;
    let office = Office { valid_from: sent.valid_from, valid_to: sent.valid_to, suspended: sent.suspended };
    store::put_office(&tx, kind, &code, &office).await?;
    let detail = shown(kind, &code, &office);
    audited(&tx, &person, kind, &code, "put", detail.clone()).await?;
    tx.commit().await?;
    Ok(Json(detail))
}

/// Takes an office out of the scope of a kind.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/admin/attendance-scopes/{doc_type}/{customs_code}", tag = "attendance",
    params(("doc_type" = String, Path), ("customs_code" = String, Path)),
    responses((status = 204, description = "taken out"), (status = 404, description = "it was not in it")))]
async fn remove(
    State(central): State<Central>,
    person: Person,
    Path((kind, code)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    person.must_be_headquarters()?;
    let kind = DocType::parse(&kind).ok_or_else(Problem::not_found)?;
    let code = CustomsCode::parse(&code).map_err(|_| Problem::not_found())?;
    let tx = central.store().begin().await?;
    if !store::remove_office(&tx, kind, &code).await? {
        return Err(Problem::not_found());
    }
    audited(&tx, &person, kind, &code, "remove", Value::Null).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn audited(
    tx: &crate::store::Tx,
    person: &Person,
    kind: DocType,
    code: &CustomsCode,
    action: &str,
    detail: Value,
) -> Result<(), StoreError> {
    let number = format!("{}/{code}", kind.code());
    let actor = person.actor();
    let entry = Entry {
        actor: &actor,
        subject: "attendance_scope",
        number: &number,
        action,
        before: None,
        after: None,
        detail,
    };
    audit::write(tx, &entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AE-062: both days belong to the validity; a suspended office is listed.
    #[test]
    fn an_office_is_listed_from_its_first_to_its_last_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let office =
            Office { valid_from: day("2020-02-11"), valid_to: Some(day("2020-05-31")), suspended: false };
        for (on, expected) in [
            ("2020-02-10", Listing::Absent),
            ("2020-02-11", Listing::Open),
            ("2020-05-31", Listing::Open),
            ("2020-06-01", Listing::Absent),
        ] {
            assert_eq!(office.on(day(on)), expected, "{on}");
        }
        let suspended = Office { suspended: true, valid_to: None, ..office };
        assert_eq!(suspended.on(day("2030-01-01")), Listing::Suspended);
        assert_eq!(suspended.on(day("2020-02-10")), Listing::Absent);
    }
}
