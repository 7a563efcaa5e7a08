//! 注册码: what an administrator hands to whoever sets a gate up; good for one key, once, and not for long.
//! Promises: kept hashed; five wrong guesses at one code end it; the same key may come again with the same code, since its answer may have
//! been lost; whatever is wrong with a code, whoever shows it hears the same.
//! Source: docs/decisions 0080.

use protocols::{
    contract::UtcMillis,
    ids::{GateId, YardId},
};
use sea_orm::QueryResult;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::store::{StoreError, Tx, column, execute, one};

/// Crockford's 32 digits: none is taken for another one.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The part by which a code is found.
const ID: usize = 6;
/// The part that is secret: 70 bits.
const SECRET: usize = 14;
const MOST_FAILURES: i64 = 5;

/// What a good code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Enrolment {
    /// The code's public part.
    pub(super) code_id: String,
    /// The gate.
    pub(super) gate_id: GateId,
    /// Its yard.
    pub(super) yard_id: YardId,
    /// Whether this key has used it already.
    pub(super) again: bool,
}

/// Makes a code; the text is told once.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn make(
    tx: &Tx,
    gate_id: &GateId,
    yard_id: &YardId,
    who: &str,
    expires_at: UtcMillis,
) -> Result<(String, String), StoreError> {
    let mut text = String::new();
    for byte in rand::random::<[u8; ID + SECRET]>() {
        text.push(char::from(DIGITS.get(usize::from(byte % 32)).copied().unwrap_or(b'0')));
    }
    let (id, secret) = text.split_at(ID);
    let sql = "INSERT INTO gate_enrolment_code (code_id, secret_hash, gate_id, yard_id, made_at, made_by, expires_at, failures)
               VALUES ($1, $2, $3, $4, $5, $6, $7, 0)";
    let values = [
        id.into(),
        hash(secret).into(),
        gate_id.as_str().into(),
        yard_id.as_str().into(),
        tx.now().as_millis().into(),
        who.into(),
        expires_at.as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    let groups: Vec<&str> = [0, 5, 10, 15].iter().filter_map(|from| text.get(*from..from + 5)).collect();
    Ok((id.to_owned(), groups.join("-")))
}

/// Takes a code for a key. None when it is not good, whatever is wrong with it; a wrong guess is counted, so the caller commits in any case.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn redeem(tx: &Tx, shown: &str, key_hash: &str) -> Result<Option<Enrolment>, StoreError> {
    let Some((id, secret)) = parts(shown) else { return Ok(None) };
    let sql = format!(
        "SELECT secret_hash, gate_id, yard_id, expires_at, failures, used_by_key, withdrawn_at
         FROM gate_enrolment_code WHERE code_id = $1{}",
        tx.row_lock()
    );
    let Some(row) = one(tx.conn(), &sql, [id.as_str().into()]).await? else { return Ok(None) };
    let (kept, failures, expires_at): (String, i64, i64) =
        (column(&row, "secret_hash")?, column(&row, "failures")?, column(&row, "expires_at")?);
    let (used_by, withdrawn): (Option<String>, Option<i64>) =
        (column(&row, "used_by_key")?, column(&row, "withdrawn_at")?);
    if failures >= MOST_FAILURES || withdrawn.is_some() || tx.now().as_millis() >= expires_at {
        return Ok(None);
    }
    if !bool::from(kept.as_bytes().ct_eq(hash(&secret).as_bytes())) {
        let sql = "UPDATE gate_enrolment_code SET failures = failures + 1 WHERE code_id = $1";
        execute(tx.conn(), sql, [id.into()]).await?;
        return Ok(None);
    }
    match used_by {
        Some(other) if other != key_hash => Ok(None),
        Some(_) => enrolment(&row, id, true).map(Some),
        None => {
            let sql = "UPDATE gate_enrolment_code SET used_at = $2, used_by_key = $3 WHERE code_id = $1";
            let values = [id.as_str().into(), tx.now().as_millis().into(), key_hash.into()];
            execute(tx.conn(), sql, values).await?;
            enrolment(&row, id, false).map(Some)
        }
    }
}

fn enrolment(row: &QueryResult, code_id: String, again: bool) -> Result<Enrolment, StoreError> {
    let (gate_id, yard_id): (String, String) = (column(row, "gate_id")?, column(row, "yard_id")?);
    let bad = |what, value: &str| StoreError::Value { what, value: value.to_owned() };
    Ok(Enrolment {
        code_id,
        gate_id: GateId::parse(&gate_id).map_err(|_| bad("gate_id", &gate_id))?,
        yard_id: YardId::parse(&yard_id).map_err(|_| bad("yard_id", &yard_id))?,
        again,
    })
}

/// Ends the codes of a gate that nobody has used.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn withdraw(tx: &Tx, gate_id: &GateId) -> Result<u64, StoreError> {
    let sql = "UPDATE gate_enrolment_code SET withdrawn_at = $2 WHERE gate_id = $1 AND withdrawn_at IS NULL";
    execute(tx.conn(), sql, [gate_id.as_str().into(), tx.now().as_millis().into()]).await
}

/// As people type: small letters, blanks and dashes, O for 0, I and L for 1.
fn parts(shown: &str) -> Option<(String, String)> {
    let plain =
        shown.chars().filter(|sign| !matches!(sign, '-' | ' ')).map(|sign| match sign.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            sign => sign,
        });
    let plain: String = plain.take(ID + SECRET + 1).collect();
    let good = plain.len() == ID + SECRET && plain.bytes().all(|sign| DIGITS.contains(&sign));
    good.then(|| plain.split_at(ID)).map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let expected = Some(("0A1B2C".to_owned(), "3D4E5F6G7H8J9K".to_owned()));
        for typed in [
            "0A1B2-C3D4E-5F6G7-H8J9K",
            "0a1b2c3d4e5f6g7h8j9k",
            "OaIb2 c3d4e 5f6g7 h8j9k",
            "0alb2-c3d4e-5f6g7-h8j9k",
        ] {
            assert_eq!(parts(typed), expected, "{typed}");
        }
        for none in [
            "",
            "0A1B2-C3D4E-5F6G7-H8J9",
            "0A1B2-C3D4E-5F6G7-H8J9KK",
            "0A1B2-C3D4E-5F6G7-H8J9U",
            "卡口卡口卡口卡口卡口卡口卡口卡口卡口卡口",
        ] {
            assert_eq!(parts(none), None, "{none}");
        }
    }
}
