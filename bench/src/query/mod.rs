//! Lists of the centre among a million records, on SQLite and on PostgreSQL: through the API's handler, beside the same SQL bare.
//! Promises: both databases hold the same records and are asked the same questions in the same order; the floor is asked between the
//! requests, over the same connections. PostgreSQL is the one that `scripts/with-postgres` runs; without it the run ends.
//! `centre`: a centre with records · `ask`: the questions.

mod ask;
mod centre;

use std::path::Path;

use anyhow::Context;

use self::{
    ask::{Asked, ask},
    centre::{Centre, Database},
};
use crate::{row::Row, run::say};

/// The names of this folder's rows.
pub(crate) const NAMES: [&str; 8] = [
    "query_sqlite_owner_status_p50",
    "query_sqlite_owner_status_p95",
    "query_sqlite_owner_period_p50",
    "query_sqlite_owner_period_p95",
    "query_postgres_owner_status_p50",
    "query_postgres_owner_status_p95",
    "query_postgres_owner_period_p50",
    "query_postgres_owner_period_p95",
];

const INSIDE: &str = "One request for the first page of ten with two conditions: whose records, and a status or thirty days of entry; newest \
                      first, with the count up to 10,000. Routing, the person, both statements, records read and written as JSON are inside; no \
                      network. Floor: the same two statements by the same driver, their rows fetched and dropped.";

/// The rows: so many records, so many requests of each kind.
///
/// # Errors
/// Without PostgreSQL, or what a centre says.
pub(crate) fn rows(data: &Path, records: u32, requests: u32) -> anyhow::Result<Vec<Row>> {
    // First, so that a run without it ends at once.
    let postgres = Database::on_server()?;
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let mut values = Vec::new();
    for (name, database) in [("SQLite", Database::Sqlite), ("PostgreSQL", postgres)] {
        say(&format!("{records} records on {name}"));
        let folder = data.join(format!("query-{name}"));
        let asked = runtime.block_on(async {
            let centre = Centre::filled(&folder, &database, records).await?;
            let asked = ask(&centre, requests).await;
            centre.close().await?;
            asked
        })?;
        // A million records twice over would fill a disk by and by.
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        for Asked { request, bare } in asked {
            values
                .extend([50.0, 95.0].map(|percentile| (request.micros(percentile), bare.micros(percentile))));
        }
    }
    let row = |(name, (value, floor)): (&'static str, (f64, f64))| Row {
        name,
        value: value / 1000.0,
        unit: "ms",
        floor: Some(floor / 1000.0),
        inside: INSIDE,
    };
    Ok(NAMES.into_iter().zip(values).map(row).collect())
}
