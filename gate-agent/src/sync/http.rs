//! The centre over HTTP.
//! Promises: each call has its time-out, so a line that hangs shows within 15 s (fault C2); the token stands in no log; the
//! snapshot is decoded as it comes, never held whole; a line of it is at most 1 MiB. Over TLS the gate's certificate is shown, and a
//! failure says whom the gate did not believe, and why (fault C9).
//! Absent on purpose: whom to believe (`identity`), redirects, proxies, retries.
//! Source: `contract` section 3, table of calls.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use protocols::{
    contract::{
        Credentials, DigestsAnswer, DigestsRequest, EnrolRequest, EventsAck, Hash, HelloAnswer, HelloRequest,
        LiveStatus, RenewRequest, RenewalWaits,
    },
    ids::GateId,
};
use reqwest::{
    Client, ClientBuilder, RequestBuilder, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
    },
};
use rustls::ClientConfig;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::watch, time::timeout};

use super::link::{CentreLink, LinkError, SnapshotLines};
use crate::{
    cache::Feed,
    identity::{self, Identity, IdentityKeeper, TrustError},
};

const CONNECT: Duration = Duration::from_secs(5);
/// What a long poll may take beyond its wait.
const GRACE: Duration = Duration::from_secs(5);
/// Between two pieces of a snapshot.
const PIECE: Duration = Duration::from_secs(15);
/// For sums of an index that the centre may have to read first, all of it.
const COMPARE: Duration = Duration::from_secs(300);
const LONGEST_LINE: usize = 1 << 20;
/// The centre's word for a certificate whose time is over.
const EXPIRED: &str = "GATE_CERTIFICATE_EXPIRED";
const DEFAULT_RETRY: Duration = Duration::from_secs(5);

/// Why no link could be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpLinkError {
    /// The token holds characters that no header can carry.
    #[error("the gate's token cannot be sent in a header")]
    Token,
    /// The client could not be set up.
    #[error("cannot set up the HTTP client")]
    Client(#[source] reqwest::Error),
    /// TLS could not.
    #[error("cannot set up TLS")]
    Trust(#[from] TrustError),
}

/// What a renewal came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The next certificate.
    Certified(Credentials),
    /// A person at the centre has to approve it.
    Waits(RenewalWaits),
}

/// 中心连接 over HTTP.
#[derive(Clone, Debug)]
pub struct HttpLink {
    way: Way,
    base: Arc<str>,
    /// How long a call may take that the centre answers at once.
    answer: Duration,
    /// How long a snapshot may be still between two pieces.
    pub(super) piece: Duration,
}

#[derive(Clone, Debug)]
enum Way {
    /// One client for as long as the link lives.
    Fixed(Client),
    /// A client of the identity that the gate has now.
    Certified(Arc<Mutex<Certified>>, Arc<IdentityKeeper>),
}

#[derive(Debug)]
struct Certified {
    identity: watch::Receiver<Option<Identity>>,
    client: Option<Client>,
}

