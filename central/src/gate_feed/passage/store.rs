//! The rows of passages: found and written once a batch, however many of its events the batch has.
//! Promises: what was stored before there were passages is folded when the service starts, by the same code.

use std::collections::{BTreeMap, BTreeSet};

use protocols::{
    contract::{Event, RawEvent},
    ids::{GateId, VisitId, YardId},
};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::Passage;
use crate::{
    declaration::numbering,
    gate_feed::live,
    store::{Rows, Store, StoreError, Tx, all, among, column, execute, from_json, one, to_json},
};

/// Events that are folded in one transaction when the service starts.
const AT_ONCE: i64 = 500;

/// The passages that one transaction has to do with, by gate and visit.
#[derive(Debug, Default)]
pub struct Passages {
    stored: BTreeMap<Key, Passage>,
    /// In the order in which they moved first.
    moved: Vec<Moved>,
    places: BTreeMap<Key, usize>,
}

type Key = (GateId, VisitId);

#[derive(Debug)]
struct Moved {
    passage: Passage,
    /// What the store has read of it.
    known: Option<BTreeSet<(&'static str, String)>>,
}

impl Passages {
    /// Looks up these visits of a gate, of which events are about to come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn foresee<C: ConnectionTrait>(
        &mut self,
        conn: &C,
        gate: &GateId,
        visits: &BTreeSet<VisitId>,
    ) -> Result<(), StoreError> {
        let keys: Vec<_> = visits.iter().map(|visit| visit.as_str().into()).collect();
        let sql = "SELECT doc FROM passage WHERE gate_id = $1 AND visit_id IN (?)";
        for row in among(conn, sql, &[gate.as_str().into()], &keys).await? {
            let passage: Passage = from_json("passage", &column::<String>(&row, "doc")?)?;
            self.stored.insert((passage.gate_id.clone(), passage.visit_id.clone()), passage);
        }
        Ok(())
    }

    /// Takes the next event of a gate in, of a visit that was foreseen; one that belongs to no visit does nothing here.
    pub fn take(&mut self, yard: &YardId, event: &Event) {
        let (Some(visit), Some(_)) = (&event.visit_id, &event.lane_id) else { return };
        let key = (event.gate_id.clone(), visit.clone());
        if let Some(moved) = self.places.get(&key).and_then(|place| self.moved.get_mut(*place)) {
            moved.passage.follow(event);
            return;
        }
        let moved = match self.stored.remove(&key) {
            Some(mut passage) => {
                let known = passage.keys().into_iter().map(|(kind, value)| (kind, value.to_owned()));
                let known = Some(known.collect());
                passage.follow(event);
                Some(Moved { passage, known })
            }
            None => Passage::begun(*yard, event).map(|passage| Moved { passage, known: None }),
        };
        if moved.is_some() {
            self.places.insert(key, self.moved.len());
            self.moved.extend(moved);
        }
    }

    /// Writes what was taken in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write(&mut self, tx: &Tx) -> Result<(), StoreError> {
        let mut all = std::mem::take(self).moved;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        if all.is_empty() {
            return Ok(());
        }
        let new = all.iter_mut().filter(|moved| moved.known.is_none()).map(|moved| &mut moved.passage);
        let new: Vec<_> = new.collect();
        if !new.is_empty() {
            let first = numbering::take(tx, "passage", count(new.len())).await?;
            for (passage, number) in new.into_iter().zip(first..) {
                passage.number = i64::try_from(number).unwrap_or(i64::MAX);
            }
        }
        let first = live::all_moved(tx, count(all.len())).await?;
        let (mut rows, mut reads) = (Rows::new(PASSAGE, OF_KNOWN), Rows::new(READ, "ON CONFLICT DO NOTHING"));
        for (Moved { passage, known }, moved) in all.iter().zip(first..) {
            rows.push(row(passage, moved)?);
            // What was read and then read otherwise is still found: a person may look for either.
            let is_new = |(kind, value): &(&'static str, &str)| {
                known.as_ref().is_none_or(|known| !known.contains(&(*kind, (*value).to_owned())))
            };
            for (kind, value) in passage.keys().into_iter().filter(is_new) {
                reads.push([passage.number.into(), kind.into(), value.into()]);
            }
        }
        rows.insert(tx.conn()).await?;
        reads.insert(tx.conn()).await
    }
}

const PASSAGE: &str =
    "passage (number, gate_id, visit_id, yard_id, lane_id, began_at, verdict, outcome, trip_no, moved, doc)";
const OF_KNOWN: &str = "ON CONFLICT (number) DO UPDATE SET lane_id = excluded.lane_id, began_at = excluded.began_at, verdict = excluded.verdict,
                        outcome = excluded.outcome, trip_no = excluded.trip_no, moved = excluded.moved, doc = excluded.doc";
