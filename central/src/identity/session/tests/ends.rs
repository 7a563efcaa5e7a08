//! How sessions begin by a card and in other ways, what they open, and what ends them.

use axum::{Json, Router, routing::get};

use super::*;
use crate::{
    identity::Person,
    test_card::{TestCard, holder},
};

const CARD: &str = "2100000123456";

fn card() -> TestCard {
    TestCard::of(&holder(CARD, Some("91310115MA1K3ABC2K"), Some("3122240123")))
}

/// Binds the firm's card to the account of this token.
async fn bound(app: &TestApp, token: &str) {
    let (_, challenge) = app.post("/api/v1/cards/challenges", token, json!({"purpose": "bind"})).await;
    let (status, answer) = app.post("/api/v1/cards/bind", token, card().answer(&challenge)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

/// Logs in by the card; the session's token.
async fn by_card(app: &TestApp) -> String {
    let (status, challenge) = app.post("/api/v1/sessions/card/challenges", NOBODY, Value::Null).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, answer) = app.post("/api/v1/sessions/card", NOBODY, card().answer(&challenge)).await;
    assert_eq!((status, &answer["login"]), (StatusCode::CREATED, &json!("card")), "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// A centre whose one account has a card, and a session by password.
async fn with_card() -> (TestApp, String, String) {
    let app = TestApp::open().await;
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Password).await;
    bound(&app, &token).await;
    (app, account, token)
}

/// PO-051, PO-096, PO-366, PO-411, PO-412, PO-413: a card opens a session; pulling it out ends that session, whose token says why from then
/// on; logging in again opens another one. A session by password has no card to pull.
#[tokio::test]
async fn pulling_the_card_ends_its_session() {
    let (app, _, password) = with_card().await;
    let removed = "/api/v1/session/card-removed";
    let token = by_card(&app).await;
    let records = "/api/v1/smart-gate/records";
    assert_eq!(app.get(records, &token).await.0, StatusCode::OK);
    assert_eq!(app.post(removed, &token, Value::Null).await.0, StatusCode::NO_CONTENT);
    for (method, path) in [
        (Method::GET, records),
        (Method::POST, records),
        (Method::GET, "/api/v1/session"),
        (Method::POST, removed),
    ] {
        let (status, answer) = app.call(method, path, &token, json!({})).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::FORBIDDEN, &json!("PO_CARD_REMOVED")),
            "{path}: {answer}"
        );
    }
    assert_eq!(app.post(removed, &password, Value::Null).await.0, StatusCode::CONFLICT);
    assert_eq!(app.get(records, &password).await.0, StatusCode::OK);
    let again = by_card(&app).await;
    assert_eq!(app.get(records, &again).await.0, StatusCode::OK);
    assert_eq!(
        app.get(records, &token).await.1["code"],
        "PO_CARD_REMOVED",
        "a new session does not bring the old one back"
    );
    app.central.store().clock().advance(12 * 3600 * 1000);
    assert_eq!(
        app.get(records, &token).await.0,
        StatusCode::UNAUTHORIZED,
        "after its twelve hours it is nobody's"
    );
}

/// PO-414, PO-070: log-out, the time limit, a new password and another device each end a session; an administrator reads which way each
/// began and what ended it, and nobody else does.
#[tokio::test]
async fn a_session_tells_how_it_began_and_ended() {
    let (app, account, keeper) = with_card().await;
    let ways = [Login::Password, Login::Card, Login::Shield, Login::ThirdParty];
    let mut tokens = Vec::new();
    for way in ways {
        tokens.push(opened(&app, &account, way).await);
    }
    let (_, own) = app.get("/api/v1/account/sessions", &tokens[0]).await;
    let told = |list: &Value, name: &str| {
        list["items"].as_array().unwrap().iter().map(|item| item[name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(&own, "login"), ["third_party", "shield", "card", "password", "password"]);
    app.call(Method::DELETE, "/api/v1/session", &tokens[0], Value::Null).await;
    app.post("/api/v1/session/card-removed", &tokens[1], Value::Null).await;
    let other = format!("/api/v1/account/sessions/{}", own["items"][1]["id"].as_str().unwrap());
    app.call(Method::DELETE, &other, &keeper, Value::Null).await;
    let change = json!({"password": "Harbour-2024x", "new_password": "Harbour-2025y"});
    app.call(Method::PUT, "/api/v1/account/password", &tokens[3], change).await;
    for token in tokens.iter().chain([&keeper]) {
        assert!(app.get("/api/v1/session", token).await.0.is_client_error());
    }
    let last = opened(&app, &account, Login::Password).await;
    app.central.store().clock().advance(31 * 60 * 1000);
    assert_eq!(app.get("/api/v1/session", &last).await.0, StatusCode::UNAUTHORIZED);
    let path = format!("/api/v1/admin/accounts/{account}/sessions");
    let (_, list) = app.get(&path, ADMIN).await;
    assert_eq!(told(&list, "login"), ["password", "third_party", "shield", "card", "password", "password"]);
    let by = [
        Value::Null,
        json!("password_change"),
        json!("another_device"),
        json!("card_removed"),
        json!("logout"),
        json!("password_change"),
    ];
    assert_eq!(told(&list, "ended_by"), by);
    assert_eq!(told(&list, "open"), [false; 6]);
    let member = opened(&app, &account, Login::Password).await;
    assert_eq!(app.get(&path, &member).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/api/v1/admin/accounts/nobody/sessions", ADMIN).await.0, StatusCode::NOT_FOUND);
}

/// PO-071, PO-072, PO-073, PO-074, PO-075, PO-389, PO-436: each application opens in the ways that it accepts, whatever handler is behind its paths.
#[tokio::test]
async fn an_application_opens_in_the_ways_that_it_accepts() {
    let (app, account, _) = with_card().await;
    let who = async |person: Person| Json(json!({"login": person.login}));
    let later = Router::new()
        .route("/api/v1/pre-shipment/filings", get(who))
        .route("/api/v1/remote-inspections/tasks", get(who));
    let app = app.serving(later);
    let applications = [
        (
            "/api/v1/attendance-exemptions?doc_type=declaration&operated_from=2025-10-01&operated_to=2025-10-02",
            [true; 4],
        ),
        ("/api/v1/smart-gate/records", [true; 4]),
        ("/api/v1/appointments?enterprise_type=A", [true; 4]),
        ("/api/v1/pre-shipment/filings", [true, true, false, false]),
        ("/api/v1/remote-inspections/tasks", [true; 4]),
    ];
    for (place, way) in
        [Login::Password, Login::Card, Login::Shield, Login::ThirdParty].into_iter().enumerate()
    {
        let token = opened(&app, &account, way).await;
        for (path, accepts) in applications {
            let (status, answer) = app.get(path, &token).await;
            if accepts[place] {
                assert_eq!(status, StatusCode::OK, "{path} {way:?}: {answer}");
            } else {
                assert_eq!(
                    (status, &answer["code"]),
                    (StatusCode::FORBIDDEN, &json!("PO_LOGIN_METHOD")),
                    "{path} {way:?}"
                );
            }
        }
    }
}
