//! Customs: decisions, messages, receipts, and what the clock ends.

use super::super::super::duties;
use super::*;

/// AC-056, AC-199, AC-200, AC-192, AC-111, AC-112: approval makes the application number, once, by declaration port and year; several applications for one slot are allowed.
#[tokio::test]
async fn approval_makes_the_application_number() {
    let bench = Bench::open("2018-10-19 02:30:00").await;
    for serial in 1..=3 {
        let record = bench.booked().await;
        assert_eq!(record["application_no"], format!("22482018{serial:010}"));
        assert_eq!((&record["status"], &record["status_label"]), (&json!("BOOKED"), &json!("预约成功")));
        assert!(record["explanation"].is_object(), "AC-151: the block appears with approval");
        assert_eq!(record["feedback_until"], json!(instant("2018-10-26 00:00:00")));
    }
    let waiting = bench.submitted().await;
    assert_eq!(waiting["explanation"], Value::Null);
    bench.decides(OFFICER_2248, &waiting, "accept", None).await;
    bench.decides(OFFICER_2248, &waiting, "approve", None).await;
    assert_eq!(bench.show(DECLARANT, &waiting).await["application_no"], "224820180000000004");
}

/// AC-159, AC-201, AC-209, AC-225, AC-226: what takes something away, and the lifting of a block, say why; an act needs its signature and fits the status.
#[tokio::test]
async fn an_officer_gives_reasons_and_signs() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.submitted().await;
    let desk = path(&record).replace("/v1/", "/v1/desk/");
    for (act, rule) in [
        ("return", "AC-201"),
        ("refuse-cancellation", "AC-226"),
        ("refuse-feedback", "AC-225"),
        ("refuse-explanation", "AC-159"),
        ("lift", "AC-209"),
    ] {
        let body = json!({ "version": record["version"], "text": " " });
        let (status, answer) = bench.app.post(&format!("{desk}/{act}"), OFFICER_2248, body).await;
        assert_eq!((status, rules_in(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![rule]), "{act}");
    }
    let body = json!({ "version": record["version"] });
    let (status, answer) = bench.app.post(&format!("{desk}/approve"), OFFICER_2248, body).await;
    assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("PO_CARD_ABSENT")));
    let (status, answer) = bench.decides(OFFICER_2248, &record, "accept-feedback", None).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-211"]));
    for act in ["submit", "end-window", "nonsense"] {
        let body = json!({ "version": record["version"] });
        assert_eq!(
            bench.app.post(&format!("{desk}/{act}"), OFFICER_2248, body).await.0,
            StatusCode::NOT_FOUND,
            "{act}"
        );
    }
    let (status, _) = bench.decides(OFFICER_2248, &record, "return", Some("材料不全")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, receipts) = bench.app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let last = &receipts["items"][0];
    assert_eq!(
        (&last["status_name"], &last["text"], &last["source"]),
        (&json!("退单"), &json!("材料不全"), &json!("qian"))
    );
}

