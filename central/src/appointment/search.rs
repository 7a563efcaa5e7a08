//! 预约通关查询 and the work list of customs: conditions and span limits.
//! Promises: an enterprise finds only applications in which it has a part, whatever code it types (AC-164).
//! Source: spec AC-160..AC-172, AC-227.

use chrono::{Days, NaiveDate};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::json;

use super::lifecycle::State;
use crate::{
    declaration::{
        calendar,
        fault::FieldError,
        formats, numbering,
        problem::Problem,
        query::{Conditions, Page, Period, PeriodRule, judged, text},
        record::Status,
    },
    identity::{Person, Standing},
};

/// Latest slot first, then the numbers (AC-172).
pub(super) const ORDER: &str = "slot_start DESC, number";
/// The work list: the next slot first.
pub(super) const WORK_ORDER: &str = "slot_start, number";
const MOST_DAYS: u32 = 15;

const APPLIED: PeriodRule = PeriodRule {
    names: ["applied_from", "applied_to"],
    rule: "AC-166",
    most_days: Some(MOST_DAYS),
    required: false,
};
const SLOT: PeriodRule = PeriodRule {
    names: ["slot_from", "slot_to"],
    rule: "AC-167",
    most_days: Some(MOST_DAYS),
    required: false,
};

/// What the enterprise asks.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// `A` as declarant, `B` with a consignee; required.
    #[param(required = true)]
    enterprise_type: Option<String>,
    /// 收发货人, its customs code; required with `B`.
    consignee: Option<String>,
    /// 申请状态.
    status: Option<String>,
    /// 申请时间: the first day; needs the other end, at most 15 days away.
    applied_from: Option<String>,
    /// The last day.
    applied_to: Option<String>,
    /// 预约时段: the first day; needs the other end, at most 15 days away.
    slot_from: Option<String>,
    /// The last day.
    slot_to: Option<String>,
    /// 预录入编号.
    pre_entry_no: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
    /// Count beyond 10,000 as well; false.
    count_all: Option<bool>,
}

/// Conditions, page, and whether to count to the end.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) conditions: Conditions,
    pub(super) page: Page,
    pub(super) count_all: bool,
}

impl Query {
    /// The conditions for the enterprise with this customs code.
    ///
    /// # Errors
    /// All faults of the query.
    pub(super) fn read(&self, own: &str, now: UtcMillis) -> Result<Asked, Problem> {
        let mut faults = Vec::new();
        let mut conditions = Conditions::default();
        self.parties(own, &mut conditions, &mut faults);
        if let Some(status) = state("status", "AC-165", self.status.as_deref(), &mut faults) {
            conditions.equals("status", status.code());
        }
        let applied = period(&APPLIED, self.applied_from.as_deref(), self.applied_to.as_deref(), &mut faults);
        let slot = period(&SLOT, self.slot_from.as_deref(), self.slot_to.as_deref(), &mut faults);
        let number = text("pre_entry_no", self.pre_entry_no.as_deref(), &mut faults);
        // AC-170: something must bound the list.
        let default = (slot.is_none() && number.is_none()).then(|| last_days(now));
        if let Some(applied) = applied.or(default) {
            conditions.within("applied_at", applied);
        }
        if let Some(slot) = slot {
            conditions.within("slot_start", slot);
        }
        if let Some(number) = number {
            conditions.equals("number", &number);
        }
        let page = Page::read(self.page, self.page_size, &mut faults);
        judged(faults)?;
        Ok(Asked { conditions, page, count_all: self.count_all == Some(true) })
    }

