//! A centre in memory: verifies every chain, applies each event once, keeps an index and its changes, and fails on command.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use protocols::{
    contract::{
        Applied, Change, ChangeOp, Changes, Denied, DigestsAnswer, DigestsRequest, EventsAck, EventsReceipt,
        EventsRefusal, Hash, HelloAnswer, HelloRequest, IndexEntry, IndexPart, IndexRanges, IndexSignature,
        IndexSums, LiveStatus, RawEvent, RefusalCode, RowDigest, RowSum, SnapshotRow, SnapshotTail, Touched,
        UtcMillis, changes_digest, denied_key, feed_mark,
    },
    ids::{GateId, TripNo},
    rules::{TripEvent, apply},
};
use tokio::time::{Instant, sleep};

use super::super::link::{CentreLink, LinkError, SnapshotLines};
use crate::{
    cache::{Feed, samples},
    identity::tests::{unsigned, unsigned_index},
};

/// What goes wrong with one call of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The line is cut before the centre sees it.
    CutBefore,
    /// The centre takes it and the answer is lost.
    LoseAnswer,
    /// It arrives twice; the second answer counts.
    Twice,
    /// The centre takes the first half only.
    Half,
    /// 503.
    Busy,
    /// Only older copies of what it has arrive first.
    Stale,
}

/// Signs a receipt, or does with it whatever a test wants; without a hand there is none.
pub(super) type Hand = Arc<dyn Fn(EventsReceipt) -> EventsReceipt + Send + Sync>;

/// The same of what it tells of its index.
pub(super) type IndexHand = Arc<dyn Fn(IndexSignature) -> IndexSignature + Send + Sync>;

/// Does something to the lines of a snapshot, or to the one line of changes, between the centre and the gate.
pub(super) type Tamper = Arc<dyn Fn(Vec<String>) -> Vec<String> + Send + Sync>;

/// 模拟中心; clones are the same one.
#[derive(Clone, Default)]
pub(super) struct FakeCentre(Arc<Mutex<World>>);

#[derive(Clone, Default)]
pub(super) struct World {
    stores: BTreeMap<Box<str>, u32>,
    pub(super) events: BTreeMap<u32, Vec<RawEvent>>,
    entries: BTreeMap<TripNo, IndexEntry>,
    log: Vec<Change>,
    /// Changes at or before this revision are gone.
    pub(super) forgotten: u64,
    pub(super) faults: VecDeque<Fault>,
    pub(super) is_down: bool,
    /// Its clock stood at noon then.
    pub(super) start: Option<Instant>,
    pub(super) skew_ms: i64,
    /// After so many lines a snapshot is cut.
    pub(super) cut_snapshot: Option<usize>,
    /// Too busy for snapshots.
    pub(super) no_snapshots: bool,
    pub(super) calls: u64,
    pub(super) hellos: u64,
    pub(super) snapshots: u64,
    pub(super) receipts: Vec<u64>,
    pub(super) hand: Option<Hand>,
    pub(super) index_hand: Option<IndexHand>,
    pub(super) tamper: Option<Tamper>,
    /// What it says its revision is.
    pub(super) false_revision: Option<u64>,
    /// The last snapshot, as it left.
    pub(super) sent: Vec<String>,
    pub(super) statuses: Vec<LiveStatus>,
    /// What becomes of the next comparisons.
    pub(super) turns: VecDeque<Turn>,
    pub(super) comparisons: u64,
}

/// What happens at one call of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The line is cut.
    Cut,
    /// The yard moves on just before.
    Moves,
    /// 503.
    Busy,
    /// It is answered.
    Answers,
}

/// Rows in one answer, so that parts go in pieces.
const PIECE: usize = 3;
/// How soon a long poll sees a change.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

impl FakeCentre {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(super) fn upsert(&self, entry: IndexEntry) -> u64 {
        self.world().upsert(entry)
    }

    /// The state as a backup would keep it, and as a restore brings it back.
    pub(super) fn backup(&self) -> World {
        self.world().clone()
    }

    pub(super) fn restore(&self, world: World) {
        *self.world() = world;
    }

    async fn reached(&self) -> Result<MutexGuard<'_, World>, LinkError> {
        sleep(Duration::from_millis(20)).await;
        let mut world = self.world();
        world.calls += 1;
        if world.is_down { Err(cut()) } else { Ok(world) }
    }
}

