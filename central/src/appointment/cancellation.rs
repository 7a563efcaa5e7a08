//! 取消预约: giving an appointment up before its time.
//! Promises: the status stays until customs answers; meanwhile the application carries the request (AC-147).
//! Source: spec section 11.

use protocols::contract::UtcMillis;
use serde_json::{Value, json};

use super::{
    feedback,
    lifecycle::State,
    record::{Appointment, Cancellation},
    rules::{Request, RequestRule, told},
};
use crate::declaration::fault::FieldError;

/// AC-148.
const MOST_REASON: usize = 500;

const fn rule(id: &'static str, judge: fn(&Request<'_>, &mut Vec<FieldError>)) -> RequestRule {
    RequestRule { id, judge }
}

/// When and how an appointment is cancelled.
#[rustfmt::skip]
pub(super) const CANCELLATION: &[RequestRule] = &[
    rule("AC-144", accepted_or_booked),
    rule("AC-145", not_returned),
    rule("AC-146", before_the_slot),
    rule("AC-147", feedback::no_cancellation),
    rule("AC-148", reason),
];

/// AC-144, AC-150: customs has accepted it, and it is not over. A draft is deleted, not cancelled.
fn accepted_or_booked(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let status = request.record.head.status;
    if !matches!(status, State::Accepted | State::Booked | State::Rejected) {
        let (zh, en) =
            ("仅已受理、预约成功的申请可取消预约", "only accepted or booked ones can be cancelled");
        faults.push(told("", "AC-144", "PO_STATUS_CONFLICT", zh, en, json!(status)));
    }
}

/// AC-145: what customs has returned is over.
fn not_returned(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let status = request.record.head.status;
    if status == State::Rejected {
        let (zh, en) = ("已退单的申请不能取消预约", "a returned application cannot be cancelled");
        faults.push(told("", "AC-145", "PO_STATUS_CONFLICT", zh, en, json!(status)));
    }
}

/// AC-146, AC-143: before the start of the slot.
fn before_the_slot(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if request.record.slot_began(request.now) {
        let (zh, en) = ("预约时间已到，不能取消预约", "the slot has begun");
        let value = json!(request.record.content.slot_start);
        faults.push(told("", "AC-146", "PO_STATUS_CONFLICT", zh, en, value));
    }
}

/// AC-148.
fn reason(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if request.reason.is_some_and(|reason| reason.chars().nth(MOST_REASON).is_some()) {
        let (zh, en) = ("最多 500 个字符", "at most 500 characters");
        faults.push(FieldError::format("reason".into(), "AC-148", zh, en, Value::Null));
    }
}

/// The cancellation waits for customs (AC-147).
pub(super) fn requested(record: &mut Appointment, now: UtcMillis, reason: Option<&str>) {
    record.cancellation = Some(Cancellation { requested_at: now, reason: reason.map(Box::from) });
}
