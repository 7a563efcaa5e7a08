//! What the page asks while somebody types: who the consignee is and whether the two may apply; until when a slot may be applied for.
//! Absent on purpose: storing anything. The same rules judge again at 暂存 and at 提交 (AC-094).

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        draft::Draft,
        facts, lead_time,
        rules::{ENTRY, Entry, Facts, Purpose, judge_entry},
    },
    judged, own_code,
};
use crate::{
    app::Central,
    declaration::{fault::FieldError, problem::Problem, query},
    identity::Person,
};

/// Rules about the two enterprises.
const PARTIES: &[&str] = &["AC-052", "AC-060", "AC-059", "AC-087", "AC-088", "AC-090", "AC-092"];
/// Rules about the form of what the deadline depends on.
const QUESTION: &[&str] = &["AC-047", "AC-058", "AC-059", "AC-060"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    consignee: Option<String>,
    declaration_port: Option<String>,
    entry_exit_port: Option<String>,
    slot_start: Option<String>,
}

impl Typed {
    fn draft(self) -> Draft {
        let filled =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Draft {
            consignee: filled(self.consignee),
            declaration_port: filled(self.declaration_port),
            entry_exit_port: filled(self.entry_exit_port),
            slot_start: filled(self.slot_start),
            ..Draft::default()
        }
    }
}

/// The consignee of a typed code, and whether a new application of the two is possible now (AC-041, AC-094).
///
/// # Errors
/// 401, 403, 422 for each reason against it, 503.
#[utoipa::path(get, path = "/api/v1/appointments/consignee", tag = "appointment", params(("consignee" = String, Query)),
    responses((status = 200, description = "what the system fills in", body = serde_json::Value,
               example = json!({"consignee": {"customs_reg_no": "3122263817", "uscc": "91310115MA1FW3T93D", "ciq_no": "3100655012", "name": "上海鲜达果品进出口有限公司"}})),
              (status = 422, description = "all reasons against a new application", body = serde_json::Value)))]
pub(super) async fn consignee(
    State(central): State<Central>,
    person: Person,
    typed: query::Sent<Typed>,
) -> Result<Json<Value>, Problem> {
    let (_, facts, faults) = asked(&central, &person, typed, PARTIES).await?;
    judged(faults)?;
    Ok(Json(json!({ "consignee": facts.consignee.map(|known| known.party) })))
}

/// 最迟申请时间 of a slot (AC-114).
///
/// # Errors
/// 401, 403, 422 with the reason why the slot cannot be booked at all, 503.
#[utoipa::path(get, path = "/api/v1/appointments/deadline", tag = "appointment",
    params(("consignee" = String, Query), ("declaration_port" = String, Query), ("entry_exit_port" = String, Query), ("slot_start" = String, Query)),
    responses((status = 200, description = "the deadline and the port that sets it; it may be over", body = serde_json::Value,
               example = json!({"deadline": "2018-10-18T08:30:00.000Z", "set_by": "2225", "lead_hours": 24, "over": false})),
              (status = 422, description = "the slot cannot be booked", body = serde_json::Value)))]
pub(super) async fn deadline(
    State(central): State<Central>,
    person: Person,
    typed: query::Sent<Typed>,
) -> Result<Json<Value>, Problem> {
    let (draft, facts, mut faults) = asked(&central, &person, typed, QUESTION).await?;
    for (path, field) in [
        ("consignee", &draft.consignee),
        ("declaration_port", &draft.declaration_port),
        ("entry_exit_port", &draft.entry_exit_port),
        ("slot_start", &draft.slot_start),
    ] {
        if field.is_none() {
            faults.push(FieldError::required(path.into(), "AC-114"));
        }
    }
    judged(faults)?;
    let entry = Entry { draft: &draft, stored: None, facts: &facts, purpose: Purpose::Save };
    let question = entry.question().ok_or_else(|| {
        Problem::malformed("the question is incomplete").with_status(StatusCode::UNPROCESSABLE_ENTITY)
    })?;
    let deadline = lead_time::latest(&question).map_err(|refusal| Problem::fields(vec![refusal.fault()]))?;
    Ok(Json(json!({
        "deadline": deadline.instant(), "set_by": deadline.set_by, "lead_hours": deadline.lead_hours,
        "over": facts.now > deadline.instant(),
    })))
}

/// The draft that was typed so far, what is known about it, and what these rules have against it.
async fn asked(
    central: &Central,
    person: &Person,
    typed: query::Sent<Typed>,
    ids: &[&str],
) -> Result<(Draft, Facts, Vec<FieldError>), Problem> {
    let typed = query::read(typed)?;
    let draft = typed.draft();
    let own = own_code(person)?;
    let standings = facts::standings(central, [Some(own), draft.consignee.as_deref()]).await?;
    let now = central.store().clock().now();
    let facts = facts::gather(central.store().read(), &draft, own, &standings, Vec::new(), now).await?;
    let rules: Vec<_> = ENTRY.iter().filter(|rule| ids.contains(&rule.id)).copied().collect();
    let faults =
        judge_entry(&rules, &Entry { draft: &draft, stored: None, facts: &facts, purpose: Purpose::Save });
    Ok((draft, facts, faults))
}
