//! Lists out and back: nothing is lost, nothing acts, nothing is guessed.

use std::io::Write;

use super::*;
use crate::declaration::fault::FieldError;

const COLUMNS: &[Column] = &[
    filled_in("number", "编号", Kind::Text),
    column("key", "关键信息", Kind::Text),
    column("weight", "重量", Kind::Number),
    column("day", "日期", Kind::Date),
];

/// The same with a code in the place of the name.
const CODED: &[Column] = &[
    column("key", "关键信息", Kind::Code),
    column("weight", "重量", Kind::Number),
    column("day", "日期", Kind::Date),
];

fn rows() -> Vec<Vec<String>> {
    let row = |cells: [&str; 4]| cells.map(ToOwned::to_owned).to_vec();
    vec![
        row(["1", "007000000000000000", "8600.5", "2025-10-13"]),
        row(["2", "=cmd|' /C calc'!A0", "-1", ""]),
        row(["3", "'plain, \"quoted\"\nand long", "", "2025-10-14"]),
    ]
}

fn back(bytes: &[u8]) -> Vec<Vec<String>> {
    let (rows, faults) = read(bytes, COLUMNS).unwrap();
    assert_eq!(faults, []);
    rows.into_iter().map(|row| row.cells).collect()
}

fn expected() -> Vec<Vec<String>> {
    rows().into_iter().map(|row| row[1..].to_vec()).collect()
}

/// A workbook comes back as it went out: zeros, quotes, signs and all; in it nothing is a formula.
#[test]
fn a_workbook_comes_back_as_it_went_out() {
    let bytes = xlsx(COLUMNS, &rows()).unwrap();
    assert_eq!(back(&bytes), expected());
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let sheet = std::io::read_to_string(parts.by_name("xl/worksheets/sheet1.xml").unwrap()).unwrap();
    assert!(!sheet.contains("<f>"));
}

/// CSV does, too; what would be a formula begins with an apostrophe, a negative number does not.
#[test]
fn csv_comes_back_as_it_went_out() {
    let bytes = csv(COLUMNS, &rows()).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.starts_with("\u{feff}编号,关键信息,重量,日期\r\n"));
    assert!(text.contains("2,'=cmd|' /C calc'!A0,-1,\r\n"), "{text}");
    // Fifteen digits and then zeros are what a spreadsheet program makes of a longer number.
    let (found, faults) = read(&bytes, COLUMNS).unwrap();
    assert_eq!(faults.iter().map(|fault| &*fault.path).collect::<Vec<_>>(), ["rows[2].key"]);
    let found: Vec<_> = found.iter().map(|row| row.cells.clone()).collect();
    assert_eq!(
        (found[0][0].as_str(), &found[1..]),
        ("", &expected()[1..]),
        "a cut number is to be typed again"
    );
}

fn only(cell: &str) -> Result<String, String> {
    let text = format!("关键信息,重量,日期\n\"{cell}\",,\n");
    let (rows, faults) = read(text.as_bytes(), COLUMNS).unwrap();
    faults.first().map_or_else(|| Ok(rows[0].cells[0].clone()), |fault| Err(fault.message_en.clone()))
}

