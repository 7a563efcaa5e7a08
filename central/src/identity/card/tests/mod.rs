//! Binding, suspending and unbinding cards, and logging in by one.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use protocols::{
    ids::{CardNo, Uscc},
    ikey::{Algorithm, Period},
};
use serde_json::{Value, json};

use super::{
    Answer, Challenge,
    binding::{self, Binding, State},
    challenge::{self, Purpose},
    change::{self, Rechecked},
    log_in_challenge, prove, revocation,
};
use crate::{
    declaration::problem::Problem,
    identity::{Declarant, Login, Person, Role, Standing, signing},
    store::{Tx, all, column},
    test_app::TestApp,
    test_card::{TestCard, authority, holder, period},
};
use protocols::contract::UtcMillis;

mod log_in;

const USCC: &str = "91310115MA1K3ABC2K";
const OTHER: &str = "91150781MA0N5XWB9P";
const CARD: &str = "2100000123456";

fn person(account_id: &str, uscc: &str, card_no: Option<&str>, administrator: bool) -> Person {
    let card_no = card_no.map(|no| CardNo::parse(no).unwrap());
    let standing = Standing::Declarant(Declarant {
        uscc: Uscc::parse(uscc).unwrap(),
        card_no,
        enterprise: None,
        administrator,
    });
    Person {
        account_id: Some(account_id.into()),
        name: account_id.into(),
        role: if administrator { Role::EnterpriseAdmin } else { Role::EnterpriseOperator },
        login: Login::Password,
        session_id: Some("s".into()),
        card_no,
        address: None,
        standing,
    }
}

fn operator() -> Person {
    person("yuanfan_op1", USCC, None, false)
}

fn card(card_no: &str, uscc: &str) -> TestCard {
    TestCard::of(&holder(card_no, Some(uscc), None))
}

/// A card of the same number whose certificate is another one.
fn renewed(card_no: &str, uscc: &str, period: Period) -> TestCard {
    TestCard::made(authority(), &holder(card_no, Some(uscc), None), Algorithm::Sm2Sm3, period)
}

fn answer(card: &TestCard, challenge: &Challenge) -> Answer {
    serde_json::from_value(card.answer(&json!(challenge))).unwrap()
}

async fn begun(app: &TestApp) -> Tx {
    app.central.store().begin().await.unwrap()
}

async fn challenged(app: &TestApp, purpose: Purpose, person: &Person) -> Challenge {
    let tx = begun(app).await;
    let challenge = challenge::make(&tx, purpose, person.account_id.as_deref()).await.unwrap();
    tx.commit().await.unwrap();
    challenge
}

/// Does one step and commits it; the key and the English words of a refusal.
async fn done<T>(tx: Tx, result: Result<T, Problem>) -> Result<T, (StatusCode, String, String)> {
    match result {
        Ok(value) => {
            tx.commit().await.unwrap();
            Ok(value)
        }
        Err(problem) => {
            use axum::response::IntoResponse;
            use http_body_util::BodyExt;
            let status = problem.status();
            let body = problem.into_response().into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            Err((status, text("code"), text("message_en")))
        }
    }
}

type Done<T> = Result<T, (StatusCode, String, String)>;

async fn bind(app: &TestApp, person: &Person, card: &TestCard) -> Done<Binding> {
    let challenge = challenged(app, Purpose::Bind, person).await;
    let tx = begun(app).await;
    let result = change::bind(&app.central, &tx, person, &answer(card, &challenge)).await;
    done(tx, result).await
}

async fn renew(app: &TestApp, person: &Person, card: &TestCard) -> Done<Binding> {
    let challenge = challenged(app, Purpose::Renew, person).await;
    let tx = begun(app).await;
    let result = change::renew(&app.central, &tx, person, &answer(card, &challenge)).await;
    done(tx, result).await
}

async fn report_lost(app: &TestApp, person: &Person, card_no: &str) -> Done<Binding> {
    let tx = begun(app).await;
    let result = change::report_lost(&tx, person, CardNo::parse(card_no).unwrap(), "遗失").await;
    done(tx, result).await
}

async fn unbind(app: &TestApp, person: &Person, card_no: &str) -> Done<()> {
    let tx = begun(app).await;
    let result =
        change::unbind(&tx, person, CardNo::parse(card_no).unwrap(), Rechecked::by_mobile_code()).await;
    done(tx, result).await
}

