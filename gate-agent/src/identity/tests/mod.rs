//! The gate's identity on a disk and on a line: what is kept, what is believed, what is renewed.

mod exchange;
mod files;
mod line;
mod receipts;
mod renewal;

use std::{net::SocketAddr, sync::Arc};

use protocols::{
    base64::Alphabet::Standard,
    contract::{Credentials, EventsReceipt, Hash, IndexSignature, RECEIPTS_NAME, UtcMillis},
    ids::{GateId, YardId},
    ikey::{Algorithm, Authority, Certificate, End, Period, PrivateKey, SigningRequest},
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{GateKey, Identity, IdentityFiles, IdentityKeeper, TrustedTime};
use crate::clock::SimClock;

const DAY: i64 = 86_400_000;

pub(crate) fn noon() -> UtcMillis {
    UtcMillis::parse("2025-10-13T04:00:00Z").unwrap()
}

fn after(days: i64) -> UtcMillis {
    UtcMillis::from_millis(noon().as_millis() + days * DAY)
}

fn period(from: i64, until: i64) -> Period {
    Period { from: after(from), until: after(until) }
}

pub(crate) fn authority() -> Authority {
    Authority::generate("a", Algorithm::Es256, period(-100, 7000)).unwrap()
}

/// What a centre with this authority answers to a gate's request.
fn credentials(authority: &Authority, csr: &str, (from, until): (i64, i64)) -> Credentials {
    credentials_of("0708-G02", authority, csr, (from, until))
}

fn credentials_of(gate: &str, authority: &Authority, csr: &str, (from, until): (i64, i64)) -> Credentials {
    let key = SigningRequest::from_pem(csr).unwrap().key().clone();
    let end = End::Client(format!("urn:kakou:gate:07080000001:{gate}"));
    let made = authority.certify_end(gate, &end, &key, period(from, until)).unwrap();
    Credentials {
        gate_id: GateId::parse(gate).unwrap(),
        yard_id: YardId::parse("07080000001").unwrap(),
        certificate: made.to_pem().unwrap().into(),
        authorities: vec![authority.certificate().to_pem().unwrap().into()],
        not_before: after(from),
        not_after: after(until),
    }
}

/// An identity of this authority, good from so many days to so many.
pub(crate) fn identity(authority: &Authority, life: (i64, i64)) -> Identity {
    let key = GateKey::generate().unwrap();
    Identity::new(&key, credentials(authority, &key.request().unwrap(), life))
}

/// The same of another gate of the yard.
pub(crate) fn identity_of(gate: &str, authority: &Authority, life: (i64, i64)) -> Identity {
    let key = GateKey::generate().unwrap();
    Identity::new(&key, credentials_of(gate, authority, &key.request().unwrap(), life))
}

/// A keeper over a folder that has this identity.
pub(crate) fn keeper(
    folder: &std::path::Path,
    clock: &Arc<SimClock>,
    identity: Option<&Identity>,
) -> Arc<IdentityKeeper> {
    let files = IdentityFiles::in_folder(folder);
    if let Some(identity) = identity {
        files.save(identity).unwrap();
    }
    let time = Arc::new(TrustedTime::new(Arc::clone(clock) as _, files.floor()));
    IdentityKeeper::open(files, time)
}

/// A centre's end for `localhost`, by this authority, in this period.
fn centres_end(authority: &Authority, names: &[&str], life: (i64, i64)) -> (Certificate, PrivateKey) {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let end = End::Server(names.iter().map(|name| (*name).to_owned()).collect());
    (authority.certify_end("c", &end, &key.public(), period(life.0, life.1)).unwrap(), key)
}

/// Answers every request over TLS with what `answer` makes of it, head and body; the port.
async fn serve(
    end: (Certificate, PrivateKey),
    authority: &Authority,
    answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
) -> SocketAddr {
    let chain = [&end.0, authority.certificate()].map(|one| CertificateDer::from(one.der().to_vec()));
    let key = PrivateKeyDer::from_pem_slice(end.1.to_pem().unwrap().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.to_vec(), key)
        .unwrap();
    let (tls, answer) = (TlsAcceptor::from(Arc::new(config)), Arc::new(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, answer) = (tls.clone(), Arc::clone(&answer));
            tokio::spawn(async move {
                let Ok(mut stream) = tls.accept(stream).await else { return };
                let mut asked = vec![0; 64 * 1024];
                // Requests of these tests come in one or two pieces, with their length in the head.
                let mut length = stream.read(&mut asked).await.unwrap_or(0);
                while !is_whole(&asked[..length]) {
                    match stream.read(&mut asked[length..]).await {
                        Ok(more) if more > 0 => length += more,
                        _ => return,
                    }
                }
                let (status, body) = answer(&String::from_utf8_lossy(&asked[..length]));
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                drop(stream.write_all([head, body].concat().as_bytes()).await);
                drop(stream.shutdown().await);
            });
        }
    });
    at
}

fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// A hello's answer at this time, with these authorities.
fn hello(at: UtcMillis, authorities: &[&Authority]) -> String {
    let pem: Vec<_> = authorities.iter().map(|one| one.certificate().to_pem().unwrap()).collect();
    let (hash, pem) = (Hash::ZERO, serde_json::to_string(&pem).unwrap());
    format!(
        r#"{{"epoch":1,"expected_seq":1,"expected_hash":"{hash}","revision":1,"time":"{at}","authorities":{pem}}}"#
    )
}

/// A receipt as a centre would sign it.
pub(crate) fn unsigned(epoch: u32, seq: u64, hash: Hash) -> EventsReceipt {
    EventsReceipt {
        gate_id: GateId::parse("0708-G02").unwrap(),
        epoch,
        seq,
        hash,
        at: noon(),
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    }
}

/// What a centre would sign of a snapshot.
pub(crate) fn unsigned_index(revision: u64, sha256: Hash) -> IndexSignature {
    IndexSignature {
        yard_id: YardId::parse("07080000001").unwrap(),
        from: None,
        revision,
        mark: None,
        sha256,
        nonce: None,
        at: noon(),
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    }
}

/// What a centre signs receipts with.
pub(crate) struct Signer {
    certificate: Certificate,
    key: PrivateKey,
}

impl Signer {
    pub(crate) fn of(authority: &Authority) -> Self {
        let (certificate, key) = centres_end(authority, &[RECEIPTS_NAME], (-1, 45));
        Self { certificate, key }
    }

    pub(crate) fn sign(&self, mut receipt: EventsReceipt) -> EventsReceipt {
        receipt.certificate = self.certificate.to_pem().unwrap().into();
        let signature = self.key.sign(&receipt.signed_bytes().unwrap()).unwrap();
        receipt.signature = Standard.encode(&signature).into();
        receipt
    }

    pub(crate) fn sign_index(&self, mut signed: IndexSignature) -> IndexSignature {
        signed.certificate = self.certificate.to_pem().unwrap().into();
        let signature = self.key.sign(&signed.signed_bytes().unwrap()).unwrap();
        signed.signature = Standard.encode(&signature).into();
        signed
    }
}
