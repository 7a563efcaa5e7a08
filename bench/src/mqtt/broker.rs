//! Mosquitto, on this machine only, for as long as the value lives.
//! Promises: keeps nothing on the disk; as root it gives its rights up by itself, to the user that its package made.
//! Absent on purpose: users and TLS: what they cost is paid at connecting, and is the same with and without the agent.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, bail, ensure};

use crate::clock;

const PROGRAM: &str = "/usr/sbin/mosquitto";
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker.
#[derive(Debug)]
pub(crate) struct Broker {
    child: Child,
    port: u16,
}

impl Broker {
    /// Starts it; its configuration and its words lie in that folder.
    ///
    /// # Errors
    /// When Mosquitto is not there or does not listen.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        ensure!(
            Path::new(PROGRAM).exists(),
            "{PROGRAM} is missing; install mosquitto with: scripts/setup bench"
        );
        // Free now; nobody else on this machine hands out ports in between.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_dest stderr\n"
        );
        let (config, log) = (folder.join("mosquitto.conf"), folder.join("mosquitto.log"));
        fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
        let mut command = Command::new(PROGRAM);
        command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let mut broker = Self { child: command.spawn().context("cannot start mosquitto")?, port };
        let began = clock::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = broker.child.try_wait()? {
                bail!("mosquitto ended with {status}; its words are in {}", log.display());
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "mosquitto does not listen; its words are in {}",
                log.display()
            );
            thread::sleep(Duration::from_millis(10));
        }
        Ok(broker)
    }

    /// Where it listens, on loopback.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
