//! 门户: the pages, as `scripts/portal` builds them below `central/portal/dist`, out of the program itself.
//! Promises: a hashed name may be kept for ever, the page itself never; a link into the pages is answered with the page; pages run no script but their
//! own files, and speak with nobody but this centre and the card service of the user's own machine. A program that was built without the pages says so.
//! In a debug build the files are read from that folder, so that pages are built without building the program again.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Central, declaration::problem::Problem};

#[derive(RustEmbed)]
#[folder = "portal/dist"]
#[allow_missing = true]
struct Pages;

const INDEX: &str = "index.html";
const ICON: &str = "icon.svg";
/// Where a browser looks for it when no page names one: over an answer of the API, or a file.
const OLD_ICON: &str = "favicon.ico";
/// Names below it change with their content.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const ABSENT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>Kakou</title><h1>页面尚未构建</h1>\
    <p>本程序构建时未包含门户页面；接口照常可用。</p><p lang=\"en\">This program was built without the portal's pages: run \
    <code>scripts/portal</code>, then build it again. The API works as ever: <a href=\"/api/openapi.json\">/api/openapi.json</a></p></html>";

/// The path that the pages ask first.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(settings))
}

/// What the pages need to know before anyone has logged in (PO-016, PO-018, PO-095).
#[utoipa::path(get, path = "/api/v1/public/portal", tag = "portal", security(()),
    responses((status = 200, description = "name of the single window, training mark, where the card service of this machine listens", body = serde_json::Value,
               example = json!({"name": "中国(陕西)国际贸易单一窗口", "name_en": "Shaanxi Single Window", "training": false, "card_service": "http://127.0.0.1:18089"}))))]
async fn settings(State(central): State<Central>) -> Json<serde_json::Value> {
    Json(serde_json::json!(central.config().portal))
}

/// Everything that no operation answers.
pub async fn pages(State(central): State<Central>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        OLD_ICON => ICON,
        path => path,
    };
    let is_program = ["api", "gate"].contains(&path.split('/').next().unwrap_or_default());
    if is_program || !matches!(method, Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    let encodings = text_of(&headers, &header::ACCEPT_ENCODING);
    if let Some(file) = file(path, encodings) {
        return guarded(&central, file);
    }
    // A link into the pages, as a browser follows it; a file that is not there is not the page.
    if !path.is_empty() && !text_of(&headers, &header::ACCEPT).contains("text/html") {
        return Problem::not_found().into_response();
    }
    let absent = || {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (StatusCode::SERVICE_UNAVAILABLE, kind, ABSENT).into_response()
    };
    guarded(&central, file(INDEX, encodings).unwrap_or_else(absent))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn file(path: &str, encodings: &str) -> Option<Response> {
    let kind = kind_of(path)?;
    let takes_brotli = encodings.split(',').any(|one| {
        let (name, rest) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "br" && !matches!(rest.trim(), "q=0" | "q=0.0")
    });
    let compressed = if takes_brotli { Pages::get(&format!("{path}.br")) } else { None };
    let is_compressed = compressed.is_some();
    let found = compressed.or_else(|| Pages::get(path))?;
    let mut response = found.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, if path.starts_with(HASHED) { FOR_EVER } else { ASK_AGAIN });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Some(response)
}

/// What is sent at all, and as what; compressed copies are nobody's to ask for.
fn kind_of(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn guarded(central: &Central, mut response: Response) -> Response {
    let cards = &central.config().portal.card_service;
    // Styles of components are written into the page while it runs; scripts never are.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; \
         connect-src 'self' {cards}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    async fn ask(app: &TestApp, path: &str, accept: &str) -> Response {
        let request =
            Request::builder().uri(path).header("accept", accept).header("accept-encoding", "gzip, br");
        app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// PO-001: a link into the pages is answered with a page, built or not; a program that asks for what is not there gets a problem.
    #[tokio::test]
    async fn a_browser_gets_a_page_and_a_program_a_problem() {
        let app = TestApp::open().await;
        for path in ["/", "/smart-gate", "/smart-gate/202500000000000123"] {
            let answer = ask(&app, path, "text/html,application/xhtml+xml").await;
            let kind = answer.headers().get(header::CONTENT_TYPE).unwrap().to_str().unwrap().to_owned();
            assert_eq!(kind, "text/html; charset=utf-8", "{path}");
            let built = Pages::get(INDEX).is_some();
            assert_eq!(answer.status(), if built { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE });
        }
        for (path, accept) in
            [("/api/v1/nothing", "text/html"), ("/gate/nothing", "text/html"), ("/assets/none.js", "*/*")]
        {
            assert_eq!(ask(&app, path, accept).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let (old, icon) =
            (ask(&app, "/favicon.ico", "image/*").await, ask(&app, "/icon.svg", "image/*").await);
        let kind = |answer: &Response| answer.headers().get(header::CONTENT_TYPE).cloned();
        assert_eq!((old.status(), kind(&old)), (icon.status(), kind(&icon)));
    }

    #[tokio::test]
    async fn pages_run_their_own_scripts_only_and_ask_nobody_but_the_centre_and_the_card_service() {
        let app = TestApp::open().await;
        let answer = ask(&app, "/", "text/html").await;
        let policy = text_of(answer.headers(), &header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe-eval"), "{policy}");
        assert!(policy.contains("connect-src 'self' http://127.0.0.1:18089;"), "{policy}");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
    }
}
