//! How many events a second the hash chain takes.
//! Floor: SHA-256 over the same bytes; the rest is what RFC 8785 costs.

use std::hint::black_box;

use anyhow::ensure;
use protocols::{
    contract::{Event, EventType, Hash, ReadValue, Reads, UtcMillis, canonical_bytes, seal},
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{clock, row::Row};

/// The row, over a chain of so many events.
///
/// # Errors
/// When an event cannot be sealed.
#[expect(clippy::cast_precision_loss, reason = "a chain is far below 2^53 events")]
pub(crate) fn row(count: u32) -> anyhow::Result<Row> {
    let mut events = (1..=count).map(event).collect::<anyhow::Result<Vec<Event>>>()?;
    let mut previous = Hash::ZERO;
    let began = clock::now();
    for event in &mut events {
        event.prev_hash = previous;
        black_box(seal(event)?);
        previous = event.hash;
    }
    let took = began.elapsed();
    let covered = events.iter().map(covered).collect::<anyhow::Result<Vec<Vec<u8>>>>()?;
    let mut last = [0_u8; 32];
    let began = clock::now();
    for bytes in &covered {
        last = Sha256::digest(bytes).into();
    }
    let floor = began.elapsed();
    ensure!(Hash(last) == previous, "the chain is not SHA-256 over these bytes");
    let rate = |time: std::time::Duration| f64::from(count) / time.as_secs_f64();
    let bytes: usize = covered.iter().map(Vec::len).sum();
    ensure!(bytes as f64 / f64::from(count) > 500.0, "an event of a passage is larger");
    Ok(Row {
        name: "chain_seal",
        value: rate(took),
        unit: "events/s",
        floor: Some(rate(floor)),
        inside: "Events of a match sealed one behind the other: JSON members, RFC 8785 bytes, SHA-256 over the hash before and \
                 them, JSON to store; no disk. More is better. Floor: SHA-256 alone over the same bytes.",
    })
}

/// The bytes that an event's hash covers, the hash before included.
fn covered(event: &Event) -> anyhow::Result<Vec<u8>> {
    let Value::Object(members) = serde_json::to_value(event)? else {
        anyhow::bail!("an event is a JSON object");
    };
    Ok([&event.prev_hash.0[..], &canonical_bytes(&members)?].concat())
}

/// A `MATCH` as a lane records it.
fn event(seq: u32) -> anyhow::Result<Event> {
    let tag = ReadValue {
        value: format!("E28011606000020400{seq:06X}"),
        device: Some("uhf-in1".to_owned()),
        ..ReadValue::default()
    };
    Ok(Event {
        event_id: format!("0199e3a4-5c1e-7b40-9d0e-{seq:012x}").into(),
        gate_id: GateId::parse("0708-G02")?,
        lane_id: Some(LaneId::parse("IN1")?),
        lane_direction: Some(LaneDirection::In),
        visit_id: Some(VisitId::parse(&format!("0708-G02-IN1-20261120-1-{seq:04}"))?),
        epoch: 1,
        seq: u64::from(seq),
        occurred_at: UtcMillis::parse("2026-11-20T08:00:00.123Z")?,
        event_type: EventType::Match,
        verdict: Some(Verdict::Pass),
        mode: Some(Mode::Automatic),
        trip_no: Some(TripNo::parse(&format!("2026118950000004821{seq:013}"))?),
        version_no: Some(1),
        reads: Reads { e_plate: Some(tag), ..Reads::default() },
        reason_code: Some(ReasonCode::Ok),
        officer_id: None,
        images: Vec::new(),
        index_revision: Some(1),
        index_age_s: Some(60),
        outcome: None,
        detail: None,
        basis: None,
        mono_us: 1_000_000 + u64::from(seq),
        clock_offset_ms: Some(-3),
        prev_hash: Hash::ZERO,
        hash: Hash::ZERO,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_chain_is_sealed_and_beside_its_floor() {
        let row = super::row(16).unwrap();
        assert!(row.value > 0.0 && row.floor.is_some());
    }
}
