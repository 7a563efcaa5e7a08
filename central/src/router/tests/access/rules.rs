//! What the portal's specification says of every manual alike, tried on all of them.

use axum::http::{Method, StatusCode};
use chrono::DateTime;
use serde_json::{Value, json};

use super::{exchange::Exchange, request::Request, requests, world::World};
use crate::{
    store::{all, column},
    test_app::TestApp,
};

/// Every query page: who asks, and with what it has to be asked.
const LISTS: [(&str, &str); 14] = [
    ("owner", "/api/v1/smart-gate/records?"),
    ("owner", "/api/v1/appointments?enterprise_type=A&"),
    (
        "owner",
        "/api/v1/attendance-exemptions?doc_type=declaration&operated_from=2025-10-13&operated_to=2025-10-18&",
    ),
    ("owner", "/api/v1/notices?"),
    ("owner", "/api/v1/announcements?"),
    ("officer", "/api/v1/desk/work?"),
    ("officer", "/api/v1/desk/appointments?"),
    ("officer", "/api/v1/desk/attendance-exemptions?"),
    ("admin", "/api/v1/admin/accounts?"),
    ("admin", "/api/v1/admin/audit?"),
    ("admin", "/api/v1/admin/cards?"),
    ("admin", "/api/v1/admin/keys?"),
    ("admin", "/api/v1/admin/reference/declarations?"),
    ("officer", "/api/v1/passages?"),
];

