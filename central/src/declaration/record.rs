//! 单证: what the shared code knows of a stored record, and the SQL that is the same for every manual.
//! Promises: a row's columns and its `doc` are written together, from one value; a record that is deleted leaves an audit copy (PO-243).
//! Absent on purpose: deciding. A status moves through `lifecycle::apply` only; what only one manual asks stands in its `store`.

use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::lifecycle::Step;
use crate::store::{StoreError, Tx, column, execute, from_json, one, to_json};

/// 单证状态 of a manual.
pub trait Status:
    Copy + PartialEq + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The code in JSON, in receipts and in the store.
    fn code(self) -> &'static str;
    /// 中文名称.
    fn label(self) -> &'static str;
    /// The English name.
    fn label_en(self) -> &'static str;
}

/// What can be done to a record of a manual.
pub trait Action: Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// Its name in receipts, in `actions` and in the audit log.
    fn code(self) -> &'static str;
}

/// 单证头: the part that every manual's record begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head<S> {
    /// The number that people quote; no two records of any manuals share one.
    pub number: Box<str>,
    /// Counts every change of the row (SG-151, AC-215, PO-333).
    pub version: i64,
    /// 单证状态.
    pub status: S,
    /// Since when.
    pub status_since: UtcMillis,
    /// The first save.
    pub entered_at: UtcMillis,
    /// 最近操作时间: the last save, file, submission or receipt (AE-128).
    pub operated_at: UtcMillis,
    /// Customs has answered: there are receipts to look at.
    pub answered: bool,
}

impl<S: Status> Head<S> {
    /// That of a record that is saved for the first time.
    #[must_use]
    pub fn new(number: &str, status: S, now: UtcMillis) -> Self {
        Self {
            number: number.into(),
            version: 1,
            status,
            status_since: now,
            entered_at: now,
            operated_at: now,
            answered: false,
        }
    }
}

/// A stored record of a manual. Its table has the columns of [`Head`] and `doc`, and those of `COLUMNS`.
pub trait Record: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// 单证状态.
    type Status: Status;
    /// What can be done to it.
    type Action: Action;
    /// The manual, as in paths, signatures, attachments and the audit log: `appointment`, `attendance`.
    const MANUAL: &'static str;
    /// Its table.
    const TABLE: &'static str;
    /// Its further columns, by which the manual searches.
    const COLUMNS: &'static [&'static str];
    /// The state chart.
    const LIFECYCLE: &'static [Step<Self::Status, Self::Action>];

    /// 单证头.
    fn head(&self) -> &Head<Self::Status>;
    /// 单证头, to be changed.
    fn head_mut(&mut self) -> &mut Head<Self::Status>;
    /// The values of `COLUMNS`, in their order.
    fn columns(&self) -> Vec<Value>;
}

/// The record of this number.
///
/// # Errors
/// [`StoreError`].
pub async fn find<R: Record, C: ConnectionTrait>(conn: &C, number: &str) -> Result<Option<R>, StoreError> {
    let sql = format!("SELECT doc FROM {} WHERE number = $1", R::TABLE);
    one(conn, &sql, [number.into()]).await?.as_ref().map(read).transpose()
}

/// The record of this number, which nobody else changes until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn take<R: Record>(tx: &Tx, number: &str) -> Result<Option<R>, StoreError> {
    let sql = format!("SELECT doc FROM {} WHERE number = $1{}", R::TABLE, tx.row_lock());
    one(tx.conn(), &sql, [number.into()]).await?.as_ref().map(read).transpose()
}

/// The record in a row that has its `doc`.
///
/// # Errors
/// [`StoreError`].
pub fn read<R: Record>(row: &QueryResult) -> Result<R, StoreError> {
    from_json("record", &column::<String>(row, "doc")?)
}

const HEAD: [&str; 7] =
    ["number", "version", "status", "status_since", "entered_at", "operated_at", "answered"];

/// What a row of the record holds, in the order of [`names`].
///
/// # Errors
/// [`StoreError::Document`].
pub fn values<R: Record>(record: &R) -> Result<Vec<Value>, StoreError> {
    let head = record.head();
    let mut values: Vec<Value> = vec![
        head.number.to_string().into(),
        head.version.into(),
        head.status.code().into(),
        head.status_since.as_millis().into(),
        head.entered_at.as_millis().into(),
        head.operated_at.as_millis().into(),
        i64::from(head.answered).into(),
    ];
    values.extend(record.columns());
    values.push(to_json("record", record)?.into());
    Ok(values)
}

/// The columns of a manual's table.
pub fn names<R: Record>() -> impl Iterator<Item = &'static str> {
    HEAD.into_iter().chain(R::COLUMNS.iter().copied()).chain(["doc"])
}

pub(super) async fn insert<R: Record>(tx: &Tx, record: &R) -> Result<(), StoreError> {
    let places: Vec<_> = (1..=names::<R>().count()).map(|place| format!("${place}")).collect();
    let columns: Vec<_> = names::<R>().collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", R::TABLE, columns.join(", "), places.join(", "));
    execute(tx.conn(), &sql, values(record)?).await?;
    Ok(())
}

/// Writes the row; only the version before may be overwritten.
pub(super) async fn update<R: Record>(tx: &Tx, record: &R) -> Result<bool, StoreError> {
    let sets: Vec<_> =
        (1..).zip(names::<R>()).skip(1).map(|(place, name)| format!("{name} = ${place}")).collect();
    let place = names::<R>().count() + 1;
    let sql = format!("UPDATE {} SET {} WHERE number = $1 AND version = ${place}", R::TABLE, sets.join(", "));
    let mut values = values(record)?;
    values.push((record.head().version - 1).into());
    Ok(execute(tx.conn(), &sql, values).await? == 1)
}

pub(super) async fn delete<R: Record>(tx: &Tx, record: &R, actor: &str) -> Result<(), StoreError> {
    let number: Value = record.head().number.to_string().into();
    let sql = "INSERT INTO deleted_record (unified_no, deleted_at, actor, doc) VALUES ($1, $2, $3, $4)";
    let copy = to_json("record", record)?;
    execute(tx.conn(), sql, [number.clone(), tx.now().as_millis().into(), actor.into(), copy.into()]).await?;
    execute(tx.conn(), &format!("DELETE FROM {} WHERE number = $1", R::TABLE), [number]).await?;
    Ok(())
}
