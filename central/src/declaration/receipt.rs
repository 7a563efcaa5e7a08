//! 回执: what happened to a record, when, by whom and why; one row for each transition and each message of customs.
//! Promises: rows are added, never changed; they are numbered from 1 within a record.
//! Source: spec SG-146, SG-200, SG-253; PO-335.

use std::collections::{BTreeMap, BTreeSet};

use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::store::{Rows, StoreError, Tx, all, among, column, from_json, one, to_json};

/// What kind of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// The status changed, or was confirmed by a save.
    Transition,
    /// Customs sent something that changed nothing (SG-165, SG-190).
    Unapplied,
    /// Something to be known, without a change.
    Notice,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When.
    pub at: UtcMillis,
    /// What kind.
    pub kind: ReceiptKind,
    /// What caused it: `SAVE`, `DECLARE`, `PASS`, ...
    pub cause: String,
    /// The customs receipt code, when customs spoke (SG-165).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The status before; none at the first save.
    pub from: Option<String>,
    /// The status after.
    pub to: Option<String>,
    /// Who: a user name, `customs`, `centre` or a gate.
    pub actor: String,
    /// The version of the record's content that it concerns.
    pub version_no: u32,
    /// The gate that caused it (SG-253).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_id: Option<String>,
    /// The lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_id: Option<String>,
    /// When the gate says that it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<UtcMillis>,
    /// The gate's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// The event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The words of customs, of the officer, or of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Rules that warned, and that the person had confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed_warnings: Vec<String>,
    /// The number of the message that brought it (PO-233).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_no: Option<String>,
}

impl Receipt {
    /// A row without more than every row has.
    #[must_use]
    pub fn new(
        at: UtcMillis,
        kind: ReceiptKind,
        cause: &str,
        actor: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Self {
        Self {
            at,
            kind,
            cause: cause.to_owned(),
            code: None,
            from: from.map(ToOwned::to_owned),
            to: to.map(ToOwned::to_owned),
            actor: actor.to_owned(),
            version_no: 1,
            gate_id: None,
            lane_id: None,
            occurred_at: None,
            reason_code: None,
            event_id: None,
            text: None,
            confirmed_warnings: Vec::new(),
            message_no: None,
        }
    }
}

/// 回执 as the panel shows them, newest first: place, time, status, words and where they came from beside all that a row has
/// (PO-232). `name_of` gives a status's name.
#[must_use]
pub fn panel(receipts: &[Receipt], name_of: impl Fn(&str) -> Option<&'static str>) -> Vec<serde_json::Value> {
    let row = |(seq, receipt): (usize, &Receipt)| {
        let mut row = serde_json::json!(receipt);
        if let serde_json::Value::Object(members) = &mut row {
            members.insert("seq".into(), seq.into());
            members.insert("received_at".into(), serde_json::json!(receipt.at));
            members.insert("status_code".into(), serde_json::json!(receipt.to));
            members.insert("status_name".into(), receipt.to.as_deref().and_then(&name_of).into());
            members.insert("source".into(), source(receipt).into());
            members.entry("text").or_insert(serde_json::Value::Null);
        }
        row
    };
    let mut rows: Vec<_> = (1..).zip(receipts).map(row).collect();
    rows.reverse();
    rows
}

fn source(receipt: &Receipt) -> &'static str {
    match (&receipt.gate_id, &receipt.code, receipt.actor.as_str()) {
        (Some(_), _, _) => "gate",
        (None, Some(_), _) => "customs",
        (None, None, "centre") => "centre",
        (None, None, _) => "enterprise",
    }
}

/// Adds a row.
///
/// # Errors
/// [`StoreError`].
pub async fn write(tx: &Tx, unified_no: &str, receipt: &Receipt) -> Result<(), StoreError> {
    write_all(tx, &[(unified_no, receipt)]).await
}

/// Adds rows of several records, those of one in this order.
///
/// # Errors
/// [`StoreError`].
pub async fn write_all(tx: &Tx, receipts: &[(&str, &Receipt)]) -> Result<(), StoreError> {
    let numbers: BTreeSet<&str> = receipts.iter().map(|(unified_no, _)| *unified_no).collect();
    let keys: Vec<_> = numbers.into_iter().map(Into::into).collect();
    let sql = "SELECT unified_no, MAX(no) AS last FROM receipt WHERE unified_no IN (?) GROUP BY unified_no";
    let mut last = BTreeMap::new();
    for row in among(tx.conn(), sql, &[], &keys).await? {
        last.insert(column::<String>(&row, "unified_no")?, column::<i64>(&row, "last")?);
    }
    let mut rows = Rows::new("receipt (unified_no, no, at, doc, message_no)", "");
    for (unified_no, receipt) in receipts {
        let no = last.entry((*unified_no).to_owned()).or_default();
        *no += 1;
        rows.push([
            (*unified_no).into(),
            (*no).into(),
            receipt.at.as_millis().into(),
            to_json("receipt", receipt)?.into(),
            receipt.message_no.clone().into(),
        ]);
    }
    rows.insert(tx.conn()).await
}

/// Whether a message with this number has been taken before: gateways repeat themselves (PO-233).
///
/// # Errors
/// [`StoreError`].
pub async fn is_taken(tx: &Tx, unified_no: &str, message_no: &str) -> Result<bool, StoreError> {
    let sql = "SELECT no FROM receipt WHERE unified_no = $1 AND message_no = $2";
    Ok(one(tx.conn(), sql, [unified_no.into(), message_no.into()]).await?.is_some())
}

/// All rows of a record, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_record<C: sea_orm::ConnectionTrait>(
    conn: &C,
    unified_no: &str,
) -> Result<Vec<Receipt>, StoreError> {
    let rows =
        all(conn, "SELECT doc FROM receipt WHERE unified_no = $1 ORDER BY no", [unified_no.into()]).await?;
    rows.iter().map(|row| from_json("receipt", &column::<String>(row, "doc")?)).collect()
}
