//! Announcements: who writes them, who sees them, and when.

use axum::http::{Method, StatusCode};
use protocols::ids::Uscc;
use serde_json::{Value, json};

use super::*;
use crate::{
    config::{PersonConfig, TokenHash},
    identity::{
        Role,
        enterprise::{Credit, Enterprise, EnterpriseKind},
    },
    test_app::{ADMIN, DECLARANT, OFFICER, TestApp},
};

const HQ: &str = "headquarters-token";
const AGENCY: &str = "agency-token";
const AGENCY_CODE: &str = "91310115MA1K3ABC2K";
const ADMIN_FACE: &str = "/api/v1/admin/announcements";

fn person(token: &str, role: Role, uscc: Option<Uscc>) -> PersonConfig {
    PersonConfig {
        token: TokenHash::of(token),
        name: token.into(),
        role,
        uscc,
        card_no: None,
        customs_codes: Vec::new(),
        yard_ids: Vec::new(),
    }
}

async fn app() -> TestApp {
    TestApp::open_with(|config| {
        let uscc = Uscc::parse(AGENCY_CODE).unwrap();
        config.people.extend([
            person(HQ, Role::CustomsHqOfficer, None),
            person(AGENCY, Role::AgencyOperator, Some(uscc)),
        ]);
        config.enterprises.push(Enterprise {
            id: "".into(),
            kind: EnterpriseKind::Agency,
            name: "南洋商品检验有限公司".into(),
            uscc: Some(AGENCY_CODE.into()),
            customs_reg_no: None,
            ciq_no: None,
            country: None,
            foreign_reg_no: None,
            credit: Credit::General,
            qualified: true,
        });
    })
    .await
}

/// PO-V07 as a client sends it.
fn example() -> Value {
    json!({"title": "关于提交年度工作报告的通知", "kind": "公告", "audience": "agencies", "body": "请各机构按时提交。"})
}

async fn act(app: &TestApp, number: &str, act: &str, body: Value) -> (StatusCode, Value) {
    app.post(&format!("{ADMIN_FACE}/{number}/{act}"), HQ, body).await
}

async fn titles(app: &TestApp, token: &str) -> Vec<String> {
    let (_, answer) = app.get("/api/v1/announcements", token).await;
    answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["title"].as_str().unwrap().to_owned())
        .collect()
}

/// PO-V07, PO-280, PO-281, PO-285, PO-415, PO-416, PO-417: drafted, published, seen by its audience, withdrawn with a reason.
#[tokio::test]
async fn an_announcement_has_its_life() {
    let app = app().await;
    let (status, draft) = app.post(ADMIN_FACE, HQ, example()).await;
    assert_eq!(
        (status, &draft["status"], &draft["number"]),
        (StatusCode::CREATED, &json!("DRAFT"), &json!("GG2025000001"))
    );
    let number = draft["number"].as_str().unwrap();
    let at = format!("/api/v1/announcements/{number}");
    assert!(titles(&app, AGENCY).await.is_empty(), "a draft is seen by nobody");
    assert_eq!(app.get(&at, AGENCY).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        act(&app, number, "withdraw", json!({"version": 1, "reason": "x"})).await.0,
        StatusCode::CONFLICT
    );

    let (status, published) = act(&app, number, "publish", json!({"version": 1})).await;
    assert_eq!((status, &published["status"]), (StatusCode::OK, &json!("PUBLISHED")));
    assert_eq!(titles(&app, AGENCY).await, ["关于提交年度工作报告的通知"]);
    let (_, listed) = app.get("/api/v1/announcements?title=%E5%B9%B4%E5%BA%A6", AGENCY).await;
    let line = json!({"number": number, "title": "关于提交年度工作报告的通知", "kind": "公告", "published_on": "2025/10/13"});
    assert_eq!((listed["total"].as_i64(), &listed["items"][0]), (Some(1), &line));
    assert_eq!(app.get(&at, AGENCY).await.1["body"], "请各机构按时提交。");
    for other in [DECLARANT, OFFICER, ADMIN] {
        assert_eq!(
            (titles(&app, other).await.len(), app.get(&at, other).await.0),
            (0, StatusCode::NOT_FOUND)
        );
    }
    assert_eq!(
        app.get(&format!("/api/v1/public/announcements/{number}"), "nobody").await.0,
        StatusCode::NOT_FOUND
    );
    let edit = app
        .call(Method::PUT, &format!("{ADMIN_FACE}/{number}"), HQ, json!({"version": 2, "title": "别的"}))
        .await;
    assert_eq!(edit.0, StatusCode::CONFLICT, "what was published is not changed");

    let (status, answer) = act(&app, number, "withdraw", json!({"version": 2, "reason": " "})).await;
    assert_eq!((status, &answer["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO-417")));
    assert_eq!(
        act(&app, number, "withdraw", json!({"version": 1, "reason": "有误"})).await.0,
        StatusCode::CONFLICT
    );
    let (_, withdrawn) = act(&app, number, "withdraw", json!({"version": 2, "reason": "有误"})).await;
    assert_eq!(
        (&withdrawn["status"], &withdrawn["withdrawn_because"]),
        (&json!("WITHDRAWN"), &json!("有误"))
    );
    assert!(titles(&app, AGENCY).await.is_empty());
    assert_eq!(act(&app, number, "publish", json!({"version": 3})).await.0, StatusCode::CONFLICT);
}

