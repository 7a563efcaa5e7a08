//! Sums of ranges of rows, by which two indexes are told apart in a few kilobytes.
//! Promises: a range ends behind a trip that says so by its own number, so that both sides cut alike without asking, some thousand rows
//! each; a row too many or too few joins or parts two ranges and moves no other end.

use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};
use core::ops::Bound;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{LookAt, RowKind, form::RowDigest};
use crate::{contract::ChangeOp, ids::TripNo};

/// Of so many trips one ends a range.
const ONE_OF: u16 = 1024;

/// Whether a range ends behind this trip.
#[must_use]
pub fn ends_range(trip_no: &TripNo) -> bool {
    let hash: [u8; 32] = Sha256::digest(trip_no.as_str()).into();
    let [first, second, ..] = hash;
    u16::from_be_bytes([first, second]).is_multiple_of(ONE_OF)
}

/// Rows taken together, in whatever order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSum {
    /// How many.
    pub rows: u64,
    /// The sum of their digests, modulo 2^128.
    pub digest: RowDigest,
}

impl RowSum {
    /// One row more.
    pub fn add(&mut self, digest: RowDigest) {
        self.join(Self { rows: 1, digest });
    }

    fn join(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.digest = self.digest.plus(other.digest);
    }
}

/// The trips behind the range before, up to this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeSum {
    /// The range's last trip; none for the last range, which has no end.
    pub to: Option<TripNo>,
    /// How many rows.
    pub rows: u64,
    /// The sum of their digests.
    pub digest: RowDigest,
}

/// Ranges whose ends are known, while their rows are read in whatever order.
#[derive(Clone, Debug, Default)]
pub struct IndexRanges {
    ends: Vec<TripNo>,
    sums: Vec<RowSum>,
}

impl IndexRanges {
    /// Ends where these trips say so.
    pub fn new(trips: impl IntoIterator<Item = TripNo>) -> Self {
        let ends: BTreeSet<TripNo> = trips.into_iter().filter(ends_range).collect();
        let ends: Vec<TripNo> = ends.into_iter().collect();
        let sums = (0..=ends.len()).map(|_| RowSum::default()).collect();
        Self { ends, sums }
    }

    /// A trip's row.
    pub fn add(&mut self, trip_no: &TripNo, digest: RowDigest) {
        let place = self.ends.partition_point(|end| end < trip_no);
        if let Some(sum) = self.sums.get_mut(place) {
            sum.add(digest);
        }
    }

    /// The sums, in the order of trip numbers.
    #[must_use]
    pub fn into_sums(self) -> Vec<RangeSum> {
        let ends = self.ends.into_iter().map(Some).chain([None]);
        ends.zip(self.sums).map(|(to, RowSum { rows, digest })| RangeSum { to, rows, digest }).collect()
    }
}

/// 摘要 of a whole index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSums {
    /// Entries and stubs, in the order of trip numbers; the last range has no end.
    pub trips: Vec<RangeSum>,
    /// Denied media.
    pub denied: RowSum,
    /// Rows of policy.
    pub policy: RowSum,
}

/// What has changed between two revisions: about that, sums of the one say nothing of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    trips: BTreeSet<TripNo>,
    denied: bool,
    policy: bool,
}

impl Touched {
    /// By this change.
    pub fn by(&mut self, op: &ChangeOp) {
        match op {
            ChangeOp::Upsert(entry) => self.trips.extend([entry.trip_no]),
            ChangeOp::Stub(stub) => self.trips.extend([stub.trip_no]),
            ChangeOp::Remove { trip_no } => self.trips.extend([*trip_no]),
            ChangeOp::Deny(_) | ChangeOp::Allow { .. } => self.denied = true,
            ChangeOp::Policy(_) => self.policy = true,
        }
    }

    fn in_range(&self, after: Option<TripNo>, to: Option<TripNo>) -> bool {
        // An empty range would be a panic of the library's.
        if after.zip(to).is_some_and(|(after, to)| after >= to) {
            return false;
        }
        let bounds =
            (after.map_or(Bound::Unbounded, Bound::Excluded), to.map_or(Bound::Unbounded, Bound::Included));
        self.trips.range(bounds).next().is_some()
    }
}

