//! An agent that gets no more memory and no more threads. The limits are those of its own process, which bind root and anybody else alike: `RLIMIT_DATA` for
//! memory that it alone uses (programs and files that are mapped cost the machine nothing that it could not take back), `RLIMIT_NPROC` for threads.
//! Absent on purpose: the system's own choice of whom to kill for memory. It kills with signal 9, as `kill` does at every step.

use std::{fs, thread::available_parallelism, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, YardPlan,
    agent::Agent,
    clock,
    plan::PERSONS,
    play,
    record::{Closing, NewRecord, unused_epc},
    rest::Rest,
    simulator::Drive,
    wait,
};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use super::{PASSAGE_WITHIN, behind, call, passes};

const MEBIBYTE: u64 = 1024 * 1024;
/// What the agent may have, as the fault says.
const MEMORY: u64 = 64 * MEBIBYTE;
/// How long a driver waits who is to be released.
const PATIENCE_MS: u64 = 120_000;
/// Nobody's number on any machine, so that the system counts no other threads with it.
const NOBODY_ELSE: &str = "61234";

/// Lorries that are known at the gate.
async fn expected(rest: &Rest, count: usize) -> Result<Vec<String>> {
    let mut epcs = Vec::new();
    for _ in 0..count {
        let epc = unused_epc();
        rest.declare_and_approve(&NewRecord::of(&epc, Closing::Exit)).await?;
        epcs.push(epc);
    }
    Ok(epcs)
}

/// A line of what the system tells of the running agent, such as `VmData: 8000 kB`: the number.
fn figure(agent: &Agent, name: &str) -> Result<u64> {
    let pid = agent.process.pid().context("the agent has no process id")?;
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).context("the system tells nothing of it")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number =
        line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("no {name}"))?;
    number.parse().with_context(|| format!("{name} is no number"))
}

/// The running agent has that limit, as the system lists it.
fn is_limited(agent: &Agent, what: &str, to: u64) -> Result<()> {
    let pid = agent.process.pid().context("the agent has no process id")?;
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).context("the system tells no limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix(what)).context("no such limit")?;
    ensure!(line.split_whitespace().next() == Some(&to.to_string()), "{what} is {line}");
    Ok(())
}

/// From now on it may have no more memory than that.
fn limit_memory(agent: &Agent, bytes: u64) -> Result<()> {
    let pid = agent.process.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let limit = Rlimit { current: Some(bytes), maximum: Some(MEMORY) };
    prlimit(pid, Resource::Data, limit).context("the system does not limit it")?;
    Ok(())
}

/// Fault A8, I1: with 64 MiB the agent starts and lets lorries pass, also beside many callers. Then it gets no byte more than it has: it goes on, or ends at once and loses nothing; started again,
/// as its supervisor would, it stays.
#[tokio::test]
async fn lorries_pass_when_memory_is_short() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let epcs = expected(yard.rest(), 5).await?;
        yard.fed(yard.gate()?).await?;
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        behind(&mut gate.agent.process.launch, &["prlimit", &format!("--data={MEMORY}:{MEMORY}")]);
        gate.agent.start().await?;
        passes(gate, &epcs[0]).await?;
        let held = call(gate.agent.url().trim_start_matches("http://").parse()?).await;
        passes(gate, &epcs[1]).await?;
        drop(held);
        let has_kb = figure(&gate.agent, "VmData")?;
        is_limited(&gate.agent, "Max data size", MEMORY)?;

        limit_memory(&gate.agent, has_kb * 1024)?;
        is_limited(&gate.agent, "Max data size", has_kb * 1024)?;
        let squeezed = clock::now();
        let (mut passed, mut ended) = (0, 0);
        for epc in &epcs[2..] {
            let drive = Drive::leaves("IN1", epc, 8_000);
            let end = gate.simulator.drive_to_its_end(&drive, PASSAGE_WITHIN).await?;
            passed += u32::from(end == "passed");
            if !gate.agent.process.is_running()? {
                ended += 1;
                gate.agent.start().await?;
            }
        }
        ensure!(ended <= 3, "it ended {ended} times in {:?}", squeezed.elapsed());
        let told = json!({"test": "memory", "limit_mib": MEMORY / MEBIBYTE, "has_kb": has_kb, "passed_squeezed": passed, "ended_squeezed": ended});
        println!("{told}");
        yard.agrees().await.map(drop)
    })
    .await
}

/// The words by which a program gets no more threads than this.
fn with_threads(most: usize) -> Vec<String> {
    let limit = format!("--nproc={most}:{most}");
    let words: &[&str] = if rustix::process::geteuid().is_root() {
        // Root is not bound. Who is root by his effective number only, and has not these two rights, is; he is counted by his real one.
        &["setpriv", "--ruid", NOBODY_ELSE, "--bounding-set", "-sys_resource,-sys_admin", "prlimit", &limit]
    } else {
        // In a namespace of users of its own nobody else's threads are counted.
        &["unshare", "--user", "--map-current-user", "prlimit", &limit]
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn starts_with_threads(gate: &mut Gate, most: usize) -> Result<()> {
    let words = with_threads(most);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    behind(&mut gate.agent.process.launch, &words);
    gate.agent.start().await
}

/// A lorry stands at the exit, which nobody has seen enter; a person releases it.
async fn is_released(gate: &Gate, epc: &str) -> Result<()> {
    let [zhang, ..] = PERSONS;
    let drive = Drive { patience_ms: PATIENCE_MS, ..Drive::passes("OUT1", epc) };
    let lorry = gate.simulator.drive(&drive).await?;
    wait::until_true("the lane to wait for a person", PASSAGE_WITHIN, async || {
        let status = gate.agent.status().await?;
        let mut lanes = status.get("lanes").and_then(Value::as_array).into_iter().flatten();
        let says = |lane: &Value, name: &str, value: &str| lane.get(name) == Some(&json!(value));
        Ok(lanes.any(|lane| {
            says(lane, "lane_id", "OUT1") && says(lane, "state", "held") && says(lane, "verdict", "M")
        }))
    })
    .await?;
    let act = json!({"person": zhang.id, "pin": zhang.pin, "do": "release", "reason": "seen to enter"});
    gate.agent.act("OUT1", &act).await?;
    let end = gate.simulator.ended(lorry, PASSAGE_WITHIN).await?;
    ensure!(end == "passed", "the released lorry ended as {end}");
    Ok(())
}

/// Fault A8, I1: with the threads that it starts with and not one more the agent lets lorries pass, hears of new ones, and lets a person release whose PIN it checks.
#[tokio::test]
async fn lorries_pass_when_threads_are_few() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let before = expected(yard.rest(), 2).await?;
        yard.fed(yard.gate()?).await?;
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        // The first, the runtime's, and those of the journal, of persons, of the emergency log, of index and receipts, of the watchdog.
        let most = 1 + available_parallelism()?.get() + 5;
        starts_with_threads(gate, most).await?;
        passes(gate, &before[0]).await?;
        is_released(gate, &before[1]).await?;
        let threads = figure(&yard.gate()?.agent, "Threads")?;
        ensure!(usize::try_from(threads)? <= most, "{threads} threads: the limit does not bind");
        let after = expected(yard.rest(), 1).await?;
        yard.fed(yard.gate()?).await?;
        passes(yard.gate()?, &after[0]).await?;
        println!("{}", json!({"test": "threads", "most": most, "threads": threads}));
        tokio::time::timeout(PASSAGE_WITHIN, yard.agrees()).await?.map(drop)
    })
    .await
}
