//! A real file system that is full: 160 MiB in memory, mounted in a namespace of its own, which goes with the process.

use std::{fs, io::Write as _, path::Path, sync::Arc};

use gate_agent::{
    clock::{Clock as _, SystemClock},
    journal::{JournalCore, JournalError, SqliteStore, verify},
};
use kakou_tests::namespace::{self, Own};
use serde_json::json;

use super::journal::{draft, gate};

const WANTED: u64 = 10_000;

/// Runs the test of this name again, on a small disk.
pub(crate) fn on_a_small_disk(name: &str) {
    if let Some(folder) = namespace::inside() {
        return fills_up(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=160m kakou \"$2\"";
    let figures = namespace::again(name, Own::Mounts(folder.path()), mount).unwrap();
    figures.iter().for_each(|line| println!("{line}"));
}

fn fills_up(folder: &Path) {
    let (path, ballast) = (folder.join("journal.db"), folder.join("ballast"));
    let clock = Arc::new(SystemClock);
    let (mut core, _) =
        JournalCore::open(SqliteStore::at(path.clone(), gate()), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    assert!(core.has_reserve());
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[7; 65_536]).is_ok() {}
    drop(file);
    let mut last = 0;
    let refused = loop {
        match core.commit((0..5).map(|_| draft(clock.tick(), clock.wall())).collect()) {
            Ok(proof) => last = proof.last_seq(),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, JournalError::Unavailable(_)), "{refused}");
    println!("{}", json!({"test": "power", "over": "full file system", "recorded_in_reserve": last}));
    assert!(last >= WANTED, "{last}");
    fs::remove_file(&ballast).unwrap();
    core.reopen().unwrap();
    assert!(core.head().seq >= last && core.has_reserve(), "it is whole again");
    core.commit(vec![draft(clock.tick(), clock.wall())]).unwrap();
    drop(core);
    assert!(verify(&path).unwrap().is_sound());
}
