//! What administrators and members' administrators do with accounts that are there, and codes that are sent once more.

use super::*;
use crate::{
    identity::account::{by_id, by_username, folded, lock, password},
    store::all,
};

/// PO-026, PO-036: another code within a minute is too often; afterwards the new one serves and the old one does not, and a confirmed mobile gets none.
#[tokio::test]
async fn a_code_is_sent_again_after_a_minute() {
    let app = TestApp::open().await;
    let (_, answer) = register(&app, yuanfan()).await;
    let path = format!("/api/v1/registrations/{}", answer["account_id"].as_str().unwrap());
    let (again, confirm) = (format!("{path}/code"), format!("{path}/confirm"));
    let first = code(&app, "13816001234").await.unwrap();
    let (status, answer) = app.post(&again, NOBODY, Value::Null).await;
    assert_eq!((status, &answer["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("PO_TOO_OFTEN")));
    app.central.store().clock().advance(60_001);
    assert_eq!(app.post(&again, NOBODY, Value::Null).await.0, StatusCode::ACCEPTED);
    let second = code(&app, "13816001234").await.unwrap();
    if first != second {
        let old = app.post(&confirm, NOBODY, json!({ "code": first })).await;
        assert_eq!(old.0, StatusCode::UNPROCESSABLE_ENTITY, "the code before still serves");
    }
    assert_eq!(app.post(&confirm, NOBODY, json!({ "code": second })).await.0, StatusCode::OK);
    app.central.store().clock().advance(60_001);
    assert_eq!(app.post(&again, NOBODY, Value::Null).await.0, StatusCode::CONFLICT);
    assert_eq!(
        app.post("/api/v1/registrations/nobody/code", NOBODY, Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    let sql = "SELECT id FROM short_message WHERE mobile = $1";
    assert_eq!(all(app.central.store().read(), sql, ["13816001234".into()]).await.unwrap().len(), 2);
}

/// PO-026: five codes an hour are enough for a registration, however patient the asker.
#[tokio::test]
async fn codes_are_sent_again_five_times_an_hour() {
    let app = TestApp::open().await;
    app.central.store().clock().set(protocols::contract::UtcMillis::parse("2025-10-13T01:00:00Z").unwrap());
    let (_, answer) = register(&app, yuanfan()).await;
    let again = format!("/api/v1/registrations/{}/code", answer["account_id"].as_str().unwrap());
    let mut answers = Vec::new();
    for _ in 0..6 {
        app.central.store().clock().advance(61_000);
        answers.push(app.post(&again, NOBODY, Value::Null).await.0.as_u16());
    }
    assert_eq!(answers, [202, 202, 202, 202, 202, 429]);
    // What was counted goes when it counts no more; what still counts stays.
    let store = app.central.store();
    let counters = async || all(store.read(), "SELECT bucket FROM rate", []).await.unwrap().len();
    let before = counters().await;
    lock::sweep(store).await.unwrap();
    assert!(before > 0 && counters().await > 0);
    store.clock().advance(3_600_000);
    lock::sweep(store).await.unwrap();
    assert_eq!(counters().await, 0);
}

/// PO-037: who has forgotten both is told the names and sets the password with the same code, which serves no more then; tries count all along.
#[tokio::test]
async fn one_code_tells_the_names_and_sets_the_password() {
    let app = TestApp::open().await;
    registered(&app, yuanfan()).await;
    let (ask, redeem) = ("/api/v1/recoveries", "/api/v1/recoveries/redeem");
    app.post(ask, NOBODY, json!({"mobile": "13816001234"})).await;
    let sent = code(&app, "13816001234").await.unwrap();
    let names = json!({"mobile": "13816001234", "code": sent});
    let (status, answer) = app.post(redeem, NOBODY, names.clone()).await;
    assert_eq!((status, &answer["usernames"]), (StatusCode::OK, &json!(["yuanfan_admin"])));
    let mut new = names.clone();
    new["username"] = json!("yuanfan_admin");
    new["new_password"] = json!("Harbour-2025y");
    assert_eq!(app.post(redeem, NOBODY, new).await.0, StatusCode::OK);
    assert_eq!(app.post(redeem, NOBODY, names).await.0, StatusCode::UNPROCESSABLE_ENTITY, "used up");
    app.post(ask, NOBODY, json!({"mobile": "13816001234"})).await;
    let names = json!({"mobile": "13816001234", "code": code(&app, "13816001234").await.unwrap()});
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(app.post(redeem, NOBODY, names.clone()).await.0.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 422], "a code is no key for ten minutes");
}

/// PO-062, PO-402, PO-403: an administrator finds the names that are locked, and frees one; one that is not locked is not freed.
#[tokio::test]
async fn a_locked_name_is_found_and_freed() {
    let app = TestApp::open().await;
    let id = registered(&app, yuanfan()).await;
    let tx = app.central.store().begin().await.unwrap();
    for _ in 0..5 {
        lock::failed(&tx, &folded("yuanfan_admin")).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (_, list) = app.get("/api/v1/admin/accounts?locked=true", ADMIN).await;
    assert_eq!((&list["total"], &list["items"][0]["username"]), (&json!(1), &json!("yuanfan_admin")));
    assert!(list["items"][0]["locked_until"].is_string());
    assert_eq!(app.get("/api/v1/admin/accounts?locked=false&username=yuanfan", ADMIN).await.1["total"], 0);
    let unlock = format!("/api/v1/admin/accounts/{id}/unlock");
    assert_eq!(app.post(&unlock, ADMIN, json!({})).await.0, StatusCode::OK);
    assert_eq!(app.get(&format!("/api/v1/admin/accounts/{id}"), ADMIN).await.1["locked_until"], Value::Null);
    assert_eq!(app.post(&unlock, ADMIN, json!({})).await.0, StatusCode::CONFLICT);
}

/// PO-044, PO-046: an officer's offices are corrected over the version that was seen; none at all are refused, and so is a closed account.
#[tokio::test]
async fn an_account_is_amended_over_its_version() {
    let app = TestApp::open().await;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001239"});
    let (_, made) = app.post("/api/v1/admin/accounts", ADMIN, officer).await;
    let path = format!("/api/v1/admin/accounts/{}", made["id"].as_str().unwrap());
    let put = async |body: Value| app.call(Method::PUT, &path, ADMIN, body).await;
    let seen = &made["version"];
    let (_, answer) = put(json!({"version": seen, "mobile": "12816001234", "email": "li@"})).await;
    let paths: Vec<_> = answer["fields"].as_array().unwrap().iter().map(|fault| &fault["path"]).collect();
    assert_eq!(paths, ["mobile", "email"]);
    let (_, answer) = put(json!({"version": seen, "mobile": "13816001240"})).await;
    assert_eq!(answer["fields"][0]["path"], "customs_codes", "{answer}");
    let new = json!({"version": seen, "person_name": "李关", "mobile": "13816001240", "customs_codes": ["0708", "2248"]});
    let (status, after) = put(new.clone()).await;
    assert_eq!((status, &after["customs_codes"]), (StatusCode::OK, &json!(["0708", "2248"])), "{after}");
    assert_eq!((&after["person_name"], &after["mobile_confirmed"]), (&json!("李关"), &json!(true)));
    assert_eq!(put(new).await.1["code"], "PO_VERSION_CONFLICT");
}

/// PO-022, PO-025, PO-040, PO-403: who administers an enterprise gives an operator a new password, which must be a good one; never their own here.
#[tokio::test]
async fn a_members_password_is_set_anew() {
    let app = TestApp::open().await;
    let id = registered(&app, yuanfan()).await;
    let (session, _) = {
        let tx = app.central.store().begin().await.unwrap();
        let beginning = crate::identity::session::Beginning {
            account_id: &id,
            login: crate::identity::Login::Password,
            device: None,
            address: None,
        };
        let (session, token) = crate::identity::session::begin(&tx, beginning).await.unwrap();
        tx.commit().await.unwrap();
        (token, session.id)
    };
    let member = json!({"username": "yuanfan_op1", "password": "Harbour-2024x", "mobile": "13816001235"});
    let (_, made) = app.post("/api/v1/enterprise/members", &session, member).await;
    let path = |id: &str| format!("/api/v1/enterprise/members/{id}/password");
    let member = made["id"].as_str().unwrap();
    let new = |password: &str| json!({ "new_password": password });
    let (_, answer) = app.post(&path(member), &session, new("yuanfan_op1-X")).await;
    assert_eq!(
        (&answer["fields"][0]["path"], &answer["fields"][0]["rule"]),
        (&json!("new_password"), &json!("PO-025"))
    );
    assert_eq!(app.post(&path(member), &session, new("Winter-2025z")).await.0, StatusCode::NO_CONTENT);
    let account = by_username(app.central.store().read(), "yuanfan_op1").await.unwrap().unwrap();
    assert!(password::is_right("Winter-2025z".into(), account.password_hash).await.unwrap());
    assert_eq!(
        app.post(&path(&id), &session, new("Winter-2025z")).await.0,
        StatusCode::CONFLICT,
        "the own one"
    );
    assert!(by_id(app.central.store().read(), &id).await.unwrap().is_some());
}
