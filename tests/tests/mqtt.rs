//! Devices on a broker, whole: our agent, Mosquitto as the yard's broker or the agent's own, and paho's client as the devices.
//! Promises: a machine without Mosquitto or paho fails these tests and says how to get them; nothing is skipped.
#![expect(
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do; JSON indexed by name never panics"
)]

#[path = "mqtt/mosquitto.rs"]
mod mosquitto;
#[path = "mqtt/neighbours.rs"]
mod neighbours;
#[path = "mqtt/paho.rs"]
mod paho;
#[path = "mqtt/rights.rs"]
mod rights;

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use kakou_tests::{
    Gate, LanePlan, Yard, YardPlan, clock, journal, play, ports,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use mosquitto::{Mosquitto, Wire};
use paho::{Device, Retain, Who};
use protocols::{
    contract::{EventType, RaiseOutcome, UtcMillis},
    rules::LaneDirection,
};
use serde_json::{Map, Value, json};

const SOON: Duration = Duration::from_secs(120);
/// Far over the target of three seconds for a broker that was away, beside which the run prints what it took: a machine that does much else
/// is slow, and a line that does not come back is never there.
const BACK_WITHIN: Duration = Duration::from_secs(20);
const GATE: &str = "0708-G02";
/// The gate's user and the device's, and their words. No secrets: they live for seconds on one machine.
const USERS: [(&str, &str); 2] = [("gate", "word-of-the-gate"), ("reader", "word-of-the-reader")];

fn topic(device: &str, channel: &str) -> String {
    format!("kakou/v1/{GATE}/IN1/{device}/{channel}")
}

fn now() -> String {
    UtcMillis::from_millis(clock::wall_ms()).to_string()
}

fn event_id() -> String {
    // A name of its own for each event; 12 of an EPC's hex digits are as good as any.
    let digits = unused_epc().to_lowercase();
    let tail = &digits[digits.len() - 12..];
    format!("00000000-0000-4000-8000-{tail}")
}

fn read(epc: &str) -> Value {
    json!({"id": event_id(), "medium_type": "VE", "medium_key": epc, "at": now()})
}

/// One entry, read by the simulator's reader and by one on the broker.
fn plan(mqtt: Value, reader: Value) -> YardPlan {
    let lane = LanePlan { more_readers: vec!["rfid".to_owned()], ..LanePlan::new("IN1", LaneDirection::In) };
    let mut plan = YardPlan::default();
    for gate in &mut plan.gates {
        gate.lanes = vec![lane.clone()];
        gate.mqtt = Some(mqtt.clone());
        gate.more_devices = vec![reader.clone()];
    }
    plan
}

fn rfid() -> Value {
    json!({"name": "rfid", "kind": "mqtt-kakou", "topic": format!("kakou/v1/{GATE}/IN1/rfid")})
}

async fn device(gate: &Gate, name: &str) -> Result<Value> {
    let status = gate.agent.status().await?;
    let all = status["devices"].as_array().context("no devices")?;
    all.iter().find(|one| one["name"] == name).cloned().context("no such device")
}

async fn device_is(gate: &Gate, name: &str, online: bool, within: Duration) -> Result<()> {
    wait::until_true(format!("{name} to be online: {online}"), within, async || {
        Ok(device(gate, name).await?["online"] == online)
    })
    .await
}

async fn lane_is(gate: &Gate, holds: impl Fn(&str) -> bool) -> Result<()> {
    wait::until_true("the lane's state", SOON, async || {
        let status = gate.agent.status().await?;
        Ok(status["lanes"][0]["state"].as_str().is_some_and(&holds))
    })
    .await
}

/// A lorry with an approved record that the gate knows.
async fn expected_lorry(yard: &Yard) -> Result<String> {
    let epc = unused_epc();
    yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
    yard.fed(yard.gate()?).await?;
    Ok(epc)
}

/// A lorry comes whose tag only the reader on the broker sees.
async fn passes_by_broker(yard: &Yard, reader: &mut Device) -> Result<()> {
    let epc = expected_lorry(yard).await?;
    let gate = yard.gate()?;
    let lorry = gate.simulator.drive(&Drive { shows: Vec::new(), ..Drive::passes("IN1", &epc) }).await?;
    lane_is(gate, |state| state != "idle").await?;
    reader.publish(&topic("rfid", "read"), &read(&epc), Retain::Passing).await?;
    let end = gate.simulator.ended(lorry, SOON).await?;
    ensure!(end == "passed", "the lorry ended as {end}");
    lane_is(gate, |state| state == "idle").await
}

fn yards_broker(broker: &Mosquitto, wire: Wire) -> Value {
    let mut mqtt = json!({
        "url": format!("mqtt://127.0.0.1:{}", broker.port()), "user": USERS[0].0, "password": USERS[0].1, "keep_alive_s": 5,
    });
    if wire == Wire::Tls {
        mqtt["url"] = json!(format!("mqtts://127.0.0.1:{}", broker.port()));
        mqtt["ca_file"] = json!(broker.authority());
    }
    mqtt
}

fn reader_of(broker: &Mosquitto) -> Who<'static> {
    Who { port: broker.port(), user: USERS[1].0, password: USERS[1].1, ..Who::default() }
}

