//! Snapshot and changes tell the same story.

use axum::http::{Method, StatusCode};
use protocols::ids::YardId;
use serde_json::{Value, json};

use super::{Copy, GATE, changes, deny};
use crate::{
    binding::lifecycle::Action,
    config::FeedConfig,
    gate_feed::upkeep,
    store::execute,
    test_app::{ADMIN, DECLARANT, OFFICER, TestApp, YARD, coal, path},
};

/// Everything that can move the feed, one thing after the other.
pub(super) async fn eventful_day(app: &TestApp, mut after_each: impl AsyncFnMut(&TestApp)) {
    let first = app.approved(coal("蒙LK8216")).await;
    after_each(app).await;
    let second = app.save(coal("蒙LK8217")).await;
    app.declare(&second).await;
    after_each(app).await;
    for act in ["hold", "lift"] {
        app.officer(&first, act).await;
        after_each(app).await;
    }
    let mut content = coal("蒙LK8299");
    content["version"] = app.show(&first).await["version"].clone();
    assert_eq!(app.post(&(path(&first) + "/change"), DECLARANT, content).await.0, StatusCode::OK);
    after_each(app).await;
    app.declare(&first).await;
    app.centre_acts(&first, Action::Deliver).await;
    assert_eq!(app.officer(&first, "approve").await.0, StatusCode::OK);
    after_each(app).await;
    let order = app.act(DECLARANT, &path(&first), "delete-order", Value::Null).await;
    assert_eq!(order.0, StatusCode::OK);
    app.centre_acts(&first, Action::Deliver).await;
    assert_eq!(app.officer(&first, "return").await.0, StatusCode::OK);
    after_each(app).await;
    app.centre_acts(&second, Action::FailDelivery).await;
    let version = app.show(&second).await["version"].clone();
    let delete = format!("{}?version={version}", path(&second));
    assert_eq!(app.call(Method::DELETE, &delete, DECLARANT, Value::Null).await.0, StatusCode::NO_CONTENT);
    after_each(app).await;
    let mut denied = deny(Value::Null, "蒙LK8216");
    denied["reason"] = json!("布控");
    assert_eq!(app.post("/api/v1/desk/deny", OFFICER, denied).await.0, StatusCode::CREATED);
    after_each(app).await;
    let policy = json!({"customs_codes": ["0708"], "weight_tolerance_pct": 3.5});
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    assert_eq!(app.call(Method::PUT, &yard, ADMIN, policy).await.0, StatusCode::OK);
    after_each(app).await;
    assert_eq!(
        app.post("/api/v1/desk/deny/remove", OFFICER, deny(Value::Null, "蒙LK8216")).await.0,
        StatusCode::OK
    );
    for act in ["close", "left-port"] {
        app.officer(&first, act).await;
        after_each(app).await;
    }
}

/// SG-205, `contract` section 3: a copy of any revision, brought up to date by the changes, is the snapshot of the newest.
#[tokio::test]
async fn changes_bring_any_copy_to_the_snapshot() {
    let app = TestApp::open().await;
    let mut copies = vec![Copy::snapshot(&app).await];
    eventful_day(&app, async |app| copies.push(Copy::snapshot(app).await)).await;
    let newest = Copy::snapshot(&app).await;
    assert!(newest.revision > 10);
    for mut copy in copies {
        let from = copy.revision;
        copy.catch_up(&app).await;
        assert_eq!(copy, newest, "from revision {from}");
    }
}

