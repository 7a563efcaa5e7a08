//! The messages of the portal, as callers of the API get them: each key with the words of the specification.

use super::*;
use crate::{
    identity::Role,
    test_app::{DECLARANT, coal, path},
};

/// PO-361, PO-367, PO-368, PO-369, PO-370, PO-372, PO-373, PO-374, PO-375, PO-376, PO-382, PO-383, PO-384, PO-389.
#[tokio::test]
async fn the_messages_have_the_words_of_the_specification() {
    let app = with_account().await;
    let record = app.save(coal("蒙LK8216")).await;
    let mut old = coal("蒙LK8216");
    old["version"] = json!(1);
    app.call(Method::PUT, &path(&record), DECLARANT, old.clone()).await;
    let stale = app.call(Method::PUT, &path(&record), DECLARANT, old).await;
    let captcha =
        app.post("/api/v1/sessions", NOBODY, request("yuanfan_admin", "x", "no captcha", "YEBQ")).await;
    let mut unread = request("yuanfan_admin", "x", "c", "YEBQ");
    unread["agreements_accepted"] = json!(false);
    let wrong = log_in(&app, "yuanfan_admin", "wrong").await;
    for _ in 0..4 {
        log_in(&app, "yuanfan_admin", "wrong").await;
    }
    let two = json!({"mobile": "1", "email": "2"});
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"]});
    let (_, officer) = app.post("/api/v1/admin/accounts", ADMIN, officer).await;
    assert_eq!(officer["role"], json!(Role::CustomsOfficer));
    let officer = opened(&app, officer["id"].as_str().unwrap(), Login::Card).await;
    let audit = "/api/v1/admin/audit?from=2025-05-02";
    for ((status, answer), expected, code, words) in [
        (app.get("/api/v1/admin/accounts", OFFICER).await, 403, "PO_NO_PERMISSION", "您无权限操作该数据"),
        (wrong, 401, "PO_LOGIN_FAILED", "用户名或密码错误"),
        (captcha, 422, "PO_CAPTCHA_WRONG", "验证码错误或已过期"),
        (
            log_in(&app, "yuanfan_admin", "Harbour-2024x").await,
            401,
            "PO_ACCOUNT_LOCKED",
            "账号已锁定，请稍后再试",
        ),
        (
            app.post("/api/v1/sessions", NOBODY, unread).await,
            422,
            "PO_AGREEMENT_REQUIRED",
            "请阅读并同意《用户协议》与《隐私协议》",
        ),
        (
            app.post("/api/v1/sessions", NOBODY, json!({"agreements_accepted": true})).await,
            422,
            "PO_FIELD_REQUIRED",
            "该字段为必填项",
        ),
        (
            app.post("/api/v1/admin/accounts", ADMIN, two).await,
            422,
            "PO_FIELD_FORMAT",
            "录入的数据有误，请根据要求重新录入",
        ),
        (app.get("/api/v1/admin/accounts?role=king", ADMIN).await, 422, "PO_CODE_UNKNOWN", "参数不存在"),
        (app.get(audit, ADMIN).await, 422, "PO_RANGE_REQUIRED", "请输入起始时间和结束时间"),
        (
            app.get(&format!("{audit}&to=2025-05-01"), ADMIN).await,
            422,
            "PO_RANGE_REVERSED",
            "结束时间不能小于起始时间",
        ),
        (
            app.call(Method::DELETE, "/api/v1/session", ADMIN, Value::Null).await,
            409,
            "PO_STATUS_CONFLICT",
            "当前状态不允许该操作",
        ),
        (stale, 409, "PO_VERSION_CONFLICT", "数据已被更新，请刷新后重试"),
        (app.get("/api/v1/admin/accounts/nobody", ADMIN).await, 404, "PO_NOT_FOUND", "数据不存在"),
        (
            app.get("/api/v1/account/shields", &officer).await,
            403,
            "PO_LOGIN_METHOD",
            "当前应用不支持该登录方式",
        ),
    ] {
        assert_eq!(
            (status.as_u16(), answer["code"].as_str(), answer["message"].as_str()),
            (expected, Some(code), Some(words)),
            "{answer}"
        );
    }
}

/// PO-054, PO-055, PO-056: name, password and captcha are each required, and each is told; every captcha is another one.
#[tokio::test]
async fn every_box_of_the_log_in_is_required() {
    let app = TestApp::open().await;
    let whole = request("yuanfan_admin", "Harbour-2024x", "c-7d1", "YEBQ");
    for (name, rule) in
        [("username", "PO-054"), ("password", "PO-055"), ("captcha_id", "PO-056"), ("captcha", "PO-056")]
    {
        for empty in [Value::Null, json!(""), json!(" ")] {
            let mut request = whole.clone();
            request[name] = empty;
            let (status, answer) = app.post("/api/v1/sessions", NOBODY, request).await;
            assert_eq!(
                (status, &answer["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_FIELD_REQUIRED"))
            );
            let told: Vec<_> = answer["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|fault| (&fault["path"], &fault["rule"]))
                .collect();
            assert_eq!(told, [(&json!(name), &json!(rule))]);
        }
    }
    let (_, first) = app.post("/api/v1/captchas", NOBODY, Value::Null).await;
    let (_, second) = app.post("/api/v1/captchas", NOBODY, Value::Null).await;
    assert!(first["image"].as_str().unwrap().starts_with("data:image/svg+xml"));
    assert!(first["captcha_id"] != second["captcha_id"] && first["image"] != second["image"]);
}
