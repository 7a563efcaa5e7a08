//! Section 13: the query of an enterprise, and the work list of customs.

use super::*;

/// P11..P17 as conditions: what is missing, too long or unknown names its requirement.
const WRONG: &[(&str, &str, &str)] = &[
    ("", "AC-160", "该字段为必填项"),
    ("enterprise_type=C", "AC-160", "参数不存在"),
    ("enterprise_type=B", "AC-162", "该字段为必填项"),
    ("enterprise_type=A&applied_from=2018-09-01&applied_to=2018-09-17", "AC-166", "查询跨度不得超过15天"),
    ("enterprise_type=A&slot_from=2018-10-01&slot_to=2018-10-31", "AC-167", "查询跨度不得超过15天"),
    ("enterprise_type=A&applied_from=2018-09-01", "AC-169", "请输入起始时间和结束时间"),
    ("enterprise_type=A&slot_to=2018-09-01", "AC-169", "请输入起始时间和结束时间"),
    ("enterprise_type=A&status=GONE", "AC-165", "参数不存在"),
    ("enterprise_type=A&consignee=abc", "AC-060", "海关十位编码格式错误"),
];

/// AC-160, AC-162, AC-165, AC-166, AC-167, AC-169, AC-223, P11, P12, P13, P14, P15: a query that breaks a rule is refused for it.
#[tokio::test]
async fn a_query_that_breaks_a_rule_is_refused_for_it() {
    let bench = Bench::open("2018-10-19 08:00:00").await;
    for (query, rule, message) in WRONG {
        let (status, answer) = bench.app.get(&format!("{ROOT}?{query}"), DECLARANT).await;
        let fault = &answer["fields"][0];
        assert_eq!(
            (status, &fault["rule"], &fault["message"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule), &json!(message)),
            "{query}"
        );
    }
    assert_eq!(
        bench.app.get(&format!("{ROOT}?enterprise_type=A&declarant=3110916604"), DECLARANT).await.0,
        StatusCode::BAD_REQUEST,
        "AC-161"
    );
}

