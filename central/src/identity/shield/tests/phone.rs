//! A phone in software: makes credentials and answers as a browser on one does, rightly or wrongly.

use ciborium::Value as Cbor;
use ed25519_dalek::Signer as _;
use p256::ecdsa::Signature;
use protocols::base64::Alphabet::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What makes a credential.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Es256(p256::ecdsa::SigningKey),
    EdDsa(Box<ed25519_dalek::SigningKey>),
}

/// A phone, with what it and its browser say.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) key: Key,
    pub(crate) id: Vec<u8>,
    pub(crate) counter: u32,
    /// Present (1), verified (4); a new credential (64) is added where one is made.
    pub(crate) flags: u8,
    pub(crate) rp_id: String,
    pub(crate) origin: String,
    pub(crate) cross_origin: bool,
    /// In place of the ceremony's own.
    pub(crate) ceremony: Option<&'static str>,
    /// In place of the key's own (COSE).
    pub(crate) algorithm: Option<i64>,
    pub(crate) user_handle: Option<String>,
}

pub(crate) fn text(bytes: &[u8]) -> String {
    Url.encode(bytes).trim_end_matches('=').to_owned()
}

impl Phone {
    fn new(key: Key) -> Self {
        Self {
            key,
            id: rand::random::<[u8; 20]>().to_vec(),
            counter: 1,
            flags: 0b101,
            rp_id: "localhost".into(),
            origin: "http://localhost:8080".into(),
            cross_origin: false,
            ceremony: None,
            algorithm: None,
            user_handle: None,
        }
    }

    pub(crate) fn es256() -> Self {
        let key = std::iter::repeat_with(|| p256::ecdsa::SigningKey::from_slice(&rand::random::<[u8; 32]>()));
        Self::new(Key::Es256(key.flatten().next().unwrap()))
    }

    pub(crate) fn eddsa() -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&rand::random());
        Self::new(Key::EdDsa(Box::new(key)))
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> Vec<u8> {
        // Browsers add members; who reads them must not mind.
        let told = json!({"type": self.ceremony.unwrap_or(ceremony), "challenge": options["challenge"], "origin": self.origin,
                          "crossOrigin": self.cross_origin, "other_keys_can_be_added_here": "do not compare clientDataJSON against a template"});
        told.to_string().into_bytes()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        [Sha256::digest(&self.rp_id).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// The key as COSE writes it.
    pub(crate) fn cose(&self) -> Vec<u8> {
        let members: Vec<(i64, Cbor)> = match &self.key {
            Key::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let (x, y) = point.as_bytes()[1..].split_at(32);
                vec![
                    (1, 2.into()),
                    (3, self.algorithm.unwrap_or(-7).into()),
                    (-1, 1.into()),
                    (-2, x.into()),
                    (-3, y.into()),
                ]
            }
            Key::EdDsa(key) => vec![
                (1, 1.into()),
                (3, self.algorithm.unwrap_or(-8).into()),
                (-1, 6.into()),
                (-2, key.verifying_key().as_bytes().as_slice().into()),
            ],
        };
        let map = Cbor::Map(members.into_iter().map(|(label, value)| (label.into(), value)).collect());
        written(&map)
    }

    /// What it makes for creation options.
    pub(crate) fn make(&self, options: &Value) -> Value {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let told = [&*self.head(self.flags | 64), &[7; 16], &length, &self.id, &self.cose()].concat();
        let object = Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(Vec::new())),
            ("authData".into(), told.as_slice().into()),
        ]);
        json!({"id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
               "response": {"clientDataJSON": text(&self.client_data("webauthn.create", options)), "attestationObject": text(&written(&object))}})
    }

    /// What it answers to request options; it counts, unless it never did.
    pub(crate) fn answer(&mut self, options: &Value) -> Value {
        if self.counter > 0 {
            self.counter += 1;
        }
        self.answer_again(options)
    }

    /// The same without counting.
    pub(crate) fn answer_again(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let told = self.head(self.flags);
        let signed = [told.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = match &self.key {
            Key::Es256(key) => {
                let signature: Signature = key.sign(&signed);
                signature.to_der().as_bytes().to_vec()
            }
            Key::EdDsa(key) => key.sign(&signed).to_bytes().to_vec(),
        };
        json!({"id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
               "response": {"clientDataJSON": text(&client_data), "authenticatorData": text(&told), "signature": text(&signature),
                            "userHandle": self.user_handle}})
    }
}

fn written(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
