//! What the journal's thread is asked, and who waits for the answer.

use protocols::contract::Hash;
use tokio::sync::oneshot;

use super::{committed::Committed, draft::Draft, error::JournalError, record::Record};

pub(super) type Answer<T> = oneshot::Sender<Result<T, JournalError>>;

pub(super) enum Job {
    Commit(Vec<Draft>, Answer<Committed>),
    ReadAfter(u64, usize, Answer<Vec<Record>>),
    HashOf(u64, Answer<Option<Hash>>),
    Acknowledge(u64, u64, Answer<()>),
    Cover(u64, Answer<()>),
    SetEpoch(u32, Answer<()>),
    Trim(u32, Answer<usize>),
    Stop,
}

impl Job {
    pub(super) fn refuse(self, error: &JournalError) {
        // Whoever asked may have gone; then nobody needs the answer.
        match self {
            Self::Commit(_, answer) => drop(answer.send(Err(error.clone()))),
            Self::ReadAfter(_, _, answer) => drop(answer.send(Err(error.clone()))),
            Self::HashOf(_, answer) => drop(answer.send(Err(error.clone()))),
            Self::Acknowledge(_, _, answer) | Self::Cover(_, answer) | Self::SetEpoch(_, answer) => {
                drop(answer.send(Err(error.clone())));
            }
            Self::Trim(_, answer) => drop(answer.send(Err(error.clone()))),
            Self::Stop => {}
        }
    }
}
