//! The JSON face of cards: one's own, those of one's enterprise, and what the platform accepts.
//! Promises: no answer holds a key; a PIN has no place in any request.

use std::fmt::Display;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::{
    base64::Alphabet::Standard,
    contract::UtcMillis,
    ids::CardNo,
    ikey::{Certificate, RevocationList},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Answer,
    binding::{self, Binding},
    challenge::{self, Purpose},
    change::{self, Rechecked},
    first, register, revocation,
};
use crate::{
    app::Central,
    config::Sealing,
    declaration::{body, fault::FieldError, problem::Problem, words},
    identity::Person,
};

/// The paths of cards.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(platform))
        .routes(routes!(ask))
        .routes(routes!(mine))
        .routes(routes!(bind))
        .routes(routes!(renew))
        .routes(routes!(list))
        .routes(routes!(report_lost))
        .routes(routes!(unbind))
        .routes(routes!(register::revoked, revoke))
        .routes(routes!(take_list))
        .routes(routes!(register::cards))
        .routes(routes!(first::ask))
        .routes(routes!(first::challenge))
        .routes(routes!(first::redeem))
}

/// DER that came as Base64 in this member; `read` makes of it what it stands for.
fn der<T, E: Display>(
    member: &str,
    text: &str,
    read: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, Problem> {
    let read = Standard
        .decode(text)
        .ok_or_else(|| "not Base64".to_owned())
        .and_then(|der| read(&der).map_err(|error| error.to_string()));
    read.map_err(|en| {
        Problem::fields(vec![FieldError::format(member.into(), "PO-104", "证书数据有误", en, Value::Null)])
    })
}

fn card_no(text: &str) -> Result<CardNo, Problem> {
    CardNo::parse(text).map_err(|_| Problem::not_found())
}

fn shown(binding: &Binding, now: UtcMillis) -> Value {
    json!(Binding { state: binding.state_at(now), ..binding.clone() })
}

/// What this platform accepts, and the certificate to which submissions are sealed (PO-100, PO-101).
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/v1/cards/platform", tag = "cards",
    responses((status = 200, description = "algorithms by name; the certificate in Base64, null where the platform has none", body = serde_json::Value,
               example = json!({"algorithms": ["SM2-SM3", "ES256"], "envelope": "SM2-SM4-GCM", "certificate": null, "sealed": "optional"}))))]
pub async fn platform(State(central): State<Central>, _person: Person) -> Json<Value> {
    let cards = central.cards();
    let names: Vec<_> = cards.algorithms().iter().map(|algorithm| algorithm.code()).collect();
    let certificate = cards.platform().map(|platform| Standard.encode(platform.certificate.der()));
    let sealed = match cards.sealing() {
        Sealing::Optional => "optional",
        Sealing::Required => "required",
    };
    Json(
        json!({ "algorithms": names, "envelope": protocols::ikey::ENVELOPE, "certificate": certificate, "sealed": sealed }),
    )
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AskRequest {
    #[schema(inline)]
    purpose: Purpose,
}

/// 随机挑战 for the card of a logged-in person; `purpose`: `bind`, `renew` or `unbind`.
///
/// # Errors
/// 400, 401.
#[utoipa::path(post, path = "/api/v1/cards/challenges", tag = "cards",
    request_body(content = inline(AskRequest), example = json!({"purpose": "bind"})),
    responses((status = 201, description = "to be signed as it is within 60 seconds", body = serde_json::Value,
               example = json!({"challenge": "09bd1f6e...", "expires_at": "2025-10-13T00:31:00.000Z"})),
              (status = 422, description = "not a purpose")))]
pub async fn ask(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let AskRequest { purpose } = body::read(&bytes)?;
    if matches!(purpose, Purpose::LogIn | Purpose::Verify | Purpose::FirstCard) {
        let (zh, en) =
            ("应为bind、renew或unbind", "bind, renew or unbind; who logs in or registers has no session yet");
        return Err(Problem::fields(vec![FieldError::format(
            "purpose".into(),
            "PO-092",
            zh,
            en,
            Value::Null,
        )]));
    }
    let tx = central.store().begin().await?;
    let challenge = challenge::make(&tx, purpose, person.account_id.as_deref()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(challenge))))
}

