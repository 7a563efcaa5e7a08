//! The page and the JSON of one run.
//! Promises: written by the run, whole or not at all; a page says what its figures hold and how the run was set.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::row::{self, Row};

/// What a run has found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Machine, date, commit.
    pub(crate) about: Vec<(&'static str, String)>,
    /// The figures.
    pub(crate) rows: Vec<Row>,
    /// How the run was set, a sentence each.
    pub(crate) settings: Vec<String>,
    /// Sentences on what was promised and what came out.
    pub(crate) verdicts: Vec<String>,
}

impl Report {
    /// Writes the JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&row::json(&self.rows))?;
        put(path, &format!("{text}\n"))
    }

    /// Writes the page.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_page(&self, path: &Path) -> anyhow::Result<()> {
        put(path, &self.page())
    }

    fn page(&self) -> String {
        let mut out = String::from(
            "# Benchmarks\n\nWritten by `make bench`; edits by hand are lost. Times in one run on one machine; compare ratios, not figures, between machines.\n\n",
        );
        // Writing to a `String` does not fail.
        for (name, text) in &self.about {
            let _ = writeln!(out, "- {name}: {text}");
        }
        let _ = writeln!(out, "\n{}", row::markdown(&self.rows));
        out.push_str("The ratio is value / floor: of a time, smaller is better; of a rate, larger.\n");
        section(&mut out, "Against the promises", &self.verdicts);
        section(&mut out, "How the run was set", &self.settings);
        let inside = self.inside();
        section(&mut out, "What is inside each figure", &inside);
        out
    }
}

impl Report {
    /// What each figure holds; figures of one kind, which stand together, are told together.
    fn inside(&self) -> Vec<String> {
        let kinds = self.rows.chunk_by(|one, next| one.inside == next.inside);
        kinds
            .map(|rows| {
                let names: Vec<String> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
                let inside = rows.first().map_or("", |row| row.inside);
                format!("{}: {inside}", names.join(", "))
            })
            .collect()
    }
}

fn section(out: &mut String, head: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {head}\n");
    for sentence in sentences {
        let _ = writeln!(out, "- {sentence}");
    }
}

/// Writes beside, then renames: a reader sees the old file or the new one.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    fs::write(&fresh, text)
        .and_then(|()| fs::rename(&fresh, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_each_figure_and_what_is_inside() {
        let row = |name| Row { name, value: 5.0, unit: "us", floor: None, inside: "One exchange." };
        let report = Report {
            about: vec![("Date", "today".to_owned())],
            rows: vec![row("bus_p50"), row("bus_p99")],
            settings: vec!["Poll every 20 ms.".to_owned()],
            verdicts: Vec::new(),
        };
        let page = report.page();
        for part in [
            "- Date: today",
            "| `bus_p50` | 5.00 | us | - | - |",
            "- Poll every 20 ms.",
            "- `bus_p50`, `bus_p99`: One exchange.",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("Against the promises"));
    }
}
