//! 上报: what a device saw, on its way to fusion: debounced, counted, shed when there is no room.
//! Promises: the same for devices on lines and on a broker; the first sight of an identity is reported at once.
//! Absent: what a sighting means (`fusion`).

use std::sync::Arc;

use protocols::{
    talk::{Identity, Sighting, WeightReading},
    tick::Tick,
};

use super::debounce::{Debounce, Novelty};
use crate::{
    fusion::{FieldLink, Sighted, What},
    panel::DeviceMetrics,
};

/// Told so long after it was seen, a sighting comes out of a store.
const STORED_MS: u64 = 1000;

/// One device's way to fusion.
pub(super) struct Reporter {
    name: Arc<str>,
    debounce: Debounce,
    metrics: DeviceMetrics,
    field: FieldLink,
}

impl Reporter {
    pub(super) fn new(name: Arc<str>, metrics: DeviceMetrics, field: FieldLink) -> Self {
        Self { name, debounce: Debounce::default(), metrics, field }
    }

    pub(super) fn seen(&mut self, sighting: Sighting, now: Tick) {
        self.metrics.reads.inc();
        // Each frame of a camera counts; what stands in a field is not news each time. What comes out of a device's store is not in
        // the field, and must not hide what is.
        let counts_frames = matches!(sighting.identity, Identity::Plate(_) | Identity::Container(_));
        let is_stored = sighting.age_ms.is_some_and(|age| age >= STORED_MS);
        let who = (sighting.identity.clone(), sighting.antenna);
        if !counts_frames && !is_stored {
            match self.debounce.judge(&who, now) {
                Novelty::Known => return,
                Novelty::TooMany => return self.shed(1),
                Novelty::New => {}
            }
        }
        if !self.report(What::Seen(sighting), now) {
            self.debounce.forget(&who);
        }
    }

    pub(super) fn weighed(&self, reading: WeightReading, now: Tick) {
        self.metrics.reads.inc();
        self.report(What::Weight(reading), now);
    }

    /// So many were dropped before anybody looked at them.
    pub(super) fn shed(&self, count: u64) {
        self.metrics.shed.inc_by(count);
        self.field.shed(&self.name, count);
    }

    fn report(&self, what: What, at: Tick) -> bool {
        let taken = self.field.report(Sighted { device: Arc::clone(&self.name), what, at });
        if !taken {
            self.metrics.shed.inc();
        }
        taken
    }
}
