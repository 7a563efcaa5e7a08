//! 消息驱动: the one owner of the connection to the broker, between its devices, their lanes and fusion.
//! Promises: nothing that comes over it opens anything by itself: readings go to fusion as those of any reader do, and a command goes out
//! only by the proof of its record; one device's flood, poison or silence does not stop the others; without the broker its devices
//! are away and everything else goes on.
//! Absent: forms (`protocols::mqtt`); spawning (`app`); displays, whose texts no lane orders yet.
//! Reading order: here the loop, then `connection`, `device`, `arm`; `embedded` is the broker itself where the yard has none; `played` does again
//! what a capture tells.
//! Source: MQTT readers page; `contract` section 4; faults C6, D3, D4, D8, E2.

mod arm;
mod connection;
mod device;
mod embedded;
mod played;
#[cfg(test)]
pub(crate) mod tests;

use std::{sync::Arc, time::Duration};

use protocols::{
    mqtt::{Message, kakou::EventId},
    tick::Tick,
};
use rumqttc::v5::mqttbytes::v5::Publish;
use tokio::sync::mpsc;
use tracing::{info, warn};

use self::{
    arm::{MqttArm, new_id},
    device::{ForLanes, MqttDevice},
};
use super::{
    barrier::{Barrier, ORDERS, Order},
    line::sleep_until,
    link::LaneLink,
};
use crate::{
    capture::{Asked, Tap},
    clock::Clock,
    config::{MqttConfig, YardBroker},
    fusion::FieldLink,
    panel::Metrics,
};

pub use arm::ArmWiring;
pub(crate) use connection::{Came, Connection, Settings};
pub use embedded::{EmbeddedBrokerTask, embedded_broker};

/// What a packet needs beside its payload: topic, properties, header.
const PACKET_OVERHEAD: usize = 1024;
/// The longest packet without a camera in the yard, bytes (`contract` section 4).
const PACKET_MAX: usize = 16 * 1024;

/// The longest packet that these devices may need.
fn packet_max(devices: &[&MqttConfig]) -> u32 {
    let longest = devices.iter().map(|config| config.limit).max().unwrap_or_default();
    let needed = if longest <= PACKET_MAX { PACKET_MAX } else { longest + PACKET_OVERHEAD };
    u32::try_from(needed).unwrap_or(u32::MAX)
}

/// Barriers over the broker, made before their lanes are.
pub struct MqttArms {
    arms: Vec<MqttArm>,
    orders: mpsc::Receiver<Order>,
}

/// Barriers of these lanes, in the same order.
#[must_use]
pub fn mqtt_arms(wirings: Vec<ArmWiring>) -> (MqttArms, Vec<Barrier>) {
    let (sender, orders) = mpsc::channel(ORDERS);
    let barriers = (0..wirings.len()).map(|lane| Barrier::new(lane, sender.clone())).collect();
    (MqttArms { arms: wirings.into_iter().map(MqttArm::new).collect(), orders }, barriers)
}

/// How the agent calls its broker, and as whom.
#[derive(Clone, Debug)]
pub struct BrokerLink {
    /// Where it is.
    pub broker: YardBroker,
    /// The agent's name there.
    pub client_id: Box<str>,
    /// A broker silent for so long is pinged.
    pub keep_alive: Duration,
}

/// The driver of everything on one broker.
pub struct MqttDriver {
    clock: Arc<dyn Clock>,
    connection: Connection,
    devices: Vec<MqttDevice>,
    arms: Vec<MqttArm>,
    orders: mpsc::Receiver<Order>,
    field: FieldLink,
    connected: u64,
    /// Why there was no connection last; told once.
    lost: Option<Box<str>>,
    tap: Tap,
    /// Orders that lanes have given and the capture that is played has not come to.
    given: Vec<Order>,
}

