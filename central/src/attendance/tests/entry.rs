//! Sections 3, 4 and 7: looking up, saving, what is filled in and what is not, deleting.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Answer, BASE, File, World, YONGFA, YUANFAN, YUANFAN_2, bill_form, form};
use crate::test_app::ADMIN;

const NUMBER: &str = "222520201000123456";

async fn open() -> World {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.scope("non_declaration", "2248", false).await;
    world.declaration(NUMBER, json!({})).await;
    world.bill("COSU6257841230", json!({})).await;
    world
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = answer.1["fields"].as_array().unwrap();
    fields.iter().map(|field| (text(&field["path"]), text(&field["rule"]))).collect()
}

/// AE-036, AE-057, AE-042, AE-043: Enter in the number fills the office in, or says why it cannot.
#[tokio::test]
async fn looking_up_fills_in_the_office_of_inspection() {
    let world = open().await;
    let look_up =
        async |token: &str, query: &str| world.app.get(&format!("{BASE}/look-up?{query}"), token).await;
    let (status, answer) = look_up(YUANFAN, &format!("doc_type=declaration&declaration_no={NUMBER}")).await;
    assert_eq!((status, &answer["inspection_customs_code"]), (StatusCode::OK, &json!("2225")));
    let (status, answer) = look_up(YUANFAN, "doc_type=non_declaration&bill_no=cosu6257841230").await;
    assert_eq!((status, &answer["inspection_customs_code"]), (StatusCode::OK, &json!("2248")));
    for (token, query, code) in [
        (YUANFAN, "doc_type=declaration&declaration_no=222520201000999999", "AE_DECLARATION_NOT_FOUND"),
        (YONGFA, "doc_type=declaration&declaration_no=222520201000123456", "AE_NOT_CONSIGNEE"),
        (YUANFAN, "doc_type=declaration&declaration_no=1", "PO_FIELD_FORMAT"),
        (YUANFAN, "doc_type=declaration", "PO_FIELD_REQUIRED"),
        (YUANFAN, "declaration_no=222520201000123456", "PO_FIELD_REQUIRED"),
    ] {
        let (status, answer) = look_up(token, query).await;
        assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{query}");
        assert!(answer.get("inspection_customs_code").is_none());
    }
    assert_eq!(world.stored().await, 0);
}

/// PO-134: a value for a field that the system fills in means nothing, so a whole record may be sent back; PO-300, AE-030, AE-033, AE-040, AE-204.
#[tokio::test]
async fn what_the_system_fills_in_cannot_be_entered() {
    let world = open().await;
    let mut sent = form(NUMBER);
    for (name, value) in [
        ("data_center_no", json!("209900000000000001")),
        ("customs_review_no", json!("M1")),
        ("status", json!("APPROVED")),
        ("application_date", json!("1999-01-01")),
        ("applicant_customs_code", json!("3302230456")),
        ("applicant_name", json!("别人")),
        ("inspection_customs_code", json!("0202")),
    ] {
        sent[name] = value;
    }
    let (status, saved) = world.create(YUANFAN, sent).await;
    assert_eq!(status, StatusCode::CREATED, "{saved}");
    assert_eq!(saved["data_center_no"], "202000000000000001");
    assert_eq!((&saved["status"], &saved["customs_review_no"]), (&json!("SAVED"), &Value::Null));
    assert_eq!(
        (&saved["application_date"], &saved["inspection_customs_code"]),
        (&json!("2020-04-10"), &json!("2225"))
    );
    assert_eq!(saved["applicant_customs_code"], "3122240123");
    let number = saved["data_center_no"].as_str().unwrap();
    world.pass(3 * 24 * 3600);
    let mut shown = world.show(YUANFAN_2, number).await;
    shown["contact_name"] = json!("  李雷 ");
    let (status, saved) = world.save(YUANFAN_2, number, shown).await;
    assert_eq!(status, StatusCode::OK, "{saved}");
    assert_eq!((&saved["contact_name"], &saved["application_date"]), (&json!("李雷"), &json!("2020-04-10")));
    assert_eq!(saved["version"], 2);
}

/// AE-003, AE-037, AE-056, AE-058, PO-137: members that are unknown, of the other kind or no text, all at once.
#[tokio::test]
async fn what_the_form_does_not_have_is_refused() {
    let world = open().await;
    let sent = json!({"doc_type": "declaration", "declaration_no": 1, "bill_no": "A1", "vehicle_plate_no": "沪A12345", "colour": "red",
                      "contact_name": ["王芳"], "contact_phone": "1"});
    let answer = world.create(YUANFAN, sent).await;
    assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY);
    let pair = |path: &str, rule: &str| (path.to_owned(), rule.to_owned());
    assert_eq!(
        faults(&answer),
        [
            pair("declaration_no", "AE-037"),
            pair("contact_name", "AE-038"),
            pair("bill_no", "AE-056"),
            pair("vehicle_plate_no", "AE-058"),
            pair("colour", "PO-332"),
            pair("declaration_no", "AE-037"),
            pair("contact_phone", "AE-039"),
        ]
    );
    let answer = world.create(YUANFAN, json!({"doc_type": "letter"})).await;
    assert_eq!(faults(&answer), [pair("doc_type", "AE-003")]);
    assert_eq!(world.app.post(BASE, YUANFAN, json!([1])).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, saved) = world.create(YUANFAN, form(NUMBER)).await;
    let number = saved["data_center_no"].as_str().unwrap();
    let answer = world.save(YUANFAN, number, bill_form("COSU6257841230")).await;
    assert_eq!(faults(&answer), [pair("doc_type", "AE-003")]);
    assert_eq!(world.stored().await, 1);
}

