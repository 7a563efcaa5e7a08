//! The records of the three manuals, a row each, as the centre would store them.
//! Promises: a row is made by the centre's own types and by its own columns, so it is one of this version, whatever its form; statuses
//! agree with the times, so that nothing of it is due while questions are asked.

use anyhow::Context;
use central::{
    appointment::{
        goods::Goods,
        lifecycle::State as Booking,
        record::{Appointment, Content, Party, Port, TransportMode},
    },
    attendance::{
        lifecycle::State as Exemption,
        record::{Decision, DocType, Form, Message, Record as Application},
    },
    binding::{record::Record as Binding, store},
    declaration::record::{self, Head, Record as _},
};
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, TripNo, UnifiedNo},
    rules::{IeFlag, TripStatus},
};
use sea_orm::Value;
use serde_json::json;

use super::world::{DAY, Enterprise, HOUR, World, chance, one_of, share};

/// The card of everybody.
pub(crate) const CARD: &str = "8950000004821";

/// 申请 of a manual: which table, and how a row of it is made.
#[derive(Clone, Copy)]
pub(crate) struct Manual {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) columns: fn() -> Vec<&'static str>,
    /// The values of the columns.
    pub(crate) row: fn(&World, &serde_json::Value, u32) -> anyhow::Result<Vec<Value>>,
}

/// 智能卡口.
pub(crate) const BINDING: Manual = Manual {
    name: "binding",
    table: store::TABLE,
    key: store::KEY,
    columns: || store::COLUMNS.to_vec(),
    row: binding,
};

/// 预约通关.
pub(crate) const APPOINTMENT: Manual = Manual {
    name: "appointment",
    table: Appointment::TABLE,
    key: "number",
    columns: || record::names::<Appointment>().collect(),
    row: |world, _, number| Ok(record::values(&appointment(world, number)?)?),
};

/// 免于到场协助查验.
pub(crate) const ATTENDANCE: Manual = Manual {
    name: "attendance",
    table: Application::TABLE,
    key: "number",
    columns: || record::names::<Application>().collect(),
    row: |world, _, number| Ok(record::values(&application(world, number)?)?),
};

/// The trip number of a binding.
pub(crate) fn trip_no(number: u32) -> anyhow::Result<TripNo> {
    Ok(TripNo::from_parts(2025, 1, CardNo::parse(CARD)?, u64::from(number) + 1)?)
}

/// The plate of a lorry: an enterprise has a lorry for twenty of its trips or so.
pub(crate) fn plate(enterprise: &Enterprise, number: u32) -> anyhow::Result<String> {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let rank: u64 = enterprise.code.parse::<u64>()? % 100_000;
    let lorry = chance(rank, chance(6, number.into()) % (50_000 / rank.max(1) + 1));
    let sign = char::from(*one_of(SIGNS, lorry)?);
    Ok(format!("蒙{sign}{:05}", (lorry >> 8) % 100_000))
}

/// The number of an appointment.
pub(crate) fn pre_entry_no(number: u32) -> String {
    format!("YTG2025{number:011}")
}

/// The number of an application.
pub(crate) fn data_center_no(number: u32) -> anyhow::Result<String> {
    Ok(UnifiedNo::from_parts(2024, u64::from(number) + 1)?.to_string())
}

fn binding(world: &World, sample: &serde_json::Value, number: u32) -> anyhow::Result<Vec<Value>> {
    let enterprise = world.enterprise(number)?;
    let (at, draw) = (world.at(number), chance(7, number.into()));
    let status = if world.now - at < 5 * DAY {
        share(
            &[
                (TripStatus::Sent, 12),
                (TripStatus::CustomsApproved, 48),
                (TripStatus::LeftPort, 28),
                (TripStatus::Saved, 9),
                (TripStatus::Rejected, 3),
            ],
            draw,
        )?
    } else {
        share(
            &[
                (TripStatus::LeftPort, 62),
                (TripStatus::Closed, 30),
                (TripStatus::CustomsApproved, 4),
                (TripStatus::Rejected, 2),
                (TripStatus::Saved, 1),
                (TripStatus::ManuallyClosed, 1),
            ],
            draw,
        )?
    };
    let mut doc = sample.clone();
    let body = doc.get_mut("body").context("the sample has no body")?;
    body["customs_code"] = json!(world.office(enterprise, number)?);
    body["medium_key"] = json!(plate(enterprise, number)?);
    body["ie_flag"] = json!(if draw % 3 == 0 { "E" } else { "I" });
    let members = doc.as_object_mut().context("the sample is no object")?;
    members.insert("unified_no".into(), json!(UnifiedNo::from_parts(2025, u64::from(number) + 1)?));
    members.insert("trip_no".into(), json!(trip_no(number)?));
    members.insert("uscc".into(), json!(enterprise.uscc));
    let mut record: Binding = serde_json::from_value(doc)?;
    record.entry_at = UtcMillis::from_millis(at);
    record.status = status;
    record.status_since = UtcMillis::from_millis(at + HOUR / 2);
    if matches!(status, TripStatus::LeftPort | TripStatus::Closed | TripStatus::CustomsApproved) {
        record.effective = Some(record.body.clone());
        record.effective_version_no = Some(1);
        record.approved_at = Some(record.status_since);
        record.answered = true;
    }
    Ok(store::row(&record)?.to_vec())
}

