//! 逻辑检查: the rules of sections 4 to 8 as a table, one function a rule, its id above it.
//! Promises: every fault is found in one go; a rule that needs a field which is itself at fault stays silent about it. The tables hold all
//! rules, so that a test can switch each off and see an example go wrong.
//! `basic`: section 4 · `parties`: section 7 · `files`: section 6 · goods, feedback, cancellation and explanation stand in files of their own.

mod basic;
mod files;
mod parties;

pub(super) use files::MOST_FILES;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use protocols::{contract::UtcMillis, ids::CustomsCode, rules::IeFlag};
use serde_json::Value;

use super::{
    draft::Draft,
    goods::{self, Goods},
    lead_time::{Office, Question, both_advanced},
    record::{Appointment, Content, Party, Port, TransportMode, slot_end},
};
use crate::{
    declaration::{
        attachment::Attachment, calendar::Calendar, fault::FieldError, numbering, reference::DeclarationFacts,
    },
    identity::enterprise::Credit,
};

/// What is being done with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// 暂存: forms only (AC-117).
    Save,
    /// 提交: everything (AC-120).
    Submit,
}

/// An enterprise with what customs thinks of it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) party: Party,
    pub(super) credit: Credit,
    /// 报关资质.
    pub(super) qualified: bool,
    /// It has an application in I-通关完成未反馈, in either role (AC-093).
    pub(super) breached: bool,
}

/// A port of the code table.
#[derive(Clone, Debug)]
pub(super) struct KnownPort {
    pub(super) name: Box<str>,
    pub(super) calendar: Option<Calendar>,
}

/// What the register, the tables and the calendars know about a draft.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) now: UtcMillis,
    pub(super) declarant: Known,
    /// None when its code is not in the register (AC-059).
    pub(super) consignee: Option<Known>,
    /// The draft's ports that exist.
    pub(super) ports: BTreeMap<String, KnownPort>,
    /// Names of the draft's HS codes, where the table has them.
    pub(super) hs_names: BTreeMap<String, Box<str>>,
    /// 随附补充材料.
    pub(super) files: Vec<Attachment>,
}

/// A draft and all that it is judged by.
pub(super) struct Entry<'a> {
    pub(super) draft: &'a Draft,
    /// The application as the client last saw it; none when it is new.
    pub(super) stored: Option<&'a Value>,
    pub(super) facts: &'a Facts,
    pub(super) purpose: Purpose,
}

/// A rule about a draft.
#[derive(Clone, Copy)]
pub(super) struct EntryRule {
    pub(super) id: &'static str,
    pub(super) judge: fn(&Entry<'_>, &mut Vec<FieldError>),
}

const fn rule(id: &'static str, judge: fn(&Entry<'_>, &mut Vec<FieldError>)) -> EntryRule {
    EntryRule { id, judge }
}

/// The rules of sections 4 to 8.
#[rustfmt::skip]
pub(super) const ENTRY: &[EntryRule] = &[
    rule("AC-062", basic::back_filled),
    rule("AC-055", basic::pre_entry_no),
    rule("AC-048", basic::slot_end),
    rule("AC-052", basic::required),
    rule("AC-052", basic::consignee_required),
    rule("AC-060", parties::consignee_form),
    rule("AC-059", parties::consignee_registered),
    rule("AC-042", basic::contact_name),
    rule("AC-043", basic::contact_mobile),
    rule("AC-058", basic::ports),
    rule("AC-057", basic::transport_mode),
    rule("AC-047", basic::slot_start),
    rule("AC-053", basic::reason_required),
    rule("AC-053", basic::reason_length),
    rule("AC-054", basic::one_flag),
    rule("AC-054", basic::flag_required),
    rule("AC-063", goods::seq),
    rule("AC-065", goods::hs_code),
    rule("AC-067", goods::name),
    rule("AC-069", goods::all_names),
    rule("AC-071", goods::at_least_one),
    rule("AC-074", files::count),
    rule("AC-075", files::size),
    rule("AC-077", files::page),
    rule("AC-079", files::pdf),
    rule("AC-087", parties::declarant_dishonest),
    rule("AC-088", parties::consignee_dishonest),
    rule("AC-090", parties::qualified),
    rule("AC-092", parties::breach),
    rule("AC-113", basic::slot_in_time),
];

/// All that these rules have against a draft.
pub(super) fn judge_entry(rules: &[EntryRule], entry: &Entry<'_>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for rule in rules {
        let before = faults.len();
        (rule.judge)(entry, &mut faults);
        noted(rule.id, faults.len() - before);
    }
    faults
}

