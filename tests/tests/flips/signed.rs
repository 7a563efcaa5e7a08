//! What the centre has signed of an index, on its way to a gate that knows the authority: a snapshot, and changes that follow it.

use gate_agent::{
    cache::{Cache, Feed},
    sync::judge_index,
};
use protocols::{
    contract::{
        Change, ChangeOp, Changes, Hash, IndexSignature, PolicyRow, SnapshotTail, changes_digest, feed_mark,
    },
    rules::YardPolicy,
};

use super::{identity::Trust, index, plan, sweep::folder};

const NONCE: Hash = Hash([5; 32]);

/// A centre's hand, and what has come from it.
pub(crate) struct Signed {
    authorities: [Box<str>; 1],
    snapshot: Vec<u8>,
    changes: Vec<u8>,
}

impl Signed {
    pub(crate) fn new() -> Self {
        let trust = Trust::of_receipts();
        let authorities = [trust.authority()];
        let (snapshot, changes) = (snapshot(&trust), changes(&trust));
        Self { authorities, snapshot, changes }
    }

    /// Its lines.
    pub(crate) fn snapshot(&self) -> &[u8] {
        &self.snapshot
    }

    /// The body of the answer.
    pub(crate) fn changes(&self) -> &[u8] {
        &self.changes
    }

    /// Whether a gate takes these bytes as a snapshot; then the index must be what was signed.
    pub(crate) fn is_snapshot_taken(&self, bytes: &[u8]) -> bool {
        let folder = folder();
        let cache = index::open(&folder.path().join("cache.db"));
        let is_taken = self.take_snapshot(&cache, bytes).is_some();
        let expected = is_taken.then(|| index::content(&index::whole(folder.path())));
        assert_eq!(cache.stamp().map(|_| index::content(&cache)), expected);
        is_taken
    }

    fn take_snapshot(&self, cache: &Cache, bytes: &[u8]) -> Option<u64> {
        let mut snapshot = cache.begin_snapshot().ok()?;
        std::str::from_utf8(bytes).ok()?.lines().try_for_each(|line| snapshot.line(line)).ok()?;
        let whole = snapshot.whole().ok()?;
        judge_index(&whole.told(), &plan::yard(), Some(NONCE), &self.authorities).ok()?;
        whole.take().ok()
    }

    /// Whether a gate takes these bytes as changes after the snapshot; then the index must be what came of those that were signed.
    pub(crate) fn are_changes_taken(&self, bytes: &[u8]) -> bool {
        let folder = folder();
        let [cache, expected] =
            ["cache.db", "expected.db"].map(|name| index::open(&folder.path().join(name)));
        for cache in [&cache, &expected] {
            self.take_snapshot(cache, &self.snapshot).expect("it is sound");
        }
        let is_taken = self.take_changes(&cache, bytes).is_some();
        if is_taken {
            self.take_changes(&expected, &self.changes).expect("they are sound");
        }
        assert_eq!(index::content(&cache), index::content(&expected));
        is_taken
    }

    fn take_changes(&self, cache: &Cache, bytes: &[u8]) -> Option<u64> {
        let feed = Feed::parse(bytes).ok()?;
        judge_index(&feed.told(), &plan::yard(), None, &self.authorities).ok()?;
        cache.apply_changes(&feed).ok()
    }
}

fn unsigned(revision: u64, mark: Option<Hash>, sha256: Hash) -> IndexSignature {
    IndexSignature {
        yard_id: plan::yard(),
        from: None,
        revision,
        mark,
        sha256,
        nonce: None,
        at: plan::start(),
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    }
}

fn snapshot(trust: &Trust) -> Vec<u8> {
    let whole = index::snapshot();
    let (lines, tail) = whole.trim_end().rsplit_once('\n').unwrap();
    let mut tail: SnapshotTail = serde_json::from_str(tail).unwrap();
    let told = unsigned(index::REVISION, Some(index::mark()), tail.sha256);
    tail.signed = Some(trust.sign(IndexSignature { nonce: Some(NONCE), ..told }));
    format!("{lines}\n{}\n", serde_json::to_string(&tail).unwrap()).into_bytes()
}

/// A trip goes, a medium is allowed, another denied, and the policy changes.
fn changes(trust: &Trust) -> Vec<u8> {
    let allowed = index::denied(1);
    let mut policy = YardPolicy::new(vec![plan::area()]);
    policy.max_index_age_h = 48;
    let ops = [
        ChangeOp::Remove { trip_no: plan::trip_no(2) },
        ChangeOp::Allow {
            medium_type: allowed.medium_type,
            medium_key: allowed.medium_key,
            version: allowed.version + 100,
        },
        ChangeOp::Deny(index::denied(15)),
        ChangeOp::Policy(PolicyRow::Yard(policy)),
    ];
    let from = index::REVISION;
    let changes: Vec<Change> = (from + 1..).zip(ops).map(|(rev, op)| Change { rev, op }).collect();
    let (to, mark) = (from + changes.len() as u64, Some(feed_mark(Some(index::mark()), from + 1, "later")));
    let sha256 = changes_digest(&serde_json::to_value(&changes).unwrap()).unwrap();
    let signed = trust.sign(IndexSignature { from: Some(from), ..unsigned(to, mark, sha256) });
    let answer = Changes { from, to, more: false, changes, mark, signed: Some(signed) };
    serde_json::to_vec(&answer).unwrap()
}
