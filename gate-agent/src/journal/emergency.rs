//! 应急日志: where a person's release is recorded when the journal cannot be written.
//! Promises: a line is on the disk, synced, before its proof exists; the file is on a path of its own; what stands there is carried into
//! the journal when that works again, and only then taken away. Half a line, which a full disk or a power cut leaves, costs no other line.
//! Only a person's release is written here: nothing opens by itself without the journal.
//! Absent on purpose: the hash chain (the journal's), sending (what is carried over is sent as every event).
//! Source: `contract` section 7.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use protocols::{
    contract::{EventType, RaiseOutcome, Reads, UtcMillis},
    ids::{LaneId, TripNo, VisitId},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
    tick::Tick,
};
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use super::{
    committed::Committed,
    draft::{Draft, LaneRef, TripRef},
};

/// A file larger than this has long needed a person.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The log; clones write to the same file.
#[derive(Clone, Debug)]
pub struct EmergencyLog(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Lines that this run wrote.
    lines: u64,
    /// Whose lines are not yet in the journal: the file is emptied behind the last of them. Without a lane: of the last run.
    waiting: BTreeSet<Option<LaneId>>,
    /// Where this run's lines begin; those before are of runs before.
    own_from: Option<u64>,
    /// What the runs before left was read: until then nobody knows what would go with the file.
    is_known: bool,
}

/// One record as it stands in the file, a line each.
#[derive(Serialize, Deserialize)]
struct Line {
    event_type: EventType,
    lane_id: Option<LaneId>,
    lane_direction: Option<LaneDirection>,
    visit_id: Option<VisitId>,
    occurred_at: UtcMillis,
    mono_us: u64,
    mode: Option<Mode>,
    verdict: Option<Verdict>,
    trip_no: Option<TripNo>,
    version_no: Option<u32>,
    reads: Reads,
    reason_code: Option<ReasonCode>,
    officer_id: Option<Box<str>>,
    detail: Option<serde_json::Value>,
}

impl Line {
    fn of(draft: &Draft) -> Self {
        Self {
            event_type: draft.event_type,
            lane_id: draft.lane.as_ref().map(|lane| lane.lane_id.clone()),
            lane_direction: draft.lane.as_ref().map(|lane| lane.direction),
            visit_id: draft.visit_id.clone(),
            occurred_at: draft.occurred_at,
            mono_us: draft.at.as_micros(),
            mode: draft.mode,
            verdict: draft.verdict,
            trip_no: draft.trip.as_ref().map(|trip| trip.trip_no),
            version_no: draft.trip.as_ref().map(|trip| trip.version_no),
            reads: draft.reads.clone(),
            reason_code: draft.reason,
            officer_id: draft.officer_id.clone(),
            detail: draft.detail.clone(),
        }
    }

    fn into_draft(self) -> Draft {
        let lane = self.lane_id.zip(self.lane_direction);
        let trip = self.trip_no.zip(self.version_no);
        Draft {
            lane: lane.map(|(lane_id, direction)| LaneRef { lane_id, direction }),
            visit_id: self.visit_id,
            mode: self.mode,
            verdict: self.verdict,
            trip: trip.map(|(trip_no, version_no)| TripRef { trip_no, version_no }),
            reads: self.reads,
            reason: self.reason_code,
            officer_id: self.officer_id,
            detail: self.detail,
            ..Draft::new(self.event_type, Tick::from_micros(self.mono_us), self.occurred_at)
        }
    }
}

