//! The journal's rules over a disk that fails: whatever happens, what was answered is there, once, in one chain.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protocols::{
    contract::{EventType, Hash},
    tick::Tick,
};

use super::super::{Draft, Fault, JournalCore, JournalError, MemoryDisk, MemoryStore, StoreError};
use super::{open, plain, ready};

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<usize>),
    Acknowledge(u64),
    Cover(u64),
    FailCall(u64, Fault),
    Reopen,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![Just(Fault::Before), Just(Fault::After)];
    prop_oneof![
        6 => prop::collection::vec(0..4_usize, 1..4).prop_map(Step::Commit),
        1 => (0..20_u64).prop_map(Step::Acknowledge),
        1 => (0..20_u64).prop_map(Step::Cover),
        2 => (1..6_u64, fault).prop_map(|(nth, fault)| Step::FailCall(nth, fault)),
        1 => Just(Step::Reopen),
        2 => Just(Step::Crash),
    ]
}

/// The disk's records form one chain from 1, every answered draft is among them, and none is there twice. Drafts are known by their ticks.
fn check_disk(disk: &MemoryDisk, answered: &[u64]) {
    let (mut seq, mut hash) = (0, Hash::ZERO);
    let mut stands = BTreeSet::new();
    for record in disk.records() {
        let raw = record.holds_after(Some(1), seq, &hash).unwrap();
        (seq, hash) = (raw.seq, raw.hash);
        let tick = raw.members["mono_us"].as_u64().unwrap();
        assert!(stands.insert(tick), "draft {tick} is recorded twice");
    }
    for tick in answered {
        assert!(stands.contains(tick), "draft {tick} was answered and is not on the disk");
    }
}

/// What several lanes offer, over and over until it is answered.
#[derive(Default)]
struct Lanes {
    waiting: Vec<Vec<Draft>>,
    answered: Vec<u64>,
    ticks: u64,
}

impl Lanes {
    fn draft(&mut self, event_type: EventType, count: usize) {
        let draft = |_| {
            self.ticks += 1;
            Draft { at: Tick::from_micros(self.ticks), ..plain(event_type) }
        };
        self.waiting.push((0..count).map(draft).collect());
    }

    fn offer(&mut self, core: &mut JournalCore<MemoryStore>) {
        let groups = std::mem::take(&mut self.waiting);
        for (group, outcome) in groups.clone().into_iter().zip(core.commit_groups(groups)) {
            match outcome {
                Ok(_) => self.answered.extend(group.iter().map(|draft| draft.at.as_micros())),
                Err(JournalError::Nothing) => assert!(group.is_empty()),
                Err(error) => {
                    assert!(matches!(error, JournalError::Unavailable(_)), "{error}");
                    self.waiting.push(group);
                }
            }
        }
    }
}

/// Crashes and failing calls at any point, in any order.
fn run(steps: &[Step]) {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    let mut lanes = Lanes::default();
    for step in steps {
        match step {
            Step::Commit(counts) => {
                counts.iter().for_each(|count| lanes.draft(EventType::DeviceOk, *count));
                lanes.offer(&mut core);
            }
            Step::Acknowledge(seq) => drop(core.acknowledge(*seq, *seq)),
            Step::Cover(revision) => drop(core.cover(*revision)),
            Step::FailCall(nth, fault) => disk.fail_call(*nth, *fault),
            Step::Reopen => drop(core.reopen()),
            Step::Crash => {
                drop(core.into_store());
                lanes.waiting.clear();
                // The disk may fail at the start as well; then the start is tried again.
                core = (0..10).find_map(|_| open(disk.store()).ok()).unwrap().0;
            }
        }
        check_disk(&disk, &lanes.answered);
    }
    disk.heal();
    if core.broken().is_some() {
        core.reopen().unwrap();
    }
    lanes.draft(EventType::Clock, 1);
    lanes.offer(&mut core);
    assert!(lanes.waiting.is_empty());
    check_disk(&disk, &lanes.answered);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// SG-248; fault A1, fault A4: invariants I1, I2 and I5 of the journal hold whatever call fails and wherever it stops, with drafts that are offered until
    /// they are answered.
    #[test]
    fn nothing_answered_is_lost_or_numbered_twice(steps in prop::collection::vec(step(), 1..40)) {
        run(&steps);
    }
}

