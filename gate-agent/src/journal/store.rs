//! The port between the journal's rules and its disk.
//! Promises of every store: `append` is all or nothing and durable when it answers; `open` forgets what memory held and reads
//! the disk. Two stores exist: [`super::SqliteStore`] and [`super::MemoryStore`], a disk that fails on command.

use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc};

use protocols::contract::{GateAct, Hash, UtcMillis};

use super::{closed::ClosedLane, error::StoreError, record::Record};

/// How far the centre is with this journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Everything up to here is at the centre.
    pub acked_seq: u64,
    /// From this revision on the index shows the effect of everything acknowledged.
    pub acked_revision: u64,
    /// Everything up to here is visible in this gate's own index.
    pub covered_seq: u64,
}

/// What a store says of itself when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// UUID made with the file.
    pub store_id: Arc<str>,
    /// The centre's number for this file, once it has given one.
    pub epoch: Option<u32>,
    /// How often a program has started on this file before.
    pub boots: u64,
    /// The last record that was trimmed away, or 0.
    pub anchor_seq: u64,
    /// Its hash.
    pub anchor_hash: Hash,
    /// The newest record, or the anchor.
    pub head_seq: u64,
    /// Its hash.
    pub head_hash: Hash,
    /// How far the centre is.
    pub marks: Marks,
}

/// The journal's present end, as everybody may watch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// UUID made with the file.
    pub store_id: Arc<str>,
    /// This start's number, from 1; makes visit ids unique.
    pub boot: u64,
    /// The epoch, once the centre has given one.
    pub epoch: Option<u32>,
    /// The newest record; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// The newest record that was trimmed away.
    pub anchor_seq: u64,
    /// How far the centre is.
    pub marks: Marks,
}

/// 日志存储: where records live.
pub trait JournalStore: Send + 'static {
    /// Closes what is open, reads the disk afresh; makes the store when there is none.
    ///
    /// # Errors
    /// [`StoreError`]; the store is closed then.
    fn open(&mut self) -> Result<Opened, StoreError>;

    /// Counts this start of the program, durably, and gives its number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_boot(&mut self) -> Result<u64, StoreError>;

    /// Keeps the epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_epoch(&mut self, epoch: u32) -> Result<(), StoreError>;

    /// Keeps the marks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_marks(&mut self, marks: Marks) -> Result<(), StoreError>;

    /// Writes something, durably, that leaves the journal as it is: a store that is open may be one that can only be read.
    ///
    /// # Errors
    /// [`StoreError`]: nothing can be recorded here.
    fn prove(&mut self) -> Result<(), StoreError>;

    /// Appends all or none; durable on `Ok`, unknown on `Err`.
    ///
    /// # Errors
    /// [`StoreError`]; the caller opens the store again.
    fn append(&mut self, batch: &[Record]) -> Result<(), StoreError>;

    /// Records after `seq`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_after(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, StoreError>;

    /// All records of every visit that is unsettled (`recover::is_unsettled`), by visit, then number; by an index.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unsettled(&mut self) -> Result<Vec<Record>, StoreError>;

    /// The lanes that a person has closed and nobody has opened since; kept whatever is cut.
    ///
    /// # Errors
    /// [`StoreError`].
    fn closed_lanes(&mut self) -> Result<Vec<ClosedLane>, StoreError>;

    /// Release codes that have opened; kept whatever is cut.
    ///
    /// # Errors
    /// [`StoreError`].
    fn used_codes(&mut self) -> Result<BTreeSet<Box<str>>, StoreError>;

    /// Acts upon trips after `seq`, in order; by an index.
    ///
    /// # Errors
    /// [`StoreError`].
    fn own_acts_after(&mut self, seq: u64) -> Result<Vec<GateAct>, StoreError>;

    /// The first record after `seq` that bears one of these dates, by its number, and the date.
    ///
    /// # Errors
    /// [`StoreError`].
    fn first_dated(
        &mut self,
        seq: u64,
        dates: RangeInclusive<UtcMillis>,
    ) -> Result<Option<(u64, UtcMillis)>, StoreError>;

    /// Whether room for records is kept for a full disk; true for a store that needs none.
    fn has_reserve(&self) -> bool {
        true
    }

    /// Keeps such room again once there is some.
    fn refill(&mut self) {}

    /// Removes records up to and with `seq`, whose hash stays as the anchor.
    ///
    /// # Errors
    /// [`StoreError`].
    fn cut(&mut self, seq: u64, hash: Hash) -> Result<(), StoreError>;
}
