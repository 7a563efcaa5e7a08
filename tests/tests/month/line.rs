//! The line to the centre, as `sync` works it: hello, the events that the centre does not have, the changes that the index does not have.
//! What both sides make of their common past are the very functions of `gate_agent::sync`. Messages are lost and doubled; nobody waits.

use std::time::Duration;

use gate_agent::{
    cache::Feed,
    clock::Clock as _,
    sync::{Past, compare, is_index_foreign, is_receipt_of},
};
use kakou_tests::clock;

use super::yard::Yard;

/// The contract's limit for one call of events.
const MOST: usize = 500;

/// What the line has carried.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    pub(crate) batches: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// What the centre's intake took of it, on the wall's clock.
    pub(crate) folding: Duration,
}

impl Yard {
    /// Says hello and goes on until the centre has everything and the index is as new as the centre's.
    pub(crate) fn talk(&mut self) {
        let (mut is_online, mut most) = (false, MOST);
        let mut late: Option<Vec<String>> = None;
        loop {
            if !is_online {
                self.greet();
                is_online = true;
            }
            let head = self.gate.core.head().clone();
            let records = self.gate.core.read_after(head.marks.acked_seq, most).unwrap();
            let (Some(first), Some(last)) = (records.first(), records.last()) else { break };
            let (first, last) = (first.seq, last.seq);
            let events: Vec<String> = records.into_iter().map(|record| record.json).collect();
            if self.is_lost() {
                // As `sync::outbox` does: what the line cannot carry is halved.
                (is_online, most) = (false, (most / 2).max(1));
                continue;
            }
            // An older message that the network had kept back arrives before this one.
            if let Some(late) = late.take() {
                self.take(&late);
            }
            let ack = self.take(&events);
            if self.chance.below(20) == 0 {
                self.drained.doubled += 1;
                late = Some(events);
            }
            if self.is_lost() {
                // The centre has it, the gate does not know.
                is_online = false;
                continue;
            }
            assert!(is_receipt_of(&ack, head.epoch.unwrap(), first, last), "{ack:?} for {first} to {last}");
            self.gate.core.acknowledge(ack.acked_seq, ack.revision).unwrap();
            most = (most * 2).min(MOST);
            self.pull();
        }
        self.pull();
    }

    fn take(&mut self, events: &[String]) -> protocols::contract::EventsAck {
        let begun = clock::now();
        let ack = self.centre.take(&self.gate.id, events);
        self.drained.folding += begun.elapsed();
        self.drained.batches += 1;
        ack
    }

    fn is_lost(&mut self) -> bool {
        let is_lost = self.chance.below(12) == 0;
        self.drained.lost += u64::from(is_lost);
        is_lost
    }

    fn greet(&mut self) {
        let gate = &mut self.gate;
        let revision_before = gate.cache.stamp().map(|stamp| stamp.revision);
        let (sent, acked_before) = (gate.clock.wall().as_millis(), gate.core.head().marks.acked_seq);
        let answer = self.centre.hello(gate.cache.index_mark());
        gate.core.set_clock_offset(Some((sent - answer.time.as_millis(), gate.clock.tick())));
        assert!(!is_index_foreign(revision_before, &answer), "the index is of the centre's past");
        gate.core.set_epoch(answer.epoch).unwrap();
        let acked_seq = answer.expected_seq - 1;
        let held = gate.core.hash_of(acked_seq).unwrap();
        match compare(&answer, gate.core.head(), held, acked_before) {
            Past::Agreed => {}
            Past::Further => gate.core.acknowledge(acked_seq, answer.revision).unwrap(),
            other @ (Past::Lower | Past::Differs(_)) => panic!("gate and centre disagree: {other:?}"),
        }
    }

    fn pull(&mut self) {
        let (gate, feed) = (&mut self.gate, &self.centre.feed);
        if gate.cache.needs_snapshot() {
            let mut snapshot = gate.cache.begin_snapshot().unwrap();
            feed.snapshot().iter().try_for_each(|line| snapshot.line(line)).unwrap();
            snapshot.finish().unwrap();
        }
        let (stamp, mark) = (gate.cache.stamp().unwrap(), gate.cache.index_mark().unwrap().mark);
        let changes = feed.changes_after(stamp.revision, Some(mark)).unwrap();
        gate.cache.apply_changes(&Feed::from(changes)).unwrap();
        gate.cache.confirm().unwrap();
        gate.core.cover(gate.cache.stamp().unwrap().revision).unwrap();
    }
}
