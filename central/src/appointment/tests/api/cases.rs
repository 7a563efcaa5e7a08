//! Sections 17.1 and 17.2, and our further wrong cases, through the API.

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;

use super::{
    super::{
        super::store,
        examples::{appointment, patched, wrong_cases},
        lines_of,
    },
    *,
};
use crate::declaration::attachment::sample;

/// The requirements that a case breaks; none when it is accepted.
async fn broken(case: &Value, base: &Value) -> Vec<String> {
    let (record, context) = (&case["record"], &case["context"]);
    let bench = Bench::open(context["now"].as_str().unwrap()).await;
    for (code, credit) in context["ratings"].as_object().unwrap() {
        let qualified = !context["no_qualification"].as_array().unwrap().contains(&json!(code));
        bench.rate(code, credit, qualified).await;
    }
    let answer = match case["action"].as_str().unwrap() {
        action @ ("save" | "submit") => entered(&bench, case, base, action).await,
        action => sent(&bench, record, context, action).await,
    };
    rules_in(&answer).into_iter().map(ToOwned::to_owned).collect()
}

fn token_of(record: &Value) -> String {
    format!("declarant-{}", record["declarant"]["uscc"].as_str().unwrap())
}

/// 暂存, the documents, 提交; the first refusal, after which nothing may have changed.
async fn entered(bench: &Bench, case: &Value, base: &Value, action: &str) -> Value {
    let (record, token) = (&case["record"], token_of(&case["record"]));
    for (place, code) in case["context"]["blocked_i"].as_array().unwrap().iter().enumerate() {
        let mut breach = appointment(&valid("A12")["record"]);
        breach.head.number = format!("YTG2018999999990{place:02}").into();
        breach.declarant.customs_reg_no = code.as_str().unwrap().into();
        breach.application_no = None;
        bench.plant(&breach).await;
    }
    let mut body = as_sent(record);
    let members = body.as_object_mut().unwrap();
    // What the system fills in is sent only where the case is about it.
    let two_hours = record["slot_start"]
        .as_str()
        .zip(record["slot_end"].as_str())
        .is_some_and(|(start, end)| instant(end).as_millis() - instant(start).as_millis() == 2 * 3_600_000);
    members.retain(|name, _| match name.as_str() {
        "application_no" | "pre_entry_no" => record[name] != base["record"][name],
        "slot_end" => !two_hours && record["slot_end"] != base["record"]["slot_end"],
        _ => true,
    });
    let seqs = record["goods"].as_array().unwrap().iter().map(|row| row["seq"].clone());
    let seq_is_the_case = !seqs.eq((1..).take(record["goods"].as_array().unwrap().len()).map(Value::from));
    for row in body["goods"].as_array_mut().unwrap() {
        if !seq_is_the_case {
            row.as_object_mut().unwrap().remove("seq");
        }
    }
    let found = async || bench.app.get(&format!("{ROOT}?enterprise_type=A"), &token).await.1["total"].clone();
    let planted = found().await;
    let (status, stored) = bench.app.post(ROOT, &token, body).await;
    if status != StatusCode::CREATED {
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{stored}");
        assert_eq!(found().await, planted, "nothing is stored");
        return stored;
    }
    for file in record["attachments"].as_array().unwrap() {
        let version = bench.app.get(&path(&stored), &token).await.1["version"].clone();
        let (status, answer) = upload(bench, &token, &stored, &version, file, "supplementary").await;
        if status != StatusCode::CREATED {
            return answer;
        }
    }
    if action == "save" {
        return stored;
    }
    let before = bench.app.get(&path(&stored), &token).await.1;
    let (status, answer) = bench.signed(&token, &path(&stored), "submit", json!({})).await;
    if status == StatusCode::OK {
        assert_eq!(
            (&answer["status"], &answer["submitted_at"]),
            (&json!("SUBMITTED"), &answer["applied_at"])
        );
    } else {
        assert_eq!(bench.app.get(&path(&stored), &token).await.1, before, "nothing has changed");
    }
    answer
}

