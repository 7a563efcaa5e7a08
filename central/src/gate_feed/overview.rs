//! The gates as people see them: which there are, how they are, what they reported.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use protocols::contract::UtcMillis;
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::Person,
    store::{StoreError, all, column, from_json},
};

/// 卡口 list.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/gates", tag = "gates",
    responses((status = 200, description = "gates that ever said hello", body = serde_json::Value,
               example = json!({"items": [{"gate_id": "0708-G02", "yard_id": "CNEHX070801", "epoch": 1, "seq": 12, "hash": "...", "agent_version": "0.1.0", "seen_at": "2025-10-13T03:26:03.000Z", "live": null}]}))))]
pub async fn gates(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    person.must_oversee()?;
    let sql = "SELECT g.gate_id, g.yard_id, g.epoch, g.agent_version, g.seen_at, g.live, e.seq, e.hash
               FROM gate g JOIN gate_epoch e ON e.gate_id = g.gate_id AND e.epoch = g.epoch ORDER BY g.gate_id";
    let rows = all(central.store().read(), sql, []).await?;
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let live: Option<String> = column(row, "live")?;
        let live: Option<Value> = live.map(|text| from_json("live status", &text)).transpose()?;
        Ok(json!({
            "gate_id": column::<String>(row, "gate_id")?, "yard_id": column::<String>(row, "yard_id")?,
            "epoch": column::<i64>(row, "epoch")?, "seq": column::<i64>(row, "seq")?,
            "hash": column::<String>(row, "hash")?, "agent_version": column::<String>(row, "agent_version")?,
            "seen_at": UtcMillis::from_millis(column(row, "seen_at")?), "live": live,
        }))
    };
    Ok(Json(json!({ "items": rows.iter().map(item).collect::<Result<Vec<_>, _>>()? })))
}

/// Which events.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventPage {
    /// The epoch of the last event that the caller has.
    #[serde(default)]
    after_epoch: i64,
    /// Its number.
    #[serde(default)]
    after_seq: i64,
    /// How many at most; 100, up to 1000.
    limit: Option<i64>,
}

/// 事件 of a gate, in its own order.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/gates/{gate_id}/events", tag = "gates", params(EventPage, ("gate_id" = String, Path)),
    responses((status = 200, description = "events as they came", body = serde_json::Value,
               example = json!({"items": [{"received_at": "2025-10-13T03:26:03.000Z", "readable": true, "event": {}}]}))))]
pub async fn events(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    Query(page): Query<EventPage>,
) -> Result<Json<Value>, Problem> {
    person.must_oversee()?;
    let sql = "SELECT received_at, readable, raw FROM gate_event
               WHERE gate_id = $1 AND (epoch > $2 OR (epoch = $2 AND seq > $3)) ORDER BY epoch, seq LIMIT $4";
    let limit = page.limit.unwrap_or(100).clamp(1, 1000);
    let values = [gate_id.into(), page.after_epoch.into(), page.after_seq.into(), limit.into()];
    let rows = all(central.store().read(), sql, values).await?;
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let event: Value = from_json("event", &column::<String>(row, "raw")?)?;
        Ok(json!({
            "received_at": UtcMillis::from_millis(column(row, "received_at")?),
            "readable": column::<i64>(row, "readable")? == 1, "event": event,
        }))
    };
    Ok(Json(json!({ "items": rows.iter().map(item).collect::<Result<Vec<_>, _>>()? })))
}
