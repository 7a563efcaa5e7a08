//! The whole program: every task in one list, started here and stopped here.
//! Promises: two agents never share a data folder; a device, a centre or a disk that is not there keeps nothing else from starting; SIGTERM
//! ends lanes first, then records `STOPPED`, then the journal.
//! Law: only this file spawns tasks.

pub(crate) mod broker;
pub(crate) mod capture;
mod codes;
mod line;
mod records;
pub(crate) mod wiring;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use protocols::contract::EventType;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::JoinSet,
};
use tracing::{error, info, warn};

use records::{Left, carry_over, record, record_start, said};

use crate::{
    apart::{Apart, beside},
    cache::{Cache, Residence, keep_open},
    clock::{Clock, SystemClock},
    config::{Config, Device, Lane},
    drivers::{LaneLink, SignDriver, SignRole, sign},
    folder::{DataFolder, FolderError, Obstacle},
    identity::run_renewal,
    journal::{EmergencyLog, Journal, SqliteStore},
    lane::{Claims, Input, LaneTask, Ports, TakenCodes},
    live,
    neighbours::NeighboursTask,
    panel::{self, Access, DeviceView, LaneView, Metrics, State, UsageGauge},
    person::Register,
    sync::{HttpLinkError, Pace, Sync},
    watchdog::{Beat, Supervisor, Watchdog},
};

