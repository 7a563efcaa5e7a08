//! What may still be changed before submission, and when submission is.

use super::{cases::upload, *};

fn file(name: &str) -> Value {
    json!({ "file_name": name, "bytes": 3000, "pages": 1 })
}

/// The names of the application's files.
async fn files(bench: &Bench, record: &Value) -> Vec<Value> {
    let shown = bench.show(DECLARANT, record).await;
    shown["attachments"].as_array().unwrap().iter().map(|file| file["file_name"].clone()).collect()
}

async fn add(bench: &Bench, record: &Value, name: &str) -> (StatusCode, Value) {
    let version = bench.show(DECLARANT, record).await["version"].clone();
    upload(bench, DECLARANT, record, &version, &file(name), "supplementary").await
}

async fn remove(bench: &Bench, record: &Value, id: &Value) -> (StatusCode, Value) {
    let version = bench.show(DECLARANT, record).await["version"].clone();
    let at = format!("{}/attachments/{}?version={version}", path(record), id.as_str().unwrap());
    bench.app.call(Method::DELETE, &at, DECLARANT, Value::Null).await
}

async fn goods(bench: &Bench, record: &Value, rows: &Value) -> (StatusCode, Value) {
    let mut body = content("A02");
    body["version"] = bench.show(DECLARANT, record).await["version"].clone();
    body["goods"] = rows.clone();
    bench.app.call(Method::PUT, &path(record), DECLARANT, body).await
}

/// AC-072: rows of goods are added, changed and taken out until submission, and stay as they are from then on.
#[tokio::test]
async fn rows_of_goods_are_changed_until_submission() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.saved().await;
    let row = |name: &str| json!({ "hs_code": "0809290000", "name": name });
    for rows in
        [json!([row("鲜樱桃"), row("车厘子")]), json!([row("鲜樱桃"), row("大樱桃")]), json!([row("大樱桃")])]
    {
        let (status, saved) = goods(&bench, &record, &rows).await;
        assert_eq!(status, StatusCode::OK, "{saved}");
        let names = |rows: &Value| -> Vec<_> {
            rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect()
        };
        assert_eq!(names(&bench.show(DECLARANT, &record).await["goods"]), names(&rows));
    }
    bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
    let before = bench.show(DECLARANT, &record).await;
    assert_eq!(before["status"], "SUBMITTED");
    assert_eq!(goods(&bench, &record, &json!([row("鲜樱桃")])).await.0, StatusCode::CONFLICT);
    assert_eq!(bench.show(DECLARANT, &record).await, before);
}

/// AC-080, PO-266: documents are added, replaced and taken out until submission; from then on they are frozen, and read as they came.
#[tokio::test]
async fn documents_are_changed_until_submission() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.saved().await;
    for name in ["a.pdf", "b.pdf"] {
        let (status, answer) = add(&bench, &record, name).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let first = bench.show(DECLARANT, &record).await["attachments"][0]["id"].clone();
    assert_eq!(remove(&bench, &record, &first).await.0, StatusCode::OK);
    assert_eq!(remove(&bench, &record, &first).await.0, StatusCode::NOT_FOUND);
    assert_eq!(add(&bench, &record, "c.pdf").await.0, StatusCode::CREATED);
    assert_eq!(files(&bench, &record).await, ["b.pdf", "c.pdf"]);
    bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
    let before = bench.show(DECLARANT, &record).await;
    assert_eq!(before["attachments"][0]["frozen"], true, "{before}");
    let (status, answer) = remove(&bench, &record, &before["attachments"][0]["id"]).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-121"]), "{answer}");
    assert_eq!(add(&bench, &record, "d.pdf").await.0, StatusCode::CONFLICT);
    assert_eq!(bench.show(DECLARANT, &record).await, before);
    let at = format!("{}/attachments/{}", path(&record), before["attachments"][0]["id"].as_str().unwrap());
    let (status, bytes) = bench.app.call_raw(Method::GET, &at, DECLARANT, Value::Null).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, 3000));
}

/// AC-110: what counts is when the signed application is there, by the server's clock: not the last save, nor when its statement was asked for.
#[tokio::test]
async fn what_counts_is_when_the_signed_application_is_there() {
    for (then, status) in
        [("2018-10-19 09:00:00", StatusCode::OK), ("2018-10-19 09:00:01", StatusCode::UNPROCESSABLE_ENTITY)]
    {
        let bench = Bench::open("2018-10-19 08:59:00").await;
        let record = bench.saved().await;
        let asked = json!({ "action": "submit", "version": record["version"] });
        let (_, statement) = bench.app.post(&(path(&record) + "/statements"), DECLARANT, asked).await;
        let signature = bench.app.sign(DECLARANT, &statement);
        bench.at(then);
        let body = json!({ "version": record["version"], "signature": signature });
        let (answered, answer) = bench.app.post(&(path(&record) + "/submit"), DECLARANT, body).await;
        assert_eq!(answered, status, "{then}: {answer}");
        let submitted = bench.show(DECLARANT, &record).await["submitted_at"].clone();
        let expected = if status == StatusCode::OK { json!(instant(then)) } else { Value::Null };
        assert_eq!(submitted, expected);
    }
}

