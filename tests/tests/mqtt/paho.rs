//! A device on a broker that is paho's: `paho/device.py` in the environment that `scripts/setup` makes.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

const WITHIN: Duration = Duration::from_secs(60);

/// What a device is called, and with what it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Who<'a> {
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    /// The authority's certificate, where the broker speaks TLS.
    pub(crate) authority: Option<&'a Path>,
    /// Where it says that it is there, and the broker that it is not.
    pub(crate) will: Option<&'a str>,
    /// What it listens to.
    pub(crate) hear: Option<&'a str>,
}

/// The device.
pub(crate) struct Device {
    _child: Child,
    orders: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Device {
    /// A device that the broker has taken.
    pub(crate) async fn connect(who: Who<'_>) -> Result<Self> {
        let mut device = Self::begin(who)?;
        let told = device.next().await?;
        match told.get("connected") {
            Some(_) => Ok(device),
            None => bail!("paho says {told}"),
        }
    }

    /// A device that may be refused.
    pub(crate) fn begin(who: Who<'_>) -> Result<Self> {
        let python = workspace().join("target/tools/paho/bin/python");
        if !python.exists() {
            bail!(
                "paho is not installed: {} is missing; install it with: scripts/setup test",
                python.display()
            );
        }
        let mut command = Command::new(python);
        command
            .arg(workspace().join("tests/paho/device.py"))
            .arg(who.port.to_string())
            .arg(format!("device-of-{}", who.user));
        command.args(["--user", who.user, "--password", who.password]);
        if let Some(authority) = who.authority {
            command.arg("--ca").arg(authority);
        }
        for (option, topic) in [("--will", who.will), ("--hear", who.hear)] {
            command.args(topic.iter().flat_map(|topic| [option, topic]));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start paho")?;
        let orders = child.stdin.take().context("no way to tell paho anything")?;
        let told = BufReader::new(child.stdout.take().context("paho tells nothing")?).lines();
        Ok(Self { _child: child, orders, told })
    }

    /// The next thing that it tells, acknowledgements apart.
    pub(crate) async fn next(&mut self) -> Result<Value> {
        loop {
            let line =
                tokio::time::timeout(WITHIN, self.told.next_line()).await.context("paho tells no more")?;
            let line = line?.context("paho has ended")?;
            let told: Value = serde_json::from_str(&line).with_context(|| format!("paho says {line}"))?;
            if told.get("taken").is_none() {
                return Ok(told);
            }
        }
    }

    /// Publishes; does not wait.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &Value, retain: Retain) -> Result<()> {
        let payload = payload.as_str().map_or_else(|| payload.to_string(), ToOwned::to_owned);
        self.order(&json!({"topic": topic, "payload": payload, "retain": retain == Retain::Kept})).await
    }

    /// Publishes that many messages as fast as paho can.
    pub(crate) async fn flood(&mut self, topic: &str, payload: &Value, count: u32) -> Result<()> {
        self.order(&json!({"topic": topic, "payload": payload.to_string(), "flood": count})).await
    }

    async fn order(&mut self, order: &Value) -> Result<()> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.context("paho takes no more orders")
    }
}

/// Whether the broker keeps it for who comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retain {
    Kept,
    Passing,
}
