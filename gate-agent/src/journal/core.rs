//! The journal's rules, without threads: numbering, sealing, all or nothing, and distrust after a failure.
//! Promises: `seq` has no gap and no reuse (I2); each record's hash follows from the one before (I5); what was answered is never
//! lost (I1): if a store comes back without a record that was answered, the journal stays unavailable rather than going on.
//! A failed commit may still be on disk (the failure came after the write): then its records stay, without a proof for anybody, and are not recorded
//! once more when they are offered again (`doubt`).
//! Absent on purpose: queues, back-off (`thread`); the disk (`store`).

use std::sync::Arc;

use protocols::{
    contract::{Event, GateAct, Hash, seal},
    ids::GateId,
    tick::Tick,
};
use serde_json::Value;
use uuid::Builder;

use super::{
    committed::Committed,
    doubt::Doubt,
    draft::Draft,
    error::{JournalError, StoreError},
    overlay::Overlay,
    record::Record,
    recover::{self, Recovered},
    retention::Retention,
    store::{Head, JournalStore, Marks},
};
use crate::clock::Clock;

/// How many of the newest records are verified at each opening; `verify` goes through all.
const TAIL: u64 = 256;

/// 日志核心: one gate's journal over one store.
pub struct JournalCore<S> {
    store: S,
    gate_id: GateId,
    clock: Arc<dyn Clock>,
    head: Head,
    /// (acknowledged seq, revision) pairs that the gate's own index has not reached yet, oldest first.
    uncovered: Vec<(u64, u64)>,
    overlay: Arc<Overlay>,
    /// Gate's clock minus centre's, and when it was measured.
    clock_measured: Option<(i64, Tick)>,
    /// The newest record that this start found.
    found_seq: u64,
    /// Set by a failed write: nothing in memory is trusted until `reopen` has read the disk.
    broken: Option<StoreError>,
    /// What that write may have left there.
    doubt: Doubt,
    retention: Retention,
}

impl<S: JournalStore> JournalCore<S> {
    /// Opens the store, verifies its tail, counts this start, and finds what the last run left unfinished.
    ///
    /// # Errors
    /// [`StoreError`]; `Newer`, `OtherGate` and `Broken` need a person.
    pub fn open(store: S, gate_id: GateId, clock: Arc<dyn Clock>) -> Result<(Self, Recovered), StoreError> {
        let overlay = Arc::new(Overlay::new(gate_id.clone()));
        Self::open_with(store, gate_id, clock, overlay).map_err(|(_, error)| error)
    }

    /// As [`Self::open`], over an overlay that others already hold; gives the store back when it fails.
    pub(super) fn open_with(
        mut store: S,
        gate_id: GateId,
        clock: Arc<dyn Clock>,
        overlay: Arc<Overlay>,
    ) -> Result<(Self, Recovered), (S, StoreError)> {
        match start(&mut store, &overlay) {
            Ok(recovered) => {
                let head = recovered.head.clone();
                let uncovered = uncovered(head.marks);
                let core = Self {
                    store,
                    gate_id,
                    clock,
                    found_seq: head.seq,
                    head,
                    uncovered,
                    overlay,
                    clock_measured: None,
                    broken: None,
                    doubt: Doubt::default(),
                    retention: Retention::default(),
                };
                Ok((core, recovered))
            }
            Err(error) => Err((store, error)),
        }
    }

    /// Records all drafts or none, durably.
    ///
    /// # Errors
    /// [`JournalError`]; after `Unavailable` nothing more is recorded until [`Self::reopen`] has succeeded.
    pub fn commit(&mut self, drafts: Vec<Draft>) -> Result<Committed, JournalError> {
        self.commit_groups(vec![drafts]).pop().unwrap_or(Err(JournalError::Nothing))
    }

    /// Records several submitters' drafts in one write; each gets its own proof. A group that cannot be sealed fails alone.
    pub fn commit_groups(&mut self, mut groups: Vec<Vec<Draft>>) -> Vec<Result<Committed, JournalError>> {
        let ready = match (&self.broken, self.head.epoch) {
            (Some(error), _) => Err(JournalError::Unavailable(error.clone())),
            (None, None) => Err(JournalError::NoEpoch),
            (None, Some(epoch)) => Ok(epoch),
        };
        let epoch = match ready {
            Ok(epoch) => epoch,
            Err(error) => return groups.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut batch = Batch { epoch, seq: self.head.seq, hash: self.head.hash, ..Batch::default() };
        let standing: Vec<_> = groups.iter_mut().map(|group| self.doubt.part(group)).collect();
        let sealed = groups.iter().zip(&standing).map(|(group, standing)| {
            match Committed::standing(epoch, standing) {
                Some(proof) if group.is_empty() => Ok(proof),
                _ => self.seal_group(&mut batch, group),
            }
        });
        let mut answers: Vec<_> = sealed.collect();
        if !batch.records.is_empty() {
            match self.store.append(&batch.records) {
                Ok(()) => {
                    (self.head.seq, self.head.hash) = (batch.seq, batch.hash);
                    self.overlay.add(epoch, batch.acts);
                }
                Err(error) => {
                    self.broken = Some(error.clone());
                    let offered = groups.into_iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
                    self.doubt.failed(offered.flat_map(|(group, _)| group).collect());
                    for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
                        *answer = Err(JournalError::Unavailable(error.clone()));
                    }
                }
            }
        }
        for (standing, answer) in standing.into_iter().zip(&answers) {
            if answer.is_err() {
                self.doubt.give_back(standing);
            }
        }
        answers
    }

