//! Lists of running centres among a million records of each manual, on SQLite and on PostgreSQL: over HTTP, beside the same SQL bare.
//! Promises: both databases hold the same records and are asked the same questions in turn; the floor is asked between the requests.
//! PostgreSQL is the one that `scripts/with-postgres` runs; without it the run ends.
//! `world`: whose records · `records`: the records · `load`: tables filled · `centre`: a running one · `kinds`: the questions ·
//! `ask`: asking · `plan`: plans, and the first request · `write`: what the indexes cost.

mod ask;
pub(crate) mod centre;
mod kinds;
mod load;
mod plan;
pub(crate) mod records;
pub(crate) mod world;
mod write;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;

use self::{
    ask::{Asked, Beside},
    centre::{BOTH, Centre},
    kinds::{KINDS, Kind},
    load::Rate,
    records::{APPOINTMENT, ATTENDANCE, BINDING, Manual},
    world::World,
    write::Price,
};
use crate::{clock, row::Row, run::say};

const PROMISE_MS: f64 = 100.0;
/// The rows of each manual: loading, size of the indexes and time of an insert, on SQLite and on PostgreSQL.
const OF_MANUALS: [(Manual, [&str; 6]); 3] = [
    (
        BINDING,
        [
            "query_sqlite_binding_load",
            "query_sqlite_binding_indexes",
            "query_sqlite_binding_insert",
            "query_postgres_binding_load",
            "query_postgres_binding_indexes",
            "query_postgres_binding_insert",
        ],
    ),
    (
        APPOINTMENT,
        [
            "query_sqlite_appointment_load",
            "query_sqlite_appointment_indexes",
            "query_sqlite_appointment_insert",
            "query_postgres_appointment_load",
            "query_postgres_appointment_indexes",
            "query_postgres_appointment_insert",
        ],
    ),
    (
        ATTENDANCE,
        [
            "query_sqlite_attendance_load",
            "query_sqlite_attendance_indexes",
            "query_sqlite_attendance_insert",
            "query_postgres_attendance_load",
            "query_postgres_attendance_indexes",
            "query_postgres_attendance_insert",
        ],
    ),
];
/// Of all kinds together.
const COLD: [&str; 2] = ["query_sqlite_cold", "query_postgres_cold"];
const SCANS: &str = "query_full_scans";

const LOAD: &str = "Records that the database took a second, indexes made afterwards and included: one transaction of prepared inserts on SQLite, \
                    one COPY on PostgreSQL. More is better. Floor: the first 100,000 of them into a table without any index.";
const INDEXES: &str =
    "Bytes of all indexes of the manual's table, a record. Floor: those of the table without them.";
const INSERT: &str = "One record inserted among all others, a statement a record, without the commit. Floor: the same with those indexes only that \
                      keep a key unique.";
const FIRST: &str = "The slowest first request of all kinds, the database's files driven out of the system's memory just before (what the server keeps \
                     in its own 128 MB stays; nothing is driven out where the files belong to somebody else). Floor: the slowest of the bare statements, \
                     driven out again.";
const WHOLE: &str = "Statements, of the two of each kind on each database, whose plan reads the whole table; the plans are in \
                     query-plans.txt of the run's folder.";
/// What the page says of all kinds, behind the number of requests.
pub(crate) const SETTING: &str = "requests of each kind for a list of the centre, one after the other, each of another person and other values: over HTTP on a connection that stays open, from the request written to the answer read, the first page of ten with the count up to \
                      10,000. Floor: the same two statements, prepared, on a connection opened as the centre's own, rows fetched and dropped. \
                      PostgreSQL is a server of its own with its default memory, which syncs nothing.";

/// The names of this folder's rows.
pub(crate) fn names() -> Vec<&'static str> {
    let kinds = KINDS.iter().flat_map(|kind| kind.names);
    let manuals = OF_MANUALS.iter().flat_map(|(_, names)| *names);
    kinds.chain(manuals).chain(COLD).chain([SCANS]).collect()
}

/// The figures that have a promise, and it: every 95th percentile in milliseconds, and no plan that reads a whole table.
pub(crate) fn promises() -> Vec<(&'static str, f64, &'static str)> {
    let kinds = KINDS.iter().flat_map(|kind| kind.names).filter(|name| name.ends_with("_p95"));
    kinds.map(|name| (name, PROMISE_MS, "ms")).chain([(SCANS, 0.0, "plans")]).collect()
}

/// The rows: so many records of each manual, so many requests of each kind, by this centre.
///
/// # Errors
/// Without PostgreSQL, or what a centre says.
pub(crate) fn rows(program: &Path, data: &Path, records: u32, requests: u32) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let world = World::new(clock::wall(), records)?;
    let mut run = Run {
        world,
        program,
        requests,
        rows: Vec::new(),
        plans: String::new(),
        scans: 0,
        cold: [[Duration::ZERO; 2]; 2],
    };
    for (manual, names) in OF_MANUALS {
        say(&format!("{records} records of {} on both databases", manual.name));
        let folder = data.join(format!("query-{}", manual.name));
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let postgres = centre::new_on_server(manual.name)?;
        runtime.block_on(run.manual(manual, names, &folder, &postgres))?;
        // Millions of records twice over would fill a disk by and by.
        centre::remove_from_server(&postgres)?;
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let plans = data.join("query-plans.txt");
    fs::write(&plans, &run.plans).with_context(|| format!("cannot write {}", plans.display()))?;
    for (name, [through, directly]) in COLD.into_iter().zip(run.cold) {
        run.rows.push(Row { floor: Some(millis(directly)), ..row(name, millis(through), "ms", FIRST) });
    }
    run.rows.push(row(SCANS, f64::from(run.scans), "plans", WHOLE));
    Ok(run.rows)
}