/// 绑定卡 of the person who asks.
///
/// # Errors
/// 401, 404 when no card is bound.
#[utoipa::path(get, path = "/api/v1/cards/mine", tag = "cards",
    responses((status = 200, description = "the card and the state of its binding", body = serde_json::Value,
               example = json!({"card_no": "2100000123456", "state": "bound", "state_since": "2025-10-13T00:30:00.000Z"})),
              (status = 404, description = "no card is bound")))]
pub async fn mine(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let Some(account_id) = &person.account_id else {
        // A person of the configuration: the configured card is the bound one.
        let card_no = person.card_no.ok_or_else(Problem::not_found)?;
        return Ok(Json(json!({ "card_no": card_no, "state": binding::State::Bound })));
    };
    let bound = binding::of_account(central.store().read(), account_id).await?;
    let bound = bound.ok_or_else(Problem::not_found)?;
    Ok(Json(shown(&bound, central.store().clock().now())))
}

/// 绑定: the card that has signed the challenge belongs to this account from now on (PO-092).
///
/// # Errors
/// 400, 401, 403 for a wrong signature or another enterprise's card, 409 when either is bound already.
#[utoipa::path(post, path = "/api/v1/cards/bind", tag = "cards",
    request_body(content = inline(Answer), example = json!({"card_no": "2100000123456", "challenge": "09bd1f6e...",
        "signature_alg": "SM2-SM3", "signature": "MEQCIF...", "certificate": "MIIC..."})),
    responses((status = 201, description = "bound", body = serde_json::Value, example = json!({"card_no": "2100000123456", "state": "bound"})),
              (status = 403, description = "signature or enterprise"), (status = 409, description = "bound already")))]
pub async fn bind(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let answer: Answer = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let bound = change::bind(&central, &tx, &person, &answer).await?;
    let shown = shown(&bound, tx.now());
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The card has a new certificate: its suspended binding serves again (PO-410).
///
/// # Errors
/// 400, 401, 403, 409 when the binding serves or the certificate is the old one.
#[utoipa::path(post, path = "/api/v1/cards/renew", tag = "cards",
    request_body(content = inline(Answer), description = "as for `bind`",
        example = json!({"card_no": "2100000123456", "challenge": "09bd1f6e...",
        "signature_alg": "SM2-SM3", "signature": "MEQCIF...", "certificate": "MIIC..."})),
    responses((status = 200, description = "bound", body = serde_json::Value), (status = 403, description = "signature or another card"),
              (status = 409, description = "nothing to renew")))]
pub async fn renew(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let answer: Answer = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let bound = change::renew(&central, &tx, &person, &answer).await?;
    let shown = shown(&bound, tx.now());
    tx.commit().await?;
    Ok(Json(shown))
}

/// The cards of one's enterprise.
///
/// # Errors
/// 401, 403 for who does not administer it.
#[utoipa::path(get, path = "/api/v1/cards", tag = "cards",
    responses((status = 200, description = "by number", body = serde_json::Value, example = json!({"items": []})),
              (status = 403, description = "for the enterprise's administrator")))]
pub async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let declarant = person.declarant()?;
    if !declarant.administrator {
        return Err(Problem::no_permission());
    }
    let now = central.store().clock().now();
    let cards = binding::of_enterprise(central.store().read(), declarant.uscc.as_str()).await?;
    let items: Vec<_> = cards.iter().map(|binding| shown(binding, now)).collect();
    Ok(Json(json!({ "items": items })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonRequest {
    reason: Option<String>,
}

/// 挂失: nothing is submitted with this card from now on (PO-104).
///
/// # Errors
/// 400, 401, 403, 404 for the card of another enterprise, 409, 422 without a reason.
#[utoipa::path(post, path = "/api/v1/cards/{card_no}/report-lost", tag = "cards", params(("card_no" = String, Path)),
    request_body(content = inline(ReasonRequest), example = json!({"reason": "遗失"})),
    responses((status = 200, description = "suspended", body = serde_json::Value), (status = 404, description = "no such card of this enterprise"),
              (status = 409, description = "suspended already"), (status = 422, description = "no reason")))]
