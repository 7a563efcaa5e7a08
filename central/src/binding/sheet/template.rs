//! 导入模板 of bindings: what stands in each column.
//! Source: spec SG-042..SG-069, SG-075..SG-099.

use axum::{extract::State, http::StatusCode, response::Response};
use protocols::{
    ids::MediumType,
    rules::{BillType, BusinessType, Direction, IeFlag, ObjectType, PassType, TransportMode},
};

use super::{COLUMNS, answer, finished};
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        sheet::{self, Column, Line, Takes},
    },
    identity::Person,
};

const LINES: [Line; 5] = [
    Line(
        "第一张表每行是一行表体；组号相同且相邻的行属于同一票，表头只需填在首行。",
        "Each row of the first sheet is a line; rows with the same group number that follow each other are one record, its header in their first row.",
    ),
    Line(
        "带 * 的列必填；其余按绑定要求。",
        "Columns with * are always required; others as the binding demands.",
    ),
    Line(
        "代码和编号必须是文本单元格：数字单元格会丢失前导零，超过15位会被截断，导入时会被退回。",
        "Codes and numbers must be text cells: a number cell loses leading zeros and is cut after 15 digits, and is refused.",
    ),
    Line("一次最多1000行、200票，文件不超过2M。", "At most 1000 rows, 200 records and 2 MiB at a time."),
    Line(
        "导入前先试运行；有错误时退回原表，并在最后增加“错误”一列。",
        "Everything is tried first; with faults the workbook comes back with a last column that tells them.",
    ),
];

/// The empty list for an import, with a sheet that says what each column takes.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/import/template", tag = "smart-gate",
    responses((status = 200, description = "a workbook", content(
                (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
              (status = 401, description = "not logged in"), (status = 403, description = "no declarant")))]
pub(super) async fn download(State(central): State<Central>, person: Person) -> Result<Response, Problem> {
    person.declarant()?;
    let made = tokio::task::spawn_blocking(|| {
        sheet::template(COLUMNS, takes, &LINES).map_err(|error| error.to_string())
    });
    Ok(answer(&central, "smart-gate-template", sheet::Asked::Xlsx, finished(made.await)?, StatusCode::OK))
}

/// One of these codes.
fn codes<T: Copy>(
    required: bool,
    all: &[T],
    code: impl Fn(T) -> &'static str,
    name: impl Fn(T) -> &'static str,
) -> Takes {
    Takes { required, codes: all.iter().map(|one| (code(*one), name(*one))).collect(), ..Takes::default() }
}

/// What a column takes.
fn takes(column: &Column) -> Takes {
    let of = |required: bool, zh: &str, en: &str| Takes {
        required,
        zh: zh.into(),
        en: en.into(),
        codes: Vec::new(),
    };
    let kg = |required: bool| {
        of(required, "公斤，小于1000000，最多两位小数", "kilograms below 1000000 with at most two decimals")
    };
    match column.key {
        "group" => of(false, "同一票的各行填同一组号", "the same for all rows of one record"),
        "customs_code" => of(true, "四位关区代码，如 0708", "four characters, such as 0708"),
        "medium_type" => codes(true, &MediumType::ALL, MediumType::as_str, MediumType::label_zh),
        "medium_key" => of(
            true,
            "车牌号等，如 蒙LK8216",
            "a plate, such as 蒙LK8216, or the number of a card or bar code",
        ),
        "business_type" => codes(true, BusinessType::ALL, BusinessType::code, BusinessType::label_zh),
        "transport_mode" => codes(true, TransportMode::ALL, TransportMode::code, TransportMode::label_zh),
        "ie_flag" => codes(true, IeFlag::ALL, IeFlag::code, IeFlag::label_zh),
        "vehicle_pass_type" => codes(false, PassType::ALL, PassType::code, PassType::label_zh),
        "vehicle_weight_kg" | "trailer_weight_kg" | "container_weight_kg" => kg(true),
        "line.direction" => codes(false, Direction::ALL, Direction::code, Direction::label_zh),
        "line.object_type" => codes(false, ObjectType::ALL, ObjectType::code, ObjectType::label_zh),
        "line.business_type" => codes(false, BusinessType::ALL, BusinessType::code, BusinessType::label_zh),
        "line.bill_type" => codes(false, BillType::ALL, BillType::code, BillType::label_zh),
        "line.pickup_weight_kg" => kg(false),
        "line.object_id" => of(
            false,
            "箱号、提单号、转关单号、车辆海关编号或车牌号",
            "container, bill of lading, transit declaration, vehicle customs number or plate",
        ),
        "line.vessel_name" => of(false, "海运必填", "required at sea"),
        "line.voyage_no" => of(
            false,
            "海运填航次，公路填批次号，航空填航班号",
            "sea: voyage; road: batch number; air: flight",
        ),
        "line.container_no_1" | "line.container_no_2" => {
            of(false, "四位字母和七位数字", "four letters and seven digits")
        }
        "line.seal_no_1" | "line.seal_no_2" => {
            of(false, "最多3个，用竖线 | 分隔", "at most three, with a vertical bar between")
        }
        _ => of(false, "最多1000个字符", "at most 1000 characters"),
    }
}
