//! Working calendars: what they say, how they are kept, and the query of working hours.

use axum::http::{Method, StatusCode};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::{holidays::Holidays, *};
use crate::test_app::{ADMIN, DECLARANT, OFFICER, TestApp};

fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn of_2018() -> Value {
    json!({
        "working_day": [["08:30", "12:00"], ["13:30", "17:00"]], "saturday": [["09:00", "12:00"]],
        "off": ["2018-10-06"], "worked": ["2018-09-30"], "special": {"2018-10-10": [["10:00", "24:00"]]},
        "published_from": "2018-01-01", "published_until": "2018-12-31"
    })
}

fn calendar() -> Calendar {
    serde_json::from_value(of_2018()).unwrap()
}

/// AC-095, AC-096: what is working time follows from the calendar: weekdays, Saturdays, days off, make-up days, days with hours of their own.
#[test]
fn a_day_has_the_hours_that_its_port_says() {
    let calendar = calendar();
    let hours = |day: &str| {
        let spans = calendar.spans(date(day)).unwrap();
        spans.iter().map(|span| span.text().join("-")).collect::<Vec<_>>().join(" ")
    };
    for (day, expected) in [
        ("2018-10-08", "08:30-12:00 13:30-17:00"),
        ("2018-10-13", "09:00-12:00"),
        ("2018-10-14", ""),
        ("2018-10-06", ""),
        ("2018-09-30", "08:30-12:00 13:30-17:00"),
        ("2018-10-10", "10:00-24:00"),
    ] {
        assert_eq!(hours(day), expected, "{day}");
    }
    assert_eq!(calendar.spans(date("2019-01-01")), None, "AC-098: nothing is known");
    assert_eq!(calendar.spans(date("2017-12-31")), None);
}

/// AC-095: spans are half-open.
#[test]
fn the_end_of_a_span_is_no_working_time() {
    let calendar = calendar();
    for (moment, works) in [
        ("2018-10-08 08:29", Some(false)),
        ("2018-10-08 08:30", Some(true)),
        ("2018-10-08 12:00", Some(false)),
        ("2018-10-10 23:59", Some(true)),
        ("2018-10-11 00:00", Some(false)),
        ("2019-01-01 09:00", None),
    ] {
        assert_eq!(calendar.at_work(at(moment)), works, "{moment}");
    }
    assert!(calendar.overlap(at("2018-10-08 06:30"), at("2018-10-08 08:30")).is_none());
    let (day, span) = calendar.overlap(at("2018-10-07 23:00"), at("2018-10-08 08:31")).unwrap();
    assert_eq!((day, span.text()), (date("2018-10-08"), ["08:30".to_owned(), "12:00".to_owned()]));
}

/// AC-097, AC-106: 下班 is the end of the day's last span, on the latest day on which that is not later.
#[test]
fn the_last_end_of_work_is_that_of_the_latest_day_that_is_over() {
    let calendar = calendar();
    for (moment, end) in [
        ("2018-10-08 17:00", "2018-10-08 17:00"),
        ("2018-10-08 16:59", "2018-10-05 17:00"),
        ("2018-10-14 09:00", "2018-10-13 12:00"),
        ("2018-10-11 00:00", "2018-10-11 00:00"),
        ("2018-10-10 23:59", "2018-10-09 17:00"),
        ("2019-03-01 00:00", "2018-12-31 17:00"),
    ] {
        assert_eq!(calendar.last_end_of_work(at(moment)), Some(at(end)), "{moment}");
    }
    assert_eq!(calendar.last_end_of_work(at("2018-01-01 16:00")), None);
}

/// AC-095: what is no calendar is refused with everything that is wrong.
#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let faults = |member: &str, value: Value| {
        let mut sent = of_2018();
        sent[member] = value;
        serde_json::from_value::<Calendar>(sent).map(|calendar| calendar.faults()).map_err(|_| ())
    };
    for (member, value) in [
        ("working_day", json!([["13:30", "17:00"], ["08:30", "12:00"]])),
        ("saturday", json!([["08:30", "12:00"], ["11:00", "13:00"]])),
        ("worked", json!(["2018-10-06"])),
        ("published_until", json!("2017-12-31")),
        ("published_until", json!("2048-12-31")),
    ] {
        let found = faults(member, value.clone()).unwrap();
        assert_eq!((found.len(), found[0].rule), (1, "AC-095"), "{member} {value}");
    }
    for value in [
        json!([["8:30", "12:00"]]),
        json!([["12:00", "12:00"]]),
        json!([["23:00", "24:01"]]),
        json!([["08:60", "12:00"]]),
    ] {
        assert_eq!(faults("working_day", value.clone()), Err(()), "{value}");
    }
    assert!(calendar().faults().is_empty());
}

/// AC-096: the national list of a year takes the place of what a calendar had for that year, and leaves other years alone.
#[test]
fn the_national_days_of_a_year_are_taken_in() {
    let national = Holidays::national().unwrap();
    assert!((2018..=2026).all(|year| national.has_year(year)) && !national.has_year(2027));
    let mut calendar = calendar();
    calendar.off.insert(date("2019-05-03"));
    national.enter(2018, &mut calendar);
    assert!(calendar.off.contains(&date("2018-10-01")) && calendar.off.contains(&date("2019-05-03")));
    assert!(calendar.worked.contains(&date("2018-09-29")));
    assert!(calendar.faults().is_empty());
    let later = Holidays::parse("date,kind,name\n2027-01-01,holiday,元旦\n").unwrap();
    assert!(later.has_year(2027));
    for bad in [
        "date,kind,name\n2027-13-01,holiday,元旦",
        "date,kind,name\n2027-01-01,party,元旦",
        "date,kind\n2027",
    ] {
        assert_eq!(Holidays::parse(bad).unwrap_err()[0].path, "csv[1]", "{bad}");
    }
}

