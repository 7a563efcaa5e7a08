//! Sections 17.1 and 17.2, and further wrong cases of ours (`more.jsonl`), through the rules alone.

use std::{collections::BTreeMap, sync::LazyLock};

use protocols::{ids::CustomsCode, rules::IeFlag};
use serde_json::json;

use super::{
    super::{
        cancellation,
        draft::Draft,
        explanation, feedback,
        goods::Goods,
        lead_time::Submission,
        lifecycle::State,
        record::{
            Answer, Appointment, Cancellation, Content, Explanation, Feedback, Party, Port, TransportMode,
        },
        rules::{
            ENTRY, Entry, EntryRule, Facts, Known, KnownPort, Purpose, Request, RequestRule, judge_entry,
            judge_request,
        },
    },
    *,
};
use crate::{
    declaration::{attachment::Attachment, record::Head, reference::DeclarationFacts},
    identity::enterprise::Credit,
};

/// The rules that the cases are judged by.
#[derive(Clone)]
pub(super) struct Tables {
    pub(super) entry: Vec<EntryRule>,
    pub(super) feedback: Vec<RequestRule>,
    pub(super) cancellation: Vec<RequestRule>,
    pub(super) explanation: Vec<RequestRule>,
}

impl Tables {
    pub(super) fn all() -> Self {
        Self {
            entry: ENTRY.to_vec(),
            feedback: [
                feedback::TYPING,
                feedback::ROWS,
                feedback::AGREEMENT,
                feedback::OPEN,
                feedback::SENDING,
            ]
            .concat(),
            cancellation: cancellation::CANCELLATION.to_vec(),
            explanation: [explanation::TYPING, explanation::OPEN, explanation::SENDING].concat(),
        }
    }
}

pub(super) fn valid(case: &str) -> Value {
    static LINES: LazyLock<Vec<Value>> = LazyLock::new(|| lines_of(include_str!("valid.jsonl")));
    LINES.iter().find(|line| line["case"] == case).unwrap().clone()
}

pub(super) fn wrong_cases() -> Vec<Value> {
    [lines_of(include_str!("invalid.jsonl")), lines_of(include_str!("more.jsonl"))].concat()
}

/// `{"$repeat": [text, times]}` and `{"$seq": [prefix, count]}` written out.
fn written_out(patch: &Value) -> Value {
    let mut patch = patch.clone();
    for op in patch.as_array_mut().unwrap() {
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        if let Some([text, times]) = op["value"]["$repeat"].as_array().map(Vec::as_slice) {
            op["value"] = json!(text.as_str().unwrap().repeat(number(times)));
        } else if let Some([prefix, count]) = op["value"]["$seq"].as_array().map(Vec::as_slice) {
            let row =
                |seq| json!({"seq": seq, "declaration_no": format!("{}{seq:04}", prefix.as_str().unwrap())});
            op["value"] = (1..=number(count)).map(row).collect();
        }
    }
    patch
}

pub(super) fn patched(case: &Value) -> Value {
    let mut object = valid(case["base"].as_str().unwrap());
    let patch: json_patch::Patch = serde_json::from_value(written_out(&case["patch"])).unwrap();
    json_patch::patch(&mut object, &patch).unwrap();
    object
}

fn text(value: &Value) -> Option<Box<str>> {
    value.as_str().map(Box::from)
}

fn files(list: &Value) -> Vec<Attachment> {
    let file = |file: &Value| Attachment {
        id: "f".into(),
        category: None,
        file_name: text(&file["file_name"]).unwrap(),
        size_bytes: file["bytes"].as_u64().unwrap(),
        page_count: u32::try_from(file["pages"].as_u64().unwrap()).unwrap(),
        sha256: "".into(),
        uploaded_by: "".into(),
        uploaded_at: UtcMillis::from_millis(0),
        frozen: false,
    };
    list.as_array().into_iter().flatten().map(file).collect()
}

fn party(value: &Value) -> Party {
    Party {
        customs_reg_no: text(&value["customs_reg_no"]).unwrap_or_default(),
        uscc: text(&value["uscc"]),
        ciq_no: text(&value["ciq_no"]),
        name: text(&value["name"]).unwrap(),
    }
}

fn known(value: &Value, context: &Value) -> Option<Known> {
    let party = party(value);
    let code = party.customs_reg_no.to_string();
    let credit = serde_json::from_value(context["ratings"].get(&code)?.clone()).unwrap();
    let listed = |list: &str| context[list].as_array().unwrap().contains(&json!(code));
    Some(Known { party, credit, qualified: !listed("no_qualification"), breached: listed("blocked_i") })
}

