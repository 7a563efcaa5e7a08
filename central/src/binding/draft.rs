//! 录入: what a client sends, and the one step that turns it into a declaration or tells all its faults.
//! Promises: nothing is dropped in silence: a back-filled, grey or unknown member is a fault (SG-087, SG-105). What one request can
//! make the centre keep is bounded: of too many lines none is judged, of many faults some are told.
//! Source: spec sections 4 to 8; SG-101, SG-269.

use std::collections::BTreeSet;

use protocols::{barcode::slip::SlipKey, ids::MediumType};
use serde_json::{Map, Value};

use super::{
    areas::CustomsAreas,
    form::{Form, MOST_FAULTS},
    record::Declaration,
    rules::{self, Judge},
};
use crate::declaration::fault::FieldError;

/// Members that a person fills in.
const USER: &[&str] = &[
    "customs_code",
    "medium_type",
    "medium_key",
    "business_type",
    "transport_mode",
    "ie_flag",
    "vehicle_pass_type",
    "vehicle_weight_kg",
    "trailer_weight_kg",
    "container_weight_kg",
    "remark",
    "lines",
];
/// Members that speak about the request, not about the record.
const REQUEST: &[&str] = &["version", "confirm_warnings", GENERATE];
/// Asks for a key that the centre makes.
const GENERATE: &str = "generate";
/// Members of the answer that belong to no record; sent back with the rest they mean nothing (SG-087).
const ANSWER: &[&str] = &["warnings", "message"];
/// SG-090.
const MOST_LINES: usize = 99;
/// Rules in `confirm_warnings`, and characters in one; four rules can warn.
const MOST_CONFIRMED: usize = 20;
/// Members that the centre fills in (section 4, kind B).
const BACK_FILLED: &[&str] = &[
    "unified_no",
    "trip_no",
    "status",
    "entry_date",
    "uscc",
    "org_code",
    "operator",
    "version_no",
    "change_kind",
    "effective_version_no",
    "close_reason",
];
const USER_LINE: &[&str] = &[
    "direction",
    "object_type",
    "object_id",
    "vessel_name",
    "voyage_no",
    "business_type",
    "bill_type",
    "pickup_weight_kg",
    "container_no_1",
    "container_no_2",
    "seal_no_1",
    "seal_no_2",
    "remark",
];

/// 录入数据: a record as a client sent it.
#[derive(Clone, Debug)]
pub struct Draft {
    members: Map<String, Value>,
    lines: Vec<Value>,
    version: Option<i64>,
    confirmed: Vec<String>,
    /// A key was asked for and has not been given.
    wants_key: bool,
}

/// A declaration that breaks no rule, and what is still odd about it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The content.
    pub declaration: Declaration,
    /// Accepted, but to be looked at.
    pub warnings: Vec<FieldError>,
}

