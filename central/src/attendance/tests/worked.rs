//! Section 13: every worked example through the router, valid and invalid.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Example, examples,
    world::{Answer, BASE, CARDLESS, File, World, YONGFA, YUANFAN},
};
use crate::{
    declaration::attachment::sample,
    store::execute,
    test_app::ADMIN,
    test_card::{TestCard, holder},
};

/// Requirements of the shared rules that an example names by the manual's own (PO-260 to PO-264 are AE-080, AE-085,
/// AE-086).
const SHARED: &[(&str, &str)] = &[
    ("PO-260", "AE-080"),
    ("PO-260", "AE-085"),
    ("PO-261", "AE-086"),
    ("PO-262", "AE-086"),
    ("PO-263", "AE-086"),
    ("PO-264", "AE-080"),
    ("PO-264", "AE-085"),
];
/// 暂存 is `SAVED` in the JSON of every module, statuses are UPPER_SNAKE; the examples print the manual's own codes.
fn status_of(code: &str) -> String {
    if code == "draft" { "SAVED".into() } else { code.to_uppercase() }
}

fn by_id(id: &str) -> Example {
    examples().into_iter().find(|example| example.id == id).unwrap()
}

fn token(example: &Example) -> &'static str {
    if example.context.get("bound_card").is_some_and(Value::is_null) {
        return CARDLESS;
    }
    match example.context["account_customs_code"].as_str() {
        Some("3302230456") => YONGFA,
        _ => YUANFAN,
    }
}

fn kind(example: &Example) -> &'static str {
    if example.record["doc_type"] == "non_declaration" { "non_declaration" } else { "declaration" }
}

