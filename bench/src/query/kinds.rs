//! The questions, as the roles put them: each kind with its path, and with the conditions that the path comes to.
//! Promises: each question has another person and other values; that the conditions are those of the path is seen from the answers, which
//! are the same.

use central::declaration::query::{Conditions, Period};
use chrono::NaiveDate;

use super::{
    centre::{ASKING, OFFICERS, SEVERAL, officer, token},
    records::{APPOINTMENT, ATTENDANCE, BINDING, Manual, plate, pre_entry_no, trip_no},
    world::{Enterprise, WORDS, World, chance, one_of},
};

/// One kind of question.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// Its rows: p50, p95 and p99 on SQLite, then on PostgreSQL.
    pub(crate) names: [&'static str; 6],
    pub(crate) manual: Manual,
    pub(crate) order: &'static str,
    /// What is asked.
    pub(crate) inside: &'static str,
    pub(crate) draw: fn(&World, u32) -> anyhow::Result<Question>,
}

/// One question.
pub(crate) struct Question {
    pub(crate) token: String,
    pub(crate) path: String,
    pub(crate) conditions: Conditions,
}

/// The names of a kind's rows. A macro, because they are constants made of constants.
macro_rules! names {
    ($kind:literal) => {
        [
            concat!("query_sqlite_", $kind, "_p50"),
            concat!("query_sqlite_", $kind, "_p95"),
            concat!("query_sqlite_", $kind, "_p99"),
            concat!("query_postgres_", $kind, "_p50"),
            concat!("query_postgres_", $kind, "_p95"),
            concat!("query_postgres_", $kind, "_p99"),
        ]
    };
}

const NEWEST_ENTRY: &str = "entry_at DESC, unified_no DESC";
const LONGEST_WAITING: &str = "status_since, unified_no";
const LATEST_SLOT: &str = "slot_start DESC, number";
const NEXT_SLOT: &str = "slot_start, number";
const LAST_OPERATED: &str = "operated_at DESC, number DESC";
const FIRST_SUBMITTED: &str = "submitted_at, number";

/// All of them, manual by manual.
pub(crate) const KINDS: [Kind; 13] = [
    Kind {
        names: names!("binding_own"),
        manual: BINDING,
        order: NEWEST_ENTRY,
        inside: "A declarant's own bindings of a status and 30 days of entry, newest first.",
        draw: binding_own,
    },
    Kind {
        names: names!("binding_office"),
        manual: BINDING,
        order: NEWEST_ENTRY,
        inside: "The bindings of an officer's office, of a status and 30 days of entry, newest first.",
        draw: binding_office,
    },
    Kind {
        names: names!("binding_offices"),
        manual: BINDING,
        order: NEWEST_ENTRY,
        inside: "The bindings of an officer of five offices, of a status, whenever entered, newest first.",
        draw: binding_offices,
    },
    Kind {
        names: names!("binding_desk"),
        manual: BINDING,
        order: LONGEST_WAITING,
        inside: "The bindings that wait for an officer of five offices, longest waiting first.",
        draw: binding_desk,
    },
    Kind {
        names: names!("binding_number"),
        manual: BINDING,
        order: NEWEST_ENTRY,
        inside: "A declarant's binding of a trip number.",
        draw: binding_number,
    },
    Kind {
        names: names!("binding_plate"),
        manual: BINDING,
        order: NEWEST_ENTRY,
        inside: "A declarant's bindings of a plate and a year of entry, newest first.",
        draw: binding_plate,
    },
    Kind {
        names: names!("appointment_own"),
        manual: APPOINTMENT,
        order: LATEST_SLOT,
        inside: "A declarant's own appointments of a status and 15 days of application, latest slot first.",
        draw: appointment_own,
    },
    Kind {
        names: names!("appointment_office"),
        manual: APPOINTMENT,
        order: NEXT_SLOT,
        inside: "The appointments at an officer's port, in either role, of a status and 15 days of slots, first slot first.",
        draw: appointment_office,
    },
    Kind {
        names: names!("appointment_offices"),
        manual: APPOINTMENT,
        order: NEXT_SLOT,
        inside: "The appointments at the ports of an officer of five, in either role, of a status, whenever, first slot first.",
        draw: appointment_offices,
    },
    Kind {
        names: names!("appointment_number"),
        manual: APPOINTMENT,
        order: LATEST_SLOT,
        inside: "A declarant's appointment of a pre-entry number.",
        draw: appointment_number,
    },
    Kind {
        names: names!("attendance_own"),
        manual: ATTENDANCE,
        order: LAST_OPERATED,
        inside: "An applicant's own exemptions of a kind, a status and 30 days of operation, last operated first.",
        draw: attendance_own,
    },
    Kind {
        names: names!("attendance_office"),
        manual: ATTENDANCE,
        order: FIRST_SUBMITTED,
        inside: "The exemptions that wait for an officer's office, of 30 days of application, oldest first.",
        draw: attendance_office,
    },
    Kind {
        names: names!("attendance_name"),
        manual: ATTENDANCE,
        order: FIRST_SUBMITTED,
        inside: "The exemptions that wait for an officer of five offices, by a part of the applicant's name and half a year of application, oldest first.",
        draw: attendance_name,
    },
];

