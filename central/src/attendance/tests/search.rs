//! Section 8: the data query.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{BASE, World, YONGFA, YUANFAN, YUANFAN_2, bill_form, form};
use crate::{
    attendance::{record::Record, search::Query},
    declaration::{
        query::{Conditions, Page, count_statement, keys_statement},
        record::Record as _,
    },
    store::hold_to_indexes,
    test_app::TestApp,
};

async fn open() -> (World, Vec<String>) {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.scope("non_declaration", "2248", false).await;
    let mut numbers = Vec::new();
    for last in 1..=3 {
        let declaration_no = format!("22252020100000000{last}");
        world.declaration(&declaration_no, json!({})).await;
        let (_, saved) = world.create(YUANFAN, form(&declaration_no)).await;
        numbers.push(saved["data_center_no"].as_str().unwrap().to_owned());
        world.pass(24 * 3600);
    }
    world.bill("COSU1", json!({})).await;
    assert_eq!(world.create(YUANFAN, bill_form("cosu1")).await.0, StatusCode::CREATED);
    (world, numbers)
}

async fn query(world: &World, token: &str, query: &str) -> (StatusCode, Value) {
    world.app.get(&format!("{BASE}?{query}"), token).await
}

fn found(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["data_center_no"].as_str().unwrap()).collect()
}

const APRIL: &str = "operated_from=2020-04-01&operated_to=2020-04-30";

/// AE-120, AE-121, AE-122, AE-123, AE-125, AE-127, AE-128, AE-130, AE-134: conditions match exactly and together; own records, last
/// operated first.
#[tokio::test]
async fn conditions_select_own_records() {
    let (world, numbers) = open().await;
    let all = format!("doc_type=declaration&{APRIL}");
    let (_, answer) = query(&world, YUANFAN_2, &all).await;
    assert_eq!(found(&answer), [&numbers[2], &numbers[1], &numbers[0]]);
    let item = &answer["items"][0];
    for column in [
        "data_center_no",
        "declaration_no",
        "customs_review_no",
        "status",
        "applicant_name",
        "inspection_customs_code",
        "application_date",
        "operated_at",
        "actions",
    ] {
        assert!(item.get(column).is_some(), "{column}");
    }
    // The latest operation counts, not the first.
    world.save(YUANFAN, &numbers[0], form("222520201000000001")).await;
    let (_, answer) = query(&world, YUANFAN, &all).await;
    assert_eq!(found(&answer), [&numbers[0], &numbers[2], &numbers[1]]);
    let (_, answer) =
        query(&world, YUANFAN, "doc_type=declaration&operated_from=2020-04-11&operated_to=2020-04-11").await;
    assert_eq!(found(&answer), [&numbers[1]]);
    for (condition, expected) in [
        ("doc_type=declaration&declaration_no=222520201000000002", 1),
        ("doc_type=declaration&declaration_no=22252020100000000", 0),
        ("doc_type=declaration&status=SAVED", 3),
        ("doc_type=declaration&status=APPLIED", 0),
        ("doc_type=declaration&data_center_no=202000000000000003", 1),
        ("doc_type=declaration&data_center_no=%25", 0),
        ("doc_type=non_declaration&bill_no=CoSu1", 1),
        ("doc_type=non_declaration", 1),
        ("doc_type=declaration&page=2&page_size=2", 3),
    ] {
        let (status, answer) = query(&world, YUANFAN, &format!("{condition}&{APRIL}")).await;
        assert_eq!((status, &answer["total"]), (StatusCode::OK, &json!(expected)), "{condition}");
    }
    let (_, answer) = query(&world, YONGFA, &all).await;
    assert_eq!(answer["total"], 0);
}

/// AE-124, AE-126, PO-204, PO-207: what is required, and what is no condition of this kind; all faults at once.
#[tokio::test]
async fn a_query_with_faults_is_told_all_of_them() {
    let (world, _) = open().await;
    for (asked, expected) in [
        ("", vec![("doc_type", "AE-126"), ("operated_from", "AE-124")]),
        (
            "doc_type=x&status=draft&operated_from=2020-04-01&operated_to=2020-05-02&page=0",
            vec![("doc_type", "AE-120"), ("status", "AE-121"), ("operated_to", "AE-124"), ("page", "PO-204")],
        ),
        (
            "doc_type=declaration&bill_no=A&operated_from=2020-04-30&operated_to=2020-04-01",
            vec![("bill_no", "AE-123"), ("operated_to", "AE-124")],
        ),
        (
            "doc_type=non_declaration&declaration_no=1&operated_from=2020-04-01",
            vec![("declaration_no", "AE-122"), ("operated_to", "AE-124")],
        ),
    ] {
        let (status, answer) = query(&world, YUANFAN, asked).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{asked}");
        let fields = answer["fields"].as_array().unwrap();
        let found: Vec<_> = fields
            .iter()
            .map(|field| (field["path"].as_str().unwrap(), field["rule"].as_str().unwrap()))
            .collect();
        assert_eq!(found, expected, "{asked}");
    }
    assert_eq!(query(&world, YUANFAN, &format!("colour=red&{APRIL}")).await.0, StatusCode::BAD_REQUEST);
}

/// design section 5, "query": what an applicant asks and what waits for officers is found in an index.
#[tokio::test]
async fn the_lists_are_read_from_indexes() {
    let app = TestApp::open().await;
    let period = json!({"operated_from": "2020-04-01", "operated_to": "2020-04-30"});
    let mut lists = Vec::new();
    for more in [
        json!({"doc_type": "declaration"}),
        json!({"doc_type": "declaration", "status": "APPROVED"}),
        json!({"doc_type": "non_declaration", "bill_no": "COSU1"}),
        json!({"doc_type": "declaration", "data_center_no": "202000000000000001"}),
    ] {
        let mut asked = period.clone();
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let query: Query = serde_json::from_value(asked).unwrap();
        lists.push((query.conditions("3122240123").unwrap(), "operated_at DESC, number DESC"));
    }
    for offices in [&["2225"][..], &["2225", "2248"]] {
        let mut conditions = Conditions::default();
        conditions.one_of("inspection_customs_code", offices.iter().map(|office| (*office).into()));
        conditions.equals("status", "CUSTOMS_RECEIVED");
        conditions.contains("applicant_name", "远航");
        lists.push(((conditions, Page { page: 1, size: 10 }), "submitted_at, number"));
    }
    for ((conditions, page), order) in lists {
        let keys = keys_statement(Record::TABLE, "number", &conditions, order, page);
        let count = count_statement(Record::TABLE, &conditions, false);
        hold_to_indexes(app.central.store(), Record::TABLE, [keys, count]).await;
    }
}
