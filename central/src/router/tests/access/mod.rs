//! Who gets what answer: every operation of the document, asked by everyone.
//! `callers`: who asks · `devices`: with what beside a card · `things`: what for · `requests.txt`, `request`: a valid request an operation · `exchange`: how it is sent · `who.txt`: the
//! reviewed answers · `signed`, `signed.txt`: the same of what cards sign · `table`: how a file of answers is read and compared.
//! `messages`, `rules`: what else holds for all of it.
//! A new operation needs a request in `requests.txt` (its head says how) and a line in `who.txt`, and one in `signed.txt` if a card signs it;
//! the tests tell the lines. A cell that is wrong is mended where it comes from, and not written down.
//! Source: spec PO-040..PO-049, PO-068, PO-106..PO-111, PO-361, PO-384; `contract` section 6.

mod callers;
mod devices;
mod exchange;
mod messages;
mod request;
mod rules;
mod signed;
mod table;
mod things;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::{callers::CALLERS, exchange::Exchange, request::Request, table::Rows, world::World};

/// Every operation of the document: `METHOD path`, and what is said of it.
fn operations() -> BTreeMap<String, Value> {
    let document = serde_json::to_value(super::document()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            methods.as_object().unwrap().iter().filter(|(_, said)| said["responses"].is_object())
        {
            operations.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
        }
    }
    operations
}

/// The requests of the file, one for each operation of the document and none besides.
fn requests() -> Vec<Request> {
    let requests = request::all();
    let asked: BTreeSet<_> = requests.iter().map(Request::name).collect();
    assert_eq!(asked.len(), requests.len(), "requests.txt has an operation twice");
    let documented: BTreeSet<_> = operations().into_keys().collect();
    let missing: Vec<_> = documented.difference(&asked).collect();
    assert!(
        missing.is_empty(),
        "no request for {missing:?}: write one into central/src/router/tests/access/requests.txt, whose head says how; what it names is made in things.rs"
    );
    let gone: Vec<_> = asked.difference(&documented).collect();
    assert!(gone.is_empty(), "requests.txt asks for what the document does not have: {gone:?}");
    requests
}

/// PO-040, PO-041, PO-042, PO-043, PO-044, PO-045, PO-046, PO-047, PO-048, PO-049, PO-068, PO-069, PO-090, PO-091, PO-106, PO-111, PO-330,
/// PO-361, PO-384, PO-404, AC-013, AC-014, AC-020, AE-013, SG-018, SG-022: every operation, asked by everyone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_everyone_as_the_table_says() {
    let requests = requests();
    let world = World::made().await;
    // Two at a time: each has a centre of its own.
    let (one, other) = requests.split_at(requests.len() / 2);
    let (mut rows, more) = tokio::join!(answered(&world, one), answered(&world, other));
    rows.extend(more);
    table::compare("who.txt", &CALLERS, &rows);
}

async fn answered(world: &World, requests: &[Request]) -> Rows {
    let mut rows = Rows::new();
    let mut app = world.copy().await;
    for request in requests {
        let mut cells = Vec::new();
        for caller in CALLERS {
            let exchange = Exchange { world, app: &app, request, caller };
            let answer = exchange.sent().await;
            assert!(!answer.status.is_server_error(), "{} as {caller}: {}", request.name(), answer.json());
            cells.push(answer.cell());
            if exchange.changes(&answer) {
                app = world.copy().await;
            }
        }
        rows.insert(request.name(), cells);
    }
    rows
}

/// PO-049, PO-384, SG-022, AC-020: what is another's is answered byte for byte as what does not exist, but for the number that was asked for.
#[tokio::test]
async fn what_is_anothers_is_answered_as_what_does_not_exist() {
    let world = World::made().await;
    let app = world.copy().await;
    let (absent, told) = absent(&world.names);
    let mut compared = 0;
    for request in &requests() {
        let named = request.at.contains('$')
            || matches!(&request.body, request::Body::Json(text) if text.contains('$'));
        // What is done before anyone is known is nobody's.
        if !named || request.first.is_some() || request.by == "nobody" {
            continue;
        }
        for caller in ["nobody", "other", "individual", "agency", "yard", "elsewhere", "gate"] {
            let exchange = Exchange { world: &world, app: &app, request, caller };
            let theirs = exchange.with(Value::Null, &world.names).await;
            if !theirs.status.is_client_error() {
                continue;
            }
            let nothing = exchange.with(Value::Null, &absent).await;
            assert_eq!(
                (theirs.status, theirs.told_of(&told)),
                (nothing.status, nothing.told_of(&[])),
                "{} as {caller}",
                request.name()
            );
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} answers were compared");
}

/// Numbers and keys that nothing has, in the place of those that are there; and what each stands for.
fn absent(names: &BTreeMap<String, String>) -> (BTreeMap<String, String>, Vec<(String, String)>) {
    let stays = |name: &str| {
        name.ends_with("_v")
            || name.starts_with("code_")
            || matches!(name, "event" | "certificate" | "revoked")
    };
    let (mut absent, mut told) = (names.clone(), Vec::new());
    for (name, value) in absent.iter_mut().filter(|(name, _)| !stays(name)) {
        let end = value.len() - 4;
        assert!(value.is_char_boundary(end), "{name}");
        let other = format!("{}9999", &value[..end]);
        told.push((std::mem::replace(value, other.clone()), other));
    }
    (absent, told)
}