fn asking(world: &World, draw: u64) -> anyhow::Result<&Enterprise> {
    one_of(&world.enterprises, u64::try_from(*one_of(&ASKING, draw)?)?)
}

/// Conditions of a declarant.
fn of_declarant(world: &World, draw: u64, column: &str) -> anyhow::Result<(String, Conditions)> {
    let enterprise = asking(world, draw)?;
    let mut conditions = Conditions::default();
    let whose = if column == "uscc" { enterprise.uscc.as_str() } else { &enterprise.code };
    conditions.equals(column, whose);
    Ok((token(enterprise), conditions))
}

/// The offices of an officer of so many.
fn offices(world: &World, draw: u64, count: usize) -> anyhow::Result<(String, Vec<sea_orm::Value>)> {
    let rank = *one_of(&OFFICERS, draw)?;
    let offices = world.offices.iter().skip(rank).take(count).map(|office| office.as_str().into());
    Ok((officer(rank, count), offices.collect()))
}

/// A number of a record of the enterprise, if one of the next thousand after a number drawn is its own, else of another one's.
fn number_of(world: &World, enterprise: &Enterprise, draw: u64) -> anyhow::Result<u32> {
    let first = u32::try_from(draw % u64::from(world.records))?;
    for number in (first..world.records).take(1000) {
        if world.enterprise(number)?.code == enterprise.code {
            return Ok(number);
        }
    }
    Ok(first)
}

fn period(names: [&str; 2], (from, to): (NaiveDate, NaiveDate)) -> (String, Period) {
    let [from_name, to_name] = names;
    (format!("{from_name}={from}&{to_name}={to}"), Period::of_days(from, to))
}

/// A text as a query has it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn binding_own(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(20, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "uscc")?;
    let status = one_of(&["LEFT_PORT", "CLOSED", "CUSTOMS_APPROVED", "REJECTED"], draw >> 8)?;
    let (query, period) = period(["entry_date_from", "entry_date_to"], world.days(30, draw >> 16)?);
    conditions.equals("status", status);
    conditions.within("entry_at", period);
    Ok(Question { token, path: format!("/api/v1/smart-gate/records?status={status}&{query}"), conditions })
}

fn binding_office(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(21, number.into());
    let (token, offices) = offices(world, draw, 1)?;
    let status = one_of(&["LEFT_PORT", "CLOSED", "CUSTOMS_APPROVED", "SENT"], draw >> 8)?;
    let (query, period) = period(["entry_date_from", "entry_date_to"], world.days(30, draw >> 16)?);
    let mut conditions = Conditions::default();
    conditions.one_of("customs_code", offices);
    conditions.equals("status", status);
    conditions.within("entry_at", period);
    Ok(Question { token, path: format!("/api/v1/smart-gate/records?status={status}&{query}"), conditions })
}

fn binding_offices(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(22, number.into());
    let (token, offices) = offices(world, draw, SEVERAL)?;
    let status = one_of(&["LEFT_PORT", "CLOSED", "CUSTOMS_APPROVED", "SENT"], draw >> 8)?;
    let mut conditions = Conditions::default();
    conditions.one_of("customs_code", offices);
    conditions.equals("status", status);
    Ok(Question { token, path: format!("/api/v1/smart-gate/records?status={status}"), conditions })
}

fn binding_desk(world: &World, number: u32) -> anyhow::Result<Question> {
    let (token, offices) = offices(world, chance(32, number.into()), SEVERAL)?;
    let mut conditions = Conditions::default();
    conditions.one_of("customs_code", offices);
    conditions.add("status = 'SENT'", Vec::new());
    Ok(Question { token, path: "/api/v1/desk/work".to_owned(), conditions })
}

