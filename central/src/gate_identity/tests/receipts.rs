//! Receipts: what is acknowledged is signed for, by a key that gates can verify, and never more than is stored.

use axum::http::StatusCode;
use protocols::{
    base64::Alphabet::Standard,
    contract::{EventType, EventsReceipt, Hash},
    ikey::Certificate,
    rules::LaneDirection,
};
use serde_json::{Value, json};

use super::{DAY, End, GATE, Line, csr};
use crate::{
    gate_identity::authority::{self, Authorities, fingerprint},
    test_app::{TestApp, TestGate},
};

fn receipt(answer: &Value) -> EventsReceipt {
    serde_json::from_value(answer["receipt"].clone()).unwrap()
}

/// The fingerprint of the authority that stands behind it; the signature holds.
fn signed_by(app: &TestApp, receipt: &EventsReceipt) -> String {
    let certificate = Certificate::from_pem(&receipt.certificate).unwrap();
    let signature = Standard.decode(&receipt.signature).unwrap();
    assert!(certificate.serves_at(receipt.at), "{receipt:?}");
    assert!(certificate.key().holds(&receipt.signed_bytes().unwrap(), &signature), "{receipt:?}");
    let authorities = app.central.gate_authorities().unwrap();
    let behind = authorities.certificates().find(|authority| certificate.is_issued_by(authority)).unwrap();
    fingerprint(behind.der())
}

/// fault C5, invariant I5: hello and every batch are answered with a receipt for what is stored, no more and no less, also when a batch comes again;
/// receipts rise. What is refused gets none, and over plain HTTP there is nobody to verify one.
#[tokio::test]
async fn what_is_stored_is_signed_for() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let end = line.enrol(GATE).await;
    let first = receipt(&line.hello(&end).await.1);
    assert_eq!((first.gate_id.as_str(), first.epoch, first.seq, first.hash), (GATE, 1, 0, Hash::ZERO));
    let oldest = fingerprint(app.central.gate_authorities().unwrap().oldest().unwrap().certificate().der());
    assert_eq!(signed_by(&app, &first), oldest);

    let mut journal = TestGate::new(GATE);
    let events: Vec<Value> = (0..4)
        .map(|n| journal.write(EventType::Arrival, LaneDirection::In, &format!("v{n}"), None))
        .collect();
    let tell = async |events: &[Value]| {
        line.post("/gate/v1/events", Some(&end), json!({"gate_id": GATE, "epoch": 1, "events": events})).await
    };
    // Every second time only what is stored comes again.
    for (batch, seq) in [(0..2, 2), (0..2, 2), (1..3, 3), (0..1, 3), (3..4, 4)] {
        let (status, answer) = tell(&events[batch]).await;
        let signed = receipt(&answer);
        assert_eq!((status, signed.seq, answer["acked_seq"].as_u64()), (StatusCode::OK, seq, Some(seq)));
        assert_eq!(json!(signed.hash), events[usize::try_from(seq).unwrap() - 1]["hash"]);
        assert_eq!(signed_by(&app, &signed), oldest);
        let (_, hello) = line.hello(&end).await;
        let again = receipt(&hello);
        assert_eq!(
            (again.seq, again.hash, json!(again.hash)),
            (seq, signed.hash, hello["expected_hash"].clone())
        );
    }
    let mut altered = events[3].clone();
    altered["visit_id"] = json!("another");
    let (status, refusal) = tell(std::slice::from_ref(&altered)).await;
    assert_eq!((status, refusal.get("receipt")), (StatusCode::CONFLICT, None));

    let local = TestGate::new("0708-G03");
    let (status, hello) = local.hello(&app, "s2").await;
    assert_eq!((status, hello.get("receipt")), (StatusCode::OK, None));
    let (status, ack) = local.send(&app, Vec::new()).await;
    assert_eq!((status, ack.get("receipt")), (StatusCode::OK, None));
}

/// fault C9: while there are two authorities receipts are of the one that every gate knows, and of the other when that is gone. The key is another one
/// each day, and its certificate never runs out under it.
#[tokio::test]
async fn receipts_follow_the_authorities() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let mut end = line.enrol(GATE).await;
    let first = receipt(&line.hello(&end).await.1);
    let old = signed_by(&app, &first);
    assert_eq!(receipt(&line.hello(&end).await.1).certificate, first.certificate, "one key a day");

    line.wait(1000);
    let folder = app.central.gate_authorities().unwrap().folder().to_owned();
    let new = authority::add(&folder, app.central.store().clock().now()).unwrap();
    app.central.set_gate_authorities(Authorities::read(&folder).unwrap());
    assert_eq!(signed_by(&app, &receipt(&line.hello(&end).await.1)), old);
    for _ in 0..3 {
        line.wait(31 * DAY);
        end = End::of(line.renew(&end, &csr()).await.1);
        let later = receipt(&line.hello(&end).await.1);
        assert_ne!(later.certificate, first.certificate);
        assert_eq!(signed_by(&app, &later), old);
    }
    authority::retire(&folder, &old).unwrap();
    app.central.set_gate_authorities(Authorities::read(&folder).unwrap());
    assert_eq!(signed_by(&app, &receipt(&line.hello(&end).await.1)), new);
}
