//! From a change at the centre to the indexes of the gates that must see it, with all gates listening to one running centre, on SQLite.
//! Promises: every gate that must see a change has applied it before a figure is told, once, and no other gate has heard of it; the time of a
//! change that had to wait for the one before counts from when it was due.
//! The change is customs' word that holds a trip (receipt 41), brought by the gateway: one revision of one yard.
//! `gate`: one that listens · `bare`: the floor.
//! Source: `design` section 3 ("their gates have it in their cache within a second"); `contract` section 3.

mod bare;
mod gate;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use central::store::{self, Store};
use protocols::ids::TripNo;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use self::{
    bare::{Bare, Sample},
    gate::{Gate, Seen},
};
use super::{PATIENCE, descriptors, line::Line, millis};
use crate::{
    clock,
    ingest::yard::{self, Site},
    latency::Latency,
    query::{
        centre::{self, Centre},
        records,
        world::World,
    },
    row::Row,
    run::say,
};

/// The names of this folder's rows.
pub(crate) const NAMES: [&str; 6] = [
    "feed_spread_p50",
    "feed_spread_p99",
    "feed_spread_answer_p99",
    "feed_one_yard_p50",
    "feed_one_yard_p99",
    "feed_one_yard_answer_p99",
];
/// Gates of a yard where they are spread over yards.
pub(crate) const GATES_OF_A_YARD: u32 = 20;
/// Between two changes.
pub(crate) const EVERY: Duration = Duration::from_millis(500);
/// Until every gate waits in its first poll.
const SETTLE: Duration = Duration::from_secs(2);
/// Who brings what customs says.
const GATEWAY: &str = "gateway-token";

const SPREAD: &str = "From the moment a hold is sent to the centre (receipt 41 over HTTP) until a gate that must see it has read the answer of its long poll to the \
                      last byte and applied it: all gates listen at one centre process with SQLite, 20 in each yard, and each change concerns the 20 of one \
                      yard, yard after yard; a duration for each change and gate. Floor: the same gates and requests with the same bytes at a server in this \
                      process that stores and reads nothing: bare HTTP over loopback through as many open connections.";
const ONE_YARD: &str = "The same with all gates in the one yard that changes, so that each change is told to every one of them, and the last of them counts. \
                        Floor: as above, for as many answers.";
const SPREAD_ANSWER: &str = "From the moment a hold is sent until the centre has answered that it is stored, gates spread over yards. Floor: the bare server's answer.";
const ONE_YARD_ANSWER: &str = "The same with all gates in the one yard. Floor: the bare server's answer.";

/// What one drive has found.
struct Found {
    seen: Latency,
    answered: Latency,
    /// Changes times the gates that saw each.
    pairs: usize,
}