impl MqttDriver {
    /// A driver that has not called its broker yet. Each device has the lanes that hear whether it works.
    ///
    /// # Errors
    /// The authority's certificates are none that TLS can use.
    pub fn new(
        link: BrokerLink,
        devices: Vec<(&str, &MqttConfig, Vec<LaneLink>)>,
        arms: MqttArms,
        field: FieldLink,
        clock: Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<Self, rustls::Error> {
        let packet_max = packet_max(&devices.iter().map(|(_, config, _)| *config).collect::<Vec<_>>());
        let now = clock.tick();
        let devices: Vec<MqttDevice> = devices
            .into_iter()
            .map(|(name, config, lanes)| {
                MqttDevice::new(name, config, lanes, field.clone(), metrics.device(name), now)
            })
            .collect();
        let mut filters: Vec<String> =
            devices.iter().flat_map(|device| device.filters().iter().cloned()).collect();
        filters.sort_unstable();
        filters.dedup();
        let YardBroker { host, port, login, authority } = link.broker;
        let settings = Settings {
            host,
            port,
            login,
            authority,
            client_id: link.client_id,
            keep_alive: link.keep_alive,
            packet_max,
            filters,
        };
        Ok(Self {
            connection: Connection::new(settings, Arc::clone(&clock))?,
            clock,
            devices,
            arms: arms.arms,
            orders: arms.orders,
            field,
            connected: 0,
            lost: None,
            tap: Tap::default(),
            given: Vec::new(),
        })
    }

    /// The same, with all that moves it told to a capture.
    #[must_use]
    pub fn captured(self, tap: Tap) -> Self {
        Self { tap, ..self }
    }

    /// Runs until fusion has ended.
    pub async fn run(mut self) {
        let field = self.field.clone();
        tokio::select! {
            () = self.drive() => {}
            () = field.closed() => {}
        }
    }

    async fn drive(&mut self) {
        loop {
            let devices = self.devices.iter().filter_map(MqttDevice::wake);
            let wake = devices.chain(self.arms.iter().filter_map(MqttArm::wake)).min();
            tokio::select! {
                biased;
                Some(order) = self.orders.recv() => {
                    let id = matches!(order, Order::Raise { .. } | Order::Lower { .. }).then(new_id);
                    if self.tap.is_on() {
                        let name = id.as_ref().map(|id| id.as_str().into());
                        self.tap.ordered(self.clock.tick(), Asked { id: name, ..order.told() });
                    }
                    self.order(order, id);
                }
                came = self.connection.next() => self.came(came),
                () = sleep_until(&*self.clock, wake) => self.woken(),
            }
            self.settle();
        }
    }

    fn woken(&self) {
        if self.tap.is_on() {
            self.tap.woke(self.clock.tick());
        }
    }

    /// Does what is due, and tells lanes what has changed.
    fn settle(&mut self) {
        self.due();
        self.devices.iter_mut().for_each(MqttDevice::spread);
        self.arms.iter_mut().for_each(MqttArm::spread);
    }

    /// `id` is what the device answers a raise by, or a lowering.
    fn order(&mut self, order: Order, id: Option<EventId>) {
        let now = self.clock.tick();
        let id = || id.unwrap_or_else(new_id);
        let (arms, connection) = (&mut self.arms, &mut self.connection);
        match order {
            Order::Raise { lane, proof, answer } => {
                if let Some(arm) = arms.get_mut(lane) {
                    arm.raise(id(), proof, answer, connection, now);
                }
            }
            Order::Lower { lane, answer } => {
                if let Some(arm) = arms.get_mut(lane) {
                    arm.lower(id(), answer, connection, now);
                }
            }
            Order::Light { lane, light } => {
                if let Some(arm) = arms.get_mut(lane) {
                    arm.light(light, connection);
                }
            }
            // Nobody waits on a broker for a bus to be free.
            Order::Reserve => {}
        }
    }

    fn came(&mut self, came: Came) {
        match came {
            Came::Connected => {
                self.tap.opened(self.clock.tick());
                info!("the broker takes the connection");
                self.connected += 1;
                self.lost = None;
                let (now, is_first) = (self.clock.tick(), self.connected == 1);
                self.devices.iter_mut().for_each(|device| device.connected(now, is_first));
                self.follow_presence();
            }
            Came::Message(Publish { topic, payload, retain, .. }) => self.message(&topic, &payload, retain),
            Came::Refused(filter) => {
                warn!(topic = filter, "the broker does not let the agent hear {filter}");
                for device in self.devices.iter_mut().filter(|device| device.filters().contains(&filter)) {
                    device.cut_off("is kept from the agent by the broker's rights");
                }
                self.follow_presence();
            }
            Came::Lost(why) => {
                self.tap.lost(self.clock.tick(), &why);
                if self.lost.as_ref() != Some(&why) {
                    warn!("{why}");
                }
                self.devices.iter_mut().for_each(|device| device.cut_off(&why));
                self.lost = Some(why);
                self.follow_presence();
            }
        }
    }

    fn message(&mut self, topic: &[u8], payload: &[u8], retained: bool) {
        let Ok(topic) = std::str::from_utf8(topic) else { return };
        let message = Message { topic, payload, retained };
        let (received, now) = (self.clock.wall(), self.clock.tick());
        self.tap.heard(now, retained, topic, payload);
        for at in 0..self.devices.len() {
            let Some(device) = self.devices.get_mut(at).filter(|device| device.hears(topic)) else {
                continue;
            };
            let name = Arc::clone(&device.name);
            let was_online = device.is_online();
            let told = device.take(&message, received, now);
            if device.is_online() != was_online {
                self.follow_presence();
            }
            for one in told {
                match one {
                    ForLanes::Loop(occupied) => {
                        self.arms.iter_mut().for_each(|arm| arm.looped(&name, occupied, now));
                    }
                    ForLanes::State(state) => {
                        let its = self.arms.iter_mut().filter(|arm| *arm.wiring.barrier == *name);
                        its.for_each(|arm| arm.state(&state));
                    }
                }
            }
        }
    }

    /// What has become of devices concerns the lanes that they move and sense.
    fn follow_presence(&mut self) {
        let now = self.clock.tick();
        for arm in &mut self.arms {
            for device in &self.devices {
                if *device.name == *arm.wiring.barrier {
                    arm.presence(device.is_online(), device.why(), &mut self.connection);
                }
                if !device.is_online() {
                    arm.looped(&device.name, None, now);
                }
            }
        }
    }

    fn due(&mut self) {
        let now: Tick = self.clock.tick();
        let mut silent = false;
        for device in &mut self.devices {
            silent |= device.falls_silent(now);
        }
        if silent {
            self.follow_presence();
        }
        // What lies in the client or in a socket can be stopped only with its connection, and a raise under way is not stopped for it.
        let stops = !self.arms.iter().any(MqttArm::is_raising)
            && self.arms.iter().any(|arm| arm.wants_back(&self.connection, now));
        let mut is_over = false;
        for arm in &mut self.arms {
            is_over |= arm.overdue(now);
        }
        let why = if stops {
            "a command to lower an arm had to be stopped"
        } else if is_over && self.connection.has_unacknowledged() {
            "a command waited too long"
        } else {
            return;
        };
        let lost = self.connection.lost(why);
        self.came(lost);
    }
}
