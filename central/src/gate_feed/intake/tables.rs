//! The intake's store on the database: one transaction.

use protocols::{
    contract::{Hash, UtcMillis},
    ids::{CustomsCode, GateId, TripNo, YardId},
};
use serde_json::Value;

use super::{Head, IntakeStore, Stored};
use crate::{
    binding::{self, Record, lifecycle},
    declaration::receipt::Receipt,
    gate_feed::{
        alert::{self, Alert},
        hello, publish,
    },
    store::{StoreError, Tx, column, execute, one, to_json},
};

/// A transaction as the intake sees it.
#[derive(Debug)]
pub struct Tables(pub Tx);

impl IntakeStore for Tables {
    fn now(&self) -> UtcMillis {
        self.0.now()
    }

    async fn feeds(&mut self, area: &CustomsCode, yard: &YardId) -> Result<bool, StoreError> {
        Ok(publish::yards_of(self.0.conn(), area).await?.contains(yard))
    }

    async fn head(&mut self, gate: &GateId) -> Result<Option<Head>, StoreError> {
        hello::head(self.0.conn(), gate).await
    }

    async fn hash_at(&mut self, gate: &GateId, epoch: u32, seq: u64) -> Result<Option<Hash>, StoreError> {
        let sql = "SELECT hash FROM gate_event WHERE gate_id = $1 AND epoch = $2 AND seq = $3";
        let values = [gate.as_str().into(), i64::from(epoch).into(), number(seq).into()];
        let Some(row) = one(self.0.conn(), sql, values).await? else { return Ok(None) };
        let hash: String = column(&row, "hash")?;
        Hash::parse(&hash).map(Some).map_err(|_| StoreError::Value { what: "hash", value: hash })
    }

    async fn knows(&mut self, event_id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT seq FROM gate_event WHERE event_id = $1 LIMIT 1";
        Ok(one(self.0.conn(), sql, [event_id.into()]).await?.is_some())
    }

    async fn append(&mut self, gate: &GateId, event: Stored) -> Result<(), StoreError> {
        let sql = "INSERT INTO gate_event (gate_id, epoch, seq, hash, event_id, trip_no, received_at, readable, raw)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let raw = event.raw;
        let values = [
            gate.as_str().into(),
            i64::from(raw.epoch).into(),
            number(raw.seq).into(),
            raw.hash.to_string().into(),
            event.event_id.into(),
            event.trip_no.map(|trip| trip.to_string()).into(),
            self.0.now().as_millis().into(),
            i64::from(event.readable).into(),
            to_json("event", &Value::Object(raw.members))?.into(),
        ];
        execute(self.0.conn(), sql, values).await?;
        Ok(())
    }

    async fn set_head(&mut self, gate: &GateId, head: Head) -> Result<(), StoreError> {
        let sql = "UPDATE gate_epoch SET seq = $3, hash = $4 WHERE gate_id = $1 AND epoch = $2";
        let values = [
            gate.as_str().into(),
            i64::from(head.epoch).into(),
            number(head.seq).into(),
            head.hash.to_string().into(),
        ];
        execute(self.0.conn(), sql, values).await?;
        Ok(())
    }

    async fn trip(&mut self, trip_no: &TripNo) -> Result<Option<Record>, StoreError> {
        binding::store::find(self.0.conn(), trip_no.as_str()).await
    }

    async fn save_trip(&mut self, mut record: Record, receipts: Vec<Receipt>) -> Result<(), StoreError> {
        lifecycle::follow_gate(&mut self.0, &mut record, &receipts).await
    }

    async fn alert(&mut self, alert: Alert) -> Result<(), StoreError> {
        alert::raise(&self.0, &alert).await
    }

    async fn alert_rarely(&mut self, alert: Alert) -> Result<(), StoreError> {
        alert::raise_rarely(&self.0, &alert).await
    }
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
