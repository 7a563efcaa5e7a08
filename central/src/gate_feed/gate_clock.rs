//! 卡口时钟: when the centre and a gate have compared their clocks, and what that makes of the times that the gate has stated.
//! A quartz gains or loses evenly. Between two comparisons a moment is found by the gate's ticks, which nobody sets, and by the centre's time at both ends: a
//! gate that was cut off for a month states one old offset for all of it, and each of its times is right to 2 s once it is back.
//! Promises: what a gate has said stays as it was said; the time beside it is made when somebody looks. Ticks that began anew between the two comparisons
//! show, since they do not go on as the centre's time does; nothing is reckoned across that.
//! Absent on purpose: judging who was first by such times (SG-252): that falls when an event is taken in, and the second comparison comes later.
//! Source: fault B3; SG-254; decision 0094.

use protocols::{
    contract::{Event, EventType, UtcMillis},
    ids::GateId,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use crate::store::{Rows, StoreError, Tx, all, column, execute};

/// How far a clock may go astray before that is kept, in milliseconds: an eighth of what a time may be wrong.
const ASTRAY_MS: u64 = 250;
/// Ticks that go on keep up with the centre's time to this, in milliseconds, and to a thousandth; no quartz is worse.
const BROKEN_MS: u64 = 1000;
/// Decisions tell how old a comparison is in whole seconds.
const SAME_US: u64 = 2_000_000;

/// One comparison of a gate's clock with the centre's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The event that tells of it.
    pub seq: u64,
    /// The gate's ticks since its machine was started, microseconds.
    pub mono_us: u64,
    /// The centre's time.
    pub at: UtcMillis,
}

/// How a time was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the comparisons before and after it.
    Between,
    /// By the newest one that the gate knew of.
    Stated,
}

impl Measure {
    /// What this event tells of a comparison: a decision says how old the last one is (decision 0085), and a clock that is found wrong is told at once.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let stated = event.clock_offset_ms?;
        let age_s = match event.event_type {
            EventType::Clock => 0,
            _ => event.basis.as_ref()?.get("clock_age_s")?.as_u64()?,
        };
        let mono_us = event.mono_us.checked_sub(age_s.checked_mul(1_000_000)?)?;
        let age_ms = i64::try_from(age_s).ok()?.checked_mul(1000)?;
        let at = event.occurred_at.as_millis().checked_sub(age_ms)?.checked_sub(stated)?;
        Some(Self { seq: event.seq, mono_us, at: UtcMillis::from_millis(at) })
    }

    /// How far the gate's ticks have gone astray from here to there, and how far they went, in milliseconds.
    fn astray(&self, other: &Self) -> (u64, u64) {
        let ticks = i128::from(other.mono_us / 1000) - i128::from(self.mono_us / 1000);
        let time = i128::from(other.at.as_millis()) - i128::from(self.at.as_millis());
        let whole = |ms: i128| u64::try_from(ms.unsigned_abs()).unwrap_or(u64::MAX);
        (whole(time - ticks), whole(ticks))
    }

    /// Whether the ticks went on from here to there.
    fn goes_on_to(&self, other: &Self) -> bool {
        let (astray, way) = self.astray(other);
        self.mono_us <= other.mono_us && astray <= BROKEN_MS + way / 1000
    }

    fn is_near(&self, other: &Self) -> bool {
        self.goes_on_to(other) && self.astray(other).0 < ASTRAY_MS
    }

    fn is_same(&self, other: &Self) -> bool {
        self.mono_us.abs_diff(other.mono_us) < SAME_US && self.astray(other).0 < ASTRAY_MS
    }
}

/// One more comparison after those that are kept, in order. The newest makes room for it as long as neither has gone astray from the one before: so
/// every moment between two that are kept is as good as on the line between them.
fn keep(line: &mut Vec<Measure>, next: Measure) {
    match line.as_slice() {
        [.., newest] if newest.is_same(&next) => return,
        [.., before, newest] if before.is_near(newest) && before.is_near(&next) => {
            line.pop();
        }
        _ => {}
    }
    line.push(next);
}

/// The comparisons that a batch tells of.
#[derive(Debug, Default)]
pub struct Measures(Vec<Measure>);

impl Measures {
    /// Takes what the next event tells.
    pub fn take(&mut self, event: &Event) {
        if let Some(next) = Measure::of(event)
            && self.0.last().is_none_or(|last| !last.is_same(&next))
        {
            self.0.push(next);
        }
    }

    /// What is needed of them.
    #[must_use]
    pub fn line(&self) -> Vec<Measure> {
        let mut line = Vec::new();
        self.0.iter().for_each(|next| keep(&mut line, *next));
        line
    }

