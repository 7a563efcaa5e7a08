//! How much a gate may send at once.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::GATE;
use crate::{
    gate_feed::{
        hello::{MOST_HELLO_BYTES, MOST_STATUS_BYTES},
        intake,
    },
    test_app::TestApp,
};

fn hello() -> Value {
    let index = json!({"revision": i64::MAX, "mark": "f".repeat(64)});
    json!({"gate_id": "0708-G02", "store_id": "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11", "version": "1".repeat(200), "index": index})
}

/// A gate with more lanes than any, of which nothing answers.
fn status() -> Value {
    let faults: Vec<_> = (10..22).map(|n| format!("{}{n}", "秤".repeat(40))).collect();
    let lane = |n: u32| {
        json!({"lane_id": format!("LANE-{n:011}"), "state": "collecting", "visit_id": format!("{n:032}"), "verdict": "M",
               "reason_code": "weight_out_of_tolerance", "faults": faults})
    };
    let health = json!({"backlog": i64::MAX, "clock_offset_ms": i64::MIN, "journal": "unavailable", "journal_error": "x".repeat(1000),
                        "disk_free_mb": i64::MAX, "disk_total_mb": i64::MAX});
    json!({"gate_id": "0708-G02", "at": "2025-10-13T03:26:03.000Z", "head": {"epoch": i32::MAX, "seq": i64::MAX}, "index_revision": i64::MAX,
           "index_age_s": i64::MAX, "lanes": (0..100).map(lane).collect::<Vec<_>>(), "health": health})
}

/// So long, by a member that nobody knows.
fn as_long_as(mut body: Value, bytes: usize) -> Value {
    body["more"] = json!("");
    let more = bytes - body.to_string().len();
    body["more"] = json!("x".repeat(more));
    assert_eq!(body.to_string().len(), bytes);
    body
}

/// Invariant I6: what a gate can mean is taken, with room for what a later agent says; what is longer is refused before the rest of it is held, and told in the
/// form of all refusals.
#[tokio::test]
async fn what_a_gate_can_mean_is_taken_and_no_more() {
    let app = TestApp::open().await;
    for (path, body, most, taken) in [
        ("/gate/v1/hello", hello(), MOST_HELLO_BYTES, StatusCode::OK),
        ("/gate/v1/status", status(), MOST_STATUS_BYTES, StatusCode::NO_CONTENT),
    ] {
        for body in [body.clone(), as_long_as(body.clone(), most)] {
            let (status, answer) = app.post(path, GATE, body).await;
            assert_eq!(status, taken, "{path}: {answer}");
        }
        let (status, answer) = app.post(path, GATE, as_long_as(body, most + 1)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert!(answer["code"].is_string() && answer["request_id"].is_string(), "{answer}");
    }
}

/// Invariant I1: one event alone may be longer than the batches that gates make: it is taken, and its journal goes on after it.
#[tokio::test]
async fn one_event_may_be_longer_than_a_batch_is_made() {
    let app = TestApp::open().await;
    app.post("/gate/v1/hello", GATE, hello()).await;
    let batch = json!({"gate_id": "0708-G02", "epoch": 1, "events": [{"seq": 7}]});
    for (bytes, refused) in
        [(intake::MOST_BYTES, StatusCode::CONFLICT), (intake::MOST_BYTES + 1, StatusCode::PAYLOAD_TOO_LARGE)]
    {
        let (status, answer) = app.post("/gate/v1/events", GATE, as_long_as(batch.clone(), bytes)).await;
        assert_eq!(status, refused, "{answer}");
    }
}
