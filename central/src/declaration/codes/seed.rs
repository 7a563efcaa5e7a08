//! The lists that a fresh store begins with: copies of published tables, `central/data/`. Of HS codes and ports there is a handful only; the
//! administrator imports the list of the year.
//! Promises: a table is seeded once in the life of a store; a code that a published table has twice has its first meaning.

use std::collections::HashSet;

use super::{Code, Meaning, insert, is_table};
use crate::store::{Store, StoreError, execute};

/// Before every record.
const EVER: &str = "1970-01-01";

struct Table {
    name: &'static str,
    title: &'static str,
    title_en: &'static str,
    csv: &'static str,
    /// Columns of the file: code, Chinese name, English name.
    columns: (&'static str, &'static str, Option<&'static str>),
}

const fn table(
    name: &'static str,
    title: &'static str,
    title_en: &'static str,
    csv: &'static str,
    columns: (&'static str, &'static str, Option<&'static str>),
) -> Table {
    Table { name, title, title_en, csv, columns }
}

const PLAIN: (&str, &str, Option<&str>) = ("code", "name_zh", None);
const BOTH: (&str, &str, Option<&str>) = ("code", "name_zh", Some("name_en"));
const CODE3: (&str, &str, Option<&str>) = ("code3", "name_zh", Some("name_en"));

#[rustfmt::skip]
const TABLES: &[Table] = &[
    table("customs_office", "关区代码", "customs offices", include_str!("../../../data/customs_districts.csv"), ("code", "short_name_zh", None)),
    table("transport_mode", "运输方式", "modes of transport", include_str!("../../../data/transport_modes.csv"), PLAIN),
    table("country", "国别（地区）", "countries and regions", include_str!("../../../data/countries.csv"), CODE3),
    table("currency", "币制", "currencies", include_str!("../../../data/currencies.csv"), CODE3),
    table("packaging", "包装种类", "kinds of packaging", include_str!("../../../data/packaging.csv"), PLAIN),
    table("unit", "计量单位", "units of measure", include_str!("../../../data/units.csv"), PLAIN),
    table("supervision_mode", "监管方式", "supervision modes", include_str!("../../../data/supervision_modes.csv"), PLAIN),
    table("port", "港口", "ports", include_str!("../../../data/ports.csv"), BOTH),
    table("hs_code", "HS编码", "HS codes", include_str!("../../../data/hs_codes.csv"), BOTH),
];

/// Puts the tables into the store that it does not have yet.
///
/// # Errors
/// [`StoreError`].
pub async fn seed(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    for table in TABLES {
        if is_table(tx.conn(), table.name).await? {
            continue;
        }
        let sql = "INSERT INTO code_table (name, title, title_en, seeded_at) VALUES ($1, $2, $3, $4)";
        let values =
            [table.name.into(), table.title.into(), table.title_en.into(), tx.now().as_millis().into()];
        execute(tx.conn(), sql, values).await?;
        insert(&tx, table.name, &read(table)?).await?;
    }
    tx.commit().await
}

fn read(table: &Table) -> Result<Vec<Meaning>, StoreError> {
    let wrong = |value: String| StoreError::Value { what: "embedded table", value };
    let mut reader = csv::Reader::from_reader(table.csv.as_bytes());
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let place = |name: &str| {
        header.iter().position(|column| column == name).ok_or_else(|| wrong(format!("{}.{name}", table.name)))
    };
    let (code, name) = (place(table.columns.0)?, place(table.columns.1)?);
    let name_en = table.columns.2.map(place).transpose()?;
    let (mut seen, mut meanings) = (HashSet::new(), Vec::new());
    for row in reader.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        let cell = |place: usize| Box::<str>::from(row.get(place).unwrap_or_default().trim());
        if !seen.insert(cell(code)) {
            continue;
        }
        let name_en = name_en.map(cell).filter(|name| !name.is_empty());
        let code = Code { code: cell(code), name: cell(name), name_en };
        meanings.push(Meaning { code, valid_from: EVER.into(), valid_to: None });
    }
    Ok(meanings)
}
