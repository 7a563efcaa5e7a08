//! The questions: first pages with two conditions, each of another owner and another status or month.

use anyhow::{Context, ensure};
use axum::http::{Method, StatusCode};
use central::{
    declaration::query::{COUNTED, Period},
    store,
};
use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::centre::{Centre, DAYS, OWNERS, STATUSES};
use crate::{clock, latency::Latency};

/// Requests before those that count: connections, statements and pages are there then.
const WARM_UP: u32 = 40;
/// Days of a period, both ends included.
const PERIOD: u64 = 30;

/// How long one kind of question took.
pub(crate) struct Asked {
    /// Through the handler.
    pub(crate) request: Latency,
    /// The same SQL.
    pub(crate) bare: Latency,
}

/// One question: a path, and the condition and values that it comes to.
struct Question {
    owner: &'static str,
    query: String,
    condition: &'static str,
    values: Vec<Answerable>,
}

/// A value of a condition.
enum Answerable {
    Text(&'static str),
    Number(i64),
}

/// Owner and status, then owner and period.
///
/// # Errors
/// When an answer is none.
pub(crate) async fn ask(centre: &Centre, requests: u32) -> anyhow::Result<[Asked; 2]> {
    Ok([kind(centre, requests, of_status).await?, kind(centre, requests, of_period).await?])
}

async fn kind(
    centre: &Centre,
    requests: u32,
    question: fn(u32) -> anyhow::Result<Question>,
) -> anyhow::Result<Asked> {
    let mut asked = Asked { request: Latency::new()?, bare: Latency::new()? };
    for number in 0..WARM_UP + requests {
        let question = question(number)?;
        let path = format!("/api/v1/smart-gate/records?{}", question.query);
        let began = clock::now();
        let (status, body) = centre.call(Method::GET, &path, question.owner, String::new()).await?;
        let through = began.elapsed();
        ensure!(status == StatusCode::OK, "{path}: {status}");
        let began = clock::now();
        let total = bare(centre, &question).await?;
        let directly = began.elapsed();
        let answer: Value = serde_json::from_slice(&body)?;
        ensure!(answer["total"] == total.min(COUNTED), "{path}: {} and not {total}", answer["total"]);
        if number >= WARM_UP {
            asked.request.record(through);
            asked.bare.record(directly);
        }
    }
    Ok(asked)
}

/// The two statements, as the handler asks them.
async fn bare(centre: &Centre, question: &Question) -> anyhow::Result<i64> {
    let conn = centre.central.store().read();
    let values = || {
        let more = question.values.iter().map(|value| match value {
            Answerable::Text(text) => (*text).into(),
            Answerable::Number(number) => (*number).into(),
        });
        std::iter::once(question.owner.into()).chain(more)
    };
    let clause = format!("uscc = $1 AND {}", question.condition);
    let count = format!(
        "SELECT COUNT(*) AS total FROM (SELECT 1 AS hit FROM smart_gate_record WHERE {clause} LIMIT {}) AS hits",
        COUNTED + 1
    );
    let row = store::one(conn, &count, values()).await?.context("nothing was counted")?;
    let order = "ORDER BY entry_at DESC, unified_no DESC";
    let keys = format!("SELECT unified_no FROM smart_gate_record WHERE {clause} {order} LIMIT 10 OFFSET 0");
    let page = format!("SELECT doc FROM smart_gate_record WHERE unified_no IN ({keys}) {order}");
    store::all(conn, &page, values()).await?;
    Ok(store::column(&row, "total")?)
}

fn one_of<T: Copy>(list: &[T], number: u32) -> anyhow::Result<T> {
    let place = usize::try_from(number)? % list.len().max(1);
    list.get(place).copied().context("an empty list")
}

fn of_status(number: u32) -> anyhow::Result<Question> {
    let (owner, _) = one_of(&OWNERS, number)?;
    let (status, _) = one_of(&STATUSES, number / 4)?;
    let values = vec![Answerable::Text(status)];
    Ok(Question { owner, query: format!("status={status}"), condition: "status = $2", values })
}

fn of_period(number: u32) -> anyhow::Result<Question> {
    let (owner, _) = one_of(&OWNERS, number)?;
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).context("no such day")?;
    let span = u64::try_from(DAYS)? - PERIOD;
    let from = first.checked_add_days(Days::new(u64::from(number) * 37 % span)).context("no such day")?;
    let to = from.checked_add_days(Days::new(PERIOD - 1)).context("no such day")?;
    let period = Period::of_days(from, to);
    let values =
        vec![Answerable::Number(period.from.as_millis()), Answerable::Number(period.until.as_millis())];
    let query = format!("entry_date_from={from}&entry_date_to={to}");
    Ok(Question { owner, query, condition: "entry_at >= $2 AND entry_at < $3", values })
}
