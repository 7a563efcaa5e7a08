//! What belongs to every manual's lists and records: settings, saved queries, import, templates, signatures, counts.

use anyhow::{Context as _, Result, ensure};
use kakou_tests::programs::Program;
use serde_json::json;

use crate::{
    play_with,
    stage::{Captcha, Stage},
};

/// As many as a list counts without being asked to, and some more.
const COPIES: u32 = 10_020;
/// The numbers of the `n`th copy.
const NUMBER: &str = "substr(unified_no, 1, 4) || printf('%014d', 500000 + n)";
const TRIP: &str = "substr(trip_no, 1, 17) || printf('%015d', 500000 + n)";

/// PO-049, PO-099, PO-182, PO-183, PO-202, PO-245, SG-029: columns with their widths, page size, density and language are a person's at the
/// centre; conditions are saved under names; a file is tried before it is imported, and comes back with its faults; templates, what was entered
/// last and copies fill a new record; a signature is shown and verified anew, and its evidence convinces the centre's own program.
#[tokio::test]
async fn lists_and_records_serve_their_person() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    let folder = tempfile::tempdir()?;
    let kept = std::env::var_os("KAKOU_PICTURES").map(std::path::PathBuf::from);
    let at = kept.as_deref().unwrap_or(folder.path());
    let Captcha { drawn, text } = stage.captcha().await?;
    let more = json!({"folder": at, "again": {"captcha": drawn, "captcha_text": text}});
    play_with("portal-lists.mjs", &stage, more).await?;
    let evidence = at.join("evidence.json");
    let output = std::process::Command::new(Program::Central.path()?)
        .args(["verify-signature", "--config"])
        .arg(stage.config())
        .arg("--file")
        .arg(&evidence)
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && told.contains("holds over these bytes"),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// PO-203: a count is exact to ten thousand; beyond, the list says so and counts them all when it is asked to.
#[tokio::test]
async fn a_long_list_says_that_it_is_long() -> Result<()> {
    let stage = Stage::start().await?;
    let token = stage.declarant().await?;
    let content = json!({
        "customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "business_type": "0000000100", "transport_mode": "4", "ie_flag": "I",
        "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400, "container_weight_kg": 0, "lines": []});
    let record = stage.ask(reqwest::Method::POST, &token, "/api/v1/smart-gate/records", content).await?;
    let number = record["unified_no"].as_str().context("no number")?;
    multiply(&stage, number)?;
    play_with("portal-count.mjs", &stage, json!({ "total": COPIES + 1 })).await.map(drop)
}

/// The record again and again, under other numbers: entering so many would take an hour.
fn multiply(stage: &Stage, number: &str) -> Result<()> {
    let store = stage.store()?;
    let mut columns = Vec::new();
    store.pragma(None, "table_info", "smart_gate_record", |row| {
        columns.push(row.get::<_, String>("name")?);
        Ok(())
    })?;
    let other = |column: &String| match column.as_str() {
        "unified_no" => NUMBER.to_owned(),
        "trip_no" => TRIP.to_owned(),
        "doc" => format!("replace(replace(doc, unified_no, {NUMBER}), trip_no, {TRIP})"),
        column => column.to_owned(),
    };
    let values: Vec<_> = columns.iter().map(other).collect();
    let sql = format!(
        "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {COPIES})
         INSERT INTO smart_gate_record ({}) SELECT {} FROM smart_gate_record, many WHERE unified_no = ?1",
        columns.join(", "),
        values.join(", ")
    );
    let made = store.execute(&sql, [number])?;
    ensure!(made == COPIES as usize, "made {made}");
    Ok(())
}
