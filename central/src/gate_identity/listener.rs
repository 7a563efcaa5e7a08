//! The gates' listener: TLS 1.3, and a certificate of whoever calls if it has one.
//! Promises: a handshake proves that the caller has the key of what it shows; what that is worth is judged at each request, where a refusal
//! can say why and an expired gate can still ask for its renewal. Handshakes go on beside each other; of too many, or after five seconds,
//! the oldest ends, so that callers who say nothing keep nobody out; nor do those who say nothing behind it (`Patient`).
//! Absent on purpose: routes (`router`), judging (`peer`).
//! Source: docs/decisions 0080.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures::{
    StreamExt,
    future::{AbortHandle, BoxFuture},
    stream::{Abortable, FuturesUnordered},
};
use protocols::ikey::{Certificate, IkeyError, PrivateKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        ClientHello, NoServerSessionStorage, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::peer::GatePeer;
use crate::connection::{self, Door, Patient};

/// A line of a mountain yard needs two.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Handshakes under way at most.
const MOST: usize = 256;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The centre's own key.
    #[error("the centre's own key cannot be used")]
    Key(#[from] IkeyError),
    /// The library refuses.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The key is not in the form in which the library takes it.
    #[error("the centre's own key cannot be read")]
    Form,
}

/// What the centre shows: its certificate, which is exchanged while it runs, and the authority's, by which a gate that has nothing but a
/// fingerprint knows it.
#[derive(Debug)]
pub struct OwnEnd(RwLock<Arc<CertifiedKey>>);

impl OwnEnd {
    /// Of this certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(own: &(Certificate, PrivateKey), authority: &Certificate) -> Result<Self, TlsError> {
        Ok(Self(RwLock::new(certified(own, authority)?)))
    }

    /// From the next handshake on another one.
    ///
    /// # Errors
    /// [`TlsError`]; the one before stays then.
    pub fn exchange(&self, own: &(Certificate, PrivateKey), authority: &Certificate) -> Result<(), TlsError> {
        let made = certified(own, authority)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(())
    }
}

fn certified(
    own: &(Certificate, PrivateKey),
    authority: &Certificate,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = [&own.0, authority].map(|certificate| CertificateDer::from(certificate.der().to_vec()));
    let key = PrivateKeyDer::from_pem_slice(own.1.to_pem()?.as_bytes()).map_err(|_| TlsError::Form)?;
    Ok(Arc::new(CertifiedKey::new(chain.to_vec(), ring::sign::any_ecdsa_type(&key)?)))
}

impl ResolvesServerCert for OwnEnd {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Takes any certificate whose key the caller has.
#[derive(Debug)]
struct AnyKeyHolder(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyKeyHolder {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

type Handshake = Abortable<BoxFuture<'static, (u64, Option<(TlsStream<TcpStream>, SocketAddr)>)>>;

/// Accepts, and shakes hands.
pub struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
    door: Door,
    under_way: FuturesUnordered<Handshake>,
    /// By number, so that the first is the oldest.
    handles: BTreeMap<u64, AbortHandle>,
    came: u64,
}

impl TlsListener {
    /// Over this socket.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(tcp: TcpListener, own: Arc<OwnEnd>) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(AnyKeyHolder(provider)))
            .with_cert_resolver(own);
        // Each connection proves its key anew.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let (under_way, handles) = (FuturesUnordered::new(), BTreeMap::new());
        let (tls, door) = (TlsAcceptor::from(Arc::new(config)), Door::default());
        Ok(Self { tcp, tls, door, under_way, handles, came: 0 })
    }

    fn begin(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.under_way.len() >= MOST
            && let Some((_, oldest)) = self.handles.pop_first()
        {
            oldest.abort();
        }
        connection::set_up(&stream);
        self.came += 1;
        let (number, tls) = (self.came, self.tls.clone());
        let handshake = async move {
            let done = match timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => Some((stream, address)),
                Ok(Err(error)) => {
                    tracing::warn!(from = %address.ip(), "no TLS with {}: {error}", address.ip());
                    None
                }
                Err(_) => {
                    tracing::info!(from = %address.ip(), "a handshake took too long");
                    None
                }
            };
            (number, done)
        };
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.insert(number, handle);
        self.under_way.push(Abortable::new(Box::pin(handshake), registration));
    }
}

impl Listener for TlsListener {
    type Io = Patient<TlsStream<TcpStream>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(done) = self.under_way.next() => {
                    let Ok((number, done)) = done else { continue };
                    self.handles.remove(&number);
                    if let Some((stream, address)) = done {
                        return (Patient::by(&self.door, stream).await, address);
                    }
                }
                came = self.tcp.accept() => match came {
                    Ok((stream, address)) => self.begin(stream, address),
                    Err(error) => {
                        tracing::warn!(%error, "a connection of a gate cannot be accepted");
                        sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for GatePeer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let shown = stream.io().stream().get_ref().1.peer_certificates().and_then(<[_]>::first);
        Self { address: *stream.remote_addr(), certificate: shown.map(|shown| Arc::from(shown.as_ref())) }
    }
}
