//! The index is held against the centre's: what a gate's disk has forgotten, or keeps as it was, comes back by itself and is told.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, Yard, YardPlan, play,
    record::{Closing, Medium, NewRecord, unused_epc},
    wait,
};
use protocols::contract::{Event, EventType};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(120);

/// Gates that compare every second or two.
fn plan() -> YardPlan {
    let mut plan = YardPlan::default();
    plan.gates.iter_mut().for_each(|gate| gate.compare_s = 2);
    plan
}

fn file(gate: &Gate) -> Result<Connection> {
    let db = Connection::open(gate.agent.data_dir().join("cache.db"))?;
    db.busy_timeout(Duration::from_secs(10))?;
    Ok(db)
}

/// The row of a trip as the gate's file has it; none if it has none.
fn row(gate: &Gate, trip_no: &str) -> Result<Option<Vec<u8>>> {
    let trip: u128 = trip_no.parse()?;
    let db = file(gate)?;
    let mut select = db.prepare("SELECT packed FROM row WHERE trip = ?1")?;
    let mut rows = select.query([trip.to_be_bytes()])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

/// The same of a file that is being replaced: SQLite neither locks it nor tidies up behind itself.
fn fetched(gate: &Gate, trip_no: &str) -> Option<Vec<u8>> {
    let path = format!("file:{}?immutable=1", gate.agent.data_dir().join("cache.db").display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let trip: u128 = trip_no.parse().ok()?;
    let db = Connection::open_with_flags(path, flags).ok()?;
    db.query_row("SELECT packed FROM row WHERE trip = ?1", [trip.to_be_bytes()], |row| row.get(0)).ok()
}

async fn has_row(gate: &Gate, trip_no: &str, due: &[u8]) -> Result<()> {
    let what = format!("the row of {trip_no} to be the centre's again");
    wait::until_true(what, WITHIN, async || Ok(row(gate, trip_no)?.as_deref() == Some(due))).await
}

/// The alerts about the index, once there are so many.
async fn alerts(yard: &Yard, count: usize) -> Result<Vec<String>> {
    let what = format!("{count} alerts about the index");
    wait::until(what, WITHIN, async || {
        let all = yard.rest().alerts().await?;
        let about = all.iter().filter(|alert| alert["code"] == "index_differed");
        let texts: Vec<String> =
            about.map(|alert| alert["text"].as_str().unwrap_or_default().to_owned()).collect();
        Ok((texts.len() >= count).then_some(texts))
    })
    .await
}

/// fault A6, design section 4: a row that is as sound as any, and older than the hold that customs has put on its trip, comes back as the centre has it, and
/// customs is told; a row that is gone leads to a snapshot; nothing is told of a gate whose index is the centre's.
#[tokio::test]
async fn what_a_disk_has_forgotten_comes_back_and_is_told() -> Result<()> {
    play(plan(), async |yard| {
        let rest = yard.rest();
        let approved =
            rest.declare_and_approve(&NewRecord::by(Medium::tag(&unused_epc()), Closing::Exit)).await?;
        let other =
            rest.declare_and_approve(&NewRecord::by(Medium::tag(&unused_epc()), Closing::Exit)).await?;
        let gate = yard.gate()?;
        yard.fed(gate).await?;
        let (trip_no, other) = (approved.trip_no.to_string(), other.trip_no.to_string());
        let before = row(gate, &trip_no)?.context("the gate has no row of the trip")?;
        rest.desk(&approved.unified_no, "hold", "布控").await?;
        yard.fed(gate).await?;
        let held = row(gate, &trip_no)?.context("the gate has no row of the trip")?;
        ensure!(before != held, "the hold did not come to the gate");
        let compared = async || Ok(gate.agent.status().await?["index"]["compared_at"].is_string());
        wait::until_true("the gate to have compared".to_owned(), WITHIN, compared).await?;
        ensure!(alerts(yard, 0).await?.is_empty(), "nothing differed");

        let trip: u128 = trip_no.parse()?;
        let planted = file(gate)?
            .execute("UPDATE row SET packed = ?2 WHERE trip = ?1", params![trip.to_be_bytes(), before])?;
        ensure!(planted == 1);
        has_row(gate, &trip_no, &held).await?;
        let told = alerts(yard, 1).await?;
        ensure!(
            told == [
                "the gate's index differed from the centre's: 1 rows replaced, 0 removed, 0 denials kept"
            ],
            "{told:?}"
        );
        let status = gate.agent.status().await?;
        ensure!(status["index"]["repaired_rows"] == 1, "{status}");

        let due = row(gate, &other)?.context("the gate has no row of the other trip")?;
        let trip: u128 = other.parse()?;
        ensure!(file(gate)?.execute("DELETE FROM row WHERE trip = ?1", [trip.to_be_bytes()])? == 1);
        wait::until_true("the row to be fetched again", WITHIN, async || {
            Ok(fetched(gate, &other).as_ref() == Some(&due))
        })
        .await?;
        let repaired = |events: &[Event]| {
            let all = events.iter().filter(|event| event.event_type == EventType::IndexRepaired);
            let all: Vec<Value> = all.filter_map(|event| event.detail.clone()).collect();
            (all.len() >= 2).then_some(all)
        };
        let told = gate.agent.records("what was found", 0, repaired).await?;
        let counts: Vec<(&Value, &Value)> =
            told.iter().map(|found| (&found["replaced"], &found["snapshot"])).collect();
        ensure!(counts[..2] == [(&json!(1), &json!(false)), (&json!(0), &json!(true))], "{told:?}");
        Ok(())
    })
    .await
}