impl EmergencyLog {
    /// The log at this path; nothing is opened yet.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            path,
            lines: 0,
            waiting: BTreeSet::new(),
            own_from: None,
            is_known: false,
        })))
    }

    /// Writes and syncs. Blocks on the disk: a person waits for it, and no lane does.
    ///
    /// # Errors
    /// When this path fails too; then nothing may open.
    pub fn record(&self, drafts: &[Draft]) -> io::Result<Committed> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for draft in drafts {
            text += &serde_json::to_string(&Line::of(draft))?;
            text.push('\n');
        }
        // Also of what is not proved in the end: it may stand there.
        inner.waiting.extend(drafts.iter().map(|draft| Some(draft.lane.as_ref()?.lane_id.clone())));
        let is_new = !inner.path.exists();
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&inner.path)?;
        let length = file.metadata()?.len();
        if length > LARGEST {
            return Err(io::Error::other("the emergency log is full"));
        }
        inner.own_from.get_or_insert(length);
        if ends_torn(&file, length)? {
            text.insert(0, '\n');
        }
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // What cannot be taken back either is half a line, behind which the next begins a new one.
            let _ = file.set_len(length).and_then(|()| file.sync_all());
            return Err(error);
        }
        if is_new {
            sync_folder_of(&inner.path)?;
        }
        let first = inner.lines + 1;
        inner.lines += drafts.len() as u64;
        error!("the journal is down: a release stands in the emergency log {}", inner.path.display());
        Ok(Committed::in_emergency(first, inner.lines))
    }

    /// What stands in the file, for carrying over after a start: each release with the end that it never told. It waits from now on.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn left(&self) -> io::Result<Vec<Draft>> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Vec::new();
        match File::open(&inner.path) {
            Ok(file) => drop(file.take(inner.own_from.unwrap_or(2 * LARGEST)).read_to_end(&mut text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        inner.is_known = true;
        let mut drafts = Vec::new();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<Line>(line) {
                Ok(line) => drafts.push(line.into_draft()),
                // A line that a power cut tore was never proved, so nothing moved by it.
                Err(error) => {
                    warn!(%error, "a line of the emergency log is torn: {}", String::from_utf8_lossy(line));
                }
            }
        }
        let unknown: Vec<Draft> =
            drafts.iter().filter(|draft| draft.event_type == EventType::RaiseIntent).map(unknown).collect();
        drafts.extend(unknown);
        if !drafts.is_empty() {
            inner.waiting.insert(None);
        }
        Ok(drafts)
    }

    /// What this lane wrote, or without one what a start found, is in the journal: the file is emptied when nothing else in it waits, and not before it
    /// was read what the runs before left.
    ///
    /// # Errors
    /// When it cannot be; it is carried over once more at the next start then.
    pub fn carried_over(&self, lane: Option<&LaneId>) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.waiting.remove(&lane.cloned());
        if !inner.waiting.is_empty() || !inner.is_known {
            return Ok(());
        }
        let mut file = match OpenOptions::new().write(true).open(&inner.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                inner.own_from = None;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        file.set_len(0)?;
        inner.own_from = None;
        file.seek(SeekFrom::Start(0))?;
        file.sync_all()?;
        Ok(())
    }
}

/// The agent ended before it could record what became of the raise; it is never pulsed again by itself.
fn unknown(intent: &Draft) -> Draft {
    Draft {
        event_type: EventType::RaiseOutcome,
        outcome: Some(RaiseOutcome::Unknown),
        reason: Some(ReasonCode::BarrierTimedOut),
        detail: Some(serde_json::json!({ "why": "carried over from the emergency log after a start" })),
        ..intent.clone()
    }
}

