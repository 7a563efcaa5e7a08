//! 关区 of a yard: whose records its gates are shown.
//! Promises: the yard's policy and what its gates see of the records change together. An area that comes brings what is shown of its records, and not its
//! history: what nobody sees, and what has said why for long enough, takes no revision. One that goes is looked for among the yard's own rows. Either way
//! the work is as long as what gates are shown, however many years of records there are: the writer is held for all of it.
//! Source: spec SG-206; fault C8.

use protocols::{
    contract::UtcMillis,
    ids::{CustomsCode, TripNo, YardId},
    rules::TripStatus,
};

use super::{
    publish::{Shown, rows_after, show_trips_in},
    upkeep,
};
use crate::{
    binding::{self, index::TripView, record::Record},
    store::{StoreError, Tx, execute},
};

const AT_ONCE: u32 = 500;

/// From now on the yard shows the records of `new` and no others; it has shown those of `old`.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn set(
    tx: &mut Tx,
    yard: &YardId,
    (old, new): (&[CustomsCode], &[CustomsCode]),
    stub_days: u32,
) -> Result<(), StoreError> {
    for area in old.iter().filter(|area| !new.contains(area)) {
        let sql = "DELETE FROM yard_area WHERE yard_id = $1 AND customs_code = $2";
        execute(tx.conn(), sql, [yard.as_str().into(), area.as_str().into()]).await?;
        hide(tx, yard, area).await?;
    }
    let long_ago = upkeep::long_ago(tx.now(), stub_days);
    for area in new.iter().filter(|area| !old.contains(area)) {
        let sql = "INSERT INTO yard_area (yard_id, customs_code) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        execute(tx.conn(), sql, [yard.as_str().into(), area.as_str().into()]).await?;
        show(tx, yard, area, long_ago).await?;
    }
    Ok(())
}

async fn show(tx: &mut Tx, yard: &YardId, area: &CustomsCode, long_ago: UtcMillis) -> Result<(), StoreError> {
    for status in TripStatus::ALL {
        let mut last = None;
        loop {
            let (conn, after) = (tx.conn(), last.as_ref());
            let records =
                binding::store::shown_of_area(conn, area, *status, long_ago, after, AT_ONCE).await?;
            let views = records.iter().filter_map(|record| view(record, long_ago));
            show_trips_in(tx, yard, &views.collect::<Vec<_>>()).await?;
            last = records.into_iter().next_back();
            if last.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// What a yard that has never heard of a record is shown of it.
fn view(record: &Record, long_ago: UtcMillis) -> Option<Shown> {
    let view = binding::index::of(record);
    let shown = match &view {
        TripView::Absent => false,
        TripView::Stub { stub, brief } => !brief || stub.since > long_ago,
        TripView::Entry(_) => true,
    };
    shown.then_some(Shown { trip_no: record.trip_no, view })
}

async fn hide(tx: &mut Tx, yard: &YardId, area: &CustomsCode) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let names = rows_after(tx.conn(), yard, &after, AT_ONCE).await?;
        let Some(last) = names.last() else { return Ok(()) };
        after.clone_from(last);
        let trips = names.iter().filter_map(|name| TripNo::parse(name).ok());
        let gone = binding::store::trips_of_area(tx.conn(), area, trips).await?;
        let gone: Vec<_> =
            gone.into_iter().map(|trip_no| Shown { trip_no, view: TripView::Absent }).collect();
        show_trips_in(tx, yard, &gone).await?;
    }
}
