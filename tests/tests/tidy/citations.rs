//! Requirements: that every citation exists, and that finished modules have all theirs cited by a test.
//! A citation is an id such as SG-076 anywhere in a Rust file, or `fault C5`. It counts for a module when a test carries
//! it: in the `///` lines above `#[test]`, or in a string inside a test file.
//! Promises: citing proves nothing by itself; a missing citation says where nothing can be.

use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Ids and the page each stands in, from lines `ID page`.
pub(crate) fn catalogue(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect()
}

/// Ids in a text: two capitals, a hyphen, three digits; and faults as `fault A1`.
pub(crate) fn ids(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let plain = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let words: Vec<&str> = text.split(plain).collect();
    for (word, before) in words.iter().zip(std::iter::once(&"").chain(&words)) {
        let bytes = word.as_bytes();
        let requirement = bytes.len() == 6
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2] == b'-'
            && bytes[3..].iter().all(u8::is_ascii_digit);
        let fault = before.eq_ignore_ascii_case("fault")
            && bytes.first().is_some_and(|letter| (b'A'..=b'F').contains(letter))
            && (2..=3).contains(&bytes.len())
            && bytes[1..].iter().all(u8::is_ascii_digit);
        if requirement || fault {
            found.push((*word).to_owned());
        }
    }
    found
}

/// Citations of what is in no specification. Only prefixes that specifications use count: `GB-123` is no citation.
pub(crate) fn unknown(source: &Source, catalogue: &BTreeMap<&str, &str>) -> Vec<String> {
    let prefixes: BTreeSet<&str> =
        catalogue.keys().filter_map(|id| id.split_once('-')).map(|(prefix, _)| prefix).collect();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        for id in ids(line) {
            let citation = id.split_once('-').is_none_or(|(prefix, _)| prefixes.contains(prefix));
            if citation && !catalogue.contains_key(id.as_str()) {
                found.push(source.at(number, &format!("{id} is in no specification")));
            }
        }
    }
    found
}

/// Ids that tests of this file carry.
pub(crate) fn cited_by_tests(source: &Source) -> BTreeSet<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = BTreeSet::new();
    for (number, line) in lines.iter().enumerate() {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            let above = lines[..number].iter().rev().map(|line| line.trim_start());
            for line in above.take_while(|line| line.starts_with("///") || line.starts_with("#[")) {
                found.extend(ids(line));
            }
        }
    }
    let test_file = source.name() == "tests.rs" || source.path.split('/').any(|part| part == "tests");
    if test_file {
        let strings = lines.iter().filter(|line| !line.trim_start().starts_with("//") && line.contains('"'));
        found.extend(strings.flat_map(|line| ids(line)));
    }
    found
}

/// Requirements of finished pages that no test cites.
pub(crate) fn uncited(
    finished: &[&str],
    catalogue: &BTreeMap<&str, &str>,
    cited: &BTreeSet<String>,
) -> Vec<String> {
    let due = catalogue.iter().filter(|(_, page)| finished.contains(page));
    due.filter(|(id, _)| !cited.contains(**id))
        .map(|(id, page)| format!("{page}: no test cites {id}"))
        .collect()
}

/// Chinese terms at the head of a type's first documentation line, each with its line.
pub(crate) fn terms(source: &Source) -> Vec<(usize, String)> {
    let lines: Vec<&str> = source.text.lines().map(str::trim_start).collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let first = line.starts_with("/// ") && (number == 0 || !lines[number - 1].starts_with("///"));
        let item = lines[number..].iter().find(|line| !line.starts_with("///") && !line.starts_with("#["));
        let item = item.map(|line| line.strip_prefix("pub ").unwrap_or(line)).unwrap_or_default();
        if first && ["struct ", "enum ", "type ", "trait "].iter().any(|word| item.starts_with(word)) {
            // Before the colon stands the term, behind it the sentence.
            let head = line[4..].split(':').next().unwrap_or_default();
            let runs = head.split(|c: char| !('\u{4E00}'..='\u{9FFF}').contains(&c));
            found.extend(runs.filter(|run| !run.is_empty()).map(|run| (number + 1, run.to_owned())));
        }
    }
    found
}