/// AC-119: the first save of what is to be submitted gives it its pre-entry number, and the submission keeps it.
#[tokio::test]
async fn what_is_submitted_has_its_number_from_the_save_before() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let saved = bench.saved().await;
    let (_, submitted) = bench.signed(DECLARANT, &path(&saved), "submit", json!({})).await;
    assert_eq!(
        (&submitted["pre_entry_no"], &submitted["status"]),
        (&json!("YTG201800000000001"), &json!("SUBMITTED"))
    );
    // There is no number by which what was never saved could be submitted.
    let never = json!({ "version": 1, "action": "submit" });
    let (status, _) =
        bench.app.post(&format!("{ROOT}/YTG201800000000002/statements"), DECLARANT, never).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// AC-152, AC-154: who has not fed back explains it in words or by a file; 预约申报 sends that to customs, which answers it.
#[tokio::test]
async fn what_was_not_fed_back_is_explained_in_words_or_by_a_file() {
    for by_file in [false, true] {
        let bench = Bench::open("2018-10-19 08:00:00").await;
        let record = bench.booked().await;
        bench.at("2018-10-20 12:30:00");
        let version = record["version"].clone();
        let (status, answer) = if by_file {
            upload(&bench, DECLARANT, &record, &version, &file("情况说明.pdf"), "explanation").await
        } else {
            let body = json!({ "version": version, "text": "船期推迟" });
            bench.app.call(Method::PUT, &(path(&record) + "/explanation"), DECLARANT, body).await
        };
        assert!(status.is_success(), "{answer}");
        assert_eq!(answer["explanation"]["sent_at"], Value::Null, "{answer}");
        let (status, sent) = bench.signed(DECLARANT, &path(&record), "explanation", json!({})).await;
        assert_eq!(
            (status, &sent["explanation"]["sent_at"]),
            (StatusCode::OK, &json!(instant("2018-10-20 12:30:00"))),
            "{sent}"
        );
        let (status, answer) = bench.decides(OFFICER_2248, &record, "accept-explanation", None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

/// AC-005: the slot is half-open: it may begin when work ends and end when work begins, and not a minute off.
#[tokio::test]
async fn a_slot_may_touch_working_time_and_not_reach_into_it() {
    for (start, fits) in [
        ("2018-10-22 17:00:00", true),
        ("2018-10-22 16:59:00", false),
        ("2018-10-23 06:30:00", true),
        ("2018-10-23 06:31:00", false),
    ] {
        let bench = Bench::open("2018-10-17 08:00:00").await;
        let mut body = content("A02");
        body["slot_start"] = json!(instant(start));
        let (_, record) = bench.app.post(ROOT, DECLARANT, body).await;
        let (status, answer) = bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
        let expected: Vec<&str> = if fits { vec![] } else { vec!["AC-101"] };
        assert_eq!((status == StatusCode::OK, rules_in(&answer)), (fits, expected), "{start}: {answer}");
    }
}

/// AC-002: an enterprise applies, asks for the status, cancels, explains and asks for working hours.
#[tokio::test]
async fn the_enterprise_has_all_functions_of_the_manual() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let (cancelled, explained) = (bench.booked().await, bench.booked().await);
    let (_, found) = bench.app.get(&format!("{ROOT}?enterprise_type=A"), DECLARANT).await;
    assert_eq!((&found["total"], &found["items"][0]["status"]), (&json!(2), &json!("BOOKED")));
    assert_eq!(bench.signed(DECLARANT, &path(&cancelled), "cancel", json!({})).await.0, StatusCode::OK);
    bench.at("2018-10-20 12:30:00");
    let body = json!({ "version": explained["version"], "text": "船期推迟" });
    assert_eq!(
        bench.app.call(Method::PUT, &(path(&explained) + "/explanation"), DECLARANT, body).await.0,
        StatusCode::OK
    );
    let hours = "/api/v1/ports/working-hours?date_from=2018-10-22&date_to=2018-10-23&port=2248";
    let (status, hours) = bench.app.get(hours, DECLARANT).await;
    assert_eq!((status, hours["items"].as_array().unwrap().len()), (StatusCode::OK, 4), "{hours}");
}