/// A number that a spreadsheet program has cut is refused, in every form that it can have.
#[test]
fn a_cut_number_is_refused() {
    for cut in [
        "1.2E+17",
        "2E+17",
        "2.02500000000001e+17",
        "202500000000000000",
        "1234567890123450",
        "4895000000482100000000000000",
    ] {
        assert!(only(cut).unwrap_err().contains("has cut"), "{cut}");
    }
    for whole in [
        "202500000000000001",
        "123456789012345",
        "8E+",
        "E+17",
        "12E+3",
        "1.E+5x",
        "A00000000000000000000",
        "000000000000000",
    ] {
        assert_eq!(only(whole).as_deref(), Ok(whole));
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (place, column) in (0..).zip(["关键信息", "重量", "日期"]) {
        sheet.write_string(0, place, column).unwrap();
    }
    sheet.write_number(1, 0, 202_500_000_000_000_001_f64).unwrap();
    sheet.write_number(2, 0, 708.0).unwrap();
    sheet.write_number(2, 1, 0.1).unwrap();
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_number_with_format(2, 2, 45_943.0, &day).unwrap();
    sheet.write_boolean(3, 0, true).unwrap();
    let (rows, faults) = read(&book.save_to_buffer().unwrap(), COLUMNS).unwrap();
    assert_eq!(faults.iter().map(|fault| &*fault.path).collect::<Vec<_>>(), ["rows[2].key", "rows[4].key"]);
    assert_eq!(rows[1].cells, ["708", "0.1", "2025-10-13"]);
}

/// Files as people make them: other order, no mark, GBK, empty rows, the column of faults of last time.
#[test]
fn a_list_is_read_as_people_make_it() {
    let text = "日期,重量*,key,错误,编号\n2025-10-13,1,蒙LK8216,x: y,9\n,,,,\n2025-10-14,2,沪A12345,,\n";
    let (gbk, ..) = encoding_rs::GBK.encode(text);
    for bytes in [text.as_bytes(), &gbk] {
        let (rows, faults) = read(bytes, COLUMNS).unwrap();
        assert_eq!(faults, []);
        let found: Vec<_> = rows.iter().map(|row| (row.number, row.cells.join("|"))).collect();
        assert_eq!(found, [(2, "蒙LK8216|1|2025-10-13".to_owned()), (4, "沪A12345|2|2025-10-14".to_owned())]);
    }
    for (bad, why) in [
        ("", "is empty"),
        ("关键信息,重量,日期\n", "has no rows"),
        ("关键信息,重量\nx,1\n", "日期 is missing"),
        ("关键信息,重量,日期,key\nx,1,,\n", "twice"),
        ("关键信息,重量,日期,颜色\nx,1,,red\n", "nobody knows"),
        ("PK\u{3}\u{4}nothing", "not a workbook"),
    ] {
        let faults = read(bad.as_bytes(), COLUMNS).unwrap_err();
        assert!(faults[0].message_en.contains(why), "{bad}: {}", faults[0].message_en);
    }
}

/// What one file can make the centre do is bounded: rows, bytes, what a zip unfolds to, where a cell says that it stands.
#[test]
fn files_are_bounded() {
    let many = |rows: usize| format!("关键信息,重量,日期\n{}", "x,1,\n".repeat(rows));
    assert_eq!(read(many(MOST_ROWS).as_bytes(), COLUMNS).unwrap().0.len(), MOST_ROWS);
    assert!(read(many(MOST_ROWS + 1).as_bytes(), COLUMNS).unwrap_err()[0].message_en.contains("1000 rows"));
    assert!(read(&vec![b'x'; MOST_BYTES + 1], COLUMNS).is_err());

    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_string(1_000_000, 0, "far below").unwrap();
    let far = read(&book.save_to_buffer().unwrap(), COLUMNS).unwrap_err();
    assert!(far[0].message_en.contains("1000 rows"), "{}", far[0].message_en);

    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..33 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < MOST_BYTES);
    assert!(read(&bomb, COLUMNS).unwrap_err()[0].message_en.contains("32 MiB"));
    let good = xlsx(COLUMNS, &rows()).unwrap();
    for place in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[place] ^= 0x55;
        let _ = read(&bad, COLUMNS);
    }
}

/// A code that is a number cell is refused whatever its length, and it is said why; so is one of which a day was made.
#[test]
fn a_code_must_be_a_text_cell() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (place, column) in (0..).zip(["关键信息", "重量", "日期"]) {
        sheet.write_string(0, place, column).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_number(1, 0, 708.0).unwrap();
    sheet.write_number(2, 0, 4.0).unwrap();
    sheet.write_number(3, 0, 8_950_000_004_821.0).unwrap();
    sheet.write_number(4, 0, 202_500_000_000_000_001_f64).unwrap();
    sheet.write_number_with_format(5, 0, 45_943.0, &day).unwrap();
    sheet.write_string(6, 0, "0708").unwrap();
    let (rows, faults) = read(&book.save_to_buffer().unwrap(), CODED).unwrap();
    let told: Vec<_> =
        faults.iter().map(|fault| (&*fault.path, fault.message_en.split(';').next().unwrap())).collect();
    let zeros = "a number cell loses leading zeros";
    let expected = [
        ("rows[2].key", zeros),
        ("rows[3].key", zeros),
        ("rows[4].key", zeros),
        ("rows[5].key", "the spreadsheet program has cut the number"),
        ("rows[6].key", "the spreadsheet program has made a day of the code"),
    ];
    assert_eq!(told, expected);
    assert_eq!(rows[5].cells[0], "0708");
}

fn fault(path: &str) -> FieldError {
    FieldError::format(path.into(), "SG-076", "格式<错误>", "wrong & \"bad\"", serde_json::Value::Null)
}

