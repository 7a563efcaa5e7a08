//! 保存期限: which of the oldest records are old enough to go.
//! Promises: a record is as old as its place in the journal says where its own date cannot be right: dated ahead of now, before there were agents, or
//! long before what stands in front of it (a clock without a battery, a step, faults B1, B2). It then counts as old as the next record with a date that
//! can be right, which is never too old; so neither does it go too early, nor does it hold back what follows, however many there are of it.
//! Not promised: a clock that was wrong by months at the place where a run of the agent begins to cut.

use protocols::contract::UtcMillis;

use super::{error::StoreError, record::Record, store::JournalStore};

/// 2025-01-01: no agent ran before.
const FIRST_AGENT: i64 = 1_735_689_600_000;
/// Clocks that are set right step back by less.
const STEP: i64 = 86_400_000;

/// How far cutting has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    /// The latest date that was right of what is cut.
    reached: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { reached: FIRST_AGENT }
    }
}

/// The newest record that goes, how many go with it, and how far that comes.
pub(super) struct Due<'a> {
    pub(super) newest: &'a Record,
    pub(super) count: usize,
    pub(super) then: Retention,
}

impl Retention {
    /// What goes of these, which follow the anchor in order: what is older than `oldest`. `now` is the centre's time; both in milliseconds.
    pub(super) fn due<'a, S: JournalStore>(
        self,
        store: &mut S,
        records: impl Iterator<Item = &'a Record>,
        (oldest, now): (i64, i64),
    ) -> Result<Option<Due<'a>>, StoreError> {
        let (mut reached, mut next) = (self.reached, None);
        let mut due = None;
        for (place, record) in records.enumerate() {
            let at = record.occurred_at.as_millis();
            let right = reached.saturating_sub(STEP).max(FIRST_AGENT)..=now;
            let at = if right.contains(&at) {
                at
            } else {
                if next.is_none_or(|(seq, _)| seq < record.seq) {
                    let dates = UtcMillis::from_millis(*right.start())..=UtcMillis::from_millis(now);
                    next = store.first_dated(record.seq, dates)?;
                }
                // Nothing says how old it is, yet.
                let Some((_, at)) = next else { break };
                at.as_millis()
            };
            if at.max(reached) >= oldest {
                break;
            }
            reached = reached.max(at);
            due = Some(Due { newest: record, count: place + 1, then: Self { reached } });
        }
        Ok(due)
    }
}