/// From a tag over TLS to the arm, with a broker and a reader that are not ours.
#[tokio::test]
async fn a_read_over_tls_opens_a_lane() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broker = Mosquitto::start(folder.path(), Wire::Tls, &USERS).await?;
    let (authority, will) = (broker.authority(), topic("rfid", "online"));
    let who = Who { authority: Some(&authority), will: Some(&will), ..reader_of(&broker) };
    let mut reader = Device::connect(who).await?;
    play(plan(yards_broker(&broker, Wire::Tls), rfid()), async |yard| {
        passes_by_broker(yard, &mut reader).await?;
        let tally = yard.agrees().await?;
        ensure!(tally.raises == 1, "{} pulses", tally.raises);
        // Its will says that it has gone.
        drop(std::mem::replace(&mut reader, Device::connect(reader_of_nobody(&broker, &authority)).await?));
        device_is(yard.gate()?, "rfid", false, SOON).await
    })
    .await
}

/// Another client of the same user, that says nothing.
fn reader_of_nobody<'a>(broker: &Mosquitto, authority: &'a std::path::Path) -> Who<'a> {
    Who { authority: Some(authority), user: USERS[0].0, password: USERS[0].1, ..reader_of(broker) }
}

/// fault C6: the broker is killed, comes back with another password and at last with the right one.
#[tokio::test]
async fn a_broker_that_was_killed_is_back_and_a_wrong_password_is_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut broker = Mosquitto::start(folder.path(), Wire::Plain, &USERS).await?;
    let will = topic("rfid", "online");
    let who = Who { will: Some(&will), ..reader_of(&broker) };
    let mut reader = Device::connect(who).await?;
    play(plan(yards_broker(&broker, Wire::Plain), rfid()), async |yard| {
        let gate = yard.gate()?;
        broker.kill()?;
        device_is(gate, "rfid", false, SOON).await?;
        broker.users(&[("gate", "another-word"), USERS[1]])?;
        broker.start_again().await?;
        wait::until_true("the refusal to be told", SOON, async || {
            Ok(gate.agent.process.output()?.contains("it refuses this user and password"))
        })
        .await?;
        let told = gate.agent.process.output()?;
        ensure!(!told.contains(USERS[0].1), "the password stands in the log");
        ensure!(
            device(gate, "rfid").await?["online"] == false,
            "a device that cannot be heard is not online"
        );

        broker.kill()?;
        // Long enough for the pauses between attempts to have grown to the longest.
        tokio::time::sleep(Duration::from_secs(5)).await;
        broker.users(&USERS)?;
        broker.start_again().await?;
        reader = Device::connect(who).await?;
        let begun = clock::now();
        device_is(gate, "rfid", true, SOON).await?;
        let reads =
            || async { anyhow::Ok(device(gate, "rfid").await?["reads"].as_u64().unwrap_or_default()) };
        let before = reads().await?;
        reader.publish(&topic("rfid", "read"), &read(&unused_epc()), Retain::Passing).await?;
        wait::until_true("a read", SOON, async || Ok(reads().await? > before)).await?;
        let took = begun.elapsed();
        println!("reads come {} ms after the broker is back", took.as_millis());
        ensure!(took <= BACK_WITHIN, "it took {took:?}");
        passes_by_broker(yard, &mut reader).await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// Thirty thousand forged messages in one go, beside a lorry at the serial reader.
async fn a_lorry_passes_in_a_flood(yard: &Yard, reader: &mut Device) -> Result<()> {
    const FLOOD: u32 = 30_000;
    let epc = expected_lorry(yard).await?;
    let gate = yard.gate()?;
    reader.flood(&topic("rfid", "read"), &json!({"id": "forged"}), FLOOD).await?;
    wait::until_true("the flood to arrive", SOON, async || Ok(shed(gate).await? > 0)).await?;
    let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), SOON).await?;
    ensure!(end == "passed", "the lorry ended as {end}");
    lane_is(gate, |state| state == "idle").await?;
    wait::until_true("the loss to be recorded", SOON, async || {
        Ok(gate.agent.events()?.iter().any(|event| event.event_type == EventType::Shed))
    })
    .await?;
    yard.agrees().await.map(drop)
}

