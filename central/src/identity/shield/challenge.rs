//! What a shield answers to, when it is not a statement.
//! Promises: 256 random bits, kept hashed; good for 60 seconds and once, for one purpose and for one account where there is one (PO-066).

use protocols::{base64::Alphabet::Url, contract::UtcMillis};

use super::{ceremony, client_data};
use crate::{
    identity::secret,
    store::{StoreError, Tx, column, execute, one},
};

pub(super) const SERVES_MS: i64 = 60_000;

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new shield.
    Apply,
    /// One that is to serve longer.
    Renew,
    /// 登录.
    LogIn,
}

impl Purpose {
    const fn code(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Renew => "renew",
            Self::LogIn => "log_in",
        }
    }
}

/// A fresh challenge.
pub(super) struct Challenge {
    /// base64url.
    pub(super) text: String,
    pub(super) expires_at: UtcMillis,
}

/// 256 random bits in base64url, as browsers write challenges.
pub(super) fn draw() -> String {
    Url.encode(&rand::random::<[u8; 32]>()).trim_end_matches('=').to_owned()
}

/// Makes one, and forgets those that are too old.
pub(super) async fn make(
    tx: &Tx,
    purpose: Purpose,
    account_id: Option<&str>,
) -> Result<Challenge, StoreError> {
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM shield_challenge WHERE expires_at < $1", [now.into()]).await?;
    let text = draw();
    let sql = "INSERT INTO shield_challenge (hash, purpose, account_id, expires_at) VALUES ($1, $2, $3, $4)";
    let values = [
        secret::hash(&text).into(),
        purpose.code().into(),
        account_id.map(ToOwned::to_owned).into(),
        (now + SERVES_MS).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(Challenge { text, expires_at: UtcMillis::from_millis(now + SERVES_MS) })
}

/// The challenge that these client data name, used up; none when it is unknown, too old, used, or was made for something else.
pub(super) async fn take(
    tx: &Tx,
    purpose: Purpose,
    account_id: Option<&str>,
    told: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let named = ceremony::bytes(told).ok().and_then(|bytes| client_data::challenge(&bytes));
    let Some(named) = named else { return Ok(None) };
    let hash = secret::hash(Url.encode(&named).trim_end_matches('='));
    let sql = format!(
        "SELECT account_id FROM shield_challenge WHERE hash = $1 AND purpose = $2 AND expires_at >= $3{}",
        tx.row_lock()
    );
    let values = [hash.clone().into(), purpose.code().into(), tx.now().as_millis().into()];
    let Some(row) = one(tx.conn(), &sql, values).await? else { return Ok(None) };
    if column::<Option<String>>(&row, "account_id")?.as_deref() != account_id {
        return Ok(None);
    }
    let sql = "DELETE FROM shield_challenge WHERE hash = $1";
    Ok((execute(tx.conn(), sql, [hash.into()]).await? == 1).then_some(named))
}
