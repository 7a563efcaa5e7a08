//! 查询: conditions, periods, pages and counts, as every list of the portal has them. `conditions`: what is selected, as SQL.
//! Promises: conditions are combined with AND and reach the database as values only, so wildcards mean nothing unless a manual asks for
//! "any part" (PO-214, PO-217); a count is exact to 10,000 and "more" beyond (PO-203, spec README).
//! Source: spec PO-200..PO-217.

mod conditions;

use axum::extract::{Query, rejection::QueryRejection};
use chrono::{Days, NaiveDate};
pub use conditions::Conditions;
use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{fault::FieldError, numbering, problem::Problem, record::Record};
use crate::store::{StoreError, all, column, from_json, one};

/// Up to here a count is exact.
pub const COUNTED: i64 = 10_000;
/// Rows of a page at most (PO-204).
pub const MOST_ROWS: u64 = 100;
/// Characters of one condition.
const LONGEST: usize = 200;

/// A query as the framework read it, or why it could not; a handler reads it once it knows that the caller may ask.
pub type Sent<T> = Result<Query<T>, QueryRejection>;

/// The query, if all its members are some.
///
/// # Errors
/// 400 for a member that is none, or whose value cannot be what it stands for.
pub fn read<T>(sent: Sent<T>) -> Result<T, Problem> {
    sent.map(|Query(asked)| asked).map_err(|rejection| Problem::malformed(rejection.body_text()))
}

/// How many rows of a list without pages: from 1 to `most`; `most` unless somebody asks for fewer.
///
/// # Errors
/// 400 for any other number.
pub fn few(asked: Option<u64>, most: u64) -> Result<u64, Problem> {
    match asked {
        None => Ok(most),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::malformed(format!("limit: {limit} is not from 1 to {most}"))),
    }
}

/// Whole days in China, as instants: from the first's beginning to the last's end (PO-208).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: UtcMillis,
    /// The first instant that is outside.
    pub until: UtcMillis,
}

impl Period {
    /// These days, both included.
    #[must_use]
    pub fn of_days(from: NaiveDate, to: NaiveDate) -> Self {
        let after = to.checked_add_days(Days::new(1)).unwrap_or(to);
        Self { from: numbering::start_of_day(from), until: numbering::start_of_day(after) }
    }
}

/// What a period of a query must keep.
#[derive(Clone, Copy, Debug)]
pub struct PeriodRule {
    /// The members, such as `operated_from` and `operated_to`.
    pub names: [&'static str; 2],
    /// The requirement.
    pub rule: &'static str,
    /// At most so many days between the two dates.
    pub most_days: Option<u32>,
    /// It may not be left out.
    pub required: bool,
}

impl PeriodRule {
    /// Reads the two dates; faults name the member.
    pub fn read(&self, from: Option<&str>, to: Option<&str>, faults: &mut Vec<FieldError>) -> Option<Period> {
        let [from, to] = [from, to].map(|text| text.map(str::trim).filter(|text| !text.is_empty()));
        let [from_name, to_name] = self.names;
        let (from, to) = match (from, to) {
            (None, None) if !self.required => return None,
            (Some(from), Some(to)) => (self.date(from_name, from, faults), self.date(to_name, to, faults)),
            (from, _) => {
                let name = if from.is_none() { from_name } else { to_name };
                faults.push(self.fault(
                    name,
                    "PO_RANGE_REQUIRED",
                    "请输入起始时间和结束时间",
                    "give both ends",
                ));
                return None;
            }
        };
        let (from, to) = (from?, to?);
        if to < from {
            let zh = "结束时间不能小于起始时间";
            faults.push(self.fault(to_name, "PO_RANGE_REVERSED", zh, "the end is before the start"));
            return None;
        }
        if let Some(most) = self.most_days.filter(|most| (to - from).num_days() > i64::from(*most)) {
            let (zh, en) = (
                format!("查询时间范围不能超过{most}天"),
                format!("at most {most} days between start and end"),
            );
            faults.push(self.fault(to_name, "PO_RANGE_TOO_LONG", &zh, &en));
            return None;
        }
        Some(Period::of_days(from, to))
    }

    fn date(&self, name: &str, text: &str, faults: &mut Vec<FieldError>) -> Option<NaiveDate> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        if date.is_none() {
            let value = text.chars().take(LONGEST).collect::<String>().into();
            faults.push(FieldError::format(
                name.into(),
                self.rule,
                "日期格式为YYYY-MM-DD",
                "a date YYYY-MM-DD",
                value,
            ));
        }
        date
    }

    fn fault(&self, name: &str, code: &'static str, zh: &str, en: &str) -> FieldError {
        let mut fault = FieldError::format(name.into(), self.rule, zh, en, serde_json::Value::Null);
        fault.code = code;
        fault
    }
}

