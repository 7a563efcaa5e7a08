//! Makes a gate's certificate, and puts together what the gate is answered.

use protocols::{
    contract::{Credentials, UtcMillis},
    ids::{GateId, YardId},
    ikey::{Period, PublicKey, SigningRequest},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    authority::{self, Authorities, AuthorityError},
    certificate::{self, GateCertificate},
};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        fault::FieldError,
        problem::Problem,
    },
    store::{StoreError, Tx},
};

/// A key that asks, as the store knows it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: PublicKey,
    /// SHA-256 of it.
    pub(super) hash: String,
}

impl Asked {
    /// Reads the request for a certificate, PEM.
    pub(super) fn read(csr: &str) -> Result<Self, Problem> {
        let refused = |error: &dyn std::fmt::Display| {
            let (zh, en) = ("证书申请无效", error.to_string());
            Problem::fields(vec![FieldError::format("csr".into(), "PO-331", zh, en, Value::Null)])
        };
        let request = SigningRequest::from_pem(csr).map_err(|error| refused(&error))?;
        let spki = request.key().to_spki().map_err(|error| refused(&error))?;
        Ok(Self { key: request.key().clone(), hash: hex::encode(Sha256::digest(spki)) })
    }
}

/// Certifies a key for a gate, from now on.
pub(super) async fn issue(
    tx: &Tx,
    central: &Central,
    authorities: &Authorities,
    (gate_id, yard_id): (&GateId, &YardId),
    asked: &Asked,
    issued_by: String,
) -> Result<GateCertificate, Problem> {
    // Certificates count seconds.
    let from = tx.now().as_millis().div_euclid(1000) * 1000;
    let lifetime = i64::from(central.config().gate_line.certificate_lifetime_s) * 1000;
    let period =
        Period { from: UtcMillis::from_millis(from), until: UtcMillis::from_millis(from + lifetime) };
    let (made, authority) =
        authorities.certify_gate(gate_id, yard_id, &asked.key, period).map_err(|error| unmade(&error))?;
    let certificate = GateCertificate {
        fingerprint: authority::fingerprint(made.der()),
        gate_id: gate_id.clone(),
        yard_id: *yard_id,
        serial: made.serial(),
        authority,
        key_hash: asked.hash.clone(),
        not_before: period.from,
        not_after: period.until,
        issued_by,
        pem: made.to_pem().map_err(|error| unmade(&AuthorityError::Make(error)))?,
        first_used_at: None,
        superseded_at: None,
        revoked_at: None,
        revoked: None,
    };
    certificate::keep(tx, &certificate).await?;
    Ok(certificate)
}

/// What the gate is answered.
pub(super) fn credentials(
    authorities: &Authorities,
    certificate: GateCertificate,
) -> Result<Credentials, Problem> {
    Ok(Credentials {
        authorities: authorities.pem().map_err(|error| unmade(&error))?,
        gate_id: certificate.gate_id,
        yard_id: certificate.yard_id,
        certificate: certificate.pem.into(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
    })
}

pub(super) fn unmade(error: &AuthorityError) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "nothing can be certified");
    Problem::new(
        axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        "PO_UPSTREAM_UNAVAILABLE",
        "系统暂时无法获取数据，请稍后再试",
        "the service failed; nothing was changed",
    )
}

/// 409: nobody is certified here.
pub(super) fn off() -> Problem {
    let en = "this centre serves gates of its own machine only: gates.listen is empty";
    Problem::new(axum::http::StatusCode::CONFLICT, "GATE_LINE_OFF", "本中心未启用卡口TLS接入", en)
}

/// What a gate, or a person about it, has done.
pub(super) async fn noted(
    tx: &Tx,
    actor: &Actor,
    gate_id: &GateId,
    action: &str,
    detail: Value,
) -> Result<(), StoreError> {
    let (before, after) = (None, None);
    let entry =
        Entry { actor, subject: "gate_identity", number: gate_id.as_str(), action, before, after, detail };
    audit::write(tx, &entry).await
}

/// The gate itself, as the log names it.
pub(super) fn gate(gate_id: &GateId, from: String) -> Actor {
    Actor { name: gate_id.to_string(), role: "gate".into(), card_no: None, address: Some(from) }
}

/// The part of a certificate that the log keeps.
pub(super) fn told(certificate: &GateCertificate) -> Value {
    json!({"serial": certificate.serial, "fingerprint": certificate.fingerprint, "not_after": certificate.not_after})
}
