//! `[[yard]]`, `[[lane]]`, `[[gate]]`: what a fresh store begins with, and the gates' tokens.
//! Promises: the keys of a policy are those of the contract's policy rows, and no others.

use protocols::{
    ids::{CustomsCode, GateId, LaneId, YardId},
    rules::{LaneDirection, LanePolicy, YardPolicy},
};
use serde::{Serialize, de::DeserializeOwned};
use toml::Table;

use super::{Row, TokenHash, Wrong, limits, people};

/// One yard.
#[derive(Clone, Debug)]
pub struct YardConfig {
    /// 场所编号.
    pub yard_id: YardId,
    /// What holds for all its lanes.
    pub policy: YardPolicy,
}

/// One lane of a yard.
#[derive(Clone, Debug)]
pub struct LaneConfig {
    /// 场所编号.
    pub yard_id: YardId,
    /// What holds for it.
    pub policy: LanePolicy,
}

/// One gate: who it is and how it proves it.
#[derive(Clone, Debug)]
pub struct GateConfig {
    /// 卡口.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
    /// The hash of its token.
    pub token: TokenHash,
}

pub(super) fn read_yards(rows: Vec<Table>, wrong: &mut Vec<Wrong>) -> Vec<YardConfig> {
    let yard = |(place, keys)| {
        let mut row = Row::new("yard", place, keys, wrong);
        let yard_id = row.required("yard_id");
        let policy = row
            .keys
            .get("customs_codes")
            .cloned()
            .and_then(|codes| codes.try_into::<Vec<CustomsCode>>().ok());
        let policy = match policy {
            Some(codes) if !codes.is_empty() => policy_of(&mut row, &YardPolicy::new(codes), limits::yard),
            _ => {
                row.refuse("customs_codes", "must name at least one customs area");
                None
            }
        };
        Some(YardConfig { yard_id: yard_id?, policy: policy? })
    };
    rows.into_iter().enumerate().filter_map(yard).collect()
}

pub(super) fn read_lanes(rows: Vec<Table>, yards: &[YardConfig], wrong: &mut Vec<Wrong>) -> Vec<LaneConfig> {
    let lane = |(place, keys)| {
        let mut row = Row::new("lane", place, keys, wrong);
        let yard_id = known_yard(&mut row, yards);
        let bare: [Option<toml::Value>; 3] =
            ["gate_id", "lane_id", "lane_direction"].map(|key| row.keys.get(key).cloned());
        let [gate, lane, direction] = bare;
        let gate: Option<GateId> = known(&mut row, "gate_id", gate);
        let lane: Option<LaneId> = known(&mut row, "lane_id", lane);
        let direction: Option<LaneDirection> = known(&mut row, "lane_direction", direction);
        let policy = policy_of(&mut row, &LanePolicy::new(gate?, lane?, direction?), limits::lane);
        Some(LaneConfig { yard_id: yard_id?, policy: policy? })
    };
    rows.into_iter().enumerate().filter_map(lane).collect()
}

pub(super) fn read_gates(rows: Vec<Table>, yards: &[YardConfig], wrong: &mut Vec<Wrong>) -> Vec<GateConfig> {
    let gate = |(place, keys)| {
        let mut row = Row::new("gate", place, keys, wrong);
        let (gate_id, yard_id) = (row.required("gate_id"), known_yard(&mut row, yards));
        let token = people::token(&mut row);
        row.end();
        Some(GateConfig { gate_id: gate_id?, yard_id: yard_id?, token: token? })
    };
    rows.into_iter().enumerate().filter_map(gate).collect()
}

fn known_yard(row: &mut Row<'_>, yards: &[YardConfig]) -> Option<YardId> {
    let yard_id: YardId = row.required("yard_id")?;
    if !yards.iter().any(|yard| yard.yard_id == yard_id) {
        row.refuse("yard_id", format!("no [[yard]] has the id {yard_id}"));
    }
    Some(yard_id)
}

fn known<T: DeserializeOwned>(row: &mut Row<'_>, key: &str, value: Option<toml::Value>) -> Option<T> {
    let read = value.map(toml::Value::try_into::<T>);
    match read {
        Some(Ok(value)) => Some(value),
        Some(Err(error)) => {
            row.refuse(key, error.message());
            None
        }
        None => {
            row.refuse(key, "is missing");
            None
        }
    }
}

/// Lays the row's keys over the bare policy one by one; a key that the policy does not have is unknown.
fn policy_of<P: Serialize + DeserializeOwned>(
    row: &mut Row<'_>,
    bare: &P,
    limits: impl FnOnce(&P) -> Vec<(&'static str, String)>,
) -> Option<P> {
    let mut policy = serde_json::to_value(bare).ok()?;
    for (key, value) in std::mem::take(&mut row.keys) {
        let Some(place) = policy.get_mut(&key) else {
            row.refuse(&key, "unknown key");
            continue;
        };
        let before = place.clone();
        *place = serde_json::to_value(value).unwrap_or_default();
        if let Err(error) = P::deserialize(&policy) {
            row.refuse(&key, error.to_string());
            if let Some(place) = policy.get_mut(&key) {
                *place = before;
            }
        }
    }
    let policy = serde_json::from_value(policy).ok()?;
    for (key, why) in limits(&policy) {
        row.refuse(key, why);
    }
    Some(policy)
}
