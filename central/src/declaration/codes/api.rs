//! What a code field offers while a person types (PO-167, PO-168).

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Offered, is_table};
use crate::{
    app::Central,
    declaration::{fault::FieldError, numbering, problem::Problem, query},
    identity::Person,
};

/// Digits of an HS code that a search needs (PO-312).
const FEWEST_HS_DIGITS: usize = 4;

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(find))
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Typed {
    /// What was typed: the beginning of a code, or any part of a name.
    #[param(example = "上海")]
    q: Option<String>,
    /// The day on which the codes are to hold, `YYYY-MM-DD`; today where it is absent.
    on: Option<String>,
    /// Of customs offices: those that have a yard first, each with `has_yard`.
    #[serde(default)]
    yards_first: bool,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Found {
    items: Vec<Offered>,
}

/// 参数查询: at most 50 entries that hold on the day: equal code, code prefix, name prefix, other.
///
/// # Errors
/// 401, 404 for a table that does not exist, 422.
#[utoipa::path(get, path = "/api/v1/codes/{table}", tag = "codes", params(("table" = String, Path, example = "customs_office"), Typed),
    responses((status = 200, description = "what matches", body = Found,
               example = json!({"items": [{"code": "2225", "name": "外港海关", "name_en": null}]})),
              (status = 401, description = "not logged in"), (status = 404, description = "no such table"),
              (status = 422, description = "a condition breaks a rule")))]
async fn find(
    State(central): State<Central>,
    _: Person,
    Path(table): Path<String>,
    typed: query::Sent<Typed>,
) -> Result<Json<Found>, Problem> {
    let typed = query::read(typed)?;
    let mut faults = Vec::new();
    let q = query::text("q", typed.q.as_deref(), &mut faults).unwrap_or_default();
    if table == "hs_code"
        && q.len() < FEWEST_HS_DIGITS
        && !q.is_empty()
        && q.bytes().all(|byte| byte.is_ascii_digit())
    {
        let (zh, en) = ("请至少输入4位编码", "at least 4 digits of an HS code");
        faults.push(FieldError::format("q".into(), "PO-312", zh, en, q.clone().into()));
    }
    let today = || numbering::date_in_china(central.store().clock().now());
    let on = match typed.on {
        Some(on) => super::sheet::day("on", &on, &mut faults).unwrap_or_default(),
        None => today(),
    };
    query::judged(faults)?;
    let conn = central.store().read();
    if !is_table(conn, &table).await? {
        return Err(Problem::not_found());
    }
    Ok(Json(Found {
        items: super::search(conn, &table, &q, &on, typed.yards_first && table == "customs_office").await?,
    }))
}