fn party(enterprise: &Enterprise) -> Party {
    Party {
        customs_reg_no: enterprise.code.as_str().into(),
        uscc: Some(enterprise.uscc.as_str().into()),
        ciq_no: None,
        name: enterprise.name.as_str().into(),
    }
}

fn appointment(world: &World, number: u32) -> anyhow::Result<Appointment> {
    let (declarant, consignee) = (world.enterprise(number)?, world.enterprise(number ^ 0x55_5555)?);
    let (at, draw) = (world.at(number), chance(8, number.into()));
    // Whole hours, one to six days later.
    let slot = at / HOUR * HOUR + DAY + i64::try_from(draw % 120)? * HOUR;
    let port = |office| Port { code: office, name: "口岸海关".into() };
    let ours = world.office(declarant, number)?;
    let theirs = if draw >> 8 & 3 == 0 { world.office(consignee, number)? } else { ours };
    let mut record = Appointment {
        head: Head::new(&pre_entry_no(number), Booking::Draft, UtcMillis::from_millis(at)),
        application_no: None,
        declarant: party(declarant),
        consignee: party(consignee),
        content: Content {
            contact_name: Some("王强".into()),
            contact_mobile: Some("13800138000".into()),
            declaration_port: Some(port(ours)),
            entry_exit_port: Some(port(theirs)),
            transport_mode: Some(TransportMode::Road),
            slot_start: Some(UtcMillis::from_millis(slot)),
            reason: Some("生产急需原料，需在节假日通关".into()),
            ie_flag: Some(IeFlag::Import),
            goods: vec![Goods { hs_code: "2701129000".into(), name: "其他烟煤".into() }],
        },
        applied_at: UtcMillis::from_millis(at),
        submission: None,
        cancellation: None,
        feedback: Vec::new(),
        explanation: None,
    };
    let draw = draw >> 16;
    let status = if slot > world.now {
        share(
            &[
                (Booking::Submitted, 12),
                (Booking::Accepted, 10),
                (Booking::Booked, 60),
                (Booking::Rejected, 8),
                (Booking::Cancelled, 5),
                (Booking::Draft, 5),
            ],
            draw,
        )?
    } else if record.window_ended(UtcMillis::from_millis(world.now + DAY)) {
        share(
            &[
                (Booking::Cleared, 80),
                (Booking::Cancelled, 6),
                (Booking::Rejected, 6),
                (Booking::ClearedNoFeedback, 3),
                (Booking::Draft, 5),
            ],
            draw,
        )?
    } else {
        share(&[(Booking::Booked, 60), (Booking::Cleared, 30), (Booking::Rejected, 10)], draw)?
    };
    record.head.status = status;
    if matches!(status, Booking::Booked | Booking::Cleared | Booking::ClearedNoFeedback) {
        record.application_no = Some(format!("{ours}2025{number:010}").into());
        record.head.answered = true;
    }
    Ok(record)
}

fn application(world: &World, number: u32) -> anyhow::Result<Application> {
    let applicant = world.enterprise(number)?;
    let (at, draw) = (world.at(number), chance(9, number.into()));
    let status = if world.now - at < 2 * DAY {
        share(
            &[
                (Exemption::CustomsReceived, 60),
                (Exemption::Approved, 25),
                (Exemption::Saved, 10),
                (Exemption::Rejected, 5),
            ],
            draw,
        )?
    } else {
        share(
            &[
                (Exemption::Approved, 87),
                (Exemption::Rejected, 8),
                (Exemption::Saved, 3),
                (Exemption::CustomsReceived, 2),
            ],
            draw,
        )?
    };
    let instant = UtcMillis::from_millis(at);
    let office = world.office(applicant, number)?;
    let (doc_type, subject) = if draw >> 8 & 7 == 0 {
        (DocType::NonDeclaration, format!("MGL{number:010}"))
    } else {
        (DocType::Declaration, format!("{office}20251{number:09}"))
    };
    let mut record = Application {
        head: Head::new(&data_center_no(number)?, status, instant),
        applicant_customs_code: applicant.code.as_str().into(),
        applicant_name: applicant.name.as_str().into(),
        inspection_customs_code: office,
        form: Form {
            doc_type,
            number: subject.into(),
            vehicle_plate_no: None,
            contact_name: Some("王强".into()),
            contact_phone: Some("13800138000".into()),
        },
        submitted_at: None,
        attendance_mode: None,
        message: None,
        decision: None,
        mark: None,
        inspection: None,
    };
    if status != Exemption::Saved {
        record.submitted_at = Some(instant);
        record.message = Some(Message { due_at: None, ..Message::next(&record, instant) });
    }
    if matches!(status, Exemption::Approved | Exemption::Rejected) {
        let decided = UtcMillis::from_millis(at + HOUR / 2);
        let review_no = format!("M{office}2025{number:09}").into();
        record.decision = Some(Decision { review_no, opinion: None, officer: "li".into(), at: decided });
        record.head.operated_at = decided;
        record.head.answered = true;
    }
    Ok(record)
}
