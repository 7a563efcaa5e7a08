//! 凭条: what the driver's paper says, and the key that the centre makes for it.
//! Promises: a paper is made only of a record of which the gates hold a usable entry, and of what customs approved of it; what stands in
//! its symbols comes back from a scanner as it was printed.
//! Absent on purpose: drawing; `slip_page` makes a PDF, and whoever has a label printer makes bars and squares of these texts.
//! Source: `contract` section 2, "The slip"; SG-126, SG-219; decisions 0017 and 0018.

use axum::{
    Json,
    extract::{Path, State},
};
use protocols::{
    barcode::slip::{Slip, SlipKey},
    contract::UtcMillis,
    ids::{MediumKey, MediumType},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    api::visible,
    areas::CustomsAreas,
    index::{self, TripView},
    record::{Declaration, Line, Record},
};
use crate::{
    app::Central,
    declaration::{fault::FieldError, numbering, problem::Problem},
    identity::Person,
};

/// A key that nobody can guess, from the process's cryptographic generator. Two alike in 2^95 draws are not looked for.
#[must_use]
pub fn draw_key() -> SlipKey {
    loop {
        // One draw in seven has no check character among the digits (decision 0017).
        if let Some(key) = SlipKey::draw(rand::random()) {
            return key;
        }
    }
}

/// Whether there is a paper for this record: the gates may let it pass, or would but for what holds it.
pub(super) fn is_printable(record: &Record) -> bool {
    matches!(index::of(record), TripView::Entry(_))
}

/// 凭条, ready to be drawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Slip)]
pub struct Paper {
    /// 数据中心统一编号.
    unified_no: String,
    /// 车次确认编号.
    trip_no: String,
    /// 单证状态 when it was printed.
    status: &'static str,
    /// When it was printed.
    #[schema(value_type = String)]
    printed_at: UtcMillis,
    /// What the symbols hold.
    carries: Carries,
    /// The same text in each.
    symbols: Vec<Symbol>,
    /// What people read, from top to bottom.
    lines: Vec<Row>,
    /// Below everything.
    note: &'static str,
}

/// What a scanner at a lane gets from the paper.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SlipCarries)]
pub enum Carries {
    /// 绑定介质关键信息 of a bar-code record: the gate matches by it.
    MediumKey,
    /// 车次确认编号: evidence and a look-up; a person decides (SG-219).
    TripNo,
}

/// One symbol.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlipSymbol)]
pub struct Symbol {
    kind: SymbolKind,
    text: String,
}

/// 码制 of the paper.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = SlipSymbolKind)]
pub enum SymbolKind {
    /// Code 128.
    #[serde(rename = "code_128")]
    Code128,
    /// QR.
    #[serde(rename = "qr")]
    Qr,
}

/// A name of the form, and what the record has there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlipRow)]
pub struct Row {
    label: &'static str,
    text: String,
}

const NOTE: &str = "是否放行以卡口判定为准";

/// 打印凭条.
///
/// # Errors
/// 401, 404, 409 unless customs has approved and the trip is not over, 422 for a key that no paper gives back.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}/slip", tag = "smart-gate", params(("unified_no" = String, Path)),
    responses((status = 200, description = "what to print", body = Paper, example = json!({
        "unified_no": "202500000000000123", "trip_no": "20251089500000048210000000000123", "status": "CUSTOMS_APPROVED",
        "printed_at": "2025-10-13T00:30:00.000Z", "carries": "medium_key",
        "symbols": [{"kind": "code_128", "text": "000000000000000000BB"}, {"kind": "qr", "text": "000000000000000000BB"}],
        "lines": [{"label": "车次确认编号", "text": "20251089500000048210000000000123"}], "note": NOTE})),
              (status = 404, description = "does not exist, or not for this person"),
              (status = 409, description = "customs has not approved it, or the trip is over"),
              (status = 422, description = "no paper gives this key back")))]
pub async fn print(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
) -> Result<Json<Paper>, Problem> {
    let record = visible(central.store().read(), &unified_no, &person).await?;
    if !is_printable(&record) {
        let en = format!(
            "there is no slip in status {}: customs must have approved it, and the trip must not be over",
            record.status
        );
        return Err(Problem::status_conflict(en));
    }
    paper(&record, central.areas(), central.store().clock().now()).map(Json)
}

fn paper(record: &Record, areas: &CustomsAreas, now: UtcMillis) -> Result<Paper, Problem> {
    let content = record.content();
    let carries = match content.medium_type {
        MediumType::BarCode => Carries::MediumKey,
        MediumType::Plate | MediumType::ElectronicPlate | MediumType::IcCard => Carries::TripNo,
    };
    let text = carried(record)?;
    let both = [SymbolKind::Code128, SymbolKind::Qr];
    let symbols = both.map(|kind| Symbol { kind, text: text.clone() }).into();
    Ok(Paper {
        unified_no: record.unified_no.as_str().to_owned(),
        trip_no: record.trip_no.as_str().to_owned(),
        status: record.status.code(),
        printed_at: now,
        carries,
        symbols,
        lines: rows(record, content, areas, now),
        note: NOTE,
    })
}

/// What the symbols of the paper hold.
pub(super) fn carried(record: &Record) -> Result<String, Problem> {
    let content = record.content();
    match content.medium_type {
        MediumType::BarCode => printed(&content.medium_key),
        // A paper could be copied: it does not stand in for plate, tag or card.
        MediumType::Plate | MediumType::ElectronicPlate | MediumType::IcCard => {
            Ok(record.trip_no.as_str().to_owned())
        }
    }
}

fn printed(key: &MediumKey) -> Result<String, Problem> {
    Slip::print(key).map(|slip| slip.as_str().to_owned()).map_err(|error| {
        let en = format!("the key cannot be printed: {error}");
        let fault = FieldError::format("medium_key".into(), "SG-077", "该条码无法打印", en, json!(key));
        Problem::fields(vec![fault])
    })
}

/// In the order and the words of the manual's form; where the paper is bound for, and what the vehicle brings.
fn rows(record: &Record, content: &Declaration, areas: &CustomsAreas, now: UtcMillis) -> Vec<Row> {
    let row = |label, text: &str| Row { label, text: text.to_owned() };
    let area = areas.name(&content.customs_code).unwrap_or_default();
    let mut rows = vec![
        row("绑定介质类型", content.medium_type.label_zh()),
        row("绑定介质关键信息", content.medium_key.as_str()),
        row("车次确认编号", record.trip_no.as_str()),
        row("数据中心统一编号", record.unified_no.as_str()),
        row("关区代码", format!("{} {area}", content.customs_code).trim_end()),
        row("进出口标志", content.ie_flag.label_zh()),
        row("业务类型", content.business_type.label_zh()),
    ];
    rows.extend(content.lines.iter().flat_map(objects));
    rows.push(row("单证状态", record.status.label_zh()));
    rows.push(Row { label: "打印时间", text: numbering::minute_in_china(now) });
    rows
}

/// What one line of the record binds.
fn objects(line: &Line) -> Vec<Row> {
    let entry = &line.entry;
    let object = Row {
        label: entry.object_type.label_zh(),
        text: entry.object_id.as_deref().unwrap_or("-").to_owned(),
    };
    let boxes = [("集装箱号1", &entry.container_no_1), ("集装箱号2", &entry.container_no_2)];
    let boxes = boxes
        .into_iter()
        .filter_map(|(label, number)| Some(Row { label, text: number.as_deref()?.to_owned() }));
    [object].into_iter().chain(boxes).collect()
}
