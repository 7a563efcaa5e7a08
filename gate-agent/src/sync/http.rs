//! The centre over HTTP.
//! Promises: each call has its time-out, so a line that hangs shows within 15 s (fault C2); the token stands in no log; the
//! snapshot is decoded as it comes, never held whole; a line of it is at most 1 MiB.
//! Absent on purpose: TLS (plain HTTP on loopback only until mutual TLS is there), redirects, proxies, retries.
//! Source: `contract` section 3, table of calls.

use std::{io::Write, sync::Arc, time::Duration};

use futures::StreamExt;
use protocols::{
    contract::{EventsAck, HelloAnswer, HelloRequest, LiveStatus},
    ids::GateId,
};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
    },
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::link::{CentreLink, LinkError, SnapshotLines};
use crate::cache::Feed;

const CONNECT: Duration = Duration::from_secs(5);
/// What a long poll may take beyond its wait.
const GRACE: Duration = Duration::from_secs(5);
/// Between two pieces of a snapshot.
const PIECE: Duration = Duration::from_secs(15);
const LONGEST_LINE: usize = 1 << 20;
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
}

/// 中心连接 over HTTP.
#[derive(Clone, Debug)]
pub struct HttpLink {
    client: Client,
    base: Arc<str>,
    /// How long a call may take that the centre answers at once.
    answer: Duration,
    /// How long a snapshot may be still between two pieces.
    pub(super) piece: Duration,
}

impl HttpLink {
    /// A link to `http://host:port`; nothing is connected yet.
    ///
    /// # Errors
    /// [`HttpLinkError`].
    pub fn new(base: &str, token: &str, answer: Duration) -> Result<Self, HttpLinkError> {
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| HttpLinkError::Token)?;
        bearer.set_sensitive(true);
        crate::cryptography::choose();
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(HttpLinkError::Client)?;
        Ok(Self { client, base: base.trim_end_matches('/').into(), answer, piece: PIECE })
    }

    fn url(&self, call: &str) -> String {
        format!("{}/gate/v1/{call}", self.base)
    }

    fn post(&self, call: &str, body: String) -> RequestBuilder {
        self.client
            .post(self.url(call))
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .timeout(self.answer)
    }
}

impl CentreLink for HttpLink {
    async fn hello(&self, request: &HelloRequest) -> Result<HelloAnswer, LinkError> {
        read(send(self.post("hello", json(request)?)).await?).await
    }

    async fn changes(&self, after: u64, wait: Duration) -> Result<Feed, LinkError> {
        let call = format!("changes?after={after}&wait={}", wait.as_secs());
        let response = send(self.client.get(self.url(&call)).timeout(wait + GRACE)).await?;
        read_by(response, Feed::parse).await
    }

    async fn snapshot(&self, lines: SnapshotLines) -> Result<(), LinkError> {
        let still = |_| LinkError::Unreachable("the snapshot stands still".into());
        let asked = send(self.client.get(self.url("snapshot")).header(ACCEPT_ENCODING, "zstd"));
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
        read(send(self.post("events", body)).await?).await
    }

    async fn status(&self, status: &LiveStatus) -> Result<(), LinkError> {
        send(self.post("status", json(status)?)).await.map(drop)
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, LinkError> {
    serde_json::to_string(value).map_err(|error| LinkError::Unexpected(error.to_string().into()))
}

/// Sends, and sorts the statuses.
async fn send(request: RequestBuilder) -> Result<Response, LinkError> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    match status {
        StatusCode::CONFLICT => Err(LinkError::Refused(read(response).await?)),
        StatusCode::GONE => Err(LinkError::TooOld),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(LinkError::Unauthorised),
        StatusCode::SERVICE_UNAVAILABLE => {
            let seconds =
                response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            Err(LinkError::Busy { retry_after: seconds.map_or(DEFAULT_RETRY, Duration::from_secs) })
        }
        _ if status.is_success() => Ok(response),
        _ => Err(LinkError::Unexpected(status.to_string().into())),
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
