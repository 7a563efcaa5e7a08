//! 统计: applications, decisions and the mean time to a decision, an office a row (AE-169).
//! Promises: an officer sees the own offices, headquarters all of them; the mean is exact to the second, over all decisions of the period.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::store;
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        query::{self, Conditions, PeriodRule},
    },
    identity::{Person, Standing},
};

/// The path of the figures.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(figures))
}

const PERIOD: PeriodRule =
    PeriodRule { names: ["date_from", "date_to"], rule: "AE-169", most_days: None, required: true };

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The first day, required.
    date_from: Option<String>,
    /// The last day, required.
    date_to: Option<String>,
    /// One office of those that the person sees.
    customs_code: Option<String>,
}

/// Applications made in the period that stand, what was decided in it, and the mean time from application to decision.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/desk/attendance-exemptions/statistics", tag = "desk", params(Asked),
    responses((status = 200, description = "an office a row", body = serde_json::Value,
               example = json!({"items": [{"customs_code": "2225", "applications": 12, "approved": 9, "rejected": 2, "mean_seconds_to_decision": 5400}]})),
              (status = 422, description = "all faults")))]
async fn figures(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let mut offices = Conditions::default();
    match &person.standing {
        Standing::Headquarters => {}
        Standing::Officer(codes) if !codes.is_empty() => {
            let codes = codes.iter().map(|code| code.as_str().into()).collect();
            offices.add("inspection_customs_code IN (?)", codes);
        }
        _ => return Err(Problem::no_permission()),
    }
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    if let Some(code) = query::text("customs_code", asked.customs_code.as_deref(), &mut faults) {
        offices.equals("inspection_customs_code", &code);
    }
    let period = PERIOD.read(asked.date_from.as_deref(), asked.date_to.as_deref(), &mut faults);
    query::judged(faults)?;
    let Some(period) = period else { return Err(Problem::malformed("give both ends")) };
    let rows = store::figures(central.store().read(), period, &offices).await?;
    let items: Vec<_> = rows
        .iter()
        .map(|row| {
            let decided = row.approved + row.rejected;
            let mean = (decided > 0).then(|| row.decision_ms / decided / 1000);
            json!({
                "customs_code": row.customs_code, "applications": row.applications, "approved": row.approved,
                "rejected": row.rejected, "mean_seconds_to_decision": mean,
            })
        })
        .collect();
    Ok(Json(json!({ "items": items })))
}
