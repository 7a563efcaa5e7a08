//! 身份提供方: what is asked of a provider, and what of its answer is believed.
//! Promises: an ID token counts when its issuer, audience, time, nonce and signature by a key of the issuer hold; ES256 and RS256 only. What
//! the provider does not answer is not assumed (PO-338). Its keys are asked for again when it signs by a new one, at most once a token.
//! Absent on purpose: redirects and proxies of the environment, which could carry our secret elsewhere; refresh and access tokens.

use std::{path::PathBuf, pin::Pin, time::Duration};

use axum::http::{self, StatusCode};
use futures::StreamExt;
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, SignatureVerificationError, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet,
        CoreJwsSigningAlgorithm, CoreProviderMetadata,
    },
};
use protocols::contract::UtcMillis;
use tokio::sync::Mutex;

use crate::{
    config::{self, IdentityProviderConfig, Secret, heard_by_nobody},
    declaration::problem::Problem,
};

/// Bytes of an answer at most; sets of keys are the longest.
const LONGEST: usize = 256 * 1024;
const TIME_OUT: Duration = Duration::from_secs(10);
/// So long what a provider says of itself is believed without asking again.
const KNOWN_MS: i64 = 10 * 60 * 1000;

/// A provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProvidersError {
    /// The file with our secret cannot be read.
    #[error("cannot read {path}, which [[identity_provider]] {id} names")]
    Secret {
        /// Which provider.
        id: String,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The client could not be set up.
    #[error("cannot set up the client of providers")]
    Client(#[source] reqwest::Error),
}

/// Why nobody is known by a provider's answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderFault {
    /// It does not answer, or not in a way that can be read.
    #[error("the provider cannot be asked: {0}")]
    Unreachable(String),
    /// It answers that this is nobody, or what it says does not hold.
    #[error("the provider's answer is not believed: {0}")]
    Refused(String),
}

impl From<ProviderFault> for Problem {
    fn from(fault: ProviderFault) -> Self {
        match fault {
            ProviderFault::Unreachable(why) => {
                tracing::warn!("a provider of identities does not answer: {why}");
                Self::upstream("the provider of identities does not answer")
            }
            ProviderFault::Refused(why) => refused(&why),
        }
    }
}

/// 第三方登录失败.
pub(super) fn refused(why: &str) -> Problem {
    let en = format!("the log-in at the other provider cannot be accepted: {why}");
    Problem::new(StatusCode::UNAUTHORIZED, "PO-053", "第三方登录失败，请重新登录", en)
}

/// All providers of the configuration.
#[derive(Debug, Default)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Reads the secrets; asks no provider anything yet.
    ///
    /// # Errors
    /// [`ProvidersError`].
    pub fn open(configured: &[IdentityProviderConfig]) -> Result<Self, ProvidersError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        configured.iter().map(Provider::open).collect::<Result<_, _>>().map(Self)
    }

    /// The provider of this name.
    pub(super) fn of(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.config.id == id)
    }

    /// All of them, in the order of the configuration.
    pub(super) fn all(&self) -> impl Iterator<Item = &IdentityProviderConfig> {
        self.0.iter().map(|provider| &provider.config)
    }
}

/// 身份提供方.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) config: IdentityProviderConfig,
    secret: Secret,
    line: Line,
    known: Mutex<Option<(UtcMillis, CoreProviderMetadata)>>,
}

