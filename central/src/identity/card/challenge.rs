//! 随机挑战: what a card signs to show that it is there and open.
//! Promises: good for 60 seconds and once, for one purpose, and for one account where there is one. A challenge is 64 hex digits, so
//! that signing one is never signing a statement, which begins with a brace.
//! Source: PO-063, PO-092; PO-V03, PO-V04.

use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};

use super::refusal;
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{secret, signing::Presented},
    store::{StoreError, Tx, column, execute, one},
};

const SERVES_MS: i64 = 60_000;

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 登录.
    LogIn,
    /// An enterprise's card confirms the account that registered it (PO-036).
    Verify,
    /// 绑定.
    Bind,
    /// The certificate has been renewed.
    Renew,
    /// 解绑.
    Unbind,
    /// 首次绑卡 of who has no other way to log in.
    FirstCard,
}

impl Purpose {
    const fn code(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::Verify => "verify",
            Self::Bind => "bind",
            Self::Renew => "renew",
            Self::Unbind => "unbind",
            Self::FirstCard => "first_card",
        }
    }
}

/// 随机挑战.
#[derive(Clone, Debug, Serialize)]
pub struct Challenge {
    /// What to sign.
    pub challenge: String,
    /// Until when it serves.
    pub expires_at: UtcMillis,
}

/// 挑战应答: what the card says to it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// 卡号, as the card service read it.
    pub card_no: String,
    /// The challenge.
    pub challenge: String,
    /// `SM2-SM3` or `ES256`.
    pub signature_alg: String,
    /// The signature over the challenge, DER in Base64.
    pub signature: String,
    /// The card's certificate, DER in Base64.
    pub certificate: String,
}

/// Makes one, and forgets those that are too old.
///
/// # Errors
/// [`StoreError`].
pub async fn make(tx: &Tx, purpose: Purpose, account_id: Option<&str>) -> Result<Challenge, StoreError> {
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM card_challenge WHERE expires_at < $1", [now.into()]).await?;
    let challenge = secret::draw();
    let expires_at = now + SERVES_MS;
    let sql = "INSERT INTO card_challenge (hash, purpose, account_id, expires_at) VALUES ($1, $2, $3, $4)";
    let values = [
        secret::hash(&challenge).into(),
        purpose.code().into(),
        account_id.map(ToOwned::to_owned).into(),
        expires_at.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(Challenge { challenge, expires_at: UtcMillis::from_millis(expires_at) })
}

/// The card that answered rightly; the challenge is used up.
///
/// # Errors
/// `PO_SIGNATURE_INVALID`.
pub(in crate::identity) async fn answered(
    central: &Central,
    tx: &Tx,
    purpose: Purpose,
    account_id: Option<&str>,
    answer: &Answer,
) -> Result<Presented, Problem> {
    let presented = Presented::read(central.cards(), &answer.signature_alg, &answer.certificate)?;
    if presented.holder.card_no.as_str() != answer.card_no {
        return Err(refusal::invalid("the certificate is that of another card than the one named"));
    }
    presented.must_be_trusted(central.cards(), tx.conn(), tx.now()).await?;
    if !take(tx, purpose, account_id, &answer.challenge).await? {
        return Err(refusal::invalid("the challenge is not known, too old, used, or for something else"));
    }
    presented.must_have_signed(&answer.challenge, &answer.signature)?;
    Ok(presented)
}

async fn take(
    tx: &Tx,
    purpose: Purpose,
    account_id: Option<&str>,
    challenge: &str,
) -> Result<bool, StoreError> {
    let hash = secret::hash(challenge);
    let sql = format!(
        "SELECT account_id FROM card_challenge WHERE hash = $1 AND purpose = $2 AND expires_at >= $3{}",
        tx.row_lock()
    );
    let values = [hash.clone().into(), purpose.code().into(), tx.now().as_millis().into()];
    let Some(row) = one(tx.conn(), &sql, values).await? else { return Ok(false) };
    let of: Option<String> = column(&row, "account_id")?;
    if of.as_deref() != account_id {
        return Ok(false);
    }
    Ok(execute(tx.conn(), "DELETE FROM card_challenge WHERE hash = $1", [hash.into()]).await? == 1)
}
