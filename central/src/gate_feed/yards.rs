//! 场所一览: which yards and lanes there are, and how each is set, for whoever keeps their policies.

use axum::{Json, extract::State};
use protocols::{
    contract::PolicyRow,
    rules::{LanePolicy, YardPolicy},
};
use serde_json::{Value, json};

use super::publish::POLICY;
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::Person,
    store::{all, column, from_json},
};

/// 场所 with their lanes, by number.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/yards", tag = "admin",
    responses((status = 200, description = "every yard with its policy and those of its lanes", body = serde_json::Value,
               example = json!({"items": [{"yard_id": "CNEHX070801", "revision": 12, "policy": {"customs_codes": ["0708"]},
                   "lanes": [{"gate_id": "0708-G02", "lane_id": "OUT1", "lane_direction": "OUT", "outermost": true}]}]})),
              (status = 403, description = "not an administrator")))]
pub(super) async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let conn = central.store().read();
    let mut items = Vec::new();
    for row in &all(conn, "SELECT yard_id, revision, policy FROM yard ORDER BY yard_id", []).await? {
        let yard_id: String = column(row, "yard_id")?;
        let policy: YardPolicy = from_json("yard policy", &column::<String>(row, "policy")?)?;
        let sql = "SELECT body FROM index_row WHERE yard_id = $1 AND kind = $2 ORDER BY name";
        let mut lanes: Vec<LanePolicy> = Vec::new();
        for lane in &all(conn, sql, [yard_id.clone().into(), POLICY.into()]).await? {
            let Some(body) = column::<Option<String>>(lane, "body")? else { continue };
            if let PolicyRow::Lane(lane) = from_json("lane policy", &body)? {
                lanes.push(lane);
            }
        }
        let revision: i64 = column(row, "revision")?;
        items.push(json!({"yard_id": yard_id, "revision": revision, "policy": policy, "lanes": lanes}));
    }
    Ok(Json(json!({ "items": items })))
}