const PATH: &str = "/api/v1/admin/ports/2248/calendar";

async fn put(app: &TestApp, token: &str, version: i64, calendar: Value) -> (StatusCode, Value) {
    app.call(Method::PUT, PATH, token, json!({"version": version, "calendar": calendar})).await
}

/// AC-099: kept by the administrator or by officers of the port; every change stays with user and time; two keepers do not overwrite each other.
#[tokio::test]
async fn a_calendar_is_kept_by_its_keepers_and_every_change_stays() {
    let app = TestApp::open().await;
    assert_eq!(app.get(PATH, ADMIN).await.0, StatusCode::NOT_FOUND);
    for token in [DECLARANT, OFFICER] {
        assert_eq!(
            put(&app, token, 0, of_2018()).await.0,
            StatusCode::FORBIDDEN,
            "{token}: not an officer of 2248"
        );
    }
    assert_eq!(put(&app, ADMIN, 0, of_2018()).await.0, StatusCode::OK);
    for stale in [0, 7] {
        let (status, answer) = put(&app, ADMIN, stale, of_2018()).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_VERSION_CONFLICT")));
    }
    app.central.store().clock().advance(60_000);
    let imported = app.post(&format!("{PATH}/holidays"), ADMIN, json!({"version": 1, "year": 2018})).await;
    assert_eq!((imported.0, &imported.1["version"]), (StatusCode::OK, &json!(2)), "{}", imported.1);
    let (_, changes) = app.get(&format!("{PATH}/changes"), ADMIN).await;
    let told: Vec<_> =
        changes["items"].as_array().unwrap().iter().map(|row| (&row["version"], &row["actor"])).collect();
    assert_eq!(told, [(&json!(2), &json!("root")), (&json!(1), &json!("root"))]);
    assert_ne!(changes["items"][0]["at"], changes["items"][1]["at"]);
    let off = changes["items"][1]["calendar"]["off"].clone();
    assert_eq!(off, json!(["2018-10-06"]), "the calendar as it was");
    let unknown = app.post(&format!("{PATH}/holidays"), ADMIN, json!({"version": 2, "year": 2040})).await;
    assert_eq!(
        (unknown.0, &unknown.1["fields"][0]["rule"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("AC-096"))
    );
    let nowhere = json!({"version": 0, "calendar": of_2018()});
    let nowhere = app.call(Method::PUT, "/api/v1/admin/ports/9998/calendar", ADMIN, nowhere).await;
    assert_eq!(
        (nowhere.0, &nowhere.1["fields"][0]["rule"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("AC-058"))
    );
}

/// AC-177, AC-178, AC-179, AC-180, AC-181, AC-182, AC-183, AC-221, AC-223: working time only, by port and start, at most 15 days; what is not known is told.
#[tokio::test]
async fn everyone_sees_the_working_hours_of_ports() {
    let app = TestApp::open().await;
    let ask = async |query: &str| app.get(&format!("/api/v1/ports/working-hours?{query}"), DECLARANT).await;
    assert_eq!(ask("date_from=2018-10-05&date_to=2018-10-08").await.1["hint"], HINT, "no calendar at all");
    put(&app, ADMIN, 0, of_2018()).await;
    let (status, found) = ask("date_from=2018-10-05&date_to=2018-10-08&port=2248").await;
    assert_eq!((status, &found["hint"], &found["unknown"]), (StatusCode::OK, &Value::Null, &json!([])));
    let rows: Vec<_> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let cell = |name: &str| row[name].as_str().unwrap();
            format!(
                "{} {} {} {} {}-{}",
                cell("port"),
                cell("port_name"),
                cell("date"),
                cell("weekday"),
                cell("start"),
                cell("end")
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "2248 洋山港区 2018-10-05 星期五 08:30-12:00",
            "2248 洋山港区 2018-10-05 星期五 13:30-17:00",
            "2248 洋山港区 2018-10-08 星期一 08:30-12:00",
            "2248 洋山港区 2018-10-08 星期一 13:30-17:00",
        ]
    );
    let (_, beyond) = ask("date_from=2018-12-31&date_to=2019-01-02").await;
    assert_eq!((&beyond["unknown"], &beyond["hint"]), (&json!(["2248"]), &json!(HINT)));
    let (_, other) = ask("date_from=2018-10-05&date_to=2018-10-08&port=2225").await;
    assert_eq!((&other["items"], &other["unknown"]), (&json!([]), &json!(["2225"])));
    for (query, rule, message) in [
        ("date_from=2018-10-01&date_to=2018-10-17", "AC-177", "查询跨度不得超过15天"),
        ("", "AC-177", "请输入起始时间和结束时间"),
        ("date_from=2018-10-01", "AC-177", "请输入起始时间和结束时间"),
        ("date_from=2018-10-01&date_to=2018-10-02&port=9998", "AC-178", "参数不存在"),
    ] {
        let (status, answer) = ask(query).await;
        let fault = &answer["fields"][0];
        assert_eq!(
            (status, &fault["rule"], &fault["message"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule), &json!(message)),
            "{query}"
        );
    }
    assert_eq!(
        ask("date_from=2018-10-01&date_to=2018-10-16").await.0,
        StatusCode::OK,
        "15 days, both ends included"
    );
}
