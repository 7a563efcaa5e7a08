//! 导出和导入: records as a list for spreadsheet programs, a row for each line, and new records from such a list.
//! Promises: an import saves all its records or none; each is judged by the very rules of `draft`, and every fault names its row and column.
//! Absent on purpose: changing stored records by a list; a list says nothing of versions.
//! Source: spec SG-034..SG-069, SG-137; PO-330.

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::{cause, save_new},
    draft::{Checked, Draft},
    record::{Line, Record},
    search, slip, store, view,
};
use crate::{
    app::Central,
    declaration::{
        fault::FieldError,
        numbering,
        problem::Problem,
        query::{self as lists, Page},
        sheet::{self, Column, Kind, Row, column, filled_in},
    },
    identity::Person,
};

/// Records of one export.
const MOST_EXPORTED: u64 = 5000;
/// Records of one import.
const MOST_IMPORTED: usize = 200;
const MOST_FAULTS: usize = 200;
/// Members of a line begin so.
const LINE: &str = "line.";

#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    column("group", "组号", Kind::Text),
    filled_in("unified_no", "数据中心统一编号", Kind::Text),
    filled_in("trip_no", "车次确认编号", Kind::Text),
    filled_in("status_label", "单证状态", Kind::Text),
    filled_in("entry_date", "录入时间", Kind::Date),
    column("customs_code", "关区代码", Kind::Text),
    column("medium_type", "绑定介质类型", Kind::Text),
    column("medium_key", "绑定介质关键信息", Kind::Text),
    column("business_type", "业务类型", Kind::Text),
    column("transport_mode", "运输方式", Kind::Text),
    column("ie_flag", "进出口标志", Kind::Text),
    column("vehicle_pass_type", "过卡车辆类型", Kind::Text),
    column("vehicle_weight_kg", "车辆重量", Kind::Number),
    column("trailer_weight_kg", "挂车重量", Kind::Number),
    column("container_weight_kg", "集装箱重量", Kind::Number),
    column("remark", "备注", Kind::Text),
    column("line.direction", "表体进出方向", Kind::Text),
    column("line.object_type", "绑定对象类型", Kind::Text),
    column("line.object_id", "绑定对象ID", Kind::Text),
    column("line.vessel_name", "船名", Kind::Text),
    column("line.voyage_no", "航次批次号", Kind::Text),
    column("line.business_type", "表体业务类型", Kind::Text),
    column("line.bill_type", "提单类型", Kind::Text),
    column("line.pickup_weight_kg", "本次提货重量", Kind::Number),
    column("line.container_no_1", "箱号1", Kind::Text),
    column("line.container_no_2", "箱号2", Kind::Text),
    column("line.seal_no_1", "安全智能锁号1", Kind::Text),
    column("line.seal_no_2", "安全智能锁号2", Kind::Text),
    column("line.remark", "表体备注", Kind::Text),
];

pub(super) fn router() -> OpenApiRouter<Central> {
    let import =
        OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(sheet::MOST_BYTES + 1024));
    OpenApiRouter::new().routes(routes!(export)).merge(import)
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    format: sheet::Asked,
}

/// 导出: what a query selects, newest first, as a workbook or as CSV.
///
/// # Errors
/// 400, 401, 422; also when there are more than 5000 records.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/export", tag = "smart-gate",
    params(("format" = Option<sheet::Asked>, Query, description = "xlsx or csv"), ("trip_no" = Option<String>, Query),
           ("status" = Option<String>, Query), ("medium_type" = Option<String>, Query), ("medium_key" = Option<String>, Query),
           ("business_type" = Option<String>, Query), ("customs_code" = Option<String>, Query), ("ie_flag" = Option<String>, Query),
           ("entry_date_from" = Option<String>, Query), ("entry_date_to" = Option<String>, Query)),
    responses((status = 200, description = "the list", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
              (status = 401, description = "not logged in"), (status = 422, description = "a condition breaks a rule, or too many records")))]
