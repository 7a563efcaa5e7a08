//! The cells of an xlsx file.
//! Promises: a file unfolds to so much and no more, and a cell stands within the table that we read; both are checked before anything is made of it:
//! an xlsx file is a zip file, which can unfold to a thousand times its size, and a cell can say that it stands a million rows below.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};

use super::MOST_ROWS;

const MOST_UNFOLDED: u64 = 32 * 1024 * 1024;
const MOST_PARTS: usize = 100;
const MOST_COLUMNS: usize = 100;

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    #[default]
    Empty,
    /// Typed as a text, and so as it was meant.
    Text(String),
    /// Of CSV, where nobody can tell a text from a number.
    Loose(String),
    /// As the file has it: a double.
    Number(f64),
    /// A day or a time, `YYYY-MM-DD`.
    Date(String),
    /// A formula without a value, an error, a yes or no.
    Other,
}

/// The first sheet, row by row from its first.
///
/// # Errors
/// What is wrong, in English.
pub(super) fn cells(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, String> {
    unfolds_within_bounds(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| format!("not a workbook: {error}"))?;
    let name = book.sheet_names().first().cloned().ok_or("the workbook has no sheet")?;
    let mut reader =
        book.worksheet_cells_reader(&name).map_err(|error| format!("the sheet cannot be read: {error}"))?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|error| format!("the sheet cannot be read: {error}"))? {
        let value = value(cell.get_value());
        if value == Cell::Empty {
            continue;
        }
        let (line, place) = cell.get_position();
        let (line, place) =
            (usize::try_from(line).unwrap_or(usize::MAX), usize::try_from(place).unwrap_or(usize::MAX));
        // One row more than are taken, so that the reader of rows says so.
        if line > MOST_ROWS + 1 || place >= MOST_COLUMNS {
            return Err(format!("at most {MOST_ROWS} rows and {MOST_COLUMNS} columns"));
        }
        if rows.len() <= line {
            rows.resize(line + 1, Vec::new());
        }
        if let Some(row) = rows.get_mut(line) {
            if row.len() <= place {
                row.resize(place + 1, Cell::Empty);
            }
            if let Some(slot) = row.get_mut(place) {
                *slot = value;
            }
        }
    }
    Ok(rows)
}

fn unfolds_within_bounds(bytes: &[u8]) -> Result<(), String> {
    let mut parts =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("not a workbook: {error}"))?;
    if parts.len() > MOST_PARTS {
        return Err("the workbook has too many parts".into());
    }
    let mut left = MOST_UNFOLDED;
    for place in 0..parts.len() {
        let part = parts.by_index(place).map_err(|error| format!("not a workbook: {error}"))?;
        let unfolded = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let unfolded = unfolded.map_err(|error| format!("not a workbook: {error}"))?;
        left = left.checked_sub(unfolded).ok_or("the workbook unfolds to more than 32 MiB")?;
    }
    Ok(())
}

fn value(data: &DataRef<'_>) -> Cell {
    let text =
        |text: &str| if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.trim().to_owned()) };
    match data {
        DataRef::Empty => Cell::Empty,
        DataRef::String(found) => text(found),
        DataRef::SharedString(found) => text(found),
        // Doubles hold every whole number that Excel shows.
        #[expect(
            clippy::cast_precision_loss,
            reason = "a whole number of a workbook has been a double before"
        )]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Cell::Date(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTimeIso(at) => Cell::Date(at.chars().take(10).collect()),
        _ => Cell::Other,
    }
}
