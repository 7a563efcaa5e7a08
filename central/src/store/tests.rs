//! What the store promises, on the database of the run.

use tokio::task::{JoinSet, yield_now};

use super::*;
use crate::{test_app::TestApp, test_ground::Ground};

const WRITERS: i64 = 16;
const EACH: i64 = 8;

/// A store and another one beside it, as two processes on one database would have them.
async fn two() -> (TestApp, [Store; 2]) {
    let app = TestApp::open().await;
    let beside = app.reopened().await.central.store().clone();
    let stores = [app.central.store().clone(), beside];
    (app, stores)
}

async fn number(conn: &impl ConnectionTrait, sql: &str) -> i64 {
    column(&one(conn, sql, []).await.unwrap().unwrap(), "number").unwrap()
}

async fn at_once<F: Future<Output = ()> + Send + 'static>(stores: &[Store; 2], work: impl Fn(Store) -> F) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = if writer % 2 == 0 { &stores[0] } else { &stores[1] };
        writers.spawn(work(store.clone()));
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
}

/// design section 5: two processes with eight writers each; nobody changes what another has read and not yet written.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_writer_has_read_stays_true_until_it_commits() {
    let (_app, stores) = two().await;
    let tx = stores[0].begin().await.unwrap();
    execute(tx.conn(), "INSERT INTO counter (name, value) VALUES ('sum', 0)", []).await.unwrap();
    tx.commit().await.unwrap();
    let sum = "SELECT value AS number FROM counter WHERE name = 'sum'";
    at_once(&stores, move |store| async move {
        for _ in 0..EACH {
            let tx = store.begin().await.unwrap();
            let read = number(tx.conn(), sum).await;
            yield_now().await;
            let write = "UPDATE counter SET value = $1 WHERE name = 'sum'";
            execute(tx.conn(), write, [(read + 1).into()]).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await;
    assert_eq!(number(stores[0].read(), sum).await, WRITERS * EACH);
}

/// design section 5: of several processes that start together on an empty database one makes the tables. Twice, for the moment in which a new
/// file has its log made is short.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_that_start_together_one_makes_the_tables() {
    together().await;
    together().await;
}

async fn together() {
    let ground = Ground::bare().await;
    let mut starting = JoinSet::new();
    for _ in 0..6 {
        let config = ground.config();
        starting.spawn(async move { Store::open(&config, Clock::system()).await });
    }
    let opened: Vec<_> = starting.join_all().await.into_iter().map(Result::unwrap).collect();
    let steps = number(opened[0].read(), "SELECT COUNT(*) AS number FROM seaql_migrations").await;
    assert_eq!(usize::try_from(steps).unwrap(), migration::Migrator::migrations().len());
}

/// Text is stored, found and sorted alike on both databases, by its bytes; a NUL, which one of them cannot hold, does no harm.
#[tokio::test]
async fn text_is_the_same_on_both_databases() {
    let (app, _) = two().await;
    let store = app.central.store();
    let tx = store.begin().await.unwrap();
    execute(tx.conn(), "DELETE FROM counter", []).await.unwrap();
    let names = ["B", "a", "b-1", "b1", "x\0y", "É", "é", "蒙LK8216"];
    for name in names {
        let sql = "INSERT INTO counter (name, value) VALUES ($1, 1)";
        execute(tx.conn(), sql, [name.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let rows = all(store.read(), "SELECT name FROM counter ORDER BY name", []).await.unwrap();
    let sorted: Vec<String> = rows.iter().map(|row| column(row, "name").unwrap()).collect();
    assert_eq!(sorted, names.map(|name| name.replace('\0', "\u{FFFD}")));
    for (condition, value, found) in [
        ("name = $1", "x\0y", 1),
        ("name > $1", "b-1", 5),
        ("LOWER(name) LIKE $1 ESCAPE '\\'", "%b%", 3),
        ("LOWER(name) LIKE $1 ESCAPE '\\'", "%É%", 1),
    ] {
        let sql = format!("SELECT COUNT(*) AS number FROM counter WHERE {condition}");
        let row = one(store.read(), &sql, [value.into()]).await.unwrap().unwrap();
        assert_eq!(column::<i64>(&row, "number").unwrap(), found, "{condition} {value}");
    }
}

/// One state for all reads of a reading transaction, whatever is committed meanwhile.
#[tokio::test]
async fn a_reader_sees_one_state() {
    let (_app, stores) = two().await;
    let count = "SELECT COUNT(*) AS number FROM counter WHERE name = 'later'";
    let reading = stores[0].begin_read().await.unwrap();
    assert_eq!(number(&reading, count).await, 0);
    let tx = stores[1].begin().await.unwrap();
    execute(tx.conn(), "INSERT INTO counter (name, value) VALUES ('later', 1)", []).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(number(&reading, count).await, 0);
    drop(reading);
    assert_eq!(number(stores[0].read(), count).await, 1);
}

/// fault E9: a database that cannot be reached is told without its password.
#[tokio::test]
async fn a_database_that_is_not_there_is_told_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        data_dir: folder.path().to_string_lossy().into_owned(),
        // Nothing listens at port 1.
        url: StoreUrl::try_from("postgres://kakou:geheim@127.0.0.1:1/kakou".to_owned()).unwrap(),
        ..StoreConfig::default()
    };
    let clock = Clock::standing(UtcMillis::from_millis(0));
    let error = anyhow::Error::from(Store::open(&config, clock).await.unwrap_err());
    let told = format!("{error:#} {error:?}");
    assert!(told.contains("Connection refused") && !told.contains("geheim"), "{told}");
}

/// Invariant I1: nothing starts on a server that forgets in a power cut what it has committed, unless somebody has said that this is meant; what is off is named. The
/// server of the tests is such a one.
#[tokio::test]
async fn a_server_that_forgets_is_not_started_on() {
    let ground = Ground::bare().await;
    for is_allowed in [false, true] {
        let config = StoreConfig { allow_unsafe_postgres: is_allowed, ..ground.config() };
        let opened = Store::open(&config, Clock::system()).await;
        if is_allowed || !config.url.is_shared() {
            opened.unwrap().close().await.unwrap();
            continue;
        }
        let told = opened.unwrap_err().to_string();
        assert!(
            told.contains("fsync, full_page_writes off:"),
            "commits are waited for, whatever the server does: {told}"
        );
        assert!(told.contains("store.allow_unsafe_postgres"), "{told}");
    }
}
