//! The intake's store on the database: one transaction, a batch at once.
//! Promises: what a batch needs is read before its first event and what it has made is written after its last one, in few statements however
//! long it is; what the database would answer between two of its events is answered from memory, and is the same.
//! A batch of a gate that has moved a trip five times stores its record once and shows it once; receipts, audit and what ended by a step
//! (`Followed::step`) are those of all five.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use protocols::{
    contract::{Hash, UtcMillis},
    ids::{CustomsCode, GateId, TripNo, YardId},
};

use super::{Arrived, Head, IntakeStore, Stored};
use crate::{
    binding::{
        self, Record,
        lifecycle::{self, Followed},
    },
    declaration::receipt::Receipt,
    gate_feed::{
        alert::{self, Alert},
        gate_clock::Measures,
        hello,
        passage::store::{Passages, visit_of},
        publish,
    },
    store::{Rows, StoreError, Tx, among, as_stored, column, execute, one},
};

/// A transaction as the intake sees it, for a gate of this yard.
#[derive(Debug)]
pub struct Tables {
    tx: Tx,
    yard: YardId,
    passages: Passages,
    clock: Measures,
    /// The ids of all events that are stored, of those that may come.
    ids: HashSet<String>,
    /// Whether each area feeds the yard.
    feeds: BTreeMap<CustomsCode, bool>,
    /// The records of the trips that may come.
    trips: BTreeMap<TripNo, Followed>,
    /// Which of them have moved, in the order of their first step.
    moved: Vec<TripNo>,
    events: Rows,
    /// The hashes of events that are not written yet.
    hashes: BTreeMap<(u32, u64), Hash>,
    /// Alerts that are raised rarely, and were looked at.
    rare: BTreeSet<String>,
}

const EVENT: &str =
    "gate_event (gate_id, epoch, seq, hash, event_id, trip_no, received_at, readable, raw, visit_id)";

impl Tables {
    /// Of a fresh transaction.
    #[must_use]
    pub fn new(tx: Tx, yard: YardId) -> Self {
        Self {
            tx,
            yard,
            passages: Passages::default(),
            clock: Measures::default(),
            ids: HashSet::new(),
            feeds: BTreeMap::new(),
            trips: BTreeMap::new(),
            moved: Vec::new(),
            events: Rows::new(EVENT, ""),
            hashes: BTreeMap::new(),
            rare: BTreeSet::new(),
        }
    }

    /// The transaction, to end it.
    #[must_use]
    pub fn into_tx(self) -> Tx {
        self.tx
    }

    async fn find_ids(&mut self, events: &[Arrived]) -> Result<(), StoreError> {
        let ids: Vec<_> = events.iter().filter_map(|event| Some(event.event_id()?.into())).collect();
        let sql = "SELECT event_id FROM gate_event WHERE event_id IN (?)";
        for row in among(self.tx.conn(), sql, &[], &ids).await? {
            self.ids.insert(column(&row, "event_id")?);
        }
        Ok(())
    }

    async fn find_trips(&mut self, events: &[Arrived]) -> Result<(), StoreError> {
        let acts =
            events.iter().filter_map(Arrived::event).filter(|event| event.event_type.trip_act().is_some());
        let trips = acts.filter_map(|event| event.trip_no).collect();
        let records = binding::store::of_trips(self.tx.conn(), &trips).await?;
        self.trips.extend(records.into_iter().map(|record| (record.trip_no, Followed::new(record))));
        Ok(())
    }
}

impl IntakeStore for Tables {
    fn now(&self) -> UtcMillis {
        self.tx.now()
    }

    async fn foresee(&mut self, gate: &GateId, events: &[Arrived]) -> Result<(), StoreError> {
        self.find_ids(events).await?;
        self.find_trips(events).await?;
        let visits = events.iter().filter_map(|event| event.event()?.visit_id.clone()).collect();
        self.passages.foresee(self.tx.conn(), gate, &visits).await
    }

    async fn feeds(&mut self, area: &CustomsCode, yard: &YardId) -> Result<bool, StoreError> {
        if let Some(feeds) = self.feeds.get(area) {
            return Ok(*feeds);
        }
        let feeds = publish::yards_of(self.tx.conn(), area).await?.contains(yard);
        self.feeds.insert(*area, feeds);
        Ok(feeds)
    }

