//! 预约申请单: what is stored of an application, and what follows from it alone.
//! Promises: a declaration, cancellation or explanation that waits for customs is a fact of the record, not a status (AC-147).
//! Source: spec sections 4, 10 to 12.

use chrono::{Days, NaiveTime, TimeDelta};
use protocols::{contract::UtcMillis, ids::CustomsCode, rules::IeFlag};
use sea_orm::Value;
use serde::{Deserialize, Serialize};

use super::{
    goods::Goods,
    lead_time::Submission,
    lifecycle::{Action, LIFECYCLE, State},
};
use crate::{
    declaration::{
        lifecycle::Step,
        numbering,
        record::{Head, Record},
    },
    identity::enterprise::Enterprise,
};

/// The slot's length in hours (AC-048, AC-100).
pub const SLOT_HOURS: i64 = 2;
/// Days after the slot in which declaration numbers are fed back (AC-125).
const WINDOW_DAYS: u64 = 5;

/// 预约申请单 as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Appointment {
    /// 单证头; its number is the pre-entry number (AC-055).
    pub head: Head<State>,
    /// 预约通关申请单申请编号, made at approval (AC-056).
    pub application_no: Option<Box<str>>,
    /// 申报单位.
    pub declarant: Party,
    /// 收发货人.
    pub consignee: Party,
    /// What the declarant filled in.
    pub content: Content,
    /// 申请时间: the first save until submission, then the submission (AC-122).
    pub applied_at: UtcMillis,
    /// What counted at submission (AC-085).
    pub submission: Option<Submission>,
    /// 取消预约, while customs has not answered (AC-147).
    pub cancellation: Option<Cancellation>,
    /// 预约通关报关单号.
    pub feedback: Vec<Feedback>,
    /// 情况说明.
    pub explanation: Option<Explanation>,
}

/// 企业 as the register had it when the application was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// 海关十位编码.
    pub customs_reg_no: Box<str>,
    /// 统一社会信用代码.
    pub uscc: Option<Box<str>>,
    /// 检验检疫编码.
    pub ciq_no: Option<Box<str>>,
    /// 企业名称.
    pub name: Box<str>,
}

impl Party {
    /// The enterprise that has this customs code.
    #[must_use]
    pub fn of(enterprise: &Enterprise, customs_reg_no: &str) -> Self {
        Self {
            customs_reg_no: customs_reg_no.into(),
            uscc: enterprise.uscc.clone(),
            ciq_no: enterprise.ciq_no.clone(),
            name: enterprise.name.clone(),
        }
    }
}

/// The user's fields: each of its right form, none of them needed before submission (AC-052, AC-117).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// 联系人姓名.
    pub contact_name: Option<Box<str>>,
    /// 联系人手机.
    pub contact_mobile: Option<Box<str>>,
    /// 预约申报口岸.
    pub declaration_port: Option<Port>,
    /// 预约进出口岸.
    pub entry_exit_port: Option<Port>,
    /// 运输方式.
    pub transport_mode: Option<TransportMode>,
    /// 预约通关时间 (起始).
    pub slot_start: Option<UtcMillis>,
    /// 预约通关事由.
    pub reason: Option<Box<str>>,
    /// 进出口标识.
    pub ie_flag: Option<IeFlag>,
    /// 商品名称及 HS 编码.
    pub goods: Vec<Goods>,
}

/// 口岸 with the name that held when the application was saved (PO-339).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// 口岸编码.
    pub code: CustomsCode,
    /// 口岸名称.
    pub name: Box<str>,
}

/// 运输方式 of an application (AC-057).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransportMode {
    /// 水路运输.
    #[serde(rename = "2")]
    Water,
    /// 铁路运输.
    #[serde(rename = "3")]
    Rail,
    /// 公路运输.
    #[serde(rename = "4")]
    Road,
    /// 航空运输.
    #[serde(rename = "5")]
    Air,
    /// 邮件运输.
    #[serde(rename = "6")]
    Mail,
    /// 其他方式运输.
    #[serde(rename = "9")]
    Other,
}

impl TransportMode {
    /// Every mode.
    pub const ALL: &'static [Self] =
        &[Self::Water, Self::Rail, Self::Road, Self::Air, Self::Mail, Self::Other];

    /// The code of the customs table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Water => "2",
            Self::Rail => "3",
            Self::Road => "4",
            Self::Air => "5",
            Self::Mail => "6",
            Self::Other => "9",
        }
    }

    /// The mode of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.code() == code)
    }

    /// The name that lists show.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Water => "水路运输",
            Self::Rail => "铁路运输",
            Self::Road => "公路运输",
            Self::Air => "航空运输",
            Self::Mail => "邮件运输",
            Self::Other => "其他方式运输",
        }
    }
}

