//! An application as JSON: the form of section 17, with what this person may do now.
//! Promises: what is offered comes from the state chart and from the very rules that judge the act (AC-214).
//! Source: spec AC-020, AC-171, AC-227, section 14.3.

use protocols::contract::UtcMillis;
use serde_json::{Value, json};

use super::{
    cancellation, explanation,
    facts::{EXPLANATION, SUPPLEMENTARY},
    feedback,
    lifecycle::{Action, LIFECYCLE, State, refined},
    record::{Appointment, Port},
    rules::{Request, RequestRule, judge_request},
};
use crate::{
    declaration::{
        attachment::Attachment,
        lifecycle::{By, offered},
        receipt::Receipt,
        record::{Action as _, Status},
    },
    identity::{Person, Standing},
};

/// The fields that a person entered, as stored; what is signed at submission.
pub(super) fn entered(record: &Appointment) -> Value {
    let content = &record.content;
    let goods: Vec<_> = (1..)
        .zip(&content.goods)
        .map(|(seq, row)| json!({ "seq": seq, "hs_code": row.hs_code, "name": row.name }))
        .collect();
    let code = |port: &Option<Port>| port.as_ref().map(|port| port.code);
    json!({
        "consignee": record.consignee, "contact_name": content.contact_name, "contact_mobile": content.contact_mobile,
        "declaration_port": code(&content.declaration_port), "entry_exit_port": code(&content.entry_exit_port),
        "transport_mode": content.transport_mode, "slot_start": content.slot_start, "reason": content.reason,
        "ie_flag": content.ie_flag, "goods": goods,
    })
}

/// The whole application.
pub(super) fn full(record: &Appointment, files: &[Attachment], person: &Person, now: UtcMillis) -> Value {
    let mut value = entered(record);
    let of = |category: &str| -> Vec<Value> {
        let chosen = files.iter().filter(|file| file.category.as_deref() == Some(category));
        chosen
            .map(|file| {
                json!({ "id": file.id, "file_name": file.file_name, "bytes": file.size_bytes, "pages": file.page_count,
                        "sha256": file.sha256, "frozen": file.frozen })
            })
            .collect()
    };
    let name = |port: &Option<Port>| port.as_ref().map(|port| port.name.clone());
    let feedback: Vec<_> = (1..)
        .zip(&record.feedback)
        .map(|(seq, row)| {
            json!({ "seq": seq, "declaration_no": row.declaration_no, "sent_at": row.sent_at, "answer": row.answer })
        })
        .collect();
    // AC-151: the block does not exist before approval.
    let explained = record.application_no.is_some().then(|| {
        let explanation = record.explanation.clone().unwrap_or_default();
        json!({ "text": explanation.text, "files": of(EXPLANATION), "sent_at": explanation.sent_at, "answer": explanation.answer })
    });
    let more = json!({
        "pre_entry_no": record.head.number, "application_no": record.application_no, "version": record.head.version,
        "status": record.head.status, "status_label": record.head.status.label(),
        "status_label_en": record.head.status.label_en(), "status_since": record.head.status_since,
        "declarant": record.declarant, "slot_end": record.slot_end(),
        "declaration_port_name": name(&record.content.declaration_port),
        "entry_exit_port_name": name(&record.content.entry_exit_port),
        "transport_mode_label": record.content.transport_mode.map(super::record::TransportMode::label),
        "attachments": of(SUPPLEMENTARY), "applied_at": record.applied_at,
        "submitted_at": record.submission.as_ref().map(|submission| submission.at), "submission": record.submission,
        "cancellation": record.cancellation, "feedback": feedback, "feedback_until": record.window_end(),
        "explanation": explained, "actions": actions(record, person, now),
    });
    if let (Value::Object(into), Value::Object(more)) = (&mut value, more) {
        into.extend(more);
    }
    value
}

/// What the result list shows (AC-171).
pub(super) fn summary(record: &Appointment, person: &Person, now: UtcMillis) -> Value {
    json!({
        "pre_entry_no": record.head.number, "application_no": record.application_no, "version": record.head.version,
        "declarant": record.declarant, "consignee": record.consignee, "applied_at": record.applied_at,
        "declaration_port": record.content.declaration_port, "entry_exit_port": record.content.entry_exit_port,
        "slot_start": record.content.slot_start, "slot_end": record.slot_end(), "status": record.head.status,
        "status_label": record.head.status.label(), "status_label_en": record.head.status.label_en(),
        "status_since": record.head.status_since, "waiting": waiting(record), "waits_since": waits_since(record),
        "feedback_until": record.window_end(), "actions": actions(record, person, now),
    })
}

/// What customs gets of an application: what was signed, and nothing that is only typed.
pub(super) fn for_customs(record: &Appointment) -> Value {
    let sent = record.feedback.iter().filter(|row| row.sent_at.is_some());
    let feedback: Vec<_> =
        sent.map(|row| json!({ "declaration_no": row.declaration_no, "sent_at": row.sent_at })).collect();
    let explanation = record.explanation.as_ref().filter(|explanation| explanation.sent_at.is_some());
    let mut value = entered(record);
    let more = json!({
        "pre_entry_no": record.head.number, "application_no": record.application_no, "declarant": record.declarant,
        "slot_end": record.slot_end(), "submitted_at": record.submission.as_ref().map(|submission| submission.at),
        "cancellation": record.cancellation, "feedback": feedback,
        "explanation": explanation.map(|explanation| json!({ "text": explanation.text, "sent_at": explanation.sent_at })),
    });
    if let (Value::Object(into), Value::Object(more)) = (&mut value, more) {
        into.extend(more);
    }
    value
}

