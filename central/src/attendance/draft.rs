//! 录入: what a client sends, and the one step that turns it into a form or tells all its faults.
//! Promises: a value for a back-filled field means nothing (PO-134); a member that the form does not have is refused, and so is a value for
//! a field of the other kind. Texts are trimmed (PO-315), an empty one is none.
//! Source: spec sections 3 and 4; AE-101.

use serde_json::{Map, Value, json};

use super::record::{DocType, Form};
use crate::declaration::{body, fault::FieldError, problem::Problem};

/// Members that the system fills in, and that speak about the answer: clients send whole records back (PO-134).
const BACK_FILLED: &[&str] = &[
    "data_center_no",
    "customs_review_no",
    "status",
    "status_label",
    "status_label_en",
    "status_since",
    "application_date",
    "applicant_customs_code",
    "applicant_name",
    "inspection_customs_code",
    "doc_type_label",
    "operated_at",
    "submitted_at",
    "attendance_mode",
    "opinion",
    "decided_at",
    "instruction_mark",
    "inspection",
    "attachments",
    "actions",
    "message",
    "message_en",
    "message_key",
];
/// Text fields and the requirement of each.
const FIELDS: &[(&str, &str)] = &[
    ("declaration_no", "AE-037"),
    ("bill_no", "AE-056"),
    ("vehicle_plate_no", "AE-058"),
    ("contact_name", "AE-038"),
    ("contact_phone", "AE-039"),
];
/// Characters of a value that a fault shows.
const SHOWN: usize = 200;

/// 录入数据: an application as a client sent it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) doc_type: DocType,
    pub(super) number: Option<String>,
    pub(super) vehicle_plate_no: Option<String>,
    pub(super) contact_name: Option<String>,
    pub(super) contact_phone: Option<String>,
    /// The version that the person saw.
    pub(super) version: Option<i64>,
    /// What is wrong with its shape.
    pub(super) faults: Vec<FieldError>,
}

impl Draft {
    /// Takes the body of a request apart; of a stored record the kind is `stored`, and stays.
    ///
    /// # Errors
    /// 400 when it is no JSON object, 422 without a kind: nothing more can be judged then.
    pub(super) fn read(bytes: &[u8], stored: Option<DocType>) -> Result<Self, Problem> {
        let mut members: Map<String, Value> = body::read(bytes)?;
        let doc_type = kind(members.remove("doc_type"), stored)?;
        let mut faults = Vec::new();
        let version = match members.remove("version") {
            None | Some(Value::Null) => None,
            Some(sent) => sent.as_i64().or_else(|| {
                let (zh, en) = ("应为整数", "must be a whole number");
                faults.push(FieldError::format("version".into(), "PO-333", zh, en, clipped(sent)));
                None
            }),
        };
        let mut texts =
            FIELDS.iter().map(|(name, rule)| text(name, rule, members.remove(*name), &mut faults));
        let mut next = || texts.next().flatten();
        let (declaration_no, bill_no, vehicle_plate_no) = (next(), next(), next());
        let (contact_name, contact_phone) = (next(), next());
        drop(texts);
        let mut foreign = |name: &str, rule, value: &Option<String>| {
            if let Some(value) = value {
                let (zh, en) = ("该单据类型无此数据项", "this kind of application has no such member");
                faults.push(FieldError::format(name.into(), rule, zh, en, clipped(json!(value))));
            }
        };
        let number = match doc_type {
            DocType::Declaration => {
                foreign("bill_no", "AE-056", &bill_no);
                foreign("vehicle_plate_no", "AE-058", &vehicle_plate_no);
                declaration_no
            }
            DocType::NonDeclaration => {
                foreign("declaration_no", "AE-037", &declaration_no);
                bill_no
            }
        };
        for (name, value) in members.into_iter().filter(|(name, _)| !BACK_FILLED.contains(&name.as_str())) {
            faults.push(FieldError::format(name, "PO-332", "未知的数据项", "unknown member", clipped(value)));
        }
        Ok(Self { doc_type, number, vehicle_plate_no, contact_name, contact_phone, version, faults })
    }

    /// The form, once the rules have passed it: it has its key field.
    pub(super) fn form(self) -> Option<Form> {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        Some(Form {
            doc_type: self.doc_type,
            number: self.number?.into(),
            vehicle_plate_no: boxed(self.vehicle_plate_no),
            contact_name: boxed(self.contact_name),
            contact_phone: boxed(self.contact_phone),
        })
    }
}

/// AE-120, AE-003: the kind is chosen at the first save and never changes.
fn kind(sent: Option<Value>, stored: Option<DocType>) -> Result<DocType, Problem> {
    let refused = |fault| Err(Problem::fields(vec![fault]));
    let sent = sent.filter(|sent| !sent.is_null() && *sent != "");
    match (sent, stored) {
        (None, Some(stored)) => Ok(stored),
        (None, None) => refused(FieldError::required("doc_type".into(), "AE-003")),
        (Some(sent), stored) => match sent.as_str().and_then(DocType::parse) {
            None => refused(FieldError::unknown_code("doc_type".into(), "AE-003", clipped(sent))),
            Some(read) if stored.is_some_and(|stored| stored != read) => {
                let (zh, en) = ("单据类型不能更改", "the kind of an application never changes");
                refused(FieldError::format("doc_type".into(), "AE-003", zh, en, clipped(sent)))
            }
            Some(read) => Ok(read),
        },
    }
}

fn text(name: &str, rule: &'static str, sent: Option<Value>, faults: &mut Vec<FieldError>) -> Option<String> {
    match sent? {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        other => {
            faults.push(FieldError::format(name.into(), rule, "应为文本", "must be text", clipped(other)));
            None
        }
    }
}

/// A value, no longer than a fault needs.
fn clipped(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.chars().take(SHOWN).collect()),
        Value::Array(_) | Value::Object(_) => Value::Null,
        other => other,
    }
}
