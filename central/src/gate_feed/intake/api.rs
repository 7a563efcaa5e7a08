//! `POST events`: the face of the intake. Sheds load before it begins and keeps nothing of what it sheds, not even its line; answers in the contract's words,
//! and signs what it has taken once it is durable: one signature a batch.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocols::{contract::EventsAck, ids::GateId};
use serde::Deserialize;
use serde_json::Value;

use super::{Arrived, MOST_EVENTS, Taken, tables::Tables, take_batch};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    gate_feed::{publish, shape},
    gate_identity::receipt,
    identity::GateCaller,
};

#[derive(Deserialize)]
struct Batch {
    gate_id: GateId,
    epoch: u32,
    events: Vec<Value>,
}

/// Events of a gate, in order.
///
/// # Errors
/// 400, 401, 403 for another gate's name, 409 naming what is expected, 413 for more than 500, 503 when too much is under way.
#[utoipa::path(post, path = "/gate/v1/events", tag = "gate",
    request_body(content = inline(shape::Batch), example = json!({"gate_id": "0708-G02", "epoch": 1, "events": []})),
    responses((status = 200, description = "stored and applied", body = serde_json::Value, example = json!({"epoch": 1, "acked_seq": 12, "revision": 7})),
              (status = 409, description = "gap, chain or epoch", body = inline(shape::Refusal)),
              (status = 413, description = "more than 500 events, or than 8 MiB"), (status = 503, description = "come back later")))]
pub async fn events(
    State(central): State<Central>,
    gate: GateCaller,
    request: Request,
) -> Result<Response, Problem> {
    let rush = central.intake_rush();
    let (bytes, room) = match central.intake_room().read(request, rush).await {
        Ok(read) => read,
        Err(problem) => return Ok(last_of_its_line(problem)),
    };
    let Some(place) = central.intake_place() else {
        return Ok(last_of_its_line(Problem::busy(rush.turned_off())));
    };
    let batch: Batch = body::read(&bytes)?;
    drop((bytes, room));
    // Apart: those who are turned off are many, and need no room for it.
    let answer = Box::pin(taken(&central, &gate, batch)).await;
    drop(place);
    answer
}

/// Whoever is told to come back in seconds has no use for a line until then, and a thousand lines that wait have buffers.
fn last_of_its_line(problem: Problem) -> Response {
    let mut answer = problem.into_response();
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

async fn taken(central: &Central, gate: &GateCaller, batch: Batch) -> Result<Response, Problem> {
    if batch.gate_id != gate.gate_id {
        return Err(Problem::no_permission());
    }
    if batch.events.len() > MOST_EVENTS {
        let en = format!("at most {MOST_EVENTS} events in one batch");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "SG-247", "一次最多500条事件", en));
    }
    let sent = batch.events.len();
    // Hashing takes longer than storing, and other gates are served meanwhile.
    let verify = move || batch.events.into_iter().map(Arrived::of).collect();
    let Ok(events) = tokio::task::spawn_blocking(verify).await else {
        return Err(Problem::upstream("cannot verify events now"));
    };
    let mut tables = Tables::new(central.store().begin().await?, gate.yard_id);
    let taken = take_batch(&mut tables, (&gate.gate_id, &gate.yard_id), batch.epoch, events).await?;
    let tx = tables.into_tx();
    let revision = publish::revision(tx.conn(), &gate.yard_id).await?;
    let at = tx.now();
    tx.commit().await?;
    Ok(match taken {
        Taken::Acked(head) => {
            central.metrics().events_taken(sent);
            central.intake_rush().taken();
            let receipt = receipt::of(central, gate, &head, at);
            Json(EventsAck { epoch: head.epoch, acked_seq: head.seq, revision, receipt }).into_response()
        }
        Taken::Refused(refusal) => (StatusCode::CONFLICT, Json(refusal)).into_response(),
    })
}
