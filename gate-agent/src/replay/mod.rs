//! Recorded and written-down passages, replayed through fusion, lane, judge and trip rules, without I/O: what each lane must do.
//! Promises: a scenario is data (`../../replay/*.txt`, form in the README beside them) whose expectation was written from the spec and gate
//! practice, not from the code; a disagreement names file, scenario and lane.
//! Source: fault D5; spec SG-211..SG-244.

mod again;
mod scenario;
mod yard;

use std::{fs, path::Path};

use protocols::contract::Event;

use scenario::Scenario;

/// The sealed events of the first scenario with this in its name.
pub(crate) fn recorded(name: &str) -> Vec<Event> {
    let scenario = all().into_iter().find(|scenario| scenario.name.contains(name)).unwrap();
    yard::play(&scenario).events
}

fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("replay");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        scenario::parse(&name, &fs::read_to_string(path).unwrap())
    };
    files.iter().flat_map(read).collect()
}

/// fault D5: right lane and vehicle, no opening for the wrong vehicle, every ambiguity a hold.
#[test]
fn every_scenario_ends_as_it_was_written_down() {
    let scenarios = all();
    let mut wrong = Vec::new();
    for scenario in &scenarios {
        let found = yard::play(scenario).said;
        if found != scenario.expected {
            wrong.push(format!(
                "{}: {}\n    expected {}\n    found    {}",
                scenario.file,
                scenario.name,
                scenario.expected.join("; "),
                found.join("; ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
    println!("{} scenarios replayed", scenarios.len());
    assert!(scenarios.len() >= 300, "only {} scenarios", scenarios.len());
}

/// design promise: same answer for the same evidence. Playing a scenario twice, in one process, gives the same words.
#[test]
fn a_replay_repeats_itself() {
    for scenario in all() {
        let played = || yard::play(&scenario).said;
        assert_eq!(played(), played(), "{}: {}", scenario.file, scenario.name);
    }
}
