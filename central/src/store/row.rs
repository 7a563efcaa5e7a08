//! Thin words around statements and rows, so that a module's SQL reads as SQL.

use std::borrow::Cow;

use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};
use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

fn statement<C: ConnectionTrait>(conn: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values.into_iter().map(storable))
}

/// A text as it is stored and read again. PostgreSQL has no text with a NUL in it. What a gate or a caller sends with one must neither fail
/// there nor differ from SQLite, so it becomes the sign for what cannot be shown, when it is stored and when it is looked for. Documents have
/// none: JSON escapes it.
#[must_use]
pub fn as_stored(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}

fn storable(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => as_stored(&text).into_owned().into(),
        value => value,
    }
}

/// Runs a statement; tells how many rows it changed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn execute<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, StoreError> {
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

/// The first row, if there is one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn one<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, StoreError> {
    Ok(conn.query_one_raw(statement(conn, sql, values)).await?)
}

/// All rows.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn all<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    Ok(conn.query_all_raw(statement(conn, sql, values)).await?)
}

/// One column of a row.
///
/// # Errors
/// [`StoreError::Database`] when it is absent or of another type.
pub fn column<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T, StoreError> {
    Ok(row.try_get("", name)?)
}

/// A document as text.
///
/// # Errors
/// [`StoreError::Document`].
pub fn to_json<T: Serialize>(what: &'static str, document: &T) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|source| StoreError::Document { what, source })
}

/// A document from its text.
///
/// # Errors
/// [`StoreError::Document`].
pub fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Document { what, source })
}
