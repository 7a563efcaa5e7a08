//! Durable before motion, shown by the order of system calls and not by counting: the agent runs under strace, lorries pass, and
//! for each pulse on the board's line the sync of its intent must have come back before the pulse began.
//! The same check is shown to fail where the promise is broken on purpose: without syncs, and with the pulse moved before the commit.
//! `KAKOU_LORRIES` (default 4): how many pass in each run.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, YardPlan,
    order::{self, Intent, Order, Port, Violation},
    parameter, play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    trace,
};
use protocols::contract::EventType;

/// Lets lorries pass an agent under strace with that variable set; what the trace shows.
async fn traced_lorries(variable: Option<(&str, &str)>) -> Result<Order> {
    let lorries = parameter::number("KAKOU_LORRIES", 4)?;
    let order = play(YardPlan::default(), async |yard| {
        let mut media = Vec::new();
        for _ in 0..lorries {
            let epc = unused_epc();
            yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
            media.push(epc);
        }
        let output = yard.folder().join("agent.strace");
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        gate.agent.process.launch = trace::traced(&gate.agent.process.launch, &output)?;
        let variable = variable.map(|(name, value)| (name.to_owned(), value.to_owned()));
        gate.agent.process.launch.env.extend(variable);
        let before = gate.agent.journal_from(1)?.len();
        gate.agent.start().await?;
        yard.fed(yard.gate()?).await?;
        for epc in &media {
            let gate = yard.gate()?;
            let end =
                gate.simulator.drive_to_its_end(&Drive::passes("IN1", epc), Duration::from_secs(120)).await?;
            ensure!(end == "passed", "the lorry with {epc} ended as {end}");
        }
        let gate = yard.gate_mut()?;
        let pid = gate.agent.process.pid().context("the agent has no process id")?;
        gate.agent.process.stop(Duration::from_secs(30)).await?;
        let calls = trace::finished(&output, pid).await?;
        judge(gate, &calls, before)
    })
    .await?;
    ensure!(
        u64::try_from(order.pulses)? == lorries,
        "{lorries} lorries have passed, and the trace shows {} pulses",
        order.pulses
    );
    Ok(order)
}

fn judge(gate: &Gate, calls: &[trace::Call], before: usize) -> Result<Order> {
    let intent = |event: &protocols::contract::Event| {
        let lane = event.lane_id.as_ref()?.as_str().to_owned();
        Some(Intent { lane, event_id: event.event_id.to_string() })
    };
    let events = gate.agent.events()?;
    let intents = events.iter().skip(before).filter(|event| event.event_type == EventType::RaiseIntent);
    let intents: Vec<Intent> = intents.filter_map(intent).collect();
    let ports = gate.plan.lanes.iter().map(|lane| {
        let link = gate.simulator.devices().join(lane.board());
        let file = fs::canonicalize(&link).with_context(|| format!("{} leads nowhere", link.display()))?;
        Ok(Port { lane: lane.lane_id.clone(), file: file.display().to_string() })
    });
    let ports: Vec<Port> = ports.collect::<Result<_>>()?;
    let log = gate.agent.data_dir().join("journal.db-wal");
    Ok(order::check(calls, &log.display().to_string(), &ports, &intents))
}

/// SG-248; design promise 1; invariant I3: each pulse begins after the sync of its own intent has come back.
#[tokio::test]
async fn every_pulse_waits_until_its_intent_is_synced() -> Result<()> {
    let order = traced_lorries(None).await?;
    println!("{} pulses, from sync to pulse {:?} us", order.pulses, order.waited_us);
    ensure!(order.violations.is_empty(), "the order is broken: {:#?}", order.violations);
    ensure!(order.waited_us.len() == order.pulses, "each pulse has waited");
    Ok(())
}

/// A journal that is written and never synced is found out: the check above does not rest on counting.
#[tokio::test]
async fn a_journal_without_syncs_is_found_out() -> Result<()> {
    let order = traced_lorries(Some(("KAKOU_SYNCHRONOUS", "OFF"))).await?;
    let never =
        |violation: &Violation| matches!(violation, Violation::TooEarly { synced_after_us: None, .. });
    println!("{} pulses, {} violations", order.pulses, order.violations.len());
    ensure!(order.violations.len() == order.pulses, "{:#?}", order.violations);
    ensure!(order.violations.iter().all(never), "{:#?}", order.violations);
    Ok(())
}

/// A pulse that goes out before the commit is found out, although just as many intents and syncs are there in the end.
#[tokio::test]
async fn a_pulse_before_its_record_is_found_out() -> Result<()> {
    let order = traced_lorries(Some(("KAKOU_PULSE_FIRST", "1"))).await?;
    let early =
        |violation: &&Violation| matches!(violation, Violation::TooEarly { synced_after_us: Some(_), .. });
    let found = order.violations.iter().filter(early).count();
    println!("{} pulses, {found} before their record", order.pulses);
    ensure!(found == order.pulses, "{order:#?}");
    Ok(())
}