    /// Stores what is needed of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write(&mut self, tx: &Tx, gate: &GateId, epoch: u32) -> Result<(), StoreError> {
        let measures = std::mem::take(&mut self.0);
        if measures.is_empty() {
            return Ok(());
        }
        let sql = "SELECT seq, mono_us, at FROM gate_clock WHERE gate_id = $1 AND epoch = $2 ORDER BY seq DESC LIMIT 2";
        let rows = all(tx.conn(), sql, [gate.as_str().into(), i64::from(epoch).into()]).await?;
        let stored = rows.iter().rev().map(measure).collect::<Result<Vec<_>, _>>()?;
        let mut line = stored.clone();
        measures.into_iter().for_each(|next| keep(&mut line, next));
        for gone in stored.iter().filter(|measure| !line.contains(measure)) {
            let sql = "DELETE FROM gate_clock WHERE gate_id = $1 AND epoch = $2 AND seq = $3";
            let values = [gate.as_str().into(), i64::from(epoch).into(), number(gone.seq).into()];
            execute(tx.conn(), sql, values).await?;
        }
        let mut rows = Rows::new("gate_clock (gate_id, epoch, seq, mono_us, at)", "");
        for Measure { seq, mono_us, at } in line.iter().filter(|measure| !stored.contains(measure)) {
            rows.push([
                gate.as_str().into(),
                i64::from(epoch).into(),
                number(*seq).into(),
                number(*mono_us).into(),
                at.as_millis().into(),
            ]);
        }
        rows.insert(tx.conn()).await
    }
}

/// The stored comparisons around some events of a journal: the last one that was told before them, those that they tell, the first one told after them.
///
/// # Errors
/// [`StoreError`].
pub async fn around<C: ConnectionTrait>(
    conn: &C,
    gate: &GateId,
    epoch: u32,
    (first, last): (u64, u64),
) -> Result<Vec<Measure>, StoreError> {
    let of = "FROM gate_clock WHERE gate_id = $1 AND epoch = $2";
    let sql = format!(
        "SELECT seq, mono_us, at {of} AND seq >= COALESCE((SELECT MAX(seq) {of} AND seq < $3), $3)
         AND seq <= COALESCE((SELECT MIN(seq) {of} AND seq > $4), $4) ORDER BY seq"
    );
    let values = [gate.as_str().into(), i64::from(epoch).into(), number(first).into(), number(last).into()];
    all(conn, &sql, values).await?.iter().map(measure).collect()
}

/// When an event happened by the centre's clock, by the comparisons around it.
#[must_use]
pub fn by_the_centre(event: &Event, measures: &[Measure]) -> Option<(UtcMillis, Way)> {
    let tick = |measure: &&Measure| measure.mono_us;
    let before = measures.iter().filter(|measure| measure.mono_us <= event.mono_us).max_by_key(tick);
    // Whatever was told before it was compared before it: with more ticks it is of another start of the machine.
    let later = |measure: &&Measure| measure.mono_us > event.mono_us && measure.seq > event.seq;
    let after = measures.iter().filter(later).min_by_key(tick);
    if let (Some(before), Some(after)) = (before, after)
        && before.goes_on_to(after)
    {
        return Some((between(before, after, event.mono_us), Way::Between));
    }
    let stated = event.occurred_at.as_millis().checked_sub(event.clock_offset_ms?)?;
    Some((UtcMillis::from_millis(stated), Way::Stated))
}

fn between(before: &Measure, after: &Measure, mono_us: u64) -> UtcMillis {
    let way = i128::from(after.mono_us) - i128::from(before.mono_us);
    let gone = i128::from(mono_us) - i128::from(before.mono_us);
    let time = i128::from(after.at.as_millis()) - i128::from(before.at.as_millis());
    let share =
        (time * gone).checked_div(way).and_then(|share| i64::try_from(share).ok()).unwrap_or_default();
    UtcMillis::from_millis(before.at.as_millis().saturating_add(share))
}

/// The same, as a screen gets it; `null` when nobody knows.
#[must_use]
pub fn shown(event: &Event, measures: &[Measure]) -> Value {
    let Some((at, way)) = by_the_centre(event, measures) else { return Value::Null };
    let way = match way {
        Way::Between => "between",
        Way::Stated => "stated",
    };
    json!({ "at": at, "way": way })
}

fn measure(row: &QueryResult) -> Result<Measure, StoreError> {
    let number = |name: &str| column::<i64>(row, name).map(i64::unsigned_abs);
    Ok(Measure {
        seq: number("seq")?,
        mono_us: number("mono_us")?,
        at: UtcMillis::from_millis(column(row, "at")?),
    })
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