/// fault D4, fault E2: the yard's broker hands on what it gets.
#[tokio::test]
async fn a_flood_is_shed_and_counted_while_the_lane_goes_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broker = Mosquitto::start(folder.path(), Wire::Plain, &USERS).await?;
    let will = topic("rfid", "online");
    let mut reader = Device::connect(Who { will: Some(&will), ..reader_of(&broker) }).await?;
    let plan = plan(yards_broker(&broker, Wire::Plain), rfid());
    play(plan, async |yard| a_lorry_passes_in_a_flood(yard, &mut reader).await).await
}

/// fault D4, fault E2: the same where the broker shares the agent's process.
#[tokio::test]
async fn a_flood_at_the_agents_own_broker_does_not_stop_the_lane() -> Result<()> {
    let port = ports::free(0)?.port();
    let arrival = tokio::spawn(arrives(port));
    play(own_broker(port), async |yard| {
        let mut reader = arrival.await.context("the reader ended")??;
        a_lorry_passes_in_a_flood(yard, &mut reader).await?;
        // And it is heard again as before, once the last of the flood has come.
        let gate = yard.gate()?;
        let mut counted = 0;
        wait::until_true("the flood to end", Duration::from_secs(300), async || {
            let before = std::mem::replace(&mut counted, heard(gate).await?);
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(before == heard(gate).await?)
        })
        .await?;
        passes_by_broker(yard, &mut reader).await
    })
    .await
}

/// Messages that came of the reader so far, taken or not.
async fn heard(gate: &Gate) -> Result<u64> {
    let rfid = device(gate, "rfid").await?;
    Ok(["frames", "shed"].iter().filter_map(|key| rfid[*key].as_u64()).sum())
}

async fn shed(gate: &Gate) -> Result<u64> {
    Ok(device(gate, "rfid").await?["shed"].as_u64().unwrap_or_default())
}

/// What an arm of ours says of itself.
fn state(position: &str, answer: Value) -> Value {
    json!({"position": position, "answer": answer, "at": now()})
}

fn occupied(occupied: bool) -> Value {
    json!({"id": event_id(), "occupied": occupied, "at": now()})
}