    /// The end of the chain and the marks.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// What keeps the journal from recording, if anything.
    #[must_use]
    pub const fn broken(&self) -> Option<&StoreError> {
        self.broken.as_ref()
    }

    /// The acts that the index may not show yet.
    #[must_use]
    pub fn overlay(&self) -> Arc<Overlay> {
        Arc::clone(&self.overlay)
    }

    /// What events say about the clock from now on: gate minus centre (SG-254), and when that was measured.
    pub const fn set_clock_offset(&mut self, measured: Option<(i64, Tick)>) {
        self.clock_measured = measured;
    }

    /// Reads the disk again after a failure and goes on from what is really there, once it has shown that it takes a write.
    ///
    /// # Errors
    /// [`StoreError`]; `Broken` when a record that was answered is not there any more.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        let found = read_head(&mut self.store, self.head.boot).and_then(|found| {
            self.still_has_what_was_answered(&found)?;
            let acts = self.store.own_acts_after(found.marks.covered_seq)?;
            self.store.prove()?;
            Ok((found, acts))
        });
        match found {
            Ok((found, acts)) => {
                self.doubt.resolved(self.head.seq, found.seq);
                self.overlay.replace(found.epoch.unwrap_or(0), acts);
                self.uncovered = uncovered(found.marks);
                self.head = found;
                self.broken = None;
                Ok(())
            }
            Err(error) => {
                self.broken = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Takes the epoch that the centre gives to this file.
    ///
    /// # Errors
    /// [`JournalError::EpochConflict`] when records carry another one.
    pub fn set_epoch(&mut self, epoch: u32) -> Result<(), JournalError> {
        match self.head.epoch {
            Some(have) if have == epoch => Ok(()),
            Some(have) if self.head.seq > 0 => Err(JournalError::EpochConflict { have, offered: epoch }),
            Some(_) | None => {
                self.change(|store| store.put_epoch(epoch))?;
                self.head.epoch = Some(epoch);
                Ok(())
            }
        }
    }

    /// The centre has everything up to `acked_seq`; its effect shows from `revision` on. A lower mark than before (a centre
    /// restored from a backup, fault C7) takes the mark back and lays the events over the index again.
    ///
    /// # Errors
    /// [`JournalError::BeyondHead`] for records that never were.
    pub fn acknowledge(&mut self, acked_seq: u64, revision: u64) -> Result<(), JournalError> {
        if acked_seq > self.head.seq {
            return Err(JournalError::BeyondHead { seq: acked_seq, head: self.head.seq });
        }
        let before = self.head.marks;
        let covered_seq = before.covered_seq.min(acked_seq);
        let marks = Marks { acked_seq, acked_revision: revision, covered_seq };
        if marks == before {
            return Ok(());
        }
        self.change(|store| store.put_marks(marks))?;
        if covered_seq < before.covered_seq || acked_seq < before.acked_seq {
            let acts = self.change(|store| store.own_acts_after(covered_seq))?;
            self.overlay.replace(self.head.epoch.unwrap_or(0), acts);
            self.uncovered.clear();
        }
        self.head.marks = marks;
        self.uncovered.push((acked_seq, revision));
        Ok(())
    }

    /// This gate's index has reached `revision`: acknowledged acts that it shows leave the overlay.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    pub fn cover(&mut self, revision: u64) -> Result<(), JournalError> {
        let reached = self.uncovered.iter().filter(|(_, shown_at)| *shown_at <= revision);
        let Some(covered_seq) = reached.map(|(seq, _)| *seq).max() else { return Ok(()) };
        let marks = Marks { covered_seq: covered_seq.max(self.head.marks.covered_seq), ..self.head.marks };
        if marks != self.head.marks {
            self.change(|store| store.put_marks(marks))?;
            self.head.marks = marks;
        }
        self.uncovered.retain(|(_, shown_at)| *shown_at > revision);
        self.overlay.drop_covered(marks.covered_seq);
        Ok(())
    }

    /// Records after `seq`, in order.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    pub fn read_after(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        self.change(|store| store.read_after(seq, limit))
    }

    /// The hash of record `seq`, also of the anchor and of 0; none when it is not held.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    pub fn hash_of(&mut self, seq: u64) -> Result<Option<Hash>, JournalError> {
        if seq == self.head.seq {
            return Ok(Some(self.head.hash));
        }
        let opened_at = self.head.anchor_seq;
        if seq == opened_at {
            let first = self.read_after(seq, 1)?;
            let prev = first.first().and_then(|record| serde_json::from_str::<Event>(&record.json).ok());
            return Ok(prev.map(|event| event.prev_hash));
        }
        if seq < opened_at || seq > self.head.seq {
            return Ok(None);
        }
        Ok(self.read_after(seq - 1, 1)?.first().map(|record| record.hash))
    }

    /// Cuts at most `limit` records: acknowledged, covered, and older than `keep_days` by the centre's clock and their place (`retention`). Without a measured
    /// clock offset nothing is cut, so a clock that jumped ahead removes nothing (faults B1, B2). An unsettled visit is kept, but
    /// one without any record of this run has no lane any more that could settle it, and holds nothing back. Gives how many
    /// were cut.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`].
    pub fn trim(&mut self, keep_days: u32, limit: usize) -> Result<usize, JournalError> {
        let Some((offset_ms, _)) = self.clock_measured else { return Ok(0) };
        let now = self.clock.wall().as_millis().saturating_sub(offset_ms);
        let oldest = now.saturating_sub(i64::from(keep_days).saturating_mul(86_400_000));
        let unsettled = self.change(JournalStore::unsettled)?;
        let held_by_open = first_of_live(&unsettled, self.found_seq);
        let last = self.head.marks.acked_seq.min(self.head.marks.covered_seq);
        let records = self.read_after(self.head.anchor_seq, limit)?;
        let free = records
            .iter()
            .take_while(|record| record.seq <= last)
            .take_while(|record| held_by_open.is_none_or(|open| record.seq < open));
        let retention = self.retention;
        let Some(due) = self.change(|store| retention.due(store, free, (oldest, now)))? else { return Ok(0) };
        self.change(|store| store.cut(due.newest.seq, due.newest.hash))?;
        (self.head.anchor_seq, self.retention) = (due.newest.seq, due.then);
        Ok(due.count)
    }

    /// Whether room for records is kept for a full disk; keeps it again if there is some.
    pub fn has_reserve(&mut self) -> bool {
        self.store.refill();
        self.store.has_reserve()
    }

    /// Gives the store back, for a simulated restart.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// Runs a store call; a failure makes the journal unavailable until it is opened again.
    fn change<T>(&mut self, call: impl FnOnce(&mut S) -> Result<T, StoreError>) -> Result<T, JournalError> {
        if let Some(error) = &self.broken {
            return Err(JournalError::Unavailable(error.clone()));
        }
        call(&mut self.store).map_err(|error| {
            self.broken = Some(error.clone());
            JournalError::Unavailable(error)
        })
    }

    /// The hash of the newest answered record must still stand where it stood.
    fn still_has_what_was_answered(&mut self, found: &Head) -> Result<(), StoreError> {
        let (seq, hash) = (self.head.seq, self.head.hash);
        let lost = |what: &str| StoreError::Broken { seq, what: Arc::from(what) };
        if found.store_id != self.head.store_id {
            return Err(lost("the file was exchanged while the journal ran"));
        }
        if found.seq == seq && found.hash == hash {
            return Ok(());
        }
        if found.seq <= seq {
            return Err(lost("a record that was confirmed is gone or changed"));
        }
        let next = self.store.read_after(seq, 1)?;
        let follows = next.first().is_some_and(|record| record.holds_after(found.epoch, seq, &hash).is_ok());
        if follows { Ok(()) } else { Err(lost("a record that was confirmed is gone or changed")) }
    }

    fn seal_group(&self, batch: &mut Batch, group: &[Draft]) -> Result<Committed, JournalError> {
        if group.is_empty() {
            return Err(JournalError::Nothing);
        }
        let before = (batch.seq, batch.hash, batch.records.len(), batch.acts.len());
        for draft in group {
            let mut event = self.event(batch, draft);
            match seal(&mut event) {
                Ok(json) => batch.push(&event, json),
                Err(error) => {
                    (batch.seq, batch.hash) = (before.0, before.1);
                    batch.records.truncate(before.2);
                    batch.acts.truncate(before.3);
                    return Err(JournalError::Unsealable(error.to_string().into()));
                }
            }
        }
        Ok(Committed::new(batch.epoch, before.0 + 1, batch.seq))
    }

    /// How good the clock was when the decision was made: seconds since it was last compared with the centre's; without it, never.
    fn with_clock(&self, mut basis: Value, at: Tick) -> Value {
        if let (Some((_, measured)), Some(basis)) = (self.clock_measured, basis.as_object_mut()) {
            basis.insert("clock_age_s".to_owned(), at.since(measured).as_secs().into());
        }
        basis
    }

    fn event(&self, batch: &Batch, draft: &Draft) -> Event {
        let millis = u64::try_from(self.clock.wall().as_millis()).unwrap_or(0);
        let event_id = Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
        let lane = draft.lane.as_ref();
        Event {
            event_id: event_id.to_string().into(),
            gate_id: self.gate_id.clone(),
            lane_id: lane.map(|lane| lane.lane_id.clone()),
            lane_direction: lane.map(|lane| lane.direction),
            visit_id: draft.visit_id.clone(),
            epoch: batch.epoch,
            seq: batch.seq.saturating_add(1),
            occurred_at: draft.occurred_at,
            event_type: draft.event_type,
            verdict: draft.verdict,
            mode: draft.mode,
            trip_no: draft.trip.as_ref().map(|trip| trip.trip_no),
            version_no: draft.trip.as_ref().map(|trip| trip.version_no),
            reads: draft.reads.clone(),
            reason_code: draft.reason,
            officer_id: draft.officer_id.clone(),
            images: Vec::new(),
            index_revision: draft.index.map(|index| index.revision),
            index_age_s: draft.index.map(|index| index.age_s),
            outcome: draft.outcome,
            detail: draft.detail.clone(),
            basis: draft.basis.clone().map(|basis| self.with_clock(basis, draft.at)),
            mono_us: draft.at.as_micros(),
            clock_offset_ms: self.clock_measured.map(|(offset_ms, _)| offset_ms),
            prev_hash: batch.hash,
            hash: Hash::ZERO,
        }
    }
}

