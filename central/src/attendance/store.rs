//! All SQL of the module, but for what every manual's records share and the claims (`claim`).
//! Absent on purpose: deciding. Callers move records through `lifecycle`.

use chrono::NaiveDate;
use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::{
    lifecycle::State,
    record::{DocType, Record},
    scope::Office,
};
use crate::{
    declaration::{
        query::{Conditions, Period},
        record::{self, Status},
    },
    store::{StoreError, Tx, all, column, execute, one},
};

/// The records that wait in this state since `until` or longer, oldest first, at most `limit`.
pub(super) async fn waiting<C: ConnectionTrait>(
    conn: &C,
    state: State,
    until: UtcMillis,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let sql = "SELECT doc FROM attendance_record WHERE status = $1 AND status_since <= $2
               ORDER BY status_since, number LIMIT $3";
    let values = [state.code().into(), until.as_millis().into(), i64::from(limit).into()];
    all(conn, sql, values).await?.iter().map(record::read).collect()
}

/// The applications that are to be handed over now, oldest first (AE-185, AE-195).
pub(super) async fn due<C: ConnectionTrait>(
    conn: &C,
    now: UtcMillis,
    limit: u64,
) -> Result<Vec<Record>, StoreError> {
    let sql = "SELECT doc FROM attendance_record WHERE message_due IS NOT NULL AND message_due <= $1
               ORDER BY message_due, number LIMIT $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(conn, sql, [now.as_millis().into(), limit.into()]).await?.iter().map(record::read).collect()
}

/// What the scope has of this office.
pub(super) async fn office<C: ConnectionTrait>(
    conn: &C,
    kind: DocType,
    code: &CustomsCode,
) -> Result<Option<Office>, StoreError> {
    let sql = "SELECT valid_from, valid_to, suspended FROM attendance_scope WHERE doc_type = $1 AND customs_code = $2";
    one(conn, sql, [kind.code().into(), code.as_str().into()]).await?.as_ref().map(read_office).transpose()
}

/// Both scopes.
pub(super) async fn offices<C: ConnectionTrait>(
    conn: &C,
) -> Result<Vec<(DocType, CustomsCode, Office)>, StoreError> {
    let sql = "SELECT doc_type, customs_code, valid_from, valid_to, suspended FROM attendance_scope
               ORDER BY doc_type, customs_code";
    let entry = |row: &QueryResult| {
        let (kind, code): (String, String) = (column(row, "doc_type")?, column(row, "customs_code")?);
        let bad = |what, value: &str| StoreError::Value { what, value: value.to_owned() };
        let read_kind = DocType::parse(&kind).ok_or_else(|| bad("kind", &kind))?;
        let read_code = CustomsCode::parse(&code).map_err(|_| bad("customs code", &code))?;
        Ok((read_kind, read_code, read_office(row)?))
    };
    all(conn, sql, []).await?.iter().map(entry).collect()
}

fn read_office(row: &QueryResult) -> Result<Office, StoreError> {
    let day = |text: String| {
        text.parse::<NaiveDate>().map_err(|_| StoreError::Value { what: "day", value: text.clone() })
    };
    let valid_to: Option<String> = column(row, "valid_to")?;
    let suspended: i64 = column(row, "suspended")?;
    Ok(Office {
        valid_from: day(column(row, "valid_from")?)?,
        valid_to: valid_to.map(day).transpose()?,
        suspended: suspended != 0,
    })
}

/// Puts an office into the scope.
pub(super) async fn put_office(
    tx: &Tx,
    kind: DocType,
    code: &CustomsCode,
    office: &Office,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO attendance_scope (doc_type, customs_code, valid_from, valid_to, suspended)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (doc_type, customs_code) DO UPDATE
               SET valid_from = excluded.valid_from, valid_to = excluded.valid_to, suspended = excluded.suspended";
    let values: [Value; 5] = [
        kind.code().into(),
        code.as_str().into(),
        office.valid_from.to_string().into(),
        office.valid_to.map(|day| day.to_string()).into(),
        i64::from(office.suspended).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// Takes it out; false when it was not in.
pub(super) async fn remove_office(tx: &Tx, kind: DocType, code: &CustomsCode) -> Result<bool, StoreError> {
    let sql = "DELETE FROM attendance_scope WHERE doc_type = $1 AND customs_code = $2";
    Ok(execute(tx.conn(), sql, [kind.code().into(), code.as_str().into()]).await? > 0)
}

/// Which card this session has shown (PO-102, PO-107).
pub(super) async fn card_of_session<C: ConnectionTrait>(
    conn: &C,
    session_id: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT card_no FROM attendance_card_session WHERE session_id = $1";
    one(conn, sql, [session_id.into()]).await?.map(|row| column(&row, "card_no")).transpose()
}

/// Notes which card this session has shown.
pub(super) async fn keep_card_of_session(tx: &Tx, session_id: &str, card_no: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO attendance_card_session (session_id, card_no, at) VALUES ($1, $2, $3)
               ON CONFLICT (session_id) DO UPDATE SET card_no = excluded.card_no, at = excluded.at";
    execute(tx.conn(), sql, [session_id.into(), card_no.into(), tx.now().as_millis().into()]).await?;
    Ok(())
}

/// 统计 of one office in a period (AE-169).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) customs_code: String,
    pub(super) applications: i64,
    pub(super) approved: i64,
    pub(super) rejected: i64,
    /// From application to decision, of all decisions together.
    pub(super) decision_ms: i64,
}

/// Applications made in the period that stand, and decisions taken in it, an office a row.
pub(super) async fn figures<C: ConnectionTrait>(
    conn: &C,
    period: Period,
    offices: &Conditions,
) -> Result<Vec<Figures>, StoreError> {
    let (offices, mut values) = offices.sql();
    let (from, until) = (values.len() + 1, values.len() + 2);
    let made = format!(
        "status IN ('APPLIED', 'SENT_TO_CUSTOMS', 'CUSTOMS_RECEIVED', 'APPROVED', 'REJECTED')
         AND submitted_at >= ${from} AND submitted_at < ${until}"
    );
    let decided = format!("decided_at >= ${from} AND decided_at < ${until}");
    let count = |what: &str| format!("CAST(SUM(CASE WHEN {what} THEN 1 ELSE 0 END) AS BIGINT)");
    let (applications, approved, rejected) = (
        count(&made),
        count(&format!("status = 'APPROVED' AND {decided}")),
        count(&format!("status = 'REJECTED' AND {decided}")),
    );
    let sql = format!(
        "SELECT inspection_customs_code AS office, {applications} AS applications, {approved} AS approved, {rejected} AS rejected,
                CAST(SUM(CASE WHEN {decided} THEN decided_at - submitted_at ELSE 0 END) AS BIGINT) AS decision_ms
         FROM attendance_record WHERE {offices} AND (({made}) OR ({decided}))
         GROUP BY inspection_customs_code ORDER BY inspection_customs_code"
    );
    values.extend([period.from.as_millis().into(), period.until.as_millis().into()]);
    let row = |row: &QueryResult| {
        Ok(Figures {
            customs_code: column(row, "office")?,
            applications: column(row, "applications")?,
            approved: column(row, "approved")?,
            rejected: column(row, "rejected")?,
            decision_ms: column(row, "decision_ms")?,
        })
    };
    all(conn, &sql, values).await?.iter().map(row).collect()
}
