//! Persons for tests: an officer `zhang` and a supervisor `wang` with PIN 482017, an operator `li` with PIN 730195.

use std::sync::Arc;

use super::{Entry, PinHash, Register};
use crate::{
    apart::Apart,
    clock::Clock,
    lane::{Person, Role},
    panel::Metrics,
};

/// Made once: each hash costs as much as a check.
const OF_482017: &str =
    "$argon2id$v=19$m=12288,t=3,p=1$QM84M+xFWtqECBdhD5JYRQ$x7QpEYj3aPlkq4oahluxDxH0CRbRv+W6WBFhiKLPF0Y";
const OF_730195: &str =
    "$argon2id$v=19$m=12288,t=3,p=1$+6rA9Azct3wrhMlH6iVC+g$reuY6EAmVtcixNOOTxzvMgntSmUuKCb1rDK7calTzG8";

pub(crate) fn register(clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Register {
    Register::new(persons(), clock, metrics, Apart::start("persons").unwrap())
}

pub(crate) fn persons() -> Vec<Entry> {
    let entry = |id: &str, role, pin| Entry {
        person: Person { id: id.into(), role },
        name: id.to_uppercase().into(),
        pin: PinHash::parse(pin).unwrap(),
        issues_codes: id == "wang",
    };
    vec![
        entry("zhang", Role::Officer, OF_482017),
        entry("wang", Role::Officer, OF_482017),
        entry("li", Role::Operator, OF_730195),
    ]
}