/// AC-006, AC-211, PO-233: a message is taken once; one that fits nothing is kept, raises an alert and changes nothing.
#[tokio::test]
async fn a_message_is_taken_once_and_never_lost() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let draft = bench.saved().await;
    assert_eq!(bench.message(&draft, "ACCEPTED", "R-0").await.0, StatusCode::NOT_FOUND);
    let record = bench.submitted().await;
    let (status, answer) = bench.message(&record, "ACCEPTED", "R-1").await;
    assert_eq!(
        (status, &answer["applied"], &answer["status"]),
        (StatusCode::OK, &json!(true), &json!("ACCEPTED"))
    );
    let (_, again) = bench.message(&record, "ACCEPTED", "R-1").await;
    assert_eq!((&again["applied"], &again["repeated"]), (&json!(false), &json!(true)));
    let (_, late) = bench.message(&record, "FEEDBACK_ACCEPTED", "R-2").await;
    assert_eq!(
        (&late["applied"], &late["repeated"], &late["status"]),
        (&json!(false), &json!(false), &json!("ACCEPTED"))
    );
    let (_, unknown) = bench.message(&record, "HELLO", "R-3").await;
    assert_eq!(unknown["applied"], false);
    let (_, alerts) = bench.app.get("/api/v1/alerts", ADMIN).await;
    let codes: Vec<_> =
        alerts["items"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["receipt_out_of_place", "unknown_receipt"]);
    let (_, receipts) = bench.app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let kinds: Vec<_> =
        receipts["items"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["unapplied", "unapplied", "transition", "transition", "transition"]);
    assert_eq!(receipts["items"][0]["text"], "HELLO: 回执");
    for token in [DECLARANT, OFFICER_2248, ADMIN] {
        let body = json!({ "pre_entry_no": record["pre_entry_no"], "code": "APPROVED" });
        assert_eq!(
            bench.app.post("/api/v1/desk/appointments/receipts", token, body).await.0,
            StatusCode::FORBIDDEN
        );
    }
    let long = json!({ "pre_entry_no": record["pre_entry_no"], "code": "x".repeat(65), "message_no": "", "text": "长".repeat(1001) });
    let (status, answer) = bench.app.post("/api/v1/desk/appointments/receipts", GATEWAY, long).await;
    assert_eq!((status, rules_in(&answer).len()), (StatusCode::UNPROCESSABLE_ENTITY, 3));
    assert_eq!(bench.show(DECLARANT, &record).await["status"], "ACCEPTED");
}

/// AC-137, AC-138, AC-142, AC-222: typing tells the differences, sending refuses them; the first accepted feedback clears.
#[tokio::test]
async fn a_difference_is_told_while_typing_and_refuses_the_sending() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    let facts = json!({
        "ie_flag": "I", "declarant": "3110916604", "consignee": "3122263817", "declaration_port": "2248", "entry_exit_port": "2248",
        "declared_at": instant("2018-10-20 10:35:12"), "released": true, "inspection_customs_code": null,
        "inspection_instruction": false, "inspection_begun": false,
    });
    let at = "/api/v1/admin/reference/declarations/224820181000090001";
    assert_eq!(bench.app.call(Method::PUT, at, ADMIN, facts).await.0, StatusCode::OK);
    bench.at("2018-10-20 10:00:00");
    let (status, answer) = bench.types(&record, &json!(["224820181000090001", "224820181000090002"])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let differences = answer["differences"].as_array().unwrap();
    assert_eq!(
        (differences.len(), &differences[0]["rule"], &differences[0]["code"]),
        (1, &json!("AC-132"), &json!("AC-222"))
    );
    assert!(differences[0]["message"].as_str().unwrap().contains("申报单位"), "{}", differences[0]);
    let (status, answer) = bench.signed(DECLARANT, &path(&record), "feedback", json!({})).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-132"]));
    let (_, answer) = bench.types(&record, &json!(["224820181000090002"])).await;
    assert_eq!(answer["differences"], json!([]));
    assert_eq!(bench.signed(DECLARANT, &path(&record), "feedback", json!({})).await.0, StatusCode::OK);
    bench.decides(OFFICER_2248, &record, "accept-feedback", None).await;
    let cleared = bench.show(DECLARANT, &record).await;
    assert_eq!(
        (&cleared["status"], &cleared["feedback"][0]["answer"]),
        (&json!("CLEARED"), &json!("accepted"))
    );
}

