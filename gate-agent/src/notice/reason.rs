//! One text a reason code, shown and said while the barrier stays down.
//! Promises: no text here lets anybody drive; what customs knows of a vehicle is in none of them.

use protocols::rules::ReasonCode;

/// What a reason says to a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// As on a screen: `/` parts phrases, `|` pieces of four characters at most.
    pub(super) shown: &'static str,
    /// As spoken.
    pub(super) said: &'static str,
}

/// Several reasons look and sound like this, so that a driver cannot tell a customs hold from the others.
pub(super) const SEE_THE_OFFICER: Told = told("请停车/请到窗口|办理", "请停车，请到窗口办理");

const CHECKED_BY_HAND: &str = "请在原地等候，工作人员马上核对";

const fn told(shown: &'static str, said: &'static str) -> Told {
    Told { shown, said }
}

/// Whether the reason is of the lane itself or of a person's act, and not of what the last decision found.
pub(super) const fn is_of_the_lane(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::BarrierRefused
            | ReasonCode::BarrierTimedOut
            | ReasonCode::LaneClosed
            | ReasonCode::JournalUnavailable
            | ReasonCode::IndexCorrupt
            | ReasonCode::DeviceFault
            | ReasonCode::Tailgating
            | ReasonCode::SentBack
            | ReasonCode::BackedOut
    )
}

pub(super) const fn told_of(reason: ReasonCode) -> Told {
    match reason {
        ReasonCode::CustomsHold
        | ReasonCode::DenyListed
        | ReasonCode::CloneSuspected
        | ReasonCode::Locked
        | ReasonCode::NoRecordedEntry
        | ReasonCode::BindingTooOld => SEE_THE_OFFICER,
        ReasonCode::NoRead => told("没有读到/请出示|标签、卡|或条码", "没有读到，请出示电子车牌、卡或条码"),
        ReasonCode::NoBinding => told("未查到|绑定信息/请联系|申报企业", "未查到绑定信息，请联系申报企业"),
        ReasonCode::NotApproved => {
            told("海关尚未|审核通过/请联系|申报企业", "海关尚未审核通过，请联系申报企业")
        }
        ReasonCode::Withdrawn => told("绑定信息|已撤销/请联系|申报企业", "绑定信息已撤销，请联系申报企业"),
        ReasonCode::AlreadyUsed => told("车次|已办结/请联系|申报企业", "车次已办结，请联系申报企业"),
        ReasonCode::MissingRead => told("读取不全/请等候|人工核对", CHECKED_BY_HAND),
        ReasonCode::MediaConflict => told("车牌不符/请等候|人工核对", CHECKED_BY_HAND),
        ReasonCode::NearPlate => told("车牌待核/请等候|人工核对", CHECKED_BY_HAND),
        ReasonCode::Ambiguous => told("多条绑定/请等候|人工选择", CHECKED_BY_HAND),
        ReasonCode::ContainerMismatch => {
            told("箱号不符/请等候|人工核对", "箱号不符，请在原地等候，工作人员马上核对")
        }
        ReasonCode::SealMismatch => told("关锁不符/请等候|人工核对", CHECKED_BY_HAND),
        ReasonCode::SealMissing => told("未读到|关锁/请等候|人工核对", CHECKED_BY_HAND),
        ReasonCode::WeightOutOfTolerance => {
            told("重量不符/请等候|人工核对", "重量不符，请在原地等候，工作人员马上核对")
        }
        ReasonCode::WeightMissing => told("没有重量/请全车|停在磅上", "没有称到重量，请将车辆完全停在地磅上"),
        ReasonCode::WeightUnstable => told("磅数不稳/请停稳|车辆", "地磅数值未稳定，请停稳车辆"),
        ReasonCode::SlipRead => told("读到单据/请出示|登记的卡|或标签", "请出示申报时登记的卡或电子车牌"),
        ReasonCode::IndexStale
        | ReasonCode::IndexCorrupt
        | ReasonCode::JournalUnavailable
        | ReasonCode::DeviceFault => told("设备故障/请等候|人工办理", "设备故障，请在原地等候"),
        ReasonCode::BarrierRefused | ReasonCode::BarrierTimedOut => {
            told("栏杆故障/请勿前行/请等候", "栏杆故障，请勿前行，请在原地等候")
        }
        ReasonCode::LaneClosed => told("通道关闭/请走|其他通道", "通道关闭，请走其他通道"),
        ReasonCode::Tailgating => told("请停车/请勿跟车/请等候", "请停车，请在原地等候"),
        ReasonCode::SentBack => told("请倒车|离开通道/注意后方", "请确认后方安全，倒车离开通道"),
        ReasonCode::BackedOut => told("车辆已|倒离", "车辆已倒车离开"),
        ReasonCode::Ok
        | ReasonCode::ManualRelease
        | ReasonCode::EmptyExit
        | ReasonCode::ReadCorrected
        | ReasonCode::PassageUnconfirmed => told("请等候|人工核对", CHECKED_BY_HAND),
    }
}
