//! 申报报文: a declaration as customs' form has it, in XML.
//! Promises: the element names are those that stations exchange; what XML cannot carry is replaced, never dropped with the rest.
//! Source: the bulk-cargo declaration's published field table; decision 0052 for the envelope.

use quick_xml::SeError;
use serde::Serialize;

use crate::{
    binding::{Line, Record},
    declaration::{numbering, outbox::Open},
};

const ROOT: &str = "BulkGateDeclaration";

/// 申报报文.
#[derive(Debug, Serialize)]
struct Letter<'a> {
    #[serde(rename = "MessageId")]
    message_no: &'a str,
    #[serde(rename = "VersionNo")]
    version_no: u32,
    #[serde(rename = "Head")]
    head: Head<'a>,
    #[serde(rename = "Body")]
    body: Body<'a>,
}

#[derive(Debug, Serialize)]
struct Head<'a> {
    #[serde(rename = "FunctionCode")]
    function: &'a str,
    #[serde(rename = "DataId")]
    unified_no: &'a str,
    #[serde(rename = "SureId")]
    trip_no: &'a str,
    #[serde(rename = "OpTime")]
    declared_at: String,
    #[serde(rename = "OpUserId")]
    operator: String,
    #[serde(rename = "CustomsMaster")]
    customs_code: &'a str,
    #[serde(rename = "ContractorCode")]
    org_code: &'a str,
    #[serde(rename = "ContractorCodeScc")]
    uscc: &'a str,
    #[serde(rename = "BindKeyType")]
    medium_type: &'a str,
    #[serde(rename = "BindKeyInfo")]
    medium_key: String,
    #[serde(rename = "RdCode")]
    business_type: &'a str,
    #[serde(rename = "DeclTrafMode")]
    transport_mode: &'a str,
    #[serde(rename = "IEFlag")]
    ie_flag: &'a str,
    #[serde(rename = "BayonetRdCode", skip_serializing_if = "Option::is_none")]
    vehicle_pass_type: Option<&'a str>,
    #[serde(rename = "VehicleWeight")]
    vehicle_weight_kg: String,
    #[serde(rename = "TrailerWeight")]
    trailer_weight_kg: String,
    #[serde(rename = "ContaWeight")]
    container_weight_kg: String,
    #[serde(rename = "remark", skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    #[serde(rename = "Row")]
    rows: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(rename = "Gno")]
    line_no: u16,
    #[serde(rename = "IEDirection", skip_serializing_if = "Option::is_none")]
    direction: Option<&'a str>,
    #[serde(rename = "BindObjType")]
    object_type: &'a str,
    #[serde(rename = "BindObjId", skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(rename = "TransportId", skip_serializing_if = "Option::is_none")]
    vessel_name: Option<String>,
    #[serde(rename = "VoyageNo")]
    voyage_no: String,
    #[serde(rename = "RdCode")]
    business_type: &'a str,
    #[serde(rename = "BillType", skip_serializing_if = "Option::is_none")]
    bill_type: Option<&'a str>,
    #[serde(rename = "GoodsWt", skip_serializing_if = "Option::is_none")]
    pickup_weight_kg: Option<String>,
    #[serde(rename = "ContaId1", skip_serializing_if = "Option::is_none")]
    container_no_1: Option<&'a str>,
    #[serde(rename = "ContaId2", skip_serializing_if = "Option::is_none")]
    container_no_2: Option<&'a str>,
    #[serde(rename = "EsealId1", skip_serializing_if = "Option::is_none")]
    seal_no_1: Option<&'a str>,
    #[serde(rename = "EsealId2", skip_serializing_if = "Option::is_none")]
    seal_no_2: Option<&'a str>,
    #[serde(rename = "remark", skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
}

/// The letter about this version of this record.
///
/// # Errors
/// [`SeError`].
pub(in super::super) fn text(row: &Open, record: &Record) -> Result<String, SeError> {
    let content = &record.body;
    let letter = Letter {
        message_no: &row.message_no,
        version_no: row.version_no,
        head: Head {
            function: row.function.code(),
            unified_no: record.unified_no.as_str(),
            trip_no: record.trip_no.as_str(),
            declared_at: numbering::second_in_china(record.status_since),
            operator: record.operator.to_string(),
            customs_code: content.customs_code.as_str(),
            org_code: record.uscc.org_code(),
            uscc: record.uscc.as_str(),
            medium_type: content.medium_type.as_str(),
            medium_key: carried(content.medium_key.as_str()),
            business_type: content.business_type.code(),
            transport_mode: content.transport_mode.code(),
            ie_flag: content.ie_flag.code(),
            vehicle_pass_type: content.vehicle_pass_type.map(|kind| kind.code()),
            vehicle_weight_kg: content.vehicle_weight_kg.to_string(),
            trailer_weight_kg: content.trailer_weight_kg.to_string(),
            container_weight_kg: content.container_weight_kg.to_string(),
            remark: content.remark.as_deref().map(carried),
        },
        body: Body { rows: content.lines.iter().map(of_line).collect() },
    };
    let xml = quick_xml::se::to_string_with_root(ROOT, &letter)?;
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n"))
}

fn of_line(line: &Line) -> Row<'_> {
    let entry = &line.entry;
    Row {
        line_no: entry.line_no,
        direction: entry.direction.map(|direction| direction.code()),
        object_type: entry.object_type.code(),
        object_id: entry.object_id.as_deref().map(carried),
        vessel_name: entry.vessel_name.as_deref().map(carried),
        voyage_no: carried(&entry.voyage_no),
        business_type: entry.business_type.code(),
        bill_type: entry.bill_type.map(|kind| kind.code()),
        pickup_weight_kg: entry.pickup_weight_kg.map(|weight| weight.to_string()),
        container_no_1: entry.container_no_1.as_deref(),
        container_no_2: entry.container_no_2.as_deref(),
        seal_no_1: entry.seal_no_1.as_deref(),
        seal_no_2: entry.seal_no_2.as_deref(),
        remark: line.remark.as_deref().map(carried),
    }
}

/// The text without the characters that XML 1.0 has no way to write.
fn carried(text: &str) -> String {
    let has_no_way =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if has_no_way(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
