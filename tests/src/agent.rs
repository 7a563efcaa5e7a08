//! One gate's agent as a process, which may be killed and started again over the same data.

use std::{
    fmt::Display,
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use protocols::contract::{Event, RawEvent};
use serde_json::Value;

use crate::{
    config, journal,
    plan::{GatePlan, YardPlan},
    ports,
    process::{Launch, Process},
    programs::Program,
    wait,
};

const READY_WITHIN: Duration = Duration::from_secs(120);

/// 卡口前端, running.
#[derive(Debug)]
pub struct Agent {
    /// The process. `launch.env` may be given a fail point before it is started again.
    pub process: Process,
    panel: SocketAddr,
    file: PathBuf,
    data_dir: PathBuf,
    http: reqwest::Client,
}

impl Agent {
    /// Writes its configuration into `folder`; does not start it.
    ///
    /// # Errors
    /// When the file cannot be written or there is no port for the panel.
    pub fn prepare(
        plan: &YardPlan,
        gate: &GatePlan,
        line: SocketAddr,
        devices: &Path,
        folder: &Path,
    ) -> Result<Self> {
        let data_dir = folder.join("data");
        fs::create_dir_all(&data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
        let panel = ports::free(gate.panel_port)?;
        let line = (line, plan.certificate_lifetime_s.is_some());
        let text = config::gate_agent(&plan.yard_id, gate, line, panel, devices, &data_dir)?;
        let file = folder.join("gate-agent.toml");
        fs::write(&file, text).context("cannot write gate-agent.toml")?;
        let launch = Launch {
            program: Program::GateAgent.path()?,
            args: vec!["run".to_owned(), "--config".to_owned(), file.display().to_string()],
            env: Vec::new(),
            log: folder.join("gate-agent.log"),
        };
        crate::rest::choose_cryptography();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { process: Process::new(launch), panel, file, data_dir, http })
    }

    /// Enrols the gate by this code; the agent may be running.
    ///
    /// # Errors
    /// When the program fails, with what it says.
    pub async fn enrol(&self, code: &str) -> Result<()> {
        // The line to the centre is in this process: nothing here may stand still meanwhile.
        let mut command = tokio::process::Command::new(Program::GateAgent.path()?);
        let done = command.args(["enrol", "--code", code, "--config"]).arg(&self.file).output().await;
        let done = done.context("cannot start gate-agent")?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(done.status.success(), "gate-agent enrol: {said}");
        Ok(())
    }

    /// Its program with these words, and this line to read; what it prints. The agent may be running.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn command(&self, words: &[&str], line: &str) -> Result<String> {
        let mut command = Command::new(Program::GateAgent.path()?);
        command.args(words).arg("--config").arg(&self.file);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start gate-agent")?;
        let input = child.stdin.take().context("it reads nothing")?;
        // One that reads nothing has ended already, or says why.
        let _ = writeln!(&input, "{line}");
        drop(input);
        let done = child.wait_with_output().context("gate-agent does not end")?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(done.status.success(), "gate-agent {}: {said}", words.join(" "));
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Its program with these words: whether it ended well, and what it prints all the same.
    ///
    /// # Errors
    /// When it does not run.
    pub fn asked(&self, words: &[&str]) -> Result<(bool, String)> {
        let mut command = Command::new(Program::GateAgent.path()?);
        command.args(words).arg("--config").arg(&self.file).stdin(Stdio::null());
        let done = command.output().context("cannot run gate-agent")?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(done.stderr.is_empty(), "gate-agent {}: {said}", words.join(" "));
        Ok((done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned()))
    }

    /// Its identity, as it lies in its folder.
    ///
    /// # Errors
    /// When it has none.
    pub fn identity(&self) -> Result<Value> {
        let text = fs::read_to_string(self.data_dir.join("identity.json")).context("no identity.json")?;
        serde_json::from_str(&text).context("identity.json is not JSON")
    }

    /// Starts it and waits until it says that it is ready and works all its devices.
    ///
    /// # Errors
    /// When it does not come up, with the tail of its log.
    pub async fn start(&mut self) -> Result<()> {
        self.process.start()?;
        self.ready().await?;
        self.has_its_devices().await
    }

    /// The same for the first time: a port that another program took meanwhile gives way to the next.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_first(&mut self) -> Result<()> {
        const TAKEN: &str = "the panel cannot listen on";
        loop {
            let started = self.start().await;
            // Two programs may find one port free: whether it is this one's panel that answers there, only its own words tell.
            let own = format!("panel on {}", self.panel);
            let is_taken = wait::until("the agent's word on its panel", READY_WITHIN, async || {
                let is_running = self.process.is_running()?;
                let said = self.process.output()?;
                let is_taken = said.contains(TAKEN);
                Ok((is_taken || said.contains(&own) || !is_running).then_some(is_taken))
            });
            if !is_taken.await? {
                return started;
            }
            self.process.kill()?;
            let (old, new) = (self.panel, ports::free(self.panel.port().saturating_add(1))?);
            let text = fs::read_to_string(&self.file).context("cannot read gate-agent.toml")?;
            let text = text.replace(&format!("\"{old}\""), &format!("\"{new}\""));
            fs::write(&self.file, text).context("cannot write gate-agent.toml")?;
            self.panel = new;
        }
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// When it has ended, or is not ready within two minutes, with what it says instead.
    pub async fn ready(&mut self) -> Result<()> {
        let (url, http) = (format!("{}/readyz", self.url()), self.http.clone());
        let mut said = String::new();
        let ready = wait::until_true("the agent to be ready", READY_WITHIN, async || {
            self.process.must_run()?;
            let Ok(answer) = http.get(&url).send().await else { return Ok(false) };
            let status = answer.status();
            said = format!("{status} {}", answer.text().await.unwrap_or_default());
            Ok(status.is_success())
        })
        .await;
        ready.with_context(|| format!("it says {said:?}\n{}", self.process.log_tail(20)))
    }

    /// True when it says now that it is ready.
    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/readyz", self.url())).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until every device answers and every lane is idle.
    ///
    /// # Errors
    /// When that is not so within two minutes, with the state instead.
    pub async fn has_its_devices(&self) -> Result<()> {
        let mut said = Value::Null;
        let all = wait::until_true("all devices and lanes", READY_WITHIN, async || {
            said = self.status().await?;
            let every = |list: &str, holds: fn(&Value) -> bool| {
                said.get(list).and_then(Value::as_array).is_some_and(|items| items.iter().all(holds))
            };
            let online = |device: &Value| device.get("online") == Some(&Value::Bool(true));
            let idle = |lane: &Value| lane.get("state").and_then(Value::as_str) == Some("idle");
            Ok(every("devices", online) && every("lanes", idle))
        })
        .await;
        all.with_context(|| format!("it says {said}\n{}", self.process.log_tail(20)))
    }

    /// Address of its panel.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.panel)
    }

    /// Its journal, index and emergency log.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// What its panel says of its state.
    ///
    /// # Errors
    /// No answer, or no JSON.
    pub async fn status(&self) -> Result<Value> {
        let answer = self.http.get(format!("{}/status", self.url())).send().await.context("no answer")?;
        answer.error_for_status()?.json().await.context("the status is not JSON")
    }

    /// What a person does at its panel.
    ///
    /// # Errors
    /// No answer, or a refusal, with what it says.
    pub async fn act(&self, lane: &str, act: &Value) -> Result<()> {
        let url = format!("{}/api/lanes/{lane}/acts", self.url());
        let answer = self.http.post(url).header("origin", self.url()).json(act).send().await;
        let answer = answer.context("no answer")?;
        let status = answer.status();
        let said = answer.text().await.unwrap_or_default();
        anyhow::ensure!(status.is_success(), "the panel says {status} {said}");
        Ok(())
    }

    /// The revision of its index; none before the first snapshot.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn index_revision(&self) -> Result<Option<u64>> {
        Ok(self.status().await?.pointer("/index/revision").and_then(Value::as_u64))
    }

    /// Its journal's records, from number `from` on.
    ///
    /// # Errors
    /// As [`journal::export`].
    pub fn journal_from(&self, from: u64) -> Result<Vec<RawEvent>> {
        journal::export(&self.data_dir, from)
    }

    /// Its whole journal as events.
    ///
    /// # Errors
    /// As [`journal::export`] and [`journal::events`].
    pub fn events(&self) -> Result<Vec<Event>> {
        journal::events(&self.journal_from(1)?)
    }

    /// What the journal has to show behind its first `before` events, once it has: a refusal moves no barrier, so nobody waits until it is
    /// recorded.
    ///
    /// # Errors
    /// When it does not come, or as [`Self::events`].
    pub async fn records<T>(
        &self,
        what: impl Display,
        before: usize,
        look: impl Fn(&[Event]) -> Option<T>,
    ) -> Result<T> {
        let looked = async || Ok(look(self.events()?.get(before..).unwrap_or_default()));
        wait::until(format!("the journal to have {what}"), READY_WITHIN, looked).await
    }
}
