//! What the yard allows: the centre's administrators own it, the gate gets it as rows of its feed.
//! Absent on purpose: wiring (devices, ports), which stands in the gate's own file.
//! Source: `contract` section 3, "Policy"; spec SG-209, SG-210, SG-230, SG-237.

use alloc::{collections::BTreeSet, vec::Vec};
use serde::{Deserialize, Serialize};

use super::codes::LaneDirection;
use crate::{
    contract::Kg,
    ids::{CustomsCode, GateId, LaneId},
};

/// What a lane must see before it passes a vehicle by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gather {
    /// 车牌.
    Plate,
    /// 箱号.
    Containers,
    /// 关锁号.
    Seals,
    /// 重量.
    Weight,
}

/// 通道: how one lane works. What is absent in a row takes the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanePolicy {
    /// The gate whose lane it is.
    pub gate_id: GateId,
    /// The lane.
    pub lane_id: LaneId,
    /// Which way it leads.
    pub lane_direction: LaneDirection,
    /// True when behind it the vehicle has left the port (SG-243).
    #[serde(default)]
    pub outermost: bool,
    /// What it must see; what it does not gather is never `missing_read`.
    #[serde(default)]
    pub gathers: BTreeSet<Gather>,
    /// How long reads are collected once a vehicle stands there, in milliseconds.
    #[serde(default = "defaults::collect_window_ms")]
    pub collect_window_ms: u32,
    /// How long a vehicle may stand without a pass, in seconds (SG-237: 10 minutes).
    #[serde(default = "defaults::lane_timeout_s")]
    pub lane_timeout_s: u32,
    /// How long a vehicle may take through the open barrier, in seconds.
    #[serde(default = "defaults::pass_timeout_s")]
    pub pass_timeout_s: u32,
    /// How old a buffered read may be and still open, in milliseconds.
    #[serde(default = "defaults::max_read_age_ms")]
    pub max_read_age_ms: u32,
    /// True when a manual release needs two persons.
    #[serde(default)]
    pub two_person_release: bool,
}

impl LanePolicy {
    /// A lane with every default.
    #[must_use]
    pub fn new(gate_id: GateId, lane_id: LaneId, lane_direction: LaneDirection) -> Self {
        Self {
            gate_id,
            lane_id,
            lane_direction,
            outermost: false,
            gathers: BTreeSet::new(),
            collect_window_ms: defaults::collect_window_ms(),
            lane_timeout_s: defaults::lane_timeout_s(),
            pass_timeout_s: defaults::pass_timeout_s(),
            max_read_age_ms: defaults::max_read_age_ms(),
            two_person_release: false,
        }
    }
}

/// 场所: what holds for all lanes of a yard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YardPolicy {
    /// 关区代码 of the customs areas that feed this yard (SG-206).
    pub customs_codes: Vec<CustomsCode>,
    /// Allowed deviation of the gross weight in percent (SG-230: 5).
    #[serde(default = "defaults::weight_tolerance_pct")]
    pub weight_tolerance_pct: Percent,
    /// Allowed deviation in kilograms; the greater of both counts (SG-230: 200).
    #[serde(default = "defaults::weight_tolerance_kg")]
    pub weight_tolerance_kg: Kg,
    /// Older than this, in hours, the index lets nobody pass by itself (SG-209: 31 days).
    #[serde(default = "defaults::max_index_age_h")]
    pub max_index_age_h: u32,
    /// Older than this, in days, an approval needs a person; off when absent (SG-210).
    #[serde(default)]
    pub max_binding_age_days: Option<u32>,
    /// May a yard operator release, or only an officer.
    #[serde(default)]
    pub operator_may_release: bool,
    /// How this yard writes card numbers (`contract` section 2).
    #[serde(default = "defaults::ic_key_form")]
    pub ic_key_form: alloc::string::String,
    /// Refuses a second usable record for one medium key (SG-107).
    #[serde(default)]
    pub one_open_record_per_medium: bool,
    /// How long acknowledged journal records are kept, in days.
    #[serde(default = "defaults::journal_keep_days")]
    pub journal_keep_days: u32,
}

impl YardPolicy {
    /// A yard with every default.
    #[must_use]
    pub fn new(customs_codes: Vec<CustomsCode>) -> Self {
        Self {
            customs_codes,
            weight_tolerance_pct: defaults::weight_tolerance_pct(),
            weight_tolerance_kg: defaults::weight_tolerance_kg(),
            max_index_age_h: defaults::max_index_age_h(),
            max_binding_age_days: None,
            operator_may_release: false,
            ic_key_form: defaults::ic_key_form(),
            one_open_record_per_medium: false,
            journal_keep_days: defaults::journal_keep_days(),
        }
    }
}

/// A percentage with at most two decimals, exact; a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(Kg);

impl Percent {
    /// So many hundredths of a percent.
    #[must_use]
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(Kg::from_hundredths(hundredths))
    }

    /// Hundredths of a percent.
    #[must_use]
    pub const fn hundredths(self) -> i64 {
        self.0.hundredths()
    }
}

mod defaults {
    use super::{Kg, Percent};

    pub(super) const fn collect_window_ms() -> u32 {
        3_000
    }
    pub(super) const fn lane_timeout_s() -> u32 {
        600
    }
    pub(super) const fn pass_timeout_s() -> u32 {
        60
    }
    pub(super) const fn max_read_age_ms() -> u32 {
        5_000
    }
    pub(super) const fn weight_tolerance_pct() -> Percent {
        Percent::from_hundredths(500)
    }
    pub(super) const fn weight_tolerance_kg() -> Kg {
        Kg::from_hundredths(20_000)
    }
    pub(super) const fn max_index_age_h() -> u32 {
        31 * 24
    }
    pub(super) fn ic_key_form() -> alloc::string::String {
        "uid_hex".into()
    }
    pub(super) const fn journal_keep_days() -> u32 {
        90
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// SG-209, SG-230, SG-237: a row that names nothing but the lane or the areas takes the manual's defaults.
    #[test]
    fn a_bare_row_takes_the_defaults() {
        let lane: LanePolicy =
            serde_json::from_str(r#"{"gate_id":"0708-G02","lane_id":"OUT1","lane_direction":"OUT"}"#)
                .unwrap();
        let named = LanePolicy::new(lane.gate_id.clone(), lane.lane_id.clone(), LaneDirection::Out);
        assert_eq!(lane, named);
        assert_eq!(lane.lane_timeout_s, 600);
        let yard: YardPolicy = serde_json::from_str(r#"{"customs_codes":["0708"]}"#).unwrap();
        assert_eq!(yard, YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]));
        assert_eq!((yard.max_index_age_h, yard.weight_tolerance_pct.hundredths()), (744, 500));
        assert_eq!(yard.weight_tolerance_kg, Kg::from_hundredths(20_000));
    }
}
