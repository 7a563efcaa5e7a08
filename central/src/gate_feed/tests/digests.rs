//! Whether a gate's index is the yard's: sums, rows, revisions, and who is turned away.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use protocols::contract::{
    DigestsAnswer, EventType, Hash, IndexPart, IndexRanges, IndexSums, KeyedDigest, LookAt, RowDigest,
    RowKind, RowSum, SnapshotHead, SnapshotRow, denied_key, policy_key,
};
use protocols::rules::LaneDirection;
use serde_json::{Value, json};

use super::{GATE, deny, feed::eventful_day};
use crate::{
    store::{Rows, execute},
    test_app::{OFFICER, TestApp, TestGate, YARD, coal},
};

/// What a gate holds.
#[derive(Clone, Debug)]
struct Held {
    revision: u64,
    mark: Option<Hash>,
    rows: BTreeMap<(RowKind, String), SnapshotRow>,
}

fn place(row: &SnapshotRow) -> (RowKind, String) {
    match row {
        SnapshotRow::Entry(entry) => (RowKind::Trip, entry.trip_no.to_string()),
        SnapshotRow::Stub(stub) => (RowKind::Trip, stub.trip_no.to_string()),
        SnapshotRow::Deny(denied) => (RowKind::Deny, denied_key(denied.medium_type, &denied.medium_key)),
        SnapshotRow::Policy(policy) => (RowKind::Policy, policy_key(policy)),
    }
}

