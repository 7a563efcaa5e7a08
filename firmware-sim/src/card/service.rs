//! 读卡控件: the card service on the user's machine, which pages of the portal ask over HTTP.
//! Promises: listens on loopback only; asks the portal's origin of everyone; what a card refuses has the portal's own keys and words.
//! Absent: TLS (browsers take loopback for secure), more than one reader.
//! Source: PO-065, PO-095, PO-096, PO-102; `contract` section 8; PO-362..PO-364.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocols::{
    base64::Alphabet::Standard,
    ids::CardNo,
    ikey::{
        Certificate, Envelope,
        service::{
            Card, DecryptRequest, PinAnswer, PinRequest, Readers, Refusal, SealRequest, SignAnswer,
            SignRequest, Text,
        },
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{net::TcpListener, sync::Mutex};

use super::{
    CardError, SoftwareCard, hand,
    origin::{Portal, only_the_portal},
    reader::{CardReader, NAME},
};

pub(super) type Reader = Arc<Mutex<CardReader>>;
type Answer<T> = Result<Json<T>, (StatusCode, Json<Refusal>)>;

/// The paths, for pages of this origin; cards come from this folder, and one may be in the reader already.
///
/// # Errors
/// For what is no origin, and for a card that is not in the folder.
pub fn router(folder: PathBuf, portal: &str, inserted: Option<CardNo>) -> anyhow::Result<Router> {
    let Some(portal) = Portal::parse(portal) else {
        bail!("{portal:?} is no origin; write it as https://www.singlewindow.cn, without a path")
    };
    let mut reader = CardReader::new(folder);
    if let Some(card_no) = inserted {
        reader.insert(card_no)?;
    }
    let reader: Reader = Arc::new(Mutex::new(reader));
    Ok(Router::new()
        .route("/card/v1/readers", get(readers))
        .route("/card/v1/readers/{reader}/card", get(card))
        .route("/card/v1/readers/{reader}/pin", post(pin))
        .route("/card/v1/readers/{reader}/sign", post(sign))
        .route("/card/v1/readers/{reader}/decrypt", post(decrypt))
        .route("/card/v1/readers/{reader}/insert", post(insert))
        .route("/card/v1/readers/{reader}/pull", post(pull))
        .route("/card/v1/seal", post(seal))
        .fallback(async || {
            refusal(StatusCode::NOT_FOUND, "PO_NOT_FOUND", "数据不存在", "there is no such path")
        })
        .layer(middleware::from_fn_with_state(portal, only_the_portal))
        // Behind the layer: this page is not the portal's, and has a door of its own.
        .merge(hand::router())
        .with_state(reader))
}

/// Serves until the future ends; says where.
///
/// # Errors
/// When the address is not this machine's own, or taken.
pub async fn serve(
    router: Router,
    at: SocketAddr,
    ready: impl FnOnce(SocketAddr) -> anyhow::Result<()>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    if !at.ip().is_loopback() {
        bail!("the card service listens on loopback only, not on {at}");
    }
    let listener = TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at}"))?;
    ready(listener.local_addr()?)?;
    axum::serve(listener, router).with_graceful_shutdown(stop).await.context("the card service failed")
}

pub(super) fn refusal(status: StatusCode, code: &str, zh: &str, en: &str) -> (StatusCode, Json<Refusal>) {
    let refusal = Refusal { code: code.into(), message: zh.into(), message_en: en.into(), tries_left: None };
    (status, Json(refusal))
}

fn absent() -> (StatusCode, Json<Refusal>) {
    let (zh, en) = ("请正确连接电子口岸IC卡或Ikey", "connect the electronic-port IC card or Ikey");
    refusal(StatusCode::FORBIDDEN, "PO_CARD_ABSENT", zh, en)
}

fn malformed(en: &str) -> (StatusCode, Json<Refusal>) {
    refusal(StatusCode::BAD_REQUEST, "PO_FIELD_FORMAT", "录入的数据有误，请根据要求重新录入", en)
}

