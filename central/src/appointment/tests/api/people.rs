//! Sections 2 and 7, 17.3: who sees an application, who acts on it, and with which card.

use super::*;
use crate::test_card::{TestCard, holder};

/// AC-013, AC-217, PO-091, P01: without a bound card nothing is entered, saved, asked for or read.
#[tokio::test]
async fn without_a_bound_card_nothing_is_entered_or_read() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.saved().await;
    let (status, answer) = bench.app.post(ROOT, NO_CARD, content("A02")).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::FORBIDDEN, vec!["AC-013"]));
    assert_eq!(answer["message"], "您无权限操作该数据");
    let mut body = content("A02");
    body["version"] = json!(1);
    let (status, answer) = bench.app.call(Method::PUT, &path(&record), NO_CARD, body).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::FORBIDDEN, vec!["AC-013"]));
    let (status, answer) = bench.app.get(&format!("{ROOT}?enterprise_type=A"), NO_CARD).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::FORBIDDEN, vec!["AC-013"]));
    for part in ["", "/receipts"] {
        let (status, answer) = bench.app.get(&(path(&record) + part), NO_CARD).await;
        assert_eq!((status, rules_in(&answer)), (StatusCode::FORBIDDEN, vec!["AC-013"]), "{part}");
    }
}

/// AC-015, AC-016, AC-017, AC-018, AC-218, P02, P03: each of the four statements needs the bound card in the reader, and is refused with another one.
#[tokio::test]
async fn each_statement_to_customs_is_signed_with_the_bound_card() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let other = || TestCard::of(&holder("8930000077777", Some("91310115MA1H7K2R0J"), Some("3122480012")));
    let saved = bench.saved().await;
    let booked = bench.booked().await;
    let cancelled = bench.booked().await;
    bench.types(&booked, &json!(["224820181000090001"])).await;
    let explained = bench.booked().await;
    let body = json!({ "version": explained["version"], "text": "船期推迟" });
    bench.app.call(Method::PUT, &(path(&explained) + "/explanation"), DECLARANT, body).await;
    for (record, action, now) in [
        (&saved, "submit", "2018-10-19 08:30:00"),
        (&cancelled, "cancel", "2018-10-19 08:31:00"),
        (&booked, "feedback", "2018-10-20 10:00:00"),
        (&explained, "explanation", "2018-10-20 10:00:00"),
    ] {
        bench.at(now);
        let at = path(record);
        let before = bench.show(DECLARANT, record).await;
        let body = json!({ "version": before["version"] });
        let (status, answer) = bench.app.post(&format!("{at}/{action}"), DECLARANT, body).await;
        assert_eq!(
            (status, rules_in(&answer)),
            (StatusCode::FORBIDDEN, vec!["AC-016"]),
            "{action}: {answer}"
        );
        bench.app.hold(DECLARANT, other());
        let (status, answer) = bench.signed(DECLARANT, &at, action, json!({})).await;
        assert_eq!(
            (status, rules_in(&answer)),
            (StatusCode::FORBIDDEN, vec!["AC-015"]),
            "{action}: {answer}"
        );
        assert!(answer["message"].as_str().unwrap().contains("8930000077777"), "{answer}");
        assert_eq!(bench.show(DECLARANT, record).await, before, "nothing has changed");
        bench.app.hold(DECLARANT, bench.own_card());
        let (status, answer) = bench.signed(DECLARANT, &at, action, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{action}: {answer}");
    }
}

/// AC-016: a signature over another version, another act or another reason proves nothing.
#[tokio::test]
async fn a_signature_fits_the_act_that_was_shown() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    let at = path(&record);
    let version = &record["version"];
    let asked = json!({ "action": "cancel", "version": version, "reason": "船期推迟" });
    let mut body = json!({ "version": version, "reason": "货物未到" });
    let (status, answer) = bench.signed_as(DECLARANT, &at, asked, &mut body, "cancel").await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::FORBIDDEN, &json!("PO_SIGNATURE_INVALID")),
        "{answer}"
    );
    assert_eq!(bench.show(DECLARANT, &record).await["cancellation"], Value::Null);
    for action in ["save", "approve"] {
        let asked = json!({ "action": action, "version": version });
        let (status, _) = bench.app.post(&format!("{at}/statements"), DECLARANT, asked).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{action}");
    }
}

