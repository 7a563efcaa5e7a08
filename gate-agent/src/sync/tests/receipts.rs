//! The centre's word: what is acknowledged only by it, and what it tells of a journal that was cut or a centre that was restored.

use std::sync::Arc;

use protocols::{
    contract::{EventsReceipt, Hash},
    ids::GateId,
    ikey::Authority,
};
use tempfile::TempDir;

use super::{
    super::{Alarm, Receipts},
    A_DAY, FakeCentre, Gate,
    centre::{Fault, Hand},
    plain,
};
use crate::{
    clock::SimClock,
    identity::{
        IdentityKeeper, ReceiptError,
        tests::{Signer, authority, identity, keeper, noon},
    },
    journal::{MemoryDisk, kept_receipts},
};

/// The folder of a gate that is enrolled.
pub(super) struct Ground {
    folder: TempDir,
    pub(super) authority: Authority,
    keeper: Arc<IdentityKeeper>,
}

impl Ground {
    pub(super) fn new() -> Self {
        let (folder, authority) = (TempDir::new().unwrap(), authority());
        let clock = Arc::new(SimClock::at(noon()));
        let keeper = keeper(folder.path(), &clock, Some(&identity(&authority, (0, 45))));
        Self { folder, authority, keeper }
    }

    /// As each start reads them.
    fn receipts(&self) -> Receipts {
        Receipts::signed(&self.keeper, &self.folder.path().join("journal.db"))
    }

    fn kept(&self) -> Vec<(u32, u64)> {
        let kept = kept_receipts(&self.folder.path().join("journal.db")).unwrap();
        assert!(kept.unreadable.is_empty());
        kept.receipts.iter().map(|receipt| (receipt.epoch, receipt.seq)).collect()
    }

    pub(super) async fn gate(&self, disk: &MemoryDisk, centre: &FakeCentre) -> Gate {
        Gate::asking(self.receipts(), disk, centre).await.run()
    }
}

fn hand(authority: &Authority) -> Hand {
    let signer = Signer::of(authority);
    Arc::new(move |receipt: EventsReceipt| signer.sign(receipt))
}

/// A centre that signs by this authority.
pub(super) fn centre(authority: &Authority) -> FakeCentre {
    let centre = FakeCentre::default();
    centre.world().hand = Some(hand(authority));
    centre
}

/// Signs what was changed before, or changes what was signed.
fn changing(own: &Authority, before: fn(&mut EventsReceipt), after: fn(&mut EventsReceipt)) -> Option<Hand> {
    let signer = Signer::of(own);
    Some(Arc::new(move |mut receipt: EventsReceipt| {
        before(&mut receipt);
        let mut signed = signer.sign(receipt);
        after(&mut signed);
        signed
    }))
}

/// Every way in which a receipt is none, and what is said of it.
fn bad_hands(own: &Authority) -> Vec<(Option<Hand>, ReceiptError)> {
    let as_it_is = |_: &mut EventsReceipt| {};
    vec![
        (None, ReceiptError::Absent),
        (Some(hand(&authority())), ReceiptError::Authority),
        (changing(own, |receipt| receipt.gate_id = another_gate(), as_it_is), ReceiptError::Another),
        (changing(own, |receipt| receipt.epoch += 1, as_it_is), ReceiptError::Another),
        (changing(own, |receipt| receipt.seq += 1, as_it_is), ReceiptError::Another),
        (changing(own, |receipt| receipt.hash = Hash([9; 32]), as_it_is), ReceiptError::Another),
        (changing(own, as_it_is, |receipt| receipt.seq += 1), ReceiptError::Signature),
    ]
}

fn another_gate() -> GateId {
    GateId::parse("0708-G03").unwrap()
}

/// fault C5, fault E4, invariant I5: a batch is acknowledged by the centre's own hand for its last event, or not at all: the gate says why, keeps its
/// mark, and goes on when the receipt is right.
#[tokio::test(start_paused = true)]
async fn a_batch_is_acknowledged_by_a_receipt_that_holds() {
    for which in 0..bad_hands(&authority()).len() {
        let ground = Ground::new();
        let (bad, why) = bad_hands(&ground.authority).swap_remove(which);
        let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
        let gate = ground.gate(&disk, &centre).await;
        gate.until(super::SyncState::is_online).await;
        let good = std::mem::replace(&mut centre.world().hand, bad);
        gate.record(plain(3)).await;
        gate.until(|state| state.alarm == Some(Alarm::Receipt(why))).await;
        tokio::time::sleep(A_DAY / 24).await;
        let marks = gate.journal.head().borrow().as_ref().unwrap().marks;
        assert_eq!((marks.acked_seq, ground.kept()), (0, vec![(1, 0)]), "{why}");
        gate.record(plain(1)).await;
        centre.world().hand = good;
        gate.until_sent().await;
        gate.until(|state| state.alarm.is_none()).await;
        assert_eq!((disk.records().len(), ground.kept()), (4, vec![(1, 4)]), "{why}");
    }
}

