//! How what was signed reaches customs.

use super::{cases::upload, *};

const MESSAGES: &str = "/api/v1/gateway/appointments/messages";

/// The numbers and actions of what is to be handed over now.
async fn due(bench: &Bench) -> Vec<(String, String)> {
    let (status, answer) = bench.app.get(MESSAGES, GATEWAY).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (text(&item["message_no"]), text(&item["action"])))
        .collect()
}

async fn report(bench: &Bench, message_no: &str, body: Value) -> (StatusCode, Value) {
    bench.app.post(&format!("{MESSAGES}/{message_no}/reports"), GATEWAY, body).await
}

/// AC-213: a submission that cannot be delivered is sent again until it is; its status and its time stay.
#[tokio::test]
async fn a_submission_is_sent_again_until_it_is_delivered() {
    let bench = Bench::open("2018-10-19 08:30:00").await;
    let saved = bench.saved().await;
    let file = json!({ "file_name": "a.pdf", "bytes": 3000, "pages": 1 });
    let (_, saved) = upload(&bench, DECLARANT, &saved, &saved["version"], &file, "supplementary").await;
    assert_eq!(due(&bench).await, [], "what is only saved is not sent");
    let (_, submitted) = bench.signed(DECLARANT, &path(&saved), "submit", json!({})).await;
    let message_no = format!("{}-2", saved["pre_entry_no"].as_str().unwrap());
    let expected = [(message_no.clone(), "submit".to_owned())];
    assert_eq!(due(&bench).await, expected);
    let (status, _) = report(&bench, &message_no, json!({ "report": "not_handed_over" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a failure has a reason");
    // Long after any line would have been given up it is still offered.
    for attempt in 1..=40 {
        let failed = json!({ "report": "not_handed_over", "text": "线路中断" });
        let (status, answer) = report(&bench, &message_no, failed).await;
        assert_eq!((status, &answer["open"]), (StatusCode::OK, &json!(true)), "{attempt}");
        assert_eq!(due(&bench).await, [], "{attempt}: not at once");
        bench.app.central.store().clock().advance(300_000);
        assert_eq!(due(&bench).await, expected, "{attempt}");
    }
    let (_, alerts) = bench.app.get("/api/v1/alerts", ADMIN).await;
    assert_eq!(alerts["items"][0]["code"], "delivery_failing");
    let item = bench.app.get(MESSAGES, GATEWAY).await.1["items"][0].clone();
    assert_eq!((&item["attempt"], &item["application"]["reason"]), (&json!(41), &submitted["reason"]));
    let at = format!(
        "/api/v1/gateway/appointments/{}/attachments/{}",
        saved["pre_entry_no"].as_str().unwrap(),
        item["attachments"][0]["id"].as_str().unwrap()
    );
    let (status, bytes) = bench.app.call_raw(Method::GET, &at, GATEWAY, Value::Null).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, 3000));
    let handed_over = json!({ "report": "handed_over" });
    assert_eq!(
        report(&bench, &message_no, handed_over.clone()).await.1,
        json!({ "applied": true, "open": false })
    );
    assert_eq!(report(&bench, &message_no, handed_over).await.1, json!({ "applied": false, "open": false }));
    assert_eq!(due(&bench).await, []);
    let after = bench.show(DECLARANT, &saved).await;
    for same in ["status", "version", "submitted_at", "applied_at"] {
        assert_eq!(after[same], submitted[same], "{same}");
    }
}

/// AC-006, AC-154, AC-213: each of the four statements is offered with what was signed; customs' answer shows that it has arrived.
#[tokio::test]
async fn every_statement_is_offered_until_customs_answers() {
    let bench = Bench::open("2018-10-19 08:30:00").await;
    let actions =
        async || -> Vec<String> { due(&bench).await.into_iter().map(|(_, action)| action).collect() };
    let (fed_back, cancelled, explained) = (bench.booked().await, bench.booked().await, bench.booked().await);
    assert_eq!(due(&bench).await, [], "what customs has approved it has");
    bench.signed(DECLARANT, &path(&cancelled), "cancel", json!({ "reason": "船期推迟" })).await;
    assert_eq!(actions().await, ["cancel"]);
    bench.decides(OFFICER_2248, &cancelled, "confirm-cancellation", None).await;
    bench.at("2018-10-20 10:30:00");
    bench.types(&fed_back, &json!(["224820181000090001"])).await;
    let body = json!({ "version": explained["version"], "text": "船期推迟" });
    bench.app.call(Method::PUT, &(path(&explained) + "/explanation"), DECLARANT, body).await;
    assert_eq!(due(&bench).await, [], "what is only typed is not sent");
    bench.signed(DECLARANT, &path(&fed_back), "feedback", json!({})).await;
    bench.signed(DECLARANT, &path(&explained), "explanation", json!({})).await;
    let (_, answer) = bench.app.get(MESSAGES, GATEWAY).await;
    let sent = |action: &str| {
        let items = answer["items"].as_array().unwrap();
        items.iter().find(|item| item["action"] == action).unwrap()["application"].clone()
    };
    assert_eq!(sent("feedback")["feedback"][0]["declaration_no"], "224820181000090001");
    assert_eq!(sent("explanation")["explanation"]["text"], "船期推迟");
    bench.message(&fed_back, "FEEDBACK_ACCEPTED", "R-1").await;
    bench.message(&explained, "EXPLANATION_ACCEPTED", "R-2").await;
    assert_eq!(due(&bench).await, []);
}
