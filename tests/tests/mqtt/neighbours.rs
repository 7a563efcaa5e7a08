//! Two gates of one yard over Mosquitto, while the centre is away: a trip is used once in the yard, and goes on at the other gate.
//! Promises: the broker has the rights that `docs/devices.md` asks for.

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, GatePlan, Yard, YardPlan,
    line::Line,
    play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use protocols::rules::{ReasonCode, TripStatus, Verdict};
use serde_json::json;

use super::SOON;
use crate::{
    mosquitto::{Mosquitto, Wire},
    paho::{Device, Retain, Who},
};

const GATES: [&str; 2] = ["0708-G02", "0708-G03"];
/// No secrets: they live for seconds on one machine.
const USERS: [(&str, &str); 2] = [("gate-2", "word-of-gate-2"), ("gate-3", "word-of-gate-3")];

/// Each gate tells its own acts, may ask any other, and hears all.
fn rights() -> String {
    let of = |(user, gate): (&str, &str)| {
        format!(
            "user {user}\ntopic write kakou/v1/{gate}/acts\ntopic write kakou/v1/+/acts/ask\n\
             topic read kakou/v1/+/acts\ntopic read kakou/v1/{gate}/acts/ask\n"
        )
    };
    [(USERS[0].0, GATES[0]), (USERS[1].0, GATES[1])].map(of).concat()
}

fn plan(broker: &Mosquitto) -> YardPlan {
    let gate = |(gate_id, (user, password)): (&str, (&str, &str))| {
        let url = format!("mqtt://127.0.0.1:{}", broker.port());
        let mqtt = json!({"url": url, "user": user, "password": password, "keep_alive_s": 5});
        GatePlan { mqtt: Some(mqtt), ..GatePlan::new(gate_id) }
    };
    let gates = GATES.into_iter().zip(USERS).map(gate).collect();
    YardPlan { gates, certificate_lifetime_s: Some(3_888_000), ..YardPlan::default() }
}

/// An approved record that both gates know: its tag, and its number at the centre.
async fn expected(yard: &Yard, closing: Closing) -> Result<(String, String)> {
    let epc = unused_epc();
    let record = yard.rest().declare_and_approve(&NewRecord::of(&epc, closing)).await?;
    for gate in &yard.gates {
        yard.fed(gate).await?;
    }
    Ok((epc, record.unified_no))
}

async fn passes(gate: &Gate, lane: &str, epc: &str) -> Result<()> {
    let end = gate.simulator.drive_to_its_end(&Drive::passes(lane, epc), SOON).await?;
    ensure!(end == "passed", "the lorry at {} {lane} {end}", gate.plan.gate_id);
    Ok(())
}

/// It comes, and is told why it may not; it leaves.
async fn is_refused(gate: &Gate, lane: &str, epc: &str, why: ReasonCode) -> Result<()> {
    let before = gate.agent.events()?.len();
    let end = gate.simulator.drive_to_its_end(&Drive::leaves(lane, epc, 3000), SOON).await?;
    ensure!(end != "passed", "the lorry at {} {lane} {end}", gate.plan.gate_id);
    let refusal = gate.agent.records("a refusal", before, |events| {
        events.iter().find(|event| event.verdict == Some(Verdict::Refuse)).and_then(|event| event.reason_code)
    });
    let told = refusal.await?;
    ensure!(told == why, "{} {lane} says {told:?}", gate.plan.gate_id);
    Ok(())
}

/// What its metrics count of neighbours.
async fn counted(gate: &Gate, name: &str) -> Result<u64> {
    let text = reqwest::get(format!("{}/metrics", gate.agent.url())).await?.text().await?;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("kakou_gate_neighbour_{name} ")));
    line.map_or(Ok(0), |count| count.parse().context("no number"))
}