/// 取消预约 that waits for customs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// When it was sent.
    pub requested_at: UtcMillis,
    /// Why (AC-148).
    pub reason: Option<Box<str>>,
}

/// What customs said to a feedback or an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Accepted.
    Accepted,
    /// Refused.
    Refused,
    /// An explanation that became needless: customs accepted declaration numbers meanwhile.
    SetAside,
}

/// 预约通关报关单号: one declaration number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// 报关单号.
    pub declaration_no: Box<str>,
    /// When it was sent; none while it is only typed.
    pub sent_at: Option<UtcMillis>,
    /// What customs said.
    pub answer: Option<Answer>,
}

impl Feedback {
    /// Sent, and not answered.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.sent_at.is_some() && self.answer.is_none()
    }

    /// Sent and not refused: it counts, and may not be typed over.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.sent_at.is_some() && self.answer != Some(Answer::Refused)
    }
}

/// 情况说明.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The words.
    pub text: Option<Box<str>>,
    /// When it was sent; none while it is only typed.
    pub sent_at: Option<UtcMillis>,
    /// What customs said.
    pub answer: Option<Answer>,
}

impl Explanation {
    /// Sent, and not answered.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.sent_at.is_some() && self.answer.is_none()
    }
}

impl Appointment {
    /// 预约通关时间 (截止): two hours after the start.
    #[must_use]
    pub fn slot_end(&self) -> Option<UtcMillis> {
        self.content.slot_start.map(slot_end)
    }

    /// The first instant after the time for feedback: the end of the fifth calendar day after the date of the slot's end (AC-125).
    #[must_use]
    pub fn window_end(&self) -> Option<UtcMillis> {
        let day = numbering::wall_in_china(self.slot_end()?).date();
        let after = day.checked_add_days(Days::new(WINDOW_DAYS + 1))?;
        Some(numbering::instant_in_china(after.and_time(NaiveTime::MIN)))
    }

    /// The slot has begun.
    #[must_use]
    pub fn slot_began(&self, now: UtcMillis) -> bool {
        self.content.slot_start.is_some_and(|start| now >= start)
    }

    /// The time for feedback is over.
    #[must_use]
    pub fn window_ended(&self, now: UtcMillis) -> bool {
        self.window_end().is_some_and(|end| now >= end)
    }

    /// Numbers were sent that customs has not answered.
    #[must_use]
    pub fn feedback_waits(&self) -> bool {
        self.feedback.iter().any(Feedback::waits)
    }

    /// The explanation was sent and customs has not answered.
    #[must_use]
    pub fn explanation_waits(&self) -> bool {
        self.explanation.as_ref().is_some_and(Explanation::waits)
    }

    /// Something of the enterprise is with customs, for which nobody may be punished (AC-206).
    #[must_use]
    pub fn waits(&self) -> bool {
        self.cancellation.is_some() || self.feedback_waits() || self.explanation_waits()
    }
}

/// Two hours after this start.
#[must_use]
pub fn slot_end(start: UtcMillis) -> UtcMillis {
    UtcMillis::from_millis(start.as_millis() + TimeDelta::hours(SLOT_HOURS).num_milliseconds())
}

impl Record for Appointment {
    type Action = Action;
    type Status = State;

    const COLUMNS: &'static [&'static str] = &[
        "application_no",
        "declarant",
        "consignee",
        "declaration_port",
        "entry_exit_port",
        "applied_at",
        "slot_start",
        "window_end",
        "waiting",
    ];
    const LIFECYCLE: &'static [Step<State, Action>] = LIFECYCLE;
    const MANUAL: &'static str = "appointment";
    const TABLE: &'static str = "appointment";

    fn head(&self) -> &Head<State> {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head<State> {
        &mut self.head
    }

    fn columns(&self) -> Vec<Value> {
        let port = |port: &Option<Port>| port.as_ref().map(|port| port.code.to_string());
        // 0 stands for "not filled in yet": databases disagree about where they sort nothing.
        let instant = |at: Option<UtcMillis>| at.map_or(0, UtcMillis::as_millis);
        vec![
            self.application_no.as_deref().map(ToOwned::to_owned).into(),
            self.declarant.customs_reg_no.to_string().into(),
            self.consignee.customs_reg_no.to_string().into(),
            port(&self.content.declaration_port).into(),
            port(&self.content.entry_exit_port).into(),
            self.applied_at.as_millis().into(),
            instant(self.content.slot_start).into(),
            instant(self.window_end()).into(),
            i64::from(self.waits()).into(),
        ]
    }
}
