//! 读数与预期: what was read beside what is bound, the differences marked.
//! Promises: what the decision found wrong stands as the decision has it; the rest is shown, never judged again here.

use protocols::contract::{ReadValue, Reads};
use serde::{Deserialize, Serialize};

use super::trip::Bound;
use crate::decision::Finding;

/// One thing to compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compare {
    /// `medium plate container seal weight slip slip_check made_up_card age`, or `e_plate ic_card barcode` for a medium that is not the trip's.
    pub what: String,
    /// What was read; empty when nothing was.
    pub read: Vec<String>,
    /// What is bound; empty when nothing is, or no trip matched.
    pub expected: Vec<String>,
    /// True when the decision says that this does not agree.
    pub differs: bool,
    /// Why, by its code.
    pub reason: Option<String>,
}

/// The rows, those that differ first.
pub(super) fn compare(reads: &Reads, bound: Option<&Bound>, findings: &[Finding]) -> Vec<Compare> {
    let mut rows: Vec<Compare> = findings.iter().map(differing).collect();
    for (what, read, expected) in plain(reads, bound) {
        let told = rows.iter_mut().find(|row| row.what == what);
        match told {
            Some(row) => {
                // The decision may name only what is missing; the rest of what was read and bound belongs beside it.
                if row.read.is_empty() {
                    row.read = read;
                }
                if row.expected.is_empty() {
                    row.expected = expected;
                }
            }
            None if read.is_empty() && expected.is_empty() => {}
            None => {
                rows.push(Compare { what: what.to_owned(), read, expected, differs: false, reason: None })
            }
        }
    }
    rows
}

fn differing(finding: &Finding) -> Compare {
    let one = |text: &str| -> Vec<String> {
        text.split(['|', ',']).map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
    };
    Compare {
        what: finding.what.name().to_owned(),
        read: one(&finding.read),
        expected: one(&finding.expected),
        differs: true,
        reason: Some(finding.reason.code().to_owned()),
    }
}

/// Everything that can be read, with what is bound of it.
fn plain(reads: &Reads, bound: Option<&Bound>) -> Vec<(&'static str, Vec<String>, Vec<String>)> {
    let one =
        |read: &Option<ReadValue>| -> Vec<String> { read.iter().map(|read| read.value.clone()).collect() };
    let many = |reads: &[ReadValue]| -> Vec<String> { reads.iter().map(|read| read.value.clone()).collect() };
    let media = [
        ("VE", "e_plate", one(&reads.e_plate)),
        ("IC", "ic_card", one(&reads.ic_card)),
        ("BC", "barcode", one(&reads.barcode)),
        ("VN", "plate", one(&reads.plate)),
    ];
    let bound_type = bound.map(|bound| bound.medium_type.as_str());
    let mut rows = Vec::new();
    for (medium_type, name, read) in media {
        let is_its = bound_type == Some(medium_type);
        let expected = match (is_its, name) {
            (true, _) => bound.map(|bound| vec![bound.medium_key.clone()]),
            (false, "plate") => bound.map(|bound| bound.plates.clone()),
            (false, _) => None,
        };
        let row = (if is_its { "medium" } else { name }, read, expected.unwrap_or_default());
        if is_its {
            rows.insert(0, row);
        } else {
            rows.push(row);
        }
    }
    let of_bound = |of: fn(&Bound) -> &Vec<String>| bound.map(|bound| of(bound).clone()).unwrap_or_default();
    rows.push(("container", many(&reads.containers), of_bound(|bound| &bound.containers)));
    rows.push(("seal", many(&reads.seals), of_bound(|bound| &bound.seals)));
    rows.push(("weight", reads.gross_kg.iter().map(ToString::to_string).collect(), Vec::new()));
    rows
}
