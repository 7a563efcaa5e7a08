//! Change orders, delete orders, and what becomes of versions.

use axum::http::{Method, StatusCode};
use protocols::{contract::EventType, rules::LaneDirection};

use super::{
    super::{CustomsAreas, import, index, index::TripView, lifecycle::Action, store},
    *,
};
use crate::{
    binding::Record,
    desk,
    test_app::{DECLARANT, OFFICER, TestApp, TestGate, coal, path, trip_no},
};

async fn stored(app: &TestApp, record: &Value) -> Record {
    store::find(app.central.store().read(), record["unified_no"].as_str().unwrap()).await.unwrap().unwrap()
}

/// Sends the content of an example to a path of a record, with its present version.
async fn send(app: &TestApp, record: &Value, act: &str, mut body: Value) -> (StatusCode, Value) {
    let token = token_of(record);
    body["version"] = app.get(&path(record), &token).await.1["version"].clone();
    match act {
        "declare" | "delete-order" => app.act(&token, &path(record), act, body).await,
        _ => app.post(&format!("{}/{act}", path(record)), &token, body).await,
    }
}

/// Customs' and the centre's part of an approval, whosever record it is.
async fn answered(app: &TestApp, record: &Value) {
    let number = record["unified_no"].as_str().unwrap();
    for action in [Action::Deliver, Action::Approve] {
        let status = stored(app, record).await.status;
        assert!(desk::act(app.central.store(), number, status, action).await.unwrap());
    }
}

async fn approved(app: &TestApp, case: &str) -> Value {
    let (status, record) =
        app.post("/api/v1/smart-gate/records", &token_of(&valid(case)), as_sent(&valid(case))).await;
    assert_eq!(status, StatusCode::CREATED, "{record}");
    assert_eq!(send(app, &record, "declare", json!({})).await.0, StatusCode::OK);
    answered(app, &record).await;
    record
}

fn example(case: &str) -> Value {
    let found =
        lines_of(include_str!("../golden/versions.jsonl")).into_iter().find(|line| line["case"] == case);
    found.unwrap()["record"].clone()
}

/// The record is that of the example, but for its numbers and its day.
async fn is_as(app: &TestApp, record: &Value, case: &str) {
    let (_, seen) = app.get(&path(record), &token_of(record)).await;
    for (name, value) in example(case).as_object().unwrap() {
        if !["unified_no", "trip_no", "entry_date"].contains(&name.as_str()) {
            assert_eq!(&seen[name], value, "{case} {name}");
        }
    }
    for name in ["unified_no", "trip_no", "entry_date"] {
        assert_eq!(seen[name], record[name], "SG-194: {name} stays");
    }
}

/// SG-147, SG-178, SG-191, SG-192, SG-193, SG-194, SG-212; SG-267, V11: a change is a version of its own over the one that the gates go
/// by, and what it changes stands beside what holds.
#[tokio::test]
async fn a_change_is_a_version_over_the_approved_one() {
    let app = TestApp::open().await;
    let record = approved(&app, "V03").await;
    let mut changed = as_sent(&example("V11"));
    let (status, answer) = send(&app, &record, "change", changed.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    is_as(&app, &record, "V11").await;
    let (_, seen) = app.get(&path(&record), &token_of(&record)).await;
    assert_eq!(seen["effective"]["trailer_weight_kg"], 6300);
    assert_eq!(
        seen["changes"],
        json!([{"path": "remark", "from": null, "to": "换车,更换挂车"}, {"path": "trailer_weight_kg", "from": 6300, "to": 6550}])
    );
    let TripView::Entry(entry) = index::of(&stored(&app, &record).await) else { panic!("an entry stays") };
    assert_eq!((entry.version_no, json!(entry.trailer_weight_kg)), (1, json!(6300)));
    changed["version"] = seen["version"].clone();
    changed["trailer_weight_kg"] = json!(6600);
    let (status, answer) = app.call(Method::PUT, &path(&record), &token_of(&record), changed).await;
    assert_eq!(
        (status, &answer["version_no"]),
        (StatusCode::OK, &json!(2)),
        "a draft is saved as often as wanted"
    );
    assert_eq!(send(&app, &record, "declare", json!({})).await.0, StatusCode::OK);
    answered(&app, &record).await;
    let TripView::Entry(entry) = index::of(&stored(&app, &record).await) else { panic!("an entry stays") };
    assert_eq!((entry.version_no, json!(entry.trailer_weight_kg)), (2, json!(6600)));
    let (_, versions) = app.get(&(path(&record) + "/versions"), &token_of(&record)).await;
    let told: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["version_no"].as_u64().unwrap(),
                row["state"].as_str().unwrap(),
                &row["content"]["trailer_weight_kg"],
            )
        })
        .collect();
    assert_eq!(told, [(1, "SUPERSEDED", &json!(6300)), (2, "EFFECTIVE", &json!(6600))]);
}

