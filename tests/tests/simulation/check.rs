//! The invariants, asked after every happening that could break them.

use std::collections::{BTreeMap, BTreeSet};

use central::binding::index::TripView;
use gate_agent::lane::redecide;
use protocols::{
    contract::{Event, EventType, Hash, RawEvent},
    ids::{MediumKey, MediumType, VisitId},
};

use super::{
    plan,
    time::{Micros, SECOND},
    world::World,
};

/// A look at the deny list and a verdict may cross; what was denied so long before must count.
const CROSSING: Micros = 2 * SECOND;

/// What a gate has promised.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Every record that was answered as durable, with its hash.
    answered: BTreeMap<u64, Hash>,
    /// Since when this gate has known that a plate is denied.
    pub(crate) denied: BTreeMap<MediumKey, Micros>,
    /// The revision of its index, and the life of the centre that its last snapshot was of.
    pub(crate) revision: (u64, u64),
    /// How many lorries have come in on each trip.
    pub(crate) entered: BTreeMap<u64, u64>,
}

impl World {
    pub(crate) fn broken(&mut self, why: String) {
        if self.broken.is_none() {
            if self.tell {
                println!("{:>12} BROKEN {why}", self.now);
                for (g, gate) in self.gates.iter().enumerate() {
                    let tell = |record: &gate_agent::journal::Record| {
                        let event: Event = serde_json::from_str(&record.json).unwrap();
                        let visit = event.visit_id.as_ref().map(ToString::to_string).unwrap_or_default();
                        let reason = event.reason_code.map(|reason| reason.code());
                        println!(
                            "gate {g} {:>4} {:>22} {visit} {reason:?} {:?}",
                            event.seq,
                            event.event_type.code(),
                            event.outcome
                        );
                    };
                    gate.disk.records().iter().for_each(tell);
                }
            }
            self.broken = Some(why);
        }
    }

    /// I1, I3: what the journal has answered; the numbers from `before` on.
    pub(crate) fn remember(&mut self, g: usize, before: u64, after: u64) {
        for record in
            self.gates[g].disk.records().iter().filter(|record| record.seq > before && record.seq <= after)
        {
            if self.gates[g]
                .ledger
                .answered
                .insert(record.seq, record.hash)
                .is_some_and(|hash| hash != record.hash)
            {
                self.broken(format!("I2: gate {g} numbers two records {}", record.seq));
            }
            if record.json.contains("\"basis\"") && !comes_out_the_same(&record.json) {
                self.broken(format!("gate {g} would not decide as it has recorded in {}", record.seq));
            }
        }
    }

    /// I1: everything that was answered is on the disk.
    pub(crate) fn check_ledger(&mut self, g: usize) {
        let kept: BTreeMap<u64, Hash> =
            self.gates[g].disk.records().iter().map(|record| (record.seq, record.hash)).collect();
        let lost = self.gates[g]
            .ledger
            .answered
            .iter()
            .find(|(seq, hash)| kept.get(seq) != Some(hash))
            .map(|(seq, _)| *seq);
        if let Some(seq) = lost {
            self.broken(format!("I1: gate {g} has answered record {seq} and does not have it any more"));
        }
    }

    /// I3, I4: the arm is told to rise.
    pub(crate) fn check_pulse(&mut self, g: usize, l: usize) {
        let Some(agent) = self.gates[g].agent.as_ref() else { return };
        let Some(visit) = agent.shells[l].lane.as_ref().and_then(gate_agent::lane::Lane::visit) else {
            return self.broken(format!("I3: gate {g} lane {l} rises for nobody"));
        };
        let intents = self.count(g, &visit, EventType::RaiseIntent);
        let pulses = self.gates[g].steel[l].pulses.entry(visit.clone()).or_default();
        *pulses += 1;
        let pulses = *pulses;
        if pulses > intents {
            self.broken(format!("I3: gate {g} visit {visit}: pulse {pulses}, durable intents {intents}"));
        }
        let Some((_, lorry)) = self.gates[g].steel[l].standing.clone() else { return };
        let known = self.gates[g].ledger.denied.get(&plan::plate(lorry.serial)).copied();
        if known.is_some_and(|since| since + CROSSING < self.now) {
            self.broken(format!("I4: gate {g} opens for a denied plate, trip {}", lorry.serial));
        }
    }

