//! 情况说明: why no declaration numbers were fed back through the single window.
//! Promises: one an application, by text or by file (AC-155, AC-157).
//! Source: spec section 12.

use protocols::contract::UtcMillis;
use serde_json::{Value, json};

use super::{
    feedback,
    lifecycle::State,
    record::Appointment,
    rules::{Request, RequestRule, told},
};
use crate::declaration::fault::FieldError;

/// AC-157.
const MOST_TEXT: usize = 2000;
/// AC-153.
pub(super) const MOST_FILES: usize = 1;

const fn rule(id: &'static str, judge: fn(&Request<'_>, &mut Vec<FieldError>)) -> RequestRule {
    RequestRule { id, judge }
}

/// When an explanation may be typed, and what it must be.
#[rustfmt::skip]
pub(super) const TYPING: &[RequestRule] = &[
    rule("AC-156", booked_or_breached),
    rule("AC-155", only_one),
    rule("AC-147", feedback::no_cancellation),
    rule("AC-157", text_length),
];

/// When it may be sent, beside that.
pub(super) const OPEN: &[RequestRule] = &[rule("AC-156", after_the_start)];

/// What sending asks for beside all of these.
#[rustfmt::skip]
pub(super) const SENDING: &[RequestRule] = &[
    rule("AC-153", one_file),
    rule("AC-157", text_or_file),
];

/// AC-151, AC-156: after approval, and while no feedback has been accepted.
fn booked_or_breached(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let status = request.record.head.status;
    if !matches!(status, State::Booked | State::ClearedNoFeedback) {
        let (zh, en) = ("当前状态不能提交情况说明", "only booked, or cleared without feedback");
        faults.push(told("", "AC-156", "PO_STATUS_CONFLICT", zh, en, json!(status)));
    }
}

/// AC-156: before the slot there is nothing to explain.
fn after_the_start(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if !request.record.slot_began(request.now) {
        let (zh, en) = ("预约时间未到，不能提交情况说明", "the slot has not begun");
        let value = json!(request.record.content.slot_start);
        faults.push(told("", "AC-156", "PO_STATUS_CONFLICT", zh, en, value));
    }
}

/// AC-155.
fn only_one(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if request.record.explanation.as_ref().is_some_and(|explanation| explanation.sent_at.is_some()) {
        let (zh, en) = ("情况说明仅能提交一次", "an explanation can be sent once only");
        faults.push(told("explanation", "AC-155", "PO_STATUS_CONFLICT", zh, en, Value::Null));
    }
}

/// AC-157.
fn text_length(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if text(request).is_some_and(|text| text.chars().nth(MOST_TEXT).is_some()) {
        let (zh, en) = ("最多 2000 个字符", "at most 2000 characters");
        faults.push(FieldError::format("explanation.text".into(), "AC-157", zh, en, Value::Null));
    }
}

/// AC-153. `declaration::attachment` has judged the file itself when it came.
fn one_file(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let count = request.files.len();
    if count > MOST_FILES {
        let (zh, en) = ("情况说明最多1个附件", "at most one file");
        faults.push(FieldError::format("explanation.files".into(), "AC-153", zh, en, count.into()));
    }
}

/// AC-157: an empty explanation explains nothing.
fn text_or_file(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if text(request).is_none() && request.files.is_empty() {
        faults.push(FieldError::required("explanation.text".into(), "AC-157"));
    }
}

fn text<'a>(request: &Request<'a>) -> Option<&'a str> {
    let explanation = request.record.explanation.as_ref()?;
    explanation.text.as_deref().filter(|text| !text.trim().is_empty())
}

/// The words are typed, not sent.
pub(super) fn typed(record: &mut Appointment, text: Option<&str>) {
    record.explanation.get_or_insert_default().text = text.map(Box::from);
}

/// The explanation waits for customs.
pub(super) fn sent(record: &mut Appointment, now: UtcMillis) {
    record.explanation.get_or_insert_default().sent_at = Some(now);
}
