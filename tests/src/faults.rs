//! 故障目录: the faults that the product must stand, and the page that tells how it stood them.
//! Promises: a fault without a run, a test or a word about what is missing is an error; figures are the runs' own lines, never typed.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// The catalogue, as the workspace has it.
pub const CATALOGUE: &str = include_str!("../faults.toml");

/// How many faults there are of each letter.
const LETTERS: [(char, u32); 6] = [('A', 10), ('B', 5), ('C', 10), ('D', 8), ('E', 10), ('F', 6)];

/// All faults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    fault: Vec<Fault>,
}

/// One fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    id: String,
    what: String,
    target: String,
    /// Runs of `scripts/soak`.
    #[serde(default)]
    runs: Vec<String>,
    /// Tests of `make test`, as `file::name`.
    #[serde(default)]
    tests: Vec<String>,
    missing: Option<String>,
}

impl Catalogue {
    /// Reads it, and checks that every fault is there once and none without an answer.
    ///
    /// # Errors
    /// When one is missing, unknown or empty.
    pub fn parse(text: &str) -> Result<Self> {
        let catalogue: Self = toml::from_str(text).context("faults.toml")?;
        let ids: Vec<&str> = catalogue.fault.iter().map(|fault| fault.id.as_str()).collect();
        let wanted: Vec<String> = LETTERS
            .iter()
            .flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}{n}")))
            .collect();
        ensure!(ids == wanted, "the faults are {ids:?} instead of {wanted:?}");
        for fault in &catalogue.fault {
            let is_answered = !fault.runs.is_empty() || !fault.tests.is_empty() || fault.missing.is_some();
            ensure!(is_answered, "{}: nothing stands against it and nothing is said", fault.id);
        }
        Ok(catalogue)
    }

    /// Files and names of the tests that are named.
    pub fn tests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fault.iter().flat_map(|fault| &fault.tests).filter_map(|test| test.split_once("::"))
    }

    /// Names of runs.
    pub fn runs(&self) -> impl Iterator<Item = &str> {
        self.fault.iter().flat_map(|fault| &fault.runs).map(String::as_str)
    }

    /// The page, from what the runs have told in `folder`.
    ///
    /// # Errors
    /// When a run's file cannot be read.
    pub fn page(&self, folder: &Path) -> Result<String> {
        let mut runs = BTreeMap::new();
        for name in self.runs() {
            if !runs.contains_key(name) {
                runs.insert(name, Told::read(&folder.join(format!("{name}.json")))?);
            }
        }
        let mut page = String::from(
            "# Faults\n\nWritten by `make soak` from what its runs told; `tests/faults.toml` says which run and which test stands against which fault. `make test` has \
             the small form of each run.\n\n## Runs\n\n| run | commit | size | result | time | figures |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for (name, told) in &runs {
            match told {
                Some(told) => writeln!(page, "| {name} | {} |", told.row())?,
                None => writeln!(page, "| {name} | | | not run | | |")?,
            }
        }
        page += "\n## Faults\n\n| id | fault | target | stands against it | not reached |\n| --- | --- | --- | --- | --- |\n";
        for fault in &self.fault {
            let runs = fault.runs.iter().map(|run| format!("run {run}"));
            let tests =
                fault.tests.iter().filter_map(|test| Some(format!("`{}`", test.rsplit_once("::")?.1)));
            let against: Vec<String> = runs.chain(tests).collect();
            let missing = fault.missing.as_deref().unwrap_or_default();
            writeln!(
                page,
                "| {} | {} | {} | {} | {missing} |",
                fault.id,
                fault.what,
                fault.target,
                against.join(", ")
            )?;
        }
        Ok(page)
    }
}

/// What a run has told.
struct Told {
    head: Value,
    figures: Vec<Value>,
}

impl Told {
    fn read(path: &Path) -> Result<Option<Self>> {
        let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
        let mut lines = text.lines().map(serde_json::from_str::<Value>);
        let head = lines.next().context("an empty file")?.with_context(|| path.display().to_string())?;
        let figures = lines.collect::<Result<_, _>>().with_context(|| path.display().to_string())?;
        Ok(Some(Self { head, figures }))
    }

    fn row(&self) -> String {
        let text = |key: &str| self.head.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| self.head.get(key).and_then(Value::as_i64).unwrap_or_default();
        let result = if number("status") == 0 { "held" } else { "**failed**" };
        let size = [text("size"), text("variables")].join(" ");
        let figures: Vec<String> = self.figures.iter().map(|figure| format!("`{figure}`")).collect();
        format!(
            "{} | {} | {result} | {} s | {}",
            text("commit"),
            size.trim(),
            number("seconds"),
            figures.join("<br>")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn every_fault_is_answered_by_tests_and_runs_that_there_are() {
        let catalogue = Catalogue::parse(CATALOGUE).unwrap();
        for (file, name) in catalogue.tests() {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            assert!(text.contains(&format!("fn {name}(")), "{file} has no {name}");
        }
        let script = fs::read_to_string(root().join("scripts/soak")).unwrap();
        for run in catalogue.runs() {
            assert!(script.contains(&format!("\nrun {run} ")), "scripts/soak has no run {run}");
        }
    }

    #[test]
    fn a_fault_that_is_left_out_or_unanswered_is_an_error() {
        let whole = Catalogue::parse(CATALOGUE).unwrap();
        assert_eq!(whole.fault.len(), 49);
        let without = CATALOGUE.replacen("id = \"C4\"", "id = \"C44\"", 1);
        assert!(Catalogue::parse(&without).unwrap_err().to_string().contains("C44"));
        let unanswered = CATALOGUE.replacen("missing = \"Needs hardware; A2 stands for it.\"", "", 1);
        assert!(Catalogue::parse(&unanswered).unwrap_err().to_string().starts_with("A3"));
    }

    #[test]
    fn the_page_tells_what_ran_what_failed_and_what_did_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let head = r#"{"run":"kill","size":"large","status":1,"seconds":7,"commit":"abc1234","variables":"KAKOU_KILLS=500"}"#;
        fs::write(folder.path().join("kill.json"), format!("{head}\n{{\"test\":\"kill\",\"pulses\":3}}\n"))
            .unwrap();
        let page = Catalogue::parse(CATALOGUE).unwrap().page(folder.path()).unwrap();
        let row = "| kill | abc1234 | large KAKOU_KILLS=500 | **failed** | 7 s | `{\"pulses\":3,\"test\":\"kill\"}` |";
        assert!(page.contains(row), "{page}");
        assert!(page.contains("| power | | | not run | | |"));
    }
}
