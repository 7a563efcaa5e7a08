//! A data folder that is a file system of the test's own, which somebody else fills.

use std::{fs, io::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{Yard, YardPlan, agent::Agent, clock, play, wait};
use serde_json::{Value, json};

use super::{lorries, mounts::with_mounts, passes};

const SOON: Duration = Duration::from_secs(30);
/// Room for the reserve and as much again, so that it is kept.
const MOUNT: &str =
    "mkdir -p \"$2/yard/0708-G02/data\" && mount -t tmpfs -o size=160m kakou \"$2/yard/0708-G02/data\"";

fn fills(ballast: &Path) -> Result<()> {
    let mut file = fs::File::create(ballast)?;
    while file.write_all(&[7; 65_536]).is_ok() {}
    Ok(())
}

async fn is_on_reserve(agent: &Agent) -> Result<bool> {
    Ok(agent.status().await?.pointer("/journal/on_reserve") == Some(&Value::Bool(true)))
}

async fn is_raised(yard: &Yard) -> Result<bool> {
    let alerts = yard.rest().alerts().await?;
    Ok(alerts.iter().any(|alert| alert.get("code") == Some(&json!("gate_disk_full"))))
}

/// Fault A5: lorries pass while the disk is full, in the room that was kept; panel and centre are told, and that it is over when there is space again.
#[tokio::test]
async fn a_full_disk_is_told_at_the_panel_and_at_the_centre() -> Result<()> {
    let Some(folder) = with_mounts("full::a_full_disk_is_told_at_the_panel_and_at_the_centre", MOUNT)? else {
        return Ok(());
    };
    play(YardPlan { folder: Some(folder), ..YardPlan::default() }, async |yard| {
        let epcs: [String; 5] = lorries(yard).await?;
        let gate = yard.gate()?;
        let ballast = gate.agent.data_dir().join("ballast");
        wait::until_true("room to be kept", SOON, async || Ok(!is_on_reserve(&gate.agent).await?)).await?;
        ensure!(gate.agent.data_dir().join("journal.db.reserve").exists(), "no room is kept");
        fills(&ballast)?;
        let (last, first) = epcs.split_last().context("no lorries")?;
        for epc in first {
            passes(gate, epc).await?;
        }
        ensure!(!gate.agent.data_dir().join("journal.db.reserve").exists(), "the disk was not full");
        let begun = clock::now();
        wait::until_true("the panel to say so", SOON, async || is_on_reserve(&gate.agent).await).await?;
        let panel = begun.elapsed();
        wait::until_true("the centre to raise it", SOON, async || is_raised(yard).await).await?;
        let centre = begun.elapsed();

        fs::remove_file(&ballast)?;
        wait::until_true("room to be kept again", SOON, async || Ok(!is_on_reserve(&gate.agent).await?))
            .await?;
        passes(gate, last).await?;
        println!(
            "{}",
            json!({"test": "full", "panel_ms": panel.as_millis(), "centre_ms": centre.as_millis()})
        );
        yard.agrees().await.map(drop)
    })
    .await
}
