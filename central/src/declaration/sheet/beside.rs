//! What is wrong with its rows, written into the workbook that somebody has sent.
//! Promises: nothing else of the workbook changes: other sheets, formats, widths and cells are as they were; a column of faults of last time
//! is replaced. Who calls reads the result again before it goes out.
//! Absent on purpose: workbooks that do not unfold within bounds; `workbook` has refused them before.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
};

use quick_xml::{
    Reader, Writer,
    events::{BytesEnd, BytesStart, BytesText, Event},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    FAULTS,
    workbook::{self, Cell},
};

const BOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const WIDTH: &str = "60";

type Parts<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The workbook with these words in a last column, by the number of their row; none where what was sent is no workbook.
///
/// # Errors
/// What is wrong with the workbook, in English.
pub(super) fn written(sent: &[u8], said: &BTreeMap<usize, String>) -> Result<Option<Vec<u8>>, String> {
    if !sent.starts_with(b"PK") {
        return Ok(None);
    }
    let rows = workbook::cells(sent)?;
    let place = place(&rows);
    let mut parts = ZipArchive::new(Cursor::new(sent)).map_err(told)?;
    let sheet = first_sheet(&mut parts)?;
    let changed = Sheet { said, place }.changed(&part(&mut parts, &sheet)?)?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let file = parts.by_index_raw(index).map_err(told)?;
        if file.name() != sheet {
            out.raw_copy_file(file).map_err(told)?;
            continue;
        }
        drop(file);
        out.start_file(sheet.as_str(), SimpleFileOptions::default()).map_err(told)?;
        out.write_all(&changed).map_err(told)?;
    }
    Ok(Some(out.finish().map_err(told)?.into_inner()))
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The column of faults of last time, or the first one that nothing stands in.
fn place(rows: &[Vec<Cell>]) -> usize {
    let is_title = |cell: &Cell| matches!(cell, Cell::Text(text) if text == FAULTS);
    let old = rows.first().and_then(|head| head.iter().position(is_title));
    old.unwrap_or_else(|| rows.iter().map(Vec::len).max().unwrap_or_default())
}

fn part(parts: &mut Parts<'_>, name: &str) -> Result<String, String> {
    let mut text = String::new();
    parts.by_name(name).map_err(told)?.read_to_string(&mut text).map_err(told)?;
    Ok(text)
}

/// Where the first sheet lies.
fn first_sheet(parts: &mut Parts<'_>) -> Result<String, String> {
    let sheet = attributes(&part(parts, BOOK)?, "sheet", |element| attribute(element, "id"))?;
    let id = sheet.into_iter().next().ok_or("the workbook has no sheet")?;
    let targets = attributes(&part(parts, RELATIONS)?, "Relationship", |element| {
        Some((attribute(element, "Id")?, attribute(element, "Target")?))
    })?;
    let (_, target) = targets
        .into_iter()
        .find(|(of, _)| *of == id)
        .ok_or("the workbook does not say where its sheet is")?;
    Ok(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), ToOwned::to_owned))
}

fn attributes<T>(xml: &str, name: &str, of: impl Fn(&BytesStart<'_>) -> Option<T>) -> Result<Vec<T>, String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(told)? {
            Event::Eof => return Ok(found),
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == name => {
                found.extend(of(&element));
            }
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// `AB` of `AB12`, counted from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let count = letters
        .fold(0_usize, |sum, letter| sum.saturating_mul(26).saturating_add(usize::from(letter - b'A') + 1));
    count.checked_sub(1)
}

/// `AB` for 27.
fn letters(column: usize) -> String {
    let (mut left, mut letters) = (column + 1, Vec::new());
    while left > 0 {
        let sign = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + sign));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

struct Sheet<'a> {
    said: &'a BTreeMap<usize, String>,
    place: usize,
}

/// Where in the sheet we are.
#[derive(Default)]
struct At {
    row: usize,
    column: Option<usize>,
    /// The row's own cell is written, or there is none.
    told: bool,
    widest: usize,
}

