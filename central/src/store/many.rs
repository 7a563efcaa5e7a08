//! Rows by the hundred: many rows in few statements, which are few different ones, so that the database prepares each only once.
//! PostgreSQL takes each column as one array, however many rows there are: to send, to read and to plan a thousand places costs more than the
//! rows. SQLite knows no arrays, and has no line to send them over: it takes places, of few sizes.

use sea_orm::{
    ConnectionTrait, DbBackend, QueryResult, Value,
    sea_query::{ArrayType, ValueType as _},
};

use super::{StoreError, all, as_stored, execute};

/// Rows in one statement of places; any number is a sum of these. A statement that is kept prepared takes memory for each of its places.
const SIZES: [usize; 6] = [32, 16, 8, 4, 2, 1];
/// Nulls of a row are told by bits of a `BIGINT`.
const WIDEST: usize = 63;

/// Rows of one table that are inserted together.
#[derive(Debug)]
pub struct Rows {
    into: String,
    tail: &'static str,
    width: usize,
    values: Vec<Value>,
}

impl Rows {
    /// `into` is the table with its columns, `table (a, b)`; `tail` what follows the values, such as `ON CONFLICT DO NOTHING`.
    #[must_use]
    pub fn new(into: impl Into<String>, tail: &'static str) -> Self {
        Self { into: into.into(), tail, width: 0, values: Vec::new() }
    }

    /// One more row, as wide as the others.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value, IntoIter: ExactSizeIterator>) {
        let row = row.into_iter();
        debug_assert!(self.values.is_empty() || self.width == row.len(), "{}: rows of one width", self.into);
        self.width = row.len();
        self.values.extend(row);
    }

    /// Inserts them in their order; none are left.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Value`] when a column holds more than one kind of value.
    pub async fn insert<C: ConnectionTrait>(&mut self, conn: &C) -> Result<(), StoreError> {
        let values = std::mem::take(&mut self.values);
        if values.is_empty() {
            return Ok(());
        }
        match conn.get_database_backend() {
            DbBackend::Postgres => self.insert_columns(conn, values).await,
            _ => self.insert_places(conn, values).await,
        }
    }

    async fn insert_places<C: ConnectionTrait>(
        &self,
        conn: &C,
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        let mut rest = values.len().checked_div(self.width).unwrap_or_default();
        let mut values = values.into_iter();
        for size in SIZES {
            while rest >= size {
                let row = |row: usize| format!("({})", places(row * self.width, self.width));
                let rows: Vec<_> = (0..size).map(row).collect();
                let sql = format!("INSERT INTO {} VALUES {} {}", self.into, rows.join(", "), self.tail);
                execute(conn, &sql, values.by_ref().take(size * self.width)).await?;
                rest -= size;
            }
        }
        Ok(())
    }

    async fn insert_columns<C: ConnectionTrait>(
        &self,
        conn: &C,
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        let wide = || StoreError::Value { what: "row of too many columns", value: self.into.clone() };
        let count = values.len().checked_div(self.width).unwrap_or_default();
        let mut columns: Vec<Vec<Value>> = (0..self.width).map(|_| Vec::with_capacity(count)).collect();
        let mut nulls = Vec::with_capacity(count);
        let mut values = values.into_iter();
        if self.width > WIDEST {
            return Err(wide());
        }
        for _ in 0..count {
            let mut null = 0_i64;
            for (place, (column, value)) in columns.iter_mut().zip(values.by_ref()).enumerate() {
                let (value, is_null) = present(value);
                null |= i64::from(is_null) << place;
                column.push(value);
            }
            nulls.push(null);
        }
        let (mut wanted, mut kinds, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let mut arrays = Vec::with_capacity(self.width + 1);
        for (place, column) in columns.into_iter().enumerate() {
            let (array, kind) = array(column)?;
            wanted.push(format!("CASE WHEN nulls & {} = 0 THEN c{place} END", 1_i64 << place));
            kinds.push(format!("${}::{kind}[]", place + 1));
            names.push(format!("c{place}"));
            arrays.push(array);
        }
        let last = self.width + 1;
        arrays.push(array(nulls.into_iter().map(Value::from).collect())?.0);
        let sql = format!(
            "INSERT INTO {} SELECT {} FROM UNNEST({}, ${last}::BIGINT[]) AS rows ({}, nulls) {}",
            self.into,
            wanted.join(", "),
            kinds.join(", "),
            names.join(", "),
            self.tail
        );
        execute(conn, &sql, arrays).await?;
        Ok(())
    }
}

/// What stands for a value in an array, which has no nulls, and whether it is null.
fn present(value: Value) -> (Value, bool) {
    match value {
        Value::BigInt(None) => (0_i64.into(), true),
        Value::String(None) => (String::new().into(), true),
        Value::String(Some(text)) if text.contains('\0') => (as_stored(&text).into_owned().into(), false),
        value => (value, false),
    }
}

/// The values of one column, and of what type they are.
fn array(values: Vec<Value>) -> Result<(Value, &'static str), StoreError> {
    let numbers = values.iter().all(|value| matches!(value, Value::BigInt(Some(_))));
    let (of, kind): (ArrayType, _) = match values
        .iter()
        .find(|value| !matches!(value, Value::String(Some(_))))
    {
        _ if numbers => (i64::array_type(), "BIGINT"),
        None => (String::array_type(), "TEXT"),
        Some(other) => return Err(StoreError::Value { what: "kind of value", value: format!("{other:?}") }),
    };
    Ok((Value::Array(of, Some(Box::new(values))), kind))
}