/// A stored application, and what somebody wants to send about it: declaration numbers, a cancellation, an explanation.
pub(super) struct Request<'a> {
    pub(super) record: &'a Appointment,
    pub(super) now: UtcMillis,
    /// What the register of declarations has of the numbers that are typed.
    pub(super) register: &'a BTreeMap<String, DeclarationFacts>,
    /// Numbers that were fed back under another application (AC-140).
    pub(super) taken: &'a [String],
    /// Files of the explanation.
    pub(super) files: &'a [Attachment],
    /// The reason of a cancellation.
    pub(super) reason: Option<&'a str>,
}

/// What the register has where none was asked.
static NOT_ASKED: BTreeMap<String, DeclarationFacts> = BTreeMap::new();

impl<'a> Request<'a> {
    /// Of an application alone: no numbers, no file, no reason.
    pub(super) const fn about(record: &'a Appointment, now: UtcMillis) -> Self {
        Self { record, now, register: &NOT_ASKED, taken: &[], files: &[], reason: None }
    }
}

/// A rule about a request.
#[derive(Clone, Copy)]
pub(super) struct RequestRule {
    pub(super) id: &'static str,
    pub(super) judge: fn(&Request<'_>, &mut Vec<FieldError>),
}

/// All that these rules have against a request.
pub(super) fn judge_request(rules: &[RequestRule], request: &Request<'_>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for rule in rules {
        let before = faults.len();
        (rule.judge)(request, &mut faults);
        noted(rule.id, faults.len() - before);
    }
    faults
}

/// Which rules turn people away is what a person at the desk asks first.
fn noted(rule: &'static str, faults: usize) {
    if faults > 0 {
        tracing::debug!(rule.id = rule, rule.faults = faults, "{rule} refuses: {faults} faults");
    }
}

impl Entry<'_> {
    pub(super) fn submits(&self) -> bool {
        self.purpose == Purpose::Submit
    }

    /// The slot's start, if it is a whole minute (AC-047).
    pub(super) fn start(&self) -> Option<UtcMillis> {
        let start = UtcMillis::parse(self.draft.slot_start.as_deref()?).ok()?;
        (start.as_millis() % 60_000 == 0).then_some(start)
    }

    /// The question of section 8; none while something is missing for it.
    pub(super) fn question(&self) -> Option<Question<'_>> {
        let office = |code: &'_ Option<String>| {
            let (code, port) = self.facts.ports.get_key_value(code.as_deref()?)?;
            Some(Office { code: code.as_str(), calendar: port.calendar.as_ref() })
        };
        let start = self.start()?;
        let credits = (self.facts.declarant.credit, self.facts.consignee.as_ref()?.credit);
        Some(Question {
            declaration: office(&self.draft.declaration_port)?,
            entry_exit: office(&self.draft.entry_exit_port)?,
            start: numbering::wall_in_china(start),
            end: numbering::wall_in_china(slot_end(start)),
            advanced: both_advanced(credits.0, credits.1),
        })
    }

    /// The present moment on clocks in China.
    pub(super) fn now(&self) -> NaiveDateTime {
        numbering::wall_in_china(self.facts.now)
    }

    /// The draft's fields as they are stored; what has not the right form is left out, and a rule has told so.
    pub(super) fn content(&self) -> Content {
        let text = |text: &Option<String>| text.as_deref().map(Box::from);
        let port = |code: &Option<String>| {
            let code = code.as_deref()?;
            let name = self.facts.ports.get(code)?.name.clone();
            Some(Port { code: CustomsCode::parse(code).ok()?, name })
        };
        let row = |row: &goods::Row| {
            Some(Goods { hs_code: row.hs_code.as_deref()?.into(), name: row.name(self)?.into() })
        };
        let draft = self.draft;
        Content {
            contact_name: text(&draft.contact_name),
            contact_mobile: text(&draft.contact_mobile),
            declaration_port: port(&draft.declaration_port),
            entry_exit_port: port(&draft.entry_exit_port),
            transport_mode: draft.transport_mode.as_deref().and_then(TransportMode::parse),
            slot_start: self.start(),
            reason: text(&draft.reason),
            ie_flag: draft.ie_flag.as_deref().and_then(|code| IeFlag::parse(code).ok()),
            goods: draft.goods.iter().filter_map(row).collect(),
        }
    }
}

/// A fault whose message is the module's own; its code is then the requirement (PO-331).
pub(super) fn told(
    path: &str,
    rule: &'static str,
    code: &'static str,
    zh: impl Into<String>,
    en: impl Into<String>,
    value: Value,
) -> FieldError {
    FieldError { path: path.into(), code, rule, message: zh.into(), message_en: en.into(), value }
}
