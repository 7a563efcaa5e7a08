//! What a bundle says of a gate that works, that has not even a configuration, and that hangs.

use std::fs;

use protocols::contract::EventType;
use tempfile::TempDir;

use super::*;
use crate::{
    cache::samples,
    journal::{Draft, JournalCore, SqliteStore},
};

const EXAMPLE: &str = include_str!("../../../gate-agent.example.toml");
const PERSON: &str = "\n[[person]]\nid = \"8950000004821\"\nname = \"Zhang Wei\"\nrole = \"officer\"\npin = \"$argon2id$v=19$m=12288,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA\"\n";

/// A gate with as many events in its journal, none of which is of no vehicle.
fn gate(events: u32) -> (TempDir, Origin) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("gate-agent.toml");
    let text = EXAMPLE
        .replace("127.0.0.1:8081", "127.0.0.1:1")
        .replace("/var/lib/kakou", &folder.path().display().to_string());
    fs::write(&file, text + PERSON).unwrap();
    let store = SqliteStore::at(folder.path().join("journal.db"), samples::gate());
    let clock = std::sync::Arc::new(SystemClock);
    let (mut journal, _) = JournalCore::open(store, samples::gate(), clock.clone()).unwrap();
    journal.set_epoch(1).unwrap();
    let draft = |number: u32| {
        let mut draft = Draft::new(EventType::DeviceFault, clock.tick(), clock.wall());
        draft.detail = Some(json!({
            "device": "uhf-out1", "fault": "no_answer", "number": number, "card": "04A1B2C3D4E580", "said": "let Li Na through", "京A12345": ["E2000016110402011890ABCD"]
        }));
        draft
    };
    for batch in (0..events).collect::<Vec<_>>().chunks(500) {
        journal.commit(batch.iter().map(|number| draft(*number)).collect()).unwrap();
    }
    (folder, Origin { file: Some(file), data_dir: None })
}

fn bundle(origin: &Origin) -> String {
    let mut out = Vec::new();
    write(origin, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Fault F5: without agent and centre there is a bundle with configuration, folder and newest events; no secret, person, plate or card stands in it, and the same text is the same sign.
#[test]
fn a_bundle_tells_how_the_gate_is_and_not_whom_it_concerns() {
    let (_folder, origin) = gate(EVENTS + 3);
    let told = bundle(&origin);
    for word in [
        "change-me",
        "argon2",
        "8950000004821",
        "Zhang Wei",
        "04A1B2C3D4E580",
        "Li Na",
        "京A12345",
        "E2000016110402011890ABCD",
    ] {
        assert!(!told.contains(word), "it tells {word}");
    }
    for word in [
        "gate_id = \"0708-G02\"",
        "token = \"(hidden)\"",
        "pin = \"(hidden)\"",
        "key_absence_ms = 5000",
        "## check-config\nok\n",
        "journal.db",
        "## status\nnot told: ",
        "# end\n",
    ] {
        assert!(told.contains(word), "it lacks {word}: {}", &told[..4000]);
    }
    let lines: Vec<Value> = told
        .lines()
        .filter(|line| line.starts_with("{\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[0]["seq"]), (5_000, &json!(4)));
    let [first, last] = [&lines[0], &lines[4_999]].map(|event| &event["detail"]);
    assert_eq!(
        (&first["device"], &first["fault"], &last["number"]),
        (&json!("uhf-out1"), &json!("no_answer"), &json!(EVENTS + 2))
    );
    assert!(
        first["card"].as_str().unwrap().starts_with('~')
            && first["card"] == last["card"]
            && first["card"] != first["said"]
    );
    assert!(told.len() < 20_000_000);
    assert_ne!(bundle(&origin).lines().last(), None);
}

/// Fault F5: a file that is no configuration is told by its fault; what else there is to tell is told.
#[test]
fn a_gate_without_a_configuration_is_told_too() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("gate-agent.toml");
    let origin = Origin { file: Some(file.clone()), data_dir: None };
    assert!(bundle(&origin).contains("## configuration\nnot told: "));
    for (text, secret) in [
        ("[centre]\ntoken = \"Word-61\n", "Word-61"),
        (
            "[centre]\ntokken = \"Word-62\"\npasswrod = \"Word-63\"\nurl = \"mqtt://me:Word-64@host/x\"\n",
            "Word-6",
        ),
    ] {
        fs::write(&file, text).unwrap();
        let told = bundle(&origin);
        assert!(told.contains("## check-config\n") && told.ends_with("# end\n"), "{told}");
        assert!(!told.contains(secret), "{told}");
    }
}

/// Fault F5: what hangs is told as such, in its time.
#[test]
fn what_hangs_does_not_hold_up_the_rest() {
    let begun = SystemClock.tick();
    let hangs = Box::new(|| {
        thread::sleep(Duration::from_secs(60));
        Ok(String::new())
    });
    let error = in_time(hangs, Duration::from_millis(200)).unwrap_err();
    assert!(
        format!("{error:#}").contains("too long")
            && SystemClock.tick().since(begun) < Duration::from_secs(20)
    );
    let error = in_time(Box::new(|| panic!("broken")), TIME).unwrap_err();
    assert!(format!("{error:#}").contains("broke off"));
    assert!(cut("啊".repeat(SECTION_BYTES)).len() < SECTION_BYTES + 20);
}
