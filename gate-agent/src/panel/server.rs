//! The panel's HTTP: probes and figures, the page, what it shows, what persons do.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State as Shared, connect_info::Connected},
    http::{StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{get, post},
    serve::IncomingStream,
};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

use super::{
    acts,
    door::Door,
    guard::guard,
    live::{self, MOST_VIEWERS, Shown},
    login::{self, Sessions},
    lookup, page,
    passages::{self, MOST_READERS},
    problem::Problem,
    state::State,
    status::{Status, status},
};

/// Media type of the text that Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A dozen container numbers, a reason of 200 characters, two PINs.
const MOST_BYTES: usize = 8 * 1024;

/// What handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub(super) state: Arc<State>,
    pub(super) sessions: Sessions,
    pub(super) shown: Arc<Shown>,
    pub(super) closing: watch::Sender<bool>,
    /// Pages that may follow.
    pub(super) seats: Arc<Semaphore>,
    /// Looks into the journal's file that may go on at once.
    pub(super) readers: Arc<Semaphore>,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl App {
    fn new(state: Arc<State>) -> Self {
        let (clock, access) = (Arc::clone(&state.clock), &state.access);
        let sessions = Sessions::new(clock, access.login_idle, access.listen.port());
        Self {
            state,
            sessions,
            shown: Arc::new(watch::Sender::new("".into())),
            closing: watch::Sender::new(false),
            seats: Arc::new(Semaphore::new(MOST_VIEWERS)),
            readers: Arc::new(Semaphore::new(MOST_READERS)),
        }
    }
}

/// The other end of a request's connection.
pub(super) fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(peer))| *peer)
}

/// Answers on `listener` until `stop` comes, then ends what is being answered. Follows and measures what is shown meanwhile.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = App::new(Arc::clone(&state));
    let closing = app.closing.clone();
    let stop = async move {
        stop.await;
        // Pages that follow would keep their connections open for ever.
        closing.send_replace(true);
    };
    let follow = live::follow(Arc::clone(&state), Arc::clone(&app.shown));
    let measure = state.usage.clone().keep(state.journal_file.clone(), Arc::clone(&state.clock));
    let service = router(app).into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(Door::new(listener), service).with_graceful_shutdown(stop);
    tokio::select! {
        ended = server => ended,
        () = follow => Ok(()),
        () = measure => Ok(()),
    }
}

pub(super) fn router(app: App) -> Router {
    let api = Router::new()
        .route("/state", get(whole))
        .route("/live", get(live::live))
        .route("/session", get(login::session))
        .route("/login", post(login::login))
        .route("/logout", post(login::logout))
        .route("/passages", get(passages::list))
        .route("/passages/{visit}", get(passages::one))
        .route("/lookup", get(lookup::look_up))
        .route("/lanes/{lane}/acts", post(acts::act));
    Router::new()
        .route("/", get(page::page))
        .route("/assets/{name}", get(page::asset))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/status", get(whole))
        .nest("/api", api)
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "不支持的请求方法", "wrong method")
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(Shared(app): Shared<App>) -> impl IntoResponse {
    let reasons = app.state.not_ready();
    let code = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "ready": reasons.is_empty(), "reasons": reasons })))
}

async fn metrics(Shared(app): Shared<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], app.state.metrics.text(&app.state.figures()))
}

async fn whole(Shared(app): Shared<App>) -> Json<Status> {
    Json(status(&app.state))
}