/// Fault A4: after a failed write nothing is recorded until the disk was read again, then numbering goes on without a gap.
#[test]
fn a_failed_write_closes_the_journal_until_it_is_opened_again() {
    for (fault, next) in [(Fault::Before, 2), (Fault::After, 3)] {
        let disk = MemoryDisk::new("a");
        let mut core = ready(disk.store());
        core.commit(vec![plain(EventType::Started)]).unwrap();
        disk.fail_call(1, fault);
        assert!(matches!(core.commit(vec![plain(EventType::Clock)]), Err(JournalError::Unavailable(_))));
        assert!(matches!(core.commit(vec![plain(EventType::Clock)]), Err(JournalError::Unavailable(_))));
        assert!(matches!(core.acknowledge(1, 1), Err(JournalError::Unavailable(_))));
        core.reopen().unwrap();
        assert_eq!(core.commit(vec![plain(EventType::DeviceOk)]).unwrap().first_seq(), next, "{fault:?}");
    }
}

/// Invariant I1: a disk that lost what it had confirmed is not written on; a person has to look.
#[test]
fn a_journal_that_lost_a_confirmed_record_stays_closed() {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    core.commit(vec![plain(EventType::Started), plain(EventType::Clock)]).unwrap();
    disk.fail_call(1, Fault::LostTail);
    assert!(core.commit(vec![plain(EventType::Clock)]).is_err());
    assert!(matches!(core.reopen(), Err(StoreError::Broken { seq: 2, .. })));
    assert!(matches!(core.commit(vec![plain(EventType::Clock)]), Err(JournalError::Unavailable(_))));
}

/// A new journal has no number for its records yet, and says so.
#[test]
fn without_an_epoch_nothing_is_recorded() {
    let disk = MemoryDisk::new("a");
    let (mut core, _) = open(disk.store()).unwrap();
    assert_eq!(core.commit(vec![plain(EventType::Started)]), Err(JournalError::NoEpoch));
    core.set_epoch(7).unwrap();
    assert_eq!(core.commit(vec![]), Err(JournalError::Nothing));
    assert_eq!(core.commit(vec![plain(EventType::Started)]).unwrap().epoch(), 7);
    assert_eq!(core.set_epoch(8), Err(JournalError::EpochConflict { have: 7, offered: 8 }));
    let (core, _) = open(core.into_store()).unwrap();
    assert_eq!((core.head().epoch, core.head().seq, core.head().boot), (Some(7), 1, 2));
}

/// Fault A4; invariant I2: what a failed write has left on the disk is its drafts' record: offered again it is answered and not recorded twice, alone, with
/// what is new, and when the next write fails as well. Two drafts that say the same are two.
#[test]
fn what_stands_already_is_not_recorded_twice() {
    let types = |disk: &MemoryDisk| {
        disk.records().iter().map(|record| record.event_type.to_string()).collect::<Vec<_>>()
    };
    let (clock, fault, ok) =
        (plain(EventType::Clock), plain(EventType::DeviceFault), plain(EventType::DeviceOk));
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    core.commit(vec![plain(EventType::Started)]).unwrap();
    disk.fail_call(1, Fault::After);
    let groups = vec![vec![clock.clone(), clock.clone()], vec![fault.clone()]];
    assert!(core.commit_groups(groups).iter().all(Result::is_err));
    core.reopen().unwrap();

    let proof = core.commit(vec![fault]).unwrap();
    assert_eq!(
        (proof.first_seq(), proof.last_seq(), core.head().seq),
        (4, 4, 4),
        "it is answered as it stands"
    );
    let again = vec![clock.clone(), clock.clone(), ok.clone()];
    disk.fail_call(1, Fault::After);
    assert!(core.commit(again.clone()).is_err());
    core.reopen().unwrap();
    let proof = core.commit(again).unwrap();
    assert_eq!((proof.first_seq(), proof.last_seq()), (2, 5));
    let proof = core.commit(vec![clock, ok]).unwrap();
    assert_eq!((proof.first_seq(), proof.last_seq()), (6, 7), "those are others, which say the same");
    assert_eq!(
        types(&disk),
        ["STARTED", "CLOCK", "CLOCK", "DEVICE_FAULT", "DEVICE_OK", "CLOCK", "DEVICE_OK"]
    );
}
