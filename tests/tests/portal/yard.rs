//! The yard's operator at the screen: a real gate and a simulated lane, a lorry that comes, and a line to the centre that is cut.

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    YardPlan, browser,
    config::{ADMIN, DECLARANT, OFFICER, OPERATOR},
    play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
};
use serde_json::{Value, json};

use super::{AT_THE_SCREEN, stage::seat};

/// SG-234, SG-235, SG-236, SG-237, SG-242, SG-245, SG-253; portal patterns "Lanes (operator)": an operator sees lorries come while they come, why one
/// is let through and another refused, what a gate has to tell of itself, acknowledges an alert, replays a passage step by step, finds it again, and
/// is told when the line to the centre is cut; the declarant's record tells of the lane.
#[tokio::test]
async fn an_operator_follows_the_lanes_while_lorries_come() -> Result<()> {
    let _seat = seat().await?;
    play(YardPlan::default(), async |yard| {
        let own = unused_epc();
        let record = yard.rest().declare_and_approve(&NewRecord::of(&own, Closing::Exit)).await?;
        let gate = yard.gate()?;
        yard.fed(gate).await?;
        let given = json!({
            "centre": yard.centre.address().to_string(), "control": gate.simulator.control(), "operator": OPERATOR, "officer": OFFICER,
            "declarant": DECLARANT, "admin": ADMIN, "agent": gate.agent.process.pid(), "gate": gate.plan.gate_id, "yard": yard.plan.yard_id, "record": record.unified_no, "trip": record.trip_no,
            "epc": own, "passes": order(&Drive::passes("IN1", &own))?, "leaves": order(&Drive::passes("OUT1", &own))?,
            "stranger": order(&Drive::leaves("OUT1", &unused_epc(), 2500))?,
        });
        let told = browser::run("portal-yard.mjs", &given.to_string(), AT_THE_SCREEN).await?;
        ensure!(told.contains(" passed, 0 failed"), "{told}");
        Ok(())
    })
    .await
}

/// A vehicle as the simulator's control socket takes it.
fn order(drive: &Drive) -> Result<Value> {
    let mut order = serde_json::to_value(drive).context("the vehicle cannot be written")?;
    order.as_object_mut().context("a vehicle is an object")?.insert("do".to_owned(), json!("vehicle"));
    Ok(order)
}
