//! A record as JSON: the form of section 15, with what this person may do now.
//! Source: spec SG-034..SG-069, SG-138, SG-139, SG-150.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    difference, lifecycle,
    record::{Hold, Record},
    slip,
};
use crate::{
    declaration::{lifecycle::By, numbering},
    identity::{Person, Standing},
};

/// The whole record.
pub(super) fn full(record: &Record, person: &Person) -> Value {
    let mut value = summary(record, person);
    let more = json!({
        "org_code": record.uscc.org_code(), "close_reason": record.close_reason,
        "approved_at": record.approved_at, "entry_passed": record.entry_passed, "closing_passed": record.closing_passed,
        "closing_passage": record.content().closing_passage(),
        "hold": record.hold.as_ref().map(hold), "gross_in_kg": record.gross_in_kg, "gross_out_kg": record.gross_out_kg,
        "net_kg": record.net_kg(),
    });
    merge(&mut value, more);
    merge(&mut value, json!(record.body));
    if let Some(effective) = record.effective.as_ref().filter(|_| record.has_open_version()) {
        // SG-193: what holds at the gates until customs has decided, and what the open version has otherwise.
        let beside =
            json!({ "effective": effective, "changes": difference::between(effective, &record.body) });
        merge(&mut value, beside);
    }
    value
}

/// What the result list shows (SG-138).
pub(super) fn summary(record: &Record, person: &Person) -> Value {
    let body = &record.body;
    json!({
        "unified_no": record.unified_no, "trip_no": record.trip_no, "version": record.version,
        "status": record.status, "status_label": record.status.label_zh(), "status_since": record.status_since,
        "entry_date": numbering::date_in_china(record.entry_at), "uscc": record.uscc, "operator": record.operator,
        "version_no": record.version_no, "change_kind": record.change_kind,
        "effective_version_no": record.effective_version_no,
        "customs_code": body.customs_code, "medium_type": body.medium_type, "medium_key": body.medium_key,
        "business_type": body.business_type, "transport_mode": body.transport_mode, "ie_flag": body.ie_flag,
        "actions": actions(record, person),
    })
}

/// 操作: the lifecycle table's answer, with viewing, copying, receipts and the slip (SG-113, SG-126, SG-139, SG-140, SG-146).
fn actions(record: &Record, person: &Person) -> Vec<&'static str> {
    let mut names = vec!["view"];
    match &person.standing {
        // SG-018: without a card there is nothing to do but look.
        Standing::Declarant(declarant) if declarant.card_no.is_none() => {}
        Standing::Declarant(_) => {
            names.extend(lifecycle::actions(record, By::Enterprise));
            names.push("copy");
        }
        Standing::Officer(_) => names.extend(lifecycle::actions(record, By::Customs)),
        _ => {}
    }
    if record.answered {
        names.push("receipts");
    }
    if slip::is_printable(record) {
        names.push("slip");
    }
    names
}

#[derive(Serialize)]
struct HoldView<'a> {
    source: &'static str,
    since: protocols::contract::UtcMillis,
    gate_id: Option<&'a str>,
    lane_id: Option<&'a str>,
    visit_id: Option<&'a str>,
    officer: Option<&'a str>,
    reason: Option<&'a str>,
}

fn hold(hold: &Hold) -> HoldView<'_> {
    match hold {
        Hold::Gate { gate_id, lane_id, visit_id, since } => HoldView {
            source: "GATE",
            since: *since,
            gate_id: Some(gate_id.as_str()),
            lane_id: Some(lane_id.as_str()),
            visit_id: Some(visit_id.as_str()),
            officer: None,
            reason: None,
        },
        Hold::Customs { officer, reason, since, .. } => HoldView {
            source: "CUSTOMS",
            since: *since,
            gate_id: None,
            lane_id: None,
            visit_id: None,
            officer: Some(officer),
            reason: Some(reason),
        },
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
