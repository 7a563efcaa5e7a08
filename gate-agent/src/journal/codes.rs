//! Which release codes have been used, by the journal's own records: so that a code opens once, over restarts and kills (fault E6).
//! Promises: kept in the transaction of the record that says so, which is durable before the barrier moves; it outlives the record, which is
//! trimmed away after some months.
//! Absent on purpose: the codes themselves, which the journal never sees; what they are worth (`release_code`).

use std::{collections::BTreeSet, path::Path, sync::Arc};

use protocols::contract::EventType;
use serde_json::Value;

use super::{
    draft::Draft,
    error::StoreError,
    record::Record,
    sqlite::{connect_read_only, failed, read_opened, select_used_codes},
};

/// 放行码编号: `code` in the detail of the record by which a release code stood for the second person.
pub const CODE: &str = "code";

/// Which codes a journal knows as used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedCodes {
    /// The journal's own id: codes are good for the journal that would record their use, and for no other.
    pub store_id: Arc<str>,
    /// Their ids.
    pub used: BTreeSet<Box<str>>,
}

/// What the journal's file says of used codes; the agent may be running.
///
/// # Errors
/// When it is not there or cannot be read.
pub fn used_codes(journal: &Path) -> Result<UsedCodes, StoreError> {
    let db = connect_read_only(journal)?;
    let store_id = read_opened(&db)?.store_id;
    let used = select_used_codes(&db).map_err(|error| failed("read", &error))?;
    Ok(UsedCodes { store_id, used })
}

impl Draft {
    /// The code that this draft uses up.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.detail.as_ref().filter(|_| uses_up(self.event_type.code())).and_then(named)
    }
}

/// The code that this record uses up.
pub(super) fn used_by(record: &Record) -> Option<Box<str>> {
    if !uses_up(&record.event_type) {
        return None;
    }
    let event: Value = serde_json::from_str(&record.json).ok()?;
    named(event.get("detail")?).map(Into::into)
}

/// The records by which a person opens; their intents repeat the detail.
fn uses_up(event_type: &str) -> bool {
    [EventType::ManualRelease, EventType::EmptyExit].iter().any(|opens| opens.code() == event_type)
}

fn named(detail: &Value) -> Option<&str> {
    detail.get(CODE)?.as_str()
}
