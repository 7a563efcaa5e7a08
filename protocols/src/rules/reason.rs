//! Verdicts, collection modes and reason codes, with what they say to people.
//! Promises: codes are stable strings; every code has a text in both languages.
//! Source: `design` section 3 (the list), spec SG-227, SG-265 (the manual's lane texts).

use serde::{Deserialize, Serialize};

/// 判定结果 of a lane (SG-227).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// 放行: the barrier may rise.
    #[serde(rename = "Y")]
    Pass,
    /// 报警: refused, the barrier stays down.
    #[serde(rename = "N")]
    Refuse,
    /// 待人工确认: a person decides.
    #[serde(rename = "M")]
    Person,
}

impl Verdict {
    /// The letter of the published gate interface.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Pass => "Y",
            Self::Refuse => "N",
            Self::Person => "M",
        }
    }
}

impl core::fmt::Display for Verdict {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.letter())
    }
}

/// 采集方式: how the readings came together (SG-227).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// 自动.
    #[default]
    #[serde(rename = "A")]
    Automatic,
    /// 人工: completed by hand at the lane.
    #[serde(rename = "M")]
    ByHand,
    /// 后台: entered in the back office.
    #[serde(rename = "B")]
    BackOffice,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+) => {
        /// 原因代码: why a lane said what it said. The strings are part of the contract and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ReasonCode { $($(#[$doc])* $variant,)+ }

        impl ReasonCode {
            /// Every reason code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable string.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }

            /// What driver and officer read, in Chinese.
            #[must_use]
            pub const fn message_zh(self) -> &'static str { match self { $(Self::$variant => $zh,)+ } }

            /// The same in English.
            #[must_use]
            pub const fn message_en(self) -> &'static str { match self { $(Self::$variant => $en,)+ } }
        }
    };
}

reasons! {
    /// Everything agrees.
    Ok = "ok", "放行", "pass";
    /// Nothing was read.
    NoRead = "no_read", "未读取到介质信息", "no medium was read";
    /// No usable record for what was read (SG-222).
    NoBinding = "no_binding", "未查询到有效绑定信息", "no valid binding found";
    /// Declared, not yet approved (SG-211).
    NotApproved = "not_approved", "绑定信息尚未经海关审核通过", "customs has not approved the binding";
    /// Withdrawn or deleted (SG-176, SG-217).
    Withdrawn = "withdrawn", "绑定信息已撤销", "the binding was withdrawn";
    /// Held by customs (SG-215).
    CustomsHold = "customs_hold", "海关布控，请联系关员", "customs hold, see the officer";
    /// In use by a vehicle (SG-214).
    Locked = "locked", "车次已锁定", "the trip is locked";
    /// The trip is over (SG-216, SG-217).
    AlreadyUsed = "already_used", "车次已办结", "the trip is closed";
    /// On the deny list.
    DenyListed = "deny_listed", "禁止通行，请联系关员", "not admitted, see the officer";
    /// Something that this lane must see was not seen.
    MissingRead = "missing_read", "采集信息不完整", "a required reading is missing";
    /// The plate seen is not the plate bound.
    MediaConflict = "media_conflict", "车牌与绑定介质不一致", "plate and bound medium differ";
    /// One character away from one candidate (SG-225).
    NearPlate = "near_plate", "车牌近似，请人工确认", "a plate one character away is bound";
    /// Several trips with different objects fit (SG-223).
    Ambiguous = "ambiguous", "匹配到多条绑定信息，请人工选择", "several different trips match";
    /// A container seen is not the one declared (SG-224).
    ContainerMismatch = "container_mismatch", "箱号不一致", "container numbers differ";
    /// A seal seen is not the one declared.
    SealMismatch = "seal_mismatch", "关锁号不一致", "seal numbers differ";
    /// A declared seal was not read (SG-226).
    SealMissing = "seal_missing", "关锁缺失", "a declared seal is missing";
    /// No weight.
    WeightMissing = "weight_missing", "未采集到重量", "no weight was taken";
    /// The scale never settled.
    WeightUnstable = "weight_unstable", "地磅数值未稳定", "the scale did not settle";
    /// Outside the tolerance (SG-230).
    WeightOutOfTolerance = "weight_out_of_tolerance", "重量超出允许误差", "weight outside tolerance";
    /// A slip of a record bound by another medium was read.
    SlipRead = "slip_read", "读取到车次单，请人工核对", "a trip slip was read, look it up";
    /// No recorded passage explains this exit (SG-213, SG-216).
    NoRecordedEntry = "no_recorded_entry", "无进场记录，请人工核对", "no recorded entry for this exit";
    /// The index is older than the yard allows (SG-209).
    IndexStale = "index_stale", "索引数据过旧，请人工确认", "the index is too old";
    /// The approval is older than the yard allows (SG-210).
    BindingTooOld = "binding_too_old", "绑定信息过旧，请人工确认", "the binding is too old";
    /// The same identity was elsewhere a moment ago.
    CloneSuspected = "clone_suspected", "疑似介质复制，请人工核对", "a copied medium is suspected";
    /// The vehicle left without passing.
    BackedOut = "backed_out", "车辆已倒车离开", "the vehicle backed out";
    /// No loop confirmed the passage.
    PassageUnconfirmed = "passage_unconfirmed", "未确认车辆通过", "the passage is not confirmed";
    /// The barrier's controller refused the command.
    BarrierRefused = "barrier_refused", "栏杆拒绝动作", "the barrier refused";
    /// The barrier did not answer or did not arrive in time.
    BarrierTimedOut = "barrier_timed_out", "栏杆动作超时", "the barrier timed out";
    /// The lane is out of service.
    LaneClosed = "lane_closed", "通道关闭", "the lane is closed";
    /// The journal cannot be written.
    JournalUnavailable = "journal_unavailable", "无法记录，停止自动放行", "records cannot be written";
    /// The cache cannot be read.
    IndexCorrupt = "index_corrupt", "索引数据损坏", "the index is corrupt";
    /// A second vehicle followed through.
    Tailgating = "tailgating", "疑似跟车", "a second vehicle followed";
    /// A device of the lane is out of order.
    DeviceFault = "device_fault", "设备故障", "device fault";
    /// A person opened the barrier.
    ManualRelease = "manual_release", "人工放行", "released by a person";
    /// A person sent the vehicle back.
    SentBack = "sent_back", "退回", "sent back";
    /// A person corrected a reading.
    ReadCorrected = "read_corrected", "人工更正读数", "reading corrected";
    /// The vehicle leaves without the cargo.
    EmptyExit = "empty_exit", "空车离场", "leaves empty";
}

impl ReasonCode {
    /// The reason of this code, if there is one.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }
}

impl core::fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}
