//! One bit of what a gate keeps or receives is turned over: that is detected, or what is read is the same to the last letter; nothing is taken in half.
//! `KAKOU_FLIPS=10000 cargo test --release --workspace --test flips` turns as many as the acceptance asks for, spread evenly over the bits of each file.
//! Absent on purpose: several bits at once, lost blocks and lost power (`power`).

#[cfg(test)]
#[path = "flips/index.rs"]
mod index;
#[cfg(test)]
#[path = "flips/journal.rs"]
mod journal;
#[cfg(test)]
#[path = "simulation/plan.rs"]
mod plan;
#[cfg(test)]
#[path = "flips/sweep.rs"]
mod sweep;

/// Fault A6: a snapshot on its way.
#[test]
fn a_snapshot_is_taken_whole_or_not_at_all() {
    let told = index::snapshot();
    sweep::over("snapshot", &told.into_bytes(), index::taken);
}

/// Fault A6, I4: the index's file, its deny list and its policy.
#[test]
fn the_index_is_as_it_was_or_refused() {
    let (file, content) = index::kept();
    let tally = sweep::over("index", &file, |flipped| {
        index::read(flipped).map(|read| assert_eq!(read, content)).is_some()
    });
    assert!(tally.detected * 10 > tally.same, "{tally:?}");
}

/// Fault A6, I5: the journal's file.
#[test]
fn the_journal_is_as_it_was_or_reported() {
    let (file, content) = journal::kept();
    let tally = sweep::over("journal", &file, |flipped| {
        journal::read(flipped).map(|read| assert_eq!(read, content)).is_some()
    });
    assert!(tally.detected * 10 > tally.same, "{tally:?}");
}
