//! The yard in a box: one centre, and for each gate an agent, its simulated hardware and a line that can be broken.
//! Promises: everything lies in one folder and goes with the yard; a failed test is told the tails of all logs and where the folder is.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use crate::{
    agent::Agent,
    centre::Centre,
    clock, compare, journal,
    line::FaultProxy,
    plan::{GatePlan, YardPlan},
    ports,
    process::Process,
    raises::{self, Tally, Wiring},
    rest::Rest,
    simulator::Simulator,
    wait,
};

/// 场所, running.
#[derive(Debug)]
pub struct Yard {
    /// The centre.
    pub centre: Centre,
    /// The gates, in the plan's order.
    pub gates: Vec<Gate>,
    /// What it was made from.
    pub plan: YardPlan,
    rest: Rest,
    folder: PathBuf,
    temporary: Option<TempDir>,
}

/// 卡口, running.
#[derive(Debug)]
pub struct Gate {
    /// The agent.
    pub agent: Agent,
    /// Its hardware.
    pub simulator: Simulator,
    /// The network between it and the centre.
    pub line: FaultProxy,
    /// What it was made from.
    pub plan: GatePlan,
}

/// Builds a yard, lets `story` happen in it, and stops it. Where the story fails, the error tells all logs, and the folder stays.
///
/// # Errors
/// What the yard's start, the story or the stop said.
pub async fn play<T>(plan: YardPlan, story: impl AsyncFnOnce(&mut Yard) -> Result<T>) -> Result<T> {
    let mut yard = Yard::start(plan).await?;
    match story(&mut yard).await {
        Ok(told) => {
            yard.stop().await?;
            Ok(told)
        }
        Err(error) => Err(yard.explain(error)),
    }
}

impl Yard {
    /// Starts everything and waits until it is ready: the centre serves, every gate has its index and its devices.
    ///
    /// # Errors
    /// The first program that does not come up, with its log.
    pub async fn start(plan: YardPlan) -> Result<Self> {
        let temporary = match &plan.folder {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new().prefix("kakou-yard-").tempdir().context("no folder for a yard")?,
            ),
        };
        let folder =
            plan.folder.clone().or_else(|| temporary.as_ref().map(|temporary| temporary.path().to_owned()));
        let folder = folder.context("a yard without a folder")?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Device files are named by absolute paths.
        let folder = folder.canonicalize().context("the yard's folder has no name")?;
        let centre = Centre::start(&plan, &folder.join("centre")).await?;
        let rest = centre.people()?;
        let mut yard = Self { centre, gates: Vec::new(), plan, rest, folder, temporary };
        for gate in yard.plan.gates.clone() {
            let started = Gate::start(&yard, gate).await;
            match started {
                Ok(gate) => yard.gates.push(gate),
                Err(error) => return Err(yard.explain(error)),
            }
        }
        Ok(yard)
    }

    /// People at the centre.
    #[must_use]
    pub const fn rest(&self) -> &Rest {
        &self.rest
    }

    /// The first gate, of most yards the only one.
    ///
    /// # Errors
    /// When the plan has none.
    pub fn gate(&self) -> Result<&Gate> {
        self.gates.first().context("a yard without gates")
    }

    /// The same, to kill and restart it.
    ///
    /// # Errors
    /// When the plan has none.
    pub fn gate_mut(&mut self) -> Result<&mut Gate> {
        self.gates.first_mut().context("a yard without gates")
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until the gate's index is as new as the centre's.
    ///
    /// # Errors
    /// When it is not within two minutes.
    pub async fn fed(&self, gate: &Gate) -> Result<u64> {
        let revision = self.rest.revision(&gate.plan.token).await?;
        let what = format!("the index of {} to reach revision {revision}", gate.plan.gate_id);
        wait::until(what, Duration::from_secs(120), async || {
            Ok(gate.agent.index_revision().await?.filter(|own| *own >= revision))
        })
        .await
    }

    /// Waits until the centre has acknowledged the gate's whole journal as it is now; how many events that are.
    ///
    /// # Errors
    /// When it has not within that time.
    pub async fn delivered(&self, gate: &Gate, within: Duration) -> Result<usize> {
        let due = gate.agent.journal_from(1)?;
        let last = due.last().context("the journal is empty")?;
        let what = format!("event {}/{} of {} to arrive", last.epoch, last.seq, gate.plan.gate_id);
        wait::until_true(what, within, async || {
            let stored = self.rest.events(&gate.plan.gate_id).await?;
            Ok(stored.last().is_some_and(|stored| (stored.epoch, stored.seq) >= (last.epoch, last.seq)))
        })
        .await?;
        Ok(due.len())
    }

    /// The centre has the gate's journal, event for event; how many. A device may say something between one reading and the other:
    /// then both are read again, since what the journal got meanwhile is no disagreement.
    ///
    /// # Errors
    /// The first difference, or when the journal does not come to rest.
    pub async fn centre_has_the_journal(&self, gate: &Gate) -> Result<usize> {
        const READINGS: usize = 20;
        for _ in 0..READINGS {
            let due = self.delivered(gate, Duration::from_secs(120)).await?;
            let stored = self.rest.events(&gate.plan.gate_id).await?;
            let own = gate.agent.journal_from(1)?;
            if own.len() == due {
                return compare::centre_has_the_journal(&stored, &own);
            }
        }
        bail!("the journal of {} grew while it was read, {READINGS} times", gate.plan.gate_id)
    }

    /// All that must agree in the end, for every gate: delivered, centre equal to journal, chain sound, witness equal to journal.
    ///
    /// # Errors
    /// The first disagreement.
    pub async fn agrees(&self) -> Result<Tally> {
        let mut sum = Tally::default();
        for gate in &self.gates {
            self.centre_has_the_journal(gate).await?;
            journal::verify(gate.agent.data_dir())?;
            let tally = gate.raises_agree()?;
            sum = Tally { raises: sum.raises + tally.raises, intents: sum.intents + tally.intents };
        }
        Ok(sum)
    }

    /// Stops gates, hardware and centre in order.
    ///
    /// # Errors
    /// The first program that does not stop on SIGTERM or ends with another status than 0.
    pub async fn stop(&mut self) -> Result<()> {
        for gate in &mut self.gates {
            stop(&mut gate.agent.process).await?;
            stop(&mut gate.simulator.process).await?;
        }
        stop(&mut self.centre.process).await
    }

    /// An error with all that the programs wrote last; the folder stays for whoever looks into it.
    #[must_use]
    pub fn explain(mut self, error: anyhow::Error) -> anyhow::Error {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
        anyhow!("{error:#}\n\n{}", self.logs())
    }

    fn logs(&self) -> String {
        let of_gates = self.gates.iter().flat_map(|gate| [&gate.agent.process, &gate.simulator.process]);
        let processes = [&self.centre.process].into_iter().chain(of_gates);
        let tail =
            |process: &Process| format!("--- {}\n{}\n", process.launch.log.display(), process.log_tail(25));
        format!("{}everything lies in {}", processes.map(tail).collect::<String>(), self.folder.display())
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Some(temporary) = self.temporary.take() {
                let _ = temporary.keep();
            }
            // An assertion failed and the yard goes: this is the last who knows why.
            let _ = writeln!(std::io::stderr(), "{}", self.logs());
        }
    }
}

