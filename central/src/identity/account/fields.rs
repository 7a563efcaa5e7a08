//! 账号信息: what is typed of an account, judged in one way wherever it is typed.

use serde_json::Value;

use crate::declaration::{fault::FieldError, formats};

/// Characters of a value that a fault shows.
const SHOWN: usize = 120;

fn shown(text: &str) -> Value {
    text.chars().take(SHOWN).collect::<String>().into()
}

/// 用户名 (PO-024).
pub(super) fn username(text: &str) -> Option<FieldError> {
    let (zh, en) = ("用户名为4至32位字母、数字、下划线，以字母开头", "4 to 32 letters, digits, underscores");
    (!formats::is_username(text))
        .then(|| FieldError::format("username".into(), "PO-024", zh, en, shown(text)))
}

/// 手机; `rule` is the requirement where it is asked for.
pub(super) fn mobile(text: &str, rule: &'static str) -> Option<FieldError> {
    let (zh, en) = ("手机号码格式有误", "a mainland mobile number");
    (!formats::is_mobile(text)).then(|| FieldError::format("mobile".into(), rule, zh, en, shown(text)))
}

/// 电子邮件 (PO-304).
pub(super) fn email(text: &str) -> Option<FieldError> {
    let (zh, en) = ("电子邮件格式有误", "an e-mail address");
    (!formats::is_email(text)).then(|| FieldError::format("email".into(), "PO-304", zh, en, shown(text)))
}

/// 姓名 (PO-032).
pub(super) fn person_name(text: &str) -> Option<FieldError> {
    let (zh, en) = ("姓名为2至50个字符", "2 to 50 characters");
    (!(2..=50).contains(&text.chars().count()))
        .then(|| FieldError::format("person_name".into(), "PO-032", zh, en, shown(text)))
}
