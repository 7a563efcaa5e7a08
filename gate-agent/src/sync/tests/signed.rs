//! The centre's word for its index: what becomes index only by it, and what is told when it does not hold.

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::{ChangeOp, Event, EventType, Hash, IndexSignature, SnapshotTail},
    ids::YardId,
    ikey::Authority,
};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::{
    super::{Alarm, IndexRefused, SyncState, compare::Found},
    FakeCentre, Gate,
    centre::{IndexHand, Tamper, Turn},
    index::knows,
    plain,
    receipts::{Ground, centre as centre_with_receipts},
};
use crate::{
    cache::{plant::plant, samples},
    identity::{
        ReceiptError,
        tests::{Signer, authority},
    },
    journal::MemoryDisk,
};

const AN_HOUR: Duration = Duration::from_secs(3600);

fn hand(authority: &Authority) -> IndexHand {
    changing(authority, |_| (), |_| ())
}

/// Signs what was changed before, and changes what was signed.
fn changing(own: &Authority, before: fn(&mut IndexSignature), after: fn(&mut IndexSignature)) -> IndexHand {
    let signer = Signer::of(own);
    Arc::new(move |mut told| {
        before(&mut told);
        let mut signed = signer.sign_index(told);
        after(&mut signed);
        signed
    })
}

/// A centre that signs receipts and its index by this authority.
fn centre(authority: &Authority) -> FakeCentre {
    let centre = centre_with_receipts(authority);
    centre.world().index_hand = Some(hand(authority));
    centre
}

/// Another medium in a row, and in a snapshot's last line the digest of what is there then.
fn with_another_medium(mut lines: Vec<String>) -> Vec<String> {
    for line in &mut lines {
        *line = line.replace("E28000000002", "E28000000009");
    }
    let mut sha = Sha256::new();
    lines.iter().rev().skip(1).rev().for_each(|line| sha.update(format!("{line}\n")));
    if let Some(last) = lines.last_mut()
        && let Ok(mut tail) = serde_json::from_str::<SnapshotTail>(last)
    {
        tail.sha256 = Hash(sha.finalize().into());
        *last = serde_json::to_string(&tail).unwrap();
    }
    lines
}

type Bad = (Option<IndexHand>, Option<Tamper>, ReceiptError);

/// Every way in which what comes is not the centre's word, and what is said of it.
fn bad_ways(own: &Authority) -> Vec<Bad> {
    use ReceiptError::{Absent, Another, Signature};
    let signing = |before| Some(changing(own, before, |_| ()));
    vec![
        (None, None, Absent),
        (Some(hand(&authority())), None, ReceiptError::Authority),
        (signing(|told| told.yard_id = YardId::parse("CNEHX070801").unwrap()), None, Another),
        (signing(|told| told.revision += 1), None, Another),
        (signing(|told| told.mark = Some(Hash([9; 32]))), None, Another),
        (signing(|told| told.sha256 = Hash([9; 32])), None, Another),
        // A snapshot's for changes, and the other way round.
        (signing(|told| told.from = told.from.xor(Some(0))), None, Another),
        (signing(|told| told.nonce = told.nonce.xor(Some(Hash([9; 32])))), None, Another),
        (Some(changing(own, |_| (), |signed| signed.revision += 1)), None, Signature),
        (Some(hand(own)), Some(Arc::new(with_another_medium)), Another),
    ]
}

impl Gate {
    async fn until_refused(&self, why: ReceiptError) {
        self.until(|state| state.index_refused == Some(IndexRefused(why))).await;
    }
}

fn is_content(state: &SyncState) -> bool {
    state.index_refused.is_none()
}

/// fault E3: a snapshot that the centre has not signed as it came does not become the index, in whatever way; a person is told why, events go their way, and
/// it is asked for again until it holds.
#[tokio::test(start_paused = true)]
async fn a_snapshot_becomes_the_index_by_the_centres_hand() {
    for which in 0..bad_ways(&authority()).len() {
        let ground = Ground::new();
        let (bad, tamper, why) = bad_ways(&ground.authority).swap_remove(which);
        let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
        centre.upsert(samples::entry(1));
        centre.upsert(samples::entry(2));
        let good = std::mem::replace(&mut centre.world().index_hand, bad);
        centre.world().tamper = tamper;
        let gate = ground.gate(&disk, &centre).await;
        gate.until_refused(why).await;
        gate.record(plain(1)).await;
        gate.until_sent().await;
        sleep(AN_HOUR).await;
        assert_eq!(gate.cache.stamp(), None, "{which}: {why}");
        let asked = centre.world().snapshots;
        assert!(asked < 60, "{asked} snapshots in an hour");
        (centre.world().index_hand, centre.world().tamper) = (good, None);
        gate.until_revision(2).await;
        gate.until(is_content).await;
        assert!(knows(&gate, 1) && knows(&gate, 2));
    }
}

