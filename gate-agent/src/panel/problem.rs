//! The one form in which the panel turns a request away: `application/problem+json`, with a code, both languages, and the wrong members.
//! Promises: an inner error is logged here, once, and the caller sees only that there was one; no member's value is repeated, since one
//! of them is a PIN.
//! Source: spec PO-331, PO-332; `contract` section 6.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::{debug, error};

use super::words::Words;
use crate::{lane::Refusal, person::Denied, release_code::NoCode};

/// 拒绝: why a request was turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) words: Words,
    pub(super) fields: Vec<Field>,
    pub(super) retry_after: Option<Duration>,
}

/// One member that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Field {
    path: &'static str,
    code: &'static str,
    message: String,
    message_en: String,
}

impl Field {
    pub(super) fn new(path: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { path, code: "wrong_member", message: zh.into(), message_en: en.into() }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    message: &'a str,
    message_en: &'a str,
    fields: &'a [Field],
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    request_id: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, zh: &str, en: &str) -> Self {
        Self { status, code, words: Words::new(zh, en), fields: Vec::new(), retry_after: None }
    }

    /// 400: not even readable. Where it is wrong, never what stands there.
    pub(super) fn malformed(place: Option<(usize, usize)>) -> Self {
        let mut problem = Self::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "请求格式错误",
            "the request is not the JSON that is asked for",
        );
        if let Some((line, column)) = place {
            problem.words.en = format!("{}: line {line}, column {column}", problem.words.en);
        }
        problem
    }

    /// 422: readable, and some members are wrong.
    pub(super) fn members(fields: Vec<Field>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong_members",
            "录入的数据有误，请更正标出的项目",
            "correct the members listed",
        );
        problem.fields = fields;
        problem
    }

    /// 404.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有该数据", "there is no such thing")
    }

    /// 401: reading needs a log-in here.
    pub(super) fn not_logged_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_logged_in", "请先登录", "log in first")
    }

    /// 503, with the cause in the log only.
    pub(super) fn unreadable(
        what: &'static str,
        zh: &str,
        cause: &(dyn std::error::Error + 'static),
    ) -> Self {
        error!(error = cause, "the panel cannot read {what}");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unreadable",
            &format!("暂时无法读取{zh}"),
            &format!("the {what} cannot be read now"),
        )
    }

    /// 503: too many at once.
    pub(super) fn busy() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "操作过多，请稍后再试",
            "too much at once; try again in a moment",
        );
        problem.retry_after = Some(Duration::from_secs(2));
        problem
    }

    /// Points at the member that a refusal is about.
    pub(super) fn about(mut self, path: &'static str) -> Self {
        let Words { zh, en } = self.words.clone();
        self.fields = vec![Field { path, code: self.code, message: zh, message_en: en }];
        self
    }

    fn waiting(mut self, wait: Duration) -> Self {
        let seconds = whole_seconds(wait);
        self.words.zh = format!("{}，请在 {seconds} 秒后再试", self.words.zh);
        self.words.en = format!("{}; try again in {seconds} s", self.words.en);
        self.retry_after = Some(wait);
        self
    }
}

/// Rounded up: who waits so long may try.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NobodyKnown => Self::new(
                StatusCode::FORBIDDEN,
                "no_persons",
                "本卡口未配置操作人员，请联系管理员",
                "nobody is configured at this gate; ask its administrator",
            ),
            Denied::Wrong { wait } => {
                let wrong =
                    Self::new(StatusCode::FORBIDDEN, "wrong_pin", "人员或口令错误", "wrong person or PIN");
                wait.into_iter().fold(wrong, Self::waiting)
            }
            Denied::Locked { wait } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "locked_out",
                "口令或放行码多次错误，已暂时锁定",
                "locked after too many wrong PINs or codes",
            )
            .waiting(wait),
            Denied::NoCode { why, wait } => wait.into_iter().fold(why.into(), Self::waiting),
            Denied::Busy => Self::busy(),
        }
    }
}

impl From<NoCode> for Problem {
    fn from(why: NoCode) -> Self {
        let (status, zh, en) = match why {
            NoCode::Wrong => (StatusCode::FORBIDDEN, "放行码错误", "wrong release code"),
            NoCode::Used => return Refusal::CodeUsed.into(),
            NoCode::Expired => {
                (StatusCode::FORBIDDEN, "放行码不在有效期内", "this release code is not good at this time")
            }
            NoCode::Revoked => (StatusCode::FORBIDDEN, "放行码已作废", "this release code was revoked"),
            NoCode::Own => return Refusal::NeedsSecond.into(),
            NoCode::Void => (
                StatusCode::FORBIDDEN,
                "放行码失效：签发人、其口令、卡口或日志已变更，或记录被改动",
                "this release code is void: its issuer, his PIN, the gate or its journal is another now, or its line was changed",
            ),
            NoCode::Unreadable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "放行码文件或应急日志无法读取，请由第二人到场确认",
                "the file of release codes or the emergency log cannot be read; a second person must come",
            ),
            NoCode::NoJournal => (
                StatusCode::SERVICE_UNAVAILABLE,
                "事件日志未能打开，无法核对放行码，请由第二人到场确认",
                "the journal could not be opened, so no code can be checked; a second person must come",
            ),
        };
        Self::new(status, why.code(), zh, en)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, zh, en) = match refusal {
            Refusal::NotAllowed => (
                StatusCode::FORBIDDEN,
                "该角色在本场所无权执行此操作",
                "this role may not do that at this yard",
            ),
            Refusal::NeedsSecond => (
                StatusCode::FORBIDDEN,
                "本通道人工放行需要另一人共同确认",
                "this lane asks for a second, different person",
            ),
            Refusal::NoVehicle => (StatusCode::CONFLICT, "通道内没有车辆", "no vehicle stands in the lane"),
            Refusal::Moving => {
                (StatusCode::CONFLICT, "栏杆正在动作或即将动作", "the barrier is moving, or is about to")
            }
            Refusal::UnknownTrip => (
                StatusCode::CONFLICT,
                "该车次不属于通道内的车辆",
                "that trip is not among those of the vehicle in the lane",
            ),
            Refusal::OutOfPlace => (
                StatusCode::CONFLICT,
                "该操作在此通道或此时不适用",
                "that has no meaning in this lane or at this moment",
            ),
            Refusal::Expired => {
                (StatusCode::CONFLICT, "时限已过，操作未执行", "the time box is over; nothing was done")
            }
            Refusal::CodeUsed => (StatusCode::CONFLICT, "放行码已使用", "this release code has been used"),
            Refusal::NotRecorded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "无法记录，操作未执行",
                "it could not be recorded, so nothing was done",
            ),
        };
        Self::new(status, refusal.code(), zh, en)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let request_id = uuid::Uuid::new_v4().to_string();
        debug!(request.id = request_id, http.status = self.status.as_u16(), "turned away: {}", self.code);
        let retry_after_s = self.retry_after.map(whole_seconds);
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("problem"),
            status: self.status.as_u16(),
            code: self.code,
            message: &self.words.zh,
            message_en: &self.words.en,
            fields: &self.fields,
            retry_after_s,
            request_id,
        };
        let mut response = (self.status, Json(&body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
