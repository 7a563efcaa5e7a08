//! 锁定: guessing at passwords is stopped, and askers are slowed down.
//! Promises: what is counted lies in the store, so that several processes count together; a name that nobody has is locked as one that
//! somebody has, so that the answer tells nothing (PO-062).
//! Source: spec PO-061, PO-062, PO-402, PO-403.

use axum::http::StatusCode;
use protocols::contract::UtcMillis;
use sea_orm::ConnectionTrait;

use crate::{
    declaration::problem::Problem,
    store::{Store, StoreError, Tx, column, execute, one},
};

/// Failures in [`WINDOW_MS`] that lock.
const FAILURES: i64 = 5;
const WINDOW_MS: i64 = 15 * 60 * 1000;
const LOCKED_MS: i64 = 15 * 60 * 1000;

/// Until when this name is locked.
///
/// # Errors
/// [`StoreError`].
pub async fn locked_until(tx: &Tx, username_folded: &str) -> Result<Option<UtcMillis>, StoreError> {
    until(tx.conn(), username_folded, tx.now()).await
}

/// Until when this name is locked, as it is now.
///
/// # Errors
/// [`StoreError`].
pub async fn until<C: ConnectionTrait>(
    conn: &C,
    username_folded: &str,
    now: UtcMillis,
) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT until FROM login_lock WHERE username_folded = $1 AND until > $2";
    let row = one(conn, sql, [username_folded.into(), now.as_millis().into()]).await?;
    row.map(|row| column(&row, "until").map(UtcMillis::from_millis)).transpose()
}

/// Notes a wrong password; true when it was the one that locks.
///
/// # Errors
/// [`StoreError`].
pub async fn failed(tx: &Tx, username_folded: &str) -> Result<bool, StoreError> {
    let now = tx.now().as_millis();
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO login_failure (username_folded, at, id) VALUES ($1, $2, $3)";
    execute(tx.conn(), sql, [username_folded.into(), now.into(), id.into()]).await?;
    let sql = "SELECT COUNT(*) AS failures FROM login_failure WHERE username_folded = $1 AND at > $2";
    let row = one(tx.conn(), sql, [username_folded.into(), (now - WINDOW_MS).into()]).await?;
    let failures: i64 = row.map_or(Ok(0), |row| column(&row, "failures"))?;
    if failures < FAILURES {
        return Ok(false);
    }
    forget(tx, username_folded).await?;
    let sql = "INSERT INTO login_lock (username_folded, until) VALUES ($1, $2)
               ON CONFLICT (username_folded) DO UPDATE SET until = excluded.until";
    execute(tx.conn(), sql, [username_folded.into(), (now + LOCKED_MS).into()]).await?;
    Ok(true)
}

/// Forgets failures and lock: the person is in, or has reset the password (PO-403).
///
/// # Errors
/// [`StoreError`].
pub async fn clear(tx: &Tx, username_folded: &str) -> Result<(), StoreError> {
    forget(tx, username_folded).await?;
    execute(tx.conn(), "DELETE FROM login_lock WHERE username_folded = $1", [username_folded.into()]).await?;
    Ok(())
}

async fn forget(tx: &Tx, username_folded: &str) -> Result<(), StoreError> {
    execute(tx.conn(), "DELETE FROM login_failure WHERE username_folded = $1", [username_folded.into()])
        .await?;
    Ok(())
}

/// How often something may be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// What.
    pub what: &'static str,
    /// So often,
    pub most: i64,
    /// in so many seconds.
    pub seconds: u32,
}

impl Rate {
    /// Counts one more; 429 with `Retry-After` when it is too often for this asker.
    ///
    /// # Errors
    /// 429.
    pub async fn count(&self, tx: &Tx, asker: &str) -> Result<(), Problem> {
        let period_ms = i64::from(self.seconds) * 1000;
        let now = tx.now().as_millis();
        let period = now.div_euclid(period_ms);
        let sql = "INSERT INTO rate (bucket, period, used, until) VALUES ($1, $2, 1, $3)
                   ON CONFLICT (bucket, period) DO UPDATE SET used = rate.used + 1 RETURNING used";
        let bucket = format!("{} {asker}", self.what);
        let row = one(tx.conn(), sql, [bucket.into(), period.into(), ((period + 1) * period_ms).into()])
            .await
            .map_err(Problem::from)?;
        let used: i64 = row.map_or(Ok(1), |row| column(&row, "used"))?;
        if used <= self.most {
            return Ok(());
        }
        let left_s = (((period + 1) * period_ms - now) / 1000 + 1).clamp(1, i64::from(u32::MAX));
        Err(Problem::too_often(u32::try_from(left_s).unwrap_or(u32::MAX)))
    }
}

/// Removes counters and failures that no rule looks at any more.
///
/// # Errors
/// [`StoreError`].
pub async fn sweep(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM rate WHERE until < $1", [now.into()]).await?;
    execute(tx.conn(), "DELETE FROM login_failure WHERE at < $1", [(now - WINDOW_MS).into()]).await?;
    execute(tx.conn(), "DELETE FROM login_lock WHERE until < $1", [now.into()]).await?;
    tx.commit().await
}

/// 账号已锁定.
#[must_use]
pub fn locked() -> Problem {
    let (zh, en) = ("账号已锁定，请稍后再试", "the account is locked; try again later");
    Problem::new(StatusCode::UNAUTHORIZED, "PO_ACCOUNT_LOCKED", zh, en)
}
