//! Lists as a workbook and as CSV.

use rust_xlsxwriter::{Color, Format, Workbook, Worksheet, XlsxError};

use super::{Column, FAULTS, FORMULA, Kind, Row};
use crate::declaration::fault::FieldError;

const WIDTH: f64 = 18.0;
const WIDTH_OF_FAULTS: f64 = 60.0;

/// A workbook of one sheet.
///
/// # Errors
/// [`XlsxError`].
pub fn xlsx(columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    book(columns, rows, None)
}

/// The rows as they came, with what is wrong with each in a last column.
///
/// # Errors
/// [`XlsxError`].
pub fn with_faults(columns: &[Column], rows: &[Row], faults: &[FieldError]) -> Result<Vec<u8>, XlsxError> {
    let columns: Vec<_> = columns.iter().copied().filter(|column| !column.filled_in).collect();
    let cells: Vec<_> = rows.iter().map(|row| row.cells.clone()).collect();
    let said: Vec<_> = rows.iter().map(|row| words(row, faults)).collect();
    book(&columns, &cells, Some(&said))
}

/// What is wrong with the row, each fault with its member; a fault of the whole file stands with the first row.
fn words(row: &Row, faults: &[FieldError]) -> String {
    let own = format!("rows[{}]", row.number);
    let of_row = |fault: &&FieldError| match fault.path.strip_prefix(&own) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => row.number == 2 && !fault.path.starts_with("rows["),
    };
    let said = faults.iter().filter(of_row).map(|fault| {
        let member = fault.path.strip_prefix(&own).unwrap_or(&fault.path).trim_start_matches('.');
        format!("{member}: {} ({})", fault.message, fault.rule)
    });
    said.collect::<Vec<_>>().join("; ")
}

fn book(columns: &[Column], rows: &[Vec<String>], faults: Option<&[String]>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (head, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    for (place, column) in (0..).zip(columns) {
        sheet.set_column_width(place, WIDTH)?;
        if column.kind != Kind::Number {
            // What a person adds below is text as well.
            sheet.set_column_format(place, &text)?;
        }
        sheet.write_string_with_format(0, place, column.title, &head)?;
    }
    for (line, row) in (1..).zip(rows) {
        for ((place, column), cell) in (0..).zip(columns).zip(row) {
            write(sheet, (line, place), column.kind, cell, &text)?;
        }
    }
    if let Some(faults) = faults {
        let place = u16::try_from(columns.len()).unwrap_or(u16::MAX);
        let red = Format::new().set_font_color(Color::Red);
        sheet.set_column_width(place, WIDTH_OF_FAULTS)?;
        sheet.write_string_with_format(0, place, FAULTS, &head)?;
        for (line, said) in (1..).zip(faults) {
            sheet.write_string_with_format(line, place, said, &red)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
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
