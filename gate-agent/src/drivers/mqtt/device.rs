//! 消息设备: one device on the broker: its messages become the reports that a device on a line would make.
//! Promises: nothing that the broker kept counts as a sighting; what a device's clock calls old is evidence only, and an old weight is
//! nothing; a flood of one device is dropped before it is looked at, counted, and costs the others nothing (fault D4).
//! Absent: the connection; forms (`protocols::mqtt`); whose vehicle it is (`fusion`).
//! Source: MQTT readers page, sections 9 and 10; `contract` section 2 (fused by arrival).

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::UtcMillis,
    mqtt::{
        Dialect, Message,
        camera::Vendor,
        intake::{Config, Counters, Intake},
        refusal::{Refusal, sample},
        report::{Fact, Report},
    },
    tick::Tick,
};
use rumqttc::v5::mqttbytes::matches;
use tracing::{debug, info, warn};

use crate::{
    config::{MqttConfig, Topics},
    drivers::{
        link::{LaneLink, Told},
        report::Reporter,
    },
    fusion::FieldLink,
    panel::DeviceMetrics,
};

/// Messages a second that are looked at; a reader with a field full of tags tells a few hundred.
pub(super) const MESSAGES_MAX: u64 = 1000;
/// What happened longer ago is no weight of who stands here now, and no state of a loop.
const FRESH_MS: u64 = 2000;

/// What lanes need to know beside what fusion is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ForLanes {
    /// A loop, or none when it is not known any more.
    Loop(Option<bool>),
    /// An actuator.
    State(protocols::mqtt::kakou::State),
}

/// One device.
pub(super) struct MqttDevice {
    pub(super) name: Arc<str>,
    filters: Vec<String>,
    intake: Intake,
    counted: Counters,
    /// It says by itself whether it is there, so that a connection alone means nothing.
    tells_presence: bool,
    is_online: bool,
    why: Box<str>,
    told: Told,
    lanes: Vec<LaneLink>,
    reporter: Reporter,
    metrics: DeviceMetrics,
    budget: Budget,
}

impl MqttDevice {
    /// A device that nobody has heard yet. `lanes` hear whether it works; what it sees goes to `field`.
    pub(super) fn new(
        name: &str,
        config: &MqttConfig,
        lanes: Vec<LaneLink>,
        field: FieldLink,
        metrics: DeviceMetrics,
        now: Tick,
    ) -> Self {
        let name: Arc<str> = name.into();
        let address = match &config.topics {
            Topics::Ours(address) => Some(address.clone()),
            Topics::Filter(_) => None,
        };
        let intake = Config {
            dialect: config.dialect,
            address,
            sender: config.sender.clone(),
            limit: config.limit,
            heartbeat: config.heartbeat,
        };
        let tells_presence = config.heartbeat.is_some()
            || matches!(config.dialect, Dialect::Kakou | Dialect::Camera(Vendor::Frigate));
        Self {
            reporter: Reporter::new(Arc::clone(&name), metrics.clone(), field),
            name,
            filters: config.filters(),
            intake: Intake::new(intake, now),
            counted: Counters::default(),
            tells_presence,
            is_online: false,
            why: "was not heard yet".into(),
            told: Told::default(),
            lanes,
            metrics,
            budget: Budget::new(now),
        }
    }

    pub(super) fn filters(&self) -> &[String] {
        &self.filters
    }

    /// Whether a message of that topic is for it.
    pub(super) fn hears(&self, topic: &str) -> bool {
        self.filters.iter().any(|filter| matches(topic, filter))
    }

    pub(super) const fn is_online(&self) -> bool {
        self.is_online
    }

    /// What was last said of that, for a person.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// Takes a message; what lanes are to be told at once.
    pub(super) fn take(&mut self, message: &Message<'_>, received: UtcMillis, now: Tick) -> Vec<ForLanes> {
        if !self.budget.allows(now) {
            self.reporter.shed(1);
            return Vec::new();
        }
        let mut lanes = Vec::new();
        for one in self.intake.take(message, received, now) {
            match one {
                Ok(report) => lanes.extend(self.heard(report, message.retained, now)),
                Err(refusal) => self.refused(&refusal, message.payload),
            }
        }
        self.count();
        lanes
    }

