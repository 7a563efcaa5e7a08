//! What the agent counts, under the names that Prometheus shows.
//! Promises: counting never blocks and never fails; a device's counters exist before its first byte.
//! Absent: HTTP (`server`); what is a state rather than a count (`state`).
//! Source: design rule "every queue has a number, a full-policy, a metric" (faults, section 3).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use protocols::rules::{ReasonCode, Verdict};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::locks::{LockFamily, Locks};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeviceLabel {
    device: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActLabel {
    act: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabel {
    verdict: String,
    reason: String,
}

/// 设备计数: what one reader or board went through. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct DeviceMetrics {
    /// Media or input samples that the device told.
    pub reads: Counter,
    /// Sound frames.
    pub frames: Counter,
    /// Frames whose check failed.
    pub bad_checks: Counter,
    /// Bytes that belonged to no frame.
    pub noise_bytes: Counter,
    /// Times its port was opened again.
    pub reconnects: Counter,
    /// Readings dropped because a lane or the driver was full (`SHED`).
    pub shed: Counter,
    /// Requests without a valid answer.
    pub errors: Counter,
    /// 1 while it answers.
    pub online: Gauge,
    /// How its locks stand, if it is a lock board.
    pub locks: Locks,
}

/// All counters of the agent.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reads: Family<DeviceLabel, Counter>,
    frames: Family<DeviceLabel, Counter>,
    bad_checks: Family<DeviceLabel, Counter>,
    noise_bytes: Family<DeviceLabel, Counter>,
    reconnects: Family<DeviceLabel, Counter>,
    shed: Family<DeviceLabel, Counter>,
    errors: Family<DeviceLabel, Counter>,
    online: Family<DeviceLabel, Gauge>,
    locks: LockFamily,
    locks_of: Mutex<BTreeMap<String, Locks>>,
    decisions: Family<DecisionLabel, Counter>,
    pin_checks: Family<ResultLabel, Counter>,
    acts: Family<ActLabel, Counter>,
    neighbour_pages: Family<ResultLabel, Counter>,
    neighbour_acts: Gauge,
    pin_locked: Gauge,
    commit: Histogram,
    backlog: Gauge<u64, AtomicU64>,
    index_age: Gauge,
    index_revision: Gauge<u64, AtomicU64>,
    index_unknown_rows: Gauge<u64, AtomicU64>,
    index_compared: Gauge,
    index_repaired_rows: Gauge<u64, AtomicU64>,
    memory: Gauge<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// An empty registry with every family registered.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("kakou_gate"),
            reads: Family::default(),
            frames: Family::default(),
            bad_checks: Family::default(),
            noise_bytes: Family::default(),
            reconnects: Family::default(),
            shed: Family::default(),
            errors: Family::default(),
            online: Family::default(),
            locks: LockFamily::default(),
            locks_of: Mutex::default(),
            decisions: Family::default(),
            pin_checks: Family::default(),
            acts: Family::default(),
            neighbour_pages: Family::default(),
            neighbour_acts: Gauge::default(),
            pin_locked: Gauge::default(),
            // From 0.1 ms to 1.6 s: a good disk syncs in one, a worn card in hundreds.
            commit: Histogram::new(exponential_buckets(0.0001, 2.0, 15)),
            backlog: Gauge::default(),
            index_age: Gauge::default(),
            index_revision: Gauge::default(),
            index_unknown_rows: Gauge::default(),
            index_compared: Gauge::default(),
            index_repaired_rows: Gauge::default(),
            memory: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("device_reads", "Media or input samples that a device told", self.reads.clone());
        registry.register("device_frames", "Sound frames", self.frames.clone());
        registry.register("device_bad_checks", "Frames whose check failed", self.bad_checks.clone());
        registry.register("device_noise_bytes", "Bytes that belonged to no frame", self.noise_bytes.clone());
        registry.register("device_reconnects", "Times a port was opened again", self.reconnects.clone());
        registry.register("device_shed", "Readings dropped because a queue was full", self.shed.clone());
        registry.register("device_errors", "Requests without a valid answer", self.errors.clone());
        registry.register("device_online", "1 while a device answers", self.online.clone());
        registry.register("device_lock", "1 shut, 0 open, -1 not known", self.locks.clone());
        registry.register("decisions", "Decisions by verdict and reason", self.decisions.clone());
        let help = "PINs and release codes that were checked, by result; locked: not even looked at";
        registry.register("pin_checks", help, self.pin_checks.clone());
        registry.register("acts", "Acts of persons, by what the lane said", self.acts.clone());
        let help = "Pages that other gates of the yard have told, by whether they were believed";
        registry.register("neighbour_pages", help, self.neighbour_pages.clone());
        let help = "Acts of other gates of the yard that the index does not show yet";
        registry.register("neighbour_acts", help, self.neighbour_acts.clone());
        registry.register("pin_locked", "Names that must wait after wrong PINs", self.pin_locked.clone());
        registry.register_with_unit(
            "commit",
            "Time from asking to durable",
            Unit::Seconds,
            self.commit.clone(),
        );
        registry.register("backlog", "Events that the centre has not acknowledged", self.backlog.clone());
        registry.register_with_unit(
            "index_age",
            "Since the centre confirmed the index, -1 without one",
            Unit::Seconds,
            self.index_age.clone(),
        );
        registry.register("index_revision", "Revision of the index", self.index_revision.clone());
        let help = "Index rows left out since the start because only a newer release knows them";
        registry.register("index_unknown_rows", help, self.index_unknown_rows.clone());
        let help = "Since the index was last compared with the centre's, -1 when not since the start";
        registry.register_with_unit("index_compared", help, Unit::Seconds, self.index_compared.clone());
        let help = "Index rows that comparisons have put right since the start";
        registry.register("index_repaired_rows", help, self.index_repaired_rows.clone());
        registry.register_with_unit("memory", "Resident memory", Unit::Bytes, self.memory.clone());
    }

    /// The counters of one device; asking twice gives the same.
    #[must_use]
    pub fn device(&self, name: &str) -> DeviceMetrics {
        let label = DeviceLabel { device: name.to_owned() };
        let mut locks_of = self.locks_of.lock().unwrap_or_else(PoisonError::into_inner);
        let locks = locks_of.entry(name.to_owned()).or_insert_with(|| Locks::new(name, self.locks.clone()));
        DeviceMetrics {
            locks: locks.clone(),
            reads: self.reads.get_or_create(&label).clone(),
            frames: self.frames.get_or_create(&label).clone(),
            bad_checks: self.bad_checks.get_or_create(&label).clone(),
            noise_bytes: self.noise_bytes.get_or_create(&label).clone(),
            reconnects: self.reconnects.get_or_create(&label).clone(),
            shed: self.shed.get_or_create(&label).clone(),
            errors: self.errors.get_or_create(&label).clone(),
            online: self.online.get_or_create(&label).clone(),
        }
    }

    /// Counts a decision.
    pub fn decided(&self, verdict: Verdict, reason: ReasonCode) {
        let label = DecisionLabel { verdict: verdict.to_string(), reason: reason.to_string() };
        self.decisions.get_or_create(&label).inc();
    }

    /// Counts a check of a PIN, `right` or `wrong`, or of a release code, `code_right` or `code_refused`; or `locked`.
    pub fn pin_checked(&self, result: &'static str) {
        self.pin_checks.get_or_create(&ResultLabel { result }).inc();
    }

    /// Counts what a person asked of a lane: `done`, or the refusal's code.
    pub fn acted(&self, act: &'static str, result: &'static str) {
        self.acts.get_or_create(&ActLabel { act, result }).inc();
    }

    /// Counts a page of a neighbour, `taken` or `refused`.
    pub fn neighbour_told(&self, result: &'static str) {
        self.neighbour_pages.get_or_create(&ResultLabel { result }).inc();
    }

    /// Counts a commit of the journal that took so long.
    pub fn committed(&self, took: std::time::Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    /// The text that Prometheus reads, with what is a state set from `figures` first.
    #[must_use]
    pub fn text(&self, figures: &Figures) -> String {
        self.backlog.set(figures.backlog);
        self.index_age.set(figures.index_age_s.and_then(|age| i64::try_from(age).ok()).unwrap_or(-1));
        self.index_revision.set(figures.index_revision.unwrap_or(0));
        self.index_unknown_rows.set(figures.index_unknown_rows);
        self.index_compared
            .set(figures.index_compared_s.and_then(|age| i64::try_from(age).ok()).unwrap_or(-1));
        self.index_repaired_rows.set(figures.index_repaired_rows);
        self.neighbour_acts.set(i64::try_from(figures.neighbour_acts).unwrap_or(i64::MAX));
        self.pin_locked.set(i64::try_from(figures.pin_locked).unwrap_or(i64::MAX));
        self.memory.set(resident_bytes().unwrap_or(0));
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Figures that are states and not counts, at the moment of asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Events that the centre has not acknowledged.
    pub backlog: u64,
    /// Seconds since the centre confirmed the index; none without one.
    pub index_age_s: Option<u64>,
    /// Its revision.
    pub index_revision: Option<u64>,
    /// Its rows that were left out because only a newer release knows their kind.
    pub index_unknown_rows: u64,
    /// Seconds since the index was last compared with the centre's; none when not since the start.
    pub index_compared_s: Option<u64>,
    /// Its rows that were put right by that since the start.
    pub index_repaired_rows: u64,
    /// Acts of other gates of the yard that it does not show yet.
    pub neighbour_acts: usize,
    /// Names that must wait after wrong PINs.
    pub pin_locked: usize,
}

/// Resident memory as the system tells it; none where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// How `Metrics` is handed around.
pub type SharedMetrics = Arc<Metrics>;

#[cfg(test)]
mod tests {
    use protocols::lock::session::LockState;

    use super::{Figures, Metrics, ReasonCode, Verdict};

    #[test]
    fn every_count_shows_under_its_name() {
        let metrics = Metrics::new();
        let reader = metrics.device("uhf-1");
        reader.reads.inc_by(3);
        metrics.device("uhf-1").reads.inc();
        let locks = metrics.device("locks-1").locks;
        locks.set(1, LockState::Shut);
        locks.set(2, LockState::Open);
        metrics.device("locks-1").locks.set(2, LockState::Unknown);
        metrics.decided(Verdict::Refuse, ReasonCode::NoBinding);
        metrics.committed(std::time::Duration::from_millis(2));
        let (index_age_s, index_revision) = (Some(12), Some(99));
        metrics.pin_checked("wrong");
        metrics.acted("release", "not_allowed");
        metrics.neighbour_told("taken");
        let figures = Figures {
            backlog: 7,
            index_age_s,
            index_revision,
            index_unknown_rows: 2,
            index_compared_s: None,
            index_repaired_rows: 3,
            neighbour_acts: 4,
            pin_locked: 1,
        };
        let text = metrics.text(&figures);
        for line in [
            "kakou_gate_device_reads_total{device=\"uhf-1\"} 4",
            "kakou_gate_device_online{device=\"uhf-1\"} 0",
            "kakou_gate_device_lock{device=\"locks-1\",lock=\"1\"} 1",
            "kakou_gate_device_lock{device=\"locks-1\",lock=\"2\"} -1",
            "kakou_gate_decisions_total{verdict=\"N\",reason=\"no_binding\"} 1",
            "kakou_gate_commit_seconds_count 1",
            "kakou_gate_backlog 7",
            "kakou_gate_index_age_seconds 12",
            "kakou_gate_index_revision 99",
            "kakou_gate_index_unknown_rows 2",
            "kakou_gate_index_compared_seconds -1",
            "kakou_gate_index_repaired_rows 3",
            "kakou_gate_pin_checks_total{result=\"wrong\"} 1",
            "kakou_gate_acts_total{act=\"release\",result=\"not_allowed\"} 1",
            "kakou_gate_neighbour_pages_total{result=\"taken\"} 1",
            "kakou_gate_neighbour_acts 4",
            "kakou_gate_pin_locked 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("kakou_gate_memory_bytes 0\n"), "a running program has memory\n{text}");
    }
}