impl Sheet<'_> {
    fn changed(&self, xml: &str) -> Result<Vec<u8>, String> {
        let mut reader = Reader::from_str(xml);
        let mut writer = Writer::new(Vec::with_capacity(xml.len()));
        let mut at = At::default();
        loop {
            let event = reader.read_event().map_err(told)?;
            match &event {
                Event::Eof => return Ok(writer.into_inner()),
                // Both say how far the cells reach, and need not be there.
                Event::Empty(element) if element.local_name().as_ref() == "dimension" => continue,
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "row" => {
                    let is_empty = matches!(event, Event::Empty(_));
                    self.row(&mut writer, &mut at, element, is_empty)?;
                    continue;
                }
                Event::End(element) if element.local_name().as_ref() == "row" => {
                    self.tell(&mut writer, &mut at, &prefix(element.name().as_ref()))?;
                }
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "c" => {
                    let next = at.column.map_or(0, |column| column + 1);
                    let here =
                        attribute(element, "r").and_then(|reference| column(&reference)).unwrap_or(next);
                    at.column = Some(here);
                    if here >= self.place {
                        self.tell(&mut writer, &mut at, &prefix(element.name().as_ref()))?;
                    }
                    if here == self.place {
                        if matches!(event, Event::Start(_)) {
                            reader.read_to_end(element.name()).map_err(told)?;
                        }
                        continue;
                    }
                }
                Event::Empty(element) if element.local_name().as_ref() == "col" => {
                    at.widest =
                        attribute(element, "max").and_then(|max| max.parse().ok()).unwrap_or(at.widest);
                }
                Event::End(element) if element.local_name().as_ref() == "cols" && at.widest <= self.place => {
                    let mut col = BytesStart::new(format!("{}col", prefix(element.name().as_ref())));
                    let number = (self.place + 1).to_string();
                    for (name, value) in
                        [("min", number.as_str()), ("max", &number), ("width", WIDTH), ("customWidth", "1")]
                    {
                        col.push_attribute((name, value));
                    }
                    writer.write_event(Event::Empty(col)).map_err(told)?;
                }
                _ => {}
            }
            writer.write_event(event).map_err(told)?;
        }
    }

    fn row(
        &self,
        writer: &mut Writer<Vec<u8>>,
        at: &mut At,
        element: &BytesStart<'_>,
        is_empty: bool,
    ) -> Result<(), String> {
        let number = attribute(element, "r").and_then(|number| number.parse().ok());
        *at = At { row: number.unwrap_or(at.row + 1), column: None, told: false, widest: at.widest };
        let name = element.name().as_ref().to_owned();
        let kept = element.attributes().flatten().filter(|one| one.key.local_name().as_ref() != "spans");
        let row = BytesStart::new(name.as_str()).with_attributes(kept);
        if is_empty && self.words(at.row).is_none() {
            at.told = true;
            return writer.write_event(Event::Empty(row)).map_err(told);
        }
        writer.write_event(Event::Start(row)).map_err(told)?;
        if is_empty {
            self.tell(writer, at, &prefix(element.name().as_ref()))?;
            writer.write_event(Event::End(BytesEnd::new(name))).map_err(told)?;
        }
        Ok(())
    }

    fn words(&self, row: usize) -> Option<&str> {
        if row == 1 { Some(FAULTS) } else { self.said.get(&row).map(String::as_str) }
    }

    /// The row's own cell, once, before any that stands behind it.
    fn tell(&self, writer: &mut Writer<Vec<u8>>, at: &mut At, prefix: &str) -> Result<(), String> {
        if std::mem::replace(&mut at.told, true) {
            return Ok(());
        }
        let Some(words) = self.words(at.row) else { return Ok(()) };
        // What XML cannot hold is nothing that a person reads.
        let words: String = words.chars().filter(|sign| !sign.is_control() || *sign == '\n').collect();
        let element = |name: &str| format!("{prefix}{name}");
        let mut cell = BytesStart::new(element("c"));
        cell.push_attribute(("r", format!("{}{}", letters(self.place), at.row).as_str()));
        cell.push_attribute(("t", "inlineStr"));
        let mut text = BytesStart::new(element("t"));
        text.push_attribute(("xml:space", "preserve"));
        for event in [
            Event::Start(cell),
            Event::Start(BytesStart::new(element("is"))),
            Event::Start(text),
            Event::Text(BytesText::new(&words)),
            Event::End(BytesEnd::new(element("t"))),
            Event::End(BytesEnd::new(element("is"))),
            Event::End(BytesEnd::new(element("c"))),
        ] {
            writer.write_event(event).map_err(told)?;
        }
        Ok(())
    }
}

/// `x:` of `x:row`.
fn prefix(name: &str) -> String {
    name.split_once(':').map(|(prefix, _)| format!("{prefix}:")).unwrap_or_default()
}
