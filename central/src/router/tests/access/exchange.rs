//! Sends a request of the file as somebody, as a page or a program does it: asks for what is to be signed, has it signed, sends.

use std::collections::BTreeMap;

use axum::{
    body::Body as HttpBody,
    http::{Method, Request as HttpRequest, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{
    callers,
    request::{Body, Proof, Request, json, told},
    world::World,
};
use crate::{
    declaration::attachment::sample, identity::shield::tests::phone::Phone, test_app::TestApp,
    test_card::TestCard,
};

/// Codes that a refusal of this status usually has.
const USUAL: [(u16, &str); 4] =
    [(401, "PO_LOGIN_FAILED"), (403, "PO_NO_PERMISSION"), (404, "PO_NOT_FOUND"), (409, "PO_STATUS_CONFLICT")];

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// As a cell of a table: the status, and the code where it is not the usual one.
    pub(super) fn cell(&self) -> String {
        let status = self.status.as_u16();
        match self.json()["code"].as_str() {
            Some(code) if !self.status.is_success() && !USUAL.contains(&(status, code)) => {
                format!("{status}:{}", code.trim_start_matches("PO_"))
            }
            _ => status.to_string(),
        }
    }

    /// The body without the number of the request, and with `name` in the place of `other`.
    pub(super) fn told_of(&self, other: &[(String, String)]) -> String {
        let mut body = self.json();
        body["request_id"] = Value::Null;
        other.iter().fold(body.to_string(), |told, (from, to)| told.replace(from, to))
    }
}

/// A request that is about to be sent as somebody.
pub(super) struct Exchange<'a> {
    pub(super) world: &'a World,
    pub(super) app: &'a TestApp,
    pub(super) request: &'a Request,
    pub(super) caller: &'a str,
}

