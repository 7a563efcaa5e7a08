//! 导入: new records from a list, or only what would be wrong with them.
//! Promises: an import saves all its records or none; each is judged by the very rules of `draft`, and every fault names its row and column;
//! what is judged as if is judged as when it is meant.
//! Source: spec SG-034..SG-069; PO-330, PO-332.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{COLUMNS, LINE, answer, finished};
use crate::{
    app::Central,
    binding::{
        api::{cause, save_new},
        draft::{Checked, Draft},
        record::Declaration,
        slip,
    },
    declaration::{
        fault::FieldError,
        problem::Problem,
        query as lists,
        sheet::{self, Kind, Row},
    },
    identity::Person,
};

/// Records of one import.
pub(super) const MOST_IMPORTED: usize = 200;
const MOST_FAULTS: usize = 200;

/// A record as it stands in the file: its members, and in which rows it and its lines stand.
struct Group {
    content: Map<String, Value>,
    rows: Vec<usize>,
    lines: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Way {
    /// Judges everything and saves nothing.
    dry_run: bool,
}

/// 导入: saves new records from a workbook or CSV in the form of the export. Rows with the same 组号 that follow each other are one record; what
/// the system fills in is passed over. With `dry_run=true` everything is judged and nothing saved. With
/// `Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` faults come back as the workbook that was sent, with a column of them.
///
/// # Errors
/// 400, 401, 403, 413, 422 with every fault, its row and its column; nothing is saved then.
#[utoipa::path(post, path = "/api/v1/smart-gate/records/import", tag = "smart-gate", params(Way),
    request_body(content = String, content_type = "text/csv", description = "a workbook or CSV, at most 2 MiB and 1000 rows",
                 example = "组号,关区代码,绑定介质类型,...\n1,0708,VN,...\n"),
    responses((status = 201, description = "saved", body = Value, example = json!({"items": [
                   {"rows": [2], "unified_no": "202500000000000001", "trip_no": "25108950000004821000000000000001", "warnings": []}]})),
              (status = 200, description = "nothing is wrong with it; nothing was saved either", body = Value, example = json!({"dry_run": true, "items": [
                   {"rows": [2], "medium_key": "蒙LK8216", "lines": 1, "warnings": []}]})),
              (status = 401, description = "not logged in"), (status = 403, description = "no bound card"),
              (status = 413, description = "more than 2 MiB"), (status = 422, description = "all faults; nothing was saved")))]
pub(super) async fn import(
    State(central): State<Central>,
    person: Person,
    way: lists::Sent<Way>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let card_no = person.declarant()?.bound_card()?;
    let way = lists::read(way)?;
    let sent = bytes.clone();
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
            sheet::with_faults(&sent, COLUMNS, &rows, &faults).map_err(|error| error.to_string())
        });
        let bytes = finished(written.await)?;
        return Ok(answer(
            &central,
            "smart-gate-faults",
            sheet::Asked::Xlsx,
            bytes,
            StatusCode::UNPROCESSABLE_ENTITY,
        ));
    }
    if way.dry_run {
        let item = |(group, (_, checked)): (&Group, &(Draft, Checked))| {
            let Declaration { medium_key, lines, .. } = &checked.declaration;
            json!({"rows": group.rows, "medium_key": medium_key, "lines": lines.len(), "warnings": checked.warnings})
        };
        let items: Vec<_> = groups.iter().zip(&drafts).map(item).collect();
        return Ok(Json(json!({"dry_run": true, "items": items})).into_response());
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