async fn export(
    State(central): State<Central>,
    person: Person,
    uri: axum::http::Uri,
) -> Result<Response, Problem> {
    // The format is no condition, and the conditions refuse what they do not know.
    let wanted: Wanted = lists::read(Query::try_from_uri(&uri))?;
    let conditions: Vec<_> =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("format=")).collect();
    let rest = format!("/?{}", conditions.join("&"))
        .parse()
        .map_err(|_| Problem::malformed("the query cannot be read"))?;
    let query: search::Asked = lists::read(Query::try_from_uri(&rest))?;
    let mut faults = Vec::new();
    let conditions = query.conditions(&person, &mut faults)?;
    lists::judged(faults)?;
    let conn = central.store().read();
    let total = lists::count(conn, store::TABLE, &conditions, false).await?.total;
    let records = store::page(conn, &conditions, Page { page: 1, size: MOST_EXPORTED }).await?;
    if total.unsigned_abs() > MOST_EXPORTED {
        let (zh, en) = (
            format!("最多导出{MOST_EXPORTED}票，请缩小查询范围"),
            format!("at most {MOST_EXPORTED} records; narrow the query"),
        );
        return Err(Problem::fields(vec![FieldError::format(
            "format".into(),
            "PO-332",
            zh,
            en,
            total.into(),
        )]));
    }
    let rows: Vec<_> = (1..)
        .zip(&records)
        .flat_map(|(group, record)| rows(group, &view::full(record, &person), record))
        .collect();
    let format = wanted.format;
    let written = tokio::task::spawn_blocking(move || match format {
        sheet::Asked::Xlsx => sheet::xlsx(COLUMNS, &rows).map_err(|error| error.to_string()),
        sheet::Asked::Csv => sheet::csv(COLUMNS, &rows).map_err(|error| error.to_string()),
    });
    let bytes = finished(written.await)?;
    Ok(answer(&central, format, bytes, StatusCode::OK))
}

fn finished<T>(written: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, Problem> {
    written.map_err(|error| error.to_string()).and_then(|written| written).map_err(|error| {
        tracing::error!(error, "a list could not be written");
        Problem::upstream("the list cannot be written")
    })
}

fn answer(central: &Central, format: sheet::Asked, bytes: Vec<u8>, status: StatusCode) -> Response {
    let day = numbering::date_in_china(central.store().clock().now());
    sheet::Answer { name: format!("smart-gate-{day}"), format, bytes, status }.into_response()
}

/// A row for each line of a record, one without a line where it has none.
fn rows(group: usize, whole: &Value, record: &Record) -> Vec<Vec<String>> {
    let lines: Vec<Value> = record.body.lines.iter().map(|line: &Line| json!(line)).collect();
    let row = |line: Option<&Value>| -> Vec<String> {
        let cell = |column: &Column| match column.key.strip_prefix(LINE) {
            Some(member) => line.map(|line| text(line, member)).unwrap_or_default(),
            None if column.key == "group" => group.to_string(),
            None => text(whole, column.key),
        };
        COLUMNS.iter().map(cell).collect()
    };
    if lines.is_empty() { vec![row(None)] } else { lines.iter().map(|line| row(Some(line))).collect() }
}

fn text(object: &Value, member: &str) -> String {
    match object.get(member) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A record as it stands in the file: its members, and in which rows it and its lines stand.
struct Group {
    content: Map<String, Value>,
    rows: Vec<usize>,
    lines: Vec<usize>,
}

/// 导入: saves new records from a workbook or CSV in the form of the export. Rows with the same 组号 that follow each other are one record; what
/// the system fills in is passed over. With `Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` faults come back as the
/// workbook with a column of them.
///
/// # Errors
/// 401, 403, 413, 422 with every fault, its row and its column; nothing is saved then.
#[utoipa::path(post, path = "/api/v1/smart-gate/records/import", tag = "smart-gate",
    request_body(content = String, content_type = "text/csv", description = "a workbook or CSV, at most 2 MiB and 1000 rows",
                 example = "组号,关区代码,绑定介质类型,...\n1,0708,VN,...\n"),
    responses((status = 201, description = "saved", body = Value, example = json!({"items": [
                   {"rows": [2], "unified_no": "202500000000000001", "trip_no": "25108950000004821000000000000001", "warnings": []}]})),
              (status = 401, description = "not logged in"), (status = 403, description = "no bound card"),
              (status = 413, description = "more than 2 MiB"), (status = 422, description = "all faults; nothing was saved")))]
