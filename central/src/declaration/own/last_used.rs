//! What a person entered last in a manual, so that the next record can begin with it.
//! Promises: one a person and manual, the newest; nobody else sees it.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{has_room, judged, manual};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::Person,
    store::{column, execute, from_json, one, to_json},
};

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(show, keep))
}

/// 上次录入: empty before anything was entered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct LastUsed {
    #[schema(value_type = Option<String>)]
    updated_at: Option<UtcMillis>,
    /// By field.
    values: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Used {
    values: Map<String, Value>,
}

/// What I entered last.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/v1/last-used/{manual}", tag = "own", params(("manual" = String, Path, example = "smart_gate")),
    responses((status = 200, description = "the values; none before anything was entered", body = LastUsed, example = json!({
                   "updated_at": "2025-10-13T00:30:00.000Z", "values": {"customs_code": "0708", "medium_type": "VN"}})),
              (status = 401, description = "not logged in")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(manual): Path<String>,
) -> Result<Json<LastUsed>, Problem> {
    let sql = "SELECT updated_at, doc FROM last_used WHERE person = $1 AND manual = $2";
    let Some(row) = one(central.store().read(), sql, [person.identity().into(), manual.into()]).await? else {
        return Ok(Json(LastUsed { updated_at: None, values: Map::new() }));
    };
    let values = from_json("last used values", &column::<String>(&row, "doc")?)?;
    let updated_at = Some(UtcMillis::from_millis(column(&row, "updated_at")?));
    Ok(Json(LastUsed { updated_at, values }))
}

/// Keeps what I have just entered, in the place of what was kept before.
///
/// # Errors
/// 400, 401, 413, 422.
#[utoipa::path(put, path = "/api/v1/last-used/{manual}", tag = "own", params(("manual" = String, Path, example = "smart_gate")),
    request_body(content = inline(Used), example = json!({"values": {"customs_code": "0708", "medium_type": "VN"}})),
    responses((status = 204, description = "kept"), (status = 401, description = "not logged in"),
              (status = 422, description = "not a manual, or not values")))]
async fn keep(
    State(central): State<Central>,
    person: Person,
    Path(of): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let used: Used = body::read(&bytes)?;
    let mut faults = Vec::new();
    manual(&of, &mut faults);
    judged(faults)?;
    let tx = central.store().begin().await?;
    let counted = "SELECT COUNT(*) AS in_all, COUNT(CASE WHEN manual = $2 THEN 1 END) AS here FROM last_used WHERE person = $1 AND manual <> $2";
    has_room(&tx, counted, &person.identity(), &of).await?;
    let sql = "INSERT INTO last_used (person, manual, updated_at, doc) VALUES ($1, $2, $3, $4)
               ON CONFLICT (person, manual) DO UPDATE SET updated_at = $3, doc = $4";
    let values = [
        person.identity().into(),
        of.into(),
        tx.now().as_millis().into(),
        to_json("last used values", &used.values)?.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
