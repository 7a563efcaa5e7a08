//! A gate captures what its devices say; from those bytes its own program decides every visit again as its journal has it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use kakou_tests::{
    Gate, Yard, YardPlan,
    plan::PERSONS,
    play,
    record::{Closing, EMPTY_KG, NewRecord, PICKUP_KG, unused_epc},
    simulator::{Drive, Sign},
};
use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, Verdict},
};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(120);
const LADEN_KG: u32 = EMPTY_KG + PICKUP_KG;

fn captured(mut plan: YardPlan) -> YardPlan {
    plan.gates.iter_mut().for_each(|gate| gate.capture_mib = 64);
    plan
}

/// What `replay --capture` says: whether its exit status was 0, of each visit, and its last line.
struct Told {
    is_good: bool,
    visits: Vec<Value>,
    counts: Value,
}

impl Told {
    fn count(&self, what: &str) -> u64 {
        self.counts.get(what).and_then(Value::as_u64).unwrap_or(u64::MAX)
    }
}

fn replay(gate: &Gate, folder: &Path, more: &[&str]) -> Result<Told> {
    let folder = folder.to_str().context("a folder without a name")?;
    let (is_good, printed) = gate.agent.asked(&[&["replay", "--capture", folder], more].concat())?;
    let lines = printed.lines().map(serde_json::from_str::<Value>).collect::<serde_json::Result<Vec<_>>>();
    let mut visits = lines.with_context(|| printed.clone())?;
    let counts = visits.pop().context("it says nothing")?;
    Ok(Told { is_good, visits, counts })
}

fn capture_of(gate: &Gate) -> PathBuf {
    gate.agent.data_dir().join("capture")
}

/// The same files elsewhere, each as `change` makes it.
fn changed(gate: &Gate, name: &str, mut change: impl FnMut(String) -> String) -> Result<PathBuf> {
    let to = gate.agent.data_dir().join(name);
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(capture_of(gate))? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?;
        fs::write(to.join(name), change(fs::read_to_string(&path)?))?;
    }
    Ok(to)
}

fn shows(lane: &str, sign: Sign, weight_kg: u32) -> Drive {
    Drive { shows: vec![sign.into()], weight_kg: Some(weight_kg), at_ms: 1_500, ..Drive::passes(lane, "") }
}

fn leaves(drive: Drive) -> Drive {
    Drive { drives: "leaves".to_owned(), patience_ms: 20_000, ..drive }
}

async fn drive(gate: &Gate, drive: &Drive, end: &str) -> Result<()> {
    // Behind one that was refused the lane must notice first that it is gone.
    gate.agent.has_its_devices().await?;
    let is = gate.simulator.drive_to_its_end(drive, WITHIN).await?;
    ensure!(is == end, "{}: the lorry {is} and not {end}", drive.lane);
    Ok(())
}

async fn judged(gate: &Gate, due: (Verdict, ReasonCode)) -> Result<()> {
    let is_due = |event: &Event| event.verdict.zip(event.reason_code) == Some(due);
    let newest = |events: &[Event]| events.iter().rev().find(|event| event.verdict.is_some()).map(is_due);
    let what = format!("{} {} as the newest judgement", due.0, due.1);
    gate.agent.records(what, 0, |events: &[Event]| newest(events).filter(|is_due| *is_due)).await.map(drop)
}

async fn approved(yard: &Yard, epc: &str, closing: Closing) -> Result<()> {
    yard.rest().declare_and_approve(&NewRecord::of(epc, closing)).await?;
    yard.fed(yard.gate()?).await.map(drop)
}

/// How many visits the journal has.
fn arrivals(gate: &Gate) -> Result<usize> {
    let events = gate.agent.events()?;
    Ok(events.iter().filter(|event| event.event_type == EventType::Arrival).count())
}

