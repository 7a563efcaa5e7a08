//! 会话: who is logged in, from where, and until when.
//! `login`: ways in and out · `by_card`: the way in by a card, and its end when the card is pulled · `captcha`: the image before a password · `devices`: what a person sees of the own sessions · `key`: keys of
//! programs · `every_key`: those of all accounts, for administrators.
//! Promises: a token is 32 random bytes of which only the hash is kept; a session ends after half an hour without activity and after
//! twelve hours in any case (PO-069), and with every change of password; what was ended is refused from then on (PO-123).

pub mod by_card;
pub mod captcha;
pub mod devices;
pub mod every_key;
pub mod key;
pub mod login;
#[cfg(test)]
pub(in crate::identity) mod tests;

use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::person::Login;
use crate::{
    app::Central,
    config::TokenHash,
    store::{Store, StoreError, Tx, all, column, execute, one},
};

/// Without activity.
const IDLE_MS: i64 = 30 * 60 * 1000;
/// In any case.
const LONGEST_MS: i64 = 12 * 3600 * 1000;
/// Activity is noted this often: a write for each request would be one too many.
const NOTED_EVERY_MS: i64 = 60 * 1000;

/// The paths of sessions.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(captcha::draw))
        .routes(routes!(login::by_password))
        .routes(routes!(by_card::challenge))
        .routes(routes!(by_card::by_card))
        .routes(routes!(by_card::removed))
        .routes(routes!(login::show, login::out))
        .routes(routes!(devices::list))
        .routes(routes!(devices::end))
        .routes(routes!(devices::of_account))
        .routes(routes!(key::list, key::create))
        .routes(routes!(key::end))
        .routes(routes!(every_key::list))
        .routes(routes!(every_key::end))
}

/// 会话 as stored.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its key, which is no secret.
    pub id: String,
    /// The account.
    pub account_id: String,
    /// How it began.
    pub login: Login,
    /// When.
    pub created_at: UtcMillis,
    /// When something was asked last, to the minute.
    pub seen_at: UtcMillis,
    /// What the browser calls itself.
    pub device: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// When it was ended, if it was.
    pub ended_at: Option<UtcMillis>,
    /// By what.
    pub ended_by: Option<String>,
}

/// Why a session ended that began with a card which was pulled out (PO-096).
const CARD_REMOVED: &str = "card_removed";

/// A session whose token was shown.
#[derive(Clone, Debug)]
pub enum Shown {
    /// It is open.
    Open(Session),
    /// It would be, had its card not been pulled out.
    CardRemoved,
}

impl Session {
    /// Whether it still opens anything at this instant.
    #[must_use]
    pub fn is_open(&self, now: UtcMillis) -> bool {
        let (now, seen, made) = (now.as_millis(), self.seen_at.as_millis(), self.created_at.as_millis());
        // Activity is noted to the minute, so that minute is given.
        self.ended_at.is_none() && now - seen < IDLE_MS + NOTED_EVERY_MS && now - made < LONGEST_MS
    }

    /// When it ends in any case.
    #[must_use]
    pub fn ends_at(&self) -> UtcMillis {
        UtcMillis::from_millis(self.created_at.as_millis() + LONGEST_MS)
    }
}

/// Who begins a session, and how.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    /// The account.
    pub account_id: &'a str,
    /// How.
    pub login: Login,
    /// What the browser calls itself.
    pub device: Option<String>,
    /// From where.
    pub address: Option<String>,
}

/// Begins a session; the token is told once.
///
/// # Errors
/// [`StoreError`].
pub async fn begin(tx: &Tx, beginning: Beginning<'_>) -> Result<(Session, String), StoreError> {
    let secret: [u8; 32] = rand::random();
    let token = format!("ks_{}", hex::encode(secret));
    let session = Session {
        id: uuid::Uuid::now_v7().to_string(),
        account_id: beginning.account_id.to_owned(),
        login: beginning.login,
        created_at: tx.now(),
        seen_at: tx.now(),
        device: beginning.device.map(|device| device.chars().take(200).collect()),
        address: beginning.address,
        ended_at: None,
        ended_by: None,
    };
    let sql = "INSERT INTO session (id, token_hash, account_id, login, created_at, seen_at, device, address, ended_at, ended_by)
               VALUES ($1, $2, $3, $4, $5, $5, $6, $7, NULL, NULL)";
    let values = [
        session.id.clone().into(),
        TokenHash::of(&token).to_hex().into(),
        session.account_id.clone().into(),
        session.login.code().into(),
        session.created_at.as_millis().into(),
        session.device.clone().into(),
        session.address.clone().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok((session, token))
}

const COLUMNS: &str = "id, account_id, login, created_at, seen_at, device, address, ended_at, ended_by";

/// The session of this token, if it is open or only lacks its card; its activity is noted.
///
/// # Errors
/// [`StoreError`].
pub async fn of_token(store: &Store, token: &TokenHash) -> Result<Option<Shown>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE token_hash = $1");
    let Some(row) = one(store.read(), &sql, [token.to_hex().into()]).await? else { return Ok(None) };
    let session = read(&row)?;
    let now = store.clock().now();
    if session.ended_by.as_deref() == Some(CARD_REMOVED) {
        return Ok((now < session.ends_at()).then_some(Shown::CardRemoved));
    }
    if !session.is_open(now) {
        return Ok(None);
    }
    if now.as_millis() - session.seen_at.as_millis() >= NOTED_EVERY_MS {
        let tx = store.begin().await?;
        let sql = "UPDATE session SET seen_at = $2 WHERE id = $1 AND ended_at IS NULL";
        execute(tx.conn(), sql, [session.id.clone().into(), now.as_millis().into()]).await?;
        tx.commit().await?;
    }
    Ok(Some(Shown::Open(session)))
}

