//! 编号占用: which application has a number.
//! Promises: at most one application has a number, whoever else applies at the same moment: the table's key decides, in the transaction
//! that moves the record (AE-104). From 申请 until 不同意, 发送失败 or 接收失败 (AE-196); of a bill that was agreed to, for 365 days (AE-064).
//! Source: spec AE-022, AE-063, AE-064, AE-116, AE-117, AE-196.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::ConnectionTrait;

use super::record::{DocType, Record};
use crate::store::{StoreError, Tx, execute, one};

/// AE-064.
const AGREEMENT_OF_BILL_MS: i64 = 365 * 24 * 3600 * 1000;

/// What is taken: a declaration's number, or a bill's at an office of inspection (AE-064).
pub(super) fn key(kind: DocType, number: &str, office: &CustomsCode) -> String {
    match kind {
        DocType::Declaration => format!("D:{number}"),
        DocType::NonDeclaration => format!("B:{}@{office}", kind.compared(number)),
    }
}

fn key_of(record: &Record) -> String {
    key(record.form.doc_type, &record.form.number, &record.inspection_customs_code)
}

/// Whether another application than `own` has it.
pub(super) async fn is_taken<C: ConnectionTrait>(
    conn: &C,
    key: &str,
    own: Option<&str>,
    now: UtcMillis,
) -> Result<bool, StoreError> {
    let sql = "SELECT number FROM attendance_claim
               WHERE claim = $1 AND number <> $2 AND (lapses_at IS NULL OR lapses_at >= $3)";
    let values = [key.into(), own.unwrap_or_default().into(), now.as_millis().into()];
    Ok(one(conn, sql, values).await?.is_some())
}

/// Takes it for this application; false when another one has it.
pub(super) async fn take(tx: &Tx, record: &Record) -> Result<bool, StoreError> {
    let sql = "INSERT INTO attendance_claim (claim, number, since, lapses_at) VALUES ($1, $2, $3, NULL)
               ON CONFLICT (claim) DO UPDATE SET number = excluded.number, since = excluded.since, lapses_at = NULL
               WHERE attendance_claim.lapses_at IS NOT NULL AND attendance_claim.lapses_at < $3";
    let values = [key_of(record).into(), record.number().into(), tx.now().as_millis().into()];
    Ok(execute(tx.conn(), sql, values).await? == 1)
}

/// Gives it free.
pub(super) async fn give_free(tx: &Tx, record: &Record) -> Result<(), StoreError> {
    let sql = "DELETE FROM attendance_claim WHERE claim = $1 AND number = $2";
    execute(tx.conn(), sql, [key_of(record).into(), record.number().into()]).await?;
    Ok(())
}

/// Customs agreed: a declaration's number stays taken, a bill's for 365 days.
pub(super) async fn keep(tx: &Tx, record: &Record) -> Result<(), StoreError> {
    if record.form.doc_type == DocType::NonDeclaration {
        let sql = "UPDATE attendance_claim SET lapses_at = $3 WHERE claim = $1 AND number = $2";
        let lapses_at = tx.now().as_millis() + AGREEMENT_OF_BILL_MS;
        execute(tx.conn(), sql, [key_of(record).into(), record.number().into(), lapses_at.into()]).await?;
    }
    Ok(())
}
