//! The facts that an administrator has put into our own tables; all SQL of them.

use sea_orm::ConnectionTrait;

use super::Facts;
use crate::store::{StoreError, Tx, column, execute, from_json, one, to_json};

pub(super) async fn find<F: Facts, C: ConnectionTrait>(
    conn: &C,
    number: &str,
) -> Result<Option<F>, StoreError> {
    let sql = format!("SELECT doc FROM {} WHERE number = $1", F::TABLE);
    let row = one(conn, &sql, [number.into()]).await?;
    row.map(|row| from_json(F::WHAT, &column::<String>(&row, "doc")?)).transpose()
}

pub(super) async fn put<F: Facts>(tx: &Tx, facts: &F) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {} (number, updated_at, doc) VALUES ($1, $2, $3)
         ON CONFLICT (number) DO UPDATE SET updated_at = excluded.updated_at, doc = excluded.doc",
        F::TABLE
    );
    let values = [facts.own_number().into(), tx.now().as_millis().into(), to_json(F::WHAT, facts)?.into()];
    execute(tx.conn(), &sql, values).await?;
    Ok(())
}

/// False when there was nothing of this number.
pub(super) async fn remove<F: Facts>(tx: &Tx, number: &str) -> Result<bool, StoreError> {
    let sql = format!("DELETE FROM {} WHERE number = $1", F::TABLE);
    Ok(execute(tx.conn(), &sql, [number.into()]).await? > 0)
}
