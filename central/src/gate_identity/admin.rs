//! What administrators do about the identity of gates: codes, a look at all of it, revocation, late renewals.
//! Promises: each act is in the log with who did it; a code is shown once; a revocation holds from the gate's next request on, and within
//! seconds for one that is waiting.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::{
    contract::UtcMillis,
    ids::{GateId, YardId},
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{authority, certificate, code, issue, renew};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem, words},
    gate_feed::policy::yard_policy,
    identity::Person,
    store::{StoreError, column, execute, one},
};

/// For so long a gate that has expired is still shown.
const SHOWN_MS: i64 = 365 * 86_400_000;

/// Where the gate is.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeRequest {
    #[schema(value_type = String)]
    yard_id: YardId,
}

/// Why.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationRequest {
    reason: Option<String>,
}

/// Which key, as it is listed: what is approved is what was looked at.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenewalDecision {
    key_hash: String,
}

/// A code for a gate.
///
/// # Errors
/// 401, 403, 404, 409 where gates are not certified or the gate is another yard's, 422.
#[utoipa::path(post, path = "/api/v1/admin/gates/{gate_id}/enrolment-codes", tag = "admin", params(("gate_id" = String, Path)),
    request_body(content = inline(CodeRequest), example = json!({"yard_id": "CNEHX070801"})),
    responses((status = 201, body = serde_json::Value, description = "the code, which is shown once: `code` has the authority's fingerprint behind the dot",
               example = json!({"gate_id": "0708-G02", "yard_id": "CNEHX070801", "code": "7Q2XK-M4T9D-0ZJ8R-W3VNB.5f0c...", "authority": "5f0c...",
                                "expires_at": "2025-10-14T03:26:03.000Z"})),
              (status = 409, description = "gates are not certified here, or the gate is another yard's")))]
pub(super) async fn make_code(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    person.must_administer()?;
    let request: CodeRequest = body::read(&bytes)?;
    let gate_id = GateId::parse(&gate_id).map_err(|_| Problem::not_found())?;
    let authorities = central.gate_authorities().ok_or_else(issue::off)?;
    let known_by = authorities.oldest().map_err(|error| issue::unmade(&error))?;
    let known_by = authority::fingerprint(known_by.certificate().der());
    let tx = central.store().begin().await?;
    if yard_policy(tx.conn(), &request.yard_id).await?.is_none() {
        let fault = FieldError::unknown_code("yard_id".into(), "SG-206", json!(request.yard_id));
        return Err(Problem::fields(vec![fault]));
    }
    let configured = central.identities().gates().iter().find(|gate| gate.gate_id == gate_id);
    let configured = configured.map(|gate| gate.yard_id.to_string());
    if let Some(yard) = configured.or(yard_of(tx.conn(), &gate_id).await?)
        && yard != request.yard_id.as_str()
    {
        let en = format!("gate {gate_id} is one of yard {yard}");
        return Err(Problem::status_conflict(en));
    }
    let lifetime = i64::from(central.config().gate_line.code_lifetime_s) * 1000;
    let expires_at = UtcMillis::from_millis(tx.now().as_millis() + lifetime);
    let (code_id, code) = code::make(&tx, &gate_id, &request.yard_id, &person.name, expires_at).await?;
    let detail = json!({"code": code_id, "yard_id": request.yard_id, "expires_at": expires_at});
    issue::noted(&tx, &person.actor(), &gate_id, "make_code", detail).await?;
    tx.commit().await?;
    let answer = json!({
        "gate_id": gate_id, "yard_id": request.yard_id, "code": format!("{code}.{known_by}"), "authority": known_by,
        "expires_at": expires_at,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn yard_of<C: ConnectionTrait>(conn: &C, gate_id: &GateId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT yard_id FROM gate WHERE gate_id = $1";
    let row = one(conn, sql, [gate_id.as_str().into()]).await?;
    row.map(|row| column(&row, "yard_id")).transpose()
}

/// 卡口证书, the renewals that wait for a person, and the authorities.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/gate-identities", tag = "admin",
    responses((status = 200, body = serde_json::Value, description = "certificates by gate, newest first; renewals that wait; authorities, oldest first",
               example = json!({"items": [{"gate_id": "0708-G02", "yard_id": "CNEHX070801", "certificates": [{"serial": "41...", "fingerprint": "9a...", "state": "valid"}]}],
                                "renewals": [{"gate_id": "0708-G03", "key_hash": "c0...", "asked_at": "2025-10-13T03:26:03.000Z", "state": "waiting"}],
                                "authorities": [{"fingerprint": "5f0c...", "not_after": "2045-10-08T03:26:03.000Z"}]}))))]
pub(super) async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let conn = central.store().read();
    let now = central.store().clock().now();
    let since = UtcMillis::from_millis(now.as_millis() - SHOWN_MS);
    let mut items: Vec<Value> = Vec::new();
    for one in certificate::living(conn, since).await? {
        let known = items.last_mut().filter(|item| item.get("gate_id") == Some(&json!(one.gate_id)));
        let list = known.and_then(|item| item.get_mut("certificates")).and_then(Value::as_array_mut);
        match list {
            Some(list) => list.push(one.shown(now)),
            None => items.push(json!({
                "gate_id": one.gate_id, "yard_id": one.yard_id, "certificates": [one.shown(now)],
            })),
        }
    }
    let renewals: Vec<Value> = renew::asked(conn).await?.iter().map(shown).collect();
    let authorities: Vec<Value> = central.gate_authorities().map_or_else(Vec::new, |known| {
        let shown = |one: &protocols::ikey::Certificate| {
            json!({"fingerprint": authority::fingerprint(one.der()), "not_before": one.not_before(), "not_after": one.not_after()})
        };
        known.certificates().map(shown).collect()
    });
    Ok(Json(json!({"items": items, "renewals": renewals, "authorities": authorities})))
}