/// Passes, refusals, holds, a person's release and noise on the lines, by every kind of device that a lane has.
async fn a_busy_hour(yard: &Yard) -> Result<()> {
    let gate = yard.gate()?;
    let tag = |epc: &str| Sign::Tag { epc: epc.to_owned() };
    let [passes, heavy, late] = [unused_epc(), unused_epc(), unused_epc()];
    for epc in [&passes, &heavy] {
        approved(yard, epc, Closing::Entry).await?;
    }
    drive(gate, &shows("IN1", tag(&passes), LADEN_KG), "passed").await?;
    drive(gate, &leaves(shows("IN1", tag(&passes), LADEN_KG)), "refused_left").await?;
    judged(gate, (Verdict::Refuse, ReasonCode::AlreadyUsed)).await?;
    drive(gate, &leaves(shows("IN1", Sign::Card { uid: "0102030A".to_owned() }, LADEN_KG)), "refused_left")
        .await?;
    judged(gate, (Verdict::Refuse, ReasonCode::NoBinding)).await?;
    drive(gate, &leaves(shows("IN1", tag(&heavy), LADEN_KG + 6_000)), "refused_left").await?;
    judged(gate, (Verdict::Person, ReasonCode::WeightOutOfTolerance)).await?;

    // On a noisy day some answers are spoilt.
    for (device, per_mille) in [("IN1-uhf", 5), ("IN1-io", 1)] {
        gate.simulator.fault(device, &json!({"kind": "flip", "per_mille": per_mille})).await?;
    }
    drive(gate, &shows("IN1", tag(&heavy), LADEN_KG), "passed").await?;
    for device in ["IN1-uhf", "IN1-io"] {
        gate.simulator.end_faults(device).await?;
    }

    // Nobody declared this one yet; while it stands there, somebody does.
    let waits = gate.simulator.drive(&shows("IN1", tag(&late), LADEN_KG)).await?;
    judged(gate, (Verdict::Refuse, ReasonCode::NoBinding)).await?;
    approved(yard, &late, Closing::Entry).await?;
    ensure!(gate.simulator.ended(waits, WITHIN).await? == "passed", "the index moved and nobody looked");

    // A person opens for one whom nothing identifies.
    let [zhang, ..] = PERSONS;
    let waits = gate.simulator.drive(&shows("IN1", tag(&unused_epc()), LADEN_KG)).await?;
    judged(gate, (Verdict::Refuse, ReasonCode::NoBinding)).await?;
    let release =
        json!({"person": zhang.id, "pin": zhang.pin, "do": "release", "reason": "the papers are in order"});
    gate.agent.act("IN1", &release).await?;
    ensure!(gate.simulator.ended(waits, WITHIN).await? == "passed", "released, and still there");
    drive(gate, &Drive { at_ms: 1_500, ..leaves(Drive::passes("OUT1", "").without_tag()) }, "refused_left")
        .await
}

/// fault E4, design promise "same answer for the same evidence", decision 0091. From the bytes that came over the wires every visit is decided again as the
/// journal has it; other bytes are not the same, and a journal that says something else is told.
#[tokio::test]
async fn bytes_from_the_wires_come_to_the_verdicts_of_the_journal() -> Result<()> {
    let mut plan = captured(YardPlan::default());
    for lane in plan.gates.iter_mut().flat_map(|gate| &mut gate.lanes).filter(|lane| lane.lane_id == "IN1") {
        *lane = lane.clone().with_everything();
        lane.gathers = vec!["weight"];
    }
    play(plan, async |yard| {
        a_busy_hour(yard).await?;
        // What is on its way to the files is there within a second; what comes behind says so.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let gate = yard.gate()?;
        let visits = arrivals(gate)?;
        ensure!(visits >= 8, "only {visits} visits");

        let told = replay(gate, &capture_of(gate), &[])?;
        let of_visits = &told.visits;
        ensure!(told.is_good && told.count("same") == visits as u64, "{} of {of_visits:#?}", told.counts);
        ensure!(told.count("visits") == visits as u64, "{of_visits:#?}");

        // One visit, by its name.
        let name = of_visits
            .first()
            .and_then(|visit| visit["visit_id"].as_str())
            .context("a visit without a name")?;
        let one = replay(gate, &capture_of(gate), &["--visit", name])?;
        ensure!(one.is_good && one.counts["same"] == 1 && one.visits.len() == 1, "{:?}", one.visits);

        other_bytes(gate, visits as u64)?;
        another_journal(gate, visits as u64)
    })
    .await
}

