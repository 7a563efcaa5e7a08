//! 待发报文: what was declared and waits to be delivered to the customs intranet.
//! Promises: a row is written in the transaction that declares, and ended in the one that moves the status on, so that a restart
//! forgets nothing and sends nothing twice; a failing line is tried again for 30 minutes (SG-170, SG-171). One row of a record is open
//! at a time.
//! Absent on purpose: how a letter travels (`desk`), and what stands in it.

use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::store::{StoreError, Tx, all, column, execute, one};

/// From the first try on; then the delivery has failed (SG-171).
pub const TRY_FOR_MS: i64 = 30 * 60 * 1000;
/// Between the first tries; each further pause is twice as long, up to the longest.
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1000;

/// 报文功能: what customs is to do with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Take a new record.
    Add,
    /// Take a change of one.
    Modify,
    /// Take one out.
    Delete,
}

impl Function {
    /// The code on the wire and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Modify => "MOD",
            Self::Delete => "DEL",
        }
    }

    fn parse(code: &str) -> Result<Self, StoreError> {
        [Self::Add, Self::Modify, Self::Delete]
            .into_iter()
            .find(|function| function.code() == code)
            .ok_or_else(|| StoreError::Value { what: "outbox function", value: code.to_owned() })
    }
}

/// 报文: what is to be delivered.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The manual.
    pub manual: &'a str,
    /// The record.
    pub number: &'a str,
    /// Its version.
    pub version_no: u32,
    /// What customs is to do with it.
    pub function: Function,
}

/// 发送进度: how far a letter is. A letter that was prepared lies complete where only a rename is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is written.
    Waiting,
    /// Written, not yet handed over.
    Prepared,
}

/// 发送结果: how a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Delivered.
    Sent,
    /// Given up after 30 minutes.
    Failed,
    /// Overtaken before it was delivered.
    Withdrawn,
}

const WAITING: &str = "WAITING";
const PREPARED: &str = "PREPARED";

impl End {
    const fn code(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }
}

/// An open row.
#[derive(Clone, Debug)]
pub struct Open {
    /// The number of the message: no other letter ever has it.
    pub message_no: String,
    /// The manual.
    pub manual: String,
    /// The record.
    pub number: String,
    /// Its version.
    pub version_no: u32,
    /// What customs is to do with it.
    pub function: Function,
    /// How far it is.
    pub progress: Progress,
    /// Tries so far.
    pub tries: i64,
    /// When the first try began.
    pub first_try_at: Option<UtcMillis>,
    due_at: UtcMillis,
}

impl Open {
    /// Whether another failure is the last one.
    #[must_use]
    pub fn is_given_up(&self, now: UtcMillis) -> bool {
        self.first_try_at.is_some_and(|first| now.as_millis() - first.as_millis() >= TRY_FOR_MS)
    }
}

/// Puts a letter into the outbox.
///
/// # Errors
/// [`StoreError`].
pub async fn put(tx: &Tx, letter: &Letter<'_>) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO outbox (message_no, manual, number, version_no, function, state, put_at, due_at, tries)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0)";
    let values = [
        uuid::Uuid::now_v7().to_string().into(),
        letter.manual.into(),
        letter.number.into(),
        i64::from(letter.version_no).into(),
        letter.function.code().into(),
        WAITING.into(),
        tx.now().as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// Ends what is open of a record.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Tx, manual: &str, number: &str, end: End) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET state = $3, ended_at = $4
               WHERE manual = $1 AND number = $2 AND state IN ('WAITING', 'PREPARED')";
    let values = [manual.into(), number.into(), end.code().into(), tx.now().as_millis().into()];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

const COLUMNS: &str = "message_no, manual, number, version_no, function, state, tries, first_try_at, due_at";

/// What is due, oldest first, at most `limit`; the first try waits for `delay_ms` after the declaration.
///
/// # Errors
/// [`StoreError`].
pub async fn due<C: ConnectionTrait>(
    conn: &C,
    now: UtcMillis,
    delay_ms: u32,
    limit: u32,
) -> Result<Vec<Open>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE state IN ('WAITING', 'PREPARED')
         AND due_at + (CASE WHEN tries = 0 THEN $1 ELSE 0 END) <= $2 ORDER BY due_at, message_no LIMIT $3"
    );
    let values = [i64::from(delay_ms).into(), now.as_millis().into(), i64::from(limit).into()];
    all(conn, &sql, values).await?.iter().map(read).collect()
}

