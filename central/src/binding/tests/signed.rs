//! 电子签名 of submissions: what is signed, what proves it again, and each way in which an act is refused and leaves nothing behind.

use axum::http::{Method, StatusCode};
use protocols::ids::CardNo;

use super::{super::lifecycle::Action, *};
use crate::{
    identity::signing::evidence::{self, Evidence},
    store::{column, execute, one},
    test_app::{ADMIN, CARDLESS, DECLARANT, TestApp, coal, path},
    test_card::{TestCard, holder},
};

const RECORDS: &str = "/api/v1/smart-gate/records";

/// What was signed about a record, oldest first.
async fn kept(app: &TestApp, record: &Value) -> Vec<Evidence> {
    let number = record["unified_no"].as_str().unwrap();
    evidence::of_number(app.central.store().read(), number).await.unwrap()
}

/// Every finding about a signature, when judged again.
async fn judged(app: &TestApp, evidence: &Evidence) -> Vec<String> {
    let (cards, conn) = (app.central.cards(), app.central.store().read());
    let findings = evidence::examine(cards, conn, evidence).await.unwrap();
    findings.iter().map(|finding| format!("{}={}", finding.what, finding.holds)).collect()
}

async fn asked(app: &TestApp, token: &str, record: &Value, action: &str) -> Value {
    let version = app.get(&path(record), token).await.1["version"].clone();
    let body = json!({"action": action, "version": version});
    let (status, statement) = app.post(&(path(record) + "/statements"), token, body).await;
    assert_eq!(status, StatusCode::CREATED, "{statement}");
    statement
}

/// All that a refused act could have left behind.
async fn traces(app: &TestApp, token: &str, record: &Value) -> Value {
    let mut rows = Vec::new();
    for sql in [
        "SELECT COUNT(*) AS n FROM submission_signature",
        "SELECT COUNT(*) AS n FROM signed_act",
        "SELECT COUNT(*) AS n FROM outbox",
        "SELECT COUNT(*) AS n FROM receipt",
    ] {
        let row = one(app.central.store().read(), sql, []).await.unwrap().unwrap();
        rows.push(column::<i64>(&row, "n").unwrap());
    }
    json!([rows, app.get(&path(record), token).await.1])
}

/// SG-019, SG-021, SG-169, SG-179, PO-098, PO-099, PO-108: a first declaration, a change and a delete order are each signed over their own
/// canonical statement, and what is kept of it proves itself again.
#[tokio::test]
async fn what_is_declared_is_signed_and_proved_again() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let mut content = coal("蒙LK8216");
    content["version"] = record["version"].clone();
    content["trailer_weight_kg"] = json!(6550.25);
    assert_eq!(app.post(&(path(&record) + "/change"), DECLARANT, content).await.0, StatusCode::OK);
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    app.officer(&record, "approve").await;
    assert_eq!(app.act(DECLARANT, &path(&record), "delete-order", Value::Null).await.0, StatusCode::OK);
    app.centre_acts(&record, Action::FailDelivery).await;
    app.declare(&record).await;
    let kept = kept(&app, &record).await;
    let mut told = Vec::new();
    for evidence in &kept {
        let statement: Value = serde_json::from_str(&evidence.statement).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&statement).unwrap(), evidence.statement);
        let members: Vec<_> = statement.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            members,
            ["action", "attachments", "fields", "kind", "nonce", "number", "time", "version"]
        );
        assert_eq!((&statement["kind"], &statement["number"]), (&json!("smart_gate"), &record["unified_no"]));
        let weight = &statement["fields"]["trailer_weight_kg"];
        told.push(format!(
            "{} {} version {} {weight}",
            evidence.card_no,
            statement["action"].as_str().unwrap(),
            statement["version"]
        ));
        let sound = ["certificate=true", "chain=true", "revocation=true", "signature=true", "statement=true"];
        assert_eq!(judged(&app, evidence).await, sound);
    }
    assert_eq!(
        told,
        [
            "8950000004821 declare version 1 6400",
            "0708000000017 approve version 3 null",
            "8950000004821 declare version 5 6550.25",
            "0708000000017 approve version 7 null",
            "8950000004821 delete-order version 8 6550.25",
            // What could not be sent is signed anew, and is a delete order still (SG-172).
            "8950000004821 delete-order version 10 6550.25",
        ]
    );
    let first: Value = serde_json::from_str(&kept[0].statement).unwrap();
    let sent = coal("蒙LK8216");
    for name in [
        "customs_code",
        "medium_type",
        "medium_key",
        "business_type",
        "ie_flag",
        "remark",
        "vehicle_weight_kg",
    ] {
        assert_eq!(first["fields"][name], sent[name], "{name}");
    }
    assert_eq!(first["fields"]["lines"][0]["object_id"], sent["lines"][0]["object_id"]);
    let altered = Evidence { statement: kept[2].statement.replace("6550.25", "6550.35"), ..kept[2].clone() };
    assert!(judged(&app, &altered).await.contains(&"signature=false".to_owned()));
}

