//! The page itself, built into the program: hand-written, no build step, nothing from elsewhere.
//! Absent on purpose: caching; the files are a few kilobytes from the same machine.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, media type and content.
pub(super) const FILES: [(&str, &str, &[u8]); 16] = [
    // In the order of the cascade.
    ("panel.css", CSS, include_bytes!("page/panel.css")),
    ("lanes.css", CSS, include_bytes!("page/lanes.css")),
    ("fields.css", CSS, include_bytes!("page/fields.css")),
    ("narrow.css", CSS, include_bytes!("page/narrow.css")),
    ("panel.js", JS, include_bytes!("page/panel.js")),
    ("act.js", JS, include_bytes!("page/act.js")),
    ("dom.js", JS, include_bytes!("page/dom.js")),
    ("gate.js", JS, include_bytes!("page/gate.js")),
    ("keys.js", JS, include_bytes!("page/keys.js")),
    ("lanes.js", JS, include_bytes!("page/lanes.js")),
    ("passages.js", JS, include_bytes!("page/passages.js")),
    ("texts.en.js", JS, include_bytes!("page/texts.en.js")),
    ("texts.zh.js", JS, include_bytes!("page/texts.zh.js")),
    ("words.js", JS, include_bytes!("page/words.js")),
    ("wire.js", JS, include_bytes!("page/wire.js")),
    ("kakou.svg", SVG, include_bytes!("page/kakou.svg")),
];

/// `GET /`.
pub(super) async fn page() -> Response {
    ([(header::CONTENT_TYPE, HTML)], include_bytes!("page/index.html").as_slice()).into_response()
}

/// `GET /assets/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = FILES.iter().find(|(known, ..)| *known == name);
    let (_, kind, content) = file.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, *kind)], *content).into_response())
}
