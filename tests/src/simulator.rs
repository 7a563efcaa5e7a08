//! Simulated hardware of one gate as a process, and its control socket.
//! Promises: an order that the simulator refuses is an error with its words.
//! Source: firmware-sim/README.md, "Control socket".

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
};

use crate::{
    config,
    plan::GatePlan,
    process::{Launch, Process},
    programs::Program,
    wait,
    witness::{self, Entry},
};

const READY_WITHIN: Duration = Duration::from_secs(120);

/// 模拟器, running.
#[derive(Debug)]
pub struct Simulator {
    /// The process.
    pub process: Process,
    folder: PathBuf,
}

/// One vehicle that comes to a lane; what is not said is the simulator's default.
#[derive(Clone, Debug, Serialize)]
pub struct Drive {
    /// For people.
    pub name: String,
    /// Where it comes.
    pub lane: String,
    /// Turns up that much later.
    pub at_ms: u64,
    /// What the lane's readers see of it.
    pub shows: Vec<Showing>,
    /// What the lane's scale feels, kg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_kg: Option<u32>,
    /// What it does at the barrier: `passes leaves backs_out_before backs_out_after tailgates`.
    pub drives: String,
    /// How long it stands at the approach loop.
    pub patience_ms: u64,
    /// When one that backs out does so.
    pub back_out_ms: u64,
    /// How it moves once the arm is up.
    pub pace: Pace,
}

/// What a device sees of a vehicle, and when.
#[derive(Clone, Debug, Serialize)]
pub struct Showing {
    /// What it is.
    pub what: Sign,
    /// From when it is in view, counted from the approach loop.
    pub from_ms: i64,
    /// For how long; until the vehicle is gone when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
}

/// One thing that a device can see.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// 电子车牌.
    Tag {
        /// Hex.
        epc: String,
    },
    /// 感应卡.
    Card {
        /// Hex.
        uid: String,
    },
    /// 条码标签, Code 128.
    Label {
        /// What it holds.
        text: String,
    },
    /// 车辆车牌, made out by a camera.
    Plate {
        /// The plate.
        text: String,
    },
    /// 电子关锁.
    Seal {
        /// As printed.
        number: String,
        /// `sealed`, `open` or `tampered`.
        state: &'static str,
    },
}

impl From<Sign> for Showing {
    /// In view from the approach loop on, until the vehicle is gone.
    fn from(what: Sign) -> Self {
        Self { what, from_ms: 0, for_ms: None }
    }
}

/// The way through the lane, in milliseconds from the start of the move.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs, reason = "the names of the simulator's README say it all")]
pub struct Pace {
    pub reaction_ms: u64,
    pub to_safety_ms: u64,
    pub approach_ms: u64,
    pub to_exit_ms: u64,
    pub safety_ms: u64,
    pub exit_ms: u64,
}

impl Pace {
    /// Faster than any lorry, for tests: through in a second.
    pub const BRISK: Self = Self {
        reaction_ms: 50,
        to_safety_ms: 50,
        approach_ms: 200,
        to_exit_ms: 200,
        safety_ms: 300,
        exit_ms: 300,
    };
    /// A lorry's.
    pub const LORRY: Self = Self {
        reaction_ms: 300,
        to_safety_ms: 300,
        approach_ms: 900,
        to_exit_ms: 1000,
        safety_ms: 1200,
        exit_ms: 1200,
    };
}

impl Drive {
    /// One with this tag that passes, briskly, and gives up after 15 seconds.
    #[must_use]
    pub fn passes(lane: &str, epc: &str) -> Self {
        Self {
            name: epc.to_owned(),
            lane: lane.to_owned(),
            at_ms: 0,
            shows: vec![Sign::Tag { epc: epc.to_owned() }.into()],
            weight_kg: None,
            drives: "passes".to_owned(),
            patience_ms: 60_000,
            back_out_ms: 300,
            pace: Pace::BRISK,
        }
    }

    /// One without a tag, whose driver has a paper at most.
    #[must_use]
    pub fn without_tag(self) -> Self {
        Self { shows: Vec::new(), ..self }
    }

    /// One that leaves after that time, unless the arm goes up.
    #[must_use]
    pub fn leaves(lane: &str, epc: &str, patience_ms: u64) -> Self {
        Self { drives: "leaves".to_owned(), patience_ms, ..Self::passes(lane, epc) }
    }
}

