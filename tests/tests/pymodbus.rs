//! Somebody else's Modbus, pymodbus, at either end: its board moves a lane's barrier by our agent's orders, its master asks
//! our simulated board; each over a serial line and over TCP.
//! Promises: a machine without pymodbus fails these tests and says how to get it; nothing is skipped.
#![expect(
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do; JSON indexed by name never panics"
)]

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use kakou_tests::{
    Gate, GatePlan, LanePlan, Reach, Yard, YardPlan, journal, play, ports,
    record::{Closing, NewRecord, unused_epc},
    simulator::Simulator,
    wait,
};
use protocols::{
    contract::{EventType, RaiseOutcome},
    rules::LaneDirection,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

const WITHIN: Duration = Duration::from_secs(60);

// Inputs and coils of the example lane map, which the agent's defaults are.
const OPEN_LIMIT: u8 = 0;
const CLOSED_LIMIT: u8 = 1;
const APPROACH: u8 = 2;
const SAFETY: u8 = 3;
const EXIT: u8 = 4;
const OPEN: u64 = 0;
const CLOSE: u64 = 1;
const LIGHTS: [u64; 2] = [3, 4];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One of the scripts beside this file, in the environment that `scripts/setup` makes.
fn python(script: &str, args: &[&str]) -> Result<Command> {
    let python = workspace().join("target/tools/pymodbus/bin/python");
    if !python.exists() {
        bail!(
            "pymodbus is not installed: {} is missing; install it with: scripts/setup test",
            python.display()
        );
    }
    let mut command = Command::new(python);
    command.arg(workspace().join("tests/pymodbus").join(script)).args(args).kill_on_drop(true);
    Ok(command)
}

/// pymodbus as a board.
struct Board {
    _child: Child,
    inputs: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    /// Coils and what was written to them, in order.
    writes: Vec<(u64, bool)>,
}

impl Board {
    async fn start(kind: &str, place: &str) -> Result<Self> {
        let mut child = python("board.py", &[kind, place])?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start pymodbus")?;
        let inputs = child.stdin.take().context("no way to tell pymodbus anything")?;
        let told = BufReader::new(child.stdout.take().context("pymodbus tells nothing")?).lines();
        let mut board = Self { _child: child, inputs, told, writes: Vec::new() };
        let ready = board.next().await?;
        ensure!(ready.get("ready").is_some(), "pymodbus says {ready}");
        board.set(&[(CLOSED_LIMIT, true)]).await?;
        Ok(board)
    }

    async fn next(&mut self) -> Result<Value> {
        let line =
            tokio::time::timeout(WITHIN, self.told.next_line()).await.context("pymodbus tells no more")?;
        let line = line?.context("pymodbus has ended")?;
        serde_json::from_str(&line).with_context(|| format!("pymodbus says {line}"))
    }

    async fn set(&mut self, inputs: &[(u8, bool)]) -> Result<()> {
        for (input, level) in inputs {
            let line = format!("{input} {}\n", u8::from(*level));
            self.inputs.write_all(line.as_bytes()).await.context("pymodbus takes no more inputs")?;
        }
        Ok(())
    }

    /// Waits for a pulse of that coil, on and off; how long it was, by pymodbus's clock.
    async fn pulsed(&mut self, coil: u64) -> Result<Duration> {
        let mut began = None;
        loop {
            let told = self.next().await?;
            let write = told["coil"].as_u64().zip(told["values"][0].as_bool()).context("not a write")?;
            let at = told["mono_us"].as_u64().context("a write without a time")?;
            self.writes.push(write);
            match (write == (coil, true), write == (coil, false), began) {
                (true, _, None) => began = Some(at),
                (true, _, Some(_)) => bail!("coil {coil} was switched on twice: {:?}", self.writes),
                (_, true, Some(began)) => return Ok(Duration::from_micros(at - began)),
                _ => {}
            }
        }
    }
}

/// One entry whose reader is the simulator's and whose board is pymodbus's, which makes no pulses by itself.
fn plan(reach: (&str, Value)) -> YardPlan {
    let mut keys = serde_json::Map::new();
    keys.insert(reach.0.to_owned(), reach.1);
    keys.insert("pulse".to_owned(), json!("coils"));
    keys.insert("pulse_ms".to_owned(), json!(300));
    // An interpreter answers when it is given the time to.
    keys.insert("response_timeout_ms".to_owned(), json!(3000));
    let lane = LanePlan { board_at: Reach::Foreign(keys), ..LanePlan::new("IN1", LaneDirection::In) };
    let mut plan = YardPlan::default();
    plan.gates.iter_mut().for_each(|gate| gate.lanes = vec![lane.clone()]);
    plan
}

async fn lane_is(gate: &Gate, state: &str) -> Result<()> {
    wait::until_true(format!("the lane to be {state}"), WITHIN, async || {
        let status = gate.agent.status().await?;
        Ok(status.pointer("/lanes/0/state").and_then(Value::as_str) == Some(state))
    })
    .await
}

/// A lorry whose every move pymodbus's inputs tell, and whose barrier is pymodbus's coils.
async fn a_lorry_passes(yard: &mut Yard, board: &mut Board) -> Result<()> {
    let epc = unused_epc();
    yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
    let gate = yard.gate()?;
    yard.fed(gate).await?;
    gate.simulator.order(&json!({"do": "show", "device": "IN1-uhf", "what": {"tag": {"epc": epc}}})).await?;
    board.set(&[(APPROACH, true)]).await?;

    let pulse = board.pulsed(OPEN).await?;
    ensure!((200..15_000).contains(&pulse.as_millis()), "the pulse that opens lasted {pulse:?}");
    board.set(&[(CLOSED_LIMIT, false), (OPEN_LIMIT, true)]).await?;
    lane_is(gate, "passing").await?;
    gate.simulator.order(&json!({"do": "hide", "device": "IN1-uhf", "what": {"tag": {"epc": epc}}})).await?;
    for (input, level) in [(SAFETY, true), (APPROACH, false), (EXIT, true), (SAFETY, false), (EXIT, false)] {
        // Longer than a loop must stay free to be believed.
        tokio::time::sleep(Duration::from_millis(800)).await;
        board.set(&[(input, level)]).await?;
    }
    board.pulsed(CLOSE).await?;
    board.set(&[(OPEN_LIMIT, false), (CLOSED_LIMIT, true)]).await?;
    lane_is(gate, "idle").await?;

    let events = gate.agent.events()?;
    let raised: Vec<_> = events.iter().filter_map(|event| event.outcome).collect();
    ensure!(raised == [RaiseOutcome::Raised], "the raise ended as {raised:?}");
    ensure!(events.iter().any(|event| event.event_type == EventType::Pass), "no pass was recorded");
    let pulses = board.writes.iter().filter(|(coil, on)| *coil == OPEN && *on).count();
    ensure!(pulses == 1, "{pulses} pulses: {:?}", board.writes);
    ensure!(board.writes.iter().any(|(coil, _)| LIGHTS.contains(coil)), "no light: {:?}", board.writes);
    let status = gate.agent.status().await?;
    let of_board =
        status["devices"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "IN1-io"));
    let of_board = of_board.cloned().unwrap_or_default();
    ensure!(of_board["reconnects"] == 0 && of_board["bad_checks"] == 0, "the board went through {of_board}");
    yard.delivered(gate, WITHIN).await?;
    journal::verify(gate.agent.data_dir())?;
    Ok(())
}