/// SG-207, `contract` section 2: what a stub says, and that it says it for seven days where the trip is over or withdrawn.
#[tokio::test]
async fn stubs_say_why_and_go_after_seven_days() {
    let app = TestApp::open().await;
    let declared = app.save(coal("蒙LK0001")).await;
    app.declare(&declared).await;
    let returned = app.approved(coal("蒙LK0002")).await;
    app.officer(&returned, "return").await;
    let gone = app.approved(coal("蒙LK0003")).await;
    app.officer(&gone, "close").await;
    app.officer(&gone, "left-port").await;
    let draft = app.save(coal("蒙LK0004")).await;
    let reasons = async |app: &TestApp| {
        let copy = Copy::snapshot(app).await;
        [&declared, &returned, &gone, &draft].map(|record| {
            copy.rows
                .get(record["trip_no"].as_str().unwrap())
                .map_or(Value::Null, |row| row["reason_code"].clone())
        })
    };
    let expected = [json!("not_approved"), json!("withdrawn"), json!("already_used"), Value::Null];
    assert_eq!(reasons(&app).await, expected);
    let day = 24 * 3600 * 1000;
    for (days, kept) in [(6, true), (1, false)] {
        app.central.store().clock().advance(days * day);
        upkeep::once(app.central.store(), &FeedConfig::default()).await.unwrap();
        let expected = if kept {
            expected.clone()
        } else {
            [json!("not_approved"), Value::Null, Value::Null, Value::Null]
        };
        assert_eq!(reasons(&app).await, expected);
    }
}

/// `contract` section 3: 410 for a revision that the log has lost, and for one that the centre never had (fault C7).
#[tokio::test]
async fn a_revision_that_is_not_at_hand_asks_for_a_snapshot() {
    let app = TestApp::open().await;
    for n in 0..4 {
        app.approved(coal(&format!("蒙LK821{n}"))).await;
    }
    let revision = Copy::snapshot(&app).await.revision;
    let config = FeedConfig { keep_changes: 5, ..FeedConfig::default() };
    upkeep::once(app.central.store(), &config).await.unwrap();
    for (after, expected) in [
        (0, StatusCode::GONE),
        (revision - 6, StatusCode::GONE),
        (revision - 5, StatusCode::OK),
        (revision, StatusCode::OK),
        (revision + 1, StatusCode::GONE),
    ] {
        assert_eq!(
            app.get(&format!("/gate/v1/changes?after={after}"), GATE).await.0,
            expected,
            "{after} of {revision}"
        );
    }
}

/// `contract` section 3: at most so many changes in one answer, and `more` says that there are others.
#[tokio::test]
async fn an_answer_is_bounded_and_says_that_there_is_more() {
    let app = TestApp::open().await;
    app.approved(coal("蒙LK8216")).await;
    let first = changes(&app, 0).await;
    assert_eq!((first.changes.len(), first.to, first.more), (3, 3, true));
}

/// SG-205: a commit wakes the yard's polls, a transaction that is given up does not; a poll that does not wait gets an empty answer.
#[tokio::test]
async fn a_commit_wakes_the_polls_of_its_yard() {
    let app = TestApp::open().await;
    let revision = Copy::snapshot(&app).await.revision;
    let record = app.save(coal("蒙LK8216")).await;
    let signal = app.central.store().signals().subscribe(YARD.parse().unwrap());
    let mut given_up = app.central.store().begin().await.unwrap();
    given_up.touch(YARD.parse().unwrap(), revision + 1);
    drop(given_up);
    assert!(!signal.has_changed().unwrap());
    let (_, empty) = app.get(&format!("/gate/v1/changes?after={revision}"), GATE).await;
    let mark = &empty["mark"];
    assert_eq!(empty, json!({"from": revision, "to": revision, "more": false, "changes": [], "mark": mark}));
    let path = format!("/gate/v1/changes?after={revision}&wait=30");
    let (answer, _) = tokio::join!(app.get(&path, GATE), app.declare(&record));
    assert_eq!(answer.1["changes"][0]["op"], "stub");
    assert!(signal.has_changed().unwrap());
    assert_eq!(*signal.borrow(), revision + 1);
}