async fn stop(process: &mut Process) -> Result<()> {
    if !process.is_running()? {
        return Ok(());
    }
    let status = process.stop(Duration::from_secs(60)).await?;
    anyhow::ensure!(status.success(), "{} stopped with {status}", process.launch.program.display());
    Ok(())
}

impl Gate {
    async fn start(yard: &Yard, mut plan: GatePlan) -> Result<Self> {
        if plan.has_cameras() {
            plan.broker_port = ports::free(plan.broker_port)?.port();
        }
        let folder = yard.folder.join(&plan.gate_id);
        let simulator = Simulator::start(&plan, &folder).await?;
        let line = FaultProxy::start(yard.centre.for_gates()).await?;
        let mut agent = Agent::prepare(&yard.plan, &plan, line.address(), &simulator.devices(), &folder)?;
        if yard.plan.certificate_lifetime_s.is_some() {
            agent.enrol(&yard.rest.enrolment_code(&yard.plan.yard_id, &plan.gate_id).await?).await?;
        }
        agent.start_first().await?;
        Ok(Self { agent, simulator, line, plan })
    }

    /// What the witness saw against what the journal says.
    ///
    /// # Errors
    /// Everything that does not agree.
    pub fn raises_agree(&self) -> Result<Tally> {
        let wiring =
            |lane: &crate::plan::LanePlan| Wiring { lane_id: lane.lane_id.clone(), board: lane.board() };
        let lanes: Vec<Wiring> = self.plan.lanes.iter().map(wiring).collect();
        let (seen, recorded) = (self.simulator.witness()?, self.agent.events()?);
        raises::check(&seen, &recorded, &lanes, clock::slept_us())
            .map_err(|faults| anyhow!("witness and journal differ:\n  {}", faults.join("\n  ")))
    }
}
