//! The centre on PostgreSQL: a lorry from the declaration to the closed trip, while two centres share one database.

use std::time::Duration;

use anyhow::{Result, ensure};
use kakou_tests::{
    YardPlan,
    centre::Centre,
    play, postgres,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
};
use protocols::rules::TripStatus;

const WITHIN: Duration = Duration::from_secs(120);

/// design sections 5 and 6: declared at one centre, fed to the gate by another, on one database; one of them is killed on the way, and what the
/// witness, the journal and the centre say of the trip is the same.
#[tokio::test]
async fn a_lorry_passes_while_two_centres_share_a_database() -> Result<()> {
    let plan = YardPlan { store_url: postgres::fresh()?, ..YardPlan::default() };
    play(plan, async |yard| {
        let mut other = Centre::start(&yard.plan, &yard.folder().join("other-centre")).await?;
        let people = other.people()?;
        let epc = unused_epc();
        let record = people.declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
        let gate = yard.gate()?;
        yard.fed(gate).await?;
        other.process.kill()?;
        let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), WITHIN).await?;
        ensure!(end == "passed", "the lorry {end}");
        yard.rest().reaches(&record.unified_no, TripStatus::Closed, WITHIN).await?;
        other.start_again().await?;
        people.reaches(&record.unified_no, TripStatus::Closed, WITHIN).await?;
        ensure!(yard.agrees().await?.raises == 1, "one lane, one raise");
        other.process.stop(WITHIN).await?;
        Ok(())
    })
    .await
}
