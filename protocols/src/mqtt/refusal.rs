//! Why a message is not taken, and what of a bad one may be kept to look at.
//! Promises: a refusal carries no text of the payload; `sample` is at most 256 bytes, and of its values only the shape
//! is left.
//! Absent: counting by topic (`intake` counts for one device, which is one topic or few), logging.
//! Source: MQTT readers page, section 10.

use alloc::string::String;

use super::topic::TopicError;

/// How much of a bad message a sample shows, bytes.
pub const SAMPLE_MAX: usize = 256;

/// 拒收: why a message, or one event in it, is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The payload is too long to be looked at.
    #[error("payload of {bytes} bytes, but at most {limit} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest that is read.
        limit: usize,
    },
    /// The broker kept it: to a new subscriber an old event would look like a fresh one.
    #[error("retained message: an event is never taken from the broker's memory")]
    Retained,
    /// The payload is not JSON, or breaks off.
    #[error("no JSON at line {line}, column {column}")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A name stands twice in one object: readers differ in which of the two they believe.
    #[error("a member stands twice in one object")]
    DuplicateMember,
    /// Objects and arrays lie more than 32 deep.
    #[error("nested more than 32 deep")]
    TooDeep,
    /// A number that 63 bits do not hold.
    #[error("a number beyond 63 bits")]
    HugeNumber,
    /// Something else than an object, or an array of objects.
    #[error("neither an object nor an array of objects")]
    NotAnObject,
    /// A member without which the event means nothing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A member of another type, length or range.
    #[error("{name} must be {rule}")]
    Field {
        /// Which member.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// Two members that must say the same do not.
    #[error("{0} and {1} say different things")]
    Inconsistent(&'static str, &'static str),
    /// Another device sent it, or it does not say which one did although it must.
    #[error("not sent by this device")]
    Foreign,
    /// It goes the other way: a command where a device should tell something, or the reverse.
    #[error("goes the other way")]
    WrongWay,
    /// A form that this dialect does not know.
    #[error("a form that is not known")]
    UnknownForm,
    /// The topic is none of ours.
    #[error("topic: {0}")]
    Topic(#[from] TopicError),
}

/// The beginning of a bad payload for a person to look at: names of members stand as they are, of all values only
/// the shape, letters as `x`, digits as `0`. Plates and card numbers do not belong into logs.
#[must_use]
pub fn sample(payload: &[u8]) -> String {
    let head = payload.get(..SAMPLE_MAX).unwrap_or(payload);
    let text = String::from_utf8_lossy(head);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((outside, quoted)) = rest.split_once('"') {
        out.extend(outside.chars().map(mask));
        let (inside, behind) = split_string(quoted);
        let is_name = behind.is_some_and(|behind| behind.trim_start().starts_with(':'));
        out.push('"');
        if is_name {
            out.push_str(inside);
        } else {
            out.extend(inside.chars().map(mask));
        }
        let Some(behind) = behind else { return out };
        out.push('"');
        rest = behind;
    }
    out.extend(rest.chars().map(mask));
    out
}

/// What lies before the quote that ends a string, and behind it if there is one.
fn split_string(text: &str) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            _ => {}
        }
    }
    (text, None)
}

fn mask(c: char) -> char {
    match c {
        c if c.is_ascii_digit() => '0',
        c if c.is_control() => ' ',
        c if c.is_alphanumeric() => 'x',
        c => c,
    }
}
