//! Goes through the sealed records of a journal's file or of an export of it, one after the other, for whoever asks each of them something.
//! Promises: reads only; a running agent may go on writing; memory for a thousand records at a time.
//! Absent on purpose: whether they hold (`verify`).

use std::path::Path;

use super::{
    export::ExportError,
    exported::{is_export, lines},
    sqlite::{connect_read_only, failed, select_after, select_visit},
};

/// Hands over the JSON of each record, of one visit where one is named: of an export every line, of whatever visit.
///
/// # Errors
/// [`ExportError`].
pub fn walk(path: &Path, visit_id: Option<&str>, mut take: impl FnMut(&str)) -> Result<(), ExportError> {
    if is_export(path)? {
        for line in lines(path)? {
            take(&String::from_utf8_lossy(&line?));
        }
        return Ok(());
    }
    let db = connect_read_only(path)?;
    let at_read = |error: rusqlite::Error| failed("read", &error);
    if let Some(visit_id) = visit_id {
        let records = select_visit(&db, visit_id, i64::MAX).map_err(at_read)?;
        records.iter().for_each(|record| take(&record.json));
        return Ok(());
    }
    let mut seq = 0;
    loop {
        let batch = select_after(&db, seq, 1000).map_err(at_read)?;
        let Some(last) = batch.last() else { return Ok(()) };
        seq = last.seq;
        batch.iter().for_each(|record| take(&record.json));
    }
}
