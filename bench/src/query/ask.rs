//! Asks: the centre over HTTP and its database bare, on both databases in turn.
//! Promises: every answer is compared: the page and the count over HTTP are those of the bare statements, and both databases find as many.

use std::time::Duration;

use anyhow::{Context, ensure};
use central::{
    declaration::query::{COUNTED, Page, count_statement, documents_statement},
    store::{self, Store},
};
use serde_json::Value;

use super::{
    centre::Centre,
    kinds::{Kind, Question},
    world::World,
};
use crate::{clock, latency::Latency};

/// Requests before those that count: statements are prepared by then on each of the four connections of a centre, and planned for good.
const WARM_UP: u32 = 40;
/// The first page as the portal asks for it.
pub(crate) const FIRST: Page = Page { page: 1, size: 10 };

/// A running centre, and its database without it.
pub(crate) struct Beside {
    pub(crate) centre: Centre,
    pub(crate) store: Store,
}

/// How long one kind of question took on one database.
pub(crate) struct Asked {
    /// Over HTTP.
    pub(crate) request: Latency,
    /// The same statements.
    pub(crate) bare: Latency,
}

/// So many questions of a kind, to both databases in turn.
///
/// # Errors
/// When an answer is none, or another one.
pub(crate) async fn ask(
    world: &World,
    kind: &Kind,
    both: &mut [Beside; 2],
    requests: u32,
) -> anyhow::Result<[Asked; 2]> {
    let asked = || anyhow::Ok(Asked { request: Latency::new()?, bare: Latency::new()? });
    let mut found = [asked()?, asked()?];
    for number in 0..WARM_UP + requests {
        let question = (kind.draw)(world, number)?;
        let mut totals = Vec::new();
        for (beside, found) in both.iter_mut().zip(&mut found) {
            let (through, answer) = over_http(beside, &question)?;
            let (directly, total, rows) = bare(beside, kind, &question).await?;
            let counted = answer.get("total").and_then(Value::as_i64);
            let items = answer.get("items").and_then(Value::as_array).map(Vec::len);
            let same = counted == Some(total.min(COUNTED)) && items == Some(rows);
            ensure!(same, "{}: {counted:?} of {items:?} rows and not {total} with {rows}", question.path);
            totals.push(total);
            if number >= WARM_UP {
                found.request.record(through);
                found.bare.record(directly);
            }
        }
        ensure!(
            totals.windows(2).all(|pair| pair.first() == pair.last()),
            "{}: {totals:?} on the two databases",
            question.path
        );
    }
    Ok(found)
}

/// One request: how long until its answer was there, and the answer.
///
/// # Errors
/// When it is none.
pub(crate) fn over_http(beside: &mut Beside, question: &Question) -> anyhow::Result<(Duration, Value)> {
    let began = clock::now();
    let body = beside.centre.get(&question.path, &question.token)?;
    let took = began.elapsed();
    Ok((took, serde_json::from_slice(&body)?))
}

/// The two statements as the handler asks them: how long, the count, and the rows of the page.
///
/// # Errors
/// What the database says.
pub(crate) async fn bare(
    beside: &Beside,
    kind: &Kind,
    question: &Question,
) -> anyhow::Result<(Duration, i64, usize)> {
    let conn = beside.store.read();
    let (table, key) = (kind.manual.table, kind.manual.key);
    let (count, counted) = count_statement(table, &question.conditions, false);
    let (page, values) = documents_statement(table, key, &question.conditions, kind.order, FIRST);
    let began = clock::now();
    let row = store::one(conn, &count, counted).await?.context("nothing was counted")?;
    let rows = store::all(conn, &page, values).await?;
    let took = began.elapsed();
    Ok((took, store::column(&row, "total")?, rows.len()))
}
