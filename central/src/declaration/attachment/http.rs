//! How a file comes and goes over HTTP: the body of a request is the file itself, its name and category stand in the query.
//! Promises: the body is bounded before it is read; a file that is sent back cannot act in the page that asked for it.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Query, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};

use super::{Attachment, MOST_BYTES, Upload};
use crate::declaration::{problem::Problem, query};

/// Room for a file that is just too long, so that it is our rule that it meets; what is longer still is cut off unread.
const MOST_BODY: usize = MOST_BYTES + 64 * 1024;

/// What stands in the query of an upload.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileName {
    /// 文件名: ends in .pdf, at most 100 characters, no path.
    #[param(example = "statement.pdf")]
    file_name: Option<String>,
    /// 类别, where the manual has categories.
    category: Option<String>,
}

/// The body of an upload, for the API's document.
#[derive(Clone, Copy, Debug)]
pub struct PdfFile;

impl utoipa::PartialSchema for PdfFile {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

impl utoipa::ToSchema for PdfFile {}

/// A file as it came. The route needs [`body_limit`] and the parameters of [`FileName`].
#[derive(Clone, Debug)]
pub struct Sent(pub Upload);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let named = Query::<FileName>::try_from_uri(request.uri());
        let named = query::read(named)?;
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "PO_FILE_TOO_LARGE",
                    "单个文件大小不能超过4M",
                    "a file has at most 4194304 bytes",
                ),
                _ => Problem::malformed(rejection.body_text()),
            })?;
        let file_name = named.file_name.unwrap_or_default();
        let category = named.category.filter(|code| !code.is_empty());
        Ok(Self(Upload { category, file_name, media_type, bytes: bytes.into() }))
    }
}

/// The limit of a route that takes a file.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MOST_BODY)
}

/// The file as an answer: to be saved, or shown by the browser's own viewer in a page that can do nothing.
#[must_use]
pub fn download(file: &Attachment, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let named = format!("attachment; filename=\"file.pdf\"; filename*=UTF-8''{}", percent(&file.file_name));
    if let Ok(value) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", file.sha256)) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// RFC 8187: all but letters and digits of ASCII as `%XX`.
fn percent(text: &str) -> String {
    let one = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}