/// What of the enterprise is with customs.
fn waiting(record: &Appointment) -> Vec<&'static str> {
    let waits = [
        (record.head.status == State::Submitted, "submission"),
        (record.cancellation.is_some(), "cancellation"),
        (record.feedback_waits(), "feedback"),
        (record.explanation_waits(), "explanation"),
    ];
    waits.into_iter().filter(|(waits, _)| *waits).map(|(_, name)| name).collect()
}

/// Since when the oldest of it waits for an answer; an application that is accepted waits for its decision still.
fn waits_since(record: &Appointment) -> Option<UtcMillis> {
    let undecided = matches!(record.head.status, State::Submitted | State::Accepted);
    let submitted = record.submission.as_ref().filter(|_| undecided).map(|submission| submission.at);
    let cancelled = record.cancellation.as_ref().map(|cancellation| cancellation.requested_at);
    let fed_back = record.feedback.iter().filter(|row| row.waits()).filter_map(|row| row.sent_at).min();
    let explained = record.explanation.as_ref().filter(|explanation| explanation.waits());
    let explained = explained.and_then(|explanation| explanation.sent_at);
    [submitted, cancelled, fed_back, explained].into_iter().flatten().min()
}

/// What a person is to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The declarant, whose signed act it is.
    Declarant,
    /// The consignee, who reads (AC-020).
    Consignee,
    /// An officer of the declaration port, who decides (AC-227).
    Decider,
    /// An officer of the entry/exit port, or headquarters, who read.
    Reader,
}

/// What the person is to the application; none for whom it does not exist (AC-020, AC-227). Before submission it is nobody's but the
/// enterprises'.
pub(super) fn part(record: &Appointment, person: &Person) -> Option<Part> {
    let submitted = record.head.status != State::Draft;
    match &person.standing {
        Standing::Declarant(declarant) => {
            let code = declarant.enterprise.as_ref()?.customs_reg_no.as_deref()?;
            if code == record.declarant.customs_reg_no.as_ref() {
                Some(Part::Declarant)
            } else {
                (code == record.consignee.customs_reg_no.as_ref()).then_some(Part::Consignee)
            }
        }
        Standing::Officer(offices) => {
            let among = |port: &Option<Port>| port.as_ref().is_some_and(|port| offices.contains(&port.code));
            let content = &record.content;
            if submitted && among(&content.declaration_port) {
                Some(Part::Decider)
            } else {
                (submitted && among(&content.entry_exit_port)).then_some(Part::Reader)
            }
        }
        Standing::Headquarters => submitted.then_some(Part::Reader),
        Standing::Agency(_)
        | Standing::Individual
        | Standing::Admin
        | Standing::Gateway
        | Standing::Yard(_) => None,
    }
}

/// The actions that this person may take now (section 14.3).
pub(super) fn actions(record: &Appointment, person: &Person, now: UtcMillis) -> Vec<&'static str> {
    let part = part(record, person);
    let mut names = vec!["view"];
    match part {
        // AC-013: without a bound card nothing is entered.
        Some(Part::Declarant) if person.card_no.is_some() => {
            names.extend(offered_to(record, By::Enterprise, now));
            // AC-214: a copy makes a new application.
            if record.head.status != State::ClearedNoFeedback {
                names.push("copy");
            }
        }
        Some(Part::Decider) => names.extend(offered_to(record, By::Customs, now)),
        Some(Part::Declarant | Part::Consignee | Part::Reader) | None => {}
    }
    if record.head.answered {
        names.push("receipts");
    }
    names
}

/// What this side may do now, in the order of the chart.
pub(super) fn offered_to(record: &Appointment, by: By, now: UtcMillis) -> Vec<&'static str> {
    let may = |action: &Action| match rules_of(*action) {
        None => refined(record, *action, now) == Some(*action),
        Some(rules) => {
            let request = Request::about(record, now);
            rules.iter().all(|rules| judge_request(rules, &request).is_empty())
        }
    };
    offered(LIFECYCLE, record.head.status, by).filter(may).map(|action| action.code()).collect()
}

/// The rules that say when an act of the enterprise may be offered.
fn rules_of(action: Action) -> Option<&'static [&'static [RequestRule]]> {
    match action {
        Action::Cancel => Some(&[cancellation::CANCELLATION]),
        Action::EnterFeedback => Some(&[feedback::TYPING]),
        Action::Feedback => Some(&[feedback::TYPING, feedback::OPEN]),
        Action::EnterExplanation => Some(&[explanation::TYPING]),
        Action::Explain => Some(&[explanation::TYPING, explanation::OPEN]),
        _ => None,
    }
}

/// A row of the receipt list (AC-173, PO-232).
pub(super) fn receipt(seq: usize, receipt: &Receipt) -> Value {
    let state = receipt.to.as_deref().and_then(State::parse);
    json!({
        "seq": seq, "received_at": receipt.at, "status_code": receipt.to, "status_name": state.map(Status::label),
        "status_name_en": state.map(Status::label_en), "text": receipt.text, "source": receipt.actor, "cause": receipt.cause,
        "code": receipt.code, "kind": receipt.kind, "from": receipt.from, "message_no": receipt.message_no,
    })
}
