//! Cables pulled in the middle of what a device tells, and plugged in again, on a lane with a serial port and on one with
//! addresses: each time the agent is back, in what is shipped within three seconds, on the right lane, and holds no more descriptors than before.
//! `KAKOU_REPLUGS` (default 12), `KAKOU_SEED`.
#![expect(
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do; JSON indexed by name never panics"
)]

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, LanePlan, Reach, YardPlan, chance::Chance, clock, parameter, play, ports, record::unused_epc, wait,
};
use protocols::rules::LaneDirection;
use serde_json::{Value, json};

/// The target of fault D2; without optimisation, on a machine that does much else, only what is never back is a failure, and the run tells what it
/// took.
const BACK_WITHIN: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 3 });
/// Far longer than anything else here takes on a machine that does much else.
const SOON: Duration = Duration::from_secs(30);
/// Longer than any answer of reader or board.
const BYTES: u64 = 40;
/// How long a cable stays out at most; and now and then, so that the pauses between two attempts have grown to the longest.
const AWAY_MS: (u64, u64) = (600, 4000);
/// Of one core, while everything is away. What is shipped keeps to 2; without optimisation the same work takes several times as much,
/// and an attempt without a pause, which this is to find, takes all of it.
const IDLE_PERCENT: f64 = if cfg!(debug_assertions) { 60.0 } else { 2.0 };

/// What the panel says of a lane: state and reason.
async fn lane(gate: &Gate, lane_id: &str) -> Result<(Value, Value)> {
    let status = gate.agent.status().await?;
    let lanes = status["lanes"].as_array().context("no lanes")?;
    let lane = lanes.iter().find(|lane| lane["lane_id"] == lane_id).context("no such lane")?;
    Ok((lane["state"].clone(), lane["reason"].clone()))
}

async fn online(gate: &Gate, device: &str) -> Result<bool> {
    let status = gate.agent.status().await?;
    let devices = status["devices"].as_array().context("no devices")?;
    let found = devices.iter().find(|one| one["name"] == device).context("no such device")?;
    Ok(found["online"] == true)
}

/// How many files and sockets the agent has open.
fn descriptors(gate: &Gate) -> Result<usize> {
    let pid = gate.agent.process.pid().context("the agent does not run")?;
    Ok(fs::read_dir(format!("/proc/{pid}/fd")).context("cannot count descriptors")?.count())
}

/// Processor time of the agent so far, in hundredths of a second.
fn ticks(gate: &Gate) -> Result<f64> {
    let pid = gate.agent.process.pid().context("the agent does not run")?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("cannot read processor time")?;
    // Behind the name, which may hold blanks: fields 3 and on; user and system time are 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<f64>().ok());
    field(14).zip(field(15)).map(|(user, system)| user + system).context("no processor time")
}

/// Pulls a cable after some more bytes, plugs it in a little later, and waits until the agent works the device again.
async fn replug(gate: &Gate, device: &str, bytes: u64, away: Duration) -> Result<Duration> {
    let pull = json!({"do": "unplug", "device": device, "after_bytes": bytes});
    gate.simulator.order(&pull).await?;
    wait::until_true(format!("{device} to be missed"), SOON, async || Ok(!online(gate, device).await?))
        .await?;
    tokio::time::sleep(away).await;
    let begun = clock::now();
    gate.simulator.order(&json!({"do": "replug", "device": device})).await?;
    wait::until_true(format!("{device} to work again"), SOON, async || online(gate, device).await).await?;
    Ok(begun.elapsed())
}

/// A vehicle with an unknown tag stands in a lane: that lane says so, and the other one sees nothing.
async fn stands_in_its_lane(gate: &Gate, lane_id: &str, other: &str) -> Result<String> {
    let (epc, reader) = (unused_epc(), format!("{lane_id}-uhf"));
    let covers =
        |occupied: bool| json!({"do": "loop", "lane": lane_id, "which": "approach", "occupied": occupied});
    gate.simulator.order(&covers(true)).await?;
    gate.simulator.order(&json!({"do": "show", "device": reader, "what": {"tag": {"epc": epc}}})).await?;
    wait::until_true(format!("{lane_id} to refuse an unknown tag"), SOON, async || {
        Ok(lane(gate, lane_id).await? == (json!("held"), json!("no_binding")))
    })
    .await?;
    ensure!(lane(gate, other).await?.0 == "idle", "{other} sees the vehicle in {lane_id}");
    gate.simulator.order(&json!({"do": "hide", "device": reader, "what": {"tag": {"epc": epc}}})).await?;
    gate.simulator.order(&covers(false)).await?;
    gate.agent.has_its_devices().await?;
    Ok(epc)
}