/// The body that a client sends: times as the API carries them.
pub(super) fn as_sent(record: &Value) -> Value {
    let mut sent = record.clone();
    for name in ["slot_start", "slot_end"] {
        if let Some(time) = record[name].as_str() {
            sent[name] = json!(instant(time));
        }
    }
    for name in
        ["status", "declarant", "applied_at", "submitted_at", "attachments", "feedback", "explanation"]
    {
        sent.as_object_mut().unwrap().remove(name);
    }
    let consignee = record["consignee"]["customs_reg_no"].clone();
    sent["consignee"] = json!({ "customs_reg_no": consignee });
    sent
}

fn facts(case: &Value) -> Facts {
    let (record, context) = (&case["record"], &case["context"]);
    let now = context["now"].as_str().unwrap();
    let ports = ["declaration_port", "entry_exit_port"].iter().filter_map(|name| {
        let code = record[*name].as_str()?;
        let calendar = calendar(code, wall(now).date().year())?;
        Some((code.to_owned(), KnownPort { name: code.into(), calendar: Some(calendar) }))
    });
    Facts {
        now: instant(now),
        declarant: known(&record["declarant"], context).unwrap(),
        consignee: known(&record["consignee"], context),
        ports: ports.collect(),
        hs_names: BTreeMap::new(),
        files: files(&record["attachments"]),
    }
}

pub(super) fn appointment(record: &Value) -> Appointment {
    let at = |name: &str| record[name].as_str().map(instant);
    let port = |name: &str| {
        record[name].as_str().map(|code| Port { code: CustomsCode::parse(code).unwrap(), name: code.into() })
    };
    let goods = |row: &Value| Goods {
        hs_code: text(&row["hs_code"]).unwrap(),
        name: text(&row["name"]).unwrap_or_default(),
    };
    let explanation = |value: &Value| {
        let sent = value["sent_before"] == true;
        Explanation {
            text: text(&value["text"]),
            sent_at: sent.then(|| at("applied_at")).flatten(),
            answer: None,
        }
    };
    let submitted = at("submitted_at");
    Appointment {
        head: Head::new(
            record["pre_entry_no"].as_str().unwrap(),
            State::parse(record["status"].as_str().unwrap()).unwrap(),
            at("applied_at").unwrap(),
        ),
        application_no: text(&record["application_no"]),
        declarant: party(&record["declarant"]),
        consignee: party(&record["consignee"]),
        content: Content {
            contact_name: text(&record["contact_name"]),
            contact_mobile: text(&record["contact_mobile"]),
            declaration_port: port("declaration_port"),
            entry_exit_port: port("entry_exit_port"),
            transport_mode: record["transport_mode"].as_str().and_then(TransportMode::parse),
            slot_start: at("slot_start"),
            reason: text(&record["reason"]),
            ie_flag: record["ie_flag"].as_str().and_then(|code| IeFlag::parse(code).ok()),
            goods: record["goods"].as_array().unwrap().iter().map(goods).collect(),
        },
        applied_at: at("applied_at").unwrap(),
        submission: submitted.map(|at| Submission {
            at,
            declarant_credit: Credit::General,
            consignee_credit: Credit::General,
            deadline: at,
            deadline_set_by: CustomsCode::parse("2248").unwrap(),
            lead_hours: 8,
        }),
        cancellation: record["cancellation"]["requested_at"]
            .as_str()
            .map(|time| Cancellation { requested_at: instant(time), reason: None }),
        feedback: record["feedback"].as_array().unwrap().iter().map(typed).collect(),
        explanation: record["explanation"].as_object().map(|_| explanation(&record["explanation"])),
    }
}

fn typed(row: &Value) -> Feedback {
    Feedback { declaration_no: text(&row["declaration_no"]).unwrap(), sent_at: None, answer: None }
}

fn declaration(number: &str, value: &Value) -> DeclarationFacts {
    let declared = value["declared_at"].as_str().unwrap();
    serde_json::from_value(json!({
        "declaration_no": number, "ie_flag": value["ie_flag"], "declarant": value["declarant"], "consignee": value["consignee"],
        "declaration_port": value["declaration_port"], "entry_exit_port": value["entry_exit_port"],
        "declared_at": (declared.len() > 10).then(|| instant(declared)),
        "declared_on": (declared.len() == 10).then_some(declared),
        "released": true, "inspection_customs_code": null, "inspection_instruction": false, "inspection_begun": false,
    }))
    .unwrap()
}

