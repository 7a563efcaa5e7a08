//! What the index knows of a trip, as a person must see it to compare it with a vehicle or to choose it.

use protocols::{
    contract::{IndexEntry, Kg},
    rules::{LaneDirection, ObjectType},
};
use serde::{Deserialize, Serialize};

use super::super::state::State;
use crate::journal::TripRef;

/// 车次: a trip and what is bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TripStatus {
    /// 车次确认编号.
    pub trip_no: String,
    /// Its effective version.
    pub version_no: u32,
    /// What is bound; none when the index does not know the trip any more.
    pub bound: Option<Bound>,
}

/// 绑定信息 of a trip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// 单证状态.
    pub status: String,
    /// 绑定介质类型.
    pub medium_type: String,
    /// 绑定介质关键信息.
    pub medium_key: String,
    /// 申报企业, by its code.
    pub uscc: String,
    /// Plates among the objects.
    pub plates: Vec<String>,
    /// 箱号.
    pub containers: Vec<String>,
    /// 关锁号.
    pub seals: Vec<String>,
    /// Bills and declarations.
    pub documents: Vec<String>,
    /// 车辆重量.
    pub vehicle_kg: Kg,
    /// 挂车重量.
    pub trailer_kg: Kg,
    /// 集装箱重量.
    pub container_kg: Kg,
    /// Sum of the pick-up weights; none where a line states none.
    pub cargo_kg: Option<Kg>,
    /// When customs approved it.
    pub approved_at: String,
    /// The vehicle has come in.
    pub entry_passed: bool,
    /// `IN` or `OUT`: the passage that ends the trip's business.
    pub closing: String,
}

impl Bound {
    /// What an entry binds.
    #[must_use]
    pub fn of(entry: &IndexEntry) -> Self {
        let all = |of: fn(&protocols::contract::EntryLine) -> Vec<Option<&str>>| -> Vec<String> {
            let mut found: Vec<String> =
                entry.lines.iter().flat_map(of).flatten().map(ToOwned::to_owned).collect();
            found.dedup();
            found
        };
        let objects = |types: &[ObjectType]| -> Vec<String> {
            let lines = entry.lines.iter().filter(|line| types.contains(&line.object_type));
            lines.filter_map(|line| line.object_id.as_deref().map(ToOwned::to_owned)).collect()
        };
        let cargo: Option<i64> =
            entry.lines.iter().map(|line| line.pickup_weight_kg.map(Kg::hundredths)).sum();
        Self {
            status: entry.status.to_string(),
            medium_type: entry.medium_type.to_string(),
            medium_key: entry.medium_key.to_string(),
            uscc: entry.uscc.to_string(),
            plates: objects(&[ObjectType::VehiclePlate]),
            containers: all(|line| vec![line.container_no_1.as_deref(), line.container_no_2.as_deref()]),
            seals: all(|line| {
                let lists = [line.seal_no_1.as_deref(), line.seal_no_2.as_deref()];
                lists.into_iter().flatten().flat_map(|list| list.split('|')).map(Some).collect()
            }),
            documents: objects(&[
                ObjectType::BillOfLading,
                ObjectType::TransitDeclaration,
                ObjectType::VehicleCustomsNo,
            ]),
            vehicle_kg: entry.vehicle_weight_kg,
            trailer_kg: entry.trailer_weight_kg,
            container_kg: entry.container_weight_kg,
            cargo_kg: cargo.map(Kg::from_hundredths),
            approved_at: entry.approved_at.to_string(),
            entry_passed: entry.entry_passed,
            closing: match entry.closing_passage() {
                LaneDirection::In => "IN",
                LaneDirection::Out => "OUT",
            }
            .to_owned(),
        }
    }
}

/// A trip as the index knows it now.
pub(super) fn trip(trip: &TripRef, state: &State) -> TripStatus {
    let known = state.cache.look_up_trip(&trip.trip_no).ok();
    let entry = known.and_then(|view| view.candidates.into_iter().next());
    TripStatus {
        trip_no: trip.trip_no.to_string(),
        version_no: trip.version_no,
        bound: entry.as_ref().map(Bound::of),
    }
}
