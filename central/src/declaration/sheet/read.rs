//! A list as it comes back: a workbook, or CSV in UTF-8 or in the GBK that Chinese spreadsheet programs write.

use serde_json::Value;

use super::{
    Column, FAULTS, FORMULA, Kind,
    workbook::{self, Cell},
};
use crate::declaration::fault::FieldError;

/// Rows below the head.
pub const MOST_ROWS: usize = 1000;
/// Bytes of a file.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;
const MOST_FAULTS: usize = 200;
const LONGEST_CELL: usize = 4000;
/// Digits that a spreadsheet program keeps of a number.
const KEPT_DIGITS: usize = 15;
/// From here on a double cannot hold every whole number that has so many digits.
const CUT: f64 = 1e15;

/// 行.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// As the spreadsheet program shows it; the head is row 1.
    pub number: usize,
    /// What stands in the columns that a person fills in, in their order; empty where nothing does.
    pub cells: Vec<String>,
}

/// The rows of a file, and what is wrong with it; with faults, the rows are good for showing only.
///
/// # Errors
/// The file cannot be read at all, or lacks a column.
pub fn read(bytes: &[u8], columns: &[Column]) -> Result<(Vec<Row>, Vec<FieldError>), Vec<FieldError>> {
    let whole = |en: String| {
        let zh = "文件无法读取，请使用导出的表格";
        vec![FieldError::format("file".into(), "PO-332", zh, en, Value::Null)]
    };
    if bytes.len() > MOST_BYTES {
        return Err(whole(format!("at most {MOST_BYTES} bytes")));
    }
    let rows =
        if bytes.starts_with(b"PK") { workbook::cells(bytes) } else { of_csv(bytes) }.map_err(whole)?;
    let mut rows = (1..).zip(rows);
    let (_, head) = rows.next().ok_or_else(|| whole("the file is empty".into()))?;
    let places = places(&head, columns).map_err(whole)?;
    let wanted: Vec<_> = columns.iter().filter(|column| !column.filled_in).collect();
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (number, row) in rows {
        let nothing = Cell::Empty;
        let cells: Vec<_> = places.iter().map(|place| row.get(*place).unwrap_or(&nothing)).collect();
        if cells.iter().all(|cell| **cell == Cell::Empty) {
            continue;
        }
        if found.len() == MOST_ROWS {
            return Err(whole(format!("at most {MOST_ROWS} rows")));
        }
        let cells = wanted.iter().zip(cells).map(|(column, cell)| {
            let path = format!("rows[{number}].{}", column.key);
            text(path, column, cell, &mut faults)
        });
        found.push(Row { number, cells: cells.collect() });
    }
    faults.truncate(MOST_FAULTS);
    if found.is_empty() { Err(whole("the file has no rows".into())) } else { Ok((found, faults)) }
}

/// Where the columns that a person fills in stand in the file.
fn places(head: &[Cell], columns: &[Column]) -> Result<Vec<usize>, String> {
    let title = |cell: &Cell| match cell {
        Cell::Text(text) | Cell::Loose(text) => text.trim().trim_end_matches('*').trim().to_owned(),
        _ => String::new(),
    };
    let titles: Vec<_> = head.iter().map(title).collect();
    let known = |title: &String| {
        title.is_empty()
            || title == FAULTS
            || columns.iter().any(|column| column.title == title || column.key == title)
    };
    // What nobody reads would be lost in silence.
    if let Some(foreign) = titles.iter().find(|title| !known(title)) {
        return Err(format!("nobody knows the column {foreign:?}"));
    }
    let place = |column: &Column| {
        let mut at =
            titles.iter().enumerate().filter(|(_, title)| **title == column.title || **title == column.key);
        match (at.next(), at.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("the column {} stands there twice", column.title)),
            (None, _) => Err(format!("the column {} is missing", column.title)),
        }
    };
    columns.iter().filter(|column| !column.filled_in).map(place).collect()
}