const READ: &str = "passage_read (number, kind, value)";

fn row(passage: &Passage, moved: i64) -> Result<[sea_orm::Value; 11], StoreError> {
    Ok([
        passage.number.into(),
        passage.gate_id.as_str().into(),
        passage.visit_id.as_str().into(),
        passage.yard_id.as_str().into(),
        passage.lane_id.as_str().into(),
        passage.began_at.as_millis().into(),
        passage.verdict.map(|verdict| verdict.letter().to_owned()).into(),
        passage.outcome.code().into(),
        passage.trip_no.map(|trip| trip.to_string()).into(),
        moved.into(),
        to_json("passage", passage)?.into(),
    ])
}

/// The visit that a stored event belongs to, as its column has it.
#[must_use]
pub fn visit_of(raw: &RawEvent) -> Option<String> {
    let visit = raw.members.get("visit_id").and_then(Value::as_str)?;
    VisitId::parse(visit).ok().map(|visit| visit.to_string())
}

/// Folds what was stored before there were passages.
///
/// # Errors
/// [`StoreError`].
pub async fn catch_up(store: &Store) -> Result<(), StoreError> {
    alerts(store).await?;
    loop {
        let tx = store.begin().await?;
        let sql = "SELECT e.gate_id, e.epoch, e.folded_seq, g.yard_id FROM gate_epoch e JOIN gate g ON g.gate_id = e.gate_id
                   WHERE e.folded_seq < e.seq ORDER BY e.gate_id, e.epoch LIMIT 1";
        let Some(row) = one(tx.conn(), sql, []).await? else { return Ok(()) };
        let (gate, yard): (String, String) = (column(&row, "gate_id")?, column(&row, "yard_id")?);
        let yard = YardId::parse(&yard).map_err(|_| StoreError::Value { what: "yard_id", value: yard })?;
        fold(&tx, &gate, &yard, column(&row, "epoch")?, column(&row, "folded_seq")?).await?;
        tx.commit().await?;
    }
}

async fn fold(tx: &Tx, gate: &str, yard: &YardId, epoch: i64, after: i64) -> Result<(), StoreError> {
    let sql = "SELECT seq, readable, raw FROM gate_event WHERE gate_id = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4";
    let values = [gate.into(), epoch.into(), after.into(), AT_ONCE.into()];
    let (mut events, mut last) = (Vec::new(), i64::MAX);
    for row in all(tx.conn(), sql, values).await? {
        last = column(&row, "seq")?;
        let raw: Value = from_json("event", &column::<String>(&row, "raw")?)?;
        let visit = raw.get("visit_id").and_then(Value::as_str).map(ToOwned::to_owned);
        if column::<i64>(&row, "readable")? == 1 {
            let event: Event = serde_json::from_value(raw)
                .map_err(|source| StoreError::Document { what: "event", source })?;
            events.push(event);
        }
        let sql = "UPDATE gate_event SET visit_id = $4 WHERE gate_id = $1 AND epoch = $2 AND seq = $3";
        execute(tx.conn(), sql, [gate.into(), epoch.into(), last.into(), visit.into()]).await?;
    }
    let mut passages = Passages::default();
    if let Some(gate) = events.first().map(|event| &event.gate_id) {
        let visits = events.iter().filter_map(|event| event.visit_id.clone()).collect();
        passages.foresee(tx.conn(), gate, &visits).await?;
    }
    events.iter().for_each(|event| passages.take(yard, event));
    passages.write(tx).await?;
    // An epoch whose events are gone has nothing to fold.
    let sql = "UPDATE gate_epoch SET folded_seq = CASE WHEN $3 > seq THEN seq ELSE $3 END WHERE gate_id = $1 AND epoch = $2";
    execute(tx.conn(), sql, [gate.into(), epoch.into(), last.into()]).await?;
    Ok(())
}

/// Alerts of before get the columns that they are looked for by.
async fn alerts(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let rows = all(tx.conn(), "SELECT id, doc FROM alert WHERE moved = 0", []).await?;
    for row in rows {
        let alert: super::super::alert::Alert = from_json("alert", &column::<String>(&row, "doc")?)?;
        let sql = "UPDATE alert SET gate_id = $2, trip_no = $3, moved = $4 WHERE id = $1";
        let id: i64 = column(&row, "id")?;
        let values = [id.into(), alert.gate_id.into(), alert.trip_no.into(), live::moved(&tx).await?.into()];
        execute(tx.conn(), sql, values).await?;
    }
    tx.commit().await
}
