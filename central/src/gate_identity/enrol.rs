//! `POST /gate/v1/enrol`: a gate that has nothing but a code gets its certificate.
//! Promises: the code decides which gate it is, not what the request says; a new enrolment of a gate ends the certificates that it had.

use axum::{Json, body::Bytes, extract::State};
use protocols::contract::{Credentials, EnrolRequest};
use serde_json::json;

use super::{
    certificate, code,
    issue::{self, Asked, credentials},
    peer::{Line, Words},
    shape,
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::account::lock::Rate,
};

/// What a person who types needs, and no more than a guesser wants.
const RATE: Rate = Rate { what: "gate enrolment", most: 20, seconds: 60 };

const NO_CODE: Words = (
    "GATE_CODE",
    "注册码无效、已使用或已过期",
    "the enrolment code is wrong, used or over; ask an administrator for another one",
);

/// Certifies a gate by its code.
///
/// # Errors
/// 401 for a code that is not good, 403 over plain HTTP from elsewhere, 409 where gates are not certified, 422, 429.
#[utoipa::path(post, path = "/gate/v1/enrol", tag = "gate", security(()),
    request_body(content = inline(shape::Enrol), example = json!({"code": "7Q2XK-M4T9D-0ZJ8R-W3VNB", "csr": "-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----\n"})),
    responses((status = 200, body = serde_json::Value, description = "the certificate, PEM, and the authorities by which the centre is known",
               example = json!({"gate_id": "0708-G02", "yard_id": "CNEHX070801", "certificate": "...", "authorities": ["..."],
                                "not_before": "2025-10-13T03:26:03.000Z", "not_after": "2025-11-27T03:26:03.000Z"})),
              (status = 401, description = "the code is wrong, used or over"), (status = 429, description = "come back later")))]
pub(super) async fn enrol(
    State(central): State<Central>,
    line: Line,
    bytes: Bytes,
) -> Result<Json<Credentials>, Problem> {
    let request: EnrolRequest = body::read_secret(&bytes, "code and csr")?;
    let authorities = central.gate_authorities().ok_or_else(issue::off)?;
    let asked = Asked::read(&request.csr)?;
    let tx = central.store().begin().await?;
    RATE.count(&tx, &line.address()).await?;
    let Some(enrolment) = code::redeem(&tx, &request.code, &asked.hash).await? else {
        tx.commit().await?;
        return Err(line.refused(NO_CODE));
    };
    let (gate_id, yard_id) = (&enrolment.gate_id, &enrolment.yard_id);
    if enrolment.again {
        // The answer was lost; the key is the same, so the certificate is.
        let known = certificate::of_gate(tx.conn(), gate_id).await?;
        let made = known.into_iter().find(|made| made.key_hash == asked.hash && made.revoked_at.is_none());
        tx.commit().await?;
        let made = made.ok_or_else(|| line.refused(NO_CODE))?;
        return Ok(Json(credentials(&authorities, made)?));
    }
    let who = format!("enrolment code {}", enrolment.code_id);
    let ended = certificate::revoke_all(&tx, gate_id, &who, "enrolled again").await?;
    let made = issue::issue(&tx, &central, &authorities, (gate_id, yard_id), &asked, who).await?;
    let detail =
        json!({"code": enrolment.code_id, "certificate": issue::told(&made), "certificates_ended": ended});
    issue::noted(&tx, &issue::gate(gate_id, line.address()), gate_id, "enrol", detail).await?;
    tx.commit().await?;
    tracing::info!(gate.id = %gate_id, certificate.serial = made.serial, "gate {gate_id} is enrolled");
    Ok(Json(credentials(&authorities, made)?))
}
