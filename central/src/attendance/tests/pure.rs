//! The rules by themselves: every worked example of the spec that is about them, more of our own, and what a rule that is missing would be
//! noticed by.

use serde_json::Value;

use super::{Example, examples};
use crate::{
    attendance::{
        draft::Draft,
        record::{DocType, Form},
        rules::{
            self, Case, Facts, Known, RULES, Stage,
            decision::{self, Answer, Verdict},
        },
        scope::Listing,
    },
    declaration::fault::FieldError,
};
use protocols::ids::CustomsCode;

/// Which rule is left out.
#[derive(Clone, Copy)]
enum Without {
    None,
    Entry(usize),
    Decision(usize),
}

fn code(value: &Value) -> Option<CustomsCode> {
    value.as_str().map(|code| CustomsCode::parse(code).unwrap())
}

/// What customs says in the example.
fn known(example: &Example, kind: DocType, number: Option<&str>) -> Known {
    let facts = &example.context[match kind {
        DocType::Declaration => "declaration",
        DocType::NonDeclaration => "bill",
    }];
    if number.is_none() {
        return Known::NotAsked;
    }
    if facts.is_null() {
        return Known::Nothing;
    }
    let party = |name: &str| facts[name].as_str().map(Into::into);
    Known::Facts(Facts {
        parties: party("consignee_customs_code")
            .or(party("manifest_consignee_customs_code"))
            .into_iter()
            .collect(),
        released: facts["release_status"] == "released",
        office: code(&facts["inspection_customs_code"]),
        instruction: facts["inspection_instruction"] == true,
        begun: facts["inspection_begun"] == true,
    })
}

/// Every fault of the example, with one rule left out.
fn faults(example: &Example, without: Without) -> Vec<FieldError> {
    match example.action.as_str() {
        "save" | "apply" => entry(example, without),
        "approve" | "reject" => decided(example, without),
        other => panic!("{other} is not judged by rules alone"),
    }
}

fn entry(example: &Example, without: Without) -> Vec<FieldError> {
    let draft = Draft::read(example.record.to_string().as_bytes(), None).unwrap();
    let shaped = matches!(draft.number.as_deref(), Some(number) if well_formed(draft.doc_type, number));
    let known =
        if shaped { known(example, draft.doc_type, draft.number.as_deref()) } else { Known::NotAsked };
    let files: Vec<String> = example.record["attachments"].as_array().map_or(Vec::new(), |files| {
        files.iter().map(|file| file["category"].as_str().unwrap().to_owned()).collect()
    });
    let context = &example.context;
    let case = Case {
        doc_type: draft.doc_type,
        number: draft.number.as_deref(),
        vehicle_plate_no: draft.vehicle_plate_no.as_deref(),
        contact_name: draft.contact_name.as_deref(),
        contact_phone: draft.contact_phone.as_deref(),
        applicant: context["account_customs_code"].as_str().unwrap(),
        known: &known,
        listing: match (context["office_in_scope"] == true, context["office_suspended"] == true) {
            (false, _) => Listing::Absent,
            (true, true) => Listing::Suspended,
            (true, false) => Listing::Open,
        },
        taken: context["number_taken"] == true,
        stored_office: code(&example.record["inspection_customs_code"]),
        files: &files,
    };
    let stage = if example.action == "save" { Stage::Entry } else { Stage::Application };
    let judged = match without {
        Without::Entry(place) => rules::judge_without(place, &case, stage),
        Without::None | Without::Decision(_) => rules::judge(&case, stage),
    };
    draft.faults.iter().cloned().chain(judged).collect()
}

fn well_formed(kind: DocType, number: &str) -> bool {
    match kind {
        DocType::Declaration => crate::declaration::formats::is_declaration_no(number),
        DocType::NonDeclaration => crate::declaration::formats::is_bill_no(number),
    }
}

fn decided(example: &Example, without: Without) -> Vec<FieldError> {
    let form = Form {
        doc_type: DocType::Declaration,
        number: "222520201000123456".into(),
        vehicle_plate_no: None,
        contact_name: None,
        contact_phone: None,
    };
    let opinion = example.record["opinion"].as_str().map(str::trim).filter(|text| !text.is_empty());
    let answer = if example.action == "approve" { Answer::Agree } else { Answer::Disagree };
    let known = known(example, DocType::Declaration, Some(&form.number));
    let verdict = Verdict { answer, form: &form, opinion, known: &known };
    match without {
        Without::Decision(place) => decision::judge_without(place, &verdict),
        Without::None | Without::Entry(_) => decision::judge(&verdict),
    }
}

