//! The gates as people see them: which there are, how they are, what they reported.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use protocols::contract::UtcMillis;
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{live::view, reach::Reach};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::Person,
    store::{StoreError, all, column, from_json, one},
};

/// 卡口 list: the gates that the person sees, with their lanes.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/gates", tag = "gates",
    responses((status = 200, description = "gates that ever said hello", body = serde_json::Value,
               example = json!({"items": [{"gate_id": "0708-G02", "yard_id": "CNEHX070801", "epoch": 1, "seq": 12, "hash": "...", "agent_version": "0.1.0", "seen_at": "2025-10-13T03:26:03.000Z", "live": null,
                   "unsent": 0, "yard_revision": 7, "lanes": [{"lane_id": "IN1", "lane_direction": "IN", "outermost": false, "state": "idle", "since": "2025-10-13T03:26:03.000Z",
                                                               "visit_id": null, "verdict": null, "reason": null, "faults": [], "last": null}]}]}))))]
pub async fn gates(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let reach = Reach::of(conn, &person).await?;
    let gates = view::gates(conn, &central, &reach, None).await?;
    let heard: Vec<_> =
        gates.into_iter().filter(|gate| gate.get("seen_at").is_some_and(|at| !at.is_null())).collect();
    Ok(Json(json!({ "items": heard })))
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
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/gates/{gate_id}/events", tag = "gates", params(EventPage, ("gate_id" = String, Path)),
    responses((status = 200, description = "events as they came", body = serde_json::Value,
               example = json!({"items": [{"received_at": "2025-10-13T03:26:03.000Z", "readable": true, "event": {}}]}))))]
pub async fn events(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    Query(page): Query<EventPage>,
) -> Result<Json<Value>, Problem> {
    let reach = Reach::of(central.store().read(), &person).await?;
    if !of_reach(&central, &reach, &gate_id).await? {
        return Err(Problem::not_found());
    }
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

/// Whether the person sees this gate. One that never said a word has no events, and is of the yard that the configuration names.
async fn of_reach(central: &Central, reach: &Reach, gate_id: &str) -> Result<bool, StoreError> {
    let row =
        one(central.store().read(), "SELECT yard_id FROM gate WHERE gate_id = $1", [gate_id.into()]).await?;
    if let Some(row) = row {
        return Ok(reach.has(&column::<String>(&row, "yard_id")?));
    }
    let configured = central.identities().gates().iter().find(|gate| gate.gate_id.as_str() == gate_id);
    Ok(configured.is_some_and(|gate| reach.has(gate.yard_id.as_str())))
}
