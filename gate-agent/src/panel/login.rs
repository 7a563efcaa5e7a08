//! 登录: who reads the panel from another machine.
//! Promises: a token is random, kept hashed and in memory only; it ends when it was not used for a while, on the monotonic clock, and
//! after [`LONGEST`] whatever happens; the newest [`MOST`] count. A log-in lets nobody act: each act has its own PIN.
//! Source: fault E5 (ASVS 5.0 V7); decision record 0020.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::Bytes,
    extract::{State as Shared, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use protocols::tick::Tick;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::info;

use super::{asked::read_json, problem::Problem, server::App};
use crate::{
    clock::Clock,
    lane::Role,
    person::{Entry, Pin},
};

/// A shift.
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// Log-ins at once.
const MOST: usize = 64;

type Key = [u8; 32];

/// 会话: everybody who is logged in. Clones share them.
#[derive(Clone)]
pub(super) struct Sessions(Arc<Inner>);

struct Inner {
    by_token: Mutex<HashMap<Key, Session>>,
    clock: Arc<dyn Clock>,
    idle: Duration,
    cookie: String,
}

#[derive(Clone, Debug)]
struct Session {
    entry: Entry,
    begun: Tick,
    used: Tick,
}

impl Sessions {
    /// Nobody yet. The port tells panels of one machine apart, since cookies do not.
    pub(super) fn new(clock: Arc<dyn Clock>, idle: Duration, port: u16) -> Self {
        let cookie = format!("kakou_panel_{port}");
        Self(Arc::new(Inner { by_token: Mutex::default(), clock, idle, cookie }))
    }

    /// Who this request is of. `uses` says whether it counts as use: what a page does by itself must not keep a log-in alive.
    pub(super) fn touch(&self, headers: &HeaderMap, uses: bool) -> Option<Entry> {
        let key = self.key(headers)?;
        let now = self.0.clock.tick();
        let mut sessions = self.0.lock();
        sessions
            .retain(|_, session| now.since(session.used) < self.0.idle && now.since(session.begun) < LONGEST);
        let session = sessions.get_mut(&key)?;
        if uses {
            session.used = now;
        }
        Some(session.entry.clone())
    }

    /// Lets somebody in; the token goes into his cookie.
    fn begin(&self, entry: Entry) -> String {
        let token = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let now = self.0.clock.tick();
        let mut sessions = self.0.lock();
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key);
            oldest.and_then(|key| sessions.remove(&key));
        }
        sessions.insert(hashed(&token), Session { entry, begun: now, used: now });
        token
    }

    fn end(&self, headers: &HeaderMap) {
        if let Some(key) = self.key(headers) {
            self.0.lock().remove(&key);
        }
    }

    /// What the request's cookie hashes to; the table holds hashes, so that looking one up tells nothing about a token.
    fn key(&self, headers: &HeaderMap) -> Option<Key> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.0.cookie).map(|(_, token)| hashed(token))
    }

    fn cookie(&self, token: &str, age: &str) -> HeaderValue {
        let text = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{age}", self.0.cookie);
        // Made of hex and our own words.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hashed(token: &str) -> Key {
    Sha256::digest(token.as_bytes()).into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    person: String,
    pin: Pin,
}

/// What `/api/session` says.
#[derive(Serialize)]
struct Told {
    /// Reading needs a log-in.
    required: bool,
    person: Option<Who>,
}

#[derive(Serialize)]
struct Who {
    id: String,
    name: String,
    role: &'static str,
}

/// `POST /api/login`.
pub(super) async fn login(
    Shared(app): Shared<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let LoginBody { person, pin } = read_json(body)?;
    let entry = app.state.persons.prove(person.trim(), pin).await?;
    info!(person.id = %entry.person.id, "{} reads the panel", entry.person.id);
    let told = told(&app, Some(&entry));
    let cookie = app.sessions.cookie(&app.sessions.begin(entry), "");
    Ok(([(header::SET_COOKIE, cookie)], Json(told)).into_response())
}

/// `POST /api/logout`.
pub(super) async fn logout(Shared(app): Shared<App>, headers: HeaderMap) -> Response {
    app.sessions.end(&headers);
    let cookie = app.sessions.cookie("", "; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Json(told(&app, None))).into_response()
}

/// `GET /api/session`: whether reading needs a log-in, and who reads. Asking is use: the page asks when a person does something.
pub(super) async fn session(Shared(app): Shared<App>, headers: HeaderMap) -> Response {
    Json(told(&app, app.sessions.touch(&headers, true).as_ref())).into_response()
}

fn told(app: &App, entry: Option<&Entry>) -> Told {
    let who = |entry: &Entry| Who {
        id: entry.person.id.to_string(),
        name: entry.name.to_string(),
        role: match entry.person.role {
            Role::Officer => "officer",
            Role::Operator => "yard_operator",
        },
    };
    Told { required: app.state.access.needs_login(), person: entry.map(who) }
}