pub async fn report_lost(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: ReasonRequest = body::read(&bytes)?;
    let reason = words::read("reason", request.reason.as_deref(), Some("PO-104")).map_err(Problem::fields)?;
    let tx = central.store().begin().await?;
    let reason = reason.unwrap_or_default();
    let suspended = change::report_lost(&tx, &person, card_no(&number)?, &reason).await?;
    let shown = shown(&suspended, tx.now());
    tx.commit().await?;
    Ok(Json(shown))
}

/// 解绑: who administers the enterprise answers with the own card to a challenge for `unbind` (PO-409).
///
/// # Errors
/// 400, 401, 403, 404 for the card of another enterprise.
#[utoipa::path(post, path = "/api/v1/cards/{card_no}/unbind", tag = "cards", params(("card_no" = String, Path)),
    request_body(content = inline(Answer), description = "the answer of the administrator's own card, as for `bind`",
        example = json!({"card_no": "2100000123456", "challenge": "09bd1f6e...",
        "signature_alg": "SM2-SM3", "signature": "MEQCIF...", "certificate": "MIIC..."})),
    responses((status = 204, description = "the card is nobody's"), (status = 403, description = "signature or another card"),
              (status = 404, description = "no such card of this enterprise")))]
pub async fn unbind(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let answer: Answer = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let proof = Rechecked::by_card(&central, &tx, &person, &answer).await?;
    change::unbind(&tx, &person, card_no(&number)?, proof).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RevokeRequest {
    certificate: String,
    reason: Option<String>,
}

/// 吊销 of one certificate, by the platform's administrator.
///
/// # Errors
/// 400, 401, 403, 422 without a reason.
#[utoipa::path(post, path = "/api/v1/cards/revocations", tag = "cards",
    request_body(content = inline(RevokeRequest), example = json!({"certificate": "MIIC...", "reason": "卡介质遗失"})),
    responses((status = 200, description = "whether it was not revoked before", body = serde_json::Value,
               example = json!({"issuer": "6b1c...", "serial": "5a01...", "fresh": true})),
              (status = 422, description = "not a certificate, or no reason")))]
pub async fn revoke(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: RevokeRequest = body::read(&bytes)?;
    let reason = words::read("reason", request.reason.as_deref(), Some("PO-104")).map_err(Problem::fields)?;
    let certificate = der("certificate", &request.certificate, Certificate::from_der)?;
    let (issuer, serial) = (certificate.issuer(), certificate.serial());
    let tx = central.store().begin().await?;
    let reason = reason.unwrap_or_default();
    let fresh = revocation::revoke(&tx, &person.actor(), (&issuer, &serial), tx.now(), &reason).await?;
    tx.commit().await?;
    Ok(Json(json!({ "issuer": issuer, "serial": serial, "fresh": fresh })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ListRequest {
    list: String,
}

/// 证书吊销列表 of an authority, DER in Base64.
///
/// # Errors
/// 400, 401, 403 when no accepted authority has signed it, 409 for one older than the last.
#[utoipa::path(post, path = "/api/v1/cards/revocation-lists", tag = "cards",
    request_body(content = inline(ListRequest), example = json!({"list": "MIIB..."})),
    responses((status = 200, description = "what it brought", body = serde_json::Value, example = json!({"listed": 12, "fresh": 1})),
              (status = 403, description = "signature"), (status = 409, description = "older than the last")))]
pub async fn take_list(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: ListRequest = body::read(&bytes)?;
    let list = der("list", &request.list, RevocationList::from_der)?;
    let tx = central.store().begin().await?;
    let taken = revocation::take_list(&central, &tx, &person.actor(), &list).await?;
    tx.commit().await?;
    Ok(Json(json!({ "listed": taken.listed, "fresh": taken.fresh })))
}