/// Bytes that were changed never make a good answer of what they were part of.
fn other_bytes(gate: &Gate, visits: u64) -> Result<()> {
    // No tag is heard: none of its frames holds any more.
    let deaf = changed(gate, "deaf", |text| text.replace("E28011606000020000", "E28011606000020100"))?;
    let told = replay(gate, &deaf, &[])?;
    ensure!(!told.is_good && told.count("different") >= 3, "{} {:#?}", told.counts, told.visits);
    ensure!(told.count("visits") >= visits, "{}", told.counts);

    // A piece that nobody can read.
    let torn = changed(gate, "torn", |text| {
        let half = text.lines().count() / 2;
        let tear = |(place, line): (usize, &str)| {
            if (half..half + 40).contains(&place) { line.replace(" <", " (") } else { line.to_owned() }
        };
        text.lines().enumerate().map(tear).map(|line| line + "\n").collect()
    })?;
    let told = replay(gate, &torn, &[])?;
    ensure!(told.count("not_comparable") >= 1, "{} {:#?}", told.counts, told.visits);
    let gap = |visit: &Value| visit["why"].as_str().is_some_and(|why| why.contains("gap"));
    ensure!(told.visits.iter().any(gap), "{:#?}", told.visits);
    Ok(())
}

/// A journal that says another verdict of one visit, and one that lacks a visit.
fn another_journal(gate: &Gate, visits: u64) -> Result<()> {
    let export: Vec<Value> = gate
        .agent
        .command(&["journal", "export"], "")?
        .lines()
        .map(serde_json::from_str)
        .collect::<serde_json::Result<_>>()?;
    let write = |name: &str, lines: &[Value]| -> Result<String> {
        let path = gate.agent.data_dir().join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };

    let path = write("whole.jsonl", &export)?;
    let told = replay(gate, &capture_of(gate), &["--export", &path])?;
    ensure!(told.is_good && told.count("same") == visits, "{} {:#?}", told.counts, told.visits);

    let mut other = export.clone();
    let refusal = other.iter_mut().find(|line| line["event_type"] == "REFUSE" && line.get("basis").is_some());
    let refusal = refusal.context("nothing was refused")?;
    (refusal["verdict"], refusal["reason_code"]) = (json!("Y"), json!("ok"));
    let whose = refusal["visit_id"].clone();
    let path = write("other.jsonl", &other)?;
    let told = replay(gate, &capture_of(gate), &["--export", &path])?;
    ensure!(!told.is_good && told.count("different") == 1, "{} {:#?}", told.counts, told.visits);
    let Some(different) = told.visits.iter().find(|visit| visit["what"] == "different") else {
        bail!("nothing differs: {:#?}", told.visits)
    };
    ensure!(different["visit_id"] == whose && different["again"] != different["recorded"], "{different:#}");

    let lacks: Vec<Value> = export.into_iter().filter(|line| line["visit_id"] != whose).collect();
    let path = write("lacks.jsonl", &lacks)?;
    let told = replay(gate, &capture_of(gate), &["--export", &path])?;
    let alone = told.visits.iter().find(|visit| visit["visit_id"].is_null());
    ensure!(!told.is_good && alone.is_some_and(|visit| visit["what"] == "different"), "{:#?}", told.visits);
    Ok(())
}

/// Decision 0091: nothing is captured unless somebody asks for it; and a start of the agent begins a new stretch, of which the visits before and
/// behind it are decided again.
#[tokio::test]
async fn a_restart_parts_a_capture_and_by_default_there_is_none() -> Result<()> {
    play(captured(YardPlan::default()), async |yard| {
        let epcs = [unused_epc(), unused_epc()];
        for epc in &epcs {
            approved(yard, epc, Closing::Entry).await?;
        }
        drive(yard.gate()?, &Drive::passes("IN1", &epcs[0]), "passed").await?;
        let is_pass = |event: &Event| event.event_type == EventType::Pass;
        let passed = |events: &[Event]| events.iter().any(is_pass).then_some(());
        yard.gate()?.agent.records("a pass", 0, passed).await?;
        // The arm comes down, and what was said of it comes to the file.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let gate = yard.gate_mut()?;
        gate.agent.process.kill()?;
        gate.agent.start().await?;
        gate.agent.has_its_devices().await?;
        drive(gate, &Drive::passes("IN1", &epcs[1]), "passed").await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let told = replay(gate, &capture_of(gate), &[])?;
        ensure!(told.is_good && told.count("same") == 2, "{} {:#?}", told.counts, told.visits);

        gate.agent.process.stop(WITHIN).await?;
        fs::remove_dir_all(capture_of(gate))?;
        gate.agent.process.launch.env = vec![("KAKOU_CAPTURE__KEEP_MIB".to_owned(), "0".to_owned())];
        gate.agent.start().await?;
        ensure!(!capture_of(gate).exists(), "captured though nobody asked");
        Ok(())
    })
    .await
}
