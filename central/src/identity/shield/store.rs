//! 手机盾证书 as stored, and all SQL of them.

use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use super::key::PublicKey;
use crate::store::{StoreError, Tx, all, column, execute, one};

/// 手机盾证书: a credential of an account.
#[derive(Clone, Debug)]
pub(super) struct Shield {
    pub(super) id: String,
    /// Its key handle, base64url.
    pub(super) credential_id: String,
    pub(super) account_id: String,
    pub(super) name: String,
    pub(super) key: PublicKey,
    pub(super) counter: u32,
    pub(super) applied_at: UtcMillis,
    pub(super) used_at: Option<UtcMillis>,
    pub(super) not_after: UtcMillis,
}

impl Shield {
    /// It opens sessions and signs.
    pub(super) fn serves(&self, now: UtcMillis) -> bool {
        now <= self.not_after
    }

    /// As people see it: never the key handle.
    pub(super) fn view(&self, now: UtcMillis) -> Value {
        let state = if self.serves(now) { "active" } else { "expired" };
        json!({"id": self.id, "name": self.name, "algorithm": self.key.algorithm(), "state": state, "applied_at": self.applied_at,
               "used_at": self.used_at, "not_after": self.not_after})
    }
}

const COLUMNS: &str =
    "id, credential_id, account_id, name, public_key, counter, applied_at, used_at, not_after";

/// The account's shields that are not withdrawn, oldest first.
pub(super) async fn of_account<C: ConnectionTrait>(
    conn: &C,
    account_id: &str,
) -> Result<Vec<Shield>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM shield WHERE account_id = $1 AND withdrawn_at IS NULL ORDER BY applied_at, id"
    );
    all(conn, &sql, [account_id.into()]).await?.iter().map(read).collect()
}

/// The shield with this key handle, unless it is withdrawn. Its row is the transaction's until it ends, so that a counter counts once.
pub(super) async fn of_credential(tx: &Tx, credential_id: &str) -> Result<Option<Shield>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM shield WHERE credential_id = $1 AND withdrawn_at IS NULL{}",
        tx.row_lock()
    );
    one(tx.conn(), &sql, [credential_id.into()]).await?.as_ref().map(read).transpose()
}

fn read(row: &QueryResult) -> Result<Shield, StoreError> {
    let key: String = column(row, "public_key")?;
    let counter: i64 = column(row, "counter")?;
    let wrong = |what, value| StoreError::Value { what, value };
    Ok(Shield {
        id: column(row, "id")?,
        credential_id: column(row, "credential_id")?,
        account_id: column(row, "account_id")?,
        name: column(row, "name")?,
        key: PublicKey::of_store(&key).ok_or_else(|| wrong("shield's key", key))?,
        counter: u32::try_from(counter).map_err(|_| wrong("shield's counter", counter.to_string()))?,
        applied_at: UtcMillis::from_millis(column(row, "applied_at")?),
        used_at: column::<Option<i64>>(row, "used_at")?.map(UtcMillis::from_millis),
        not_after: UtcMillis::from_millis(column(row, "not_after")?),
    })
}

/// Adds one; false when its key handle is known already.
pub(super) async fn insert(tx: &Tx, shield: &Shield) -> Result<bool, StoreError> {
    let sql = "INSERT INTO shield (id, credential_id, account_id, name, public_key, counter, applied_at, used_at, not_after, withdrawn_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, NULL) ON CONFLICT (credential_id) DO NOTHING";
    let values = [
        shield.id.clone().into(),
        shield.credential_id.clone().into(),
        shield.account_id.clone().into(),
        shield.name.clone().into(),
        shield.key.stored().into(),
        i64::from(shield.counter).into(),
        shield.applied_at.as_millis().into(),
        shield.not_after.as_millis().into(),
    ];
    Ok(execute(tx.conn(), sql, values).await? == 1)
}

/// It has answered.
pub(super) async fn used(tx: &Tx, shield: &Shield, counter: u32) -> Result<(), StoreError> {
    let sql = "UPDATE shield SET counter = $2, used_at = $3 WHERE id = $1";
    let values = [shield.id.clone().into(), i64::from(counter).into(), tx.now().as_millis().into()];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// It serves until then.
pub(super) async fn renew(tx: &Tx, id: &str, not_after: UtcMillis) -> Result<(), StoreError> {
    execute(
        tx.conn(),
        "UPDATE shield SET not_after = $2 WHERE id = $1",
        [id.into(), not_after.as_millis().into()],
    )
    .await?;
    Ok(())
}

/// It has another name; false when the account has no such shield.
pub(super) async fn rename(tx: &Tx, account_id: &str, id: &str, name: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE shield SET name = $3 WHERE id = $1 AND account_id = $2 AND withdrawn_at IS NULL";
    Ok(execute(tx.conn(), sql, [id.into(), account_id.into(), name.into()]).await? == 1)
}

/// It serves no more; false when the account has no such shield.
pub(super) async fn withdraw(tx: &Tx, account_id: &str, id: &str) -> Result<bool, StoreError> {
    let sql =
        "UPDATE shield SET withdrawn_at = $3 WHERE id = $1 AND account_id = $2 AND withdrawn_at IS NULL";
    Ok(execute(tx.conn(), sql, [id.into(), account_id.into(), tx.now().as_millis().into()]).await? == 1)
}
