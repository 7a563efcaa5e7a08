//! The messages of section 16: each key with its words, as a real request brings them about.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{callers::PASSWORD, world::World};
use crate::{declaration::attachment::sample, identity::session::captcha, test_app::TestApp};

/// The key and the words of a refusal: of the fault that is named, where there is one.
fn told(answer: &(StatusCode, Value)) -> (String, String) {
    let fault = &answer.1["fields"][0];
    let said = if fault.is_object() { fault } else { &answer.1 };
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("message"))
}

async fn log_in(app: &TestApp, change: Value) -> (StatusCode, Value) {
    let tx = app.central.store().begin().await.unwrap();
    let (id, text) = captcha::issue(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut body = json!({"username": "seat_owner", "password": PASSWORD, "captcha_id": id, "captcha": text, "agreements_accepted": true});
    json_patch::merge(&mut body, &change);
    app.post("/api/v1/sessions", "", body).await
}

/// PO-361, PO-367, PO-368, PO-369, PO-370, PO-372, PO-373, PO-374, PO-375, PO-376, PO-377, PO-382, PO-383, PO-384: keys and words.
#[tokio::test]
async fn every_message_has_its_key_and_its_words() {
    let world = World::made().await;
    let app = world.copy().await;
    let (owner, names) = (&*world.tokens["owner"], &world.names);
    let (records, exemptions) = ("/api/v1/smart-gate/records", "/api/v1/attendance-exemptions");
    let draft = format!("{records}/{}", names["bind_draft"]);
    let approved = format!("{records}/{}", names["bind_ok"]);
    let get = async |path: &str| app.get(path, owner).await;
    let long = format!("{exemptions}?doc_type=declaration&operated_from=2025-09-01&operated_to=2025-10-18");
    for (answer, key, words) in [
        (log_in(&app, json!({"password": "wrong"})).await, "PO_LOGIN_FAILED", "用户名或密码错误"),
        (app.get("/api/v1/session", "").await, "PO_LOGIN_FAILED", "用户名或密码错误"),
        (log_in(&app, json!({"captcha": "????"})).await, "PO_CAPTCHA_WRONG", "验证码错误或已过期"),
        (
            log_in(&app, json!({"username": "seat_locked"})).await,
            "PO_ACCOUNT_LOCKED",
            "账号已锁定，请稍后再试",
        ),
        (
            log_in(&app, json!({"agreements_accepted": false})).await,
            "PO_AGREEMENT_REQUIRED",
            "请阅读并同意《用户协议》与《隐私协议》",
        ),
        (log_in(&app, json!({"username": ""})).await, "PO_FIELD_REQUIRED", "该字段为必填项"),
        (get(&format!("{records}?page=x")).await, "PO_FIELD_FORMAT", "录入的数据有误，请根据要求重新录入"),
        (get(&format!("{records}?status=NEW")).await, "PO_CODE_UNKNOWN", "参数不存在"),
        (
            get("/api/v1/appointments?enterprise_type=A&applied_from=2025-10-01").await,
            "PO_RANGE_REQUIRED",
            "请输入起始时间和结束时间",
        ),
        (
            get("/api/v1/appointments?enterprise_type=A&applied_from=2025-10-20&applied_to=2025-10-18").await,
            "PO_RANGE_REVERSED",
            "结束时间不能小于起始时间",
        ),
        (get(&long).await, "PO_RANGE_TOO_LONG", "查询时间范围不能超过30天"),
        (
            app.post(
                &format!("{approved}/declare"),
                owner,
                json!({"version": names["bind_ok_v"].parse::<i64>().unwrap()}),
            )
            .await,
            "PO_STATUS_CONFLICT",
            "当前状态不允许该操作",
        ),
        (
            app.call(Method::DELETE, &format!("{draft}?version=99"), owner, Value::Null).await,
            "PO_VERSION_CONFLICT",
            "数据已被更新，请刷新后重试",
        ),
        (app.get(&draft, &world.tokens["other"]).await, "PO_NOT_FOUND", "数据不存在"),
        (app.get("/api/v1/admin/audit", owner).await, "PO_NO_PERMISSION", "您无权限操作该数据"),
    ] {
        assert_eq!(told(&answer), (key.to_owned(), words.to_owned()), "{}", answer.1);
    }
}

/// PO-378, PO-379, PO-380, PO-381: what is wrong with a file is told with its key and its words.
#[tokio::test]
async fn every_fault_of_a_file_has_its_key_and_its_words() {
    let world = World::made().await;
    let app = world.copy().await;
    let path = format!(
        "/api/v1/appointments/{}/attachments?version={}&file_name=b.pdf",
        world.names["appt_draft"], world.names["appt_draft_v"]
    );
    let upload = async |bytes: Vec<u8>| {
        let request = Request::post(&path)
            .header("authorization", format!("Bearer {}", world.tokens["owner"]))
            .header("content-type", "application/pdf");
        let response = app.send(request.body(Body::from(bytes)).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    };
    let script =
        sample::with(1, "/OpenAction 4 0 R", &[b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>".to_vec()]);
    for (bytes, status, key, words) in [
        (b"PK\x03\x04".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "PO_FILE_NOT_PDF", "仅支持上传PDF文件"),
        (
            sample::pdf(30, 4_194_305),
            StatusCode::PAYLOAD_TOO_LARGE,
            "PO_FILE_TOO_LARGE",
            "单个文件大小不能超过4M",
        ),
        (
            sample::pdf(1, 204_801),
            StatusCode::UNPROCESSABLE_ENTITY,
            "PO_FILE_PAGE_TOO_LARGE",
            "每页不能超过200K",
        ),
        (script, StatusCode::UNPROCESSABLE_ENTITY, "PO_FILE_ACTIVE_CONTENT", "文件包含不允许的内容"),
    ] {
        let answer = upload(bytes).await;
        assert_eq!((answer.0, told(&answer)), (status, (key.to_owned(), words.to_owned())), "{}", answer.1);
    }
}
