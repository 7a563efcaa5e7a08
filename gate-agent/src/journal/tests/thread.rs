//! The journal's thread: grouping, refusal, healing, health.

use std::{sync::Arc, time::Duration};

use protocols::contract::EventType;

use super::super::{Fault, Journal, JournalError, JournalState, MemoryDisk};
use super::{clock, plain};
use crate::{cache::samples::gate, clock::SimClock};

async fn started(disk: &MemoryDisk) -> (Journal, Arc<SimClock>) {
    let clock = clock();
    let (journal, _) = Journal::start(disk.store(), gate(), clock.clone()).unwrap();
    journal.recovered().await.unwrap();
    (journal, clock)
}

/// SG-248: many submitters at once, each with its own proof, together without a gap.
#[tokio::test]
async fn each_submitter_gets_its_own_proof() {
    let disk = MemoryDisk::new("a");
    let (journal, _) = started(&disk).await;
    assert_eq!(journal.commit(vec![plain(EventType::Started)]).await, Err(JournalError::NoEpoch));
    journal.set_epoch(3).await.unwrap();
    let waiting: Vec<_> =
        (1..=200).map(|n| journal.submit(vec![plain(EventType::Clock); n % 3 + 1])).collect();
    let mut next = 1;
    for (n, answer) in (1..=200).zip(waiting) {
        let proof = answer.await.unwrap().unwrap();
        assert_eq!((proof.epoch(), proof.first_seq(), proof.last_seq()), (3, next, next + (n % 3)));
        next = proof.last_seq() + 1;
    }
    let head = journal.head().borrow().clone().unwrap();
    assert_eq!((head.seq, head.epoch, head.boot), (next - 1, Some(3), 1));
    assert_eq!(journal.unsent(0, 500).await.unwrap().len() as u64, next - 1);
    assert!(journal.health().commits >= 1);
}

/// Fault A4: a failing disk makes the journal unavailable and it heals by itself.
#[tokio::test]
async fn a_failed_write_is_answered_and_healed() {
    let disk = MemoryDisk::new("a");
    let (journal, clock) = started(&disk).await;
    journal.set_epoch(1).await.unwrap();
    let mut state = journal.state();
    state.borrow_and_update();
    disk.fail_call(1, Fault::Before);
    assert!(matches!(journal.commit(vec![plain(EventType::Clock)]).await, Err(JournalError::Unavailable(_))));
    // To whom half a second was nothing it shows as available again.
    state.changed().await.unwrap();
    clock.advance(Duration::from_secs(1));
    let proof = journal.commit(vec![plain(EventType::Clock)]).await.unwrap();
    assert_eq!(proof.first_seq(), 1);
    state.wait_for(|state| *state == JournalState::Available).await.unwrap();
    assert_eq!(journal.health().failures, 1);
}

/// Fault A10 in small: a disk that cannot be opened at the start leaves a journal that answers, and that heals.
#[tokio::test]
async fn a_disk_that_fails_at_the_start_is_tried_again() {
    let disk = MemoryDisk::new("a");
    disk.fail_call(1, Fault::Before);
    let clock = clock();
    let (journal, _) = Journal::start(disk.store(), gate(), clock.clone()).unwrap();
    let mut state = journal.state();
    state.wait_for(|state| matches!(state, JournalState::Unavailable(_))).await.unwrap();
    assert!(matches!(journal.commit(vec![plain(EventType::Clock)]).await, Err(JournalError::Unavailable(_))));
    clock.advance(Duration::from_secs(1));
    assert!(matches!(journal.set_epoch(1).await, Ok(())));
    assert_eq!(journal.recovered().await.unwrap().head.boot, 1);
}

/// Fault A10: a disk that turns read-only is told once, however often it is asked and opened again, and once more when it can be written to; no room is looked after on it meanwhile.
#[tokio::test]
async fn a_disk_that_can_only_be_read_is_told_once() {
    let disk = MemoryDisk::new("a");
    let (journal, clock) = started(&disk).await;
    journal.set_epoch(1).await.unwrap();
    disk.turn_read_only();
    assert!(journal.commit(vec![plain(EventType::Clock)]).await.is_err());
    // The first try to open it again fails in other words than the write.
    clock.advance(Duration::from_secs(1));
    assert!(journal.commit(vec![plain(EventType::Clock)]).await.is_err());
    let mut state = journal.state();
    assert!(matches!(&*state.borrow_and_update(), JournalState::Unavailable(_)));
    for _ in 0..50 {
        clock.advance(Duration::from_secs(6));
        assert!(journal.commit(vec![plain(EventType::Clock)]).await.is_err());
    }
    assert!(!state.has_changed().unwrap(), "it goes to and fro");
    assert!(journal.health().failures > 50, "it was not tried again");
    disk.heal();
    clock.advance(Duration::from_secs(6));
    assert_eq!(journal.commit(vec![plain(EventType::Clock)]).await.unwrap().first_seq(), 1);
    assert_eq!(*state.borrow_and_update(), JournalState::Available);
}

/// A stopped journal answers so; what was queued before is written.
#[tokio::test]
async fn what_is_queued_before_the_stop_is_written() {
    let disk = MemoryDisk::new("a");
    let clock = clock();
    let (journal, thread) = Journal::start(disk.store(), gate(), clock).unwrap();
    journal.set_epoch(1).await.unwrap();
    let last = journal.submit(vec![plain(EventType::Stopped)]);
    journal.stop();
    assert!(last.await.unwrap().is_ok());
    thread.join().unwrap();
    assert_eq!(journal.commit(vec![plain(EventType::Clock)]).await, Err(JournalError::Stopped));
    assert_eq!(disk.records().len(), 1);
}
