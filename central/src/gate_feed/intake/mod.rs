//! 事件接收: a batch of a gate's events, verified and applied in order, once.
//! `fold`: what one event does to one record, pure · `tables`: the store port on the database, which reads and writes a batch at once ·
//! `memory`: the same in memory, for simulation and property tests · `api`: the face · `room`: what of it is held before it is taken ·
//! `rush`: how long those stay away who are not taken now.
//! Promises: whatever way a gate's log is cut, repeated and resent, records and events come out as from one clean pass (fault C5). A
//! batch is one transaction; of a batch that is refused in the middle, what is good before it is kept (SG-247). A gate moves only trips
//! of the areas that feed its yard. An event that cannot be read, but whose hash holds, is kept as it came: nothing blocks the line for ever.
//! Source: `contract` section 3, "Events"; spec SG-245..SG-254; invariants I2, I5.

pub mod api;
mod claims;
pub mod fold;
pub mod memory;
mod notice;
pub mod room;
pub mod rush;
pub mod tables;

use std::future::Future;

use protocols::{
    contract::{ChainError, Event, EventsRefusal, Hash, RawEvent, RefusalCode, UtcMillis},
    ids::{CustomsCode, GateId, TripNo, YardId},
};
use serde_json::Value;

use super::alert::{Alert, Trouble};
use crate::{binding::Record, declaration::receipt::Receipt, store::StoreError};
use fold::{Effect, fold};
use notice::notice;

/// Most events of one batch.
pub const MOST_EVENTS: usize = 500;
/// Bytes of one batch: twice what a gate makes of several events. One event alone may have more than that, and one that is refused for its length stops its
/// journal for ever.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;
/// From here on a clock is wrong (SG-254), in milliseconds.
const WRONG_CLOCK_MS: u64 = 5000;

/// How far the centre has a gate's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The journal.
    pub epoch: u32,
    /// The last event stored; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub hash: Hash,
}

/// An event whose hash holds.
#[derive(Clone, Debug, PartialEq)]
struct Verified {
    raw: RawEvent,
    /// As it is stored: made before a store is held.
    text: String,
    /// What could be read of it.
    event: Result<Event, String>,
}

/// An event as it came, and what of it needs no store: verified and read before one is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived(Result<Verified, ChainError>);

impl Arrived {
    /// Verifies and reads it.
    #[must_use]
    pub fn of(event: Value) -> Self {
        let text = event.to_string();
        Self(RawEvent::verify(event).map(|raw| {
            let event = raw.read().map_err(|error| error.to_string());
            Verified { raw, text, event }
        }))
    }

    /// The event, when this version can read it.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        self.0.as_ref().ok()?.event.as_ref().ok()
    }

    /// Its id, readable or not.
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        self.0.as_ref().ok()?.raw.members.get("event_id")?.as_str()
    }
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The event as it came, its hash verified.
    pub raw: RawEvent,
    /// The same as a text.
    pub text: String,
    /// What this version reads of it, when it can.
    pub event: Option<Event>,
    /// Its id, when it has one.
    pub event_id: Option<String>,
}

