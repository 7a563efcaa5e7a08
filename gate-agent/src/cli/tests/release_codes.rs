//! `release-codes` as a supervisor calls it, over the data folder of a gate whose agent has run.

use std::{fs, path::PathBuf, sync::Arc};

use tempfile::TempDir;

use super::{super::release_codes::Desk, call};
use crate::{
    cache::samples,
    clock::SimClock,
    config::{Config, parse},
    journal::{JournalCore, SqliteStore},
    person::{PinHash, samples::persons},
    release_code::ReleaseCode,
};

struct Gate {
    folder: TempDir,
    file: PathBuf,
    config: Config,
}

/// A gate with the officer `zhang` and the supervisor `wang`, whose PIN is 482017.
fn gate() -> Gate {
    let folder = TempDir::new().unwrap();
    let person = |id: &str, role: &str, pin: &PinHash| {
        format!("[[person]]\nid = \"{id}\"\nname = \"{id}\"\nrole = \"{role}\"\npin = \"{pin}\"\n")
    };
    let pin = &persons()[0].pin;
    let text = include_str!("../../../gate-agent.example.toml").to_owned()
        + &person("zhang", "officer", pin)
        + &person("wang", "supervisor", pin);
    let file = folder.path().join("gate-agent.toml");
    fs::write(&file, &text).unwrap();
    let mut config = parse(&text, [], Some(folder.path().to_owned())).unwrap();
    config.gate.emergency_log = folder.path().join("emergency.log");
    let store = SqliteStore::with_reserve(config.gate.journal_file(), samples::gate(), 4096);
    let clock = Arc::new(SimClock::at(samples::noon()));
    JournalCore::open(store, samples::gate(), clock).unwrap();
    Gate { folder, file, config }
}

impl Gate {
    fn issue(&self, person: &str, pin: &str, count: u32) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        let desk = Desk::open(&self.config).unwrap();
        let issued = desk.issue(person, || Ok(pin.to_owned()), (count, 30), &mut out);
        issued.map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(out).unwrap().lines().map(ToOwned::to_owned).collect())
    }

    fn call(&self, words: &[&str]) -> Result<String, String> {
        let (config, folder) = (self.file.to_str().unwrap(), self.folder.path().to_str().unwrap());
        let place = ["--config", config, "--data-dir", folder];
        let (code, out) = call(&[&["release-codes"], words, &place].concat());
        code.map(|_| out).map_err(|error| format!("{error:#}"))
    }
}

/// fault E6: only a supervisor issues, with his PIN; what is printed is a code, and neither the code nor the PIN is in any file of the gate.
#[test]
fn a_supervisor_issues_codes_with_his_pin() {
    let gate = gate();
    assert_eq!(gate.issue("nobody", "482017", 1).unwrap_err(), "the configuration has no person \"nobody\"");
    let officer = gate.issue("zhang", "482017", 1).unwrap_err();
    assert_eq!(officer, "zhang issues no codes: his role is not \"supervisor\"");
    assert_eq!(gate.issue("wang", "730195", 1).unwrap_err(), "wrong PIN");
    let codes = gate.issue("wang", "482017", 3).unwrap();
    assert_eq!(codes.len(), 3);
    let kept = fs::read_to_string(gate.folder.path().join("release-codes.jsonl")).unwrap();
    for code in &codes {
        assert!(ReleaseCode::read(code).is_some(), "{code}");
        assert!(!kept.contains(code) && !kept.contains(&code.replace('-', "")) && !kept.contains(&code[4..]));
    }
    assert!(!kept.contains("482017"));
}

/// fault E6: codes are told by their ids, and taken back by them; an id that nobody has changes nothing.
#[test]
fn codes_are_listed_and_taken_back() {
    let gate = gate();
    assert_eq!(gate.call(&["list"]).unwrap(), "");
    let codes = gate.issue("wang", "482017", 3).unwrap();
    let stands = || -> Vec<String> {
        let listed = gate.call(&["list"]).unwrap();
        listed.lines().map(|line| line.split_once(", issued ").unwrap().0.to_owned()).collect()
    };
    let all = |words: [&str; 3]| -> Vec<String> {
        codes.iter().zip(words).map(|(code, word)| format!("{} {word} of wang", &code[..3])).collect()
    };
    assert_eq!(stands(), all(["good"; 3]));
    let unknown = gate.call(&["revoke", &codes[1][..3], "222222"]).unwrap_err();
    assert_eq!(unknown, "there is no code \"222222\", and nothing was changed");
    assert_eq!(stands(), all(["good"; 3]));
    let id = codes[1][..3].to_lowercase();
    assert_eq!(gate.call(&["revoke", &id]).unwrap(), "1 codes are revoked\n");
    assert_eq!(stands(), all(["good", "revoked", "good"]));
    assert_eq!(gate.call(&["revoke", "--all"]).unwrap(), "2 codes are revoked\n");
    assert_eq!(stands(), all(["revoked"; 3]));
}

/// fault E6: without a journal nobody would remember that a code was used.
#[test]
fn without_a_journal_no_code_is_issued() {
    let gate = gate();
    fs::remove_file(gate.config.gate.journal_file()).unwrap();
    let told = gate.call(&["list"]).unwrap_err();
    assert!(
        told.starts_with("codes are good for one journal only: start the agent once: cannot look into"),
        "{told}"
    );
}