impl Draft {
    /// Takes the body of a request apart.
    ///
    /// # Errors
    /// Faults of the outer shape: not an object, `lines` not a list.
    pub fn parse(body: Value) -> Result<Self, Vec<FieldError>> {
        let fault = |path: &str, zh: &str, en: &str, value| {
            vec![FieldError::format(path.into(), "PO-332", zh, en, value)]
        };
        let Value::Object(mut members) = body else {
            return Err(fault("", "应为JSON对象", "must be a JSON object", body));
        };
        let lines = match members.remove("lines") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(lines)) => lines,
            Some(other) => return Err(fault("lines", "应为列表", "must be a list", other)),
        };
        let version = members.remove("version").unwrap_or_default();
        let version = match (&version, version.as_i64()) {
            (Value::Null, _) => None,
            (_, Some(number)) => Some(number),
            (_, None) => return Err(fault("version", "应为整数", "must be a whole number", version)),
        };
        let wants_key = match members.remove(GENERATE) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(wants_key)) => wants_key,
            Some(other) => return Err(fault(GENERATE, "应为true或false", "must be true or false", other)),
        };
        let confirmed = members.remove("confirm_warnings").unwrap_or_default();
        let confirmed = match &confirmed {
            Value::Null => Some(Vec::new()),
            Value::Array(rules) if rules.len() <= MOST_CONFIRMED => rules.iter().map(rule_id).collect(),
            _ => None,
        };
        let Some(confirmed) = confirmed else {
            return Err(fault(
                "confirm_warnings",
                "应为条款编号列表",
                "must be a list of rule ids",
                Value::Null,
            ));
        };
        Ok(Self { members, lines, version, confirmed, wants_key })
    }

    /// 生成: gives a bar code without a key the one that was asked for. Where it cannot be given, `check` says why.
    pub fn give_key(&mut self, draw: impl FnOnce() -> SlipKey) {
        let mut unheard = Vec::new();
        let form = Form::new(&self.members, String::new(), &mut unheard);
        let is_bar_code =
            form.sent("medium_type").as_str().map(str::trim) == Some(MediumType::BarCode.as_str());
        if self.wants_key && is_bar_code && !form.is_filled("medium_key") {
            self.members.insert("medium_key".into(), draw().as_str().into());
            self.wants_key = false;
        }
    }

    /// What was sent of the header in this member.
    #[must_use]
    pub fn sent(&self, name: &str) -> Value {
        self.members.get(name).cloned().unwrap_or_default()
    }

    /// The version of the record that the client saw (SG-151).
    #[must_use]
    pub const fn version(&self) -> Option<i64> {
        self.version
    }

    /// The rules that warned and that the person has confirmed; a confirmation of anything else counts for nothing.
    #[must_use]
    pub fn confirmed(&self, warnings: &[FieldError]) -> Vec<String> {
        confirmed(&self.confirmed, warnings)
    }

    /// Checks everything. `stored` is the record as the client last saw it, none when it is new: a back-filled member may be
    /// sent back unchanged (SG-087).
    ///
    /// # Errors
    /// All faults.
    pub fn check(&self, areas: &CustomsAreas, stored: Option<&Value>) -> Result<Checked, Vec<FieldError>> {
        if self.lines.len() > MOST_LINES {
            return Err(vec![FieldError::format(
                "lines".into(),
                "SG-090",
                "表体最多99行",
                "at most 99 lines",
                self.lines.len().into(),
            )]);
        }
        let mut judge = Judge::default();
        self.foreign_members(stored, &mut judge.faults);
        if self.wants_key {
            let (zh, en) = (
                "仅未录入关键信息的条形码可由系统生成",
                "a key is made only for a bar code (BC) that has none",
            );
            judge.faults.push(FieldError::format(GENERATE.into(), "SG-043", zh, en, true.into()));
        }
        let lines: Vec<&Map<String, Value>> = self.lines.iter().filter_map(Value::as_object).collect();
        if lines.len() < self.lines.len() {
            judge.faults.push(FieldError::format(
                "lines".into(),
                "PO-332",
                "应为对象列表",
                "must be a list of objects",
                Value::Null,
            ));
        }
        let declaration = rules::declaration(&self.members, &lines, areas, &mut judge);
        match declaration {
            Some(declaration) if judge.faults.is_empty() => {
                Ok(Checked { declaration, warnings: judge.warnings })
            }
            _ => {
                judge.faults.truncate(MOST_FAULTS);
                Err(judge.faults)
            }
        }
    }

    /// SG-087: what the centre fills in, and SG-052: the number of a line.
    fn foreign_members(&self, stored: Option<&Value>, faults: &mut Vec<FieldError>) {
        let mut form = Form::new(&self.members, String::new(), faults);
        for (name, sent) in &self.members {
            let known = stored.and_then(|record| record.get(name));
            if USER.contains(&name.as_str())
                || REQUEST.contains(&name.as_str())
                || sent.is_null()
                || known == Some(sent)
                || (stored.is_some() && ANSWER.contains(&name.as_str()))
            {
                continue;
            }
            if known.is_some() || BACK_FILLED.contains(&name.as_str()) {
                form.refuse(name, "SG-087", "返填项不可录入", "filled in by the system, cannot be sent");
            } else {
                form.refuse(name, "PO-332", "未知的数据项", "unknown member");
            }
        }
        for (place, line) in self.lines.iter().enumerate() {
            let Some(members) = line.as_object() else { continue };
            let mut form = Form::new(members, format!("lines[{place}]."), form.faults);
            for (name, sent) in members {
                let own_number =
                    stored.is_some() && name == "line_no" && sent.as_u64() == u64::try_from(place + 1).ok();
                if USER_LINE.contains(&name.as_str()) || sent.is_null() || own_number {
                    continue;
                }
                if name == "line_no" {
                    form.refuse(name, "SG-087", "返填项不可录入", "filled in by the system, cannot be sent");
                } else {
                    form.refuse(name, "PO-332", "未知的数据项", "unknown member");
                }
            }
        }
    }
}

/// Those of `confirmed` that are among the rules that warned, each once.
#[must_use]
pub(super) fn confirmed(confirmed: &[String], warnings: &[FieldError]) -> Vec<String> {
    let warned: BTreeSet<&str> = warnings.iter().map(|warning| warning.rule).collect();
    let named = |rule: &&str| confirmed.iter().any(|confirmed| confirmed == *rule);
    warned.into_iter().filter(named).map(ToOwned::to_owned).collect()
}

fn rule_id(rule: &Value) -> Option<String> {
    rule.as_str().filter(|rule| rule.len() <= MOST_CONFIRMED).map(ToOwned::to_owned)
}
