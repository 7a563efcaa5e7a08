//! 读卡器的手: a page for the person who sits before this machine: which card is in the reader, and which others lie there to be put in.
//! Promises: only its own page, called by this machine's own name, moves a card; no PIN and no key is on it.
//! Absent on purpose: scripts. No real card service has this page; there a hand does it.

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use protocols::ids::CardNo;
use serde::Deserialize;

use super::{origin::is_here, service::Reader};

/// The page and its buttons.
pub(super) fn router() -> Router<Reader> {
    Router::new().route("/", get(page)).route("/hand", post(hand))
}

const HEAD: &str = "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'><title>读卡器 Card reader</title>\
    <style>body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}li{display:flex;gap:1rem;align-items:center;padding:.4rem 0;\
    border-bottom:1px solid #ddd}ul{padding:0}button{font:inherit;min-height:2rem;padding:0 1rem;margin-left:auto}form{margin-left:auto}small{color:#555}</style>\
    <h1>读卡器 Card reader R1</h1>";

async fn page(State(reader): State<Reader>, headers: HeaderMap) -> Response {
    if !is_here(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut reader = reader.lock().await;
    let inside = reader.card().map(|card| card.shown().card_no);
    let mut rows = String::new();
    for card in reader.shelf() {
        let Some(holder) = card.certificate().holder() else { continue };
        let (number, enterprise) = (holder.card_no.to_string(), holder.enterprise.unwrap_or_default());
        let (name, enterprise) = (escaped(&holder.name), escaped(&enterprise));
        let button = if inside.as_ref() == Some(&number) {
            "<strong>已插入 in the reader</strong><form method=post action=/hand><button>拔出 Pull out</button></form>".to_owned()
        } else {
            format!(
                "<form method=post action=/hand><button name=card_no value={number}>插入 Put in</button></form>"
            )
        };
        rows +=
            &format!("<li><span>{name} <b>{number}</b><br><small>{enterprise}</small></span>{button}</li>");
    }
    let empty =
        if inside.is_none() { "<p>读卡器中没有卡。 There is no card in the reader.</p>" } else { "" };
    Html(format!("{HEAD}{empty}<ul>{rows}</ul></html>")).into_response()
}

#[derive(Deserialize)]
struct Hand {
    card_no: Option<CardNo>,
}

async fn hand(State(reader): State<Reader>, headers: HeaderMap, Form(hand): Form<Hand>) -> Response {
    if !is_here(&headers) || !is_own_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut reader = reader.lock().await;
    match hand.card_no {
        None => reader.pull(),
        Some(card_no) => {
            if reader.insert(card_no).is_err() {
                return StatusCode::NOT_FOUND.into_response();
            }
        }
    }
    Redirect::to("/").into_response()
}

/// A form of another page names that page's origin.
fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    text(header::ORIGIN) == Some(&*format!("http://{host}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
