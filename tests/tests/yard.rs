//! The harness itself: a yard comes up, survives what tests do to it, and tells what it knows when a story fails.

use std::{path::Path, time::Duration};

use anyhow::{Result, bail, ensure};
use kakou_tests::{
    YardPlan,
    line::Line,
    play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
};
use protocols::rules::TripStatus;

const WITHIN: Duration = Duration::from_secs(120);

/// Design promise 1 and invariants I1, I2, I5: what the witness, the journal and the centre say of a trip is the same.
#[tokio::test]
async fn a_lorry_comes_and_leaves_and_everything_agrees() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let epc = unused_epc();
        let record = yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Exit)).await?;
        let gate = yard.gate()?;
        yard.fed(gate).await?;
        for lane in ["IN1", "OUT1"] {
            let end = gate.simulator.drive_to_its_end(&Drive::passes(lane, &epc), WITHIN).await?;
            ensure!(end == "passed", "{lane}: the lorry {end}");
        }
        yard.rest().reaches(&record.unified_no, TripStatus::LeftPort, WITHIN).await?;
        ensure!(yard.rest().receipts(&record.unified_no).await?.len() >= 5, "the declarant was not told");
        ensure!(yard.agrees().await?.raises == 2, "two lanes, two raises");
        Ok(())
    })
    .await
}

/// Everything may be killed, frozen and cut, and is the same yard afterwards.
#[tokio::test]
async fn a_yard_outlives_kills_and_cuts() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let epc = unused_epc();
        let record = yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
        yard.fed(yard.gate()?).await?;

        yard.centre.process.kill()?;
        let gate = yard.gate_mut()?;
        gate.agent.process.kill()?;
        gate.line.set(Line::Cut);
        gate.agent.start().await?;
        gate.agent.process.freeze()?;
        gate.agent.process.thaw()?;
        let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), WITHIN).await?;
        ensure!(end == "passed", "without a centre the lorry {end}");

        yard.centre.start_again().await?;
        yard.gate()?.line.set(Line::Open);
        yard.rest().reaches(&record.unified_no, TripStatus::Closed, WITHIN).await?;
        ensure!(yard.agrees().await?.raises == 1, "one lane, one raise");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_story_is_told_with_logs_and_keeps_its_folder() {
    let failed =
        play(YardPlan::default(), async |_| -> Result<()> { bail!("the lorry has a flat tyre") }).await;
    let told = format!("{:#}", failed.unwrap_err());
    for part in ["the lorry has a flat tyre", "central.log\n", "gate-agent.log\n", "firmware-sim.log\n"] {
        assert!(told.contains(part), "{part:?} is missing in:\n{told}");
    }
    let folder = told.rsplit("everything lies in ").next().unwrap();
    assert!(Path::new(folder).join("0708-G02/data/journal.db").is_file(), "{folder}");
    std::fs::remove_dir_all(folder).unwrap();
}
