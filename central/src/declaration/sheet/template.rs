//! 导入模板: the empty list, and a second sheet that says what stands in each column.
//! Promises: what is typed into it stays the text that it is; the codes that a column takes are offered where a spreadsheet program can.

use rust_xlsxwriter::{DataValidation, Format, Workbook, Worksheet, XlsxError};

use super::{Column, Kind, MOST_ROWS, write::head};

/// As long as a list of a cell may be, in signs.
const LONGEST_LIST: usize = 255;
const WIDTHS: [f64; 4] = [24.0, 12.0, 70.0, 70.0];

/// What a column takes.
#[derive(Clone, Debug, Default)]
pub struct Takes {
    /// It may never be empty.
    pub required: bool,
    /// In words.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Codes, each with its name; none where it is no short list.
    pub codes: Vec<(&'static str, &'static str)>,
}

/// A line of the second sheet that is about the whole list.
#[derive(Clone, Copy, Debug)]
pub struct Line(pub &'static str, pub &'static str);

/// The workbook.
///
/// # Errors
/// [`XlsxError`].
pub fn template(
    columns: &[Column],
    takes: impl Fn(&Column) -> Takes,
    lines: &[Line],
) -> Result<Vec<u8>, XlsxError> {
    let columns: Vec<_> = columns.iter().copied().filter(|column| !column.filled_in).collect();
    let mut book = Workbook::new();
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    let sheet = book.add_worksheet().set_name("导入")?;
    head(sheet, &columns, &bold, &text)?;
    for (place, column) in (0..).zip(&columns) {
        let takes = takes(column);
        if takes.required {
            sheet.write_string_with_format(0, place, format!("{}*", column.title), &bold)?;
        }
        let codes: Vec<_> = takes.codes.iter().map(|(code, _)| *code).collect();
        let signs = codes.iter().map(|code| code.len() + 1).sum::<usize>();
        if !codes.is_empty() && signs <= LONGEST_LIST {
            let last = u32::try_from(MOST_ROWS).unwrap_or(u32::MAX);
            let list = DataValidation::new().allow_list_strings(&codes)?.ignore_blank(true);
            sheet.add_data_validation(1, place, last, place, &list)?;
        }
    }
    read_me(book.add_worksheet().set_name("说明 Read me")?, &columns, takes, lines, &bold)?;
    book.save_to_buffer()
}

fn read_me(
    sheet: &mut Worksheet,
    columns: &[Column],
    takes: impl Fn(&Column) -> Takes,
    lines: &[Line],
    bold: &Format,
) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap();
    for (place, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(place, width)?;
    }
    let mut at = 0;
    for Line(zh, en) in lines {
        sheet.write_string(at, 0, *zh)?;
        sheet.write_string(at + 1, 0, *en)?;
        at += 2;
    }
    at += 1;
    for (place, title) in (0..).zip(["列 Column", "必填 Required", "说明", "What it takes"]) {
        sheet.write_string_with_format(at, place, title, bold)?;
    }
    for column in columns {
        at += 1;
        let Takes { required, zh, en, codes } = takes(column);
        let kind = match column.kind {
            Kind::Code | Kind::Text => ("文本", "text"),
            Kind::Number => ("数字", "number"),
            Kind::Date => ("日期 YYYY-MM-DD", "a day, YYYY-MM-DD"),
        };
        let codes: Vec<_> = codes.iter().map(|(code, name)| format!("{code} {name}")).collect();
        let told = |kind: &str, words: &str, between: &str| {
            let codes = codes.join(between);
            let all = [kind, words, &codes].into_iter().filter(|part| !part.is_empty());
            all.collect::<Vec<_>>().join(between)
        };
        sheet.write_string(at, 0, column.title)?;
        sheet.write_string(at, 1, if required { "是 yes" } else { "" })?;
        sheet.write_string_with_format(at, 2, told(kind.0, &zh, "；"), &wrapped)?;
        sheet.write_string_with_format(at, 3, told(kind.1, &en, "; "), &wrapped)?;
    }
    Ok(())
}
