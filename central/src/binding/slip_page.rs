//! 凭条 as PDF, on A5 or on the 80 mm roll of a receipt printer: what the driver has in hand.
//! Promises: symbols stand only on the paper of a record of which the gates hold a usable entry; before that there is a paper to look at, with
//! a mark across it and nothing to scan.
//! Source: portal patterns, "Slip for the driver"; `contract` section 2, "The slip"; SG-126; decisions 0018 and 0070.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use protocols::rules::{Direction, LaneDirection, TripStatus};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    api::visible,
    index::{self, TripView},
    record::{Declaration, Line, Record},
    slip,
};
use crate::{
    app::Central,
    declaration::{
        attachment::PdfFile,
        numbering,
        paper::{self, Block, Format, NoFont, Row, fitting},
        problem::Problem,
        query as lists,
    },
    gate_feed::publish,
    identity::{Person, enterprise},
};

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    paper: Paper,
}

/// What is in the printer.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SlipPaper)]
pub enum Paper {
    /// A5.
    #[default]
    A5,
    /// The 80 mm roll of a receipt printer.
    #[serde(rename = "80mm")]
    Roll80,
}

const TITLE: &str = "卡口凭条 Gate slip";
const TRAINING: &str = "培训环境 TRAINING";
const GATE_DECIDES: [&str; 2] = ["是否放行以卡口判定为准", "The gate decides whether this vehicle may pass."];
const DRAFT: [&str; 2] = ["草稿 DRAFT", "未经海关批准 NOT APPROVED"];
const NOTHING_TO_SCAN: &str = "海关审核通过后方有条码 Bar codes follow with the approval of customs.";

/// 打印凭条 as PDF. Before customs has approved, with a mark across and without symbols.
///
/// # Errors
/// 400, 401, 404, 409 when the trip is over, 422 for a key that no paper gives back, 503 when this machine has no font with Chinese.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}/slip.pdf", tag = "smart-gate",
    params(("unified_no" = String, Path), ("paper" = inline(Option<Paper>), Query, description = "a5 or 80mm")),
    responses((status = 200, description = "one page", body = PdfFile, content_type = "application/pdf"),
              (status = 404, description = "does not exist, or not for this person"), (status = 409, description = "the trip is over"),
              (status = 422, description = "no paper gives this key back"),
              (status = 503, description = "the centre's machine has no font with Chinese")))]
pub async fn print(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let wanted: Wanted = lists::read(Query::try_from_uri(&uri))?;
    let store = central.store().read();
    let record = visible(store, &unified_no, &person).await?;
    let is_draft = !slip::is_printable(&record);
    if is_draft && !may_be_approved(&record) {
        let en = format!("there is no slip in status {}: the trip is over", record.status);
        return Err(Problem::status_conflict(en));
    }
    let content = record.content();
    let symbols = if is_draft { None } else { Some(slip::carried(&record)?) };
    let owner = enterprise::by_uscc(store, record.uscc.as_str()).await?;
    let yards = publish::yards_of(store, &content.customs_code).await?;
    let yards: Vec<_> = yards.iter().map(ToString::to_string).collect();
    let area = central.areas().name(&content.customs_code).unwrap_or_default();
    let facts = Facts {
        record: &record,
        content,
        is_training: central.config().portal.training,
        yard: format!("{}  {} {area}", yards.join(" "), content.customs_code).trim().to_owned(),
        owner: format!("{} {}", owner.map(|owner| owner.name).unwrap_or_default(), record.uscc)
            .trim()
            .to_owned(),
        printed: format!("{} {}", numbering::minute_in_china(central.store().clock().now()), person.name),
        symbols,
    };
    let format = match wanted.paper {
        Paper::A5 => Format::A5,
        Paper::Roll80 => Format::ROLL_80,
    };
    let font = central.fonts().get().map_err(|none| no_font(&none))?;
    let ruler = font.ruler().ok_or_else(|| unprinted("the font cannot be read"))?;
    let blocks = facts.blocks(&format, |objects, others| fitting(objects, others, &format, &ruler));
    let mark: &[&str] = if is_draft { &DRAFT } else { &[] };
    let bytes = paper::pdf(font, &format, &format!("{TITLE} {}", record.unified_no), &blocks, mark)
        .map_err(|error| unprinted(&error.to_string()))?;
    Ok(answer(&record, bytes))
}

/// A paper to look at makes sense as long as customs may still say yes.
fn may_be_approved(record: &Record) -> bool {
    let asked = match record.status {
        TripStatus::Saved
        | TripStatus::Declared
        | TripStatus::Sent
        | TripStatus::SendFailed
        | TripStatus::Rejected => true,
        TripStatus::CustomsApproved
        | TripStatus::Closed
        | TripStatus::Locked
        | TripStatus::Unlocked
        | TripStatus::ManuallyClosed
        | TripStatus::LeftPort => false,
    };
    asked && !matches!(index::of(record), TripView::Entry(_))
}

