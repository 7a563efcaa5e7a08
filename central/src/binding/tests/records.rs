//! The spec's valid, invalid and odd records, and what the centre fills in.

use axum::http::StatusCode;

use super::{
    super::{CustomsAreas, import},
    *,
};
use crate::test_app::{CARDLESS, DECLARANT, OFFICER, TestApp, coal, path};

const RECORDS: &str = "/api/v1/smart-gate/records";

/// SG-003, SG-005, SG-035, SG-039, SG-040, SG-041, SG-047, SG-053, SG-066, SG-104; SG-267, V01 to V10: accepted without a warning, and shown as sent.
#[tokio::test]
async fn every_valid_record_is_accepted_as_it_is() {
    let app = TestApp::open().await;
    for case in lines_of(include_str!("../golden/valid.jsonl")) {
        let sent = as_sent(&case["record"]);
        let (status, stored) = app.post(RECORDS, &token_of(&case["record"]), sent.clone()).await;
        assert_eq!((status, &stored["warnings"]), (StatusCode::CREATED, &json!([])), "{case}: {stored}");
        assert_eq!(as_sent(&stored)["lines"], sent["lines"], "{case}");
        for (name, value) in sent.as_object().unwrap().iter().filter(|(name, _)| *name != "lines") {
            assert_eq!(stored[name], *value, "{case} {name}");
        }
        for name in ["uscc", "org_code", "operator"] {
            assert_eq!(stored[name], case["record"][name], "{case} {name}");
        }
    }
}

/// SG-036, SG-043, SG-049, SG-051, SG-055, SG-056, SG-057, SG-058, SG-059, SG-060, SG-061, SG-062, SG-063, SG-064, SG-065, SG-067, SG-105,
/// SG-075, SG-076, SG-077, SG-080, SG-081, SG-084, SG-085, SG-088, SG-089, SG-091, SG-092, SG-094, SG-095, SG-096, SG-101, SG-102,
/// SG-269; SG-267, I01..I35: refused for the rule named, and nothing is stored.
#[tokio::test]
async fn every_invalid_record_is_refused_for_its_rule() {
    let app = TestApp::open().await;
    for case in lines_of(include_str!("../golden/invalid.jsonl")) {
        let violates = case["violates"].as_str().unwrap();
        if matches!(violates, "SG-070" | "SG-071" | "SG-040") {
            continue;
        }
        let record = patched(&case);
        let token = token_of(&record);
        let (mut status, mut answer) = app.post(RECORDS, &token, as_sent(&record)).await;
        if violates == "SG-102" {
            assert_eq!(status, StatusCode::CREATED, "SG-269: the number of lines is left to the declaration");
            (status, answer) = app.post(&(path(&answer) + "/declare"), &token, json!({"version": 1})).await;
        } else {
            let (_, found) = app.get(RECORDS, &token).await;
            assert_eq!(found["total"], 0, "SG-101: nothing is stored, {case}");
        }
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{case}: {answer}");
        assert!(rules_in(&answer["fields"]).contains(&violates), "{case}: {answer}");
        for field in answer["fields"].as_array().unwrap() {
            let texts = ["path", "code", "message", "message_en"]
                .map(|name| field[name].as_str().unwrap_or_default());
            assert!(texts.iter().all(|text| !text.is_empty()), "PO-331: {field}");
        }
    }
}

/// SG-040, SG-070, SG-071; SG-267, I36..I38: what a client cannot send is checked where a stored record comes from elsewhere.
#[test]
fn a_stored_record_with_wrong_numbers_is_refused() {
    let areas = CustomsAreas::embedded();
    for case in lines_of(include_str!("../golden/valid.jsonl")) {
        let read = import::check(&case["record"], &areas);
        assert!(read.is_ok(), "{case}: {read:?}");
    }
    for case in lines_of(include_str!("../golden/invalid.jsonl")) {
        let faults = import::check(&patched(&case), &areas).err().unwrap_or_default();
        let violates = case["violates"].as_str().unwrap();
        assert!(
            violates == "SG-102" || faults.iter().any(|fault| fault.rule == violates),
            "{case}: {faults:?}"
        );
    }
}

