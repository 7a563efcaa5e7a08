//! 卡绑定: which card is whose.
//! Promises: the store itself holds one card to one account and one account to one card; an unbound card has no row, its past is in the
//! audit log. Whether a binding may be used is told with the time: a certificate that has run out suspends it without anybody's act.
//! Source: PO-090, PO-092, PO-104, PO-407..PO-410.

use protocols::{base64::Alphabet::Standard, contract::UtcMillis, ids::CardNo};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;

use crate::{
    identity::signing::Presented,
    store::{StoreError, Tx, all, column, execute, one},
};

/// 绑定状态; a card that is bound to nobody has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 已绑定.
    Bound,
    /// 已停用.
    Suspended,
}

impl State {
    /// The code in the store and in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Suspended => "suspended",
        }
    }
}

/// 卡绑定.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// 卡号.
    pub card_no: CardNo,
    /// The account.
    pub account_id: Box<str>,
    /// 统一社会信用代码 of the enterprise that the certificate names.
    pub uscc: Option<String>,
    /// Where it is in its life.
    pub state: State,
    /// Since when.
    pub state_since: UtcMillis,
    /// Why it is suspended.
    pub reason: Option<String>,
    /// When it was bound.
    pub bound_at: UtcMillis,
    /// The certificate's last day.
    pub not_after: UtcMillis,
    /// The certificate's issuer and serial number.
    #[serde(skip)]
    pub certificate_id: (String, String),
}

impl Binding {
    /// Where it is at this time: a certificate that has run out suspends it (PO-408).
    #[must_use]
    pub fn state_at(&self, now: UtcMillis) -> State {
        if self.not_after < now { State::Suspended } else { self.state }
    }

    /// Nothing may be signed with it.
    #[must_use]
    pub fn is_suspended(&self, now: UtcMillis) -> bool {
        self.state_at(now) == State::Suspended
    }

    /// That of a card that has just answered.
    pub(super) fn of(presented: &Presented, account_id: &str, now: UtcMillis) -> Self {
        Self {
            card_no: presented.holder.card_no,
            account_id: account_id.into(),
            uscc: presented.holder.uscc.clone(),
            state: State::Bound,
            state_since: now,
            reason: None,
            bound_at: now,
            not_after: presented.certificate.not_after(),
            certificate_id: (presented.certificate.issuer(), presented.certificate.serial()),
        }
    }
}

const COLUMNS: &str =
    "card_no, account_id, uscc, state, state_since, reason, bound_at, issuer, serial, not_after";

/// The card of this account.
///
/// # Errors
/// [`StoreError`].
pub async fn of_account<C: ConnectionTrait>(
    conn: &C,
    account_id: &str,
) -> Result<Option<Binding>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM card_binding WHERE account_id = $1");
    one(conn, &sql, [account_id.into()]).await?.as_ref().map(read).transpose()
}

/// Whose this card is.
///
/// # Errors
/// [`StoreError`].
pub async fn of_card<C: ConnectionTrait>(conn: &C, card_no: CardNo) -> Result<Option<Binding>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM card_binding WHERE card_no = $1");
    one(conn, &sql, [card_no.to_string().into()]).await?.as_ref().map(read).transpose()
}

/// The cards of an enterprise.
///
/// # Errors
/// [`StoreError`].
pub async fn of_enterprise<C: ConnectionTrait>(conn: &C, uscc: &str) -> Result<Vec<Binding>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM card_binding WHERE uscc = $1 ORDER BY card_no");
    all(conn, &sql, [uscc.into()]).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Binding, StoreError> {
    let (card_no, state): (String, String) = (column(row, "card_no")?, column(row, "state")?);
    let state = match state.as_str() {
        "bound" => State::Bound,
        "suspended" => State::Suspended,
        _ => return Err(StoreError::Value { what: "card binding state", value: state }),
    };
    Ok(Binding {
        card_no: CardNo::parse(&card_no)
            .map_err(|_| StoreError::Value { what: "card number", value: card_no })?,
        account_id: column::<String>(row, "account_id")?.into(),
        uscc: column(row, "uscc")?,
        state,
        state_since: UtcMillis::from_millis(column(row, "state_since")?),
        reason: column(row, "reason")?,
        bound_at: UtcMillis::from_millis(column(row, "bound_at")?),
        not_after: UtcMillis::from_millis(column(row, "not_after")?),
        certificate_id: (column(row, "issuer")?, column(row, "serial")?),
    })
}

pub(super) async fn insert(tx: &Tx, binding: &Binding, presented: &Presented) -> Result<(), StoreError> {
    let sql = "INSERT INTO card_binding (card_no, account_id, uscc, state, state_since, reason, bound_at, issuer, serial,
               not_after, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute(tx.conn(), sql, row(binding, presented)).await?;
    Ok(())
}

pub(super) async fn renew(tx: &Tx, binding: &Binding, presented: &Presented) -> Result<(), StoreError> {
    let sql = "UPDATE card_binding SET uscc = $3, state = $4, state_since = $5, reason = $6, bound_at = $7, issuer = $8,
               serial = $9, not_after = $10, certificate = $11 WHERE card_no = $1 AND account_id = $2";
    execute(tx.conn(), sql, row(binding, presented)).await?;
    Ok(())
}

fn row(binding: &Binding, presented: &Presented) -> [sea_orm::Value; 11] {
    [
        binding.card_no.to_string().into(),
        binding.account_id.to_string().into(),
        binding.uscc.clone().into(),
        binding.state.code().into(),
        binding.state_since.as_millis().into(),
        binding.reason.clone().into(),
        binding.bound_at.as_millis().into(),
        binding.certificate_id.0.clone().into(),
        binding.certificate_id.1.clone().into(),
        binding.not_after.as_millis().into(),
        Standard.encode(presented.certificate.der()).into(),
    ]
}

pub(super) async fn suspend(tx: &Tx, card_no: CardNo, reason: &str) -> Result<(), StoreError> {
    let sql = "UPDATE card_binding SET state = 'suspended', state_since = $2, reason = $3 WHERE card_no = $1";
    execute(tx.conn(), sql, [card_no.to_string().into(), tx.now().as_millis().into(), reason.into()]).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, card_no: CardNo) -> Result<(), StoreError> {
    execute(tx.conn(), "DELETE FROM card_binding WHERE card_no = $1", [card_no.to_string().into()]).await?;
    Ok(())
}

/// The binding whose certificate this is.
pub(super) async fn of_certificate(
    tx: &Tx,
    issuer: &str,
    serial: &str,
) -> Result<Option<Binding>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM card_binding WHERE issuer = $1 AND serial = $2{}", tx.row_lock());
    one(tx.conn(), &sql, [issuer.into(), serial.into()]).await?.as_ref().map(read).transpose()
}