/// All that reach a lane by device files, and by addresses.
fn two_lanes() -> Result<YardPlan> {
    let quick = |name: &str| LanePlan { withdraw_ms: 100, ..LanePlan::new(name, LaneDirection::In) };
    let tcp = LanePlan {
        reader_at: Reach::Address(ports::free(0)?),
        board_at: Reach::Address(ports::free(0)?),
        ..quick("IN2")
    };
    let mut plan = YardPlan::default();
    plan.gates.iter_mut().for_each(|gate| gate.lanes = vec![quick("IN1"), tcp.clone()]);
    Ok(plan)
}

/// Each tag was read in its own lane, and in no other.
fn read_where_it_stood(gate: &Gate, stood: &[(String, &str)]) -> Result<()> {
    let records = gate.agent.events()?;
    for (epc, lane_id) in stood {
        let read = records.iter().filter(|event| {
            event.reads.e_plate.iter().chain(&event.reads.others).any(|read| read.value == *epc)
        });
        let lanes: Vec<String> =
            read.filter_map(|event| event.lane_id.as_ref().map(ToString::to_string)).collect();
        ensure!(!lanes.is_empty(), "{epc} was never recorded");
        ensure!(
            lanes.iter().all(|lane| lane == lane_id),
            "{epc} stood in {lane_id} and was read in {lanes:?}"
        );
    }
    Ok(())
}

/// fault D2: random byte positions, device files and addresses, one device after the other; and the processor's time while
/// all are away.
#[tokio::test]
async fn a_device_pulled_out_anywhere_is_back_on_its_lane() -> Result<()> {
    let (replugs, seed) =
        (parameter::number("KAKOU_REPLUGS", 12)?, parameter::number("KAKOU_SEED", 20_261_122)?);
    println!("KAKOU_REPLUGS={replugs} KAKOU_SEED={seed}");
    let mut chance = Chance::from(seed);
    play(two_lanes()?, async |yard| {
        let gate = yard.gate()?;
        let lanes = [("IN1", "IN2"), ("IN2", "IN1")];
        let (mut back, mut stood) = (Vec::new(), Vec::new());
        for (lane_id, other) in lanes {
            // Once, so that connections which stay are open already when they are counted.
            stood.push((stands_in_its_lane(gate, lane_id, other).await?, lane_id));
        }
        let (before, mut most) = (descriptors(gate)?, 0);
        for round in 0..replugs {
            let (lane_id, other) = lanes[usize::try_from(chance.below(2))?];
            let device = format!("{lane_id}-{}", if chance.below(2) == 0 { "uhf" } else { "io" });
            let longest = if chance.below(8) == 0 { AWAY_MS.1 } else { AWAY_MS.0 };
            let away = Duration::from_millis(chance.below(longest));
            let took = replug(gate, &device, chance.below(BYTES), away).await;
            let took = took.with_context(|| format!("round {round}"))?;
            ensure!(took <= BACK_WITHIN, "round {round}: {device} was back after {took:?}");
            back.push(took.as_millis());
            gate.agent.has_its_devices().await?;
            let epc = stands_in_its_lane(gate, lane_id, other).await;
            stood.push((epc.with_context(|| format!("round {round}"))?, lane_id));
            most = most.max(descriptors(gate)?);
        }
        wait::until_true(format!("no more than {before} descriptors"), SOON, async || {
            Ok(descriptors(gate)? <= before)
        })
        .await?;
        read_where_it_stood(gate, &stood)?;

        let percent = idle_percent(gate).await?;
        back.sort_unstable();
        let told = json!({
            "test": "replug", "seed": seed, "replugs": replugs, "descriptors": {"before": before, "most": most},
            "back_ms": {"p50": back.get(back.len() / 2), "max": back.last()}, "idle_cpu_percent": percent,
        });
        println!("{told}");
        ensure!(percent <= IDLE_PERCENT, "{percent} % of a core while nothing is plugged in");
        yard.agrees().await.map(drop)
    })
    .await
}

/// Of one core, while every device is away.
async fn idle_percent(gate: &Gate) -> Result<f64> {
    let devices = ["IN1-uhf", "IN1-io", "IN2-uhf", "IN2-io"];
    for device in devices {
        gate.simulator.order(&json!({"do": "unplug", "device": device})).await?;
    }
    for device in devices {
        wait::until_true(format!("{device} to be missed"), SOON, async || Ok(!online(gate, device).await?))
            .await?;
    }
    let (begun, before) = (clock::now(), ticks(gate)?);
    tokio::time::sleep(Duration::from_secs(5)).await;
    // Hundredths of a second a second are percent.
    let percent = (ticks(gate)? - before) / begun.elapsed().as_secs_f64();
    for device in devices {
        gate.simulator.order(&json!({"do": "replug", "device": device})).await?;
    }
    gate.agent.has_its_devices().await?;
    Ok(percent)
}