/// Sends a file of the wanted size and number of pages; one whose name says so is no PDF.
pub(super) async fn upload(
    bench: &Bench,
    token: &str,
    record: &Value,
    version: &Value,
    file: &Value,
    category: &str,
) -> (StatusCode, Value) {
    let number = |name: &str| file[name].as_u64().unwrap();
    let (size, name) = (usize::try_from(number("bytes")).unwrap(), file["file_name"].as_str().unwrap());
    let bytes = if name.ends_with(".pdf") {
        sample::pdf(u32::try_from(number("pages")).unwrap(), size)
    } else {
        vec![b'x'; size]
    };
    let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let at = format!("{}/attachments?version={version}&file_name={name}&category={category}", path(record));
    let request = Request::post(at)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/pdf")
        .body(Body::from(bytes));
    let response = bench.app.send(request.unwrap()).await;
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Feedback, cancellation or explanation about an application that is planted as the case has it.
async fn sent(bench: &Bench, record: &Value, context: &Value, action: &str) -> Value {
    let token = token_of(record);
    let mut planted = appointment(record);
    planted.feedback.clear();
    planted.head.version = 4;
    bench.plant(&planted).await;
    for (number, facts) in context["register"].as_object().unwrap() {
        let declared = facts["declared_at"].as_str().unwrap();
        let body = json!({
            "ie_flag": facts["ie_flag"], "declarant": facts["declarant"], "consignee": facts["consignee"],
            "declaration_port": facts["declaration_port"], "entry_exit_port": facts["entry_exit_port"],
            "declared_at": (declared.len() > 10).then(|| instant(declared)), "declared_on": (declared.len() == 10).then_some(declared),
            "released": true, "inspection_customs_code": null, "inspection_instruction": false, "inspection_begun": false,
        });
        let at = format!("/api/v1/admin/reference/declarations/{number}");
        let (status, answer) = bench.app.call(Method::PUT, &at, ADMIN, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    for number in context["taken"].as_array().into_iter().flatten() {
        let mut other = planted.clone();
        other.head.number = "YTG201899999999999".into();
        other.application_no = None;
        bench.plant(&other).await;
        let tx = bench.app.central.store().begin().await.unwrap();
        let number = number.as_str().unwrap();
        assert!(store::tie(&tx, "YTG201899999999999", number).await.unwrap());
        tx.commit().await.unwrap();
    }
    let at = path(record);
    let before = bench.app.get(&at, &token).await.1;
    let (status, answer) = match action {
        "cancel" => {
            let reason = record["cancel_reason"].clone();
            bench.signed(&token, &at, "cancel", json!({ "reason": reason })).await
        }
        "feedback" => {
            let rows = record["feedback"].as_array().unwrap();
            let numbers: Value = rows.iter().map(|row| row["declaration_no"].clone()).collect();
            let body = json!({ "version": 4, "declaration_nos": numbers });
            let (status, answer) =
                bench.app.call(Method::PUT, &(at.clone() + "/feedback"), &token, body).await;
            if status != StatusCode::OK {
                assert_eq!(bench.app.get(&at, &token).await.1, before, "nothing has changed");
                return answer;
            }
            bench.signed(&token, &at, "feedback", json!({})).await
        }
        "explain" => explained(bench, record, &token).await,
        other => panic!("{other}"),
    };
    if status == StatusCode::OK {
        assert_eq!(answer["status"], before["status"], "customs answers first");
    }
    answer
}

async fn explained(bench: &Bench, record: &Value, token: &str) -> (StatusCode, Value) {
    let at = path(record);
    let explanation = &record["explanation"];
    let body = json!({ "version": 4, "text": explanation["text"] });
    let (status, answer) = bench.app.call(Method::PUT, &(at.clone() + "/explanation"), token, body).await;
    if status != StatusCode::OK {
        return (status, answer);
    }
    for file in explanation["files"].as_array().unwrap() {
        let version = bench.app.get(&at, token).await.1["version"].clone();
        let (status, answer) = upload(bench, token, record, &version, file, "explanation").await;
        if status != StatusCode::CREATED {
            return (status, answer);
        }
    }
    bench.signed(token, &at, "explanation", json!({})).await
}

/// AC-224, A01..A13: every valid case is accepted, with its files and signatures.
#[tokio::test]
async fn every_valid_case_is_accepted() {
    for case in lines_of(include_str!("../valid.jsonl")) {
        assert_eq!(broken(&case, &case).await, Vec::<String>::new(), "{}", case["case"]);
    }
}

/// AC-224, N01..N49, and P06, P09, P10, P18, P19: every wrong case is refused for its rule, and nothing has changed.
#[tokio::test]
async fn every_wrong_case_is_refused_for_its_rule() {
    for case in wrong_cases() {
        let base = valid(case["base"].as_str().unwrap());
        let broken = broken(&patched(&case), &base).await;
        let violated = case["violates"].as_str().unwrap();
        assert!(broken.iter().any(|rule| rule == violated), "{} {violated}: {broken:?}", case["case"]);
    }
}

/// AC-120: all faults of a submission come in one answer, and nothing has changed.
#[tokio::test]
async fn all_faults_of_a_submission_come_at_once() {
    let bench = Bench::open("2018-10-19 09:00:01").await;
    let mut body = content("A02");
    body["reason"] = json!(null);
    body["contact_mobile"] = json!(null);
    body["goods"] = json!([]);
    let (_, record) = bench.app.post(ROOT, DECLARANT, body).await;
    bench.rate("3122263817", &json!("G"), false).await;
    let (status, answer) = bench.signed(DECLARANT, &path(&record), "submit", json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rules_in(&answer), ["AC-052", "AC-053", "AC-071", "AC-090", "AC-104"]);
    let after = bench.show(DECLARANT, &record).await;
    assert_eq!((&after["status"], &after["version"]), (&json!("DRAFT"), &record["version"]));
}
