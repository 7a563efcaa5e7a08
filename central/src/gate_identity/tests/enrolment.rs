//! Codes and what they are good for.

use axum::http::StatusCode;
use protocols::ikey::{Certificate, PrivateKey, SigningRequest};
use serde_json::{Value, json};

use super::{DAY, GATE, Line, csr, told};
use crate::test_app::{ADMIN, OFFICER, TestApp, YARD};

/// fault C9: the code decides which gate it is; the certificate is the authority's, for 45 days, and opens the line.
#[tokio::test]
async fn a_code_makes_a_key_a_gate() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let end = line.enrol(GATE).await;
    assert_eq!((&end.answer["gate_id"], &end.answer["yard_id"]), (&json!(GATE), &json!(YARD)));
    assert_eq!(end.answer["not_after"], "2025-11-27T00:30:00.000Z");
    let authority = Certificate::from_pem(end.answer["authorities"][0].as_str().unwrap()).unwrap();
    assert!(end.certificate.is_issued_by(&authority));
    let urn = format!("urn:kakou:gate:{YARD}:{GATE}");
    assert!(end.certificate.der().windows(urn.len()).any(|bytes| bytes == urn.as_bytes()));
    let (status, hello) = line.hello(&end).await;
    assert_eq!((status, &hello["authorities"]), (StatusCode::OK, &end.answer["authorities"]));
    let (_, listed) = app.get("/api/v1/admin/gate-identities", ADMIN).await;
    let shown = &listed["items"][0]["certificates"][0];
    assert_eq!((&shown["state"], &shown["serial"]), (&json!("valid"), &json!(end.certificate.serial())));
    assert!(shown["first_used_at"].is_string() && shown.get("pem").is_none());
}

/// An answer that was lost is given again to the same key; another key, the same code once more, gets nothing.
#[tokio::test]
async fn a_code_is_good_for_one_key() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let (code, own) = (line.code(GATE).await, csr());
    let ask = async |csr: &str| line.post("/gate/v1/enrol", None, json!({"code": code, "csr": csr})).await;
    let (first, again) = (ask(&own).await, ask(&own).await);
    assert_eq!((first.0, &first.1), (StatusCode::OK, &again.1));
    assert_eq!(told(&ask(&csr()).await), "GATE_CODE");
    assert_eq!(line.log(GATE).await.iter().filter(|(action, _)| action == "enrol").count(), 1);
}

/// Whatever is wrong with a code, the answer is the same; five wrong guesses end it; one of a day ago, or one withdrawn, is over.
#[tokio::test]
async fn a_code_that_is_not_good_tells_nothing() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let ask = async |code: &str| line.post("/gate/v1/enrol", None, json!({"code": code, "csr": csr()})).await;
    let guessed = line.code(GATE).await;
    let wrong =
        format!("{}{}", &guessed[..guessed.len() - 1], if guessed.ends_with('0') { '1' } else { '0' });
    let unlike = |mut answer: (StatusCode, Value)| {
        answer.1["request_id"] = Value::Null;
        answer
    };
    let nothing = unlike(ask("00000-00000-00000-00000").await);
    for _ in 0..5 {
        assert_eq!(unlike(ask(&wrong).await), nothing);
    }
    assert_eq!(unlike(ask(&guessed).await), nothing, "ended by guesses");
    let (late, withdrawn) = (line.code(GATE).await, line.code("0708-G03").await);
    app.post("/api/v1/admin/gates/0708-G03/revocation", ADMIN, json!({"reason": "失窃"})).await;
    assert_eq!(unlike(ask(&withdrawn).await), nothing);
    line.wait(DAY);
    assert_eq!(unlike(ask(&late).await), nothing);
    for bad in ["", "7Q2XK", "卡口"] {
        assert_eq!(unlike(ask(bad).await), nothing, "{bad}");
    }
}

/// Guessing is slow: twenty attempts a minute from one address, good or not.
#[tokio::test]
async fn enrolment_is_asked_for_only_so_often() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let body = json!({"code": "00000-00000-00000-00000", "csr": csr()});
    for _ in 0..20 {
        assert_eq!(told(&line.post("/gate/v1/enrol", None, body.clone()).await), "GATE_CODE");
    }
    assert_eq!(line.post("/gate/v1/enrol", None, body.clone()).await.0, StatusCode::TOO_MANY_REQUESTS);
    line.wait(60_000);
    assert_eq!(told(&line.post("/gate/v1/enrol", None, body).await), "GATE_CODE");
}

