//! 填报错误: one fault of one field, with everything a person or a program needs to correct it.
//! Source: spec PO-331, PO-372..PO-374; SG-262.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// The member, such as `medium_key` or `lines[0].object_id`.
    pub path: String,
    /// The message key, such as `PO_FIELD_REQUIRED`.
    pub code: &'static str,
    /// The violated requirement.
    pub rule: &'static str,
    /// What is wrong, in Chinese.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// What was sent.
    pub value: Value,
}

impl FieldError {
    /// 该字段为必填项.
    #[must_use]
    pub fn required(path: String, rule: &'static str) -> Self {
        Self {
            path,
            code: "PO_FIELD_REQUIRED",
            rule,
            message: "该字段为必填项".into(),
            message_en: "this field is required".into(),
            value: Value::Null,
        }
    }

    /// 参数不存在: a code that its table does not have.
    #[must_use]
    pub fn unknown_code(path: String, rule: &'static str, value: Value) -> Self {
        Self {
            path,
            code: "PO_CODE_UNKNOWN",
            rule,
            message: "参数不存在".into(),
            message_en: "the code table has no such code".into(),
            value,
        }
    }

    /// 录入的数据有误, with the rule's own words.
    #[must_use]
    pub fn format(
        path: String,
        rule: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
        value: Value,
    ) -> Self {
        Self { path, code: "PO_FIELD_FORMAT", rule, message: zh.into(), message_en: en.into(), value }
    }
}