/// fault E3: changes that the centre has not signed as they came change nothing: the old index answers, and grows old; it is followed again when they hold.
#[tokio::test(start_paused = true)]
async fn changes_become_index_by_the_centres_hand() {
    for which in 0..bad_ways(&authority()).len() {
        let ground = Ground::new();
        let (bad, tamper, why) = bad_ways(&ground.authority).swap_remove(which);
        let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
        centre.upsert(samples::entry(1));
        let gate = ground.gate(&disk, &centre).await;
        gate.until_revision(1).await;
        let good = std::mem::replace(&mut centre.world().index_hand, bad);
        centre.world().tamper = tamper;
        centre.upsert(samples::entry(2));
        gate.until_refused(why).await;
        sleep(AN_HOUR).await;
        let stamp = gate.cache.stamp().unwrap();
        assert!(knows(&gate, 1) && !knows(&gate, 2), "{which}: {why}");
        assert!(stamp.revision == 1 && stamp.age_s > 3000, "{stamp:?}");
        (centre.world().index_hand, centre.world().tamper) = (good, None);
        gate.until_revision(2).await;
        gate.until(is_content).await;
        assert!(knows(&gate, 2));
        assert_eq!(centre.world().snapshots, 1, "no reason for another");
    }
}

/// fault E3, fault C7, invariant I4: somebody on the line says that the centre was restored, and shows a snapshot that it has really signed, of yesterday: it
/// names another number than was sent, so neither entries nor denied media go back.
#[tokio::test(start_paused = true)]
async fn a_snapshot_of_yesterday_does_not_stand_for_todays() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    centre.upsert(samples::entry(1));
    let gate = ground.gate(&disk, &centre).await;
    gate.until_revision(1).await;
    let old = centre.world().sent.clone();
    centre.upsert(samples::entry(2));
    centre.world().deny(3);
    gate.until_revision(3).await;
    let replay = move |lines: Vec<String>| if lines.len() > 1 { old.clone() } else { lines };
    centre.world().tamper = Some(Arc::new(replay));
    centre.world().false_revision = Some(1);
    gate.until_refused(ReceiptError::Another).await;
    sleep(AN_HOUR).await;
    let denied = samples::denied(3, 3);
    let is_denied = || {
        let view = gate.cache.look_up(&[(denied.medium_type, denied.medium_key.clone())]).unwrap();
        view.denied == [denied.clone()]
    };
    assert_eq!(gate.cache.stamp().unwrap().revision, 3);
    assert!(knows(&gate, 1) && knows(&gate, 2) && is_denied());
    (centre.world().tamper, centre.world().false_revision) = (None, None);
    gate.until(is_content).await;
    assert!(knows(&gate, 2) && is_denied());
    assert_eq!(gate.cache.stamp().unwrap().revision, 3);
}

/// fault E3: an answer without changes is not signed; it leaves the index's mark as it is, by which the centre is to know the index again.
#[tokio::test(start_paused = true)]
async fn an_answer_without_changes_says_nothing_of_the_index() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    centre.upsert(samples::entry(1));
    let gate = ground.gate(&disk, &centre).await;
    gate.until_revision(1).await;
    let mark = gate.cache.index_mark().unwrap();
    let other = Hash([9; 32]).to_string();
    let own = mark.mark.to_string();
    centre.world().tamper =
        Some(Arc::new(move |lines| lines.iter().map(|line| line.replace(&own, &other)).collect()));
    sleep(AN_HOUR).await;
    assert_eq!(gate.cache.index_mark(), Some(mark));
    // As in `index`: the moment is not exact, but it comes.
    let mut tries = 0;
    while gate.cache.stamp().unwrap().age_s > 20 {
        tries += 1;
        assert!(tries < 100_000, "it is confirmed all the same");
        sleep(Duration::from_millis(500)).await;
    }
}

