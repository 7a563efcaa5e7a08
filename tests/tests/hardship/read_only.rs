//! A data folder that is a file system of the test's own, which turns read-only under traffic, or is not there at boot.
//! How it turns: Linux lets nobody remount a file system on which files are open for writing, only a file system itself may, when its disk fails. So a read-only
//! view of the same file system is mounted over the folder, which holds for every file that is opened from then on; and for those that are open already, strace answers
//! their writes as such a file system does, until the agent has let go of them. Then it is gone, and all that the agent meets is the kernel's own.
//! Needs the Debian package strace 5 or newer, as `trace` does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, Yard, YardPlan,
    agent::Agent,
    clock,
    plan::PERSONS,
    play,
    process::{Launch, Process},
    simulator::Drive,
    wait,
};
use serde_json::{Value, json};

use super::{PASSAGE_WITHIN, lorries, mounts::with_mounts, passes};

/// How long it is looked whether something stays said: the agent tries again four times a second.
const STAYS: Duration = Duration::from_secs(3);
/// How long a driver waits whom nobody lets in.
const PATIENCE_MS: u64 = 5_000;
const SOON: Duration = Duration::from_secs(30);
/// An agent whose every system call is looked at tells the centre late on a machine that has other work.
const RAISED: Duration = Duration::from_secs(120);
/// A yard in the folder that the script is told, whose gate keeps its data in a file system of its own.
const MOUNT: &str = "mkdir -p \"$2/yard/0708-G02/data\" && mount -t tmpfs kakou \"$2/yard/0708-G02/data\"";

fn outside(test: &str) -> Result<Option<PathBuf>> {
    with_mounts(&format!("read_only::{test}"), MOUNT)
}

fn run(program: &str, words: &[&str]) -> Result<()> {
    let output =
        Command::new(program).args(words).output().with_context(|| format!("cannot run {program}"))?;
    ensure!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Lays a read-only view of the folder over it.
fn turns_read_only(folder: &Path) -> Result<()> {
    let folder = folder.display().to_string();
    run("mount", &["--bind", &folder, &folder])?;
    run("mount", &["-o", "remount,bind,ro", &folder])
}

/// Takes away what lies over the folder, whoever still has files there.
fn is_there_again(folder: &Path) -> Result<()> {
    run("umount", &["--lazy", &folder.display().to_string()])
}

/// The journal's files that the agent has open for writing.
fn written_to(agent: &Agent) -> Result<usize> {
    const ACCESS: u32 = 0o3;
    let pid = agent.process.pid().context("the agent has no process id")?;
    let mut count = 0;
    for file in fs::read_dir(format!("/proc/{pid}/fd")).context("the agent's files are not told")? {
        let file = file?;
        // One that was closed in this moment is not open.
        let Ok(target) = fs::read_link(file.path()) else { continue };
        let is_journal =
            target.file_name().is_some_and(|name| name.to_string_lossy().starts_with("journal.db"));
        let about = format!("/proc/{pid}/fdinfo/{}", file.file_name().to_string_lossy());
        let Ok(about) = fs::read_to_string(about) else { continue };
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.context("a file without flags")?.trim(), 8)?;
        count += usize::from(is_journal && flags & ACCESS != 0);
    }
    Ok(count)
}

/// Writes to files that are open are answered as by a file system that has turned read-only, as long as this lives.
async fn writes_fail(agent: &Agent, folder: &Path) -> Result<Process> {
    let pid = agent.process.pid().context("the agent has no process id")?;
    let args = [
        "-f",
        "-e",
        "trace=pwrite64,ftruncate",
        "-e",
        "inject=pwrite64,ftruncate:error=EROFS",
        "-o",
        "/dev/null",
        "-p",
    ];
    let mut strace = Process::new(Launch {
        program: "strace".into(),
        args: args.iter().map(|word| (*word).to_owned()).chain([pid.to_string()]).collect(),
        env: Vec::new(),
        log: folder.join("strace.log"),
    });
    strace.start().context("strace is missing: apt-get install strace (make setup FOR=test)")?;
    wait::until_true("strace to hold every thread of the agent", SOON, async || {
        strace.must_run()?;
        let mut held = true;
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let status = fs::read_to_string(thread?.path().join("status"))?;
            held &= !status.contains("TracerPid:\t0\n");
        }
        Ok(held)
    })
    .await?;
    Ok(strace)
}

/// What of the panel's attention is about the journal, while nothing is recorded and the probe says so too.
async fn told(agent: &Agent) -> Result<Option<String>> {
    let status = agent.status().await?;
    let all = status.get("attention").and_then(Value::as_array).context("no attention")?;
    let stops = |one: &&Value| {
        one.get("what") == Some(&json!("journal")) && one.get("severity") == Some(&json!("stops"))
    };
    let told = all.iter().find(stops).map(Value::to_string);
    Ok(if agent.is_ready().await { None } else { told })
}

