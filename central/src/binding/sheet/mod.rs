//! 导出和导入: records as a list for spreadsheet programs, a row for each line, and new records from such a list.
//! `import`: from a list, or only as if · `template`: the empty list, with what it takes.
//! Absent on purpose: changing stored records by a list; a list says nothing of versions.
//! Source: spec SG-034..SG-069, SG-137; PO-330.

mod import;
mod template;

use axum::{
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    record::{Line, Record},
    search, store, view,
};
use crate::{
    app::Central,
    declaration::{
        fault::FieldError,
        numbering,
        problem::Problem,
        query::{self as lists, Page},
        sheet::{self, Column, Kind, column, filled_in},
    },
    identity::Person,
};

/// Records of one export.
const MOST_EXPORTED: u64 = 5000;
/// Members of a line begin so.
const LINE: &str = "line.";

#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    column("group", "组号", Kind::Text),
    filled_in("unified_no", "数据中心统一编号", Kind::Text),
    filled_in("trip_no", "车次确认编号", Kind::Text),
    filled_in("status_label", "单证状态", Kind::Text),
    filled_in("entry_date", "录入时间", Kind::Date),
    column("customs_code", "关区代码", Kind::Code),
    column("medium_type", "绑定介质类型", Kind::Code),
    column("medium_key", "绑定介质关键信息", Kind::Code),
    column("business_type", "业务类型", Kind::Code),
    column("transport_mode", "运输方式", Kind::Code),
    column("ie_flag", "进出口标志", Kind::Code),
    column("vehicle_pass_type", "过卡车辆类型", Kind::Code),
    column("vehicle_weight_kg", "车辆重量", Kind::Number),
    column("trailer_weight_kg", "挂车重量", Kind::Number),
    column("container_weight_kg", "集装箱重量", Kind::Number),
    column("remark", "备注", Kind::Text),
    column("line.direction", "表体进出方向", Kind::Code),
    column("line.object_type", "绑定对象类型", Kind::Code),
    column("line.object_id", "绑定对象ID", Kind::Code),
    column("line.vessel_name", "船名", Kind::Text),
    column("line.voyage_no", "航次批次号", Kind::Code),
    column("line.business_type", "表体业务类型", Kind::Code),
    column("line.bill_type", "提单类型", Kind::Code),
    column("line.pickup_weight_kg", "本次提货重量", Kind::Number),
    column("line.container_no_1", "箱号1", Kind::Code),
    column("line.container_no_2", "箱号2", Kind::Code),
    column("line.seal_no_1", "安全智能锁号1", Kind::Code),
    column("line.seal_no_2", "安全智能锁号2", Kind::Code),
    column("line.remark", "表体备注", Kind::Text),
];

pub(super) fn router() -> OpenApiRouter<Central> {
    let import = OpenApiRouter::new()
        .routes(routes!(import::import))
        .layer(DefaultBodyLimit::max(sheet::MOST_BYTES + 1024));
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(template::download)).merge(import)
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
    params(("format" = inline(Option<sheet::Asked>), Query, description = "xlsx or csv"), ("trip_no" = Option<String>, Query),
           ("status" = Option<String>, Query), ("medium_type" = Option<String>, Query), ("medium_key" = Option<String>, Query),
           ("business_type" = Option<String>, Query), ("customs_code" = Option<String>, Query), ("ie_flag" = Option<String>, Query),
           ("entry_date_from" = Option<String>, Query), ("entry_date_to" = Option<String>, Query)),
    responses((status = 200, description = "the list, in the format that was asked for", content(
                (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "text/csv"))),
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
    Ok(answer(&central, "smart-gate", format, bytes, StatusCode::OK))
}

fn finished<T>(written: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, Problem> {
    written.map_err(|error| error.to_string()).and_then(|written| written).map_err(|error| {
        tracing::error!(error, "a list could not be written");
        Problem::upstream("the list cannot be written")
    })
}

fn answer(
    central: &Central,
    name: &str,
    format: sheet::Asked,
    bytes: Vec<u8>,
    status: StatusCode,
) -> Response {
    let day = numbering::date_in_china(central.store().clock().now());
    sheet::Answer { name: format!("{name}-{day}"), format, bytes, status }.into_response()
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