/// `contract` section 2: a medium denied for the yard and for all stays denied until both are gone; versions only rise.
#[tokio::test]
async fn a_medium_denied_twice_is_allowed_once_both_are_gone() {
    let app = TestApp::open().await;
    let listed = async |app: &TestApp| Copy::snapshot(app).await.rows.get("deny VN 蒙LK8216").cloned();
    let mut last = 0;
    for (path, yard, denied) in [
        ("/api/v1/desk/deny", json!(YARD), true),
        ("/api/v1/desk/deny", Value::Null, true),
        ("/api/v1/desk/deny/remove", json!(YARD), true),
        ("/api/v1/desk/deny/remove", Value::Null, false),
    ] {
        let mut body = deny(yard, "蒙L·K8216");
        body["reason"] = json!("布控");
        let (status, answer) = app.post(path, OFFICER, body).await;
        assert!(status.is_success(), "{answer}");
        let version = answer["version"].as_u64().unwrap();
        assert!(version > last);
        last = version;
        let row = listed(&app).await;
        assert_eq!(row.is_some(), denied);
        assert!(row.is_none_or(|row| row["version"] == version));
    }
    let gone = app.post("/api/v1/desk/deny/remove", OFFICER, deny(Value::Null, "蒙LK8216")).await.0;
    assert_eq!(gone, StatusCode::NOT_FOUND);
    assert_eq!(
        app.post("/api/v1/desk/deny", DECLARANT, deny(Value::Null, "A123")).await.0,
        StatusCode::FORBIDDEN
    );
}

/// Invariant I4: a yard that is added later denies what was denied for all before, and a yard whose index has lost a denial gets it again, for gates to follow.
#[tokio::test]
async fn a_yard_that_is_added_denies_what_was_denied_for_all() {
    let app = TestApp::open().await;
    for yard in [Value::Null, json!(YARD)] {
        let mut body = deny(yard, "蒙LK8216");
        body["reason"] = json!("布控");
        assert_eq!(app.post("/api/v1/desk/deny", OFFICER, body).await.0, StatusCode::CREATED);
    }
    let mut only_here = deny(json!(YARD), "京AF0236");
    only_here["reason"] = json!("布控");
    assert_eq!(app.post("/api/v1/desk/deny", OFFICER, only_here).await.0, StatusCode::CREATED);
    let known = Copy::snapshot(&app).await;
    let lost = "DELETE FROM index_row WHERE kind = 'deny' AND medium_key = '京AF0236'";
    let tx = app.central.store().begin().await.unwrap();
    assert_eq!(execute(tx.conn(), lost, []).await.unwrap(), 1);
    tx.commit().await.unwrap();

    let added = app
        .reopened_with(|config| {
            let mut yard = config.yards[0].clone();
            yard.yard_id = YardId::parse("CNEHX070802").unwrap();
            let moved = config.gates.iter_mut().find(|gate| gate.gate_id.as_str() == "0708-G02").unwrap();
            moved.yard_id = yard.yard_id;
            config.yards.push(yard);
        })
        .await;
    let there = Copy::snapshot(&added).await;
    assert_eq!(there.rows["deny VN 蒙LK8216"]["reason"], "布控");
    assert!(!there.rows.contains_key("deny VN 京AF0236"), "that is denied elsewhere");

    let again = added.reopened().await;
    let mut here = known.clone();
    here.rows.remove("deny VN 京AF0236");
    here.catch_up(&again).await;
    let denied = &here.rows["deny VN 京AF0236"];
    assert!(denied["version"].as_u64() > known.rows["deny VN 京AF0236"]["version"].as_u64());
    assert_eq!(Copy::snapshot(&again).await, here);
    assert_eq!(Copy::snapshot(&again.reopened().await).await, here, "nothing is shown twice");
}

/// SG-206: a yard that loses a customs area loses its records, one that gains it gets them.
#[tokio::test]
async fn a_yard_shows_the_records_of_its_areas() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    for (codes, shown) in [(json!(["2225"]), false), (json!(["2225", "0708"]), true)] {
        let (status, _) = app.call(Method::PUT, &yard, ADMIN, json!({"customs_codes": codes})).await;
        assert_eq!(status, StatusCode::OK);
        let copy = Copy::snapshot(&app).await;
        assert_eq!(copy.rows.contains_key(record["trip_no"].as_str().unwrap()), shown);
    }
    assert_eq!(app.get(&yard, OFFICER).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/api/v1/admin/yards/CNEHX079999/policy", ADMIN).await.0, StatusCode::NOT_FOUND);
}

