//! Rows by the hundred: many rows in few statements, which are few different ones, so that the database prepares each only once.

use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::{StoreError, all, execute};

/// Rows in one statement; any number is a sum of these.
const SIZES: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];

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
    /// [`StoreError::Database`].
    pub async fn insert<C: ConnectionTrait>(&mut self, conn: &C) -> Result<(), StoreError> {
        let mut rest = self.values.len().checked_div(self.width).unwrap_or_default();
        let mut values = std::mem::take(&mut self.values).into_iter();
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
}

/// The rows that a statement finds for any of `keys`; `(?)` in it stands for their list, and comes after the places of `first`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn among<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    first: &[Value],
    keys: &[Value],
) -> Result<Vec<QueryResult>, StoreError> {
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
}