impl Exchange<'_> {
    pub(super) fn token(&self, seat: &str) -> &str {
        callers::token(&self.world.tokens, seat, &self.request.by, &self.request.operation)
    }

    /// The card in the caller's reader: their own, or else that of whom the row is for.
    pub(super) fn card(&self) -> Option<TestCard> {
        let held = callers::card(self.caller).or_else(|| callers::card(&self.request.by))?;
        if !self.request.renewed {
            return Some(held);
        }
        let holder = held.certificate.holder().unwrap();
        let (algorithm, period) = (held.key.algorithm(), crate::test_card::period());
        Some(TestCard::made(crate::test_card::authority(), &holder, algorithm, period))
    }

    /// Sends it.
    pub(super) async fn sent(&self) -> Answer {
        self.prepared().await;
        let proof = self.proof(self.card()).await;
        self.with(proof, &self.world.names).await
    }

    /// What the row says happens before.
    pub(super) async fn prepared(&self) {
        let Some(first) = &self.request.first else { return };
        let names = &self.world.names;
        let (path, body) = (told(&first.path, names), json(&first.body, names));
        let (status, answer) =
            self.app.call(first.method.clone(), &path, &self.world.tokens[&first.seat], body).await;
        assert!(status.is_success(), "{}: {path}: {answer}", self.request.name());
    }

    /// What the card, the shield or the browser says to what the service asks; a null where nothing is to be shown.
    pub(super) async fn proof(&self, card: Option<TestCard>) -> Value {
        let Some(proof) = &self.request.proof else { return Value::Null };
        self.proof_of(proof, card).await
    }

    /// The same of another row's statement.
    pub(super) async fn proof_of(&self, proof: &Proof, card: Option<TestCard>) -> Value {
        let names = &self.world.names;
        match proof {
            Proof::Statement { path, body, .. } => {
                let asked = self.asked(&told(path, names), json(body, names)).await;
                card.map_or(Value::Null, |card| card.sign(&asked))
            }
            Proof::Challenge { purpose, seat } => {
                let (path, body) = match purpose.as_deref() {
                    None => ("/api/v1/sessions/card/challenges", Value::Null),
                    Some("verify") => ("/api/v1/registrations/$acc_newcomer/card/challenges", Value::Null),
                    Some("first_card") => ("/api/v1/first-cards/challenges", Value::Null),
                    Some(purpose) => ("/api/v1/cards/challenges", json!({ "purpose": purpose })),
                };
                let asked = self.asked(&told(path, names), body).await;
                let own = seat.as_ref().and_then(|seat| seat.split_once(':'));
                let card = own.map_or(card, |(seat, card_no)| Some(callers::issued(seat, card_no)));
                card.map_or(Value::Null, |card| card.answer(&asked))
            }
            Proof::Shield { purpose, seat } => self.shown_by(purpose, self.phone(seat.as_deref())).await,
            Proof::Back { to_link } => {
                let subject = if *to_link { "openid-new" } else { "openid-owner" };
                let devices = &self.world.devices;
                let began = devices.back(self.app, self.token(self.caller), *to_link, subject).await;
                let (cookie, body) = match began {
                    Some(began) => began,
                    // As below: who may not begin brings back what belongs to somebody else.
                    None => {
                        let token = self.token(&self.request.by);
                        devices.back(self.app, token, *to_link, subject).await.unwrap()
                    }
                };
                json!({"cookie": cookie, "body": body})
            }
        }
    }

    /// The phone in the caller's hand: one that has no shield yet to apply for one, and else their own, or that of whom the row is for.
    fn phone(&self, seat: Option<&str>) -> Phone {
        if matches!(&self.request.proof, Some(Proof::Shield { purpose, .. }) if purpose == "apply") {
            return Phone::es256();
        }
        let phones = &self.world.devices.phones;
        let own = phones.get(seat.unwrap_or(self.caller)).or_else(|| phones.get(&self.request.by));
        own.expect("nobody has a shield for this row").clone()
    }

    /// What this phone says to a challenge of this purpose: a new credential where the row applies for one, else an answer.
    pub(super) async fn shown_by(&self, purpose: &str, mut phone: Phone) -> Value {
        let options = match purpose {
            "log_in" => self.asked("/api/v1/sessions/shield/challenges", Value::Null).await,
            "request" => {
                let path = told("/api/v1/sessions/shield/requests/$shield_request", &self.world.names);
                self.app.get(&path, "").await.1
            }
            purpose => self.asked("/api/v1/account/shields/challenges", json!({ "purpose": purpose })).await,
        };
        let options = &options["public_key"];
        if matches!(&self.request.proof, Some(Proof::Shield { purpose, .. }) if purpose == "apply") {
            phone.make(options)
        } else {
            phone.answer(options)
        }
    }

    /// Who may not even ask what to sign sends what somebody else was told.
    async fn asked(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.app.post(path, self.token(self.caller), body.clone()).await;
        if status == StatusCode::CREATED {
            return answer;
        }
        let (status, answer) = self.app.post(path, self.token(&self.request.by), body).await;
        assert_eq!(status, StatusCode::CREATED, "{}: {path}: {answer}", self.request.name());
        answer
    }

    /// The request itself, with this proof and these names.
    pub(super) async fn with(&self, proof: Value, names: &BTreeMap<String, String>) -> Answer {
        let request = self.request;
        let mut http = HttpRequest::builder().method(request.method.clone()).uri(told(&request.at, names));
        let token = self.token(self.caller);
        if !token.is_empty() {
            http = http.header("authorization", format!("Bearer {token}"));
        }
        let mut body = match &request.body {
            Body::Json(text) => json(text, names),
            _ => Value::Null,
        };
        match &request.proof {
            Some(Proof::Statement { in_header: true, .. }) if !proof.is_null() => {
                http = http.header("x-card-statement", proof.to_string());
            }
            Some(Proof::Statement { .. }) if !proof.is_null() => body["signature"] = proof,
            Some(Proof::Challenge { .. }) if body.is_object() => body["answer"] = proof,
            Some(Proof::Challenge { .. }) => body = proof,
            Some(Proof::Shield { .. }) if !proof.is_null() => body["credential"] = proof,
            Some(Proof::Back { .. }) if !proof.is_null() => {
                http = http.header("cookie", proof["cookie"].as_str().unwrap());
                body = proof["body"].clone();
            }
            _ => {}
        }
        let bytes = match &request.body {
            Body::Pdf => {
                http = http.header("content-type", "application/pdf");
                sample::pdf(1, 2100)
            }
            Body::Csv(text) => {
                http = http.header("content-type", "text/csv");
                told(text, names).into_bytes()
            }
            _ if body.is_null() => Vec::new(),
            _ => {
                http = http.header("content-type", "application/json");
                body.to_string().into_bytes()
            }
        };
        let response = self.app.send(http.body(HttpBody::from(bytes)).unwrap()).await;
        let status = response.status();
        Answer { status, body: response.into_body().collect().await.unwrap().to_bytes().to_vec() }
    }

    /// Whether what came back may have changed something.
    pub(super) fn changes(&self, answer: &Answer) -> bool {
        self.request.first.is_some()
            || (self.request.method != Method::GET && !answer.status.is_client_error())
    }
}
