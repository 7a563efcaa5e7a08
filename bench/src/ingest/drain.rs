//! One agent that comes back after a long outage, and what it has recorded: its journal on the disk, over HTTP, into a running centre, on SQLite
//! and on PostgreSQL.
//! Promises: the agent is the program that is shipped, and runs as at a gate: it verifies its journal, says hello, sends batch after batch, each when
//! the last is durable at both ends, and takes the changes of its index meanwhile. What the centre has stored is counted before a figure is told.
//! Source: fault C1.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use central::store::{Store, column, one};
use gate_agent::journal::{JournalStore as _, Record, SqliteStore};
use protocols::{contract::Event, ids::GateId};
use tokio::time::sleep;

use super::{
    BATCH, count, floor,
    journal::{self, Journal},
    yard::{self, Site},
};
use crate::{
    clock,
    query::{
        centre::{self, Centre},
        world::World,
    },
    row::Row,
    run::say,
};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 2] = ["drain_sqlite", "drain_postgres"];
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(5);
/// An agent that stands still for so long will not end.
const PATIENCE: Duration = Duration::from_secs(60);

const INSIDE: &str = "Events a second that one agent hands over after an outage: read from its journal, 500 in a batch, sent when the last is acknowledged and noted on its \
                      disk, taken in as in `ingest`; from the first batch that is in until the last. More is better. Floor: every row that this has written, \
                      inserted once more, as for `ingest`; in events.";

/// The rows: so many trips of one gate.
///
/// # Errors
/// Without PostgreSQL, or what centre or agent say.
pub(crate) fn rows((centre, agent): (&Path, &Path), data: &Path, trips: u32) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let mut rows = Vec::new();
    for (name, on_server) in NAMES.into_iter().zip([false, true]) {
        let folder = data.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let urls = match on_server {
            true => [centre::new_on_server("drain")?, centre::new_on_server("drain_floor")?],
            false => [String::new(), String::new()],
        };
        let [url, bare] = &urls;
        say(&format!("an agent hands over {trips} trips, {name}"));
        rows.push(runtime.block_on(measure(name, (centre, agent), &folder, (url, bare), trips))?);
        if on_server {
            urls.iter().try_for_each(|url| centre::remove_from_server(url))?;
        }
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(rows)
}

async fn measure(
    name: &'static str,
    (program, agent): (&Path, &Path),
    folder: &Path,
    (url, bare): (&str, &str),
    trips: u32,
) -> anyhow::Result<Row> {
    let world = World::new(clock::wall(), trips)?;
    let site = Site { yards: 1, gates_of_each: 1, trips_of_each: trips };
    let table = yard::table(&world, &folder.join("centre"), url, site)?;
    let config = yard::config(table.clone())?;
    let revision = yard::fill(&world, &config, site).await?;
    let journal = journal::of(0, trips, usize::try_from(trips)? * journal::OF_A_TRIP)?;
    let events = i64::try_from(journal.events.len())?;
    let site = folder.join("gate");
    fs::create_dir_all(&site)?;
    write(&site, &journal)?;
    let centre = Centre::run(program, &folder.join("centre"), &table)?;
    let stored = centre::bare(&config).await?;
    let gate = Gate::start(agent, &site, centre.address(), &journal)?;
    let (handed, took) = watch(&stored, events).await.with_context(|| gate.said())?;
    drop((gate, centre));
    for (sql, wanted) in [
        (format!("SELECT COUNT(*) AS found FROM gate_event WHERE readable = 1 AND seq <= {events}"), events),
        ("SELECT COUNT(*) AS found FROM passage WHERE outcome = 'passed'".to_owned(), i64::from(trips) * 2),
        (
            "SELECT COUNT(*) AS found FROM smart_gate_record WHERE status = 'LEFT_PORT'".to_owned(),
            i64::from(trips),
        ),
    ] {
        let found = count(&stored, &sql).await?;
        ensure!(found == wanted, "{sql}: {found} and not {wanted}");
    }
    let batches = journal.events.len().div_ceil(BATCH);
    let floor = floor::again(&stored, revision, &folder.join("floor"), bare, batches).await?;
    stored.close().await?;
    let rate = |events: i64, took: Duration| {
        f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / took.as_secs_f64()
    };
    let floor = Some(rate(events, floor.took));
    Ok(Row { name, value: rate(handed, took), unit: "events/s", floor, inside: INSIDE })
}

/// The journal as an agent has it on its disk that was cut off.
fn write(site: &Path, journal: &Journal) -> anyhow::Result<()> {
    let mut store = SqliteStore::at(site.join("journal.db"), GateId::parse(&journal.gate_id)?);
    store.open()?;
    store.put_epoch(1)?;
    for events in journal.events.chunks(BATCH) {
        let record = |json: &String| -> anyhow::Result<Record> {
            let event: Event = serde_json::from_str(json)?;
            Ok(Record::of(&event, json.clone()))
        };
        store.append(&events.iter().map(record).collect::<Result<Vec<_>, _>>()?)?;
    }
    Ok(())
}

/// How many events came after the first batch, and how long they took.
async fn watch(stored: &Store, events: i64) -> anyhow::Result<(i64, Duration)> {
    let mut first: Option<(i64, Instant)> = None;
    let mut moved = (0, clock::now());
    loop {
        let seq = match one(stored.read(), "SELECT seq FROM gate_epoch", []).await? {
            Some(row) => column::<i64>(&row, "seq")?,
            None => 0,
        };
        let now = clock::now();
        if seq > 0 && first.is_none() {
            first = Some((seq, now));
        }
        if let Some((before, began)) = first
            && seq >= events
        {
            ensure!(
                before < events,
                "all {events} events were there at the first look: hand over more trips"
            );
            return Ok((events - before, now.duration_since(began)));
        }
        if seq != moved.0 {
            moved = (seq, now);
        }
        ensure!(moved.1.elapsed() < PATIENCE, "the centre has {seq} of {events} events, and no more come");
        sleep(LOOK).await;
    }
}

/// The agent, killed when the value is dropped.
struct Gate {
    child: Child,
    log: std::path::PathBuf,
}

impl Gate {
    fn start(program: &Path, site: &Path, centre: &str, journal: &Journal) -> anyhow::Result<Self> {
        let site = fs::canonicalize(site)?;
        let panel = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (gate, token, yard) = (&journal.gate_id, &journal.token, yard::yard_id(0));
        let text = format!(
            r#"[gate]
gate_id = "{gate}"
yard_id = "{yard}"
data_dir = "{data}"

[centre]
url = "http://{centre}"
token = "{token}"

[panel]
listen = "{panel}"

[[device]]
name = "io-in1"
kind = "modbus-io"
port = "{data}/no-board"

[[lane]]
lane_id = "IN1"
readers = []

[lane.barrier]
device = "io-in1"
"#,
            data = site.display(),
        );
        let (config, log) = (site.join("gate-agent.toml"), site.join("gate-agent.log"));
        fs::write(&config, text)?;
        let out = File::create(&log)?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(&config);
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log })
    }

    /// For an error.
    fn said(&self) -> String {
        format!("the agent says: {}", fs::read_to_string(&self.log).unwrap_or_default())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
