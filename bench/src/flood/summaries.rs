//! What noise leaves in the agent's journal: how many records of the noisy lane a second.

use std::path::Path;

use anyhow::Context;
use protocols::contract::UtcMillis;
use rusqlite::{Connection, OpenFlags};

/// A time in which there was noise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noisy {
    pub(crate) from: UtcMillis,
    pub(crate) until: UtcMillis,
}

/// The most records a second that a lane got in one of these times, whatever they are.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn most_a_second(data: &Path, lane: &str, times: &[Noisy]) -> anyhow::Result<f64> {
    let path = data.join("journal.db");
    let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut query = db.prepare("SELECT occurred_at FROM event WHERE lane_id = ?1 ORDER BY seq")?;
    let at: Vec<i64> = query.query_map([lane], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let rates = times.iter().map(|time| rate(&at, time));
    Ok(rates.fold(0.0, f64::max))
}

/// The records between the first and the last of them, over the time between these; a summary each second is one a second,
/// however the seconds fall.
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of a run")]
fn rate(at: &[i64], time: &Noisy) -> f64 {
    let within: Vec<i64> = at
        .iter()
        .copied()
        .filter(|at| (time.from.as_millis()..=time.until.as_millis()).contains(at))
        .collect();
    match within[..] {
        [first, .., last] if last > first => (within.len() - 1) as f64 * 1000.0 / (last - first) as f64,
        _ => within.len() as f64 * 1000.0 / (time.until.as_millis() - time.from.as_millis()).max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_each_second_is_one_a_second_however_the_seconds_fall() {
        let time = Noisy { from: UtcMillis::from_millis(1_000), until: UtcMillis::from_millis(6_000) };
        let rate = |at: &[i64]| rate(at, &time);
        assert!((rate(&[10, 1_010, 2_010, 3_010, 4_010, 5_010, 7_000]) - 1.0).abs() < 1e-9);
        assert!((rate(&[1_100, 1_200, 1_300]) - 10.0).abs() < 1e-9);
        assert!((rate(&[2_000]) - 0.2).abs() < 1e-9);
    }
}
