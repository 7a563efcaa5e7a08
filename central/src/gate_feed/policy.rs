//! 场所和通道 policy: seeded from the configuration, kept by administrators, shown to the gates.
//! Promises: a yard whose customs areas change shows the records of the new ones and takes back those of the old, in one transaction.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use protocols::{
    contract::PolicyRow,
    ids::{CustomsCode, GateId, LaneId, YardId},
    rules::{LanePolicy, YardPolicy},
};
use sea_orm::ConnectionTrait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    areas, deny,
    publish::{POLICY, policy_in},
    shape,
};
use crate::{
    app::Central,
    config::{Config, limits},
    declaration::{body, fault::FieldError, problem::Problem},
    identity::Person,
    store::{Store, StoreError, Tx, column, execute, from_json, one, to_json},
};

/// Unknown members that are told at once.
const MOST_UNKNOWN: usize = 20;

/// Puts what the configuration has and the store does not have yet.
///
/// # Errors
/// [`StoreError`].
pub async fn seed(store: &Store, config: &Config) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for yard in &config.yards {
        if yard_policy(tx.conn(), &yard.yard_id).await?.is_none() {
            let sql = "INSERT INTO yard (yard_id, revision, floor, policy) VALUES ($1, 0, 0, $2)";
            let policy = to_json("yard policy", &yard.policy)?;
            execute(tx.conn(), sql, [yard.yard_id.as_str().into(), policy.into()]).await?;
            areas::set(&mut tx, &yard.yard_id, (&[], &yard.policy.customs_codes), config.feed.stub_days)
                .await?;
            policy_in(&mut tx, &yard.yard_id, &PolicyRow::Yard(yard.policy.clone())).await?;
        }
    }
    for lane in &config.lanes {
        if lane_policy(tx.conn(), &lane.yard_id, &lane.policy.gate_id, &lane.policy.lane_id).await?.is_none()
        {
            policy_in(&mut tx, &lane.yard_id, &PolicyRow::Lane(lane.policy.clone())).await?;
        }
    }
    deny::complete(&mut tx).await?;
    tx.commit().await
}

/// The policy of a yard, if there is such a yard.
///
/// # Errors
/// [`StoreError`].
pub async fn yard_policy<C: ConnectionTrait>(
    conn: &C,
    yard: &YardId,
) -> Result<Option<YardPolicy>, StoreError> {
    let row = one(conn, "SELECT policy FROM yard WHERE yard_id = $1", [yard.as_str().into()]).await?;
    row.map(|row| from_json("yard policy", &column::<String>(&row, "policy")?)).transpose()
}

async fn lane_policy<C: ConnectionTrait>(
    conn: &C,
    yard: &YardId,
    gate: &GateId,
    lane: &LaneId,
) -> Result<Option<LanePolicy>, StoreError> {
    let sql = "SELECT body FROM index_row WHERE yard_id = $1 AND kind = $2 AND name = $3";
    let row = one(conn, sql, [yard.as_str().into(), POLICY.into(), format!("{gate}/{lane}").into()]).await?;
    let policy: Option<PolicyRow> =
        row.map(|row| from_json("lane policy", &column::<String>(&row, "body")?)).transpose()?;
    Ok(policy.and_then(|policy| match policy {
        PolicyRow::Lane(lane) => Some(lane),
        PolicyRow::Yard(_) => None,
    }))
}

/// Whether a yard fed by this area takes one open record a medium only (SG-107).
///
/// # Errors
/// [`StoreError`].
pub async fn one_record_per_medium(tx: &Tx, area: &CustomsCode) -> Result<bool, StoreError> {
    for yard in super::publish::yards_of(tx.conn(), area).await? {
        if yard_policy(tx.conn(), &yard).await?.is_some_and(|policy| policy.one_open_record_per_medium) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The yard's policy.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/yards/{yard_id}/policy", tag = "admin", params(("yard_id" = String, Path, pattern = "^[0-9A-Z]{11}$")),
    responses((status = 200, description = "the policy", body = serde_json::Value)))]
pub async fn get_yard(
    State(central): State<Central>,
    person: Person,
    Path(yard): Path<YardId>,
) -> Result<Json<YardPolicy>, Problem> {
    person.must_administer()?;
    yard_policy(central.store().read(), &yard).await?.map(Json).ok_or_else(Problem::not_found)
}

/// Replaces the yard's policy; what is absent takes its default.
///
/// # Errors
/// 400, 401, 403, 404, 422.
#[utoipa::path(put, path = "/api/v1/admin/yards/{yard_id}/policy", tag = "admin", params(("yard_id" = String, Path, pattern = "^[0-9A-Z]{11}$")),
    request_body(content = inline(shape::Yard), example = json!({"customs_codes": ["0708"], "weight_tolerance_pct": 5})),
    responses((status = 200, description = "the policy as stored", body = serde_json::Value)))]
