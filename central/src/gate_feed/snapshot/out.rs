//! The lines of a snapshot on their way to its file: hashed as they are, then compressed or not.

use std::io::Write;

use axum::body::Bytes;
use protocols::contract::Hash;
use sha2::{Digest, Sha256};

use super::unwritable;
use crate::store::StoreError;

/// Where lines go: hashed as they are, then compressed or not.
pub(super) struct Out {
    sha: Sha256,
    sink: Sink,
}

enum Sink {
    Plain(Vec<u8>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Out {
    pub(super) fn new(compress: bool) -> std::io::Result<Self> {
        let sink = if compress {
            Sink::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3)?)
        } else {
            Sink::Plain(Vec::new())
        };
        Ok(Self { sha: Sha256::new(), sink })
    }

    pub(super) fn line(&mut self, text: &str) -> Result<(), StoreError> {
        let line = format!("{text}\n");
        self.sha.update(line.as_bytes());
        let written = match &mut self.sink {
            Sink::Plain(bytes) => bytes.write_all(line.as_bytes()),
            Sink::Zstd(encoder) => encoder.write_all(line.as_bytes()),
        };
        written.map_err(|source| unwritable(&source))
    }

    pub(super) fn digest(&self) -> Hash {
        Hash(self.sha.clone().finalize().into())
    }

    pub(super) fn take(&mut self) -> Bytes {
        let bytes = match &mut self.sink {
            Sink::Plain(bytes) => bytes,
            Sink::Zstd(encoder) => encoder.get_mut(),
        };
        std::mem::take(bytes).into()
    }

    pub(super) fn finish(&mut self) -> Result<Bytes, StoreError> {
        match std::mem::replace(&mut self.sink, Sink::Plain(Vec::new())) {
            Sink::Plain(bytes) => Ok(bytes.into()),
            Sink::Zstd(encoder) => Ok(encoder.finish().map_err(|source| unwritable(&source))?.into()),
        }
    }
}
