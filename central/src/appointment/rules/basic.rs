//! Section 4: the basic information; and the one fault of section 8.

use protocols::{contract::UtcMillis, rules::IeFlag};
use serde_json::{Value, json};

use super::{
    super::{
        lead_time,
        record::{self, TransportMode},
    },
    Entry,
};
use crate::declaration::{fault::FieldError, formats};

/// Members that the system fills in (kind B of section 4, and section 10).
const BACK_FILLED: &[&str] = &[
    "application_no",
    "pre_entry_no",
    "status",
    "declarant",
    "consignee.uscc",
    "consignee.ciq_no",
    "consignee.name",
    "slot_end",
    "attachments",
    "applied_at",
    "submitted_at",
    "feedback",
    "explanation",
];
const MOST_CONTACT: usize = 50;
const MOST_REASON: usize = 500;

/// AC-062: what the system fills in may come back as it was shown, and not otherwise; what nobody knows is told.
pub(super) fn back_filled(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (path, sent) in &entry.draft.others {
        let known = entry.stored.and_then(|stored| stored.pointer(&format!("/{}", path.replace('.', "/"))));
        if sent.is_null() || known == Some(sent) {
            continue;
        }
        let (rule, zh, en) = if known.is_some() || BACK_FILLED.contains(&path.as_str()) {
            ("AC-062", "返填项不可录入", "filled in by the system, cannot be sent")
        } else {
            ("PO-332", "未知的数据项", "unknown member")
        };
        faults.push(FieldError::format(path.clone(), rule, zh, en, sent.clone()));
    }
}

/// AC-055: what is no pre-entry number names none.
pub(super) fn pre_entry_no(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let Some(sent) = entry.draft.others.get("pre_entry_no").filter(|sent| !sent.is_null()) else { return };
    let holds = sent.as_str().is_some_and(|text| {
        text.len() == 18
            && text.strip_prefix("YTG").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if !holds {
        let (zh, en) = ("预录入编号为YTG加15位数字", "YTG and 15 digits");
        faults.push(FieldError::format("pre_entry_no".into(), "AC-055", zh, en, sent.clone()));
    }
}

/// AC-048: the end is two hours after the start.
pub(super) fn slot_end(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let Some(sent) = entry.draft.others.get("slot_end").filter(|sent| !sent.is_null()) else { return };
    let read = sent.as_str().and_then(|text| UtcMillis::parse(text).ok());
    let stored = entry.stored.and_then(|stored| stored.get("slot_end"));
    let wrong = entry.start().is_some_and(|start| read != Some(record::slot_end(start)));
    if wrong && stored != Some(sent) {
        let (zh, en) = ("预约通关时间为起始时间后2小时", "the slot ends two hours after its start");
        faults.push(FieldError::format("slot_end".into(), "AC-048", zh, en, sent.clone()));
    }
}

/// AC-052: what a submission needs; reason, flag and goods have rules of their own.
pub(super) fn required(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if !entry.submits() {
        return;
    }
    let draft = entry.draft;
    for (path, field) in [
        ("contact_name", &draft.contact_name),
        ("contact_mobile", &draft.contact_mobile),
        ("declaration_port", &draft.declaration_port),
        ("entry_exit_port", &draft.entry_exit_port),
        ("transport_mode", &draft.transport_mode),
        ("slot_start", &draft.slot_start),
    ] {
        if field.is_none() {
            faults.push(FieldError::required(path.into(), "AC-052"));
        }
    }
}

/// AC-052, AC-040: the one field that even a temporary save needs.
pub(super) fn consignee_required(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if entry.draft.consignee.is_none() {
        faults.push(FieldError::required("consignee.customs_reg_no".into(), "AC-052"));
    }
}

/// AC-042.
pub(super) fn contact_name(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    up_to("contact_name", "AC-042", &entry.draft.contact_name, MOST_CONTACT, faults);
}

/// AC-043: customs calls this number at night, so it is a mobile.
pub(super) fn contact_mobile(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let Some(number) = &entry.draft.contact_mobile else { return };
    if !formats::is_mobile(number) && !formats::is_international(number) {
        let (zh, en) = ("请录入手机号码", "a mainland mobile number, or an international one with +");
        faults.push(FieldError::format("contact_mobile".into(), "AC-043", zh, en, excerpt(number)));
    }
}

/// AC-058, AC-044, AC-045: both ports are in the table.
pub(super) fn ports(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (path, port) in [
        ("declaration_port", &entry.draft.declaration_port),
        ("entry_exit_port", &entry.draft.entry_exit_port),
    ] {
        if let Some(code) = port.as_ref().filter(|code| !entry.facts.ports.contains_key(*code)) {
            faults.push(FieldError::unknown_code(path.into(), "AC-058", excerpt(code)));
        }
    }
}

/// AC-057, AC-046.
pub(super) fn transport_mode(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let unknown = |code: &&String| TransportMode::parse(code).is_none();
    if let Some(code) = entry.draft.transport_mode.as_ref().filter(unknown) {
        faults.push(FieldError::unknown_code("transport_mode".into(), "AC-057", excerpt(code)));
    }
}

/// AC-047: a duty roster knows no seconds.
pub(super) fn slot_start(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if let Some(text) = entry.draft.slot_start.as_ref().filter(|_| entry.start().is_none()) {
        let (zh, en) = ("预约通关时间应为整分钟", "a time of RFC 3339 with whole minutes");
        faults.push(FieldError::format("slot_start".into(), "AC-047", zh, en, excerpt(text)));
    }
}

/// AC-053, AC-049: appointments are granted for stated urgent cases only.
pub(super) fn reason_required(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if entry.submits() && entry.draft.reason.is_none() {
        faults.push(FieldError::required("reason".into(), "AC-053"));
    }
}

/// AC-053.
pub(super) fn reason_length(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    up_to("reason", "AC-053", &entry.draft.reason, MOST_REASON, faults);
}

/// AC-054, AC-050: one box, not both.
pub(super) fn one_flag(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if let Some(code) = entry.draft.ie_flag.as_ref().filter(|code| IeFlag::parse(code).is_err()) {
        let (zh, en) = ("进口、出口须且仅须勾选一项", "tick exactly one of I and E");
        faults.push(FieldError::format("ie_flag".into(), "AC-054", zh, en, excerpt(code)));
    }
}

/// AC-054: one box, not none.
pub(super) fn flag_required(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if entry.submits() && entry.draft.ie_flag.is_none() {
        faults.push(FieldError::required("ie_flag".into(), "AC-054"));
    }
}

/// AC-113, AC-120: the procedure of section 8, once all that it needs is there.
pub(super) fn slot_in_time(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if !entry.submits() {
        return;
    }
    let refusal = entry.question().and_then(|question| lead_time::judge(&question, entry.now()).err());
    faults.extend(refusal.map(|refusal| refusal.fault()));
}

fn up_to(path: &str, rule: &'static str, field: &Option<String>, most: usize, faults: &mut Vec<FieldError>) {
    if let Some(text) = field.as_ref().filter(|text| text.chars().nth(most).is_some()) {
        let (zh, en) = (format!("最多 {most} 个字符"), format!("at most {most} characters"));
        faults.push(FieldError::format(path.into(), rule, zh, en, excerpt(text)));
    }
}

fn excerpt(text: &str) -> Value {
    json!(text.chars().take(200).collect::<String>())
}
