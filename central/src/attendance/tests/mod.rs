//! The manual's module: `pure` and `chart` by itself, the rest through the real router.
//! `worked`: section 13 · `entry`: sections 3, 4, 7 · `files`: section 5 · `search`: section 8 · `desk`: section 10 · `gateway`, `claims`: section 11.

mod chart;
mod claims;
mod desk;
mod entry;
mod files;
mod gateway;
mod pure;
mod search;
mod who;
mod worked;
mod world;

use serde_json::Value;

/// A worked example: what is so, what is done, and what comes of it.
#[derive(Clone, Debug)]
struct Example {
    id: String,
    action: String,
    context: Value,
    record: Value,
    expect: Value,
    /// The code, and the requirements that are violated.
    refusal: Option<(String, Vec<String>)>,
}

impl Example {
    /// Changes what a dotted path reaches in record or context; null removes an element of a list.
    fn set(&mut self, path: &str, value: &Value) {
        let mut parts = path.split('.');
        let first = parts.next().unwrap();
        let of_record = self.record.get(first).is_some();
        let mut at = if of_record { &mut self.record } else { &mut self.context };
        let mut key = first;
        for next in parts {
            at = slot(at, key);
            key = next;
        }
        match (at, key.parse::<usize>()) {
            (Value::Array(list), Ok(place)) if value.is_null() => drop(list.remove(place)),
            (at, _) => *slot(at, key) = written_out(value),
        }
    }
}

fn slot<'a>(at: &'a mut Value, key: &str) -> &'a mut Value {
    match at {
        Value::Array(list) => &mut list[key.parse::<usize>().unwrap()],
        other => &mut other[key],
    }
}

/// `{"$repeat": [text, times]}` written out.
fn written_out(value: &Value) -> Value {
    match value["$repeat"].as_array().map(Vec::as_slice) {
        Some([text, times]) => {
            let times = usize::try_from(times.as_u64().unwrap()).unwrap();
            text.as_str().unwrap().repeat(times).into()
        }
        _ => value.clone(),
    }
}

/// Those of the spec, and our own.
fn examples() -> Vec<Example> {
    let read = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
    let valid: Vec<_> = read(include_str!("valid.json"))
        .into_iter()
        .map(|example| Example {
            id: example["id"].as_str().unwrap().to_owned(),
            action: example["action"].as_str().unwrap().to_owned(),
            context: example["context"].clone(),
            record: example["record"].clone(),
            expect: example["expect"].clone(),
            refusal: None,
        })
        .collect();
    let changed = [read(include_str!("invalid.json")), read(include_str!("more.json"))].concat();
    let invalid = changed.iter().map(|change| {
        let base = valid.iter().find(|base| change["base"] == base.id.as_str()).unwrap();
        let mut example = base.clone();
        example.id = change["id"].as_str().unwrap().to_owned();
        if let Some(action) = change["action"].as_str() {
            example.action = action.to_owned();
        }
        for (path, value) in change["set"].as_object().unwrap() {
            example.set(path, value);
        }
        let violates = change["violates"].as_array().unwrap();
        let violates = violates.iter().map(|rule| rule.as_str().unwrap().to_owned()).collect();
        example.refusal = Some((change["code"].as_str().unwrap().to_owned(), violates));
        example
    });
    let invalid: Vec<_> = invalid.collect();
    [valid, invalid].concat()
}