async fn import(
    State(central): State<Central>,
    person: Person,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let card_no = person.declarant()?.bound_card()?;
    let read = tokio::task::spawn_blocking(move || sheet::read(&bytes, COLUMNS)).await;
    let (rows, mut faults) =
        finished(Ok(read.map_err(|error| error.to_string())))?.map_err(Problem::fields)?;
    let groups = groups(&rows, &mut faults);
    let mut drafts: Vec<(Draft, Checked)> = Vec::new();
    for group in &groups {
        match judged(group, &central) {
            Ok(found) => drafts.push(found),
            Err(found) => {
                let found = found.into_iter().map(|fault| placed(group, fault));
                // A cell that could not be read is told once.
                let fresh: Vec<_> =
                    found.filter(|fault| !faults.iter().any(|known| known.path == fault.path)).collect();
                faults.extend(fresh);
            }
        }
    }
    if !faults.is_empty() {
        faults.truncate(MOST_FAULTS);
        if !sheet::wants_workbook(&headers) {
            return Err(Problem::fields(faults));
        }
        let written = tokio::task::spawn_blocking(move || {
            sheet::with_faults(COLUMNS, &rows, &faults).map_err(|error| error.to_string())
        });
        let bytes = finished(written.await)?;
        return Ok(answer(&central, sheet::Asked::Xlsx, bytes, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut tx = central.store().begin().await?;
    let mut items = Vec::with_capacity(drafts.len());
    for (group, (draft, checked)) in groups.iter().zip(drafts) {
        let (warnings, cause) = (json!(checked.warnings), cause(&person, &draft, &checked.warnings));
        let record = save_new(&mut tx, person.declarant()?, card_no, checked.declaration, &cause).await?;
        items.push(json!({"rows": group.rows, "unified_no": record.unified_no, "trip_no": record.trip_no, "warnings": warnings}));
    }
    tx.commit().await?;
    items.iter().for_each(|_| central.metrics().record_saved());
    Ok((StatusCode::CREATED, Json(json!({ "items": items }))).into_response())
}

fn judged(group: &Group, central: &Central) -> Result<(Draft, Checked), Vec<FieldError>> {
    let mut draft = Draft::parse(Value::Object(group.content.clone()))?;
    draft.give_key(slip::draw_key);
    let checked = draft.check(central.areas(), None)?;
    Ok((draft, checked))
}

/// `lines[0].object_id` as the place in the file: `rows[7].line.object_id`.
fn placed(group: &Group, fault: FieldError) -> FieldError {
    let line = fault.path.strip_prefix("lines[").and_then(|rest| rest.split_once(']'));
    let of_line = line.and_then(|(place, member)| {
        let row = group.lines.get(place.parse::<usize>().ok()?)?;
        Some(format!("rows[{row}].{LINE}{}", member.trim_start_matches('.')))
    });
    let first = group.rows.first().copied().unwrap_or_default();
    let path = of_line.unwrap_or_else(|| format!("rows[{first}].{}", fault.path));
    FieldError { path, ..fault }
}

fn groups(rows: &[Row], faults: &mut Vec<FieldError>) -> Vec<Group> {
    let columns: Vec<_> = COLUMNS.iter().filter(|column| !column.filled_in).collect();
    let mut groups: Vec<(String, Group)> = Vec::new();
    for row in rows {
        let (mut head, mut line, mut name) = (Map::new(), Map::new(), String::new());
        for (column, cell) in columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty()) {
            match (column.key, column.key.strip_prefix(LINE)) {
                ("group", _) => name.clone_from(cell),
                (_, Some(member)) => drop(line.insert(member.into(), value(column.kind, cell))),
                (member, None) => drop(head.insert(member.into(), value(column.kind, cell))),
            }
        }
        match groups.last_mut() {
            Some((before, group)) if !name.is_empty() && *before == name => {
                // The head stands in the first row, and may be repeated.
                for (member, value) in
                    head.into_iter().filter(|(member, value)| group.content.get(member) != Some(value))
                {
                    let (zh, en) = ("与同组首行不一致", "differs from the first row of its group");
                    faults.push(FieldError::format(
                        format!("rows[{}].{member}", row.number),
                        "PO-332",
                        zh,
                        en,
                        value,
                    ));
                }
                group.rows.push(row.number);
                add_line(group, line, row.number);
            }
            _ => {
                let mut group = Group { content: head, rows: vec![row.number], lines: Vec::new() };
                add_line(&mut group, line, row.number);
                groups.push((name, group));
            }
        }
    }
    if groups.len() > MOST_IMPORTED {
        let (zh, en) = (format!("最多导入{MOST_IMPORTED}票"), format!("at most {MOST_IMPORTED} records"));
        faults.push(FieldError::format("file".into(), "PO-332", zh, en, groups.len().into()));
        groups.clear();
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn add_line(group: &mut Group, line: Map<String, Value>, row: usize) {
    if line.is_empty() {
        return;
    }
    group.lines.push(row);
    let lines = group.content.entry("lines").or_insert_with(|| json!([]));
    if let Value::Array(lines) = lines {
        lines.push(Value::Object(line));
    }
}

/// A number as JSON has it; what is none stays text, and the rules say so.
fn value(kind: Kind, cell: &str) -> Value {
    let number =
        (kind == Kind::Number).then(|| serde_json::from_str::<serde_json::Number>(cell).ok()).flatten();
    number.map_or_else(|| cell.into(), Value::Number)
}