/// Probe and panel say that nothing is recorded, with these words, and do not take that back.
async fn is_told(agent: &Agent, words: &[&str]) -> Result<()> {
    let has_words = |told: String| words.iter().all(|word| told.contains(word));
    wait::until_true("probe and panel to say that nothing is recorded", SOON, async || {
        Ok(told(agent).await?.is_some_and(has_words))
    })
    .await?;
    let begun = clock::now();
    while begun.elapsed() < STAYS {
        ensure!(told(agent).await?.is_some_and(has_words), "it says no more that nothing is recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What one reads of a read-only folder at the panel: which, the system's word and number, and what to do.
fn read_only_words(data: &Path) -> [String; 2] {
    [
        format!("cannot use the data folder {}: Read-only file system (os error 30)", data.display()),
        "mount it to be written to".to_owned(),
    ]
}

/// The centre has raised that this gate cannot record. Why is said in the words of the gate's first status about it, which may be those of the
/// write that failed; the panel's are more.
async fn is_raised(yard: &Yard) -> Result<()> {
    wait::until_true("the centre to raise it", RAISED, async || {
        let alerts = yard.rest().alerts().await?;
        let code = |alert: &Value| alert.get("code").and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(alerts.iter().any(|alert| code(alert).as_deref() == Some("gate_not_recording")))
    })
    .await
}

/// A lorry that anybody would let in comes, and is not.
async fn is_not_let_in(gate: &Gate, epc: &str) -> Result<()> {
    let drive = Drive::leaves("IN1", epc, PATIENCE_MS);
    let end = gate.simulator.drive_to_its_end(&drive, PASSAGE_WITHIN).await?;
    ensure!(end == "refused_left", "the lorry that nobody can record ended as {end}");
    Ok(())
}

/// Lanes are not idle, as usual, but closed: nobody has told how they are to work.
async fn has_panel_and_devices(agent: &Agent) -> Result<()> {
    wait::until_true("the panel", SOON, async || Ok(agent.status().await.is_ok())).await?;
    wait::until_true("its devices", SOON, async || {
        let status = agent.status().await?;
        let devices = status.get("devices").and_then(Value::as_array).context("no devices")?;
        Ok(devices.iter().all(|device| device.get("online") == Some(&Value::Bool(true))))
    })
    .await
}

/// Fault A10, I1, I3: the file system turns read-only under traffic. Nothing opens by itself from then on, probe and panel say why; when it can be written to again the gate goes
/// on by itself, and all agree.
#[tokio::test]
async fn nothing_opens_by_itself_while_the_data_folder_is_read_only() -> Result<()> {
    let Some(folder) = outside("nothing_opens_by_itself_while_the_data_folder_is_read_only")? else {
        return Ok(());
    };
    play(YardPlan { folder: Some(folder), ..YardPlan::default() }, async |yard| {
        let [before, turning, during, after] = lorries(yard).await?;
        let gate = yard.gate()?;
        let data = gate.agent.data_dir().to_owned();
        passes(gate, &before).await?;
        let raises = yard.agrees().await?.raises;

        turns_read_only(&data)?;
        let mut strace = writes_fail(&gate.agent, yard.folder()).await?;
        let begun = clock::now();
        is_not_let_in(gate, &turning).await?;
        wait::until_true("the agent to let go of its journal", SOON, async || {
            Ok(written_to(&gate.agent)? == 0)
        })
        .await?;
        let _ = strace.stop(SOON).await;
        let turned = begun.elapsed();
        is_not_let_in(gate, &during).await?;
        let words = read_only_words(&data);
        is_told(&gate.agent, &words.each_ref().map(String::as_str)).await?;
        is_raised(yard).await?;
        let seen = gate.raises_agree()?.raises;
        ensure!(seen == raises, "{seen} pulses instead of {raises}");
        let said = gate.agent.process.output()?;
        let recovered =
            said.split("journal is unavailable").skip(1).any(|then| then.contains("journal is available"));
        ensure!(!recovered, "it said in between that it records");

        is_there_again(&data)?;
        let back = clock::now();
        gate.agent.has_its_devices().await?;
        wait::until_true("the gate to be ready by itself", SOON, async || Ok(gate.agent.is_ready().await))
            .await?;
        let healed = back.elapsed();
        passes(gate, &after).await?;
        println!(
            "{}",
            json!({"test": "read_only", "turned_ms": turned.as_millis(), "healed_ms": healed.as_millis()})
        );
        yard.agrees().await.map(drop)
    })
    .await
}

/// Fault A10: a gate that boots before its data folder is mounted finds an empty one. It opens nothing, since nobody knows its journal and its index is not there, and says so; with the folder
/// there it goes on where it was.
#[tokio::test]
async fn a_data_folder_that_is_not_mounted_at_boot_opens_nothing() -> Result<()> {
    let Some(folder) = outside("a_data_folder_that_is_not_mounted_at_boot_opens_nothing")? else {
        return Ok(());
    };
    let plan =
        YardPlan { folder: Some(folder), certificate_lifetime_s: Some(3_888_000), ..YardPlan::default() };
    play(plan, async |yard| {
        let [before, during, after] = lorries(yard).await?;
        passes(yard.gate()?, &before).await?;
        let raises = yard.agrees().await?.raises;
        let gate = yard.gate_mut()?;
        let data = gate.agent.data_dir().to_owned();
        // The arm is down: a stopped agent lowers none.
        gate.agent.has_its_devices().await?;
        gate.agent.process.stop(SOON).await?;
        run("mount", &["-t", "tmpfs", "empty", &data.display().to_string()])?;
        gate.agent.process.start()?;
        has_panel_and_devices(&gate.agent).await?;
        is_not_let_in(gate, &during).await?;
        is_told(&gate.agent, &[]).await?;

        gate.agent.process.stop(SOON).await?;
        is_there_again(&data)?;
        gate.agent.start().await?;
        passes(yard.gate()?, &after).await?;
        let now = yard.agrees().await?.raises;
        ensure!(now == raises + 1, "{now} pulses instead of {}", raises + 1);
        Ok(())
    })
    .await
}

/// Fault A10, I1: a gate that boots on a folder that can only be read starts all the same. Nothing opens by itself; probe, panel and centre say which folder, why, and what to do; what a person asks
/// for is refused at once. When the folder can be written to it goes on by itself where it was.
#[tokio::test]
async fn a_gate_on_a_read_only_folder_at_boot_opens_nothing_and_heals() -> Result<()> {
    let Some(folder) = outside("a_gate_on_a_read_only_folder_at_boot_opens_nothing_and_heals")? else {
        return Ok(());
    };
    play(YardPlan { folder: Some(folder), ..YardPlan::default() }, async |yard| {
        let epcs: [String; 5] = lorries(yard).await?;
        passes(yard.gate()?, &epcs[0]).await?;
        // What a clean stop leaves there cannot even be read; what a kill leaves can.
        for (killed, during, after) in [(false, &epcs[1], &epcs[2]), (true, &epcs[3], &epcs[4])] {
            let raises = yard.agrees().await?.raises;
            let gate = yard.gate_mut()?;
            // The arm is down: a stopped agent lowers none.
            gate.agent.has_its_devices().await?;
            if killed {
                gate.agent.process.kill()?;
            } else {
                gate.agent.process.stop(SOON).await?;
            }
            let data = gate.agent.data_dir().to_owned();
            turns_read_only(&data)?;
            gate.agent.process.start()?;
            lets_nobody_in(yard, during).await?;

            is_there_again(&data)?;
            let back = clock::now();
            let gate = yard.gate_mut()?;
            gate.agent.ready().await?;
            let healed = back.elapsed();
            gate.agent.has_its_devices().await?;
            let gate = yard.gate()?;
            passes(gate, after).await?;
            let said = gate.agent.process.output()?;
            ensure!(said.matches("journal is available").count() == 1, "it went to and fro");
            let now = yard.agrees().await?.raises;
            ensure!(now == raises + 1, "{now} pulses instead of {}", raises + 1);
            let figures =
                json!({"test": "read_only", "at": "boot", "killed": killed, "healed_ms": healed.as_millis()});
            println!("{figures}");
        }
        Ok(())
    })
    .await
}

/// A gate that has just been started on a folder that can only be read runs, opens for nobody, and says so.
async fn lets_nobody_in(yard: &Yard, epc: &str) -> Result<()> {
    let gate = yard.gate()?;
    has_panel_and_devices(&gate.agent).await?;
    is_not_let_in(gate, epc).await?;
    let words = read_only_words(gate.agent.data_dir());
    is_told(&gate.agent, &words.each_ref().map(String::as_str)).await?;
    is_raised(yard).await?;
    let [zhang, ..] = PERSONS;
    let act = json!({"person": zhang.id, "pin": zhang.pin, "do": "release", "reason": "let it in"});
    let refused = gate.agent.act("IN1", &act).await;
    ensure!(refused.as_ref().is_err_and(|error| error.to_string().contains("not_recorded")), "{refused:?}");
    let figures = reqwest::get(format!("{}/metrics", gate.agent.url())).await?.text().await?;
    ensure!(figures.contains("kakou_gate_device_online"), "no figures: {figures}");
    Ok(())
}