/// Asks for a statement and verifies it, as a submission does.
async fn submits(app: &TestApp, person: &Person, card: &TestCard) -> Done<CardNo> {
    let act = signing::Act {
        manual: "appointment",
        number: "202500000000000123".into(),
        version: 1,
        action: "submit",
        fields: json!({}),
        attachments: Vec::new(),
    };
    let tx = begun(app).await;
    let acts = [act];
    let result = match signing::statement(&tx, person, &acts).await {
        Err(problem) => Err(problem),
        Ok(statement) => {
            let signature = serde_json::from_value(card.sign(&json!(statement))).unwrap();
            signing::verify(&app.central, &tx, person, Some(&signature), &acts).await
        }
    };
    done(tx, result).await.map(|signed| signed.card_no())
}

fn refusal<T: std::fmt::Debug>(result: Done<T>) -> (StatusCode, String) {
    let (status, code, _) = result.unwrap_err();
    (status, code)
}

fn conflict() -> (StatusCode, String) {
    (StatusCode::CONFLICT, "PO_STATUS_CONFLICT".into())
}

fn forbidden(code: &str) -> (StatusCode, String) {
    (StatusCode::FORBIDDEN, code.into())
}

/// PO-V04, PO-092, PO-407: the card that signs the challenge is the account's; then its holder signs with it.
#[tokio::test]
async fn a_card_of_the_enterprise_is_bound() {
    let app = TestApp::open().await;
    let bound = bind(&app, &operator(), &card(CARD, USCC)).await.unwrap();
    assert_eq!((bound.card_no.as_str(), bound.state), (CARD, State::Bound));
    let found = binding::of_account(app.central.store().read(), "yuanfan_op1").await.unwrap().unwrap();
    assert_eq!(found, bound);
    let holder = person("yuanfan_op1", USCC, Some(CARD), false);
    assert_eq!(submits(&app, &holder, &card(CARD, USCC)).await.unwrap().as_str(), CARD);
}

/// PO-X11, PO-092: the card of another enterprise, and one of none.
#[tokio::test]
async fn a_card_of_another_enterprise_is_not_bound() {
    let app = TestApp::open().await;
    let refused = bind(&app, &operator(), &card(CARD, OTHER)).await;
    assert_eq!(refusal(refused), forbidden("PO_NO_PERMISSION"));
    let officers = TestCard::of(&holder(CARD, None, None));
    assert_eq!(refusal(bind(&app, &operator(), &officers).await), forbidden("PO_NO_PERMISSION"));
    assert!(binding::of_account(app.central.store().read(), "yuanfan_op1").await.unwrap().is_none());
}

/// PO-092: one card an account, one account a card.
#[tokio::test]
async fn neither_is_bound_twice() {
    let app = TestApp::open().await;
    bind(&app, &operator(), &card(CARD, USCC)).await.unwrap();
    assert_eq!(refusal(bind(&app, &operator(), &card("2100000123457", USCC)).await), conflict());
    let second = person("yuanfan_op2", USCC, None, false);
    assert_eq!(refusal(bind(&app, &second, &card(CARD, USCC)).await), conflict());
}

/// PO-063, PO-092: a challenge serves for one purpose, one account, once, and for 60 seconds.
#[tokio::test]
async fn a_challenge_serves_once_for_what_it_was_made_for() {
    let app = TestApp::open().await;
    let (one, other) = (operator(), person("yuanfan_op2", USCC, None, false));
    let card = card(CARD, USCC);
    let try_with = async |challenge: &Challenge, person: &Person| {
        let tx = begun(&app).await;
        let result = change::bind(&app.central, &tx, person, &answer(&card, challenge)).await;
        done(tx, result).await
    };
    for (purpose, asked_by) in
        [(Purpose::Unbind, &one), (Purpose::Renew, &one), (Purpose::LogIn, &one), (Purpose::Bind, &other)]
    {
        let challenge = challenged(&app, purpose, asked_by).await;
        assert_eq!(
            refusal(try_with(&challenge, &one).await),
            forbidden("PO_SIGNATURE_INVALID"),
            "{purpose:?}"
        );
    }
    let late = challenged(&app, Purpose::Bind, &one).await;
    app.central.store().clock().advance(61_000);
    assert_eq!(refusal(try_with(&late, &one).await), forbidden("PO_SIGNATURE_INVALID"));
    let challenge = challenged(&app, Purpose::Bind, &one).await;
    try_with(&challenge, &one).await.unwrap();
    let (_, _, words) = try_with(&challenge, &one).await.unwrap_err();
    assert!(words.contains("used"), "{words}");
}

