//! 待办: what waits for an officer.
//! Promises: only records of the officer's offices (SG-022); what has waited longest comes first.

use axum::{Json, extract::State};
use protocols::rules::TripStatus;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::Central,
    binding::{lifecycle::MANUAL, record::ChangeKind, search, store},
    declaration::{
        fault::FieldError,
        problem::Problem,
        query::{self, Conditions, Page},
    },
    identity::Person,
};

/// 待办条件. Codes are those of the query page.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `NEW`, `CHANGE` or `DELETE`.
    change_kind: Option<String>,
    /// 统一社会信用代码.
    uscc: Option<String>,
    /// 关区代码.
    customs_code: Option<String>,
    /// 绑定介质类型.
    medium_type: Option<String>,
    /// 绑定介质关键信息.
    medium_key: Option<String>,
    /// 业务类型.
    business_type: Option<String>,
    /// 进出口标志.
    ie_flag: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100; 10.
    page_size: Option<u64>,
}

const OLDEST_FIRST: &str = "status_since, unified_no";

/// 待办 of this officer: records that were sent to customs and are not answered, oldest first.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/desk/work", tag = "desk", params(Asked),
    responses((status = 200, description = "oldest first", body = serde_json::Value, example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10,
        "items": [{"manual": "smart_gate", "unified_no": "202500000000000123", "version": 3, "change_kind": "NEW", "status": "SENT", "waits_since": "2025-10-13T00:41:17.000Z", "waits_s": 60, "actions": ["view", "approve", "return"]}]}))))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let offices = person.officer()?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let mut conditions = Conditions::default();
    conditions.one_of("customs_code", offices.iter().map(|office| office.as_str().into()));
    // As a word of the statement, since the index of what waits is for this one status.
    conditions.add(format!("status = '{}'", TripStatus::Sent.code()), Vec::new());
    let page = asked.add_to(&mut conditions, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let (total, records) = store::search(conn, &conditions, OLDEST_FIRST, page, false).await?;
    let now = central.store().clock().now().as_millis();
    let items = records.iter().map(|record| {
        let mut item = search::summary(record, &person);
        if let Value::Object(members) = &mut item {
            members.insert("manual".into(), MANUAL.into());
            members.insert("waits_since".into(), json!(record.status_since));
            members.insert("waits_s".into(), ((now - record.status_since.as_millis()) / 1000).into());
        }
        item
    });
    Ok(Json(query::listing(total, page, items.collect())))
}

impl Asked {
    fn add_to(&self, found: &mut Conditions, faults: &mut Vec<FieldError>) -> Page {
        match query::text("change_kind", self.change_kind.as_deref(), faults) {
            Some(code) if ChangeKind::parse(&code).is_some() => found.equals("change_kind", &code),
            Some(code) => faults.push(FieldError::unknown_code("change_kind".into(), "SG-191", code.into())),
            None => {}
        }
        if let Some(uscc) = query::text("uscc", self.uscc.as_deref(), faults) {
            found.equals("uscc", &uscc);
        }
        let of_the_manual = search::Asked {
            customs_code: self.customs_code.clone(),
            medium_type: self.medium_type.clone(),
            medium_key: self.medium_key.clone(),
            business_type: self.business_type.clone(),
            ie_flag: self.ie_flag.clone(),
            ..search::Asked::default()
        };
        of_the_manual.add_to(found, faults);
        Page::read(self.page, self.page_size, faults)
    }
}
