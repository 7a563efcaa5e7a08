//! Drafts: numbers and times, what is filled in, copies, deletion, and what the page asks while somebody types.

use super::*;

/// AC-035, AC-036, AC-037, AC-038, AC-039, AC-041, AC-048, AC-055, AC-061, AC-117, AC-122, AC-184: the first save makes number, status and application time, and fills in
/// what follows from codes; it may be repeated, and the clock does not stop for it.
#[tokio::test]
async fn a_draft_gets_its_number_once_and_its_back_filled_fields() {
    let bench = Bench::open("2018-10-17 10:12:00").await;
    let body = json!({ "consignee": { "customs_reg_no": "3122263817" } });
    let (status, record) = bench.app.post(ROOT, DECLARANT, body).await;
    assert_eq!(
        (status, &record["pre_entry_no"]),
        (StatusCode::CREATED, &json!("YTG201800000000001")),
        "{record}"
    );
    assert_eq!((&record["status"], &record["status_label"]), (&json!("DRAFT"), &json!("暂存")));
    assert_eq!(
        (&record["application_no"], &record["slot_end"], &record["submitted_at"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(record["applied_at"], json!(instant("2018-10-17 10:12:00")));
    let case = valid("A01");
    assert_eq!(
        (&record["declarant"], &record["consignee"]),
        (&case["record"]["declarant"], &case["record"]["consignee"])
    );
    bench.at("2018-10-18 09:00:00");
    let mut body = content("A02");
    body["version"] = json!(1);
    // AC-062: what was shown may come back as it was.
    for name in ["pre_entry_no", "status", "declarant", "slot_end", "actions", "attachments"] {
        body[name] = record[name].clone();
    }
    let (status, saved) = bench.app.call(Method::PUT, &path(&record), DECLARANT, body).await;
    assert_eq!((status, &saved["version"]), (StatusCode::OK, &json!(2)), "{saved}");
    assert_eq!(
        (&saved["pre_entry_no"], &saved["applied_at"]),
        (&record["pre_entry_no"], &record["applied_at"])
    );
    assert_eq!(saved["slot_end"], json!(instant("2018-10-20 12:00:00")));
    assert_eq!(saved["goods"], json!([{ "seq": 1, "hs_code": "0809290000", "name": "鲜樱桃（车厘子）" }]));
    bench.at("2018-10-19 09:00:00");
    let (_, submitted) = bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
    assert_eq!(submitted["applied_at"], json!(instant("2018-10-19 09:00:00")), "{submitted}");
    assert_eq!(bench.saved().await["pre_entry_no"], "YTG201800000000002");
    bench.at("2019-01-02 09:00:00");
    assert_eq!(bench.saved().await["pre_entry_no"], "YTG201900000000001", "the serial restarts each year");
    let mut own = content("A02");
    own["consignee"] = json!({ "customs_reg_no": "3122480012" });
    assert_eq!(
        bench.app.post(ROOT, DECLARANT, own).await.0,
        StatusCode::CREATED,
        "both may be the same enterprise"
    );
}

/// AC-062, P18, AC-064, AC-066: foreign values of back-filled and unknown members are refused; a name that was left out is that of the code.
#[tokio::test]
async fn what_the_system_fills_in_is_not_taken_from_clients() {
    let bench = Bench::open("2018-10-17 10:12:00").await;
    for (name, value, rule) in [
        ("slot_end", json!(instant("2018-10-20 12:00:00")), "AC-062"),
        ("pre_entry_no", json!("YTG201800000000009"), "AC-062"),
        ("application_no", json!("224820180000000001"), "AC-062"),
        ("status", json!("BOOKED"), "AC-062"),
        ("declarant", json!({ "customs_reg_no": "3110916604" }), "AC-062"),
        ("feedback", json!([{ "declaration_no": "224820181000099120" }]), "AC-062"),
        ("colour", json!("red"), "PO-332"),
        ("contact_name", json!(7), "PO-332"),
        ("goods", json!({}), "PO-332"),
        ("goods", json!([7]), "PO-332"),
        ("goods", json!([{ "hs_code": "0809290000", "name": "x", "origin": "智利" }]), "PO-332"),
    ] {
        let mut body = content("A02");
        body[name] = value.clone();
        let (status, answer) = bench.app.post(ROOT, DECLARANT, body).await;
        assert_eq!(
            (status, rules_in(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![rule]),
            "{name} {value}"
        );
    }
    let (status, _) = bench.app.post(ROOT, DECLARANT, json!([])).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, found) = bench.app.get(&format!("{ROOT}?enterprise_type=A"), DECLARANT).await;
    assert_eq!(found["total"], 0);
}

/// AC-033, AC-214: a copy has the user's fields and goods, and neither slot nor anything else of the old appointment; none of one that was not fed back.
#[tokio::test]
async fn a_copy_is_the_body_of_a_new_application() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    bench.types(&record, &json!(["224820181000090001"])).await;
    let (status, copied) = bench.app.post(&(path(&record) + "/copy"), DECLARANT, Value::Null).await;
    let mut expected = content("A02");
    expected["slot_start"] = Value::Null;
    assert_eq!((status, &copied), (StatusCode::OK, &expected));
    assert_eq!(bench.app.post(ROOT, DECLARANT, copied).await.0, StatusCode::CREATED);
    bench.at("2018-10-26 00:00:00");
    super::super::super::duties::settle_due(bench.app.central.store()).await.unwrap();
    let (status, answer) = bench.app.post(&(path(&record) + "/copy"), DECLARANT, Value::Null).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-214"]));
    assert!(!bench.show(DECLARANT, &record).await["actions"].as_array().unwrap().contains(&json!("copy")));
}

/// AC-175, AC-176, AC-197, P08: all of the ticked drafts, or none, and the row at fault is named.
#[tokio::test]
async fn ticked_drafts_are_deleted_together_or_not_at_all() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let (first, second, submitted) = (bench.saved().await, bench.saved().await, bench.submitted().await);
    let ticked = |records: &[&Value]| -> Value {
        let items: Value = records
            .iter()
            .map(|record| json!({ "pre_entry_no": record["pre_entry_no"], "version": record["version"] }))
            .collect();
        json!({ "items": items })
    };
    let delete = async |body: Value| bench.app.post(&format!("{ROOT}/delete"), DECLARANT, body).await;
    let (status, answer) = delete(ticked(&[&first, &second, &submitted])).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-176"]));
    assert_eq!(
        (&answer["fields"][0]["path"], &answer["fields"][0]["value"]),
        (&json!("items[2]"), &submitted["pre_entry_no"])
    );
    let stale = json!({ "items": [{ "pre_entry_no": first["pre_entry_no"], "version": 9 }] });
    assert_eq!(delete(stale).await.1["code"], "PO_VERSION_CONFLICT");
    assert_eq!(delete(json!({ "items": [] })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for record in [&first, &second, &submitted] {
        bench.show(DECLARANT, record).await;
    }
    assert_eq!(delete(ticked(&[&first, &second])).await.0, StatusCode::NO_CONTENT);
    for record in [&first, &second] {
        assert_eq!(bench.app.get(&path(record), DECLARANT).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(delete(ticked(&[&first])).await.0, StatusCode::NOT_FOUND, "final");
    let at = format!("{}?version={}", path(&submitted), submitted["version"]);
    let (status, answer) = bench.app.call(Method::DELETE, &at, DECLARANT, Value::Null).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-197"]));
}

/// AC-121, AC-201, AC-210, P04, P05: after submission nothing is edited; what was returned stays as it is.
#[tokio::test]
async fn what_was_submitted_is_read_only() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.submitted().await;
    let edited = async |rule: &str| {
        let before = bench.show(DECLARANT, &record).await;
        let mut body = content("A02");
        body["version"] = before["version"].clone();
        body["reason"] = json!("另一个事由");
        let (status, answer) = bench.app.call(Method::PUT, &path(&record), DECLARANT, body).await;
        assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec![rule]));
        let (status, answer) = bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
        assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec![rule]));
        assert_eq!(bench.show(DECLARANT, &record).await, before);
    };
    edited("AC-121").await;
    bench.decides(OFFICER_2248, &record, "return", Some("材料不全")).await;
    edited("AC-201").await;
    let (status, answer) = bench.signed(DECLARANT, &path(&record), "cancel", json!({})).await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::CONFLICT, vec!["AC-145"]), "P06");
}

