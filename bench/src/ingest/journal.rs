//! What a gate sends: a lorry comes for each trip, and leaves by the other lane; eleven events, sealed as an agent seals them.

use protocols::{
    contract::{Event, EventType, Hash, RaiseOutcome, ReadValue, Reads, UtcMillis, seal},
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
};

use super::yard;
use crate::{clock, query::records};

/// Events of one trip.
pub(crate) const OF_A_TRIP: usize = 11;

/// One gate's.
pub(crate) struct Journal {
    pub(crate) gate_id: String,
    pub(crate) token: String,
    /// As they are sent.
    pub(crate) events: Vec<String>,
}

impl Journal {
    /// The bodies of its batches.
    pub(super) fn batches(&self, most: usize) -> Vec<String> {
        self.events.chunks(most).map(|events| self.body(events)).collect()
    }

    /// The body of one batch.
    pub(crate) fn body(&self, events: &[String]) -> String {
        format!(r#"{{"gate_id":"{}","epoch":1,"events":[{}]}}"#, self.gate_id, events.join(","))
    }

    /// The body of its hello.
    pub(crate) fn hello(&self) -> String {
        hello(&self.gate_id)
    }
}

/// The body of a gate's hello.
pub(crate) fn hello(gate_id: &str) -> String {
    format!(r#"{{"gate_id":"{gate_id}","store_id":"bench-{gate_id}","version":"0.1.0"}}"#)
}

/// The journal of the `gate`th, of its own trips: those from `gate * trips` on, one after the other until there are so many events.
///
/// # Errors
/// When an event cannot be sealed.
pub(crate) fn of(gate: u32, trips: u32, events: usize) -> anyhow::Result<Journal> {
    let gate_id = yard::gate_id(gate);
    let mut write = Writer {
        gate_id: GateId::parse(&gate_id)?,
        head: Hash::ZERO,
        at: clock::wall().as_millis() - i64::from(trips) * 60_000,
        events: Vec::new(),
    };
    let mut numbers = gate * trips..;
    while write.events.len() < events
        && let Some(number) = numbers.next()
    {
        write.trip(number)?;
    }
    write.events.truncate(events);
    Ok(Journal { token: yard::token(gate), gate_id, events: write.events })
}

struct Writer {
    gate_id: GateId,
    head: Hash,
    at: i64,
    events: Vec<String>,
}

impl Writer {
    fn trip(&mut self, number: u32) -> anyhow::Result<()> {
        use EventType::{Arrival, LeftPort, Match, Pass, RaiseIntent, RaiseOutcome};
        let trip = records::trip_no(number)?;
        for (direction, types) in [
            (LaneDirection::In, [Arrival, Match, RaiseIntent, RaiseOutcome, Pass].as_slice()),
            (LaneDirection::Out, &[Arrival, Match, RaiseIntent, RaiseOutcome, Pass, LeftPort]),
        ] {
            let visit = VisitId::parse(&format!("{}-{direction}1-{number:08}", self.gate_id))?;
            for event_type in types {
                let trip = (*event_type != Arrival).then_some(trip);
                self.event(*event_type, direction, &visit, trip, number)?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        event_type: EventType,
        direction: LaneDirection,
        visit: &VisitId,
        trip_no: Option<TripNo>,
        number: u32,
    ) -> anyhow::Result<()> {
        let seq = u32::try_from(self.events.len() + 1)?;
        self.at += 5000;
        let read = |value: String, device: &str| ReadValue {
            value,
            device: Some(device.to_owned()),
            ..ReadValue::default()
        };
        let reads = Reads {
            plate: Some(read(yard::plate(number), "camera-1")),
            e_plate: Some(read(format!("E28011606000020400{number:06X}"), "uhf-1")),
            ..Reads::default()
        };
        let is_judged = trip_no.is_some();
        let mut event = Event {
            event_id: format!("{}-1-{seq}", self.gate_id).into(),
            gate_id: self.gate_id.clone(),
            lane_id: Some(LaneId::parse(&format!("{direction}1"))?),
            lane_direction: Some(direction),
            visit_id: Some(visit.clone()),
            epoch: 1,
            seq: u64::from(seq),
            occurred_at: UtcMillis::from_millis(self.at),
            event_type,
            verdict: is_judged.then_some(Verdict::Pass),
            mode: Some(Mode::Automatic),
            trip_no,
            version_no: trip_no.map(|_| 1),
            reads,
            reason_code: is_judged.then_some(ReasonCode::Ok),
            officer_id: None,
            images: Vec::new(),
            index_revision: Some(u64::from(number)),
            index_age_s: Some(1),
            outcome: (event_type == EventType::RaiseOutcome).then_some(RaiseOutcome::Raised),
            detail: None,
            basis: None,
            mono_us: u64::from(seq) * 5_000_000,
            clock_offset_ms: Some(3),
            prev_hash: self.head,
            hash: Hash::ZERO,
        };
        self.events.push(seal(&mut event)?);
        self.head = event.hash;
        Ok(())
    }
}