/// AC-020, P07: the consignee reads and does nothing; for third parties the application does not exist.
#[tokio::test]
async fn the_consignee_reads_and_strangers_see_nothing() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    let at = path(&record);
    let version = &record["version"];
    let seen = bench.show(CONSIGNEE, &record).await;
    assert_eq!(seen["actions"], json!(["view", "receipts"]));
    assert_eq!(bench.app.get(&format!("{at}/receipts"), CONSIGNEE).await.0, StatusCode::OK);
    let mut content = content("A02");
    content["version"] = version.clone();
    let numbers = json!({ "version": version, "declaration_nos": [] });
    let words = json!({ "version": version, "text": "x" });
    let ticked = json!({ "items": [{ "pre_entry_no": record["pre_entry_no"], "version": version }] });
    let plain = json!({ "version": version });
    let statement = json!({ "action": "cancel", "version": version });
    let acts = [
        (Method::PUT, at.clone(), content),
        (Method::DELETE, format!("{at}?version={version}"), Value::Null),
        (Method::POST, format!("{ROOT}/delete"), ticked),
        (Method::POST, format!("{at}/copy"), Value::Null),
        (Method::POST, format!("{at}/statements"), statement),
        (Method::POST, format!("{at}/submit"), plain.clone()),
        (Method::POST, format!("{at}/cancel"), plain.clone()),
        (Method::PUT, format!("{at}/feedback"), numbers),
        (Method::POST, format!("{at}/feedback"), plain.clone()),
        (Method::PUT, format!("{at}/explanation"), words),
        (Method::POST, format!("{at}/explanation"), plain),
        (Method::DELETE, format!("{at}/attachments/x?version={version}"), Value::Null),
    ];
    for (method, at, body) in acts {
        let (status, answer) = bench.app.call(method.clone(), &at, CONSIGNEE, body.clone()).await;
        assert_eq!((status, rules_in(&answer)), (StatusCode::FORBIDDEN, vec!["AC-020"]), "{method} {at}");
        let (status, _) = bench.app.call(method.clone(), &at, STRANGER, body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {at}");
    }
    for at in [at.clone(), format!("{at}/receipts"), format!("{at}/attachments/x")] {
        assert_eq!(bench.app.get(&at, STRANGER).await.0, StatusCode::NOT_FOUND, "{at}");
    }
    assert_eq!(bench.show(DECLARANT, &record).await, record, "nothing has changed");
}

/// AC-227: the declaration port decides, the entry/exit port reads and is told, headquarters reads; others, and everyone before submission, see nothing.
#[tokio::test]
async fn the_declaration_port_decides_and_the_other_office_is_told() {
    let bench = Bench::open("2018-10-18 08:00:00").await;
    let mut body = content("A04");
    body["goods"].as_array_mut().unwrap().truncate(1);
    let (_, record) = bench.app.post(ROOT, DECLARANT, body).await;
    for token in [OFFICER_2225, OFFICER_2248, HEADQUARTERS] {
        assert_eq!(bench.app.get(&path(&record), token).await.0, StatusCode::NOT_FOUND, "{token}: a draft");
    }
    bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
    let actions = async |token: &str| bench.show(token, &record).await["actions"].clone();
    assert_eq!(actions(OFFICER_2225).await, json!(["view", "accept", "approve", "return"]));
    assert_eq!(actions(OFFICER_2248).await, json!(["view"]));
    assert_eq!(actions(HEADQUARTERS).await, json!(["view"]));
    assert_eq!(bench.app.get(&path(&record), "elsewhere-token").await.0, StatusCode::NOT_FOUND);
    for token in [OFFICER_2248, HEADQUARTERS, DECLARANT, GATEWAY] {
        let (status, answer) = bench.decides(token, &record, "approve", None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{token}: {answer}");
    }
    let (status, answer) = bench.decides(OFFICER_2225, &record, "approve", None).await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &json!("BOOKED")), "{answer}");
    assert!(answer["application_no"].as_str().unwrap().starts_with("22252018"));
    bench.signed(DECLARANT, &path(&record), "cancel", json!({ "reason": "船期推迟" })).await;
    let (status, _) = bench.decides(OFFICER_2225, &record, "confirm-cancellation", None).await;
    assert_eq!(status, StatusCode::OK);
    let (_, notices) = bench.app.get("/api/v1/desk/appointments/notices", OFFICER_2248).await;
    let told: Vec<_> =
        notices["items"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["CANCELLED", "BOOKED"]);
    assert_eq!(notices["items"][0]["pre_entry_no"], record["pre_entry_no"]);
    let (_, own) = bench.app.get("/api/v1/desk/appointments/notices", OFFICER_2225).await;
    assert_eq!(own["items"], json!([]));
}

