//! Thousands of gates that come back to one running centre in the same second, each with a hundred events, on SQLite and on PostgreSQL; beside the
//! bare insertion of every row that this has written.
//! Promises: journals are sealed before; what the centre has stored is counted before a figure is told: every event, every passage, every trip
//! where it must be, no alert. PostgreSQL is the one that `scripts/with-postgres` runs; without it the run ends.
//! `gate`: one that comes back.
//! Absent on purpose: the polls and the live states of these gates: what is measured is the intake and its admission.
//! Source: fault C8.

mod gate;

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use tokio::{task::JoinSet, time::sleep};

use self::gate::{Gate, Told};
use super::{descriptors, mebibytes, millis};
use crate::{
    clock,
    ingest::{
        self, Done,
        floor::{self, Again},
        journal::{self, Journal},
        yard::{self, Site},
    },
    latency::Latency,
    machine,
    query::{
        centre::{self, Centre},
        world::World,
    },
    row::Row,
    run::say,
};

/// The rows on one database.
pub(crate) struct Names {
    pub(crate) batch_p50: &'static str,
    /// At most 2 s.
    pub(crate) batch_p99: &'static str,
    hello_p99: &'static str,
    busy: &'static str,
    broken: &'static str,
    /// No gate waits longer than this; at most 60 s.
    pub(crate) took: &'static str,
    /// At most 50 MiB above its floor.
    pub(crate) memory: &'static str,
    memory_after: &'static str,
}

const SQLITE: Names = Names {
    batch_p50: "crowd_sqlite_batch_p50",
    batch_p99: "crowd_sqlite_batch_p99",
    hello_p99: "crowd_sqlite_hello_p99",
    busy: "crowd_sqlite_busy",
    broken: "crowd_sqlite_broken",
    took: "crowd_sqlite_took",
    memory: "crowd_sqlite_rss",
    memory_after: "crowd_sqlite_rss_after",
};
const POSTGRES: Names = Names {
    batch_p50: "crowd_postgres_batch_p50",
    batch_p99: "crowd_postgres_batch_p99",
    hello_p99: "crowd_postgres_hello_p99",
    busy: "crowd_postgres_busy",
    broken: "crowd_postgres_broken",
    took: "crowd_postgres_took",
    memory: "crowd_postgres_rss",
    memory_after: "crowd_postgres_rss_after",
};

/// On both databases.
pub(crate) const BOTH: [&Names; 2] = [&SQLITE, &POSTGRES];
/// Events of each gate: whole trips, and the arrival of one more lorry.
pub(crate) const EVENTS: usize = 100;
const TRIPS: u32 = 9;
/// Gates of a yard.
pub(crate) const GATES_OF_A_YARD: u32 = 40;
/// Until a centre that has started, or has served the crowd, is at rest.
const SETTLE: Duration = Duration::from_secs(2);

const BATCH: &str = "One batch of 100 events that the centre took, from its sending to its acknowledgement, while all gates come back at once: each connects, says \
                     hello and sends its batch, and comes again when it was told 503 (as the agent does). Floor: the rows that one batch has written, inserted \
                     once more by themselves, many rows a statement, in one transaction.";
const HELLO: &str = "One hello of those, from its sending to its answer; hellos are never turned away.";
const BUSY: &str = "Answers of 503 to batches in all, each with the time after which to come again.";
const BROKEN: &str =
    "Connections that could not be made, broke, or were silent for longer than an agent waits (13 s).";
const TOOK: &str = "From the first connection until the centre has acknowledged the last event of the last gate. Floor: every row that this has written, \
                    inserted once more, in as many transactions.";
const MEMORY: &str = "Resident memory of the centre, the most during the crowd. Floor: just before.";
const MEMORY_AFTER: &str =
    "Resident memory of the centre 2 s after the last gate has hung up. Floor: before the crowd.";

impl Names {
    const fn all(&self) -> [&'static str; 8] {
        let Self { batch_p50, batch_p99, hello_p99, busy, broken, took, memory, memory_after } = *self;
        [batch_p50, batch_p99, hello_p99, busy, broken, took, memory, memory_after]
    }
}

/// The names of this folder's rows.
pub(crate) fn names() -> Vec<&'static str> {
    BOTH.iter().flat_map(|names| names.all()).collect()
}