    fn count(&self, g: usize, visit: &VisitId, event_type: EventType) -> u64 {
        let records = self.gates[g].disk.records();
        let its = records.iter().filter(|record| record.visit_id.as_deref() == Some(visit.as_str()));
        its.filter(|record| &*record.event_type == event_type.code()).count() as u64
    }

    /// SG-249: a trip brings one lorry in at one gate.
    pub(crate) fn check_entry(&mut self, g: usize, serial: u64) {
        self.check_heard(g, serial);
        let entered = self.gates[g].ledger.entered.entry(serial).or_default();
        *entered += 1;
        if *entered > 1 {
            let often = *entered;
            self.broken(format!("SG-249: gate {g} let {often} lorries in on trip {serial}"));
        }
    }

    /// I1, I5: a gate's mark says nothing that the centre does not have durably.
    pub(crate) fn check_marks(&mut self, g: usize) {
        let Some(agent) = self.gates[g].agent.as_ref() else { return };
        let acked = agent.core.head().marks.acked_seq;
        let held = self.centre.kept.memory.heads.get(&self.gates[g].id).map_or(0, |head| head.seq);
        // Until the next hello takes the mark back, a restored centre has less than it had acknowledged.
        if acked > held && !self.gates[g].marks_lag {
            self.broken(format!("I1: gate {g} counts {acked} events as delivered, the centre has {held}"));
        }
    }

    /// I2: the centre has each event once, in order, as the gate recorded it.
    pub(crate) fn check_centre(&mut self, g: usize) {
        let gate = self.gates[g].id.clone();
        let Some(head) = self.centre.kept.memory.heads.get(&gate).copied() else { return };
        let from = self.gates[g].compared.min(head.seq);
        let records = self.gates[g].disk.records();
        for seq in from + 1..=head.seq {
            let stored = self
                .centre
                .kept
                .memory
                .events
                .get(&(gate.clone(), head.epoch, seq))
                .map(|stored| stored.raw.hash);
            let own =
                usize::try_from(seq - 1).ok().and_then(|place| records.get(place)).map(|record| record.hash);
            if stored.is_none() || stored != own {
                return self.broken(format!("I2: event {seq} of gate {g} is another one at the centre"));
            }
        }
        self.gates[g].compared = head.seq;
    }

    /// I4, C7: the index goes back only with a centre that was restored, and its deny list never.
    pub(crate) fn check_index(&mut self, g: usize) {
        let now = self.now;
        let Some(agent) = self.gates[g].agent.as_ref() else { return };
        let Some(stamp) = agent.cache.stamp() else { return };
        let known: BTreeSet<MediumKey> = self.gates[g].ledger.denied.keys().cloned().collect();
        let plates: Vec<MediumKey> = (1..=self.trips).map(plan::plate).collect();
        let keys: Vec<_> = plates.iter().map(|plate| (MediumType::Plate, plate.clone())).collect();
        let Ok(view) = agent.cache.look_up(&keys) else { return };
        let denied: BTreeSet<MediumKey> =
            view.denied.iter().map(|denied| denied.medium_key.clone()).collect();
        if let Some(gone) = known.difference(&denied).next() {
            let why = format!("I4: gate {g} has forgotten that {} is denied", gone.as_str());
            return self.broken(why);
        }
        let (last, then) = self.gates[g].ledger.revision;
        if stamp.revision < last {
            return self
                .broken(format!("E3: the index of gate {g} went back from {last} to {}", stamp.revision));
        }
        let ledger = &mut self.gates[g].ledger;
        ledger.revision = (stamp.revision, then);
        for plate in denied {
            ledger.denied.entry(plate).or_insert(now);
        }
    }

    /// I6: nothing grows without end.
    pub(crate) fn check_bounds(&mut self) {
        let most = self.gates.iter().filter_map(|gate| gate.agent.as_ref());
        let waiting =
            most.flat_map(|agent| &agent.shells).map(|shell| shell.waiting.len()).max().unwrap_or(0);
        if waiting > 512 || self.due.len() > 5_000 {
            self.broken(format!("I6: {waiting} records wait, {} happenings are due", self.due.len()));
        }
    }

