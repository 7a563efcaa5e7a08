//! A real file system that is full: 160 MiB in memory, mounted in a namespace of its own, which goes with the process.

use std::{env, fs, io::Write as _, path::Path, process::Command, sync::Arc};

use gate_agent::{
    clock::{Clock as _, SystemClock},
    journal::{JournalCore, JournalError, SqliteStore, verify},
};
use serde_json::json;

use super::journal::{draft, gate};

/// Where the inner run finds its file system.
const SMALL: &str = "KAKOU_SMALL_DISK";
const WANTED: u64 = 10_000;

/// Runs the test of this name again, on a small disk.
pub(crate) fn on_a_small_disk(name: &str) {
    if let Some(folder) = env::var_os(SMALL) {
        return fills_up(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    // Root needs no namespace of users; everybody else has one of his own.
    let ways = if rustix::process::geteuid().is_root() { "-m" } else { "-Urm" };
    let script = format!(
        "mount -t tmpfs -o size=160m kakou {0} && exec \"$0\" --exact {name} --nocapture",
        folder.path().display()
    );
    let output = Command::new("unshare")
        .args([ways, "sh", "-c", &script])
        .arg(env::current_exe().unwrap())
        .env(SMALL, folder.path())
        .output()
        .expect("unshare is there");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said.lines().filter(|line| line.starts_with('{')).for_each(|line| println!("{line}"));
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