/// Design promise "no barrier opens without a durable record" with hardware that is not ours, Modbus RTU.
#[tokio::test]
async fn the_agent_works_a_board_of_pymodbus_on_a_serial_line() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("board").display().to_string();
    let mut board = Board::start("serial", &path).await?;
    play(plan(("port", json!(path))), async |yard| a_lorry_passes(yard, &mut board).await).await
}

/// The same over Modbus TCP.
#[tokio::test]
async fn the_agent_works_a_board_of_pymodbus_over_tcp() -> Result<()> {
    let address = ports::free(0)?;
    let mut board = Board::start("tcp", &address.port().to_string()).await?;
    play(plan(("tcp", json!(address))), async |yard| a_lorry_passes(yard, &mut board).await).await
}

/// What a master may ask of the simulated board, and what it must hear; `scripts` of the same order in `master.py`.
fn expected() -> Value {
    json!([
        ["coils", [0, 0, 0, 0, 0, 0, 0, 0]],
        ["inputs", [0, 1, 0, 0, 0, 0, 0, 0]],
        ["one input", [1]],
        ["coil 3 on", "done"],
        ["coils", [0, 0, 0, 1, 0, 0, 0, 0]],
        ["coils 3 and 4", "done"],
        ["coils", [0, 0, 0, 0, 1, 0, 0, 0]],
        ["version", [200]],
        ["address", "done"],
        ["coils that it has not", {"exception": 2}],
        ["a coil that it has not", {"exception": 2}],
        ["a register that it has not", {"exception": 2}],
        ["a function that it has not", {"exception": 1}],
        ["a function that nobody has", {"exception": 1}],
        ["open", "done"],
        ["open", "done"],
        ["another board", "nothing"],
        ["coils", [0, 0, 0, 0, 1, 0, 0, 0]],
    ])
}

async fn master_asks(kind: &str, place: &str) -> Result<Value> {
    let output = python("master.py", &[kind, place])?.output();
    let output = tokio::time::timeout(3 * WITHIN, output).await.context("pymodbus does not end")??;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pymodbus ended with {}: {errors}", output.status);
    let text = String::from_utf8(output.stdout).context("pymodbus tells what is no text")?;
    let line = |line: &str| -> Result<Value> {
        let told: Value = serde_json::from_str(line).with_context(|| format!("pymodbus says {line}"))?;
        Ok(json!([told["asked"], told["told"]]))
    };
    text.lines().map(line).collect()
}

async fn simulated(board_at: Reach, ask: impl AsyncFnOnce(&Simulator) -> Result<Value>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lane = LanePlan { board_at, ..LanePlan::new("IN1", LaneDirection::In) };
    let gate = GatePlan { lanes: vec![lane], ..GatePlan::new("0708-G02") };
    let mut simulator = Simulator::start(&gate, folder.path()).await?;
    let (told, expected) = (ask(&simulator).await?, expected());
    ensure!(told == expected, "pymodbus heard\n{told:#}\nand not\n{expected:#}");
    wait::until_true("the arm to be up", WITHIN, async || {
        Ok(simulator.witness()?.iter().any(|entry| entry.is_arm("IN1", "opened")))
    })
    .await?;
    let status = simulator.process.stop(WITHIN).await?;
    ensure!(status.success(), "the simulator ended with {status}");
    Ok(())
}

#[tokio::test]
async fn a_master_of_pymodbus_works_the_simulated_board_on_a_serial_line() -> Result<()> {
    simulated(Reach::File, async |simulator| {
        master_asks("serial", &simulator.devices().join("IN1-io").display().to_string()).await
    })
    .await
}

#[tokio::test]
async fn a_master_of_pymodbus_works_the_simulated_board_over_tcp() -> Result<()> {
    simulated(Reach::Address(([127, 0, 0, 1], 0).into()), async |simulator| {
        let address = std::fs::read_to_string(simulator.devices().join("IN1-io.tcp"))?;
        master_asks("tcp", address.trim()).await
    })
    .await
}
