//! The intake's store in memory: a whole centre for simulation and property tests.
//! Promises: `take` is all or nothing, as a transaction is. One yard, fed by every area but those named.

use std::collections::{BTreeMap, BTreeSet};

use protocols::{
    contract::{Hash, UtcMillis},
    ids::{CustomsCode, GateId, TripNo, YardId},
};
use serde_json::Value;

use super::{Arrived, Head, IntakeStore, Stored, Taken, take_batch};
use crate::{binding::Record, declaration::receipt::Receipt, gate_feed::alert::Alert, store::StoreError};

/// Records, events and alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryCentre {
    /// How far each gate's journal is stored.
    pub heads: BTreeMap<GateId, Head>,
    /// All events, by gate, epoch and number.
    pub events: BTreeMap<(GateId, u32, u64), Stored>,
    /// All records.
    pub trips: BTreeMap<TripNo, Record>,
    /// Receipts in the order of writing.
    pub receipts: Vec<(TripNo, Receipt)>,
    /// Alerts in the order of raising.
    pub alerts: Vec<Alert>,
    /// Areas that do not feed the yard.
    pub foreign: BTreeSet<CustomsCode>,
    /// The centre's time, in milliseconds since 1970 in UTC.
    pub now_ms: i64,
}

impl MemoryCentre {
    /// Takes a batch.
    ///
    /// # Errors
    /// None of its own; the port's signature has one. Nothing is stored then.
    pub async fn take(
        &mut self,
        (gate, yard): (&GateId, &YardId),
        epoch: u32,
        events: Vec<Value>,
    ) -> Result<Taken, StoreError> {
        let mut work = self.clone();
        let arrived = events.into_iter().map(Arrived::of).collect();
        let taken = take_batch(&mut work, (gate, yard), epoch, arrived).await?;
        *self = work;
        Ok(taken)
    }
}

impl IntakeStore for MemoryCentre {
    fn now(&self) -> UtcMillis {
        UtcMillis::from_millis(self.now_ms)
    }

    async fn foresee(&mut self, _: &GateId, _: &[Arrived]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn feeds(&mut self, area: &CustomsCode, _: &YardId) -> Result<bool, StoreError> {
        Ok(!self.foreign.contains(area))
    }

    async fn head(&mut self, gate: &GateId) -> Result<Option<Head>, StoreError> {
        Ok(self.heads.get(gate).copied())
    }

    async fn hash_at(&mut self, gate: &GateId, epoch: u32, seq: u64) -> Result<Option<Hash>, StoreError> {
        Ok(self.events.get(&(gate.clone(), epoch, seq)).map(|stored| stored.raw.hash))
    }

    async fn knows(&mut self, event_id: &str) -> Result<bool, StoreError> {
        Ok(self.events.values().any(|stored| stored.event_id.as_deref() == Some(event_id)))
    }

    async fn append(&mut self, gate: &GateId, event: Stored) -> Result<(), StoreError> {
        self.events.insert((gate.clone(), event.raw.epoch, event.raw.seq), event);
        Ok(())
    }

    async fn set_head(&mut self, gate: &GateId, head: Head) -> Result<(), StoreError> {
        self.heads.insert(gate.clone(), head);
        Ok(())
    }

    async fn trip(&mut self, trip_no: &TripNo) -> Result<Option<Record>, StoreError> {
        Ok(self.trips.get(trip_no).cloned())
    }

    async fn save_trip(&mut self, mut record: Record, receipts: Vec<Receipt>) -> Result<(), StoreError> {
        record.version += 1;
        self.receipts.extend(receipts.into_iter().map(|receipt| (record.trip_no, receipt)));
        self.trips.insert(record.trip_no, record);
        Ok(())
    }

    async fn alert(&mut self, alert: Alert) -> Result<(), StoreError> {
        self.alerts.push(alert);
        Ok(())
    }

    async fn alert_rarely(&mut self, alert: Alert) -> Result<(), StoreError> {
        if !self.alerts.contains(&alert) {
            self.alerts.push(alert);
        }
        Ok(())
    }
}