/// SG-145, SG-179, SG-180, SG-188, SG-191, SG-217; SG-267, V12: an approved delete order closes the record without a vehicle.
#[tokio::test]
async fn an_approved_delete_order_takes_the_record_out() {
    let app = TestApp::open().await;
    let record = approved(&app, "V01").await;
    let (status, answer) = send(&app, &record, "delete-order", json!({})).await;
    assert_eq!(
        (status, &answer["change_kind"], &answer["status"]),
        (StatusCode::OK, &json!("DELETE"), &json!("DECLARED"))
    );
    assert!(matches!(index::of(&stored(&app, &record).await), TripView::Entry(_)), "SG-212");
    answered(&app, &record).await;
    is_as(&app, &record, "V12").await;
    let TripView::Stub { stub, .. } = index::of(&stored(&app, &record).await) else {
        panic!("never matched")
    };
    assert_eq!(json!(stub.reason_code), "withdrawn");
    let areas = CustomsAreas::embedded();
    for case in ["V11", "V12"] {
        assert!(import::check(&example(case), &areas).is_ok(), "{case}");
    }
}

/// SG-149, O13: a change keeps its customs area, and says so beside every other fault.
#[tokio::test]
async fn a_change_keeps_its_customs_area() {
    let app = TestApp::open().await;
    let record = approved(&app, "V03").await;
    let mut changed = as_sent(&example("V11"));
    changed["customs_code"] = json!("4258");
    changed["trailer_weight_kg"] = json!(-1);
    let (status, answer) = send(&app, &record, "change", changed.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rules_in(&answer["fields"]), ["SG-149", "SG-075"], "{answer}");
    changed["trailer_weight_kg"] = json!(6550);
    assert_eq!(rules_in(&send(&app, &record, "change", changed.clone()).await.1["fields"]), ["SG-149"]);
    changed["customs_code"] = json!("4227");
    assert_eq!(send(&app, &record, "change", changed.clone()).await.0, StatusCode::OK);
    changed["customs_code"] = json!("4258");
    changed["version"] = app.get(&path(&record), &token_of(&record)).await.1["version"].clone();
    let (_, answer) = app.call(Method::PUT, &path(&record), &token_of(&record), changed).await;
    assert_eq!(rules_in(&answer["fields"]), ["SG-149"], "nor does a later save of it move");
}

async fn change(app: &TestApp, record: &Value) {
    let mut content = coal("蒙LK8216");
    content["remark"] = json!("改");
    content["version"] = app.show(record).await["version"].clone();
    let (status, answer) = app.post(&(path(record) + "/change"), DECLARANT, content).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn receipts(app: &TestApp, record: &Value) -> Vec<Value> {
    let (_, answer) = app.get(&(path(record) + "/receipts"), DECLARANT).await;
    answer["items"].as_array().unwrap().clone()
}

/// SG-072, SG-196, SG-201: a change that is given up leaves the approval as it was; its number is not given to another version, and its
/// content can be looked at.
#[tokio::test]
async fn a_change_that_is_given_up_costs_nothing() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    change(&app, &record).await;
    let seen = app.show(&record).await;
    let delete = format!("{}?version={}", path(&record), seen["version"]);
    assert_eq!(app.call(Method::DELETE, &delete, DECLARANT, Value::Null).await.0, StatusCode::NO_CONTENT);
    let seen = app.show(&record).await;
    assert_eq!(
        (&seen["status"], &seen["version_no"], &seen["change_kind"], &seen["remark"]),
        (&json!("CUSTOMS_APPROVED"), &json!(1), &json!("NEW"), &json!("长协煤"))
    );
    assert!(seen["effective"].is_null() && seen["changes"].is_null());
    assert_eq!(receipts(&app, &record).await[0]["version_no"], 2, "the receipt names what was given up");
    change(&app, &record).await;
    assert_eq!(app.show(&record).await["version_no"], 3);
    let (_, versions) = app.get(&(path(&record) + "/versions"), DECLARANT).await;
    let told: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["version_no"],
                row["change_kind"].as_str().unwrap(),
                row["state"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(told, ["2 CHANGE GIVEN_UP", "1 NEW EFFECTIVE", "3 CHANGE OPEN"]);
    assert_eq!(versions["items"][2]["changes"], json!([{"path": "remark", "from": "长协煤", "to": "改"}]));
}

/// SG-182, SG-183, SG-197, SG-198, SG-265: a vehicle or a hold ends the open version: a declared one is answered, of a draft the person is
/// told; the record follows, by the version that customs approved.
#[tokio::test]
async fn a_lock_ends_the_open_version() {
    for (declared, by_gate) in [(false, true), (true, true), (false, false), (true, false)] {
        let app = TestApp::open().await;
        let mut gate = TestGate::new("0708-G02");
        gate.hello(&app, "store-1").await;
        let record = app.approved(coal("蒙LK8216")).await;
        change(&app, &record).await;
        if declared {
            app.declare(&record).await;
            app.centre_acts(&record, Action::Deliver).await;
        }
        if by_gate {
            let batch = vec![gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&record)))];
            assert_eq!(gate.send(&app, batch).await.0, StatusCode::OK);
        } else {
            assert_eq!(app.officer(&record, "hold").await.0, StatusCode::OK);
        }
        let seen = app.show(&record).await;
        assert_eq!(
            (&seen["status"], &seen["version_no"], &seen["remark"]),
            (&json!("LOCKED"), &json!(1), &json!("长协煤"))
        );
        let offered = seen["actions"].as_array().unwrap();
        for act in ["save", "change", "delete", "delete-order", "declare"] {
            assert!(!offered.contains(&json!(act)), "SG-198: {act}");
        }
        let receipts = receipts(&app, &record).await;
        let [lock, ended] = [&receipts[0], &receipts[1]];
        assert_eq!((&lock["to"], &lock["version_no"]), (&json!("LOCKED"), &json!(1)));
        assert_eq!(ended["version_no"], 2);
        if declared {
            assert_eq!(
                (&ended["from"], &ended["to"], &lock["from"]),
                (&json!("SENT"), &json!("REJECTED"), &json!("REJECTED"))
            );
            assert_eq!(ended["text"], "车次已使用，不再受理变更或删单");
        } else {
            assert_eq!((&ended["kind"], &ended["from"]), (&json!("notice"), &json!("SAVED")));
            assert!(ended["text"].as_str().unwrap().contains("车次已使用"));
        }
        let (_, versions) = app.get(&(path(&record) + "/versions"), DECLARANT).await;
        assert_eq!(
            (&versions["items"][0]["state"], &versions["items"][0]["content"]["remark"]),
            (&json!("OVERTAKEN"), &json!("改"))
        );
    }
}