/// A condition's text: blanks around it cut, none when empty, control characters refused (PO-217).
pub fn text(name: &str, sent: Option<&str>, faults: &mut Vec<FieldError>) -> Option<String> {
    let text = sent.map(str::trim).filter(|text| !text.is_empty())?;
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST {
        let value = text.chars().take(LONGEST).collect::<String>().into();
        let (zh, en) = ("含控制字符或过长", "no control characters, at most 200 characters");
        faults.push(FieldError::format(name.into(), "PO-217", zh, en, value));
        return None;
    }
    Some(text.to_owned())
}

/// `page` and `page_size` (PO-204).
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// From 1.
    pub page: u64,
    /// 1 to 100.
    pub size: u64,
}

impl Page {
    /// Reads the two; 1 and 10 where they are absent.
    pub fn read(page: Option<u64>, size: Option<u64>, faults: &mut Vec<FieldError>) -> Self {
        let (page, size) = (page.unwrap_or(1), size.unwrap_or(10));
        let mut refuse = |name: &str, zh: &str, en: &str, value: u64| {
            faults.push(FieldError::format(name.into(), "PO-204", zh, en, value.into()));
        };
        if page > i64::MAX.unsigned_abs() {
            refuse("page", "页码过大", "no list has so many pages", page);
        }
        if page == 0 {
            refuse("page", "页码从1开始", "pages count from 1", page);
        }
        if !(1..=MOST_ROWS).contains(&size) {
            refuse("page_size", "每页1至100条", "1 to 100", size);
        }
        Self { page, size }
    }

    /// Rows before it.
    #[must_use]
    pub fn offset(self) -> u64 {
        self.page.saturating_sub(1).saturating_mul(self.size).min(i64::MAX.unsigned_abs())
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Exact, or the bound.
    pub total: i64,
    /// There are more than `total`.
    pub more: bool,
}

/// Counts what the conditions select, to the bound, or to the end where the person asks for it.
///
/// # Errors
/// [`StoreError`].
pub async fn count<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    conditions: &Conditions,
    to_the_end: bool,
) -> Result<Total, StoreError> {
    let (sql, values) = count_statement(table, conditions, to_the_end);
    let total: i64 = one(conn, &sql, values).await?.map_or(Ok(0), |row| column(&row, "total"))?;
    let more = !to_the_end && total > COUNTED;
    Ok(Total { total: if more { COUNTED } else { total }, more })
}

/// What is counted with: the database ends at the bound.
#[must_use]
pub fn count_statement(table: &str, conditions: &Conditions, to_the_end: bool) -> (String, Vec<Value>) {
    let (clauses, values) = conditions.parts();
    let bound = if to_the_end { String::new() } else { format!(" LIMIT {}", COUNTED + 1) };
    let part = |clause: &String| format!("SELECT 1 AS hit FROM {table} WHERE {clause}");
    let parts: Vec<_> = clauses.iter().map(part).collect();
    (format!("SELECT COUNT(*) AS total FROM ({}{bound}) AS hits", parts.join(" UNION ALL ")), values)
}

/// One page of a manual's records in this order.
///
/// # Errors
/// [`StoreError`].
pub async fn page<R: Record, C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    order: &str,
    page: Page,
) -> Result<Vec<R>, StoreError> {
    documents(conn, R::TABLE, "number", conditions, order, page).await
}

/// One page of the documents of a table in this order; `key` is the table's own. Which they are is found first, in an index where one
/// serves, so that the documents of the pages before are not read.
///
/// # Errors
/// [`StoreError`].
pub async fn documents<D: DeserializeOwned, C: ConnectionTrait>(
    conn: &C,
    table: &str,
    key: &str,
    conditions: &Conditions,
    order: &str,
    page: Page,
) -> Result<Vec<D>, StoreError> {
    let (sql, values) = documents_statement(table, key, conditions, order, page);
    let rows = all(conn, &sql, values).await?;
    rows.iter().map(|row| from_json("record", &column::<String>(row, "doc")?)).collect()
}

/// What reads the documents of a page.
#[must_use]
pub fn documents_statement(
    table: &str,
    key: &str,
    conditions: &Conditions,
    order: &str,
    page: Page,
) -> (String, Vec<Value>) {
    let (keys, values) = keys_statement(table, key, conditions, order, page);
    (format!("SELECT doc FROM {table} WHERE {key} IN ({keys}) ORDER BY {order}"), values)
}