const fn row(name: &'static str, value: f64, unit: &'static str, inside: &'static str) -> Row {
    Row { name, value, unit, floor: None, inside }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

struct Run<'a> {
    world: World,
    program: &'a Path,
    requests: u32,
    rows: Vec<Row>,
    plans: String,
    scans: u32,
    /// Of each database the slowest first request, and the slowest bare one.
    cold: [[Duration; 2]; 2],
}

impl Run<'_> {
    async fn manual(
        &mut self,
        manual: Manual,
        names: [&'static str; 6],
        folder: &Path,
        postgres: &str,
    ) -> anyhow::Result<()> {
        let places = [(folder.join("sqlite"), ""), (folder.join("postgres"), postgres)];
        let mut sample = serde_json::Value::Null;
        let mut configs = Vec::new();
        for (folder, url) in &places {
            let config = centre::configuration(&self.world, folder, url)?;
            sample = centre::begin(&self.world, &config, manual.table == BINDING.table).await?;
            configs.push(config);
        }
        let [(file, _), _] = &places;
        let rates = load::fill(&self.world, manual, &sample, file, postgres).await?;
        let mut open = Vec::new();
        for ((folder, url), config) in places.iter().zip(&configs) {
            let centre = Centre::start(self.program, &self.world, folder, url)?;
            open.push(Beside { centre, store: centre::bare(config).await? });
        }
        let both: Result<[Beside; 2], _> = open.try_into();
        let Ok(mut both) = both else { anyhow::bail!("two centres were started") };
        let mut files: Vec<Vec<PathBuf>> = Vec::new();
        for ((database, (folder, _)), beside) in BOTH.into_iter().zip(&places).zip(&both) {
            files.push(plan::files(database, folder, beside).await?);
        }
        let of_manual = || KINDS.iter().filter(|kind| kind.manual.table == manual.table);
        for kind in of_manual() {
            for ((files, beside), slowest) in files.iter().zip(&mut both).zip(&mut self.cold) {
                let took = plan::cold(&self.world, kind, files, beside).await?;
                slowest.iter_mut().zip(took).for_each(|(slowest, took)| *slowest = took.max(*slowest));
            }
        }
        for kind in of_manual() {
            say(&format!("{} requests of {}", self.requests, kind.inside));
            self.explain(kind, &both).await?;
            let asked = ask::ask(&self.world, kind, &mut both, self.requests).await?;
            self.rows.extend(of_kind(kind, &asked));
        }
        for (place, (database, beside)) in BOTH.into_iter().zip(both).enumerate() {
            let Beside { centre, store } = beside;
            // Nobody else writes now.
            drop(centre);
            let price = write::price(&self.world, manual, &sample, database, &store).await?;
            store.close().await?;
            if let (Some(names), Some(rate)) = (names.get(place * 3..place * 3 + 3), rates.get(place)) {
                self.rows.extend(of_writing(names, *rate, &price));
            }
        }
        Ok(())
    }

    async fn explain(&mut self, kind: &Kind, both: &[Beside; 2]) -> anyhow::Result<()> {
        for (database, beside) in BOTH.into_iter().zip(both) {
            let (text, scans) = plan::plans(&self.world, kind, database, beside).await?;
            self.plans.push_str(&text);
            self.scans += scans;
        }
        Ok(())
    }
}

fn of_kind(kind: &Kind, asked: &[Asked; 2]) -> Vec<Row> {
    let figures = asked.iter().flat_map(|asked| {
        [50.0, 95.0, 99.0].map(|percentile| (asked.request.micros(percentile), asked.bare.micros(percentile)))
    });
    let row = |(name, (request, bare)): (&'static str, (f64, f64))| Row {
        floor: Some(bare / 1000.0),
        ..row(name, request / 1000.0, "ms", kind.inside)
    };
    kind.names.into_iter().zip(figures).map(row).collect()
}

fn of_writing(names: &[&'static str], rate: Rate, price: &Price) -> Vec<Row> {
    let micros = |took: Duration| took.as_secs_f64() * 1e6;
    let figures = [
        (rate.loaded, rate.bare, "records/s", LOAD),
        (price.index, price.table, "bytes", INDEXES),
        (micros(price.with), micros(price.without), "us", INSERT),
    ];
    let row =
        |(name, (value, floor, unit, inside)): (&&'static str, (f64, f64, &'static str, &'static str))| Row {
            floor: Some(floor),
            ..row(name, value, unit, inside)
        };
    names.iter().zip(figures).map(row).collect()
}
