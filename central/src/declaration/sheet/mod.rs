//! 表格: lists that go out to spreadsheet programs and come back from them.
//! `write`: as a workbook and as CSV · `read`: either of them · `workbook`: what an xlsx file has in its cells · `beside`: what is wrong, written into
//! the workbook that was sent · `template`: an empty list and what it takes · `http`: heads of answers.
//! Promises: a text stays the text that it is: no leading zero is lost, no cell becomes a formula; a number that a spreadsheet program has cut is
//! refused, not taken; every fault names its row as the program shows it; what one file can make the centre do is bounded.
//! Absent on purpose: what the columns mean; a manual has its own list of them.

mod beside;
mod http;
mod read;
mod template;
mod workbook;
mod write;

pub use http::{Answer, Asked, wants_workbook};
pub use read::{MOST_BYTES, MOST_ROWS, Row, read};
pub use template::{Line, Takes, template};
pub use write::{csv, with_faults, xlsx};

/// What stands in the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Codes and numbers of things, every sign of which matters: a cell that is a number is refused.
    Code,
    /// Names and words: never counted with.
    Text,
    /// What is counted with.
    Number,
    /// A day, `YYYY-MM-DD`.
    Date,
}

/// 列.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The member of the manual's JSON.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What stands in it.
    pub kind: Kind,
    /// Filled in by the system: goes out, and is passed over when it comes back.
    pub filled_in: bool,
}

/// A column that a person fills in.
#[must_use]
pub const fn column(key: &'static str, title: &'static str, kind: Kind) -> Column {
    Column { key, title, kind, filled_in: false }
}

/// A column that only goes out.
#[must_use]
pub const fn filled_in(key: &'static str, title: &'static str, kind: Kind) -> Column {
    Column { key, title, kind, filled_in: true }
}

/// The column that tells what is wrong with a row; passed over when it comes back.
const FAULTS: &str = "错误";
/// In which a spreadsheet program would see a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

#[cfg(test)]
mod tests;
