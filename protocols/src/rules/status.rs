//! 单证状态: the statuses of a smart-gate record, and what locks or closes it.
//! Source: spec SG-152..SG-165, SG-180, SG-199, SG-251.

use serde::{Deserialize, Serialize};

/// 单证状态 of a stored record (SG-153..SG-163); 未暂存 exists on the page only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TripStatus {
    /// 暂存: stored at the centre, editable.
    Saved,
    /// 申报: declared, waiting to be sent to the customs intranet.
    Declared,
    /// 发往内网成功.
    Sent,
    /// 发往内网失败.
    SendFailed,
    /// 海关审核通过, receipt 10.
    CustomsApproved,
    /// 退单, receipt 20.
    Rejected,
    /// 已办结, receipt 40.
    Closed,
    /// 已锁定, receipt 41.
    Locked,
    /// 解除锁定, receipt 42.
    Unlocked,
    /// 人工办结, receipt 43.
    ManuallyClosed,
    /// 已口岸离场, receipt 50.
    LeftPort,
}

impl TripStatus {
    /// Every status, in the order of the query page (SG-128).
    pub const ALL: &'static [Self] = &[
        Self::Saved,
        Self::Declared,
        Self::Sent,
        Self::SendFailed,
        Self::CustomsApproved,
        Self::Rejected,
        Self::Closed,
        Self::Locked,
        Self::Unlocked,
        Self::ManuallyClosed,
        Self::LeftPort,
    ];

    /// The code used in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Saved => "SAVED",
            Self::Declared => "DECLARED",
            Self::Sent => "SENT",
            Self::SendFailed => "SEND_FAILED",
            Self::CustomsApproved => "CUSTOMS_APPROVED",
            Self::Rejected => "REJECTED",
            Self::Closed => "CLOSED",
            Self::Locked => "LOCKED",
            Self::Unlocked => "UNLOCKED",
            Self::ManuallyClosed => "MANUALLY_CLOSED",
            Self::LeftPort => "LEFT_PORT",
        }
    }

    /// The status of this code, if there is one.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.code() == code)
    }

    /// The label of the query page (SG-153..SG-164).
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Saved => "暂存",
            Self::Declared => "申报",
            Self::Sent => "发往内网成功",
            Self::SendFailed => "发往内网失败",
            Self::CustomsApproved => "海关审核通过",
            Self::Rejected => "退单",
            Self::Closed => "已办结",
            Self::Locked => "已锁定",
            Self::Unlocked => "解除锁定",
            Self::ManuallyClosed => "人工办结",
            Self::LeftPort => "已口岸离场",
        }
    }

    /// Statuses in which nothing is decided yet about the newest version (SG-211, SG-212).
    #[must_use]
    pub const fn is_open_version(self) -> bool {
        match self {
            Self::Saved | Self::Declared | Self::Sent | Self::SendFailed | Self::Rejected => true,
            Self::CustomsApproved
            | Self::Closed
            | Self::Locked
            | Self::Unlocked
            | Self::ManuallyClosed
            | Self::LeftPort => false,
        }
    }
}

impl core::fmt::Display for TripStatus {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

/// Who locked a trip (SG-199): only he, or customs, unlocks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockSource {
    /// A gate: a vehicle is in a lane or on site.
    Gate,
    /// 海关布控: a customs officer holds the trip.
    Customs,
}

/// Why a trip was closed otherwise than by its closing pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// 删单: customs approved a delete order (SG-180).
    DeleteOrder,
    /// The closing pass never arrived but the vehicle is gone (SG-251).
    PassMissing,
}
