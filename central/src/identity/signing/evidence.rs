//! 签名证据: what is kept of a signed submission, and how it is judged again at any later time.
//! Promises: kept in the transaction of the act, never changed; judging asks for the bytes kept, the certificate kept and the time of the
//! act, and for nothing that the record has become since.
//! Source: PO-099.

use protocols::{
    base64::Alphabet::Standard, contract::UtcMillis, ids::CardNo, ikey::Algorithm, ikey::Certificate,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Act, Signature,
    trust::{Cards, Distrust},
};
use crate::{
    identity::{Person, card::revocation},
    store::{StoreError, Tx, all, column, execute},
};

/// 签名证据.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// When the act was done.
    pub at: UtcMillis,
    /// Who did it.
    pub actor: String,
    /// With which card.
    pub card_no: String,
    /// `SM2-SM3` or `ES256`.
    pub alg: String,
    /// DER in Base64.
    pub certificate: String,
    /// DER in Base64.
    pub value: String,
    /// The very bytes that were signed, which are UTF-8.
    pub statement: String,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// `certificate`, `chain`, `revocation`, `signature` or `statement`.
    pub what: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What was found.
    pub found: String,
    /// The same in Chinese.
    pub found_zh: String,
}

pub(super) async fn keep(
    tx: &Tx,
    person: &Person,
    card_no: CardNo,
    signature: &Signature,
    statement: &str,
    acts: &[Act],
) -> Result<(), StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO submission_signature (id, at, actor, account_id, card_no, alg, certificate, value, statement)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = [
        id.clone().into(),
        tx.now().as_millis().into(),
        person.name.clone().into(),
        person.account_id.as_deref().map(ToOwned::to_owned).into(),
        card_no.to_string().into(),
        signature.alg.clone().into(),
        signature.certificate.clone().into(),
        signature.value.clone().into(),
        statement.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    keep_acts(tx, "signed_act", &id, acts).await
}

/// What a signature was given for, in order; `table` is that of cards or that of shields.
pub(in crate::identity) async fn keep_acts(
    tx: &Tx,
    table: &'static str,
    signature_id: &str,
    acts: &[Act],
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {table} (signature_id, place, manual, number, version, action) VALUES ($1, $2, $3, $4, $5, $6)"
    );
    for (place, act) in (0_i64..).zip(acts) {
        let values = [
            signature_id.into(),
            place.into(),
            act.manual.into(),
            act.number.clone().into(),
            act.version.into(),
            act.action.into(),
        ];
        execute(tx.conn(), &sql, values).await?;
    }
    Ok(())
}

/// All that was signed about a record, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_number<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Vec<Evidence>, StoreError> {
    let sql = "SELECT at, actor, card_no, alg, certificate, value, statement FROM submission_signature
               WHERE id IN (SELECT signature_id FROM signed_act WHERE number = $1) ORDER BY at, id";
    all(conn, sql, [number.into()]).await?.iter().map(read).collect()
}

pub(super) fn read(row: &QueryResult) -> Result<Evidence, StoreError> {
    Ok(Evidence {
        at: UtcMillis::from_millis(column(row, "at")?),
        actor: column(row, "actor")?,
        card_no: column(row, "card_no")?,
        alg: column(row, "alg")?,
        certificate: column(row, "certificate")?,
        value: column(row, "value")?,
        statement: column(row, "statement")?,
    })
}

/// Judges it again, as of the time of the act. A certificate that was revoked or ran out later has signed rightly, and is told.
///
/// # Errors
/// [`StoreError`].
pub async fn examine<C: ConnectionTrait>(
    cards: &Cards,
    conn: &C,
    evidence: &Evidence,
) -> Result<Vec<Finding>, StoreError> {
    let der = Standard.decode(&evidence.certificate);
    let certificate = der.as_deref().and_then(|der| Certificate::from_der(der).ok());
    let Some((certificate, holder)) = certificate.and_then(|own| Some((own.clone(), own.holder()?))) else {
        return Ok(vec![finding("certificate", false, "is not one of a card", "不是卡介质证书")]);
    };
    let (card_no, name, enterprise) = (&holder.card_no, &holder.name, holder.enterprise.unwrap_or_default());
    let mut findings = vec![finding(
        "certificate",
        holder.card_no.as_str() == evidence.card_no,
        &format!("of card {card_no}, {name}, {enterprise}"),
        &format!("卡号 {card_no}，{name}，{enterprise}"),
    )];
    findings.push(match cards.path(&certificate, evidence.at) {
        Ok(path) => {
            let names: Vec<_> = path.iter().map(|authority| authority.name()).collect();
            let found = format!("issued by {}; valid at {}", names.join(", by "), evidence.at);
            let zh = format!("由{}签发；签名时有效", names.join("、"));
            finding("chain", true, &found, &zh)
        }
        Err(why) => finding("chain", false, &why.to_string(), distrusted(why)),
    });
    findings.push(match revocation::since(conn, &certificate).await? {
        None => finding("revocation", true, "never revoked", "未被吊销"),
        Some(since) => {
            let zh = if since > evidence.at { "签名之后才被吊销" } else { "签名时已被吊销" };
            finding("revocation", since > evidence.at, &format!("revoked since {since}"), zh)
        }
    });
    let known = Algorithm::parse(&evidence.alg) == Some(certificate.algorithm());
    let signature = Standard.decode(&evidence.value).unwrap_or_default();
    let holds = known && certificate.key().holds(evidence.statement.as_bytes(), &signature);
    findings.push(if holds {
        finding("signature", true, "holds over these bytes", "与签名原文一致")
    } else {
        finding("signature", false, "does not hold", "与签名原文不一致")
    });
    findings.push(canonical(&evidence.statement));
    Ok(findings)
}

const fn distrusted(why: Distrust) -> &'static str {
    match why {
        Distrust::Issuer => "签发机构不受信任",
        Distrust::Period => "签名时不在有效期内",
        Distrust::Revoked => "证书或其签发机构已被吊销",
        Distrust::Use => "证书不可用于签名",
    }
}

/// The statement is JSON in its canonical form; tells which acts it names.
fn canonical(statement: &str) -> Finding {
    let Ok(value) = serde_json::from_str::<Value>(statement) else {
        return finding("statement", false, "is no JSON", "不是JSON");
    };
    let again = serde_json_canonicalizer::to_string(&value);
    let one = std::slice::from_ref(&value);
    let acts = value.get("acts").and_then(Value::as_array).map_or(one, Vec::as_slice);
    let words: Vec<_> = acts.iter().map(words).collect();
    let (words, words_zh): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    finding("statement", again.is_ok_and(|again| again == statement), &words.join("; "), &words_zh.join("；"))
}

fn words(act: &Value) -> (String, String) {
    let word = |name| act.get(name).map_or_else(|| "?".to_owned(), |word| word.to_string().replace('"', ""));
    let (kind, number, version, action) = (word("kind"), word("number"), word("version"), word("action"));
    let en = format!("{kind} {number} version {version}: {action}");
    (en, format!("{kind} {number} 第 {version} 版：{action}"))
}

fn finding(what: &'static str, holds: bool, found: &str, found_zh: &str) -> Finding {
    Finding { what, holds, found: found.to_owned(), found_zh: found_zh.to_owned() }
}
