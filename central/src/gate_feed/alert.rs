//! 异常: what a person must look at. `trouble`: what it tells, in both languages.
//! Promises: alerts are numbered from 1 and never removed; one that somebody has looked at says who and when, and stays. One that a program
//! could raise over and over is raised once in ten minutes. One that was stored before there were Chinese texts is told by its English one.

mod trouble;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use protocols::{contract::UtcMillis, ids::GateId};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{live, reach::Reach};
use crate::{
    app::Central,
    declaration::{
        audit, numbering,
        problem::Problem,
        query::{self, Conditions},
    },
    identity::{Person, Standing},
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

pub use trouble::{Trouble, Unfit, Words};

/// What is wrong, as a word for programs.
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
    /// Somebody shows a certificate that its gate has replaced: a copy of its disk.
    GateCopied,
    /// A gate whose certificate has expired asks for the next one.
    GateRenewalWaits,
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
    /// A gate's disk is full, and it records in the room that it keeps for that.
    GateDiskFull,
    /// A gate cannot record, so nothing opens there by itself.
    GateNotRecording,
    /// A gate's lanes stood still, and its supervisor has started it anew.
    GateStoodStill,
    /// A gate's index was not what the centre has.
    IndexDiffered,
    /// A customs receipt with an unknown code (SG-165).
    UnknownReceipt,
    /// A customs receipt that fits no status (SG-190).
    ReceiptOutOfPlace,
    /// Declarations do not reach customs (SG-171).
    DeliveryFailing,
    /// A file of customs that cannot be read.
    BadReceiptFile,
}

/// One alert. Its words are those of a [`Trouble`], made when it is raised: what it was about may be gone when somebody reads it.
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
    /// In words, in English; the log says the same.
    pub text: String,
    /// In Chinese. None of what was stored before there were such texts.
    pub text_zh: Option<String>,
    /// When the gate says that it happened.
    pub occurred_at: Option<UtcMillis>,
}

impl Alert {
    /// About nothing but the trouble itself.
    #[must_use]
    pub fn of(trouble: &Trouble<'_>) -> Self {
        let (code, words) = trouble.told();
        let (text, text_zh) = (words.en, Some(words.zh));
        Self { code, gate_id: None, trip_no: None, event_id: None, text, text_zh, occurred_at: None }
    }

    /// About a gate.
    #[must_use]
    pub fn of_gate(gate_id: &GateId, trouble: &Trouble<'_>) -> Self {
        Self { gate_id: Some(gate_id.to_string()), ..Self::of(trouble) }
    }
}

const QUIET_MS: i64 = 10 * 60 * 1000;

/// Raises an alert.
///
/// # Errors
/// [`StoreError`].
pub async fn raise(tx: &Tx, alert: &Alert) -> Result<(), StoreError> {
    let id = i64::try_from(numbering::next(tx, "alert").await?).unwrap_or(i64::MAX);
    let code = subject(alert);
    let values = [
        id.into(),
        tx.now().as_millis().into(),
        code.into(),
        to_json("alert", alert)?.into(),
        alert.gate_id.clone().into(),
        alert.trip_no.clone().into(),
        live::moved(tx).await?.into(),
    ];
    let sql =
        "INSERT INTO alert (id, at, code, doc, gate_id, trip_no, moved) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    execute(tx.conn(), sql, values).await?;
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
pub(super) fn subject(alert: &Alert) -> String {
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
    /// Only those that nobody has acknowledged, newest first; `after` means nothing then.
    #[serde(default)]
    open: bool,
    /// The newest first: what a person wants to see, where a program goes on from its last number.
    #[serde(default)]
    newest: bool,
}

const COLUMNS: &str = "id, at, doc, acknowledged_at, acknowledged_by";

/// 异常 list, oldest first, or newest first where that is asked for: those of the gates that the person sees.
///
/// `text` is in English and `text_zh` in Chinese, which alerts of before do not have (null); what a gate, a device or customs has said stands in
/// both as it was said.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "gates", params(Page),
    responses((status = 200, description = "alerts", body = serde_json::Value,
               example = json!({"items": [{"id": 1, "at": "2025-10-13T03:26:03.000Z", "code": "double_use", "gate_id": "0708-G02", "trip_no": null, "event_id": null, "text": "the trip was used at two places", "text_zh": "同一车次在两处使用", "occurred_at": null,
                                           "acknowledged_at": null, "acknowledged_by": null}]}))))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let reach = Reach::of(conn, &person).await?;
    let limit = page.limit.unwrap_or(100).clamp(1, 1000);
    if page.open {
        return Ok(Json(json!({ "items": newest(conn, &open(&reach), limit.unsigned_abs()).await? })));
    }
    let mut conditions = Conditions::default();
    reach.narrow_alerts(&mut conditions);
    conditions.add("id > ?", vec![page.after.into()]);
    let (clause, values) = conditions.sql();
    let order = if page.newest { "DESC" } else { "ASC" };
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE {clause} ORDER BY id {order} LIMIT {limit}");
    let rows = all(conn, &sql, values).await?;
    Ok(Json(json!({ "items": rows.iter().map(shown).collect::<Result<Vec<_>, _>>()? })))
}