/// Whether the example comes out as it says.
fn holds(example: &Example, without: Without) -> bool {
    let found = faults(example, without);
    match &example.refusal {
        None => found.is_empty(),
        Some((code, violates)) => {
            !found.is_empty()
                && found
                    .iter()
                    .all(|fault| fault.code == code && violates.iter().any(|rule| rule == fault.rule))
        }
    }
}

/// Examples that rules alone decide.
fn of_rules() -> Vec<Example> {
    let decides = |example: &Example| {
        let code = example.refusal.as_ref().map(|(code, _)| code.as_str());
        let here = match code {
            None => example.action != "query",
            Some(code) => {
                (code.starts_with("AE_") && code != "AE_DELETE_FORBIDDEN")
                    || matches!(code, "PO_FIELD_FORMAT" | "PO_FIELD_REQUIRED")
            }
        };
        here && matches!(example.action.as_str(), "save" | "apply" | "approve" | "reject")
    };
    let all: Vec<_> = examples().into_iter().filter(decides).collect();
    assert!(all.len() > 35, "only {} examples", all.len());
    all
}

/// AE-020, AE-021, AE-022, AE-023, AE-024, AE-037, AE-038, AE-039, AE-041, AE-042, AE-056, AE-058, AE-060, AE-061, AE-062, AE-063,
/// AE-064, AE-065, AE-081, AE-082, AE-089, AE-101, AE-162, AE-163, AE-202, AE-208.
#[test]
fn the_worked_examples_come_out_as_they_say() {
    for example in of_rules() {
        let found = faults(&example, Without::None);
        assert!(holds(&example, Without::None), "{}: {found:#?}", example.id);
    }
}

/// Each rule that is left out is missed by an example.
#[test]
fn a_missing_rule_is_noticed() {
    let examples = of_rules();
    let entries = (0..RULES.len()).map(|place| (Without::Entry(place), RULES[place].id));
    let decisions =
        decision::RULES.iter().enumerate().map(|(place, (id, _))| (Without::Decision(place), *id));
    let mut planted = 0;
    for (without, id) in entries.chain(decisions) {
        assert!(examples.iter().any(|example| !holds(example, without)), "nobody misses {id}");
        planted += 1;
    }
    assert!(planted >= 25, "only {planted} rules");
}

/// AE-043: whoever applies for somebody else's number learns that, and nothing more.
#[test]
fn a_stranger_learns_nothing_of_a_declaration() {
    let mut example = examples().into_iter().find(|example| example.id == "AE-V01").unwrap();
    example.set("declaration.consignee_customs_code", &Value::from("3302230456"));
    example.set("declaration.release_status", &Value::from("released"));
    example.set("declaration.inspection_instruction", &Value::from(false));
    example.set("office_in_scope", &Value::from(false));
    example.set("number_taken", &Value::from(true));
    let found = faults(&example, Without::None);
    assert_eq!(found.iter().map(|fault| fault.rule).collect::<Vec<_>>(), ["AE-021"]);
}

/// PO-137: all faults come together; AE-062: of an office that is not listed nothing else is said.
#[test]
fn all_faults_come_together() {
    let mut example = examples().into_iter().find(|example| example.id == "AE-V04").unwrap();
    for (path, value) in [
        ("contact_name", Value::Null),
        ("contact_phone", "12".into()),
        ("vehicle_plate_no", "沪 A".into()),
        ("attachments", Value::Array(Vec::new())),
        ("office_in_scope", false.into()),
        ("bill.inspection_instruction", false.into()),
        ("number_taken", true.into()),
    ] {
        example.set(path, &value);
    }
    let found = faults(&example, Without::None);
    let rules: Vec<_> = found.iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, ["AE-061", "AE-063", "AE-058", "AE-038", "AE-039", "AE-081"]);
}

/// AE-065: where the manifest names nobody, the claim is left to the officer.
#[test]
fn a_bill_without_parties_may_be_applied_for_by_anybody() {
    let mut example = examples().into_iter().find(|example| example.id == "AE-V04").unwrap();
    example.set("bill.manifest_consignee_customs_code", &Value::Null);
    assert_eq!(faults(&example, Without::None), []);
}
