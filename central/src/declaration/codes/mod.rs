//! 参数表: closed lists of codes with names, and the days on which they hold (PO-167..PO-169, PO-339).
//! `seed`: what a fresh store begins with · `sheet`: a list as CSV · `api`: searching · `admin`: keeping.
//! Promises: a code has one meaning on a day; a meaning that has ended stays, for the records of its days; times of seeding do not overwrite
//! what an administrator has changed since.

mod admin;
mod api;
mod seed;
mod sheet;

use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde::Serialize;

pub use seed::seed;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::Central,
    store::{StoreError, Tx, all, column, execute, one},
};

/// Entries of one search (PO-168).
const MOST_FOUND: i64 = 50;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Code {
    /// 代码.
    #[schema(value_type = String)]
    pub code: Box<str>,
    /// 中文名称.
    #[schema(value_type = String)]
    pub name: Box<str>,
    /// The English name.
    #[schema(value_type = Option<String>)]
    pub name_en: Option<Box<str>>,
}

/// 参数 with the days on which it has this meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Meaning {
    /// The code and its names.
    #[serde(flatten)]
    pub code: Code,
    /// 生效日期, `YYYY-MM-DD`.
    pub valid_from: String,
    /// 失效日期: the last day; none while it holds.
    pub valid_to: Option<String>,
}

/// The paths for everyone and for administrators.
pub fn router() -> OpenApiRouter<Central> {
    api::router().merge(admin::router())
}

/// The entry of this code that holds on this day (`YYYY-MM-DD`). Tables: `customs_office`, `transport_mode`, `hs_code`, ...
///
/// # Errors
/// [`StoreError`].
pub async fn find<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    code: &str,
    on: &str,
) -> Result<Option<Code>, StoreError> {
    let sql = "SELECT code, name, name_en FROM code WHERE table_name = $1 AND code = $2 AND valid_from <= $3
               AND (valid_to IS NULL OR valid_to >= $3) ORDER BY valid_from DESC LIMIT 1";
    one(conn, sql, [table.into(), code.into(), on.into()]).await?.as_ref().map(read).transpose()
}

/// What a search offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Offered {
    /// The code and its names.
    #[serde(flatten)]
    pub code: Code,
    /// Of customs offices, where that was asked for: a yard belongs to it, so a gate can get what is declared there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_yard: Option<bool>,
}

/// At most 50 entries that match what was typed: equal code, code prefix, name prefix, other (PO-168); with `yards_first` those of customs
/// offices that have a yard go before the others that match as well as they do.
///
/// # Errors
/// [`StoreError`].
pub async fn search<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    typed: &str,
    on: &str,
    yards_first: bool,
) -> Result<Vec<Offered>, StoreError> {
    let typed = typed.trim().to_lowercase();
    let escaped = typed.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let has_yard = if yards_first {
        "CAST(CASE WHEN EXISTS (SELECT 1 FROM yard_area WHERE customs_code = code.code) THEN 1 ELSE 0 END AS BIGINT)"
    } else {
        "CAST(0 AS BIGINT)"
    };
    let sql = format!(
        "SELECT code, name, name_en, {has_yard} AS has_yard FROM code
         WHERE table_name = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2)
         AND (code_key LIKE $4 ESCAPE '\\' OR name_key LIKE $5 ESCAPE '\\' OR name_en_key LIKE $5 ESCAPE '\\')
         ORDER BY CASE WHEN code_key = $3 THEN 0 WHEN code_key LIKE $4 ESCAPE '\\' THEN 1
                       WHEN name_key LIKE $4 ESCAPE '\\' OR name_en_key LIKE $4 ESCAPE '\\' THEN 2 ELSE 3 END, has_yard DESC, code
         LIMIT {MOST_FOUND}"
    );
    let (prefix, part) = (format!("{escaped}%"), format!("%{escaped}%"));
    let values: [Value; 5] = [table.into(), on.into(), typed.into(), prefix.into(), part.into()];
    let offered = |row: &QueryResult| {
        let has_yard = if yards_first { Some(column::<i64>(row, "has_yard")? > 0) } else { None };
        Ok(Offered { code: read(row)?, has_yard })
    };
    all(conn, &sql, values).await?.iter().map(offered).collect()
}

fn read(row: &QueryResult) -> Result<Code, StoreError> {
    let name_en: Option<String> = column(row, "name_en")?;
    Ok(Code {
        code: column::<String>(row, "code")?.into(),
        name: column::<String>(row, "name")?.into(),
        name_en: name_en.map(String::into_boxed_str),
    })
}

fn read_meaning(row: &QueryResult) -> Result<Meaning, StoreError> {
    Ok(Meaning {
        code: read(row)?,
        valid_from: column(row, "valid_from")?,
        valid_to: column(row, "valid_to")?,
    })
}

/// Whether there is such a table.
async fn is_table<C: ConnectionTrait>(conn: &C, table: &str) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM code_table WHERE name = $1";
    Ok(one(conn, sql, [table.into()]).await?.is_some())
}

const COLUMNS: usize = 9;

/// Adds meanings, many in one statement.
async fn insert(tx: &Tx, table: &str, meanings: &[Meaning]) -> Result<(), StoreError> {
    const AT_ONCE: usize = 100;
    for group in meanings.chunks(AT_ONCE) {
        let row = |row: usize| {
            let places: Vec<_> = (1..=COLUMNS).map(|place| format!("${}", row * COLUMNS + place)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<_> = (0..group.len()).map(row).collect();
        let sql = format!(
            "INSERT INTO code (table_name, code, name, name_en, valid_from, valid_to, code_key, name_key, name_en_key) VALUES {}",
            rows.join(", ")
        );
        execute(tx.conn(), &sql, group.iter().flat_map(|meaning| values(table, meaning))).await?;
    }
    Ok(())
}

fn values(table: &str, meaning: &Meaning) -> [Value; COLUMNS] {
    let Code { code, name, name_en } = &meaning.code;
    [
        table.into(),
        code.to_string().into(),
        name.to_string().into(),
        name_en.as_deref().map(ToOwned::to_owned).into(),
        meaning.valid_from.clone().into(),
        meaning.valid_to.clone().into(),
        code.to_lowercase().into(),
        name.to_lowercase().into(),
        name_en.as_deref().unwrap_or_default().to_lowercase().into(),
    ]
}

/// Gives a code this meaning. An earlier meaning ends the day before; one that began on the same day or later is replaced.
async fn set(tx: &Tx, table: &str, meaning: &Meaning) -> Result<(), StoreError> {
    let (code, from) = (meaning.code.code.to_string(), meaning.valid_from.clone());
    let gone = "DELETE FROM code WHERE table_name = $1 AND code = $2 AND valid_from >= $3";
    execute(tx.conn(), gone, [table.into(), code.clone().into(), from.clone().into()]).await?;
    end(tx, table, &code, &day_before(&from)).await?;
    insert(tx, table, std::slice::from_ref(meaning)).await
}

/// Ends the meaning that holds after this day; tells whether there was one.
async fn end(tx: &Tx, table: &str, code: &str, last_day: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE code SET valid_to = $3 WHERE table_name = $1 AND code = $2 AND valid_from <= $3
               AND (valid_to IS NULL OR valid_to > $3)";
    Ok(execute(tx.conn(), sql, [table.into(), code.into(), last_day.into()]).await? > 0)
}

fn day_before(day: &str) -> String {
    let before = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().and_then(|day| day.pred_opt());
    before.map_or_else(|| day.to_owned(), |day| day.to_string())
}

#[cfg(test)]
mod tests;