/// PO-104, PO-408, PO-409, PO-410: what the administrator reports lost signs nothing until it is renewed; what is unbound is free.
#[tokio::test]
async fn a_lost_card_signs_nothing() {
    let app = TestApp::open().await;
    let administrator = person("yuanfan_admin", USCC, None, true);
    let own = card(CARD, USCC);
    bind(&app, &operator(), &own).await.unwrap();
    let holder = person("yuanfan_op1", USCC, Some(CARD), false);
    submits(&app, &holder, &own).await.unwrap();

    assert_eq!(refusal(report_lost(&app, &holder, CARD).await), forbidden("PO_NO_PERMISSION"));
    let stranger = person("other_admin", OTHER, None, true);
    assert_eq!(
        refusal(report_lost(&app, &stranger, CARD).await),
        (StatusCode::NOT_FOUND, "PO_NOT_FOUND".into())
    );
    let suspended = report_lost(&app, &administrator, CARD).await.unwrap();
    assert_eq!((suspended.state, suspended.reason.as_deref()), (State::Suspended, Some("遗失")));
    assert_eq!(refusal(report_lost(&app, &administrator, CARD).await), conflict());
    assert_eq!(refusal(submits(&app, &holder, &own).await), forbidden("PO_NO_PERMISSION"));

    // Whoever found the card has the old certificate.
    assert_eq!(refusal(renew(&app, &holder, &own).await), conflict());
    let another = renewed("2100000123457", USCC, period());
    assert_eq!(refusal(renew(&app, &holder, &another).await), forbidden("PO_CARD_MISMATCH"));
    let new = renewed(CARD, USCC, period());
    assert_eq!(renew(&app, &holder, &new).await.unwrap().state, State::Bound);
    assert_eq!(refusal(renew(&app, &holder, &renewed(CARD, USCC, period())).await), conflict());
    submits(&app, &holder, &new).await.unwrap();

    assert_eq!(refusal(unbind(&app, &holder, CARD).await), forbidden("PO_NO_PERMISSION"));
    assert_eq!(refusal(unbind(&app, &stranger, CARD).await), (StatusCode::NOT_FOUND, "PO_NOT_FOUND".into()));
    unbind(&app, &administrator, CARD).await.unwrap();
    assert_eq!(refusal(submits(&app, &holder, &new).await), forbidden("PO_NO_PERMISSION"));
    bind(&app, &person("yuanfan_op2", USCC, None, false), &own).await.unwrap();
}

/// PO-408, PO-410: a certificate that runs out suspends its binding by itself, until the card has a new one.
#[tokio::test]
async fn a_certificate_that_runs_out_suspends_its_binding() {
    let app = TestApp::open().await;
    let at = |text| UtcMillis::parse(text).unwrap();
    let short = Period { until: at("2025-10-13T00:40:00Z"), ..period() };
    let own = renewed(CARD, USCC, short);
    let bound = bind(&app, &operator(), &own).await.unwrap();
    app.central.store().clock().advance(600_000);
    assert_eq!(bound.state_at(at("2025-10-13T00:40:00Z")), State::Bound);
    app.central.store().clock().advance(1000);
    assert_eq!(bound.state_at(at("2025-10-13T00:40:01Z")), State::Suspended);
    let holder = person("yuanfan_op1", USCC, Some(CARD), false);
    let new = renewed(CARD, USCC, period());
    assert_eq!(refusal(submits(&app, &holder, &new).await), forbidden("PO_NO_PERMISSION"));
    renew(&app, &holder, &new).await.unwrap();
    submits(&app, &holder, &new).await.unwrap();
}

/// PO-104, PO-408, PO-335: a revoked certificate suspends its binding in the same transaction; every step is in the audit log.
#[tokio::test]
async fn a_revoked_certificate_suspends_its_binding() {
    let app = TestApp::open().await;
    let own = renewed(CARD, USCC, period());
    bind(&app, &operator(), &own).await.unwrap();
    let tx = begun(&app).await;
    let actor = crate::declaration::actor::Actor::centre();
    let id = (own.certificate.issuer(), own.certificate.serial());
    let now = tx.now();
    assert!(revocation::revoke(&tx, &actor, (&id.0, &id.1), now, "listed by the authority").await.unwrap());
    tx.commit().await.unwrap();
    let found = binding::of_account(app.central.store().read(), "yuanfan_op1").await.unwrap().unwrap();
    assert_eq!((found.state, found.reason.as_deref()), (State::Suspended, Some("listed by the authority")));
    let administrator = person("yuanfan_admin", USCC, None, true);
    unbind(&app, &administrator, CARD).await.unwrap();

    let sql =
        "SELECT actor, action, before, after FROM audit WHERE subject = 'card' AND number = $1 ORDER BY id";
    let rows = all(app.central.store().read(), sql, [CARD.into()]).await.unwrap();
    let words = |row| {
        let optional = |name| column::<Option<String>>(row, name).unwrap().unwrap_or_default();
        [column(row, "actor").unwrap(), column(row, "action").unwrap(), optional("before"), optional("after")]
            .join(" ")
    };
    assert_eq!(
        rows.iter().map(words).collect::<Vec<_>>(),
        ["yuanfan_op1 bind  bound", "centre suspend bound suspended", "yuanfan_admin unbind suspended "]
    );
}

