//! Configuration, wires, starts and stops of the agent, as the one who installs it meets them: what is wrong is told, what is missing
//! stops nothing else, and a stop is in order.

use std::{
    fs,
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, LanePlan, Yard, YardPlan, clock, journal, play,
    process::Process,
    programs::Program,
    record::{Closing, NewRecord, unused_epc},
    simulator::{Drive, Pace},
    wait,
};
use protocols::{contract::EventType, rules::LaneDirection};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(120);

/// Runs the agent until it ends by itself; for what must end at once.
fn agent(args: &[&str]) -> Result<Output> {
    Command::new(Program::GateAgent.path()?).args(args).output().context("cannot run the agent")
}

fn two_entries() -> YardPlan {
    let mut plan = YardPlan::default();
    let lanes = ["IN1", "IN2"].map(|name| LanePlan::new(name, LaneDirection::In));
    plan.gates.iter_mut().for_each(|gate| gate.lanes = lanes.to_vec());
    plan
}

/// A lorry with an approved record that the gate knows.
async fn expected_lorry(yard: &Yard) -> Result<String> {
    let epc = unused_epc();
    yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
    yard.fed(yard.gate()?).await?;
    Ok(epc)
}

async fn passes(gate: &Gate, lane: &str, epc: &str) -> Result<()> {
    let end = gate.simulator.drive_to_its_end(&Drive::passes(lane, epc), SOON).await?;
    ensure!(end == "passed", "the lorry with {epc} ended at {lane} as {end}");
    Ok(())
}

/// What the panel says of one item of a list.
async fn shown(gate: &Gate, list: &str, key: &str, name: &str) -> Result<Value> {
    let status = gate.agent.status().await?;
    let items = status.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    let found = items.into_iter().find(|item| item.get(key).and_then(Value::as_str) == Some(name));
    found.with_context(|| format!("{list} has no {name}: {status}"))
}

/// fault F3: every wrong key is told at once, exit status 2, and nothing was begun.
#[test]
fn a_bad_configuration_names_every_wrong_key_and_starts_nothing() -> Result<()> {
    const WRONG: &str = r#"
        colour = "red"
        [gate]
        gate_id = "gate one"
        yard_id = "07"
        data_dir = "FOLDER/data"
        [centre]
        url = "http://centre.example:8080"
        token = ""
        [panel]
        listen = "8081"
        [log]
        level = 3
        [[device]]
        name = "uhf"
        kind = "uhf-chafon-18"
        baud = "fast"
        [[device]]
        name = "io"
        kind = "modbus-io"
        port = "/dev/io"
        pulse = "long"
        [[lane]]
        lane_id = "IN1"
        readers = ["uhf-in1"]
        withdraw_ms = -1
        barrier = { device = "relay" }
    "#;
    const KEYS: [&str; 13] = [
        "colour",
        "gate.gate_id",
        "gate.yard_id",
        "centre.url",
        "centre.token",
        "panel.listen",
        "log.level",
        "device[0].port",
        "device[0].baud",
        "device[1].pulse",
        "lane[0].readers",
        "lane[0].withdraw_ms",
        "lane[0].barrier.device",
    ];
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("gate-agent.toml");
    fs::write(&file, WRONG.replace("FOLDER", &folder.path().display().to_string()))?;
    for command in ["run", "check-config"] {
        let output = agent(&[command, "--config", &file.display().to_string()])?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(2), "{command}: {} {told}", output.status);
        for key in KEYS {
            ensure!(told.contains(&format!("{key}:")), "{command} does not name {key}:\n{told}");
        }
    }
    ensure!(!folder.path().join("data").exists(), "a data folder was made although nothing may start");
    Ok(())
}

