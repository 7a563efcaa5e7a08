//! 绑定记录: a stored record and the declaration in it.
//! Promises: a `Declaration` breaks no rule of sections 4 to 8 (only `Draft::check` and `import` make one); lock and status agree,
//! because both are written together from a `TripState`.
//! Source: spec SG-034..SG-069, SG-191, SG-199; `contract` section 3.

use std::collections::BTreeMap;

use protocols::{
    contract::{Applied, EntryLine, Kg, UtcMillis},
    ids::{CardNo, CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, VisitId},
    rules::{
        BusinessType, CloseReason, ClosingFacts, IeFlag, LaneDirection, Lock, PassType, TransportMode,
        TripState, TripStatus, closing_passage,
    },
};
use serde::{Deserialize, Serialize};

/// 表头和表体: what the enterprise declares, checked and normalised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// 关区代码.
    pub customs_code: CustomsCode,
    /// 绑定介质类型.
    pub medium_type: MediumType,
    /// 绑定介质关键信息.
    pub medium_key: MediumKey,
    /// 业务类型.
    pub business_type: BusinessType,
    /// 运输方式.
    pub transport_mode: TransportMode,
    /// 进出口标志.
    pub ie_flag: IeFlag,
    /// 过卡车辆类型.
    pub vehicle_pass_type: Option<PassType>,
    /// 车辆重量.
    pub vehicle_weight_kg: Kg,
    /// 挂车重量.
    pub trailer_weight_kg: Kg,
    /// 集装箱重量.
    pub container_weight_kg: Kg,
    /// 备注.
    pub remark: Option<Box<str>>,
    /// 表体.
    pub lines: Vec<Line>,
}

/// 表体 line: what the gates get, and the remark that stays here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What a lane can use.
    #[serde(flatten)]
    pub entry: EntryLine,
    /// 备注.
    pub remark: Option<Box<str>>,
}

impl Declaration {
    /// The passage after which the trip's business is done (SG-233).
    #[must_use]
    pub fn closing_passage(&self) -> LaneDirection {
        let line_directions: Vec<_> = self.lines.iter().map(|line| line.entry.direction).collect();
        closing_passage(&ClosingFacts {
            line_directions: &line_directions,
            pass_type: self.vehicle_pass_type,
            business_type: self.business_type,
            ie_flag: self.ie_flag,
        })
    }
}

/// 变更类型 of a version (SG-191).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeKind {
    /// The first declaration.
    New,
}

impl ChangeKind {
    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "NEW",
        }
    }
}

/// 锁定: who holds the record, and since when (SG-199).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hold {
    /// A vehicle in a lane or on site.
    Gate {
        /// The gate that matched.
        gate_id: GateId,
        /// The lane.
        lane_id: LaneId,
        /// The visit.
        visit_id: VisitId,
        /// When, by the gate's clock less its offset as last measured.
        since: UtcMillis,
    },
    /// 海关布控.
    Customs {
        /// Who.
        officer: Box<str>,
        /// Why.
        reason: Box<str>,
        /// When.
        since: UtcMillis,
        /// The gate's lock that the hold lies over (SG-185).
        over: Option<Box<Self>>,
    },
}

impl Hold {
    /// As the rules shared with the gates know it.
    #[must_use]
    pub fn lock(&self) -> Lock {
        match self {
            Self::Gate { gate_id, lane_id, visit_id, .. } => {
                Lock::Gate { gate_id: gate_id.clone(), lane_id: lane_id.clone(), visit_id: visit_id.clone() }
            }
            Self::Customs { .. } => Lock::Customs,
        }
    }
}

/// 绑定记录.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// 数据中心统一编号.
    pub unified_no: UnifiedNo,
    /// 车次确认编号.
    pub trip_no: TripNo,
    /// Counts every change of the row (SG-151).
    pub version: i64,
    /// The newest version of the content.
    pub version_no: u32,
    /// What that version does.
    pub change_kind: ChangeKind,
    /// The version that customs approved last.
    pub effective_version_no: Option<u32>,
    /// 单证状态.
    pub status: TripStatus,
    /// Since when.
    pub status_since: UtcMillis,
    /// Why it was closed, if not by its closing pass.
    pub close_reason: Option<CloseReason>,
    /// 录入时间: the first save (SG-038).
    pub entry_at: UtcMillis,
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 操作人员 (SG-041).
    pub operator: CardNo,
    /// The content of the newest version.
    pub body: Declaration,
    /// The content that customs approved, when there is one.
    pub effective: Option<Declaration>,
    /// When customs approved it last; stays when the approval is taken back.
    pub approved_at: Option<UtcMillis>,
    /// Who holds it, while `LOCKED`.
    pub hold: Option<Hold>,
    /// Customs or a gate has answered: there are receipts to look at (SG-146).
    pub answered: bool,
    /// The vehicle has passed an entry lane and has not left.
    pub entry_passed: bool,
    /// The closing passage has taken place.
    pub closing_passed: bool,
    /// Gross weight at entry (SG-231).
    pub gross_in_kg: Option<Kg>,
    /// Gross weight at exit.
    pub gross_out_kg: Option<Kg>,
    /// For each gate its last event applied to this trip.
    pub applied: BTreeMap<GateId, Applied>,
}

impl Record {
    /// What of it a gate's event can read and change.
    #[must_use]
    pub fn trip_state(&self) -> TripState {
        TripState {
            status: self.status,
            lock: self.hold.as_ref().map(Hold::lock),
            effective: self.effective.is_some(),
            close_reason: self.close_reason,
            entry_passed: self.entry_passed,
            closing_passed: self.closing_passed,
        }
    }

    /// What the gates go by: the approved content, or the newest where nothing is approved.
    #[must_use]
    pub fn content(&self) -> &Declaration {
        self.effective.as_ref().unwrap_or(&self.body)
    }

    /// 净重: gross at exit less gross at entry, when both were weighed (SG-231).
    #[must_use]
    pub fn net_kg(&self) -> Option<Kg> {
        let (out, entry) = (self.gross_out_kg?, self.gross_in_kg?);
        Some(Kg::from_hundredths(out.hundredths().saturating_sub(entry.hundredths())))
    }
}
