//! An application as JSON, with what this person may do now.
//! Promises: `actions` come from the table of section 11, so that buttons and checks cannot disagree (AE-106..AE-114, PO-215).
//! Source: spec AE-030..AE-059, AE-130, AE-131, AE-133; PO-232.

use serde_json::{Value, json};

use super::{
    lifecycle::{Action, LIFECYCLE, State},
    record::{Record, with},
    rules::Facts,
};
use crate::{
    declaration::{
        attachment::Attachment,
        lifecycle::{self, By},
        receipt::Receipt,
        record::{Action as _, Status as _},
    },
    identity::{Person, Standing},
};

/// A message that goes with an answer (AE-149, AE-150).
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
}

/// AE-149.
pub(super) const SAVED: Said = Said { code: "AE_SAVE_OK", zh: "暂存成功", en: "saved" };
/// AE-150.
pub(super) const APPLIED: Said = Said { code: "AE_APPLY_OK", zh: "申请成功", en: "applied" };

/// What the result list shows (AE-130).
pub(super) fn summary(record: &Record, person: &Person) -> Value {
    let (head, kind) = (&record.head, record.form.doc_type);
    let review_no = record.decision.as_ref().map(|decision| &decision.review_no);
    let shown = json!({
        "data_center_no": head.number, "version": head.version, "doc_type": kind, "doc_type_label": kind.label(),
        "status": head.status, "status_label": head.status.label(), "status_label_en": head.status.label_en(),
        "status_since": head.status_since, "customs_review_no": review_no,
        "applicant_customs_code": record.applicant_customs_code, "applicant_name": record.applicant_name,
        "inspection_customs_code": record.inspection_customs_code, "application_date": record.application_date(),
        "operated_at": head.operated_at, "submitted_at": record.submitted_at, "attendance_mode": record.attendance_mode,
        "actions": actions(record, person),
    });
    with(shown, kind.number_field(), json!(record.form.number))
}

/// The whole record with its files.
pub(super) fn full(record: &Record, person: &Person, files: &[Attachment]) -> Value {
    let mut shown = summary(record, person);
    let decision = record.decision.as_ref();
    merge(&mut shown, record.form.members());
    merge(
        &mut shown,
        json!({
            "opinion": decision.and_then(|decision| decision.opinion.as_deref()),
            "decided_at": decision.map(|decision| decision.at),
            "instruction_mark": mark(record), "inspection": record.inspection, "attachments": files,
        }),
    );
    shown
}

/// The same with the words that go with the act.
pub(super) fn saying(record: &Record, person: &Person, files: &[Attachment], said: Said) -> Value {
    let said = json!({"code": said.code, "text": said.zh, "text_en": said.en});
    with(full(record, person, files), "message", said)
}

/// AE-161: how the inspection instruction is marked once customs has agreed.
fn mark(record: &Record) -> Value {
    if record.head.status == State::Approved {
        json!({"consignee_exempt": true, "attendance_mode": record.attendance_mode})
    } else {
        Value::Null
    }
}

/// AE-160: the inspection instruction, as an officer opens it; none when the system that has it does not answer.
pub(super) fn instruction(facts: Option<&Facts>) -> Value {
    facts.map_or(Value::Null, |facts| {
        json!({
            "instruction": facts.instruction, "inspection_begun": facts.begun, "released": facts.released,
            "inspection_customs_code": facts.office, "parties": facts.parties,
        })
    })
}

/// 按钮.
fn actions(record: &Record, person: &Person) -> Vec<&'static str> {
    let by = match &person.standing {
        Standing::Declarant(declarant) if declarant.card_no.is_some() => By::Enterprise,
        Standing::Officer(_) => By::Customs,
        _ => return vec!["view"],
    };
    let offered = lifecycle::offered(LIFECYCLE, record.head.status, by).map(|action| action.code());
    ["view"].into_iter().chain(offered).chain(["receipts"]).collect()
}

/// 回执 as the panel shows them (PO-232): newest first, without what was only saved.
pub(super) fn receipts(rows: &[Receipt]) -> Vec<Value> {
    let quiet = [Action::Save, Action::Upload, Action::RemoveFile].map(|action| action.code());
    let shown = (1..).zip(rows).filter(|(_, row)| !quiet.contains(&row.cause.as_str()));
    let shown = shown.map(|(seq, row): (usize, _)| {
        let state = row.to.as_deref().and_then(State::parse);
        json!({
            "seq": seq, "received_at": row.at, "status_code": row.to, "status_name": state.map(State::label),
            "status_name_en": state.map(State::label_en), "cause": row.cause, "text": row.text,
            "source": source(&row.cause), "message_no": row.message_no,
        })
    });
    let mut shown: Vec<_> = shown.collect();
    shown.reverse();
    shown
}

/// Where a receipt comes from.
fn source(cause: &str) -> &'static str {
    if [Action::Apply].iter().any(|action| action.code() == cause) {
        "platform"
    } else if [Action::HandOver, Action::GiveUp].iter().any(|action| action.code() == cause) {
        "gateway"
    } else {
        "customs"
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
