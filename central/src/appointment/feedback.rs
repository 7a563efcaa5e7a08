//! 预约通关报关单号反馈: the declaration numbers that an appointment was used for.
//! Promises: what the register has is compared field by field, and a difference refuses the sending (AC-138); a number that the register
//! does not have is left to customs (AC-139).
//! Source: spec section 10; AC-147, AC-158.

use std::collections::BTreeSet;

use protocols::{contract::UtcMillis, rules::IeFlag};
use serde_json::{Value, json};

use super::{
    lifecycle::State,
    record::{Answer, Appointment, Feedback},
    rules::{Request, RequestRule, told},
};
use crate::declaration::{fault::FieldError, numbering, reference::DeclarationFacts};

/// AC-128.
const MOST: usize = 50;

const fn rule(id: &'static str, judge: fn(&Request<'_>, &mut Vec<FieldError>)) -> RequestRule {
    RequestRule { id, judge }
}

/// When numbers may be typed.
#[rustfmt::skip]
pub(super) const TYPING: &[RequestRule] = &[
    rule("AC-124", approved),
    rule("AC-125", before_the_end),
    rule("AC-147", no_cancellation),
    rule("AC-158", no_explanation),
];

/// What typed numbers must be.
#[rustfmt::skip]
pub(super) const ROWS: &[RequestRule] = &[
    rule("AC-128", most_fifty),
    rule("AC-129", eighteen),
    rule("AC-130", layout),
    rule("AC-140", once),
    rule("AC-140", under_one_application),
];

/// How the declarations must agree with the application.
#[rustfmt::skip]
pub(super) const AGREEMENT: &[RequestRule] = &[
    rule("AC-131", same_flag),
    rule("AC-132", same_consignee),
    rule("AC-132", same_declarant),
    rule("AC-134", same_ports),
    rule("AC-135", declared_later),
];

/// When they may be sent, beside that.
pub(super) const OPEN: &[RequestRule] = &[rule("AC-125", after_the_start)];

/// What sending asks for beside all of these.
pub(super) const SENDING: &[RequestRule] = &[rule("AC-126", something_typed)];

/// AC-124: there is something to feed back to.
fn approved(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let status = request.record.head.status;
    if !matches!(status, State::Booked | State::Cleared | State::ClearedNoFeedback) {
        let (zh, en) = ("海关审批通过后方可反馈报关单号", "after approval by customs only");
        faults.push(told("", "AC-124", "PO_STATUS_CONFLICT", zh, en, json!(status)));
    }
}

/// AC-125: up to the end of the fifth day.
fn before_the_end(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if request.record.window_ended(request.now) {
        out_of_window(request, faults);
    }
}

/// AC-125: from the start of the slot.
fn after_the_start(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if !request.record.slot_began(request.now) {
        out_of_window(request, faults);
    }
}

fn out_of_window(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let (zh, en) = (
        "报关单号须在预约时间起至其后第5日内反馈",
        "from the start of the slot to the end of the fifth day after it",
    );
    let value = json!({ "from": request.record.content.slot_start, "until": request.record.window_end() });
    faults.push(told("", "AC-125", "PO_STATUS_CONFLICT", zh, en, value));
}

/// AC-147: what may be cancelled is not fed back.
pub(super) fn no_cancellation(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if request.record.cancellation.is_some() {
        let (zh, en) = ("已申请取消预约，等待海关答复", "a cancellation waits for customs");
        faults.push(told("", "AC-147", "PO_STATUS_CONFLICT", zh, en, Value::Null));
    }
}

/// AC-158, AC-205: an explanation says that no numbers come; a refused one says nothing any more.
fn no_explanation(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let sent = request.record.explanation.as_ref().filter(|explanation| explanation.sent_at.is_some());
    if sent.is_some_and(|explanation| matches!(explanation.answer, None | Some(Answer::Accepted))) {
        let (zh, en) = ("已提交情况说明，不能反馈报关单号", "an explanation was sent");
        faults.push(told("", "AC-158", "PO_STATUS_CONFLICT", zh, en, Value::Null));
    }
}

/// AC-126, AC-127: there is a number to send.
fn something_typed(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    if typed(request.record).next().is_none() {
        faults.push(FieldError::required("feedback".into(), "AC-126"));
    }
}

/// AC-128, AC-141: the limit holds for the sum of all parts.
fn most_fifty(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let sum = request.record.feedback.len();
    if sum > MOST {
        let (zh, en) = ("最多反馈50票报关单", "at most 50 declarations");
        faults.push(FieldError::format("feedback".into(), "AC-128", zh, en, sum.into()));
    }
}

/// AC-129.
fn eighteen(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    each(request, faults, |_, number| {
        (number.chars().count() != 18).then_some(("AC-129", "报关单号为18位", "18 characters"))
    });
}

/// AC-130: office, year, direction, serial; the office is the declaration port, the direction that of the application.
fn layout(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let content = &request.record.content;
    let port = content.declaration_port.as_ref().map(|port| port.code.to_string()).unwrap_or_default();
    let flag = match content.ie_flag {
        Some(IeFlag::Import) => '1',
        _ => '0',
    };
    each(request, faults, |_, number| {
        if number.chars().count() != 18 {
            return None;
        }
        let holds = number.bytes().all(|byte| byte.is_ascii_digit())
            && number.starts_with(&port)
            && number.chars().nth(8) == Some(flag);
        let (zh, en) = (
            "报关单号应为申报口岸4位、年份4位、进出口标识1位、流水号9位",
            "4 digits of the declaration port, year, 1 for import or 0 for export, 9 digits",
        );
        (!holds).then_some(("AC-130", zh, en))
    });
}

