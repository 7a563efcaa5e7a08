//! One vehicle through a lane on the broker: loop, read, command, loops again; and the same two messages without an agent.
//! Promises: publisher and subscriber are the same clients for both, so the difference is the agent and nothing else.
//! Source: contract section 4; MQTT readers page, section 2.

use std::{
    path::Path,
    sync::mpsc::Receiver,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use protocols::{
    ids::MediumType,
    mqtt::{
        kakou::{Answer, EventId, Loop, Order, Payload, Position, Read, State},
        topic::Topic,
    },
};

use super::{
    broker::Broker,
    peer::{Message, Peer, wait},
};
use crate::{
    bindings::{self, GATE, LANE},
    clock,
    lane::{
        agent::{Agent, Program},
        passage::PATIENCE,
    },
};

/// Devices of the lane.
const DEVICES: [&str; 4] = ["rfid", "arm", "approach", "exit"];
/// Between what a vehicle does: the agent's records of it are then on the disk.
const PAUSE: Duration = Duration::from_millis(30);
/// Where the floor's two messages go; no agent hears them.
const ECHO: [&str; 2] = ["kakou/v1/0708-G02/OUT9/echo/read", "kakou/v1/0708-G02/OUT9/echo/cmd"];

/// Agent, players and the next vehicle.
pub(crate) struct MqttLane {
    // Before the broker: an agent without one would only fill its log.
    _agent: Agent,
    program: Program,
    publisher: Peer,
    commands: Receiver<Message>,
    /// What hears the commands, and what answers in the agent's place.
    _others: [Peer; 2],
    _broker: Broker,
    vehicle: u32,
    /// Names of events, none twice.
    events: u128,
}

impl MqttLane {
    /// Broker, players and a running agent that hears them.
    ///
    /// # Errors
    /// When one of them does not start.
    pub(crate) fn open(binary: &Path, data: &Path) -> anyhow::Result<Self> {
        let broker = Broker::start(data)?;
        let port = broker.port();
        let publisher = Peer::silent(port, "bench-publisher")?;
        let (subscriber, commands) =
            Peer::subscriber(port, "bench-subscriber", &format!("kakou/v1/{GATE}/+/+/cmd"))?;
        let echo = Peer::hearing(port, "bench-echo", Some(ECHO[0]), |client, publish, _| {
            // A full client is a message that never arrives, which the waiting side tells.
            let _ = client.try_publish(
                ECHO[1],
                rumqttc::v5::mqttbytes::QoS::AtLeastOnce,
                false,
                publish.payload.clone(),
            );
        })?;
        for name in DEVICES {
            publisher.keep(&topic(name, "online"), Payload::Online(true).to_bytes())?;
        }
        let program = Program::configure(binary, data, &site(port))?;
        let mut agent = program.start()?;
        for name in DEVICES {
            agent.says(&format!("device {name} answers"), PATIENCE)?;
        }
        agent.says("index is in memory", PATIENCE)?;
        let lane = Self {
            _agent: agent,
            program,
            publisher,
            commands,
            _others: [subscriber, echo],
            _broker: broker,
            vehicle: 0,
            events: 0,
        };
        lane.arm(Position::Closed, None)?;
        Ok(lane)
    }

    /// The next vehicle arrives, is read and drives through; from the publish of the read to the arrival of the raise.
    ///
    /// # Errors
    /// When the agent does not do its part within half a minute.
    pub(crate) fn pass(&mut self) -> anyhow::Result<Duration> {
        let passed = self.drive();
        let (vehicle, log) = (self.vehicle, self.program.log());
        let passed = passed.with_context(|| {
            format!("vehicle {vehicle} did not pass by MQTT; the agent's words are in {}", log.display())
        })?;
        self.vehicle += 1;
        Ok(passed)
    }

    fn drive(&mut self) -> anyhow::Result<Duration> {
        self.looped("approach", true)?;
        thread::sleep(PAUSE);
        let read = self.read()?;
        let told = clock::now();
        self.publisher.publish(&topic("rfid", "read"), read)?;
        let (raised, id) = self.commanded(&Order::Raise)?;
        self.arm(Position::Open, Some(id))?;
        thread::sleep(PAUSE);
        self.looped("exit", true)?;
        self.looped("approach", false)?;
        thread::sleep(PAUSE);
        self.looped("exit", false)?;
        let (_, id) = self.commanded(&Order::Lower)?;
        self.arm(Position::Closed, Some(id))?;
        thread::sleep(PAUSE);
        Ok(raised.duration_since(told))
    }

    /// The same payload to a bare client that publishes it on: two messages through the same broker.
    ///
    /// # Errors
    /// When it does not come back.
    pub(crate) fn floor(&mut self) -> anyhow::Result<Duration> {
        let read = self.read()?;
        let told = clock::now();
        self.publisher.publish(ECHO[0], read)?;
        let (at, ()) = wait(&self.commands, PATIENCE, |message| (message.topic == ECHO[1]).then_some(()))?;
        Ok(at.duration_since(told))
    }

    fn commanded(&self, wanted: &Order) -> anyhow::Result<(Instant, EventId)> {
        let found = wait(&self.commands, PATIENCE, |message| {
            let topic = Topic::parse(&message.topic).ok()?;
            match Payload::parse(topic.channel, &message.payload).ok()? {
                Payload::Command(command) if command.order == *wanted => Some(command.id),
                _ => None,
            }
        });
        found.with_context(|| format!("the barrier was not told {wanted:?}"))
    }

    fn event(&mut self) -> EventId {
        self.events += 1;
        EventId::from_bits(self.events)
    }

    fn read(&mut self) -> anyhow::Result<Vec<u8>> {
        let read = Read {
            id: self.event(),
            medium_type: MediumType::ElectronicPlate,
            medium_key: bindings::key(self.vehicle)?,
            at: clock::wall(),
            confidence_permille: Some(980),
        };
        Ok(Payload::Read(read).to_bytes())
    }

    fn looped(&mut self, device: &str, occupied: bool) -> anyhow::Result<()> {
        let told = Loop { id: self.event(), occupied, at: clock::wall() };
        self.publisher.publish(&topic(device, "loop"), Payload::Loop(told).to_bytes())
    }

    fn arm(&self, position: Position, obeyed: Option<EventId>) -> anyhow::Result<()> {
        let answer = obeyed.map(|id| Answer { id, done: true, why: None });
        let state = State { position, answer, at: clock::wall() };
        self.publisher.keep(&topic("arm", "state"), Payload::State(state).to_bytes())
    }
}

fn topic(device: &str, channel: &str) -> String {
    format!("kakou/v1/{GATE}/{LANE}/{device}/{channel}")
}

/// The gate's file: the broker, four devices, one lane.
fn site(port: u16) -> String {
    let device = |name: &str| {
        format!(
            "[[device]]\nname = \"{name}\"\nkind = \"mqtt-kakou\"\nheartbeat_s = 600\n\
             topic = \"kakou/v1/{GATE}/{LANE}/{name}\"\n\n"
        )
    };
    let devices: String = DEVICES.into_iter().map(device).collect();
    format!(
        r#"[mqtt]
url = "mqtt://127.0.0.1:{port}"

{devices}[[lane]]
lane_id = "{LANE}"
readers = ["rfid"]

[lane.barrier]
device = "arm"

[lane.loops]
approach = "approach"
exit = "exit"
settle_ms = 0
"#
    )
}