async fn listed(app: &TestApp, token: &str, path: &str) -> Value {
    let (status, answer) = app.get(path, token).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

/// PO-202, PO-203, PO-204, PO-205: every list tells the total, and gives pages of the wanted size; one beyond the end is empty.
#[tokio::test]
async fn every_list_has_a_total_and_pages() {
    let world = World::made().await;
    let app = world.copy().await;
    for (seat, path) in LISTS {
        let token = &world.tokens[seat];
        let whole = listed(&app, token, &format!("{path}page=1&page_size=100")).await;
        let (total, items) = (whole["total"].as_u64().unwrap(), whole["items"].as_array().unwrap());
        assert!(total >= 1, "{path} has nothing to be paged");
        let expected = usize::try_from(total).unwrap().min(100);
        assert_eq!(
            (items.len(), &whole["page"], &whole["page_size"]),
            (expected, &json!(1), &json!(100)),
            "{path}"
        );
        let usual = listed(&app, token, path.trim_end_matches(['&', '?'])).await;
        assert_eq!(
            (&usual["page"], &usual["page_size"], &usual["total"]),
            (&json!(1), &json!(10), &json!(total)),
            "{path}"
        );
        let mut one_by_one = Vec::new();
        for page in 1..=items.len().min(3) {
            let page = listed(&app, token, &format!("{path}page={page}&page_size=1")).await;
            one_by_one.extend(page["items"].as_array().unwrap().clone());
        }
        assert_eq!(one_by_one, items[..one_by_one.len()], "{path}");
        let beyond = listed(&app, token, &format!("{path}page=100000&page_size=100")).await;
        assert_eq!((&beyond["items"], &beyond["total"]), (&json!([]), &json!(total)), "{path}");
        for wrong in ["page=0", "page_size=0", "page_size=101"] {
            let (status, answer) = app.get(&format!("{path}{wrong}"), token).await;
            assert_eq!(
                (status, &answer["fields"][0]["rule"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO-204")),
                "{path}{wrong}: {answer}"
            );
        }
    }
}

/// PO-209, PO-210, PO-208: thirty days for exemptions, fifteen for appointments and for working hours; the last day that fits, and the next one.
#[tokio::test]
async fn every_span_has_its_limit() {
    let world = World::made().await;
    let app = world.copy().await;
    for (from, fits, too_long, path) in [
        (
            "2025-09-18",
            "2025-10-18",
            "2025-10-19",
            "/api/v1/attendance-exemptions?doc_type=declaration&operated_from=FROM&operated_to=TO",
        ),
        (
            "2025-10-03",
            "2025-10-18",
            "2025-10-19",
            "/api/v1/appointments?enterprise_type=A&applied_from=FROM&applied_to=TO",
        ),
        (
            "2025-10-03",
            "2025-10-18",
            "2025-10-19",
            "/api/v1/appointments?enterprise_type=A&slot_from=FROM&slot_to=TO",
        ),
        ("2025-10-03", "2025-10-18", "2025-10-19", "/api/v1/ports/working-hours?date_from=FROM&date_to=TO"),
    ] {
        let between = |to: &str| path.replace("FROM", from).replace("TO", to);
        listed(&app, &world.tokens["owner"], &between(fits)).await;
        let (status, answer) = app.get(&between(too_long), &world.tokens["owner"]).await;
        assert_eq!(
            (status, &answer["fields"][0]["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_RANGE_TOO_LONG")),
            "{path}"
        );
    }
}

/// PO-214: numbers match as a whole, names and titles in any part; what was operated on last comes first.
#[tokio::test]
async fn numbers_match_whole_and_names_in_part() {
    let world = World::made().await;
    let app = world.copy().await;
    let names = &world.names;
    let owner = &world.tokens["owner"];
    for (seat, path, condition, number) in [
        ("owner", LISTS[0].1, "trip_no", &names["bind_ok_trip"]),
        ("owner", LISTS[1].1, "pre_entry_no", &names["appt_sent"]),
        ("owner", LISTS[2].1, "data_center_no", &names["att_in"]),
        ("admin", LISTS[9].1, "number", &names["acc_owner"]),
    ] {
        let token = &world.tokens[seat];
        let found = listed(&app, token, &format!("{path}{condition}={number}")).await;
        assert!(found["total"].as_u64().unwrap() >= 1, "{path}: {found}");
        let part = &number[..number.len() - 1];
        let (_, found) = app.get(&format!("{path}{condition}={part}"), token).await;
        assert!(found["total"].as_u64().unwrap_or_default() == 0, "{path} finds {part}: {found}");
    }
    for (seat, path) in [
        ("admin", "/api/v1/admin/enterprises?name=%E6%B2%AA%E4%B8%9C"),
        ("admin", "/api/v1/admin/accounts?username=at_own"),
        ("owner", "/api/v1/announcements?title=%E7%9F%A5"),
    ] {
        assert_eq!(listed(&app, &world.tokens[seat], path).await["total"], 1, "{path}");
    }
    // The one that was entered first is operated on now.
    let first = format!("/api/v1/attendance-exemptions/{}", names["att_new"]);
    let newest = async || listed(&app, owner, LISTS[2].1).await["items"][0]["data_center_no"].clone();
    assert_ne!(newest().await, json!(names["att_new"]));
    app.central.store().clock().advance(1000);
    let body = json!({"version": names["att_new_v"].parse::<i64>().unwrap(), "doc_type": "declaration",
                      "declaration_no": "222520201000123451", "contact_name": "王芳", "contact_phone": "13816001235"});
    assert_eq!(app.call(Method::PUT, &first, owner, body).await.0, StatusCode::OK);
    assert_eq!(newest().await, json!(names["att_new"]));
}

/// PO-244: what was handed in to customs is not changed any more, in whichever manual.
#[tokio::test]
async fn what_was_handed_in_is_not_changed() {
    let world = World::made().await;
    let app = world.copy().await;
    let owner = &world.tokens["owner"];
    for (name, path) in [
        ("bind_sent", "/api/v1/smart-gate/records"),
        ("appt_sent", "/api/v1/appointments"),
        ("att_in", "/api/v1/attendance-exemptions"),
    ] {
        let path = format!("{path}/{}", world.names[name]);
        let before = listed(&app, owner, &path).await;
        let row = requests().into_iter().find(|request| {
            request.method == Method::PUT && request.at.starts_with(path.rsplit_once('/').unwrap().0)
        });
        let super::request::Body::Json(body) = row.unwrap().body else { panic!("{name}: no form") };
        let mut body = super::request::json(&body, &world.names);
        body["version"] = before["version"].clone();
        let (status, answer) = app.call(Method::PUT, &path, owner, body).await;
        assert_eq!(status, StatusCode::CONFLICT, "{name}: {answer}");
        let delete = format!("{path}?version={}", before["version"]);
        assert_eq!(
            app.call(Method::DELETE, &delete, owner, Value::Null).await.0,
            StatusCode::CONFLICT,
            "{name}"
        );
        assert_eq!(listed(&app, owner, &path).await, before, "{name}");
    }
}

/// PO-248: who did something is kept with the number of the card and the user name, whatever the record shows.
#[tokio::test]
async fn the_operator_is_kept_with_card_and_name() {
    let world = World::made().await;
    let app = world.copy().await;
    for name in ["bind_draft", "appt_draft", "att_new"] {
        let sql = "SELECT actor, card_no FROM audit WHERE number = $1 ORDER BY id LIMIT 1";
        let rows = all(app.central.store().read(), sql, [world.names[name].clone().into()]).await.unwrap();
        let (actor, card): (String, Option<String>) =
            (column(&rows[0], "actor").unwrap(), column(&rows[0], "card_no").unwrap());
        assert_eq!((&*actor, card.as_deref()), ("seat_owner", Some("8930000040001")), "{name}");
    }
}

/// PO-169, PO-310: an office that is not in the table is refused in every manual, and a name that is none as well.
#[tokio::test]
async fn codes_are_those_of_the_tables() {
    let world = World::made().await;
    let app = world.copy().await;
    let appointment =
        |code: &str| json!({"consignee": {"customs_reg_no": "3122263817"}, "declaration_port": code});
    for code in ["9999", "22", "22250", "外港海关"] {
        for (path, method, body) in [
            (
                "/api/v1/smart-gate/records",
                Method::POST,
                json!({"customs_code": code, "medium_type": "VN", "medium_key": "蒙LK8216"}),
            ),
            ("/api/v1/appointments", Method::POST, appointment(code)),
        ] {
            let (status, answer) = app.call(method, path, &world.tokens["owner"], body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} takes {code}: {answer}");
        }
    }
    let (status, answer) =
        app.post("/api/v1/appointments", &world.tokens["owner"], appointment("2225")).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

/// PO-315: a text is as long as it has characters, whatever their bytes, and without the blanks around it.
#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let world = World::made().await;
    let app = world.copy().await;
    let deny = async |text: String| {
        let body = json!({"yard_id": null, "medium_type": "VN", "medium_key": "沪B99998", "reason": text});
        app.post("/api/v1/desk/deny", &world.tokens["officer"], body).await
    };
    for letter in ["a", "控", "𠮷"] {
        let (status, answer) = deny(format!("  {}\n ", letter.repeat(1000))).await;
        assert_eq!(status, StatusCode::CREATED, "{letter}: {answer}");
        assert_eq!(deny(letter.repeat(1001)).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{letter}");
    }
}

/// Every text in the value.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// PO-314: every time in an answer is RFC 3339 with its offset; but for the slip, which is words to be printed.
#[tokio::test]
async fn every_time_is_rfc_3339() {
    let world = World::made().await;
    let app = world.copy().await;
    let mut times = 0;
    let gets = |request: &&Request| request.method == Method::GET && !request.at.ends_with("/slip");
    for request in requests().iter().filter(gets) {
        let exchange = Exchange { world: &world, app: &app, request, caller: &request.by };
        let answer = exchange.sent().await;
        assert!(answer.status.is_success(), "{}: {}", request.name(), answer.json());
        let body = answer.json();
        let mut found = Vec::new();
        texts(&body, &mut found);
        let is_time = |text: &&&str| {
            text.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok())
                && text.get(10..11).is_some_and(|between| matches!(between, " " | "T"))
        };
        for time in found.iter().filter(is_time) {
            assert!(
                DateTime::parse_from_rfc3339(time).is_ok() && time.contains('T'),
                "{}: {time}",
                request.name()
            );
            times += 1;
        }
    }
    assert!(times > 50, "only {times} times were seen");
}
