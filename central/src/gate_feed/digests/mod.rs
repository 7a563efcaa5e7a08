//! 索引比对 `POST digests`: whether a gate's index is what this yard shows, first as sums of the whole, then row by row where they differ.
//! `sums`: the yard's own, read once for all its gates · `part`: rows.
//! Promises: nothing is said of another revision than the gate's, or of another past; what lies between two revisions is never told as a
//! difference; a yard's index is read for sums once at a time, and no more at once than snapshots are made; bodies take their room among those of events.
//! Absent on purpose: an alert. The gate records what it has put right as an event, and that event raises one (`intake::notice`).
//! Source: design section 4 ("Anti-entropy"); `contract` section 3; docs/decisions 0088.

mod part;
mod sums;

use axum::{
    Json,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocols::{
    contract::{DIGEST_FORM, DigestsAnswer, DigestsRequest, Hash, IndexSums, MOST_PART_ROWS},
    ids::YardId,
};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::{changes::gone, mark, shape};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem},
    identity::GateCaller,
    store::{StoreError, column, one},
};

pub use sums::Passes;

/// Ten million rows' sums; a part is shorter.
pub(super) const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Whether the index of a gate is this yard's, at the gate's revision.
///
/// With `sums`, the answer tells what is to be looked at row by row (`look_at`); with `part`, the rows that the gate lacks or has otherwise (`rows`), and the
/// keys of those that it should not have (`gone`). `stale` says that the yard has moved on, and nothing else.
///
/// # Errors
/// 400, 401, 409 before the first hello, 410 for a revision that is not of this yard's past, 413, 422, 503 when too much is under way.
#[utoipa::path(post, path = "/gate/v1/digests", tag = "gate",
    request_body(content = inline(shape::Digests), example = json!({"form": 1, "revision": 7, "part": {"kind": "policy", "rows": []}})),
    responses((status = 200, description = "what differs", body = serde_json::Value, example = json!({"revision": 7, "stale": false, "look_at": [{"kind": "trip"}]})),
              (status = 409, description = "say hello first"),
              (status = 410, description = "the revision is too old, or ahead, or of another past: take a snapshot"),
              (status = 413, description = "more than 1000 rows, or a body too long"), (status = 503, description = "come back later")))]
pub async fn digests(
    State(central): State<Central>,
    gate: GateCaller,
    request: Request,
) -> Result<Response, Problem> {
    let (bytes, room) = central.intake_room().read(request, central.intake_rush()).await?;
    let asked = read(&bytes)?;
    drop((bytes, room));
    let sql = "SELECT epoch FROM gate WHERE gate_id = $1";
    if one(central.store().read(), sql, [gate.gate_id.as_str().into()]).await?.is_none() {
        return Err(Problem::new(StatusCode::CONFLICT, "SAY_HELLO", "请先建立连接", "say hello first"));
    }
    let answer = match (&asked.sums, &asked.part) {
        (Some(sums), None) => sums::compare(&central, &gate.yard_id, &asked, sums).await?,
        (None, Some(part)) => part::compare(&central, &gate.yard_id, &asked, part).await?,
        _ => return Err(wrong("sums", "数据结构有误", "give either sums or part")),
    };
    let told = answer.rows.len() + answer.gone.len();
    if told > 0 {
        central.metrics().index_differs(told);
        tracing::warn!(gate.id = %gate.gate_id, rows = told, "the index of gate {} differs in {told} rows", gate.gate_id);
    }
    Ok(Json(answer).into_response())
}

fn read(bytes: &Bytes) -> Result<DigestsRequest, Problem> {
    let too_much =
        |en: &str| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "PO_FIELD_FORMAT", "一次提交的数据过多", en);
    let asked: DigestsRequest = body::read(bytes)?;
    if asked.form != DIGEST_FORM {
        return Err(wrong("form", "不支持的摘要形式", "this centre knows form 1"));
    }
    if asked.part.as_ref().is_some_and(|part| part.rows.len() > MOST_PART_ROWS) {
        return Err(too_much("at most 1000 rows in one part"));
    }
    if asked.sums.as_ref().is_some_and(|sums| !IndexSums::is_in_order(sums)) {
        return Err(wrong("sums.trips", "区间顺序有误", "ranges follow each other, and the last has no end"));
    }
    Ok(asked)
}

fn wrong(path: &str, zh: &'static str, en: &str) -> Problem {
    Problem::fields(vec![FieldError::format(path.to_owned(), "PO-331", zh, en.to_owned(), Value::Null)])
}

/// A yard's revision, for an index of the same past.
///
/// # Errors
/// 410 when the gate's revision is too old, ahead, or of another past.
async fn revision<C: ConnectionTrait>(
    conn: &C,
    yard: &YardId,
    (theirs, mark): (u64, Option<Hash>),
) -> Result<i64, Problem> {
    let refused = || gone(theirs);
    let sql = "SELECT revision, floor FROM yard WHERE yard_id = $1";
    let row = one(conn, sql, [yard.as_str().into()]).await?.ok_or_else(refused)?;
    let (revision, floor): (i64, i64) = (column(&row, "revision")?, column(&row, "floor")?);
    let at = i64::try_from(theirs).map_err(|_| refused())?;
    if at < floor || at > revision {
        return Err(refused());
    }
    let own = mark::at(conn, yard, at).await?;
    if own.zip(mark).is_some_and(|(own, theirs)| own != theirs) {
        return Err(refused());
    }
    Ok(revision)
}

/// Nothing is said: the yard is elsewhere.
fn stale(revision: i64) -> DigestsAnswer {
    DigestsAnswer { revision: revision.unsigned_abs(), stale: true, ..DigestsAnswer::default() }
}

fn unusable(what: &'static str, value: impl ToString) -> StoreError {
    StoreError::Value { what, value: value.to_string() }
}
