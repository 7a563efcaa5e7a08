//! 商品名称及 HS 编码: the rows of goods, and what they must be.
//! Absent on purpose: the list that opens after four digits (AC-064); it is a search of the code table `hs_code`.
//! Source: spec section 5.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rules::Entry;
use crate::declaration::fault::FieldError;

/// Characters of all names together (AC-069).
const MOST_NAME_CHARACTERS: usize = 4000;

/// 商品 as stored; its number is its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// 商品 HS 编码.
    pub hs_code: Box<str>,
    /// 商品名称.
    pub name: Box<str>,
}

/// One row as it was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) hs_code: Option<String>,
    pub(super) name: Option<String>,
    /// The number that a client sent with it (AC-063).
    pub(super) seq: Option<Value>,
}

impl Row {
    /// Takes a row apart; what is no text is a fault.
    pub(super) fn parse(place: usize, members: Map<String, Value>, faults: &mut Vec<FieldError>) -> Self {
        let mut row = Self::default();
        for (name, value) in members {
            let path = format!("goods[{place}].{name}");
            let into = match name.as_str() {
                "hs_code" => &mut row.hs_code,
                "name" => &mut row.name,
                "seq" => {
                    row.seq = Some(value).filter(|value| !value.is_null());
                    continue;
                }
                _ => {
                    faults.push(FieldError::format(path, "PO-332", "未知的数据项", "unknown member", value));
                    continue;
                }
            };
            match value {
                Value::Null => {}
                // A name that was emptied is not one that was left out: it stays empty, and is a fault (AC-067).
                Value::String(text) => {
                    *into = Some(text.trim().to_owned()).filter(|text| !text.is_empty() || name == "name");
                }
                other => faults.push(FieldError::format(path, "PO-332", "应为文本", "must be a text", other)),
            }
        }
        row
    }

    pub(super) fn of(goods: &Goods) -> Self {
        Self { hs_code: Some(goods.hs_code.to_string()), name: Some(goods.name.to_string()), seq: None }
    }

    /// The name as typed, or as the code table has it for the chosen code (AC-066).
    pub(super) fn name<'a>(&'a self, entry: &'a Entry<'_>) -> Option<&'a str> {
        let known = || entry.facts.hs_names.get(self.hs_code.as_deref()?).map(AsRef::as_ref);
        self.name.as_deref().or_else(known).filter(|name| !name.is_empty())
    }
}

/// Whether this is a chosen code (AC-065).
fn is_hs_code(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// AC-065: the chosen code of ten digits, not the heading that was searched for.
pub(super) fn hs_code(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (place, row) in entry.draft.goods.iter().enumerate() {
        if !row.hs_code.as_deref().is_some_and(is_hs_code) {
            let (zh, en) = ("请选择10位商品HS编码", "choose a code of 10 digits");
            let value = row.hs_code.clone().into();
            faults.push(FieldError::format(format!("goods[{place}].hs_code"), "AC-065", zh, en, value));
        }
    }
}

/// AC-067: a row has a name.
pub(super) fn name(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (place, row) in entry.draft.goods.iter().enumerate() {
        if row.name(entry).is_none() {
            faults.push(FieldError::required(format!("goods[{place}].name"), "AC-067"));
        }
    }
}

/// AC-069, AC-070: characters of all names, added together without separators.
pub(super) fn all_names(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let names = entry.draft.goods.iter().filter_map(|row| row.name(entry));
    let sum: usize = names.map(|name| name.chars().count()).sum();
    if sum > MOST_NAME_CHARACTERS {
        let zh = format!("商品名称合计不得超过{MOST_NAME_CHARACTERS}个字符");
        let en = format!("at most {MOST_NAME_CHARACTERS} characters in all names together");
        faults.push(FieldError::format("goods".into(), "AC-069", zh, en, sum.into()));
    }
}

/// AC-071: customs judges goods, so there are some.
pub(super) fn at_least_one(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if entry.submits() && entry.draft.goods.is_empty() {
        faults.push(FieldError::required("goods".into(), "AC-071"));
    }
}

/// AC-062, AC-063: the number of a row is its place.
pub(super) fn seq(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (place, row) in entry.draft.goods.iter().enumerate() {
        let own = |seq: &Value| entry.stored.is_some() && seq.as_u64() == u64::try_from(place + 1).ok();
        if let Some(seq) = row.seq.as_ref().filter(|seq| !own(seq)) {
            let (zh, en) = ("返填项不可录入", "filled in by the system, cannot be sent");
            let path = format!("goods[{place}].seq");
            faults.push(FieldError::format(path, "AC-062", zh, en, seq.clone()));
        }
    }
}