    /// The broker is there and everything is asked for.
    pub(super) fn connected(&mut self, now: Tick, is_first: bool) {
        if !is_first {
            self.metrics.reconnects.inc();
        }
        // Silence counts from here on, not from the time without a broker.
        self.intake.begin_listening(now);
        if !self.tells_presence {
            self.online("is subscribed");
        }
    }

    /// It cannot be heard: the broker is gone, or keeps its topic from us.
    pub(super) fn cut_off(&mut self, why: &str) {
        self.offline(why);
    }

    /// When its silence is noticed.
    pub(super) fn wake(&self) -> Option<Tick> {
        self.is_online.then(|| self.intake.wake()).flatten()
    }

    /// Notices silence; true when the device has just fallen silent.
    pub(super) fn falls_silent(&mut self, now: Tick) -> bool {
        let silent = self.intake.falls_silent(now) && self.is_online;
        if silent {
            self.offline("says nothing any more");
        }
        silent
    }

    pub(super) fn spread(&mut self) {
        self.told.spread(&self.name, self.lanes.iter(), |_| None);
    }

    fn heard(&mut self, report: Report, retained: bool, now: Tick) -> Option<ForLanes> {
        let is_old = report.age_ms.is_some_and(|age| age > FRESH_MS);
        match &report.fact {
            Fact::Online(false) => self.offline("says that it is away"),
            // What an actuator last said before it went is kept by the broker too, and is no sign of life.
            Fact::State(_) if retained => {}
            Fact::Missed(count) => {
                debug!(device.name = %self.name, count, "{count} events of {} never came", self.name);
            }
            _ => self.online("answers"),
        }
        match report.fact {
            Fact::Seen(sighting) => self.reporter.seen(sighting, now),
            Fact::Weight(_) if is_old => self.reporter.shed(1),
            Fact::Weight(reading) => self.reporter.weighed(reading, now),
            Fact::Loop { occupied } => return Some(ForLanes::Loop((!is_old).then_some(occupied))),
            Fact::State(state) => return Some(ForLanes::State(state)),
            Fact::Missed(count) => drop(self.metrics.errors.inc_by(count)),
            Fact::NoPlate | Fact::Input { .. } | Fact::Online(_) | Fact::Alive | Fact::Other(_) => {}
        }
        None
    }

    /// A poisoned message is dropped and nothing else: the connection stays.
    fn refused(&self, refusal: &Refusal, payload: &[u8]) {
        let beginning = sample(payload);
        debug!(device.name = %self.name, %refusal, beginning, "a message of {} is not taken: {refusal}", self.name);
    }

    fn online(&mut self, why: &str) {
        if self.metrics.online.set(1) == 0 {
            info!(device.name = %self.name, "device {} {why}", self.name);
        }
        if !self.is_online {
            self.why = why.into();
        }
        self.is_online = true;
        self.told.set(true, why);
    }

    fn offline(&mut self, why: &str) {
        if self.metrics.online.set(0) == 1 {
            warn!(device.name = %self.name, "device {} is away: {why}", self.name);
        }
        self.is_online = false;
        self.why = why.into();
        self.told.set(false, why);
    }

    fn count(&mut self) {
        let now = self.intake.counters();
        let before = std::mem::replace(&mut self.counted, now);
        self.metrics.frames.inc_by(now.messages - before.messages);
        self.metrics.bad_checks.inc_by(now.malformed - before.malformed);
        self.metrics.errors.inc_by(now.too_long - before.too_long);
    }
}

/// How many messages may still be looked at.
struct Budget {
    left: u64,
    counted: Tick,
}

impl Budget {
    const fn new(now: Tick) -> Self {
        Self { left: MESSAGES_MAX, counted: now }
    }

    fn allows(&mut self, now: Tick) -> bool {
        let since = now.since(self.counted);
        let earned =
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX).saturating_mul(MESSAGES_MAX) / 1_000_000;
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(MESSAGES_MAX);
            // Only what was earned is taken off the time, so that fractions add up.
            let paid = Duration::from_micros(earned.saturating_mul(1_000_000) / MESSAGES_MAX);
            self.counted = if since > Duration::from_secs(1) { now } else { self.counted + paid };
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}
