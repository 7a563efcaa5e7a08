//! What waits here while a person is at another provider, and after.
//! Promises: a state serves once, within ten minutes, in the browser that began; the browser's own secret is a cookie that no script reads
//! and that no other site makes it send. Kept hashed, but for nonce and PKCE verifier, which the provider must be told or has to repeat.

use axum::{
    http::{HeaderMap, header},
    response::Response,
};

use super::provider::Beginning;
use crate::{
    identity::{secret, session::login::set_cookie},
    store::{StoreError, Tx, column, execute, one},
};

const COOKIE: &str = "kakou_third_party";
const SERVES_MS: i64 = 10 * 60 * 1000;

/// The browser's own secret, if it has one.
pub(super) fn browser(headers: &HeaderMap) -> Option<String> {
    let told = headers.get(header::COOKIE)?.to_str().ok()?;
    let pairs = told.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

/// Gives the browser its secret.
pub(super) fn remember(response: &mut Response, browser: &str) {
    set_cookie(
        response,
        &format!("{COOKIE}={browser}; Path=/api/v1; HttpOnly; Secure; SameSite=Strict; Max-Age=600"),
    );
}

/// A log-in that has come back.
pub(super) struct Flow {
    pub(super) provider: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Keeps a log-in that begins; the browser's new secret.
pub(super) async fn begin(
    tx: &Tx,
    provider: &str,
    account_id: Option<&str>,
    beginning: &Beginning,
) -> Result<String, StoreError> {
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM third_party_flow WHERE expires_at < $1", [now.into()]).await?;
    let browser = secret::draw();
    let sql = "INSERT INTO third_party_flow (state_hash, provider, browser_hash, account_id, nonce, verifier, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        secret::hash(&beginning.state).into(),
        provider.into(),
        secret::hash(&browser).into(),
        account_id.map(ToOwned::to_owned).into(),
        beginning.nonce.clone().into(),
        beginning.verifier.clone().into(),
        (now + SERVES_MS).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(browser)
}

/// The log-in of this state, used up; none in another browser, for another account, or too late.
pub(super) async fn take(
    tx: &Tx,
    state: &str,
    account_id: Option<&str>,
    headers: &HeaderMap,
) -> Result<Option<Flow>, StoreError> {
    let sql = format!(
        "SELECT provider, browser_hash, account_id, nonce, verifier FROM third_party_flow WHERE state_hash = $1 AND expires_at >= $2{}",
        tx.row_lock()
    );
    let hash = secret::hash(state);
    let Some(row) = one(tx.conn(), &sql, [hash.clone().into(), tx.now().as_millis().into()]).await? else {
        return Ok(None);
    };
    let own = browser(headers).map(|browser| secret::hash(&browser));
    let of: Option<String> = column(&row, "account_id")?;
    if own != Some(column(&row, "browser_hash")?) || of.as_deref() != account_id {
        return Ok(None);
    }
    execute(tx.conn(), "DELETE FROM third_party_flow WHERE state_hash = $1", [hash.into()]).await?;
    Ok(Some(Flow {
        provider: column(&row, "provider")?,
        nonce: column(&row, "nonce")?,
        verifier: column(&row, "verifier")?,
    }))
}

/// Proof of an identity that is nobody's yet; whoever logs in by password with it, in this browser, links it.
pub(super) async fn issue_ticket(
    tx: &Tx,
    provider: &str,
    subject: &str,
    browser: &str,
) -> Result<String, StoreError> {
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM third_party_ticket WHERE expires_at < $1", [now.into()]).await?;
    let ticket = format!("kl_{}", secret::draw());
    let sql = "INSERT INTO third_party_ticket (hash, provider, subject, browser_hash, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        secret::hash(&ticket).into(),
        provider.into(),
        subject.into(),
        secret::hash(browser).into(),
        (now + SERVES_MS).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(ticket)
}

/// Provider and subject of a ticket, used up; none in another browser, or too late.
pub(super) async fn take_ticket(
    tx: &Tx,
    ticket: &str,
    headers: &HeaderMap,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = format!(
        "SELECT provider, subject, browser_hash FROM third_party_ticket WHERE hash = $1 AND expires_at >= $2{}",
        tx.row_lock()
    );
    let hash = secret::hash(ticket);
    let Some(row) = one(tx.conn(), &sql, [hash.clone().into(), tx.now().as_millis().into()]).await? else {
        return Ok(None);
    };
    let own = browser(headers).map(|browser| secret::hash(&browser));
    if own != Some(column(&row, "browser_hash")?) {
        return Ok(None);
    }
    execute(tx.conn(), "DELETE FROM third_party_ticket WHERE hash = $1", [hash.into()]).await?;
    Ok(Some((column(&row, "provider")?, column(&row, "subject")?)))
}
