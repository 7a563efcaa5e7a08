//! Pages of this gate's own acts, read from its journal as they are asked for: nothing is held for whoever may ask.
//! Promises: a page has all acts between its ends; what is acknowledged and cut is told as such (`from`).

use protocols::{
    contract::{ActsPage, GateAct, MOST_ACTS, Shown, UtcMillis},
    ids::GateId,
};

use crate::{
    identity::Identity,
    journal::{Head, Journal, JournalError},
};

/// Records that one page looks at: a passage has some six, of which two or three move its trip.
const RECORDS: usize = 100;

/// The page behind `after`, not signed yet; none before the journal has an epoch, or while it cannot be read.
pub(super) async fn page(
    journal: &Journal,
    identity: &Identity,
    after: u64,
    at: UtcMillis,
) -> Result<Option<ActsPage>, JournalError> {
    let head = journal.head().borrow().clone();
    let Some((head, epoch)) = head.and_then(|head| head.epoch.map(|epoch| (head, epoch))) else {
        return Ok(None);
    };
    let after = after.clamp(head.anchor_seq, head.seq);
    let mut page = empty(&identity.gate_id, identity, &head, epoch, at);
    page.after = after;
    if after == head.seq {
        return Ok(Some(page));
    }
    let records = journal.unsent(after, RECORDS).await?;
    page.to = records.last().map_or(after, |record| record.seq).min(head.seq);
    // What was recorded since the head was looked at comes with the next page.
    let acts = records.iter().filter(|record| record.seq <= head.seq).filter_map(|record| record.act());
    page.acts = acts.take(MOST_ACTS).collect();
    if page.acts.len() == MOST_ACTS {
        page.to = page.acts.last().map_or(after, |act: &GateAct| act.seq);
    }
    Ok(Some(page))
}

/// A page at the journal's end, without acts: it says how far there is something to hear.
fn empty(gate_id: &GateId, identity: &Identity, head: &Head, epoch: u32, at: UtcMillis) -> ActsPage {
    ActsPage {
        gate_id: gate_id.clone(),
        yard_id: identity.yard_id,
        epoch,
        from: head.anchor_seq,
        after: head.seq,
        to: head.seq,
        head: head.seq,
        shown: Shown { seq: head.marks.acked_seq, revision: head.marks.acked_revision },
        acts: Vec::new(),
        at,
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    }
}
