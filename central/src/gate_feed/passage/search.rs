//! 过卡查询: the list of passages, and one of them step by step.
//! Promises: conditions are combined with AND; keys are normalised as the lanes normalise what they read, so what was read is found however
//! it is typed; a passage of a yard that the person does not see does not exist.
//! Source: portal patterns, "Query" and "Lanes"; PO-202..PO-204, PO-217.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::{Path, State},
};
use protocols::{
    contract::{Event, UtcMillis},
    ids::normalise,
    rules::ReasonCode,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Outcome, Passage, reason};
use crate::{
    app::Central,
    binding,
    declaration::{
        fault::FieldError,
        problem::Problem,
        query::{self, Conditions, Page, PeriodRule},
    },
    gate_feed::{gate_clock, reach::Reach},
    identity::Person,
    store::{StoreError, all, column, from_json, one},
};

const TABLE: &str = "passage";
const KEY: &str = "number";
const NEWEST_FIRST: &str = "began_at DESC, number DESC";
/// Both ends or none.
const BEGAN: PeriodRule =
    PeriodRule { names: ["from", "to"], rule: "PO-207", most_days: None, required: false };
/// Events of one passage that are shown; no visit has nearly so many.
const MOST_STEPS: i64 = 1000;

/// 查询条件, as they came.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 车次确认编号, whole.
    trip_no: Option<String>,
    /// 绑定介质关键信息, whole: a plate, an electronic plate, a card or a bar code that was read.
    medium_key: Option<String>,
    /// 车牌号, whole.
    plate: Option<String>,
    /// 箱号, whole.
    container_no: Option<String>,
    /// 场所.
    yard_id: Option<String>,
    /// 卡口.
    gate_id: Option<String>,
    /// 通道.
    lane_id: Option<String>,
    /// 判定结果: `Y`, `N` or `M`.
    verdict: Option<String>,
    /// What became of the vehicle.
    outcome: Option<String>,
    /// The first day on which it may have come; needs the other end.
    from: Option<String>,
    /// The last day, included.
    to: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100; 10.
    page_size: Option<u64>,
    /// Count beyond 10,000 as well; false.
    count_all: bool,
}

impl Asked {
    fn conditions(&self, reach: &Reach, faults: &mut Vec<FieldError>) -> Conditions {
        let mut found = Conditions::default();
        reach.narrow("yard_id", &mut found);
        for (name, sent) in [
            ("trip_no", &self.trip_no),
            ("yard_id", &self.yard_id),
            ("gate_id", &self.gate_id),
            ("lane_id", &self.lane_id),
        ] {
            if let Some(text) = query::text(name, sent.as_deref(), faults) {
                found.equals(name, &text);
            }
        }
        let verdicts: &[&str] = &["Y", "N", "M"];
        let outcomes: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.code()).collect();
        for (name, sent, known) in
            [("verdict", &self.verdict, verdicts), ("outcome", &self.outcome, outcomes.as_slice())]
        {
            match query::text(name, sent.as_deref(), faults) {
                Some(code) if known.contains(&&*code) => found.equals(name, &code),
                Some(code) => faults.push(FieldError::unknown_code(name.into(), "SG-227", code.into())),
                None => {}
            }
        }
        for (name, sent, kinds) in [
            ("medium_key", &self.medium_key, "'VN', 'VE', 'IC', 'BC', 'OT'"),
            ("plate", &self.plate, "'VN'"),
            ("container_no", &self.container_no, "'CN'"),
        ] {
            if let Some(text) = query::text(name, sent.as_deref(), faults) {
                let forms = BTreeSet::from([normalise::key(&text), normalise::bar_code(&text).to_owned()]);
                let condition = format!(
                    "number IN (SELECT number FROM passage_read WHERE value IN (?) AND kind IN ({kinds}))"
                );
                found.add(condition, forms.into_iter().map(Into::into).collect());
            }
        }
        if let Some(period) = BEGAN.read(self.from.as_deref(), self.to.as_deref(), faults) {
            found.within("began_at", period);
        }
        found
    }
}

/// 过卡记录, newest first.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/passages", tag = "gates", params(Asked),
    responses((status = 200, description = "one page, newest first; `total` is exact to 10,000, `total_is_more` beyond", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": [
                   {"number": 1, "yard_id": "CNEHX070801", "gate_id": "0708-G02", "lane_id": "IN1", "lane_direction": "IN", "visit_id": "0708-G02-20251013-0415",
                    "began_at": "2025-10-13T03:26:03.000Z", "last_at": "2025-10-13T03:26:09.000Z", "verdict": "Y", "reason": {"code": "ok", "message": "放行", "message_en": "pass"},
                    "outcome": "passed", "left_port": false, "mode": "A", "trip_no": null, "version_no": null, "media": [{"medium_type": "VN", "medium_key": "蒙LK8216"}],
                    "containers": [], "seals": [], "gross_kg": 15010, "officer_id": null, "images": [], "events": 5}]})),
              (status = 422, description = "all faults of the conditions")))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let reach = Reach::of(conn, &person).await?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let conditions = asked.conditions(&reach, &mut faults);
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let total = query::count(conn, TABLE, &conditions, asked.count_all).await?;
    let found: Vec<Passage> = query::documents(conn, TABLE, KEY, &conditions, NEWEST_FIRST, page).await?;
    Ok(Json(query::listing(total, page, found.iter().map(Passage::shown).collect())))
}

