//! Bits of a file, one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kakou_tests::{chance::Chance, parameter};
use serde_json::json;
use tempfile::TempDir;

const FLIPS: u64 = 500;

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) detected: u64,
    pub(crate) same: u64,
}

/// A folder in memory where the machine has such a place: nothing here asks what survives.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Turns one bit at a time, spread evenly. `read` says whether the file was taken as sound, and panics when it was read as something else.
pub(crate) fn over(what: &str, file: &[u8], read: impl Fn(&[u8]) -> bool) -> Tally {
    let mut tally = Tally::default();
    let mut chance = Chance::from(0x0066_6C69_7073);
    let flips = parameter::number("KAKOU_FLIPS", FLIPS).unwrap();
    let bits = file.len() as u64 * 8;
    let mut wrong = Vec::new();
    assert!(read(file), "{what}: the whole file is refused");
    for flip in 0..flips {
        let (first, last) = (bits * flip / flips, bits * (flip + 1) / flips);
        let bit = first + chance.below((last - first).max(1));
        let mut flipped = file.to_owned();
        flipped[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
        match catch_unwind(AssertUnwindSafe(|| read(&flipped))) {
            Ok(true) => tally.same += 1,
            Ok(false) => tally.detected += 1,
            Err(_) => wrong.push(bit),
        }
    }
    let Tally { detected, same } = tally;
    println!(
        "{}",
        json!({"test": "flips", "file": what, "bits": bits, "flips": flips, "detected": detected, "same": same, "wrong": wrong.len()})
    );
    assert!(
        wrong.is_empty(),
        "{what}: {} of {flips} bits changed what is read without being noticed: {wrong:?}",
        wrong.len()
    );
    tally
}
