//! From the configuration to what speaks over the broker: barriers first, because lanes need them, then the driver; and the gates of the yard among each
//! other.
//! Absent: spawning (`app`).

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use protocols::ids::LaneId;
use tracing::{error, warn};

use super::wiring::Barriers;
use crate::{
    cache::Cache,
    clock::Clock,
    config::{Broker, Config, Kind, Lane, Mqtt, MqttConfig, Topics, YardBroker},
    drivers::{
        ArmWiring, BrokerLink, EmbeddedBrokerTask, LaneLink, MqttArms, MqttDriver, embedded_broker, mqtt_arms,
    },
    fusion::{FieldLink, Route},
    identity::IdentityKeeper,
    journal::Journal,
    lane::LoopPlace,
    neighbours::{NeighboursTask, Yard},
    panel::Metrics,
};

/// The barriers of the lanes whose barrier is on the broker, added to `barriers`.
pub(crate) fn arms(config: &Config, links: &BTreeMap<LaneId, LaneLink>, barriers: &mut Barriers) -> MqttArms {
    let wired: Vec<(&Lane, ArmWiring)> =
        config.lanes.iter().filter_map(|lane| Some((lane, wiring(config, lane, links)?))).collect();
    let (arms, handles) = mqtt_arms(wired.iter().map(|(_, wiring)| wiring.clone()).collect());
    for ((lane, wiring), barrier) in wired.iter().zip(handles) {
        let has_safety = wiring.loops.iter().any(|(place, _)| *place == LoopPlace::Safety);
        barriers.insert(lane.lane_id.clone(), (barrier, has_safety));
    }
    arms
}

fn wiring(config: &Config, lane: &Lane, links: &BTreeMap<LaneId, LaneLink>) -> Option<ArmWiring> {
    let Kind::Mqtt(MqttConfig { topics: Topics::Ours(address), .. }) =
        &config.device(&lane.barrier.device)?.kind
    else {
        return None;
    };
    let loops = lane.loops.as_ref()?;
    let named = [
        (LoopPlace::Approach, Some(&loops.approach)),
        (LoopPlace::Safety, loops.safety.as_ref()),
        (LoopPlace::Exit, Some(&loops.exit)),
    ];
    Some(ArmWiring {
        barrier: lane.barrier.device.clone(),
        address: address.clone(),
        loops: named.into_iter().filter_map(|(place, name)| Some((place, name?.clone()))).collect(),
        settle: loops.settle,
        arm_travel: lane.timing.arm_travel,
        link: links.get(&lane.lane_id)?.clone(),
    })
}

/// The driver of all that speaks over the broker, and the broker itself where it is the agent's; none where nothing does.
pub(crate) fn driver(
    config: &Config,
    links: &BTreeMap<LaneId, LaneLink>,
    routes: &[Route],
    arms: MqttArms,
    field: FieldLink,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Option<(MqttDriver, Option<EmbeddedBrokerTask>)> {
    let mqtt = config.mqtt.as_ref()?;
    let devices: Vec<(&str, &MqttConfig, Vec<LaneLink>)> = config
        .devices
        .iter()
        .filter_map(|device| match &device.kind {
            Kind::Mqtt(kind) => Some((&*device.name, kind, told(config, &device.name, links, routes))),
            _ => None,
        })
        .collect();
    if devices.is_empty() {
        if !mqtt.neighbours {
            warn!("[mqtt] is configured, and no device speaks over it");
        }
        return None;
    }
    let kinds: Vec<&MqttConfig> = devices.iter().map(|(_, kind, _)| *kind).collect();
    let (link, own) = link(config, mqtt, &kinds);
    let driver = MqttDriver::new(link, devices, arms, field, Arc::clone(clock), metrics)
        .inspect_err(|error| error!(%error, "the broker cannot be called: its ca_file is of no use"));
    Some((driver.ok()?, own))
}

/// Lanes that hear whether a device works: those that it reads for or whose loop it is. A lane hears of its barrier from the barrier.
fn told(config: &Config, name: &str, links: &BTreeMap<LaneId, LaneLink>, routes: &[Route]) -> Vec<LaneLink> {
    let reads =
        |place: usize| routes.iter().any(|route| *route.device == *name && route.lanes.contains(&place));
    let senses = |lane: &Lane| {
        lane.loops.as_ref().is_some_and(|loops| {
            [Some(&loops.approach), loops.safety.as_ref(), Some(&loops.exit)]
                .into_iter()
                .flatten()
                .any(|named| **named == *name)
        })
    };
    let lanes = config.lanes.iter().enumerate();
    let its = lanes.filter(|(place, lane)| *lane.barrier.device != *name && (reads(*place) || senses(lane)));
    let its: Vec<LaneLink> = its.filter_map(|(_, lane)| links.get(&lane.lane_id).cloned()).collect();
    if its.is_empty() && !config.lanes.iter().any(|lane| *lane.barrier.device == *name) {
        warn!(device.name = name, "device {name} serves no lane");
    }
    its
}

fn link(config: &Config, mqtt: &Mqtt, devices: &[&MqttConfig]) -> (BrokerLink, Option<EmbeddedBrokerTask>) {
    let client_id = client_id(config, mqtt);
    match &mqtt.broker {
        Broker::Yard(broker) => {
            warn_of_plain(broker);
            (BrokerLink { broker: broker.clone(), client_id, keep_alive: mqtt.keep_alive }, None)
        }
        Broker::Embedded(own) => {
            if !own.listen.ip().is_loopback() {
                warn!(
                    "the broker inside the agent has no TLS: passwords and readings cross the network in the clear, keep it the yard's own"
                );
            }
            let (task, link) = embedded_broker(own, devices, client_id, mqtt.keep_alive);
            (link, Some(task))
        }
    }
}

/// Whoever tells the other gates of the yard and hears them; none where the yard has no broker, or this gate no identity by which it could be believed.
pub(crate) fn neighbours(
    config: &Config,
    keeper: Option<&Arc<IdentityKeeper>>,
    (journal, cache, clock, metrics): (&Journal, &Cache, &Arc<dyn Clock>, &Arc<Metrics>),
) -> Option<NeighboursTask> {
    let mqtt = config.mqtt.as_ref().filter(|mqtt| mqtt.neighbours)?;
    let (keeper, Broker::Yard(broker)) = (keeper?, &mqtt.broker) else { return None };
    let link = BrokerLink {
        broker: broker.clone(),
        client_id: client_id(config, mqtt),
        keep_alive: mqtt.keep_alive,
    };
    let yard = Yard { journal, cache, keeper, clock, metrics, data_dir: &config.gate.data_dir };
    NeighboursTask::new(config.gate.gate_id.clone(), link, yard)
        .inspect_err(|error| error!(%error, "neighbours cannot be told: the broker's ca_file is of no use"))
        .ok()
}

fn client_id(config: &Config, mqtt: &Mqtt) -> Box<str> {
    mqtt.client_id.clone().unwrap_or_else(|| format!("kakou-{}", config.gate.gate_id).into())
}

fn warn_of_plain(broker: &YardBroker) {
    let here =
        &*broker.host == "localhost" || broker.host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
    if broker.authority.is_none() && !here {
        warn!(
            "the broker at {} is called without TLS: passwords and readings cross the network in the clear, keep it the yard's own",
            broker.host
        );
    }
}