/// PO-416: a draft may lack anything, what is published has a title and a text. PO-048: what is for all is for visitors, too.
#[tokio::test]
async fn a_draft_grows_until_it_is_published() {
    let app = app().await;
    let (_, draft) = app.post(ADMIN_FACE, ADMIN, json!({})).await;
    let number = draft["number"].as_str().unwrap();
    let (status, answer) = act(&app, number, "publish", json!({"version": 1})).await;
    let paths: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    assert_eq!((status, paths), (StatusCode::UNPROCESSABLE_ENTITY, vec!["title", "body"]));
    let edit = json!({"version": 1, "title": "停机通知", "body": "周日停机"});
    assert_eq!(app.call(Method::PUT, &format!("{ADMIN_FACE}/{number}"), ADMIN, edit).await.0, StatusCode::OK);
    assert_eq!(act(&app, number, "publish", json!({"version": 2})).await.0, StatusCode::OK);
    for token in [AGENCY, DECLARANT, OFFICER] {
        assert_eq!(titles(&app, token).await, ["停机通知"]);
    }
    let (status, answer) = app.get(&format!("/api/v1/public/announcements/{number}"), "nobody").await;
    assert_eq!((status, &answer["body"]), (StatusCode::OK, &json!("周日停机")));
    assert_eq!(app.get("/api/v1/public/announcements", "nobody").await.1["total"], 1);

    let one = json!({"title": "一家", "body": "x", "audience": "enterprise:91150781MA0N5XWB9P"});
    assert_eq!(
        app.post(ADMIN_FACE, HQ, one.clone()).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the register does not know it"
    );
    for (bad, rule) in [("everyone", "PO-285"), ("enterprise:", "PO-285"), ("agency:nobody", "PO-285")] {
        let (status, answer) = app.post(ADMIN_FACE, HQ, json!({"audience": bad})).await;
        assert_eq!(
            (status, &answer["fields"][0]["rule"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule)),
            "{bad}"
        );
    }
    let only = json!({"title": "一家机构", "body": "x", "audience": format!("agency:{AGENCY_CODE}")});
    let (_, draft) = app.post(ADMIN_FACE, HQ, only).await;
    act(&app, draft["number"].as_str().unwrap(), "publish", json!({"version": 1})).await;
    assert_eq!((titles(&app, AGENCY).await.len(), titles(&app, DECLARANT).await.len()), (2, 1));
    let long = json!({"title": "长".repeat(101)});
    assert_eq!(app.post(ADMIN_FACE, HQ, long).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// PO-X18, PO-X19, PO-046, PO-068, PO-285: who may write; headquarters by card only.
#[tokio::test]
async fn only_headquarters_by_card_and_administrators_announce() {
    let app = app().await;
    for token in [DECLARANT, OFFICER, AGENCY] {
        let (status, answer) = app.post(ADMIN_FACE, token, example()).await;
        assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("PO_NO_PERMISSION")));
        assert_eq!(app.get(ADMIN_FACE, token).await.0, StatusCode::FORBIDDEN);
    }
    let officer = |login| Person {
        account_id: Some("a".into()),
        name: "zhao".into(),
        role: Role::CustomsHqOfficer,
        login,
        session_id: None,
        card_no: None,
        address: None,
        standing: Standing::Headquarters,
    };
    assert!(may_announce(&officer(Login::Card)).is_ok());
    for login in [Login::Password, Login::Shield, Login::ThirdParty] {
        let refused = may_announce(&officer(login)).unwrap_err();
        assert_eq!((refused.status(), refused.code()), (StatusCode::FORBIDDEN, "PO_LOGIN_METHOD"));
    }
}
