//! A table of answers as text: a line an operation, a column each way to ask.
//! Promises: what differs is told cell by cell, with the line as it would have to stand; so is what is missing, with what to write where.

use std::collections::BTreeMap;

/// Operation -> cells.
pub(super) type Rows = BTreeMap<String, Vec<String>>;

const OPERATION: usize = 84;
const CELL: usize = 6;

/// A file of this folder, as it stands now: who writes a row need not build anything.
pub(super) fn file(name: &str) -> String {
    let path = format!("{}/src/router/tests/access/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A line of the file.
pub(super) fn line(operation: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {cell:<CELL$}")).collect();
    format!("{operation:<OPERATION$}{cells}").trim_end().to_owned()
}

/// The lines of a file. The first one that is no remark has the headings.
pub(super) fn read(text: &str, columns: &[&str]) -> Rows {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let heading: Vec<_> = lines.next().unwrap_or_default().split_whitespace().skip(1).collect();
    assert_eq!(heading, columns, "the columns of the table");
    let mut rows = Rows::new();
    for line in lines {
        let mut words = line.split_whitespace().map(ToOwned::to_owned);
        let operation = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        assert!(rows.insert(operation.clone(), words.collect()).is_none(), "two rows of {operation}");
    }
    rows
}

/// Compares what was answered with the reviewed file of this name.
pub(super) fn compare(file: &str, columns: &[&str], answered: &Rows) {
    let reviewed = read(&self::file(file), columns);
    let mut said = Vec::new();
    for (operation, cells) in answered {
        let Some(expected) = reviewed.get(operation) else {
            said.push(format!("no row in {file}; judge each cell, then write:\n{}", line(operation, cells)));
            continue;
        };
        let differ =
            columns.iter().zip(expected.iter().zip(cells)).filter(|(_, (expected, cell))| expected != cell);
        let differ: Vec<_> =
            differ.map(|(column, (expected, cell))| format!("{column}: {expected} -> {cell}")).collect();
        if !differ.is_empty() || expected.len() != cells.len() {
            said.push(format!("{operation}: {}\n{}", differ.join(", "), line(operation, cells)));
        }
    }
    let gone = reviewed.keys().filter(|operation| !answered.contains_key(*operation));
    said.extend(
        gone.map(|operation| format!("{operation}: {file} has a row and the document no such operation")),
    );
    let heading = line("operation", &columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>());
    assert!(said.is_empty(), "{file} (the file, then what is answered):\n{heading}\n{}", said.join("\n"));
}
