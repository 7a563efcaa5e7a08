//! The driver against a scripted broker: connecting, devices, barriers.

mod arms;
pub(crate) mod broker;
mod devices;
mod packets;
mod played;

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::RaiseOutcome,
    talk::{Identity, Sighting},
};
use tokio::sync::mpsc;

use self::broker::Broker;
use super::{ArmWiring, BrokerLink, MqttDriver, mqtt_arms};
use crate::{
    clock::{Clock, SystemClock},
    config::{Config, Kind, MqttConfig, Topics, YardBroker, parse},
    drivers::{
        Barrier, LaneLink,
        tests::{Lane, PATIENCE, lane, proof},
    },
    fusion::{FieldLink, Sighted, What},
    lane::LoopPlace,
    panel::Metrics,
};

/// Devices of every sort, and a lane whose barrier is on the broker.
const FILE: &str = r#"
    [gate]
    gate_id = "G1"
    yard_id = "07080000001"
    [centre]
    token = "t"
    [mqtt]
    url = "mqtt://127.0.0.1"
    keep_alive_s = 5
    [[device]]
    name = "uhf-1"
    kind = "mqtt-kakou"
    topic = "kakou/v1/G1/IN1/uhf-1"
    [[device]]
    name = "r700"
    kind = "mqtt-impinj"
    topic = "yard/r700"
    [[device]]
    name = "cam"
    kind = "mqtt-camera-frigate"
    topic = "frigate/tracked_object_update"
    [[device]]
    name = "arm"
    kind = "mqtt-kakou"
    topic = "kakou/v1/G1/IN1/arm"
    [[device]]
    name = "loop-a"
    kind = "mqtt-kakou"
    topic = "kakou/v1/G1/IN1/loop-a"
    heartbeat_s = 1
    [[device]]
    name = "loop-s"
    kind = "mqtt-kakou"
    topic = "kakou/v1/G1/IN1/loop-s"
    heartbeat_s = 60
    [[device]]
    name = "loop-x"
    kind = "mqtt-kakou"
    topic = "kakou/v1/G1/IN1/loop-x"
    heartbeat_s = 60
    [[lane]]
    lane_id = "IN1"
    readers = ["uhf-1", "r700", "cam"]
    barrier = { device = "arm" }
    loops = { approach = "loop-a", safety = "loop-s", exit = "loop-x", settle_ms = 50 }
"#;

struct Bench {
    broker: Broker,
    barrier: Barrier,
    lane: Lane,
    reports: mpsc::Receiver<Sighted>,
    metrics: Metrics,
}

fn config() -> Config {
    parse(FILE, [], None).unwrap()
}

/// The driver of all these devices, on a scripted broker.
async fn bench(travel: Duration) -> Bench {
    let (broker, metrics) = (Broker::start().await, Metrics::new());
    let (driver, barrier, lane, reports) = driver(broker.port, travel, &metrics);
    tokio::spawn(driver.run());
    Bench { broker, barrier, lane, reports, metrics }
}

/// The driver itself, the barrier of its lane, and the ends that it tells.
fn driver(
    port: u16,
    travel: Duration,
    metrics: &Metrics,
) -> (MqttDriver, Barrier, Lane, mpsc::Receiver<Sighted>) {
    let config = config();
    let (link, lane) = lane();
    let loops = [(LoopPlace::Approach, "loop-a"), (LoopPlace::Safety, "loop-s"), (LoopPlace::Exit, "loop-x")];
    let Kind::Mqtt(MqttConfig { topics: Topics::Ours(address), .. }) = &config.device("arm").unwrap().kind
    else {
        panic!("a device of our form")
    };
    let wiring = ArmWiring {
        barrier: "arm".into(),
        address: address.clone(),
        loops: loops.map(|(place, name)| (place, name.into())).into(),
        settle: Duration::from_millis(50),
        arm_travel: travel,
        link: link.clone(),
    };
    let (arms, mut barriers) = mqtt_arms(vec![wiring]);
    let names = config.devices.iter().map(|device| Arc::from(&*device.name));
    let (field, reports) = FieldLink::open(names);
    let devices = config.devices.iter().filter_map(|device| {
        let Kind::Mqtt(kind) = &device.kind else { return None };
        let lanes: Vec<LaneLink> = if &*device.name == "arm" { vec![] } else { vec![link.clone()] };
        Some((&*device.name, kind, lanes))
    });
    let broker_link = BrokerLink {
        broker: YardBroker { host: "127.0.0.1".into(), port, login: None, authority: None },
        client_id: "gate".into(),
        keep_alive: Duration::from_secs(5),
    };
    let clock = Arc::new(SystemClock);
    let driver = MqttDriver::new(broker_link, devices.collect(), arms, field, clock, metrics).unwrap();
    (driver, barriers.remove(0), lane, reports)
}

impl Bench {
    /// The next sighting that fusion gets.
    async fn seen(&mut self) -> (Arc<str>, Sighting) {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("nothing was reported");
        let report = report.expect("the driver ended");
        let What::Seen(sighting) = report.what else { panic!("a sighting, not {:?}", report.what) };
        (report.device, sighting)
    }

    /// Publishes as the device of that name, on that channel of our form.
    fn tells(&self, device: &str, channel: &str, payload: &str) {
        self.broker.deliver(&format!("kakou/v1/G1/IN1/{device}/{channel}"), payload);
    }

    /// A loop that tells how it is.
    fn looped(&self, device: &str, number: u64, occupied: bool) {
        let at = SystemClock.wall();
        self.tells(
            device,
            "loop",
            &format!(r#"{{"id":"{}","occupied":{occupied},"at":"{at}"}}"#, id(number)),
        );
    }

    async fn raise(&self) -> RaiseOutcome {
        tokio::time::timeout(PATIENCE, self.barrier.raise(proof())).await.expect("an outcome")
    }
}

fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

fn epc(hex: &str) -> Identity {
    Identity::Epc(
        hex.as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
            .collect(),
    )
}
