//! An agent before a supervisor that is a socket of this test: a lane's task that blocks, a program that blocks as a whole, and a program that was only stopped for a while.
//! Absent on purpose: systemd itself, which ends and starts the agent when it is asked to; here the test does.

use std::{os::unix::net::UnixDatagram, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Yard, YardPlan, clock, play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use protocols::contract::{Event, EventType};
use serde_json::{Value, json};

use super::{PASSAGE_WITHIN, passes};

/// What a unit would say: ten seconds without a sign of life.
const WATCHDOG_US: &str = "10000000";

/// The socket that the agent tells.
struct Supervisor {
    socket: UnixDatagram,
    place: PathBuf,
}

impl Supervisor {
    fn of(yard: &Yard) -> Result<Self> {
        let place = yard.folder().join("notify");
        let socket = UnixDatagram::bind(&place).context("no socket")?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, place })
    }

    /// What was said since the last call, oldest first.
    fn heard(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let message = || {
            self.socket
                .recv(&mut buffer)
                .ok()
                .map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned())
        };
        std::iter::from_fn(message).collect()
    }

    /// Waits until it is told this; all that was said until then.
    async fn until(&self, word: &str, within: Duration) -> Result<Vec<String>> {
        let mut all = Vec::new();
        wait::until_true(word, within, async || {
            all.extend(self.heard());
            Ok(all.iter().any(|said| said.split('\n').any(|line| line == word)))
        })
        .await
        .with_context(|| format!("it said {all:?}"))?;
        Ok(all)
    }

    /// What it starts the agent with, and what that shall suffer.
    fn watches(&self, fault: Option<(&str, &str)>) -> Vec<(String, String)> {
        let place = self.place.display().to_string();
        let words =
            [("NOTIFY_SOCKET", place.as_str()), ("WATCHDOG_USEC", WATCHDOG_US)].into_iter().chain(fault);
        words.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// Lanes stand still from their next vehicle on; in how many milliseconds the supervisor hears that, and is asked to start the agent anew, and what the next start records.
async fn stands_still(
    yard: &mut Yard,
    supervisor: &Supervisor,
    fault: &str,
    lanes: &[&str],
) -> Result<(u128, Value)> {
    let gate = yard.gate_mut()?;
    gate.agent.process.stop(Duration::from_secs(20)).await?;
    gate.agent.process.launch.env = supervisor.watches(Some((fault, &lanes.join(","))));
    supervisor.heard();
    gate.agent.start().await?;
    supervisor.until("READY=1", PASSAGE_WITHIN).await?;
    supervisor.until("WATCHDOG=1", PASSAGE_WITHIN).await?;
    let mut lorries = Vec::new();
    for lane in lanes {
        lorries.push(gate.simulator.drive(&Drive::leaves(lane, &unused_epc(), 10_000)).await?);
    }
    let begun = clock::now();
    let why = match lanes {
        [lane] => format!("STATUS=lane {lane} stands still"),
        _ => "STATUS=every lane stands still".to_owned(),
    };
    let mut said = supervisor.until(&why, PASSAGE_WITHIN).await?;
    let took = begun.elapsed().as_millis();
    // Time for the reason to be on the disk and the request to come; beside it there is no sign of life.
    tokio::time::sleep(Duration::from_secs(2)).await;
    said.extend(supervisor.heard());
    let mut after = said.iter().skip_while(|said| **said != why).skip(1);
    ensure!(
        after.next().is_some_and(|said| said == "WATCHDOG=trigger") && after.next().is_none(),
        "it said {said:?}"
    );

    gate.agent.process.kill()?;
    gate.agent.process.launch.env = supervisor.watches(None);
    gate.agent.start().await?;
    for lorry in lorries {
        gate.simulator.ended(lorry, PASSAGE_WITHIN).await?;
    }
    let reason = |events: &[Event]| {
        let mut starts = events.iter().filter(|event| event.event_type == EventType::Started);
        starts.next_back()?.detail.as_ref()?.get("stood_still").cloned()
    };
    let reason = gate.agent.records("the reason of the start", 0, reason).await?;
    Ok((took, reason))
}

/// Fault F2, I1: a lane's task that waits for ever is told to the supervisor by name, and so is a program whose lanes hold its threads; the start that follows records why, once, and lorries
/// pass again.
#[tokio::test]
async fn a_lane_that_stands_still_is_told_and_started_anew() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let epc = unused_epc();
        yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Exit)).await?;
        yard.fed(yard.gate()?).await?;
        let supervisor = Supervisor::of(yard)?;
        let mut figures = Vec::new();
        for (fault, lanes) in [("KAKOU_STANDS_STILL", &["IN1"][..]), ("KAKOU_BLOCKS", &["IN1", "OUT1"])] {
            let (took_ms, reason) = stands_still(yard, &supervisor, fault, lanes).await?;
            ensure!(reason.get("lanes") == Some(&json!(lanes)), "{reason}");
            figures.push(took_ms);
        }
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        supervisor.until("STOPPING=1", PASSAGE_WITHIN).await?;
        gate.agent.start().await?;
        passes(gate, &epc).await?;
        let again = |events: &[Event]| {
            let starts: Vec<&Event> =
                events.iter().filter(|event| event.event_type == EventType::Started).collect();
            let told = |event: &&&Event| {
                event.detail.as_ref().is_some_and(|detail| detail.get("stood_still").is_some())
            };
            (starts.len() == 6).then(|| starts.iter().filter(told).count())
        };
        let told = gate.agent.records("all starts", 0, again).await?;
        ensure!(told == 2, "the reason is recorded {told} times");
        println!(
            "{}",
            json!({"test": "stands_still", "one_lane_ms": figures[0], "all_lanes_ms": figures[1]})
        );
        yard.agrees().await.map(drop)
    })
    .await
}

/// Fault B5: a program that was stopped for longer than a lane may stand still is not started anew when it goes on.
#[tokio::test]
async fn a_program_that_was_stopped_for_a_while_goes_on() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let supervisor = Supervisor::of(yard)?;
        let gate = yard.gate_mut()?;
        gate.agent.process.stop(Duration::from_secs(20)).await?;
        gate.agent.process.launch.env = supervisor.watches(None);
        gate.agent.start().await?;
        supervisor.until("WATCHDOG=1", PASSAGE_WITHIN).await?;
        gate.agent.process.freeze()?;
        tokio::time::sleep(Duration::from_secs(8)).await;
        supervisor.heard();
        gate.agent.process.thaw()?;
        tokio::time::sleep(Duration::from_secs(6)).await;
        let said = supervisor.heard();
        ensure!(said.len() >= 6 && said.iter().all(|said| said == "WATCHDOG=1"), "it said {said:?}");
        yard.agrees().await.map(drop)
    })
    .await
}