fn cut() -> LinkError {
    LinkError::Unreachable("connection reset by peer".into())
}

impl World {
    pub(super) fn revision(&self) -> u64 {
        self.log.len() as u64
    }

    fn upsert(&mut self, entry: IndexEntry) -> u64 {
        self.entries.insert(entry.trip_no, entry.clone());
        self.push(ChangeOp::Upsert(entry));
        self.revision()
    }

    pub(super) fn deny(&mut self, serial: u64) {
        let denied = samples::denied(serial, self.revision() + 1);
        self.push(ChangeOp::Deny(denied));
    }

    pub(super) fn remove(&mut self, serial: u64) {
        if self.entries.remove(&samples::trip(serial)).is_some() {
            self.push(ChangeOp::Remove { trip_no: samples::trip(serial) });
        }
    }

    fn push(&mut self, op: ChangeOp) {
        self.log.push(Change { rev: self.revision() + 1, op });
    }

    /// What it denies, by the log.
    fn denied(&self) -> BTreeMap<String, Denied> {
        let mut all = BTreeMap::new();
        for change in &self.log {
            match &change.op {
                ChangeOp::Deny(denied) => {
                    drop(all.insert(denied_key(denied.medium_type, &denied.medium_key), denied.clone()));
                }
                ChangeOp::Allow { medium_type, medium_key, .. } => {
                    drop(all.remove(&denied_key(*medium_type, medium_key)));
                }
                _ => {}
            }
        }
        all
    }

    /// All that it has, in the order of keys.
    pub(super) fn rows(&self) -> Vec<SnapshotRow> {
        let entries = self.entries.values().cloned().map(SnapshotRow::Entry);
        entries.chain(self.denied().into_values().map(SnapshotRow::Deny)).collect()
    }

    pub(super) fn sums(&self) -> IndexSums {
        let mut ranges = IndexRanges::new(self.entries.keys().copied());
        self.entries.iter().for_each(|(trip, entry)| ranges.add(trip, RowDigest::of_entry(entry)));
        let mut denied = RowSum::default();
        self.denied().values().for_each(|row| denied.add(RowDigest::of_denied(row)));
        IndexSums { trips: ranges.into_sums(), denied, policy: RowSum::default() }
    }

    fn part(&self, part: &IndexPart) -> DigestsAnswer {
        let mut own = self.rows();
        own.retain(|row| part.key_of(row).is_some());
        let to = own.get(PIECE).is_some().then(|| part.key_of(&own[PIECE - 1]).unwrap());
        own.truncate(PIECE);
        let unlike = part.unlike(own, to.as_deref());
        let (rows, gone, to) = (unlike.rows, unlike.gone, to.map(String::into_boxed_str));
        DigestsAnswer { revision: self.revision(), rows, gone, to, ..DigestsAnswer::default() }
    }

    fn mark(&self, revision: u64) -> Option<Hash> {
        self.log.iter().take(usize::try_from(revision).unwrap()).fold(None, |before, change| {
            Some(feed_mark(before, change.rev, &serde_json::to_string(&change.op).unwrap()))
        })
    }

    fn expected(&self, epoch: u32) -> (u64, Hash) {
        let held = self.events.get(&epoch).and_then(|events| events.last());
        held.map_or((1, Hash::ZERO), |last| (last.seq + 1, last.hash))
    }

    fn take(&mut self, epoch: u32, events: &[String]) -> Result<EventsAck, LinkError> {
        for text in events {
            let raw = RawEvent::verify(serde_json::from_str(text).unwrap()).unwrap();
            let (expected_seq, expected_hash) = self.expected(epoch);
            let refuse = |code| Err(LinkError::Refused(EventsRefusal { code, expected_seq, expected_hash }));
            assert_eq!(raw.epoch, epoch);
            if !self.stores.values().any(|known| *known == epoch) {
                return refuse(RefusalCode::Epoch);
            }
            if raw.seq < expected_seq {
                let held = &self.events[&epoch][raw.seq as usize - 1];
                if held.hash != raw.hash {
                    return refuse(RefusalCode::Chain);
                }
                continue;
            }
            if raw.seq > expected_seq {
                return refuse(RefusalCode::Gap);
            }
            if raw.prev_hash != expected_hash {
                return refuse(RefusalCode::Chain);
            }
            self.apply(&raw);
            self.events.entry(epoch).or_default().push(raw);
        }
        let acked_seq = self.expected(epoch).0 - 1;
        self.receipts.push(acked_seq);
        Ok(EventsAck { epoch, acked_seq, revision: self.revision(), receipt: self.signed(epoch) })
    }

