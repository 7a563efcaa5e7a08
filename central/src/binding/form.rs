//! Reads the members of one JSON object the way a form is read: blank is empty, every fault is noted and reading goes on.

use protocols::contract::Kg;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::declaration::fault::FieldError;

/// Faults of one request that are told; who has more corrects these first.
pub(super) const MOST_FAULTS: usize = 200;

/// One object, and where its faults go.
pub(super) struct Form<'a> {
    members: &'a Map<String, Value>,
    prefix: String,
    pub(super) faults: &'a mut Vec<FieldError>,
}

impl<'a> Form<'a> {
    pub(super) fn new(
        members: &'a Map<String, Value>,
        prefix: String,
        faults: &'a mut Vec<FieldError>,
    ) -> Self {
        Self { members, prefix, faults }
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What was sent.
    pub(super) fn sent(&self, name: &str) -> Value {
        self.members.get(name).cloned().unwrap_or_default()
    }

    /// Something other than null and blanks was sent.
    pub(super) fn is_filled(&self, name: &str) -> bool {
        match self.members.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(_) => true,
        }
    }

    pub(super) fn refuse(&mut self, name: &str, rule: &'static str, zh: &str, en: impl Into<String>) {
        if self.faults.len() < MOST_FAULTS {
            let fault = FieldError::format(self.path(name), rule, zh, en, self.sent(name));
            self.faults.push(fault);
        }
    }

    pub(super) fn missing(&mut self, name: &str, rule: &'static str) {
        if self.faults.len() < MOST_FAULTS {
            let fault = FieldError::required(self.path(name), rule);
            self.faults.push(fault);
        }
    }

    /// A text, trimmed; `rule` is blamed when it is no text.
    pub(super) fn text(&mut self, name: &str, rule: &'static str) -> Option<String> {
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Some(_) => {
                self.refuse(name, rule, "应为文本", "must be a text");
                None
            }
        }
    }

    /// A text of at most `longest` characters.
    pub(super) fn text_up_to(&mut self, name: &str, rule: &'static str, longest: usize) -> Option<String> {
        let text = self.text(name, rule)?;
        if text.chars().nth(longest).is_some() {
            let zh = format!("最多 {longest} 个字符");
            self.refuse(name, rule, &zh, format!("at most {longest} characters"));
            return None;
        }
        Some(text)
    }

    /// A code of a table; `required` names the rule that asks for it.
    pub(super) fn code<T, E>(
        &mut self,
        name: &str,
        required: Option<&'static str>,
        table: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Some(text) = self.text(name, table) else {
            if let Some(rule) = required.filter(|_| !self.is_filled(name)) {
                self.missing(name, rule);
            }
            return None;
        };
        let read = parse(&text).ok();
        if read.is_none() && self.faults.len() < MOST_FAULTS {
            let fault = FieldError::unknown_code(self.path(name), table, self.sent(name));
            self.faults.push(fault);
        }
        read
    }

    /// A weight below 1,000,000 kg with at most two decimals (SG-075); its sign is the caller's affair.
    pub(super) fn weight(&mut self, name: &str) -> Option<Kg> {
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        let read = Kg::deserialize(value).ok().filter(|kg| kg.hundredths() < 100_000_000);
        if read.is_none() {
            self.refuse(
                name,
                "SG-075",
                "重量应小于1000000公斤，最多两位小数",
                "below 1000000 kg with at most 2 decimals",
            );
        }
        read
    }
}