/// When the next one is due.
///
/// # Errors
/// [`StoreError`].
pub async fn next_due<C: ConnectionTrait>(conn: &C, delay_ms: u32) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT MIN(due_at + (CASE WHEN tries = 0 THEN $1 ELSE 0 END)) AS due FROM outbox
               WHERE state IN ('WAITING', 'PREPARED')";
    let row = one(conn, sql, [i64::from(delay_ms).into()]).await?;
    let due: Option<i64> = row.map_or(Ok(None), |row| column(&row, "due"))?;
    Ok(due.map(UtcMillis::from_millis))
}

/// The open row of this message, if it still is one.
///
/// # Errors
/// [`StoreError`].
pub async fn open<C: ConnectionTrait>(conn: &C, message_no: &str) -> Result<Option<Open>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM outbox WHERE message_no = $1 AND state IN ('WAITING', 'PREPARED')");
    one(conn, &sql, [message_no.into()]).await?.as_ref().map(read).transpose()
}

/// Takes a row for one try: until its next pause is over, nobody else tries it. False when somebody else was faster, or it has ended.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(tx: &Tx, row: &Open) -> Result<bool, StoreError> {
    let again = tx.now().as_millis() + pause(row.tries);
    let sql = "UPDATE outbox SET tries = tries + 1, due_at = $3, first_try_at = COALESCE(first_try_at, $4)
               WHERE message_no = $1 AND due_at = $2 AND state IN ('WAITING', 'PREPARED')";
    let values = [
        row.message_no.as_str().into(),
        row.due_at.as_millis().into(),
        again.into(),
        tx.now().as_millis().into(),
    ];
    Ok(execute(tx.conn(), sql, values).await? == 1)
}

/// The pause after so many tries before.
fn pause(tries: i64) -> i64 {
    FIRST_PAUSE_MS.saturating_mul(1 << tries.clamp(0, 16)).min(LONGEST_PAUSE_MS)
}

/// Notes that the letter lies complete. False when it has ended meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn prepared(tx: &Tx, message_no: &str) -> Result<bool, StoreError> {
    let sql =
        "UPDATE outbox SET state = 'PREPARED' WHERE message_no = $1 AND state IN ('WAITING', 'PREPARED')";
    Ok(execute(tx.conn(), sql, [message_no.into()]).await? == 1)
}

fn read(row: &QueryResult) -> Result<Open, StoreError> {
    let (version_no, first_try_at): (i64, Option<i64>) =
        (column(row, "version_no")?, column(row, "first_try_at")?);
    let state: String = column(row, "state")?;
    Ok(Open {
        message_no: column(row, "message_no")?,
        manual: column(row, "manual")?,
        number: column(row, "number")?,
        version_no: u32::try_from(version_no)
            .map_err(|_| StoreError::Value { what: "version number", value: version_no.to_string() })?,
        function: Function::parse(&column::<String>(row, "function")?)?,
        progress: if state == PREPARED { Progress::Prepared } else { Progress::Waiting },
        tries: column(row, "tries")?,
        first_try_at: first_try_at.map(UtcMillis::from_millis),
        due_at: UtcMillis::from_millis(column(row, "due_at")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SG-171: pauses grow, none is longer than five minutes, and there are several tries within the 30 minutes.
    #[test]
    fn pauses_grow_to_five_minutes() {
        let pauses: Vec<_> = (0..8).map(pause).collect();
        assert_eq!(pauses, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE_MS);
    }
}