/// The rows: so many gates that listen, so many changes.
///
/// # Errors
/// What a centre says, or when descriptors are too few.
pub(crate) fn rows(program: &Path, data: &Path, gates: u32, changes: u32) -> anyhow::Result<Vec<Row>> {
    // In the floor both ends of a connection are of this process.
    descriptors::for_connections(2 * gates)?;
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    let [spread_p50, spread_p99, spread_answer, one_p50, one_p99, one_answer] = NAMES;
    let mut rows = Vec::new();
    for (in_a_yard, [p50, p99, answer], [inside, inside_answer]) in [
        (GATES_OF_A_YARD, [spread_p50, spread_p99, spread_answer], [SPREAD, SPREAD_ANSWER]),
        (gates, [one_p50, one_p99, one_answer], [ONE_YARD, ONE_YARD_ANSWER]),
    ] {
        let folder = data.join("feed");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let site = Site::of(gates, in_a_yard, 1);
        let trips_of_each = changes.div_ceil(site.yards).div_ceil(site.gates_of_each);
        let site = Site { trips_of_each, ..site };
        say(&format!("{changes} changes, {} gates listening in {} yards", site.gates(), site.yards));
        let [ours, bare] = runtime.block_on(measure(program, &folder, site, changes))?;
        let row = |name, inside, of: fn(&Found) -> &Latency, percentile| Row {
            name,
            value: millis(of(&ours).micros(percentile)),
            unit: "ms",
            floor: Some(millis(of(&bare).micros(percentile))),
            inside,
        };
        rows.push(row(p50, inside, |found| &found.seen, 50.0));
        rows.push(row(p99, inside, |found| &found.seen, 99.0));
        rows.push(row(answer, inside_answer, |found| &found.answered, 99.0));
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(rows)
}

/// By the centre, and by the bare server.
async fn measure(program: &Path, folder: &Path, site: Site, changes: u32) -> anyhow::Result<[Found; 2]> {
    let world = World::new(clock::wall(), changes)?;
    let table = table(&world, folder, site)?;
    let config = yard::config(table.clone())?;
    let revision = yard::fill(&world, &config, site).await?;
    let trips = trips(site, changes)?;
    let centre = Centre::run(program, folder, &table)?;
    let ours = drive(centre.address(), site, &trips).await?;
    drop(centre);
    let stored = centre::bare(&config).await?;
    let sample = check(&stored, revision, changes).await?;
    stored.close().await?;
    let bare = Bare::start(site, sample, &trips).await?;
    let floor = drive(&bare.address, site, &trips).await?;
    ensure!(ours.pairs == floor.pairs, "{} sightings, and {} of the floor", ours.pairs, floor.pairs);
    Ok([ours, floor])
}

fn table(world: &World, folder: &Path, site: Site) -> anyhow::Result<toml::Table> {
    let mut table = yard::table(world, folder, "", site)?;
    let people = table.get_mut("person").and_then(toml::Value::as_array_mut).context("nobody may ask")?;
    people.push(toml::Value::try_from(json!({"token": GATEWAY, "name": "gateway", "role": "gateway"}))?);
    Ok(table)
}

/// The trips that are held, one after the other, with the yard of each: yard after yard.
fn trips(site: Site, changes: u32) -> anyhow::Result<Vec<(TripNo, u32)>> {
    let trip = |change: u32| {
        let yard = change % site.yards;
        let number = site.trips(yard).nth(usize::try_from(change / site.yards)?);
        Ok((records::trip_no(number.context("a yard has too few trips")?)?, yard))
    };
    (0..changes).map(trip).collect()
}

/// When a change was due, or was sent, and when it was answered.
struct Said {
    trip_no: TripNo,
    sent: Instant,
    answered: Instant,
}

/// All gates listen at this address while the changes are made there.
async fn drive(address: &str, site: Site, trips: &[(TripNo, u32)]) -> anyhow::Result<Found> {
    let (told, seen) = unbounded_channel();
    let mut gates = JoinSet::new();
    for number in 0..site.gates() {
        gates.spawn(Gate::greet(address, number).await?.follow(told.clone()));
    }
    drop(told);
    sleep(SETTLE).await;
    let customs = Line::open(address, GATEWAY).await.context("cannot reach the centre")?;
    let customs = tokio::spawn(hold(customs, trips.to_vec()));
    let expected = trips.len() * usize::try_from(site.gates_of_each)?;
    let (said, seen) = tokio::try_join!(async { customs.await? }, collect(seen, &mut gates, expected))?;
    gates.abort_all();
    join(site, trips, &said, &seen)
}

async fn hold(mut line: Line, trips: Vec<(TripNo, u32)>) -> anyhow::Result<Vec<Said>> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut said: Vec<Said> = Vec::new();
    for (trip_no, _) in trips {
        let due = ticks.tick().await.into_std();
        let is_late = said.last().is_some_and(|last| last.answered > due);
        let sent = if is_late { due } else { clock::now() };
        let body = json!({"trip_no": trip_no, "code": "41", "text": "布控"}).to_string();
        let answer = timeout(PATIENCE, line.ask("POST /api/v1/desk/receipts", &body)).await;
        let (answer, answered) = (answer.context("no answer to a hold")??, clock::now());
        let outcome = String::from_utf8_lossy(&answer.body);
        let applied: Value = serde_json::from_str(&outcome).unwrap_or_default();
        ensure!(applied.get("applied") == Some(&json!(true)), "a hold: {} {outcome}", answer.first);
        said.push(Said { trip_no, sent, answered });
    }
    Ok(said)
}

