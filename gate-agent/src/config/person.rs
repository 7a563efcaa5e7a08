//! `[[person]]`: who may act at the gate's panel.
//! Promises: a PIN stands here as its hash only, and is never shown, not even when it is wrong; there is nobody by default.
//! Absent: what the roles may do; the yard's policy says that, and `lane::permitted` reads it.
//! Source: `contract` section 7; fault E5.

use super::section::{Reading, Section};
use crate::{
    lane::{Person, Role},
    person::{Entry, PinHash},
};

/// Persons of one gate.
const MOST: usize = 200;

impl Entry {
    /// `id`, required: stands in the events' `officer_id`. `name`, required. `role`, required: `officer`, `supervisor` (an officer who may
    /// also issue release codes) or `yard_operator`. `pin`, required: what `gate-agent pin` prints. The id stands beside it so that two of
    /// the same are told although one is wrong.
    pub(super) fn read(mut section: Section<'_>) -> (Option<Box<str>>, Option<Self>) {
        let id = section.required("id", person_id);
        let name = section.required("name", person_name);
        let role = section.required("role", |text| match text {
            "officer" => Ok((Role::Officer, false)),
            "supervisor" => Ok((Role::Officer, true)),
            "yard_operator" => Ok((Role::Operator, false)),
            _ => Err("must be \"officer\", \"supervisor\" or \"yard_operator\""),
        });
        let pin = section.secret_parsed("pin", PinHash::parse);
        section.finish();
        let entry = id.clone().zip(role).zip(name).zip(pin);
        let entry = entry.map(|(((id, (role, issues_codes)), name), pin)| Self {
            person: Person { id, role },
            name,
            pin,
            issues_codes,
        });
        (id, entry)
    }
}

/// Each person is one person.
pub(super) fn check(reading: &mut Reading, persons: &[(Option<Box<str>>, Option<Entry>)]) {
    for (place, (id, _)) in persons.iter().enumerate() {
        let Some(id) = id else { continue };
        let first = persons.iter().take(place).position(|(other, _)| other.as_ref() == Some(id));
        if let Some(first) = first {
            let rule = format!("must be an id of its own, person[{first}] has it");
            reading.fault(&format!("person[{place}].id"), rule, Some(format!("{id:?}")));
        }
    }
    if persons.len() > MOST {
        reading.fault("person", format!("must not be there more than {MOST} times"), None);
    }
}

fn person_id(text: &str) -> Result<Box<str>, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err("must have 1 to 32 characters of A-Z a-z 0-9 - _ .")
    }
}

fn person_name(text: &str) -> Result<Box<str>, &'static str> {
    let text = text.trim();
    if (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.into())
    } else {
        Err("must have 1 to 40 characters")
    }
}
