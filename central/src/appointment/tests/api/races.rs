//! Two at once: of two acts that exclude each other one is done.

use super::*;

/// AC-215, PO-245: the same draft submitted twice at the same moment is submitted once.
#[tokio::test]
async fn a_draft_that_is_submitted_twice_at_once_is_submitted_once() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.saved().await;
    let at = path(&record);
    let mut bodies = Vec::new();
    for _ in 0..4 {
        let asked = json!({ "action": "submit", "version": 1 });
        let (_, statement) = bench.app.post(&format!("{at}/statements"), DECLARANT, asked).await;
        bodies.push(json!({ "version": 1, "signature": bench.app.sign(DECLARANT, &statement) }));
    }
    let submit = bodies.into_iter().map(|body| {
        let at = format!("{at}/submit");
        let app = &bench.app;
        async move { app.post(&at, DECLARANT, body).await.0 }
    });
    let answers = futures::future::join_all(submit).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 3, "{answers:?}");
    let after = bench.show(DECLARANT, &record).await;
    assert_eq!((&after["status"], &after["version"]), (&json!("SUBMITTED"), &json!(2)));
}

/// AC-140: one declaration fed back under two applications at the same moment is taken once; refused by customs, it is free again.
#[tokio::test]
async fn a_declaration_belongs_to_one_application_however_close_two_come() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let number = json!(["224820181000090001"]);
    let (first, second) = (bench.booked().await, bench.booked().await);
    bench.at("2018-10-20 10:00:00");
    for record in [&first, &second] {
        assert_eq!(bench.types(record, &number).await.0, StatusCode::OK, "typing ties nothing");
    }
    let (at_first, at_second) = (path(&first), path(&second));
    let answers = futures::future::join(
        bench.signed(DECLARANT, &at_first, "feedback", json!({})),
        bench.signed(DECLARANT, &at_second, "feedback", json!({})),
    )
    .await;
    let (won, lost) = if answers.0.0 == StatusCode::OK { (&first, &second) } else { (&second, &first) };
    let refused = if answers.0.0 == StatusCode::OK { answers.1 } else { answers.0 };
    assert_eq!((refused.0, rules_in(&refused.1)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-140"]));
    assert_eq!(rules_in(&bench.types(lost, &number).await.1), ["AC-140"]);
    bench.decides(OFFICER_2248, won, "refuse-feedback", Some("单号有误")).await;
    assert_eq!(bench.types(lost, &number).await.0, StatusCode::OK);
    assert_eq!(bench.signed(DECLARANT, &path(lost), "feedback", json!({})).await.0, StatusCode::OK);
}

/// AC-203, AC-212: an answer and a cancellation at the same moment: both hold, in either order; late answers of customs hold after the slot.
#[tokio::test]
async fn customs_and_the_enterprise_may_act_at_the_same_moment() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.submitted().await;
    bench.message(&record, "ACCEPTED", "R-1").await;
    let at = path(&record);
    let (cancelled, approved) = futures::future::join(
        bench.signed(DECLARANT, &at, "cancel", json!({})),
        bench.message(&record, "APPROVED", "R-2"),
    )
    .await;
    assert_eq!(approved.1["applied"], true);
    // The enterprise may have signed an older version; it looks again and signs the present one.
    if cancelled.0 != StatusCode::OK {
        assert_eq!(cancelled.1["code"], "PO_VERSION_CONFLICT");
        assert_eq!(bench.signed(DECLARANT, &at, "cancel", json!({})).await.0, StatusCode::OK);
    }
    let waiting = bench.show(DECLARANT, &record).await;
    assert_eq!((&waiting["status"], waiting["cancellation"].is_object()), (&json!("BOOKED"), true));
    bench.at("2018-10-20 10:30:00");
    let (_, answer) = bench.message(&record, "CANCELLED", "R-3").await;
    assert_eq!((&answer["applied"], &answer["status"]), (&json!(true), &json!("CANCELLED")));
}