/// PO-409: the administrator's own card, opened by its PIN, is asked for before a card is unbound.
#[tokio::test]
async fn who_unbinds_is_asked_again() {
    let app = TestApp::open().await;
    let (own, lost) = (card("2100000000001", USCC), card(CARD, USCC));
    bind(&app, &person("yuanfan_admin", USCC, None, true), &own).await.unwrap();
    bind(&app, &operator(), &lost).await.unwrap();
    let administrator = person("yuanfan_admin", USCC, Some("2100000000001"), true);
    for (with, expected) in [(&lost, Some("PO_CARD_MISMATCH")), (&own, None)] {
        let challenge = challenged(&app, Purpose::Unbind, &administrator).await;
        let tx = begun(&app).await;
        let result = Rechecked::by_card(&app.central, &tx, &administrator, &answer(with, &challenge)).await;
        let result = match result {
            Ok(proof) => change::unbind(&tx, &administrator, CardNo::parse(CARD).unwrap(), proof).await,
            Err(problem) => Err(problem),
        };
        assert_eq!(done(tx, result).await.err().map(|(_, code, _)| code).as_deref(), expected);
    }
    assert!(binding::of_account(app.central.store().read(), "yuanfan_op1").await.unwrap().is_none());
}

/// PO-049, PO-104: over the API, an enterprise's administrator of the configuration sees the cards of the own enterprise.
#[tokio::test]
async fn an_administrator_sees_the_cards_of_the_enterprise() {
    let text = |token: &str, role: &str, card: &str| {
        format!(
            "[[person]]\ntoken = \"{token}\"\nname = \"{token}\"\nrole = \"{role}\"\nuscc = \"{USCC}\"\n{card}"
        )
    };
    let more = text("admin-of-yuanfan", "enterprise_admin", "card_no = \"2100000000001\"\n")
        + &text("operator-of-yuanfan", "enterprise_operator", "");
    let app = TestApp::open_with(|config| {
        let read = crate::config::read(more.parse().unwrap(), std::iter::empty()).unwrap();
        config.people.extend(read.people);
    })
    .await;
    bind(&app, &operator(), &card(CARD, USCC)).await.unwrap();
    bind(&app, &person("x", OTHER, None, false), &card("2100000999999", OTHER)).await.unwrap();
    let admin = "admin-of-yuanfan";
    let (_, shown) = app.get("/api/v1/cards", admin).await;
    let numbers: Vec<_> =
        shown["items"].as_array().unwrap().iter().map(|item| item["card_no"].clone()).collect();
    assert_eq!(numbers, [CARD]);
    assert_eq!(app.get("/api/v1/cards", "operator-of-yuanfan").await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/api/v1/cards/mine", admin).await.1["card_no"], "2100000000001");
    assert_eq!(app.get("/api/v1/cards/mine", "operator-of-yuanfan").await.0, StatusCode::NOT_FOUND);

    let lost = |card_no: &str| format!("/api/v1/cards/{card_no}/report-lost");
    let (status, body) = app.post(&lost(CARD), admin, json!({})).await;
    assert_eq!((status, &body["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO-104")));
    for unknown in ["2100000999999", "2100000000009", "x"] {
        let answer = app.post(&lost(unknown), admin, json!({"reason": "遗失"})).await;
        assert_eq!(answer.0, StatusCode::NOT_FOUND, "{unknown}");
    }
    let (status, body) = app.post(&lost(CARD), admin, json!({"reason": "遗失"})).await;
    assert_eq!((status, &body["state"]), (StatusCode::OK, &json!("suspended")));

    let (status, challenge) = app.post("/api/v1/cards/challenges", admin, json!({"purpose": "unbind"})).await;
    assert_eq!(status, StatusCode::CREATED);
    let answer = card("2100000000001", USCC).answer(&challenge);
    let (status, _) = app.post(&format!("/api/v1/cards/{CARD}/unbind"), admin, answer.clone()).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    // A person of the configuration has no account to bind a card to, and nobody asks for a log-in's challenge here.
    assert_eq!(app.post("/api/v1/cards/bind", admin, answer.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.post("/api/v1/cards/renew", admin, answer).await.0, StatusCode::FORBIDDEN);
    let refused = app.post("/api/v1/cards/challenges", admin, json!({"purpose": "log_in"})).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn the_states_have_one_name_each() {
    let names: BTreeMap<_, _> =
        [State::Bound, State::Suspended].map(|state| (state.code(), json!(state))).into();
    assert!(names.iter().all(|(code, json)| json == code));
}
