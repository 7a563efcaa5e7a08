//! The tables of `journal.db`, format 3.
//! Rules for change: a later format migrates an older file forward in one transaction; an older release refuses a newer file.
//! `event.json` is the record; the other columns are copies for queries. `event_act` answers the overlay without touching the
//! rows, `open_visit`, `closed_lane` and `used_code` answer recovery: they hold only what is needed, whatever the journal's age.
//! Format 1 had no `closed_lane`, format 2 no `used_code`: nothing before it knew release codes.

/// The format that this release writes.
pub(super) const FORMAT: i64 = 3;

/// Makes the tables of a new file.
pub(super) const CREATE: &str = "
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  store_id TEXT NOT NULL,
  gate_id TEXT NOT NULL,
  epoch INTEGER,
  boots INTEGER NOT NULL DEFAULT 0,
  anchor_seq INTEGER NOT NULL DEFAULT 0,
  anchor_hash BLOB NOT NULL DEFAULT (zeroblob(32)),
  acked_seq INTEGER NOT NULL DEFAULT 0,
  acked_revision INTEGER NOT NULL DEFAULT 0,
  covered_seq INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  event_type TEXT NOT NULL,
  lane_id TEXT,
  lane_direction TEXT,
  visit_id TEXT,
  trip_no TEXT,
  occurred_at INTEGER NOT NULL,
  hash BLOB NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX event_visit ON event (visit_id, seq) WHERE visit_id IS NOT NULL;
CREATE INDEX event_act ON event (seq, trip_no, event_type, lane_direction, lane_id, visit_id) WHERE trip_no IS NOT NULL;
CREATE TABLE open_visit (visit_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE closed_lane (lane_id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE used_code (code_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
";

/// From format 1 to 2: each lane is as the last record says that closed or opened it. With `MAX` the other columns are that row's.
pub(super) const FROM_1: &str = "
CREATE TABLE closed_lane (lane_id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO closed_lane (lane_id, json)
  SELECT lane_id, json FROM (
    SELECT lane_id, json, MAX(seq) FROM event
    WHERE event_type = 'LANE_STATE' AND visit_id IS NULL AND lane_id IS NOT NULL
      AND json ->> '$.detail.do' IN ('close_lane', 'open_lane')
    GROUP BY lane_id)
  WHERE json ->> '$.detail.do' = 'close_lane';
PRAGMA user_version = 2;
";

/// From format 2 to 3.
pub(super) const FROM_2: &str = "
CREATE TABLE used_code (code_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
";

/// Columns of a record, in the order that `sqlite::record` reads.
pub(super) const COLUMNS: &str =
    "seq, event_type, lane_id, lane_direction, visit_id, trip_no, occurred_at, hash, json";

/// Records of open visits. `CROSS JOIN` keeps the order: the few open visits lead, the journal is only looked up.
pub(super) const UNSETTLED: &str =
    "SELECT seq, event_type, lane_id, lane_direction, event.visit_id, trip_no, occurred_at, hash, json
  FROM open_visit CROSS JOIN event ON event.visit_id = open_visit.visit_id ORDER BY open_visit.visit_id, seq";

/// What `recover::is_unsettled` asks of a visit; only these types note what follows them.
pub(super) const STEPS_OF_VISIT: &str =
    "SELECT event_type, CASE WHEN event_type IN ('PASS', 'LANE_STATE', 'MANUAL_RELEASE') THEN json ->> '$.detail.then' END
  FROM event WHERE visit_id = ?1 ORDER BY seq";

/// Open visits of which no record is left.
pub(super) const FORGET_CUT_VISITS: &str = "DELETE FROM open_visit
  WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.visit_id = open_visit.visit_id)";

/// Acts upon trips after a number.
pub(super) const OWN_ACTS: &str =
    "SELECT seq, trip_no, event_type, lane_direction, lane_id, visit_id FROM event
  WHERE trip_no IS NOT NULL AND seq > ?1 ORDER BY seq";

/// The first record after a number that bears one of these dates.
pub(super) const FIRST_DATED: &str = "SELECT seq, occurred_at FROM event WHERE seq > ?1 AND occurred_at BETWEEN ?2 AND ?3 ORDER BY seq LIMIT 1";