fn part(book: &[u8], name: &str) -> String {
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    std::io::read_to_string(parts.by_name(name).unwrap()).unwrap()
}

/// What was CSV comes back as a workbook with what is wrong beside each row, and can be sent again as it is.
#[test]
fn faults_stand_beside_their_rows() {
    let text = "关键信息,重量,日期\n一,1,\n,,\n二,2,\n";
    let (rows, _) = read(text.as_bytes(), COLUMNS).unwrap();
    let faults = [fault("rows[4].key"), fault("rows[4]"), fault("file")];
    let bytes = with_faults(text.as_bytes(), COLUMNS, &rows, &faults).unwrap();
    let strings = part(&bytes, "xl/sharedStrings.xml");
    assert!(
        strings.contains("关键信息: 格式&lt;错误&gt; / wrong") && strings.contains("file: 格式"),
        "{strings}"
    );
    assert_eq!(read(&bytes, COLUMNS).unwrap().0, rows, "rows stand where they stood");
}

/// The very workbook that was sent comes back: other sheets, formats and columns that nobody reads are in it as before; what is wrong stands in
/// a last column, in the place of what stood there the last time.
#[test]
fn the_workbook_that_was_sent_comes_back() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let (sheet, bold) = (book.add_worksheet(), rust_xlsxwriter::Format::new().set_bold());
    for (place, column) in (0..).zip(["编号", "关键信息*", "重量", "日期"]) {
        sheet.write_string_with_format(0, place, column, &bold).unwrap();
    }
    sheet.set_column_width(1, 44).unwrap();
    sheet.write_string(1, 0, "202500000000000001").unwrap();
    sheet.write_number(1, 1, 708.0).unwrap();
    sheet.write_formula(3, 2, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_string(3, 1, "二").unwrap();
    sheet.write_blank(3, 30, &bold).unwrap();
    book.add_worksheet().set_name("own notes").unwrap().write_string(7, 7, "keep me").unwrap();
    let sent = book.save_to_buffer().unwrap();
    let (rows, _) = read(&sent, COLUMNS).unwrap();
    let back = with_faults(&sent, COLUMNS, &rows, &[fault("rows[4].key"), fault("rows[2].weight")]).unwrap();
    assert_eq!(read(&back, COLUMNS).unwrap().0, rows);
    for name in ["xl/worksheets/sheet2.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"] {
        assert_eq!(part(&back, name), part(&sent, name), "{name}");
    }
    let sheet = part(&back, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<f>1+1</f>") && sheet.contains("width=\"44"), "{sheet}");
    let told = |book: &[u8]| -> Vec<Vec<workbook::Cell>> {
        workbook::cells(book)
            .unwrap()
            .into_iter()
            .map(|row| row.get(4..).unwrap_or_default().to_vec())
            .collect()
    };
    let text = |text: &str| vec![workbook::Cell::Text(text.to_owned())];
    let said = |column: &str| text(&format!("{column}: 格式<错误> / wrong & \"bad\" (SG-076)"));
    assert_eq!(told(&back), [text("错误"), said("重量"), vec![], said("关键信息")]);
    // What is right now is told no more.
    let again = with_faults(&back, COLUMNS, &rows, &[fault("rows[2].key")]).unwrap();
    assert_eq!(told(&again), [text("错误"), said("关键信息"), vec![], vec![]]);
}

/// A template is a list of its columns: text cells, marks of what is required, codes to choose from, and a sheet that explains them.
#[test]
fn a_template_takes_texts_and_says_what() {
    let takes = |column: &Column| Takes {
        required: column.key == "key",
        codes: if column.key == "key" { vec![("VN", "车牌号"), ("IC", "IC 卡")] } else { vec![] },
        ..Takes::default()
    };
    let bytes = template(CODED, takes, &[Line("先读", "read first")]).unwrap();
    assert!(read(&bytes, CODED).unwrap_err()[0].message_en.contains("no rows"));
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("<dataValidation type=\"list\"")
            && sheet.contains("VN,IC")
            && sheet.contains("A2:A1001"),
        "{sheet}"
    );
    assert!(part(&bytes, "xl/styles.xml").contains("formatCode=\"@\""), "cells of text");
    let strings = part(&bytes, "xl/sharedStrings.xml");
    for said in ["关键信息*", "read first", "VN 车牌号", "IC 卡"] {
        assert!(strings.contains(said), "{said}: {strings}");
    }
}
