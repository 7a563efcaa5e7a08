//! 异常: what a person must look at.
//! Promises: alerts are numbered from 1 and never removed. One that a program could raise over and over is raised once in ten minutes.

use axum::{
    Json,
    extract::{Query, State},
};
use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::Central,
    declaration::{numbering, problem::Problem},
    identity::Person,
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertCode {
    /// Two lanes or gates used one trip (SG-252).
    DoubleUse,
    /// A gate's fact about a trip that was not approved any more (SG-250).
    LateFact,
    /// A trip under customs hold moved.
    HeldTripMoved,
    /// The vehicle left, the closing pass never came (SG-251).
    PassMissing,
    /// An event that makes no sense in the trip's status (SG-190).
    OutOfPlace,
    /// An event names a trip that the centre does not have.
    UnknownTrip,
    /// An event names a trip of an area that does not feed the gate's yard.
    ForeignTrip,
    /// An event that this version cannot read; kept as it came.
    UnreadableEvent,
    /// Another event has the same `event_id` (SG-246).
    DuplicateEventId,
    /// The gate's clock is off by more than 5 seconds (SG-254).
    ClockOffset,
    /// Two histories under one gate's name.
    Fork,
    /// Events that do not follow from those before.
    BrokenChain,
    /// A vehicle is taken to have passed, but no loop saw it.
    PassageUnconfirmed,
    /// A barrier that was told to rise did not, or nobody knows.
    RaiseFailed,
    /// A second vehicle followed through.
    Tailgating,
    /// A device of a gate does not work.
    DeviceFault,
    /// A gate dropped records by its policy.
    Shed,
    /// A customs receipt with an unknown code (SG-165).
    UnknownReceipt,
    /// A customs receipt that fits no status (SG-190).
    ReceiptOutOfPlace,
    /// Declarations do not reach customs (SG-171).
    DeliveryFailing,
    /// A file of customs that cannot be read.
    BadReceiptFile,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What.
    pub code: AlertCode,
    /// At which gate.
    pub gate_id: Option<String>,
    /// About which trip.
    pub trip_no: Option<String>,
    /// By which event.
    pub event_id: Option<String>,
    /// In words.
    pub text: String,
    /// When the gate says that it happened.
    pub occurred_at: Option<UtcMillis>,
}

const QUIET_MS: i64 = 10 * 60 * 1000;

/// Raises an alert.
///
/// # Errors
/// [`StoreError`].
pub async fn raise(tx: &Tx, alert: &Alert) -> Result<(), StoreError> {
    let id = i64::try_from(numbering::next(tx, "alert").await?).unwrap_or(i64::MAX);
    let code = subject(alert);
    let values = [id.into(), tx.now().as_millis().into(), code.into(), to_json("alert", alert)?.into()];
    execute(tx.conn(), "INSERT INTO alert (id, at, code, doc) VALUES ($1, $2, $3, $4)", values).await?;
    tracing::warn!(alert.code = ?alert.code, gate.id = alert.gate_id, "alert: {}", alert.text);
    Ok(())
}

/// Raises an alert unless the same gate had the same one, of the same device if it is about one, within ten minutes.
///
/// # Errors
/// [`StoreError`].
pub async fn raise_rarely(tx: &Tx, alert: &Alert) -> Result<(), StoreError> {
    let since = tx.now().as_millis() - QUIET_MS;
    let sql = "SELECT id FROM alert WHERE code = $1 AND at > $2 LIMIT 1";
    if one(tx.conn(), sql, [subject(alert).into(), since.into()]).await?.is_some() {
        return Ok(());
    }
    raise(tx, alert).await
}

/// What counts as the same alert. Other texts carry numbers that change; that of a device names it before the colon.
fn subject(alert: &Alert) -> String {
    let device = match alert.code {
        AlertCode::DeviceFault => alert.text.split(": ").next().unwrap_or_default(),
        _ => "",
    };
    format!("{:?} {} {device}", alert.code, alert.gate_id.as_deref().unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// Which alerts.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// The last number that the caller has.
    #[serde(default)]
    after: i64,
    /// How many at most; 100, up to 1000.
    limit: Option<i64>,
}

/// 异常 list, oldest first.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "gates", params(Page),
    responses((status = 200, description = "alerts", body = serde_json::Value,
               example = json!({"items": [{"id": 1, "at": "2025-10-13T03:26:03.000Z", "code": "double_use", "gate_id": "0708-G02", "trip_no": null, "event_id": null, "text": "...", "occurred_at": null}]}))))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    person.must_oversee()?;
    let sql = "SELECT id, at, doc FROM alert WHERE id > $1 ORDER BY id LIMIT $2";
    let limit = page.limit.unwrap_or(100).clamp(1, 1000);
    let rows = all(central.store().read(), sql, [page.after.into(), limit.into()]).await?;
    let item = |row: &sea_orm::QueryResult| -> Result<Value, StoreError> {
        let mut item: Value = from_json("alert", &column::<String>(row, "doc")?)?;
        if let Value::Object(members) = &mut item {
            members.insert("id".into(), column::<i64>(row, "id")?.into());
            members.insert("at".into(), json!(UtcMillis::from_millis(column(row, "at")?)));
        }
        Ok(item)
    };
    Ok(Json(json!({ "items": rows.iter().map(item).collect::<Result<Vec<_>, _>>()? })))
}
