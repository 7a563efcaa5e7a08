//! 变更, 删单, 复制: what is begun from a record that stands.
//! Promises: a change and a delete order keep both numbers, and the approved version stays at the gates until customs has decided; a
//! change never moves a record to another customs area.
//! Source: spec SG-113, SG-145, SG-147..SG-149, SG-178, SG-179, SG-194.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde_json::{Map, Value, json};

use super::{
    api::{store_content, visible},
    areas::CustomsAreas,
    draft::{Checked, Draft},
    lifecycle::Action,
    record::Record,
    shape::Entered,
    submission::{DeclareRequest, submit},
};
use crate::{
    app::Central,
    declaration::{fault::FieldError, problem::Problem},
    identity::Person,
};

/// 变更, with its 暂存: opens the next version with this content.
///
/// # Errors
/// 400, 401, 403, 404, 409 unless approved and free (SG-148), 422.
#[utoipa::path(post, path = "/api/v1/smart-gate/records/{unified_no}/change", tag = "smart-gate", params(("unified_no" = String, Path)),
    request_body(content = inline(Entered), description = "as for a new record, with `version`", example = json!({
        "version": 4, "customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "business_type": "1000000000",
        "transport_mode": "4", "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6550,
        "container_weight_kg": 0, "remark": "更换挂车", "confirm_warnings": [],
        "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                   "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}]})),
    responses((status = 200, description = "stored as the next version; `effective` and `changes` show what holds meanwhile", body = serde_json::Value),
              (status = 409, description = "status or version"), (status = 422, description = "all faults; SG-149 for another customs area", body = serde_json::Value)))]
pub async fn change(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    store_content(&central, &person, &unified_no, &bytes, Action::Change).await
}

/// 删单, with its 申报, signed as that: asks customs to take the approved record out.
///
/// # Errors
/// 400, 401, 403 without the bound card's signature (SG-021), 404, 409 unless 海关审核通过 (SG-145).
#[utoipa::path(post, path = "/api/v1/smart-gate/records/{unified_no}/delete-order", tag = "smart-gate", params(("unified_no" = String, Path)),
    request_body(content = inline(DeclareRequest), example = json!({"version": 4,
        "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "9f3c..."}})),
    responses((status = 200, description = "申报成功", body = serde_json::Value),
              (status = 403, description = "no signature, another card than the bound one, or a signature that does not hold"),
              (status = 409, description = "status or version")))]
pub async fn delete_order(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    submit(&central, &person, &unified_no, &bytes, Action::DeleteOrder).await
}

/// 复制: what a new record begins with: header and lines, and nothing that the system fills in.
///
/// # Errors
/// 401, 403 without a bound card, 404.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}/copy", tag = "smart-gate", params(("unified_no" = String, Path)),
    responses((status = 200, description = "to be sent as a new record", body = serde_json::Value,
               example = json!({"customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "lines": []})),
              (status = 404, description = "does not exist, or not for this person")))]
pub async fn copy(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
) -> Result<Json<Value>, Problem> {
    person.declarant()?.bound_card()?;
    let record = visible(central.store().read(), &unified_no, &person).await?;
    let mut copy = json!(record.body);
    let lines = copy.get_mut("lines").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        Map::remove(line, "line_no");
    }
    Ok(Json(copy))
}

/// Checks what is to become the content of a stored record.
pub(super) fn check(
    draft: &Draft,
    areas: &CustomsAreas,
    record: &Record,
    stored: &Value,
) -> Result<Checked, Vec<FieldError>> {
    let moved = other_area(draft, record);
    match (draft.check(areas, Some(stored)), moved) {
        (checked, None) => checked,
        (Ok(_), Some(fault)) => Err(vec![fault]),
        (Err(faults), Some(fault)) => Err([vec![fault], faults].concat()),
    }
}

/// SG-149: another customs area means another office that decides: a delete order, and a new record.
fn other_area(draft: &Draft, record: &Record) -> Option<FieldError> {
    let holds = record.effective.as_ref()?.customs_code;
    let sent = draft.sent("customs_code");
    let other = sent.as_str().map(str::trim).filter(|sent| *sent != holds.as_str())?;
    let (zh, en) = ("变更不可修改关区代码，请删单后重新录入", format!("a change keeps customs area {holds}"));
    Some(FieldError::format("customs_code".into(), "SG-149", zh, en, other.into()))
}
