//! `GET snapshot`: a yard's whole index at one revision, a JSON object a line.
//! Promises: all lines come from one read transaction, so they show exactly the head's revision; it ends before the first byte is
//! sent, so a slow line keeps a file and nothing else, and that within bounds (`under_way`); memory is bounded by a page of rows, however
//! long the index is; the last line proves that nothing is missing, over TLS in the centre's own hand (decision 0087). The file has no name:
//! it is gone with its last reader, also after a kill.
//! Order: entries by medium type and key, then stubs, denied media, policy.

mod out;
pub mod under_way;

use std::io::SeekFrom;

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use protocols::{
    contract::{Hash, SnapshotHead, SnapshotTail},
    ids::YardId,
};
use sea_orm::DatabaseTransaction;
use serde::Deserialize;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};

use out::Out;
use under_way::{Over, Ticket};

use super::{
    mark,
    publish::{DENY, ENTRY, POLICY, STUB, revision},
};
use crate::{
    app::Central,
    declaration::problem::Problem,
    gate_identity::index,
    identity::GateCaller,
    store::{StoreError, all, column, one, to_json},
};

const PAGE: i64 = 500;
/// Bytes of the file sent at once.
const PIECE: usize = 64 * 1024;
/// When a gate comes back for which there was no room: others are to take megabytes until then.
const NO_ROOM_S: u32 = 10;

/// What is asked for.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Any number, which the signature is to name.
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    nonce: Option<Hash>,
}

/// The yard's index.
///
/// # Errors
/// 400, 401, 500, 503 while as many snapshots are being made as `feed.max_snapshots` allows, or those under way take the room of `feed.max_snapshot_mb`.
#[utoipa::path(get, path = "/gate/v1/snapshot", tag = "gate", params(Asked),
    responses((status = 200, description = "NDJSON, zstd when accepted: head, rows, tail", body = String, content_type = "application/x-ndjson"),
              (status = 503, description = "come back later")))]
pub async fn snapshot(
    State(central): State<Central>,
    gate: GateCaller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Before there is a place: what the gate has given up may hold it.
    let ticket = central.snapshots_under_way().begin(&gate.gate_id);
    let Some(place) = central.snapshot_place() else { return Err(Problem::busy(1)) };
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compress = accepted.split(',').any(|name| name.trim().split(';').next() == Some("zstd"));
    let hand = gate.is_certified().then_some(Hand { central: &central, nonce: asked.nonce });
    let (file, length) = written(&central, gate.yard_id, hand, compress, &ticket).await?;
    drop(place);
    ticket.send(file)?;
    let mut response = Body::from_stream(pieces(ticket)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if compress {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    }
    Ok(response)
}

/// Who signs, where there is an authority to verify it by.
struct Hand<'a> {
    central: &'a Central,
    nonce: Option<Hash>,
}

/// Writes the whole snapshot to a file; the transaction ends here.
async fn written(
    central: &Central,
    yard: YardId,
    hand: Option<Hand<'_>>,
    compress: bool,
    ticket: &Ticket,
) -> Result<(File, u64), Problem> {
    let file = tempfile::tempfile_in(&central.config().store.data_dir);
    let mut file = File::from_std(file.map_err(|source| unwritable(&source))?);
    let mut reading = Reading {
        tx: central.store().begin_read().await?,
        yard,
        hand,
        head: None,
        place: Place::Head,
        out: Out::new(compress).map_err(|source| unwritable(&source))?,
    };
    let mut length = 0;
    while let Some(bytes) = reading.next().await? {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        ticket.grow(more)?;
        file.write_all(&bytes).await.map_err(|source| unwritable(&source))?;
        length += more;
    }
    reading.tx.commit().await.map_err(StoreError::from)?;
    file.flush().await.map_err(|source| unwritable(&source))?;
    file.seek(SeekFrom::Start(0)).await.map_err(|source| unwritable(&source))?;
    Ok((file, length))
}

/// The file from here to its end, or as far as it is under way: an answer that is cut is none.
fn pieces(ticket: Ticket) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(ticket, async |ticket| {
        let Some(mut file) = ticket.file() else { return Err(std::io::ErrorKind::ConnectionAborted.into()) };
        let mut piece = Vec::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "a snapshot broke off");
        })?;
        ticket.give_back(file, u64::try_from(read).unwrap_or(u64::MAX));
        Ok((read > 0).then(|| (Bytes::from(piece), ticket)))
    })
}

impl From<Over> for Problem {
    fn from(over: Over) -> Self {
        match over {
            // Nobody waits for the answer any more.
            Over::Ended => Self::busy(1),
            Over::NoRoom => Self::busy(NO_ROOM_S),
        }
    }
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

struct Reading<'a> {
    tx: DatabaseTransaction,
    yard: YardId,
    hand: Option<Hand<'a>>,
    /// What was told first.
    head: Option<SnapshotHead>,
    place: Place,
    out: Out,
}

impl Reading<'_> {
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
                    self.head = Some(head);
                    self.place = Self::rows_of(ENTRY);
                }
                Place::Rows { kind, after } => self.place = self.page(kind, after).await?,
                Place::Tail => {
                    let tail = self.tail();
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
        let revision = revision(&self.tx, &self.yard).await?;
        let mark = mark::at(&self.tx, &self.yard, i64::try_from(revision).unwrap_or(i64::MAX)).await?;
        Ok(SnapshotHead {
            yard_id: self.yard,
            revision,
            entries: count(ENTRY).await?,
            stubs: count(STUB).await?,
            denied: count(DENY).await?,
            mark,
        })
    }

    fn tail(&self) -> SnapshotTail {
        let sha256 = self.out.digest();
        let signed = self.hand.as_ref().zip(self.head.as_ref());
        let signed =
            signed.and_then(|(hand, head)| index::of_snapshot(hand.central, head, sha256, hand.nonce));
        SnapshotTail { sha256, signed }
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
