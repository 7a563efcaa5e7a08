//! All SQL of accounts.

use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::{Account, folded};
use crate::{
    declaration::query::{self, Conditions, Page, Total},
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// The account of this key.
///
/// # Errors
/// [`StoreError`].
pub async fn by_id<C: ConnectionTrait>(conn: &C, id: &str) -> Result<Option<Account>, StoreError> {
    one(conn, "SELECT doc FROM account WHERE id = $1", [id.into()]).await?.as_ref().map(read).transpose()
}

/// The account of this name, in whatever case.
///
/// # Errors
/// [`StoreError`].
pub async fn by_username<C: ConnectionTrait>(
    conn: &C,
    username: &str,
) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT doc FROM account WHERE username_folded = $1";
    one(conn, sql, [folded(username).into()]).await?.as_ref().map(read).transpose()
}

/// The accounts with this mobile that are not closed.
///
/// # Errors
/// [`StoreError`].
pub async fn by_mobile<C: ConnectionTrait>(conn: &C, mobile: &str) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT doc FROM account WHERE mobile = $1 AND status <> 'closed' ORDER BY created_at";
    all(conn, sql, [mobile.into()]).await?.iter().map(read).collect()
}

/// The accounts of an enterprise.
///
/// # Errors
/// [`StoreError`].
pub async fn of_enterprise<C: ConnectionTrait>(conn: &C, id: &str) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT doc FROM account WHERE enterprise_id = $1 ORDER BY username_folded";
    all(conn, sql, [id.into()]).await?.iter().map(read).collect()
}

/// One page of accounts.
///
/// # Errors
/// [`StoreError`].
pub async fn search<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    page: Page,
) -> Result<(Total, Vec<Account>), StoreError> {
    let total = query::count(conn, "account", conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT doc FROM account WHERE {clause} ORDER BY username_folded LIMIT {size} OFFSET {offset}"
    );
    let accounts = all(conn, &sql, values).await?.iter().map(read).collect::<Result<_, _>>()?;
    Ok((total, accounts))
}

/// Adds an account; false when the name is taken.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, account: &Account) -> Result<bool, StoreError> {
    if by_username(tx.conn(), &account.username).await?.is_some() {
        return Ok(false);
    }
    let sql = "INSERT INTO account (id, username, username_folded, role, status, enterprise_id, mobile, created_at, doc)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (username_folded) DO NOTHING";
    Ok(execute(tx.conn(), sql, row(account)?).await? == 1)
}

/// Writes what has become of an account.
///
/// # Errors
/// [`StoreError`].
pub async fn update(tx: &Tx, account: &mut Account) -> Result<(), StoreError> {
    account.version += 1;
    let sql = "UPDATE account SET username = $2, username_folded = $3, role = $4, status = $5, enterprise_id = $6, mobile = $7,
               created_at = $8, doc = $9 WHERE id = $1";
    execute(tx.conn(), sql, row(account)?).await?;
    Ok(())
}

fn row(account: &Account) -> Result<[Value; 9], StoreError> {
    let text = |text: &Option<Box<str>>| text.as_deref().map(ToOwned::to_owned);
    Ok([
        account.id.to_string().into(),
        account.username.to_string().into(),
        folded(&account.username).into(),
        account.role.code().into(),
        account.status.code().into(),
        text(&account.enterprise_id).into(),
        text(&account.mobile).into(),
        account.created_at.as_millis().into(),
        to_json("account", account)?.into(),
    ])
}

fn read(row: &QueryResult) -> Result<Account, StoreError> {
    from_json("account", &column::<String>(row, "doc")?)
}