fn no_font(none: &NoFont) -> Problem {
    tracing::warn!("a slip cannot be printed: {none}");
    let zh = "中心服务器上没有中文字体，无法打印；请管理员安装 fonts-wqy-microhei，或在配置 print.fonts 中指定字体文件";
    let en = format!(
        "{none}: install one on the centre's machine (Debian: fonts-wqy-microhei) or name its file in print.fonts"
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "PO_UPSTREAM_UNAVAILABLE", zh, en)
}

fn unprinted(error: &str) -> Problem {
    tracing::error!(error, "a slip could not be made");
    Problem::upstream("the slip cannot be made")
}

fn answer(record: &Record, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = format!("inline; filename=\"slip-{}.pdf\"", record.unified_no);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// What the paper tells.
struct Facts<'a> {
    record: &'a Record,
    content: &'a Declaration,
    is_training: bool,
    yard: String,
    owner: String,
    printed: String,
    symbols: Option<String>,
}

impl Facts<'_> {
    /// From top to bottom; `fit` says how many of the objects there is room for.
    fn blocks(&self, format: &Format, fit: impl Fn(Vec<Row>, &[Block]) -> (Vec<Row>, usize)) -> Vec<Block> {
        let title = if self.is_training { format!("{TITLE} · {TRAINING}") } else { TITLE.to_owned() };
        let above =
            [Block::Title(title), Block::Rule, Block::Large(self.content.medium_key.as_str().to_owned())];
        let head = self.head().into_iter().map(Block::Row);
        let mut below: Vec<Block> = self.foot().into_iter().map(Block::Row).collect();
        below.push(Block::Rule);
        match &self.symbols {
            None => below.push(Block::Note(NOTHING_TO_SCAN.to_owned())),
            Some(text) => {
                below.extend(Block::bars(text, format));
                below.extend(Block::qr(text));
            }
        }
        below.extend(GATE_DECIDES.map(|text| Block::Note(text.to_owned())));
        let above: Vec<Block> = above.into_iter().chain(head).collect();
        let others: Vec<Block> = above.iter().chain(&below).cloned().collect();
        let (objects, left_out) = fit(self.content.lines.iter().flat_map(objects).collect(), &others);
        let more = (left_out > 0).then(|| {
            let text = format!("另有 {left_out} 项，见绑定记录 {left_out} more, see the record");
            Block::Row(Row { label: ["…", "and more"], text })
        });
        above.into_iter().chain(objects.into_iter().map(Block::Row)).chain(more).chain(below).collect()
    }

    fn head(&self) -> Vec<Row> {
        vec![
            row(
                ["绑定介质", "medium"],
                &format!("{} {}", self.content.medium_type.label_zh(), self.content.medium_key),
            ),
            row(["场所", "yard"], &self.yard),
            row(["进出方向", "direction"], &direction(self.content)),
            row(
                ["业务", "business"],
                &format!("{} {}", self.content.ie_flag.label_zh(), self.content.business_type.label_zh()),
            ),
        ]
    }

    fn foot(&self) -> Vec<Row> {
        let status = self.record.status;
        vec![
            row(["企业", "enterprise"], &self.owner),
            row(["车次确认编号", "trip number"], self.record.trip_no.as_str()),
            row(["统一编号", "record"], self.record.unified_no.as_str()),
            row(["单证状态", "status"], &format!("{} {}", status.label_zh(), status.code())),
            row(["打印时间", "printed"], &self.printed),
        ]
    }
}

fn row(label: [&'static str; 2], text: &str) -> Row {
    Row { label, text: text.to_owned() }
}

/// Whether it comes or goes with its cargo, as its lines say; without lines, by which passage the trip ends.
fn direction(content: &Declaration) -> String {
    let goes = |direction| content.lines.iter().any(|line| line.entry.direction == Some(direction));
    let way = match (goes(Direction::Into), goes(Direction::OutOf), content.closing_passage()) {
        (true, true, _) => "进场及出场 IN and OUT",
        (true, false, _) | (false, false, LaneDirection::In) => "进场 IN",
        (false, true, _) | (false, false, LaneDirection::Out) => "出场 OUT",
    };
    let empty = content.vehicle_pass_type.map(|pass| format!("（{}）", pass.label_zh()));
    format!("{way}{}", empty.unwrap_or_default())
}

/// What one line of the record binds.
fn objects(line: &Line) -> Vec<Row> {
    let entry = &line.entry;
    let object = format!("{} {}", entry.object_type.label_zh(), entry.object_id.as_deref().unwrap_or("-"));
    let boxes = [&entry.container_no_1, &entry.container_no_2];
    let boxes = boxes.into_iter().flatten().map(|number| row(["集装箱", "container"], number));
    [row(["绑定对象", "object"], &object)].into_iter().chain(boxes).collect()
}
