//! Whether an index that a gate has is of this centre's past.

use axum::http::{Method, StatusCode};
use protocols::contract::{Hash, SnapshotHead};
use serde_json::{Value, json};

use super::{super::upkeep, GATE, changes};
use crate::{
    config::FeedConfig,
    store::execute,
    test_app::{TestApp, coal},
};

/// What a hello says of an index.
async fn knows(app: &TestApp, revision: u64, mark: &str) -> Value {
    let index = json!({"revision": revision, "mark": mark});
    let hello = json!({"gate_id": "0708-G02", "store_id": "s1", "version": "0.1.0", "index": index});
    let (status, answer) = app.post("/gate/v1/hello", GATE, hello).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["knows_index"].clone()
}

async fn follows(app: &TestApp, revision: u64, mark: &str) -> StatusCode {
    app.get(&format!("/gate/v1/changes?after={revision}&mark={mark}"), GATE).await.0
}

async fn head(app: &TestApp) -> SnapshotHead {
    let (_, bytes) = app.call_raw(Method::GET, "/gate/v1/snapshot", GATE, Value::Null).await;
    serde_json::from_str(String::from_utf8(bytes).unwrap().lines().next().unwrap()).unwrap()
}

/// Fault C7: the mark that snapshot and changes tell is known again, by changes and by a hello; another one is refused by both. Marks outlive
/// the changes that they are of.
#[tokio::test]
async fn a_mark_is_known_again_and_another_is_not() {
    let app = TestApp::open().await;
    app.approved(coal("蒙LK8210")).await;
    let first = head(&app).await;
    for n in 1..4 {
        app.approved(coal(&format!("蒙LK821{n}"))).await;
    }
    let last = head(&app).await;
    assert_eq!(changes(&app, last.revision).await.mark, last.mark);
    let mut page = changes(&app, first.revision).await;
    while page.more {
        page = changes(&app, page.to).await;
    }
    assert_eq!((page.to, page.mark), (last.revision, last.mark));
    assert_ne!(first.mark, last.mark);
    let other = Hash([7; 32]).to_string();
    for head in [&first, &last] {
        let mark = head.mark.unwrap().to_string();
        assert_eq!(knows(&app, head.revision, &mark).await, json!(true));
        assert_eq!(knows(&app, head.revision, &other).await, json!(false));
        assert_eq!(follows(&app, head.revision, &mark).await, StatusCode::OK);
        assert_eq!(follows(&app, head.revision, &other).await, StatusCode::GONE);
    }
    let config = FeedConfig { keep_changes: 2, ..FeedConfig::default() };
    upkeep::once(app.central.store(), &config).await.unwrap();
    let mark = first.mark.unwrap().to_string();
    assert_eq!(follows(&app, first.revision, &mark).await, StatusCode::GONE, "its changes are gone");
    assert_eq!(knows(&app, first.revision, &mark).await, json!(true));
    assert_eq!(knows(&app, first.revision, &other).await, json!(false));
    upkeep::once(app.central.store(), &config).await.unwrap();
}

/// Fault C7: revisions from before marks were kept, and revisions that are yet to come, are no reason for doubt; a mark that is none is refused.
#[tokio::test]
async fn what_nobody_can_tell_is_not_doubted() {
    let app = TestApp::open().await;
    app.approved(coal("蒙LK8210")).await;
    let last = head(&app).await;
    let tx = app.central.store().begin().await.unwrap();
    execute(tx.conn(), "UPDATE change_log SET mark = ''", []).await.unwrap();
    tx.commit().await.unwrap();
    let other = Hash([7; 32]).to_string();
    assert_eq!(head(&app).await.mark, None);
    assert_eq!(changes(&app, last.revision).await.mark, None);
    assert_eq!(knows(&app, last.revision, &other).await, Value::Null);
    assert_eq!(knows(&app, last.revision + 1, &other).await, Value::Null);
    assert_eq!(follows(&app, last.revision, &other).await, StatusCode::OK);
    app.approved(coal("蒙LK8211")).await;
    assert!(head(&app).await.mark.is_some(), "the chain begins anew");
    assert_eq!(follows(&app, last.revision, "7").await, StatusCode::BAD_REQUEST);
}