/// The rows that a statement finds for any of `keys`; `IN (?)` in it stands for their list, and comes after the places of `first`.
///
/// # Errors
/// [`StoreError::Database`]; [`StoreError::Value`] when the keys are not all of one kind.
pub async fn among<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    first: &[Value],
    keys: &[Value],
) -> Result<Vec<QueryResult>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    if conn.get_database_backend() == DbBackend::Postgres {
        let (keys, kind) = array(keys.iter().map(|key| present(key.clone()).0).collect())?;
        let sql = sql.replace("IN (?)", &format!("= ANY (${}::{kind}[])", first.len() + 1));
        return all(conn, &sql, first.iter().cloned().chain([keys])).await;
    }
    let most = SIZES.first().copied().unwrap_or(1);
    let mut found = Vec::new();
    for some in keys.chunks(most) {
        let Some(last) = some.last() else { continue };
        let size = SIZES.into_iter().rev().find(|size| *size >= some.len()).unwrap_or(most);
        // A key that is named twice finds nothing twice.
        let filled = some.iter().chain(std::iter::repeat_n(last, size - some.len()));
        let list = format!("({})", places(first.len(), size));
        found.extend(all(conn, &sql.replace("(?)", &list), first.iter().chain(filled).cloned()).await?);
    }
    Ok(found)
}

/// `$n, …`: so many places after `before` others.
fn places(before: usize, count: usize) -> String {
    let places: Vec<_> = (1..=count).map(|place| format!("${}", before + place)).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::column, test_app::TestApp};

    /// All of them, in order and once, whatever their number; and any of them is found again.
    #[tokio::test]
    async fn any_number_of_rows_goes_in_and_is_found() {
        let app = TestApp::open().await;
        let mut first = 0_i64;
        for count in [0, 1, 2, 3, 127, 128, 129, 391] {
            let tx = app.central.store().begin().await.unwrap();
            let mut rows = Rows::new("counter (name, value)", "ON CONFLICT DO NOTHING");
            let names: Vec<_> = (first..first + count).map(|n| format!("many {n}")).collect();
            for (name, value) in names.iter().zip(first..) {
                rows.push([name.clone().into(), value.into()]);
            }
            rows.insert(tx.conn()).await.unwrap();
            rows.insert(tx.conn()).await.unwrap();
            let keys: Vec<Value> = names.iter().map(|name| name.clone().into()).collect();
            let sql = "SELECT name, value FROM counter WHERE value >= $1 AND name IN (?)";
            let found = among(tx.conn(), sql, &[first.into()], &keys).await.unwrap();
            let mut values: Vec<i64> = found.iter().map(|row| column(row, "value").unwrap()).collect();
            values.sort_unstable();
            assert_eq!(values, (first..first + count).collect::<Vec<_>>());
            tx.commit().await.unwrap();
            first += count;
        }
    }

    /// Nulls stay nulls, empty texts empty, a NUL becomes what can be stored, and what is there already goes by the tail; on both databases.
    #[tokio::test]
    async fn rows_with_nulls_go_in_as_they_are() {
        let app = TestApp::open().await;
        let tx = app.central.store().begin().await.unwrap();
        let into =
            "gate_event (gate_id, epoch, seq, hash, event_id, trip_no, received_at, readable, raw, visit_id)";
        let tail = "ON CONFLICT (gate_id, epoch, seq) DO UPDATE SET raw = excluded.raw";
        let row = |seq: i64, event_id: Option<&str>, raw: &str| -> [Value; 10] {
            let event_id = event_id.map(ToOwned::to_owned);
            let none = None::<String>;
            [
                "g".into(),
                1_i64.into(),
                seq.into(),
                "h".into(),
                event_id.into(),
                none.clone().into(),
                5_i64.into(),
                1_i64.into(),
                raw.into(),
                none.into(),
            ]
        };
        let mut rows = Rows::new(into, tail);
        for seq in 1..=70 {
            rows.push(row(seq, (seq % 2 == 0).then_some("").filter(|_| seq == 2), "{\"a\": \"\\\"{,}'\"}"));
        }
        rows.insert(tx.conn()).await.unwrap();
        rows.push(row(1, None, "other"));
        rows.push(row(71, Some("a\0b"), "纸"));
        rows.insert(tx.conn()).await.unwrap();
        let keys: Vec<Value> = [1_i64, 2, 3, 71].map(Value::from).into();
        let sql = "SELECT seq, event_id, raw FROM gate_event WHERE gate_id = $1 AND seq IN (?) ORDER BY seq";
        let found = among(tx.conn(), sql, &["g".into()], &keys).await.unwrap();
        let told: Vec<(i64, Option<String>, String)> = found
            .iter()
            .map(|row| {
                (column(row, "seq").unwrap(), column(row, "event_id").unwrap(), column(row, "raw").unwrap())
            })
            .collect();
        let plain = "{\"a\": \"\\\"{,}'\"}".to_owned();
        let wanted = [
            (1, None, "other".to_owned()),
            (2, Some(String::new()), plain.clone()),
            (3, None, plain),
            (71, Some("a\u{FFFD}b".to_owned()), "纸".to_owned()),
        ];
        assert_eq!(told, wanted);
    }
}
