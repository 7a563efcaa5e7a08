//! What an officer may answer: AE-161..AE-163.

use serde_json::Value;

use super::Known;
use crate::{
    attendance::record::{DocType, Form},
    declaration::fault::FieldError,
};

/// Characters of an opinion (AE-163).
const LONGEST: usize = 500;

/// What an officer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attendance) enum Answer {
    /// 同意.
    Agree,
    /// 不同意.
    Disagree,
}

/// All that the rules look at.
#[derive(Clone, Debug)]
pub(in crate::attendance) struct Verdict<'a> {
    pub(in crate::attendance) answer: Answer,
    pub(in crate::attendance) form: &'a Form,
    /// 审批意见, trimmed; none when blank.
    pub(in crate::attendance) opinion: Option<&'a str>,
    /// What customs says of the number now.
    pub(in crate::attendance) known: &'a Known,
}

type Rule = fn(&Verdict<'_>) -> Option<FieldError>;

/// Every rule with its requirement.
#[rustfmt::skip]
pub(in crate::attendance) const RULES: &[(&str, Rule)] = &[
    ("AE-162", nothing_is_released),
    ("AE-162", inspection_has_not_begun),
    ("AE-163", disagreeing_has_an_opinion),
    ("AE-163", opinion_is_short_enough),
];

/// Every fault of the answer.
pub(in crate::attendance) fn judge(verdict: &Verdict<'_>) -> Vec<FieldError> {
    RULES.iter().filter_map(|(_, broken)| broken(verdict)).collect()
}

#[cfg(test)]
pub(in crate::attendance) fn judge_without(place: usize, verdict: &Verdict<'_>) -> Vec<FieldError> {
    let others = RULES.iter().enumerate().filter(|(other, _)| *other != place);
    others.filter_map(|(_, (_, broken))| broken(verdict)).collect()
}

/// AE-162: not agreed to while the goods are released already.
fn nothing_is_released(verdict: &Verdict<'_>) -> Option<FieldError> {
    let Known::Facts(facts) = verdict.known else { return None };
    (verdict.answer == Answer::Agree && facts.released).then(|| {
        let (zh, en) = match verdict.form.doc_type {
            DocType::Declaration => ("报关单必须属于未放行的状态", "the declaration is released already"),
            DocType::NonDeclaration => ("提运单货物已放行", "the goods of the bill are released already"),
        };
        about_number(verdict, "AE_DECLARATION_RELEASED", zh, en)
    })
}

/// AE-162: nor once the inspection has begun.
fn inspection_has_not_begun(verdict: &Verdict<'_>) -> Option<FieldError> {
    let Known::Facts(facts) = verdict.known else { return None };
    (verdict.answer == Answer::Agree && facts.begun).then(|| {
        about_number(
            verdict,
            "AE_NOT_READY",
            "暂不满足条件：查验已经开始",
            "the inspection has begun already",
        )
    })
}

/// AE-163: 不同意 says why.
fn disagreeing_has_an_opinion(verdict: &Verdict<'_>) -> Option<FieldError> {
    (verdict.answer == Answer::Disagree && verdict.opinion.is_none()).then(|| {
        let mut fault = FieldError::required("opinion".into(), "AE-163");
        fault.code = "AE_OPINION_REQUIRED";
        fault.message = "请填写审批意见".into();
        fault.message_en = "say why".into();
        fault
    })
}

/// AE-163: at most 500 characters, whatever is answered.
fn opinion_is_short_enough(verdict: &Verdict<'_>) -> Option<FieldError> {
    let bad = |text: &&str| {
        text.chars().count() > LONGEST
            || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    };
    let opinion = verdict.opinion.filter(bad)?;
    let value: String = opinion.chars().take(LONGEST).collect();
    let (zh, en) = ("审批意见为1至500个字符", "1 to 500 characters");
    Some(FieldError::format("opinion".into(), "AE-163", zh, en, Value::String(value)))
}

fn about_number(verdict: &Verdict<'_>, code: &'static str, zh: &str, en: &str) -> FieldError {
    let path = verdict.form.doc_type.number_field().to_owned();
    let mut fault = FieldError::format(path, "AE-162", zh, en, verdict.form.number.to_string().into());
    fault.code = code;
    fault
}