fn shown(renewal: &renew::Renewal) -> Value {
    let state = match (renewal.is_approved, renewal.is_refused) {
        (_, true) => "refused",
        (true, false) => "approved",
        (false, false) => "waiting",
    };
    json!({
        "gate_id": renewal.gate_id, "certificate": renewal.certificate, "key_hash": renewal.key_hash,
        "asked_at": renewal.asked_at, "state": state, "decided_by": renewal.decided_by,
    })
}

/// 吊销: nothing that the gate has counts any more, neither certificates nor codes nor what it waits for.
///
/// # Errors
/// 401, 403, 404 for a gate that has nothing, 422.
#[utoipa::path(post, path = "/api/v1/admin/gates/{gate_id}/revocation", tag = "admin", params(("gate_id" = String, Path)),
    request_body(content = inline(RevocationRequest), example = json!({"reason": "设备失窃"})),
    responses((status = 200, body = serde_json::Value, description = "what has ended", example = json!({"certificates": 1, "codes": 0}))))]
pub(super) async fn revoke(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: RevocationRequest = body::read(&bytes)?;
    let reason = words::read("reason", request.reason.as_deref(), Some("PO-335"));
    let reason = reason.map_err(Problem::fields)?.unwrap_or_default();
    let gate_id = GateId::parse(&gate_id).map_err(|_| Problem::not_found())?;
    let tx = central.store().begin().await?;
    let certificates = certificate::revoke_all(&tx, &gate_id, &person.name, &reason).await?;
    let codes = code::withdraw(&tx, &gate_id).await?;
    if certificates + codes == 0 {
        return Err(Problem::not_found());
    }
    renew::forget(&tx, &gate_id).await?;
    let detail = json!({"reason": reason, "certificates": certificates, "codes": codes});
    issue::noted(&tx, &person.actor(), &gate_id, "revoke", detail).await?;
    tx.commit().await?;
    tracing::warn!(gate.id = %gate_id, person.name = person.name, "the identity of gate {gate_id} is revoked: {reason}");
    Ok(Json(json!({"certificates": certificates, "codes": codes})))
}

/// Lets an expired gate have its next certificate.
///
/// # Errors
/// 401, 403, 404, 409 when the gate asks with another key now, or it is decided.
#[utoipa::path(post, path = "/api/v1/admin/gates/{gate_id}/renewal/approve", tag = "admin", params(("gate_id" = String, Path)),
    request_body(content = inline(RenewalDecision), example = json!({"key_hash": "c0..."})),
    responses((status = 200, body = serde_json::Value, description = "the renewal as it is now"), (status = 409, description = "another key, or decided")))]
pub(super) async fn approve(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let sql = "UPDATE gate_renewal SET approved_at = $2, decided_by = $3 WHERE gate_id = $1";
    decide(&central, &person, &gate_id, &bytes, ("approve_renewal", sql)).await
}

/// Does not: the gate must enrol again.
///
/// # Errors
/// As the approval.
#[utoipa::path(post, path = "/api/v1/admin/gates/{gate_id}/renewal/refuse", tag = "admin", params(("gate_id" = String, Path)),
    request_body(content = inline(RenewalDecision), example = json!({"key_hash": "c0..."})),
    responses((status = 200, body = serde_json::Value, description = "the renewal as it is now"), (status = 409, description = "another key, or decided")))]
pub(super) async fn refuse(
    State(central): State<Central>,
    person: Person,
    Path(gate_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let sql = "UPDATE gate_renewal SET refused_at = $2, decided_by = $3 WHERE gate_id = $1";
    decide(&central, &person, &gate_id, &bytes, ("refuse_renewal", sql)).await
}

async fn decide(
    central: &Central,
    person: &Person,
    gate_id: &str,
    bytes: &Bytes,
    (action, sql): (&str, &str),
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: RenewalDecision = body::read(bytes)?;
    let gate_id = GateId::parse(gate_id).map_err(|_| Problem::not_found())?;
    let tx = central.store().begin().await?;
    let known = renew::of_gate(tx.conn(), &gate_id).await?.ok_or_else(Problem::not_found)?;
    if known.is_approved || known.is_refused {
        return Err(Problem::status_conflict("this renewal is decided"));
    }
    if known.key_hash != request.key_hash {
        return Err(Problem::status_conflict("the gate asks with another key; look at it again"));
    }
    let values = [gate_id.as_str().into(), tx.now().as_millis().into(), person.name.as_str().into()];
    execute(tx.conn(), sql, values).await?;
    let detail = json!({"certificate": known.certificate, "key_hash": known.key_hash});
    issue::noted(&tx, &person.actor(), &gate_id, action, detail).await?;
    let now = renew::of_gate(tx.conn(), &gate_id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(Json(shown(&now)))
}
