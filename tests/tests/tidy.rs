//! The laws of this workspace, kept as tests: arrows, purity, time, sizes, headers, names, citations, words.
//! Promises: each law is shown to fail on a bad sample, so that none can go blind; complaints name file and line.
//! Absent: what clippy and rustdoc see by themselves.
//! Source: ARCHITECTURE.md, laws of absence.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that cannot be judged must fail its test, outside of `#[test]` functions too"
)]

#[path = "tidy/citations.rs"]
mod citations;
#[path = "tidy/laws.rs"]
mod laws;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, manifests, root, rust};
use std::collections::BTreeSet;
use std::fs;

/// Pages of the specification whose every requirement has a test.
const FINISHED: &[&str] = &[];

/// What the specifications ask for.
const REQUIREMENTS: &str = include_str!("tidy/requirements.txt");

type Law = fn(&Source) -> Vec<String>;

/// Holds files to a law.
fn check(files: &[Source], law: Law) {
    assert!(files.len() > 5, "only {} files: looked in the wrong place", files.len());
    let found: Vec<String> = files.iter().flat_map(law).collect();
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));
}

/// Shows that a law sees each bad sample and lets each good one pass; samples are path and text.
fn proves(law: Law, bad: &[(&str, &str)], good: &[(&str, &str)]) {
    for (path, text) in bad {
        assert_ne!(law(&Source::new(path, text)), Vec::<String>::new(), "not seen in {path}: {text}");
    }
    for (path, text) in good {
        assert_eq!(law(&Source::new(path, text)), Vec::<String>::new(), "seen in {path}: {text}");
    }
}

#[test]
fn packages_depend_on_protocols_and_on_nothing_else_of_ours() {
    check(&manifests(), laws::arrows);
    proves(
        laws::arrows,
        &[
            ("protocols/Cargo.toml", "[dependencies]\ngate-agent.workspace = true"),
            (
                "gate-agent/Cargo.toml",
                "[dev-dependencies]\nserde = \"1\"\ncentral = { path = \"../central\" }",
            ),
            (
                "central/Cargo.toml",
                "[target.'cfg(unix)'.dependencies.firmware-sim]\npath = \"../firmware-sim\"",
            ),
        ],
        &[
            (
                "gate-agent/Cargo.toml",
                "[package]\nname = \"gate-agent\"\n[dependencies]\nkakou-protocols = {}",
            ),
            ("tests/Cargo.toml", "[dependencies]\ncentral.workspace = true"),
        ],
    );
}

#[test]
fn a_manual_knows_declarations_and_no_other_manual() {
    check(rust(), laws::central_arrows);
    proves(
        laws::central_arrows,
        &[
            ("central/src/binding/api.rs", "use crate::appointment::draft::Draft;"),
            (
                "central/src/declaration/mod.rs",
                "use crate::{\n    clock::Clock,\n    binding::{self, Draft},\n};",
            ),
            ("central/src/store/mod.rs", "fn f() -> crate::declaration::Receipt {}"),
        ],
        &[
            (
                "central/src/binding/api.rs",
                "use crate::{binding::Draft, declaration::{appointment, Receipt}};",
            ),
            ("central/src/declaration/mod.rs", "use crate::store::Store; // not crate::binding"),
            ("central/src/router.rs", "use crate::{appointment, binding};"),
        ],
    );
}

#[test]
fn lanes_and_decisions_do_no_io_and_only_drivers_touch_lines() {
    check(rust(), laws::purity);
    proves(
        laws::purity,
        &[
            ("gate-agent/src/lane/step.rs", "use tokio::sync::mpsc;"),
            ("gate-agent/src/decision/mod.rs", "fn f(c: &rusqlite::Connection) {}"),
            ("gate-agent/src/notice/lane.rs", "use tokio::sync::watch;"),
            ("gate-agent/src/decision.rs", "use {serde::Serialize, reqwest::Client};"),
            ("gate-agent/src/app.rs", "use tokio_serial::SerialStream;"),
        ],
        &[
            ("gate-agent/src/lane/task.rs", "use tokio::sync::mpsc;"),
            ("gate-agent/src/lane/step.rs", "//! No tokio here.\nlet text = \"tokio\";"),
            ("gate-agent/src/drivers/serial.rs", "use tokio_serial::SerialStream;"),
            ("gate-agent/src/app.rs", "use tokio::task;"),
        ],
    );
}

#[test]
fn only_a_clock_asks_for_the_time() {
    check(rust(), laws::time);
    proves(
        laws::time,
        &[
            ("central/src/app.rs", "let now = Instant::now();"),
            ("bench/src/main.rs", "let now = std::time::SystemTime::now();"),
            ("central/src/desk.rs", "let today = chrono::Utc::now();"),
        ],
        &[
            ("central/src/clock.rs", "let now = Instant::now();"),
            ("central/src/app.rs", "// Instant::now is for clock.rs\nlet now = clock.now();"),
        ],
    );
}

