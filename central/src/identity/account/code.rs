//! 短信验证码: one-time codes to the registered mobile, and the messages that carry them.
//! Promises: a code has six digits, serves once, for ten minutes and five tries; only its hash is kept. The message itself waits in the
//! outbox until it is sent, and is emptied then.
//! Source: spec PO-026, PO-036, PO-037; PO-284 for the way out.

use protocols::contract::UtcMillis;
use rand::RngExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::store::{StoreError, Tx, column, execute, one};

const VALID_MS: i64 = 10 * 60 * 1000;
const TRIES: i64 = 5;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The mobile belongs to the one who registers (PO-026).
    ConfirmMobile,
    /// 忘记用户名/忘记密码 (PO-037).
    Recover,
    /// The card's binding is given up (PO-409).
    UnbindCard,
    /// 首次绑卡 of who logs in by card only (PO-068).
    FirstCard,
}

impl Purpose {
    const fn code(self) -> &'static str {
        match self {
            Self::ConfirmMobile => "confirm_mobile",
            Self::Recover => "recover",
            Self::UnbindCard => "unbind_card",
            Self::FirstCard => "first_card",
        }
    }
}

/// Sends a new code to the mobile; earlier ones for the same purpose serve no more.
///
/// # Errors
/// [`StoreError`].
pub async fn send(tx: &Tx, account_id: &str, purpose: Purpose, mobile: &str) -> Result<(), StoreError> {
    let now = tx.now().as_millis();
    let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
    let sql =
        "UPDATE one_time_code SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL";
    execute(tx.conn(), sql, [account_id.into(), purpose.code().into(), now.into()]).await?;
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO one_time_code (id, account_id, purpose, code_hash, created_at, tries, used_at)
               VALUES ($1, $2, $3, $4, $5, 0, NULL)";
    let hash = hash_of(&id, &code);
    execute(tx.conn(), sql, [id.into(), account_id.into(), purpose.code().into(), hash.into(), now.into()])
        .await?;
    let sql = "INSERT INTO short_message (id, mobile, body, created_at, tries, due_at, sent_at)
               VALUES ($1, $2, $3, $4, 0, $4, NULL)";
    let body = format!("【国际贸易单一窗口】验证码 {code}，10 分钟内有效，请勿告知他人。");
    let id = uuid::Uuid::now_v7().to_string();
    execute(tx.conn(), sql, [id.into(), mobile.into(), body.into(), now.into()]).await?;
    Ok(())
}

/// When the last code for this purpose was sent.
///
/// # Errors
/// [`StoreError`].
pub async fn last_sent(tx: &Tx, account_id: &str, purpose: Purpose) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT MAX(created_at) AS sent_at FROM one_time_code WHERE account_id = $1 AND purpose = $2";
    let row = one(tx.conn(), sql, [account_id.into(), purpose.code().into()]).await?;
    let sent: Option<i64> = row.map_or(Ok(None), |row| column(&row, "sent_at"))?;
    Ok(sent.map(UtcMillis::from_millis))
}

/// Whether it is the code that was sent; it is used up when it is, and one try is gone when it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn redeem(tx: &Tx, account_id: &str, purpose: Purpose, code: &str) -> Result<bool, StoreError> {
    tried(tx, account_id, purpose, code, true).await
}

/// Whether it is the code that was sent. It still serves afterwards, but one try is gone: what follows asks for it again.
///
/// # Errors
/// [`StoreError`].
pub async fn holds(tx: &Tx, account_id: &str, purpose: Purpose, code: &str) -> Result<bool, StoreError> {
    tried(tx, account_id, purpose, code, false).await
}

async fn tried(
    tx: &Tx,
    account_id: &str,
    purpose: Purpose,
    code: &str,
    uses: bool,
) -> Result<bool, StoreError> {
    let now = tx.now().as_millis();
    let sql = "SELECT id, code_hash, created_at, tries FROM one_time_code
               WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL ORDER BY created_at DESC LIMIT 1";
    let Some(row) = one(tx.conn(), sql, [account_id.into(), purpose.code().into()]).await? else {
        return Ok(false);
    };
    let (id, hash): (String, String) = (column(&row, "id")?, column(&row, "code_hash")?);
    let (created_at, tries): (i64, i64) = (column(&row, "created_at")?, column(&row, "tries")?);
    let sent = UtcMillis::from_millis(created_at);
    let in_time = now - sent.as_millis() <= VALID_MS && tries < TRIES;
    let right = in_time && bool::from(hash.as_bytes().ct_eq(hash_of(&id, code.trim()).as_bytes()));
    // A try counts whatever the clock says.
    let used_at = (right && uses).then_some(now);
    let sql = "UPDATE one_time_code SET used_at = $2, tries = tries + 1 WHERE id = $1";
    execute(tx.conn(), sql, [id.into(), used_at.into()]).await?;
    Ok(right)
}

/// Six digits are few: the row's own key goes into the hash, so that equal codes do not show.
fn hash_of(id: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("{id} {code}")))
}