/// The rows: so many gates.
///
/// # Errors
/// Without PostgreSQL, with too few descriptors, or what a centre says.
pub(crate) fn rows(program: &Path, data: &Path, gates: u32) -> anyhow::Result<Vec<Row>> {
    descriptors::for_connections(gates)?;
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let site = Site::of(gates, GATES_OF_A_YARD, TRIPS);
    let mut rows = Vec::new();
    for (names, on_server) in BOTH.into_iter().zip([false, true]) {
        let folder = data.join("crowd");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let urls = match on_server {
            true => [centre::new_on_server("crowd")?, centre::new_on_server("crowd_floor")?],
            false => [String::new(), String::new()],
        };
        let [url, bare] = &urls;
        say(&format!("{} gates of {} yards come back at once, {}", site.gates(), site.yards, names.took));
        rows.extend(runtime.block_on(measure(names, program, &folder, (url, bare), site))?);
        if on_server {
            urls.iter().try_for_each(|url| centre::remove_from_server(url))?;
        }
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(rows)
}

/// What the crowd has met.
struct Met {
    told: Vec<Told>,
    took: Duration,
    /// Before, at most, and after.
    memory: [u64; 3],
}

async fn measure(
    names: &Names,
    program: &Path,
    folder: &Path,
    (url, bare): (&str, &str),
    site: Site,
) -> anyhow::Result<Vec<Row>> {
    let world = World::new(clock::wall(), site.gates())?;
    let table = yard::table(&world, &folder.join("centre"), url, site)?;
    let config = yard::config(table.clone())?;
    let revision = yard::fill(&world, &config, site).await?;
    let journals = (0..site.gates()).map(|gate| journal::of(gate, TRIPS, EVENTS));
    let journals = journals.collect::<anyhow::Result<Vec<_>>>()?;
    let centre = Centre::run(program, &folder.join("centre"), &table)?;
    let met = come_back(&centre, journals).await?;
    drop(centre);
    let stored = centre::bare(&config).await?;
    let trips = site.gates() * TRIPS;
    let events = usize::try_from(site.gates())? * EVENTS;
    ingest::check(&stored, Done { events, passages: trips * 2, trips }).await?;
    let batches = met.told.iter().map(|told| told.batches.len()).sum();
    let floor = floor::again(&stored, revision, &folder.join("floor"), bare, batches).await?;
    stored.close().await?;
    rows_of(names, &met, &floor)
}

/// All gates at once, each a task of its own.
async fn come_back(centre: &Centre, journals: Vec<Journal>) -> anyhow::Result<Met> {
    sleep(SETTLE).await;
    let before = machine::resident(centre.process())?;
    machine::forget_most(centre.process())?;
    let began = clock::now();
    let mut gates = JoinSet::new();
    for (number, journal) in (0..).zip(journals) {
        gates.spawn(Gate::new(number, journal, centre.address()).come_back());
    }
    let mut told = Vec::new();
    while let Some(one) = gates.join_next().await {
        told.push(one.context("a gate has panicked")??);
    }
    let took = began.elapsed();
    let most = machine::most_resident(centre.process())?;
    sleep(SETTLE).await;
    Ok(Met { told, took, memory: [before, most, machine::resident(centre.process())?] })
}

fn rows_of(names: &Names, met: &Met, floor: &Again) -> anyhow::Result<Vec<Row>> {
    let (mut batches, mut hellos) = (Latency::new()?, Latency::new()?);
    for told in &met.told {
        told.batches.iter().for_each(|took| batches.record(*took));
        told.hellos.iter().for_each(|took| hellos.record(*took));
    }
    let sum = |of: fn(&Told) -> u32| f64::from(met.told.iter().map(of).sum::<u32>());
    let row = |name, value, unit, floor, inside| Row { name, value, unit, floor, inside };
    let batch = |name, percentile| {
        let bare = millis(floor.each.micros(percentile));
        row(name, millis(batches.micros(percentile)), "ms", Some(bare), BATCH)
    };
    let [before, most, after] = met.memory.map(mebibytes);
    Ok(vec![
        batch(names.batch_p50, 50.0),
        batch(names.batch_p99, 99.0),
        row(names.hello_p99, millis(hellos.micros(99.0)), "ms", None, HELLO),
        row(names.busy, sum(|told| told.busy), "answers", None, BUSY),
        row(names.broken, sum(|told| told.broken), "lines", None, BROKEN),
        row(names.took, met.took.as_secs_f64(), "s", Some(floor.took.as_secs_f64()), TOOK),
        row(names.memory, most, "MiB", Some(before), MEMORY),
        row(names.memory_after, after, "MiB", Some(before), MEMORY_AFTER),
    ])
}
