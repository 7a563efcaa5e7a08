//! 录入: what a client sends, and the one step that turns it into content or tells all its faults.
//! Promises: nothing is dropped in silence: a back-filled or unknown member is a fault (AC-062); a member sent back as it was shown is none.
//! Source: spec sections 4, 5, 9.

use serde_json::{Map, Value};

use super::{
    goods::Row,
    record::{Appointment, Content, Party},
    rules::{self, Entry},
};
use crate::declaration::fault::FieldError;

/// Rows of goods; the names of more could not keep to AC-069.
const MOST_ROWS: usize = 4000;
/// Faults that are told at once; who has more corrects these first.
const MOST_FAULTS: usize = 200;

/// 录入数据: an application as a client sent it, texts trimmed, blank ones absent.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(super) consignee: Option<String>,
    pub(super) contact_name: Option<String>,
    pub(super) contact_mobile: Option<String>,
    pub(super) declaration_port: Option<String>,
    pub(super) entry_exit_port: Option<String>,
    pub(super) transport_mode: Option<String>,
    pub(super) slot_start: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) ie_flag: Option<String>,
    pub(super) goods: Vec<Row>,
    /// Members that are not the user's, by path, as they were sent.
    pub(super) others: Map<String, Value>,
    pub(super) version: Option<i64>,
}

/// An application whose fields are all of the right form.
#[derive(Clone, Debug)]
pub struct Checked {
    /// 收发货人, back-filled from its code (AC-041).
    pub consignee: Party,
    /// The user's fields.
    pub content: Content,
}

impl Draft {
    /// Takes the body of a request apart.
    ///
    /// # Errors
    /// All faults of the outer shape.
    pub fn parse(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut draft = Self::default();
        let Value::Object(members) = body else {
            return Err(vec![shape("", "应为JSON对象", "must be a JSON object", body)]);
        };
        for (name, value) in members {
            match (name.as_str(), value) {
                ("version", Value::Null) => {}
                ("version", value) => match value.as_i64() {
                    Some(version) => draft.version = Some(version),
                    None => faults.push(shape("version", "应为整数", "must be a whole number", value)),
                },
                ("consignee", Value::Object(members)) => draft.read_consignee(members, &mut faults),
                ("goods", Value::Array(rows)) => draft.read_goods(rows, &mut faults),
                ("consignee" | "goods", Value::Null) => {}
                (name @ ("consignee" | "goods"), value) => {
                    faults.push(shape(name, "结构错误", "must be an object, or a list of rows", value));
                }
                (name, value) => draft.read_text(name, value, &mut faults),
            }
        }
        if faults.is_empty() { Ok(draft) } else { Err(faults) }
    }

    fn read_consignee(&mut self, members: Map<String, Value>, faults: &mut Vec<FieldError>) {
        for (name, value) in members {
            match (name.as_str(), value) {
                ("customs_reg_no", Value::Null) => {}
                ("customs_reg_no", Value::String(text)) => self.consignee = filled(&text),
                ("customs_reg_no", value) => {
                    faults.push(shape("consignee.customs_reg_no", "应为文本", "must be a text", value));
                }
                (name, value) => drop(self.others.insert(format!("consignee.{name}"), value)),
            }
        }
    }

    fn read_goods(&mut self, rows: Vec<Value>, faults: &mut Vec<FieldError>) {
        if rows.len() > MOST_ROWS {
            let (zh, en) =
                ("商品名称合计不得超过4000个字符", "at most 4000 characters in all names together");
            faults.push(FieldError::format("goods".into(), "AC-069", zh, en, rows.len().into()));
            return;
        }
        for (place, row) in rows.into_iter().enumerate() {
            match row {
                Value::Object(members) => self.goods.push(Row::parse(place, members, faults)),
                other => {
                    faults.push(shape(&format!("goods[{place}]"), "应为对象", "must be an object", other))
                }
            }
        }
    }

    fn read_text(&mut self, name: &str, value: Value, faults: &mut Vec<FieldError>) {
        let into = match name {
            "contact_name" => &mut self.contact_name,
            "contact_mobile" => &mut self.contact_mobile,
            "declaration_port" => &mut self.declaration_port,
            "entry_exit_port" => &mut self.entry_exit_port,
            "transport_mode" => &mut self.transport_mode,
            "slot_start" => &mut self.slot_start,
            "reason" => &mut self.reason,
            "ie_flag" => &mut self.ie_flag,
            _ => {
                self.others.insert(name.into(), value);
                return;
            }
        };
        match value {
            Value::Null => {}
            Value::String(text) => *into = filled(&text),
            other => faults.push(shape(name, "应为文本", "must be a text", other)),
        }
    }

    /// A stored application, to be judged again at submission (AC-120).
    #[must_use]
    pub fn of(record: &Appointment) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(ToOwned::to_owned);
        let content = &record.content;
        Self {
            consignee: Some(record.consignee.customs_reg_no.to_string()),
            contact_name: text(&content.contact_name),
            contact_mobile: text(&content.contact_mobile),
            declaration_port: content.declaration_port.as_ref().map(|port| port.code.to_string()),
            entry_exit_port: content.entry_exit_port.as_ref().map(|port| port.code.to_string()),
            transport_mode: content.transport_mode.map(|mode| mode.code().to_owned()),
            slot_start: content.slot_start.map(|start| start.to_string()),
            reason: text(&content.reason),
            ie_flag: content.ie_flag.map(|flag| flag.code().to_owned()),
            goods: content.goods.iter().map(Row::of).collect(),
            others: Map::new(),
            version: Some(record.head.version),
        }
    }

    /// The version of the application that the client saw (AC-215).
    #[must_use]
    pub const fn version(&self) -> Option<i64> {
        self.version
    }
}

impl Entry<'_> {
    /// Checks everything.
    ///
    /// # Errors
    /// All faults at once.
    pub(super) fn check(&self) -> Result<Checked, Vec<FieldError>> {
        let mut faults = rules::judge_entry(rules::ENTRY, self);
        match (self.content(), &self.facts.consignee) {
            (content, Some(consignee)) if faults.is_empty() => {
                Ok(Checked { consignee: consignee.party.clone(), content })
            }
            _ => {
                faults.truncate(MOST_FAULTS);
                Err(faults)
            }
        }
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn shape(path: &str, zh: &str, en: &str, value: Value) -> FieldError {
    FieldError::format(path.into(), "PO-332", zh, en, value)
}
