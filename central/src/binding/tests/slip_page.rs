//! The driver's paper as PDF: for whom, when, how large, and without a font.

use axum::http::{Method, StatusCode, header};
use http_body_util::BodyExt as _;
use lopdf::Document;

use super::*;
use crate::{
    binding::lifecycle::Action,
    test_app::{DECLARANT, OFFICER, TestApp, coal, path},
};

struct Page {
    status: StatusCode,
    kind: String,
    bytes: Vec<u8>,
}

async fn page_of(app: &TestApp, record: &Value, token: &str, query: &str) -> Page {
    let at = format!("{}/slip.pdf{query}", path(record));
    let answer = app.respond(Method::GET, &at, token, Value::Null).await;
    let (head, body) = answer.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Page { status: head.status, kind: kind.unwrap_or_default(), bytes }
}

/// Width and height of the only page, in whole millimetres.
fn size(page: &Page) -> (i64, i64) {
    let document = Document::load_mem(&page.bytes).unwrap();
    let pages = document.get_pages();
    assert_eq!(pages.len(), 1, "a slip is one page");
    let only = document.get_dictionary(pages[&1]).unwrap();
    let edges = only.get(b"MediaBox").unwrap().as_array().unwrap();
    let mm = |place: usize| (edges[place].as_float().unwrap() / 72.0 * 25.4).round() as i64;
    (mm(2) - mm(0), mm(3) - mm(1))
}

/// SG-126; portal patterns, the slip: A5 upright and the 80 mm roll, cut where the text ends; small enough for any line.
#[tokio::test]
async fn the_page_is_a5_or_80_mm_wide() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    for (query, width, height) in
        [("", 148, Some(210)), ("?paper=a5", 148, Some(210)), ("?paper=80mm", 80, None)]
    {
        let page = page_of(&app, &record, DECLARANT, query).await;
        assert_eq!((page.status, &*page.kind), (StatusCode::OK, "application/pdf"), "{query}");
        let (wide, high) = size(&page);
        assert_eq!(wide, width, "{query}");
        assert!(height.map_or((100..300).contains(&high), |height| high == height), "{query}: {high} mm");
        assert!(page.bytes.len() < 100_000, "{query}: {} bytes", page.bytes.len());
    }
    for query in ["?paper=a4", "?paper=", "?sheet=a5"] {
        assert_eq!(page_of(&app, &record, DECLARANT, query).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

/// Decision 0070: before the approval there is a paper to look at, while a change is under way that of what holds, afterwards none.
#[tokio::test]
async fn there_is_a_page_until_the_trip_is_over() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let is = async |expected: StatusCode| {
        let page = page_of(&app, &record, DECLARANT, "").await;
        assert_eq!(page.status, expected, "{}", app.show(&record).await["status"]);
    };
    is(StatusCode::OK).await;
    app.declare(&record).await;
    is(StatusCode::OK).await;
    app.centre_acts(&record, Action::Deliver).await;
    is(StatusCode::OK).await;
    app.officer(&record, "approve").await;
    is(StatusCode::OK).await;
    app.officer(&record, "finish").await;
    is(StatusCode::OK).await;
    app.officer(&record, "left-port").await;
    is(StatusCode::CONFLICT).await;
}

/// SG-022, PO-332: whoever does not see the record sees no page of it either.
#[tokio::test]
async fn a_page_is_for_who_sees_the_record() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    for (token, expected) in [
        (OFFICER, StatusCode::OK),
        ("declarant-91370211MA3C9TQ4X9", StatusCode::NOT_FOUND),
        ("elsewhere-token", StatusCode::NOT_FOUND),
        ("nobody-at-all", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(page_of(&app, &record, token, "").await.status, expected, "{token}");
    }
}

/// Decision 0070: without a font the answer says so, what to install and where to name it; nothing half is printed.
#[tokio::test]
async fn a_missing_font_is_told_by_name() {
    let empty = tempfile::tempdir().unwrap();
    let (latin, absent) = (empty.path().join("latin.ttf"), empty.path().join("absent.ttf"));
    std::fs::write(&latin, b"no font").unwrap();
    let app = TestApp::open_with(|config| config.print.fonts = vec![latin, absent.clone()]).await;
    let record = app.save(coal("蒙LK8216")).await;
    let page = page_of(&app, &record, DECLARANT, "").await;
    let told: Value = serde_json::from_slice(&page.bytes).unwrap();
    assert_eq!(
        (page.status, &told["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("PO_UPSTREAM_UNAVAILABLE"))
    );
    let (zh, en) = (told["message"].as_str().unwrap(), told["message_en"].as_str().unwrap());
    assert!(zh.contains("fonts-wqy-microhei") && en.contains("print.fonts"), "{told}");
    assert!(en.contains(absent.to_str().unwrap()), "{told}");
}
