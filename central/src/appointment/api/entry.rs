//! 暂存, 删除, 批量删除, 复制: drafts.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        draft::Draft,
        facts::{self, SUPPLEMENTARY, Standings},
        lifecycle::{Action, State as Status},
        numbers,
        record::{Appointment, Content},
        rules::{Entry, Purpose, told},
        shape::Application,
        view,
    },
    answer, done, editable, judged, own, own_code, same_version, taken, visible,
};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        lifecycle::{self, Cause},
        problem::Problem,
        record::{self, Head, Status as _},
        seen::Seen,
    },
    identity::Person,
    store::Tx,
};

/// Rows of a bulk deletion.
const MOST_ROWS: usize = 100;

/// 暂存 of a new application; its pre-entry number comes back (AC-117).
///
/// # Errors
/// 400, 401, 403 without a bound card (AC-013), 422, 503.
#[utoipa::path(post, path = "/api/v1/appointments", tag = "appointment",
    request_body(content = inline(Application), example = json!({
        "consignee": {"customs_reg_no": "3122263817"}, "contact_name": "李敏", "contact_mobile": "13917250418",
        "declaration_port": "2248", "entry_exit_port": "2248", "transport_mode": "2", "slot_start": "2018-10-20T10:00:00+08:00",
        "reason": "鲜车厘子到港，易腐货物需周末紧急验放", "ie_flag": "I",
        "goods": [{"hs_code": "0809290000", "name": "鲜樱桃（车厘子）"}]})),
    responses((status = 201, description = "stored, with its number", body = serde_json::Value),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let own = own_code(&person)?;
    let draft = Draft::parse(body::read(&bytes)?).map_err(Problem::fields)?;
    let standings = facts::standings(&central, [Some(own), draft.consignee.as_deref()]).await?;
    let tx = central.store().begin().await?;
    let facts = facts::gather(tx.conn(), &draft, own, &standings, Vec::new(), tx.now()).await?;
    let entry = Entry { draft: &draft, stored: None, facts: &facts, purpose: Purpose::Save };
    let checked = entry.check().map_err(Problem::fields)?;
    let record = Appointment {
        head: Head::new(&numbers::pre_entry(&tx).await?, Status::Draft, tx.now()),
        application_no: None,
        declarant: facts.declarant.party.clone(),
        consignee: checked.consignee,
        content: checked.content,
        applied_at: tx.now(),
        submission: None,
        cancellation: None,
        feedback: Vec::new(),
        explanation: None,
    };
    lifecycle::create(&tx, &record, Action::Save, &Cause::by(person.actor())).await?;
    Ok((StatusCode::CREATED, done(&central, tx, &record, &person).await?))
}

/// 查看.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/appointments/{pre_entry_no}", tag = "appointment", params(("pre_entry_no" = String, Path)),
    responses((status = 200, description = "the application, with the actions that this person may take", body = serde_json::Value),
              (status = 404, description = "does not exist, or not for this person")))]
pub(super) async fn show(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &number, &person).await?;
    let now = central.store().clock().now();
    Ok(answer(central.store().read(), &record, &person, now).await?)
}

/// 暂存 of a stored draft.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422, 503.
#[utoipa::path(put, path = "/api/v1/appointments/{pre_entry_no}", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(Application), description = "as for a new application, with `version`"),
    responses((status = 200, description = "stored", body = serde_json::Value), (status = 409, description = "status or version"),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn save(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let seen = visible(central.store().read(), &number, &person).await?;
    own(&seen, &person)?;
    editable(&seen)?;
    let own = own_code(&person)?;
    let draft = Draft::parse(body::read(&bytes)?).map_err(Problem::fields)?;
    let standings = facts::standings(&central, [Some(own), draft.consignee.as_deref()]).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, draft.version()).await?;
    editable(&before)?;
    let after = saved(&tx, &before, &draft, &standings, &person).await?;
    done(&central, tx, &after, &person).await
}

async fn saved(
    tx: &Tx,
    before: &Appointment,
    draft: &Draft,
    standings: &Standings,
    person: &Person,
) -> Result<Appointment, Problem> {
    let files = facts::files(tx.conn(), &before.head.number, SUPPLEMENTARY).await?;
    let declarant = &before.declarant.customs_reg_no;
    let facts = facts::gather(tx.conn(), draft, declarant, standings, files, tx.now()).await?;
    let stored = answer(tx.conn(), before, person, tx.now()).await?.0;
    let entry = Entry { draft, stored: Some(&stored), facts: &facts, purpose: Purpose::Save };
    let checked = entry.check().map_err(Problem::fields)?;
    let cause = Cause::by(person.actor());
    let after = lifecycle::apply(tx, before, Action::Save, &cause, |record| {
        record.declarant = facts.declarant.party.clone();
        record.consignee = checked.consignee;
        record.content = checked.content;
    });
    Ok(after.await?.unwrap_or_else(|| before.clone()))
}

