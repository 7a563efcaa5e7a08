//! Pages of this gate's own acts, read from its journal as they are asked for: nothing is held for whoever may ask.
//! Promises: a page has all acts between its ends; what is acknowledged and cut is told as such (`from`).

use protocols::{
    contract::{ActsPage, GateAct, IndexMark, MOST_ACTS, Shown, UtcMillis},
    ids::{GateId, YardId},
};

use crate::{
    identity::Identity,
    journal::{Head, Journal, JournalError, Record},
};

/// Records that one page looks at: a passage has some six, of which two or three move its trip.
pub const PAGE_RECORDS: usize = 100;

/// The page behind `after`, not signed yet; none before the journal has an epoch, or while it cannot be read.
pub(super) async fn page(
    journal: &Journal,
    identity: &Identity,
    index: Option<IndexMark>,
    after: u64,
    at: UtcMillis,
) -> Result<Option<ActsPage>, JournalError> {
    let Some(head) = journal.head().borrow().clone() else { return Ok(None) };
    let from = behind(&head, after);
    let records = if from == head.seq { Vec::new() } else { journal.unsent(from, PAGE_RECORDS).await? };
    Ok(cut_page((&identity.gate_id, identity.yard_id), &head, index, after, &records, at))
}

/// Where a page begins that is to follow `after`: nothing is told of what was cut, or of what is not there yet.
#[must_use]
pub fn behind(head: &Head, after: u64) -> u64 {
    after.clamp(head.anchor_seq, head.seq)
}

/// The page behind `after` by the journal's records that follow [`behind`] it, at most [`PAGE_RECORDS`]; none without an epoch.
#[must_use]
pub fn cut_page(
    (gate_id, yard_id): (&GateId, YardId),
    head: &Head,
    index: Option<IndexMark>,
    after: u64,
    records: &[Record],
    at: UtcMillis,
) -> Option<ActsPage> {
    let after = behind(head, after);
    // What was recorded since the head was looked at comes with the next page.
    let records = || records.iter().filter(|record| record.seq <= head.seq);
    let acts: Vec<GateAct> = records().filter_map(Record::act).take(MOST_ACTS).collect();
    let last = if acts.len() == MOST_ACTS {
        acts.last().map(|act| act.seq)
    } else {
        records().next_back().map(|record| record.seq)
    };
    Some(ActsPage {
        gate_id: gate_id.clone(),
        yard_id,
        epoch: head.epoch?,
        from: head.anchor_seq,
        after,
        to: last.unwrap_or(after),
        head: head.seq,
        shown: Shown { seq: head.marks.acked_seq, revision: head.marks.acked_revision },
        index,
        acts,
        at,
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    })
}
