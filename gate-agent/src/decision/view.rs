//! What the cache knows about the media that were read, at one moment.
//! Promises: the entries already show what this gate has recorded itself (SG-249).

use protocols::{
    contract::{Denied, IndexEntry, Stub},
    rules::YardPolicy,
};

use crate::journal::IndexStamp;

/// 索引视图: the cache's answer for one look-up.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The index and its age; none before the first snapshot.
    pub index: Option<IndexStamp>,
    /// The yard's policy; none before the first snapshot.
    pub yard: Option<YardPolicy>,
    /// True when some lane of the yard leads in (SG-213).
    pub yard_has_entry_lane: bool,
    /// Entries whose medium was read (SG-219).
    pub candidates: Vec<IndexEntry>,
    /// Stubs whose medium was read.
    pub stubs: Vec<Stub>,
    /// Denied media among those read.
    pub denied: Vec<Denied>,
    /// Entries whose trip number stands on a slip that was read: evidence and a look-up, never a match (SG-219).
    pub by_slip: Vec<IndexEntry>,
    /// Entries whose plate differs in one character from one that was read; looked up only where nothing exact may open (SG-225).
    pub near: Vec<IndexEntry>,
}