/// How many inputs may wait for a lane. A lane takes microseconds for each; readers drop and count beyond it, loops are told again.
const LANE_INBOX: usize = 1024;
/// How long boards that drivers see are waited for at the end: they are told that their lanes have stopped.
const SIGNS_STOP: Duration = Duration::from_secs(2);
/// How often it is looked whether the journal's thread has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Why the agent could not start. A disk that fails is no reason: it may be mended.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// What is configured as data folder can be none, or another agent has it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The panel's address cannot be had.
    #[error("the panel cannot listen on {listen}")]
    Panel {
        /// The address.
        listen: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The line to the centre cannot be set up.
    #[error("cannot set up the line to the centre")]
    Link(#[from] HttpLinkError),
    /// The system gives no thread, signal or socket.
    #[error("cannot start")]
    System(#[from] std::io::Error),
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// [`AppError`] when it cannot start; afterwards nothing ends it but a signal.
pub async fn run(config: Config) -> Result<(), AppError> {
    let folder = DataFolder::at(config.gate.data_dir.clone());
    may_do_without(&folder)?;
    let listen = config.panel.listen;
    let listener = TcpListener::bind(listen).await.map_err(|source| AppError::Panel { listen, source })?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new());
    let gate_id = config.gate.gate_id.clone();
    let store = SqliteStore::at(config.gate.journal_file(), gate_id.clone()).behind(folder.clone());
    let (journal, journal_thread) = Journal::start(store, gate_id, Arc::clone(&clock))?;
    let (for_persons, for_releases) = (Apart::start("persons")?, Apart::start("emergency")?);
    // The runtime keeps the thread that this makes (`cli`): what the index and the receipts need has one, whatever the system has left (fault A8).
    beside(|| ()).await.map_err(std::io::Error::other)?;
    let mut capture = capture::Captured::start(&config, &clock)?;
    let cache = Cache::open(
        &config.gate.data_dir.join("cache.db"),
        Arc::clone(&clock),
        journal.overlay(),
        Residence::Memory,
    );

    let (stopping, stopped) = watch::channel(false);
    let mut drivers = JoinSet::new();
    let mut lanes = JoinSet::new();
    let mut signs = JoinSet::new();
    let mut others = JoinSet::new();

    let tasks = (&mut drivers, &mut lanes, &mut signs);
    let taken = TakenCodes::default();
    let emergency = EmergencyLog::at(config.gate.emergency_log.clone());
    let shared = (&stopped, &taken, (&emergency, &for_releases));
    let ports = (&journal, &cache, &clock, &metrics);
    let (link, keeper) = line::to_the_centre(&config, &clock)?;
    // Before any lane decides: what other gates have told counts from the first verdict on.
    let neighbours = broker::neighbours(&config, keeper.as_ref(), ports);
    let silent_neighbours = neighbours.as_ref().map(NeighboursTask::silent);
    if let Some(neighbours) = neighbours {
        others.spawn(neighbours.run());
    }
    let lane_views = start_lanes(&config, ports, &mut capture, shared, tasks);
    let capture = capture.follow(&cache, &clock, &mut others);
    let pace = Pace {
        long_poll: config.centre.long_poll,
        status_every: config.centre.status_every,
        compare_every: config.centre.compare_every,
        retry_first: config.centre.retry_min,
        retry_longest: config.centre.retry_max,
    };
    let gate_id = config.gate.gate_id.clone();
    let identity = keeper.as_ref().map(|keeper| keeper.trouble());
    let receipts = line::receipts(&config, keeper.as_ref());
    let codes = codes::of_this_gate(&config, &journal, keeper.as_ref(), &clock, taken);
    others.spawn(codes::look_after(Arc::clone(&codes), journal.clone()));
    others.spawn(keep_open(cache.clone(), folder));
    if let Some(keeper) = keeper {
        others.spawn(run_renewal(keeper, link.clone()));
    }
    let (held, known) = (journal.clone(), cache.clone());
    let sync = Sync::new(link, held, known, Arc::clone(&clock), gate_id.clone(), pace, receipts);
    let (live_now, live) = watch::channel(None);
    let watched = live::Watched {
        gate_id,
        journal: journal.clone(),
        cache: cache.clone(),
        link: sync.state(),
        data_dir: config.gate.data_dir.clone(),
        clock: Arc::clone(&clock),
        every: config.centre.status_every,
    };
    others.spawn(live::follow(watched, lane_views.clone(), live_now));
    let (link_now, link) = watch::channel(panel::Link::default());
    others.spawn(line::show(sync.state(), identity, link_now));
    others.spawn(Arc::clone(&sync).run_line());
    others.spawn(Arc::clone(&sync).run_outbox());
    others.spawn(Arc::clone(&sync).run_puller());
    others.spawn(Arc::clone(&sync).run_comparison());
    others.spawn(Arc::clone(&sync).run_status(live));
    others.spawn(Arc::clone(&sync).run_upkeep());
    let turning = lane_views.iter().map(|view| (view.lane_id.clone(), view.beat.clone())).collect();
    let state = State {
        gate_id: config.gate.gate_id.clone(),
        lanes: lane_views,
        devices: device_views(&config, &metrics),
        journal: journal.clone(),
        cache: cache.clone(),
        link,
        persons: Register::new(config.persons.clone(), Arc::clone(&clock), Arc::clone(&metrics), for_persons),
        codes: Arc::clone(&codes),
        metrics: Arc::clone(&metrics),
        access: access(&config, listener.local_addr()?),
        journal_file: config.gate.journal_file(),
        silent_neighbours,
        usage: UsageGauge::default(),
        clock: Arc::clone(&clock),
    };
    others.spawn(show_panel(listener, state, stopped.clone()));
    let left = Left { log: emergency, journal_file: config.gate.journal_file(), codes };
    others.spawn(carry_over(journal.clone(), left, stopped.clone()));
    let data_dir = config.gate.data_dir.clone();
    let start = said(EventType::Started, &*clock);
    others.spawn(record_start(journal.clone(), start, data_dir.clone(), stopped.clone()));
    let watchdog = Watchdog::start(turning, Supervisor::of_this_program(), data_dir, Arc::clone(&clock))?;
    info!(gate.id = %config.gate.gate_id, panel = %listen, "gate {} runs, panel on {listen}", config.gate.gate_id);

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("stopping");
    drop(watchdog);
    let _ = stopping.send(true);
    while lanes.join_next().await.is_some() {}
    record(journal.clone(), said(EventType::Stopped, &*clock), stopped).await;
    // What is still on the line to the centre is sent again after the next start.
    others.shutdown().await;
    // They end by themselves behind their lanes.
    let _ = tokio::time::timeout(SIGNS_STOP, async { while signs.join_next().await.is_some() {} }).await;
    signs.shutdown().await;
    drivers.shutdown().await;
    journal.stop();
    drop(journal);
    while !journal_thread.is_finished() {
        tokio::time::sleep(LOOK).await;
    }
    if journal_thread.join().is_err() {
        warn!("the journal's thread did not end in order");
    }
    capture.finish().await;
    Ok(())
}

/// Two journals of one gate would fork its chain (fault C10), and a wrong setting stays wrong. Without a folder that may be mended the agent runs: people see why nothing
/// opens, and the journal takes the folder as soon as it can be had (fault A10).
fn may_do_without(folder: &DataFolder) -> Result<(), FolderError> {
    match folder.take() {
        Err(error) if error.obstacle != Obstacle::InUse && error.may_heal() => {
            error!(%error, "{error}: nothing opens by itself until it can be used");
            Ok(())
        }
        outcome => outcome,
    }
}

/// Lanes, the drivers that feed them, and those that tell what they say.
fn start_lanes(
    config: &Config,
    (journal, cache, clock, metrics): (&Journal, &Cache, &Arc<dyn Clock>, &Arc<Metrics>),
    capture: &mut capture::Captured,
    (stopped, codes, (emergency, apart)): (&watch::Receiver<bool>, &TakenCodes, (&EmergencyLog, &Apart)),
    (drivers, lanes, signs): (&mut JoinSet<()>, &mut JoinSet<()>, &mut JoinSet<()>),
) -> Vec<LaneView> {
    let mut inboxes = BTreeMap::new();
    let mut links = BTreeMap::new();
    for lane in &config.lanes {
        let (sender, inbox) = mpsc::channel::<Input>(LANE_INBOX);
        links.insert(lane.lane_id.clone(), LaneLink::new(sender));
        inboxes.insert(lane.lane_id.clone(), inbox);
    }
    let (buses, mut barriers) = wiring::buses(config, &links, clock, metrics);
    for bus in buses {
        let tap = capture.tap(bus.name());
        drivers.spawn(bus.captured(tap).run());
    }
    let arms = broker::arms(config, &links, &mut barriers);
    let claims = Claims::default();
    let mut views = Vec::new();
    for lane in &config.lanes {
        let (Some(inbox), Some((barrier, has_safety_loop))) =
            (inboxes.remove(&lane.lane_id), barriers.remove(&lane.lane_id))
        else {
            warn!(lane = %lane.lane_id, "lane {} has no barrier", lane.lane_id);
            continue;
        };
        let lane_config = wiring::lane_config(config, lane, has_safety_loop);
        let ports = Ports {
            journal: journal.clone(),
            cache: cache.clone(),
            barrier,
            emergency: emergency.clone(),
            apart: apart.clone(),
            claims: claims.clone(),
            codes: codes.clone(),
            clock: Arc::clone(clock),
            metrics: Arc::clone(metrics),
        };
        let (task, live, counter) = LaneTask::new(lane_config, inbox, ports);
        let beat = Beat::default();
        views.push(LaneView { lane_id: lane.lane_id.clone(), live, counter, beat: beat.clone() });
        lanes.spawn(task.watched(beat).run(stopped.clone()));
    }
    let wired: Vec<(&Lane, LaneLink, &LaneView)> = views
        .iter()
        .filter_map(|view| {
            let lane = config.lanes.iter().find(|lane| lane.lane_id == view.lane_id)?;
            Some((lane, links.get(&view.lane_id)?.clone(), view))
        })
        .collect();
    let hearing: Vec<wiring::Hearing<'_>> = wired
        .iter()
        .map(|(lane, link, view)| wiring::Hearing { lane, link: link.clone(), live: view.live.clone() })
        .collect();
    let policies = cache.clone();
    let read = wiring::readers(config, &hearing, Box::new(move || policies.policy()), clock, metrics);
    drivers.spawn(read.task.run());
    for reader in read.drivers {
        let tap = capture.tap(reader.name());
        drivers.spawn(reader.captured(tap).run());
    }
    if let Some((driver, own)) =
        broker::driver(config, &links, &read.routes, arms, read.field, clock, metrics)
    {
        drivers.spawn(driver.captured(capture.tap(capture::BROKER)).run());
        if let Some(broker) = own {
            drivers.spawn(broker.run());
        }
    }
    start_signs(config, &wired, clock, metrics, signs);
    views
}

/// What drivers see and hear: a driver a board, each at its own lane's newest state.
fn start_signs(
    config: &Config,
    lanes: &[(&Lane, LaneLink, &LaneView)],
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
    signs: &mut JoinSet<()>,
) {
    for device in &config.devices {
        let Some((how, port)) = sign(device).zip(device.port.as_ref()) else { continue };
        let names_it = |name: &Option<Box<str>>| name.as_ref() == Some(&device.name);
        let role = |lane: &Lane| SignRole { shows: names_it(&lane.display), speaks: names_it(&lane.speech) };
        let served = lanes.iter().find(|(lane, ..)| role(lane) != SignRole::default());
        let Some((lane, link, view)) = served else {
            warn!(device.name = %device.name, "device {} serves no lane", device.name);
            continue;
        };
        let (clock, counters) = (Arc::clone(clock), metrics.device(&device.name));
        let (link, live) = (link.clone(), view.live.clone());
        let driver = SignDriver::new(&device.name, port, how, role(lane), link, live, clock, counters);
        signs.spawn(driver.run());
    }
}

fn device_views(config: &Config, metrics: &Metrics) -> Vec<DeviceView> {
    let view = |device: &Device| DeviceView {
        name: device.name.clone(),
        kind: device.kind.name(),
        metrics: metrics.device(&device.name),
    };
    config.devices.iter().map(view).collect()
}

fn access(config: &Config, listen: std::net::SocketAddr) -> Access {
    let panel = &config.panel;
    let access = Access { listen, names: panel.names.clone(), login_idle: panel.login_idle };
    if access.needs_login() {
        warn!(
            "the panel is reachable from other machines: PINs cross the network in the clear, keep it the yard's own"
        );
    }
    if config.persons.is_empty() {
        warn!("nobody is configured ([[person]]): no act is possible at the panel");
    }
    access
}

async fn show_panel(listener: TcpListener, state: State, mut stopped: watch::Receiver<bool>) {
    let stop = async move { stop(&mut stopped).await };
    if let Err(error) = panel::serve(listener, Arc::new(state), stop).await {
        warn!(%error, "the panel is gone; lanes go on");
    }
}

/// Ends when the program is told to stop; the sender's end counts as that.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}
