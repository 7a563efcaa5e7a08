//! `replay --capture`, where there is nothing to play or not of this gate. Whole captures are played in `tests/tests/reenact.rs`.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use serde_json::Value;
use tempfile::TempDir;

use super::call;
use crate::{
    cache::samples,
    clock::SimClock,
    journal::{JournalCore, SqliteStore},
};

const EXAMPLE: &str = include_str!("../../../gate-agent.example.toml");
const HEAD: &str = "kakou-capture 1\ngate: 0708-G02\nagent: 0.1.0\nrun: 1795161600123\nfile: 1\nstarted: 2026-11-20T08:00:00.123Z\ntick: 1000\n\n---\n";

struct Gate {
    folder: TempDir,
}

impl Gate {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("gate-agent.toml"), EXAMPLE).unwrap();
        let store = SqliteStore::with_reserve(folder.path().join("journal.db"), samples::gate(), 4096);
        let clock = Arc::new(SimClock::at(samples::noon()));
        JournalCore::open(store, samples::gate(), clock).unwrap();
        fs::create_dir(folder.path().join("capture")).unwrap();
        Self { folder }
    }

    fn capture(&self, text: &str) {
        fs::write(self.path("capture").join("1795161600123-00000001.capture"), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether all is well and what is told, or why nothing is.
    fn asked(&self, more: &[&str]) -> Result<(bool, Vec<Value>), String> {
        let [config, capture, data] = ["gate-agent.toml", "capture", ""].map(|name| self.path(name));
        let [config, capture, data] = [&config, &capture, &data].map(|path| path.to_str().unwrap());
        let place = ["--config", config, "--data-dir", data, "replay", "--capture", capture];
        let (code, out) = call(&[&place, more].concat());
        let code = code.map_err(|error| format!("{error:#}"))?;
        let told = out.lines().map(|line| serde_json::from_str(line).unwrap());
        Ok((format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS), told.collect()))
    }
}

/// Decision 0091: a capture of another gate or of other wiring is refused with what is wrong, and what is none is told by its file.
#[test]
fn what_is_not_this_gates_capture_is_refused() {
    let gate = Gate::new();
    assert!(gate.asked(&[]).unwrap_err().contains("has no file of a capture"));
    gate.capture(&HEAD.replace("0708-G02", "0708-G09"));
    assert!(gate.asked(&[]).unwrap_err().contains("of gate 0708-G09, the configuration of 0708-G02"));
    gate.capture(&format!("{HEAD}1000 1 = uhf-in7\n"));
    assert!(gate.asked(&[]).unwrap_err().contains("device uhf-in7"));
    gate.capture("kakou-recording 1\n");
    let (is_good, told) = gate.asked(&[]).unwrap();
    assert!(is_good && told[0]["what"] == "unreadable", "{told:?}");
    gate.capture(&format!(
        "{HEAD}1000 1 = uhf-out1\n1000 2 = io-out1\n1000 3 = [policy]\n1100 1 +\n1200 1 < FF\n"
    ));
    let (is_good, told) = gate.asked(&[]).unwrap();
    assert!(is_good && told.len() == 1 && told[0]["visits"] == 0, "{told:?}");
    assert!(gate.asked(&["--visit", "nobody"]).unwrap_err().contains("nobody"));
}