/// fault D2, as far as one replugging shows: a board that is missing at the start stops no other lane, and works when it comes.
#[tokio::test]
async fn a_missing_board_stops_no_other_lane_and_works_when_it_comes() -> Result<()> {
    play(two_entries(), async |yard| {
        let lorries = [expected_lorry(yard).await?, expected_lorry(yard).await?, expected_lorry(yard).await?];
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(SOON).await?;
        gate.simulator.order(&json!({"do": "unplug", "device": "IN2-io"})).await?;
        gate.agent.process.start()?;
        gate.agent.ready().await?;
        passes(gate, "IN1", &lorries[0]).await?;
        let board = shown(gate, "devices", "name", "IN2-io").await?;
        ensure!(board["online"] == json!(false), "the panel shows the missing board as {board}");
        gate.simulator.order(&json!({"do": "replug", "device": "IN2-io"})).await?;
        let begun = clock::now();
        gate.agent.has_its_devices().await?;
        println!("the board works {} ms after it came", begun.elapsed().as_millis());
        passes(gate, "IN2", &lorries[1]).await?;

        // Pulled out under a running agent it is missed and found again just so.
        gate.simulator.order(&json!({"do": "unplug", "device": "IN2-io"})).await?;
        wait::until_true("the board to be missed", SOON, async || {
            Ok(shown(gate, "devices", "name", "IN2-io").await?["online"] == json!(false))
        })
        .await?;
        gate.simulator.order(&json!({"do": "replug", "device": "IN2-io"})).await?;
        gate.agent.has_its_devices().await?;
        passes(gate, "IN2", &lorries[2]).await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// design section 7: SIGTERM ends lanes first, records `STOPPED`, and leaves a journal that verifies; the next start goes on from it.
#[tokio::test]
async fn a_stop_is_recorded_last_and_takes_less_than_five_seconds() -> Result<()> {
    play(two_entries(), async |yard| {
        let (passing, waiting) = (expected_lorry(yard).await?, unused_epc());
        let gate = yard.gate_mut()?;
        // One lorry is under the arm, another one stands before it and is refused.
        let under = gate
            .simulator
            .drive(&Drive {
                pace: Pace { safety_ms: 8_000, exit_ms: 8_000, ..Pace::LORRY },
                ..Drive::passes("IN1", &passing)
            })
            .await?;
        let refused = gate.simulator.drive(&Drive::leaves("IN2", &waiting, 20_000)).await?;
        wait::until_true("a lorry in each lane", SOON, async || {
            let states = [
                shown(gate, "lanes", "lane_id", "IN1").await?,
                shown(gate, "lanes", "lane_id", "IN2").await?,
            ];
            Ok(states[0]["state"] == json!("passing") && states[1]["state"] == json!("held"))
        })
        .await?;
        let begun = clock::now();
        let status = gate.agent.process.stop(SOON).await?;
        println!("stopped after {} ms", begun.elapsed().as_millis());
        ensure!(status.success(), "the agent ended with {status}");
        let events = gate.agent.events()?;
        ensure!(
            events.last().is_some_and(|last| last.event_type == EventType::Stopped),
            "the last record is {:?}",
            events.last()
        );
        journal::verify(gate.agent.data_dir())?;
        gate.agent.process.start()?;
        gate.agent.ready().await?;
        gate.simulator.ended(under, SOON).await?;
        gate.simulator.ended(refused, SOON).await?;
        gate.agent.has_its_devices().await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// Fault A1: a lane that a person closed opens for nobody after a kill, and its panel goes on saying who closed it, when and why.
#[tokio::test]
async fn a_lane_that_a_person_closed_stays_closed_over_a_kill() -> Result<()> {
    play(two_entries(), async |yard| {
        let lorries = [expected_lorry(yard).await?, expected_lorry(yard).await?];
        let gate = yard.gate_mut()?;
        let person = gate.plan.persons.first().context("nobody may act here")?;
        let said =
            |deed: &str| json!({"person": person.id, "pin": person.pin, "do": deed, "reason": "地磅检修"});
        let (close, open) = (said("close_lane"), said("open_lane"));
        gate.agent.act("IN1", &close).await?;
        wait::until_true("the journal to have it", SOON, async || {
            let is_it = |detail: &Value| detail["do"] == json!("close_lane");
            Ok(gate.agent.events()?.iter().any(|event| event.detail.as_ref().is_some_and(is_it)))
        })
        .await?;
        let before = shown(gate, "lanes", "lane_id", "IN1").await?["closed"].clone();
        ensure!(
            before["by"] == json!(person.id) && before["reason"] == json!("地磅检修"),
            "it says {before}"
        );

        gate.agent.process.kill()?;
        gate.agent.start().await?;
        let after = shown(gate, "lanes", "lane_id", "IN1").await?;
        ensure!(after["closed"] == before, "after the kill it says {after}, and not {before}");
        let end = gate.simulator.drive_to_its_end(&Drive::leaves("IN1", &lorries[0], 8000), SOON).await?;
        ensure!(end == "refused_left", "before a closed lane the lorry ended as {end}");
        passes(gate, "IN2", &lorries[1]).await?;
        gate.agent.has_its_devices().await?;

        gate.agent.act("IN1", &open).await?;
        passes(gate, "IN1", &lorries[0]).await?;
        ensure!(shown(gate, "lanes", "lane_id", "IN1").await?["closed"].is_null(), "it is still closed");
        ensure!(yard.agrees().await?.raises == 2, "one raise a lorry");
        Ok(())
    })
    .await
}

/// Two journals of one gate would fork its chain (fault list, C10): the second agent on a data folder does not start.
#[tokio::test]
async fn a_second_agent_on_one_data_folder_is_refused() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let epc = expected_lorry(yard).await?;
        let gate = yard.gate_mut()?;
        let mut launch = gate.agent.process.launch.clone();
        launch.log = launch.log.with_extension("second.log");
        launch.env.push(("KAKOU_PANEL__LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
        let mut second = Process::new(launch);
        second.start()?;
        let status = second.ended(SOON).await?;
        let told = second.output()?;
        ensure!(status.code() == Some(1), "the second agent ended with {status}: {told}");
        ensure!(told.contains("another agent already works with the data folder"), "it says {told}");
        passes(gate, "IN1", &epc).await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// Lets the agent's files grow no further, or again: what a full disk does to it. The signal that goes with it is ignored by the
/// shell that started the agent.
fn disk(gate: &Gate, full: bool) -> Result<()> {
    let pid = gate.agent.process.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    // Only the soft limit: the hard one could not be raised again.
    let limit = Rlimit { current: full.then_some(1), maximum: None };
    prlimit(Some(pid.context("the agent does not run")?), Resource::Fsize, limit)
        .context("cannot set the limit")?;
    Ok(())
}

/// Starts the agent so that a file that may not grow is an error to it and not its end.
fn told_of_full_disks(gate: &mut Gate) {
    let launch = &mut gate.agent.process.launch;
    let program = std::mem::replace(&mut launch.program, "/bin/sh".into()).display().to_string();
    let script = ["-c", "trap '' XFSZ; exec \"$0\" \"$@\""].map(ToOwned::to_owned);
    launch.args = script.into_iter().chain([program]).chain(launch.args.drain(..)).collect();
}

/// design section 3 (fail-secure): a journal that cannot be written opens no barrier and says so, and works again by itself within
/// 10 s; what was recorded before is whole.
#[tokio::test]
async fn a_full_disk_holds_the_lanes_and_heals_by_itself() -> Result<()> {
    play(two_entries(), async |yard| {
        let lorries = [expected_lorry(yard).await?, expected_lorry(yard).await?];
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(SOON).await?;
        told_of_full_disks(gate);
        gate.agent.start().await?;
        passes(gate, "IN1", &lorries[0]).await?;
        gate.agent.has_its_devices().await?;

        let pulses = gate.raises_agree()?.raises;
        disk(gate, true)?;
        let begun = clock::now();
        let lorry = gate
            .simulator
            .drive(&Drive { patience_ms: 180_000, ..Drive::passes("IN2", &lorries[1]) })
            .await?;
        wait::until_true("the lane to hold", SOON, async || {
            Ok(shown(gate, "lanes", "lane_id", "IN2").await?["reason"] == json!("journal_unavailable"))
        })
        .await?;
        println!("told after {} ms", begun.elapsed().as_millis());
        let status = gate.agent.status().await?;
        ensure!(status["journal"]["state"] == json!("unavailable"), "the panel says {}", status["journal"]);
        ensure!(!gate.agent.is_ready().await, "an agent that cannot record is not ready");
        // Long enough for a few attempts of the journal to open again.
        tokio::time::sleep(Duration::from_secs(3)).await;
        ensure!(gate.agent.process.is_running()?, "a full disk ended the agent");
        ensure!(gate.raises_agree()?.raises == pulses, "a barrier opened without a record");

        disk(gate, false)?;
        let begun = clock::now();
        wait::until_true("the journal to record again", SOON, async || Ok(gate.agent.is_ready().await))
            .await?;
        println!("healed after {} ms", begun.elapsed().as_millis());
        let end = gate.simulator.ended(lorry, 2 * SOON).await?;
        ensure!(end == "passed", "the lorry that waited ended as {end}");
        let tally = yard.agrees().await?;
        ensure!(tally.raises == pulses + 1, "{} pulses", tally.raises);
        Ok(())
    })
    .await
}

/// The same disk, full already when the agent starts.
#[tokio::test]
async fn an_agent_that_starts_on_a_full_disk_waits_for_space() -> Result<()> {
    play(two_entries(), async |yard| {
        let epc = expected_lorry(yard).await?;
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(SOON).await?;
        told_of_full_disks(gate);
        for argument in &mut gate.agent.process.launch.args {
            *argument = argument.replace("trap '' XFSZ;", "trap '' XFSZ; ulimit -S -f 0;");
        }
        gate.agent.process.start()?;
        wait::until_true("the lane to say why it is closed", SOON, async || {
            gate.agent.process.must_run()?;
            let asked = shown(gate, "lanes", "lane_id", "IN1").await;
            Ok(asked.is_ok_and(|lane| lane["reason"] == json!("journal_unavailable")))
        })
        .await?;
        let end = gate.simulator.drive_to_its_end(&Drive::leaves("IN1", &epc, 5000), SOON).await?;
        ensure!(end == "refused_left", "the lorry ended as {end}");
        disk(gate, false)?;
        let begun = clock::now();
        gate.agent.ready().await?;
        gate.agent.has_its_devices().await?;
        println!("works {} ms after there was space", begun.elapsed().as_millis());
        passes(yard.gate()?, "IN1", &epc).await?;
        yard.agrees().await.map(drop)
    })
    .await
}