/// What customs, headquarters and the numbers taken are in the example; `number` is the record's, well formed.
async fn arrange(world: &World, example: &Example, number: &str) {
    let context = &example.context;
    let (name, party, path) = match kind(example) {
        "declaration" => ("declaration", "consignee_customs_code", "declarations"),
        _ => ("bill", "manifest_consignee_customs_code", "bills"),
    };
    let facts = &context[name];
    if facts.is_null() {
        let path = format!("/api/v1/admin/reference/{path}/{number}");
        world.app.call(Method::DELETE, &path, ADMIN, Value::Null).await;
        return;
    }
    let mut change = json!({
        "released": facts["release_status"] == "released",
        "inspection_instruction": facts["inspection_instruction"] != false,
        "inspection_begun": facts["inspection_begun"] == true,
    });
    let codes: Vec<_> = facts[party].as_str().into_iter().collect();
    if let Some(office) = facts.get("inspection_customs_code") {
        change["inspection_customs_code"] = office.clone();
    }
    if name == "declaration" {
        if let [code] = codes.as_slice() {
            change["consignee"] = json!(code);
        }
        world.declaration(number, change).await;
    } else {
        change["parties"] = json!(codes);
        world.bill(number, change).await;
    }
    let Some(office) = facts["inspection_customs_code"].as_str() else { return };
    if context["office_in_scope"] == true {
        world.scope(kind(example), office, context["office_suspended"] == true).await;
    } else if context.get("office_in_scope").is_some() {
        world.out_of_scope(kind(example), office).await;
    }
    if context["number_taken"] == true {
        let claim =
            if name == "declaration" { format!("D:{number}") } else { format!("B:{number}@{office}") };
        let tx = world.app.central.store().begin().await.unwrap();
        let sql =
            "INSERT INTO attendance_claim (claim, number, since, lapses_at) VALUES ($1, 'another', 0, NULL)";
        execute(tx.conn(), sql, [claim.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn number_in(record: &Value) -> &str {
    record["declaration_no"].as_str().or(record["bill_no"].as_str()).unwrap()
}

/// The next unified number is the one of the example.
async fn numbered(world: &World, example: &Example) {
    let wanted = example.record["data_center_no"].as_str().or(example.expect["data_center_no"].as_str());
    let serial: i64 = wanted.unwrap()[4..].parse().unwrap();
    world.counted("unified_2020", serial - 1).await;
}

fn files(example: &Example) -> Vec<File> {
    let file = |file: &Value| File {
        category: file["category"].as_str().unwrap().to_owned(),
        name: file["file_name"].as_str().unwrap().to_owned(),
        media_type: file["media_type"].as_str().unwrap().to_owned(),
        bytes: sample::pdf(
            u32::try_from(file["page_count"].as_u64().unwrap()).unwrap(),
            usize::try_from(file["size_bytes"].as_u64().unwrap()).unwrap(),
        ),
    };
    example.record["attachments"].as_array().map_or(Vec::new(), |files| files.iter().map(file).collect())
}

/// The form that a person types.
fn typed(record: &Value) -> Value {
    let mut form = record.clone();
    form.as_object_mut().unwrap().remove("version");
    form
}

/// A saved record of the base example with nothing but its key; its number.
async fn begun(world: &World, base: &Example) -> String {
    arrange(world, base, number_in(&base.record)).await;
    numbered(world, base).await;
    let field = if kind(base) == "declaration" { "declaration_no" } else { "bill_no" };
    let body = json!({"doc_type": kind(base), field: number_in(&base.record)});
    let (status, saved) = world.create(token(base), body).await;
    assert_eq!(status, StatusCode::CREATED, "{}: {saved}", base.id);
    assert_eq!(saved["data_center_no"], base.record["data_center_no"], "{}", base.id);
    saved["data_center_no"].as_str().unwrap().to_owned()
}

/// Saves, uploads and applies as the example says; the first answer that is a refusal, or the last.
async fn apply(world: &World, example: &Example, number: &str) -> Answer {
    let token = token(example);
    let mut before = world.show(token, number).await;
    let mut answer = world.save(token, number, typed(&example.record)).await;
    for file in files(example) {
        if answer.0.is_success() {
            before = world.show(token, number).await;
            answer = world.upload(token, number, &file, true).await;
        }
    }
    if answer.0.is_success() {
        before = world.show(token, number).await;
        answer = with_card(world, example, number).await;
    }
    if !answer.0.is_success() {
        assert_eq!(world.show(token, number).await, before, "{}: something was stored", example.id);
    }
    answer
}

/// 申请 with the card that the example connects.
async fn with_card(world: &World, example: &Example, number: &str) -> Answer {
    let token = token(example);
    let connected = example.context["connected_card"].as_str();
    if connected.is_none() {
        let version = world.show(token, number).await["version"].clone();
        return world.app.post(&format!("{BASE}/{number}/apply"), token, json!({"version": version})).await;
    }
    if connected != example.context["bound_card"].as_str() {
        let other = holder(connected.unwrap(), Some("91310115MA1K3ABC2K"), Some("3122240123"));
        world.app.hold(token, TestCard::of(&other));
    }
    world.apply(token, number).await
}

/// The base of an invalid example; a valid one is its own.
fn base_of(example: &Example) -> Example {
    if example.refusal.is_none() {
        return example.clone();
    }
    let text = [include_str!("invalid.json"), include_str!("more.json")];
    let all = text.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap());
    by_id(
        all.into_iter().find(|change| change["id"] == example.id.as_str()).unwrap()["base"].as_str().unwrap(),
    )
}

/// The application of a worked example, applied for and received by customs; its number.
async fn received(world: &World, id: &str) -> String {
    let applied = by_id(id);
    world.at(applied.context["now"].as_str().unwrap());
    let number = begun(world, &applied).await;
    let (status, answer) = apply(world, &applied, &number).await;
    assert_eq!(status, StatusCode::OK, "{id}: {answer}");
    world.received(&number).await;
    number
}

/// The example from its beginning; what it came to.
async fn run(world: &World, example: &Example) -> Answer {
    let (context, base) = (&example.context, base_of(example));
    let now = context["now"].as_str();
    match example.action.as_str() {
        "save" => {
            world.at(now.unwrap());
            arrange(world, example, number_in(&base.record)).await;
            numbered(world, &base).await;
            let answer = world.create(token(example), typed(&example.record)).await;
            let expected = i64::from(answer.0.is_success());
            assert_eq!(world.stored().await, expected, "{}: something was stored", example.id);
            answer
        }
        "apply" => {
            if example.id == "AE-V07" {
                let earlier = received(world, "AE-V04").await;
                let (status, answer) = world.decide("2248", &earlier, "reject", "声明未加盖公章").await;
                assert_eq!(status, StatusCode::OK, "{answer}");
            }
            world.at(now.unwrap());
            let number = begun(world, &base).await;
            if example.record["status"] == "applied" {
                assert_eq!(apply(world, &base, &number).await.0, StatusCode::OK);
                return with_card(world, example, &number).await;
            }
            arrange(world, example, number_in(&base.record)).await;
            apply(world, example, &number).await
        }
        "approve" | "reject" => {
            let applied = context["record"].as_str().unwrap();
            let number = received(world, applied).await;
            world.at(now.unwrap());
            let office = if applied == "AE-V02" { "2225" } else { "2248" };
            // The review number of the example is the next one of its office.
            let wanted = base.expect["customs_review_no"].as_str().unwrap();
            let serial: i64 = wanted[9..].parse().unwrap();
            world.counted(&format!("attendance_review_{office}_2020"), serial - 1).await;
            let mut facts = by_id(applied);
            if let Some(changes) = context["declaration"].as_object() {
                for (name, value) in changes {
                    facts.context["declaration"][name] = value.clone();
                }
            }
            arrange(world, &facts, number_in(&facts.record)).await;
            let before = world.show(token(&facts), &number).await;
            let officer = context["officer_customs_code"].as_str().unwrap();
            let opinion = example.record["opinion"].as_str().unwrap();
            let answer = world.decide(officer, &number, &example.action, opinion).await;
            if !answer.0.is_success() {
                assert_eq!(world.show(token(&facts), &number).await, before, "{}", example.id);
            }
            answer
        }
        "delete" => {
            let number = received(world, base.id.as_str()).await;
            assert_eq!(world.decide("2225", &number, "approve", "").await.0, StatusCode::OK);
            let version = world.show(token(example), &number).await["version"].clone();
            let path = format!("{BASE}/{number}?version={version}");
            world.app.call(Method::DELETE, &path, token(example), Value::Null).await
        }
        "query" => {
            let saved = by_id("AE-V01");
            world.at(saved.context["now"].as_str().unwrap());
            arrange(world, &saved, number_in(&saved.record)).await;
            assert_eq!(world.create(YUANFAN, typed(&saved.record)).await.0, StatusCode::CREATED);
            let query: Vec<_> = example
                .record
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| {
                    format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
                })
                .collect();
            world.app.get(&format!("{BASE}?{}", query.join("&")), token(example)).await
        }
        other => panic!("{other} is unknown"),
    }
}

/// AE-V01..AE-V08: AE-014, AE-016, AE-020, AE-021, AE-022, AE-023, AE-024, AE-030, AE-031, AE-032, AE-033, AE-034, AE-035, AE-036,
/// AE-037, AE-038, AE-039, AE-050, AE-051, AE-052, AE-053, AE-054, AE-055, AE-056, AE-057, AE-058, AE-059, AE-080, AE-081, AE-082,
/// AE-083, AE-101, AE-104, AE-116, AE-120, AE-121, AE-122, AE-123, AE-124, AE-125, AE-149, AE-150, AE-160, AE-161, AE-163, AE-180,
/// AE-184, AE-191, AE-192.
#[tokio::test]
async fn the_valid_examples_are_done() {
    for example in examples().into_iter().filter(|example| example.refusal.is_none()) {
        let world = World::open().await;
        let (status, answer) = run(&world, &example).await;
        assert!(status.is_success(), "{}: {answer}", example.id);
        for (name, expected) in example.expect.as_object().unwrap() {
            let (found, expected) = match name.as_str() {
                "status" => (&answer["status"], json!(status_of(expected.as_str().unwrap()))),
                "message" => (&answer["message"]["code"], expected.clone()),
                other => (&answer[other], expected.clone()),
            };
            assert_eq!(*found, expected, "{}: {name}", example.id);
        }
    }
}

/// AE-X01..AE-X30 and ours: AE-013, AE-016, AE-017, AE-020, AE-021, AE-022, AE-023, AE-024, AE-037, AE-038, AE-039, AE-041, AE-042,
/// AE-056, AE-058, AE-060, AE-061, AE-062, AE-063, AE-064, AE-065, AE-080, AE-081, AE-082, AE-083, AE-084, AE-085, AE-086, AE-089,
/// AE-101, AE-108, AE-113, AE-124, AE-132, AE-140, AE-141, AE-142, AE-143, AE-144, AE-145, AE-146, AE-147, AE-148, AE-152, AE-154,
/// AE-162, AE-163.
#[tokio::test]
async fn the_invalid_examples_are_refused_and_nothing_is_stored() {
    let (mut refused, mut wrong) = (0, Vec::new());
    for example in examples() {
        let Some((code, violates)) = &example.refusal else { continue };
        // What changes between saving and applying has a test of its own.
        if example.id == "more-09" {
            continue;
        }
        let world = World::open().await;
        let (status, answer) = run(&world, &example).await;
        let named =
            |rule: &str| violates.iter().any(|id| id == rule || SHARED.contains(&(rule, id.as_str())));
        let fields = answer["fields"].as_array().unwrap();
        let all_named = fields.iter().all(|field| named(field["rule"].as_str().unwrap()));
        if !status.is_client_error() || answer["code"] != *code || !all_named {
            wrong.push(format!("{}: {status} {answer}", example.id));
        }
        refused += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(refused, 43);
}
