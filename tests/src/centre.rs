//! The centre as a process, which may be killed and started again at the same address.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    cards::Cards,
    config,
    plan::YardPlan,
    ports,
    process::{Launch, Process},
    programs::Program,
    rest::Rest,
    wait,
};

const READY_WITHIN: Duration = Duration::from_secs(120);

/// 中心, running.
#[derive(Debug)]
pub struct Centre {
    /// The process: kill it, freeze it, read its log.
    pub process: Process,
    address: SocketAddr,
    for_gates: Option<SocketAddr>,
    folder: PathBuf,
    cards: Cards,
    http: reqwest::Client,
}

impl Centre {
    /// Writes its configuration into `folder`, starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up, with the tail of its log.
    pub async fn start(plan: &YardPlan, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = folder.join("central.toml");
        let listen = match plan.centre_listen.parse::<SocketAddr>() {
            Ok(any) if any.port() == 0 => ports::free(0)?.to_string(),
            _ => plan.centre_listen.clone(),
        };
        let plan = YardPlan { centre_listen: listen, ..plan.clone() };
        let cards = Cards::at(&folder.join("cards"))?;
        // Gates find it at the same address as people.
        let host = plan.centre_listen.parse::<SocketAddr>().map(|listen| listen.ip());
        let host = host.with_context(|| format!("{} is no address", plan.centre_listen))?;
        let for_gates = plan.certificate_lifetime_s.map(|_| ports::free(0)).transpose()?;
        let for_gates = for_gates.map(|free| SocketAddr::new(host, free.port()));
        fs::write(&file, config::central(&plan, &folder.join("data"), &cards.authority(), for_gates)?)
            .context("cannot write central.toml")?;
        let args = ["run", "--config"].map(ToOwned::to_owned).into_iter().chain([file.display().to_string()]);
        let launch = Launch {
            program: Program::Central.path()?,
            args: args.collect(),
            env: Vec::new(),
            log: folder.join("central.log"),
        };
        let mut process = Process::new(launch);
        process.start()?;
        let address = wait::until("the centre's address", READY_WITHIN, async || {
            process.must_run()?;
            let output = process.output()?;
            let told = output.lines().find_map(|line| line.strip_prefix("central listening on http://"));
            told.map(|address| address.trim().parse().context("not an address")).transpose()
        })
        .await
        .with_context(|| process.log_tail(20))?;
        // Started again, it must be where the gates know it; by a variable, so that the file stays what it was.
        process.launch.env.push(("KAKOU_SERVER__LISTEN".to_owned(), format!("{address}")));
        process.launch.env.push(("KAKOU_SERVER__PORT_SEARCH".to_owned(), "false".to_owned()));
        crate::rest::choose_cryptography();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let mut centre = Self { process, address, for_gates, folder: folder.to_owned(), cards, http };
        centre.ready().await?;
        Ok(centre)
    }

    /// Starts it again after a kill or stop, at the same address, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.start()?;
        self.ready().await
    }

    async fn ready(&mut self) -> Result<()> {
        let (url, http) = (format!("{}/readyz", self.url()), self.http.clone());
        wait::until_true("the centre to be ready", READY_WITHIN, async || {
            self.process.must_run()?;
            Ok(http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()))
        })
        .await
        .with_context(|| self.process.log_tail(20))
    }

    /// The folder of the people's cards and of their authority.
    #[must_use]
    pub fn cards(&self) -> &Path {
        self.cards.folder()
    }

    /// People at it, with their cards.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn people(&self) -> Result<Rest> {
        Rest::new(&self.url(), self.cards.clone())
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for gates: over TLS where there is such a listener.
    #[must_use]
    pub fn for_gates(&self) -> SocketAddr {
        self.for_gates.unwrap_or(self.address)
    }

    /// Runs a command of the centre's program with the same configuration, such as `gates new-authority`; what it printed.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub async fn command(&self, words: &[&str]) -> Result<String> {
        let config = self.folder.join("central.toml");
        let mut command = tokio::process::Command::new(Program::Central.path()?);
        let done = command.args(words).arg("--config").arg(config).output().await;
        let done = done.context("cannot start central")?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(done.status.success(), "central {}: {said}", words.join(" "));
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its SQLite file.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.join("data/central.sqlite")
    }
}
