//! 查询: the conditions of section 10.
//! Promises: conditions are combined with AND; a key is normalised before it is compared (SG-079, SG-130).
//! Source: spec SG-127..SG-136; PO-203, PO-204, PO-217.

use protocols::{
    ids::{MediumType, normalise},
    rules::{BusinessType, IeFlag, TripStatus},
};
use serde::Deserialize;

use crate::{
    declaration::{
        fault::FieldError,
        problem::Problem,
        query::{self, Conditions, Page, PeriodRule},
    },
    identity::{Person, Standing},
};

/// 录入时间: both ends or none, without a longest span (SG-134, SG-135, PO-211).
const ENTERED: PeriodRule = PeriodRule {
    names: ["entry_date_from", "entry_date_to"],
    rule: "SG-134",
    most_days: None,
    required: false,
};

/// The query as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    trip_no: Option<String>,
    status: Option<String>,
    medium_type: Option<String>,
    medium_key: Option<String>,
    business_type: Option<String>,
    customs_code: Option<String>,
    ie_flag: Option<String>,
    entry_date_from: Option<String>,
    entry_date_to: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
    count_all: bool,
}

/// The query, checked.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is looked for, among what the person may see.
    pub conditions: Conditions,
    /// Which part of it.
    pub page: Page,
    /// Whether it is counted to the end, however long that takes.
    pub to_the_end: bool,
}

impl Query {
    /// Checks it for what this person may see (SG-022).
    ///
    /// # Errors
    /// All faults of the query.
    pub fn read(&self, person: &Person) -> Result<Search, Problem> {
        let mut conditions = Conditions::default();
        match &person.standing {
            Standing::Declarant(declarant) => conditions.equals("uscc", declarant.uscc.as_str()),
            Standing::Officer(areas) => {
                conditions
                    .add("customs_code IN (?)", areas.iter().map(|area| area.as_str().into()).collect());
            }
            _ => return Err(Problem::no_permission()),
        }
        let mut faults = Vec::new();
        for (column, sent, rule, is_known) in self.codes() {
            let Some(code) = query::text(column, sent.as_deref(), &mut faults) else { continue };
            if is_known(&code) {
                conditions.equals(column, &code);
            } else {
                faults.push(FieldError::unknown_code(column.into(), rule, code.into()));
            }
        }
        if let Some(key) = query::text("medium_key", self.medium_key.as_deref(), &mut faults) {
            let forms = vec![normalise::key(&key).into(), normalise::bar_code(&key).into()];
            conditions.add("medium_key IN (?)", forms);
        }
        let (from, to) = (self.entry_date_from.as_deref(), self.entry_date_to.as_deref());
        if let Some(period) = ENTERED.read(from, to, &mut faults) {
            conditions.within("entry_at", period);
        }
        let reversed = |fault: &&mut FieldError| fault.code == "PO_RANGE_REVERSED";
        faults.iter_mut().filter(reversed).for_each(|fault| fault.rule = "SG-135");
        let page = Page::read(self.page, self.page_size, &mut faults);
        query::judged(faults)?;
        Ok(Search { conditions, page, to_the_end: self.count_all })
    }

    /// What is compared as it is: the column and member, what was sent, its requirement, and whether there is such a code.
    fn codes(&self) -> [Code<'_>; 6] {
        [
            ("trip_no", &self.trip_no, "SG-127", |_| true),
            ("status", &self.status, "SG-128", |code| TripStatus::parse(code).is_some()),
            ("medium_type", &self.medium_type, "SG-129", |code| MediumType::parse(code).is_ok()),
            ("business_type", &self.business_type, "SG-131", |code| BusinessType::parse(code).is_ok()),
            ("customs_code", &self.customs_code, "SG-132", |_| true),
            ("ie_flag", &self.ie_flag, "SG-133", |code| IeFlag::parse(code).is_ok()),
        ]
    }
}

type Code<'a> = (&'static str, &'a Option<String>, &'static str, fn(&str) -> bool);