/// AC-140: once in an application.
fn once(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    each(request, faults, |_, number| {
        let twice = !seen.insert(number.to_owned());
        twice.then_some(("AC-140", "报关单号重复", "the same number twice"))
    });
}

/// AC-140: and under one application.
fn under_one_application(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    each(request, faults, |_, number| {
        let taken = request.taken.iter().any(|taken| taken == number);
        taken.then_some(("AC-140", "报关单号已在其他预约申请中反馈", "fed back under another application"))
    });
}

/// AC-131.
fn same_flag(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let flag = request.record.content.ie_flag.map(IeFlag::code);
    compare(request, faults, ("AC-131", "进出口标识", "import/export flag"), |facts| {
        flag == Some(facts.ie_flag.as_ref())
    });
}

/// AC-132, AC-133.
fn same_consignee(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let ours = &request.record.consignee.customs_reg_no;
    compare(request, faults, ("AC-132", "收发货人", "consignee"), |facts| facts.consignee == *ours);
}

/// AC-132, AC-133.
fn same_declarant(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let ours = &request.record.declarant.customs_reg_no;
    compare(request, faults, ("AC-132", "申报单位", "declarant"), |facts| {
        facts.declarant.as_ref().is_none_or(|theirs| theirs == ours)
    });
}

/// AC-134. What the register does not tell cannot differ.
fn same_ports(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let content = &request.record.content;
    let same = |theirs: &Option<Box<str>>, ours: &Option<super::record::Port>| {
        let ours = ours.as_ref().map(|port| port.code.to_string());
        theirs.as_deref().is_none_or(|theirs| ours.as_deref() == Some(theirs))
    };
    compare(request, faults, ("AC-134", "申报口岸", "declaration port"), |facts| {
        same(&facts.declaration_port, &content.declaration_port)
    });
    compare(request, faults, ("AC-134", "进出口岸", "entry/exit port"), |facts| {
        same(&facts.entry_exit_port, &content.entry_exit_port)
    });
}

/// AC-135, AC-136: declared after the application was submitted; on the same date where the register knows the date only.
fn declared_later(request: &Request<'_>, faults: &mut Vec<FieldError>) {
    let Some(submission) = &request.record.submission else { return };
    let (at, date) = (submission.at, numbering::wall_in_china(submission.at).date());
    compare(request, faults, ("AC-135", "申报日期", "declaration date"), |facts| {
        match (facts.declared_at, facts.declared_on) {
            (Some(declared), _) => declared > at,
            (None, Some(declared)) => declared >= date,
            (None, None) => true,
        }
    });
}

type Told = (&'static str, &'static str, &'static str);

/// Judges each typed number.
fn each(
    request: &Request<'_>,
    faults: &mut Vec<FieldError>,
    mut judge: impl FnMut(usize, &str) -> Option<Told>,
) {
    for (place, row) in request.record.feedback.iter().enumerate() {
        let Some((rule, zh, en)) = judge(place, &row.declaration_no).filter(|_| row.sent_at.is_none()) else {
            continue;
        };
        let value = json!(row.declaration_no.chars().take(40).collect::<String>());
        faults.push(FieldError::format(path(place), rule, zh, en, value));
    }
}

/// AC-137, AC-222: a difference is told with the field concerned.
fn compare(
    request: &Request<'_>,
    faults: &mut Vec<FieldError>,
    (rule, field, field_en): Told,
    agrees: impl Fn(&DeclarationFacts) -> bool,
) {
    for (place, row) in request.record.feedback.iter().enumerate().filter(|(_, row)| row.sent_at.is_none()) {
        if request.register.get(row.declaration_no.as_ref()).is_some_and(|facts| !agrees(facts)) {
            let zh = format!("报关单{}的{field}与预约申请不一致", row.declaration_no);
            let en =
                format!("the {field_en} of declaration {} differs from the application", row.declaration_no);
            faults.push(told(&path(place), rule, "AC-222", zh, en, json!(row.declaration_no)));
        }
    }
}

fn path(place: usize) -> String {
    format!("feedback[{place}].declaration_no")
}

/// The numbers that are typed and not sent.
pub(super) fn typed(record: &Appointment) -> impl Iterator<Item = &Feedback> {
    record.feedback.iter().filter(|row| row.sent_at.is_none())
}

/// The numbers that are typed are sent.
pub(super) fn sent(record: &mut Appointment, now: UtcMillis) {
    record.feedback.iter_mut().filter(|row| row.sent_at.is_none()).for_each(|row| row.sent_at = Some(now));
}

/// The application with these numbers typed in place of those that were typed or refused before (AC-225).
pub(super) fn retyped(record: &Appointment, numbers: &[String]) -> Vec<Feedback> {
    let kept = record.feedback.iter().filter(|row| row.counts()).cloned();
    let typed = numbers.iter().map(|number| Feedback {
        declaration_no: number.trim().into(),
        sent_at: None,
        answer: None,
    });
    kept.chain(typed).collect()
}