/// What one write will append.
struct Batch {
    epoch: u32,
    seq: u64,
    hash: Hash,
    records: Vec<Record>,
    acts: Vec<GateAct>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { epoch: 0, seq: 0, hash: Hash::ZERO, records: Vec::new(), acts: Vec::new() }
    }
}

impl Batch {
    fn push(&mut self, event: &Event, json: String) {
        (self.seq, self.hash) = (event.seq, event.hash);
        self.acts.extend(GateAct::of(event));
        self.records.push(Record::of(event, json));
    }
}

fn start<S: JournalStore>(store: &mut S, overlay: &Overlay) -> Result<Recovered, StoreError> {
    let mut head = read_head(store, 0)?;
    head.boot = store.count_boot()?;
    overlay.replace(head.epoch.unwrap_or(0), store.own_acts_after(head.marks.covered_seq)?);
    let unsettled = recover::gather(&store.unsettled()?);
    Ok(Recovered { head, unsettled, closed: store.closed_lanes()?, used_codes: store.used_codes()? })
}

/// Opens the store and verifies its newest records against its head.
fn read_head<S: JournalStore>(store: &mut S, boot: u64) -> Result<Head, StoreError> {
    let opened = store.open()?;
    let from = opened.head_seq.saturating_sub(TAIL).max(opened.anchor_seq);
    let (mut seq, mut hash) = (from, opened.anchor_hash);
    if from > opened.anchor_seq {
        let before = store.read_after(from - 1, 1)?;
        let what = Arc::from("it is missing");
        hash = before.first().ok_or(StoreError::Broken { seq: from, what })?.hash;
    }
    for record in store.read_after(from, usize::try_from(TAIL).unwrap_or(usize::MAX))? {
        let raw = record.holds_after(opened.epoch, seq, &hash)?;
        (seq, hash) = (raw.seq, raw.hash);
    }
    if (seq, hash) != (opened.head_seq, opened.head_hash) {
        return Err(StoreError::Broken { seq: seq + 1, what: Arc::from("the chain ends before its head") });
    }
    Ok(Head {
        store_id: opened.store_id,
        boot,
        epoch: opened.epoch,
        seq,
        hash,
        anchor_seq: opened.anchor_seq,
        marks: opened.marks,
    })
}

/// The first record of the visits that have one after `found_seq`; `unsettled` is sorted by visit, then number.
fn first_of_live(unsettled: &[Record], found_seq: u64) -> Option<u64> {
    let visits = unsettled.chunk_by(|one, next| one.visit_id == next.visit_id);
    let live = visits.filter(|visit| visit.last().is_some_and(|newest| newest.seq > found_seq));
    live.filter_map(|visit| visit.first()).map(|record| record.seq).min()
}

/// After a start only the newest acknowledgement is known; the acts behind it wait for its revision.
fn uncovered(marks: Marks) -> Vec<(u64, u64)> {
    if marks.acked_seq > marks.covered_seq {
        vec![(marks.acked_seq, marks.acked_revision)]
    } else {
        Vec::new()
    }
}
