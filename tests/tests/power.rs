//! SQLite under a file system that loses power and fails: the journal and the gate's index over disks that drop, tear and reorder what was not
//! synced, refuse any call, run full, and forget what a failed sync should have kept.
//! Real here: `JournalCore` over its SQLite store, the index's cache over its file, SQLite itself. Played: what stays on the disk (`disk`).
//! `KAKOU_SEEDS=100000 cargo test --release --workspace --test power` for as many seeds as one likes; `KAKOU_SEED=4711` runs one.
//! Absent on purpose: threads and lanes around the journal (`simulation`, `kill`).

#[cfg(test)]
#[path = "power/disk.rs"]
mod disk;
#[cfg(test)]
#[path = "power/index.rs"]
mod index;
#[cfg(test)]
#[path = "power/journal.rs"]
mod journal;
#[cfg(test)]
#[path = "power/shim.rs"]
mod shim;
#[cfg(test)]
#[path = "power/small.rs"]
mod small;
#[cfg(test)]
#[path = "power/tally.rs"]
mod tally;

use tally::{must_be_wide, seeds};

/// I1, I2, I5, fault A2, A4, A5: whatever the disk does, the journal opens again, every record that was answered is in it with its hash, in one chain.
#[test]
fn no_answered_record_is_lost() {
    must_be_wide(&seeds("journal", journal::run));
}

/// SG-205, fault A2, A4, A5: the index opens again at a revision that it was told, with exactly the rows of that revision and its mark.
#[test]
fn the_index_is_never_torn() {
    must_be_wide(&seeds("index", index::run));
}

/// Fault A2: a disk that says it has synced and has not must show, or these tests show nothing.
#[test]
fn a_disk_that_lies_is_found() {
    let found = std::panic::catch_unwind(|| {
        for seed in 1..=20 {
            journal::run_over(disk::Disk::lying(seed), seed, &mut tally::Tally::default());
        }
    });
    assert!(found.is_err(), "20 seeds over a disk that never syncs and no record was missed");
}

/// Fault A5: on a full disk more than 10,000 records are still recorded in the room that was kept for them; then nothing is, and with space the journal
/// goes on by itself and keeps room again.
#[test]
fn a_full_disk_has_room_for_ten_thousand_records() {
    const WANTED: u64 = 10_000;
    let recorded = journal::fills_up(WANTED);
    println!(
        "{}",
        serde_json::json!({"test": "power", "over": "full disk", "recorded_in_reserve": recorded})
    );
    assert!(recorded >= WANTED, "{recorded}");
}

/// Fault A5: the same on a real file system.
#[test]
fn a_full_file_system_has_room_for_ten_thousand_records() {
    small::on_a_small_disk("a_full_file_system_has_room_for_ten_thousand_records");
}