/// The last byte ends no line.
fn ends_torn(file: &File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Longest wait of a lane for the emergency log: a disk that hangs is a disk that fails.
pub const EMERGENCY_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Vec<Draft> {
        let draft = |event_type| Draft {
            lane: Some(LaneRef { lane_id: LaneId::parse("IN1").unwrap(), direction: LaneDirection::In }),
            visit_id: Some(VisitId::parse("IN1-1").unwrap()),
            officer_id: Some("8950000004821".into()),
            reason: Some(ReasonCode::ManualRelease),
            detail: Some(serde_json::json!({ "do": "release", "reason": "抢险车辆" })),
            ..Draft::new(event_type, Tick::from_millis(7), UtcMillis::parse("2026-11-20T08:00:00Z").unwrap())
        };
        vec![draft(EventType::ManualRelease), draft(EventType::RaiseIntent)]
    }

    /// Contract section 7: written and synced first; carried over with its person and reason; emptied only then.
    #[test]
    fn a_release_survives_in_the_emergency_log_until_it_is_carried_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emergency.log");
        let log = EmergencyLog::at(path.clone());
        assert_eq!(log.left().unwrap(), Vec::new());
        log.record(&release()).unwrap();
        // A new start, and a line that a power cut tore.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"event_type\":\"MANUAL_RE").unwrap();
        let left = EmergencyLog::at(path).left().unwrap();
        let types: Vec<_> = left.iter().map(|draft| draft.event_type).collect();
        assert_eq!(types, [EventType::ManualRelease, EventType::RaiseIntent, EventType::RaiseOutcome]);
        assert_eq!(left[..2], release()[..]);
        assert_eq!(left[2].outcome, Some(RaiseOutcome::Unknown));
        log.carried_over(Some(&LaneId::parse("IN1").unwrap())).unwrap();
        assert_eq!(log.left().unwrap(), Vec::new());
    }

    /// Fault A2; invariant I1: half a line, torn inside a character, costs neither the lines before nor the one that is written behind it.
    #[test]
    fn half_a_line_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emergency.log");
        EmergencyLog::at(path.clone()).record(&release()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let inside = whole.windows(3).position(|bytes| bytes == "抢".as_bytes()).unwrap() + 1;
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&whole[..inside]).unwrap();
        let log = EmergencyLog::at(path.clone());
        log.record(&release()).unwrap();
        let left = EmergencyLog::at(path).left().unwrap();
        let intents = left.iter().filter(|draft| draft.event_type == EventType::RaiseIntent).count();
        let releases = left.iter().filter(|draft| draft.event_type == EventType::ManualRelease).count();
        assert_eq!((releases, intents, left.len()), (2, 2, 6));
    }

    /// Invariant I1: as long as nobody has read what the runs before left, no lane takes it away; this run's own lines are not taken for theirs.
    #[test]
    fn what_nobody_has_read_is_not_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emergency.log");
        EmergencyLog::at(path.clone()).record(&release()).unwrap();
        let log = EmergencyLog::at(path.clone());
        log.record(&release()).unwrap();
        log.carried_over(Some(&LaneId::parse("IN1").unwrap())).unwrap();
        let left = log.left().unwrap();
        assert_eq!(left.len(), 3, "of the run before");
        log.carried_over(None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        log.record(&release()).unwrap();
        assert_eq!(EmergencyLog::at(path).left().unwrap().len(), 3);
    }

    /// Contract section 7; invariant I2: however many releases an outage had, they are in the journal once, and gone from the file when those of every
    /// lane and of the last run are; a release that could not be written keeps nothing.
    #[test]
    fn the_file_is_emptied_behind_the_last_that_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emergency.log");
        EmergencyLog::at(path.clone()).record(&release()).unwrap();
        let log = EmergencyLog::at(path);
        assert_eq!(log.left().unwrap().len(), 3);
        let lane = |name| LaneId::parse(name).unwrap();
        let of = |name| {
            let mut drafts = release();
            drafts.iter_mut().flat_map(|draft| &mut draft.lane).for_each(|of| of.lane_id = lane(name));
            drafts
        };
        for name in ["IN1", "OUT1", "IN1"] {
            log.record(&of(name)).unwrap();
        }
        for carried in [Some(lane("IN1")), None] {
            log.carried_over(carried.as_ref()).unwrap();
            assert!(!log.left().unwrap().is_empty(), "emptied with {carried:?}");
        }
        // `left` was asked again meanwhile, as a start would.
        log.carried_over(None).unwrap();
        log.carried_over(Some(&lane("OUT1"))).unwrap();
        assert_eq!(log.left().unwrap(), Vec::new());
    }

    /// Contract section 7: refused when that path fails too.
    #[test]
    fn a_path_that_fails_too_gives_no_proof() {
        let folder = tempfile::tempdir().unwrap();
        let log = EmergencyLog::at(folder.path().join("missing").join("emergency.log"));
        assert!(log.record(&release()).is_err());
    }
}