/// AE-041, AE-104: with another number the office is looked up again; what customs has changed since saving is seen when applying.
#[tokio::test]
async fn the_office_belongs_to_the_number() {
    let world = open().await;
    world.scope("declaration", "2248", false).await;
    let other = "222520201000123457";
    world.declaration(other, json!({"inspection_customs_code": "2248"})).await;
    let (_, saved) = world.create(YUANFAN, form(NUMBER)).await;
    let number = saved["data_center_no"].as_str().unwrap();
    let (_, saved) = world.save(YUANFAN, number, form(other)).await;
    assert_eq!(saved["inspection_customs_code"], "2248");
    world.upload(YUANFAN, number, &File::of("00000001"), true).await;
    world.declaration(other, json!({"inspection_customs_code": "2225"})).await;
    let answer = world.apply(YUANFAN, number).await;
    assert_eq!(faults(&answer), [("inspection_customs_code".to_owned(), "AE-041".to_owned())]);
    // A declaration may be released since it was saved.
    world.declaration(other, json!({"inspection_customs_code": "2248", "released": true})).await;
    let answer = world.apply(YUANFAN, number).await;
    assert_eq!(answer.1["code"], "AE_DECLARATION_RELEASED");
    world.declaration(other, json!({"inspection_customs_code": "2248"})).await;
    let (status, applied) = world.apply(YUANFAN, number).await;
    assert_eq!((status, &applied["attendance_mode"]), (StatusCode::OK, &json!("entrusted")));
}

/// AE-105: only what is stored can be applied for; the request carries nothing of the form.
#[tokio::test]
async fn applying_takes_nothing_that_is_not_saved() {
    let world = open().await;
    let number = world.ready(YUANFAN, NUMBER).await;
    let more = json!({"contact_name": "别人"});
    let (status, _) = world.app.act(YUANFAN, &format!("{BASE}/{number}"), "apply", more).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.show(YUANFAN, &number).await["status"], "SAVED");
}

/// PO-333, PO-098: each act names the version that the person saw, and the signature is over that version.
#[tokio::test]
async fn an_act_on_an_older_version_is_refused() {
    let world = open().await;
    let number = world.ready(YUANFAN, NUMBER).await;
    let path = format!("{BASE}/{number}");
    let mut sent = form(NUMBER);
    sent["version"] = json!(1);
    assert_eq!(world.save(YUANFAN, &number, sent).await.1["code"], "PO_VERSION_CONFLICT");
    let delete = async |query: &str| {
        world.app.call(Method::DELETE, &format!("{path}{query}"), YUANFAN, Value::Null).await
    };
    assert_eq!(delete("?version=1").await.1["code"], "PO_VERSION_CONFLICT");
    assert_eq!(delete("").await.1["code"], "PO_FIELD_REQUIRED");
    let asked = json!({"action": "apply", "version": 2});
    let (_, statement) = world.app.post(&format!("{path}/statements"), YUANFAN, asked).await;
    let signature = world.app.sign(YUANFAN, &statement);
    assert_eq!(world.save(YUANFAN, &number, form(NUMBER)).await.0, StatusCode::OK);
    let apply = async |version: i64| {
        let body = json!({"version": version, "signature": signature});
        world.app.post(&format!("{path}/apply"), YUANFAN, body).await.1["code"].clone()
    };
    assert_eq!(apply(2).await, "PO_VERSION_CONFLICT");
    assert_eq!(apply(3).await, "PO_SIGNATURE_INVALID");
    assert_eq!(world.show(YUANFAN, &number).await["status"], "SAVED");
}

/// PO-338: where customs' system cannot be asked nothing is saved, looked up or applied for.
#[tokio::test]
async fn nothing_is_assumed_where_customs_cannot_be_asked() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let world = World::with(|config| config.reference.url = format!("http://{nobody}")).await;
    let (status, answer) = world.create(YUANFAN, form(NUMBER)).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("PO_UPSTREAM_UNAVAILABLE"))
    );
    let path = format!("{BASE}/look-up?doc_type=declaration&declaration_no={NUMBER}");
    assert_eq!(world.app.get(&path, YUANFAN).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.stored().await, 0);
}

