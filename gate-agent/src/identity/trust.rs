//! Whom the gate believes to be the centre: only what its own authorities have certified, at the trusted time, under the name that it calls.
//! Promises: no authority of the system, no fallback, no trust on first use: before enrolment the authority is known by the fingerprint
//! that a person has brought; each failure of a handshake has its precise reason.
//! Source: fault C9; OWASP ASVS 5.0 12.3; docs/decisions 0080.

use std::{error::Error, io, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use sha2::{Digest, Sha256};

use super::{file::Identity, key::KeyError, time::TrustedTime};

/// Why a handshake failed, in words for a person at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Intercepted, another centre, or one whose authority was exchanged while the gate was away.
    #[error(
        "what answers there is certified by an authority that this gate does not know: the line is intercepted, or the centre has another authority; enrol the gate again if it has"
    )]
    UnknownAuthority,
    /// Over, by the trusted time.
    #[error("the centre's certificate has expired, by this gate's time")]
    Expired,
    /// Not yet, by the trusted time.
    #[error("the centre's certificate is not valid yet: this gate's clock is behind")]
    NotYetValid,
    /// Another name.
    #[error(
        "the centre's certificate does not carry the name in centre.url: gates.names of the centre must have it"
    )]
    WrongName,
    /// A page that asks to log in, a proxy, or plain HTTP.
    #[error(
        "what answers there does not speak TLS: a proxy or a log-in page of the network, perhaps, or the wrong port"
    )]
    NoTls,
    /// The centre ended the handshake.
    #[error("the centre refused the handshake: the gate's certificate or its key cannot be used")]
    Refused,
    /// Whatever else.
    #[error("the centre's certificate cannot be verified")]
    Unverified,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A certificate or an authority in the identity's file.
    #[error("a certificate in the gate's identity cannot be read: enrol the gate again")]
    Certificate,
    /// The key.
    #[error("the key of this gate")]
    Key(#[from] KeyError),
    /// The library.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// The line of a gate that is enrolled.
///
/// # Errors
/// [`TrustError`].
pub fn certified(identity: &Identity, time: Arc<TrustedTime>) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    for authority in &identity.authorities {
        roots.add(certificate(authority)?).map_err(|_| TrustError::Certificate)?;
    }
    let chain = vec![certificate(&identity.certificate)?];
    let config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, identity.key()?.der())?;
    Ok(plain_requests(config))
}

/// The line of a gate that knows a fingerprint and nothing else.
///
/// # Errors
/// [`TrustError`].
pub(super) fn by_fingerprint(
    authority: [u8; 32],
    time: Arc<TrustedTime>,
) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = ByFingerprint { authority, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(plain_requests(config))
}

fn plain_requests(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed line would not show a renewed certificate.
    config.resumption = rustls::client::Resumption::disabled();
    config
}

fn certificate(pem: &str) -> Result<CertificateDer<'static>, TrustError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| TrustError::Certificate)
}

/// Takes the one authority of that fingerprint out of what the centre shows, and then verifies as ever.
#[derive(Debug)]
struct ByFingerprint {
    authority: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByFingerprint {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let is_it = |shown: &&CertificateDer<'_>| <[u8; 32]>::from(Sha256::digest(shown)) == self.authority;
        let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let authority = intermediates.iter().find(is_it).ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider));
        let verifier = verifier.build().map_err(|_| unknown())?;
        verifier.verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
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
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What of a failed request was TLS's, if anything was.
#[must_use]
pub fn why(error: &(dyn Error + 'static)) -> Option<Untrusted> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(reason(tls));
        }
        // What a socket's error carries is not its source, and may be such an error again.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}

fn reason(error: &rustls::Error) -> Untrusted {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error {
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            Untrusted::UnknownAuthority
        }
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            Untrusted::Expired
        }
        InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            Untrusted::NotYetValid
        }
        InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Untrusted::WrongName,
        InvalidMessage(_) => Untrusted::NoTls,
        AlertReceived(_) => Untrusted::Refused,
        _ => Untrusted::Unverified,
    }
}
