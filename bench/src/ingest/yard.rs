//! A centre with one yard and its gates, and trips that customs has approved and the yard is shown.

use std::path::Path;

use anyhow::Context as _;
use central::{
    binding::{Record, index, store as binding},
    config::{self, Config},
    gate_feed::publish::{self, Shown},
    store::{Rows, column, execute, one},
};
use protocols::{
    ids::{CustomsCode, UnifiedNo},
    rules::TripStatus,
};
use serde_json::json;

use crate::query::{centre, records, world::World};

const AREA: &str = "0708";
const YARD: &str = "CNEHX070801";
/// Trips that are stored in one transaction.
const AT_ONCE: usize = 1000;

pub(super) fn gate_id(gate: u32) -> String {
    format!("{AREA}-G{gate:02}")
}

pub(super) fn token(gate: u32) -> String {
    format!("gate-token-{gate}")
}

/// The plate of the trip's lorry.
pub(super) fn plate(number: u32) -> String {
    format!("蒙L{:05}", number % 100_000)
}

/// The configuration of such a centre.
///
/// # Errors
/// When it is none.
pub(super) fn table(world: &World, folder: &Path, url: &str, gates: u32) -> anyhow::Result<toml::Table> {
    let lane = |gate: u32, direction: &str| {
        json!({"yard_id": YARD, "gate_id": gate_id(gate), "lane_id": format!("{direction}1"), "lane_direction": direction,
               "outermost": direction == "OUT"})
    };
    let lanes: Vec<_> = (0..gates).flat_map(|gate| [lane(gate, "IN"), lane(gate, "OUT")]).collect();
    let gate = |gate| json!({"gate_id": gate_id(gate), "yard_id": YARD, "token": token(gate)});
    let of_yard = json!({
        "yard": [{"yard_id": YARD, "customs_codes": [AREA]}],
        "lane": lanes,
        "gate": (0..gates).map(gate).collect::<Vec<_>>(),
    });
    let mut table = centre::table(world, folder, url)?;
    table.extend(toml::Table::try_from(of_yard).context("no configuration")?);
    Ok(table)
}

/// The same, read.
///
/// # Errors
/// When it is none.
pub(super) fn config(table: toml::Table) -> anyhow::Result<Config> {
    Ok(config::read(table, std::iter::empty())?)
}

/// Makes the tables, with so many approved trips and nothing that was done to them; the yard's revision.
///
/// # Errors
/// What the centre says.
pub(super) async fn fill(world: &World, config: &Config, trips: u32) -> anyhow::Result<i64> {
    let sample = centre::begin(world, config, true).await?;
    let store = centre::bare(config).await?;
    let area = CustomsCode::parse(AREA)?;
    let tx = store.begin().await?;
    for table in ["smart_gate_record", "receipt", "audit"] {
        execute(tx.conn(), &format!("DELETE FROM {table}"), []).await?;
    }
    tx.commit().await?;
    for first in (0..trips).step_by(AT_ONCE) {
        let mut tx = store.begin().await?;
        let mut rows = Rows::new(format!("{} ({})", binding::TABLE, binding::COLUMNS.join(", ")), "");
        let mut shown = Vec::new();
        for number in (first..trips).take(AT_ONCE) {
            let record = approved(&sample, number)?;
            rows.push(binding::row(&record)?);
            shown.push(Shown { trip_no: record.trip_no, view: index::of(&record) });
        }
        rows.insert(tx.conn()).await?;
        publish::show_trips(&mut tx, &area, &shown).await?;
        tx.commit().await?;
    }
    let row = one(store.read(), "SELECT revision FROM yard", []).await?.context("no yard")?;
    let revision = column(&row, "revision")?;
    store.close().await?;
    Ok(revision)
}

fn approved(sample: &serde_json::Value, number: u32) -> anyhow::Result<Record> {
    let mut doc = sample.clone();
    *doc.pointer_mut("/body/medium_key").context("the sample has no medium")? = json!(plate(number));
    let members = doc.as_object_mut().context("the sample is no object")?;
    members.insert("unified_no".into(), json!(UnifiedNo::from_parts(2025, u64::from(number) + 1)?));
    members.insert("trip_no".into(), json!(records::trip_no(number)?));
    let mut record: Record = serde_json::from_value(doc)?;
    record.status = TripStatus::CustomsApproved;
    record.effective = Some(record.body.clone());
    record.effective_version_no = Some(1);
    record.approved_at = Some(record.entry_at);
    record.answered = true;
    Ok(record)
}