/// SG-019, SG-020, SG-151, SG-255, SG-257, PO-093, PO-094, PO-098, PO-103; SG-267, O09, O10: without the bound card's signature over this very
/// version nothing is declared and nothing is stored; each refusal has the spec's words.
#[tokio::test]
async fn what_the_card_does_not_prove_is_not_declared() {
    let app = TestApp::open().await;
    let token = token_of(&valid("V02"));
    let (status, record) = app.post(RECORDS, &token, as_sent(&valid("V02"))).await;
    assert_eq!(status, StatusCode::CREATED, "{record}");
    let (_, other) = app.post(RECORDS, &token, as_sent(&valid("V02"))).await;
    let own = app.card(&token);
    let stranger = TestCard::of(&holder("8930000099999", record["uscc"].as_str(), None));
    let statement = asked(&app, &token, &record, "declare").await;
    let good = own.sign(&statement);
    let mut tampered = good.clone();
    tampered["value"] = own.sign(&json!({"text": "{}", "nonce": ""}))["value"].clone();
    let mut unknown = good.clone();
    unknown["nonce"] = json!("0".repeat(64));
    let elsewhere = own.sign(&asked(&app, &token, &other, "declare").await);
    let words = statement["text"].as_str().unwrap().replace("28000", "82000");
    let other_words = own.sign(&json!({"text": words, "nonce": statement["nonce"]}));
    let before = traces(&app, &token, &record).await;
    let absent = "请正确连接电子口岸IC卡或Ikey";
    let mismatch = "当前卡号 8930000099999 与用户注册信息卡号 8930000012345 不一致，无法进行申报";
    let invalid = "电子签名验证失败";
    for (what, signature, code, message, rule) in [
        ("no card", Value::Null, "PO_CARD_ABSENT", absent, Some("SG-019")),
        ("another card", stranger.sign(&statement), "PO_CARD_MISMATCH", mismatch, Some("SG-020")),
        ("another text", tampered, "PO_SIGNATURE_INVALID", invalid, None),
        ("another nonce", unknown, "PO_SIGNATURE_INVALID", invalid, None),
        ("another record's", elsewhere, "PO_SIGNATURE_INVALID", invalid, None),
        ("another weight", other_words, "PO_SIGNATURE_INVALID", invalid, None),
    ] {
        let body = json!({"version": 1, "signature": signature});
        let (status, answer) = app.post(&(path(&record) + "/declare"), &token, body).await;
        assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{what}: {answer}");
        assert_eq!(answer["message"], message, "{what}");
        assert_eq!(answer["fields"][0]["rule"].as_str(), rule, "{what}");
        assert_eq!(traces(&app, &token, &record).await, before, "{what} has left something");
    }
    // Of what is refused the nonce is not used up: the right card is put in, and the same statement serves.
    let body = json!({"version": 1, "signature": good});
    let (status, declared) = app.post(&(path(&record) + "/declare"), &token, body).await;
    assert_eq!((status, &declared["message"]["text"]), (StatusCode::OK, &json!("申报成功")), "{declared}");
}