/// Waits for a command of that word; its name.
async fn commanded(arm: &mut Device, wanted: &str, heard: &mut Vec<String>) -> Result<String> {
    loop {
        let told = arm.next().await?;
        ensure!(told["retain"] == false, "a command that the broker kept: {told}");
        let text = told["payload"].as_str().with_context(|| format!("paho says {told}"))?;
        let command: Value = serde_json::from_str(text)?;
        let word = command["do"].as_str().context("a command without a word")?.to_owned();
        heard.push(word.clone());
        if word == wanted {
            return Ok(command["id"].as_str().context("a command without a name")?.to_owned());
        }
    }
}

/// Design promise "no barrier opens without a durable record", where barrier and loops are on the broker.
#[tokio::test]
async fn a_barrier_on_the_broker_is_raised_once_and_lowered_behind_the_lorry() -> Result<()> {
    const LOOPS: [&str; 3] = ["approach", "safety", "exit"];
    let folder = tempfile::tempdir()?;
    let broker = Mosquitto::start(folder.path(), Wire::Plain, &USERS).await?;
    let commands = topic("arm", "cmd");
    let mut arm = Device::connect(Who { hear: Some(&commands), ..reader_of(&broker) }).await?;
    for name in ["rfid", "arm"].iter().chain(&LOOPS) {
        arm.publish(&topic(name, "online"), &json!("1"), Retain::Kept).await?;
    }
    arm.publish(&topic("arm", "state"), &state("closed", Value::Null), Retain::Kept).await?;

    let mut plan = plan(yards_broker(&broker, Wire::Plain), rfid());
    for gate in &mut plan.gates {
        let device = |name: &str| json!({"name": name, "kind": "mqtt-kakou", "heartbeat_s": 60, "topic": format!("kakou/v1/{GATE}/IN1/{name}")});
        gate.more_devices.extend(["arm", "approach", "safety", "exit"].map(device));
        let mut keys = Map::new();
        keys.insert("barrier".to_owned(), json!({"device": "arm"}));
        keys.insert(
            "loops".to_owned(),
            json!({"approach": "approach", "safety": "safety", "exit": "exit", "settle_ms": 100}),
        );
        gate.lanes.iter_mut().for_each(|lane| lane.own_keys = keys.clone());
    }
    play(plan, async |yard| {
        let epc = expected_lorry(yard).await?;
        let gate = yard.gate()?;
        for name in LOOPS {
            arm.publish(&topic(name, "loop"), &occupied(false), Retain::Passing).await?;
        }
        arm.publish(&topic("approach", "loop"), &occupied(true), Retain::Passing).await?;
        lane_is(gate, |state| state != "idle").await?;
        arm.publish(&topic("rfid", "read"), &read(&epc), Retain::Passing).await?;
        let mut heard = Vec::new();
        let id = commanded(&mut arm, "raise", &mut heard).await?;
        let recorded = gate.agent.events()?;
        ensure!(
            recorded.iter().any(|event| event.event_type == EventType::RaiseIntent),
            "no record before the command"
        );
        let done = json!({"id": id, "done": true});
        for position in ["between", "open"] {
            arm.publish(&topic("arm", "state"), &state(position, done.clone()), Retain::Kept).await?;
        }
        lane_is(gate, |state| state == "passing").await?;
        for (name, level) in
            [("safety", true), ("approach", false), ("exit", true), ("safety", false), ("exit", false)]
        {
            // Longer than a loop must stay free to be believed.
            tokio::time::sleep(Duration::from_millis(200)).await;
            arm.publish(&topic(name, "loop"), &occupied(level), Retain::Passing).await?;
        }
        let id = commanded(&mut arm, "lower", &mut heard).await?;
        arm.publish(&topic("arm", "state"), &state("closed", json!({"id": id, "done": true})), Retain::Kept)
            .await?;
        lane_is(gate, |state| state == "idle").await?;
        ensure!(heard.iter().filter(|word| *word == "raise").count() == 1, "commands were {heard:?}");
        ensure!(heard.iter().any(|word| word == "green"), "no light: {heard:?}");

        let events = gate.agent.events()?;
        let outcomes: Vec<_> = events.iter().filter_map(|event| event.outcome).collect();
        ensure!(outcomes == [RaiseOutcome::Raised], "the raise ended as {outcomes:?}");
        ensure!(events.iter().any(|event| event.event_type == EventType::Pass), "no pass was recorded");
        yard.delivered(gate, SOON).await?;
        journal::verify(gate.agent.data_dir()).map(drop)
    })
    .await
}

