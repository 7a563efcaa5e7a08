//! The folder, and a bucket that a few lines stand in for.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use tokio::sync::Mutex;

use super::*;

async fn keeps_files(blobs: &Blobs) {
    blobs.put("attachments/one", b"first".to_vec()).await.unwrap();
    blobs.put("attachments/two", vec![7; 5_000_000]).await.unwrap();
    blobs.put("other/three", Vec::new()).await.unwrap();
    assert_eq!(blobs.get("attachments/one").await.unwrap(), b"first");
    assert_eq!(blobs.get("attachments/two").await.unwrap(), vec![7; 5_000_000]);
    let mut keys: Vec<_> = blobs.list("attachments").map_ok(|found| found.key).try_collect().await.unwrap();
    keys.sort();
    assert_eq!(keys, ["attachments/one", "attachments/two"]);
    blobs.delete("attachments/one").await.unwrap();
    blobs.delete("attachments/one").await.unwrap();
    let error = blobs.get("attachments/one").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot find file attachments/one");
}

/// PO-265: bytes come back as they were stored.
#[tokio::test]
async fn a_folder_keeps_files() {
    let folder = tempfile::tempdir().unwrap();
    keeps_files(&Blobs::folder(folder.path()).unwrap()).await;
    assert!(folder.path().join("attachments/two").is_file());
}

type Kept = Arc<Mutex<BTreeMap<String, Bytes>>>;

async fn bucket(State(kept): State<Kept>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let key = parts.uri.path().trim_start_matches("/yard").trim_start_matches('/').to_owned();
    let mut kept = kept.lock().await;
    match parts.method {
        Method::PUT => {
            kept.insert(key, axum::body::to_bytes(body, usize::MAX).await.unwrap());
            [("etag", "\"1\"")].into_response()
        }
        Method::GET if key.is_empty() => {
            let prefix =
                parts.uri.query().unwrap().split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap();
            let prefix = prefix.replace("%2F", "/");
            let row = |key: &String| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>2025-10-13T00:30:00.000Z</LastModified><ETag>\"1\"</ETag><Size>1</Size></Contents>"
                )
            };
            let rows: String = kept.keys().filter(|key| key.starts_with(&prefix)).map(row).collect();
            format!("<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>")
                .into_response()
        }
        Method::GET => match kept.get(&key) {
            Some(bytes) => {
                let headers = [("etag", "\"1\""), ("last-modified", "Mon, 13 Oct 2025 00:30:00 GMT")];
                (headers, bytes.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Method::DELETE => {
            kept.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The same with a bucket; the folder of the URL goes before every key, and no secret is in an error.
#[tokio::test]
async fn a_bucket_keeps_files() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kept = Kept::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = Router::new()
        .fallback(bucket)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(kept.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let builder = || {
        AmazonS3Builder::new()
            .with_region("cn-north-1")
            .with_endpoint(format!("http://{at}"))
            .with_allow_http(true)
            .with_access_key_id("the-key-id")
            .with_secret_access_key("the-secret")
    };
    let blobs = Blobs::bucket(builder(), "s3://yard/files/here/").unwrap();
    keeps_files(&blobs).await;
    assert!(kept.lock().await.contains_key("files/here/attachments/two"));
    server.abort();
    let _ = server.await;
    let error = blobs.put("attachments/four", vec![1]).await.unwrap_err();
    let said = format!("{error:?} {error}");
    assert!(!said.contains("the-secret") && !said.contains("the-key-id"), "{said}");
}
