//! The demo as people start it: once, to its exit status.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use kakou_tests::{
    process::{Launch, Process},
    programs::Program,
};

/// The whole story takes four minutes; a busy machine may take longer.
const WITHIN: Duration = Duration::from_secs(2400);

struct Played {
    code: Option<i32>,
    output: String,
}

async fn demo(folder: &Path, scenario: Option<&str>) -> Result<Played> {
    for needed in [Program::Central, Program::GateAgent, Program::FirmwareSim] {
        needed.path()?;
    }
    let mut args = vec!["--once".to_owned()];
    if let Some(text) = scenario {
        let file = folder.join("scenario.toml");
        fs::write(&file, text)?;
        args.extend(["--scenario".to_owned(), file.display().to_string()]);
    }
    let log = folder.join("demo.log");
    let launch = Launch { program: env!("CARGO_BIN_EXE_demo").into(), args, env: Vec::new(), log };
    let mut process = Process::new(launch);
    process.start()?;
    let ended = process.ended(WITHIN).await;
    let output = process.output()?;
    let code = ended.with_context(|| output.clone())?.code();
    Ok(Played { code, output })
}

/// SG-007, SG-213, SG-214, SG-215: every story of the built-in scenario ends as it must, at the gate, at the witness and at the centre.
#[tokio::test]
async fn every_lorry_of_the_demo_is_judged_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let played = demo(folder.path(), None).await.unwrap();
    assert_eq!(played.code, Some(0), "{}", played.output);
    for told in [
        "Open http://127.0.0.1:",
        "declarant ",
        "yard_operator ",
        "administrator ",
        "PIN of every card",
        "A training system",
    ] {
        assert!(played.output.contains(told), "{told} is missing in:\n{}", played.output);
    }
    for line in played.output.lines() {
        assert!(!line.contains('\u{1b}'), "colours in a file: {line:?}");
    }
}

/// A stranger that is refused and a declared lorry that comes in.
fn short(stranger: &str, lorry: &str, ends: &str) -> String {
    format!(
        r#"
        lorry = [{{ plate = "冀B7X391" }}, {{ plate = "蒙LK8216", ends = "{ends}" }}]
        [[step]]
        do = "drive"
        lorry = "冀B7X391"
        lane = "IN1"
        drives = "leaves"
        patience_ms = 3000
        expect = {{ says = [{stranger}], rises = 0 }}
        [[step]]
        do = "declare"
        lorry = "蒙LK8216"
        closing = "exit"
        [[step]]
        do = "reaches"
        lorry = "蒙LK8216"
        status = "CUSTOMS_APPROVED"
        [[step]]
        do = "drive"
        lorry = "蒙LK8216"
        lane = "IN1"
        expect = {{ says = [{lorry}], rises = 1 }}
        "#
    )
}

/// The same lorries, with every expectation right, and with one wrong in each of three places.
#[tokio::test]
async fn a_wrong_expectation_makes_the_demo_fail() {
    let (refused, passes) = (r#""N no_binding""#, r#""Y ok", "PASS""#);
    let cases = [
        (short(refused, passes, "LOCKED"), 0, "ok   2 of 2 visits were judged as the scenario expects"),
        (short(passes, passes, "LOCKED"), 1, "FAIL 1 of 2 visits were judged as the scenario expects"),
        (short(refused, r#""Y ok", "backed_out""#, "LOCKED"), 1, "FAIL 1 of 2 visits"),
        (short(refused, passes, "LEFT_PORT"), 1, "FAIL record of 蒙LK8216: expected LEFT_PORT, is LOCKED"),
    ];
    for (scenario, code, says) in cases {
        let folder = tempfile::tempdir().unwrap();
        let played = demo(folder.path(), Some(&scenario)).await.unwrap();
        assert_eq!(played.code, Some(code), "{}", played.output);
        assert!(played.output.contains(says), "{says:?} is missing in:\n{}", played.output);
    }
}

/// A scenario that nobody can play starts nothing.
#[tokio::test]
async fn a_scenario_with_a_fault_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let played = demo(folder.path(), Some("lorry = []\nstep = []\nspeed = 3")).await.unwrap();
    assert_eq!(played.code, Some(1), "{}", played.output);
    assert!(played.output.contains("unknown field `speed`"), "{}", played.output);
    assert!(!played.output.contains("Starting"), "{}", played.output);
}
