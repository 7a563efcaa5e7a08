//! Which visit of this agent is using which trip, from the verdict on: the journal shows it only when its record is durable, and two lanes
//! may judge one medium in that moment (design promise: a trip is used once).
//! Promises: one visit a trip; a visit may claim again; nothing is kept of a visit that has ended and whose records are durable.
//! Absent on purpose: other agents, whose acts lie over the index as soon as they are told (`neighbours`); of what two gates do in the same moment the centre
//! finds that it was double (SG-252).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocols::ids::{TripNo, VisitId};

/// 占用: the claims of all lanes of one agent; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<HashMap<TripNo, VisitId>>>);

impl Claims {
    /// Takes the trip for this visit; false when another visit has it.
    pub(super) fn claim(&self, trip_no: TripNo, visit_id: &VisitId) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.entry(trip_no).or_insert_with(|| visit_id.clone()) == visit_id
    }

    /// Frees what this visit has taken.
    pub(super) fn release(&self, visit_id: &VisitId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, holder| holder != visit_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SG-249; design promise: two lanes, same card, same millisecond: one of them gets the trip.
    #[test]
    fn one_visit_has_a_trip_until_it_ends() {
        let (claims, trip) = (Claims::default(), TripNo::parse("20251089500000048210000000000123").unwrap());
        let (one, other) = (VisitId::parse("IN1-1").unwrap(), VisitId::parse("IN2-1").unwrap());
        assert!(claims.claim(trip, &one) && claims.claim(trip, &one));
        assert!(!claims.clone().claim(trip, &other));
        claims.release(&other);
        assert!(!claims.claim(trip, &other));
        claims.release(&one);
        assert!(claims.claim(trip, &other));
    }
}