/// A log-in that begins: where the browser goes, and what is kept here.
pub(super) struct Beginning {
    pub(super) url: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

impl Provider {
    fn open(config: &IdentityProviderConfig) -> Result<Self, ProvidersError> {
        let secret = match &config.client_secret {
            config::ClientSecret::Given(secret) => secret.clone(),
            config::ClientSecret::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| ProvidersError::Secret {
                    id: config.id.clone(),
                    path: path.clone(),
                    source,
                })?;
                Secret::new(text.trim().to_owned())
            }
        };
        let client = reqwest::Client::builder()
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(ProvidersError::Client)?;
        Ok(Self { config: config.clone(), secret, line: Line(client), known: Mutex::default() })
    }

    /// What the provider says of itself, with its keys.
    async fn metadata(&self, now: UtcMillis, afresh: bool) -> Result<CoreProviderMetadata, ProviderFault> {
        let mut known = self.known.lock().await;
        let fresh = known.as_ref().filter(|(at, _)| !afresh && now.as_millis() - at.as_millis() < KNOWN_MS);
        if let Some((_, metadata)) = fresh {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|error| unreachable(&error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.line)
            .await
            .map_err(|error| unreachable(&error))?;
        let token = metadata.token_endpoint().map(|url| url.url());
        // Our secret goes to the one, and people go to the other.
        let heard = |url: Option<&openidconnect::url::Url>| !url.is_some_and(heard_by_nobody);
        if heard(token) || heard(Some(metadata.authorization_endpoint().url())) {
            return Err(ProviderFault::Unreachable("its addresses are not https".into()));
        }
        *known = Some((now, metadata.clone()));
        Ok(metadata)
    }

    fn secret(&self) -> Option<ClientSecret> {
        Some(ClientSecret::new(self.secret.reveal().to_owned()))
    }

    /// Begins a log-in that comes back to `redirect`.
    pub(super) async fn begin(&self, now: UtcMillis, redirect: &str) -> Result<Beginning, ProviderFault> {
        let metadata = self.metadata(now, false).await?;
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|error| unreachable(&error))?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.config.client_id.clone()),
            self.secret(),
        )
        .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let asked = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (url, state, nonce) = asked.set_pkce_challenge(challenge).url();
        Ok(Beginning {
            url: url.to_string(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    /// Who it is that came back with this code: the provider's own name of the person.
    pub(super) async fn finish(
        &self,
        now: UtcMillis,
        redirect: &str,
        code: String,
        verifier: String,
        nonce: String,
    ) -> Result<String, ProviderFault> {
        let metadata = self.metadata(now, false).await?;
        let keys = metadata.jwks().clone();
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|error| unreachable(&error))?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.config.client_id.clone()),
            self.secret(),
        )
        .set_redirect_uri(redirect);
        let asked = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unreachable(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = asked.request_async(&self.line).await.map_err(|error| match error {
            // What the provider writes beside its code could be anything.
            RequestTokenError::ServerResponse(_) => {
                ProviderFault::Refused("it does not take the code".into())
            }
            RequestTokenError::Parse(..) => {
                ProviderFault::Refused("its answer is not one of OpenID Connect".into())
            }
            error => unreachable(&error),
        })?;
        let token = answer.id_token().ok_or_else(|| ProviderFault::Refused("there is no ID token".into()))?;
        let nonce = Nonce::new(nonce);
        match self.judged(now, keys, token, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let keys = self.metadata(now, true).await?.jwks().clone();
                self.judged(now, keys, token, &nonce)
            }
            judged => judged,
        }
        .map_err(|error| ProviderFault::Refused(words(&error).to_owned()))
    }

    fn judged(
        &self,
        now: UtcMillis,
        keys: CoreJsonWebKeySet,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<String, ClaimsVerificationError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone())
            .map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        let now = chrono::DateTime::from_timestamp_millis(now.as_millis()).unwrap_or_default();
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new(self.config.client_id.clone()),
            issuer,
            keys,
        )
        .set_allowed_algs([
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        ])
        .set_time_fn(move || now);
        token.claims(&verifier, nonce).map(|claims| claims.subject().to_string())
    }
}

fn unreachable(error: &dyn std::error::Error) -> ProviderFault {
    ProviderFault::Unreachable(error.to_string())
}

/// What did not hold, without a word of the token.
const fn words(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the token has run out",
        ClaimsVerificationError::InvalidAudience(_) => "the token is for another portal",
        ClaimsVerificationError::InvalidIssuer(_) => "another issuer made the token",
        ClaimsVerificationError::InvalidNonce(_) => "the token belongs to another log-in",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            "the issuer has no such key"
        }
        ClaimsVerificationError::SignatureVerification(_) => "the signature does not hold",
        _ => "the token breaks a rule of OpenID Connect",
    }
}

/// The line to a provider, as the library asks for one.
#[derive(Clone, Debug)]
struct Line(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Line {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(fetch(self.0.clone(), request))
    }
}

async fn fetch(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let request = reqwest::Request::try_from(request).map_err(FetchError::Line)?;
    if !heard_by_nobody(request.url()) {
        return Err(FetchError::Heard);
    }
    let answer = client.execute(request).await.map_err(|error| FetchError::Line(error.without_url()))?;
    let mut response = http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.map_err(|error| FetchError::Line(error.without_url()))?);
        if body.len() > LONGEST {
            return Err(FetchError::Long);
        }
    }
    response.body(body).map_err(|_| FetchError::Long)
}

/// Why the line gave nothing.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the line failed")]
    Line(#[source] reqwest::Error),
    #[error("an address is not https")]
    Heard,
    #[error("an answer is longer than {LONGEST} bytes")]
    Long,
}