/// SG-151, PO-098, PO-103: a signature serves once, for 300 seconds, for the version that was signed.
#[tokio::test]
async fn a_signature_serves_once_and_for_its_version() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let declare = path(&record) + "/declare";
    let refused = async |version: i64, signature: &Value, status: StatusCode, code: &str| {
        let before = traces(&app, DECLARANT, &record).await;
        let body = json!({"version": version, "signature": signature});
        let (answered, answer) = app.post(&declare, DECLARANT, body).await;
        assert_eq!((answered, &answer["code"]), (status, &json!(code)), "{answer}");
        assert_eq!(traces(&app, DECLARANT, &record).await, before);
    };
    let (invalid, conflict) = (StatusCode::FORBIDDEN, StatusCode::CONFLICT);

    let late = app.sign(DECLARANT, &asked(&app, DECLARANT, &record, "declare").await);
    app.central.store().clock().advance(300_001);
    refused(1, &late, invalid, "PO_SIGNATURE_INVALID").await;

    let stale = app.sign(DECLARANT, &asked(&app, DECLARANT, &record, "declare").await);
    let mut content = coal("蒙LK8216");
    content["version"] = json!(1);
    content["lines"][0]["pickup_weight_kg"] = json!(39_500);
    assert_eq!(app.call(Method::PUT, &path(&record), DECLARANT, content).await.0, StatusCode::OK);
    refused(1, &stale, conflict, "PO_VERSION_CONFLICT").await;
    refused(2, &stale, invalid, "PO_SIGNATURE_INVALID").await;

    let used = app.sign(DECLARANT, &asked(&app, DECLARANT, &record, "declare").await);
    let body = json!({"version": 2, "signature": used});
    assert_eq!(app.post(&declare, DECLARANT, body).await.0, StatusCode::OK);
    app.centre_acts(&record, Action::FailDelivery).await;
    refused(4, &used, invalid, "PO_SIGNATURE_INVALID").await;

    // A declaration's signature orders no deletion.
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    app.officer(&record, "approve").await;
    let order = asked(&app, DECLARANT, &record, "delete-order").await;
    let words = order["text"].as_str().unwrap().replace("delete-order", "declare");
    let signature = app.sign(DECLARANT, &json!({"text": words, "nonce": order["nonce"]}));
    let body = json!({"version": app.show(&record).await["version"], "signature": signature});
    let (status, answer) = app.post(&(path(&record) + "/delete-order"), DECLARANT, body).await;
    assert_eq!((status, &answer["code"]), (invalid, &json!("PO_SIGNATURE_INVALID")));
    assert_eq!(app.show(&record).await["status"], "CUSTOMS_APPROVED");
}

/// SG-018, SG-019, SG-102, SG-150, PO-091: what would be refused without a card is refused before anything is signed.
#[tokio::test]
async fn nobody_is_asked_for_a_pin_in_vain() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let mut empty = coal("蒙LK8217");
    empty["lines"] = json!([]);
    let without_lines = app.save(empty).await;
    let statements = path(&record) + "/statements";
    let other = "declarant-91370211MA3C9TQ4X9";
    for (path, token, body, status, said) in [
        (&statements, CARDLESS, json!({"action": "declare", "version": 1}), 403, "PO_NO_PERMISSION"),
        (&statements, other, json!({"action": "declare", "version": 1}), 404, "PO_NOT_FOUND"),
        (&statements, DECLARANT, json!({"action": "declare", "version": 2}), 409, "PO_VERSION_CONFLICT"),
        (&statements, DECLARANT, json!({"action": "delete-order", "version": 1}), 409, "PO_STATUS_CONFLICT"),
        (&statements, DECLARANT, json!({"action": "declare"}), 422, "SG-151"),
        (&statements, DECLARANT, json!({"action": "save", "version": 1}), 422, "SG-019"),
        (
            &(path(&without_lines) + "/statements"),
            DECLARANT,
            json!({"action": "declare", "version": 1}),
            422,
            "SG-102",
        ),
    ] {
        let (answered, answer) = app.post(path, token, body).await;
        assert_eq!(answered.as_u16(), status, "{answer}");
        let told = [&answer["code"], &answer["fields"][0]["rule"]];
        assert!(told.contains(&&json!(said)), "{said}: {answer}");
    }
}

