//! From the configuration to what serves the lanes: drivers on lines, fusion over them, and how each lane is made. Whoever plays a capture
//! puts the same parts together by the same words (`reenact`).
//! Absent: spawning (`app`), what speaks over the broker (`broker`).

use std::{collections::BTreeMap, sync::Arc};

use protocols::ids::LaneId;
use tokio::sync::watch;
use tracing::warn;

use crate::{
    clock::Clock,
    config::{BoardConfig, Config, Device, Kind, Lane, PortSettings},
    drivers::{Barrier, BusDriver, LaneLink, LaneWiring, ReaderDriver, bus, conversation, weighing_rule},
    fusion::{FieldLink, FieldTask, Policies, Route},
    lane::{LaneConfig, Snapshot, Timing},
    panel::Metrics,
};

/// Inputs that tell whether something is under the arm, as a board's wiring calls them.
const UNDER_THE_ARM: [&str; 2] = ["safety_loop", "photo_beam"];

/// By lane: its barrier, and whether a safety loop is wired.
pub(crate) type Barriers = BTreeMap<LaneId, (Barrier, bool)>;
/// A port's settings, and what hangs on it.
type Port<'a> = (&'a PortSettings, Vec<(&'a str, &'a BoardConfig)>);

/// How a lane is made. The journal says later how often it was opened.
pub(crate) fn lane_config(config: &Config, lane: &Lane, has_safety_loop: bool) -> LaneConfig {
    LaneConfig {
        gate_id: config.gate.gate_id.clone(),
        lane_id: lane.lane_id.clone(),
        boot: 0,
        has_safety_loop,
        timing: Timing {
            withdraw: lane.timing.withdraw,
            back_out: lane.timing.back_out,
            arm_travel: lane.timing.arm_travel,
            key_absence: lane.timing.key_absence,
        },
    }
}

/// One driver a port, whatever hangs on it.
pub(crate) fn buses(
    config: &Config,
    links: &BTreeMap<LaneId, LaneLink>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> (Vec<BusDriver>, Barriers) {
    let mut ports: BTreeMap<&str, Port<'_>> = BTreeMap::new();
    for device in &config.devices {
        if let (Kind::Board(board), Some(port)) = (&device.kind, &device.port) {
            ports.entry(port.place()).or_insert((port, Vec::new())).1.push((&device.name, board));
        }
    }
    let (mut drivers, mut barriers) = (Vec::new(), Barriers::new());
    for (port, boards) in ports.into_values() {
        let board = |name: &str| boards.iter().find(|(board, _)| *board == name).map(|(_, config)| *config);
        let here: Vec<_> = config.lanes.iter().filter(|lane| board(&lane.barrier.device).is_some()).collect();
        let wirings = here
            .iter()
            .filter_map(|lane| {
                Some(LaneWiring {
                    device: lane.barrier.device.clone(),
                    coil_offset: lane.barrier.coil_offset,
                    input_offset: lane.barrier.input_offset,
                    arm_travel: lane.timing.arm_travel,
                    link: links.get(&lane.lane_id)?.clone(),
                })
            })
            .collect();
        let (driver, handles) = bus(port, &boards, wirings, Arc::clone(clock), metrics);
        for (lane, barrier) in here.iter().zip(handles) {
            let safety = board(&lane.barrier.device)
                .is_some_and(|board| board.inputs.wired.iter().any(|(name, _)| UNDER_THE_ARM.contains(name)));
            barriers.insert(lane.lane_id.clone(), (barrier, safety));
        }
        drivers.push(driver);
    }
    (drivers, barriers)
}

/// A lane as fusion knows it.
pub(crate) struct Hearing<'a> {
    /// Its wiring.
    pub(crate) lane: &'a Lane,
    /// The way to it.
    pub(crate) link: LaneLink,
    /// How it is.
    pub(crate) live: watch::Receiver<Snapshot>,
}

/// What reads for the lanes.
pub(crate) struct Readers {
    /// Fusion.
    pub(crate) task: FieldTask,
    /// The way into it.
    pub(crate) field: FieldLink,
    /// Which device serves which lanes.
    pub(crate) routes: Vec<Route>,
    /// Those on lines; what speaks over the broker needs the way in and the routes.
    pub(crate) drivers: Vec<ReaderDriver>,
}

/// Fusion, and the drivers on lines that report to it.
pub(crate) fn readers(
    config: &Config,
    lanes: &[Hearing<'_>],
    policies: Policies,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Readers {
    let number = |lane_id: &LaneId| lanes.iter().position(|hearing| hearing.lane.lane_id == *lane_id);
    let mut routes: Vec<Route> = Vec::new();
    for (place, hearing) in lanes.iter().enumerate() {
        for reader in &hearing.lane.readers {
            let same =
                |route: &&mut Route| *route.device == *reader.device && route.antenna == reader.antenna;
            match routes.iter_mut().find(same) {
                Some(route) => route.lanes.push(place),
                None => routes.push(Route {
                    device: Arc::from(&*reader.device),
                    antenna: reader.antenna,
                    lanes: vec![place],
                }),
            }
        }
    }
    let neighbours = lanes.iter().map(|hearing| hearing.lane.overlaps.iter().filter_map(number).collect());
    let links: Vec<LaneLink> = lanes.iter().map(|hearing| hearing.link.clone()).collect();
    let live = lanes.iter().map(|hearing| hearing.live.clone()).collect();
    let rule = |device: &Device| Some((Arc::from(&*device.name), weighing_rule(&device.kind)?));
    let scales = config.devices.iter().filter_map(rule).collect();
    let (task, field) = FieldTask::new(
        routes.clone(),
        links.clone(),
        live,
        neighbours.collect(),
        scales,
        policies,
        Arc::clone(clock),
    );
    let mut drivers = Vec::new();
    for device in &config.devices {
        let counters = metrics.device(&device.name);
        let begin = conversation(&device.kind, &counters).zip(device.port.as_ref());
        let Some((begin, port)) = begin else { continue };
        let serves = routes.iter().filter(|route| *route.device == *device.name);
        let mut its: Vec<usize> = serves.flat_map(|route| route.lanes.iter().copied()).collect();
        its.sort_unstable();
        its.dedup();
        if its.is_empty() {
            warn!(device.name = %device.name, "device {} serves no lane", device.name);
            continue;
        }
        let its = its.iter().filter_map(|lane| links.get(*lane).cloned()).collect();
        let driver =
            ReaderDriver::new(&device.name, port, begin, its, field.clone(), Arc::clone(clock), counters);
        drivers.push(driver);
    }
    Readers { task, field, routes, drivers }
}