/// What the intake needs of a store. One value serves one batch: all or nothing of it becomes durable.
pub trait IntakeStore: Send {
    /// The centre's time.
    fn now(&self) -> UtcMillis;
    /// What is about to be taken of a gate, so that what it needs can be looked up at once.
    fn foresee(
        &mut self,
        gate: &GateId,
        events: &[Arrived],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Whether this area feeds this yard (SG-206).
    fn feeds(
        &mut self,
        area: &CustomsCode,
        yard: &YardId,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// How far the gate's present journal is stored; none before its hello.
    fn head(&mut self, gate: &GateId) -> impl Future<Output = Result<Option<Head>, StoreError>> + Send;
    /// The hash of a stored event.
    fn hash_at(
        &mut self,
        gate: &GateId,
        epoch: u32,
        seq: u64,
    ) -> impl Future<Output = Result<Option<Hash>, StoreError>> + Send;
    /// Whether an event with this id is stored.
    fn knows(&mut self, event_id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// Stores an event.
    fn append(&mut self, gate: &GateId, event: Stored)
    -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Notes how far the journal is stored now: the last act of a batch of which anything was stored.
    fn set_head(&mut self, gate: &GateId, head: Head) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The record of a trip.
    fn trip(&mut self, trip_no: &TripNo) -> impl Future<Output = Result<Option<Record>, StoreError>> + Send;
    /// Stores what became of it, and shows it to the gates.
    fn save_trip(
        &mut self,
        record: Record,
        receipts: Vec<Receipt>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Raises an alert.
    fn alert(&mut self, alert: Alert) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Raises an alert that may come over and over.
    fn alert_rarely(&mut self, alert: Alert) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// Stored and applied up to here.
    Acked(Head),
    /// Taken up to the event before the one that the gate is told to send next.
    Refused(EventsRefusal),
}

/// Why an event cannot follow, and what a person must see of it.
struct Refusal(RefusalCode, Option<Alert>);

/// Takes a batch of this gate of this yard. The caller makes durable what the store has written, whatever the outcome.
///
/// # Errors
/// [`StoreError`].
pub async fn take_batch<S: IntakeStore>(
    store: &mut S,
    (gate, yard): (&GateId, &YardId),
    epoch: u32,
    events: Vec<Arrived>,
) -> Result<Taken, StoreError> {
    let Some(mut head) = store.head(gate).await? else {
        let nothing = Head { epoch: 0, seq: 0, hash: Hash::ZERO };
        return Ok(refused(RefusalCode::Epoch, nothing));
    };
    if epoch != head.epoch {
        let trouble = Trouble::OldEvents { epoch, in_use: head.epoch };
        store.alert_rarely(Alert::of_gate(gate, &trouble)).await?;
        return Ok(refused(RefusalCode::Epoch, head));
    }
    store.foresee(gate, &events).await?;
    for Arrived(event) in events {
        match following(store, gate, head, event).await? {
            Ok(None) => {}
            Ok(Some(event)) => {
                head = Head { epoch, seq: event.raw.seq, hash: event.raw.hash };
                take_event(store, (gate, yard), event).await?;
            }
            Err(Refusal(code, alert)) => {
                store.set_head(gate, head).await?;
                if let Some(alert) = alert {
                    store.alert_rarely(alert).await?;
                }
                return Ok(refused(code, head));
            }
        }
    }
    store.set_head(gate, head).await?;
    Ok(Taken::Acked(head))
}

/// The event when it is the next one after `head`; none when it is stored already.
async fn following<S: IntakeStore>(
    store: &mut S,
    gate: &GateId,
    head: Head,
    event: Result<Verified, ChainError>,
) -> Result<Result<Option<Verified>, Refusal>, StoreError> {
    let broken =
        |trouble: Trouble<'_>| Ok(Err(Refusal(RefusalCode::Chain, Some(Alert::of_gate(gate, &trouble)))));
    let event = match event {
        Ok(event) if event.raw.epoch == head.epoch => event,
        Ok(_) => return Ok(Err(Refusal(RefusalCode::Epoch, None))),
        Err(error) => return broken(Trouble::BrokenEvent(error)),
    };
    let raw = &event.raw;
    if raw.seq <= head.seq {
        if store.hash_at(gate, head.epoch, raw.seq).await?.is_some_and(|stored| stored != raw.hash) {
            return broken(Trouble::OtherContent { epoch: head.epoch, seq: raw.seq });
        }
        return Ok(Ok(None));
    }
    if raw.seq != head.seq + 1 {
        return Ok(Err(Refusal(RefusalCode::Gap, None)));
    }
    if raw.prev_hash != head.hash {
        return broken(Trouble::NotTheNext { seq: raw.seq });
    }
    Ok(Ok(Some(event)))
}

/// Applies the next event of the chain and stores it.
async fn take_event<S: IntakeStore>(
    store: &mut S,
    (gate, yard): (&GateId, &YardId),
    Verified { raw, text, event }: Verified,
) -> Result<(), StoreError> {
    let event = match event {
        Ok(event) if event.gate_id == *gate => event,
        other => {
            let trouble = match &other {
                Ok(event) => Trouble::OtherGate { seq: raw.seq, named: event.gate_id.as_str() },
                Err(why) => Trouble::UnreadableEvent { seq: raw.seq, why },
            };
            let event_id = raw.members.get("event_id").and_then(Value::as_str).map(ToOwned::to_owned);
            let alert = Alert { event_id: event_id.clone(), ..Alert::of_gate(gate, &trouble) };
            store.append(gate, Stored { raw, text, event: None, event_id }).await?;
            return store.alert(alert).await;
        }
    };
    if let Some(ms) = event.clock_offset_ms.filter(|offset| offset.unsigned_abs() > WRONG_CLOCK_MS) {
        store.alert_rarely(Alert::of_gate(gate, &Trouble::ClockOffset { ms })).await?;
    }
    if store.knows(&event.event_id).await? {
        let alert = Alert::of_gate(gate, &Trouble::RepeatedId { seq: event.seq });
        store.alert(Alert { event_id: Some(event.event_id.to_string()), ..alert }).await?;
    } else {
        apply_event(store, yard, &event).await?;
    }
    let event_id = Some(event.event_id.to_string());
    store.append(gate, Stored { raw, text, event: Some(event), event_id }).await
}

async fn apply_event<S: IntakeStore>(store: &mut S, yard: &YardId, event: &Event) -> Result<(), StoreError> {
    match notice(event) {
        // A device that comes and goes must not fill the list.
        Some(alert) if event.trip_no.is_none() => store.alert_rarely(alert).await?,
        Some(alert) => store.alert(alert).await?,
        None => {}
    }
    let (Some(trip_no), Some(_)) = (event.trip_no, event.event_type.trip_act()) else { return Ok(()) };
    let Some(record) = store.trip(&trip_no).await? else {
        return store.alert(fold::alert(event, &Trouble::UnknownTrip(event.event_type))).await;
    };
    // A gate that moved the trip while its yard was fed by the area goes on with it: the vehicle is there.
    let known = record.applied.contains_key(&event.gate_id);
    if !known && !store.feeds(&record.content().customs_code, yard).await? {
        return store.alert(fold::alert(event, &Trouble::ForeignTrip(event.event_type))).await;
    }
    let (record, effects) = fold(record, event, store.now());
    let mut receipts = Vec::new();
    for effect in effects {
        match effect {
            Effect::Receipt(receipt) => receipts.push(receipt),
            Effect::Alert(alert) => store.alert(alert).await?,
        }
    }
    store.save_trip(record, receipts).await
}

fn refused(code: RefusalCode, head: Head) -> Taken {
    Taken::Refused(EventsRefusal { code, expected_seq: head.seq + 1, expected_hash: head.hash })
}

#[cfg(test)]
mod tests;
