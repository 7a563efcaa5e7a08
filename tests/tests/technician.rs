//! A technician at a gate, with the real programs: what hangs here, what does it say, keep it, play it again.
//! Devices that the simulator has are the simulator's; the others are recordings that `gate-agent replay --serve` plays.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    GatePlan, LanePlan, YardPlan,
    process::{Launch, Process},
    programs::Program,
    simulator::Simulator,
    wait,
};
use protocols::{
    rules::LaneDirection,
    uhf::{repr::code, wire::ReaderFrame},
};
use serde_json::{Value, json};

/// Far longer than anything here takes on a machine that does much else.
const SOON: Duration = Duration::from_secs(60);
const EPC: &str = "E28011700000020FEBEAD3B5";

/// A folder, and what a technician calls in it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(Program::GateAgent.path()?);
        command.args(arguments).current_dir(self.folder.path());
        Ok(command)
    }

    fn call(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments)?.output().context("gate-agent cannot be started")
    }

    /// What it says when it ends well.
    fn says(&self, arguments: &[&str]) -> Result<String> {
        let output = self.call(arguments)?;
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "{arguments:?} ends with {}:\n{out}{error}", output.status);
        Ok(out)
    }

    /// Starts it in the background and waits until it says that.
    async fn background(&self, arguments: &[&str], until: &str, log: &str) -> Result<Process> {
        let mut process = Process::new(Launch {
            program: Program::GateAgent.path()?,
            args: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            env: Vec::new(),
            log: self.path(log),
        });
        process.start()?;
        wait::until_true(format!("{arguments:?} to say {until}"), SOON, async || {
            process.must_run()?;
            Ok(process.output()?.contains(until))
        })
        .await?;
        Ok(process)
    }

    /// Plays a recording at a port of that name, again for everybody who opens it.
    async fn serves(&self, port: &str, recording: &str) -> Result<(Process, String)> {
        self.plays(port, recording, &["--repeat"]).await
    }

    async fn plays(&self, port: &str, recording: &str, more: &[&str]) -> Result<(Process, String)> {
        let (file, link) = (self.path(&format!("{port}.rec")), self.path(port));
        fs::write(&file, recording)?;
        let (file, link) = (file.display().to_string(), link.display().to_string());
        let arguments = [&["replay", &file, "--serve", &link], more].concat();
        let process = self.background(&arguments, "serving", &format!("{port}.log")).await?;
        Ok((process, link))
    }

    /// `gate-agent.toml` with these devices; the first reads a lane that the second opens.
    fn configure(&self, devices: &str, reader: &str, board: &str) -> Result<()> {
        let data = self.path("data");
        let text = format!(
            "[gate]\ngate_id = \"0708-G02\"\nyard_id = \"07080000001\"\ndata_dir = {data:?}\n\
             [centre]\nurl = \"http://127.0.0.1:1\"\ntoken = \"none\"\n{devices}\n\
             [[lane]]\nlane_id = \"IN1\"\nreaders = [{reader:?}]\n[lane.barrier]\ndevice = {board:?}\n"
        );
        fs::write(self.path("gate-agent.toml"), text).context("cannot write the configuration")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn recording(line: &str, pieces: &str) -> String {
    let head = "kakou-recording 1\ndevice: bench\nagent: 0.1.0\nstarted: 2026-11-28T08:00:00.000Z\n";
    format!("{head}line: {line}\n\n{pieces}")
}

/// One lane's reader and board.
async fn simulated(folder: &Path) -> Result<(Simulator, PathBuf, PathBuf)> {
    let mut plan = YardPlan::default();
    let lane = LanePlan::new("IN1", LaneDirection::In);
    let gate: &mut GatePlan = plan.gates.first_mut().context("a yard without a gate")?;
    gate.lanes = vec![lane.clone()];
    let simulator = Simulator::start(gate, folder).await?;
    let at = |device: &str| simulator.devices().join(device);
    let (reader, board) = (at(&lane.reader()), at(&lane.board()));
    Ok((simulator, reader, board))
}

fn probed(bench: &Bench, device: &str) -> Result<Value> {
    serde_json::from_str(&bench.says(&["probe", device, "--json", "--listen", "3"])?).context("no JSON")
}

/// What a probe prints goes into the configuration, and with that the device speaks.
#[tokio::test]
async fn what_is_found_is_configured_watched_recorded_and_told_again() -> Result<()> {
    let bench = Bench::new()?;
    let (simulator, reader, board) = simulated(bench.folder.path()).await?;
    let (reader, board) = (reader.display().to_string(), board.display().to_string());
    let (found_reader, found_board) = (probed(&bench, &reader)?, probed(&bench, &board)?);
    ensure!(found_reader["kind"] == "uhf-chafon-18" && found_reader["line"] == "57600 8N1", "{found_reader}");
    ensure!(
        found_board["kind"] == "modbus-io" && found_board["says"] == "unit 1, 8 inputs, 8 relays",
        "{found_board}"
    );
    let snippet = |found: &Value| found["toml"].as_str().map(ToOwned::to_owned).context("no snippet");
    let devices = snippet(&found_reader)? + &snippet(&found_board)?;
    bench.configure(&devices, "uhf-chafon-18-1", "modbus-io-1")?;
    ensure!(bench.says(&["check-config"])?.starts_with("ok\n"), "the snippets are no configuration");

    let tag = json!({"do": "show", "device": "IN1-uhf", "what": {"tag": {"epc": EPC}}, "for_ms": 60_000});
    simulator.order(&tag).await?;
    let page = bench.says(&["watch", "uhf-chafon-18-1", "--for", "6"])?;
    ensure!(page.contains(&format!("read    VE {EPC}\n")) && page.contains(" reads of 1 media, "), "{page}");
    let page = bench.says(&["watch", "modbus-io-1", "--for", "1"])?;
    ensure!(page.contains("unit 1: inputs 01000000, lowest first"), "{page}");

    let told = bench.says(&["record", "uhf-chafon-18-1", "reader.rec", "--for", "2.5"])?;
    ensure!(told.contains("recorded to reader.rec: time is up"), "{told}");
    let refused = bench.call(&["record", "uhf-chafon-18-1", "reader.rec", "--for", "1"])?;
    ensure!(refused.status.code() == Some(1), "a recording was written over");
    let lines = bench.says(&["replay", "reader.rec"])?;
    ensure!(lines.contains(&format!("\"medium_key\":\"{EPC}\"")), "{lines}");
    drop(simulator);

    // The recording in the reader's place, and the agent's conversation with it: the same lines.
    let (mut stage, link) =
        bench.plays("played", &fs::read_to_string(bench.path("reader.rec"))?, &[]).await?;
    bench.configure(&devices.replace(&reader, &link), "uhf-chafon-18-1", "modbus-io-1")?;
    let again = bench.says(&["watch", "uhf-chafon-18-1", "--json", "--for", "6"])?;
    let differs = lines.lines().zip(again.lines()).find(|(replayed, watched)| replayed != watched);
    let counts = (lines.lines().count(), again.lines().count());
    ensure!(differs.is_none() && counts.0 == counts.1, "{counts:?}, {differs:?}, {}", stage.output()?);
    ensure!(!stage.output()?.contains("asked was"), "{}", stage.output()?);
    ensure!(stage.ended(SOON).await?.success(), "{}", stage.output()?);
    ensure!(!Path::new(&link).is_symlink(), "the link is left behind");
    Ok(())
}

/// Devices that the simulator has not: a reader of the 288 family that answers, a scale that sends by itself.
#[tokio::test]
async fn a_reader_of_the_288_family_and_a_sending_scale_are_found() -> Result<()> {
    let bench = Bench::new()?;
    let data = [2, 0x0B, 0x20, 0x0A, 0x31, 0x4E, 30, 3, 1, 0, 0, 1];
    let answer =
        ReaderFrame { address: 0, code: code::READER_INFORMATION, status: 0, data: &data }.encode()?;
    let answer: String = answer.iter().map(|byte| format!("{byte:02X}")).collect();
    let (_reader, link) = bench
        .serves("reader", &recording("57600 8N1", &format!("0 > 04FF211995\n20000 < {answer}\n")))
        .await?;
    let found = probed(&bench, &link)?;
    ensure!(found["kind"] == "uhf-chafon-288" && found["line"] == "57600 8N1", "{found}");

    let frames: String =
        (0..100).map(|frame| format!("{} < 022B30303135363030313903\n", frame * 80_000)).collect();
    let original = recording("9600 8N1", &frames);
    let (mut scale, link) = bench.serves("scale", &original).await?;
    let found = probed(&bench, &link)?;
    let toml = found["toml"].as_str().unwrap_or_default();
    ensure!(found["kind"] == "weighbridge" && toml.contains("format = \"a9\""), "{found}");

    // Recorded from the line, it tells what was played on it.
    bench.says(&["record", &link, "again.rec", "--protocol", "weighbridge", "--for", "2"])?;
    let again = bench.says(&["replay", "again.rec"])?;
    let lines = bench.says(&["replay", "scale.rec", "--protocol", "weighbridge"])?;
    ensure!(again.lines().count() > 10 && lines.starts_with(&again), "played:\n{lines}\nrecorded:\n{again}");
    let limited = bench.says(&["record", &link, "short.rec", "--max-bytes", "30"])?;
    ensure!(limited.starts_with("30 bytes in ") && limited.ends_with("--max-bytes reached\n"), "{limited}");
    scale.stop(SOON).await.map(drop)
}

#[tokio::test]
async fn a_silent_line_gives_nothing_and_a_held_one_is_left_alone() -> Result<()> {
    let bench = Bench::new()?;
    let (_line, link) = bench.serves("silent", &recording("9600 8N1", "")).await?;
    let output = bench.call(&["probe", &link, "--json", "--listen", "0.2", "--timeout", "2"])?;
    let nothing: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(output.status.code() == Some(1) && nothing["found"] == false, "{nothing}");
    ensure!(nothing["heard_bytes"] == 0 && nothing["timed_out"] == true, "{nothing}");
    ensure!(nothing["tried"][1] == json!({"what": "asked uhf-chafon", "line": "57600 8N1"}), "{nothing}");
    let page = text(&bench.call(&["probe", &link, "--listen", "0.2", "--timeout", "2"])?.stdout);
    ensure!(page.contains("  listened at 9600 8N1\n  asked uhf-chafon at 57600 8N1\n"), "{page}");

    let arguments = ["watch", &link, "--protocol", "barcode"];
    let mut holder = bench.background(&arguments, "listening", "holder.log").await?;
    wait::until_true("the port to be held", SOON, async || {
        let output = bench.call(&["probe", &link, "--timeout", "1", "--listen", "0.1"])?;
        let said = text(&output.stderr);
        ensure!(output.status.code() == Some(1), "{said}");
        Ok(said.contains("another program holds it, perhaps a running gate-agent"))
    })
    .await?;
    let status = holder.stop(SOON).await?;
    ensure!(status.success() && holder.output()?.contains("0 bytes: 0 reads"), "{}", holder.output()?);
    Ok(())
}

#[tokio::test]
async fn what_is_no_recording_is_refused_with_its_line() -> Result<()> {
    let bench = Bench::new()?;
    fs::write(bench.path("torn.rec"), recording("9600 8N1", "0 < 022B\n80000 < 022"))?;
    let output = bench.call(&["replay", "torn.rec", "--protocol", "weighbridge"])?;
    let said = text(&output.stderr);
    ensure!(output.status.code() == Some(1), "{said}");
    ensure!(
        said.ends_with("torn.rec is no recording: line 8: the bytes end in the middle of one\n"),
        "{said}"
    );
    fs::write(bench.path("whole.rec"), recording("9600 8N1", "0 < 022B\n"))?;
    let unsaid = bench.call(&["replay", "whole.rec"])?;
    ensure!(unsaid.status.code() == Some(2), "{}", text(&unsaid.stderr));
    Ok(())
}
