//! 手机盾签名: where a phone submits, the shield of the account signs the acts, if the account has one (PO-105).
//! What is signed is the statement that a card would sign; its SHA-256 is the challenge of the ceremony.
//! Promises: an account with a shield that serves signs by it, or the act is refused; an account without one acts by its session and its
//! audit record. The statement is made again from what is stored; its nonce serves once; all that proves the signature is kept with it.
//! Source: PO-098, PO-099, PO-103, PO-105; decision 0058.

use protocols::{base64::Alphabet::Url, contract::UtcMillis};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Assertion, Fault,
    ceremony::{self, Expected},
    key::PublicKey,
    options,
    store::{self, Shield},
};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{
        Person,
        card::refusal,
        signing::{Act, Statement, evidence::keep_acts, shield_statement, shield_statement_again},
    },
    store::{StoreError, Tx, all, column, execute},
};

/// Member `shield` of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShieldSignature {
    /// The nonce of the statement.
    pub nonce: String,
    /// What the shield answered to the statement's hash.
    pub credential: Assertion,
}

/// What the phone's shield is asked to sign.
#[derive(Clone, Debug, Serialize)]
pub struct ShieldStatement {
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
    /// Options for the browser, whose challenge is the statement's SHA-256.
    pub public_key: Value,
}

/// Proof that the account's shield signed; all that proves it is stored.
#[derive(Clone, Debug)]
pub struct ShieldSigned {
    shield_id: String,
}

impl ShieldSigned {
    /// Which shield.
    #[must_use]
    pub fn shield_id(&self) -> &str {
        &self.shield_id
    }
}

/// The statement for these acts, for an account that has a shield; none for one that has none.
///
/// # Errors
/// When the store fails, or there is nothing to sign.
pub async fn statement(
    central: &Central,
    tx: &Tx,
    person: &Person,
    acts: &[Act],
) -> Result<Option<ShieldStatement>, Problem> {
    let shields = serving(tx, person).await?;
    if shields.is_empty() {
        return Ok(None);
    }
    let statement = shield_statement(tx, person, acts).await?;
    let challenge = Url.encode(&Sha256::digest(statement.text.as_bytes()));
    let public_key = options::request(central, &shields, challenge.trim_end_matches('='));
    Ok(Some(ShieldStatement { statement, public_key }))
}

async fn serving(tx: &Tx, person: &Person) -> Result<Vec<Shield>, StoreError> {
    let Some(account_id) = &person.account_id else { return Ok(Vec::new()) };
    let shields = store::of_account(tx.conn(), account_id).await?;
    Ok(shields.into_iter().filter(|shield| shield.serves(tx.now())).collect())
}

/// Verifies the shield's signature over these acts, uses its nonce up and keeps it; none for an account without a shield.
///
/// # Errors
/// `PO_SIGNATURE_INVALID`, also without a signature where the account has a shield.
pub async fn verify(
    central: &Central,
    tx: &Tx,
    person: &Person,
    signature: Option<&ShieldSignature>,
    acts: &[Act],
) -> Result<Option<ShieldSigned>, Problem> {
    let shields = serving(tx, person).await?;
    if shields.is_empty() {
        return Ok(None);
    }
    let signature =
        signature.ok_or_else(|| refusal::invalid("the account has a shield, which has to sign"))?;
    let shield = shields.into_iter().find(|shield| shield.credential_id == signature.credential.id);
    let shield = shield.ok_or(Fault::Unknown)?;
    let text = shield_statement_again(tx, person, &signature.nonce, acts).await?;
    let logins = &central.config().logins;
    let challenge = Sha256::digest(text.as_bytes());
    let expected = Expected { rp_id: logins.rp_id(), origins: &logins.origins, challenge: &challenge };
    let counter = ceremony::answered(expected, &shield.key, shield.counter, &signature.credential)?;
    store::used(tx, &shield, counter).await?;
    keep(tx, person, &shield, &signature.credential, &text, acts).await?;
    Ok(Some(ShieldSigned { shield_id: shield.id }))
}

async fn keep(
    tx: &Tx,
    person: &Person,
    shield: &Shield,
    assertion: &Assertion,
    statement: &str,
    acts: &[Act],
) -> Result<(), StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO shield_signature (id, at, actor, account_id, shield_id, public_key, client_data, authenticator_data, value, statement)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        id.clone().into(),
        tx.now().as_millis().into(),
        person.name.clone().into(),
        shield.account_id.clone().into(),
        shield.id.clone().into(),
        shield.key.stored().into(),
        assertion.response.client_data.clone().into(),
        assertion.response.authenticator_data.clone().into(),
        assertion.response.signature.clone().into(),
        statement.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    keep_acts(tx, "shield_signed_act", &id, acts).await
}

/// A signature of a shield, as kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// When the act was done.
    pub at: UtcMillis,
    /// The very bytes that were signed for.
    pub statement: String,
    /// Whether signature, client data and statement still belong together.
    pub holds: bool,
}

/// What shields have signed about a record, oldest first, each judged again from what is kept (PO-099).
///
/// # Errors
/// [`StoreError`].
pub async fn of_number<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Vec<Kept>, StoreError> {
    let sql = "SELECT at, public_key, client_data, authenticator_data, value, statement FROM shield_signature
               WHERE id IN (SELECT signature_id FROM shield_signed_act WHERE number = $1) ORDER BY at, id";
    let mut kept = Vec::new();
    for row in all(conn, sql, [number.into()]).await? {
        let text = |name: &str| column::<String>(&row, name);
        let statement = text("statement")?;
        let parts = [text("client_data")?, text("authenticator_data")?, text("value")?];
        let holds = ceremony::still_holds(
            PublicKey::of_store(&text("public_key")?).as_ref(),
            &parts,
            &Sha256::digest(statement.as_bytes()),
        );
        kept.push(Kept { at: UtcMillis::from_millis(column(&row, "at")?), statement, holds });
    }
    Ok(kept)
}
