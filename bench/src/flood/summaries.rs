//! What noise leaves in the agent's journal: summaries of what was shed, and anything else of the noisy lane.

use std::path::Path;

use anyhow::Context;
use protocols::contract::{EventType, UtcMillis};
use rusqlite::{Connection, OpenFlags};

/// A time in which there was noise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noisy {
    pub(crate) from: UtcMillis,
    pub(crate) until: UtcMillis,
}

/// What a lane got in these times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Left {
    /// Summaries a second of what was shed, in the worst of these times.
    pub(crate) summaries: f64,
    /// Records of any other kind, in all of them.
    pub(crate) others: u32,
}

/// Reads what a lane got in the journal of that folder.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn left(data: &Path, lane: &str, times: &[Noisy]) -> anyhow::Result<Left> {
    let path = data.join("journal.db");
    let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut query =
        db.prepare("SELECT occurred_at, event_type = ?2 FROM event WHERE lane_id = ?1 ORDER BY seq")?;
    let rows = query.query_map([lane, EventType::Shed.code()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(count(&rows.collect::<Result<Vec<_>, _>>()?, times))
}

/// Of each record: when, and whether it is a summary.
fn count(records: &[(i64, bool)], times: &[Noisy]) -> Left {
    let mut left = Left::default();
    for time in times {
        let within = |at: &i64| (time.from.as_millis()..=time.until.as_millis()).contains(at);
        let (summaries, others): (Vec<_>, Vec<_>) =
            records.iter().filter(|(at, _)| within(at)).partition(|(_, is_summary)| *is_summary);
        let at: Vec<i64> = summaries.into_iter().map(|(at, _)| at).collect();
        left.summaries = left.summaries.max(rate(&at, time));
        left.others += u32::try_from(others.len()).unwrap_or(u32::MAX);
    }
    left
}

/// The summaries between the first and the last of them, over the time between these; one each second is one a second, however the
/// seconds fall.
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of a run")]
fn rate(at: &[i64], time: &Noisy) -> f64 {
    match at {
        [first, .., last] if last > first => (at.len() - 1) as f64 * 1000.0 / (last - first) as f64,
        _ => at.len() as f64 * 1000.0 / (time.until.as_millis() - time.from.as_millis()).max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_each_second_is_one_a_second_however_the_seconds_fall() {
        let time = Noisy { from: UtcMillis::from_millis(1_000), until: UtcMillis::from_millis(6_000) };
        let summaries = |at: &[i64]| {
            let records: Vec<_> = at.iter().map(|at| (*at, true)).collect();
            count(&records, &[time]).summaries
        };
        assert!((summaries(&[10, 1_010, 2_010, 3_010, 4_010, 5_010, 7_000]) - 1.0).abs() < 1e-9);
        assert!((summaries(&[1_100, 1_200, 1_300]) - 10.0).abs() < 1e-9);
        assert!((summaries(&[2_000]) - 0.2).abs() < 1e-9);
        assert_eq!(count(&[(999, false), (1_500, false)], &[time]), Left { summaries: 0.0, others: 1 });
    }
}