    fn signed(&self, epoch: u32) -> Option<EventsReceipt> {
        let (expected_seq, hash) = self.expected(epoch);
        self.hand.as_ref().map(|hand| hand(unsigned(epoch, expected_seq - 1, hash)))
    }

    /// The lines of a snapshot, in its hand if it has one.
    fn whole(&mut self, nonce: Hash) -> Vec<String> {
        let rows = self.rows();
        let (revision, mark) = (self.revision(), self.mark(self.revision()));
        let mut lines = samples::marked_snapshot(revision, mark, &rows);
        if let Some(hand) = &self.index_hand {
            let mut tail: SnapshotTail = serde_json::from_str(&lines.pop().unwrap()).unwrap();
            let told = unsigned_index(revision, tail.sha256);
            tail.signed = Some(hand(IndexSignature { mark, nonce: Some(nonce), ..told }));
            lines.push(serde_json::to_string(&tail).unwrap());
        }
        self.sent = lines.clone();
        self.on_its_way(lines)
    }

    fn on_its_way(&self, lines: Vec<String>) -> Vec<String> {
        self.tamper.as_ref().map_or(lines.clone(), |tamper| tamper(lines))
    }

    /// The body of an answer to `changes`.
    fn told(&self, mut changes: Changes) -> String {
        if let Some(hand) = self.index_hand.as_ref().filter(|_| !changes.changes.is_empty()) {
            let sha256 = changes_digest(&serde_json::to_value(&changes.changes).unwrap()).unwrap();
            let told = unsigned_index(changes.to, sha256);
            changes.signed =
                Some(hand(IndexSignature { from: Some(changes.from), mark: changes.mark, ..told }));
        }
        self.on_its_way(vec![serde_json::to_string(&changes).unwrap()]).concat()
    }

    fn apply(&mut self, raw: &RawEvent) {
        let event = raw.read().unwrap();
        let (Some(act), Some(trip_no)) = (event.event_type.trip_act(), event.trip_no) else { return };
        let Some(mut entry) = self.entries.get(&trip_no).cloned() else { return };
        let moved = TripEvent {
            act,
            direction: event.lane_direction.unwrap(),
            gate_id: &event.gate_id,
            lane_id: event.lane_id.as_ref().unwrap(),
            visit_id: event.visit_id.as_ref().unwrap(),
        };
        let state = apply(&entry.trip_state(), entry.closing_passage(), &moved).state;
        entry.set_trip_state(&state);
        entry.applied.insert(event.gate_id.clone(), Applied { epoch: raw.epoch, seq: raw.seq });
        self.upsert(entry);
    }
}

impl CentreLink for FakeCentre {
    async fn hello(&self, request: &HelloRequest) -> Result<HelloAnswer, LinkError> {
        let mut world = self.reached().await?;
        world.hellos += 1;
        let next = world.stores.values().max().map_or(1, |newest| newest + 1);
        let epoch = *world.stores.entry(request.store_id.clone()).or_insert(next);
        let (expected_seq, expected_hash) = world.expected(epoch);
        let elapsed_ms = world.start.map_or(0, |start| start.elapsed().as_millis() as i64);
        let time = UtcMillis::from_millis(samples::noon().as_millis() + elapsed_ms + world.skew_ms);
        let knows_index = request.index.and_then(|index| Some(world.mark(index.revision)? == index.mark));
        let revision = world.false_revision.unwrap_or_else(|| world.revision());
        let (authorities, receipt) = (Vec::new(), world.signed(epoch));
        Ok(HelloAnswer {
            epoch,
            expected_seq,
            expected_hash,
            revision,
            time,
            knows_index,
            authorities,
            receipt,
        })
    }

