//! `/api/live`: the whole state at every change, as server-sent events.
//! Promises: a reader that cannot keep up sees the newest state and misses nothing that still holds; at most ten a second; silence on the
//! line is never longer than [`BEAT`], so that a page can tell a quiet gate from a dead line.
//! Bounded: [`MOST_VIEWERS`] at once, each with one state.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State as Shared,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures::{StreamExt, stream, stream::FuturesUnordered};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{MissedTickBehavior, interval, sleep},
};

use super::{problem::Problem, server::App, state::State, status::status};

/// Pages that follow at once.
pub(super) const MOST_VIEWERS: usize = 32;
/// Between two states.
const LEAST_PAUSE: Duration = Duration::from_millis(100);
/// Counters and ages are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A sign of life when nothing changed.
const BEAT: Duration = Duration::from_secs(5);

/// The newest state as text; empty before anybody asked.
pub(super) type Shown = watch::Sender<Arc<str>>;

/// Follows everything that is shown, for as long as it is polled.
pub(super) async fn follow(state: Arc<State>, shown: Arc<Shown>) {
    let mut lanes: Vec<_> = state.lanes.iter().map(|lane| lane.live.clone()).collect();
    let (mut journal, mut head) = (state.journal.state(), state.journal.head());
    let (mut link, mut index) = (state.link.clone(), state.cache.revision());
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if shown.receiver_count() > 0 {
            let now: Arc<str> = text(&state).into();
            shown.send_if_modified(|before| {
                let changed = **before != *now;
                *before = now;
                changed
            });
        }
        tokio::select! {
            // A lane that has ended is told by the next look.
            Some(Ok(())) = next_change(&mut lanes) => {}
            Ok(()) = journal.changed() => {}
            Ok(()) = head.changed() => {}
            Ok(()) = link.changed() => {}
            Ok(()) = index.changed() => {}
            _ = look.tick() => {}
        }
        sleep(LEAST_PAUSE).await;
    }
}

/// Waits for the first lane that changes.
async fn next_change<T>(lanes: &mut [watch::Receiver<T>]) -> Option<Result<(), watch::error::RecvError>> {
    let mut changes: FuturesUnordered<_> = lanes.iter_mut().map(watch::Receiver::changed).collect();
    changes.next().await
}

fn text(state: &State) -> String {
    // A struct of ours with string keys is always JSON.
    serde_json::to_string(&status(state)).unwrap_or_default()
}

/// One page that follows.
struct Viewer {
    app: App,
    headers: HeaderMap,
    shown: watch::Receiver<Arc<str>>,
    closing: watch::Receiver<bool>,
    is_new: bool,
    _seat: OwnedSemaphorePermit,
}

/// `GET /api/live`.
pub(super) async fn live(Shared(app): Shared<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let seat = Arc::clone(&app.seats).try_acquire_owned().map_err(|_| Problem::busy())?;
    let (shown, closing) = (app.shown.subscribe(), app.closing.subscribe());
    let viewer = Viewer { app, headers, shown, closing, is_new: true, _seat: seat };
    let events = stream::unfold(viewer, |mut viewer| async move {
        let event = viewer.next().await?;
        Some((Ok::<Event, Infallible>(event), viewer))
    });
    Ok(Sse::new(events).into_response())
}

impl Viewer {
    /// The next event; none when it is over: the program stops, or the log-in has ended.
    async fn next(&mut self) -> Option<Event> {
        if self.is_new {
            self.is_new = false;
            return Some(Event::default().event("state").data(text(&self.app.state)));
        }
        let event = tokio::select! {
            changed = self.shown.changed() => {
                changed.ok()?;
                Event::default().event("state").data(&**self.shown.borrow_and_update())
            }
            () = closed(&mut self.closing) => return None,
            () = sleep(BEAT) => Event::default().event("beat").data(""),
        };
        let access = &self.app.state.access;
        let may_go_on = !access.needs_login() || self.app.sessions.touch(&self.headers, false).is_some();
        may_go_on.then_some(event)
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // The sender's end counts as that.
    let _ = closing.wait_for(|closing| *closing).await;
}
