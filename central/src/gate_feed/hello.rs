//! `POST hello` and `POST status`: which journal a gate writes, and how it is now.
//! Promises: a new journal gets the next epoch, in one transaction; an older journal that comes back after a newer one is refused and
//! raised, for then two agents use one identity (fault C10). Over TLS what the centre has is told in its own hand (decision 0083). The newest
//! status replaces the one before; that a gate does not record any more is raised when it says so first (decision 0089).

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
use sea_orm::ConnectionTrait;

use super::{
    alert::{self, Alert, Trouble},
    intake::Head,
    live::{self, recording, view},
    mark, publish, shape,
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    gate_identity::receipt,
    identity::GateCaller,
    store::{StoreError, Tx, column, execute, from_json, one, to_json},
};

/// The journal that a gate writes now, and how far the centre has it.
///
/// # Errors
/// [`StoreError`].
pub async fn head<C: ConnectionTrait>(conn: &C, gate: &GateId) -> Result<Option<Head>, StoreError> {
    let sql = "SELECT epoch, seq, hash FROM gate_epoch WHERE gate_id = $1 ORDER BY epoch DESC LIMIT 1";
    let Some(row) = one(conn, sql, [gate.as_str().into()]).await? else { return Ok(None) };
    let (epoch, seq, hash): (i64, i64, String) =
        (column(&row, "epoch")?, column(&row, "seq")?, column(&row, "hash")?);
    Ok(Some(Head {
        epoch: u32::try_from(epoch)
            .map_err(|_| StoreError::Value { what: "epoch", value: epoch.to_string() })?,
        seq: seq.unsigned_abs(),
        hash: Hash::parse(&hash).map_err(|_| StoreError::Value { what: "hash", value: hash })?,
    }))
}

/// Who is there, with which journal.
///
/// # Errors
/// 401, 403 for another gate's name, 409 for a journal that a newer one has replaced.
#[utoipa::path(post, path = "/gate/v1/hello", tag = "gate",
    request_body(content = inline(shape::Hello), example = json!({"gate_id": "0708-G02", "store_id": "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11", "version": "0.1.0"})),
    responses((status = 200, body = serde_json::Value, description = "what the centre expects",
               example = json!({"epoch": 1, "expected_seq": 1, "expected_hash": "0000000000000000000000000000000000000000000000000000000000000000", "revision": 12, "time": "2025-10-13T03:26:03.000Z"})),
              (status = 409, description = "a newer journal is known")))]
pub async fn hello(
    State(central): State<Central>,
    gate: GateCaller,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let request: HelloRequest = body::read(&bytes)?;
    if request.gate_id != gate.gate_id {
        return Err(Problem::no_permission());
    }
    let tx = central.store().begin().await?;
    let present = head(tx.conn(), &gate.gate_id).await?;
    let sql = "SELECT epoch FROM gate_epoch WHERE gate_id = $1 AND store_id = $2";
    let known = one(tx.conn(), sql, [gate.gate_id.as_str().into(), (*request.store_id).into()]).await?;
    let known: Option<i64> = known.map(|row| column(&row, "epoch")).transpose()?;
    let head = match (known, present) {
        (Some(epoch), Some(head)) if epoch == i64::from(head.epoch) => head,
        (Some(epoch), Some(head)) => {
            let trouble = Trouble::OldJournal { epoch, in_use: head.epoch };
            alert::raise_rarely(&tx, &Alert::of_gate(&gate.gate_id, &trouble)).await?;
            tx.commit().await?;
            let refusal = EventsRefusal {
                code: RefusalCode::Epoch,
                expected_seq: head.seq + 1,
                expected_hash: head.hash,
            };
            return Ok((StatusCode::CONFLICT, Json(refusal)).into_response());
        }
        (_, present) => begin_epoch(&tx, &gate, &request.store_id, present).await?,
    };
    note_agent(&tx, &gate, &request.version, head.epoch).await?;
    let knows_index = match request.index {
        Some(index) => {
            let revision = i64::try_from(index.revision).unwrap_or(i64::MAX);
            mark::knows(tx.conn(), &gate.yard_id, revision, index.mark).await?
        }
        None => None,
    };
    let mut answer = HelloAnswer {
        epoch: head.epoch,
        expected_seq: head.seq + 1,
        expected_hash: head.hash,
        revision: publish::revision(tx.conn(), &gate.yard_id).await?,
        time: tx.now(),
        knows_index,
        authorities: if gate.is_certified() { authorities(&central) } else { Vec::new() },
        receipt: None,
    };
    tx.commit().await?;
    answer.receipt = receipt::of(&central, &gate, &head, answer.time);
    Ok(Json(answer).into_response())
}

