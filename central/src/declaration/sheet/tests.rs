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

/// The workbook comes back with what is wrong beside each row, and can be sent again as it is.
#[test]
fn faults_stand_beside_their_rows() {
    let text = "关键信息,重量,日期\n一,1,\n二,2,\n";
    let (rows, _) = read(text.as_bytes(), COLUMNS).unwrap();
    let fault =
        |path: &str| FieldError::format(path.into(), "SG-076", "格式错误", "wrong", serde_json::Value::Null);
    let bytes =
        with_faults(COLUMNS, &rows, &[fault("rows[3].key"), fault("rows[3]"), fault("file")]).unwrap();
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let strings = std::io::read_to_string(parts.by_name("xl/sharedStrings.xml").unwrap()).unwrap();
    assert!(
        strings.contains("key: 格式错误 (SG-076); : 格式错误 (SG-076)") && strings.contains("file: 格式错误"),
        "{strings}"
    );
    assert_eq!(read(&bytes, COLUMNS).unwrap().0, rows);
}
