//! Looking a trip up by its number: for slips, and for a person who names one.
//! Promises: the gate's own acts are laid over, as in every look-up; off the hot path, so it reads the file.
//! Source: SG-204 (evidence and manual search), SG-219.

use protocols::{
    contract::{IndexEntry, Stub},
    ids::TripNo,
};

use super::{
    db,
    error::CacheError,
    handle::Cache,
    packed::{PackedRow, Row, trip_bytes},
};

/// What the index holds of a trip.
#[derive(Clone, Debug, PartialEq)]
pub enum Trip {
    /// A usable record.
    Entry(Box<IndexEntry>),
    /// Only why it is none.
    Stub(Stub),
}

impl Cache {
    /// The record of a trip, this gate's own acts laid over; none where the index does not know it, or there is no index yet.
    ///
    /// # Errors
    /// [`CacheError`] when the file cannot be read.
    pub fn find_trip(&self, trip_no: TripNo) -> Result<Option<Trip>, CacheError> {
        let inner = self.inner();
        let key = trip_bytes(&trip_no).map_err(|damaged| db::corrupt(&damaged))?;
        loop {
            let departures = inner.overlay.departures();
            let row: Option<PackedRow> = match &*inner.writer() {
                Some(file) => db::find_trip(file, &key)?,
                None => None,
            };
            let Some(row) = row else { return Ok(None) };
            match row.unpack().map_err(|damaged| db::corrupt(&damaged))? {
                Row::Stub(stub) => return Ok(Some(Trip::Stub(stub))),
                Row::Entry(entry) => {
                    let mut entry = [entry];
                    if inner.overlay.lay_over_all(&mut entry, departures) {
                        let [entry] = entry;
                        return Ok(Some(Trip::Entry(Box::new(entry))));
                    }
                }
            }
        }
    }
}