/// AC-089: a dishonest enterprise may still query, feed back, cancel and explain, but not enter anything new.
#[tokio::test]
async fn a_dishonest_enterprise_brings_its_appointments_to_an_end() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let (fed_back, cancelled, explained) = (bench.booked().await, bench.booked().await, bench.booked().await);
    bench.rate("3122480012", &json!("D"), true).await;
    let (status, answer) = bench.app.post(ROOT, DECLARANT, content("A02")).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-087"]));
    assert_eq!(answer["fields"][0]["message"], "失信企业不允许操作");
    assert_eq!(bench.app.get(&format!("{ROOT}?enterprise_type=A"), DECLARANT).await.1["total"], 3);
    let sent = async |record: &Value, action: &str| {
        let (status, answer) = bench.signed(DECLARANT, &path(record), action, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{action}: {answer}");
    };
    sent(&cancelled, "cancel").await;
    bench.at("2018-10-20 10:00:00");
    bench.types(&fed_back, &json!(["224820181000090001"])).await;
    sent(&fed_back, "feedback").await;
    let body = json!({ "version": explained["version"], "text": "船期推迟" });
    bench.app.call(Method::PUT, &(path(&explained) + "/explanation"), DECLARANT, body).await;
    sent(&explained, "explanation").await;
}

/// AC-085, AC-099: what counted at submission is kept; later ratings and calendars change nothing about it. AC-094: a draft that is blocked meanwhile stays.
#[tokio::test]
async fn what_counted_at_submission_is_kept() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let (draft, submitted) = (bench.saved().await, bench.submitted().await);
    let submission = submitted["submission"].clone();
    assert_eq!(
        (&submission["declarant_credit"], &submission["deadline_set_by"], &submission["lead_hours"]),
        (&json!("G"), &json!("2248"), &json!(8))
    );
    assert_eq!(submission["deadline"], json!(instant("2018-10-19 09:00:00")));
    bench.rate("3122263817", &json!("D"), false).await;
    let (_, kept) = bench.app.get("/api/v1/admin/ports/2248/calendar", ADMIN).await;
    let mut closed = kept["calendar"].clone();
    closed["saturday"] = json!([["08:00", "18:00"]]);
    let body = json!({ "version": 1, "calendar": closed });
    assert_eq!(
        bench.app.call(Method::PUT, "/api/v1/admin/ports/2248/calendar", ADMIN, body).await.0,
        StatusCode::OK
    );
    assert_eq!(bench.show(DECLARANT, &submitted).await["submission"], submission);
    assert_eq!(bench.decides(OFFICER_2248, &submitted, "approve", None).await.0, StatusCode::OK);
    let (status, answer) = bench.signed(DECLARANT, &path(&draft), "submit", json!({})).await;
    assert_eq!(
        (status, rules_in(&answer)),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-088", "AC-090", "AC-101"])
    );
    assert_eq!(bench.show(DECLARANT, &draft).await["status"], "DRAFT");
}
