//! What gate and centre say of their common past, judged without a line: after a hello, a receipt and a refusal; and by what was signed for.
//! Promises: pure, so that a simulation runs the very rules of the tasks; the journal is never changed to please the centre.
//! Source: spec SG-246..SG-248; `contract` section 3; faults A6, C5, C7, E4.

use protocols::contract::{EventsAck, Hash, HelloAnswer, RefusalCode};

use super::{receipt::Place, state::Alarm};
use crate::journal::Head;

/// What a hello's answer says of the events that both sides may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// The centre has what was known to be acknowledged; nothing changes.
    Agreed,
    /// The centre has more than its receipts have told: one was lost on the way.
    Further,
    /// The centre has less than it had acknowledged (it was restored): the mark goes back, and its index is taken as a whole, since its
    /// revisions may have overtaken ours with other content.
    Lower,
    /// Both disagree: pushing stops, and a person looks.
    Differs(Alarm),
}

/// Compares. `held` is the hash that the journal has where the centre stands; `acked_before` is what was acknowledged when the centre
/// was asked: a receipt that came while it answered is newer than the answer.
#[must_use]
pub fn compare(answer: &HelloAnswer, head: &Head, held: Option<Hash>, acked_before: u64) -> Past {
    let acked_seq = answer.expected_seq.saturating_sub(1);
    if acked_seq > head.seq {
        return Past::Differs(Alarm::Ahead { centre: acked_seq, head: head.seq });
    }
    match held {
        None => Past::Differs(Alarm::Trimmed { wanted: answer.expected_seq, anchor: head.anchor_seq }),
        Some(hash) if hash != answer.expected_hash => Past::Differs(Alarm::Fork { seq: acked_seq }),
        Some(_) if acked_seq < acked_before => Past::Lower,
        Some(_) if acked_seq > head.marks.acked_seq => Past::Further,
        Some(_) => Past::Agreed,
    }
}

/// Whether the journal still has what the centre has signed for; `held` is the hash that it has there. What was trimmed needs none.
#[must_use]
pub fn against_receipt(signed: Place, head: &Head, held: Option<Hash>) -> Option<Alarm> {
    match held {
        _ if signed.seq > head.seq => Some(Alarm::Cut { receipt: signed.seq, head: head.seq }),
        Some(hash) if hash != signed.hash => Some(Alarm::Rewritten { seq: signed.seq }),
        _ => None,
    }
}

/// Whether a receipt is one of the batch that was sent: from `first` to `last` under this epoch.
#[must_use]
pub const fn is_receipt_of(ack: &EventsAck, epoch: u32, first: u64, last: u64) -> bool {
    ack.epoch == epoch && first <= ack.acked_seq && ack.acked_seq <= last
}

/// What is left to do when the hello after a refusal has shown where the centre stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterRefusal {
    /// It stands somewhere else: go on from there.
    GoOn,
    /// It stands where the refused batch began: ask again later, with an alarm if it holds that our event does not follow from our own past.
    Stuck(Option<Alarm>),
}

/// Judges; `acked_seq` is the mark after that hello, `sent_from` the first event of the refused batch.
#[must_use]
pub const fn after_refusal(code: RefusalCode, sent_from: u64, acked_seq: u64) -> AfterRefusal {
    match code {
        _ if acked_seq + 1 != sent_from => AfterRefusal::GoOn,
        RefusalCode::Epoch => AfterRefusal::Stuck(None),
        RefusalCode::Gap | RefusalCode::Chain => AfterRefusal::Stuck(Some(Alarm::Fork { seq: sent_from })),
    }
}

/// Whether the index must be taken as a whole and is doubted until then: the centre's is older than ours, or ours is not of its past. `ours` is
/// the revision from before the question.
#[must_use]
pub fn is_index_foreign(ours: Option<u64>, answer: &HelloAnswer) -> bool {
    answer.knows_index == Some(false) || ours.is_some_and(|ours| answer.revision < ours)
}