/// The agent's own broker: its users are the devices of the file.
fn own_broker(port: u16) -> YardPlan {
    let mut reader = rfid();
    reader["user"] = json!(USERS[1].0);
    reader["password"] = json!(USERS[1].1);
    let other = json!({"name": "other", "kind": "mqtt-impinj", "topic": "yard/other", "password": "word-of-the-other"});
    let mut plan =
        plan(json!({"embedded": {"listen": format!("127.0.0.1:{port}")}, "keep_alive_s": 5}), reader);
    plan.gates.iter_mut().for_each(|gate| gate.more_devices.push(other.clone()));
    plan
}

/// The reader, as soon as there is a broker.
async fn arrives(port: u16) -> Result<Device> {
    let will = topic("rfid", "online");
    let who = Who { port, user: USERS[1].0, password: USERS[1].1, will: Some(&will), ..Who::default() };
    for _ in 0..60 {
        match Device::connect(who).await {
            Ok(device) => return Ok(device),
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    bail!("the agent's broker takes nobody")
}

/// fault E2: without a user's password nobody enters, and who has entered speaks for himself only.
#[tokio::test]
async fn the_agents_own_broker_takes_its_devices_and_nobody_else() -> Result<()> {
    let port = ports::free(0)?.port();
    let will = topic("rfid", "online");
    let who = Who { port, user: USERS[1].0, password: USERS[1].1, will: Some(&will), ..Who::default() };
    // The yard is ready when all devices are: the reader comes as soon as there is a broker.
    let arrival = tokio::spawn(arrives(port));
    play(own_broker(port), async |yard| {
        let mut reader = arrival.await.context("the reader ended")??;
        passes_by_broker(yard, &mut reader).await?;

        let mut stranger = Device::begin(Who { password: "guessed", will: None, user: "other", ..who })?;
        let told = stranger.next().await?;
        ensure!(told.get("refused").is_some(), "a wrong password: {told}");
        let mut nameless = Device::begin(Who { user: "", password: "", will: None, ..who })?;
        let told = nameless.next().await?;
        ensure!(told.get("refused").is_some(), "no password: {told}");

        // Another device that forges the reader's reads, and a command.
        let gate = yard.gate()?;
        let before = device(gate, "rfid").await?["frames"].clone();
        let mut forger =
            Device::connect(Who { user: "other", password: "word-of-the-other", will: None, ..who }).await?;
        forger.publish(&topic("rfid", "read"), &read(&unused_epc()), Retain::Passing).await?;
        forger
            .publish(&topic("arm", "cmd"), &json!({"id": event_id(), "do": "raise"}), Retain::Passing)
            .await?;
        let epc = unused_epc();
        let own =
            json!({"eventType": "tagInventory", "timestamp": now(), "tagInventoryEvent": {"epcHex": epc}});
        let mut honest =
            Device::connect(Who { user: "other", password: "word-of-the-other", will: None, ..who }).await?;
        honest.publish("yard/other", &own, Retain::Passing).await?;
        wait::until_true("the other device to be heard", SOON, async || {
            Ok(device(gate, "other").await?["frames"].as_u64() >= Some(1))
        })
        .await?;
        ensure!(device(gate, "rfid").await?["frames"] == before, "a forged read was heard");
        yard.agrees().await.map(drop)
    })
    .await
}
