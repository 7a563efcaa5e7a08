//! Notices in the portal, and on their way out of it.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Mutex,
};

use super::*;
use crate::{
    config::{Secret, WebhookConfig},
    store::{all, column},
    test_app::{ADMIN, CARDLESS, DECLARANT, OFFICER, TestApp},
};

const ENTERPRISE: &str = "91150781MA0N5XWB9P";

fn about(title: &str) -> (Audience, String, About<'static>) {
    let record = About { manual: "appointment", number: "202500000000000001", status: "APPROVED" };
    (Audience::Enterprise(ENTERPRISE.into()), title.to_owned(), record)
}

async fn tell(app: &TestApp, title: &str, mail_to: &[&str]) {
    let (audience, title, record) = about(title);
    let mail_to = mail_to.iter().map(|address| (*address).to_owned()).collect();
    let notice = NewNotice {
        audience: &audience,
        kind: "appointment.approved",
        title,
        body: "请按时到场".into(),
        record: Some(record),
        mail_to,
    };
    let tx = app.central.store().begin().await.unwrap();
    create(&app.central, &tx, &notice).await.unwrap();
    tx.commit().await.unwrap();
}

async fn inbox(app: &TestApp, query: &str, token: &str) -> Vec<Value> {
    let (status, answer) = app.get(&format!("/api/v1/notices{query}"), token).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["total"], answer["items"].as_array().unwrap().len());
    answer["items"].as_array().unwrap().clone()
}