/// SG-076, SG-078, SG-080, SG-103; SG-267, W01..W04: accepted, with exactly the warning named; PO-335: what the person confirmed is kept.
#[tokio::test]
async fn an_odd_record_is_accepted_with_its_warning() {
    let app = TestApp::open().await;
    for case in lines_of(include_str!("../golden/warnings.jsonl")) {
        let mut sent = as_sent(&patched(&case));
        sent["confirm_warnings"] = json!([case["warning"]]);
        let (status, stored) = app.post(RECORDS, &token_of(&patched(&case)), sent).await;
        assert_eq!(status, StatusCode::CREATED, "{case}: {stored}");
        let mut rules = rules_in(&stored["warnings"]);
        rules.dedup();
        assert_eq!(rules, [case["warning"].as_str().unwrap()], "{case}");
        let number = stored["unified_no"].as_str().unwrap();
        let receipts =
            crate::declaration::receipt::of_record(app.central.store().read(), number).await.unwrap();
        assert_eq!(json!(receipts[0].confirmed_warnings), json!([case["warning"]]));
    }
}

/// SG-044, SG-087, SG-100, SG-101, SG-112, SG-262, PO-331: every fault is told at once, each with its place and what was sent.
#[tokio::test]
async fn all_faults_come_back_at_once() {
    let app = TestApp::open().await;
    let sent = json!({
        "customs_code": "0799", "medium_type": "VN", "medium_key": "A", "transport_mode": "2", "ie_flag": 7, "colour": "red",
        "vehicle_weight_kg": "8600", "trailer_weight_kg": 0.001, "container_weight_kg": -1,
        "lines": [{"object_type": "B", "business_type": "1000000000", "voyage_no": "1", "pickup_weight_kg": 0, "line_no": 1}]
    });
    let (status, answer) = app.post(RECORDS, DECLARANT, sent).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_FIELD_FORMAT")));
    assert!(!answer["request_id"].as_str().unwrap().is_empty());
    let mut found: Vec<_> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| format!("{} {}", field["path"].as_str().unwrap(), field["rule"].as_str().unwrap()))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "business_type SG-044",
            "colour PO-332",
            "container_weight_kg SG-075",
            "customs_code SG-100",
            "ie_flag SG-092",
            "lines[0].bill_type SG-061",
            "lines[0].line_no SG-087",
            "lines[0].pickup_weight_kg SG-063",
            "lines[0].vessel_name SG-057",
            "medium_key SG-077",
            "trailer_weight_kg SG-075",
            "vehicle_weight_kg SG-075",
        ]
    );
    let (status, _) = app.post(RECORDS, DECLARANT, json!([])).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = app.post(RECORDS, DECLARANT, json!("{")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// SG-079, SG-086: what people type is stored as cameras deliver it; bills keep their signs.
#[tokio::test]
async fn texts_are_normalised_before_they_are_stored() {
    let app = TestApp::open().await;
    let mut sent = coal(" 蒙l·k８216 ");
    sent["lines"][0]["object_id"] = json!(" mgl-25.10 ");
    sent["remark"] = json!("备".repeat(1000));
    let stored = app.save(sent).await;
    assert_eq!(
        (&stored["medium_key"], &stored["lines"][0]["object_id"]),
        (&json!("蒙LK8216"), &json!("MGL-25.10"))
    );
    let mut sent = as_sent(&valid("V04"));
    sent["lines"][0]["seal_no_1"] = json!("es-1｜es 2");
    let (_, stored) = app.post(RECORDS, "declarant-91370211MA3C9TQ4X9", sent).await;
    assert_eq!(stored["lines"][0]["seal_no_1"], "ES1|ES2");
}

/// Rules without an example in section 15: SG-054, SG-068, SG-069, SG-082, SG-083, SG-084, SG-088, SG-090, SG-097, SG-098, SG-099.
#[tokio::test]
async fn the_other_line_rules_refuse_too() {
    let app = TestApp::open().await;
    let many: Vec<_> = (0..100).map(|n| json!({"object_type": "VC", "object_id": format!("0708{n:06}"), "voyage_no": "1", "business_type": "1000000000"})).collect();
    for (base, change, rule) in [
        ("V01", json!([{"op": "remove", "path": "/lines/0/object_type"}]), "SG-054"),
        ("V01", json!([{"op": "replace", "path": "/lines/0/object_type", "value": "X"}]), "SG-097"),
        ("V01", json!([{"op": "replace", "path": "/lines/0/direction", "value": "OUT"}]), "SG-098"),
        ("V01", json!([{"op": "replace", "path": "/lines/0/bill_type", "value": "3"}]), "SG-099"),
        ("V01", json!([{"op": "replace", "path": "/lines/0/remark", "value": "备".repeat(1001)}]), "SG-069"),
        ("V01", json!([{"op": "replace", "path": "/lines/0/voyage_no", "value": "1".repeat(33)}]), "SG-082"),
        (
            "V02",
            json!([{"op": "replace", "path": "/lines/0/vessel_name", "value": "A".repeat(71)}]),
            "SG-083",
        ),
        ("V04", json!([{"op": "replace", "path": "/lines/0/seal_no_2", "value": "A|B|C|D"}]), "SG-068"),
        ("V04", json!([{"op": "replace", "path": "/lines/0/seal_no_2", "value": "ES20250012001"}]), "SG-084"),
        ("V01", json!([{"op": "replace", "path": "/lines", "value": many}]), "SG-090"),
        ("V01", json!([{"op": "remove", "path": "/vehicle_weight_kg"}]), "SG-048"),
        ("V01", json!([{"op": "remove", "path": "/container_weight_kg"}]), "SG-050"),
        ("V01", json!([{"op": "replace", "path": "/trailer_weight_kg", "value": 1_000_000}]), "SG-075"),
        (
            "V01",
            json!([{"op": "replace", "path": "/medium_key", "value": "蒙LK8216港澳台港澳台港澳台港澳"}]),
            "SG-077",
        ),
    ] {
        let record = patched(&json!({"base": base, "patch": change}));
        let (status, answer) = app.post(RECORDS, &token_of(&record), as_sent(&record)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{rule}: {answer}");
        assert!(rules_in(&answer["fields"]).contains(&rule), "{rule}: {answer}");
    }
}

/// SG-025, SG-034, SG-035, SG-038, SG-052, SG-087, SG-168, O12: a back-filled member is refused when new, and taken unchanged when sent back.
#[tokio::test]
async fn what_the_centre_fills_in_cannot_be_sent() {
    let app = TestApp::open().await;
    let mut sent = coal("蒙LK8216");
    sent["unified_no"] = json!("202500000000000001");
    let (status, answer) = app.post(RECORDS, DECLARANT, sent).await;
    assert_eq!((status, rules_in(&answer["fields"])), (StatusCode::UNPROCESSABLE_ENTITY, vec!["SG-087"]));
    let stored = app.save(coal("蒙LK8216")).await;
    let mut back = app.show(&stored).await;
    back["remark"] = json!("改");
    assert_eq!((&back["entry_date"], &back["lines"][0]["line_no"]), (&json!("2025-10-13"), &json!(1)));
    app.central.store().clock().advance(48 * 3600 * 1000);
    let (status, after) = app.call(axum::http::Method::PUT, &path(&stored), DECLARANT, back.clone()).await;
    assert_eq!(
        (status, &after["remark"], &after["version"]),
        (StatusCode::OK, &json!("改"), &json!(2)),
        "{after}"
    );
    for name in ["unified_no", "trip_no", "entry_date"] {
        assert_eq!(after[name], stored[name], "SG-168: numbers and entry date stay");
    }
    back["version"] = json!(2);
    back["trip_no"] = json!("20251089500000048210000000000999");
    let (_, answer) = app.call(axum::http::Method::PUT, &path(&stored), DECLARANT, back).await;
    assert!(rules_in(&answer["fields"]).contains(&"SG-087"), "{answer}");
}

/// SG-034, SG-035, SG-070, SG-071, SG-073, SG-074, SG-111, SG-194: year and serial; month, card and serial; the yearly serial restarts, the other never does.
#[tokio::test]
async fn numbers_follow_their_calendar() {
    let app = TestApp::open().await;
    let first = app.save(coal("蒙LK8216")).await;
    assert_eq!(first["unified_no"], "202500000000000001");
    assert_eq!(first["trip_no"], "20251089500000048210000000000001");
    app.central.store().clock().advance(80 * 24 * 3600 * 1000);
    let second = app.save(coal("蒙LK8216")).await;
    assert_eq!(second["unified_no"], "202600000000000001");
    assert_eq!(second["trip_no"], "20260189500000048210000000000002");
}

/// SG-072, SG-119, SG-201, PO-242, PO-243: a deleted record is gone but for its audit copy; its number is not given out again, not even after a restart.
#[tokio::test]
async fn a_number_is_given_out_once() {
    let app = TestApp::open().await;
    let first = app.save(coal("蒙LK8216")).await;
    let (status, _) =
        app.call(axum::http::Method::DELETE, &(path(&first) + "?version=1"), DECLARANT, Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(app.get(&path(&first), DECLARANT).await.0, StatusCode::NOT_FOUND);
    let sql = "SELECT doc FROM deleted_record WHERE unified_no = '202500000000000001' AND actor = 'wang'";
    let copy = crate::store::one(app.central.store().read(), sql, []).await.unwrap().unwrap();
    assert!(crate::store::column::<String>(&copy, "doc").unwrap().contains("蒙LK8216"));
    let again = app.reopened().await.save(coal("蒙LK8216")).await;
    assert_eq!(again["unified_no"], "202500000000000002");
}

/// SG-018, SG-022, O11, O14, PO-332: no card, no save; another enterprise's record, or one of another area, does not exist.
#[tokio::test]
async fn only_who_may_does() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let (status, answer) = app.post(RECORDS, CARDLESS, coal("蒙LK8216")).await;
    assert_eq!((status, &answer["message"]), (StatusCode::FORBIDDEN, &json!("您无权限操作该数据")));
    let other = "declarant-91370211MA3C9TQ4X9";
    let declare = path(&record) + "/declare";
    for (status, token, expected) in [
        (app.get(&path(&record), CARDLESS).await.0, CARDLESS, StatusCode::OK),
        (app.get(&path(&record), OFFICER).await.0, OFFICER, StatusCode::OK),
        (app.get(&path(&record), other).await.0, other, StatusCode::NOT_FOUND),
        (app.get(&path(&record), "elsewhere-token").await.0, "elsewhere", StatusCode::NOT_FOUND),
        (app.get(&path(&record), "nobody-at-all").await.0, "nobody", StatusCode::UNAUTHORIZED),
        (app.post(&declare, other, json!({"version": 1})).await.0, other, StatusCode::NOT_FOUND),
        (app.post(&declare, OFFICER, json!({"version": 1})).await.0, OFFICER, StatusCode::FORBIDDEN),
        (
            app.officer(&json!({"unified_no": record["unified_no"]}), "approve").await.0,
            OFFICER,
            StatusCode::CONFLICT,
        ),
    ] {
        assert_eq!(status, expected, "{token}");
    }
    assert_eq!(app.get(RECORDS, other).await.1["total"], 0);
}

/// SG-090, SG-262: of too many lines none is judged; of many faults the first two hundred are told.
#[tokio::test]
async fn what_one_request_makes_the_centre_keep_is_bounded() {
    let app = TestApp::open().await;
    let mut sent = coal("蒙LK8216");
    sent["lines"] = json!(vec![json!({}); 100]);
    sent["colour"] = json!("red");
    let (status, answer) = app.post(RECORDS, DECLARANT, sent.clone()).await;
    assert_eq!((status, rules_in(&answer["fields"])), (StatusCode::UNPROCESSABLE_ENTITY, vec!["SG-090"]));
    sent["lines"] = json!(vec![json!({}); 99]);
    for n in 0..300 {
        sent[format!("member_{n}")] = json!(n);
    }
    let (_, answer) = app.post(RECORDS, DECLARANT, sent.clone()).await;
    assert_eq!(answer["fields"].as_array().unwrap().len(), 200);
    sent["remark"] = json!("x".repeat(1024 * 1024));
    assert_eq!(app.post(RECORDS, DECLARANT, sent).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

/// SG-076, PO-335: only a rule that warned can be confirmed, and it is kept once; at most twenty may be named.
#[tokio::test]
async fn only_what_warned_is_confirmed() {
    let app = TestApp::open().await;
    let mut sent = coal("蒙LK8216");
    sent["container_weight_kg"] = json!(2200);
    sent["confirm_warnings"] = json!(["SG-076", "SG-076", "SG-080", "a rule that is none at all"]);
    let (status, answer) = app.post(RECORDS, DECLARANT, sent.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "20 characters are enough for a rule: {answer}");
    sent["confirm_warnings"] = json!(["SG-076", "SG-076", "SG-080", "SG-103"]);
    let stored = app.save(sent.clone()).await;
    let body = json!({"version": 1, "confirm_warnings": ["SG-076", "SG-103"]});
    assert_eq!(app.act(DECLARANT, &path(&stored), "declare", body).await.0, StatusCode::OK);
    let number = stored["unified_no"].as_str().unwrap();
    for receipt in crate::declaration::receipt::of_record(app.central.store().read(), number).await.unwrap() {
        assert_eq!(receipt.confirmed_warnings, ["SG-076"], "{}", receipt.cause);
    }
    sent["confirm_warnings"] = json!(vec!["SG-076"; 21]);
    assert_eq!(app.post(RECORDS, DECLARANT, sent).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// SG-076: a code with blanks is the code, also where a container asks for its weight.
#[tokio::test]
async fn a_container_with_blanks_needs_its_weight_too() {
    let app = TestApp::open().await;
    let mut sent = as_sent(&valid("V03"));
    sent["container_weight_kg"] = json!(0);
    for line in sent["lines"].as_array_mut().unwrap() {
        line["object_type"] = json!("C ");
        line["object_id"] = json!("MSKU1234565");
        for name in ["container_no_1", "container_no_2", "seal_no_1", "seal_no_2"] {
            line[name] = Value::Null;
        }
    }
    let (status, answer) = app.post(RECORDS, &token_of(&valid("V03")), sent).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert!(rules_in(&answer["fields"]).contains(&"SG-076"), "{answer}");
}

/// SG-087: the answer to a save, with its `warnings`, may be sent back as it is.
#[tokio::test]
async fn an_answer_may_be_sent_back() {
    let app = TestApp::open().await;
    let stored = app.save(coal("蒙LK8216")).await;
    assert!(stored["warnings"].is_array());
    let (status, answer) = app.call(axum::http::Method::PUT, &path(&stored), DECLARANT, stored).await;
    assert_eq!((status, &answer["version"]), (StatusCode::OK, &json!(2)), "{answer}");
}

/// SG-124: lines go to the centre with their header, in one save: a fault in a line keeps the header's change out, and neither is stored
/// without the other.
#[tokio::test]
async fn header_and_lines_are_one_version() {
    let app = TestApp::open().await;
    let stored = app.save(coal("蒙LK8216")).await;
    let mut sent = coal("蒙LK8217");
    sent["version"] = json!(1);
    let mut second = sent["lines"][0].clone();
    second["object_id"] = json!("MGL2510130088");
    sent["lines"].as_array_mut().unwrap().push(second);
    let mut faulty = sent.clone();
    faulty["lines"][1]["voyage_no"] = Value::Null;
    let save = async |body: Value| app.call(axum::http::Method::PUT, &path(&stored), DECLARANT, body).await;
    assert_eq!(save(faulty).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let seen = app.show(&stored).await;
    assert_eq!((&seen["version"], &seen["medium_key"]), (&json!(1), &json!("蒙LK8216")));
    assert_eq!(seen["lines"].as_array().unwrap().len(), 1);
    let (status, after) = save(sent).await;
    assert_eq!(
        (status, &after["version"], &after["medium_key"]),
        (StatusCode::OK, &json!(2), &json!("蒙LK8217"))
    );
    assert_eq!(after["lines"][1]["object_id"], "MGL2510130088");
}

/// SG-004, SG-093, SG-094, SG-103: each of the ten business types can be declared, in header and line, and no other combination of bits.
#[tokio::test]
async fn there_are_ten_business_types() {
    let app = TestApp::open().await;
    let mut accepted = Vec::new();
    for bits in 0..1024_u32 {
        // The tenth and the ninth place are unused; a sample of them is enough.
        if bits & 0b11 != 0 && bits % 7 != 0 {
            continue;
        }
        let code = format!("{bits:010b}");
        let mut sent = coal("蒙LK8216");
        (sent["business_type"], sent["lines"][0]["business_type"]) = (json!(code), json!(code));
        if code == "0000100000" {
            sent["lines"][0]["container_no_1"] = json!("OOLU8155407");
            sent["container_weight_kg"] = json!(2200);
        }
        let (status, answer) = app.post(RECORDS, DECLARANT, sent).await;
        match status {
            StatusCode::CREATED => accepted.push(code),
            _ => {
                assert!(rules_in(&answer["fields"]).iter().all(|rule| *rule == "SG-094"), "{code}: {answer}")
            }
        }
    }
    accepted.sort_unstable();
    let expected = [
        "0000000100",
        "0000001000",
        "0000010000",
        "0000100000",
        "0001000000",
        "0010000000",
        "0100000000",
        "1000000000",
        "1000001000",
        "1010000000",
    ];
    assert_eq!(accepted, expected);
}