impl Simulator {
    /// Writes the scenario into `folder`, starts, and waits until the device files exist.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(gate: &GatePlan, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder.join("dev"))
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let scenario = folder.join("scenario.toml");
        fs::write(&scenario, config::simulator(gate)?).context("cannot write the scenario")?;
        let path = |name: &str| folder.join(name).display().to_string();
        let args = [
            "run".to_owned(),
            "--scenario".to_owned(),
            path("scenario.toml"),
            "--dir".to_owned(),
            path("dev"),
            "--witness".to_owned(),
            path("witness.jsonl"),
            "--control".to_owned(),
            path("control.sock"),
        ];
        let launch = Launch {
            program: Program::FirmwareSim.path()?,
            args: args.to_vec(),
            env: Vec::new(),
            log: folder.join("firmware-sim.log"),
        };
        let mut simulator = Self { process: Process::new(launch), folder: folder.to_owned() };
        simulator.start_again().await?;
        Ok(simulator)
    }

    /// Starts it again after a kill, in the same folder.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.start()?;
        wait::until_true("the simulated devices", READY_WITHIN, async || {
            self.process.must_run()?;
            Ok(self.process.output()?.contains("firmware-sim ready"))
        })
        .await
    }

    /// Where it takes orders.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// Where its device files are.
    #[must_use]
    pub fn devices(&self) -> PathBuf {
        self.folder.join("dev")
    }

    /// Gives one order and takes its answer.
    ///
    /// # Errors
    /// When the simulator refuses it, or is gone.
    pub async fn order(&self, order: &Value) -> Result<Value> {
        let stream = UnixStream::connect(self.control()).await;
        let mut stream = BufReader::new(stream.context("the simulator does not listen")?);
        stream
            .write_all(format!("{order}\n").as_bytes())
            .await
            .context("the simulator does not take orders")?;
        let mut line = String::new();
        stream.read_line(&mut line).await.context("the simulator does not answer")?;
        let answer: Value =
            serde_json::from_str(&line).with_context(|| format!("not an answer: {line:?}"))?;
        match answer.get("error") {
            Some(error) => bail!("the simulator refuses {order}: {error}"),
            None => Ok(answer),
        }
    }

    /// A vehicle comes; its number.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub async fn drive(&self, drive: &Drive) -> Result<u64> {
        let mut order = serde_json::to_value(drive).context("the vehicle cannot be written")?;
        if let Some(members) = order.as_object_mut() {
            members.insert("do".to_owned(), json!("vehicle"));
        }
        let answer = self.order(&order).await?;
        answer.get("vehicle").and_then(Value::as_u64).context("the simulator gave no number")
    }

    /// Waits until a vehicle has ended; how: `passed refused_left backed_out patience`.
    ///
    /// # Errors
    /// When it has not ended within that time.
    pub async fn ended(&self, vehicle: u64, within: Duration) -> Result<String> {
        let timeout_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let answer = self.order(&json!({"do": "wait", "vehicle": vehicle, "timeout_ms": timeout_ms})).await?;
        let end = answer.get("end").and_then(Value::as_str).context("the simulator tells no end")?;
        Ok(end.to_owned())
    }

    /// A vehicle comes, and its end is waited for.
    ///
    /// # Errors
    /// As [`Self::drive`] and [`Self::ended`].
    pub async fn drive_to_its_end(&self, drive: &Drive, within: Duration) -> Result<String> {
        let vehicle = self.drive(drive).await?;
        self.ended(vehicle, within).await
    }

    /// A line fault begins, until [`Self::end_faults`].
    ///
    /// # Errors
    /// As [`Self::order`].
    pub async fn fault(&self, device: &str, what: &Value) -> Result<()> {
        self.order(&json!({"do": "fault", "device": device, "what": what})).await.map(drop)
    }

    /// All faults of a device end.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub async fn end_faults(&self, device: &str) -> Result<()> {
        self.order(&json!({"do": "fault_off", "device": device})).await.map(drop)
    }

    /// What the witness has seen since the simulator was first started here.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn witness(&self) -> Result<Vec<Entry>> {
        witness::read(&self.folder.join("witness.jsonl"))
    }
}
