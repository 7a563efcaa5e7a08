//! What a person typed: sections 3 and 4.

use serde_json::Value;

use super::Case;
use crate::declaration::{fault::FieldError, formats};

/// Characters of a contact (AE-038).
const LONGEST_CONTACT: usize = 50;
/// Characters of a plate (AE-058).
const LONGEST_PLATE: usize = 20;
/// Characters of a value that a fault shows.
const SHOWN: usize = 200;

/// AE-037: 报关单号 is required, also for saving (AE-101).
pub(super) fn declaration_no_is_given(case: &Case<'_>) -> Option<FieldError> {
    case.number.is_none().then(|| FieldError::required("declaration_no".into(), "AE-037"))
}

/// AE-037, PO-308.
pub(super) fn declaration_no_has_its_form(case: &Case<'_>) -> Option<FieldError> {
    let number = case.number.filter(|number| !formats::is_declaration_no(number))?;
    let zh = "报关单号为18位数字，第9位为0或1";
    Some(wrong("declaration_no", "AE-037", zh, "18 digits, the ninth 0 or 1", number))
}

/// AE-056: 提运单号 is required, also for saving (AE-101).
pub(super) fn bill_no_is_given(case: &Case<'_>) -> Option<FieldError> {
    case.number.is_none().then(|| FieldError::required("bill_no".into(), "AE-056"))
}

/// AE-056.
pub(super) fn bill_no_has_its_form(case: &Case<'_>) -> Option<FieldError> {
    let number = case.number.filter(|number| !formats::is_bill_no(number))?;
    let (zh, en) = ("提运单号为1至35位字母、数字或*/_.-", "1 to 35 letters, digits or any of */_.-");
    Some(wrong("bill_no", "AE-056", zh, en, number))
}

/// AE-058: at most 20 characters, no blanks or control characters.
pub(super) fn plate_has_its_form(case: &Case<'_>) -> Option<FieldError> {
    let bad = |plate: &&str| {
        plate.chars().count() > LONGEST_PLATE || plate.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    let plate = case.vehicle_plate_no.filter(bad)?;
    let (zh, en) = ("车牌号最多20个字符，不含空格", "at most 20 characters without blanks");
    Some(wrong("vehicle_plate_no", "AE-058", zh, en, plate))
}

/// AE-038: 联系人 is required for applying.
pub(super) fn contact_is_given(case: &Case<'_>) -> Option<FieldError> {
    case.contact_name.is_none().then(|| FieldError::required("contact_name".into(), "AE-038"))
}

/// AE-038: 1 to 50 characters.
pub(super) fn contact_has_its_form(case: &Case<'_>) -> Option<FieldError> {
    let bad = |name: &&str| name.chars().count() > LONGEST_CONTACT || name.chars().any(char::is_control);
    let name = case.contact_name.filter(bad)?;
    Some(wrong("contact_name", "AE-038", "联系人为1至50个字符", "1 to 50 characters", name))
}

/// AE-039: 联系电话 is required for applying.
pub(super) fn phone_is_given(case: &Case<'_>) -> Option<FieldError> {
    case.contact_phone.is_none().then(|| FieldError::required("contact_phone".into(), "AE-039"))
}

/// AE-039, PO-316.
pub(super) fn phone_has_its_form(case: &Case<'_>) -> Option<FieldError> {
    let phone = case.contact_phone.filter(|phone| !formats::is_phone(phone))?;
    let (zh, en) = ("联系电话格式有误", "a mobile, landline or international number");
    Some(wrong("contact_phone", "AE-039", zh, en, phone))
}

fn wrong(path: &str, rule: &'static str, zh: &str, en: &str, value: &str) -> FieldError {
    let value: String = value.chars().take(SHOWN).collect();
    FieldError::format(path.into(), rule, zh, en, Value::String(value))
}
