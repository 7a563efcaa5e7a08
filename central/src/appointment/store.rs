//! All SQL of the module that is not the shared records'.
//! Absent on purpose: deciding. Callers move applications through `declaration::lifecycle`.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::{ConnectionTrait, Value};

use super::{lifecycle::State, record::Appointment};
use crate::{
    declaration::record::{self, Status},
    store::{StoreError, Tx, all, column, execute, one},
};

/// Whether the enterprise has an application in I-通关完成未反馈, in either role (AC-092, AC-093).
pub(super) async fn is_breached<C: ConnectionTrait>(
    conn: &C,
    customs_reg_no: &str,
) -> Result<bool, StoreError> {
    let sql =
        "SELECT number FROM appointment WHERE status = $1 AND (declarant = $2 OR consignee = $3) LIMIT 1";
    let code = customs_reg_no;
    let values: [Value; 3] = [State::ClearedNoFeedback.code().into(), code.into(), code.into()];
    Ok(one(conn, sql, values).await?.is_some())
}

/// Those of the declaration numbers that were fed back under another application (AC-140).
pub(super) async fn taken<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    declarations: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut taken = Vec::new();
    for declaration_no in declarations {
        let sql = "SELECT number FROM appointment_declaration WHERE declaration_no = $1 AND number <> $2";
        if one(conn, sql, [declaration_no.as_str().into(), number.into()]).await?.is_some() {
            taken.push(declaration_no.clone());
        }
    }
    Ok(taken)
}

/// Ties a declaration to the application; false when another application has it, however close the two came.
pub(super) async fn tie(tx: &Tx, number: &str, declaration_no: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO appointment_declaration (declaration_no, number) VALUES ($1, $2) ON CONFLICT (declaration_no) DO NOTHING";
    Ok(execute(tx.conn(), sql, [declaration_no.into(), number.into()]).await? == 1)
}

/// Unties it: customs refused it.
pub(super) async fn untie(tx: &Tx, number: &str, declaration_no: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM appointment_declaration WHERE declaration_no = $1 AND number = $2";
    execute(tx.conn(), sql, [declaration_no.into(), number.into()]).await?;
    Ok(())
}

/// Applications whose time for feedback ended by now while nothing waits for customs, at most `limit` (AC-206).
pub(super) async fn ended<C: ConnectionTrait>(
    conn: &C,
    now: UtcMillis,
    limit: u32,
) -> Result<Vec<Appointment>, StoreError> {
    let sql = "SELECT doc FROM appointment WHERE status = $1 AND window_end <= $2 AND waiting = 0
               ORDER BY window_end, number LIMIT $3";
    let values: [Value; 3] = [State::Booked.code().into(), now.as_millis().into(), i64::from(limit).into()];
    all(conn, sql, values).await?.iter().map(record::read).collect()
}

/// When the next one ends.
pub(super) async fn next_end<C: ConnectionTrait>(conn: &C) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT MIN(window_end) AS next FROM appointment WHERE status = $1 AND waiting = 0";
    let row = one(conn, sql, [State::Booked.code().into()]).await?;
    let next: Option<i64> = row.map_or(Ok(None), |row| column(&row, "next"))?;
    Ok(next.map(UtcMillis::from_millis))
}

/// 通知: what the office at the entry/exit port is told (AC-227).
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) office: String,
    pub(super) at: UtcMillis,
    pub(super) number: String,
    pub(super) status: String,
}

/// Tells an office.
pub(super) async fn notify(
    tx: &Tx,
    office: &CustomsCode,
    number: &str,
    status: State,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO appointment_notice (id, office, at, number, status) VALUES ($1, $2, $3, $4, $5)";
    let values: [Value; 5] = [
        uuid::Uuid::now_v7().to_string().into(),
        office.as_str().into(),
        tx.now().as_millis().into(),
        number.into(),
        status.code().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// What these offices were told, newest first, at most a hundred.
pub(super) async fn notices<C: ConnectionTrait>(
    conn: &C,
    offices: &[CustomsCode],
) -> Result<Vec<Notice>, StoreError> {
    let places: Vec<_> = (1..=offices.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT office, at, number, status FROM appointment_notice WHERE office IN ({}) ORDER BY at DESC, id DESC LIMIT 100",
        places.join(", ")
    );
    let rows = all(conn, &sql, offices.iter().map(|office| office.as_str().into())).await?;
    rows.iter()
        .map(|row| {
            Ok(Notice {
                office: column(row, "office")?,
                at: UtcMillis::from_millis(column(row, "at")?),
                number: column(row, "number")?,
                status: column(row, "status")?,
            })
        })
        .collect()
}