    /// AC-160..AC-164.
    fn parties(&self, own: &str, conditions: &mut Conditions, faults: &mut Vec<FieldError>) {
        let consignee = text("consignee", self.consignee.as_deref(), faults);
        if let Some(code) = consignee.as_ref().filter(|code| !formats::is_customs_reg_no(code)) {
            let (zh, en) = ("海关十位编码格式错误", "5 digits, then 5 digits or capital letters");
            faults.push(FieldError::format("consignee".into(), "AC-060", zh, en, json!(code)));
        }
        match (self.enterprise_type.as_deref().map(str::trim).filter(|code| !code.is_empty()), consignee) {
            (Some("A"), consignee) => {
                conditions.equals("declarant", own);
                if let Some(code) = consignee {
                    conditions.equals("consignee", &code);
                }
            }
            (Some("B"), Some(code)) => {
                conditions.equals("consignee", &code);
                if code != own {
                    conditions.equals("declarant", own);
                }
            }
            (Some("B"), None) => faults.push(FieldError::required("consignee".into(), "AC-162")),
            (Some(other), _) => {
                let value = json!(other.chars().take(20).collect::<String>());
                faults.push(FieldError::unknown_code("enterprise_type".into(), "AC-160", value));
            }
            (None, _) => faults.push(FieldError::required("enterprise_type".into(), "AC-160")),
        }
    }
}

/// What customs asks.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkQuery {
    /// 申请状态.
    status: Option<String>,
    /// Only what waits for customs.
    waiting: Option<bool>,
    /// 预录入编号.
    pre_entry_no: Option<String>,
    /// 预约时段: the first day; needs the other end, at most 15 days away.
    slot_from: Option<String>,
    /// The last day.
    slot_to: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
    /// Count beyond 10,000 as well; false.
    count_all: Option<bool>,
}

impl WorkQuery {
    /// The conditions for these officers: their offices' applications, once submitted (AC-227).
    ///
    /// # Errors
    /// 403 for others; all faults of the query.
    pub(super) fn read(&self, person: &Person) -> Result<Asked, Problem> {
        let mut faults = Vec::new();
        let mut conditions = Conditions::default();
        match &person.standing {
            Standing::Officer(offices) => {
                let offices: Vec<_> = offices.iter().map(|office| office.as_str().into()).collect();
                conditions.in_either(["declaration_port", "entry_exit_port"], &offices);
            }
            Standing::Headquarters => {}
            _ => return Err(Problem::no_permission()),
        }
        conditions.add("status <> ?", vec![State::Draft.code().into()]);
        if let Some(status) = state("status", "AC-165", self.status.as_deref(), &mut faults) {
            conditions.equals("status", status.code());
        }
        if self.waiting == Some(true) {
            let undecided = [State::Submitted, State::Accepted].map(|state| state.code().into());
            conditions.add("(waiting = 1 OR status IN (?))", undecided.to_vec());
        }
        if let Some(number) = text("pre_entry_no", self.pre_entry_no.as_deref(), &mut faults) {
            conditions.equals("number", &number);
        }
        let slot = period(&SLOT, self.slot_from.as_deref(), self.slot_to.as_deref(), &mut faults);
        if let Some(slot) = slot {
            conditions.within("slot_start", slot);
        }
        let page = Page::read(self.page, self.page_size, &mut faults);
        judged(faults)?;
        Ok(Asked { conditions, page, count_all: self.count_all == Some(true) })
    }
}

fn state(name: &str, rule: &'static str, code: Option<&str>, faults: &mut Vec<FieldError>) -> Option<State> {
    let code = code.map(str::trim).filter(|code| !code.is_empty())?;
    let state = State::parse(code);
    if state.is_none() {
        let value = json!(code.chars().take(40).collect::<String>());
        faults.push(FieldError::unknown_code(name.into(), rule, value));
    }
    state
}

/// AC-169: both ends or none; a span that is too long is told in the manual's words (AC-223).
fn period(
    rule: &PeriodRule,
    from: Option<&str>,
    to: Option<&str>,
    faults: &mut Vec<FieldError>,
) -> Option<Period> {
    let before = faults.len();
    let period = rule.read(from, to, faults);
    for fault in faults.iter_mut().skip(before) {
        match fault.code {
            "PO_RANGE_REQUIRED" => fault.rule = "AC-169",
            "PO_RANGE_TOO_LONG" => calendar::in_words_of_the_manual(fault),
            _ => {}
        }
    }
    period
}

/// AC-170: the last 15 days.
fn last_days(now: UtcMillis) -> Period {
    let today: NaiveDate = numbering::wall_in_china(now).date();
    let first = today.checked_sub_days(Days::new(u64::from(MOST_DAYS))).unwrap_or(today);
    Period::of_days(first, today)
}