/// What finds the keys of a page. Each way's own beginning is long enough for the page, so the page is among them.
pub(crate) fn keys_statement(
    table: &str,
    key: &str,
    conditions: &Conditions,
    order: &str,
    page: Page,
) -> (String, Vec<Value>) {
    let (clauses, values) = conditions.parts();
    let (size, offset) = (page.size, page.offset());
    if let [clause] = &*clauses {
        let sql =
            format!("SELECT {key} FROM {table} WHERE {clause} ORDER BY {order} LIMIT {size} OFFSET {offset}");
        return (sql, values);
    }
    let mut columns: Vec<_> = order.split(',').filter_map(|part| part.split_whitespace().next()).collect();
    if !columns.contains(&key) {
        columns.push(key);
    }
    let (columns, end) = (columns.join(", "), offset.saturating_add(size).min(i64::MAX.unsigned_abs()));
    let part = |(place, clause): (usize, &String)| {
        let beginning = format!("SELECT {columns} FROM {table} WHERE {clause} ORDER BY {order} LIMIT {end}");
        format!("SELECT * FROM ({beginning}) AS way{place}")
    };
    let parts: Vec<_> = clauses.iter().enumerate().map(part).collect();
    let ways = parts.join(" UNION ALL ");
    (format!("SELECT {key} FROM ({ways}) AS ways ORDER BY {order} LIMIT {size} OFFSET {offset}"), values)
}

/// The answer of a list: PO-204's members, `total_is_more` beside them, and what the caller makes of each record.
#[must_use]
pub fn listing(total: Total, page: Page, items: Vec<serde_json::Value>) -> serde_json::Value {
    serde_json::json!({
        "total": total.total, "total_is_more": total.more, "page": page.page, "page_size": page.size, "items": items,
    })
}

/// The faults as one answer, if there are any.
///
/// # Errors
/// 422 with all of them.
pub fn judged(faults: Vec<FieldError>) -> Result<(), Problem> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::fields(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: PeriodRule =
        PeriodRule { names: ["from", "to"], rule: "PO-208", most_days: Some(30), required: true };

    fn read(from: &str, to: &str) -> Result<Period, &'static str> {
        let mut faults = Vec::new();
        RULE.read(Some(from), Some(to), &mut faults).ok_or_else(|| faults[0].code)
    }

    /// Whoever asks for none or for too many is told, and not answered otherwise than asked.
    #[test]
    fn a_limit_is_as_asked_or_refused() {
        assert_eq!([None, Some(1), Some(100)].map(|asked| few(asked, 100).unwrap()), [100, 1, 100]);
        for wrong in [0, 101, u64::MAX] {
            assert!(few(Some(wrong), 100).is_err(), "{wrong}");
        }
    }

    /// PO-207, PO-208, and the examples PO-V06, PO-X16, PO-X17: the span is the difference of the dates.
    #[test]
    fn a_period_has_both_ends_in_order_and_within_its_span() {
        let period = read("2024-04-01", "2024-05-01").unwrap();
        assert_eq!(period.from, UtcMillis::parse("2024-03-31T16:00:00Z").unwrap());
        assert_eq!(period.until, UtcMillis::parse("2024-05-01T16:00:00Z").unwrap());
        assert_eq!(read("2024-04-01", "2024-05-02"), Err("PO_RANGE_TOO_LONG"));
        assert_eq!(read("2024-05-02", "2024-05-01"), Err("PO_RANGE_REVERSED"));
        assert_eq!(read("", "2024-05-01"), Err("PO_RANGE_REQUIRED"));
        assert_eq!(read("2024-05-01", " "), Err("PO_RANGE_REQUIRED"));
        assert_eq!(read("2024-5-1x", "2024-05-01"), Err("PO_FIELD_FORMAT"));
        let mut faults = Vec::new();
        assert_eq!(PeriodRule { required: false, ..RULE }.read(None, None, &mut faults), None);
        assert!(faults.is_empty());
    }

    /// PO-217: blanks around a condition are cut, control characters refused.
    #[test]
    fn conditions_are_texts_and_nothing_else() {
        let mut faults = Vec::new();
        assert_eq!(text("name", Some("  a b "), &mut faults).as_deref(), Some("a b"));
        assert_eq!(text("name", Some("a\u{7}b"), &mut faults), None);
        assert_eq!(text("name", Some("a\0"), &mut faults), None);
        assert_eq!((faults.len(), faults[0].rule), (2, "PO-217"));
    }

    /// PO-204.
    #[test]
    fn pages_count_from_one_and_have_one_to_a_hundred_rows() {
        let mut faults = Vec::new();
        let page = Page::read(None, None, &mut faults);
        assert_eq!((page.page, page.size, page.offset()), (1, 10, 0));
        assert_eq!(Page::read(Some(3), Some(100), &mut faults).offset(), 200);
        assert!(faults.is_empty());
        Page::read(Some(0), Some(101), &mut faults);
        Page::read(Some(1 << 63), None, &mut faults);
        assert_eq!(
            faults.iter().map(|fault| &*fault.path).collect::<Vec<_>>(),
            ["page", "page_size", "page"]
        );
    }
}
