//! `GET /api/v1/gates/stream`: the same as server-sent events, from everything or from where the caller was.
//! Promises: nothing is kept for a caller but a number, so one that reads slowly costs no memory and gets, when it reads again, how things are
//! then; one that takes nothing for half a minute is let go, as is one whose session is over, whose rights have changed, or who has listened
//! for an hour: it comes again, and is asked who it is. A word goes out every few seconds, so that a line that is dead shows.
//! A stream looks again each second by itself, because another process on the same database cannot wake it.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures::{FutureExt, stream};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval, sleep},
};

use super::{
    news::{self, News, What},
    place::Place,
};
use crate::{
    app::Central,
    declaration::{problem::Problem, query},
    gate_feed::reach::Reach,
    identity::{self, Person},
    store::StoreError,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_secs(5);
/// A caller that took nothing for so long is gone, or as good as.
const PATIENCE_MS: i64 = 30_000;
const LONGEST_MS: i64 = 3_600_000;
/// When a browser comes again by itself.
const COME_AGAIN: Duration = Duration::from_secs(2);

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Everything as it is now, and the end; false.
    once: bool,
    /// The number of the last event that the caller has, where it cannot send `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// 卡口实时: `state` is everything, `moved` what has moved since, `beat` says that the line is alive, `end` why it ends. The `id` of an event
/// is how far the caller then is; who comes again with it as `Last-Event-ID` gets what has moved since.
///
/// # Errors
/// 400, 401, 403; 503 when as many listen as `feed.max_streams` allows.
#[utoipa::path(get, path = "/api/v1/gates/stream", tag = "gates",
    params(Asked, ("last-event-id" = Option<String>, Header, description = "the `id` of the last event that the caller has")),
    responses((status = 200, description = "events, without end unless `once` is asked for", body = serde_json::Value, content_type = "text/event-stream"),
              (status = 503, description = "come back later")))]
pub async fn stream(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reach = Reach::of(central.store().read(), &person).await?;
    let asked = query::read(asked)?;
    let Some(place) = central.streams().take(person.identity()) else { return Err(Problem::busy(5)) };
    let sent = headers.get(&LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    // A number that is none is that of another service: everything is told.
    let after = sent.or(asked.last_event_id).and_then(|number| number.trim().parse().ok());
    let now = central.store().clock().now();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch {
        signal: central.store().live().subscribe(),
        person,
        reach,
        after,
        once: asked.once,
        beat,
        since: now,
        told_at: None,
        is_over: false,
        _place: place,
        central,
    };
    let events = stream::unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that collect answers would keep the news to themselves.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// One caller, and how far it is.
struct Watch {
    central: Central,
    person: Person,
    reach: Reach,
    signal: watch::Receiver<()>,
    after: Option<i64>,
    once: bool,
    beat: Interval,
    since: UtcMillis,
    /// When the caller was given the last event.
    told_at: Option<UtcMillis>,
    is_over: bool,
    _place: Place,
}

impl Watch {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        let now = self.now();
        // It comes back here when the caller has taken the event before.
        if self.told_at.is_some_and(|told_at| now - told_at.as_millis() > PATIENCE_MS) {
            tracing::info!(
                person.name = self.person.name,
                "somebody who watched gates took nothing for too long"
            );
            return None;
        }
        let event = match self.told().await {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a stream of the gates broke off");
                self.is_over = true;
                return Some(end("failed"));
            }
        };
        self.told_at = Some(UtcMillis::from_millis(self.now()));
        Some(event)
    }

    async fn told(&mut self) -> Result<Event, StoreError> {
        loop {
            self.signal.mark_unchanged();
            // News without end does not put off the question whether this is still the same person.
            if self.after.is_some() && !self.once && self.beat.tick().now_or_never().is_some() {
                return self.beaten().await;
            }
            if let Some(News { upto, what }) = self.news().await? {
                self.after = Some(upto);
                let event = match what {
                    What::State(body) => event("state", &body),
                    What::Moved(body) => event("moved", &body),
                    What::Nothing => continue,
                };
                return Ok(event.id(upto.to_string()).retry(COME_AGAIN));
            }
            if self.once {
                self.is_over = true;
                return Ok(end("once"));
            }
            tokio::select! {
                _ = self.signal.changed() => {}
                () = sleep(LOOK_AGAIN) => {}
                () = self.central.stopping() => {
                    self.is_over = true;
                    return Ok(end("stopping"));
                }
                _ = self.beat.tick() => return self.beaten().await,
            }
        }
    }

    async fn news(&self) -> Result<Option<News>, StoreError> {
        // One row tells whether there is anything to read.
        if let Some(after) = self.after
            && news::newest(&self.central).await? == after
        {
            return Ok(None);
        }
        news::read(&self.central, &self.reach, self.after).await
    }

    /// The caller is still who it was, and the line alive.
    async fn beaten(&mut self) -> Result<Event, StoreError> {
        let why = if self.now() - self.since.as_millis() > LONGEST_MS {
            Some("come_again")
        } else if identity::caller::is_still(&self.central, &self.person).await? {
            None
        } else {
            Some("session")
        };
        match why {
            Some(why) => {
                self.is_over = true;
                Ok(end(why))
            }
            None => Ok(event("beat", &json!({ "now": UtcMillis::from_millis(self.now()) }))),
        }
    }

    fn now(&self) -> i64 {
        self.central.store().clock().now().as_millis()
    }
}

fn end(why: &str) -> Event {
    event("end", &json!({ "why": why }))
}

fn event(kind: &str, body: &Value) -> Event {
    Event::default().event(kind).data(body.to_string())
}
