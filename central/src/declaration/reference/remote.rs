//! Another system that has the facts, over HTTP: `GET {url}/declarations/{no}`, `/bills/{no}`, `/enterprises/{customs_reg_no}`.
//! Promises: 200 is an answer and 404 is the answer "not known"; anything else, a body that is too long or cannot be read, a time-out and a
//! line that breaks are [`Unreachable`] (PO-338). The token stands in no log.
//! Absent on purpose: TLS (plain HTTP to this machine only; a proxy beside the service carries it on), redirects, proxies of the
//! environment, retries.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;

use super::Unreachable;
use crate::config::ReferenceConfig;

/// Bytes of an answer at most; the longest facts are a few hundred.
const LONGEST: usize = 64 * 1024;

/// The line cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The address is none.
    #[error("reference.url is no URL that paths can be added to")]
    Url,
    /// The token holds characters that no header can carry.
    #[error("reference.token cannot be sent in a header")]
    Token,
    /// The client could not be set up.
    #[error("cannot set up the client of the reference system")]
    Client(#[source] reqwest::Error),
}

#[derive(Clone, Debug)]
pub(super) struct Remote {
    client: Client,
    base: Url,
}

type Why = Box<dyn std::error::Error + Send + Sync>;

impl Remote {
    pub(super) fn new(config: &ReferenceConfig) -> Result<Self, RemoteError> {
        let mut headers = HeaderMap::new();
        if !config.token.is_empty() {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", config.token.reveal()))
                .map_err(|_| RemoteError::Token)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let base = Url::parse(&config.url).ok().filter(|base| !base.cannot_be_a_base());
        let client = Client::builder()
            .default_headers(headers)
            .timeout(Duration::from_millis(config.timeout_ms.into()))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(RemoteError::Client)?;
        Ok(Self { client, base: base.ok_or(RemoteError::Url)? })
    }

    /// Asks for what is at this path.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &[&str],
    ) -> Result<Option<T>, Unreachable> {
        self.fetch(path).await.map_err(|source| Unreachable { what, source })
    }

    async fn fetch<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>, Why> {
        let response = self.client.get(self.at(path)?).send().await.map_err(reqwest::Error::without_url)?;
        match response.status() {
            StatusCode::OK => Ok(Some(serde_json::from_slice(&body(response).await?)?)),
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(format!("it answered {other}").into()),
        }
    }

    /// The address with these segments. A number like `..` would lead out of its folder, whether written plainly or escaped.
    fn at(&self, path: &[&str]) -> Result<Url, Why> {
        if path.iter().any(|segment| segment.bytes().all(|byte| byte == b'.')) {
            return Err("a number of dots only cannot stand in a path".into());
        }
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| RemoteError::Url)?.pop_if_empty().extend(path);
        Ok(url)
    }
}

async fn body(response: Response) -> Result<Vec<u8>, Why> {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.map_err(reqwest::Error::without_url)?);
        if body.len() > LONGEST {
            return Err(format!("its answer is longer than {LONGEST} bytes").into());
        }
    }
    Ok(body)
}
