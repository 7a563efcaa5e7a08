//! How each database answers the statements of a kind, and what is not in memory when it is asked for the first time.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use central::{
    declaration::query::{count_statement, documents_statement},
    store,
};
use rustix::fs::{Advice, fadvise};

use super::{
    ask::{self, Beside, FIRST},
    centre::Database,
    kinds::Kind,
    world::World,
};

/// The plans of a kind's two statements as text, and how many of them read the whole table.
///
/// # Errors
/// What the database says.
pub(crate) async fn plans(
    world: &World,
    kind: &Kind,
    database: Database,
    beside: &Beside,
) -> anyhow::Result<(String, u32)> {
    let question = (kind.draw)(world, 0)?;
    let table = kind.manual.table;
    let (explain, column, whole) = match database {
        Database::Sqlite => ("EXPLAIN QUERY PLAN", "detail", format!("SCAN {table}")),
        Database::Postgres => ("EXPLAIN (COSTS OFF)", "QUERY PLAN", format!("Seq Scan on {table}")),
    };
    let (mut text, mut scans) = (String::new(), 0);
    for (sql, values) in [
        count_statement(table, &question.conditions, false),
        documents_statement(table, kind.manual.key, &question.conditions, kind.order, FIRST),
    ] {
        let rows = store::all(beside.store.read(), &format!("{explain} {sql}"), values).await?;
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "{column} of {}\n{sql}", question.path);
        let mut scanned = false;
        for row in &rows {
            let line: String = store::column(row, column)?;
            scanned |= line.contains(&whole);
            let _ = writeln!(text, "    {line}");
        }
        scans += u32::from(scanned);
    }
    Ok((text, scans))
}

/// The first request of a kind when its pages have left the system's memory, and the same without the centre.
///
/// # Errors
/// What the centre, the database or the disk says.
pub(crate) async fn cold(
    world: &World,
    kind: &Kind,
    files: &[PathBuf],
    beside: &mut Beside,
) -> anyhow::Result<[Duration; 2]> {
    let question = (kind.draw)(world, 1_000_000)?;
    forget(files)?;
    let (through, _) = ask::over_http(beside, &question)?;
    forget(files)?;
    let (directly, ..) = ask::bare(beside, kind, &question).await?;
    Ok([through, directly])
}

/// The files of a database. Empty where they are somebody else's: then nothing is cold.
///
/// # Errors
/// What the server says of where they are.
pub(crate) async fn files(
    database: Database,
    folder: &Path,
    beside: &Beside,
) -> anyhow::Result<Vec<PathBuf>> {
    let folder = match database {
        Database::Sqlite => folder.to_path_buf(),
        Database::Postgres => {
            let sql = "SELECT current_setting('data_directory') || '/base/' || oid AS folder
                       FROM pg_database WHERE datname = current_database()";
            let row = store::one(beside.store.read(), sql, []).await?.context("no such database")?;
            PathBuf::from(store::column::<String>(&row, "folder")?)
        }
    };
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect())
}

/// Lets the system forget what it has of the files.
fn forget(files: &[PathBuf]) -> anyhow::Result<()> {
    for path in files {
        let Ok(file) = File::open(path) else { continue };
        // What is not yet on the disk would stay.
        file.sync_data()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}
