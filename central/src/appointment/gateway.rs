//! 海关网关: how what an enterprise has signed reaches customs.
//! Promises: a message is written with the act that was signed, and offered until the gateway has handed it over or customs has answered it;
//! it is never given up, and neither the status nor the time of submission waits for it (AC-213).
//! Absent on purpose: what customs answers (`desk`).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{record::Appointment, store, view};
use crate::{
    app::Central,
    declaration::{
        attachment,
        audit::{self, Entry},
        body,
        problem::Problem,
        query,
        record::{self, Record},
        words,
    },
    gate_feed::alert::{self, Alert, Trouble},
    identity::Person,
};

/// Messages in one answer.
const MOST: u64 = 100;
/// Between the first tries; each further pause is twice as long, up to the longest.
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1000;

/// The paths of the gateway.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(messages)).routes(routes!(report)).routes(routes!(file))
}

/// How many.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Many {
    /// 1 to 100; as many as there can be unless said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

/// What was signed about appointments and is to be handed over to customs now: `submit`, `cancel`, `feedback`, `explanation`. Asking changes
/// nothing: a message is offered until it is reported, or answered by customs.
///
/// # Errors
/// 400, 401, 403.
#[utoipa::path(get, path = "/api/v1/gateway/appointments/messages", tag = "gateway", params(Many),
    responses((status = 200, description = "longest due first", body = serde_json::Value,
               example = json!({"items": [{"message_no": "YTG201800000000003-2", "pre_entry_no": "YTG201800000000003", "action": "submit",
                   "signed_at": "2018-10-19T01:00:00.000Z", "attempt": 1, "application": {}, "attachments": []}]}))))]
async fn messages(
    State(central): State<Central>,
    person: Person,
    many: Result<Query<Many>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
    let Query(many) = many.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let (conn, now) = (central.store().read(), central.store().clock().now());
    let mut items = Vec::new();
    for message in store::due_messages(conn, now, query::few(many.limit, MOST)?).await? {
        let record: Option<Appointment> = record::find(conn, &message.number).await?;
        let Some(record) = record else { continue };
        // A file that was sent is frozen; another one is still being chosen.
        let mut files = attachment::of_record(conn, &message.number).await?;
        files.retain(|file| file.frozen);
        items.push(json!({
            "message_no": message.message_no, "pre_entry_no": message.number, "action": message.kind, "signed_at": message.put_at,
            "attempt": message.tries + 1, "application": view::for_customs(&record), "attachments": files,
        }));
    }
    Ok(Json(json!({ "items": items })))
}

/// What a gateway can report of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// Handed over to the customs network.
    HandedOver,
    /// An attempt failed.
    NotHandedOver,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Report {
    #[schema(inline)]
    report: Said,
    /// Why it failed.
    text: Option<String>,
}

/// 网关报告 about a message: `handed_over`, after which it is not offered again, or `not_handed_over` with the reason, after which it is offered
/// again after a pause of at most five minutes, as often as it takes.
///
/// # Errors
/// 400, 401, 403, 404, 422 without a reason.
#[utoipa::path(post, path = "/api/v1/gateway/appointments/messages/{message_no}/reports", tag = "gateway", params(("message_no" = String, Path)),
    request_body(content = inline(Report), example = json!({"report": "not_handed_over", "text": "线路中断"})),
    responses((status = 200, description = "whether the message is still to be handed over", body = serde_json::Value, example = json!({"applied": true, "open": true})),
              (status = 404, description = "no such message"), (status = 422, description = "no reason")))]
async fn report(
    State(central): State<Central>,
    person: Person,
    Path(message_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
    let report: Report = body::read(&bytes)?;
    let failed = report.report == Said::NotHandedOver;
    let text = words::read("text", report.text.as_deref(), failed.then_some("AC-213"));
    let text = text.map_err(Problem::fields)?;
    let tx = central.store().begin().await?;
    let message = store::message_of(tx.conn(), &message_no).await?.ok_or_else(Problem::not_found)?;
    // What customs has is not put off again by a report that comes late.
    if message.ended_at.is_some() {
        return Ok(Json(json!({ "applied": false, "open": false })));
    }
    if failed {
        let until = tx.now().as_millis() + pause(message.tries);
        store::put_off(&tx, &message_no, UtcMillis::from_millis(until)).await?;
        let trouble = Trouble::AppointmentsStay(text.as_deref().unwrap_or_default());
        alert::raise_rarely(&tx, &Alert::of(&trouble)).await?;
    } else {
        store::end_message(&tx, &message_no).await?;
    }
    let action = if failed { "not_handed_over" } else { "handed_over" };
    let entry = Entry {
        actor: &person.actor(),
        subject: Appointment::MANUAL,
        number: &message.number,
        action,
        before: None,
        after: None,
        detail: json!({ "message_no": message_no, "text": text }),
    };
    audit::write(&tx, &entry).await?;
    tx.commit().await?;
    Ok(Json(json!({ "applied": true, "open": failed })))
}

fn pause(tries: i64) -> i64 {
    FIRST_PAUSE_MS.saturating_mul(1 << tries.clamp(0, 16)).min(LONGEST_PAUSE_MS)
}

/// A file that was sent to customs, byte for byte as it came.
///
/// # Errors
/// 401, 403, 404, 503.
#[utoipa::path(get, path = "/api/v1/gateway/appointments/{pre_entry_no}/attachments/{id}", tag = "gateway",
    params(("pre_entry_no" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "the file", content_type = "application/pdf"), (status = 404, description = "does not exist, or was not sent")))]
async fn file(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    person.must_be_gateway()?;
    let record: Option<Appointment> = record::find(central.store().read(), &number).await?;
    record.ok_or_else(Problem::not_found)?;
    let files = attachment::of_record(central.store().read(), &number).await?;
    // What is not sent is nobody's but the enterprise's.
    files.iter().find(|file| *file.id == *id && file.frozen).ok_or_else(Problem::not_found)?;
    let (file, bytes) = attachment::bytes(&central, &number, &id, &person.actor()).await?;
    Ok(attachment::download(&file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AC-213: pauses grow, and none is longer than five minutes, however often it has failed.
    #[test]
    fn pauses_grow_to_five_minutes() {
        assert_eq!([0, 1, 5, 6, i64::MAX].map(pause), [5_000, 10_000, 160_000, 300_000, 300_000]);
    }
}
