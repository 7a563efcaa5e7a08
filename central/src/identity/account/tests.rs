//! Registration, recovery, members and administrators, through the API.

mod by_card;
mod kept;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    store::{column, one},
    test_app::{ADMIN, DECLARANT, OFFICER, TestApp},
};

const NOBODY: &str = "";

/// PO-V01 of the spec.
fn yuanfan() -> Value {
    json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": "Harbour-2024x", "mobile": "13816001234",
           "email": "ops@yuanfan.example.cn", "enterprise_name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K",
           "customs_reg_no": "3122240123", "agreements_accepted": true})
}

/// The code in the last message to this mobile.
async fn code(app: &TestApp, mobile: &str) -> Option<String> {
    let sql = "SELECT body FROM short_message WHERE mobile = $1 ORDER BY id DESC LIMIT 1";
    let row = one(app.central.store().read(), sql, [mobile.into()]).await.unwrap()?;
    let body: String = column(&row, "body").unwrap();
    Some(body.chars().filter(char::is_ascii_digit).take(6).collect())
}

async fn register(app: &TestApp, request: Value) -> (StatusCode, Value) {
    app.post("/api/v1/registrations", NOBODY, request).await
}

/// Registers, confirms the mobile and has the identity verified; the account's key.
pub(in crate::identity) async fn registered(app: &TestApp, request: Value) -> String {
    let mobile = request["mobile"].as_str().unwrap().to_owned();
    let (status, answer) = register(app, request).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let id = answer["account_id"].as_str().unwrap().to_owned();
    let code = code(app, &mobile).await.unwrap();
    let path = format!("/api/v1/registrations/{id}/confirm");
    assert_eq!(app.post(&path, NOBODY, json!({ "code": code })).await.0, StatusCode::OK);
    let (status, answer) = app.post(&format!("/api/v1/admin/accounts/{id}/verify"), ADMIN, json!({})).await;
    assert!(status == StatusCode::OK || answer["code"] == "PO_STATUS_CONFLICT", "{answer}");
    id
}

/// PO-022, PO-023, PO-035, PO-036, PO-400, PO-401, and the example PO-V01: pending until mobile and identity are both confirmed.
#[tokio::test]
async fn an_enterprise_registers_and_is_usable_when_both_are_confirmed() {
    let app = TestApp::open().await;
    let (status, answer) = register(&app, yuanfan()).await;
    assert_eq!((status, &answer["account_status"]), (StatusCode::CREATED, &json!("pending")), "{answer}");
    let id = answer["account_id"].as_str().unwrap();
    let confirm = format!("/api/v1/registrations/{id}/confirm");
    let (status, answer) = app.post(&confirm, NOBODY, json!({"code": "000000x"})).await;
    assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("code")));
    let sent = code(&app, "13816001234").await.unwrap();
    let (status, answer) = app.post(&confirm, NOBODY, json!({ "code": sent })).await;
    assert_eq!((status, &answer["account_status"]), (StatusCode::OK, &json!("pending")), "{answer}");
    assert_eq!(app.post(&confirm, NOBODY, json!({ "code": sent })).await.0, StatusCode::CONFLICT);
    let verify = format!("/api/v1/admin/accounts/{id}/verify");
    assert_eq!(app.post(&verify, DECLARANT, json!({})).await.0, StatusCode::FORBIDDEN);
    let (status, account) = app.post(&verify, ADMIN, json!({})).await;
    assert_eq!((status, &account["status"]), (StatusCode::OK, &json!("active")), "{account}");
    assert_eq!(account["role"], "enterprise_admin");
    assert!(!account.to_string().contains("argon2"), "the hash is nobody's to read: {account}");
}

