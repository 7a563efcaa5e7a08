//! The manual's module, through the real router.
//! `records`: sections 4 to 8 and 15.1, 15.2, 15.4 · `acts`: sections 9 to 11 · `operations`: section 15.3 · `sequences`: section 15.5 ·
//! `versions`: section 11.3 · `grid`: who may do what in which status · `mutants`: whether the examples would notice · `signed`: whose
//! card has signed what · `signatures`: the same as people read it · `slip` and `slip_page`: the paper · `crowd`: many at once · `lists`: what a list costs.

mod acts;
mod crowd;
mod grid;
mod lists;
mod mutants;
mod operations;
mod records;
mod sequences;
mod sheet;
mod signatures;
mod signed;
mod slip;
mod slip_page;
mod versions;

use serde_json::{Value, json};

/// One JSON object a line.
fn lines_of(text: &str) -> Vec<Value> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What of a stored record a client may send.
fn as_sent(record: &Value) -> Value {
    let back_filled = [
        "unified_no",
        "trip_no",
        "status",
        "entry_date",
        "uscc",
        "org_code",
        "operator",
        "version_no",
        "change_kind",
        "effective_version_no",
        "close_reason",
    ];
    let mut sent = record.clone();
    sent.as_object_mut().unwrap().retain(|name, _| !back_filled.contains(&name.as_str()));
    for line in sent["lines"].as_array_mut().unwrap() {
        line.as_object_mut().unwrap().remove("line_no");
    }
    sent
}

/// `{"$repeat": [text, times]}` written out.
fn written_out(patch: &Value) -> Value {
    let mut patch = patch.clone();
    for op in patch.as_array_mut().unwrap() {
        if let Some([text, times]) = op["value"]["$repeat"].as_array().map(Vec::as_slice) {
            let text = text.as_str().unwrap().repeat(usize::try_from(times.as_u64().unwrap()).unwrap());
            op["value"] = json!(text);
        }
    }
    patch
}

fn valid(case: &str) -> Value {
    let found = lines_of(include_str!("../golden/valid.jsonl")).into_iter().find(|line| line["case"] == case);
    found.unwrap()["record"].clone()
}

fn patched(case: &Value) -> Value {
    let mut record = valid(case["base"].as_str().unwrap());
    let patch: json_patch::Patch = serde_json::from_value(written_out(&case["patch"])).unwrap();
    json_patch::patch(&mut record, &patch).unwrap();
    record
}

fn token_of(record: &Value) -> String {
    format!("declarant-{}", record["uscc"].as_str().unwrap())
}

fn rules_in(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["rule"].as_str().unwrap()).collect()
}
