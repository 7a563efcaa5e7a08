//! 规范化 JSON (RFC 8785): the bytes that hashes and signatures are over.
//! Promises: the very bytes of `serde_json_canonicalizer`, which is what numbers with a fraction and beyond 2^53 are left to; without a copy of what
//! is written. Each event of each gate is written so by the gate and by the centre, there by the thousand each second.
//! Source: RFC 8785 section 3.2.

use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::ChainError;

/// Integers up to here are the same as IEEE doubles, and written alike.
const EXACT: u64 = 1 << 53;

/// The canonical bytes of an object without one of its members.
///
/// # Errors
/// [`ChainError::NotCanonical`].
pub(super) fn without(members: &Map<String, Value>, left_out: &str) -> Result<Vec<u8>, ChainError> {
    let mut text = String::new();
    object(&mut text, members, Some(left_out))?;
    Ok(text.into_bytes())
}

fn value(text: &mut String, value: &Value) -> Result<(), ChainError> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(value) => number(text, value)?,
        Value::String(value) => string(text, value),
        Value::Array(values) => {
            text.push('[');
            for (place, one) in values.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                self::value(text, one)?;
            }
            text.push(']');
        }
        Value::Object(members) => object(text, members, None)?,
    }
    Ok(())
}

fn object(text: &mut String, members: &Map<String, Value>, left_out: Option<&str>) -> Result<(), ChainError> {
    text.push('{');
    let mut first = true;
    let mut member = |(key, one): (&String, &Value)| {
        if left_out == Some(key) {
            return Ok(());
        }
        if !first {
            text.push(',');
        }
        first = false;
        string(text, key);
        text.push(':');
        value(text, one)
    };
    // The order is that of UTF-16 units, which is that of bytes as long as all are ASCII.
    if members.keys().is_sorted() && members.keys().all(|key| key.is_ascii()) {
        members.iter().try_for_each(&mut member)?;
    } else {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        sorted.into_iter().try_for_each(&mut member)?;
    }
    text.push('}');
    Ok(())
}

fn number(text: &mut String, number: &Number) -> Result<(), ChainError> {
    let small = number.as_i64().filter(|number| number.unsigned_abs() <= EXACT);
    match small {
        Some(small) => write!(text, "{small}").map_err(|_| ChainError::NotCanonical),
        None => {
            let written =
                serde_json_canonicalizer::to_string(number).map_err(|_| ChainError::NotCanonical)?;
            text.push_str(&written);
            Ok(())
        }
    }
}

fn string(text: &mut String, value: &str) {
    text.push('"');
    let mut plain = 0;
    for (place, byte) in value.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        text.push_str(value.get(plain..place).unwrap_or_default());
        plain = place + 1;
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x08 => text.push_str("\\b"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            0x0c => text.push_str("\\f"),
            b'\r' => text.push_str("\\r"),
            _ => {
                let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
                text.push_str("\\u00");
                text.push(digit(byte >> 4));
                text.push(digit(byte & 0xf));
            }
        }
    }
    text.push_str(value.get(plain..).unwrap_or_default());
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_number() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-1000_i64..1000).prop_map(Value::from),
            (-1_000_000_i32..1_000_000).prop_map(|cents| Value::from(f64::from(cents) / 100.0)),
            ((EXACT - 3)..(EXACT + 3)).prop_map(Value::from),
        ]
    }

    /// Any character, with more of those that are written otherwise, or sorted otherwise by UTF-16 than by bytes.
    fn any_text() -> impl Strategy<Value = String> {
        let odd = "[\\x00-\\x20\"\\\\/\\x7f\u{e000}-\u{ffff}\u{10000}-\u{10010}a-c]{0,6}";
        prop_oneof![odd.prop_map(|text| text), any::<String>()]
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any_number(),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any_text(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// RFC 8785: whatever is written, it is what the library writes.
        #[test]
        fn the_bytes_are_those_of_the_library(
            members in prop::collection::btree_map(any_text(), any_json(), 0..8),
            left_out in any_text(),
        ) {
            let members: Map<String, Value> = members.into_iter().collect();
            let mut covered = members.clone();
            covered.remove(&left_out);
            let library = serde_json_canonicalizer::to_vec(&covered).unwrap();
            prop_assert_eq!(without(&members, &left_out).unwrap(), library);
        }
    }
}
