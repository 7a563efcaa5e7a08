//! 差异: what one content has otherwise than another, member by member.
//! Promises: a pure comparison of what people see; lines are compared by their place, as the form shows them.

use serde::Serialize;
use serde_json::{Value, json};

use super::record::Declaration;

/// 变更项: one member that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Changed {
    /// Such as `trailer_weight_kg` or `lines[0].seal_no_1`; a whole line where only one of the two has it.
    pub(super) path: String,
    /// What holds.
    pub(super) from: Value,
    /// What it is to be.
    pub(super) to: Value,
}

/// What `to` has otherwise than `from`.
#[must_use]
pub(super) fn between(from: &Declaration, to: &Declaration) -> Vec<Changed> {
    let mut found = Vec::new();
    compare(String::new(), &json!(from), &json!(to), &mut found);
    found
}

fn compare(path: String, from: &Value, to: &Value, found: &mut Vec<Changed>) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            for (name, old) in from {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(below, old, to.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(from), Value::Array(to)) => {
            for place in 0..from.len().max(to.len()) {
                let of = |list: &[Value]| list.get(place).cloned().unwrap_or_default();
                compare(format!("{path}[{place}]"), &of(from), &of(to), found);
            }
        }
        (from, to) if from != to => found.push(Changed { path, from: from.clone(), to: to.clone() }),
        _ => {}
    }
}