/// PO-282, PO-284: its audience sees a notice, everyone reads for themselves, and it is to do until its record is in another state.
#[tokio::test]
async fn a_notice_is_read_and_done() {
    let app = TestApp::open().await;
    tell(&app, "预约申请已审核通过", &[]).await;
    let seen = inbox(&app, "", DECLARANT).await;
    assert_eq!((seen.len(), &seen[0]["open"], &seen[0]["read"]), (1, &json!(true), &json!(false)));
    assert_eq!(
        seen[0]["record"],
        json!({"manual": "appointment", "number": "202500000000000001", "status": "APPROVED"})
    );
    for other in [OFFICER, ADMIN, "declarant-91310115MA1H7K2R0J"] {
        assert!(inbox(&app, "", other).await.is_empty());
    }
    let read = format!("/api/v1/notices/{}/read", seen[0]["id"].as_str().unwrap());
    let mark = async |method: Method, token: &str| app.call(method, &read, token, Value::Null).await.0;
    assert_eq!(mark(Method::PUT, OFFICER).await, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        assert_eq!(mark(Method::PUT, DECLARANT).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(
        (inbox(&app, "?read=false", DECLARANT).await.len(), inbox(&app, "?read=true", DECLARANT).await.len()),
        (0, 1)
    );
    assert_eq!(inbox(&app, "?read=false", CARDLESS).await.len(), 1, "a colleague has not read it");
    assert_eq!(mark(Method::DELETE, DECLARANT).await, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/v1/notices/count", DECLARANT).await.1, json!({"unread": 1, "open": 1}));

    let tx = app.central.store().begin().await.unwrap();
    left(&tx, "appointment", "202500000000000001", Some("APPROVED")).await.unwrap();
    left(&tx, "appointment", "202500000000000002", None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(inbox(&app, "?open=true", DECLARANT).await.len(), 1, "nothing has happened to it");
    let tx = app.central.store().begin().await.unwrap();
    left(&tx, "appointment", "202500000000000001", Some("FINISHED")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (inbox(&app, "?open=true", DECLARANT).await.len(), inbox(&app, "?open=false", DECLARANT).await.len()),
        (0, 1)
    );
    assert_eq!(inbox(&app, "?title=%E5%AE%A1%E6%A0%B8", DECLARANT).await.len(), 1);
    assert_eq!(inbox(&app, "?title=%25", DECLARANT).await.len(), 0);
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<(Vec<(HeaderMap, Bytes)>, u16)>>);

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut heard = heard.0.lock().await;
    heard.0.push((headers, body));
    StatusCode::from_u16(heard.1).unwrap()
}

async fn program(heard: Heard) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/kakou?key=of-the-receiver", listener.local_addr().unwrap());
    let router = Router::new().route("/kakou", post(hear)).with_state(heard);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn results(app: &TestApp) -> Vec<(i64, Option<String>)> {
    let rows =
        all(app.central.store().read(), "SELECT tries, result FROM delivery ORDER BY id", []).await.unwrap();
    rows.iter().map(|row| (column(row, "tries").unwrap(), column(row, "result").unwrap())).collect()
}

/// PO-284: a program gets the notice signed; while it fails it is tried three times again, and then no more; the result is on record.
#[tokio::test]
async fn a_program_is_told_with_a_signature() {
    let heard = Heard::default();
    heard.0.lock().await.1 = 503;
    let url = program(heard.clone()).await;
    let secret = Secret::new("0123456789abcdef".into());
    let app = TestApp::open_with(|config| {
        config.webhooks = vec![WebhookConfig { name: "erp".into(), url, secret }];
    })
    .await;
    tell(&app, "第一条", &[]).await;
    let mut tries = Vec::new();
    for _ in 0..8 {
        tries.push(deliver::once(&app.central).await.unwrap());
        app.central.store().clock().advance(61 * 60_000);
    }
    assert_eq!(tries, [1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(results(&app).await, [(4, Some("answered 503 Service Unavailable".to_owned()))]);

    heard.0.lock().await.1 = 204;
    tell(&app, "第二条", &[]).await;
    assert_eq!(
        (deliver::once(&app.central).await.unwrap(), deliver::once(&app.central).await.unwrap()),
        (1, 0)
    );
    assert_eq!(results(&app).await[1], (1, Some("delivered".to_owned())));
    let heard = heard.0.lock().await;
    let (headers, body) = heard.0.last().unwrap();
    let told: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&told["title"], &told["record"]["number"]), (&json!("第二条"), &json!("202500000000000001")));
    let text = |name: &str| headers[name].to_str().unwrap();
    let expected =
        webhook::sign("0123456789abcdef", text("x-kakou-timestamp"), std::str::from_utf8(body).unwrap())
            .unwrap();
    assert_eq!(text("x-kakou-signature"), format!("sha256={expected}"));
}

/// The signature is plain HMAC-SHA256, as another program computes it.
#[test]
fn the_signature_can_be_checked_by_anyone() {
    let of = |timestamp: &str, body: &str| webhook::sign("Jefe", timestamp, body).unwrap();
    assert_eq!(of("1", "23").len(), 64);
    assert_ne!(of("1", "23"), of("12", "3"));
    // echo -n '1.23' | sha256hmac, with the key Jefe
    assert_eq!(of("1", "23"), EXPECTED);
}

const EXPECTED: &str = "1b2547c09a26e1c94c2b96fb2f168cf34900a565d7c79bbfa07dc415837795cf";

/// PO-284: a program that is not there costs nothing but tries, and its address, which may carry a key, is not told.
#[tokio::test]
async fn a_program_that_is_away_does_no_harm() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?key=of-the-receiver", listener.local_addr().unwrap());
    drop(listener);
    let secret = Secret::new("0123456789abcdef".into());
    let app = TestApp::open_with(|config| {
        config.webhooks = vec![WebhookConfig { name: "erp".into(), url, secret }];
    })
    .await;
    tell(&app, "一条", &["li@example.cn"]).await;
    assert_eq!(deliver::once(&app.central).await.unwrap(), 1, "without a mail server there is no mail");
    let (tries, result) = results(&app).await.remove(0);
    assert!(tries == 1 && !result.unwrap().contains("of-the-receiver"));
    assert_eq!(inbox(&app, "", DECLARANT).await.len(), 1);
}

/// A mail server that takes one letter and gives back what it was told.
async fn post_office(listener: TcpListener) -> Vec<String> {
    let (stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut told = Vec::new();
    write.write_all(b"220 here\r\n").await.unwrap();
    let mut letter = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        let answer: &[u8] = match (letter, line.as_str()) {
            (true, ".") => {
                letter = false;
                b"250 taken\r\n"
            }
            (true, _) => b"",
            (false, "DATA") => {
                letter = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 fine\r\n",
        };
        let last = line == "." || line == "QUIT";
        told.push(line);
        write.write_all(answer).await.unwrap();
        if last {
            break;
        }
    }
    told
}

/// PO-283, PO-284: where a module names an address, the notice goes there by mail.
#[tokio::test]
async fn a_notice_goes_by_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let office = tokio::spawn(post_office(listener));
    let app = TestApp::open_with(|config| {
        config.notice.smtp_url = Secret::new(format!("smtp://{at}"));
        config.notice.mail_from = "kakou@example.cn".into();
    })
    .await;
    tell(&app, "预约申请已审核通过", &["wangfang@yuanfan.example.cn"]).await;
    assert_eq!(deliver::once(&app.central).await.unwrap(), 1);
    assert_eq!(results(&app).await, [(1, Some("delivered".to_owned()))]);
    let told = office.await.unwrap();
    assert!(told.iter().any(|line| line.contains("RCPT TO:<wangfang@yuanfan.example.cn>")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("Subject: ")), "{told:?}");
}
