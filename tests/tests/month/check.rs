//! What must agree when the line is back, and how wrong times are.

use std::{fs, path::Path};

use central::{
    binding::index::TripView,
    gate_feed::gate_clock::{Measure, Measures, Way, by_the_centre},
};
use gate_agent::journal::Record;
use protocols::{contract::Event, rules::TripStatus};

use super::{centre::Centre, clock::Micros, plan, yard::Yard};

const PAGE: usize = 500;

/// The worst of each kind, in milliseconds; none is signed.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// With a line: what an event states taken off its time.
    pub(crate) online_ms: u64,
    /// The same without one.
    pub(crate) stated_ms: u64,
    /// By how much more a decision errs than its clock can have gone astray since it was measured.
    pub(crate) beyond_age_ms: u64,
    /// Without a line, as the centre puts them right.
    pub(crate) corrected_ms: u64,
    /// How many events happened without a line.
    pub(crate) offline: u64,
}

/// Bytes of the journal with its write-ahead log, the room for a full disk not counted.
pub(crate) fn journal_bytes(folder: &Path) -> u64 {
    let size = |name: &str| fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    size("journal.db") + size("journal.db-wal")
}

/// What this process holds in memory.
pub(crate) fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

impl Yard {
    /// Looks at every record of the journal, in order.
    fn journal(&mut self, mut look: impl FnMut(&mut Self, &[Record])) {
        let mut seq = 0;
        loop {
            let records = self.gate.core.read_after(seq, PAGE).unwrap();
            let Some(last) = records.last() else { return };
            seq = last.seq;
            look(self, &records);
        }
    }

    /// I1, I2, I5: number for number and hash for hash, and nothing else; how many.
    pub(crate) fn centre_has_the_journal(&mut self) -> u64 {
        let (mut due, mut hash) = (0, protocols::contract::Hash::ZERO);
        self.journal(|yard, records| {
            for record in records {
                let raw = record.holds_after(Some(1), due, &hash).unwrap();
                let stored = yard.centre.hashes.get(usize::try_from(due).unwrap());
                assert_eq!(stored, Some(&raw.hash), "I2: event {} is another one at the centre", raw.seq);
                (due, hash) = (raw.seq, raw.hash);
            }
        });
        assert_eq!(yard_len(&self.centre), due, "I1: events at the centre, and in the journal");
        assert_eq!(self.gate.core.head().marks.acked_seq, due, "the gate knows that everything has arrived");
        due
    }

    /// Who left has left, who is inside is locked, who never came or was turned away is as before.
    pub(crate) fn trips_are_what_the_lorries_did(&self) {
        for (serial, record) in (1..).zip(self.centre.trips.values()) {
            assert_eq!(record.trip_no, plan::trip_no(serial));
            let due = match serial {
                _ if serial <= self.left => TripStatus::LeftPort,
                _ if serial <= self.came => TripStatus::Locked,
                _ => TripStatus::CustomsApproved,
            };
            assert_eq!(record.status, due, "trip {serial}");
        }
    }

    /// What was lost, doubled and late on the line has left no trace.
    pub(crate) fn is_as_after_one_clean_pass(&mut self) {
        let mut clean = Centre::new(u64::try_from(self.centre.trips.len()).unwrap());
        clean.now = self.centre.now;
        self.journal(|yard, records| {
            let events: Vec<String> = records.iter().map(|record| record.json.clone()).collect();
            clean.take(&yard.gate.id, &events);
        });
        for (trip, record) in &clean.trips {
            assert_eq!(self.centre.trips.get(trip), Some(record), "trip {trip}");
        }
        assert_eq!(clean.receipts, self.centre.receipts, "receipts were written twice, or not at all");
        assert_eq!(clean.alerts, self.centre.alerts);
    }

    /// SG-249: nothing has to be laid over the index any more, and it says what the centre says.
    pub(crate) fn gate_sees_what_the_centre_shows(&self) {
        assert!(self.gate.core.overlay().is_empty(), "acts that the index does not cover");
        for trip in self.centre.trips.keys() {
            let view = self.gate.cache.look_up_trip(trip).unwrap();
            match self.centre.feed.view(trip) {
                Some(TripView::Entry(entry)) => assert_eq!(view.candidates, [(**entry).clone()]),
                Some(TripView::Stub { stub, .. }) => {
                    assert_eq!((view.candidates.as_slice(), view.stubs), ([].as_slice(), vec![stub.clone()]));
                }
                Some(TripView::Absent) | None => panic!("the centre shows nothing of trip {trip}"),
            }
        }
    }

    /// How wrong times are; there is no line between these two.
    pub(crate) fn times(&mut self, cut: Micros, back: Micros) -> Times {
        let (mut events, mut measures) = (Vec::new(), Measures::default());
        self.journal(|_, records| {
            for record in records {
                let event: Event = serde_json::from_str(&record.json).unwrap();
                measures.take(&event);
                events.push(event);
            }
        });
        let measures = measures.line();
        let mut times = Times::default();
        let clock = &self.gate.clock;
        for event in &events {
            let happened = clock.when(protocols::tick::Tick::from_micros(event.mono_us));
            let stated = clock.error_of(event, event.clock_offset_ms.unwrap()).unsigned_abs();
            if let Some(measure) = Measure::of(event) {
                // 200 ppm of the age, which the same clock tells, and a second more that it does not tell.
                let age_s = ((event.mono_us - measure.mono_us) / 1_000_000 + 1) * 10_003 / 10_000;
                let astray_ms = age_s / 5;
                times.beyond_age_ms = times.beyond_age_ms.max(stated.saturating_sub(astray_ms));
            }
            if happened < cut || happened > back {
                times.online_ms = times.online_ms.max(stated);
                continue;
            }
            times.offline += 1;
            times.stated_ms = times.stated_ms.max(stated);
            let (at, way) = by_the_centre(event, &measures).unwrap();
            assert_eq!(way, Way::Between, "event {}", event.seq);
            let corrected =
                clock.error_of(event, event.occurred_at.as_millis() - at.as_millis()).unsigned_abs();
            times.corrected_ms = times.corrected_ms.max(corrected);
        }
        times
    }
}

fn yard_len(centre: &Centre) -> u64 {
    u64::try_from(centre.hashes.len()).unwrap()
}