/// AE-103, AE-132, AE-182, PO-216: records go one by one or together; of a list with one that may not go, none goes, and it is named.
#[tokio::test]
async fn deletion_is_all_or_nothing() {
    let world = open().await;
    let mut numbers = Vec::new();
    for last in 1..=3 {
        let declaration_no = format!("22252020100000000{last}");
        world.declaration(&declaration_no, json!({})).await;
        numbers.push(
            world.create(YUANFAN, form(&declaration_no)).await.1["data_center_no"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let applied = world.applied(YUANFAN, NUMBER).await;
    let version = world.show(YUANFAN, &applied).await["version"].clone();
    let delete = async |items: Value| {
        world.app.post(&format!("{BASE}/delete"), YUANFAN_2, json!({"items": items})).await
    };
    let row = |number: &str, version: &Value| json!({"data_center_no": number, "version": version});
    let one = json!(1);
    let (status, answer) = delete(json!([
        row(&numbers[0], &one),
        row(&applied, &version),
        row(&numbers[1], &json!(7)),
        row("202000000000999999", &one),
    ]))
    .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let mut found: Vec<_> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["path"].as_str().unwrap(), field["code"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("items[1]", "AE_DELETE_FORBIDDEN"),
            ("items[2]", "PO_VERSION_CONFLICT"),
            ("items[3]", "PO_NOT_FOUND")
        ]
    );
    assert_eq!(world.stored().await, 4);
    assert_eq!(
        delete(json!([row(&numbers[0], &one), row(&numbers[1], &one)])).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(world.stored().await, 2);
    let path = format!("{BASE}/{}?version=1", numbers[2]);
    assert_eq!(world.app.call(Method::DELETE, &path, YUANFAN, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.app.get(&format!("{BASE}/{}", numbers[2]), YUANFAN).await.0, StatusCode::NOT_FOUND);
    for bad in [json!([]), json!([row(&numbers[2], &one), row(&numbers[2], &one)])] {
        assert_eq!(delete(bad).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// AE-002, AE-060, AE-061, AE-062, AE-168, AE-206: an office is in scope of its own kind, on its days, while it is not suspended; headquarters says
/// so.
#[tokio::test]
async fn the_scope_is_headquarters_list() {
    let world = open().await;
    let path = "/api/v1/admin/attendance-scopes/declaration/2225";
    let put = async |body: Value| world.app.call(Method::PUT, path, super::world::HEADQUARTERS, body).await;
    let code = async || {
        let look_up = format!("{BASE}/look-up?doc_type=declaration&declaration_no={NUMBER}");
        world.app.get(&look_up, YUANFAN).await.1["code"].clone()
    };
    assert_eq!(code().await, Value::Null);
    for (body, expected) in [
        (json!({"valid_from": "2020-04-11"}), "AE_OUT_OF_SCOPE"),
        (json!({"valid_from": "2020-01-01", "valid_to": "2020-04-09"}), "AE_OUT_OF_SCOPE"),
        (json!({"valid_from": "2020-01-01", "valid_to": "2020-04-10", "suspended": true}), "AE_NOT_READY"),
    ] {
        assert_eq!(put(body).await.0, StatusCode::OK);
        assert_eq!(code().await, expected);
    }
    assert_eq!(put(json!({"valid_from": "2020-04-10", "valid_to": "2020-04-10"})).await.0, StatusCode::OK);
    assert_eq!(code().await, Value::Null);
    assert_eq!(
        put(json!({"valid_from": "2020-04-10", "valid_to": "2020-04-09"})).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let other = "/api/v1/admin/attendance-scopes/declaration/9999";
    let body = json!({"valid_from": "2020-04-10"});
    let (status, answer) = world.app.call(Method::PUT, other, super::world::HEADQUARTERS, body.clone()).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_CODE_UNKNOWN")));
    for token in [ADMIN, YUANFAN] {
        assert_eq!(world.app.call(Method::PUT, path, token, body.clone()).await.0, StatusCode::FORBIDDEN);
    }
    let (_, listed) = world.app.get("/api/v1/admin/attendance-scopes", super::world::HEADQUARTERS).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    world.out_of_scope("declaration", "2225").await;
    assert_eq!(code().await, "AE_OUT_OF_SCOPE");
    // The list of the other kind is another one.
    let bill = format!("{BASE}/look-up?doc_type=non_declaration&bill_no=COSU6257841230");
    assert_eq!(world.app.get(&bill, YUANFAN).await.0, StatusCode::OK);
    world.bill("COSU6257841230", json!({"inspection_customs_code": "2225"})).await;
    world.scope("declaration", "2225", false).await;
    assert_eq!(world.app.get(&bill, YUANFAN).await.1["code"], "AE_OUT_OF_SCOPE");
    world.out_of_scope("declaration", "2225").await;
    // Told with where to turn to (AE-142).
    let look_up = format!("{BASE}/look-up?doc_type=declaration&declaration_no={NUMBER}");
    let (_, answer) = world.app.get(&look_up, YUANFAN).await;
    assert!(answer["fields"][0]["message"].as_str().unwrap().ends_with("请咨询您的主管海关"));
}