/// AC-092, AC-093, AC-191, AC-193, AC-206, AC-209: the breach begins when the window ends, survives a restart, blocks both enterprises, and is lifted by an officer.
#[tokio::test]
async fn who_neither_feeds_back_nor_explains_is_blocked_until_it_is_lifted() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    bench.at("2018-10-25 23:59:59");
    let next = duties::settle_due(bench.app.central.store()).await.unwrap();
    assert_eq!(next, Some(instant("2018-10-26 00:00:00")));
    assert_eq!(bench.show(DECLARANT, &record).await["status"], "BOOKED");
    bench.at("2018-10-26 00:00:00");
    assert_eq!(duties::settle_due(bench.app.central.store()).await.unwrap(), None);
    let breached = bench.show(DECLARANT, &record).await;
    assert_eq!(
        (&breached["status"], &breached["status_label"]),
        (&json!("CLEARED_NO_FEEDBACK"), &json!("I-通关完成未反馈"))
    );
    let refused = async |token: &str, consignee: &str, blocked: usize| {
        let mut body = content("A02");
        body["consignee"] = json!({ "customs_reg_no": consignee });
        let (_, answer) = bench.app.post(ROOT, token, body).await;
        assert_eq!(rules_in(&answer), vec!["AC-092"; blocked], "{token} {consignee}: {answer}");
    };
    refused(DECLARANT, "3122263817", 2).await;
    refused(DECLARANT, "3110916604", 1).await;
    refused(CONSIGNEE, "3110916604", 1).await;
    refused(STRANGER, "3110916604", 0).await;
    bench.decides(OFFICER_2248, &record, "lift", Some("海关系统故障")).await;
    let lifted = bench.show(DECLARANT, &record).await;
    assert_eq!(lifted["status"], "CLEARED");
    refused(DECLARANT, "3122263817", 0).await;
}

/// AC-205, AC-211: an explanation that became needless is set aside; what customs still says about it is kept.
#[tokio::test]
async fn an_explanation_is_set_aside_when_numbers_are_accepted() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    bench.at("2018-10-20 10:00:00");
    bench.types(&record, &json!(["224820181000090001"])).await;
    bench.signed(DECLARANT, &path(&record), "feedback", json!({})).await;
    let version = bench.show(DECLARANT, &record).await["version"].clone();
    let body = json!({ "version": version, "text": "船期推迟" });
    bench.app.call(Method::PUT, &(path(&record) + "/explanation"), DECLARANT, body).await;
    assert_eq!(bench.signed(DECLARANT, &path(&record), "explanation", json!({})).await.0, StatusCode::OK);
    let (_, work) = bench.app.get("/api/v1/desk/appointments?waiting=true", OFFICER_2248).await;
    assert_eq!(work["items"][0]["waiting"], json!(["feedback", "explanation"]));
    bench.message(&record, "FEEDBACK_ACCEPTED", "R-1").await;
    let cleared = bench.show(DECLARANT, &record).await;
    assert_eq!(
        (&cleared["status"], &cleared["explanation"]["answer"]),
        (&json!("CLEARED"), &json!("set_aside"))
    );
    let (_, late) = bench.message(&record, "EXPLANATION_REFUSED", "R-2").await;
    assert_eq!((&late["applied"], &late["status"]), (&json!(false), &json!("CLEARED")));
    let (_, work) = bench.app.get("/api/v1/desk/appointments?waiting=true", OFFICER_2248).await;
    assert_eq!(work["items"], json!([]));
}

/// AC-173, AC-216: every step is kept with time, who, why and the receipt.
#[tokio::test]
async fn every_step_is_kept() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    bench.signed(DECLARANT, &path(&record), "cancel", json!({ "reason": "船期推迟" })).await;
    let (_, receipts) = bench.app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let told: Vec<_> = receipts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let cell = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {} {} {} {}",
                row["seq"],
                cell("cause"),
                cell("status_code"),
                cell("source"),
                cell("code"),
                cell("text")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "4 cancel BOOKED wang - 船期推迟",
            "3 approve BOOKED qian APPROVED -",
            "2 submit SUBMITTED wang - -",
            "1 save DRAFT wang - -",
        ]
    );
    assert_eq!(bench.show(DECLARANT, &record).await["cancellation"]["reason"], "船期推迟");
}
