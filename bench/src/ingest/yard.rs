//! A centre with yards and their gates, and trips that customs has approved and the yards are shown.
//! Gates are numbered through from yard to yard, and trips from gate to gate, so the trips of a yard stand together.

use std::{ops::Range, path::Path};

use anyhow::{Context as _, ensure};
use central::{
    binding::{Record, index, store as binding},
    config::{self, Config},
    gate_feed::publish::{self, Shown},
    store::{Rows, all, column, execute},
};
use protocols::{
    ids::{CustomsCode, UnifiedNo},
    rules::TripStatus,
};
use serde_json::json;

use crate::query::{centre, records, world::World};

/// The customs area of the first yard; each yard has the next one.
const FIRST_AREA: u32 = 708;
/// Trips that are stored in one transaction.
const AT_ONCE: usize = 1000;

/// Which yards there are, with as many gates in each, and as many trips for each gate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) yards: u32,
    pub(crate) gates_of_each: u32,
    pub(crate) trips_of_each: u32,
}

impl Site {
    /// So many gates at most, about so many of them in a yard.
    pub(crate) fn of(gates: u32, in_a_yard: u32, trips_of_each: u32) -> Self {
        let yards = (gates / in_a_yard).max(1);
        Self { yards, gates_of_each: (gates / yards).max(1), trips_of_each }
    }

    /// All gates.
    pub(crate) const fn gates(self) -> u32 {
        self.yards * self.gates_of_each
    }

    /// The yard of a gate.
    pub(crate) const fn yard_of(self, gate: u32) -> u32 {
        gate / self.gates_of_each
    }

    /// The trips of a yard.
    pub(crate) const fn trips(self, yard: u32) -> Range<u32> {
        let count = self.gates_of_each * self.trips_of_each;
        yard * count..(yard + 1) * count
    }
}

fn area(yard: u32) -> String {
    format!("{:04}", FIRST_AREA + yard)
}

pub(super) fn yard_id(yard: u32) -> String {
    format!("CNEHX{}01", area(yard))
}

pub(crate) fn gate_id(gate: u32) -> String {
    format!("0708-G{gate:02}")
}

pub(crate) fn token(gate: u32) -> String {
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
pub(crate) fn table(world: &World, folder: &Path, url: &str, site: Site) -> anyhow::Result<toml::Table> {
    let lane = |gate: u32, direction: &str| {
        json!({"yard_id": yard_id(site.yard_of(gate)), "gate_id": gate_id(gate), "lane_id": format!("{direction}1"),
               "lane_direction": direction, "outermost": direction == "OUT"})
    };
    let lanes: Vec<_> = (0..site.gates()).flat_map(|gate| [lane(gate, "IN"), lane(gate, "OUT")]).collect();
    let yard = |yard| json!({"yard_id": yard_id(yard), "customs_codes": [area(yard)]});
    let gate = |gate| json!({"gate_id": gate_id(gate), "yard_id": yard_id(site.yard_of(gate)), "token": token(gate)});
    let of_yards = json!({
        "yard": (0..site.yards).map(yard).collect::<Vec<_>>(),
        "lane": lanes,
        "gate": (0..site.gates()).map(gate).collect::<Vec<_>>(),
    });
    let mut table = centre::table(world, folder, url)?;
    table.extend(toml::Table::try_from(of_yards).context("no configuration")?);
    Ok(table)
}

/// The same, read.
///
/// # Errors
/// When it is none.
pub(crate) fn config(table: toml::Table) -> anyhow::Result<Config> {
    Ok(config::read(table, std::iter::empty())?)
}

/// Makes the tables, with the approved trips of all gates and nothing that was done to them; the revision of every yard.
///
/// # Errors
/// What the centre says.
pub(crate) async fn fill(world: &World, config: &Config, site: Site) -> anyhow::Result<i64> {
    let sample = centre::begin(world, config, true).await?;
    let store = centre::bare(config).await?;
    let tx = store.begin().await?;
    for table in ["smart_gate_record", "receipt", "audit"] {
        execute(tx.conn(), &format!("DELETE FROM {table}"), []).await?;
    }
    tx.commit().await?;
    for yard in 0..site.yards {
        let area = CustomsCode::parse(&area(yard))?;
        let trips = site.trips(yard);
        for first in trips.clone().step_by(AT_ONCE) {
            let mut tx = store.begin().await?;
            let mut rows = Rows::new(format!("{} ({})", binding::TABLE, binding::COLUMNS.join(", ")), "");
            let mut shown = Vec::new();
            for number in (first..trips.end).take(AT_ONCE) {
                let record = approved(&sample, area, number)?;
                rows.push(binding::row(&record)?);
                shown.push(Shown { trip_no: record.trip_no, view: index::of(&record) });
            }
            rows.insert(tx.conn()).await?;
            publish::show_trips(&mut tx, &area, &shown).await?;
            tx.commit().await?;
        }
    }
    let yards = all(store.read(), "SELECT revision FROM yard", []).await?;
    let revisions = yards.iter().map(|row| column(row, "revision")).collect::<Result<Vec<i64>, _>>()?;
    let revision = revisions.first().copied().context("no yard")?;
    ensure!(revisions.iter().all(|other| *other == revision), "the yards are not alike: {revisions:?}");
    store.close().await?;
    Ok(revision)
}

fn approved(sample: &serde_json::Value, area: CustomsCode, number: u32) -> anyhow::Result<Record> {
    let mut doc = sample.clone();
    *doc.pointer_mut("/body/customs_code").context("the sample has no area")? = json!(area);
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
