//! Section 7: what customs thinks of the two enterprises.

use super::*;

/// 最迟申请时间 is 4 hours before the end of work where both are advanced, 8 otherwise (section 8.3): who applies at this moment is in time by
/// the first and late by the second.
const BETWEEN: &str = "2018-10-19 12:59:59";

/// What the register gets for an enterprise, as customs calls the rating; none for one that is not rated.
async fn rated(bench: &Bench, code: &str, credit: Option<&str>) {
    let (_, uscc, name, ..) = ENTERPRISES.into_iter().find(|(own, ..)| *own == code).unwrap();
    let mut body = json!({ "name": name, "uscc": uscc, "qualified": true });
    if let Some(credit) = credit {
        body["credit"] = json!(credit);
    }
    let path = format!("/api/v1/admin/enterprises/{code}");
    let (status, answer) = bench.app.call(Method::PUT, &path, ADMIN, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Submits an application of the two between both deadlines.
async fn submitted(declarant: Option<&str>, consignee: Option<&str>) -> (StatusCode, Value) {
    let bench = Bench::open(BETWEEN).await;
    rated(&bench, "3122480012", declarant).await;
    rated(&bench, "3122263817", consignee).await;
    let (status, record) = bench.app.post(ROOT, DECLARANT, content("A02")).await;
    assert_eq!(status, StatusCode::CREATED, "{record}");
    bench.signed(DECLARANT, &path(&record), "submit", json!({})).await
}

/// AC-081, AC-082, AC-083, AC-084: the lower of both ratings counts; certified or not, who is not advanced is general, and so is who is not rated.
#[tokio::test]
async fn the_lower_of_both_ratings_counts() {
    let advanced = Some("ADVANCED_CERTIFIED");
    let (status, answer) = submitted(advanced, advanced).await;
    assert_eq!((status, &answer["submission"]["lead_hours"]), (StatusCode::OK, &json!(4)), "{answer}");
    for lower in [Some("GENERAL_CERTIFIED"), Some("GENERAL_CREDIT"), None] {
        for (declarant, consignee) in [(lower, advanced), (advanced, lower), (lower, lower)] {
            let (status, answer) = submitted(declarant, consignee).await;
            assert_eq!(
                (status, rules_in(&answer)),
                (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-104"]),
                "{declarant:?} {consignee:?}: {answer}"
            );
        }
    }
}

/// AC-086, AC-087, AC-088, AC-219: neither a dishonest enterprise nor one that applies for it may; the words are the manual's.
#[tokio::test]
async fn dishonest_enterprises_may_not_apply() {
    for (code, rule) in [("3122480012", "AC-087"), ("3122263817", "AC-088")] {
        let bench = Bench::open("2018-10-19 08:00:00").await;
        let draft = bench.saved().await;
        rated(&bench, code, Some("DISHONEST")).await;
        let typed = bench.app.get(&format!("{ROOT}/consignee?consignee=3122263817"), DECLARANT).await;
        let saved = bench.app.post(ROOT, DECLARANT, content("A02")).await;
        let submitted = bench.signed(DECLARANT, &path(&draft), "submit", json!({})).await;
        for (status, answer) in [typed, saved, submitted] {
            assert_eq!(
                (status, rules_in(&answer)),
                (StatusCode::UNPROCESSABLE_ENTITY, vec![rule]),
                "{answer}"
            );
            assert_eq!(answer["fields"][0]["message"], "失信企业不允许操作");
        }
        assert_eq!(bench.show(DECLARANT, &draft).await["status"], "DRAFT");
    }
}
