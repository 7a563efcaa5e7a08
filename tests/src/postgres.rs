//! Databases on the PostgreSQL server that `scripts/with-postgres` runs beside a test.
//! Promises: without that server a test fails and says how to have it. A database goes with the server.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::clock;

/// The address of the server, without a database.
const SERVER: &str = "KAKOU_TEST_POSTGRES";

/// The address of a new, empty database.
///
/// # Errors
/// Without a server, or when it refuses.
pub fn fresh() -> Result<String> {
    let server = std::env::var(SERVER).with_context(|| {
        format!("{SERVER} names no PostgreSQL server; run this test by scripts/test, or by scripts/with-postgres cargo test -p kakou-tests")
    })?;
    let name = format!("kakou_yard_{}_{}", std::process::id(), clock::wall_ms());
    let mut create = Command::new("createdb");
    let output = create
        .args(["--maintenance-db", &format!("{server}/postgres"), "--encoding", "UTF8", &name])
        .output();
    let output = output.context("cannot run createdb of PostgreSQL")?;
    ensure!(output.status.success(), "createdb says {}", String::from_utf8_lossy(&output.stderr));
    Ok(format!("{server}/{name}"))
}