#[test]
fn nothing_is_left_unfinished_and_no_test_is_left_out() {
    check(rust(), laws::unfinished);
    proves(
        laws::unfinished,
        &[
            ("a.rs", "fn f() { todo!() }"),
            ("a.rs", "fn f() { unimplemented!(\"later\") }"),
            ("a.rs", "#[test]\n#[ignore]\nfn f() {}"),
            ("a.rs", "#[ignore = \"slow\"]\nfn f() {}"),
            ("a.rs", "#[should_panic(expected = \"x\")]\nfn f() {}"),
            ("a.rs", "// TODO: count them"),
            ("a.rs", "    // let x = compute(y);"),
            ("a.rs", "// if x {\n// }"),
        ],
        &[
            ("a.rs", "/// let x = compute(y);\nfn f() {}"),
            ("a.rs", "let text = \"todo!() #[ignore]\";"),
            ("a.rs", "// The frame ends here; the next begins behind it."),
            ("a.rs", "#[test]\nfn ignored_frames_are_counted() { /* ignore */ }"),
        ],
    );
}

#[test]
fn exceptions_to_lints_are_expected_and_give_their_reason() {
    check(rust(), laws::exceptions);
    proves(
        laws::exceptions,
        &[
            ("a.rs", "#[allow(dead_code)]\nfn f() {}"),
            ("a.rs", "#![allow(clippy::pedantic)]"),
            ("a.rs", "#[cfg_attr(test, allow(unused))]\nfn f() {}"),
            ("a.rs", "#[expect(dead_code)]\nfn f() {}"),
        ],
        &[
            ("a.rs", "#[expect(\n    dead_code,\n    reason = \"the port joins later\"\n)]\nfn f() {}"),
            ("a.rs", "let _ = Some(1).expect(\"#[allow(x)]\");"),
        ],
    );
}

#[test]
fn files_are_short_have_a_header_and_a_name_that_says_something() {
    check(rust(), laws::shape);
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(500));
    proves(
        laws::shape,
        &[
            ("a/frame.rs", &long),
            ("a/frame.rs", "use std::fmt;"),
            ("a/utils.rs", "//! Things."),
            ("a/common/mod.rs", "//! Things."),
        ],
        &[("a/frame.rs", "//! Frames.\nuse std::fmt;"), ("a/commons.rs", "//! The village green.")],
    );
}

#[test]
fn every_citation_exists() {
    let catalogue = citations::catalogue(REQUIREMENTS);
    assert!(catalogue.len() > 500, "only {} requirements are known", catalogue.len());
    let found: Vec<String> =
        rust().iter().flat_map(|source| citations::unknown(source, &catalogue)).collect();
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));

    let known = citations::catalogue("# comment\nSG-076 smart-gate\nC5 faults");
    // Put together so that this file does not cite what does not exist.
    let bad = Source::new("a.rs", &format!("/// SG-076, {}-999; fault {}9\n#[test]", "SG", "C"));
    assert_eq!(citations::unknown(&bad, &known).len(), 2);
    let good = Source::new("a.rs", "/// SG-076: fault C5, GB-123, F4:11\n#[test]");
    assert_eq!(citations::unknown(&good, &known), Vec::<String>::new());
}

#[test]
fn every_requirement_of_a_finished_page_is_cited_by_a_test() {
    let catalogue = citations::catalogue(REQUIREMENTS);
    let pages: BTreeSet<&str> = catalogue.values().copied().collect();
    assert!(FINISHED.iter().all(|page| pages.contains(page)), "{FINISHED:?} are not all of {pages:?}");
    let cited = rust().iter().flat_map(citations::cited_by_tests).collect();
    let found = citations::uncited(FINISHED, &catalogue, &cited);
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));

    let known = citations::catalogue("SG-076 smart-gate\nSG-077 smart-gate\nPO-001 portal");
    let source = Source::new("a.rs", "/// SG-076\nfn f() {}\n/// SG-077: a rule\n#[test]\nfn g() {}");
    let cited = citations::cited_by_tests(&source);
    assert_eq!(citations::uncited(&["smart-gate"], &known, &cited), ["smart-gate: no test cites SG-076"]);
    let cases = Source::new("a/tests/cases.rs", "// PO-001\nconst CASES: &str = \"SG-076\";");
    assert_eq!(citations::cited_by_tests(&cases), BTreeSet::from(["SG-076".to_owned()]));
}

#[test]
fn chinese_terms_of_types_are_in_the_glossary() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let found: Vec<String> = rust().iter().flat_map(|source| foreign_terms(source, &page)).collect();
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));

    let page = "# Kakou\n回执 elsewhere\n## Glossary\n| 车次 | trip |\n## Walks\n绑定";
    let source = Source::new(
        "a.rs",
        "/// 车次: a trip.\nstruct A;\n/// 回执: a receipt.\n#[derive(Debug)]\npub enum B {}",
    );
    assert_eq!(foreign_terms(&source, page), ["a.rs:3: 回执 is not in the glossary of ARCHITECTURE.md"]);
    assert_eq!(foreign_terms(&source, "no glossary").len(), 2);
}

/// Terms of types that the page's section "Glossary" does not have.
fn foreign_terms(source: &Source, page: &str) -> Vec<String> {
    let glossary = page.split("\n## ").find(|section| section.starts_with("Glossary")).unwrap_or_default();
    let terms = citations::terms(source).into_iter().filter(|(_, term)| !glossary.contains(term.as_str()));
    terms
        .map(|(line, term)| source.at(line, &format!("{term} is not in the glossary of ARCHITECTURE.md")))
        .collect()
}