/// By whom the centre is to be known from now on. What cannot be written is told the next time.
fn authorities(central: &Central) -> Vec<Box<str>> {
    let known = central.gate_authorities();
    known.and_then(|known| known.pem().ok()).unwrap_or_default()
}

async fn begin_epoch(
    tx: &Tx,
    gate: &GateCaller,
    store_id: &str,
    present: Option<Head>,
) -> Result<Head, StoreError> {
    let head = Head { epoch: present.map_or(1, |head| head.epoch + 1), seq: 0, hash: Hash::ZERO };
    note_agent(tx, gate, "", head.epoch).await?;
    let sql = "INSERT INTO gate_epoch (gate_id, epoch, store_id, seq, hash) VALUES ($1, $2, $3, 0, $4)";
    let values = [
        gate.gate_id.as_str().into(),
        i64::from(head.epoch).into(),
        store_id.into(),
        head.hash.to_string().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(head)
}

async fn note_agent(tx: &Tx, gate: &GateCaller, version: &str, epoch: u32) -> Result<(), StoreError> {
    let sql = "INSERT INTO gate (gate_id, yard_id, epoch, agent_version, seen_at, moved) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (gate_id) DO UPDATE SET yard_id = excluded.yard_id, epoch = excluded.epoch,
               agent_version = excluded.agent_version, seen_at = excluded.seen_at, moved = excluded.moved";
    let values = [
        gate.gate_id.as_str().into(),
        gate.yard_id.as_str().into(),
        i64::from(epoch).into(),
        version.into(),
        tx.now().as_millis().into(),
        live::moved(tx).await?.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
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
/// 401, 403 for another gate's name, 400.
#[utoipa::path(post, path = "/gate/v1/status", tag = "gate",
    request_body(content = inline(shape::Status), example = json!({"gate_id": "0708-G02", "at": "2025-10-13T03:26:03.000Z", "head": {"epoch": 1, "seq": 12}, "index_revision": 7, "index_age_s": 2, "lanes": []})),
    responses((status = 204, description = "kept until the next one")))]
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
    let tx = central.store().begin().await?;
    let sql = "SELECT lanes, live FROM gate WHERE gate_id = $1";
    let (mut before, mut told) = (view::Lanes::new(), None);
    if let Some(row) = one(tx.conn(), sql, [gate.gate_id.as_str().into()]).await? {
        before = from_json("lanes", &column::<String>(&row, "lanes")?)?;
        told = column::<Option<String>>(&row, "live")?;
    }
    let sql = "UPDATE gate SET live = $2, seen_at = $3, lanes = $4, moved = $5 WHERE gate_id = $1";
    let values = [
        gate.gate_id.as_str().into(),
        to_json("live status", &status)?.into(),
        tx.now().as_millis().into(),
        to_json("lanes", &view::since(&before, &status, tx.now()))?.into(),
        live::moved(&tx).await?.into(),
    ];
    let known = execute(tx.conn(), sql, values).await?;
    if let Some(trouble) = recording::trouble(told.as_deref(), &status)
        && known > 0
    {
        alert::raise_rarely(&tx, &Alert::of_gate(&gate.gate_id, &trouble)).await?;
    }
    tx.commit().await?;
    if known == 0 {
        return Err(Problem::new(StatusCode::CONFLICT, "SAY_HELLO", "请先建立连接", "say hello first"));
    }
    Ok(StatusCode::NO_CONTENT)
}
