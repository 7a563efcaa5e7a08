//! 一次性随机数: what makes a statement serve once.
//! Promises: 256 random bits; kept hashed, bound to the person; good for 300 seconds, taken out in the transaction that uses it, so that
//! what is rolled back has used nothing and what is committed can never be repeated (PO-103).

use protocols::contract::UtcMillis;

use super::super::secret;
use crate::{
    identity::Person,
    store::{StoreError, Tx, column, execute, one},
};

const SERVES_MS: i64 = 300_000;

/// A fresh nonce.
pub(super) struct Nonce {
    pub(super) text: String,
    pub(super) expires_at: UtcMillis,
}

/// Makes one for this person, and forgets those that are too old.
pub(super) async fn make(tx: &Tx, person: &Person) -> Result<Nonce, StoreError> {
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM signing_nonce WHERE expires_at < $1", [now.into()]).await?;
    let text = secret::draw();
    let sql = "INSERT INTO signing_nonce (hash, person, at, expires_at) VALUES ($1, $2, $3, $4)";
    let expires_at = now + SERVES_MS;
    let values = [secret::hash(&text).into(), who(person).into(), now.into(), expires_at.into()];
    execute(tx.conn(), sql, values).await?;
    Ok(Nonce { text, expires_at: UtcMillis::from_millis(expires_at) })
}

/// Uses it up; the time of its statement, or none when it is unknown, of another person, too old, or used.
pub(super) async fn take(tx: &Tx, person: &Person, nonce: &str) -> Result<Option<UtcMillis>, StoreError> {
    let (hash, who, now) = (secret::hash(nonce), who(person), tx.now().as_millis());
    let sql = format!(
        "SELECT at FROM signing_nonce WHERE hash = $1 AND person = $2 AND expires_at >= $3{}",
        tx.row_lock()
    );
    let values = [hash.clone().into(), who.into(), now.into()];
    let Some(row) = one(tx.conn(), &sql, values).await? else { return Ok(None) };
    let at: i64 = column(&row, "at")?;
    let taken = execute(tx.conn(), "DELETE FROM signing_nonce WHERE hash = $1", [hash.into()]).await?;
    Ok((taken == 1).then(|| UtcMillis::from_millis(at)))
}

/// The account, or for a person of the configuration, who has none, name and card.
fn who(person: &Person) -> String {
    match &person.account_id {
        Some(id) => format!("account {id}"),
        None => {
            format!("person {} {}", person.name, person.card_no.map_or_else(String::new, |no| no.to_string()))
        }
    }
}