/// PO-024..PO-035, PO-027, PO-029, PO-033, PO-301, PO-304, PO-305, PO-306, and the examples PO-X01..PO-X04: each fault names its field and its rule.
#[tokio::test]
async fn a_registration_that_breaks_rules_is_refused_with_all_of_them() {
    let app = TestApp::open().await;
    for (change, path, rule) in [
        (json!({"uscc": "91310115MA1K3ABC2A"}), "uscc", "PO-305"),
        (json!({"password": "12345678"}), "password", "PO-025"),
        (json!({"password": "Yuanfan_admin-1"}), "password", "PO-025"),
        (json!({"mobile": "12816001234"}), "mobile", "PO-026"),
        (json!({"agreements_accepted": false}), "agreements_accepted", "PO-035"),
        (json!({"username": "1st"}), "username", "PO-024"),
        (json!({"email": "ops@"}), "email", "PO-304"),
        (json!({"enterprise_name": "远"}), "enterprise_name", "PO-028"),
        (json!({"customs_reg_no": "31222"}), "customs_reg_no", "PO-306"),
        (json!({"ciq_no": "123"}), "ciq_no", "PO-031"),
        (json!({"user_kind": "robot"}), "user_kind", "PO-023"),
        (json!({"uscc": null}), "uscc", "PO-305"),
        (json!({"is_overseas_agency": true, "uscc": null}), "country", "PO-034"),
        (json!({"user_kind": "individual"}), "person_name", "PO-032"),
        (json!({"user_kind": "individual"}), "id_type", "PO-033"),
        (
            json!({"user_kind": "individual", "person_name": "王芳", "id_type": "driving_licence"}),
            "id_type",
            "PO-033",
        ),
        (
            json!({"user_kind": "individual", "person_name": "王芳", "id_type": "resident_id", "id_number": "110105194912310021"}),
            "id_number",
            "PO-307",
        ),
    ] {
        let mut request = yuanfan();
        json_patch::merge(&mut request, &change);
        let (status, answer) = register(&app, request).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{change}: {answer}");
        let fields = answer["fields"].as_array().unwrap();
        assert!(
            fields.iter().any(|fault| fault["path"] == path && fault["rule"] == rule),
            "{change}: {answer}"
        );
        assert!(!answer.to_string().contains("Harbour-2024x"), "a password is said back: {answer}");
    }
    let (_, answer) = register(&app, json!({"user_kind": "enterprise"})).await;
    let paths: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["path"].clone()).collect();
    for path in ["username", "mobile", "enterprise_name", "uscc", "password", "agreements_accepted"] {
        assert!(paths.contains(&json!(path)), "{path} is not among {paths:?}");
    }
    assert_eq!(code(&app, "13816001234").await, None, "a refused registration sent a code");
}

/// PO-022, PO-024: names are taken whatever their case, and a firm that is registered is not registered again.
#[tokio::test]
async fn a_name_and_an_enterprise_are_taken_once() {
    let app = TestApp::open().await;
    register(&app, yuanfan()).await;
    let mut request = yuanfan();
    json_patch::merge(
        &mut request,
        &json!({"username": "YuanFan_Admin", "uscc": "91310115MA1H7K2R0J", "customs_reg_no": "3122480012"}),
    );
    let (status, answer) = register(&app, request).await;
    assert_eq!(
        (status, &answer["fields"][0]["path"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("username"))
    );
    let mut request = yuanfan();
    json_patch::merge(&mut request, &json!({"username": "somebody_else"}));
    let (_, answer) = register(&app, request).await;
    let rules: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["rule"].clone()).collect();
    assert_eq!(rules, [json!("PO-022"), json!("PO-030")]);
}

