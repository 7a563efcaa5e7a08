//! 索引条目: what a gate needs of one approved record to judge without the centre.
//! Source: spec SG-202, section 15.7; `contract` section 3 ("Matching, settled", `applied`).

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use serde::{Deserialize, Serialize};

use super::{time::UtcMillis, weight::Kg};
use crate::{
    ids::{CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, VisitId},
    rules::{
        BillType, BusinessType, ClosingFacts, Direction, IeFlag, LaneDirection, Lock, LockSource, ObjectType,
        PassType, TransportMode, TripState, TripStatus, closing_passage,
    },
};

/// The effective version of one record, as the gates of its customs area hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// 车次确认编号.
    pub trip_no: TripNo,
    /// 数据中心统一编号.
    pub unified_no: UnifiedNo,
    /// The effective version.
    pub version_no: u32,
    /// 单证状态 of the newest version.
    pub status: TripStatus,
    /// Who holds it, while `LOCKED`.
    pub lock_source: Option<LockSource>,
    /// Which gate holds it.
    pub lock_gate_id: Option<GateId>,
    /// Which lane matched it (SG-214).
    #[serde(default)]
    pub lock_lane_id: Option<LaneId>,
    /// In which visit (SG-214).
    #[serde(default)]
    pub lock_visit_id: Option<VisitId>,
    /// 关区代码.
    pub customs_code: CustomsCode,
    /// 统一社会信用代码 of the declaring enterprise.
    pub uscc: Uscc,
    /// 进出口标志.
    pub ie_flag: IeFlag,
    /// 业务类型.
    pub business_type: BusinessType,
    /// 运输方式.
    pub transport_mode: TransportMode,
    /// 过卡车辆类型.
    pub vehicle_pass_type: Option<PassType>,
    /// 绑定介质类型.
    pub medium_type: MediumType,
    /// 绑定介质关键信息, normalised.
    pub medium_key: MediumKey,
    /// 车辆重量.
    pub vehicle_weight_kg: Kg,
    /// 挂车重量.
    pub trailer_weight_kg: Kg,
    /// 集装箱重量.
    pub container_weight_kg: Kg,
    /// When customs approved the effective version.
    pub approved_at: UtcMillis,
    /// The vehicle has passed an entry lane.
    pub entry_passed: bool,
    /// The closing passage has taken place.
    pub closing_passed: bool,
    /// 表体.
    pub lines: Vec<EntryLine>,
    /// For each gate the last of its events that the centre has applied to this trip.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applied: BTreeMap<GateId, Applied>,
}

/// A line of the entry; texts are normalised as SG-079.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// 序号, from 1.
    pub line_no: u16,
    /// 进出方向.
    pub direction: Option<Direction>,
    /// 绑定对象类型.
    pub object_type: ObjectType,
    /// 绑定对象 ID.
    pub object_id: Option<Box<str>>,
    /// 船名.
    pub vessel_name: Option<Box<str>>,
    /// 航次/货物运输批次号.
    pub voyage_no: Box<str>,
    /// 业务类型 of the line.
    pub business_type: BusinessType,
    /// 提单类型.
    pub bill_type: Option<BillType>,
    /// 本次提货重量.
    pub pickup_weight_kg: Option<Kg>,
    /// 集装箱号 1.
    pub container_no_1: Option<Box<str>>,
    /// 集装箱号 2.
    pub container_no_2: Option<Box<str>>,
    /// 安全智能锁号 1, up to three joined by a bar.
    pub seal_no_1: Option<Box<str>>,
    /// 安全智能锁号 2.
    pub seal_no_2: Option<Box<str>>,
}

/// Where the centre stands with one gate's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Applied {
    /// The gate's store.
    pub epoch: u32,
    /// The event's number within it, from 1.
    pub seq: u64,
}

impl IndexEntry {
    /// The passage after which this trip's business is done (SG-233).
    #[must_use]
    pub fn closing_passage(&self) -> LaneDirection {
        let line_directions: Vec<_> = self.lines.iter().map(|line| line.direction).collect();
        closing_passage(&ClosingFacts {
            line_directions: &line_directions,
            pass_type: self.vehicle_pass_type,
            business_type: self.business_type,
            ie_flag: self.ie_flag,
        })
    }

    /// What a gate's event can read and change. A gate lock without its gate, lane or visit (an older centre) counts as customs'
    /// hold would: nobody but the centre can free it.
    #[must_use]
    pub fn trip_state(&self) -> TripState {
        let lock = match (self.status, self.lock_source) {
            (TripStatus::Locked, Some(LockSource::Gate)) => {
                match (&self.lock_gate_id, &self.lock_lane_id, &self.lock_visit_id) {
                    (Some(gate_id), Some(lane_id), Some(visit_id)) => Some(Lock::Gate {
                        gate_id: gate_id.clone(),
                        lane_id: lane_id.clone(),
                        visit_id: visit_id.clone(),
                    }),
                    _ => Some(Lock::Customs),
                }
            }
            (TripStatus::Locked, _) => Some(Lock::Customs),
            _ => None,
        };
        TripState {
            status: self.status,
            lock,
            effective: true,
            close_reason: None,
            entry_passed: self.entry_passed,
            closing_passed: self.closing_passed,
        }
    }

    /// Writes a state back into the entry.
    pub fn set_trip_state(&mut self, state: &TripState) {
        self.status = state.status;
        self.lock_source = state.lock.as_ref().map(Lock::source);
        (self.lock_gate_id, self.lock_lane_id, self.lock_visit_id) = match &state.lock {
            Some(Lock::Gate { gate_id, lane_id, visit_id }) => {
                (Some(gate_id.clone()), Some(lane_id.clone()), Some(visit_id.clone()))
            }
            Some(Lock::Customs) | None => (None, None, None),
        };
        self.entry_passed = state.entry_passed;
        self.closing_passed = state.closing_passed;
    }
}
