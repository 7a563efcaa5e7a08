//! Stored records in the form of section 15, from another system or an archive, checked like declarations and beyond.
//! Promises: what a client cannot send is checked here: both numbers, the organisation code, the operator (SG-040, SG-070, SG-071).
//! Absent on purpose: writing; and the past of the record: a lock or a passage is not in this form.

use protocols::{
    ids::{CardNo, TripNo, UnifiedNo, Uscc},
    rules::TripStatus,
};
use serde_json::{Map, Value};

use super::{
    areas::CustomsAreas,
    draft::{Checked, Draft},
    form::Form,
};
use crate::declaration::fault::FieldError;

/// A record of that form, checked.
#[derive(Clone, Debug)]
pub struct Imported {
    /// 数据中心统一编号.
    pub unified_no: UnifiedNo,
    /// 车次确认编号.
    pub trip_no: TripNo,
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 操作人员.
    pub operator: CardNo,
    /// 单证状态.
    pub status: TripStatus,
    /// The content, and what is odd about it.
    pub checked: Checked,
}

/// Checks a stored record.
///
/// # Errors
/// All faults.
pub fn check(record: &Value, areas: &CustomsAreas) -> Result<Imported, Vec<FieldError>> {
    let draft = Draft::parse(record.clone())?;
    let empty = Map::new();
    let members = record.as_object().unwrap_or(&empty);
    let mut faults = Vec::new();
    let mut form = Form::new(members, String::new(), &mut faults);
    let unified_no = number(&mut form, "unified_no", "SG-070", UnifiedNo::parse);
    let trip_no = number(&mut form, "trip_no", "SG-071", TripNo::parse);
    let uscc = number(&mut form, "uscc", "SG-039", Uscc::parse);
    let operator = number(&mut form, "operator", "SG-041", CardNo::parse);
    let status = form.code("status", Some("SG-037"), "SG-152", |code| TripStatus::parse(code).ok_or(()));
    let org_code = form.text("org_code", "SG-040");
    if let Some(uscc) = uscc.filter(|uscc| org_code.as_deref() != Some(uscc.org_code())) {
        let en = format!("must be {}, characters 9 to 17 of the credit code", uscc.org_code());
        form.refuse("org_code", "SG-040", "与统一社会信用代码不一致", en);
    }
    let checked = draft.check(areas, Some(record));
    match (unified_no, trip_no, uscc, operator, status, checked) {
        (Some(unified_no), Some(trip_no), Some(uscc), Some(operator), Some(status), Ok(checked))
            if faults.is_empty() =>
        {
            Ok(Imported { unified_no, trip_no, uscc, operator, status, checked })
        }
        (_, _, _, _, _, checked) => {
            faults.extend(checked.err().into_iter().flatten());
            Err(faults)
        }
    }
}

fn number<T, E: std::fmt::Display>(
    form: &mut Form<'_>,
    name: &str,
    rule: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let Some(text) = form.text(name, rule) else {
        form.missing(name, rule);
        return None;
    };
    match parse(&text) {
        Ok(number) => Some(number),
        Err(error) => {
            form.refuse(name, rule, "编号格式错误", error.to_string());
            None
        }
    }
}
