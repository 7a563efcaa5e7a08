//! 所述索引: what an answer of the centre makes of the index, as it was read here, beside what the centre has signed of it.
//! Absent on purpose: judging whether the two are the same, and whose hand it is (`sync::signed`).
//! Source: fault E3; docs/decisions 0087.

use protocols::{
    contract::{Hash, IndexSignature},
    ids::YardId,
};

/// 所述索引.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose index; changes do not say.
    pub yard_id: Option<YardId>,
    /// The revision that the changes follow; none for a snapshot.
    pub from: Option<u64>,
    /// The revision that the index has afterwards.
    pub revision: u64,
    /// Its mark.
    pub mark: Option<Hash>,
    /// SHA-256 of what came; none when nobody made it, because nothing is signed.
    pub sha256: Option<Hash>,
    /// What the centre has signed.
    pub signed: Option<IndexSignature>,
}
