//! A list of codes as CSV: `code,name_zh,name_en,valid_from,valid_to`, the last three optional.
//! Promises: every fault is told with its row, up to a bound; a list is taken whole or not at all.

use std::collections::HashSet;

use super::{Code, Meaning};
use crate::declaration::fault::FieldError;

/// The HS list of a year has fewer than 15,000.
const MOST_ROWS: usize = 50_000;
const MOST_FAULTS: usize = 100;
const LONGEST_CODE: usize = 32;
const LONGEST_NAME: usize = 300;

/// Reads a date of a code.
pub(super) fn day(path: &str, text: &str, faults: &mut Vec<FieldError>) -> Option<String> {
    let day = chrono::NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    if day.is_none() {
        let value = text.chars().take(LONGEST_CODE).collect::<String>().into();
        faults.push(FieldError::format(
            path.into(),
            "PO-313",
            "日期格式为YYYY-MM-DD",
            "a date YYYY-MM-DD",
            value,
        ));
    }
    day.map(|day| day.to_string())
}

/// Checks one code; `path` goes before the names of its members.
pub(super) fn meaning(
    path: &str,
    [code, name, name_en, from, to]: [&str; 5],
    today: &str,
    faults: &mut Vec<FieldError>,
) -> Option<Meaning> {
    let before = faults.len();
    let mut text = |member: &str, text: &str, longest: usize| {
        let text = text.trim();
        if text.is_empty() {
            faults.push(FieldError::required(format!("{path}{member}"), "PO-339"));
        } else if text.chars().count() > longest || text.chars().any(char::is_control) {
            let (zh, en) =
                (format!("最多{longest}个字符"), format!("at most {longest} characters, none of control"));
            let value = text.chars().take(LONGEST_CODE).collect::<String>().into();
            faults.push(FieldError::format(format!("{path}{member}"), "PO-339", zh, en, value));
        }
        Box::<str>::from(text)
    };
    let (code, name) = (text("code", code, LONGEST_CODE), text("name", name, LONGEST_NAME));
    let name_en = (!name_en.trim().is_empty()).then(|| text("name_en", name_en, LONGEST_NAME));
    let valid_from = match from.trim() {
        "" => Some(today.to_owned()),
        from => day(&format!("{path}valid_from"), from, faults),
    };
    let valid_to = match to.trim() {
        "" => None,
        to => day(&format!("{path}valid_to"), to, faults),
    };
    if let (Some(from), Some(to)) = (&valid_from, &valid_to)
        && to < from
    {
        let (zh, en) = ("失效日期不能早于生效日期", "ends before it begins");
        faults.push(FieldError::format(format!("{path}valid_to"), "PO-339", zh, en, to.clone().into()));
    }
    if faults.len() > before {
        return None;
    }
    Some(Meaning { code: Code { code, name, name_en }, valid_from: valid_from?, valid_to })
}

/// Reads a whole list.
///
/// # Errors
/// All faults, at most a hundred.
pub(super) fn read(bytes: &[u8], today: &str) -> Result<Vec<Meaning>, Vec<FieldError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut faults = Vec::new();
    let broken = |path: String, en: String| {
        vec![FieldError::format(path, "PO-339", "不是可读的CSV文件", en, serde_json::Value::Null)]
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().map_err(|error| broken("rows".into(), error.to_string()))?.clone();
    let place = |names: &[&str]| header.iter().position(|column| names.contains(&column.trim()));
    let places = [
        place(&["code", "代码"]),
        place(&["name_zh", "name", "中文名称"]),
        place(&["name_en", "英文名称"]),
        place(&["valid_from", "生效日期"]),
        place(&["valid_to", "失效日期"]),
    ];
    if places[0].is_none() || places[1].is_none() {
        return Err(broken("rows".into(), "the first row must name the columns code and name_zh".into()));
    }
    let (mut meanings, mut seen) = (Vec::new(), HashSet::new());
    for (number, row) in (2_usize..).zip(reader.records()) {
        let path = format!("rows[{number}]");
        let row = row.map_err(|error| broken(path.clone(), error.to_string()))?;
        if number > MOST_ROWS + 1 {
            return Err(broken(path, format!("at most {MOST_ROWS} rows")));
        }
        let cells = places.map(|place| place.and_then(|place| row.get(place)).unwrap_or_default());
        if let Some(meaning) = meaning(&format!("{path}."), cells, today, &mut faults) {
            if seen.insert(meaning.code.code.clone()) {
                meanings.push(meaning);
            } else {
                let (zh, en) = ("代码重复", "the list has this code twice");
                let value = meaning.code.code.to_string().into();
                faults.push(FieldError::format(format!("{path}.code"), "PO-339", zh, en, value));
            }
        }
        if faults.len() >= MOST_FAULTS {
            break;
        }
    }
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() { Ok(meanings) } else { Err(faults) }
}