impl Held {
    async fn fetched(app: &TestApp) -> Self {
        let (status, bytes) = app.call_raw(Method::GET, "/gate/v1/snapshot", GATE, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        let text = String::from_utf8(bytes).unwrap();
        let mut lines = text.lines();
        let head: SnapshotHead = serde_json::from_str(lines.next().unwrap()).unwrap();
        let rows = lines.filter_map(|line| serde_json::from_str::<SnapshotRow>(line).ok());
        let rows = rows.map(|row| (place(&row), row)).collect();
        Self { revision: head.revision, mark: head.mark, rows }
    }

    fn sums(&self) -> IndexSums {
        let trip = |row: &SnapshotRow| match row {
            SnapshotRow::Entry(entry) => Some(entry.trip_no),
            SnapshotRow::Stub(stub) => Some(stub.trip_no),
            SnapshotRow::Deny(_) | SnapshotRow::Policy(_) => None,
        };
        let mut ranges = IndexRanges::new(self.rows.values().filter_map(trip));
        let (mut denied, mut policy) = (RowSum::default(), RowSum::default());
        for row in self.rows.values() {
            let digest = RowDigest::of(row);
            match (row, trip(row)) {
                (_, Some(trip)) => ranges.add(&trip, digest),
                (SnapshotRow::Deny(_), _) => denied.add(digest),
                _ => policy.add(digest),
            }
        }
        IndexSums { trips: ranges.into_sums(), denied, policy }
    }

    fn asks(&self, sums: &IndexSums) -> Value {
        json!({"form": 1, "revision": self.revision, "mark": self.mark, "sums": sums})
    }

    fn part(&self, what: &LookAt) -> IndexPart {
        let mut part =
            IndexPart { kind: what.kind, after: what.after.clone(), to: what.to.clone(), rows: Vec::new() };
        let within = self.rows.iter().filter(|((kind, key), _)| *kind == what.kind && part.holds(key));
        let rows = within
            .map(|((_, key), row)| KeyedDigest { key: key.as_str().into(), digest: RowDigest::of(row) });
        part.rows = rows.collect();
        part
    }

    fn asks_of(&self, what: &LookAt) -> Value {
        json!({"form": 1, "revision": self.revision, "mark": self.mark, "part": self.part(what)})
    }

    /// Compares and puts right; how many rows were put and taken away.
    async fn settled(&mut self, app: &TestApp) -> (usize, usize) {
        let (mut put, mut gone) = (0, 0);
        for what in asked(app, self.asks(&self.sums())).await.look_at {
            let answer = asked(app, self.asks_of(&what)).await;
            assert!(!answer.stale && answer.revision == self.revision && answer.to.is_none());
            put += answer.rows.len();
            gone += answer.gone.len();
            self.rows.extend(answer.rows.into_iter().map(|row| (place(&row), row)));
            answer.gone.iter().for_each(|key| drop(self.rows.remove(&(what.kind, key.to_string())).unwrap()));
        }
        (put, gone)
    }
}

async fn ready() -> TestApp {
    let app = TestApp::open().await;
    assert_eq!(TestGate::new("0708-G02").hello(&app, "store-1").await.0, StatusCode::OK);
    app
}

async fn asked(app: &TestApp, body: Value) -> DigestsAnswer {
    let (status, answer) = app.post("/gate/v1/digests", GATE, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    serde_json::from_value(answer).unwrap()
}

async fn refused(app: &TestApp, body: Value) -> StatusCode {
    app.post("/gate/v1/digests", GATE, body).await.0
}

fn whole(kind: RowKind) -> LookAt {
    LookAt { kind, after: None, to: None }
}

/// Design section 4: whatever the feed has shown, a gate that has it has the same digests; so has one that was opened again.
#[tokio::test]
async fn what_the_feed_shows_has_the_same_digests() {
    let app = ready().await;
    let mut revisions = 0;
    eventful_day(&app, async |app| {
        let held = Held::fetched(app).await;
        let answer = asked(app, held.asks(&held.sums())).await;
        revisions += 1;
        // Sums of a revision before serve too, and leave out what has changed since.
        if answer.revision == held.revision {
            assert_eq!(answer.look_at, []);
        }
        for kind in [RowKind::Trip, RowKind::Deny, RowKind::Policy] {
            let answer = asked(app, held.asks_of(&whole(kind))).await;
            assert!(answer.rows.is_empty() && answer.gone.is_empty(), "{answer:?}");
        }
    })
    .await;
    assert!(revisions > 8);
    let held = Held::fetched(&app).await;
    let again = app.reopened().await;
    assert_eq!(
        asked(&again, held.asks(&held.sums())).await,
        DigestsAnswer { revision: held.revision, ..DigestsAnswer::default() }
    );
}

/// Design section 4: rows that were changed, lost and added are told row by row, entries, denied media and policy alike; put right, nothing differs.
#[tokio::test]
async fn what_differs_is_told_row_by_row() {
    let app = ready().await;
    for n in 0..6 {
        app.approved(coal(&format!("蒙LK821{n}"))).await;
    }
    for key in ["蒙LK8219", "蒙LK8218"] {
        let mut denied = deny(json!(YARD), key);
        denied["reason"] = json!("布控");
        assert_eq!(app.post("/api/v1/desk/deny", OFFICER, denied).await.0, StatusCode::CREATED);
    }
    let truth = Held::fetched(&app).await;
    let mut held = truth.clone();
    assert_eq!(held.settled(&app).await, (0, 0));
    let trips: Vec<_> = held.rows.keys().filter(|(kind, _)| *kind == RowKind::Trip).cloned().collect();
    let mut other = held.rows[&trips[0]].clone();
    if let SnapshotRow::Entry(entry) = &mut other {
        entry.entry_passed = true;
    }
    held.rows.insert(trips[0].clone(), other.clone());
    held.rows.remove(&trips[1]);
    if let SnapshotRow::Entry(entry) = &mut other {
        entry.trip_no = "20251089500000048210000000099999".parse().unwrap();
    }
    held.rows.insert(place(&other), other);
    held.rows.retain(|(kind, key), _| *kind != RowKind::Deny || key != "VN 蒙LK8219");
    held.rows.retain(|(kind, key), _| *kind != RowKind::Policy || key == "yard");
    assert_eq!(held.settled(&app).await, (4, 1));
    assert_eq!(held.rows, truth.rows);
    assert_eq!(held.settled(&app).await, (0, 0));
}

/// Design section 4: of another revision nothing is said but what may have changed; a part of another revision is stale; a past that is not this yard's is 410.
#[tokio::test]
async fn nothing_is_said_of_another_revision() {
    let app = ready().await;
    app.approved(coal("蒙LK8210")).await;
    let before = Held::fetched(&app).await;
    assert_eq!(asked(&app, before.asks(&before.sums())).await.look_at, []);
    app.approved(coal("蒙LK8211")).await;
    let after = Held::fetched(&app).await;
    let told = asked(&app, before.asks(&before.sums())).await;
    assert!(!told.stale && told.rows.is_empty(), "{told:?}");
    // The sums that are kept are those of the revision before: both trips lie in one range, and that is looked at.
    let told = asked(&app, after.asks(&after.sums())).await;
    assert_eq!((told.revision, told.look_at), (before.revision, vec![whole(RowKind::Trip)]));
    let stale = asked(&app, before.asks_of(&whole(RowKind::Trip))).await;
    assert_eq!(stale, DigestsAnswer { revision: after.revision, stale: true, ..DigestsAnswer::default() });
    let other = Held { mark: Some(Hash([7; 32])), ..after.clone() };
    let ahead = Held { revision: after.revision + 1, ..after.clone() };
    for held in [other, ahead] {
        assert_eq!(refused(&app, held.asks(&held.sums())).await, StatusCode::GONE);
        assert_eq!(refused(&app, held.asks_of(&whole(RowKind::Trip))).await, StatusCode::GONE);
    }
}

/// `contract` section 3: before the first hello nobody is told anything; what is no question is refused with its reason.
#[tokio::test]
async fn what_is_no_question_is_refused() {
    let app = TestApp::open().await;
    let held = Held::fetched(&app).await;
    let (good, part) = (held.asks(&held.sums()), held.asks_of(&whole(RowKind::Policy)));
    assert_eq!(refused(&app, good.clone()).await, StatusCode::CONFLICT);
    TestGate::new("0708-G02").hello(&app, "store-1").await;
    assert_eq!(refused(&app, good.clone()).await, StatusCode::OK);
    let with = |place: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(place).unwrap() = value;
        body
    };
    let both = json!({"form": 1, "revision": held.revision, "sums": good["sums"], "part": part["part"]});
    let row = json!({"key": "yard", "digest": "0".repeat(32)});
    let long =
        json!({"form": 1, "revision": held.revision, "part": {"kind": "policy", "rows": vec![row; 1001]}});
    for (body, status) in [
        (with("/form", json!(2)), StatusCode::UNPROCESSABLE_ENTITY),
        (with("/sums/trips", json!([])), StatusCode::UNPROCESSABLE_ENTITY),
        (with("/sums/denied/digest", json!("AB")), StatusCode::UNPROCESSABLE_ENTITY),
        (with("/sums", Value::Null), StatusCode::UNPROCESSABLE_ENTITY),
        (with("/revision", json!(u64::MAX)), StatusCode::GONE),
        (both, StatusCode::UNPROCESSABLE_ENTITY),
        (long, StatusCode::PAYLOAD_TOO_LARGE),
        (
            json!({"form": 1, "revision": 0, "more": "x".repeat(2 * 1024 * 1024)}),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let (answer, told) = app.post("/gate/v1/digests", GATE, body).await;
        assert_eq!(answer, status, "{told}");
    }
}

/// Fault C8: a yard is read once for all who ask within the hour, a row that went bad past the service is found by the next reading; while snapshots take all places
/// nobody reads, and whoever asks is told to come back.
#[tokio::test]
async fn a_yard_is_read_once_for_all() {
    let app = ready().await;
    app.approved(coal("蒙LK8210")).await;
    let held = Held::fetched(&app).await;
    assert_eq!(asked(&app, held.asks(&held.sums())).await.look_at, []);
    let tx = app.central.store().begin().await.unwrap();
    execute(tx.conn(), "DELETE FROM index_row WHERE kind = 'entry'", []).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(asked(&app, held.asks(&held.sums())).await.look_at, [], "read before");
    app.central.store().clock().advance(3600 * 1000);
    let places = [app.central.snapshot_place(), app.central.snapshot_place()];
    let response = app.respond(Method::POST, "/gate/v1/digests", GATE, held.asks(&held.sums())).await;
    assert_eq!(
        (response.status(), response.headers().contains_key("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    drop(places);
    assert_eq!(asked(&app, held.asks(&held.sums())).await.look_at, [whole(RowKind::Trip)]);
    assert_eq!(asked(&app, held.asks_of(&whole(RowKind::Trip))).await.gone.len(), 1);
}

/// Design section 4: a gate that has lost thousands of rows gets them in bounded answers, each once.
#[tokio::test]
async fn a_large_part_comes_in_pieces() {
    let app = ready().await;
    let trip = |serial: u32| format!("2025108950000004821{serial:013}");
    let mut rows = Rows::new("index_row (yard_id, kind, medium_type, medium_key, name, body)", "");
    for serial in 1..=4500 {
        let stub = json!({"medium_type": "VN", "medium_key": format!("蒙L{serial:05}"), "trip_no": trip(serial), "status": "SENT", "since": "2025-10-13T04:00:00.000Z"});
        rows.push([
            YARD.into(),
            "stub".into(),
            "VN".into(),
            format!("蒙L{serial:05}").into(),
            trip(serial).into(),
            stub.to_string().into(),
        ]);
    }
    let tx = app.central.store().begin().await.unwrap();
    rows.insert(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let mut held = Held::fetched(&app).await;
    assert_eq!(held.rows.keys().filter(|(kind, _)| *kind == RowKind::Trip).count(), 4500);
    assert_eq!(asked(&app, held.asks(&held.sums())).await.look_at, []);
    held.rows.retain(|(kind, _), _| *kind != RowKind::Trip);
    let (mut what, mut pieces, mut seen) = (whole(RowKind::Trip), Vec::new(), Vec::new());
    loop {
        let answer = asked(&app, held.asks_of(&what)).await;
        pieces.push(answer.rows.len());
        seen.extend(answer.rows.iter().map(|row| place(row).1));
        what.after = answer.to;
        if what.after.is_none() {
            break;
        }
    }
    assert_eq!(pieces, [2000, 2000, 500]);
    assert_eq!(seen, (1..=4500).map(trip).collect::<Vec<_>>());
    let plan = crate::store::plan(
        app.central.store(),
        "SELECT kind, body FROM index_row WHERE yard_id = 'x' AND name > 'a' AND name <= 'b' AND kind IN ('entry', 'stub') ORDER BY name LIMIT 2001",
        [],
    )
    .await;
    assert!(plan.contains("index_row_name"), "{plan}");
}

/// Design section 4: what a gate has put right raises an alert with its counts.
#[tokio::test]
async fn what_a_gate_has_put_right_is_raised() {
    let app = TestApp::open().await;
    let mut gate = TestGate::new("0708-G02");
    gate.hello(&app, "store-1").await;
    let mut event = gate.event(EventType::IndexRepaired, LaneDirection::In, "v1", None);
    event.detail =
        Some(json!({"replaced": 3, "removed": 2, "denials_kept": 1, "unsettled": 0, "snapshot": false}));
    let batch = vec![gate.sealed(event)];
    assert_eq!(gate.send(&app, batch).await.0, StatusCode::OK);
    let (_, told) = app.get("/api/v1/alerts", OFFICER).await;
    let alert = &told["items"][0];
    assert_eq!(alert["code"], "index_differed");
    assert_eq!(
        alert["text"],
        "the gate's index differed from the centre's: 3 rows replaced, 2 removed, 1 denials kept"
    );
    assert_eq!(alert["text_zh"], "卡口索引与中心不一致：已更正 3 条，删除 2 条，保留黑名单 1 条");
}
