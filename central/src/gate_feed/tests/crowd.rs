//! Many at once.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::StatusCode;
use serde_json::json;

use super::Copy;
use crate::test_app::{DECLARANT, TestApp, coal, path};

/// SG-072, SG-073, SG-205: 16 writers; numbers are unique and leave nothing out, revisions rise in commit order without gaps.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_share_numbers_and_revisions() {
    const WRITERS: u64 = 16;
    const EACH: u64 = 6;
    let app = Arc::new(TestApp::open().await);
    let mut copy = Copy::snapshot(&app).await;
    let writer = async |app: Arc<TestApp>, writer: u64| {
        let mut serials = Vec::new();
        for n in 0..EACH {
            let record = app.save(coal(&format!("蒙LK{writer:02}{n:02}"))).await;
            let (status, _) = app.post(&(path(&record) + "/declare"), DECLARANT, json!({"version": 1})).await;
            assert_eq!(status, StatusCode::OK);
            let serial =
                |name: &str, from: usize| record[name].as_str().unwrap()[from..].parse::<u64>().unwrap();
            serials.push((serial("unified_no", 4), serial("trip_no", 19)));
        }
        serials
    };
    let tasks: Vec<_> = (0..WRITERS).map(|n| tokio::spawn(writer(Arc::clone(&app), n))).collect();
    let mut all = BTreeSet::new();
    for task in tasks {
        let serials = task.await.unwrap();
        assert!(serials.is_sorted(), "each writer's numbers rise");
        all.extend(serials);
    }
    let expected: BTreeSet<_> = (1..=WRITERS * EACH).map(|n| (n, n)).collect();
    assert_eq!(all, expected);
    copy.catch_up(&app).await;
    assert_eq!(copy, Copy::snapshot(&app).await);
}
