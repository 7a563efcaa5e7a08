//! Records as lists: out, back, and with what is wrong beside each row.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::test_app::{CARDLESS, DECLARANT, OFFICER, TestApp, coal};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const OTHER: &str = "declarant-91310115MA1H7K2R0J";

async fn export(app: &TestApp, query: &str, token: &str) -> (StatusCode, Vec<u8>) {
    let path = format!("/api/v1/smart-gate/records/export{query}");
    app.call_raw(axum::http::Method::GET, &path, token, Value::Null).await
}

const IMPORT: &str = "/api/v1/smart-gate/records/import";
const DRY: &str = "/api/v1/smart-gate/records/import?dry_run=true";

async fn import(app: &TestApp, token: &str, bytes: Vec<u8>, accept: &str) -> (StatusCode, Vec<u8>) {
    import_at(app, IMPORT, token, bytes, accept).await
}

async fn import_at(
    app: &TestApp,
    path: &str,
    token: &str,
    bytes: Vec<u8>,
    accept: &str,
) -> (StatusCode, Vec<u8>) {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("accept", accept)
        .body(Body::from(bytes));
    let response = app.send(request.unwrap()).await;
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

async fn imported(app: &TestApp, token: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let (status, bytes) = import(app, token, bytes, "application/json").await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// Two lines, and a second record without any.
async fn two_records(app: &TestApp) {
    let mut first = coal("蒙LK8216");
    let mut line = first["lines"][0].clone();
    line["object_id"] = json!("MGL2510130088");
    line["pickup_weight_kg"] = json!(12.5);
    first["lines"].as_array_mut().unwrap().push(line);
    app.save(first).await;
    let mut second = coal("蒙LK8217");
    second["lines"] = json!([]);
    second["business_type"] = json!("0000000100");
    second["remark"] = json!("=1+1");
    app.save(second).await;
}

/// PO-330: what goes out as a workbook or as CSV comes back as the same records, with numbers of their own.
#[tokio::test]
async fn a_list_comes_back_as_the_same_records() {
    for format in ["", "?format=csv"] {
        let app = TestApp::open().await;
        two_records(&app).await;
        let (status, list) = export(&app, format, DECLARANT).await;
        assert_eq!(status, StatusCode::OK);
        let (status, answer) = imported(&app, OTHER, list).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        assert_eq!(
            answer["items"].as_array().unwrap().iter().map(|item| &item["rows"]).collect::<Vec<_>>(),
            [&json!([2]), &json!([3, 4])]
        );
        for (item, of) in [(&answer["items"][1], "蒙LK8216"), (&answer["items"][0], "蒙LK8217")] {
            let number = item["unified_no"].as_str().unwrap();
            let (_, copy) = app.get(&format!("/api/v1/smart-gate/records/{number}"), OTHER).await;
            let (_, all) = app.get("/api/v1/smart-gate/records", DECLARANT).await;
            let original =
                all["items"].as_array().unwrap().iter().find(|record| record["medium_key"] == of).unwrap();
            let (_, original) = app.get(&crate::test_app::path(original), DECLARANT).await;
            for member in [
                "customs_code",
                "medium_key",
                "vehicle_weight_kg",
                "remark",
                "lines",
                "business_type",
                "vehicle_pass_type",
            ] {
                assert_eq!(copy[member], original[member], "{format} {member}");
            }
            assert_ne!(copy["trip_no"], original["trip_no"]);
        }
    }
}

/// PO-049: a list has what its reader may see, and what the conditions select.
#[tokio::test]
async fn a_list_has_what_its_reader_sees() {
    let app = TestApp::open().await;
    two_records(&app).await;
    let rows = async |query: &str, token: &str| {
        let (status, list) = export(&app, query, token).await;
        assert_eq!(status, StatusCode::OK);
        String::from_utf8(list).unwrap().lines().count() - 1
    };
    assert_eq!(rows("?format=csv", DECLARANT).await, 3);
    assert_eq!(rows("?format=csv", OFFICER).await, 3);
    assert_eq!(rows("?format=csv", "elsewhere-token").await, 0);
    assert_eq!(rows("?format=csv&medium_key=%E8%92%99LK8217", DECLARANT).await, 1);
    assert_eq!(rows("?status=DECLARED&format=csv", DECLARANT).await, 0);
    assert_eq!(export(&app, "?format=pdf", DECLARANT).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(export(&app, "?status=X", DECLARANT).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(export(&app, "", crate::test_app::ADMIN).await.0, StatusCode::FORBIDDEN);
}

const HEAD: &str = "组号,关区代码,绑定介质类型,绑定介质关键信息,业务类型,运输方式,进出口标志,过卡车辆类型,车辆重量,挂车重量,集装箱重量,备注,表体进出方向,绑定对象类型,\
绑定对象ID,船名,航次批次号,表体业务类型,提单类型,本次提货重量,箱号1,箱号2,安全智能锁号1,安全智能锁号2,表体备注\n";
const GOOD: &str = "1,0708,VN,蒙LK8216,1000000000,4,I,02,8600,6400,0,,E,B,MGL2510130087,,0708251013017,1000000000,1,32500,,,,,\n";

/// PO-137, PO-245, SG-101: every fault with its row and column, and nothing is saved; the workbook tells the same.
#[tokio::test]
async fn a_list_with_faults_saves_nothing() {
    let app = TestApp::open().await;
    let more = "1,,,,,,E,,,,,,,B,1.2E+17,,0708251013017,1000000000,9,many,,,,,\n2,0708,VN,,1000000000,4,I,02,8600,6400,0,,,,,,,,,,,,,,\n";
    let bad = format!("{HEAD}{GOOD}{more}").into_bytes();
    let (status, answer) = imported(&app, DECLARANT, bad.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut paths: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    let expected = [
        "rows[3].ie_flag",
        "rows[3].line.bill_type",
        "rows[3].line.object_id",
        "rows[3].line.pickup_weight_kg",
        "rows[4].medium_key",
    ];
    assert_eq!(paths, expected);
    assert_eq!(app.get("/api/v1/smart-gate/records", DECLARANT).await.1["total"], 0);

    let (status, book) = import(&app, DECLARANT, bad, XLSX).await;
    assert_eq!((status, &book[..2]), (StatusCode::UNPROCESSABLE_ENTITY, b"PK".as_slice()));
    let (status, again) = imported(&app, DECLARANT, book).await;
    assert_eq!(
        (status, again["fields"].as_array().unwrap().len()),
        (StatusCode::UNPROCESSABLE_ENTITY, 5),
        "what was not corrected is told again"
    );

    let (status, answer) = imported(&app, DECLARANT, format!("{HEAD}{GOOD}").into_bytes()).await;
    assert_eq!((status, &answer["items"][0]["rows"]), (StatusCode::CREATED, &json!([2])));
}

/// SG-018, PO-332: who may, and how much.
#[tokio::test]
async fn an_import_has_its_bounds() {
    let app = TestApp::open().await;
    let list = |rows: usize| {
        format!("{HEAD}{}", (1..=rows).map(|row| GOOD.replacen('1', &row.to_string(), 1)).collect::<String>())
            .into_bytes()
    };
    for token in [CARDLESS, OFFICER] {
        assert_eq!(imported(&app, token, list(1)).await.0, StatusCode::FORBIDDEN);
    }
    let (status, answer) = imported(&app, DECLARANT, list(201)).await;
    assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("file")));
    assert_eq!(
        imported(&app, DECLARANT, vec![b' '; 2 * 1024 * 1024 + 2048]).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let (status, answer) = imported(&app, DECLARANT, list(200)).await;
    assert_eq!((status, answer["items"].as_array().unwrap().len()), (StatusCode::CREATED, 200));
}

async fn dry(app: &TestApp, bytes: Vec<u8>) -> (StatusCode, Value) {
    let (status, bytes) = import_at(app, DRY, DECLARANT, bytes, "application/json").await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// PO-137, PO-245: what is only tried is judged as when it is meant, with the same faults, and saves nothing.
#[tokio::test]
async fn an_import_can_be_tried_first() {
    let app = TestApp::open().await;
    let good = format!("{HEAD}{GOOD}1,,,,,,,,,,,,E,B,MGL2510130088,,0708251013017,1000000000,1,5,,,,,\n")
        .into_bytes();
    let (status, answer) = dry(&app, good.clone()).await;
    let expected = json!({"dry_run": true, "items": [{"rows": [2, 3], "medium_key": "蒙LK8216", "lines": 2, "warnings": []}]});
    assert_eq!((status, answer), (StatusCode::OK, expected));
    let bad = format!("{HEAD}{GOOD}2,0708,VN,,1000000000,4,I,02,-1,6400,0,,,,,,,,,,,,,,\n").into_bytes();
    let (status, tried) = dry(&app, bad.clone()).await;
    let (meant_status, meant) = imported(&app, DECLARANT, bad.clone()).await;
    assert_eq!((status, &tried["fields"]), (StatusCode::UNPROCESSABLE_ENTITY, &meant["fields"]));
    assert_eq!((status, tried["fields"].as_array().unwrap().len()), (meant_status, 2));
    let (status, book) = import_at(&app, DRY, DECLARANT, bad, XLSX).await;
    assert_eq!((status, &book[..2]), (StatusCode::UNPROCESSABLE_ENTITY, b"PK".as_slice()));
    assert_eq!(app.get("/api/v1/smart-gate/records", DECLARANT).await.1["total"], 0);
    assert_eq!(imported(&app, DECLARANT, good).await.0, StatusCode::CREATED);
}

/// PO-332: nothing at all, and a list without rows, is refused whether tried or meant; so is a way that there is not.
#[tokio::test]
async fn an_empty_list_is_refused() {
    let app = TestApp::open().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet();
    let (_, template) = app
        .call_raw(
            axum::http::Method::GET,
            "/api/v1/smart-gate/records/import/template",
            DECLARANT,
            Value::Null,
        )
        .await;
    for empty in [Vec::new(), b"\xEF\xBB\xBF".to_vec(), HEAD.into(), book.save_to_buffer().unwrap(), template]
    {
        for path in [IMPORT, DRY] {
            let (status, answer) = import_at(&app, path, DECLARANT, empty.clone(), "application/json").await;
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(
                (status, &answer["fields"][0]["path"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("file"))
            );
        }
    }
    for wrong in ["?dry_run=maybe", "?dry=true"] {
        let path = format!("{IMPORT}{wrong}");
        assert_eq!(
            import_at(&app, &path, DECLARANT, HEAD.into(), "").await.0,
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
}

/// The export writes codes as texts, and a filled-in template is an import.
#[tokio::test]
async fn codes_go_out_and_come_back_as_texts() {
    let app = TestApp::open().await;
    two_records(&app).await;
    let (_, list) = export(&app, "", DECLARANT).await;
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(&list)).unwrap();
    let strings = std::io::read_to_string(parts.by_name("xl/sharedStrings.xml").unwrap()).unwrap();
    for code in ["0708", "1000000000", "0708251013017", "02"] {
        assert!(strings.contains(&format!("<t>{code}</t>")), "{code}: {strings}");
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let columns = HEAD.trim().split(',').zip(GOOD.trim_end().split(','));
    for (place, (title, cell)) in (0..).zip(columns) {
        sheet.write_string(0, place, title).unwrap();
        sheet.write_string(1, place, cell).unwrap();
    }
    sheet.write_number(1, 1, 708.0).unwrap();
    let (status, answer) = dry(&app, book.save_to_buffer().unwrap()).await;
    let faults = &answer["fields"];
    assert_eq!(
        (status, &faults[0]["path"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("rows[2].customs_code"))
    );
    assert!(faults[0]["message"].as_str().unwrap().contains("前导零") && faults[1].is_null(), "{faults}");
}
