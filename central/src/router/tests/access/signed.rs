//! What a card or a shield signs: every operation that asks for a signature, with the right one and with each wrong one.
//! Promises: which operations these are, the document says; none of the wrong ones does anything.
//! Source: spec PO-036, PO-063, PO-066, PO-093, PO-094, PO-098, PO-101, PO-103, PO-104, PO-107, PO-108, PO-111.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    callers,
    exchange::{Answer, Exchange},
    operations,
    request::{Proof, Request},
    requests,
    table::{self, Rows},
    world::World,
};
use crate::{
    identity::shield::tests::phone::{self, Phone},
    store::execute,
    test_app::TestApp,
};

/// The columns: as it should be · without a signature · by another card of the enterprise, or a phone of somebody else · by the bound one,
/// which was reported lost meanwhile (withdrawn, if it is a shield) · with a signature that one bit of differs · the same request once more · with a nonce (or a challenge) that was used for something
/// else · with one that is too old · with a statement of another act · when the record has moved on.
const WAYS: [&str; 10] =
    ["right", "none", "other", "lost", "forged", "again", "used", "late", "act", "stale"];

/// Whether the document says that this operation takes a signature: in its body, or in its head.
fn takes_a_signature(operation: &Value, schemas: &Value) -> bool {
    let in_head = operation["parameters"].as_array().into_iter().flatten();
    in_head.into_iter().any(|parameter| parameter["name"] == "x-card-statement")
        || has_signature(&operation["requestBody"], schemas, &mut BTreeSet::new())
}

fn has_signature(said: &Value, schemas: &Value, seen: &mut BTreeSet<String>) -> bool {
    match said {
        Value::Object(members) => members.iter().any(|(name, member)| match (&**name, member.as_str()) {
            // What a shield's application has in its place.
            ("signature" | "attestationObject", _) => true,
            ("$ref", Some(path)) => {
                let name = path.rsplit('/').next().unwrap_or_default();
                seen.insert(name.to_owned()) && has_signature(&schemas[name], schemas, seen)
            }
            _ => has_signature(member, schemas, seen),
        }),
        Value::Array(items) => items.iter().any(|item| has_signature(item, schemas, seen)),
        _ => false,
    }
}

/// PO-093, PO-094, PO-098, PO-103, PO-104, PO-107, PO-108, PO-111, PO-036, PO-063, PO-066, AC-016, AC-018, AE-016: each signed act, signed in every wrong way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_signed_act_is_refused_unless_its_card_signed_it() {
    let schemas = serde_json::to_value(crate::router::document()).unwrap()["components"]["schemas"].clone();
    let signed: BTreeSet<_> = operations()
        .into_iter()
        .filter(|(_, said)| takes_a_signature(said, &schemas))
        .map(|(name, _)| name)
        .collect();
    let requests = requests();
    let of_file: BTreeSet<_> =
        requests.iter().filter(|request| request.is_signed()).map(Request::name).collect();
    assert_eq!(
        signed, of_file,
        "the operations that the document says are signed, and those that requests.txt signs"
    );
    let world = World::made().await;
    let requests: Vec<_> = requests.into_iter().filter(Request::is_signed).collect();
    let (one, other) = requests.split_at(requests.len() / 2);
    let (mut rows, more) = tokio::join!(answered(&world, one, &requests), answered(&world, other, &requests));
    rows.extend(more);
    for (operation, cells) in &rows {
        assert!(cells[0].starts_with('2'), "{operation} is refused as it should be: {cells:?}");
        let taken: Vec<_> =
            WAYS.iter().zip(cells).skip(1).filter(|(_, cell)| cell.starts_with('2')).collect();
        assert!(taken.is_empty(), "{operation} is taken with a wrong signature: {taken:?}");
    }
    table::compare("signed.txt", &WAYS, &rows);
}

async fn answered(world: &World, requests: &[Request], all: &[Request]) -> Rows {
    let mut rows = Rows::new();
    for request in requests {
        let mut cells = Vec::new();
        for way in WAYS {
            let app = world.copy().await;
            let exchange = Exchange { world, app: &app, request, caller: &request.by };
            exchange.prepared().await;
            let answer = tried(&exchange, way, all).await;
            cells.push(answer.map_or_else(|| "-".to_owned(), |answer| answer.cell()));
        }
        rows.insert(request.name(), cells);
    }
    rows
}

