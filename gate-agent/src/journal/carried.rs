//! What of the emergency log the journal has already: the program may have ended after the one had taken it and before the other was emptied.
//! Promises: reads only, on a connection of its own. Blocks on the disk. What has no visit, or one of more than a few hundred records, is taken for missing:
//! rather twice than not at all.

use std::path::Path;

use protocols::contract::{Event, EventType};

use super::{
    draft::Draft,
    error::StoreError,
    sqlite::{connect_read_only, failed, select_visit},
};

/// Records of one visit that are looked at; a lane writes a dozen.
const MOST_OF_A_VISIT: i64 = 500;

/// Those that the journal at this path does not have; an end that was made up for an intent goes with its intent, which has one in the journal.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn missing(path: &Path, drafts: Vec<Draft>) -> Result<Vec<Draft>, StoreError> {
    if drafts.is_empty() {
        return Ok(drafts);
    }
    let db = connect_read_only(path)?;
    let mut missing = Vec::new();
    for draft in drafts {
        let records = match &draft.visit_id {
            Some(visit) => select_visit(&db, visit.as_str(), MOST_OF_A_VISIT),
            None => Ok(Vec::new()),
        };
        let records = records.map_err(|error| failed("read", &error))?;
        let events = records.iter().filter_map(|record| serde_json::from_str::<Event>(&record.json).ok());
        if !events.into_iter().any(|event| is_of(&event, &draft)) {
            missing.push(draft);
        }
    }
    Ok(missing)
}

fn is_of(event: &Event, draft: &Draft) -> bool {
    let event_type = match draft.event_type {
        EventType::RaiseOutcome => EventType::RaiseIntent,
        other => other,
    };
    event.event_type == event_type
        && event.mono_us == draft.at.as_micros()
        && event.occurred_at == draft.occurred_at
}

#[cfg(test)]
mod tests {
    use protocols::{
        contract::UtcMillis,
        ids::{LaneId, VisitId},
        rules::LaneDirection,
        tick::Tick,
    };

    use super::*;
    use crate::{
        cache::samples::{gate, noon},
        clock::SimClock,
        journal::{EmergencyLog, JournalCore, LaneRef, SqliteStore},
    };

    /// Contract section 7; invariant I2: a release that stands in the journal and in the emergency log, because the program ended before this was emptied, is
    /// not carried over again, nor is an end made up for it; one that stands in the log alone is.
    #[test]
    fn what_the_journal_has_is_not_carried_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let log = EmergencyLog::at(folder.path().join("emergency.log"));
        let release = |visit: &str, at: u64| {
            let draft = |event_type| Draft {
                lane: Some(LaneRef { lane_id: LaneId::parse("IN1").unwrap(), direction: LaneDirection::In }),
                visit_id: Some(VisitId::parse(visit).unwrap()),
                ..Draft::new(event_type, Tick::from_millis(at), UtcMillis::from_millis(1_780_000_000_123))
            };
            vec![draft(EventType::ManualRelease), draft(EventType::RaiseIntent)]
        };
        let clock = std::sync::Arc::new(SimClock::at(noon()));
        let (mut core, _) = JournalCore::open(SqliteStore::at(path.clone(), gate()), gate(), clock).unwrap();
        core.set_epoch(1).unwrap();
        for (visit, at) in [("IN1-1", 7), ("IN1-2", 9)] {
            log.record(&release(visit, at)).unwrap();
        }
        core.commit(release("IN1-1", 7)).unwrap();
        // The same visit, at another moment.
        core.commit(release("IN1-2", 8)).unwrap();
        let left = EmergencyLog::at(folder.path().join("emergency.log")).left().unwrap();
        assert_eq!(left.len(), 6);
        let missing = missing(&path, left).unwrap();
        let missing: Vec<_> = missing.iter().map(|draft| (draft.event_type, draft.at)).collect();
        let at = Tick::from_millis(9);
        let types = [EventType::ManualRelease, EventType::RaiseIntent, EventType::RaiseOutcome];
        assert_eq!(missing, types.map(|event_type| (event_type, at)));
    }
}