pub async fn put_yard(
    State(central): State<Central>,
    person: Person,
    Path(yard): Path<YardId>,
    bytes: Bytes,
) -> Result<Json<YardPolicy>, Problem> {
    person.must_administer()?;
    let policy = checked(&bytes, limits::yard)?;
    let mut tx = central.store().begin().await?;
    let before = yard_policy(tx.conn(), &yard).await?.ok_or_else(Problem::not_found)?;
    let stored = to_json("yard policy", &policy)?;
    let sql = "UPDATE yard SET policy = $2 WHERE yard_id = $1";
    execute(tx.conn(), sql, [yard.as_str().into(), stored.into()]).await?;
    let areas = (&*before.customs_codes, &*policy.customs_codes);
    areas::set(&mut tx, &yard, areas, central.config().feed.stub_days).await?;
    policy_in(&mut tx, &yard, &PolicyRow::Yard(policy.clone())).await?;
    tx.commit().await?;
    tracing::info!(yard.id = %yard, person.name = person.name, "policy of yard {yard} replaced");
    Ok(Json(policy))
}

/// The policy as sent: a member that it does not have is not dropped in silence, and its values are within their ranges.
fn checked<P: Serialize + DeserializeOwned>(
    bytes: &Bytes,
    limits: impl FnOnce(&P) -> Vec<(&'static str, String)>,
) -> Result<P, Problem> {
    let sent: serde_json::Map<String, Value> = body::read(bytes)?;
    let policy: P = body::read(bytes)?;
    let value = |key: &str| sent.get(key).cloned().unwrap_or_default();
    let known = serde_json::to_value(&policy).unwrap_or_default();
    let unknown = sent.keys().filter(|key| known.get(key).is_none()).take(MOST_UNKNOWN);
    let unknown = unknown
        .map(|key| FieldError::format(key.clone(), "PO-332", "未知的数据项", "unknown member", value(key)));
    let limits = limits(&policy)
        .into_iter()
        .map(|(key, why)| FieldError::format(key.to_owned(), "PO-332", "超出允许范围", why, value(key)));
    let faults: Vec<_> = unknown.chain(limits).collect();
    if faults.is_empty() { Ok(policy) } else { Err(Problem::fields(faults)) }
}

type LanePath = (YardId, GateId, LaneId);

/// The lane's policy.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/yards/{yard_id}/lanes/{gate_id}/{lane_id}", tag = "admin",
    params(("yard_id" = String, Path, pattern = "^[0-9A-Z]{11}$"), ("gate_id" = String, Path, pattern = "^[0-9A-Za-z][0-9A-Za-z_.-]{0,31}$"), ("lane_id" = String, Path, pattern = "^[0-9A-Za-z][0-9A-Za-z_.-]{0,15}$")),
    responses((status = 200, description = "the policy", body = serde_json::Value)))]
pub async fn get_lane(
    State(central): State<Central>,
    person: Person,
    Path((yard, gate, lane)): Path<LanePath>,
) -> Result<Json<LanePolicy>, Problem> {
    person.must_administer()?;
    lane_policy(central.store().read(), &yard, &gate, &lane).await?.map(Json).ok_or_else(Problem::not_found)
}

/// Makes or replaces the lane's policy; what is absent takes its default.
///
/// # Errors
/// 400, 401, 403, 404, 422.
#[utoipa::path(put, path = "/api/v1/admin/yards/{yard_id}/lanes/{gate_id}/{lane_id}", tag = "admin",
    params(("yard_id" = String, Path, pattern = "^[0-9A-Z]{11}$"), ("gate_id" = String, Path, pattern = "^[0-9A-Za-z][0-9A-Za-z_.-]{0,31}$"), ("lane_id" = String, Path, pattern = "^[0-9A-Za-z][0-9A-Za-z_.-]{0,15}$")),
    request_body(content = inline(shape::LanePolicy), example = json!({"gate_id": "0708-G02", "lane_id": "OUT1", "lane_direction": "OUT", "outermost": true})),
    responses((status = 200, description = "the policy as stored", body = serde_json::Value)))]
pub async fn put_lane(
    State(central): State<Central>,
    person: Person,
    Path((yard, gate, lane)): Path<LanePath>,
    bytes: Bytes,
) -> Result<Json<LanePolicy>, Problem> {
    person.must_administer()?;
    let policy = checked(&bytes, limits::lane)?;
    if policy.gate_id != gate || policy.lane_id != lane {
        let (zh, en) = ("与路径不一致", "gate_id and lane_id must be those of the path");
        return Err(Problem::fields(vec![FieldError::format(
            "lane_id".into(),
            "PO-332",
            zh,
            en,
            Value::Null,
        )]));
    }
    let mut tx = central.store().begin().await?;
    yard_policy(tx.conn(), &yard).await?.ok_or_else(Problem::not_found)?;
    policy_in(&mut tx, &yard, &PolicyRow::Lane(policy.clone())).await?;
    tx.commit().await?;
    tracing::info!(yard.id = %yard, person.name = person.name, "policy of lane {gate}/{lane} replaced");
    Ok(Json(policy))
}