/// SG-250: a pass that was judged by a version that is no longer in force is taken as fact and raised; so is one over a change, which it ends.
#[tokio::test]
async fn a_late_pass_by_an_older_version_is_raised() {
    for in_force in [true, false] {
        let app = TestApp::open().await;
        let mut gate = TestGate::new("0708-G02");
        gate.hello(&app, "store-1").await;
        let record = app.approved(coal("蒙LK8216")).await;
        change(&app, &record).await;
        if in_force {
            app.declare(&record).await;
            app.centre_acts(&record, Action::Deliver).await;
            app.officer(&record, "approve").await;
        }
        let batch = [EventType::Match, EventType::Pass]
            .map(|kind| gate.write(kind, LaneDirection::In, "v1", Some(trip_no(&record))));
        gate.send(&app, batch.into()).await;
        let seen = app.show(&record).await;
        assert_eq!((&seen["status"], &seen["entry_passed"]), (&json!("LOCKED"), &json!(true)));
        let (_, alerts) = app.get("/api/v1/alerts", OFFICER).await;
        let codes: Vec<_> =
            alerts["items"].as_array().unwrap().iter().map(|row| row["code"].clone()).collect();
        assert_eq!(
            codes,
            if in_force { vec![json!("late_fact")] } else { vec![] },
            "a version that never was in force is no surprise"
        );
    }
}

/// SG-107, SG-212: under the yard's setting an approval counts as a usable record also while a change over it is open.
#[tokio::test]
async fn an_approval_under_a_change_counts_for_its_medium() {
    let app = TestApp::open().await;
    let policy = format!("/api/v1/admin/yards/{}/policy", crate::test_app::YARD);
    let (_, mut row) = app.get(&policy, crate::test_app::ADMIN).await;
    row["one_open_record_per_medium"] = json!(true);
    assert_eq!(app.call(Method::PUT, &policy, crate::test_app::ADMIN, row).await.0, StatusCode::OK);
    let record = app.approved(coal("蒙LK8216")).await;
    let mut content = coal("蒙LK9999");
    content["version"] = app.show(&record).await["version"].clone();
    assert_eq!(app.post(&(path(&record) + "/change"), DECLARANT, content).await.0, StatusCode::OK);
    for (medium, status) in [("蒙LK8216", StatusCode::UNPROCESSABLE_ENTITY), ("蒙LK9999", StatusCode::OK)] {
        let other = app.save(coal(medium)).await;
        let (answer, problem) = app.act(DECLARANT, &path(&other), "declare", Value::Null).await;
        assert_eq!(answer, status, "{medium}: {problem}");
    }
}

/// SG-021, SG-172: a delete order that did not reach customs is declared again as it was, or given up, and nothing else.
#[tokio::test]
async fn an_undelivered_delete_order_has_two_ways_on() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    app.act(DECLARANT, &path(&record), "delete-order", Value::Null).await;
    app.centre_acts(&record, Action::FailDelivery).await;
    let seen = app.show(&record).await;
    assert_eq!(seen["actions"], json!(["view", "declare", "delete", "copy", "receipts", "slip"]));
    app.declare(&record).await;
    let again = app.show(&record).await;
    assert_eq!(
        (&again["version_no"], &again["change_kind"], &again["trip_no"]),
        (&json!(2), &json!("DELETE"), &seen["trip_no"])
    );
}
