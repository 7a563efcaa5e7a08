//! `POST hello` and `POST status`: which journal a gate writes, and how it is now.
//! Promises: what is answered is durable (`greeting`); over TLS what the centre has is told in its own hand (decision 0083).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocols::{
    contract::{EventsRefusal, Hash, HelloAnswer, HelloRequest, LiveStatus, RefusalCode},
    ids::GateId,
};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{
    greeting::{self, Greeted, Hello, Said},
    intake::Head,
    shape,
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    gate_identity::receipt,
    identity::GateCaller,
    store::{StoreError, column, one},
};

/// A hello is four texts, of which the longest has 64 characters.
pub(super) const MOST_HELLO_BYTES: usize = 4 * 1024;
/// A hundred lanes, each with a dozen devices that do not answer, by names of forty Chinese characters; and why the journal does not open.
pub(super) const MOST_STATUS_BYTES: usize = 256 * 1024;

/// The journal that a gate writes now, and how far the centre has it.
///
/// # Errors
/// [`StoreError`].
pub async fn head<C: ConnectionTrait>(conn: &C, gate: &GateId) -> Result<Option<Head>, StoreError> {
    let sql = "SELECT epoch, seq, hash FROM gate_epoch WHERE gate_id = $1 ORDER BY epoch DESC LIMIT 1";
    let row = one(conn, sql, [gate.as_str().into()]).await?;
    row.map(|row| head_of(&row)).transpose()
}

/// What a row of `gate_epoch` says.
pub(super) fn head_of(row: &QueryResult) -> Result<Head, StoreError> {
    let (epoch, seq, hash): (i64, i64, String) =
        (column(row, "epoch")?, column(row, "seq")?, column(row, "hash")?);
    Ok(Head {
        epoch: u32::try_from(epoch)
            .map_err(|_| StoreError::Value { what: "epoch", value: epoch.to_string() })?,
        seq: seq.unsigned_abs(),
        hash: Hash::parse(&hash).map_err(|_| StoreError::Value { what: "hash", value: hash })?,
    })
}

/// Who is there, with which journal.
///
/// # Errors
/// 401, 403 for another gate's name, 409 for a journal that a newer one has replaced, 413.
#[utoipa::path(post, path = "/gate/v1/hello", tag = "gate",
    request_body(content = inline(shape::Hello), example = json!({"gate_id": "0708-G02", "store_id": "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11", "version": "0.1.0"})),
    responses((status = 200, body = serde_json::Value, description = "what the centre expects",
               example = json!({"epoch": 1, "expected_seq": 1, "expected_hash": "0000000000000000000000000000000000000000000000000000000000000000", "revision": 12, "time": "2025-10-13T03:26:03.000Z"})),
              (status = 409, description = "a newer journal is known"), (status = 413, description = "more than 4 KiB")))]
pub async fn hello(
    State(central): State<Central>,
    gate: GateCaller,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let request: HelloRequest = body::read(&bytes)?;
    if request.gate_id != gate.gate_id {
        return Err(Problem::no_permission());
    }
    if let Some(epoch) = request.epoch.filter(|epoch| u64::from(*epoch) > MOST.0) {
        return Err(Problem::malformed(format!("epoch: {epoch} is more than {}", MOST.0)));
    }
    let store = central.store();
    let say = Hello { gate: gate.gate_id.clone(), yard: gate.yard_id, request };
    let said = central.greetings().serve(say, |some| greeting::greet(store, some)).await?;
    let Said { head, revision, at, knows_index } = match said {
        Greeted::Known(said) => said,
        Greeted::Replaced(head) => {
            let refusal = EventsRefusal {
                code: RefusalCode::Epoch,
                expected_seq: head.seq + 1,
                expected_hash: head.hash,
            };
            return Ok((StatusCode::CONFLICT, Json(refusal)).into_response());
        }
    };
    let answer = HelloAnswer {
        epoch: head.epoch,
        expected_seq: head.seq + 1,
        expected_hash: head.hash,
        revision,
        time: at,
        knows_index,
        authorities: if gate.is_certified() { authorities(&central) } else { Vec::new() },
        receipt: receipt::of(&central, &gate, &head, at),
    };
    Ok(Json(answer).into_response())
}

/// By whom the centre is to be known from now on. What cannot be written is told the next time.
fn authorities(central: &Central) -> Vec<Box<str>> {
    let known = central.gate_authorities();
    known.and_then(|known| known.pem().ok()).unwrap_or_default()
}

/// What the document calls integers of 32 and of 64 bits; both databases keep no more.
const MOST: (u64, u64) = (0x7fff_ffff, 0x7fff_ffff_ffff_ffff);

/// Every number of a status by its name, and what it may be at most; none of them counts so far in this world.
fn numbers(status: &LiveStatus) -> Vec<(&'static str, u64, u64)> {
    let health = status.health.as_ref();
    let all = [
        ("head.epoch", status.head.map(|head| u64::from(head.epoch)), MOST.0),
        ("head.seq", status.head.map(|head| head.seq), MOST.1),
        ("index_revision", status.index_revision, MOST.1),
        ("index_age_s", status.index_age_s, MOST.1),
        ("health.backlog", health.map(|health| health.backlog), MOST.1),
        ("health.disk_free_mb", health.and_then(|health| health.disk_free_mb), MOST.1),
        ("health.disk_total_mb", health.and_then(|health| health.disk_total_mb), MOST.1),
    ];
    all.into_iter().filter_map(|(name, number, most)| Some((name, number?, most))).collect()
}

/// How the gate is now.
///
/// # Errors
/// 401, 403 for another gate's name, 400, 409 before the first hello, 413.
#[utoipa::path(post, path = "/gate/v1/status", tag = "gate",
    request_body(content = inline(shape::Status), example = json!({"gate_id": "0708-G02", "at": "2025-10-13T03:26:03.000Z", "head": {"epoch": 1, "seq": 12}, "index_revision": 7, "index_age_s": 2, "lanes": []})),
    responses((status = 204, description = "kept until the next one"),
              (status = 409, description = "say hello first"), (status = 413, description = "more than 256 KiB")))]
pub async fn status(
    State(central): State<Central>,
    gate: GateCaller,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let status: LiveStatus = body::read(&bytes)?;
    if status.gate_id != gate.gate_id {
        return Err(Problem::no_permission());
    }
    if let Some((name, number, most)) = numbers(&status).into_iter().find(|(_, number, most)| number > most) {
        return Err(Problem::malformed(format!("{name}: {number} is more than {most}")));
    }
    let store = central.store();
    let known = central.statuses().serve(status, |some| greeting::keep_statuses(store, some)).await?;
    if !known {
        return Err(Problem::new(StatusCode::CONFLICT, "SAY_HELLO", "请先建立连接", "say hello first"));
    }
    Ok(StatusCode::NO_CONTENT)
}