impl HttpLink {
    /// A link to `http://host:port` of this machine; nothing is connected yet.
    ///
    /// # Errors
    /// [`HttpLinkError`].
    pub fn new(base: &str, token: &str, answer: Duration) -> Result<Self, HttpLinkError> {
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| HttpLinkError::Token)?;
        bearer.set_sensitive(true);
        let client = client().default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]));
        let client = client.build().map_err(HttpLinkError::Client)?;
        Ok(Self::over(Way::Fixed(client), base, answer))
    }

    /// A link to `https://host:port` of whoever has no certificate yet.
    ///
    /// # Errors
    /// [`HttpLinkError`].
    pub fn with_tls(base: &str, tls: ClientConfig, answer: Duration) -> Result<Self, HttpLinkError> {
        let client = over_tls(tls)?;
        Ok(Self::over(Way::Fixed(client), base, answer))
    }

    /// A link to `https://host:port` with the identity that is kept: exchanged there, it is shown from the next call on.
    #[must_use]
    pub fn certified(base: &str, keeper: &Arc<IdentityKeeper>, answer: Duration) -> Self {
        crate::cryptography::choose();
        let certified = Certified { identity: keeper.current(), client: None };
        Self::over(Way::Certified(Arc::new(Mutex::new(certified)), Arc::clone(keeper)), base, answer)
    }

    fn over(way: Way, base: &str, answer: Duration) -> Self {
        Self { way, base: base.trim_end_matches('/').into(), answer, piece: PIECE }
    }

    /// Asks for the next certificate.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn renew(&self, csr: String) -> Result<Renewed, LinkError> {
        let response = self.send(self.post("renew", json(&RenewRequest { csr })?)?).await?;
        if response.status() == StatusCode::ACCEPTED {
            return read(response).await.map(Renewed::Waits);
        }
        read(response).await.map(Renewed::Certified)
    }

    /// Asks for the first certificate.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<Credentials, LinkError> {
        read(self.send(self.post("enrol", json(request)?)?).await?).await
    }

    fn client(&self) -> Result<Client, LinkError> {
        let (certified, keeper) = match &self.way {
            Way::Fixed(client) => return Ok(client.clone()),
            Way::Certified(certified, keeper) => (certified, keeper),
        };
        let mut certified = certified.lock().unwrap_or_else(PoisonError::into_inner);
        if certified.client.is_none() || certified.identity.has_changed().unwrap_or(false) {
            let identity = certified.identity.borrow_and_update().clone();
            let made = identity.map(|identity| {
                let tls = identity::certified(&identity, Arc::clone(keeper.time()))?;
                over_tls(tls)
            });
            certified.client = made
                .transpose()
                .map_err(|error| LinkError::Unexpected(format!("cannot be asked: {error}").into()))?;
        }
        certified.client.clone().ok_or(LinkError::NotEnrolled)
    }

    fn url(&self, call: &str) -> String {
        format!("{}/gate/v1/{call}", self.base)
    }

    fn post(&self, call: &str, body: String) -> Result<RequestBuilder, LinkError> {
        let request = self.client()?.post(self.url(call));
        Ok(request.header(CONTENT_TYPE, "application/json").body(body).timeout(self.answer))
    }

    /// Sends, and sorts the statuses.
    async fn send(&self, request: RequestBuilder) -> Result<Response, LinkError> {
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let refused = refusal(response).await;
        if let (LinkError::Unauthorised { code, .. }, Way::Certified(_, keeper)) = (&refused, &self.way)
            && **code == *EXPIRED
        {
            keeper.expired();
        }
        Err(refused)
    }
}

impl CentreLink for HttpLink {
    async fn hello(&self, request: &HelloRequest) -> Result<HelloAnswer, LinkError> {
        let answer: HelloAnswer = read(self.send(self.post("hello", json(request)?)?).await?).await?;
        if let Way::Certified(_, keeper) = &self.way {
            keeper.heard(answer.time, &answer.authorities);
        }
        Ok(answer)
    }

    async fn changes(&self, after: u64, mark: Option<Hash>, wait: Duration) -> Result<Feed, LinkError> {
        let mark = mark.map_or_else(String::new, |mark| format!("&mark={mark}"));
        let call = format!("changes?after={after}&wait={}{mark}", wait.as_secs());
        let response = self.send(self.client()?.get(self.url(&call)).timeout(wait + GRACE)).await?;
        read_by(response, Feed::parse).await
    }

    async fn snapshot(&self, nonce: Hash, lines: SnapshotLines) -> Result<(), LinkError> {
        let still = |_| LinkError::Unreachable("the snapshot stands still".into());
        let call = self.url(&format!("snapshot?nonce={nonce}"));
        let asked = self.send(self.client()?.get(call).header(ACCEPT_ENCODING, "zstd"));
        let response = timeout(self.piece, asked).await.map_err(still)??;
        let encoding = response.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        let mut cut = LineCutter::new(encoding == Some(b"zstd".as_slice()))?;
        let mut pieces = response.bytes_stream();
        while let Some(piece) = timeout(self.piece, pieces.next()).await.map_err(still)? {
            let piece = piece.map_err(|error| unreachable(&error))?;
            let whole = cut.take(&piece)?;
            // The receiver goes when a line was bad; it knows why.
            if !whole.is_empty() && lines.send(whole).await.is_err() {
                return Ok(());
            }
        }
        cut.end()
    }

