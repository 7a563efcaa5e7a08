//! What a yard is told when customs areas come to it and go.

use axum::http::{Method, StatusCode};
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, CustomsCode, TripNo, UnifiedNo},
    rules::{CloseReason, TripStatus},
};
use sea_orm::Value;
use serde_json::json;

use super::Copy;
use crate::{
    binding::{
        index::{self, TripView},
        record::Record,
        store as binding,
    },
    gate_feed::upkeep,
    store::{Rows, column, one, plan},
    test_app::{ADMIN, TestApp, YARD, coal},
};

const AREA: &str = "0100";
/// Trips that left the port long ago.
const PAST: usize = 3000;
/// Trips that can be used: more than are published at once.
const USABLE: usize = 520;

/// A status, whether there is an approval, and ever was, why it was closed, and since when.
type Way = (TripStatus, bool, bool, Option<CloseReason>, UtcMillis);

/// Records of the area: years of what is over, some that can be used, and every other way a record can be, of now and of long ago.
fn records(sample: &Record, long_ago: UtcMillis) -> Vec<Record> {
    let just_now = UtcMillis::from_millis(long_ago.as_millis() + 1);
    let mut ways: Vec<Way> = vec![(TripStatus::LeftPort, true, true, None, long_ago); PAST];
    ways.extend(vec![(TripStatus::CustomsApproved, true, true, None, long_ago); USABLE]);
    for status in TripStatus::ALL {
        for (effective, approved) in [(false, false), (false, true), (true, true)] {
            for reason in [None, Some(CloseReason::DeleteOrder)] {
                ways.extend([long_ago, just_now].map(|since| (*status, effective, approved, reason, since)));
            }
        }
    }
    let card = CardNo::parse("8950000004821").unwrap();
    let record = |(serial, way): (u64, Way)| {
        let (status, effective, approved, close_reason, status_since) = way;
        let mut record = sample.clone();
        record.unified_no = UnifiedNo::from_parts(2024, serial).unwrap();
        record.trip_no = TripNo::from_parts(2024, 10, card, serial).unwrap();
        record.body.customs_code = CustomsCode::parse(AREA).unwrap();
        record.effective = effective.then(|| record.body.clone());
        record.effective_version_no = record.effective_version_no.filter(|_| effective);
        record.approved_at = record.approved_at.filter(|_| approved);
        (record.status, record.close_reason, record.status_since) = (status, close_reason, status_since);
        record
    };
    (1..).zip(ways).map(record).collect()
}

/// A centre that has these records of an area that feeds no yard yet, and how many of them are to be seen.
async fn with_records() -> (TestApp, usize) {
    let app = TestApp::open().await;
    let sample = app.approved(coal("蒙LK8216")).await;
    let store = app.central.store();
    let number = sample["unified_no"].as_str().unwrap();
    let sample = binding::find(store.read(), number).await.unwrap().unwrap();
    let long_ago = upkeep::long_ago(store.clock().now(), app.central.config().feed.stub_days);
    let records = records(&sample, long_ago);
    let tx = store.begin().await.unwrap();
    let mut rows = Rows::new(format!("{} ({})", binding::TABLE, binding::COLUMNS.join(", ")), "");
    records.iter().for_each(|record| rows.push(binding::row(record).unwrap()));
    rows.insert(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let seen = |record: &&Record| match index::of(record) {
        TripView::Absent => false,
        TripView::Stub { stub, brief } => !brief || stub.since > long_ago,
        TripView::Entry(_) => true,
    };
    (app, records.iter().filter(seen).count())
}

async fn feed(app: &TestApp, areas: &[&str]) {
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    let (status, answer) = app.call(Method::PUT, &yard, ADMIN, json!({"customs_codes": areas})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn logged(app: &TestApp) -> usize {
    let row = one(app.central.store().read(), "SELECT COUNT(*) AS number FROM change_log", []).await;
    usize::try_from(column::<i64>(&row.unwrap().unwrap(), "number").unwrap()).unwrap()
}

/// SG-206, fault C8: an area that comes to a yard, or goes, takes a revision for each record that gates see, and none for the years of those that
/// they do not; upkeep has nothing to take back then, and whoever follows has the index of whoever takes a snapshot.
#[tokio::test]
async fn an_area_takes_revisions_for_what_is_seen_and_not_for_its_past() {
    let (app, seen) = with_records().await;
    assert!((USABLE..USABLE + 150).contains(&seen), "{seen}");
    let without = Copy::snapshot(&app).await;
    let mut follower = without.clone();
    let (mut rows, mut revision, mut log) = (without.rows.len(), without.revision, logged(&app).await);
    for (areas, came) in [(&["0708", AREA][..], true), (&["0708"], false)] {
        feed(&app, areas).await;
        upkeep::once(app.central.store(), &app.central.config().feed).await.unwrap();
        let now = Copy::snapshot(&app).await;
        // One more is the policy itself.
        assert_eq!(now.revision, revision + u64::try_from(seen).unwrap() + 1, "came: {came}");
        assert_eq!(logged(&app).await, log + seen + 1);
        rows = if came { rows + seen } else { rows - seen };
        assert_eq!(now.rows.len(), rows);
        follower.catch_up(&app).await;
        assert_eq!(follower, now);
        (revision, log) = (now.revision, log + seen + 1);
    }
    let policy = "policy \"yard\" null null";
    let mut last = follower.rows;
    assert!(
        last.remove(policy).is_some()
            && without.rows.keys().all(|key| key == policy || last.contains_key(key))
    );
}

/// Fault C8: nothing that is not shown is read for it, and what is shown is found in an index, in its order.
#[tokio::test]
async fn what_an_area_shows_is_found_in_an_index() {
    let (app, seen) = with_records().await;
    let store = app.central.store();
    let area = CustomsCode::parse(AREA).unwrap();
    let long_ago = upkeep::long_ago(store.clock().now(), app.central.config().feed.stub_days);
    let mut read = 0;
    for status in TripStatus::ALL {
        let mut last = None;
        loop {
            let after = last.as_ref();
            let some = binding::shown_of_area(store.read(), &area, *status, long_ago, after, 100).await;
            let some = some.unwrap();
            read += some.len();
            last = some.into_iter().next_back();
            if last.is_none() {
                break;
            }
        }
        let mut values: Vec<Value> = vec![AREA.into(), status.code().into(), 1_i64.into()];
        let index = if *status == TripStatus::LeftPort {
            "smart_gate_record_waiting"
        } else {
            values.push(1_i64.into());
            "smart_gate_record_area_status"
        };
        values.extend(["x".into(), 100_i64.into()]);
        let plan = plan(store, binding::shown_of_area_sql(*status), values).await;
        assert!(plan.contains(index), "{status:?}\n{plan}");
    }
    // Of a few it is the document that says that they are not.
    assert!((seen..seen + 10).contains(&read), "{read} for {seen}");
}
