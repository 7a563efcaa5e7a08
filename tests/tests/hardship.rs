//! Real processes that lack something, and a centre that has gone back to yesterday.

#[cfg(test)]
#[path = "hardship/full.rs"]
mod full;
#[cfg(test)]
#[path = "hardship/limits.rs"]
mod limits;
#[cfg(test)]
#[path = "hardship/mounts.rs"]
mod mounts;
#[cfg(test)]
#[path = "hardship/read_only.rs"]
mod read_only;
#[cfg(test)]
#[path = "hardship/stands_still.rs"]
mod stands_still;

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, Yard, YardPlan, play,
    process::Launch,
    record::{Closing, Medium, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use protocols::{
    contract::{Event, EventType},
    rules::ReasonCode,
};
use serde_json::json;
use tokio::net::TcpStream;

const PASSAGE_WITHIN: Duration = Duration::from_secs(120);
/// Descriptors that the agent may have, of which it needs some thirty.
const FEW: &str = "--nofile=64:64";
/// More than the panel takes, and more than the agent has.
const CALLERS: usize = 80;

async fn passes(gate: &Gate, epc: &str) -> Result<()> {
    let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", epc), PASSAGE_WITHIN).await?;
    ensure!(end == "passed", "the lorry with {epc} ended as {end}");
    Ok(())
}

/// Lorries that are known at the gate, as many as are asked for.
async fn lorries<const N: usize>(yard: &Yard) -> Result<[String; N]> {
    let epcs = std::array::from_fn(|_| unused_epc());
    for epc in &epcs {
        yard.rest().declare_and_approve(&NewRecord::of(epc, Closing::Exit)).await?;
    }
    yard.fed(yard.gate()?).await?;
    Ok(epcs)
}

/// Starts it by another program from now on, which ends as it.
fn behind(launch: &mut Launch, words: &[&str]) {
    let (by, with) = words.split_first().unwrap_or((&"env", &[]));
    let program = std::mem::replace(&mut launch.program, by.into());
    let words = with.iter().map(|word| (*word).to_owned()).chain([program.display().to_string()]);
    launch.args.splice(0..0, words);
}

async fn call(panel: SocketAddr) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..CALLERS {
        if let Ok(Ok(stream)) =
            tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(panel)).await
        {
            held.push(stream);
        }
    }
    held
}

/// Fault A8: with 64 descriptors the agent starts and lets lorries pass, also while callers hold every descriptor that its panel takes; the panel
/// answers again when they are gone.
#[tokio::test]
async fn lanes_go_on_when_descriptors_are_few() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let rest = yard.rest().clone();
        let epcs = [unused_epc(), unused_epc()];
        for epc in &epcs {
            rest.declare_and_approve(&NewRecord::of(epc, Closing::Exit)).await?;
        }
        yard.fed(yard.gate()?).await?;
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        behind(&mut gate.agent.process.launch, &["prlimit", FEW]);
        gate.agent.start().await?;
        passes(gate, &epcs[0]).await?;
        let panel = gate.agent.url().trim_start_matches("http://").parse().context("the panel's address")?;
        let held = call(panel).await;
        ensure!(held.len() > 20, "only {} callers came through", held.len());
        passes(gate, &epcs[1]).await?;
        drop(held);
        wait::until_true("the panel to answer again", PASSAGE_WITHIN, async || {
            Ok(gate.agent.status().await.is_ok())
        })
        .await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// Fault C7, SG-248, I4: the centre comes back with yesterday's backup and has forgotten lorries, events and a denial. It gets every event again, and what was denied stays denied at
/// the gate.
#[tokio::test]
async fn a_centre_restored_from_a_backup_is_told_everything_again() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let rest = yard.rest().clone();
        let [before, after, denied] = [unused_epc(), unused_epc(), unused_epc()];
        for epc in [&before, &denied] {
            rest.declare_and_approve(&NewRecord::of(epc, Closing::Exit)).await?;
        }
        yard.fed(yard.gate()?).await?;
        passes(yard.gate()?, &before).await?;
        yard.delivered(yard.gate()?, PASSAGE_WITHIN).await?;
        let data = yard.centre.store().parent().context("a store without a folder")?.to_owned();
        let backup = yard.folder().join("yesterday");
        yard.centre.process.stop(Duration::from_secs(20)).await?;
        copy(&data, &backup)?;
        yard.centre.start_again().await?;

        rest.declare_and_approve(&NewRecord::of(&after, Closing::Exit)).await?;
        rest.deny(&Medium::tag(&denied), "reported stolen").await?;
        yard.fed(yard.gate()?).await?;
        passes(yard.gate()?, &after).await?;
        let told = yard.delivered(yard.gate()?, PASSAGE_WITHIN).await?;

        yard.centre.process.kill()?;
        fs::remove_dir_all(&data)?;
        copy(&backup, &data)?;
        yard.centre.start_again().await?;
        let gate = yard.gate()?;
        let again = yard.delivered(gate, PASSAGE_WITHIN).await?;
        ensure!(again >= told, "{again} events instead of {told}");
        yard.fed(gate).await?;
        let end =
            gate.simulator.drive_to_its_end(&Drive::leaves("IN1", &denied, 5000), PASSAGE_WITHIN).await?;
        ensure!(end == "refused_left", "the denied lorry ended as {end}");
        let refused = |event: &Event| {
            event.event_type == EventType::Refuse && event.reason_code == Some(ReasonCode::DenyListed)
        };
        gate.agent.records("the refusal", 0, |events| events.iter().any(refused).then_some(())).await?;
        let tally = yard.agrees().await?;
        println!("{}", json!({"test": "restored", "events": again, "pulses": tally.raises}));
        Ok(())
    })
    .await
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
