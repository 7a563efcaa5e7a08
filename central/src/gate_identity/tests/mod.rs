//! Gates and their certificates: who is who, who is nobody, and for how long.

mod access;
mod authorities;
mod enrolment;
mod index;
mod line;
mod receipts;
mod renewal;

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::ikey::{Algorithm, Certificate, PrivateKey, SigningRequest};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::peer::GatePeer;
use crate::{
    router,
    test_app::{ADMIN, TestApp, YARD},
};

const GATE: &str = "0708-G02";
const DAY: i64 = 86_400_000;

/// The gates' listener without its sockets.
pub(crate) struct Line<'a> {
    app: &'a TestApp,
    router: Router,
}

/// A gate's end.
#[derive(Clone)]
pub(crate) struct End {
    certificate: Certificate,
    answer: Value,
}

pub(crate) fn csr() -> String {
    SigningRequest::made_with(&PrivateKey::generate(Algorithm::Es256).unwrap()).unwrap()
}

impl<'a> Line<'a> {
    pub(crate) fn of(app: &'a TestApp) -> Self {
        Self { app, router: router::gates_router(app.central.clone()) }
    }

    /// A call of whoever shows this certificate.
    async fn call(
        &self,
        method: Method,
        path: &str,
        shown: Option<&[u8]>,
        body: Value,
    ) -> (StatusCode, Value) {
        let (status, bytes) = self.raw(method, path, shown, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// The same, with the answer as it is sent.
    async fn raw(
        &self,
        method: Method,
        path: &str,
        shown: Option<&[u8]>,
        body: Value,
    ) -> (StatusCode, Vec<u8>) {
        let address = SocketAddr::from(([203, 0, 113, 7], 40_000));
        let peer = GatePeer { address, certificate: shown.map(Into::into) };
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    async fn post(&self, path: &str, shown: Option<&End>, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, shown.map(|end| end.certificate.der()), body).await
    }

    async fn hello(&self, shown: &End) -> (StatusCode, Value) {
        let body = json!({"gate_id": GATE, "store_id": "s1", "version": "0.1.0"});
        self.post("/gate/v1/hello", Some(shown), body).await
    }

    pub(crate) async fn renew(&self, shown: &End, csr: &str) -> (StatusCode, Value) {
        self.post("/gate/v1/renew", Some(shown), json!({"csr": csr})).await
    }

    /// A code for this gate, without the fingerprint.
    pub(crate) async fn code(&self, gate: &str) -> String {
        let at = format!("/api/v1/admin/gates/{gate}/enrolment-codes");
        let (status, made) = self.app.post(&at, ADMIN, json!({"yard_id": YARD})).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let (code, fingerprint) = made["code"].as_str().unwrap().split_once('.').unwrap();
        assert_eq!(json!(fingerprint), made["authority"]);
        code.to_owned()
    }

    pub(crate) async fn enrol(&self, gate: &str) -> End {
        let code = self.code(gate).await;
        let (status, answer) = self.post("/gate/v1/enrol", None, json!({"code": code, "csr": csr()})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        End::of(answer)
    }

    /// The log's rows about a gate: action and detail.
    async fn log(&self, gate: &str) -> Vec<(String, Value)> {
        let sql =
            "SELECT action, detail FROM audit WHERE subject = 'gate_identity' AND number = $1 ORDER BY id";
        let rows = crate::store::all(self.app.central.store().read(), sql, [gate.into()]).await.unwrap();
        let read = |row| {
            let (action, detail): (String, String) =
                (crate::store::column(row, "action").unwrap(), crate::store::column(row, "detail").unwrap());
            (action, serde_json::from_str(&detail).unwrap())
        };
        rows.iter().map(read).collect()
    }

    async fn alerts(&self) -> Vec<Value> {
        let (_, all) = self.app.get("/api/v1/alerts", ADMIN).await;
        all["items"].as_array().unwrap().iter().map(|alert| alert["code"].clone()).collect()
    }

    fn wait(&self, millis: i64) {
        self.app.central.store().clock().advance(millis);
    }
}

impl End {
    fn of(answer: Value) -> Self {
        let certificate = Certificate::from_pem(answer["certificate"].as_str().unwrap()).unwrap();
        Self { certificate, answer }
    }
}

/// Status and code, for tables.
fn told(answer: &(StatusCode, Value)) -> String {
    answer.1["code"].as_str().map_or_else(|| answer.0.as_u16().to_string(), ToOwned::to_owned)
}
