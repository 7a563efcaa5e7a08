//! What the yard's broker keeps from the agent: Mosquitto with the rights that `docs/devices.md` asks for, and messages that are too long.
//! Promises: a read counts only from the user whose topic it is on, and nobody but the agent's user commands a device; what is longer than
//! 16 KiB, kept or passing, never comes in and never breaks the agent's connection.

use anyhow::{Result, ensure};
use kakou_tests::{Gate, play, wait};
use serde_json::{Value, json};

use super::{
    GATE, SOON, USERS, device, event_id, passes_by_broker, plan, read, reader_of, rfid, topic, unused_epc,
    yards_broker,
};
use crate::{
    mosquitto::{Mosquitto, Wire},
    paho::{Device, Retain, Who},
};

/// A device of the yard whose user has turned against the others.
const FORGER: (&str, &str) = ("forger", "word-of-the-forger");

/// The rights, each device below its own topic and the commands the agent's alone.
fn rights() -> String {
    let own = |user: &str, device: &str| format!("user {user}\ntopic readwrite {}\n", topic(device, "#"));
    let agent = format!("user {}\ntopic read #\ntopic write kakou/v1/+/+/+/cmd\n", USERS[0].0);
    [own(USERS[1].0, "rfid"), own(FORGER.0, "other"), agent].concat()
}

/// A read that is longer than it need be; still one object of JSON.
fn padded(to: usize) -> Value {
    Value::String(format!("{:<to$}", read(&unused_epc()).to_string()))
}

async fn frames(gate: &Gate, name: &str) -> Result<u64> {
    Ok(device(gate, name).await?["frames"].as_u64().unwrap_or_default())
}

async fn has_frames(gate: &Gate, name: &str, count: u64) -> Result<()> {
    wait::until_true(format!("message {count} of {name}"), SOON, async || {
        Ok(frames(gate, name).await? >= count)
    })
    .await?;
    let heard = frames(gate, name).await?;
    ensure!(heard == count, "{name} was heard {heard} times, and not {count}");
    Ok(())
}

/// fault E2: forged reads and commands, and retained poison, with a broker that knows who is who.
#[tokio::test]
async fn a_read_counts_on_its_own_topic_and_no_longer_than_16_kib() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let users = [USERS[0], USERS[1], FORGER];
    let broker = Mosquitto::start_with_rights(folder.path(), Wire::Plain, &users, &rights()).await?;
    let (will, others_will) = (topic("rfid", "online"), topic("other", "online"));
    let commands = topic("rfid", "cmd");
    let who = Who { will: Some(&will), hear: Some(&commands), ..reader_of(&broker) };
    let mut reader = Device::connect(who).await?;
    let forger = Who { user: FORGER.0, password: FORGER.1, will: Some(&others_will), ..reader_of(&broker) };
    let mut forger = Device::connect(forger).await?;
    // Kept by the broker for whoever subscribes, before the agent does for the first time.
    reader.publish(&topic("rfid", "read"), &padded(17 * 1024), Retain::Kept).await?;

    let mut plan = plan(yards_broker(&broker, Wire::Plain), rfid());
    let other = json!({"name": "other", "kind": "mqtt-kakou", "topic": format!("kakou/v1/{GATE}/IN1/other")});
    plan.gates.iter_mut().for_each(|gate| gate.more_devices.push(other.clone()));
    play(plan, async |yard| {
        let gate = yard.gate()?;
        let (rfids, others) = (frames(gate, "rfid").await?, frames(gate, "other").await?);

        forger.publish(&topic("rfid", "read"), &read(&unused_epc()), Retain::Passing).await?;
        forger.publish(&topic("rfid", "online"), &json!("0"), Retain::Kept).await?;
        let command = json!({"id": event_id(), "do": "raise"});
        forger.publish(&commands, &command, Retain::Passing).await?;
        forger.publish(&topic("other", "read"), &read(&unused_epc()), Retain::Passing).await?;
        // What one client publishes comes in its order: once the last is here, the others are not going to come.
        has_frames(gate, "other", others + 1).await?;
        has_frames(gate, "rfid", rfids).await?;
        ensure!(device(gate, "rfid").await?["online"] == true, "a forged word took the reader off");

        reader.publish(&topic("rfid", "read"), &padded(17 * 1024), Retain::Passing).await?;
        reader.publish(&topic("rfid", "read"), &padded(15 * 1024), Retain::Passing).await?;
        has_frames(gate, "rfid", rfids + 1).await?;
        passes_by_broker(yard, &mut reader).await?;

        let told = gate.agent.process.output()?;
        ensure!(!told.contains(&format!("broker 127.0.0.1:{}:", broker.port())), "the agent lost its broker");
        // A command for the reader can have been the forger's only: the agent gives it none.
        reader.publish(&commands, &json!({"id": event_id(), "do": "own"}), Retain::Passing).await?;
        let heard = reader.next().await?;
        let own = heard["payload"].as_str().is_some_and(|text| text.contains("\"own\""));
        ensure!(own, "the reader heard {heard}");
        yard.agrees().await.map(drop)
    })
    .await
}