async fn knows(gate: &Gate, acts: impl Fn(u64) -> bool) -> Result<()> {
    wait::until_true(format!("{} to know its neighbour's acts", gate.plan.gate_id), SOON, async || {
        Ok(acts(counted(gate, "acts").await?))
    })
    .await
}

/// SG-198, SG-249, SG-252: with the centre away, a lorry that came in at one gate cannot come in at the other, leaves there, and is not let in again anywhere; the
/// same when it came in while the broker was down, and when the gate that knows it only by hearsay was killed. In the end centre and journals agree, and
/// nothing is left to be told.
#[tokio::test]
async fn a_trip_is_used_once_in_the_whole_yard() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut broker = Mosquitto::start_with_rights(folder.path(), Wire::Plain, &USERS, &rights()).await?;
    play(plan(&broker), async |yard| {
        let (one, its_number) = expected(yard, Closing::Exit).await?;
        let (other, others_number) = expected(yard, Closing::Exit).await?;
        for gate in &yard.gates {
            wait::until_true("a page of the neighbour", SOON, async || {
                Ok(counted(gate, "pages_total{result=\"taken\"}").await? > 0)
            })
            .await?;
            gate.line.set(Line::Cut);
        }
        let (here, there) = (&yard.gates[0], &yard.gates[1]);
        passes(here, "IN1", &one).await?;
        knows(there, |acts| acts >= 2).await?;
        is_refused(there, "IN1", &one, ReasonCode::Locked).await?;
        passes(there, "OUT1", &one).await?;
        let told = counted(there, "acts").await?;
        knows(here, |acts| acts >= 2).await?;
        is_refused(here, "IN1", &one, ReasonCode::AlreadyUsed).await?;

        broker.kill()?;
        passes(here, "IN1", &other).await?;
        ensure!(counted(there, "acts").await? <= told + 1, "nobody can have told");
        broker.start_again().await?;
        knows(there, |acts| acts >= told + 2).await?;
        yard.gates[1].agent.process.kill()?;
        yard.gates[1].agent.start().await?;
        let (here, there) = (&yard.gates[0], &yard.gates[1]);
        there.agent.has_its_devices().await?;
        ensure!(counted(there, "acts").await? >= told + 2, "a restart has forgotten what was told");
        passes(there, "OUT1", &other).await?;

        for gate in [here, there] {
            gate.line.set(Line::Open);
        }
        for number in [its_number, others_number] {
            yard.rest().reaches(&number, TripStatus::LeftPort, SOON).await?;
        }
        yard.agrees().await?;
        for gate in &yard.gates {
            knows(gate, |acts| acts == 0).await?;
        }
        Ok(())
    })
    .await
}

/// fault E2: whoever has a user at the broker and no identity of this yard tells nothing: the lorry is let in all the same.
#[tokio::test]
async fn nobody_without_an_identity_is_believed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broker = Mosquitto::start(folder.path(), Wire::Plain, &USERS).await?;
    play(plan(&broker), async |yard| {
        let (epc, _) = expected(yard, Closing::Entry).await?;
        let gate = yard.gate()?;
        let who = Who {
            port: broker.port(),
            user: USERS[1].0,
            password: USERS[1].1,
            ..Who::default()
        };
        let mut forger = Device::connect(who).await?;
        let before = counted(gate, "pages_total{result=\"refused\"}").await?;
        let forged = json!({
            "gate_id": GATES[1], "yard_id": yard.plan.yard_id, "epoch": 9, "from": 0, "after": 0, "to": 1, "head": 1,
            "shown": {"seq": 0, "revision": 0}, "acts": [], "at": super::now(), "certificate": "", "signature": "",
        });
        let topic = format!("kakou/v1/{}/acts", GATES[1]);
        forger.publish(&topic, &forged, Retain::Kept).await?;
        wait::until_true("the refusal", SOON, async || {
            Ok(counted(gate, "pages_total{result=\"refused\"}").await? > before)
        })
        .await?;
        passes(gate, "IN1", &epc).await
    })
    .await
}