/// What nobody has acknowledged of what a person sees.
#[must_use]
pub fn open(reach: &Reach) -> Conditions {
    let mut conditions = Conditions::default();
    reach.narrow_alerts(&mut conditions);
    conditions.add("acknowledged_at IS NULL", Vec::new());
    conditions
}

/// The newest of those that are selected.
///
/// # Errors
/// [`StoreError`].
pub async fn newest<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    most: u64,
) -> Result<Vec<Value>, StoreError> {
    let (clause, values) = conditions.sql();
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE {clause} ORDER BY id DESC LIMIT {most}");
    all(conn, &sql, values).await?.iter().map(shown).collect()
}

/// How many are selected; up to the bound of lists.
///
/// # Errors
/// [`StoreError`].
pub async fn count<C: ConnectionTrait>(conn: &C, conditions: &Conditions) -> Result<i64, StoreError> {
    Ok(query::count(conn, "alert", conditions, false).await?.total)
}

fn shown(row: &QueryResult) -> Result<Value, StoreError> {
    let mut item: Value = from_json("alert", &column::<String>(row, "doc")?)?;
    let acknowledged_at: Option<i64> = column(row, "acknowledged_at")?;
    if let Value::Object(members) = &mut item {
        members.entry("text_zh").or_insert(Value::Null);
        members.insert("id".into(), column::<i64>(row, "id")?.into());
        members.insert("at".into(), json!(UtcMillis::from_millis(column(row, "at")?)));
        members.insert("acknowledged_at".into(), json!(acknowledged_at.map(UtcMillis::from_millis)));
        members.insert("acknowledged_by".into(), json!(column::<Option<String>>(row, "acknowledged_by")?));
    }
    Ok(item)
}

/// 确认异常: somebody has looked at it. Operators of the yard and officers do (`contract` section 7); a second time changes nothing.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "gates", params(("id" = i64, Path)),
    responses((status = 200, description = "the alert as it is now", body = serde_json::Value,
               example = json!({"id": 1, "at": "2025-10-13T03:26:03.000Z", "code": "double_use", "gate_id": "0708-G02", "trip_no": null, "event_id": null, "text": "the trip was used at two places", "text_zh": "同一车次在两处使用", "occurred_at": null,
                                "acknowledged_at": "2025-10-13T03:30:00.000Z", "acknowledged_by": "li"}))))]
pub async fn acknowledge(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Json<Value>, Problem> {
    if !matches!(person.standing, Standing::Yard(_) | Standing::Officer(_)) {
        return Err(Problem::no_permission());
    }
    let tx = central.store().begin().await?;
    let mut conditions = Conditions::default();
    Reach::of(tx.conn(), &person).await?.narrow_alerts(&mut conditions);
    conditions.add("id = ?", vec![id.into()]);
    let known = newest(tx.conn(), &conditions, 1).await?.pop().ok_or_else(Problem::not_found)?;
    if known.get("acknowledged_at").is_some_and(|at| !at.is_null()) {
        return Ok(Json(known));
    }
    let sql = "UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3, moved = $4 WHERE id = $1";
    let values =
        [id.into(), tx.now().as_millis().into(), person.name.as_str().into(), live::moved(&tx).await?.into()];
    execute(tx.conn(), sql, values).await?;
    let (actor, number) = (person.actor(), id.to_string());
    let entry = audit::Entry {
        actor: &actor,
        subject: "alert",
        number: &number,
        action: "acknowledge",
        before: None,
        after: None,
        detail: known,
    };
    audit::write(&tx, &entry).await?;
    let told = newest(tx.conn(), &conditions, 1).await?.pop().ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(Json(told))
}

#[cfg(test)]
mod tests;
