//! A centre for a million events: the real intake over a store that keeps of each event its hash and its id, beside the records and the
//! feed. `MemoryCentre` copies all that it has with every batch, which a month does not end with.

use std::collections::{BTreeMap, HashSet};

use central::{
    binding::Record,
    declaration::receipt::Receipt,
    gate_feed::{
        alert::Alert,
        intake::{Arrived, Head, IntakeStore, Stored, Taken, take_batch},
    },
    store::StoreError,
};
use futures::executor::block_on;
use protocols::{
    contract::{EventsAck, Hash, HelloAnswer, IndexMark, UtcMillis},
    ids::{CustomsCode, GateId, TripNo, YardId},
};

use super::{feed::Feed, plan};

/// The centre's number for the gate's journal.
const EPOCH: u32 = 1;

pub(crate) struct Centre {
    /// Its clock, which is right.
    pub(crate) now: UtcMillis,
    /// Of each event that it has, in the order in which it took them.
    pub(crate) hashes: Vec<Hash>,
    ids: HashSet<Box<str>>,
    pub(crate) trips: BTreeMap<TripNo, Record>,
    /// How many receipts it has written.
    pub(crate) receipts: u64,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) feed: Feed,
}

impl Centre {
    /// With so many approved trips.
    pub(crate) fn new(trips: u64) -> Self {
        let records = (1..=trips).map(|serial| plan::record(serial, true));
        let mut centre = Self {
            now: plan::start(),
            hashes: Vec::new(),
            ids: HashSet::new(),
            trips: records.map(|record| (record.trip_no, record)).collect(),
            receipts: 0,
            alerts: Vec::new(),
            feed: Feed::new(),
        };
        centre.trips.values().for_each(|record| centre.feed.show(record));
        centre
    }

    fn head_now(&self) -> Head {
        let hash = self.hashes.last().copied().unwrap_or(Hash::ZERO);
        Head { epoch: EPOCH, seq: self.hashes.len() as u64, hash }
    }

    pub(crate) fn hello(&self, index: Option<IndexMark>) -> HelloAnswer {
        let head = self.head_now();
        HelloAnswer {
            epoch: head.epoch,
            expected_seq: head.seq + 1,
            expected_hash: head.hash,
            revision: self.feed.revision(),
            time: self.now,
            knows_index: index.and_then(|index| Some(self.feed.mark(index.revision)? == index.mark)),
            authorities: Vec::new(),
            receipt: None,
        }
    }

    /// Takes a batch, and says nothing but yes: whatever the line does, a gate that works sends nothing that is refused here.
    pub(crate) fn take(&mut self, gate: &GateId, events: &[String]) -> EventsAck {
        let arrived = events.iter().map(|event| Arrived::of(serde_json::from_str(event).unwrap())).collect();
        let taken = block_on(take_batch(self, (gate, &plan::yard()), EPOCH, arrived)).unwrap();
        let Taken::Acked(head) = taken else { panic!("a batch was refused: {taken:?}") };
        EventsAck { epoch: head.epoch, acked_seq: head.seq, revision: self.feed.revision(), receipt: None }
    }
}

impl IntakeStore for Centre {
    fn now(&self) -> UtcMillis {
        self.now
    }

    async fn foresee(&mut self, _: &GateId, _: &[Arrived]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn feeds(&mut self, _: &CustomsCode, _: &YardId) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn head(&mut self, _: &GateId) -> Result<Option<Head>, StoreError> {
        Ok(Some(self.head_now()))
    }

    async fn hash_at(&mut self, _: &GateId, _: u32, seq: u64) -> Result<Option<Hash>, StoreError> {
        Ok(seq.checked_sub(1).and_then(|place| self.hashes.get(usize::try_from(place).ok()?)).copied())
    }

    async fn knows(&mut self, event_id: &str) -> Result<bool, StoreError> {
        Ok(self.ids.contains(event_id))
    }

    async fn append(&mut self, _: &GateId, event: Stored) -> Result<(), StoreError> {
        self.hashes.push(event.raw.hash);
        self.ids.extend(event.event_id.map(String::into_boxed_str));
        Ok(())
    }

    async fn set_head(&mut self, _: &GateId, head: Head) -> Result<(), StoreError> {
        assert_eq!(head, self.head_now(), "the head is the last event");
        Ok(())
    }

    async fn trip(&mut self, trip_no: &TripNo) -> Result<Option<Record>, StoreError> {
        Ok(self.trips.get(trip_no).cloned())
    }

    async fn save_trip(&mut self, mut record: Record, receipts: Vec<Receipt>) -> Result<(), StoreError> {
        record.version += 1;
        self.receipts += receipts.len() as u64;
        self.feed.show(&record);
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
