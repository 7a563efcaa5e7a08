//! Many at once who want the same record, or the same medium, at two processes that share one database.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::test_app::{ADMIN, DECLARANT, TestApp, YARD, coal, path};

const WRITERS: usize = 16;

/// Sixteen calls at once, half of them at another process; their answers.
async fn at_once(
    apps: &[Arc<TestApp>; 2],
    call: impl Fn(usize) -> (Method, String, Value),
) -> Vec<(StatusCode, Value)> {
    let mut calls = JoinSet::new();
    for n in 0..WRITERS {
        let (app, (method, path, body)) = (Arc::clone(&apps[n % 2]), call(n));
        calls.spawn(async move { app.call(method, &path, DECLARANT, body).await });
    }
    calls.join_all().await
}

async fn two() -> [Arc<TestApp>; 2] {
    let app = TestApp::open().await;
    let beside = app.reopened().await;
    [Arc::new(app), Arc::new(beside)]
}

/// SG-151, PO-333: of sixteen who change one version of a record one wins; the others are told that it has moved on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_changes_of_one_version_one_is_taken() {
    let apps = two().await;
    let record = apps[0].save(coal("蒙LK8216")).await;
    for version in 1..=4 {
        let answers = at_once(&apps, |n| {
            let mut body = coal("蒙LK8216");
            body["remark"] = json!(format!("{version}-{n}"));
            body["version"] = json!(version);
            (Method::PUT, path(&record), body)
        })
        .await;
        let (taken, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|(status, _)| *status == StatusCode::OK);
        assert_eq!(taken.len(), 1, "{} were refused", refused.len());
        for (status, answer) in refused {
            assert_eq!((*status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_VERSION_CONFLICT")));
        }
        let shown = apps[1].show(&record).await;
        assert_eq!((&shown["version"], &shown["remark"]), (&json!(version + 1), &taken[0].1["remark"]));
    }
}

/// SG-107: where a yard takes one open record for a medium, one of sixteen that are declared at once is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_records_of_one_medium_one_is_declared() {
    let apps = two().await;
    let policy = json!({"customs_codes": ["0708"], "one_open_record_per_medium": true});
    let yard = format!("/api/v1/admin/yards/{YARD}/policy");
    assert_eq!(apps[0].call(Method::PUT, &yard, ADMIN, policy).await.0, StatusCode::OK);
    let mut signed = Vec::new();
    for _ in 0..WRITERS {
        let path = path(&apps[0].save(coal("蒙LK8216")).await);
        let asked = json!({"action": "declare", "version": 1});
        let (status, statement) = apps[0].post(&(path.clone() + "/statements"), DECLARANT, asked).await;
        assert_eq!(status, StatusCode::CREATED, "{statement}");
        signed.push((path + "/declare", apps[0].sign(DECLARANT, &statement)));
    }
    let declare = |n: usize| {
        let (path, signature) = &signed[n];
        (Method::POST, path.clone(), json!({"version": 1, "signature": signature}))
    };
    let answers = at_once(&apps, declare).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|(status, _)| *status == StatusCode::OK);
    assert_eq!(taken.len(), 1, "{} were refused", refused.len());
    for (status, answer) in refused {
        assert_eq!(
            (*status, &answer["fields"][0]["rule"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("SG-107"))
        );
    }
}