/// Sends the request in this way; none where there is no such way.
async fn tried(exchange: &Exchange<'_>, way: &str, all: &[Request]) -> Option<Answer> {
    let names = &exchange.world.names;
    let card = exchange.card();
    let challenged = matches!(exchange.request.proof, Some(Proof::Challenge { .. }));
    let shield = match &exchange.request.proof {
        Some(Proof::Shield { purpose, .. }) => Some(&**purpose),
        _ => None,
    };
    let proof = match way {
        "none" if challenged => return None,
        "none" => Value::Null,
        "other" if shield.is_some() => {
            let purpose = shield.unwrap();
            // Anybody's shield opens a session of theirs: where nobody is named, one that was never applied for.
            let stranger = if purpose == "log_in" { None } else { Some("other") };
            let phones = &exchange.world.devices.phones;
            let phone = stranger.map_or_else(Phone::es256, |seat| phones[seat].clone());
            exchange.shown_by(purpose, phone).await
        }
        "other" => exchange.proof_of(&elsewhere(exchange), other_card(exchange)).await,
        "act" => exchange.proof_of(&another_act(exchange.request, all)?, card).await,
        _ => exchange.proof(card).await,
    };
    match way {
        "lost" if shield == Some("apply") => return None,
        "lost" if shield.is_some() => {
            let path = format!("/api/v1/account/shields/{}", names["shield"]);
            let token = &exchange.world.tokens["owner"];
            let (status, _) = exchange.app.call(Method::DELETE, &path, token, Value::Null).await;
            assert!(status.is_success(), "{path}: {status}");
        }
        "lost" => {
            let held = used_card(exchange);
            let path = format!("/api/v1/cards/{held}/report-lost");
            let token = &exchange.world.tokens["admin"];
            let (status, _) = exchange.app.call(Method::POST, &path, token, json!({"reason": "遗失"})).await;
            if !status.is_success() {
                return None;
            }
        }
        "forged" => {
            let proof = forged(proof);
            return Some(exchange.with(proof, names).await);
        }
        "again" => {
            let first = exchange.with(proof.clone(), names).await;
            assert!(first.status.is_success(), "{}", first.json());
        }
        "used" => used_up(exchange.app).await,
        "late" => exchange.app.central.store().clock().advance(301_000),
        "stale" => {
            let before = before(names);
            let request = exchange.request;
            let body = format!("{:?} {}", request.body, request.at);
            if !body.contains("_v") {
                return None;
            }
            return Some(exchange.with(proof, &before).await);
        }
        _ => {}
    }
    Some(exchange.with(proof, names).await)
}

/// Every version is the one before.
fn before(names: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let older = |(name, value): (&String, &String)| match value.parse::<i64>() {
        Ok(version) if name.ends_with("_v") => (name.clone(), (version - 1).to_string()),
        _ => (name.clone(), value.clone()),
    };
    names.iter().map(older).collect()
}

/// The proof, whose card is not named: any can be put in.
fn elsewhere(exchange: &Exchange<'_>) -> Proof {
    match exchange.request.proof.clone().unwrap() {
        Proof::Challenge { purpose, .. } => Proof::Challenge { purpose, seat: None },
        proof => proof,
    }
}

fn seat(exchange: &Exchange<'_>) -> String {
    if exchange.request.by == "nobody" { "owner".to_owned() } else { exchange.request.by.clone() }
}

/// A card that is issued to the same holder and bound to nobody.
fn other_card(exchange: &Exchange<'_>) -> Option<crate::test_card::TestCard> {
    // Whoever binds a first card has no other one: a card of another enterprise is tried.
    let seat = if exchange.request.by == "cardless" { "other".to_owned() } else { seat(exchange) };
    Some(callers::issued(&seat, "8930000077777"))
}

fn used_card(exchange: &Exchange<'_>) -> String {
    match &exchange.request.proof {
        Some(Proof::Challenge { seat: Some(seat), .. }) => seat.split_once(':').unwrap().1.to_owned(),
        _ => callers::card(&seat(exchange)).unwrap().certificate.holder().unwrap().card_no.to_string(),
    }
}

/// What another row of the same person signs; for a challenge, one of another purpose.
fn another_act(request: &Request, all: &[Request]) -> Option<Proof> {
    match request.proof.as_ref()? {
        Proof::Challenge { purpose, seat } => {
            let purpose = match purpose.as_deref() {
                // What anybody can ask for: to log in, or to verify a registration.
                None => Some("verify"),
                Some("verify" | "first_card") => None,
                Some("bind") => Some("renew"),
                Some(_) => Some("bind"),
            };
            Some(Proof::Challenge { purpose: purpose.map(ToOwned::to_owned), seat: seat.clone() })
        }
        Proof::Shield { purpose, seat } => {
            let purpose = match &**purpose {
                "log_in" => "request",
                "request" => "log_in",
                "apply" => "renew",
                _ => "apply",
            };
            Some(Proof::Shield { purpose: purpose.to_owned(), seat: seat.clone() })
        }
        Proof::Back { .. } => None,
        Proof::Statement { body, .. } => {
            let others = all.iter().filter(|other| other.by == request.by);
            // The last: an act on one record, and the same in a list of one, are one act, and stand beside each other.
            let other = others
                .filter_map(|other| other.proof.clone())
                .rfind(|proof| matches!(proof, Proof::Statement { body: other, .. } if other != body));
            Some(other.expect("no other row has a statement of this person"))
        }
    }
}

/// One bit of the signature's last byte is another one; of the new key's, where nothing is signed yet.
fn forged(mut proof: Value) -> Value {
    if let Some(response) = proof.get_mut("response") {
        let member = if response["signature"].is_string() { "signature" } else { "attestationObject" };
        let mut bytes = protocols::base64::Alphabet::Url.decode(response[member].as_str().unwrap()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        response[member] = json!(phone::text(&bytes));
        return proof;
    }
    let member = if proof["value"].is_string() { "value" } else { "signature" };
    let alphabet = protocols::base64::Alphabet::Standard;
    let mut bytes = alphabet.decode(proof[member].as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    proof[member] = json!(alphabet.encode(&bytes));
    proof
}

/// As a use leaves nonces and challenges: they are gone.
async fn used_up(app: &TestApp) {
    let tx = app.central.store().begin().await.unwrap();
    for table in ["signing_nonce", "card_challenge", "shield_challenge", "shield_request"] {
        let sql = &format!("DELETE FROM {table}");
        execute(tx.conn(), sql, []).await.unwrap();
    }
    tx.commit().await.unwrap();
}