/// One passage with all of its events in order: what was read, decided and done, and why.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/passages/{number}", tag = "gates", params(("number" = i64, Path)),
    responses((status = 200, description = "the passage as in the list, `steps`: its events as they came, `by_centre`: when each was by the centre's clock, found \
               `between` two comparisons of the clocks or as the gate has `stated` it, `reasons`: the reasons among them in words, \
               `record`: the binding's number, where the person may see it", body = serde_json::Value,
               example = json!({"number": 1, "gate_id": "0708-G02", "lane_id": "IN1", "outcome": "passed", "record": null, "reasons": {"ok": {"code": "ok", "message": "放行", "message_en": "pass"}},
                                "steps": [{"received_at": "2025-10-13T03:26:03.000Z", "readable": true, "event": {"seq": 1, "event_type": "ARRIVAL"},
                                           "by_centre": {"at": "2025-10-13T03:26:02.000Z", "way": "between"}}]}))))]
pub async fn show(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<i64>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let reach = Reach::of(conn, &person).await?;
    let row = one(conn, "SELECT doc FROM passage WHERE number = $1", [number.into()]).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let passage: Passage = from_json("passage", &column::<String>(&row, "doc")?)?;
    if !reach.has(passage.yard_id.as_str()) {
        return Err(Problem::not_found());
    }
    let sql = "SELECT received_at, readable, raw FROM gate_event WHERE gate_id = $1 AND visit_id = $2
               ORDER BY epoch, seq LIMIT $3";
    let values = [passage.gate_id.as_str().into(), passage.visit_id.as_str().into(), MOST_STEPS.into()];
    let rows = all(conn, sql, values).await?;
    let mut steps = rows.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    put_times_right(conn, &passage, &mut steps).await?;
    let mut reasons = BTreeMap::new();
    for step in &steps {
        words(step, &mut reasons);
    }
    let record = match passage.trip_no {
        Some(trip_no) => binding::store::find(conn, trip_no.as_str()).await?,
        None => None,
    };
    let record = record.filter(|record| person.sees(&record.uscc, &record.content().customs_code));
    let mut shown = passage.shown();
    if let Value::Object(members) = &mut shown {
        members.insert("steps".into(), steps.into());
        members.insert("reasons".into(), json!(reasons));
        members.insert("record".into(), json!(record.map(|record| record.unified_no)));
    }
    Ok(Json(shown))
}

fn step(row: &QueryResult) -> Result<Value, StoreError> {
    let event: Value = from_json("event", &column::<String>(row, "raw")?)?;
    Ok(json!({
        "received_at": UtcMillis::from_millis(column(row, "received_at")?),
        "readable": column::<i64>(row, "readable")? == 1, "event": event,
    }))
}

/// Beside what the gate has stated, when each step was by the centre's clock.
async fn put_times_right<C: ConnectionTrait>(
    conn: &C,
    passage: &Passage,
    steps: &mut [Value],
) -> Result<(), StoreError> {
    let read = |step: &Value| serde_json::from_value::<Event>(step.get("event")?.clone()).ok();
    let events: Vec<Option<Event>> = steps.iter().map(read).collect();
    let known = || events.iter().flatten();
    let (Some(first), Some(last)) = (known().next(), known().next_back()) else { return Ok(()) };
    let measures = gate_clock::around(conn, &passage.gate_id, first.epoch, (first.seq, last.seq)).await?;
    for (step, event) in steps.iter_mut().zip(&events) {
        let of_journal = event.as_ref().filter(|event| event.epoch == first.epoch);
        let time = of_journal.map_or(Value::Null, |event| gate_clock::shown(event, &measures));
        if let Value::Object(members) = step {
            members.insert("by_centre".into(), time);
        }
    }
    Ok(())
}

/// Every reason that stands anywhere in a step, in words.
fn words(value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            let code = members.get("reason_code").and_then(Value::as_str).and_then(ReasonCode::parse);
            found.extend(code.map(|code| (code.to_string(), reason(code))));
            members.values().for_each(|value| words(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| words(value, found)),
        _ => {}
    }
}
