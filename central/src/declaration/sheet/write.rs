//! Lists as a workbook and as CSV.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, Workbook, Worksheet, XlsxError};

use super::{Column, FAULTS, FORMULA, Kind, Row, beside, read};
use crate::declaration::fault::FieldError;

const WIDTH: f64 = 18.0;
const WIDTH_OF_FAULTS: f64 = 60.0;

/// A workbook of one sheet.
///
/// # Errors
/// [`XlsxError`].
pub fn xlsx(columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    book(columns, (1..).zip(rows.iter().map(Vec::as_slice)), None)
}

/// What was sent, with what is wrong with each row in a last column: the very workbook, or one made of its rows where it was CSV.
///
/// # Errors
/// [`XlsxError`].
pub fn with_faults(
    sent: &[u8],
    columns: &[Column],
    rows: &[Row],
    faults: &[FieldError],
) -> Result<Vec<u8>, XlsxError> {
    let first = rows.first().map_or(2, |row| row.number);
    let said = |row: &Row| (row.number, words(row, row.number == first, columns, faults));
    let said: BTreeMap<_, _> = rows.iter().map(said).filter(|(_, said)| !said.is_empty()).collect();
    match beside::written(sent, &said) {
        // Whatever our writing has done to it, what stands in it must be what was judged.
        Ok(Some(same)) if read(&same, columns).is_ok_and(|(found, _)| found == rows) => return Ok(same),
        Ok(_) => {}
        Err(why) => tracing::warn!(why, "faults could not be written into a workbook; it is made anew"),
    }
    let columns: Vec<_> = columns.iter().copied().filter(|column| !column.filled_in).collect();
    let line = |row: &Row| u32::try_from(row.number.saturating_sub(1)).unwrap_or(u32::MAX);
    book(&columns, rows.iter().map(|row| (line(row), row.cells.as_slice())), Some(&said))
}

/// What is wrong with the row, each fault with its column; a fault of the whole file stands with the first row.
fn words(row: &Row, is_first: bool, columns: &[Column], faults: &[FieldError]) -> String {
    let own = format!("rows[{}]", row.number);
    let of_row = |fault: &&FieldError| match fault.path.strip_prefix(&own) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => is_first && !fault.path.starts_with("rows["),
    };
    let said = faults.iter().filter(of_row).map(|fault| {
        let member = fault.path.strip_prefix(&own).unwrap_or(&fault.path).trim_start_matches('.');
        let column = columns.iter().find(|column| column.key == member);
        let named = column.map_or(member, |column| column.title);
        let colon = if named.is_empty() { "" } else { ": " };
        format!("{named}{colon}{} / {} ({})", fault.message, fault.message_en, fault.rule)
    });
    said.collect::<Vec<_>>().join("; ")
}

fn book<'a>(
    columns: &[Column],
    rows: impl Iterator<Item = (u32, &'a [String])>,
    faults: Option<&BTreeMap<usize, String>>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    head(sheet, columns, &bold, &text)?;
    for (line, row) in rows {
        for ((place, column), cell) in (0..).zip(columns).zip(row) {
            write(sheet, (line, place), column.kind, cell, &text)?;
        }
    }
    if let Some(faults) = faults {
        let place = u16::try_from(columns.len()).unwrap_or(u16::MAX);
        let red = Format::new().set_font_color(Color::Red);
        sheet.set_column_width(place, WIDTH_OF_FAULTS)?;
        sheet.write_string_with_format(0, place, FAULTS, &bold)?;
        for (number, said) in faults {
            let line = u32::try_from(number.saturating_sub(1)).unwrap_or(u32::MAX);
            sheet.write_string_with_format(line, place, said, &red)?;
        }
    }
    book.save_to_buffer()
}

/// Titles, widths, and text cells where what is typed is a text.
pub(super) fn head(
    sheet: &mut Worksheet,
    columns: &[Column],
    bold: &Format,
    text: &Format,
) -> Result<(), XlsxError> {
    for (place, column) in (0..).zip(columns) {
        sheet.set_column_width(place, WIDTH)?;
        if column.kind != Kind::Number {
            // What a person adds below is text as well.
            sheet.set_column_format(place, text)?;
        }
        sheet.write_string_with_format(0, place, column.title, bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    at: (u32, u16),
    kind: Kind,
    cell: &str,
    text: &Format,
) -> Result<(), XlsxError> {
    match (kind, cell.parse::<f64>()) {
        _ if cell.is_empty() => Ok(()),
        (Kind::Number, Ok(number)) if number.is_finite() => {
            sheet.write_number(at.0, at.1, number).map(|_| ())
        }
        _ => sheet.write_string_with_format(at.0, at.1, cell, text).map(|_| ()),
    }
}

/// CSV in UTF-8 with its mark, which spreadsheet programs need to see that it is UTF-8.
///
/// # Errors
/// When memory gives out.
pub fn csv(columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut bytes = b"\xEF\xBB\xBF".to_vec();
    {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        writer.write_record(columns.iter().map(|column| column.title))?;
        for row in rows {
            writer.write_record(columns.iter().zip(row).map(|(column, cell)| defused(column.kind, cell)))?;
        }
        writer.flush()?;
    }
    Ok(bytes)
}

/// A cell that would be a formula begins with an apostrophe, which makes it text.
fn defused(kind: Kind, cell: &str) -> String {
    let number = kind == Kind::Number && cell.parse::<f64>().is_ok();
    if cell.starts_with(FORMULA) && !number { format!("'{cell}") } else { cell.to_owned() }
}
