//! The measured agent: a process of its own, wired to this one's ptys, with a centre that cannot be reached.
//! Promises: it is killed when the value is dropped.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use protocols::contract::UtcMillis;

use crate::{
    bindings::{GATE, LANE, YARD},
    clock, machine,
};

/// What the page says of the agent's configuration.
pub(crate) const SETTINGS: [&str; 5] = [
    "Board: `poll_ms = 20` and `settle_ms = 0`, so that many passages take minutes; 115200 bit/s nominal on a pty, which has no rate, \
     so the silence between two requests is the 5 ms that the agent keeps at least.",
    "Board: `barrier_close` is not wired (the played barrier closes by itself): passages follow each other within a second, and an \
     opening pulse right behind a closing one would first have to clear that relay.",
    "Reader: scan mode, frames of the 18 family with a 12-byte EPC.",
    "The centre is unreachable for the whole run; policy and index come from the agent's own files.",
    "Each passage is of another binding, so each is a first use; the players answer at once.",
];

/// Longest silence before the tag that keeps every other passage's bus quiet, and the agent's own least.
pub(crate) const SILENCE: Duration = Duration::from_millis(5);
/// Pause between two polls of the inputs, as configured.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// A running agent.
#[derive(Debug)]
pub(crate) struct Agent {
    child: Child,
    log: File,
    /// When it was started.
    pub(crate) started: Instant,
    /// The same, on the wall clock that its log shows.
    started_at: UtcMillis,
}

/// The lane whose reader and board hang on these ports.
pub(crate) fn serial_lane(reader: &Path, board: &Path) -> String {
    format!(
        r#"[[device]]
name = "uhf-in1"
kind = "uhf-chafon-18"
port = "{reader}"
mode = "scan"

[[device]]
name = "io-in1"
kind = "modbus-io"
port = "{board}"
baud = 115200
poll_ms = {poll}
settle_ms = 0
pulse_ms = 100

[device.coils]
barrier_close = "none"

[[lane]]
lane_id = "{LANE}"
readers = ["uhf-in1"]

[lane.barrier]
device = "io-in1"
"#,
        reader = reader.display(),
        board = board.display(),
        poll = POLL.as_millis(),
    )
}

/// How the agent is started, again and again.
#[derive(Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    config: PathBuf,
    log: PathBuf,
}

impl Program {
    /// Writes the configuration beside the data: a gate whose devices and lanes are those of `site`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn configure(binary: &Path, data: &Path, site: &str) -> anyhow::Result<Self> {
        let data = fs::canonicalize(data)?;
        let config = data.join("gate-agent.toml");
        // Free now; nobody else on this machine hands out ports in between.
        let panel = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let text = format!(
            r#"[gate]
gate_id = "{GATE}"
yard_id = "{YARD}"
data_dir = "{data}"

[centre]
url = "http://127.0.0.1:9"
token = "bench"
retry_min_ms = 60000
retry_max_s = 600
status_s = 600

[panel]
listen = "{panel}"

{site}"#,
            data = data.display(),
        );
        fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
        Ok(Self { binary: binary.to_path_buf(), config, log: data.join("gate-agent.log") })
    }

    /// Starts the agent.
    ///
    /// # Errors
    /// When the system does not start it.
    pub(crate) fn start(&self) -> anyhow::Result<Agent> {
        let log = File::create(&self.log)?;
        let mut command = Command::new(&self.binary);
        command.arg("run").arg("--config").arg(&self.config);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let (started, started_at) = (clock::now(), clock::wall());
        let child = command.spawn().with_context(|| format!("cannot start {}", self.binary.display()))?;
        Ok(Agent { child, log: File::open(&self.log)?, started, started_at })
    }

    /// How long the same file takes to start and say its version.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn version(&self) -> anyhow::Result<Duration> {
        let began = clock::now();
        let output = Command::new(&self.binary).arg("--version").output()?;
        let took = began.elapsed();
        if output.status.success() {
            Ok(took)
        } else {
            bail!("{} does not say its version", self.binary.display())
        }
    }

    /// Where the agent's words are, for an error.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }
}

impl Agent {
    /// Waits until a line of the log holds that text; gives how long after the start it was written, by its own time.
    ///
    /// # Errors
    /// When it does not come in time, or the agent ends.
    pub(crate) fn says(&mut self, text: &str, patience: Duration) -> anyhow::Result<Duration> {
        loop {
            let mut log = String::new();
            self.log.seek(SeekFrom::Start(0))?;
            self.log.read_to_string(&mut log)?;
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return self.after(line);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the agent ended with {status}: {log}");
            }
            if self.started.elapsed() > patience {
                bail!("the agent did not say {text:?} within {patience:?}");
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// How long after the start a line was written.
    fn after(&self, line: &str) -> anyhow::Result<Duration> {
        // To the millisecond: `2026-11-20T08:00:00.123` of a time with microseconds.
        let time = line.get(..23).with_context(|| format!("no time in {line:?}"))?;
        let at = UtcMillis::parse(&format!("{time}Z"))?;
        let passed = at.as_millis().saturating_sub(self.started_at.as_millis());
        Ok(Duration::from_millis(u64::try_from(passed).unwrap_or(0)))
    }

    /// Its resident memory, bytes.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        machine::resident(self.child.id())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
