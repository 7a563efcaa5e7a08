//! `GET snapshot`: a yard's whole index at one revision, a JSON object a line.
//! Promises: all lines come from one read transaction, so they show exactly the head's revision; memory is bounded by a page of rows,
//! however long the index is; the last line proves that nothing is missing.
//! Order: entries by medium type and key, then stubs, denied media, policy.

use std::io::Write;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use protocols::{
    contract::{Hash, SnapshotHead, SnapshotTail},
    ids::YardId,
};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};

use super::publish::{DENY, ENTRY, POLICY, STUB, revision};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::GateCaller,
    store::{StoreError, all, column, one, to_json},
};

const PAGE: i64 = 2000;

/// The yard's index.
///
/// # Errors
/// 401, 500.
#[utoipa::path(get, path = "/gate/v1/snapshot", tag = "gate",
    responses((status = 200, description = "NDJSON, zstd when accepted: head, rows, tail", body = String, content_type = "application/x-ndjson")))]
pub async fn snapshot(
    State(central): State<Central>,
    gate: GateCaller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compress = accepted.split(',').any(|name| name.trim().split(';').next() == Some("zstd"));
    let reading = Reading {
        tx: central.store().begin_read().await?,
        yard: gate.yard_id,
        place: Place::Head,
        out: Out::new(compress).map_err(|source| Problem::from(unwritable(&source)))?,
    };
    let lines = stream::try_unfold(reading, async |mut reading| {
        let bytes = reading.next().await.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "a snapshot broke off");
        })?;
        Ok::<_, StoreError>(bytes.map(|bytes| (bytes, reading)))
    });
    let mut response = Body::from_stream(lines).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-ndjson"));
    if compress {
        headers.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("zstd"));
    }
    Ok(response)
}

fn unwritable(source: &std::io::Error) -> StoreError {
    StoreError::Value { what: "snapshot", value: source.to_string() }
}

/// How far the reading is.
enum Place {
    Head,
    Rows { kind: &'static str, after: (String, String, String) },
    Tail,
    End,
}

struct Reading {
    tx: DatabaseTransaction,
    yard: YardId,
    place: Place,
    out: Out,
}

impl Reading {
    fn rows_of(kind: &'static str) -> Place {
        Place::Rows { kind, after: Default::default() }
    }

    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            match std::mem::replace(&mut self.place, Place::End) {
                Place::Head => {
                    let head = self.head().await?;
                    self.out.line(&to_json("snapshot head", &head)?)?;
                    self.place = Self::rows_of(ENTRY);
                }
                Place::Rows { kind, after } => self.place = self.page(kind, after).await?,
                Place::Tail => {
                    let tail = SnapshotTail { sha256: self.out.digest() };
                    self.out.line(&to_json("snapshot tail", &tail)?)?;
                    return Ok(Some(self.out.finish()?));
                }
                Place::End => return Ok(None),
            }
            let bytes = self.out.take();
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }

    async fn head(&self) -> Result<SnapshotHead, StoreError> {
        let count = async |kind: &str| -> Result<u64, StoreError> {
            let sql = "SELECT COUNT(*) AS rows_there FROM index_row WHERE yard_id = $1 AND kind = $2";
            let row = one(&self.tx, sql, [self.yard.as_str().into(), kind.into()]).await?;
            let count: i64 = row.map_or(Ok(0), |row| column(&row, "rows_there"))?;
            Ok(count.unsigned_abs())
        };
        Ok(SnapshotHead {
            yard_id: self.yard,
            revision: revision(&self.tx, &self.yard).await?,
            entries: count(ENTRY).await?,
            stubs: count(STUB).await?,
            denied: count(DENY).await?,
        })
    }

    async fn page(
        &mut self,
        kind: &'static str,
        after: (String, String, String),
    ) -> Result<Place, StoreError> {
        let sql = "SELECT medium_type, medium_key, name, body FROM index_row WHERE yard_id = $1 AND kind = $2
                   AND (medium_type, medium_key, name) > ($3, $4, $5)
                   ORDER BY medium_type, medium_key, name LIMIT $6";
        let values = [
            self.yard.as_str().into(),
            kind.into(),
            after.0.into(),
            after.1.into(),
            after.2.into(),
            PAGE.into(),
        ];
        // A denied medium has no name: (type, key, "") comes after any ("", "", "") all the same.
        let rows = all(&self.tx, sql, values).await?;
        for row in &rows {
            let body: String = column(row, "body")?;
            self.out.line(&format!("{{\"t\":\"{kind}\",{}", body.strip_prefix('{').unwrap_or("}")))?;
        }
        Ok(match rows.last().filter(|_| i64::try_from(rows.len()) == Ok(PAGE)) {
            Some(last) => Place::Rows {
                kind,
                after: (column(last, "medium_type")?, column(last, "medium_key")?, column(last, "name")?),
            },
            None => match kind {
                ENTRY => Self::rows_of(STUB),
                STUB => Self::rows_of(DENY),
                DENY => Self::rows_of(POLICY),
                _ => Place::Tail,
            },
        })
    }
}

/// Where lines go: hashed as they are, then compressed or not.
struct Out {
    sha: Sha256,
    sink: Sink,
}

enum Sink {
    Plain(Vec<u8>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Out {
    fn new(compress: bool) -> std::io::Result<Self> {
        let sink = if compress {
            Sink::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3)?)
        } else {
            Sink::Plain(Vec::new())
        };
        Ok(Self { sha: Sha256::new(), sink })
    }

    fn line(&mut self, text: &str) -> Result<(), StoreError> {
        let line = format!("{text}\n");
        self.sha.update(line.as_bytes());
        let written = match &mut self.sink {
            Sink::Plain(bytes) => bytes.write_all(line.as_bytes()),
            Sink::Zstd(encoder) => encoder.write_all(line.as_bytes()),
        };
        written.map_err(|source| unwritable(&source))
    }

    fn digest(&self) -> Hash {
        Hash(self.sha.clone().finalize().into())
    }

    fn take(&mut self) -> Bytes {
        let bytes = match &mut self.sink {
            Sink::Plain(bytes) => bytes,
            Sink::Zstd(encoder) => encoder.get_mut(),
        };
        std::mem::take(bytes).into()
    }

    fn finish(&mut self) -> Result<Bytes, StoreError> {
        match std::mem::replace(&mut self.sink, Sink::Plain(Vec::new())) {
            Sink::Plain(bytes) => Ok(bytes.into()),
            Sink::Zstd(encoder) => Ok(encoder.finish().map_err(|source| unwritable(&source))?.into()),
        }
    }
}
