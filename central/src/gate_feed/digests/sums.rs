//! The sums of a yard's index, and what a gate's sums differ from them in.
//! Promises: a yard's rows are read in one read transaction and by one reader; gates that come after it within the hour and some revisions have
//! what it found, with the changes in between taken out of the comparison; kept are the sums of some yards, no rows.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use protocols::{
    contract::{
        ChangeOp, DigestsAnswer, DigestsRequest, Hash, IndexRanges, IndexSums, RowDigest, RowSum,
        SnapshotRow, Touched, ends_range,
    },
    ids::{TripNo, YardId},
};
use sea_orm::DatabaseTransaction;

use super::{revision, stale, unusable};
use crate::{
    app::Central,
    declaration::problem::Problem,
    gate_feed::{
        mark,
        publish::{self, DENY, ENTRY, POLICY, STUB},
    },
    store::{StoreError, all, column, from_json},
};

/// Names and rows in one statement.
const NAMES: i64 = 5000;
const PAGE: i64 = 500;
/// Sums of another revision serve for so many in between; each takes its range out of the comparison of sums.
const NEAR: i64 = 16;
/// After a reading that others wrote through, so many are still told apart.
const FAR: i64 = 1000;
/// A file that goes bad without a change is found by the next reading.
const KEEP_MS: i64 = 3600 * 1000;
/// Yards whose sums are kept.
const YARDS: usize = 8;
/// For a gate whose yard is being read.
const COME_BACK_S: u32 = 5;

/// 摘要 of a yard at a revision.
#[derive(Clone, Debug)]
struct Read {
    yard: YardId,
    revision: i64,
    mark: Option<Hash>,
    at_ms: i64,
    sums: IndexSums,
}

/// The readings of yards' indexes: what the last ones found, and which are under way.
#[derive(Debug, Default)]
pub struct Passes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    kept: Vec<Read>,
    under_way: BTreeSet<YardId>,
}

impl Passes {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sums of a yard, if they are young and near enough.
    fn kept(&self, yard: &YardId, revision: i64, now_ms: i64) -> Option<Read> {
        let is_young = |read: &&Read| (0..KEEP_MS).contains(&(now_ms - read.at_ms));
        let is_near = |read: &&Read| (read.revision - revision).abs() <= NEAR;
        self.state().kept.iter().filter(|read| read.yard == *yard).filter(is_young).find(is_near).cloned()
    }

    /// The place of the one who reads a yard.
    fn begin(&self, yard: YardId) -> Option<UnderWay<'_>> {
        self.state().under_way.insert(yard).then_some(UnderWay { passes: self, yard })
    }

    fn keep(&self, read: Read) {
        let mut state = self.state();
        state.kept.retain(|kept| kept.yard != read.yard);
        state.kept.insert(0, read);
        state.kept.truncate(YARDS);
    }
}

struct UnderWay<'a> {
    passes: &'a Passes,
    yard: YardId,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.passes.state().under_way.remove(&self.yard);
    }
}

pub(super) async fn compare(
    central: &Central,
    yard: &YardId,
    asked: &DigestsRequest,
    sums: &IndexSums,
) -> Result<DigestsAnswer, Problem> {
    let theirs = i64::try_from(asked.revision).unwrap_or(i64::MAX);
    revision(central.store().read(), yard, (asked.revision, asked.mark)).await?;
    let now_ms = central.store().clock().now().as_millis();
    let own = match of_the_past(central, central.passes().kept(yard, theirs, now_ms)).await? {
        Some(read) => read,
        None => read_now(central, *yard, now_ms).await?,
    };
    // Whatever was committed since is in the log.
    let tx = central.store().begin_read().await?;
    revision(&tx, yard, (asked.revision, asked.mark)).await?;
    let between = (theirs.min(own.revision), theirs.max(own.revision));
    let Some(touched) = touched(&tx, yard, between).await? else { return Ok(stale(own.revision)) };
    central.metrics().index_compared();
    let look_at = sums.unlike(&own.sums, &touched);
    Ok(DigestsAnswer { revision: own.revision.unsigned_abs(), look_at, ..DigestsAnswer::default() })
}

/// Unless the database was restored meanwhile, past this process.
async fn of_the_past(central: &Central, read: Option<Read>) -> Result<Option<Read>, StoreError> {
    let Some(read) = read else { return Ok(None) };
    let own = mark::at(central.store().read(), &read.yard, read.revision).await?;
    Ok((own == read.mark).then_some(read))
}

/// What has changed behind the first revision, up to and with the second; none when that is too much.
async fn touched(
    tx: &DatabaseTransaction,
    yard: &YardId,
    (from, to): (i64, i64),
) -> Result<Option<Touched>, StoreError> {
    let sql = "SELECT body FROM change_log WHERE yard_id = $1 AND rev > $2 AND rev <= $3 LIMIT $4";
    let values = [yard.as_str().into(), from.into(), to.into(), (FAR + 1).into()];
    let rows = all(tx, sql, values).await?;
    // Changes that are cut from the log meanwhile are missing here.
    if i64::try_from(rows.len()) != Ok(to - from) || to - from > FAR {
        return Ok(None);
    }
    let mut touched = Touched::default();
    for row in &rows {
        touched.by(&from_json::<ChangeOp>("change", &column::<String>(row, "body")?)?);
    }
    Ok(Some(touched))
}

