//! 录入数据 as the OpenAPI document tells it.
//! Promises: what it has are the members that `draft` reads, of the same kinds. Reading goes by `draft`, which tells all faults at once instead
//! of the first one.

/// 申请 as clients send it; a member that the system fills in may come back, and means nothing (PO-134).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Application {
    /// `version` of the application as displayed, of a stored one (PO-333).
    version: Option<i64>,
    /// 单据类型: `declaration` or `non_declaration`; a stored one keeps its own.
    doc_type: Option<String>,
    /// 报关单号, of declarations.
    declaration_no: Option<String>,
    /// 提运单号, of bills.
    bill_no: Option<String>,
    /// 车牌号, of bills.
    vehicle_plate_no: Option<String>,
    /// 联系人.
    contact_name: Option<String>,
    /// 联系电话.
    contact_phone: Option<String>,
}