    async fn changes(&self, after: u64, mark: Option<Hash>, wait: Duration) -> Result<Feed, LinkError> {
        drop(self.reached().await?);
        for _ in 0..wait.as_millis() / LOOK_AGAIN.as_millis() {
            if self.world().revision() > after {
                break;
            }
            sleep(LOOK_AGAIN).await;
        }
        let world = self.reached().await?;
        let is_other = mark.is_some_and(|mark| world.mark(after).is_some_and(|own| own != mark));
        if after < world.forgotten || after > world.revision() || is_other {
            return Err(LinkError::TooOld);
        }
        let changes: Vec<Change> = world.log[after as usize..].iter().take(3).cloned().collect();
        let to = after + changes.len() as u64;
        let (more, mark) = (to < world.revision(), world.mark(to));
        let body = world.told(Changes { from: after, to, more, changes, mark, signed: None });
        Feed::parse(body.as_bytes()).map_err(|error| LinkError::Unexpected(error.to_string().into()))
    }

    async fn snapshot(&self, nonce: Hash, lines: SnapshotLines) -> Result<(), LinkError> {
        let (whole, cut_after) = {
            let mut world = self.reached().await?;
            if world.no_snapshots {
                return Err(LinkError::Busy { retry_after: Duration::from_secs(5) });
            }
            world.snapshots += 1;
            (world.whole(nonce), world.cut_snapshot.take())
        };
        for (n, line) in whole.into_iter().enumerate() {
            if cut_after == Some(n) {
                return Err(cut());
            }
            lines.send(vec![line]).await.map_err(|_| cut())?;
        }
        Ok(())
    }

    async fn events(&self, _: &GateId, epoch: u32, events: &[String]) -> Result<EventsAck, LinkError> {
        assert!((1..=500).contains(&events.len()));
        let mut world = self.reached().await?;
        match world.faults.pop_front() {
            None => world.take(epoch, events),
            Some(Fault::CutBefore) => Err(cut()),
            Some(Fault::LoseAnswer) => world.take(epoch, events).and(Err(cut())),
            Some(Fault::Twice) => {
                let first = world.take(epoch, events)?;
                let second = world.take(epoch, events)?;
                assert_eq!((first.epoch, first.acked_seq), (second.epoch, second.acked_seq), "SG-246");
                Ok(second)
            }
            Some(Fault::Half) => world.take(epoch, &events[..events.len().div_ceil(2)]),
            Some(Fault::Busy) => Err(LinkError::Busy { retry_after: Duration::from_secs(7) }),
            Some(Fault::Stale) => {
                let (expected_seq, _) = world.expected(epoch);
                let expected_hash = Hash([9; 32]);
                Err(LinkError::Refused(EventsRefusal { code: RefusalCode::Gap, expected_seq, expected_hash }))
            }
        }
    }

    async fn status(&self, status: &LiveStatus) -> Result<(), LinkError> {
        self.reached().await?.statuses.push(status.clone());
        Ok(())
    }

    async fn digests(&self, request: &DigestsRequest) -> Result<DigestsAnswer, LinkError> {
        let mut world = self.reached().await?;
        world.comparisons += 1;
        match world.turns.pop_front() {
            Some(Turn::Cut) => return Err(cut()),
            Some(Turn::Busy) => return Err(LinkError::Busy { retry_after: Duration::from_secs(5) }),
            Some(Turn::Moves) => {
                world.upsert(samples::entry(1));
            }
            Some(Turn::Answers) | None => {}
        }
        let revision = world.revision();
        let is_other = request.mark.is_some_and(|mark| world.mark(request.revision) != Some(mark));
        if request.revision > revision || is_other {
            return Err(LinkError::TooOld);
        }
        let is_stale = request.revision != revision;
        match (&request.sums, &request.part) {
            (Some(sums), None) => {
                let mut touched = Touched::default();
                world.log[request.revision as usize..].iter().for_each(|change| touched.by(&change.op));
                let look_at = sums.unlike(&world.sums(), &touched);
                Ok(DigestsAnswer { revision, look_at, ..DigestsAnswer::default() })
            }
            (None, Some(_)) if is_stale => {
                Ok(DigestsAnswer { revision, stale: true, ..DigestsAnswer::default() })
            }
            (None, Some(part)) => Ok(world.part(part)),
            other => panic!("{other:?}"),
        }
    }
}
