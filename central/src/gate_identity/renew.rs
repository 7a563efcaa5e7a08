//! `POST /gate/v1/renew`: a gate gets its next certificate, by the one that it shows.
//! Promises: from two thirds of the lifetime on by itself; after its end only once a person has approved it, and only by the gate's newest
//! certificate, so that it works once; the same key gets the same certificate, since an answer may be lost on the way.
//! Source: fault C9; docs/decisions 0080.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocols::{
    contract::{RenewRequest, RenewalWaits, UtcMillis},
    ids::GateId,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use super::{
    certificate::{self, GateCertificate, Invalid},
    issue::{self, Asked, credentials},
    peer::{Line, words},
    shape,
};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem},
    gate_feed::alert::{self, Alert, Trouble},
    store::{StoreError, Tx, all, column, execute, one},
};

/// What a gate waits before it asks whether somebody has approved.
const ASK_AGAIN_S: u32 = 60;

/// 待批准的更新: a key that asks to follow an expired certificate.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    pub(super) gate_id: String,
    /// The fingerprint of what has expired.
    pub(super) certificate: String,
    /// The key that asks.
    pub(super) key_hash: String,
    pub(super) asked_at: UtcMillis,
    pub(super) is_approved: bool,
    pub(super) is_refused: bool,
    pub(super) decided_by: Option<String>,
}

const COLUMNS: &str = "gate_id, certificate, key_hash, asked_at, approved_at, refused_at, decided_by";

fn read(row: &QueryResult) -> Result<Renewal, StoreError> {
    Ok(Renewal {
        gate_id: column(row, "gate_id")?,
        certificate: column(row, "certificate")?,
        key_hash: column(row, "key_hash")?,
        asked_at: UtcMillis::from_millis(column(row, "asked_at")?),
        is_approved: column::<Option<i64>>(row, "approved_at")?.is_some(),
        is_refused: column::<Option<i64>>(row, "refused_at")?.is_some(),
        decided_by: column(row, "decided_by")?,
    })
}

/// What a gate asks, and what was decided.
pub(super) async fn of_gate<C: ConnectionTrait>(
    conn: &C,
    gate_id: &GateId,
) -> Result<Option<Renewal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM gate_renewal WHERE gate_id = $1");
    one(conn, &sql, [gate_id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// All of them.
pub(super) async fn asked<C: ConnectionTrait>(conn: &C) -> Result<Vec<Renewal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM gate_renewal ORDER BY gate_id");
    all(conn, &sql, []).await?.iter().map(read).collect()
}

/// Forgets what a gate asked.
pub(super) async fn forget(tx: &Tx, gate_id: &GateId) -> Result<(), StoreError> {
    execute(tx.conn(), "DELETE FROM gate_renewal WHERE gate_id = $1", [gate_id.as_str().into()]).await?;
    Ok(())
}

/// The next certificate.
///
/// # Errors
/// 401 for a certificate that does not count, 403 when a person has refused, 409 before two thirds of the lifetime, 422.
#[utoipa::path(post, path = "/gate/v1/renew", tag = "gate",
    request_body(content = inline(shape::Renew), example = json!({"csr": "-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----\n"})),
    responses((status = 200, description = "as enrol", body = serde_json::Value),
              (status = 202, description = "the certificate has expired; a person must approve", body = serde_json::Value,
               example = json!({"since": "2025-10-13T03:26:03.000Z", "ask_again_s": 60})),
              (status = 403, description = "a person has refused"), (status = 409, description = "too early")))]
