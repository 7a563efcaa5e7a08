//! 查询: conditions, periods, pages and counts, as every list of the portal has them.
//! Promises: conditions are combined with AND and reach the database as values only, so wildcards mean nothing unless a manual asks for
//! "any part" (PO-214, PO-217); a count is exact to 10,000 and "more" beyond (PO-203, spec README).
//! Source: spec PO-200..PO-217.

use chrono::{Days, NaiveDate};
use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{fault::FieldError, numbering, problem::Problem, record::Record};
use crate::store::{StoreError, all, column, from_json, one};

/// Up to here a count is exact.
pub const COUNTED: i64 = 10_000;
/// Characters of one condition.
const LONGEST: usize = 200;

/// `WHERE`, part by part.
#[derive(Clone, Debug, Default)]
pub struct Conditions(Vec<(String, Vec<Value>)>);

impl Conditions {
    /// Adds a condition in which `?` stands for its values, separated by commas where there are several, or
    /// each `?` for one of them. In none nothing is found.
    pub fn add(&mut self, condition: impl Into<String>, values: Vec<Value>) {
        self.0.push((condition.into(), values));
    }

    /// The column equals the text.
    pub fn equals(&mut self, column: &str, text: &str) {
        self.add(format!("{column} = ?"), vec![text.into()]);
    }

    /// The column contains the text, without regard to the case of Latin letters, as both databases compare them.
    pub fn contains(&mut self, column: &str, text: &str) {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").to_ascii_lowercase();
        self.add(format!("LOWER({column}) LIKE ? ESCAPE '\\'"), vec![format!("%{escaped}%").into()]);
    }

    /// One of the two columns has one of the values; of none, nothing is found.
    pub fn in_either(&mut self, columns: [&str; 2], values: &[Value]) {
        // At least one place, so that an empty list is seen as what it is.
        let places = vec!["?"; values.len().max(1)].join(", ");
        let [first, second] = columns.map(|column| format!("{column} IN ({places})"));
        self.add(format!("({first} OR {second})"), [values, values].concat());
    }

    /// The instant in the column lies in the period.
    pub fn within(&mut self, column: &str, period: Period) {
        self.add(format!("{column} >= ?"), vec![period.from.as_millis().into()]);
        self.add(format!("{column} < ?"), vec![period.until.as_millis().into()]);
    }

    /// The clause with its places from `$1` on, and the values for them.
    #[must_use]
    pub fn sql(&self) -> (String, Vec<Value>) {
        let mut places = 1..;
        let clause = |(condition, values): &(String, Vec<Value>)| {
            if values.is_empty() && condition.contains('?') {
                // An empty list is no SQL.
                return "1 = 0".to_owned();
            }
            let list: Vec<_> = places.by_ref().take(values.len()).map(|place| format!("${place}")).collect();
            if condition.matches('?').count() == 1 {
                return condition.replacen('?', &list.join(", "), 1);
            }
            list.iter().fold(condition.clone(), |condition, place| condition.replacen('?', place, 1))
        };
        let clauses: Vec<_> = self.0.iter().map(clause).collect();
        let clause = if clauses.is_empty() { "1 = 1".to_owned() } else { clauses.join(" AND ") };
        (clause, self.0.iter().flat_map(|(_, values)| values.clone()).collect())
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
        if !(1..=100).contains(&size) {
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

/// What is counted with.
pub(crate) fn count_statement(
    table: &str,
    conditions: &Conditions,
    to_the_end: bool,
) -> (String, Vec<Value>) {
    let (clause, values) = conditions.sql();
    let bound = if to_the_end { String::new() } else { format!(" LIMIT {}", COUNTED + 1) };
    let hits = format!("SELECT 1 AS hit FROM {table} WHERE {clause}{bound}");
    (format!("SELECT COUNT(*) AS total FROM ({hits}) AS hits"), values)
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
    let (keys, values) = keys_statement(table, key, conditions, order, page);
    let sql = format!("SELECT doc FROM {table} WHERE {key} IN ({keys}) ORDER BY {order}");
    let rows = all(conn, &sql, values).await?;
    rows.iter().map(|row| from_json("record", &column::<String>(row, "doc")?)).collect()
}

/// What finds the keys of a page.
pub(crate) fn keys_statement(
    table: &str,
    key: &str,
    conditions: &Conditions,
    order: &str,
    page: Page,
) -> (String, Vec<Value>) {
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    (
        format!("SELECT {key} FROM {table} WHERE {clause} ORDER BY {order} LIMIT {size} OFFSET {offset}"),
        values,
    )
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

    /// PO-217: a wildcard in a condition is a character like any other; blanks around it are cut, control characters refused.
    #[test]
    fn conditions_are_texts_and_nothing_else() {
        let mut conditions = Conditions::default();
        conditions.contains("name", "50%_\\x");
        conditions.add("status IN (?)", vec!["A".into(), "B".into()]);
        conditions.in_either(["ours", "theirs"], &["C".into(), "D".into()]);
        let (clause, values) = conditions.sql();
        let either = "(ours IN ($4, $5) OR theirs IN ($6, $7))";
        assert_eq!(clause, format!("LOWER(name) LIKE $1 ESCAPE '\\' AND status IN ($2, $3) AND {either}"));
        assert_eq!(values[5..], ["C".into(), "D".into()]);
        assert_eq!(values[0], Value::from("%50\\%\\_\\\\x%"));
        let mut nowhere = Conditions::default();
        nowhere.add("office IN (?)", Vec::new());
        nowhere.in_either(["ours", "theirs"], &[]);
        nowhere.equals("name", "a");
        assert_eq!(nowhere.sql(), ("1 = 0 AND 1 = 0 AND name = $1".to_owned(), vec!["a".into()]));
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
