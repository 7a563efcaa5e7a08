//! 查询: the conditions of section 10.
//! Promises: conditions are combined with AND; a key is normalised before it is compared (SG-079, SG-130); all faults come back at once.
//! Source: spec SG-125..SG-138; PO-203, PO-204, PO-207, PO-211, PO-217.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use protocols::{
    ids::{CustomsCode, MediumType, normalise},
    rules::{BusinessType, IeFlag, TripStatus},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{record::Record, store, view};
use crate::{
    app::Central,
    declaration::{
        fault::FieldError,
        problem::Problem,
        query::{self, Conditions, Page, PeriodRule},
    },
    identity::{Person, Standing},
};

/// 录入时间: both ends or none, no longest span (SG-134, SG-135).
const ENTERED: PeriodRule = PeriodRule {
    names: ["entry_date_from", "entry_date_to"],
    rule: "SG-134",
    most_days: None,
    required: false,
};
/// SG-266.
const BOTH_ENDS: &str = "根据录入时间查询时，需要输入查询的起始时间和结束时间";

/// 查询条件, as they came.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 车次确认编号, whole.
    pub(crate) trip_no: Option<String>,
    /// 单证状态.
    pub(crate) status: Option<String>,
    /// 绑定介质类型.
    pub(crate) medium_type: Option<String>,
    /// 绑定介质关键信息, whole.
    pub(crate) medium_key: Option<String>,
    /// 业务类型.
    pub(crate) business_type: Option<String>,
    /// 关区代码.
    pub(crate) customs_code: Option<String>,
    /// 进出口标志.
    pub(crate) ie_flag: Option<String>,
    /// 录入时间, from; needs the other end.
    pub(crate) entry_date_from: Option<String>,
    /// 录入时间, to, included.
    pub(crate) entry_date_to: Option<String>,
    /// From 1.
    pub(crate) page: Option<u64>,
    /// 1 to 100; 10.
    pub(crate) page_size: Option<u64>,
    /// Count beyond 10,000 as well; false.
    pub(crate) count_all: bool,
}

/// Whether a code table has a code.
type Known = fn(&str) -> bool;

impl Asked {
    /// The conditions for what this person may see (SG-022).
    pub(super) fn conditions(
        &self,
        person: &Person,
        faults: &mut Vec<FieldError>,
    ) -> Result<Conditions, Problem> {
        let mut found = of_person(person)?;
        self.add_to(&mut found, faults);
        Ok(found)
    }

    /// Adds the manual's conditions.
    pub(crate) fn add_to(&self, found: &mut Conditions, faults: &mut Vec<FieldError>) {
        let known: [(_, _, _, Known); 5] = [
            ("status", "SG-128", &self.status, |code| TripStatus::parse(code).is_some()),
            ("medium_type", "SG-129", &self.medium_type, |code| MediumType::parse(code).is_ok()),
            ("business_type", "SG-131", &self.business_type, |code| BusinessType::parse(code).is_ok()),
            ("customs_code", "SG-132", &self.customs_code, |code| CustomsCode::parse(code).is_ok()),
            ("ie_flag", "SG-133", &self.ie_flag, |code| IeFlag::parse(code).is_ok()),
        ];
        for (name, rule, sent, is_known) in known {
            match query::text(name, sent.as_deref(), faults) {
                Some(code) if is_known(&code) => found.equals(name, &code),
                Some(code) => faults.push(FieldError::unknown_code(name.into(), rule, code.into())),
                None => {}
            }
        }
        if let Some(trip_no) = query::text("trip_no", self.trip_no.as_deref(), faults) {
            found.equals("trip_no", &trip_no);
        }
        if let Some(key) = query::text("medium_key", self.medium_key.as_deref(), faults) {
            let forms = BTreeSet::from([normalise::key(&key), normalise::bar_code(&key).to_owned()]);
            found.one_of("medium_key", forms.into_iter().map(Into::into));
        }
        let (from, to) = (self.entry_date_from.as_deref(), self.entry_date_to.as_deref());
        let before = faults.len();
        if let Some(period) = ENTERED.read(from, to, faults) {
            found.within("entry_at", period);
        }
        for fault in faults.iter_mut().skip(before) {
            match fault.code {
                "PO_RANGE_REQUIRED" => fault.message = BOTH_ENDS.into(),
                "PO_RANGE_REVERSED" => fault.rule = "SG-135",
                _ => {}
            }
        }
    }

    fn page(&self, faults: &mut Vec<FieldError>) -> Page {
        Page::read(self.page, self.page_size, faults)
    }
}

fn of_person(person: &Person) -> Result<Conditions, Problem> {
    let mut found = Conditions::default();
    match &person.standing {
        Standing::Declarant(declarant) => found.equals("uscc", declarant.uscc.as_str()),
        Standing::Officer(areas) => {
            found.one_of("customs_code", areas.iter().map(|area| area.as_str().into()));
        }
        _ => return Err(Problem::no_permission()),
    }
    Ok(found)
}

/// A record as lists show it to this person.
#[must_use]
pub fn summary(record: &Record, person: &Person) -> Value {
    view::summary(record, person)
}

/// 查询.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/smart-gate/records", tag = "smart-gate", params(Asked),
    responses((status = 200, description = "one page, newest first; `total` is exact to 10,000, `total_is_more` beyond", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": []})),
              (status = 422, description = "all faults of the conditions")))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let (conditions, page) = (asked.conditions(&person, &mut faults)?, asked.page(&mut faults));
    query::judged(faults)?;
    let (total, records) =
        store::search(central.store().read(), &conditions, store::NEWEST_FIRST, page, asked.count_all)
            .await?;
    let items = records.iter().map(|record| view::summary(record, &person)).collect();
    Ok(Json(query::listing(total, page, items)))
}

/// 业务数据统计: how many records are in each status, over the same conditions (SG-126).
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/counts", tag = "smart-gate", params(Asked),
    responses((status = 200, description = "every status, in the order of the query page", body = serde_json::Value,
               example = json!({"total": 3, "items": [{"status": "SAVED", "status_label": "暂存", "count": 3}]})),
              (status = 422, description = "all faults of the conditions")))]
pub async fn counts(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let conditions = asked.conditions(&person, &mut faults)?;
    // A page means nothing here; one that is none is refused as in the list.
    asked.page(&mut faults);
    query::judged(faults)?;
    let counted = store::counts(central.store().read(), &conditions).await?;
    let count_of = |status| counted.iter().find(|(of, _)| *of == status).map_or(0, |(_, records)| *records);
    let item = |status: &TripStatus| json!({ "status": status, "status_label": status.label_zh(), "count": count_of(*status) });
    let items: Vec<_> = TripStatus::ALL.iter().map(item).collect();
    let total: i64 = counted.iter().map(|(_, records)| records).sum();
    Ok(Json(json!({ "total": total, "items": items })))
}