/// The requirements that a case breaks, by these tables; `base` is the case as it was valid.
pub(super) fn broken(case: &Value, base: &Value, tables: &Tables) -> Vec<&'static str> {
    let (record, context) = (&case["record"], &case["context"]);
    let faults = match case["action"].as_str().unwrap() {
        action @ ("save" | "submit") => {
            let draft = Draft::parse(as_sent(record)).unwrap();
            let mut stored = as_sent(&base["record"]);
            stored["slot_end"] =
                base["record"]["slot_end"].as_str().map(instant).map_or(Value::Null, |at| json!(at));
            let purpose = if action == "save" { Purpose::Save } else { Purpose::Submit };
            let facts = facts(case);
            let entry = Entry { draft: &draft, stored: Some(&stored), facts: &facts, purpose };
            judge_entry(&tables.entry, &entry)
        }
        action => {
            let record_now = appointment(record);
            let register: BTreeMap<_, _> = context["register"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(number, value)| (number.clone(), declaration(number, value)))
                .collect();
            let taken: Vec<String> =
                serde_json::from_value(context.get("taken").cloned().unwrap_or_else(|| json!([]))).unwrap();
            let request = Request {
                record: &record_now,
                now: instant(context["now"].as_str().unwrap()),
                register: &register,
                taken: &taken,
                files: &files(&record["explanation"]["files"]),
                reason: record["cancel_reason"].as_str(),
            };
            let rules = match action {
                "feedback" => &tables.feedback,
                "cancel" => &tables.cancellation,
                "explain" => &tables.explanation,
                other => panic!("{other}"),
            };
            judge_request(rules, &request)
        }
    };
    faults.iter().map(|fault| fault.rule).collect()
}

/// AC-224: every case of section 17.1 is accepted. With AC-117, AC-120, AC-052.
#[test]
fn every_valid_case_is_accepted() {
    let cases = lines_of(include_str!("valid.jsonl"));
    assert_eq!(cases.len(), 13);
    for case in cases {
        assert_eq!(broken(&case, &case, &Tables::all()), Vec::<&str>::new(), "{}", case["case"]);
    }
}

/// AC-224, AC-040, AC-041, AC-042, AC-043, AC-044, AC-045, AC-046, AC-047, AC-048, AC-049, AC-050, AC-051, AC-052, AC-053, AC-054, AC-057,
/// AC-058, AC-059, AC-060, AC-062, AC-063, AC-065, AC-067, AC-069, AC-070, AC-071, AC-074, AC-075, AC-076, AC-077, AC-078, AC-079, AC-087,
/// AC-088, AC-090, AC-091, AC-092, AC-093, AC-124, AC-125, AC-126, AC-127, AC-128, AC-129, AC-130, AC-131, AC-132, AC-133, AC-134, AC-135,
/// AC-136, AC-138, AC-140, AC-143, AC-144, AC-145, AC-146, AC-147, AC-148, AC-150, AC-153, AC-155, AC-156, AC-157, AC-158: every case of
/// section 17.2, and ours, is refused for its rule.
#[test]
fn every_wrong_case_is_refused_for_its_rule() {
    let cases = wrong_cases();
    assert!(cases.len() >= 49 + 20);
    for case in cases {
        let base = valid(case["base"].as_str().unwrap());
        let broken = broken(&patched(&case), &base, &Tables::all());
        assert!(broken.contains(&case["violates"].as_str().unwrap()), "{}: {broken:?}", case["case"]);
    }
}

/// AC-136: where the register has a date only, that of the submission is taken.
#[test]
fn a_date_without_a_time_may_be_that_of_the_submission() {
    let mut case = valid("A08");
    case["context"]["register"]["222520181000204511"]["declared_at"] = json!("2018-10-18");
    assert_eq!(broken(&case, &case, &Tables::all()), Vec::<&str>::new());
}

/// AC-139: a number that the register does not have is customs' affair.
#[test]
fn an_unknown_declaration_is_left_to_customs() {
    let mut case = valid("A08");
    case["context"]["register"] = json!({});
    assert_eq!(broken(&case, &case, &Tables::all()), Vec::<&str>::new());
}

/// AC-141, AC-158: fifty in all parts together; a refused explanation says nothing any more.
#[test]
fn the_limit_holds_for_the_sum_and_a_refused_explanation_leaves_feedback_open() {
    let case = valid("A08");
    let mut record = appointment(&case["record"]);
    record.feedback = (0..50)
        .map(|serial| Feedback {
            declaration_no: format!("2225201810002{serial:05}").into(),
            sent_at: (serial < 49).then(|| instant("2018-10-20 11:00:00")),
            answer: (serial < 49).then_some(Answer::Accepted),
        })
        .collect();
    record.explanation =
        Some(Explanation { text: None, sent_at: Some(record.applied_at), answer: Some(Answer::Refused) });
    let rules = Tables::all().feedback;
    let judge = |record: &Appointment| {
        let (register, now) = (BTreeMap::new(), instant("2018-10-23 10:05:00"));
        let request = Request { record, now, register: &register, taken: &[], files: &[], reason: None };
        judge_request(&rules, &request).iter().map(|fault| fault.rule).collect::<Vec<_>>()
    };
    assert_eq!(judge(&record), Vec::<&str>::new());
    record.feedback.push(Feedback {
        declaration_no: "222520181000299999".into(),
        sent_at: None,
        answer: None,
    });
    assert_eq!(judge(&record), ["AC-128"]);
}
