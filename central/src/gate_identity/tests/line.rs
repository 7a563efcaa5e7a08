//! The listener on a real socket: who gets through a handshake, and who keeps nobody out.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use protocols::ikey::{Algorithm, PrivateKey, SigningRequest};
use rustls::{
    ClientConfig, RootCertStore, SignatureScheme,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{DAY, GATE, GatePeer, Line};
use crate::{
    gate_identity::{listener::TlsListener, upkeep},
    router,
    test_app::TestApp,
};

async fn serving(app: &TestApp) -> SocketAddr {
    let central = app.central.clone();
    let authorities = central.gate_authorities().unwrap();
    let end = upkeep::own_end(central.config(), &authorities, central.store().clock().now()).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap();
    let listener = TlsListener::new(tcp, Arc::new(end)).unwrap();
    let service = router::gates_router(central).into_make_service_with_connect_info::<GatePeer>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    at
}

/// Shows a certificate whether the key is its own or not, as a thief would.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A client that believes the centre's authority, and shows this certificate as the holder of this key.
fn client(app: &TestApp, shown: Option<(&str, &PrivateKey)>) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for authority in app.central.gate_authorities().unwrap().certificates() {
        roots.add(CertificateDer::from(authority.der().to_vec())).unwrap();
    }
    // What the wall says is not what the standing clock of the test says.
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let config = match shown {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.to_pem().unwrap().as_bytes()).unwrap();
            let key = rustls::crypto::ring::sign::any_ecdsa_type(&key).unwrap();
            config.with_client_cert_resolver(Arc::new(Shown(Arc::new(CertifiedKey::new(chain, key)))))
        }
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

async fn ask(
    client: &reqwest::Client,
    at: SocketAddr,
    path: &str,
    body: Option<Value>,
) -> Option<StatusCode> {
    let url = format!("https://{at}{path}");
    let request = match body {
        None => client.get(url),
        Some(body) => client.post(url).json(&body),
    };
    let answer = request.send().await.ok()?;
    Some(StatusCode::from_u16(answer.status().as_u16()).unwrap())
}

async fn today() -> TestApp {
    // A real handshake is judged by the real time, which the test's clock is put to.
    let app = TestApp::open().await;
    let now = crate::clock::Clock::system().now();
    app.central.store().clock().set(now);
    app
}

/// fault C9: a certificate is worth what its key is worth: without a certificate health only, with its own key the line, with another's
/// key nothing, and over plain HTTP nothing.
#[tokio::test]
async fn a_certificate_is_worth_nothing_without_its_key() {
    let app = today().await;
    let line = Line::of(&app);
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let body = json!({"code": line.code(GATE).await, "csr": SigningRequest::made_with(&key).unwrap()});
    let (_, answer) = line.post("/gate/v1/enrol", None, body).await;
    let certificate = answer["certificate"].as_str().unwrap();
    let at = serving(&app).await;
    let hello = || Some(json!({"gate_id": GATE, "store_id": "s1", "version": "0.1.0"}));

    let nobody = client(&app, None);
    assert_eq!(ask(&nobody, at, "/healthz", None).await, Some(StatusCode::OK));
    assert_eq!(ask(&nobody, at, "/gate/v1/hello", hello()).await, Some(StatusCode::UNAUTHORIZED));
    let own = client(&app, Some((certificate, &key)));
    assert_eq!(ask(&own, at, "/gate/v1/hello", hello()).await, Some(StatusCode::OK));
    let thief = client(&app, Some((certificate, &PrivateKey::generate(Algorithm::Es256).unwrap())));
    assert_eq!(ask(&thief, at, "/healthz", None).await, None);
    let plain = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    assert!(plain.get(format!("http://{at}/healthz")).send().await.is_err());
}

/// fault B1: neither the handshake nor the judge behind it looks at when a certificate begins: it was issued by a clock that was ahead.
#[tokio::test]
async fn a_certificate_that_begins_later_opens_the_line() {
    let app = today().await;
    let line = Line::of(&app);
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    line.wait(40 * DAY);
    let body = json!({"code": line.code(GATE).await, "csr": SigningRequest::made_with(&key).unwrap()});
    let (_, answer) = line.post("/gate/v1/enrol", None, body).await;
    line.wait(-40 * DAY);
    let at = serving(&app).await;
    let own = client(&app, Some((answer["certificate"].as_str().unwrap(), &key)));
    let hello = json!({"gate_id": GATE, "store_id": "s1", "version": "0.1.0"});
    assert_eq!(ask(&own, at, "/gate/v1/hello", Some(hello)).await, Some(StatusCode::OK));
}

/// Callers who say nothing, more of them than there are places, keep nobody out.
#[tokio::test]
async fn callers_who_say_nothing_keep_nobody_out() {
    let app = today().await;
    let at = serving(&app).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(at).await.unwrap());
    }
    let nobody = client(&app, None);
    let answered = tokio::time::timeout(Duration::from_secs(30), ask(&nobody, at, "/healthz", None)).await;
    assert_eq!(answered.expect("before their time is over"), Some(StatusCode::OK));
}
