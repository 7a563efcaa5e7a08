//! One bit of what a gate keeps or receives is turned over: that is detected, or what is read is the same to the last letter; nothing is taken in half.
//! `KAKOU_FLIPS=10000 cargo test --release --workspace --test flips` turns as many as the acceptance asks for, spread evenly over the bits of each file.
//! Absent on purpose: several bits at once, lost blocks and lost power (`power`).

#[cfg(test)]
#[path = "flips/identity.rs"]
mod identity;
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
#[path = "flips/signed.rs"]
mod signed;
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

/// Fault A6, E4: a certificate of the centre: what a gate believes is the one that was made, to the last bit.
#[test]
fn a_certificate_is_the_one_that_was_made_or_not_believed() {
    let trust = identity::Trust::of_the_line();
    let made = trust.certificate().to_vec();
    sweep::over("certificate", &made, |flipped| {
        let is_believed = trust.is_believed(flipped);
        assert!(!is_believed || flipped == made, "another certificate is believed");
        is_believed
    });
}

/// Fault A6, E4, invariant I5: a receipt of the centre, as it is sent and kept.
#[test]
fn a_receipt_says_what_was_signed_or_nothing() {
    let trust = identity::Trust::of_receipts();
    let sent = trust.receipt();
    let said = trust.read_receipt(&sent);
    sweep::over("receipt", &sent, |flipped| {
        let read = trust.read_receipt(flipped);
        assert!(read.is_none() || read == said, "a receipt says something else");
        read.is_some()
    });
}

/// Fault A6, E3: a snapshot that the centre has signed, on its way to a gate that asks for that.
#[test]
fn a_signed_snapshot_becomes_what_was_signed_or_nothing() {
    let signed = signed::Signed::new();
    let tally =
        sweep::over("signed snapshot", signed.snapshot(), |flipped| signed.is_snapshot_taken(flipped));
    assert!(tally.detected * 10 > tally.same, "{tally:?}");
}

/// Fault A6, E3: changes that the centre has signed, with a denied medium, one that is allowed again, and policy.
#[test]
fn signed_changes_become_what_was_signed_or_nothing() {
    let signed = signed::Signed::new();
    let tally = sweep::over("signed changes", signed.changes(), |flipped| signed.are_changes_taken(flipped));
    assert!(tally.detected * 10 > tally.same, "{tally:?}");
}