fn text(path: String, column: &Column, cell: &Cell, faults: &mut Vec<FieldError>) -> String {
    let mut refuse = |zh: &str, en: &str, value: Value| {
        faults.push(FieldError::format(path.clone(), "PO-332", zh, en, value))
    };
    let cut = (
        "数字已被表格软件截断，请将该列设为文本后重新录入",
        "the spreadsheet program has cut the number; make the column text and type it again",
    );
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(number) if column.kind == Kind::Number => number.to_string(),
        // A cut number is not passed on: in the workbook that goes back its cell is empty, to be typed again.
        Cell::Number(number) if number.abs() >= CUT => {
            refuse(cut.0, cut.1, number.to_string().into());
            String::new()
        }
        // `0708` typed into such a cell is 708; nobody can tell whether there was a zero.
        Cell::Number(number) if column.kind == Kind::Code => {
            refuse(
                "数字单元格会丢失前导零，请将该列设为文本后重新录入",
                "a number cell loses leading zeros; make the column text and type the code again",
                number.to_string().into(),
            );
            number.to_string()
        }
        Cell::Number(number) => number.to_string(),
        Cell::Date(day) if column.kind == Kind::Number => {
            refuse("应为数字", "a number, not a day", day.clone().into());
            day.clone()
        }
        Cell::Date(day) if column.kind == Kind::Code => {
            refuse(
                "表格软件已将代码变成日期，请将该列设为文本后重新录入",
                "the spreadsheet program has made a day of the code; make the column text and type it again",
                day.clone().into(),
            );
            day.clone()
        }
        Cell::Date(day) => day.clone(),
        Cell::Text(text) | Cell::Loose(text) if column.kind != Kind::Number && is_scientific(text) => {
            refuse(cut.0, cut.1, text.clone().into());
            String::new()
        }
        Cell::Loose(text) if column.kind != Kind::Number && ends_in_zeros(text) => {
            refuse(cut.0, cut.1, text.clone().into());
            String::new()
        }
        Cell::Text(text) | Cell::Loose(text) if text.chars().count() > LONGEST_CELL => {
            refuse("内容过长", "at most 4000 characters", Value::Null);
            text.chars().take(LONGEST_CELL).collect()
        }
        Cell::Text(text) | Cell::Loose(text) => text.clone(),
        Cell::Other => {
            refuse(
                "单元格含公式错误或逻辑值",
                "a formula without a value, an error, or a yes or no",
                Value::Null,
            );
            String::new()
        }
    }
}

/// What a long number looks like in a narrow column: `1.2E+17`.
fn is_scientific(text: &str) -> bool {
    let power =
        text.split_once(['E', 'e']).and_then(|(number, power)| Some((number, power.strip_prefix('+')?)));
    power.is_some_and(|(number, power)| {
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        whole.len() == 1 && digits(whole) && digits(part) && digits(power)
    })
}

/// What a number of more than fifteen digits becomes when a spreadsheet program has had it.
fn ends_in_zeros(text: &str) -> bool {
    let (_, tail) = text.split_at_checked(KEPT_DIGITS).unwrap_or((text, ""));
    digits(text) && !tail.is_empty() && tail.bytes().all(|byte| byte == b'0')
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn of_csv(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, String> {
    let decoded;
    let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
        Ok(text) => text,
        Err(_) => {
            let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
            if broken {
                return Err("neither UTF-8 nor GBK".into());
            }
            decoded = text;
            &decoded
        }
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| format!("not CSV: {error}"))?;
        let line = row.position().and_then(|at| usize::try_from(at.line()).ok()).unwrap_or_default();
        if line > (MOST_ROWS + 1) * 2 || rows.len() > MOST_ROWS + 1 {
            return Err(format!("at most {MOST_ROWS} rows"));
        }
        rows.push(row.iter().map(|cell| of_text(cell.trim())).collect());
    }
    Ok(rows)
}

/// What our own CSV defused is as it was.
fn of_text(cell: &str) -> Cell {
    let plain = cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell);
    if plain.is_empty() { Cell::Empty } else { Cell::Loose(plain.to_owned()) }
}
