//! 绑定记录: a stored record and the declaration in it.
//! Promises: a `Declaration` breaks no rule of sections 4 to 8 (only `Draft::check` and `import` make one); lock and status agree,
//! because both are written together from a `TripState`.
//! Source: spec SG-034..SG-069, SG-191..SG-199; `contract` section 3; decision 0053.

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
    /// 变更.
    Change,
    /// 删单.
    Delete,
}

impl ChangeKind {
    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Change => "CHANGE",
            Self::Delete => "DELETE",
        }
    }

    /// The kind of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::New, Self::Change, Self::Delete].into_iter().find(|kind| kind.code() == code)
    }

    /// That of an approved version: the first one is new, no delete order ever takes effect as content.
    #[must_use]
    pub const fn of_approved(version_no: u32) -> Self {
        if version_no == FIRST { Self::New } else { Self::Change }
    }
}

/// The number of the first declaration (SG-191).
const FIRST: u32 = 1;

const fn first() -> u32 {
    FIRST
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

/// The gate, lane and visit of a vehicle at a lane of customs' own, which sends no events (decision 0053).
const CUSTOMS_LANE: &str = "CUSTOMS";

impl Hold {
    /// A vehicle is at a lane of customs' own; none of our gates can free it.
    #[must_use]
    pub fn of_customs_lane(since: UtcMillis) -> Option<Self> {
        let (gate_id, lane_id) = (GateId::parse(CUSTOMS_LANE).ok()?, LaneId::parse(CUSTOMS_LANE).ok()?);
        Some(Self::Gate { gate_id, lane_id, visit_id: VisitId::parse(CUSTOMS_LANE).ok()?, since })
    }

    /// Whether it is that.
    #[must_use]
    pub fn is_of_customs_lane(&self) -> bool {
        matches!(self, Self::Gate { gate_id, .. } if gate_id.as_str() == CUSTOMS_LANE)
    }

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

/// 最近进场: where and when a vehicle came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The gate.
    pub gate_id: GateId,
    /// When, by the gate's clock less its offset as last measured.
    pub at: UtcMillis,
    /// Its gross weight.
    #[serde(default)]
    pub gross_kg: Option<Kg>,
}

/// 最近离场: where and when a vehicle went out through a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The gate.
    pub gate_id: GateId,
    /// When, by the gate's clock less its offset as last measured.
    pub at: UtcMillis,
    /// Without the cargo (SG-241).
    pub empty: bool,
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
    /// The last number that a version of it was given: one that ended leaves its number behind (SG-072).
    #[serde(default = "first")]
    pub last_version_no: u32,
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
    /// The status in which the open version was begun; giving it up leads back there (SG-196).
    #[serde(default)]
    pub before_change: Option<TripStatus>,
    /// When customs approved it last; stays when the approval is taken back.
    pub approved_at: Option<UtcMillis>,
    /// Who holds it, while `LOCKED`.
    pub hold: Option<Hold>,
    /// Vehicles in entry lanes that matched it while another one held it, in the order in which they would (SG-252).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Hold>,
    /// Customs or a gate has answered: there are receipts to look at (SG-146).
    pub answered: bool,
    /// The vehicle has passed an entry lane and has not left.
    pub entry_passed: bool,
    /// The last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<Entered>,
    /// The last exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
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
    /// The record of a first save.
    #[must_use]
    pub fn new(
        numbers: (UnifiedNo, TripNo),
        (uscc, operator): (Uscc, CardNo),
        body: Declaration,
        now: UtcMillis,
    ) -> Self {
        let (unified_no, trip_no) = numbers;
        Self {
            unified_no,
            trip_no,
            version: 1,
            version_no: FIRST,
            last_version_no: FIRST,
            change_kind: ChangeKind::New,
            effective_version_no: None,
            status: TripStatus::Saved,
            status_since: now,
            close_reason: None,
            entry_at: now,
            uscc,
            operator,
            body,
            effective: None,
            before_change: None,
            approved_at: None,
            hold: None,
            claims: Vec::new(),
            answered: false,
            entry_passed: false,
            entered: None,
            left: None,
            closing_passed: false,
            gross_in_kg: None,
            gross_out_kg: None,
            applied: BTreeMap::new(),
        }
    }

    /// A change or a delete order is under way over an approval (SG-195, SG-212).
    #[must_use]
    pub fn has_open_version(&self) -> bool {
        self.status.is_open_version() && self.effective.is_some()
    }

    /// Opens the next version, with the content that it begins with (SG-191, SG-194).
    pub fn open_version(&mut self, kind: ChangeKind, begun_in: TripStatus) {
        self.last_version_no += 1;
        self.version_no = self.last_version_no;
        self.change_kind = kind;
        self.before_change = Some(begun_in);
    }

    /// Ends the open version: the newest one is what customs approved (SG-181, SG-196, SG-197).
    pub fn end_open_version(&mut self) {
        if let (Some(effective), Some(version_no)) = (&self.effective, self.effective_version_no) {
            self.body = effective.clone();
            self.version_no = version_no;
            self.change_kind = ChangeKind::of_approved(version_no);
            self.before_change = None;
        }
    }

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
