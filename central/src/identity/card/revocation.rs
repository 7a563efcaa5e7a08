//! 吊销: certificates that no longer count, as an administrator or an authority's list says.
//! Promises: a list counts only when a configured authority has signed it, and an older one than the last is not taken again; what is
//! revoked stays revoked; a bound card whose certificate goes is suspended in the same transaction (PO-408).
//! Source: PO-063, PO-104, PO-408; RFC 5280 section 5.

use protocols::{
    contract::UtcMillis,
    ikey::{Certificate, RevocationList},
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{binding, change, refusal};
use crate::{
    app::Central,
    declaration::{actor::Actor, fault::FieldError, problem::Problem},
    store::{StoreError, Tx, column, execute, one},
};

/// Since when this certificate is revoked; none when it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn since<C: ConnectionTrait>(
    conn: &C,
    certificate: &Certificate,
) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT revoked_at FROM revoked_certificate WHERE issuer = $1 AND serial = $2";
    let row = one(conn, sql, [certificate.issuer().into(), certificate.serial().into()]).await?;
    row.map(|row| column(&row, "revoked_at").map(UtcMillis::from_millis)).transpose()
}

/// Revokes one certificate; false when it was revoked before.
///
/// # Errors
/// [`StoreError`].
pub async fn revoke(
    tx: &Tx,
    actor: &Actor,
    (issuer, serial): (&str, &str),
    at: UtcMillis,
    reason: &str,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO revoked_certificate (issuer, serial, revoked_at, noted_at, reason) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (issuer, serial) DO NOTHING";
    let values =
        [issuer.into(), serial.into(), at.as_millis().into(), tx.now().as_millis().into(), reason.into()];
    if execute(tx.conn(), sql, values).await? == 0 {
        return Ok(false);
    }
    if let Some(bound) = binding::of_certificate(tx, issuer, serial).await?
        && bound.state == binding::State::Bound
    {
        change::suspend(tx, actor, &bound, reason).await?;
    }
    Ok(true)
}

/// What a list brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Certificates on it.
    pub listed: usize,
    /// Those of them that were not revoked before.
    pub fresh: usize,
}

/// Takes an authority's list.
///
/// # Errors
/// `PO_SIGNATURE_INVALID` when no configured authority has signed it, 422 for one dated in the future, 409 for one older than the last.
pub async fn take_list(
    central: &Central,
    tx: &Tx,
    actor: &Actor,
    list: &RevocationList,
) -> Result<Taken, Problem> {
    let authority = central.cards().authority(|authority| list.is_issued_by(authority));
    if authority.is_none_or(|authority| !authority.serves_at(tx.now())) {
        return Err(refusal::invalid("no authority that this platform accepts has signed the list"));
    }
    let (issuer, made_at) = (list.issuer(), list.this_update());
    if made_at > tx.now() {
        let (zh, en) = ("吊销列表的日期晚于当前时间", "the list is dated in the future");
        return Err(Problem::fields(vec![FieldError::format(
            "list".into(),
            "PO-104",
            zh,
            en,
            json!(made_at),
        )]));
    }
    let sql = "SELECT made_at FROM revocation_list WHERE issuer = $1";
    let last = one(tx.conn(), sql, [issuer.clone().into()]).await?;
    let last: Option<i64> = last.map(|row| column(&row, "made_at")).transpose()?;
    if last.is_some_and(|last| last > made_at.as_millis()) {
        return Err(Problem::status_conflict("a newer list of this authority has been taken"));
    }
    let sql = "INSERT INTO revocation_list (issuer, made_at, taken_at) VALUES ($1, $2, $3)
               ON CONFLICT (issuer) DO UPDATE SET made_at = $2, taken_at = $3";
    let values = [issuer.clone().into(), made_at.as_millis().into(), tx.now().as_millis().into()];
    execute(tx.conn(), sql, values).await?;
    let mut taken = Taken { listed: 0, fresh: 0 };
    for (serial, at) in list.entries() {
        taken.listed += 1;
        let fresh = revoke(tx, actor, (&issuer, &serial), at, "listed by the authority").await?;
        taken.fresh += usize::from(fresh);
    }
    Ok(taken)
}
