//! 版本: the versions of a record's content, and what becomes of one that ends.
//! Promises: what was ever declared or approved can be looked at again: a version that is replaced, given up, refused or overtaken is
//! kept as it was; a number once given to a version is not given to another.
//! Absent on purpose: deciding when a version ends (`lifecycle`, and the fold of the gates' events).
//! Source: spec SG-191..SG-197, SG-200, SG-250; decision 0053.

use axum::{
    Json,
    extract::{Path, State},
};
use protocols::{contract::UtcMillis, rules::TripStatus};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use super::{
    api::visible,
    difference,
    record::{ChangeKind, Declaration, Record},
};
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        receipt::{Receipt, ReceiptKind},
    },
    identity::Person,
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// The cause of the receipt of a version that a lock has ended.
const OVERTAKEN: &str = "overtaken";
/// SG-265.
const USED: &str = "车次已使用，不再受理变更或删单";

/// 结局 of a version that is no longer the newest, nor in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Approved, and replaced by a later one.
    Superseded,
    /// Approved, and the approval was taken back (SG-176).
    Withdrawn,
    /// Given up by the enterprise (SG-196).
    GivenUp,
    /// A delete order that customs refused (SG-181).
    Refused,
    /// Ended by a vehicle or a customs hold (SG-197).
    Overtaken,
}

impl Outcome {
    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Superseded => "SUPERSEDED",
            Self::Withdrawn => "WITHDRAWN",
            Self::GivenUp => "GIVEN_UP",
            Self::Refused => "REFUSED",
            Self::Overtaken => "OVERTAKEN",
        }
    }
}

/// The receipt of an open version that a lock ends: a declared one is answered, of a draft its user is told (SG-197).
#[must_use]
pub fn overtaken(record: &Record, at: UtcMillis) -> Receipt {
    let from = record.status;
    let (kind, to, text) = match from {
        TripStatus::Declared | TripStatus::Sent | TripStatus::SendFailed => {
            (ReceiptKind::Transition, TripStatus::Rejected, USED)
        }
        TripStatus::Saved
        | TripStatus::Rejected
        | TripStatus::CustomsApproved
        | TripStatus::Closed
        | TripStatus::Locked
        | TripStatus::Unlocked
        | TripStatus::ManuallyClosed
        | TripStatus::LeftPort => (ReceiptKind::Notice, from, "车次已使用，未申报的变更已作废"),
    };
    Receipt {
        version_no: record.version_no,
        text: Some(text.into()),
        ..Receipt::new(at, kind, OVERTAKEN, "centre", Some(from.code()), Some(to.code()))
    }
}

/// What has ended between the two states of a record.
fn ended<'a>(before: &'a Record, after: &Record) -> Vec<(Outcome, u32, ChangeKind, &'a Declaration)> {
    let mut ended = Vec::new();
    if let (Some(version_no), Some(effective)) = (before.effective_version_no, &before.effective)
        && after.effective_version_no != Some(version_no)
        && after.close_reason.is_none()
    {
        let outcome = match after.effective_version_no {
            Some(_) => Outcome::Superseded,
            None => Outcome::Withdrawn,
        };
        ended.push((outcome, version_no, ChangeKind::of_approved(version_no), effective));
    }
    if before.has_open_version() && after.version_no < before.version_no {
        let outcome = match after.status {
            TripStatus::CustomsApproved if before.status == TripStatus::Sent => Outcome::Refused,
            TripStatus::CustomsApproved | TripStatus::Unlocked => Outcome::GivenUp,
            TripStatus::Saved
            | TripStatus::Declared
            | TripStatus::Sent
            | TripStatus::SendFailed
            | TripStatus::Rejected
            | TripStatus::Closed
            | TripStatus::Locked
            | TripStatus::ManuallyClosed
            | TripStatus::LeftPort => Outcome::Overtaken,
        };
        ended.push((outcome, before.version_no, before.change_kind, &before.body));
    }
    ended
}

/// Keeps what has ended.
pub(super) async fn keep_ended(tx: &Tx, before: &Record, after: &Record) -> Result<(), StoreError> {
    for (outcome, version_no, kind, content) in ended(before, after) {
        let number = before.unified_no.as_str();
        let sql = "SELECT COALESCE(MAX(no), 0) AS last FROM smart_gate_version WHERE unified_no = $1";
        let last: i64 =
            one(tx.conn(), sql, [number.into()]).await?.map_or(Ok(0), |row| column(&row, "last"))?;
        let sql =
            "INSERT INTO smart_gate_version (unified_no, no, version_no, change_kind, outcome, ended_at, doc)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            number.into(),
            (last + 1).into(),
            i64::from(version_no).into(),
            kind.code().into(),
            outcome.code().into(),
            tx.now().as_millis().into(),
            to_json("version", content)?.into(),
        ];
        execute(tx.conn(), sql, values).await?;
    }
    Ok(())
}

async fn past<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Vec<Value>, StoreError> {
    let sql = "SELECT version_no, change_kind, outcome, ended_at, doc FROM smart_gate_version
               WHERE unified_no = $1 ORDER BY no";
    let rows = all(conn, sql, [number.into()]).await?;
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let content: Declaration = from_json("version", &column::<String>(row, "doc")?)?;
        Ok(json!({
            "version_no": column::<i64>(row, "version_no")?, "change_kind": column::<String>(row, "change_kind")?,
            "state": column::<String>(row, "outcome")?, "ended_at": UtcMillis::from_millis(column(row, "ended_at")?),
            "content": content,
        }))
    };
    rows.iter().map(item).collect()
}

/// 版本 of a record, oldest first: those that ended, the one in force, and the open one with what it changes.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}/versions", tag = "smart-gate", params(("unified_no" = String, Path)),
    responses((status = 200, description = "oldest first; `state` is SUPERSEDED, WITHDRAWN, GIVEN_UP, REFUSED or OVERTAKEN of one that ended, EFFECTIVE of the one in force, OPEN of the newest that is neither", body = serde_json::Value,
               example = json!({"items": [{"version_no": 1, "change_kind": "NEW", "state": "EFFECTIVE", "ended_at": null, "content": {}}]})),
              (status = 404, description = "does not exist, or not for this person")))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &unified_no, &person).await?;
    let mut items = past(central.store().read(), record.unified_no.as_str()).await?;
    let row = |version_no: u32, kind: ChangeKind, state: &str, content: &Declaration| json!({ "version_no": version_no, "change_kind": kind, "state": state, "ended_at": null, "content": content });
    if let (Some(version_no), Some(effective)) = (record.effective_version_no, &record.effective) {
        items.push(row(version_no, ChangeKind::of_approved(version_no), "EFFECTIVE", effective));
    }
    if record.effective_version_no != Some(record.version_no) {
        let mut open = row(record.version_no, record.change_kind, "OPEN", &record.body);
        if let (Value::Object(members), Some(effective)) = (&mut open, &record.effective) {
            members.insert("changes".into(), json!(difference::between(effective, &record.body)));
        }
        items.push(open);
    }
    Ok(Json(json!({ "items": items })))
}