    async fn events(&self, gate_id: &GateId, epoch: u32, events: &[String]) -> Result<EventsAck, LinkError> {
        // The events are JSON already and must stay byte for byte what was sealed.
        let body = format!(r#"{{"gate_id":"{gate_id}","epoch":{epoch},"events":[{}]}}"#, events.join(","));
        read(self.send(self.post("events", body)?).await?).await
    }

    async fn status(&self, status: &LiveStatus) -> Result<(), LinkError> {
        self.send(self.post("status", json(status)?)?).await.map(drop)
    }

    async fn digests(&self, request: &DigestsRequest) -> Result<DigestsAnswer, LinkError> {
        let limit = if request.sums.is_some() { COMPARE } else { self.answer };
        read(self.send(self.post("digests", json(request)?)?.timeout(limit)).await?).await
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, LinkError> {
    serde_json::to_string(value).map_err(|error| LinkError::Unexpected(error.to_string().into()))
}

fn client() -> ClientBuilder {
    crate::cryptography::choose();
    Client::builder()
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

fn over_tls(tls: ClientConfig) -> Result<Client, HttpLinkError> {
    client().tls_backend_preconfigured(tls).https_only(true).build().map_err(HttpLinkError::Client)
}

/// The members of a problem that say why.
#[derive(Deserialize)]
struct Told {
    code: String,
    message_en: String,
}

/// What an answer that is no success says.
async fn refusal(response: Response) -> LinkError {
    let status = response.status();
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return unreachable(&error),
    };
    let told = serde_json::from_slice::<Told>(&body).ok();
    match (status, told) {
        (StatusCode::GONE, _) => LinkError::TooOld,
        (StatusCode::NOT_FOUND, _) => LinkError::Unknown,
        (StatusCode::SERVICE_UNAVAILABLE, _) => {
            LinkError::Busy { retry_after: seconds.map_or(DEFAULT_RETRY, Duration::from_secs) }
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, told) => {
            let nothing = || (status.as_str().into(), "it does not know this gate".into());
            let (code, said) = told.map_or_else(nothing, |told| (told.code.into(), told.message_en.into()));
            LinkError::Unauthorised { code, said }
        }
        (StatusCode::CONFLICT, None) => match serde_json::from_slice(&body) {
            Ok(refused) => LinkError::Refused(refused),
            Err(error) => LinkError::Unexpected(format!("what cannot be read: {error}").into()),
        },
        (_, Some(Told { code, message_en })) => {
            LinkError::Unexpected(format!("{status}: {message_en} ({code})").into())
        }
        (_, None) => LinkError::Unexpected(status.to_string().into()),
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, LinkError> {
    read_by(response, |body| serde_json::from_slice(body)).await
}

async fn read_by<T>(
    response: Response,
    parse: impl FnOnce(&[u8]) -> Result<T, serde_json::Error>,
) -> Result<T, LinkError> {
    let body = response.bytes().await.map_err(|error| unreachable(&error))?;
    parse(&body).map_err(|error| LinkError::Unexpected(format!("what cannot be read: {error}").into()))
}

/// The innermost cause says what happened; the outer ones only repeat the URL.
fn unreachable(error: &reqwest::Error) -> LinkError {
    if let Some(why) = identity::why(error) {
        return LinkError::Untrusted(why);
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    LinkError::Unreachable(cause.to_string().into())
}

/// Pieces of a stream in, whole lines out.
struct LineCutter {
    zstd: Option<zstd::stream::write::Decoder<'static, Vec<u8>>>,
    rest: Vec<u8>,
}

impl LineCutter {
    fn new(is_zstd: bool) -> Result<Self, LinkError> {
        let zstd = is_zstd.then(|| zstd::stream::write::Decoder::new(Vec::new())).transpose();
        Ok(Self { zstd: zstd.map_err(|error| broken(&error))?, rest: Vec::new() })
    }

    fn take(&mut self, piece: &[u8]) -> Result<Vec<String>, LinkError> {
        match &mut self.zstd {
            None => self.rest.extend_from_slice(piece),
            Some(decoder) => {
                decoder.write_all(piece).and_then(|()| decoder.flush()).map_err(|error| broken(&error))?;
                self.rest.append(decoder.get_mut());
            }
        }
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return if self.rest.len() > LONGEST_LINE {
                Err(broken(&"a line without end"))
            } else {
                Ok(Vec::new())
            };
        };
        let later = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, later);
        let text = String::from_utf8(whole).map_err(|error| broken(&error))?;
        Ok(text.lines().map(ToOwned::to_owned).collect())
    }

    fn end(self) -> Result<(), LinkError> {
        if self.rest.is_empty() { Ok(()) } else { Err(broken(&"it ends within a line")) }
    }
}

fn broken(what: &dyn std::fmt::Display) -> LinkError {
    LinkError::Unexpected(format!("a snapshot that cannot be read: {what}").into())
}