/// An account of the first enterprise with this card bound, logged in by it: its session, and a key for its programs.
async fn account(app: &TestApp, card: &TestCard) -> (String, String) {
    let request = json!({"user_kind": "enterprise", "username": "caoyuan_op", "password": "Harbour-2024x", "mobile": "13816001234",
        "enterprise_name": "满洲里草原煤业有限公司", "uscc": "91150781MA0N5XWB9P", "agreements_accepted": true});
    let (status, answer) = app.post("/api/v1/registrations", "", request).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let id = answer["account_id"].as_str().unwrap();
    let sql = "SELECT body FROM short_message WHERE mobile = '13816001234'";
    let message = one(app.central.store().read(), sql, []).await.unwrap().unwrap();
    let code: String =
        column::<String>(&message, "body").unwrap().chars().filter(char::is_ascii_digit).take(6).collect();
    let confirm = format!("/api/v1/registrations/{id}/confirm");
    assert_eq!(app.post(&confirm, "", json!({ "code": code })).await.0, StatusCode::OK);
    let verify = format!("/api/v1/admin/accounts/{id}/verify");
    assert_eq!(app.post(&verify, ADMIN, json!({})).await.0, StatusCode::OK);
    let tx = app.central.store().begin().await.unwrap();
    let sql = "INSERT INTO card_binding (card_no, account_id, uscc, state, state_since, reason, bound_at, issuer, serial, not_after, certificate)
               VALUES ($1, $2, $3, 'bound', 0, NULL, 0, $4, $5, $6, $7)";
    let known = card.certificate.holder().unwrap();
    let values = [
        known.card_no.to_string().into(),
        id.into(),
        known.uscc.into(),
        card.certificate.issuer().into(),
        card.certificate.serial().into(),
        card.certificate.not_after().as_millis().into(),
        protocols::base64::Alphabet::Standard.encode(card.certificate.der()).into(),
    ];
    execute(tx.conn(), sql, values).await.unwrap();
    tx.commit().await.unwrap();
    let (_, challenge) = app.post("/api/v1/sessions/card/challenges", "", json!({})).await;
    let (status, answer) = app.post("/api/v1/sessions/card", "", card.answer(&challenge)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let session = answer["token"].as_str().unwrap().to_owned();
    let asked = json!({"name": "erp", "scopes": ["smart-gate:read", "smart-gate:write"]});
    let (status, key) = app.post("/api/v1/account/keys", &session, asked).await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    for token in [&session, &key["key"].as_str().unwrap().to_owned()] {
        app.hold(token, card.clone());
    }
    (session, key["key"].as_str().unwrap().to_owned())
}

/// SG-014, SG-016, SG-019, SG-020, PO-051, PO-104, PO-108, PO-123: whoever is logged in by card, and a program with
/// a key, sign with the account's own card; a card that was reported lost, or whose session has ended, signs nothing more, and nothing is
/// stored.
#[tokio::test]
async fn an_accounts_card_signs_until_it_is_lost() {
    let app = TestApp::open().await;
    let card_no = CardNo::parse("8950000007777").unwrap();
    let card = TestCard::of(&holder(card_no.as_str(), Some("91150781MA0N5XWB9P"), None));
    let (session, key) = account(&app, &card).await;
    for token in [&session, &key] {
        let (status, record) = app.post(RECORDS, token, coal("蒙LK8216")).await;
        assert_eq!((status, &record["operator"]), (StatusCode::CREATED, &json!(card_no)), "{record}");
        let (status, declared) = app.act(token, &path(&record), "declare", Value::Null).await;
        assert_eq!((status, &declared["status"]), (StatusCode::OK, &json!("DECLARED")), "{declared}");
        assert_eq!(kept(&app, &record).await[0].card_no, card_no.as_str());
    }
    // The card of a colleague of the same enterprise is not the account's.
    let (_, record) = app.post(RECORDS, &key, coal("蒙LK8216")).await;
    let statement = asked(&app, &key, &record, "declare").await;
    let declare = path(&record) + "/declare";
    let before = traces(&app, &key, &record).await;
    let refused = async |signature: Value, code: &str| {
        let body = json!({"version": 1, "signature": signature});
        let (status, answer) = app.post(&declare, &key, body).await;
        assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{answer}");
        assert_eq!(traces(&app, &key, &record).await, before);
    };
    refused(app.sign(DECLARANT, &statement), "PO_CARD_MISMATCH").await;
    let lost = format!("/api/v1/cards/{card_no}/report-lost");
    assert_eq!(app.post(&lost, ADMIN, json!({"reason": "遗失"})).await.0, StatusCode::OK);
    refused(card.sign(&statement), "PO_NO_PERMISSION").await;
    let (status, _) = app.act(&key, &path(&record), "declare", Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "no statement is made for it either");
    assert_eq!(
        app.call(Method::DELETE, "/api/v1/session", &session, Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.act(&session, &path(&record), "declare", Value::Null).await.0, StatusCode::UNAUTHORIZED);
}

/// SG-019, PO-063, PO-104: a configured person's card whose certificate is revoked between statement and act proves nothing.
#[tokio::test]
async fn a_revoked_certificate_declares_nothing() {
    let app = TestApp::open().await;
    let own = TestCard::made(
        crate::test_card::authority(),
        &holder("8950000004821", Some("91150781MA0N5XWB9P"), None),
        protocols::ikey::Algorithm::Es256,
        crate::test_card::period(),
    );
    app.hold(DECLARANT, own.clone());
    let record = app.save(coal("蒙LK8216")).await;
    app.declare(&record).await;
    let record = app.save(coal("蒙LK8217")).await;
    let statement = asked(&app, DECLARANT, &record, "declare").await;
    let certificate = protocols::base64::Alphabet::Standard.encode(own.certificate.der());
    let revoke = json!({"certificate": certificate, "reason": "私钥泄露"});
    let (status, answer) = app.post("/api/v1/cards/revocations", ADMIN, revoke).await;
    assert!(status.is_success(), "{answer}");
    let before = traces(&app, DECLARANT, &record).await;
    let body = json!({"version": 1, "signature": own.sign(&statement)});
    let (status, answer) = app.post(&(path(&record) + "/declare"), DECLARANT, body).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::FORBIDDEN, &json!("PO_SIGNATURE_INVALID")),
        "{answer}"
    );
    assert_eq!(traces(&app, DECLARANT, &record).await, before);
}