fn binding_number(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(23, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "uscc")?;
    let trip_no = trip_no(number_of(world, asking(world, draw)?, draw >> 8)?)?.to_string();
    conditions.equals("trip_no", &trip_no);
    Ok(Question { token, path: format!("/api/v1/smart-gate/records?trip_no={trip_no}"), conditions })
}

fn binding_plate(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(24, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "uscc")?;
    let enterprise = asking(world, draw)?;
    let plate = plate(enterprise, number_of(world, enterprise, draw >> 8)?)?;
    let (query, period) = period(["entry_date_from", "entry_date_to"], world.days(365, draw >> 16)?);
    conditions.one_of("medium_key", [plate.as_str().into()]);
    conditions.within("entry_at", period);
    let path = format!("/api/v1/smart-gate/records?medium_key={}&{query}", escaped(&plate));
    Ok(Question { token, path, conditions })
}

fn appointment_own(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(25, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "declarant")?;
    let status = one_of(&["CLEARED", "CANCELLED", "REJECTED", "CLEARED_NO_FEEDBACK"], draw >> 8)?;
    let (query, period) = period(["applied_from", "applied_to"], world.days(15, draw >> 16)?);
    conditions.equals("status", status);
    conditions.within("applied_at", period);
    let path = format!("/api/v1/appointments?enterprise_type=A&status={status}&{query}");
    Ok(Question { token, path, conditions })
}

fn appointment_office(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(26, number.into());
    let (query, period) = period(["slot_from", "slot_to"], world.days(15, draw >> 16)?);
    let mut question = at_ports(world, draw, 1)?;
    question.conditions.within("slot_start", period);
    question.path = format!("{}&{query}", question.path);
    Ok(question)
}

fn appointment_offices(world: &World, number: u32) -> anyhow::Result<Question> {
    at_ports(world, chance(27, number.into()), SEVERAL)
}

fn at_ports(world: &World, draw: u64, count: usize) -> anyhow::Result<Question> {
    let (token, offices) = offices(world, draw, count)?;
    let status = one_of(&["SUBMITTED", "BOOKED", "CLEARED", "CANCELLED"], draw >> 8)?;
    let mut conditions = Conditions::default();
    conditions.in_either(["declaration_port", "entry_exit_port"], &offices);
    conditions.add("status <> ?", vec!["DRAFT".into()]);
    conditions.equals("status", status);
    Ok(Question { token, path: format!("/api/v1/desk/appointments?status={status}"), conditions })
}

fn appointment_number(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(28, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "declarant")?;
    let number = pre_entry_no(number_of(world, asking(world, draw)?, draw >> 8)?);
    conditions.equals("number", &number);
    Ok(Question {
        token,
        path: format!("/api/v1/appointments?enterprise_type=A&pre_entry_no={number}"),
        conditions,
    })
}

fn attendance_own(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(29, number.into());
    let (token, mut conditions) = of_declarant(world, draw, "applicant")?;
    let status = one_of(&["APPROVED", "REJECTED", "SAVED"], draw >> 8)?;
    let (query, period) = period(["operated_from", "operated_to"], world.days(30, draw >> 16)?);
    conditions.equals("doc_type", "declaration");
    conditions.equals("status", status);
    conditions.within("operated_at", period);
    let path = format!("/api/v1/attendance-exemptions?doc_type=declaration&status={status}&{query}");
    Ok(Question { token, path, conditions })
}

fn attendance_office(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(30, number.into());
    let (query, period) = period(["date_from", "date_to"], world.days(30, draw >> 16)?);
    let mut question = waiting(world, draw, 1)?;
    question.conditions.within("submitted_at", period);
    question.path = format!("{}?{query}", question.path);
    Ok(question)
}

fn attendance_name(world: &World, number: u32) -> anyhow::Result<Question> {
    let draw = chance(31, number.into());
    let (query, period) = period(["date_from", "date_to"], world.days(182, draw >> 16)?);
    let word = one_of(&WORDS, draw >> 40)?;
    let mut question = waiting(world, draw, SEVERAL)?;
    question.conditions.contains("applicant_name", word);
    question.conditions.within("submitted_at", period);
    question.path = format!("{}?applicant={}&{query}", question.path, escaped(word));
    Ok(question)
}

fn waiting(world: &World, draw: u64, count: usize) -> anyhow::Result<Question> {
    let (token, offices) = offices(world, draw, count)?;
    let mut conditions = Conditions::default();
    conditions.one_of("inspection_customs_code", offices);
    conditions.equals("status", "CUSTOMS_RECEIVED");
    Ok(Question { token, path: "/api/v1/desk/attendance-exemptions".to_owned(), conditions })
}