/// 删除 of a draft.
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(delete, path = "/api/v1/appointments/{pre_entry_no}", tag = "appointment", params(("pre_entry_no" = String, Path), Seen),
    responses((status = 204, description = "删除成功"), (status = 409, description = "status or version")))]
pub(super) async fn delete(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    Query(seen): Query<Seen>,
) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, seen.version).await?;
    judged(not_a_draft("", &before).into_iter().collect())?;
    lifecycle::apply(&tx, &before, Action::Delete, &Cause::by(person.actor()), |_| {}).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// AC-176, AC-197: only drafts are deleted, and the row at fault is named.
fn not_a_draft(path: &str, record: &Appointment) -> Option<FieldError> {
    let rule = if path.is_empty() { "AC-197" } else { "AC-176" };
    (record.head.status != Status::Draft).then(|| {
        let zh = format!("{}为{}，仅暂存的申请可删除", record.head.number, record.head.status.label());
        let en = format!("{} is not a draft", record.head.number);
        told(path, rule, "PO_STATUS_CONFLICT", zh, en, json!(record.head.number))
    })
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteRequest {
    #[schema(inline)]
    items: Vec<Ticked>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ticked {
    pre_entry_no: String,
    version: Option<i64>,
}

/// 批量删除: all of the ticked drafts, or none (AC-175, AC-176).
///
/// # Errors
/// 400, 401, 403, 404, 409 naming the rows at fault.
#[utoipa::path(post, path = "/api/v1/appointments/delete", tag = "appointment",
    request_body(content = inline(DeleteRequest), example = json!({"items": [{"pre_entry_no": "YTG201800000000003", "version": 1}]})),
    responses((status = 204, description = "all are deleted"), (status = 409, description = "none is; `fields` names the rows at fault")))]
pub(super) async fn delete_many(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    own_code(&person)?;
    let request: DeleteRequest = body::read(&bytes)?;
    if request.items.is_empty() || request.items.len() > MOST_ROWS {
        let (zh, en) = ("请选择1至100条记录", "tick 1 to 100 records");
        let fault = FieldError::format("items".into(), "PO-216", zh, en, json!(request.items.len()));
        return Err(Problem::fields(vec![fault]));
    }
    let tx = central.store().begin().await?;
    let mut faults = Vec::new();
    let mut ticked: Vec<Appointment> = Vec::new();
    for (place, item) in request.items.iter().enumerate() {
        let path = format!("items[{place}]");
        let found: Option<Appointment> = record::take(&tx, &item.pre_entry_no).await?;
        let record = found.filter(|record| view::part(record, &person).is_some());
        let record = record.ok_or_else(Problem::not_found)?;
        own(&record, &person)?;
        match same_version(&record, item.version) {
            _ if ticked.iter().any(|other| other.head.number == record.head.number) => {}
            Ok(()) => {
                faults.extend(not_a_draft(&path, &record));
                ticked.push(record);
            }
            Err(_) if record.head.status != Status::Draft => faults.extend(not_a_draft(&path, &record)),
            Err(problem) => return Err(problem),
        }
    }
    judged(faults)?;
    for record in &ticked {
        lifecycle::apply(&tx, record, Action::Delete, &Cause::by(person.actor()), |_| {}).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 复制: the fields and goods of an application as the body of a new one; nothing is stored (AC-033).
///
/// # Errors
/// 401, 403, 404, 409 in I-通关完成未反馈 (AC-214).
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/copy", tag = "appointment", params(("pre_entry_no" = String, Path)),
    responses((status = 200, description = "what to send as a new application", body = serde_json::Value,
               example = json!({"consignee": {"customs_reg_no": "3122263817"}, "contact_name": "李敏", "goods": []})),
              (status = 409, description = "a new application is not possible now")))]
pub(super) async fn copy(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &number, &person).await?;
    own(&record, &person)?;
    if record.head.status == Status::ClearedNoFeedback {
        let zh = "存在通关完成未反馈的预约申请，不允许新增预约";
        let en = "an application that was cleared without feedback is not copied";
        judged(vec![told("", "AC-214", "PO_STATUS_CONFLICT", zh, en, Value::Null)])?;
    }
    let content = Content { slot_start: None, ..record.content.clone() };
    let mut copied = view::entered(&Appointment { content, ..record });
    if let Some(consignee) = copied.get_mut("consignee").and_then(Value::as_object_mut) {
        consignee.retain(|name, _| name == "customs_reg_no");
    }
    if let Some(rows) = copied.get_mut("goods").and_then(Value::as_array_mut) {
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("seq")));
    }
    Ok(Json(copied))
}