/// AC-040, AC-041, AC-059, AC-088, AC-092, AC-094, AC-194: as soon as the consignee is typed the page learns who it is, or every reason against a new application.
#[tokio::test]
async fn the_typed_consignee_is_judged_at_once() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let ask =
        async |code: &str| bench.app.get(&format!("{ROOT}/consignee?consignee={code}"), DECLARANT).await;
    let (status, answer) = ask("3122263817").await;
    assert_eq!((status, &answer["consignee"]), (StatusCode::OK, &valid("A01")["record"]["consignee"]));
    assert_eq!(rules_in(&ask("3199999999").await.1), ["AC-059"]);
    assert_eq!(rules_in(&ask("abc").await.1), ["AC-060"]);
    assert_eq!(rules_in(&ask("").await.1), ["AC-052"]);
    bench.rate("3122263817", &json!("D"), false).await;
    let (status, answer) = ask("3122263817").await;
    assert_eq!((status, rules_in(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["AC-088", "AC-090"]));
    assert_eq!(answer["fields"][1]["message"], "企业无报关资质，不允许新增预约");
}

/// AC-114: the deadline is told as soon as ports, consignee and start are typed, also when it is over.
#[tokio::test]
async fn the_deadline_is_told_while_typing() {
    let bench = Bench::open("2018-10-18 16:00:00").await;
    let ask = async |declaration: &str, start: &str| {
        let query = format!(
            "consignee=3122263817&declaration_port={declaration}&entry_exit_port=2248&slot_start={start}"
        );
        bench.app.get(&format!("{ROOT}/deadline?{query}"), DECLARANT).await
    };
    let (status, answer) = ask("2225", "2018-10-20T10:00:00%2B08:00").await;
    let expected = json!({ "deadline": instant("2018-10-18 16:30:00"), "set_by": "2225", "lead_hours": 24, "over": false });
    assert_eq!((status, &answer), (StatusCode::OK, &expected));
    bench.at("2018-10-18 16:30:01");
    assert_eq!(ask("2225", "2018-10-20T10:00:00%2B08:00").await.1["over"], true);
    assert_eq!(rules_in(&ask("2225", "2018-10-19T14:00:00%2B08:00").await.1), ["AC-101"]);
    assert_eq!(rules_in(&ask("2225", "2019-01-01T10:00:00%2B08:00").await.1), ["AC-098"]);
    assert_eq!(rules_in(&ask("9998", "2018-10-20T10:00:30%2B08:00").await.1), ["AC-058", "AC-047"]);
    assert_eq!(rules_in(&ask("", "").await.1), ["AC-114", "AC-114"]);
}

