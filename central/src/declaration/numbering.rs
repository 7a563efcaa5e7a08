//! 编号: serials that are given out once, in the order of saving.
//! Promises: a serial is taken in the transaction that uses it; the counter's row is locked until that transaction ends, so serials
//! rise in commit order, and a serial that was committed is never given out again (SG-072, SG-073).

use chrono::{DateTime, Datelike, FixedOffset, Utc};
use protocols::{contract::UtcMillis, ids::UnifiedNo};

use crate::store::{StoreError, Tx, column, one};

/// The next serial of this name, from 1.
///
/// # Errors
/// [`StoreError`].
pub async fn next(tx: &Tx, name: &str) -> Result<u64, StoreError> {
    take(tx, name, 1).await
}

/// The first of the next `count` serials of this name; the others follow it one by one.
///
/// # Errors
/// [`StoreError`].
pub async fn take(tx: &Tx, name: &str, count: u32) -> Result<u64, StoreError> {
    let sql = "INSERT INTO counter (name, value) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING value";
    let row = one(tx.conn(), sql, [name.into(), i64::from(count).into()]).await?;
    let last: i64 = row.map_or(Ok(0), |row| column(&row, "value"))?;
    u64::try_from(last - i64::from(count) + 1)
        .map_err(|_| StoreError::Value { what: "serial", value: last.to_string() })
}

/// The next serial of this name that is not below `least`: one that goes on above all that were given out before a restore, where `least` is the time.
///
/// # Errors
/// [`StoreError`].
pub async fn next_from(tx: &Tx, name: &str, least: i64) -> Result<u64, StoreError> {
    let sql = "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value =
               CASE WHEN counter.value < excluded.value THEN excluded.value ELSE counter.value + 1 END RETURNING value";
    let row = one(tx.conn(), sql, [name.into(), least.into()]).await?;
    let value: i64 = row.map_or(Ok(0), |row| column(&row, "value"))?;
    u64::try_from(value).map_err(|_| StoreError::Value { what: "serial", value: value.to_string() })
}

/// 数据中心统一编号: one yearly series for the whole platform (PO-300).
///
/// # Errors
/// [`StoreError`].
pub async fn unified(tx: &Tx) -> Result<UnifiedNo, StoreError> {
    let (year, _) = year_and_month(tx.now());
    let serial = next(tx, &format!("unified_{year}")).await?;
    UnifiedNo::from_parts(year, serial)
        .map_err(|error| StoreError::Value { what: "number", value: error.to_string() })
}

/// Year and month in China (PO-336): the calendar of all numbers.
#[must_use]
pub fn year_and_month(at: UtcMillis) -> (u16, u8) {
    let day = in_china(at);
    (u16::try_from(day.year()).unwrap_or_default(), u8::try_from(day.month()).unwrap_or_default())
}

/// Date and time in China to the second, `YYYY-MM-DD HH:MM:SS`, as lists show it (AC-171).
#[must_use]
pub fn second_in_china(at: UtcMillis) -> String {
    in_china(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The instant of a time in China.
#[must_use]
pub fn instant_in_china(at: chrono::NaiveDateTime) -> UtcMillis {
    UtcMillis::from_millis(at.and_utc().timestamp_millis() - i64::from(CHINA_S) * 1000)
}

/// What clocks in China show at this instant.
#[must_use]
pub fn wall_in_china(at: UtcMillis) -> chrono::NaiveDateTime {
    in_china(at).naive_local()
}

/// The date in China, `YYYY-MM-DD` (SG-038).
#[must_use]
pub fn date_in_china(at: UtcMillis) -> String {
    in_china(at).format("%Y-%m-%d").to_string()
}

/// Date and time in China to the minute, `YYYY-MM-DD HH:MM`, as papers show it (PO-336).
#[must_use]
pub fn minute_in_china(at: UtcMillis) -> String {
    in_china(at).format("%Y-%m-%d %H:%M").to_string()
}

/// The instant at which this date begins in China.
#[must_use]
pub fn start_of_day(date: chrono::NaiveDate) -> UtcMillis {
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
    UtcMillis::from_millis(midnight - i64::from(CHINA_S) * 1000)
}

const CHINA_S: i32 = 8 * 3600;

fn in_china(at: UtcMillis) -> DateTime<FixedOffset> {
    let utc: DateTime<Utc> = DateTime::from_timestamp_millis(at.as_millis()).unwrap_or(DateTime::UNIX_EPOCH);
    match FixedOffset::east_opt(CHINA_S) {
        Some(china) => utc.with_timezone(&china),
        None => utc.fixed_offset(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;
    use crate::{
        store::{Store, execute},
        test_app::TestApp,
    };

    const MARKS: &str = "SELECT COUNT(*) AS number FROM counter WHERE name LIKE 'mark %'";

    async fn number<C: sea_orm::ConnectionTrait>(conn: &C, sql: &str) -> i64 {
        column(&one(conn, sql, []).await.unwrap().unwrap(), "number").unwrap()
    }

    /// Takes serials, and leaves a mark for each that is kept; one of four thinks better of it.
    async fn take(store: Store, writer: i64, times: i64) {
        for n in 0..times {
            let tx = store.begin().await.unwrap();
            let serial = i64::try_from(next(&tx, "serial").await.unwrap()).unwrap();
            assert_eq!(serial, number(tx.conn(), MARKS).await + 1, "all lower ones are committed");
            let mark = "INSERT INTO counter (name, value) VALUES ($1, 0)";
            execute(tx.conn(), mark, [format!("mark {serial}").into()]).await.unwrap();
            if (writer + n) % 4 != 0 {
                tx.commit().await.unwrap();
            }
        }
    }

    /// SG-072, SG-073, PO-300: sixteen writers in two processes on one database; serials rise in commit order without a gap, and one that was
    /// taken and not committed is taken again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn serials_rise_in_commit_order_without_a_gap() {
        let app = TestApp::open().await;
        let stores = [app.central.store().clone(), app.reopened().await.central.store().clone()];
        let mut writers = JoinSet::new();
        for (writer, store) in (0..16).zip(stores.iter().cycle()) {
            writers.spawn(take(store.clone(), writer, 8));
        }
        writers.join_all().await;
        assert_eq!(number(stores[0].read(), MARKS).await, 16 * 8 * 3 / 4);
        let last = "SELECT value AS number FROM counter WHERE name = 'serial'";
        assert_eq!(number(stores[1].read(), last).await, 16 * 8 * 3 / 4);
    }

    /// SG-071, PO-336: at 16:00 UTC the next day, and with it the next month and year, has begun in China.
    #[test]
    fn the_calendar_of_numbers_is_that_of_china() {
        let before = UtcMillis::parse("2025-12-31T15:59:59.999Z").unwrap();
        let after = UtcMillis::parse("2025-12-31T16:00:00.000Z").unwrap();
        assert_eq!((year_and_month(before), date_in_china(before).as_str()), ((2025, 12), "2025-12-31"));
        assert_eq!((year_and_month(after), date_in_china(after).as_str()), ((2026, 1), "2026-01-01"));
        assert_eq!(minute_in_china(after), "2026-01-01 00:00");
        assert_eq!(start_of_day(chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()), after);
    }
}
