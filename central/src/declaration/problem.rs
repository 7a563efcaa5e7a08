//! The one form in which a request is turned away: `application/problem+json` with the message keys of the portal.
//! Promises: a refusal says what to correct; an inner error is logged here, once, and the caller sees only that there was one.
//! Source: spec PO-331, PO-332, PO-360..PO-389; `contract` section 6.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{fault::FieldError, lifecycle::ApplyError};
use crate::store::StoreError;

tokio::task_local! {
    /// The number of the request that is being answered.
    pub static REQUEST_ID: String;
}

/// Why a request was turned away.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    message_en: String,
    fields: Vec<FieldError>,
    retry_after_s: Option<u32>,
}

/// 错误应答 as it is sent (PO-331).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    r#type: &'static str,
    title: String,
    status: u16,
    /// A message key of PO-360..PO-390, or of the module.
    code: &'static str,
    /// 中文.
    message: String,
    message_en: String,
    fields: Vec<FieldError>,
    request_id: String,
}

impl Problem {
    /// A problem with its key and both texts.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: zh.into(),
            message_en: en.into(),
            fields: Vec::new(),
            retry_after_s: None,
        }
    }

    /// 422: rules are broken, all of them listed.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "PO_FIELD_FORMAT",
            "录入的数据有误，请根据要求重新录入",
            "the data breaks rules; correct the fields listed",
        );
        if let [first, others @ ..] = fields.as_slice()
            && others.iter().all(|other| other.code == first.code)
        {
            problem.code = first.code;
            // A key other than the general one has words of its own.
            if first.code != "PO_FIELD_FORMAT" && others.iter().all(|other| other.message == first.message) {
                problem.message.clone_from(&first.message);
                problem.message_en.clone_from(&first.message_en);
            }
        }
        problem.fields = fields;
        problem
    }

    /// 400: not even readable.
    #[must_use]
    pub fn malformed(en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PO_FIELD_FORMAT", "录入的数据有误，请根据要求重新录入", en)
    }

    /// A request that no handler saw, with the framework's status and words.
    #[must_use]
    pub fn refused_by_framework(status: StatusCode, en: &str) -> Self {
        Self::new(status, "PO_FIELD_FORMAT", "录入的数据有误，请根据要求重新录入", en)
    }

    /// 401: nobody known.
    #[must_use]
    pub fn unknown_caller() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "PO_LOGIN_FAILED",
            "用户名或密码错误",
            "log in with a valid token",
        )
    }

    /// 403: known, but may not.
    #[must_use]
    pub fn no_permission() -> Self {
        Self::new(StatusCode::FORBIDDEN, "PO_NO_PERMISSION", "您无权限操作该数据", "this is not yours to do")
    }

    /// 403 with a message of its own.
    #[must_use]
    pub fn forbidden(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, zh, en)
    }

    /// 404: does not exist, or not for this person.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PO_NOT_FOUND", "数据不存在", "there is no such thing")
    }

    /// 409: not in this status.
    #[must_use]
    pub fn status_conflict(en: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "PO_STATUS_CONFLICT", "当前状态不允许该操作", en)
    }

    /// 409: the record has moved on (SG-151).
    #[must_use]
    pub fn version_conflict(present: i64) -> Self {
        let en = format!("the record has moved on to version {present}; reload it");
        Self::new(StatusCode::CONFLICT, "PO_VERSION_CONFLICT", "数据已被更新，请刷新后重试", en)
    }

    /// 503: another system that must be asked does not answer; nothing is assumed about its answer (PO-338).
    #[must_use]
    pub fn upstream(en: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "PO_UPSTREAM_UNAVAILABLE",
            "系统暂时无法获取数据，请稍后再试",
            en,
        )
    }

    /// 503: come back later.
    #[must_use]
    pub fn busy(retry_after_s: u32) -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "PO_UPSTREAM_UNAVAILABLE",
            "系统暂时无法获取数据，请稍后再试",
            "too much at once; come back later",
        );
        problem.retry_after_s = Some(retry_after_s);
        problem
    }

    /// 429: asked too often; come back later.
    #[must_use]
    pub fn too_often(retry_after_s: u32) -> Self {
        let (zh, en) = ("操作过于频繁，请稍后再试", "asked too often; come back later");
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "PO_TOO_OFTEN", zh, en);
        problem.retry_after_s = Some(retry_after_s);
        problem
    }

    /// The member that the first fault names.
    #[cfg(test)]
    pub(crate) fn first_field(&self) -> Option<&str> {
        self.fields.first().map(|fault| &*fault.path)
    }

    /// The same with another HTTP status (PO-332).
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, with the requirement of a manual that is behind it.
    #[must_use]
    pub fn citing(mut self, rule: &'static str) -> Self {
        self.fields.push(FieldError {
            path: String::new(),
            code: self.code,
            rule,
            message: self.message.clone(),
            message_en: self.message_en.clone(),
            value: serde_json::Value::Null,
        });
        self
    }

    /// The same, with its faults under the numbers that a manual has for them.
    #[must_use]
    pub fn renamed(mut self, rule: impl Fn(&FieldError) -> &'static str) -> Self {
        for fault in &mut self.fields {
            fault.rule = rule(fault);
        }
        self
    }

    /// The same with a time after which to ask again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The message key.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// 409: an act on several rows, of which none was touched because of these (PO-216).
    #[must_use]
    pub fn rows(faults: Vec<FieldError>) -> Self {
        let mut problem = Self::status_conflict("some rows do not allow it, so nothing was done");
        if let [only] = faults.as_slice() {
            problem.code = only.code;
        }
        problem.fields = faults;
        problem
    }

    /// The same as the fault of one row of several.
    #[must_use]
    pub fn of_row(self, path: String, rule: &'static str, value: serde_json::Value) -> FieldError {
        FieldError { path, code: self.code, rule, message: self.message, message_en: self.message_en, value }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "store failed while answering");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "PO_UPSTREAM_UNAVAILABLE",
            "系统暂时无法获取数据，请稍后再试",
            "the service failed; nothing was changed",
        )
    }
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::OutOfPlace(refused) => Self::status_conflict(refused.to_string()),
            ApplyError::Overtaken(version) => Self::version_conflict(version + 1),
            ApplyError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after_s) = (self.status, self.retry_after_s);
        let body = ProblemBody {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("problem").to_owned(),
            status: status.as_u16(),
            code: self.code,
            message: self.message,
            message_en: self.message_en,
            fields: self.fields,
            request_id: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
        };
        let mut response = (status, Json(&body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
