//! The shell of fusion: takes reports from drivers, asks the yard's rules, and tells lanes.
//! Promises: a driver never waits for it (a full inbox sheds, counted); what was shed is told at most once a second, as one summary a
//! device (fault D4); reports keep their order.
//! Absent on purpose: rules (`field`, `key`), bytes (`drivers`).

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use protocols::{
    ids::{MediumKey, MediumType},
    scale::weighing,
    talk::{Sighting, WeightReading},
    tick::Tick,
};
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::{
    field::{Field, Told},
    key::{IcKeyForm, Seen, seen, standing},
    scales::Scales,
};
use crate::{
    cache::Policy,
    clock::Clock,
    decision::{Container, Gross, Medium, Reading, Seal, Weighed},
    drivers::LaneLink,
    lane::{Input, Snapshot},
};

/// Reports that may wait; the task takes microseconds for each.
const INBOX: usize = 2048;
/// A device's shed reports are summed up so often.
const SUMMARY: Duration = Duration::from_secs(1);

/// What a driver reports.
#[derive(Clone, Debug)]
pub struct Sighted {
    /// Which device.
    pub device: Arc<str>,
    /// What it saw.
    pub what: What,
    /// When it arrived here.
    pub at: Tick,
}

/// The report itself.
#[derive(Clone, Debug)]
pub enum What {
    /// Something identified itself.
    Seen(Sighting),
    /// The scale.
    Weight(WeightReading),
}

/// 上报口: a driver's way into fusion; clones lead to the same task.
#[derive(Clone, Debug)]
pub struct FieldLink {
    inbox: mpsc::Sender<Sighted>,
    shed: Arc<BTreeMap<Arc<str>, AtomicU64>>,
}

impl FieldLink {
    /// The way in for these devices, and its other end.
    #[must_use]
    pub fn open(devices: impl Iterator<Item = Arc<str>>) -> (Self, mpsc::Receiver<Sighted>) {
        let (inbox, reports) = mpsc::channel(INBOX);
        let shed = devices.map(|device| (device, AtomicU64::new(0))).collect();
        (Self { inbox, shed: Arc::new(shed) }, reports)
    }

    /// Reports; what does not fit is shed and counted. False then.
    pub fn report(&self, report: Sighted) -> bool {
        match self.inbox.try_send(report) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(report)) => {
                self.shed(&report.device, 1);
                false
            }
            // The agent stops.
            Err(mpsc::error::TrySendError::Closed(_)) => true,
        }
    }

    /// The driver itself dropped so many.
    pub fn shed(&self, device: &str, count: u64) {
        if let Some(shed) = self.shed.get(device) {
            shed.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Ends when fusion has ended.
    pub async fn closed(&self) {
        self.inbox.closed().await;
    }
}

/// 布线: a device, or one antenna of it, and the lanes that it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The device's name.
    pub device: Arc<str>,
    /// Only this antenna of it; all when none is named.
    pub antenna: Option<u8>,
    /// Numbers of lanes.
    pub lanes: Vec<usize>,
}

/// Tells what the centre's administrators have set, as it is now.
pub type Policies = Box<dyn Fn() -> Arc<Policy> + Send>;

/// Fusion's task; `app` spawns `run`.
pub struct FieldTask {
    inbox: mpsc::Receiver<Sighted>,
    shed: Arc<BTreeMap<Arc<str>, AtomicU64>>,
    routes: Vec<Route>,
    lanes: Vec<LaneLink>,
    live: Vec<watch::Receiver<Snapshot>>,
    last: Vec<Snapshot>,
    field: Field,
    scales: Scales,
    policies: Policies,
    clock: Arc<dyn Clock>,
    max_read_age: Duration,
}