pub(super) async fn renew(
    State(central): State<Central>,
    line: Line,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let GateCertificate { fingerprint, gate_id, .. } = line.certificate(&central).await?;
    let authorities = central.gate_authorities().ok_or_else(issue::off)?;
    let request: RenewRequest = body::read(&bytes)?;
    let asked = Asked::read(&request.csr)?;
    let tx = central.store().begin().await?;
    let now = tx.now();
    let all = certificate::of_gate(tx.conn(), &gate_id).await?;
    let shown = all.iter().find(|one| one.fingerprint == fingerprint).ok_or_else(Problem::not_found)?;
    let standing = shown.check(now);
    if let Err(why @ (Invalid::Revoked | Invalid::Superseded)) = standing {
        return Err(line.refused(words(why)));
    }
    if asked.hash == shown.key_hash {
        let (zh, en) = ("更新证书须使用新密钥", "a renewal takes a new key");
        let fault = FieldError::format("csr".into(), "PO-331", zh, en, Value::Null);
        return Err(Problem::fields(vec![fault]));
    }
    let is_later = |one: &&GateCertificate| {
        one.fingerprint != fingerprint && one.not_before >= shown.not_before && one.revoked_at.is_none()
    };
    if let Some(made) = all.iter().filter(is_later).find(|one| one.key_hash == asked.hash) {
        return Ok(Json(credentials(&authorities, made.clone())?).into_response());
    }
    // Whoever asks with the one before, when a later one is in use, has a copy of the gate's disk.
    if all.iter().any(|one| is_later(&one) && one.first_used_at.is_some()) {
        return Err(line.refused(words(Invalid::Superseded)));
    }
    let by = if standing.is_ok() {
        if !shown.may_be_renewed(now) {
            let en = "a certificate can be renewed from two thirds of its lifetime on";
            return Err(Problem::new(StatusCode::CONFLICT, "GATE_RENEWAL_EARLY", "证书未到可更新时间", en));
        }
        "renewal".to_owned()
    } else {
        match late(&tx, shown, &asked).await? {
            Late::Approved(by) => by,
            Late::Waits(waits) => {
                tx.commit().await?;
                return Ok((StatusCode::ACCEPTED, Json(waits)).into_response());
            }
            Late::Refused => {
                let (zh, en) = ("管理员已拒绝更新", "an administrator has refused the renewal; enrol again");
                return Err(Problem::forbidden("GATE_RENEWAL_REFUSED", zh, en));
            }
        }
    };
    // A later one that nobody has used is of a key that the gate has lost.
    drop_unused(&tx, shown).await?;
    let gate = (&shown.gate_id, &shown.yard_id);
    let made = issue::issue(&tx, &central, &authorities, gate, &asked, by.clone()).await?;
    let detail = json!({"by": by, "before": issue::told(shown), "certificate": issue::told(&made)});
    issue::noted(&tx, &issue::gate(&shown.gate_id, line.address()), &shown.gate_id, "renew", detail).await?;
    tx.commit().await?;
    tracing::info!(gate.id = %made.gate_id, certificate.serial = made.serial, "gate {} has a new certificate", made.gate_id);
    Ok(Json(credentials(&authorities, made)?).into_response())
}

async fn drop_unused(tx: &Tx, shown: &GateCertificate) -> Result<(), StoreError> {
    let sql = "UPDATE gate_certificate SET revoked_at = $4, revoked_by = 'centre', revoked_reason = 'replaced before its first use'
               WHERE gate_id = $1 AND fingerprint <> $2 AND not_before >= $3 AND first_used_at IS NULL AND revoked_at IS NULL";
    let values = [
        shown.gate_id.as_str().into(),
        shown.fingerprint.as_str().into(),
        shown.not_before.as_millis().into(),
        tx.now().as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

enum Late {
    Approved(String),
    Waits(RenewalWaits),
    Refused,
}

/// What a person has said of an expired gate; asks one if nobody has yet.
async fn late(tx: &Tx, shown: &GateCertificate, asked: &Asked) -> Result<Late, StoreError> {
    let known = of_gate(tx.conn(), &shown.gate_id).await?;
    let known = known.filter(|known| known.certificate == shown.fingerprint);
    if let Some(known) = known {
        if known.is_refused {
            return Ok(Late::Refused);
        }
        if known.key_hash == asked.hash {
            if !known.is_approved {
                return Ok(Late::Waits(RenewalWaits { since: known.asked_at, ask_again_s: ASK_AGAIN_S }));
            }
            forget(tx, &shown.gate_id).await?;
            return Ok(Late::Approved(format!(
                "late renewal, approved by {}",
                known.decided_by.unwrap_or_default()
            )));
        }
    }
    // Another key: whoever approved the one before has not seen this one.
    let sql = "INSERT INTO gate_renewal (gate_id, certificate, key_hash, asked_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (gate_id) DO UPDATE SET certificate = excluded.certificate, key_hash = excluded.key_hash,
               asked_at = excluded.asked_at, approved_at = NULL, refused_at = NULL, decided_by = NULL";
    let values = [
        shown.gate_id.as_str().into(),
        shown.fingerprint.as_str().into(),
        asked.hash.as_str().into(),
        tx.now().as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    let trouble = Trouble::GateRenewalWaits { since: shown.not_after };
    alert::raise_rarely(tx, &Alert::of_gate(&shown.gate_id, &trouble)).await?;
    Ok(Late::Waits(RenewalWaits { since: tx.now(), ask_again_s: ASK_AGAIN_S }))
}