/// SG-107: several usable records for one medium are allowed, unless the yard's policy takes one only.
#[tokio::test]
async fn a_yard_may_take_one_open_record_a_medium() {
    let app = TestApp::open().await;
    app.approved(coal("蒙LK8216")).await;
    app.approved(coal("蒙LK8216")).await;
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    app.call(
        Method::PUT,
        &yard,
        ADMIN,
        json!({"customs_codes": ["0708"], "one_open_record_per_medium": true}),
    )
    .await;
    let third = app.save(coal("蒙LK8216")).await;
    let (status, answer) = app.post(&(path(&third) + "/declare"), DECLARANT, json!({"version": 1})).await;
    assert_eq!((status, &answer["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("SG-107")));
}

/// A compressed snapshot is the plain one, compressed.
#[tokio::test]
async fn a_snapshot_is_compressed_when_the_gate_takes_it() {
    let app = TestApp::open().await;
    app.approved(coal("蒙LK8216")).await;
    let (_, plain) = app.call_raw(Method::GET, "/gate/v1/snapshot", GATE, Value::Null).await;
    let packed = app.call_accepting_zstd("/gate/v1/snapshot", GATE).await;
    assert_eq!(zstd::decode_all(packed.as_slice()).unwrap(), plain);
}

/// SG-206, SG-183: a medium is denied for a yard that there is, and for a reason that a lane can show.
#[tokio::test]
async fn a_medium_is_denied_for_a_known_yard_with_a_reason() {
    let app = TestApp::open().await;
    for (yard, reason, rule) in [
        (json!("CNEHX079999"), "布控".to_owned(), "SG-206"),
        (json!(YARD), "长".repeat(1001), "SG-183"),
        (json!(YARD), " ".to_owned(), "SG-183"),
    ] {
        let mut body = deny(yard, "蒙LK8216");
        body["reason"] = json!(reason);
        let (status, answer) = app.post("/api/v1/desk/deny", OFFICER, body).await;
        assert_eq!((status, &answer["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule)));
    }
    let elsewhere = deny(json!("CNEHX079999"), "蒙LK8216");
    assert_eq!(app.post("/api/v1/desk/deny/remove", OFFICER, elsewhere).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/api/v1/desk/deny", OFFICER).await.1["items"], json!([]));
}

/// PO-332: a policy with a member that there is not, or with a value out of its range, is refused and changes nothing.
#[tokio::test]
async fn a_policy_says_what_it_can() {
    let app = TestApp::open().await;
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    let lane = format!("/api/v1/admin/yards/{YARD}/lanes/0708-G02/OUT1");
    let (before, lane_before) = (app.get(&yard, ADMIN).await.1, app.get(&lane, ADMIN).await.1);
    let bare = json!({"gate_id": "0708-G02", "lane_id": "OUT1", "lane_direction": "OUT"});
    for (path, base, key, value) in [
        (&yard, json!({"customs_codes": ["0708"]}), "weight_tolerance", json!(5)),
        (&yard, json!({"customs_codes": ["0708"]}), "weight_tolerance_pct", json!(-1)),
        (&yard, json!({"customs_codes": ["0708"]}), "weight_tolerance_pct", json!(100.01)),
        (&yard, json!({"customs_codes": ["0708"]}), "max_index_age_h", json!(0)),
        (&yard, json!({"customs_codes": ["0708"]}), "max_binding_age_days", json!(0)),
        (&yard, json!({"customs_codes": ["0708"]}), "ic_key_form", json!("hex")),
        (&yard, json!({}), "customs_codes", json!([])),
        (&lane, bare.clone(), "colour", json!("red")),
        (&lane, bare.clone(), "pass_timeout_s", json!(0)),
        (&lane, bare.clone(), "collect_window_ms", json!(60_001)),
    ] {
        let mut policy = base;
        policy[key] = value;
        let (status, answer) = app.call(Method::PUT, path, ADMIN, policy).await;
        assert_eq!(
            (status, &answer["fields"][0]["path"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(key)),
            "{answer}"
        );
    }
    assert_eq!((app.get(&yard, ADMIN).await.1, app.get(&lane, ADMIN).await.1), (before, lane_before));
    assert_eq!(app.call(Method::PUT, &lane, ADMIN, bare).await.0, StatusCode::OK);
}