/// PO-021, PO-034, PO-043: an agency abroad has its country and its number there in place of a credit code; PO-042: an individual needs no firm.
#[tokio::test]
async fn agencies_abroad_and_individuals_register_too() {
    let app = TestApp::open().await;
    let agency = json!({"user_kind": "enterprise", "username": "ccic_hamburg", "password": "Harbour-2024x", "mobile": "13816001235",
        "enterprise_name": "CCIC Hamburg", "is_overseas_agency": true, "country": "德国", "foreign_reg_no": "HRB 12345", "agreements_accepted": true});
    let id = registered(&app, agency).await;
    let (_, account) = app.get(&format!("/api/v1/admin/accounts/{id}"), ADMIN).await;
    assert_eq!((&account["role"], &account["status"]), (&json!("agency_operator"), &json!("active")));
    let person = json!({"user_kind": "individual", "username": "wang_fang", "password": "Harbour-2024x", "mobile": "13816001236",
        "person_name": "王芳", "id_type": "resident_id", "id_number": "11010519491231002X", "agreements_accepted": true});
    let id = registered(&app, person).await;
    let (_, account) = app.get(&format!("/api/v1/admin/accounts/{id}"), ADMIN).await;
    assert_eq!((&account["role"], &account["status"]), (&json!("individual"), &json!("active")));
    assert_eq!(account["id_document"]["id_number"], "110…", "an identity number is shown in part only");
}

/// PO-037: the answer never tells whether somebody has the mobile; the code serves once and sets a new password.
#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_code() {
    let app = TestApp::open().await;
    registered(&app, yuanfan()).await;
    let (ask, redeem) = ("/api/v1/recoveries", "/api/v1/recoveries/redeem");
    let known = app.post(ask, NOBODY, json!({"mobile": "13816001234"})).await;
    assert_eq!(known, app.post(ask, NOBODY, json!({"mobile": "13900000000"})).await);
    assert_eq!(known.0, StatusCode::ACCEPTED);
    assert_eq!(code(&app, "13900000000").await, None);
    let sent = code(&app, "13816001234").await.unwrap();
    let new = |code: &str| json!({"mobile": "13816001234", "code": code, "username": "yuanfan_admin", "new_password": "Harbour-2025y"});
    let wrong = if sent == "000000" { "000001" } else { "000000" };
    assert_eq!(app.post(redeem, NOBODY, new(wrong)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, answer) = app.post(redeem, NOBODY, new(&sent)).await;
    assert_eq!((status, &answer["usernames"]), (StatusCode::OK, &json!(["yuanfan_admin"])), "{answer}");
    assert_eq!(
        app.post(redeem, NOBODY, new(&sent)).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a code served twice"
    );
    let account = super::by_username(app.central.store().read(), "yuanfan_admin").await.unwrap().unwrap();
    assert!(super::password::is_right("Harbour-2025y".into(), account.password_hash).await.unwrap());
}