/// fault E3: a gate that calls its own machine has no authority to verify by: its index is taken as it comes. What is wrong with an index and what is wrong with
/// events are told apart.
#[tokio::test(start_paused = true)]
async fn without_an_identity_the_index_is_taken_as_it_comes() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.world().index_hand = Some(hand(&authority()));
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    centre.upsert(samples::entry(2));
    gate.until_revision(2).await;
    assert!(knows(&gate, 2) && is_content(&gate.sync.state().borrow()));
    let index = IndexRefused(ReceiptError::Absent).to_string();
    assert_eq!(index, "the centre's signature of its index is not taken: the centre has given none");
    assert_ne!(index, Alarm::Receipt(ReceiptError::Absent).to_string());
}

/// What comparisons and snapshots have told of the index, in their order: denials kept, and whether a snapshot was needed.
fn told(disk: &MemoryDisk) -> Vec<(u64, bool)> {
    let events =
        disk.records().into_iter().map(|record| serde_json::from_str::<Event>(&record.json).unwrap());
    let repaired = events.filter(|event| event.event_type == EventType::IndexRepaired);
    let details = repaired.map(|event| event.detail.unwrap());
    details
        .map(|detail| (detail["denials_kept"].as_u64().unwrap(), detail["snapshot"].as_bool().unwrap()))
        .collect()
}

impl Gate {
    async fn compared(&self) -> Found {
        let mut found = Found::default();
        self.sync.compare(&mut found).await.unwrap();
        self.sync.tell(found, true).await;
        found
    }

    fn denies(&self, serial: u64) -> bool {
        let denied = samples::denied(serial, 1);
        !self.cache.look_up(&[(denied.medium_type, denied.medium_key)]).unwrap().denied.is_empty()
    }

    async fn until_snapshot(&self, centre: &FakeCentre, before: u64) {
        while centre.world().snapshots == before || self.sync.snapshot_need.is_there() {
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Fault A6: where only the centre's hand counts a yard that moves on is no difference and fetches nothing, and what differs is fetched, signed.
#[tokio::test(start_paused = true)]
async fn a_comparison_takes_nothing_that_is_not_signed() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    for serial in 1..=3 {
        centre.upsert(samples::entry(serial));
    }
    let gate = ground.gate(&disk, &centre).await;
    gate.until_revision(3).await;
    let before = centre.world().snapshots;
    centre.world().turns = [Turn::Moves].into();
    assert_eq!(gate.compared().await, Found::default());
    assert_eq!((centre.world().snapshots, told(&disk)), (before, Vec::new()));
    let revision = centre.world().revision();
    gate.until_revision(revision).await;
    plant(&gate.folder.path().join("cache.db"), &[ChangeOp::Remove { trip_no: samples::trip(2) }]);
    let found = gate.compared().await;
    assert!(found.takes_snapshot && found.repaired.replaced == 0);
    gate.until_snapshot(&centre, before).await;
    assert!(knows(&gate, 2));
    assert_eq!(told(&disk), [(0, true)]);
    assert_eq!(gate.compared().await, Found::default());
}

/// Fault C7; invariant I4: what a restored centre has forgotten to deny stays denied where only its hand counts, through its snapshot, the comparison after that
/// and every snapshot later, and a person is told of it once.
#[tokio::test(start_paused = true)]
async fn what_a_restored_centre_forgot_stays_denied_by_its_hand() {
    let ground = Ground::new();
    let (disk, centre) = (MemoryDisk::new("a"), centre(&ground.authority));
    centre.upsert(samples::entry(1));
    let gate = ground.gate(&disk, &centre).await;
    gate.until_revision(1).await;
    let backup = centre.backup();
    centre.world().deny(3);
    gate.until_revision(2).await;
    assert!(gate.denies(3));
    centre.restore(backup);
    for serial in 4..=8 {
        centre.upsert(samples::entry(serial));
    }
    gate.until_revision(6).await;
    while told(&disk).is_empty() {
        sleep(Duration::from_secs(1)).await;
    }
    assert!(gate.denies(3));
    assert_eq!(gate.compared().await, Found::default(), "told already");
    let before = centre.world().snapshots;
    gate.sync.snapshot_need.wish();
    gate.until_snapshot(&centre, before).await;
    assert!(gate.denies(3));
    assert_eq!(told(&disk), [(1, false)]);
}