/// A gate that is set up anew ends what it had before, and the log says so.
#[tokio::test]
async fn a_second_enrolment_ends_the_first() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let first = line.enrol(GATE).await;
    line.wait(1000);
    let second = line.enrol(GATE).await;
    assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_REVOKED");
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
    let log = line.log(GATE).await;
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["make_code", "enrol", "make_code", "enrol"]);
    assert_eq!((&log[1].1["certificates_ended"], &log[3].1["certificates_ended"]), (&json!(0), &json!(1)));
}

/// A key of another kind, a request signed by another key, and bodies of other shapes are refused, and the code stays good.
#[tokio::test]
async fn a_request_that_cannot_be_used_costs_no_code() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let code = line.code(GATE).await;
    let sm2 = PrivateKey::generate(protocols::ikey::Algorithm::Sm2Sm3).unwrap();
    for bad in ["", "PEM", &SigningRequest::made_with(&sm2).unwrap()] {
        let (status, answer) = line.post("/gate/v1/enrol", None, json!({"code": code, "csr": bad})).await;
        assert_eq!(
            (status, &answer["fields"][0]["path"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("csr")),
            "{bad}"
        );
    }
    let (status, answer) = line.post("/gate/v1/enrol", None, json!({"code": [code], "csr": csr()})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.to_string().contains(&code[..5]), "a code is in no answer: {answer}");
    let good = line.post("/gate/v1/enrol", None, json!({"code": code.to_lowercase(), "csr": csr()})).await;
    assert_eq!(good.0, StatusCode::OK, "{}", good.1);
}

/// Invariant I6: whoever is nobody yet has the centre hold little: what is longer than any request for a certificate is refused, and the code stays good.
#[tokio::test]
async fn nobody_has_much_held_for_him() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let code = line.code(GATE).await;
    let long = csr() + &"\n".repeat(16 * 1024);
    for path in ["/gate/v1/enrol", "/gate/v1/renew"] {
        let (status, _) = line.post(path, None, json!({"code": code, "csr": long})).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let own = json!({"code": code, "csr": long});
        assert_eq!(app.post(path, "", own).await.0, StatusCode::PAYLOAD_TOO_LARGE, "{path} of this machine");
    }
    let good = line.post("/gate/v1/enrol", None, json!({"code": code, "csr": csr()})).await;
    assert_eq!(good.0, StatusCode::OK, "{}", good.1);
}

/// Only administrators hand out codes, for yards that are there, and not for a gate of another yard.
#[tokio::test]
async fn codes_are_for_gates_of_yards_that_are_known() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let at = format!("/api/v1/admin/gates/{GATE}/enrolment-codes");
    assert_eq!(app.post(&at, OFFICER, json!({"yard_id": YARD})).await.0, StatusCode::FORBIDDEN);
    let (status, answer) = app.post(&at, ADMIN, json!({"yard_id": "CNEHX070899"})).await;
    assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("yard_id")));
    assert_eq!(
        app.post("/api/v1/admin/gates/%20/enrolment-codes", ADMIN, json!({"yard_id": YARD})).await.0,
        StatusCode::NOT_FOUND
    );
    let end = line.enrol("0708-G09").await;
    let body = json!({"gate_id": "0708-G09", "store_id": "s9", "version": "0.1.0"});
    assert_eq!(line.post("/gate/v1/hello", Some(&end), body).await.0, StatusCode::OK);
    let tx = app.central.store().begin().await.unwrap();
    crate::store::execute(tx.conn(), "UPDATE gate SET yard_id = 'CNEHX070802'", []).await.unwrap();
    tx.commit().await.unwrap();
    let at = "/api/v1/admin/gates/0708-G09/enrolment-codes";
    assert_eq!(told(&app.post(at, ADMIN, json!({"yard_id": YARD})).await), "PO_STATUS_CONFLICT");
}

/// A centre that serves its own machine only makes no codes and no authority.
#[tokio::test]
async fn without_a_listener_nobody_is_certified() {
    let app = TestApp::open_with(|config| config.gate_line.listen.clear()).await;
    let at = format!("/api/v1/admin/gates/{GATE}/enrolment-codes");
    assert_eq!(told(&app.post(&at, ADMIN, json!({"yard_id": YARD})).await), "GATE_LINE_OFF");
    let body = json!({"code": "00000-00000-00000-00000", "csr": csr()});
    assert_eq!(told(&app.post("/gate/v1/enrol", "", body).await), "GATE_LINE_OFF");
    let folder = app.central.config().gate_line.folder(&app.central.config().store.data_dir);
    assert!(!folder.exists());
}
