//! The gate's side of the centre, through the real router.
//! `feed`: snapshot, changes, deny list, policy · `areas`: whose records a yard shows · `mark`: whose past an index is · `limits`: how much a gate may send at once · `slow`: gates that do not take what they have asked for · `events`: hello and the intake's answers · `trip`: what one declaration serves for · `crowd`: many at once · `digests`: whether a gate's index is the yard's.

mod areas;
mod crowd;
mod digests;
mod events;
mod feed;
mod limits;
mod mark;
mod slow;
mod trip;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use protocols::contract::{Change, ChangeOp, Changes, SnapshotHead, SnapshotRow, SnapshotTail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::test_app::TestApp;

const GATE: &str = "gate-token-0708-G02";

/// A gate's copy of the index: the rows as JSON, by what they are about.
#[derive(Clone, Debug, PartialEq)]
struct Copy {
    revision: u64,
    rows: BTreeMap<String, Value>,
}

impl Copy {
    /// Takes a snapshot, and checks its head and tail.
    async fn snapshot(app: &TestApp) -> Self {
        let (status, bytes) = app.call_raw(Method::GET, "/gate/v1/snapshot", GATE, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        let text = String::from_utf8(bytes).unwrap();
        let (body, tail) = text.trim_end().rsplit_once('\n').unwrap();
        let tail: SnapshotTail = serde_json::from_str(tail).unwrap();
        assert_eq!(tail.sha256.0, <[u8; 32]>::from(Sha256::digest(format!("{body}\n"))));
        let mut lines = body.lines();
        let head: SnapshotHead = serde_json::from_str(lines.next().unwrap()).unwrap();
        let mut copy = Self { revision: head.revision, rows: BTreeMap::new() };
        let (mut entries, mut stubs, mut denied, mut order) = (0, 0, 0, Vec::new());
        for line in lines {
            let op = match serde_json::from_str(line).unwrap() {
                SnapshotRow::Entry(entry) => {
                    entries += 1;
                    order.push((entry.medium_type.as_str(), entry.medium_key.to_string()));
                    ChangeOp::Upsert(entry)
                }
                SnapshotRow::Stub(stub) => {
                    stubs += 1;
                    ChangeOp::Stub(stub)
                }
                SnapshotRow::Deny(row) => {
                    denied += 1;
                    ChangeOp::Deny(row)
                }
                SnapshotRow::Policy(row) => ChangeOp::Policy(row),
            };
            copy.apply(op);
        }
        assert_eq!((head.entries, head.stubs, head.denied), (entries, stubs, denied));
        assert!(order.is_sorted(), "entries are sorted by medium: {order:?}");
        copy
    }

    fn apply(&mut self, op: ChangeOp) {
        let value = serde_json::to_value(&op).unwrap();
        let key = match &op {
            ChangeOp::Upsert(entry) => entry.trip_no.to_string(),
            ChangeOp::Stub(stub) => stub.trip_no.to_string(),
            ChangeOp::Remove { trip_no } => return drop(self.rows.remove(trip_no.as_str())),
            ChangeOp::Deny(denied) => format!("deny {} {}", denied.medium_type, denied.medium_key),
            ChangeOp::Allow { medium_type, medium_key, .. } => {
                return drop(self.rows.remove(&format!("deny {medium_type} {medium_key}")));
            }
            ChangeOp::Policy(_) => {
                format!("policy {} {} {}", value["scope"], value["gate_id"], value["lane_id"])
            }
        };
        self.rows.insert(key, value);
    }

    /// Takes the changes after its revision until there are no more.
    async fn catch_up(&mut self, app: &TestApp) {
        loop {
            let changes = changes(app, self.revision).await;
            assert_eq!(changes.from, self.revision);
            for Change { rev, op } in changes.changes {
                assert_eq!(rev, self.revision + 1, "revisions have no gaps");
                self.revision = rev;
                self.apply(op);
            }
            assert_eq!(changes.to, self.revision);
            if !changes.more {
                return;
            }
        }
    }
}

async fn changes(app: &TestApp, after: u64) -> Changes {
    let (status, answer) = app.get(&format!("/gate/v1/changes?after={after}"), GATE).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    serde_json::from_value(answer).unwrap()
}

fn deny(yard: Value, key: &str) -> Value {
    json!({"yard_id": yard, "medium_type": "VN", "medium_key": key})
}
