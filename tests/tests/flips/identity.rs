//! What centre and gate believe each other by: the certificate that a centre shows, and what it signs.

use std::{sync::Arc, time::Duration};

use gate_agent::identity::verify_receipt;
use protocols::{
    base64::Alphabet::Standard,
    contract::{EventsReceipt, Hash, IndexSignature, RECEIPTS_NAME, UtcMillis},
    ikey::{Algorithm, Authority, Certificate, End, Period, PrivateKey},
};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::plan;

const DAY_MS: i64 = 86_400_000;
const CENTRE: &str = "centre.kakou.invalid";

/// An authority of gates, and a certificate of it with its key.
pub(crate) struct Trust {
    authority: Authority,
    end: Certificate,
    key: PrivateKey,
}

fn period(days: i64) -> Period {
    let start = plan::start().as_millis();
    let [from, until] = [start - DAY_MS, start + days * DAY_MS].map(UtcMillis::from_millis);
    Period { from, until }
}

impl Trust {
    fn of(name: &str) -> Self {
        let authority = Authority::generate("authority", Algorithm::Es256, period(3650)).unwrap();
        let key = PrivateKey::generate(Algorithm::Es256).unwrap();
        let end = End::Server(vec![name.to_owned()]);
        let end = authority.certify_end(name, &end, &key.public(), period(90)).unwrap();
        Self { authority, end, key }
    }

    /// Of the centre's end of the line.
    pub(crate) fn of_the_line() -> Self {
        Self::of(CENTRE)
    }

    /// Of the centre's receipts.
    pub(crate) fn of_receipts() -> Self {
        Self::of(RECEIPTS_NAME)
    }

    /// The certificate, as it goes over the line.
    pub(crate) fn certificate(&self) -> &[u8] {
        self.end.der()
    }

    /// Whether these bytes are the centre's certificate to a gate that knows the authority (`gate-agent` `identity/trust`).
    pub(crate) fn is_believed(&self, shown: &[u8]) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.authority.certificate().der())).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_millis(plan::start().as_millis().unsigned_abs()));
        let name = ServerName::try_from(CENTRE).unwrap();
        verifier.verify_server_cert(&CertificateDer::from(shown), &[], &name, &[], now).is_ok()
    }

    /// A receipt, as it is sent and kept.
    pub(crate) fn receipt(&self) -> Vec<u8> {
        let mut receipt = EventsReceipt {
            gate_id: plan::gate_id(0),
            epoch: 3,
            seq: 120_417,
            hash: Hash([7; 32]),
            at: plan::start(),
            certificate: self.end.to_pem().unwrap().into(),
            signature: Box::default(),
            more: serde_json::Map::new(),
        };
        let signature = self.key.sign(&receipt.signed_bytes().unwrap()).unwrap();
        receipt.signature = Standard.encode(&signature).into();
        serde_json::to_vec(&receipt).unwrap()
    }

    /// What a gate takes these bytes for, when it believes them.
    pub(crate) fn read_receipt(&self, bytes: &[u8]) -> Option<EventsReceipt> {
        let receipt: EventsReceipt = serde_json::from_slice(bytes).ok()?;
        verify_receipt(&receipt, &[self.authority()]).ok()?;
        Some(receipt)
    }

    /// By whom the centre is known, PEM.
    pub(crate) fn authority(&self) -> Box<str> {
        self.authority.certificate().to_pem().unwrap().into()
    }

    /// Signs what is told of an index.
    pub(crate) fn sign(&self, mut signed: IndexSignature) -> IndexSignature {
        signed.certificate = self.end.to_pem().unwrap().into();
        let signature = self.key.sign(&signed.signed_bytes().unwrap()).unwrap();
        signed.signature = Standard.encode(&signature).into();
        signed
    }
}