/// fault C5, fault E4: what a hello says to be there counts as little without a receipt; the epoch is taken all the same, so that lanes record and work.
#[tokio::test(start_paused = true)]
async fn a_hello_moves_the_mark_by_a_receipt_that_holds() {
    for which in 0..bad_hands(&authority()).len() {
        let ground = Ground::new();
        let (bad, why) = bad_hands(&ground.authority).swap_remove(which);
        let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
        let good = std::mem::replace(&mut centre.world().hand, bad);
        let gate = ground.gate(&disk, &centre).await;
        gate.until(|state| state.alarm == Some(Alarm::Receipt(why))).await;
        gate.record(plain(2)).await;
        tokio::time::sleep(A_DAY / 24).await;
        assert_eq!((centre.world().events.len(), ground.kept()), (0, vec![]), "{why}");
        centre.world().hand = good;
        gate.until_sent().await;
        assert_eq!(ground.kept(), [(1, 2)], "{why}");
    }
}

/// fault C7, invariant I1: a centre that signs for less than it did was restored: the gate notices, sends again from there, and keeps what was
/// signed for until there is more, also over a restart.
#[tokio::test(start_paused = true)]
async fn a_receipt_that_goes_back_takes_the_place_of_none() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    let gate = ground.gate(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    gate.record(plain(5)).await;
    gate.until_sent().await;
    let backup = centre.backup();
    gate.record(plain(2)).await;
    gate.until_sent().await;
    assert_eq!(ground.kept(), [(1, 7)]);
    drop(gate);
    centre.restore(backup);
    // Takes what is sent again, and does not come so far as before.
    centre.world().faults.extend([Fault::Half]);
    let gate = ground.gate(&disk, &centre).await;
    let mut head = gate.journal.head();
    head.wait_for(|head| head.as_ref().is_some_and(|head| head.marks.acked_seq == 6)).await.unwrap();
    let said = gate.sync.state().borrow().last_error.clone().unwrap();
    assert_eq!(&*said, "the centre has signed for event 7 and knows 5 now");
    assert_eq!(ground.kept(), [(1, 7)], "what was signed for first");
    gate.record(plain(1)).await;
    gate.until_sent().await;
    let ours: Vec<Hash> = disk.records().iter().map(|record| record.hash).collect();
    let theirs: Vec<Hash> = centre.world().events[&1].iter().map(|event| event.hash).collect();
    assert_eq!((theirs, ground.kept()), (ours, vec![(1, 8)]));
}

/// fault A6, fault E4, invariant I5: an older copy of the journal, or one whose end was cut, is found at the next contact by the receipt that lies beside
/// it, also when the centre was restored and says nothing; and numbers that are given out anew do not pass for those that were signed for.
#[tokio::test(start_paused = true)]
async fn a_journal_below_its_receipt_is_found_at_the_next_contact() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    let gate = ground.gate(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    let backup = centre.backup();
    gate.record(plain(5)).await;
    gate.until_sent().await;
    drop(gate);
    centre.restore(backup);
    let cut = MemoryDisk::new("a");
    let gate = Gate::new(&cut, &centre).await;
    gate.journal.set_epoch(1).await.unwrap();
    gate.record(plain(3)).await;
    drop(gate);
    let gate = ground.gate(&cut, &centre).await;
    gate.until(|state| state.alarm == Some(Alarm::Cut { receipt: 5, head: 3 })).await;
    gate.record(plain(3)).await;
    gate.until(|state| state.alarm == Some(Alarm::Rewritten { seq: 5 })).await;
    tokio::time::sleep(A_DAY / 24).await;
    assert_eq!((centre.world().events.len(), cut.records().len(), ground.kept()), (0, 6, vec![(1, 5)]));
}

/// fault C9: authorities are exchanged: receipts of either are taken while both are told, of the new one only when the old is told no more; what was
/// signed under the old one is kept as it is until there is something newer.
#[tokio::test(start_paused = true)]
async fn receipts_follow_the_authorities_of_the_identity() {
    let ground = Ground::new();
    let next = authority();
    let pem = |one: &Authority| -> Box<str> { one.certificate().to_pem().unwrap().into() };
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    let gate = ground.gate(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    gate.record(plain(1)).await;
    gate.until_sent().await;
    ground.keeper.heard(noon(), &[pem(&ground.authority), pem(&next)]);
    gate.record(plain(1)).await;
    gate.until_sent().await;
    let old = centre.world().hand.replace(hand(&next));
    gate.record(plain(1)).await;
    gate.until_sent().await;
    ground.keeper.heard(noon(), &[pem(&next)]);
    gate.record(plain(1)).await;
    gate.until_sent().await;
    let new = std::mem::replace(&mut centre.world().hand, old);
    gate.record(plain(1)).await;
    gate.until(|state| state.alarm == Some(Alarm::Receipt(ReceiptError::Authority))).await;
    assert_eq!(ground.kept(), [(1, 4)]);
    centre.world().hand = new;
    gate.until_sent().await;
    assert_eq!(ground.kept(), [(1, 5)]);
}