/// AC-161, AC-163, AC-164, AC-168, AC-170, AC-171, AC-172, AC-020: what each side finds, latest slot first, then by number.
#[tokio::test]
async fn the_query_finds_what_its_conditions_say() {
    let bench = Bench::open("2018-10-02 08:00:00").await;
    let mut numbers = Vec::new();
    for (day, start) in [
        ("2018-10-02", None),
        ("2018-10-03", Some("2018-10-20 10:00:00")),
        ("2018-10-03", Some("2018-10-20 10:00:00")),
        ("2018-10-17", Some("2018-10-27 10:00:00")),
    ] {
        bench.at(&format!("{day} 08:00:00"));
        let mut body = content("A02");
        body["slot_start"] = start.map_or(Value::Null, |start| json!(instant(start)));
        let (_, record) = bench.app.post(ROOT, DECLARANT, body).await;
        numbers.push(record["pre_entry_no"].as_str().unwrap().to_owned());
    }
    let mut others = content("A02");
    others["consignee"] = json!({ "customs_reg_no": "3110916604" });
    let (_, other) = bench.app.post(ROOT, DECLARANT, others).await;
    numbers.push(other["pre_entry_no"].as_str().unwrap().to_owned());
    let find = async |token: &str, query: &str| -> Vec<usize> {
        let (status, found) = bench.app.get(&format!("{ROOT}?{query}"), token).await;
        assert_eq!(status, StatusCode::OK, "{query}: {found}");
        let items = found["items"].as_array().unwrap();
        assert_eq!(found["total"], items.len());
        items
            .iter()
            .map(|row| numbers.iter().position(|number| row["pre_entry_no"] == **number).unwrap())
            .collect()
    };
    // The 17th: the last 15 days begin on the 2nd. The last one has the slot of A02, the 20th.
    assert_eq!(find(DECLARANT, "enterprise_type=A").await, [3, 1, 2, 4, 0]);
    assert_eq!(find(DECLARANT, "enterprise_type=A&consignee=3110916604").await, [4]);
    assert_eq!(find(DECLARANT, "enterprise_type=B&consignee=3122263817").await, [3, 1, 2, 0]);
    assert_eq!(find(CONSIGNEE, "enterprise_type=A").await, [] as [usize; 0]);
    assert_eq!(find(CONSIGNEE, "enterprise_type=B&consignee=3122263817").await, [3, 1, 2, 0]);
    assert_eq!(
        find(STRANGER, "enterprise_type=B&consignee=3122263817").await,
        [] as [usize; 0],
        "a competitor's code finds nothing"
    );
    assert_eq!(find(STRANGER, "enterprise_type=B&consignee=3110916604").await, [4]);
    assert_eq!(find(DECLARANT, "enterprise_type=A&slot_from=2018-10-20&slot_to=2018-10-20").await, [1, 2, 4]);
    assert_eq!(
        find(DECLARANT, "enterprise_type=A&applied_from=2018-10-02&applied_to=2018-10-03").await,
        [1, 2, 0]
    );
    assert_eq!(find(DECLARANT, &format!("enterprise_type=A&pre_entry_no={}", numbers[1])).await, [1]);
    assert_eq!(
        find(DECLARANT, "enterprise_type=A&pre_entry_no=YTG2018").await,
        [] as [usize; 0],
        "an exact match"
    );
    assert_eq!(find(DECLARANT, "enterprise_type=A&status=SUBMITTED").await, [] as [usize; 0]);
    assert_eq!(find(DECLARANT, "enterprise_type=A&status=DRAFT").await.len(), 5);
    bench.at("2018-10-18 08:00:00");
    assert_eq!(find(DECLARANT, "enterprise_type=A").await, [3, 1, 2, 4], "the first is 16 days old");
    let (_, page) = bench.app.get(&format!("{ROOT}?enterprise_type=A&page=2&page_size=3"), DECLARANT).await;
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["total"], &page["page"]),
        (1, &json!(4), &json!(2))
    );
    let row = &page["items"][0];
    assert_eq!(
        (&row["declarant"]["name"], &row["consignee"]["name"]),
        (&json!("上海沪东报关有限公司"), &json!("上海安康医药进出口有限公司"))
    );
    assert_eq!(
        (&row["status_label"], &row["slot_start"]),
        (&json!("暂存"), &json!(instant("2018-10-20 10:00:00")))
    );
}

/// AC-227: the work list has what was submitted to the officer's offices, the next slot first; headquarters sees all; enterprises have none.
#[tokio::test]
async fn the_work_list_is_that_of_the_officers_offices() {
    let bench = Bench::open("2018-10-18 08:00:00").await;
    bench.saved().await;
    let own = bench.submitted().await;
    let mut body = content("A04");
    body["slot_start"] = json!(instant("2018-10-21 10:00:00"));
    let (_, between) = bench.app.post(ROOT, DECLARANT, body).await;
    let (status, answer) = bench.signed(DECLARANT, &path(&between), "submit", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let list = async |token: &str, query: &str| -> Vec<Value> {
        let (status, found) = bench.app.get(&format!("/api/v1/desk/appointments?{query}"), token).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        found["items"].as_array().unwrap().iter().map(|row| row["pre_entry_no"].clone()).collect()
    };
    let both = vec![own["pre_entry_no"].clone(), between["pre_entry_no"].clone()];
    assert_eq!(list(OFFICER_2248, "").await, both);
    assert_eq!(list(OFFICER_2225, "").await, both[1..]);
    assert_eq!(
        list(HEADQUARTERS, "status=SUBMITTED&slot_from=2018-10-20&slot_to=2018-10-20").await,
        both[..1]
    );
    bench.decides(OFFICER_2248, &own, "approve", None).await;
    assert_eq!(list(OFFICER_2248, "waiting=true").await, both[1..]);
    for token in [DECLARANT, ADMIN, GATEWAY] {
        assert_eq!(
            bench.app.get("/api/v1/desk/appointments", token).await.0,
            StatusCode::FORBIDDEN,
            "{token}"
        );
    }
}