/// PO-026: five wrong tries use a code up; after ten minutes it serves no more.
#[tokio::test]
async fn a_code_cannot_be_guessed_or_kept() {
    let app = TestApp::open().await;
    let (_, answer) = register(&app, yuanfan()).await;
    let confirm = format!("/api/v1/registrations/{}/confirm", answer["account_id"].as_str().unwrap());
    let sent = code(&app, "13816001234").await.unwrap();
    let wrong = if sent == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        app.post(&confirm, NOBODY, json!({ "code": wrong })).await;
    }
    assert_eq!(app.post(&confirm, NOBODY, json!({ "code": sent })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let app = TestApp::open().await;
    let (_, answer) = register(&app, yuanfan()).await;
    let confirm = format!("/api/v1/registrations/{}/confirm", answer["account_id"].as_str().unwrap());
    let sent = code(&app, "13816001234").await.unwrap();
    app.central.store().clock().advance(10 * 60 * 1000 + 1);
    assert_eq!(app.post(&confirm, NOBODY, json!({ "code": sent })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// PO-046, PO-044, PO-404, PO-405: administrators make officers, stop accounts with a reason and give them free; nobody else does.
#[tokio::test]
async fn administrators_keep_accounts() {
    let app = TestApp::open().await;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001239"});
    for nobody in [DECLARANT, OFFICER] {
        assert_eq!(
            app.post("/api/v1/admin/accounts", nobody, officer.clone()).await.0,
            StatusCode::FORBIDDEN
        );
    }
    let (status, account) = app.post("/api/v1/admin/accounts", ADMIN, officer.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{account}");
    let (_, answer) = app.post("/api/v1/admin/accounts", ADMIN, officer).await;
    assert_eq!(answer["fields"][0]["rule"], "PO-024");
    let (_, answer) = app
        .post("/api/v1/admin/accounts", ADMIN, json!({"username": "officer_wu", "role": "customs_officer"}))
        .await;
    assert_eq!(answer["fields"][0]["path"], "customs_codes");
    let id = account["id"].as_str().unwrap();
    let act = |act: &str| format!("/api/v1/admin/accounts/{id}/{act}");
    let (_, answer) = app.post(&act("disable"), ADMIN, json!({})).await;
    assert_eq!(
        (&answer["fields"][0]["path"], &answer["fields"][0]["rule"]),
        (&json!("reason"), &json!("PO-404"))
    );
    let (_, account) = app.post(&act("disable"), ADMIN, json!({"reason": "调离"})).await;
    assert_eq!((&account["status"], &account["reason"]), (&json!("disabled"), &json!("调离")));
    assert_eq!(app.post(&act("disable"), ADMIN, json!({"reason": "调离"})).await.0, StatusCode::CONFLICT);
    assert_eq!(app.post(&act("promote"), ADMIN, json!({})).await.0, StatusCode::NOT_FOUND);
    let (_, account) = app.post(&act("enable"), ADMIN, json!({})).await;
    assert_eq!(account["status"], "active");
    let (_, list) = app.get("/api/v1/admin/accounts?role=customs_officer&username=LI", ADMIN).await;
    assert_eq!((&list["total"], &list["items"][0]["username"]), (&json!(1), &json!("officer_li")));
    assert_eq!(app.get("/api/v1/admin/accounts?role=king", ADMIN).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// PO-017, PO-030: the register of enterprises is kept by administrators, one enterprise a code.
#[tokio::test]
async fn administrators_keep_the_register() {
    let app = TestApp::open().await;
    let path = "/api/v1/admin/enterprises/3122240123";
    let firm = json!({"name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K", "credit": "A", "qualified": true});
    let put = async |path: &str, token: &str, body: Value| app.call(Method::PUT, path, token, body).await;
    assert_eq!(put(path, DECLARANT, firm.clone()).await.0, StatusCode::FORBIDDEN);
    let (status, answer) = put(path, ADMIN, firm.clone()).await;
    assert_eq!((status, &answer["credit"]), (StatusCode::OK, &json!("A")), "{answer}");
    let (_, answer) = put("/api/v1/admin/enterprises/3122240124", ADMIN, firm).await;
    assert_eq!(answer["fields"][0]["rule"], "PO-030");
    let (_, answer) =
        put(path, ADMIN, json!({"name": "上海远帆进出口有限公司", "credit": "D", "qualified": false})).await;
    assert_eq!((&answer["credit"], &answer["uscc"]), (&json!("D"), &json!("91310115MA1K3ABC2K")));
    assert_eq!(app.get("/api/v1/admin/enterprises?name=远帆", ADMIN).await.1["total"], 1);
    assert_eq!(
        app.get("/api/v1/admin/enterprises?name=%25", ADMIN).await.1["total"],
        0,
        "a wildcard had a meaning"
    );
    assert_eq!(app.get("/api/v1/admin/enterprises/9999999999", ADMIN).await.0, StatusCode::NOT_FOUND);
    // A firm that the register knows claims its entry; what customs says of it stands.
    let id = registered(&app, yuanfan()).await;
    let account = super::by_id(app.central.store().read(), &id).await.unwrap().unwrap();
    assert_eq!(json!(account.enterprise_id), answer["id"]);
    assert_eq!(app.get(path, ADMIN).await.1["credit"], "D");
}