    /// When all is whole again: centre, journals and indexes say the same, and nobody waits for anything.
    pub(crate) fn check_end(&mut self) {
        for g in 0..plan::GATES.len() {
            self.check_ledger(g);
            self.check_centre(g);
            self.check_chain(g);
            let records = self.gates[g].disk.records().len() as u64;
            let gate = self.gates[g].id.clone();
            let held = self.centre.kept.memory.heads.get(&gate).map_or(0, |head| head.seq);
            let Some(agent) = self.gates[g].agent.as_ref() else {
                return self.broken(format!("gate {g} does not run in the end"));
            };
            if let Some(alarm) = &agent.link.alarm {
                let why = format!("gate {g} ends with an alarm: {alarm}");
                return self.broken(why);
            }
            if held != records {
                return self.broken(format!("I1: gate {g} has {records} events, the centre {held}"));
            }
            let quiet = agent.shells.iter().all(super::agent::Shell::is_quiet);
            let (acts, marks) = (agent.core.overlay().len(), agent.core.head().marks);
            // Below a revision that the other once named nothing is forgotten before the index has moved again.
            let told = if self.gates[g].kept.waits() { 0 } else { agent.core.overlay().told() };
            if !quiet || acts > 0 || told > 0 {
                let why = format!(
                    "gate {g} ends with {acts} acts that the index does not cover and {told} of the other's, marks {marks:?}, quiet: {quiet}"
                );
                return self.broken(why);
            }
            self.check_views(g);
        }
    }

    fn check_views(&mut self, g: usize) {
        for serial in 1..=self.trips {
            let trip = plan::trip_no(serial);
            let Some(agent) = self.gates[g].agent.as_ref() else { return };
            let Ok(view) = agent.cache.look_up_trip(&trip) else {
                return self.broken(format!("the index of gate {g} cannot be read"));
            };
            let shown = match self.centre.view(&trip) {
                Some(TripView::Entry(entry)) => view.candidates.first() == Some(entry),
                Some(TripView::Stub { stub, .. }) => {
                    view.candidates.is_empty() && view.stubs.first() == Some(stub)
                }
                Some(TripView::Absent) | None => view.candidates.is_empty() && view.stubs.is_empty(),
            };
            if !shown {
                return self
                    .broken(format!("gate {g} sees trip {serial} otherwise than the centre shows it"));
            }
        }
    }

    /// I5: the chain verifies; the last intent of every visit has an outcome.
    fn check_chain(&mut self, g: usize) {
        let mut prev = Hash::ZERO;
        // An intent that was kept by a write which failed has no proof and so no outcome; the one after it has.
        let mut open: BTreeMap<VisitId, bool> = BTreeMap::new();
        for record in self.gates[g].disk.records() {
            let raw = RawEvent::verify(serde_json::from_str(&record.json).unwrap());
            let Ok(raw) = raw else {
                return self.broken(format!("I5: record {} of gate {g} does not verify", record.seq));
            };
            if raw.prev_hash != prev {
                return self.broken(format!("I5: record {} of gate {g} does not follow", record.seq));
            }
            prev = raw.hash;
            let event: Event = serde_json::from_str(&record.json).unwrap();
            if let (EventType::RaiseIntent | EventType::RaiseOutcome, Some(visit)) =
                (event.event_type, event.visit_id)
            {
                open.insert(visit, event.event_type == EventType::RaiseIntent);
            }
        }
        if let Some((visit, _)) = open.iter().find(|(_, is_open)| **is_open) {
            let why = format!("I3: gate {g} ends with an intent of visit {visit} without an outcome");
            self.broken(why);
        }
    }
}

/// design promise: same answer for the same evidence, from what the record keeps of it.
fn comes_out_the_same(json: &str) -> bool {
    let event: Event = serde_json::from_str(json).unwrap();
    redecide(&event).is_ok_and(|(recorded, again)| recorded == again)
}
