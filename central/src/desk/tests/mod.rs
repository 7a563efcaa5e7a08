//! The desk, through the real router and a real folder.
//! `folder`: mode `file` · `delivery`: the outbox · `officers`: work list, one act on many · `signed`: whose
//! card has decided what.

mod delivery;
mod folder;
mod officers;
mod signed;

use serde_json::Value;

use crate::test_app::{OFFICER, TestApp};

/// The codes of the alerts raised so far.
async fn alerts(app: &TestApp) -> Vec<String> {
    let (_, answer) = app.get("/api/v1/alerts", OFFICER).await;
    let rows = answer["items"].as_array().unwrap();
    rows.iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

fn number(record: &Value) -> &str {
    record["unified_no"].as_str().unwrap()
}