impl FieldTask {
    /// Fusion over these lanes, and the way into it. `neighbours` names, for each lane, those whose readers overlap its own; `scales`
    /// says when a scale's weights may be used.
    #[must_use]
    pub fn new(
        routes: Vec<Route>,
        lanes: Vec<LaneLink>,
        live: Vec<watch::Receiver<Snapshot>>,
        neighbours: Vec<Vec<usize>>,
        scales: Vec<(Arc<str>, weighing::Rule)>,
        policies: Policies,
        clock: Arc<dyn Clock>,
    ) -> (Self, FieldLink) {
        let (link, inbox) = FieldLink::open(routes.iter().map(|route| Arc::clone(&route.device)));
        let last = live.iter().map(|live| live.borrow().clone()).collect();
        let task = Self {
            inbox,
            shed: Arc::clone(&link.shed),
            routes,
            lanes,
            live,
            last,
            field: Field::new(neighbours),
            scales: Scales::new(scales),
            policies,
            clock,
            max_read_age: Duration::from_millis(5000),
        };
        (task, link)
    }

    /// Runs until every driver or every lane has ended.
    pub async fn run(mut self) {
        let mut summary = tokio::time::interval(SUMMARY);
        summary.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let wake = [self.field.wake(), self.scales.wake()].into_iter().flatten().min();
            let wait = wake.map(|wake| wake.since(self.clock.tick()));
            let mut changes: FuturesUnordered<_> =
                self.live.iter_mut().map(watch::Receiver::changed).collect();
            tokio::select! {
                report = self.inbox.recv() => match report {
                    Some(report) => { drop(changes); self.take(&report); }
                    None => return,
                },
                changed = changes.next(), if !changes.is_empty() => {
                    drop(changes);
                    if matches!(changed, Some(Err(_))) {
                        return;
                    }
                    self.follow_lanes();
                }
                () = sleep(wait) => { drop(changes); self.tell_due(); }
                _ = summary.tick() => { drop(changes); self.sum_up(); }
            }
        }
    }

    /// Does all that is to be done at the clock's time, for whoever plays a capture: reports that wait, who stands where, what is due. Returns when
    /// something is due again.
    pub fn settle(&mut self) -> Option<Tick> {
        self.follow_lanes();
        while let Ok(report) = self.inbox.try_recv() {
            self.take(&report);
        }
        self.tell_due();
        [self.field.wake(), self.scales.wake()].into_iter().flatten().min()
    }

    fn take(&mut self, report: &Sighted) {
        let antenna = match &report.what {
            What::Seen(sighting) => sighting.antenna,
            What::Weight(_) => None,
        };
        let serves = |route: &&Route| {
            *route.device == *report.device && route.antenna.is_none_or(|wanted| antenna == Some(wanted))
        };
        let lanes: Vec<usize> =
            self.routes.iter().filter(serves).flat_map(|route| route.lanes.iter().copied()).collect();
        match &report.what {
            What::Weight(reading) => {
                if let Some(state) = self.scales.weighed(&report.device, reading, report.at) {
                    self.tell_weight(&report.device, state, report.at, &lanes);
                }
            }
            What::Seen(sighting) => self.take_sighting(report, sighting, &lanes),
        }
    }

    fn tell_weight(&self, device: &str, state: Gross, at: Tick, lanes: &[usize]) {
        let weighed = Weighed { state, device: device.into(), by_hand: false, at };
        self.tell_all(lanes, &Reading::Weight(weighed), device);
    }

    fn take_sighting(&mut self, report: &Sighted, sighting: &Sighting, lanes: &[usize]) {
        let form = (self.policies)().yard.as_ref().map(|yard| IcKeyForm::named(&yard.ic_key_form));
        let seen = match seen(&sighting.identity, form.unwrap_or_default()) {
            Ok(seen) => seen,
            Err(error) => {
                debug!(device.name = %report.device, %error, "a report of {} is no reading: {error}", report.device);
                return;
            }
        };
        let device: Box<str> = (*report.device).into();
        match seen {
            Seen::Container(number) => {
                let confidence = sighting.confidence_permille;
                let read = Container { number, device, confidence, by_hand: false, at: report.at };
                self.tell_all(lanes, &Reading::Container(read), &report.device);
            }
            Seen::Seal(number, state) => {
                let read = Seal { number, state, device, by_hand: false, at: report.at };
                self.tell_all(lanes, &Reading::Seal(read), &report.device);
            }
            Seen::Medium(medium_type, key, raw) => {
                let age = sighting.age_ms.map_or(Duration::ZERO, Duration::from_millis);
                let standing = standing(&sighting.identity, age, self.max_read_age_of(lanes));
                let raw_signal = sighting.rssi_raw.map(|raw| i32::from(raw) * 100);
                let medium = Medium {
                    medium_type,
                    key,
                    raw,
                    device,
                    tid: sighting.tid.as_ref().map(|tid| hex(tid)),
                    confidence: sighting.confidence_permille,
                    signal: sighting.rssi_cdbm.or(raw_signal),
                    looks: 1,
                    standing,
                    at: report.at,
                };
                if medium_type != MediumType::ElectronicPlate {
                    self.tell_all(lanes, &Reading::Medium(medium), &report.device);
                    return;
                }
                let mut told = Vec::new();
                if !self.field.hear(lanes, medium, report.at, &mut told) {
                    self.count_shed(&report.device, 1);
                }
                self.hand_out(told);
            }
        }
    }

    /// The strictest of the lanes' policies.
    fn max_read_age_of(&mut self, lanes: &[usize]) -> Duration {
        let policies = (self.policies)();
        let ages = policies.lanes.iter().map(|lane| Duration::from_millis(u64::from(lane.max_read_age_ms)));
        if !lanes.is_empty()
            && let Some(strictest) = ages.min()
        {
            self.max_read_age = strictest;
        }
        self.max_read_age
    }

    fn tell_all(&self, lanes: &[usize], reading: &Reading, device: &str) {
        for lane in lanes.iter().filter_map(|lane| self.lanes.get(*lane)) {
            if !lane.tell(Input::Read(reading.clone())) {
                self.count_shed(device, 1);
            }
        }
    }

    fn tell_due(&mut self) {
        let mut told = Vec::new();
        let now = self.clock.tick();
        self.field.due(now, &mut told);
        self.hand_out(told);
        for (device, state) in self.scales.due(now) {
            let its = self.routes.iter().filter(|route| route.device == device);
            let lanes: Vec<usize> = its.flat_map(|route| route.lanes.iter().copied()).collect();
            self.tell_weight(&device, state, now, &lanes);
        }
    }

    fn hand_out(&self, told: Vec<Told>) {
        for (lane, medium) in told {
            let Some(link) = self.lanes.get(lane) else { continue };
            let device = medium.device.clone();
            if !link.tell(Input::Read(Reading::Medium(medium))) {
                self.count_shed(&device, 1);
            }
        }
    }

    /// Who stands where, and who has gone.
    fn follow_lanes(&mut self) {
        let now = self.clock.tick();
        for (number, live) in self.live.iter_mut().enumerate() {
            let snapshot = live.borrow_and_update().clone();
            let Some(before) = self.last.get_mut(number) else { continue };
            if before.visit_id != snapshot.visit_id {
                self.field.occupied(number, snapshot.visit_id.is_some());
                if before.visit_id.is_some() {
                    for route in self.routes.iter().filter(|route| route.lanes.contains(&number)) {
                        self.scales.next_vehicle(&route.device, now);
                    }
                    let its = before.reads.e_plate.as_ref().filter(|_| before.trip.is_some());
                    let key = its.and_then(|read| MediumKey::parse(&read.value).ok());
                    self.field.passed(number, key.as_ref(), now);
                }
            }
            *before = snapshot;
        }
    }

    fn count_shed(&self, device: &str, count: u64) {
        if let Some(shed) = self.shed.get(device) {
            shed.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// At most one summary a second and device, to the first lane that it serves (invariant I8).
    fn sum_up(&self) {
        for (device, shed) in &*self.shed {
            let count = shed.swap(0, Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            let lane = self.routes.iter().find(|route| route.device == *device);
            let lane = lane.and_then(|route| route.lanes.first()).and_then(|lane| self.lanes.get(*lane));
            let told = lane.is_some_and(|lane| lane.tell(Input::Shed { device: (**device).into(), count }));
            if !told {
                shed.fetch_add(count, Ordering::Relaxed);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> Box<str> {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into()
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
