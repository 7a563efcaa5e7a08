//! A provider of OpenID Connect on loopback: discovery, keys, and a token endpoint that checks what a real one checks; its tokens can be
//! wrong in every way.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use openidconnect::url::{Url, form_urlencoded};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use protocols::base64::Alphabet::Standard;
use rsa::{Pkcs1v15Sign, RsaPrivateKey, traits::PublicKeyParts};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::{
    config::{ClientSecret, IdentityProviderConfig, Secret},
    identity::shield::tests::phone::text,
};

pub(super) const SECRET: &str = "a-secret-of-the-tests";
const REDIRECT: &str = "http://localhost:8080/login/third-party";
/// RSA is slow to make.
static RSA: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap());

/// What is wrong with a token, or with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Nothing,
    /// RS256 in place of ES256, which is not wrong.
    Rsa,
    Nonce,
    NoNonce,
    Audience,
    TwoAudiences,
    Issuer,
    Expired,
    AlgNone,
    UnknownKey,
    OtherKey,
    /// HMAC with the client's secret.
    Hmac,
    NoToken,
    Code,
    NotJson,
}

#[derive(Debug)]
struct Inner {
    issuer: String,
    key: SigningKey,
    kid: String,
    /// PKCE challenge, nonce and person of each code.
    codes: HashMap<String, (String, String, String)>,
    wrong: Wrong,
    now_s: i64,
}

/// The provider; its server ends with the test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct TestProvider(Arc<Mutex<Inner>>);

fn key() -> SigningKey {
    std::iter::repeat_with(|| SigningKey::from_slice(&rand::random::<[u8; 32]>())).flatten().next().unwrap()
}

impl TestProvider {
    pub(crate) async fn start(now_s: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            issuer,
            key: key(),
            kid: "e1".into(),
            codes: HashMap::new(),
            wrong: Wrong::Nothing,
            now_s,
        };
        let provider = Self(Arc::new(Mutex::new(inner)));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// The section of the configuration that names it.
    pub(crate) fn configured(&self) -> IdentityProviderConfig {
        IdentityProviderConfig {
            id: "wechat".into(),
            name: "微信".into(),
            name_en: "WeChat".into(),
            issuer: self.issuer(),
            client_id: "kakou".into(),
            client_secret: ClientSecret::Given(Secret::new(SECRET.into())),
        }
    }

    fn issuer(&self) -> String {
        self.0.lock().unwrap().issuer.clone()
    }

    pub(super) fn answers(&self, wrong: Wrong) {
        self.0.lock().unwrap().wrong = wrong;
    }

    /// It signs by a new key from now on, and forgets the old one.
    pub(super) fn rotates(&self) {
        let mut inner = self.0.lock().unwrap();
        (inner.key, inner.kid) = (key(), "e2".into());
    }

    /// The person logs in there: state and code, as the browser brings them back.
    pub(crate) fn logs_in(&self, authorization_url: &str, subject: &str) -> (String, String) {
        let url = Url::parse(authorization_url).unwrap();
        let mut inner = self.0.lock().unwrap();
        assert!(
            authorization_url.starts_with(&format!("{}/authorize?", inner.issuer)),
            "{authorization_url}"
        );
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "kakou"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{authorization_url}");
        }
        let code = hex::encode(rand::random::<[u8; 8]>());
        let kept = (asked["code_challenge"].clone(), asked["nonce"].clone(), subject.to_owned());
        inner.codes.insert(code.clone(), kept);
        (asked["state"].clone(), code)
    }
}

async fn discovery(State(provider): State<TestProvider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
    }))
}

async fn keys(State(provider): State<TestProvider>) -> Json<Value> {
    let inner = provider.0.lock().unwrap();
    let point = inner.key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    Json(json!({"keys": [
        {"kty": "EC", "crv": "P-256", "use": "sig", "kid": inner.kid, "x": text(x), "y": text(y)},
        {"kty": "RSA", "use": "sig", "kid": "r1", "n": text(&RSA.n().to_bytes_be()), "e": text(&RSA.e().to_bytes_be())},
    ]}))
}

async fn token(
    State(provider): State<TestProvider>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let (status, body) = match answered(&provider, &headers, &body) {
        Ok(body) => (StatusCode::OK, body),
        Err(why) => (StatusCode::BAD_REQUEST, json!({ "error": why }).to_string()),
    };
    (status, [("content-type", "application/json")], body)
}

fn answered(provider: &TestProvider, headers: &HeaderMap, body: &str) -> Result<String, &'static str> {
    let mut inner = provider.0.lock().unwrap();
    let basic = format!("Basic {}", Standard.encode(format!("kakou:{SECRET}").as_bytes()));
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&basic) {
        return Err("invalid_client");
    }
    let asked: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let (challenge, nonce, subject) = inner.codes.remove(&asked["code"]).ok_or("invalid_grant")?;
    let proven = text(&Sha256::digest(&asked["code_verifier"])) == challenge;
    let same = asked["redirect_uri"] == REDIRECT && asked["grant_type"] == "authorization_code";
    if !proven || !same || inner.wrong == Wrong::Code {
        return Err("invalid_grant");
    }
    let mut answer = json!({"access_token": "not-looked-at", "token_type": "Bearer"});
    match inner.wrong {
        Wrong::NoToken => {}
        Wrong::NotJson => return Ok("<html>".into()),
        _ => answer["id_token"] = inner.signed(&nonce, &subject).into(),
    }
    Ok(answer.to_string())
}

impl Inner {
    fn signed(&self, nonce: &str, subject: &str) -> String {
        let mut claims = json!({"iss": self.issuer, "sub": subject, "aud": "kakou", "iat": self.now_s - 1,
                                "exp": self.now_s + 300, "nonce": nonce});
        match self.wrong {
            Wrong::Nonce => claims["nonce"] = "of-another-log-in".into(),
            Wrong::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Wrong::Audience => claims["aud"] = "another-portal".into(),
            Wrong::TwoAudiences => claims["aud"] = json!(["kakou", "another-portal"]),
            Wrong::Issuer => claims["iss"] = "https://id.example.cn".into(),
            Wrong::Expired => claims["exp"] = (self.now_s - 1).into(),
            _ => {}
        }
        let (alg, kid) = match self.wrong {
            Wrong::Rsa => ("RS256", "r1"),
            Wrong::AlgNone => ("none", &*self.kid),
            Wrong::Hmac => ("HS256", &*self.kid),
            Wrong::UnknownKey => ("ES256", "e9"),
            _ => ("ES256", &*self.kid),
        };
        let header = json!({"alg": alg, "kid": kid, "typ": "JWT"});
        let signed =
            format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let by = |key: &SigningKey| -> Vec<u8> {
            let signature: Signature = key.sign(signed.as_bytes());
            signature.to_bytes().to_vec()
        };
        let signature = match self.wrong {
            Wrong::AlgNone => Vec::new(),
            Wrong::Rsa => rsa_signature(signed.as_bytes()),
            Wrong::Hmac => {
                use hmac::{Hmac, KeyInit, Mac};
                let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
                mac.update(signed.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            Wrong::OtherKey | Wrong::UnknownKey => by(&key()),
            _ => by(&self.key),
        };
        format!("{signed}.{}", text(&signature))
    }
}

fn rsa_signature(bytes: &[u8]) -> Vec<u8> {
    // The prefix of PKCS #1 for SHA-256; the library's own comes with another version of the hashes.
    let prefix = hex::decode("3031300d060960864801650304020105000420").unwrap();
    let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: prefix.into() };
    RSA.sign(scheme, &Sha256::digest(bytes)).unwrap()
}