/// The session of this key, open or ended; its activity is not noted.
async fn of_id(store: &Store, id: &str) -> Result<Option<Session>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE id = $1");
    one(store.read(), &sql, [id.into()]).await?.as_ref().map(read).transpose()
}

/// Whether this session is open; its activity is not noted.
///
/// # Errors
/// [`StoreError`].
pub async fn is_open(store: &Store, id: &str) -> Result<bool, StoreError> {
    Ok(of_id(store, id).await?.is_some_and(|session| session.is_open(store.clock().now())))
}

/// The newest sessions of an account, ended ones too, as an administrator reads them.
///
/// # Errors
/// [`StoreError`].
pub async fn history<C: ConnectionTrait>(
    conn: &C,
    account_id: &str,
    most: u32,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT {most}"
    );
    all(conn, &sql, [account_id.into()]).await?.iter().map(read).collect()
}

/// The open sessions of an account, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_account<C: ConnectionTrait>(
    conn: &C,
    account_id: &str,
    now: UtcMillis,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session WHERE account_id = $1 AND ended_at IS NULL AND created_at > $2 ORDER BY created_at DESC, id DESC"
    );
    let since = (now.as_millis() - LONGEST_MS).into();
    let sessions: Result<Vec<_>, _> =
        all(conn, &sql, [account_id.into(), since]).await?.iter().map(read).collect();
    Ok(sessions?.into_iter().filter(|session| session.is_open(now)).collect())
}

/// Ends one session of an account; false when there is none that is open.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Tx, account_id: &str, id: &str, why: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE session SET ended_at = $3, ended_by = $4 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";
    let now = tx.now().as_millis().into();
    Ok(execute(tx.conn(), sql, [id.into(), account_id.into(), now, why.into()]).await? == 1)
}

/// Ends all sessions of an account, but one if it is named.
///
/// # Errors
/// [`StoreError`].
pub async fn end_all(tx: &Tx, account_id: &str, why: &str, but: Option<&str>) -> Result<u64, StoreError> {
    let sql = "UPDATE session SET ended_at = $2, ended_by = $3 WHERE account_id = $1 AND ended_at IS NULL AND id <> $4";
    let now = tx.now().as_millis().into();
    execute(tx.conn(), sql, [account_id.into(), now, why.into(), but.unwrap_or_default().into()]).await
}

/// Ends the sessions of an account that began in this way.
///
/// # Errors
/// [`StoreError`].
pub async fn end_way(tx: &Tx, account_id: &str, login: Login, why: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE session SET ended_at = $3, ended_by = $4 WHERE account_id = $1 AND login = $2 AND ended_at IS NULL";
    let now = tx.now().as_millis().into();
    execute(tx.conn(), sql, [account_id.into(), login.code().into(), now, why.into()]).await
}

fn read(row: &QueryResult) -> Result<Session, StoreError> {
    let login: String = column(row, "login")?;
    let login = Login::ALL
        .iter()
        .copied()
        .find(|way| way.code() == login)
        .ok_or(StoreError::Value { what: "login", value: login })?;
    let ended_at: Option<i64> = column(row, "ended_at")?;
    Ok(Session {
        id: column(row, "id")?,
        account_id: column(row, "account_id")?,
        login,
        created_at: UtcMillis::from_millis(column(row, "created_at")?),
        seen_at: UtcMillis::from_millis(column(row, "seen_at")?),
        device: column(row, "device")?,
        address: column(row, "address")?,
        ended_at: ended_at.map(UtcMillis::from_millis),
        ended_by: column(row, "ended_by")?,
    })
}
