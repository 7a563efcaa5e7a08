//! 申请单: a stored application.
//! Source: spec AE-004, AE-030..AE-040, AE-050..AE-059, AE-161, AE-163, AE-167, AE-195.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lifecycle::{Action, LIFECYCLE, State};
use crate::declaration::{
    lifecycle::Step,
    record::{Head, Record as Stored},
};

/// 单据类型 (AE-120).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocType {
    /// 报关单.
    Declaration,
    /// 非报关单.
    NonDeclaration,
}

impl DocType {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Declaration, Self::NonDeclaration];

    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::NonDeclaration => "non_declaration",
        }
    }

    /// 中文名称.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Declaration => "免于到场协助查验申请（报关单）",
            Self::NonDeclaration => "免于到场协助查验申请（非报关单）",
        }
    }

    /// The kind of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The member that has the number (AE-037, AE-056).
    #[must_use]
    pub const fn number_field(self) -> &'static str {
        match self {
            Self::Declaration => "declaration_no",
            Self::NonDeclaration => "bill_no",
        }
    }

    /// Numbers as they are compared: those of bills in upper case (AE-056).
    #[must_use]
    pub fn compared(self, number: &str) -> String {
        match self {
            Self::Declaration => number.to_owned(),
            Self::NonDeclaration => number.to_ascii_uppercase(),
        }
    }
}

/// 到场方式: who attends in the applicant's place (AE-004).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttendanceMode {
    /// 委托到场: somebody else is entrusted.
    Entrusted,
    /// 不到场: nobody attends.
    Absent,
}

/// 申请内容: what a person entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// 单据类型.
    pub doc_type: DocType,
    /// 报关单号 or 提运单号.
    pub number: Box<str>,
    /// 车牌号, of bills only.
    pub vehicle_plate_no: Option<Box<str>>,
    /// 联系人.
    pub contact_name: Option<Box<str>>,
    /// 联系电话.
    pub contact_phone: Option<Box<str>>,
}

impl Form {
    /// Its members under the names of the manual: what is shown, and what is signed (PO-098).
    #[must_use]
    pub fn members(&self) -> serde_json::Value {
        let members = json!({
            "doc_type": self.doc_type, "contact_name": self.contact_name, "contact_phone": self.contact_phone,
        });
        let members = with(members, self.doc_type.number_field(), json!(self.number));
        match self.doc_type {
            DocType::Declaration => members,
            DocType::NonDeclaration => with(members, "vehicle_plate_no", json!(self.vehicle_plate_no)),
        }
    }
}

/// The object with one more member.
pub(super) fn with(mut object: serde_json::Value, name: &str, value: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(members) = &mut object {
        members.insert(name.to_owned(), value);
    }
    object
}

/// 报文: the application on its way to customs (AE-185..AE-190, AE-195).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number; a new one with each application, the same whenever it is sent again.
    pub no: Box<str>,
    /// How many applications of this record there were.
    pub serial: u32,
    /// How often it could not be handed over.
    pub failures: u32,
    /// When it is to be handed over, or handed over again; none once customs' system has answered.
    pub due_at: Option<UtcMillis>,
}

impl Message {
    /// The message of the next application of this record (AE-190).
    #[must_use]
    pub fn next(record: &Record, now: UtcMillis) -> Self {
        let serial = record.message.as_ref().map_or(0, |message| message.serial) + 1;
        Self { no: format!("{}-{serial}", record.number()).into(), serial, failures: 0, due_at: Some(now) }
    }
}

/// 审批结果 (AE-161, AE-163).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// 海关审核编号.
    pub review_no: Box<str>,
    /// 审批意见.
    pub opinion: Option<Box<str>>,
    /// Who.
    pub officer: Box<str>,
    /// When.
    pub at: UtcMillis,
}

/// 查验指令标记 on its way to customs' system (AE-161).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its number.
    pub no: Box<str>,
    /// How often it could not be handed over.
    pub failures: u32,
    /// When it is to be handed over; none once it was.
    pub due_at: Option<UtcMillis>,
}

impl Mark {
    /// That of an application to which customs has just agreed.
    #[must_use]
    pub fn of(number: &str, due_at: Option<UtcMillis>) -> Self {
        Self { no: format!("{number}-M").into(), failures: 0, due_at }
    }
}

/// 签字人: who signed the inspection record in the applicant's place (AE-167).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signatory {
    /// 监管场所经营人.
    SiteOperator,
    /// 运输工具负责人.
    ConveyanceMaster,
}

/// 查验结果: the inspection is finished (AE-167).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The day, `YYYY-MM-DD`.
    pub finished_on: Box<str>,
    /// Who signed.
    pub signed_by: Signatory,
}

/// 申请单.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// 单证头; its number is the 数据中心统一编号.
    pub head: Head<State>,
    /// 申请单位代码.
    pub applicant_customs_code: Box<str>,
    /// 申请单位.
    pub applicant_name: Box<str>,
    /// 查验地海关.
    pub inspection_customs_code: CustomsCode,
    /// What was entered.
    pub form: Form,
    /// 申请时间: the legal moment (AE-040).
    pub submitted_at: Option<UtcMillis>,
    /// 到场方式, from the statement of the application.
    pub attendance_mode: Option<AttendanceMode>,
    /// The application on its way.
    pub message: Option<Message>,
    /// What customs decided.
    pub decision: Option<Decision>,
    /// The mark on its way to customs' inspection instruction.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// What came of the inspection.
    pub inspection: Option<Inspection>,
}

impl Record {
    /// The record's number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.head.number
    }

    /// 申请日期: the day of the first save (AE-033, AE-040).
    #[must_use]
    pub fn application_date(&self) -> String {
        crate::declaration::numbering::date_in_china(self.head.entered_at)
    }
}

impl Stored for Record {
    type Status = State;
    type Action = Action;
    const MANUAL: &'static str = "attendance";
    const TABLE: &'static str = "attendance_record";
    const COLUMNS: &'static [&'static str] = &[
        "doc_type",
        "subject_no",
        "applicant",
        "applicant_name",
        "inspection_customs_code",
        "submitted_at",
        "decided_at",
        "message_due",
    ];
    const LIFECYCLE: &'static [Step<State, Action>] = LIFECYCLE;

    fn head(&self) -> &Head<State> {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head<State> {
        &mut self.head
    }

    fn columns(&self) -> Vec<Value> {
        let kind = self.form.doc_type;
        // A mark follows the last answer to the message, so that one of the two is due at a time.
        let message = self.message.as_ref().and_then(|message| message.due_at);
        let due = message.or_else(|| self.mark.as_ref().and_then(|mark| mark.due_at));
        let decided = self.decision.as_ref().map(|decision| decision.at);
        vec![
            kind.code().into(),
            kind.compared(&self.form.number).into(),
            self.applicant_customs_code.to_string().into(),
            self.applicant_name.to_string().into(),
            self.inspection_customs_code.as_str().into(),
            self.submitted_at.map(UtcMillis::as_millis).into(),
            decided.map(UtcMillis::as_millis).into(),
            due.map(UtcMillis::as_millis).into(),
        ]
    }
}
