//! What gates are told of an index over TLS: signed, for their yard, and never more than was read.

use axum::http::{Method, StatusCode};
use protocols::{
    base64::Alphabet::Standard,
    contract::{Changes, Hash, IndexSignature, SnapshotHead, SnapshotTail, changes_digest},
    ids::YardId,
    ikey::Certificate,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{End, GATE, Line};
use crate::test_app::{OFFICER, TestApp, YARD, coal};

const PLAIN_GATE: &str = "gate-token-0708-G02";

/// The signature holds, by the authority that all gates know; all of it is this yard's.
fn holds(app: &TestApp, signed: &IndexSignature) {
    let certificate = Certificate::from_pem(&signed.certificate).unwrap();
    let signature = Standard.decode(&signed.signature).unwrap();
    assert!(certificate.serves_at(signed.at), "{signed:?}");
    assert!(certificate.key().holds(&signed.signed_bytes().unwrap(), &signature), "{signed:?}");
    let authorities = app.central.gate_authorities().unwrap();
    assert!(certificate.is_issued_by(authorities.oldest().unwrap().certificate()));
    assert_eq!(signed.yard_id, YardId::parse(YARD).unwrap());
}

/// A snapshot's first line, its last, and the digest of all but the last.
fn read(text: &str) -> (SnapshotHead, SnapshotTail, Hash) {
    let (body, tail) = text.trim_end().rsplit_once('\n').unwrap();
    let head = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    let sha256 = Hash(Sha256::digest(format!("{body}\n")).into());
    (head, serde_json::from_str(tail).unwrap(), sha256)
}

async fn snapshot(line: &Line<'_>, end: &End, query: &str) -> (StatusCode, String) {
    let path = format!("/gate/v1/snapshot{query}");
    let (status, bytes) = line.raw(Method::GET, &path, Some(end.certificate.der()), Value::Null).await;
    (status, String::from_utf8(bytes).unwrap())
}

async fn changes(line: &Line<'_>, end: &End, after: u64) -> (String, Changes) {
    let path = format!("/gate/v1/changes?after={after}");
    let (status, bytes) = line.raw(Method::GET, &path, Some(end.certificate.der()), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let text = String::from_utf8(bytes).unwrap();
    let changes = serde_json::from_str(&text).unwrap();
    (text, changes)
}

/// fault E3, `contract` section 3: a snapshot's last line is signed: for the yard, the revision, its mark, all lines before, and the number that the gate
/// has sent along. Over plain HTTP there is nobody to verify it.
#[tokio::test]
async fn a_snapshot_is_signed_in_its_last_line() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let end = line.enrol(GATE).await;
    app.approved(coal("蒙LK8216")).await;
    let nonce = Hash([7; 32]);
    for (query, named) in [(String::new(), None), (format!("?nonce={nonce}"), Some(nonce))] {
        let (status, text) = snapshot(&line, &end, &query).await;
        assert_eq!(status, StatusCode::OK);
        let (head, tail, sha256) = read(&text);
        let signed = tail.signed.unwrap();
        holds(&app, &signed);
        assert_eq!((signed.from, signed.revision, signed.mark), (None, head.revision, head.mark));
        assert_eq!((signed.sha256, tail.sha256, signed.nonce), (sha256, sha256, named));
        assert!(head.mark.is_some() && head.entries == 1);
    }
    assert_eq!(snapshot(&line, &end, "?nonce=7").await.0, StatusCode::BAD_REQUEST);
    let plain = app.call_raw(Method::GET, "/gate/v1/snapshot", PLAIN_GATE, Value::Null).await.1;
    assert_eq!(read(&String::from_utf8(plain).unwrap()).1.signed, None);
}

/// fault E3, `contract` section 3: changes are signed, denied media and policy among them, for the yard and the way that they lead; what is signed names no
/// gate, so that all who stand at a revision are told the same bytes. Where there is no change there is nothing to sign.
#[tokio::test]
async fn changes_are_signed_for_all_gates_of_the_yard() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let (one, other) = (line.enrol(GATE).await, line.enrol("0708-G03").await);
    app.approved(coal("蒙LK8216")).await;
    let denied = json!({"yard_id": null, "medium_type": "VN", "medium_key": "蒙LK8217", "reason": "布控"});
    assert_eq!(app.post("/api/v1/desk/deny", OFFICER, denied).await.0, StatusCode::CREATED);
    let (mut after, mut told) = (0, String::new());
    loop {
        let (text, page) = changes(&line, &one, after).await;
        assert_eq!(changes(&line, &other, after).await.0, text, "after {after}");
        let signed = page.signed.unwrap();
        holds(&app, &signed);
        let rows: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(signed.sha256, changes_digest(&rows["changes"]).unwrap());
        assert_eq!((signed.from, signed.revision), (Some(page.from), page.to));
        assert_eq!((signed.mark, signed.nonce), (page.mark, None));
        assert!(page.to > after && !serde_json::to_string(&signed).unwrap().contains("gate_id"));
        (after, told) = (page.to, told + &text);
        if !page.more {
            break;
        }
    }
    for op in ["upsert", "deny", "policy"] {
        assert!(told.contains(&format!(r#""op":"{op}""#)), "{op}");
    }
    let (_, nothing) = changes(&line, &one, after).await;
    assert_eq!((nothing.changes, nothing.signed), (Vec::new(), None));
}
