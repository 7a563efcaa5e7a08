//! All SQL of the module that is not the shared records'.
//! Absent on purpose: deciding. Callers move applications through `declaration::lifecycle`.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::{ConnectionTrait, QueryResult, Value};

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
    if offices.is_empty() {
        return Ok(Vec::new());
    }
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

/// 报文: what an enterprise has signed and customs has to get.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Its number: that of the application and of the version that was signed.
    pub(super) message_no: String,
    /// The application.
    pub(super) number: String,
    /// The action that was signed.
    pub(super) kind: String,
    /// When it was signed.
    pub(super) put_at: UtcMillis,
    /// How often it could not be handed over.
    pub(super) tries: i64,
    /// When customs had it.
    pub(super) ended_at: Option<UtcMillis>,
}

/// Puts what was signed into the outbox of the manual.
pub(super) async fn put_message(tx: &Tx, number: &str, version: i64, kind: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO appointment_message (message_no, number, kind, put_at, due_at, tries, ended_at)
               VALUES ($1, $2, $3, $4, $4, 0, NULL)";
    let values: [Value; 4] =
        [format!("{number}-{version}").into(), number.into(), kind.into(), tx.now().as_millis().into()];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

const MESSAGE: &str = "message_no, number, kind, put_at, tries, ended_at";

/// What is to be handed over now, the longest due first.
pub(super) async fn due_messages<C: ConnectionTrait>(
    conn: &C,
    now: UtcMillis,
    limit: u64,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {MESSAGE} FROM appointment_message WHERE ended_at IS NULL AND due_at <= $1 ORDER BY due_at, message_no LIMIT $2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(conn, &sql, [now.as_millis().into(), limit.into()]).await?.iter().map(message).collect()
}

/// The message of this number.
pub(super) async fn message_of<C: ConnectionTrait>(
    conn: &C,
    message_no: &str,
) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {MESSAGE} FROM appointment_message WHERE message_no = $1");
    one(conn, &sql, [message_no.into()]).await?.as_ref().map(message).transpose()
}

/// It could not be handed over, and will be tried again.
pub(super) async fn put_off(tx: &Tx, message_no: &str, until: UtcMillis) -> Result<(), StoreError> {
    let sql = "UPDATE appointment_message SET tries = tries + 1, due_at = $2 WHERE message_no = $1 AND ended_at IS NULL";
    execute(tx.conn(), sql, [message_no.into(), until.as_millis().into()]).await?;
    Ok(())
}

/// Customs has it.
pub(super) async fn end_message(tx: &Tx, message_no: &str) -> Result<(), StoreError> {
    let sql = "UPDATE appointment_message SET ended_at = $2 WHERE message_no = $1 AND ended_at IS NULL";
    execute(tx.conn(), sql, [message_no.into(), tx.now().as_millis().into()]).await?;
    Ok(())
}

/// Customs has answered what was signed for this action, so it has it.
pub(super) async fn end_answered(tx: &Tx, number: &str, kind: &str) -> Result<(), StoreError> {
    let sql =
        "UPDATE appointment_message SET ended_at = $3 WHERE number = $1 AND kind = $2 AND ended_at IS NULL";
    execute(tx.conn(), sql, [number.into(), kind.into(), tx.now().as_millis().into()]).await?;
    Ok(())
}

fn message(row: &QueryResult) -> Result<Message, StoreError> {
    let ended_at: Option<i64> = column(row, "ended_at")?;
    Ok(Message {
        message_no: column(row, "message_no")?,
        number: column(row, "number")?,
        kind: column(row, "kind")?,
        put_at: UtcMillis::from_millis(column(row, "put_at")?),
        tries: column(row, "tries")?,
        ended_at: ended_at.map(UtcMillis::from_millis),
    })
}