/// AC-215, PO-333: every act names the version that the person saw.
#[tokio::test]
async fn an_act_on_another_version_is_refused() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    let record = bench.booked().await;
    let at = path(&record);
    for (version, status, code) in [
        (json!(null), StatusCode::UNPROCESSABLE_ENTITY, "PO_FIELD_REQUIRED"),
        (json!(1), StatusCode::CONFLICT, "PO_VERSION_CONFLICT"),
        (json!(99), StatusCode::CONFLICT, "PO_VERSION_CONFLICT"),
    ] {
        let plain = json!({ "version": version });
        let numbers = json!({ "version": version, "declaration_nos": [] });
        let words = json!({ "version": version, "text": "x" });
        let statement = json!({ "version": version, "action": "cancel" });
        let desk = at.replace("/v1/", "/v1/desk/");
        for (method, at, token, body) in [
            (Method::POST, format!("{at}/statements"), DECLARANT, statement.clone()),
            (Method::POST, format!("{at}/submit"), DECLARANT, plain.clone()),
            (Method::POST, format!("{at}/cancel"), DECLARANT, plain.clone()),
            (Method::PUT, format!("{at}/feedback"), DECLARANT, numbers.clone()),
            (Method::POST, format!("{at}/feedback"), DECLARANT, plain.clone()),
            (Method::PUT, format!("{at}/explanation"), DECLARANT, words.clone()),
            (Method::POST, format!("{at}/explanation"), DECLARANT, plain.clone()),
            (Method::POST, format!("{desk}/accept"), OFFICER_2248, plain.clone()),
            (
                Method::POST,
                format!("{desk}/statements"),
                OFFICER_2248,
                json!({ "version": version, "action": "accept" }),
            ),
        ] {
            let (answered, answer) = bench.app.call(method, &at, token, body).await;
            assert_eq!(
                (answered, &answer["code"], rules_in(&answer)),
                (status, &json!(code), vec!["AC-215"]),
                "{at}"
            );
        }
    }
    assert_eq!(bench.show(DECLARANT, &record).await, record);
}
