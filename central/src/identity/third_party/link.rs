//! 关联: whose an identity of another provider is.
//! Promises: the store itself holds one identity to one account (PO-067); linking and unlinking are in the audit log, without the provider's
//! name of the person.

use axum::http::HeaderMap;
use protocols::contract::UtcMillis;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::flow;
use crate::{
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        problem::Problem,
    },
    identity::{Login, account::Account, application, session::login::wrong_way},
    store::{StoreError, Tx, all, column, execute, one},
};

/// The account of this identity.
pub(super) async fn account_of<C: ConnectionTrait>(
    conn: &C,
    provider: &str,
    subject: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT account_id FROM linked_identity WHERE provider = $1 AND subject = $2";
    let row = one(conn, sql, [provider.into(), subject.into()]).await?;
    row.map(|row| column(&row, "account_id")).transpose()
}

/// It has opened a session.
pub(super) async fn used(tx: &Tx, provider: &str, subject: &str) -> Result<(), StoreError> {
    let sql = "UPDATE linked_identity SET used_at = $3 WHERE provider = $1 AND subject = $2";
    execute(tx.conn(), sql, [provider.into(), subject.into(), tx.now().as_millis().into()]).await?;
    Ok(())
}

/// The identities of an account, oldest first.
pub(super) async fn of_account<C: ConnectionTrait>(
    conn: &C,
    account_id: &str,
) -> Result<Vec<Value>, StoreError> {
    let sql = "SELECT id, provider, linked_at, used_at FROM linked_identity WHERE account_id = $1 ORDER BY linked_at, id";
    let rows = all(conn, sql, [account_id.into()]).await?;
    rows.iter()
        .map(|row| {
            let (id, provider): (String, String) = (column(row, "id")?, column(row, "provider")?);
            let used_at = column::<Option<i64>>(row, "used_at")?.map(UtcMillis::from_millis);
            let linked_at = UtcMillis::from_millis(column(row, "linked_at")?);
            Ok(json!({"id": id, "provider": provider, "linked_at": linked_at, "used_at": used_at}))
        })
        .collect()
}

/// Links an identity to an account; its key.
///
/// # Errors
/// 409 when it is linked already.
pub(super) async fn link(
    tx: &Tx,
    account: &Account,
    actor: &Actor,
    provider: &str,
    subject: &str,
) -> Result<String, Problem> {
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO linked_identity (id, provider, subject, account_id, linked_at, used_at) VALUES ($1, $2, $3, $4, $5, NULL)
               ON CONFLICT (provider, subject) DO NOTHING";
    let values = [
        id.clone().into(),
        provider.into(),
        subject.into(),
        account.id.to_string().into(),
        tx.now().as_millis().into(),
    ];
    if execute(tx.conn(), sql, values).await? != 1 {
        return Err(Problem::status_conflict("this identity is linked to an account already"));
    }
    note(tx, actor, &id, "link_identity", json!({ "provider": provider })).await?;
    Ok(id)
}

/// Takes an identity from its account; false when it is none of the account's.
pub(super) async fn unlink(tx: &Tx, account_id: &str, id: &str, actor: &Actor) -> Result<bool, StoreError> {
    let sql = "DELETE FROM linked_identity WHERE id = $1 AND account_id = $2";
    if execute(tx.conn(), sql, [id.into(), account_id.into()]).await? != 1 {
        return Ok(false);
    }
    note(tx, actor, id, "unlink_identity", Value::Null).await?;
    Ok(true)
}

async fn note(tx: &Tx, actor: &Actor, id: &str, action: &str, detail: Value) -> Result<(), StoreError> {
    let entry =
        Entry { actor, subject: "linked_identity", number: id, action, before: None, after: None, detail };
    audit::write(tx, &entry).await
}

/// Links the identity of a ticket to the account that has just logged in by password (PO-067).
///
/// # Errors
/// 403 (`PO_LOGIN_METHOD`) for a role that logs in otherwise, 409 for a ticket that serves no more or an identity that is linked already.
pub async fn redeem(
    tx: &Tx,
    account: &Account,
    ticket: &str,
    headers: &HeaderMap,
    address: Option<String>,
) -> Result<(), Problem> {
    if !application::admits(account.role, Login::ThirdParty) {
        return Err(wrong_way());
    }
    let found = flow::take_ticket(tx, ticket, headers).await?;
    let (provider, subject) = found.ok_or_else(|| {
        Problem::status_conflict("the link_ticket serves no more, or not in this browser; begin again")
    })?;
    let actor = Actor {
        name: account.username.to_string(),
        role: account.role.code().into(),
        card_no: None,
        address,
    };
    link(tx, account, &actor, &provider, &subject).await.map(drop)
}
