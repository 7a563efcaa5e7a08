//! Heads of answers with lists.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// 文件格式.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A workbook.
    #[default]
    Xlsx,
    /// CSV in UTF-8.
    Csv,
}

/// A list as an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The name of the file, without its ending; ASCII.
    pub name: String,
    /// As what.
    pub format: Asked,
    /// The list.
    pub bytes: Vec<u8>,
    /// 200, or 422 with faults.
    pub status: StatusCode,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (kind, ending) = match self.format {
            Asked::Xlsx => (XLSX, "xlsx"),
            Asked::Csv => ("text/csv; charset=utf-8", "csv"),
        };
        let mut response = (self.status, self.bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}.{ending}\"", self.name))
        {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

/// Whether the client would rather have its faults in the workbook than as a problem.
#[must_use]
pub fn wants_workbook(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains(XLSX))
}
