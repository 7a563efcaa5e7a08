//! The centre: its real intake over memory, and a feed with revisions. It dies and comes back; it is restored from a backup.

use central::{
    binding::index::TripView,
    gate_feed::intake::{Head, Taken, memory::MemoryCentre},
};
use futures::executor::block_on;
use protocols::{
    contract::{Changes, EventsAck, EventsRefusal, Hash, HelloAnswer, IndexMark, UtcMillis},
    ids::{GateId, MediumKey, TripNo},
};
use serde_json::Value;

use super::{feed::Feed, plan};

/// What it has on its disk.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) memory: MemoryCentre,
    feed: Feed,
}

pub(crate) struct Centre {
    pub(crate) kept: Kept,
    pub(crate) backup: Option<Box<Kept>>,
    pub(crate) is_up: bool,
    /// Counts its starts: what one has sent does not arrive after its end.
    pub(crate) life: u64,
    /// How often it was restored.
    pub(crate) restored: u64,
}

impl Centre {
    pub(crate) fn new(trips: u64, is_approved: impl Fn(u64) -> bool) -> Self {
        let memory = MemoryCentre { now_ms: plan::start().as_millis(), ..MemoryCentre::default() };
        let mut kept = Kept { memory, feed: Feed::new() };
        for serial in 1..=trips {
            let record = plan::record(serial, is_approved(serial));
            kept.memory.trips.insert(record.trip_no, record);
        }
        kept.show();
        Self { kept, backup: None, is_up: true, life: 1, restored: 0 }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.kept.feed.revision()
    }

    pub(crate) fn approve(&mut self, serial: u64, now: UtcMillis) {
        if let Some(record) = self.kept.memory.trips.get_mut(&plan::trip_no(serial))
            && record.approved_at.is_none()
            && record.status == protocols::rules::TripStatus::Sent
        {
            *record = plan::approve(record.clone(), now);
        }
        self.kept.show();
    }

    pub(crate) fn deny(&mut self, key: MediumKey, now: UtcMillis) {
        self.kept.feed.deny(key, now);
    }

    pub(crate) fn hello(&mut self, gate: &GateId, index: Option<IndexMark>, now: UtcMillis) -> HelloAnswer {
        let nothing = Head { epoch: 1, seq: 0, hash: Hash::ZERO };
        let head = *self.kept.memory.heads.entry(gate.clone()).or_insert(nothing);
        let feed = &self.kept.feed;
        HelloAnswer {
            epoch: head.epoch,
            expected_seq: head.seq + 1,
            expected_hash: head.hash,
            revision: feed.revision(),
            time: now,
            knows_index: index.and_then(|index| Some(feed.mark(index.revision)? == index.mark)),
            authorities: Vec::new(),
            receipt: None,
        }
    }

    /// Takes a batch as the service does: all that was stored is durable before the answer.
    pub(crate) fn take(
        &mut self,
        gate: &GateId,
        epoch: u32,
        events: &[String],
        now: UtcMillis,
    ) -> Result<EventsAck, EventsRefusal> {
        self.kept.memory.now_ms = now.as_millis();
        let events: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        let taken = block_on(self.kept.memory.take((gate, &plan::yard()), epoch, events)).unwrap();
        self.kept.show();
        match taken {
            Taken::Acked(head) => Ok(EventsAck {
                epoch: head.epoch,
                acked_seq: head.seq,
                revision: self.revision(),
                receipt: None,
            }),
            Taken::Refused(refusal) => Err(refusal),
        }
    }

    /// None when it never had that revision, or not any more.
    pub(crate) fn changes_after(&self, from: u64, mark: Option<Hash>) -> Option<Changes> {
        self.kept.feed.changes_after(from, mark)
    }

    pub(crate) fn snapshot(&self) -> Vec<String> {
        self.kept.feed.snapshot()
    }

    pub(crate) fn back_up(&mut self) {
        self.backup = Some(Box::new(self.kept.clone()));
    }

    pub(crate) fn restore(&mut self) {
        if let Some(backup) = self.backup.take() {
            self.kept = *backup;
            self.restored += 1;
            self.life += 1;
        }
    }

    pub(crate) fn view(&self, trip: &TripNo) -> Option<&TripView> {
        self.kept.feed.view(trip)
    }
}

impl Kept {
    fn show(&mut self) {
        self.memory.trips.values().for_each(|record| self.feed.show(record));
    }
}
