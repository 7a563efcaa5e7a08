//! The journal's rules over a disk that fails: whatever happens, what was answered is there, once, in one chain.

use proptest::prelude::*;
use protocols::{contract::EventType, contract::Hash};

use super::super::{Fault, JournalError, MemoryDisk, StoreError};
use super::{open, plain, ready};

#[derive(Clone, Debug)]
enum Step {
    Commit(usize),
    CommitGroups(Vec<usize>),
    Acknowledge(u64),
    Cover(u64),
    FailCall(u64, Fault),
    Reopen,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![Just(Fault::Before), Just(Fault::After)];
    prop_oneof![
        4 => (0..4_usize).prop_map(Step::Commit),
        2 => prop::collection::vec(0..3_usize, 1..4).prop_map(Step::CommitGroups),
        1 => (0..20_u64).prop_map(Step::Acknowledge),
        1 => (0..20_u64).prop_map(Step::Cover),
        2 => (1..6_u64, fault).prop_map(|(nth, fault)| Step::FailCall(nth, fault)),
        1 => Just(Step::Reopen),
        2 => Just(Step::Crash),
    ]
}

/// The disk's records form one chain from 1, and every answered one is among them as it was.
fn check_disk(disk: &MemoryDisk, answered: &[(u64, u64)]) {
    let (mut seq, mut hash) = (0, Hash::ZERO);
    for record in disk.records() {
        let raw = record.holds_after(Some(1), seq, &hash).unwrap();
        (seq, hash) = (raw.seq, raw.hash);
    }
    let mut next = 0;
    for (first, last) in answered {
        assert!(*first > next, "{first} was given twice");
        assert!(*last <= seq, "answered record {last} is not on the disk, which ends at {seq}");
        next = *last;
    }
}

/// Crashes and failing calls at any point, in any order.
fn run(steps: &[Step]) {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    let mut answered: Vec<(u64, u64)> = Vec::new();
    for step in steps {
        match step {
            Step::Commit(count) => {
                let drafts = vec![plain(EventType::Clock); *count];
                if let Ok(proof) = core.commit(drafts) {
                    assert_eq!(proof.last_seq() - proof.first_seq() + 1, *count as u64);
                    answered.push((proof.first_seq(), proof.last_seq()));
                }
            }
            Step::CommitGroups(counts) => {
                let groups = counts.iter().map(|count| vec![plain(EventType::DeviceOk); *count]).collect();
                for (count, outcome) in counts.iter().zip(core.commit_groups(groups)) {
                    match outcome {
                        Ok(proof) => answered.push((proof.first_seq(), proof.last_seq())),
                        Err(error) => assert!(*count == 0 || matches!(error, JournalError::Unavailable(_))),
                    }
                }
            }
            Step::Acknowledge(seq) => drop(core.acknowledge(*seq, *seq)),
            Step::Cover(revision) => drop(core.cover(*revision)),
            Step::FailCall(nth, fault) => disk.fail_call(*nth, *fault),
            Step::Reopen => drop(core.reopen()),
            Step::Crash => {
                drop(core.into_store());
                // The disk may fail at the start as well; then the start is tried again.
                core = (0..10).find_map(|_| open(disk.store()).ok()).unwrap().0;
            }
        }
        check_disk(&disk, &answered);
    }
    disk.heal();
    if core.broken().is_some() {
        core.reopen().unwrap();
    }
    let proof = core.commit(vec![plain(EventType::Clock)]).unwrap();
    answered.push((proof.first_seq(), proof.last_seq()));
    check_disk(&disk, &answered);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// SG-248; fault A1, fault A4: invariants I1, I2 and I5 of the journal hold whatever call fails and wherever it stops.
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
        assert_eq!(core.commit(vec![plain(EventType::Clock)]).unwrap().first_seq(), next, "{fault:?}");
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