async fn read_now(central: &Central, yard: YardId, now_ms: i64) -> Result<Read, Problem> {
    let under_way = central.passes().begin(yard).ok_or_else(|| Problem::busy(COME_BACK_S))?;
    let place = central.snapshot_place().ok_or_else(|| Problem::busy(COME_BACK_S))?;
    let tx = central.store().begin_read().await?;
    let revision = publish::revision(&tx, &yard).await?;
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    let mark = mark::at(&tx, &yard, revision).await?;
    let reading = Reading { central, tx: &tx, yard: &yard };
    let ends = reading.ends().await?;
    let sums = reading.sums(IndexRanges::new(ends)).await?;
    let read = Read { yard, revision, mark, at_ms: now_ms, sums };
    central.passes().keep(read.clone());
    drop((place, under_way));
    Ok(read)
}

struct Reading<'a> {
    central: &'a Central,
    tx: &'a DatabaseTransaction,
    yard: &'a YardId,
}

impl Reading<'_> {
    /// The trips that end ranges, which the index of names tells without the rows.
    async fn ends(&self) -> Result<Vec<TripNo>, Problem> {
        let sql = "SELECT name FROM index_row WHERE yard_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let (mut ends, mut after) = (Vec::new(), String::new());
        loop {
            let rows =
                all(self.tx, sql, [self.yard.as_str().into(), after.clone().into(), NAMES.into()]).await?;
            for row in &rows {
                after = column(row, "name")?;
                // Rows of policy have names that are no trips.
                ends.extend(TripNo::parse(&after).ok().filter(ends_range));
            }
            if i64::try_from(rows.len()) != Ok(NAMES) {
                return Ok(ends);
            }
            self.must_go_on()?;
        }
    }

    async fn sums(&self, mut ranges: IndexRanges) -> Result<IndexSums, Problem> {
        let (mut denied, mut policy) = (RowSum::default(), RowSum::default());
        for kind in [ENTRY, STUB, DENY, POLICY] {
            let mut after = (String::new(), String::new(), String::new());
            while let Some(last) = self
                .page(kind, after, |row| match row {
                    SnapshotRow::Entry(entry) => ranges.add(&entry.trip_no, RowDigest::of_entry(&entry)),
                    SnapshotRow::Stub(stub) => ranges.add(&stub.trip_no, RowDigest::of_stub(&stub)),
                    SnapshotRow::Deny(row) => denied.add(RowDigest::of_denied(&row)),
                    SnapshotRow::Policy(row) => policy.add(RowDigest::of_policy(&row)),
                })
                .await?
            {
                after = last;
                self.must_go_on()?;
            }
        }
        Ok(IndexSums { trips: ranges.into_sums(), denied, policy })
    }

    /// A page in the order of the primary key; the last key when there may be more.
    async fn page(
        &self,
        kind: &'static str,
        after: (String, String, String),
        mut take: impl FnMut(SnapshotRow),
    ) -> Result<Option<(String, String, String)>, StoreError> {
        let sql = "SELECT medium_type, medium_key, name, body FROM index_row WHERE yard_id = $1 AND kind = $2
                   AND (medium_type, medium_key, name) > ($3, $4, $5)
                   ORDER BY medium_type, medium_key, name LIMIT $6";
        let values = [
            self.yard.as_str().into(),
            kind.into(),
            after.0.into(),
            after.1.into(),
            after.2.into(),
            PAGE.into(),
        ];
        let rows = all(self.tx, sql, values).await?;
        for row in &rows {
            take(row_of(kind, &column::<String>(row, "body")?)?);
        }
        let last = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(PAGE));
        last.map(|last| {
            Ok((column(last, "medium_type")?, column(last, "medium_key")?, column(last, "name")?))
        })
        .transpose()
    }

    /// A service that stops does not read a million rows first.
    fn must_go_on(&self) -> Result<(), Problem> {
        if self.central.is_stopping() { Err(Problem::busy(1)) } else { Ok(()) }
    }
}

/// A row as it is stored.
pub(super) fn row_of(kind: &str, body: &str) -> Result<SnapshotRow, StoreError> {
    Ok(match kind {
        ENTRY => SnapshotRow::Entry(from_json("index entry", body)?),
        STUB => SnapshotRow::Stub(from_json("stub", body)?),
        DENY => SnapshotRow::Deny(from_json("denied medium", body)?),
        POLICY => SnapshotRow::Policy(from_json("policy", body)?),
        other => return Err(unusable("kind of an index row", other)),
    })
}
