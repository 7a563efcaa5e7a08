//! The statements among the files: AE-080..AE-083, AE-089.

use serde_json::json;

use super::Case;
use crate::{attendance::record::AttendanceMode, declaration::fault::FieldError};

/// 委托企业协助海关查验的声明 (AE-081).
pub(in crate::attendance) const ENTRUSTED: &str = "00000001";
/// 查验时不到场的声明 (AE-082).
pub(in crate::attendance) const NOT_ATTENDING: &str = "00000002";
/// 其他材料 (AE-083).
const OTHER: &str = "00000003";
/// 随附单据文件类别.
pub(in crate::attendance) const CATEGORIES: &[&str] = &[ENTRUSTED, NOT_ATTENDING, OTHER];

fn has(files: &[String], category: &str) -> bool {
    files.iter().any(|file| file == category)
}

/// AE-080..AE-082: 二选一必填.
pub(super) fn a_statement_is_there(case: &Case<'_>) -> Option<FieldError> {
    (!has(case.files, ENTRUSTED) && !has(case.files, NOT_ATTENDING)).then(|| {
        let zh = "00000001、00000002 二选一必填（必须上传pdf）";
        fault(
            "AE_STATEMENT_MISSING",
            "AE-081",
            zh,
            "upload a statement of category 00000001 or 00000002",
            case,
        )
    })
}

/// AE-089: entrusting someone and nobody attending exclude each other.
pub(super) fn only_one_statement_is_there(case: &Case<'_>) -> Option<FieldError> {
    (has(case.files, ENTRUSTED) && has(case.files, NOT_ATTENDING)).then(|| {
        let zh = "00000001、00000002 只能选择一项";
        fault("AE_STATEMENT_BOTH", "AE-089", zh, "a statement of 00000001 or of 00000002, not both", case)
    })
}

fn fault(code: &'static str, rule: &'static str, zh: &str, en: &str, case: &Case<'_>) -> FieldError {
    let mut fault = FieldError::format("attachments".into(), rule, zh, en, json!(case.files));
    fault.code = code;
    fault
}

/// AE-004: the way follows from the statement.
pub(in crate::attendance) fn mode(files: &[String]) -> Option<AttendanceMode> {
    match (has(files, ENTRUSTED), has(files, NOT_ATTENDING)) {
        (true, false) => Some(AttendanceMode::Entrusted),
        (false, true) => Some(AttendanceMode::Absent),
        (true, true) | (false, false) => None,
    }
}