impl IndexSums {
    /// Whether the ranges follow each other, and the last has no end.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        let Some((last, others)) = self.trips.split_last() else { return false };
        let ends: Option<Vec<TripNo>> = others.iter().map(|range| range.to).collect();
        last.to.is_none() && ends.is_some_and(|ends| ends.is_sorted_by(|one, next| one < next))
    }

    /// What must be looked at row by row, of two indexes whose ranges are in order.
    #[must_use]
    pub fn unlike(&self, own: &Self, touched: &Touched) -> Vec<LookAt> {
        let ends: BTreeSet<TripNo> = own.trips.iter().filter_map(|range| range.to).collect();
        let (mut own_ranges, mut after, mut found) = (own.trips.iter(), None, Vec::new());
        let (mut theirs, mut ours) = (RowSum::default(), RowSum::default());
        for range in &self.trips {
            theirs.join(RowSum { rows: range.rows, digest: range.digest });
            // Ranges that only one side cuts there are taken together.
            if range.to.is_some_and(|end| !ends.contains(&end)) {
                continue;
            }
            for own in own_ranges.by_ref() {
                ours.join(RowSum { rows: own.rows, digest: own.digest });
                if own.to == range.to {
                    break;
                }
            }
            if theirs != ours || touched.in_range(after, range.to) {
                let text = |trip: Option<TripNo>| trip.map(|trip| Box::from(trip.as_str()));
                found.push(LookAt { kind: RowKind::Trip, after: text(after), to: text(range.to) });
            }
            (after, theirs, ours) = (range.to, RowSum::default(), RowSum::default());
        }
        for (kind, is_unlike) in [
            (RowKind::Deny, self.denied != own.denied || touched.denied),
            (RowKind::Policy, self.policy != own.policy || touched.policy),
        ] {
            found.extend(is_unlike.then_some(LookAt { kind, after: None, to: None }));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::CardNo;

    fn trip(serial: u64) -> TripNo {
        TripNo::from_parts(2025, 10, CardNo::parse("8950000004821").unwrap(), serial).unwrap()
    }

    fn digest(number: u64) -> RowDigest {
        RowDigest::parse(&alloc::format!("{number:032x}")).unwrap()
    }

    fn sums(rows: &[(u64, u64)]) -> IndexSums {
        let mut ranges = IndexRanges::new(rows.iter().map(|(serial, _)| trip(*serial)));
        rows.iter().rev().for_each(|(serial, what)| ranges.add(&trip(*serial), digest(*what)));
        IndexSums { trips: ranges.into_sums(), denied: RowSum::default(), policy: RowSum::default() }
    }

    fn holds(range: &LookAt, serial: u64) -> bool {
        let trip = trip(serial);
        range.after.as_deref().is_none_or(|after| after < trip.as_str())
            && range.to.as_deref().is_none_or(|to| trip.as_str() <= to)
    }

    /// Design section 4: a million rows are a few kilobytes of sums; ranges are some thousand rows long.
    #[test]
    fn ranges_are_some_thousand_rows_long() {
        let all: Vec<(u64, u64)> = (0..100_000).map(|serial| (serial, serial)).collect();
        let sums = sums(&all);
        assert!(sums.is_in_order());
        assert!((60..160).contains(&sums.trips.len()), "{} ranges", sums.trips.len());
        assert_eq!(sums.trips.iter().map(|range| range.rows).sum::<u64>(), 100_000);
        assert!(sums.trips.iter().all(|range| range.rows < 15 * u64::from(ONE_OF)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        /// Design section 4: whatever differs lies in a range that is told, ends of ranges included; without a difference, and without a change
        /// in between, none is told.
        #[test]
        fn what_differs_lies_in_a_range_that_is_told(
            seed in prop::collection::btree_map(0_u64..60_000, any::<u64>(), 1000..3000),
            edits in prop::collection::vec((0_u64..60_000, any::<Option<u64>>()), 0..6),
            moved in prop::collection::vec(0_u64..60_000, 0..3),
        ) {
            let (mut theirs, mut touched) = (seed.clone(), Touched::default());
            for (serial, what) in &edits {
                match what {
                    Some(what) => theirs.extend([(*serial, *what)]),
                    None => theirs.retain(|other, _| other != serial),
                }
            }
            // Ends of ranges are few, so they are taken out on purpose.
            let end = seed.keys().find(|serial| ends_range(&trip(**serial))).copied();
            if let Some(end) = end.filter(|_| !edits.is_empty()) {
                theirs.remove(&end);
            }
            for serial in &moved {
                touched.by(&ChangeOp::Remove { trip_no: trip(*serial) });
            }
            let list = |rows: &alloc::collections::BTreeMap<u64, u64>| rows.iter().map(|(serial, what)| (*serial, *what)).collect::<Vec<_>>();
            let (own, theirs_sums) = (sums(&list(&seed)), sums(&list(&theirs)));
            let told = theirs_sums.unlike(&own, &touched);
            let differs = |serial: &u64| seed.get(serial) != theirs.get(serial) || moved.contains(serial);
            for serial in seed.keys().chain(theirs.keys()).chain(&moved).filter(|serial| differs(serial)) {
                prop_assert!(told.iter().any(|range| holds(range, *serial)), "{serial}");
            }
            let is_same = seed == theirs && moved.is_empty();
            prop_assert_eq!(is_same, told.is_empty());
        }
    }

    /// Contract section 3: ranges that go back, or of which not the last is open, are no sums.
    #[test]
    fn ranges_must_follow_each_other() {
        let range = |to| RangeSum { to, rows: 0, digest: RowDigest::default() };
        let of = |trips| IndexSums { trips, denied: RowSum::default(), policy: RowSum::default() };
        let (one, two) = (Some(trip(1)), Some(trip(2)));
        assert!(of(vec![range(one), range(two), range(None)]).is_in_order());
        for trips in [
            vec![],
            vec![range(one)],
            vec![range(two), range(one), range(None)],
            vec![range(None), range(None)],
            vec![range(one), range(one), range(None)],
        ] {
            assert!(!of(trips).is_in_order());
        }
        let one = of(vec![range(None)]);
        let denied = RowSum { rows: 1, digest: RowDigest::default() };
        let other = IndexSums { denied, ..one.clone() };
        assert_eq!(
            one.unlike(&other, &Touched::default()),
            [LookAt { kind: RowKind::Deny, after: None, to: None }]
        );
    }
}
