//! `GET changes?after=R&wait=30`: the revisions after R, waiting for the first when there is none yet.
//! Promises: an answer holds consecutive revisions; 410 when the log no longer reaches back to R, or when R lies ahead of the yard (a
//! centre restored from a backup), and when the mark that the gate has for R is not this centre's: the gate takes a snapshot then.
//! A poll looks again each second by itself, because another process on the same database cannot wake it. Gates that stand at the same
//! revision look together (`look`), and what they are told is signed once, in the centre's own hand (decision 0087).

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use protocols::{contract::Hash, ids::YardId};
use serde::Deserialize;

use super::mark;
use crate::{
    app::Central,
    declaration::problem::Problem,
    gate_identity::index,
    identity::GateCaller,
    store::{StoreError, all, column, one, to_json},
};

const LONGEST_WAIT_S: u64 = 60;
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The revision that the gate has.
    after: u64,
    /// Seconds to wait when there is nothing newer; at most 60.
    #[serde(default)]
    wait: u64,
    /// The mark that the gate has for it.
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    mark: Option<Hash>,
}

/// The revisions after R.
///
/// # Errors
/// 401, 410.
#[utoipa::path(get, path = "/gate/v1/changes", tag = "gate", params(After),
    responses((status = 200, description = "the changes; empty when the wait is over", body = serde_json::Value,
               example = json!({"from": 7, "to": 8, "more": false, "changes": [{"rev": 8, "op": "remove", "trip_no": "20251089500000048210000000000123"}]})),
              (status = 410, description = "R is too old, or ahead: take a snapshot")))]
pub async fn changes(
    State(central): State<Central>,
    gate: GateCaller,
    Query(asked): Query<After>,
) -> Result<Response, Problem> {
    let mut signal = central.store().signals().subscribe(gate.yard_id);
    let spot = central.looks().spot(gate.yard_id, asked.after);
    let over = tokio::time::sleep(Duration::from_secs(asked.wait.min(LONGEST_WAIT_S)));
    tokio::pin!(over);
    let mut is_over = false;
    loop {
        signal.mark_unchanged();
        gate.must_still_count(&central).await?;
        let reading = read(&central, &gate.yard_id, asked.after);
        match spot.look(reading).await?.for_mark(asked.mark) {
            Answer::Gone => return Err(gone(asked.after)),
            Answer::Nothing(_) if !is_over && asked.wait > 0 && !central.is_stopping() => {
                let look_again = tokio::time::sleep(LOOK_AGAIN);
                tokio::select! {
                    _ = signal.changed() => {}
                    () = &mut over => is_over = true,
                    () = look_again => {}
                    () = central.stopping() => {}
                }
            }
            Answer::Nothing(mark) => {
                let (at, mark) = (asked.after, told(mark));
                let empty = format!("{{\"from\":{at},\"to\":{at},\"more\":false,\"changes\":[]{mark}}}");
                return Ok(json(empty.into()));
            }
            Answer::Some { body, .. } => return Ok(json(body)),
        }
    }
}

/// 410: this centre has no such past, or not any more.
pub(super) fn gone(revision: u64) -> Problem {
    let en = format!("revision {revision} is not at hand; take a snapshot");
    Problem::new(StatusCode::GONE, "SNAPSHOT_NEEDED", "版本过旧，请重新获取快照", en)
}

fn json(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// What a yard's log has after a revision.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The log does not reach back to it, or it lies ahead.
    Gone,
    /// Nothing newer than the revision of this mark.
    Nothing(Option<Hash>),
    /// Newer changes.
    Some {
        /// The mark of the revision that was asked after.
        own: Option<Hash>,
        /// The answer as it is sent.
        body: Bytes,
    },
}

impl Answer {
    /// For a gate that has this mark for the revision: with another one its index is of another past.
    fn for_mark(self, theirs: Option<Hash>) -> Self {
        let (Self::Nothing(own) | Self::Some { own, .. }) = &self else { return self };
        match (own, theirs) {
            (Some(own), Some(theirs)) if *own != theirs => Self::Gone,
            _ => self,
        }
    }
}

/// The log's bodies are JSON already; the answer is put together from them as they are.
async fn read(central: &Central, yard: &YardId, after: u64) -> Result<Answer, StoreError> {
    let (tx, limit) = (central.store().begin_read().await?, central.config().feed.max_changes);
    let sql = "SELECT revision, floor FROM yard WHERE yard_id = $1";
    let Some(row) = one(&tx, sql, [yard.as_str().into()]).await? else { return Ok(Answer::Gone) };
    let (revision, floor): (i64, i64) = (column(&row, "revision")?, column(&row, "floor")?);
    let Ok(after) = i64::try_from(after) else { return Ok(Answer::Gone) };
    if after < floor || after > revision {
        return Ok(Answer::Gone);
    }
    let own = mark::at(&tx, yard, after).await?;
    if after == revision {
        return Ok(Answer::Nothing(own));
    }
    let sql = "SELECT rev, body FROM change_log WHERE yard_id = $1 AND rev > $2 ORDER BY rev LIMIT $3";
    let rows = all(&tx, sql, [yard.as_str().into(), after.into(), i64::from(limit).into()]).await?;
    let (mut list, mut to) = (String::new(), after);
    for row in &rows {
        to = column(row, "rev")?;
        let body: String = column(row, "body")?;
        let comma = if list.is_empty() { "" } else { "," };
        list += &format!("{comma}{{\"rev\":{to},{}", body.strip_prefix('{').unwrap_or("}"));
    }
    let (more, mark, list) = (to < revision, mark::at(&tx, yard, to).await?, format!("[{list}]"));
    drop(tx);
    let way = (after.unsigned_abs(), to.unsigned_abs());
    let signed = match index::of_changes(central, *yard, way, mark, &list) {
        Some(signed) => format!(",\"signed\":{}", to_json("signature", &signed)?),
        None => String::new(),
    };
    let mark = told(mark);
    let body = format!("{{\"from\":{after},\"to\":{to},\"more\":{more},\"changes\":{list}{mark}{signed}}}");
    Ok(Answer::Some { own, body: body.into() })
}

/// The member of an answer that tells a mark.
fn told(mark: Option<Hash>) -> String {
    mark.map_or_else(String::new, |mark| format!(",\"mark\":\"{mark}\""))
}