    async fn head(&mut self, gate: &GateId) -> Result<Option<Head>, StoreError> {
        hello::head(self.tx.conn(), gate).await
    }

    async fn hash_at(&mut self, gate: &GateId, epoch: u32, seq: u64) -> Result<Option<Hash>, StoreError> {
        if let Some(hash) = self.hashes.get(&(epoch, seq)) {
            return Ok(Some(*hash));
        }
        let sql = "SELECT hash FROM gate_event WHERE gate_id = $1 AND epoch = $2 AND seq = $3";
        let values = [gate.as_str().into(), i64::from(epoch).into(), number(seq).into()];
        let Some(row) = one(self.tx.conn(), sql, values).await? else { return Ok(None) };
        let hash: String = column(&row, "hash")?;
        Hash::parse(&hash).map(Some).map_err(|_| StoreError::Value { what: "hash", value: hash })
    }

    async fn knows(&mut self, event_id: &str) -> Result<bool, StoreError> {
        Ok(self.ids.contains(&*as_stored(event_id)))
    }

    async fn append(&mut self, gate: &GateId, event: Stored) -> Result<(), StoreError> {
        let Stored { raw, text, event, event_id } = event;
        if let Some(event) = &event {
            self.passages.take(&self.yard, event);
            self.clock.take(event);
        }
        let visit = visit_of(&raw);
        self.hashes.insert((raw.epoch, raw.seq), raw.hash);
        self.ids.extend(event_id.as_deref().map(|event_id| as_stored(event_id).into_owned()));
        let trip = event.as_ref().and_then(|event| event.trip_no);
        self.events.push([
            gate.as_str().into(),
            i64::from(raw.epoch).into(),
            number(raw.seq).into(),
            raw.hash.to_string().into(),
            event_id.into(),
            trip.map(|trip| trip.to_string()).into(),
            self.tx.now().as_millis().into(),
            i64::from(event.is_some()).into(),
            text.into(),
            visit.into(),
        ]);
        Ok(())
    }

    async fn set_head(&mut self, gate: &GateId, head: Head) -> Result<(), StoreError> {
        self.events.insert(self.tx.conn()).await?;
        self.passages.write(&self.tx).await?;
        self.clock.write(&self.tx, gate, head.epoch).await?;
        let moved: Vec<_> = std::mem::take(&mut self.moved);
        let followed: Vec<_> = moved.iter().filter_map(|trip_no| self.trips.remove(trip_no)).collect();
        lifecycle::follow_gates(&mut self.tx, &followed).await?;
        let sql =
            "UPDATE gate_epoch SET seq = $3, hash = $4, folded_seq = $5 WHERE gate_id = $1 AND epoch = $2";
        let values = [
            gate.as_str().into(),
            i64::from(head.epoch).into(),
            number(head.seq).into(),
            head.hash.to_string().into(),
            number(head.seq).into(),
        ];
        execute(self.tx.conn(), sql, values).await?;
        Ok(())
    }

    async fn trip(&mut self, trip_no: &TripNo) -> Result<Option<Record>, StoreError> {
        Ok(self.trips.get(trip_no).map(|followed| followed.record.clone()))
    }

    async fn save_trip(&mut self, record: Record, receipts: Vec<Receipt>) -> Result<(), StoreError> {
        let trip_no = record.trip_no;
        let Some(followed) = self.trips.get_mut(&trip_no) else {
            // The intake saves only what it was given; were it otherwise, the batch must not be acknowledged.
            return Err(StoreError::Value { what: "trip", value: trip_no.to_string() });
        };
        followed.step(&self.tx, record, receipts).await?;
        if !self.moved.contains(&trip_no) {
            self.moved.push(trip_no);
        }
        Ok(())
    }

    async fn alert(&mut self, alert: Alert) -> Result<(), StoreError> {
        alert::raise(&self.tx, &alert).await
    }

    async fn alert_rarely(&mut self, alert: Alert) -> Result<(), StoreError> {
        // A clock that is wrong is wrong in every event of the batch.
        if self.rare.insert(alert::subject(&alert)) {
            alert::raise_rarely(&self.tx, &alert).await?;
        }
        Ok(())
    }
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
