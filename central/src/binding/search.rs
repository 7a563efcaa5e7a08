//! 查询: the conditions of section 10.
//! Promises: conditions are combined with AND; a key is normalised before it is compared (SG-079, SG-130).
//! Source: spec SG-127..SG-136; PO-204.

use chrono::{Days, NaiveDate};
use protocols::{
    contract::UtcMillis,
    ids::{MediumType, normalise},
    rules::{BusinessType, IeFlag, TripStatus},
};
use sea_orm::Value;
use serde::Deserialize;

use crate::{
    declaration::{fault::FieldError, numbering, problem::Problem},
    identity::{Person, Standing},
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
}

/// The conditions, checked.
#[derive(Clone, Debug, Default)]
pub struct Conditions(Vec<(&'static str, Vec<Value>)>);

impl Conditions {
    /// `WHERE` with places for the values; one condition has one place, or a list of them.
    #[must_use]
    pub fn sql(&self) -> (String, Vec<Value>) {
        let mut places = 1..;
        let clause = |(condition, values): &(&str, Vec<Value>)| {
            let list: Vec<_> = places.by_ref().take(values.len()).map(|place| format!("${place}")).collect();
            condition.replace('?', &list.join(", "))
        };
        let clauses: Vec<_> = self.0.iter().map(clause).collect();
        let clause = if clauses.is_empty() { "1 = 1".to_owned() } else { clauses.join(" AND ") };
        (clause, self.0.iter().flat_map(|(_, values)| values.clone()).collect())
    }
}

impl Query {
    /// Page and size; PO-204: from 1, 1 to 100, 10 by default.
    ///
    /// # Errors
    /// Faults of the two.
    pub fn page(&self) -> Result<(u64, u64), Problem> {
        let (page, size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(10));
        let mut faults = Vec::new();
        if page == 0 || page > i64::MAX.unsigned_abs() {
            faults.push(FieldError::format(
                "page".into(),
                "PO-204",
                "页码从1开始",
                "pages count from 1",
                page.into(),
            ));
        }
        if !(1..=100).contains(&size) {
            faults.push(FieldError::format(
                "page_size".into(),
                "PO-204",
                "每页1至100条",
                "1 to 100",
                size.into(),
            ));
        }
        if faults.is_empty() { Ok((page, size)) } else { Err(Problem::fields(faults)) }
    }

    /// The conditions for what this person may see (SG-022).
    ///
    /// # Errors
    /// All faults of the query.
    pub fn conditions(&self, person: &Person) -> Result<Conditions, Problem> {
        let mut found: Vec<(&'static str, Vec<Value>)> = vec![match &person.standing {
            Standing::Declarant(declarant) => ("uscc = ?", vec![declarant.uscc.as_str().into()]),
            Standing::Officer(areas) => {
                ("customs_code IN (?)", areas.iter().map(|area| area.as_str().into()).collect())
            }
            _ => return Err(Problem::no_permission()),
        }];
        let mut faults = Vec::new();
        let mut coded = |name: &str, rule, value: &Option<String>, known: &dyn Fn(&str) -> bool| {
            let sent = value.as_deref().filter(|code| !known(code))?;
            faults.push(FieldError::unknown_code(name.into(), rule, sent.into()));
            Some(())
        };
        coded("status", "SG-128", &self.status, &|code| TripStatus::parse(code).is_some());
        coded("medium_type", "SG-129", &self.medium_type, &|code| MediumType::parse(code).is_ok());
        coded("business_type", "SG-131", &self.business_type, &|code| BusinessType::parse(code).is_ok());
        coded("ie_flag", "SG-133", &self.ie_flag, &|code| IeFlag::parse(code).is_ok());
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
        for (condition, value) in [
            ("trip_no = ?", &self.trip_no),
            ("status = ?", &self.status),
            ("medium_type = ?", &self.medium_type),
            ("business_type = ?", &self.business_type),
            ("customs_code = ?", &self.customs_code),
            ("ie_flag = ?", &self.ie_flag),
        ] {
            found.extend(value.as_ref().map(|value| (condition, vec![value.as_str().into()])));
        }
        if let Some(key) = &self.medium_key {
            let forms = vec![normalise::key(key).into(), normalise::bar_code(key).into()];
            found.push(("medium_key IN (?)", forms));
        }
        if let Some((from, to)) = self.entry_dates()? {
            found.push(("entry_at >= ?", vec![from.as_millis().into()]));
            found.push(("entry_at < ?", vec![to.as_millis().into()]));
        }
        Ok(Conditions(found))
    }

    /// SG-134: both ends or none. SG-135: inclusive, not reversed.
    fn entry_dates(&self) -> Result<Option<(UtcMillis, UtcMillis)>, Problem> {
        let (from, to) = match (&self.entry_date_from, &self.entry_date_to) {
            (None, None) => return Ok(None),
            (Some(from), Some(to)) => (from, to),
            (Some(_), None) | (None, Some(_)) => {
                return Err(range(
                    "PO_RANGE_REQUIRED",
                    "SG-134",
                    "根据录入时间查询时，需要输入查询的起始时间和结束时间",
                    "give both ends",
                ));
            }
        };
        let date =
            |text: &String| text.parse::<NaiveDate>().map_err(|_| Problem::malformed("dates are YYYY-MM-DD"));
        let (from, to) = (date(from)?, date(to)?);
        if to < from {
            return Err(range(
                "PO_RANGE_REVERSED",
                "SG-135",
                "结束时间不能小于起始时间",
                "the end is before the start",
            ));
        }
        let end = to.checked_add_days(Days::new(1)).unwrap_or(to);
        Ok(Some((numbering::start_of_day(from), numbering::start_of_day(end))))
    }
}

fn range(code: &'static str, rule: &'static str, zh: &str, en: &str) -> Problem {
    let mut fault = FieldError::format("entry_date_to".into(), rule, zh, en, serde_json::Value::Null);
    fault.code = code;
    Problem::fields(vec![fault])
}