/// What a card refuses, in the portal's words.
fn refused(error: &CardError) -> (StatusCode, Json<Refusal>) {
    let (status, code, zh, left) = match error {
        CardError::PinWrong(left) => {
            (StatusCode::FORBIDDEN, "PO_PIN_WRONG", format!("卡密码错误，剩余 {left} 次"), Some(*left))
        }
        CardError::Blocked => (StatusCode::FORBIDDEN, "PO_CARD_BLOCKED", "卡介质已锁定".into(), Some(0)),
        CardError::Closed => (StatusCode::FORBIDDEN, "PO_PIN_WRONG", "请输入卡密码".into(), None),
        CardError::Ikey(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "PO_SIGNATURE_INVALID", "电子签名验证失败".into(), None)
        }
        CardError::PinLength | CardError::File { .. } | CardError::NoCard { .. } => {
            let zh = "请正确连接电子口岸IC卡或Ikey".into();
            (StatusCode::FORBIDDEN, "PO_CARD_ABSENT", zh, None)
        }
    };
    let message_en = error.to_string();
    (status, Json(Refusal { code: code.into(), message: zh, message_en, tries_left: left }))
}

/// The error of a body says where it is wrong, but never shows it: there may be a PIN in it.
fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, (StatusCode, Json<Refusal>)> {
    serde_json::from_slice(bytes).map_err(|error| {
        malformed(&format!(
            "the request is not as it should be, at line {} column {}",
            error.line(),
            error.column()
        ))
    })
}

/// Does something with the card in this reader.
async fn with_card<T>(
    reader: &Reader,
    name: &str,
    act: impl FnOnce(&mut SoftwareCard) -> Result<T, CardError>,
) -> Answer<T> {
    known(name)?;
    let mut reader = reader.lock().await;
    let card = reader.card().ok_or_else(absent)?;
    act(card).map(Json).map_err(|error| refused(&error))
}

fn known(name: &str) -> Result<(), (StatusCode, Json<Refusal>)> {
    if name == NAME {
        Ok(())
    } else {
        Err(refusal(StatusCode::NOT_FOUND, "PO_NOT_FOUND", "数据不存在", "there is no such reader"))
    }
}

async fn readers(State(reader): State<Reader>) -> Json<Readers> {
    Json(Readers { items: vec![reader.lock().await.shown()] })
}

async fn card(State(reader): State<Reader>, Path(name): Path<String>) -> Answer<Card> {
    with_card(&reader, &name, |card| Ok(card.shown())).await
}

async fn pin(State(reader): State<Reader>, Path(name): Path<String>, bytes: Bytes) -> Answer<PinAnswer> {
    let request: PinRequest = read(&bytes)?;
    with_card(&reader, &name, |card| card.verify_pin(&request.pin).map(|tries_left| PinAnswer { tries_left }))
        .await
}

async fn sign(State(reader): State<Reader>, Path(name): Path<String>, bytes: Bytes) -> Answer<SignAnswer> {
    let request: SignRequest = read(&bytes)?;
    with_card(&reader, &name, |card| card.sign(&request.text, request.keep_open)).await
}

async fn decrypt(State(reader): State<Reader>, Path(name): Path<String>, bytes: Bytes) -> Answer<Text> {
    let request: DecryptRequest = read(&bytes)?;
    let Json(opened) = with_card(&reader, &name, |card| card.decrypt(&request.sealed)).await?;
    let text = String::from_utf8(opened).map_err(|_| malformed("what was sealed is no text"))?;
    Ok(Json(Text { text }))
}

async fn seal(bytes: Bytes) -> Answer<Envelope> {
    let request: SealRequest = read(&bytes)?;
    let der =
        Standard.decode(&request.certificate).ok_or_else(|| malformed("the certificate is not Base64"))?;
    let certificate = Certificate::from_der(&der).map_err(|error| malformed(&error.to_string()))?;
    let sealed = Envelope::seal(certificate.key(), request.text.as_bytes());
    sealed.map(Json).map_err(|error| malformed(&error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InsertRequest {
    card_no: CardNo,
}

/// What a hand does; no real card service has it.
async fn insert(State(reader): State<Reader>, Path(name): Path<String>, bytes: Bytes) -> Response {
    let request: InsertRequest = match read(&bytes) {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    if let Err(refused) = known(&name) {
        return refused.into_response();
    }
    match reader.lock().await.insert(request.card_no) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error).into_response(),
    }
}

/// What a hand does.
async fn pull(State(reader): State<Reader>, Path(name): Path<String>) -> Response {
    if let Err(refused) = known(&name) {
        return refused.into_response();
    }
    reader.lock().await.pull();
    StatusCode::NO_CONTENT.into_response()
}