/// What the gates tell, until so much is there.
async fn collect(
    mut told: UnboundedReceiver<Seen>,
    gates: &mut JoinSet<anyhow::Result<()>>,
    expected: usize,
) -> anyhow::Result<Vec<Seen>> {
    let mut found = Vec::with_capacity(expected);
    while found.len() < expected {
        tokio::select! {
            seen = timeout(PATIENCE, told.recv()) => match seen {
                Ok(Some(seen)) => found.push(seen),
                _ => bail!("{} of {expected} sightings are missing", expected - found.len()),
            },
            ended = gates.join_next() => {
                ended.context("there are no gates")??.context("a gate gives up")?;
                bail!("a gate has ended");
            }
        }
    }
    Ok(found)
}

/// Every change meets the gates that saw it: all of its yard, once each, and none of another.
fn join(site: Site, trips: &[(TripNo, u32)], said: &[Said], seen: &[Seen]) -> anyhow::Result<Found> {
    let yards: BTreeMap<&TripNo, u32> = trips.iter().map(|(trip_no, yard)| (trip_no, *yard)).collect();
    let sent: BTreeMap<&TripNo, Instant> = said.iter().map(|said| (&said.trip_no, said.sent)).collect();
    let mut found = Found { seen: Latency::new()?, answered: Latency::new()?, pairs: 0 };
    said.iter().for_each(|said| found.answered.record(said.answered.duration_since(said.sent)));
    let mut pairs = BTreeSet::new();
    for one in seen {
        let yard = yards.get(&one.trip_no).copied();
        ensure!(yard == Some(site.yard_of(one.gate)), "gate {} saw {} of {yard:?}", one.gate, one.trip_no);
        ensure!(pairs.insert((one.gate, one.trip_no)), "gate {} saw {} twice", one.gate, one.trip_no);
        let began = sent.get(&one.trip_no).context("a trip that nobody has held")?;
        found.seen.record(one.at.duration_since(*began));
    }
    found.pairs = pairs.len();
    Ok(found)
}

/// The centre has as many revisions more as it was told changes, and nothing to complain of; one of them, for the floor.
async fn check(stored: &Store, revision: i64, changes: u32) -> anyhow::Result<Sample> {
    let sql = "SELECT body, mark FROM change_log WHERE rev > $1 ORDER BY rev";
    let rows = store::all(stored.read(), sql, [revision.into()]).await?;
    ensure!(u32::try_from(rows.len())? == changes, "{} revisions of {changes} changes", rows.len());
    let alerts = store::one(stored.read(), "SELECT COUNT(*) AS found FROM alert", []).await?;
    let alerts: i64 = store::column(&alerts.context("nothing was counted")?, "found")?;
    ensure!(alerts == 0, "{alerts} alerts");
    let last = rows.last().context("nothing has changed")?;
    let (body, mark): (String, String) = (store::column(last, "body")?, store::column(last, "mark")?);
    let change: Value = serde_json::from_str(&body)?;
    let trip_no = change.get("trip_no").and_then(Value::as_str).context("a change of no trip")?.to_owned();
    Ok(Sample { body, trip_no, mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_go_from_yard_to_yard_and_none_comes_twice() {
        let site = Site { yards: 3, gates_of_each: 2, trips_of_each: 2 };
        let trips = trips(site, 12).unwrap();
        assert_eq!(trips.iter().map(|(_, yard)| *yard).take(4).collect::<Vec<_>>(), [0, 1, 2, 0]);
        assert_eq!(trips.iter().map(|(trip_no, _)| trip_no).collect::<BTreeSet<_>>().len(), 12);
        assert!(super::trips(site, 13).is_err(), "more than there are");
    }

    #[test]
    fn a_sighting_by_another_yard_or_a_second_one_ends_the_run() {
        let site = Site { yards: 2, gates_of_each: 1, trips_of_each: 1 };
        let trips = trips(site, 2).unwrap();
        let (trip_no, at) = (trips[0].0, clock::now());
        let said = [Said { trip_no, sent: at, answered: at }];
        let seen = |gate| Seen { gate, trip_no, at };
        assert_eq!(join(site, &trips, &said, &[seen(0)]).unwrap().pairs, 1);
        assert!(join(site, &trips, &said, &[seen(1)]).is_err());
        assert!(join(site, &trips, &said, &[seen(0), seen(0)]).is_err());
    }
}
