//! Events of gates taken in by a running centre, on SQLite and on PostgreSQL: batches of 500 over HTTP, two gates at once, passages that move
//! their trips; beside the bare insertion of every row that this has written.
//! Promises: what the centre has stored is counted before a figure is told: every event, every passage, every trip where it must be.
//! PostgreSQL is the one that `scripts/with-postgres` runs; without it the run ends.
//! `drain`: one agent with its journal · `journal`: what the gates send · `yard`: the centre's configuration and its trips · `floor`: the bare insertion.

pub(crate) mod drain;
pub(crate) mod floor;
pub(crate) mod journal;
pub(crate) mod yard;

use std::{fs, path::Path, thread};

use anyhow::{Context as _, ensure};
use central::store::{self, Store};

use self::yard::Site;
use crate::{
    clock,
    query::{
        centre::{self, Centre, Line},
        world::World,
    },
    row::Row,
    run::say,
};

/// The names of this folder's rows.
pub(crate) const NAMES: [&str; 2] = ["ingest_sqlite", "ingest_postgres"];
/// The gates that send.
const GATES: u32 = 2;
/// Events of a batch, as many as the centre takes.
const BATCH: usize = 500;

const INSIDE: &str = "Events a second that a centre takes in from two gates, 500 in a batch, each gate's next batch when the last is acknowledged: over HTTP, \
                      verified, folded into passages and trips, audited, shown to the yard, durable. Six in eleven move no trip. More is better. Floor: every row \
                      that this has written, inserted once more into the same tables of an empty database, many rows a statement (`VALUES (…), (…)`), one transaction \
                      for each batch, by a connection opened as the centre's own; in events for which they stand.";

/// The rows: so many trips of each gate.
///
/// # Errors
/// Without PostgreSQL, or what a centre says.
pub(crate) fn rows(program: &Path, data: &Path, trips: u32) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let mut rows = Vec::new();
    for (name, on_server) in NAMES.into_iter().zip([false, true]) {
        let folder = data.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let urls = match on_server {
            true => [centre::new_on_server("ingest")?, centre::new_on_server("ingest_floor")?],
            false => [String::new(), String::new()],
        };
        let [url, bare] = &urls;
        say(&format!("{trips} trips of each of {GATES} gates, {name}"));
        rows.push(runtime.block_on(measure(name, program, &folder, (url, bare), trips))?);
        if on_server {
            urls.iter().try_for_each(|url| centre::remove_from_server(url))?;
        }
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(rows)
}

async fn measure(
    name: &'static str,
    program: &Path,
    folder: &Path,
    (url, bare): (&str, &str),
    trips: u32,
) -> anyhow::Result<Row> {
    let world = World::new(clock::wall(), trips)?;
    let site = Site { yards: 1, gates_of_each: GATES, trips_of_each: trips };
    let table = yard::table(&world, &folder.join("centre"), url, site)?;
    let config = yard::config(table.clone())?;
    let revision = yard::fill(&world, &config, site).await?;
    let each = usize::try_from(trips)? * journal::OF_A_TRIP;
    let journals =
        (0..GATES).map(|gate| journal::of(gate, trips, each)).collect::<anyhow::Result<Vec<_>>>()?;
    let events: usize = journals.iter().map(|journal| journal.events.len()).sum();
    let centre = Centre::run(program, &folder.join("centre"), &table)?;
    let lines = journals.iter().map(|journal| begin(&centre, journal)).collect::<anyhow::Result<Vec<_>>>()?;
    let batches: Vec<Vec<String>> = journals.iter().map(|journal| journal.batches(BATCH)).collect();
    let count: usize = batches.iter().map(Vec::len).sum();
    let began = clock::now();
    thread::scope(|scope| {
        let senders: Vec<_> = lines
            .into_iter()
            .zip(&journals)
            .zip(&batches)
            .map(|((line, journal), batches)| scope.spawn(move || send(line, &journal.token, batches)))
            .collect();
        let join = |sender: thread::ScopedJoinHandle<'_, anyhow::Result<()>>| match sender.join() {
            Ok(sent) => sent,
            Err(_) => anyhow::bail!("a gate has panicked"),
        };
        senders.into_iter().try_for_each(join)
    })?;
    let took = began.elapsed();
    drop(centre);
    let stored = centre::bare(&config).await?;
    let trips = trips * GATES;
    check(&stored, Done { events, passages: trips * 2, trips }).await?;
    let floor = floor::again(&stored, revision, &folder.join("floor"), bare, count).await?;
    stored.close().await?;
    let rate =
        |took: std::time::Duration| f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / took.as_secs_f64();
    Ok(Row { name, value: rate(took), unit: "events/s", floor: Some(rate(floor.took)), inside: INSIDE })
}

fn begin(centre: &Centre, journal: &journal::Journal) -> anyhow::Result<Line> {
    let mut line = centre.line()?;
    line.ask("POST /gate/v1/hello", &journal.token, &journal.hello())?;
    Ok(line)
}

fn send(mut line: Line, token: &str, batches: &[String]) -> anyhow::Result<()> {
    for batch in batches {
        line.ask("POST /gate/v1/events", token, batch)?;
    }
    Ok(())
}

/// What a centre must have when everything is in.
pub(crate) struct Done {
    pub(crate) events: usize,
    pub(crate) passages: u32,
    pub(crate) trips: u32,
}

/// Nothing is missing.
///
/// # Errors
/// When something is.
pub(crate) async fn check(stored: &Store, done: Done) -> anyhow::Result<()> {
    for (sql, wanted) in [
        ("SELECT COUNT(*) AS found FROM gate_event WHERE readable = 1", i64::try_from(done.events)?),
        ("SELECT COUNT(*) AS found FROM passage WHERE outcome = 'passed'", i64::from(done.passages)),
        ("SELECT COUNT(*) AS found FROM smart_gate_record WHERE status = 'LEFT_PORT'", i64::from(done.trips)),
        ("SELECT COUNT(*) AS found FROM alert", 0),
    ] {
        let found = count(stored, sql).await?;
        ensure!(found == wanted, "{sql}: {found} and not {wanted}");
    }
    Ok(())
}

async fn count(stored: &Store, sql: &str) -> anyhow::Result<i64> {
    let row = store::one(stored.read(), sql, []).await?.context("nothing was counted")?;
    Ok(store::column(&row, "found")?)
}
