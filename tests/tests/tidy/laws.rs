//! The laws that one file can break by itself; each gives its complaints.
//! Absent: laws about the whole (`citations`), and what clippy already forbids in all code.

use crate::source::{Source, has_word};

/// Longest file, lines.
const LONGEST: usize = 500;

/// Packages of ours, and which of them each may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocols/Cargo.toml", &[]),
    ("gate-agent/Cargo.toml", &["kakou-protocols"]),
    ("central/Cargo.toml", &["kakou-protocols"]),
    ("firmware-sim/Cargo.toml", &["kakou-protocols"]),
];
const OURS: &[&str] =
    &["kakou-protocols", "gate-agent", "central", "firmware-sim", "kakou-bench", "kakou-tests", "kakou-fuzz"];

/// The five manuals, folders of central; none knows another.
const MANUALS: &[&str] = &["binding", "appointment", "attendance", "preshipment", "remote"];

/// `protocols <- gate-agent, central, firmware-sim`, and no other arrow between them.
pub(crate) fn arrows(manifest: &Source) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(path, _)| *path == manifest.path) else {
        return Vec::new();
    };
    let mut of_dependencies = false;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(manifest.text.lines()) {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            of_dependencies = section.contains("dependencies");
        }
        // `name = …`, `name.workspace = true`, and `[dependencies.name]`.
        let names = line.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        let named = names.filter(|name| OURS.contains(name)).find(|name| !allowed.contains(name));
        if let (true, false, Some(name)) = (of_dependencies, line.starts_with('#'), named) {
            found.push(manifest.at(number, &format!("must not depend on {name}")));
        }
    }
    found
}

/// In central: manual -> declaration -> store, never back and never sideways.
pub(crate) fn central_arrows(source: &Source) -> Vec<String> {
    let Some(below) = source.path.strip_prefix("central/src/") else { return Vec::new() };
    let here = below.split(['/', '.']).next().unwrap_or_default();
    let barred: Vec<&str> = match here {
        "store" => MANUALS.iter().chain(&["declaration", "desk", "gate_feed"]).copied().collect(),
        "declaration" => MANUALS.to_vec(),
        manual if MANUALS.contains(&manual) => {
            MANUALS.iter().filter(|other| **other != manual).copied().collect()
        }
        _ => return Vec::new(),
    };
    let used = crate_modules(&source.code);
    let wrong = used.into_iter().filter(|(_, module)| barred.contains(&module.as_str()));
    wrong.map(|(line, module)| source.at(line, &format!("{here} must not know {module}"))).collect()
}

/// First modules of all `crate::…` paths, groups included, with their lines.
fn crate_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let after = &code[at + path.len()..];
        let mut depth = 0_usize;
        let mut fresh = true;
        for (offset, c) in after.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ',' if depth == 1 => fresh = true,
                c if fresh && (c.is_alphabetic() || c == '_') => {
                    let name: String =
                        after[offset..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    found.push((code[..at + path.len() + offset].lines().count(), name));
                    fresh = false;
                }
                _ => {}
            }
            if depth == 0 && !fresh {
                break;
            }
        }
    }
    found
}

/// `lane` and `fusion` (but their shells), `decision` and `notice` do no I/O; only drivers touch serial lines and speak MQTT.
pub(crate) fn purity(source: &Source) -> Vec<String> {
    let Some(below) = source.path.strip_prefix("gate-agent/src/") else { return Vec::new() };
    let pure = ["lane", "decision", "fusion", "notice"].iter().any(|folder| below.starts_with(folder))
        && !below.starts_with("lane/task")
        && !below.starts_with("fusion/task");
    let mut barred: Vec<&str> = Vec::new();
    if pure {
        barred.extend(["tokio", "rusqlite", "reqwest", "axum"]);
    }
    if !below.starts_with("drivers") {
        barred.extend(["tokio_serial", "rumqttc", "mqtt5"]);
    }
    words(source, &barred, "is not for this module: see the header of lib.rs")
}

/// Only a file `clock.rs` asks for the time.
pub(crate) fn time(source: &Source) -> Vec<String> {
    if source.name() == "clock.rs" {
        return Vec::new();
    }
    words(
        source,
        &["Instant::now", "SystemTime::now", "Utc::now", "Local::now"],
        "only a clock.rs asks for the time",
    )
}

/// Marks of unfinished work, and tests that are not run.
pub(crate) fn unfinished(source: &Source) -> Vec<String> {
    let mut found = words(source, &["todo!", "unimplemented!", "dbg!"], "is unfinished work");
    for (number, line) in source.code_lines() {
        let attribute = line.trim_start().starts_with("#[") || line.trim_start().starts_with("#![");
        if attribute && (has_word(line, "ignore") || has_word(line, "should_panic")) {
            found.push(source.at(number, "a test is run, and says itself what it expects"));
        }
    }
    for (number, comment) in comments(source) {
        if ["TODO", "FIXME", "XXX"].iter().any(|mark| has_word(comment, mark)) {
            found.push(source.at(number, "is a note to oneself"));
        }
        if is_commented_out(comment) {
            found.push(source.at(number, "is commented-out code"));
        }
    }
    found
}

/// Lines that are nothing but a comment, without its `//`.
fn comments(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(source.text.lines().zip(source.code.lines()));
    lines.filter(|(_, (_, code))| code.trim().is_empty()).filter_map(|(number, (text, _))| {
        text.trim_start().strip_prefix("//").map(|comment| (number, comment))
    })
}

/// What follows `//`: code rather than a sentence. Documentation may show code.
fn is_commented_out(comment: &str) -> bool {
    if comment.starts_with(['/', '!']) {
        return false;
    }
    let text = comment.trim();
    let statement = text.ends_with(';') && text.contains(['(', '=', ':']);
    let opened = text.ends_with('{') && text.contains(' ');
    statement || opened || matches!(text, "}" | "});" | "},")
}

/// Exceptions to a lint are expected and say why.
pub(crate) fn exceptions(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.code.match_indices("#") {
        let attribute = source.code[at..].trim_start_matches(['#', '!']);
        let Some(inside) = attribute.strip_prefix('[') else { continue };
        let inside = &inside[..inside.find(']').unwrap_or(inside.len())];
        let line = source.code[..=at].lines().count();
        if inside.starts_with("allow(") || (inside.starts_with("cfg_attr(") && has_word(inside, "allow")) {
            found.push(source.at(line, "use #[expect(…, reason = \"…\")]"));
        }
        if inside.contains("expect(") && !has_word(inside, "reason") {
            found.push(source.at(line, "an exception needs its reason"));
        }
    }
    found
}

/// Length, header and name of a file.
pub(crate) fn shape(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > LONGEST {
        found.push(
            source.at(lines, &format!("{lines} lines, but a file has {LONGEST} at most: a noun is missing")),
        );
    }
    if !source.text.starts_with("//! ") {
        found.push(source.at(1, "a file starts with its header, //! …"));
    }
    let banned = ["util", "utils", "helper", "helpers", "common", "misc", "prelude"];
    for part in source.path.split('/') {
        let stem = part.split('.').next().unwrap_or_default();
        if banned.contains(&stem) {
            found.push(source.at(1, &format!("{part} says nothing about what is in it")));
        }
    }
    found
}

fn words(source: &Source, barred: &[&str], why: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in source.code_lines() {
        for word in barred {
            let stem = word.trim_end_matches('!');
            if line.contains(word) && has_word(line, stem) {
                found.push(source.at(number, &format!("{word} {why}")));
            }
        }
    }
    found
}
