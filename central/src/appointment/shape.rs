//! 录入数据 as the OpenAPI document tells it.
//! Promises: what it has are the members that `draft` reads, of the same kinds. Reading goes by `draft`, which tells all faults at once instead
//! of the first one.

use serde_json::Value;

/// 预约申请 as clients send it. A draft may lack anything; a member that the system fills in may come back as it was shown (AC-062).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Application {
    /// `version` of the application as displayed, of a stored one (AC-215).
    version: Option<i64>,
    /// 收发货人.
    #[schema(inline)]
    consignee: Option<Consignee>,
    /// 联系人.
    contact_name: Option<String>,
    /// 联系人手机.
    contact_mobile: Option<String>,
    /// 申报口岸.
    declaration_port: Option<String>,
    /// 进出境口岸.
    entry_exit_port: Option<String>,
    /// 运输方式.
    transport_mode: Option<String>,
    /// 预约时段, its beginning, such as `2018-10-20T10:00:00+08:00`.
    slot_start: Option<String>,
    /// 预约原因.
    reason: Option<String>,
    /// 进出口标志.
    ie_flag: Option<String>,
    /// 商品.
    #[schema(inline)]
    goods: Option<Vec<Row>>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Consignee {
    /// 海关十位编码; the rest is filled in from it (AC-041).
    customs_reg_no: Option<String>,
}

#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Row {
    /// The place in the list; nobody sends another one (AC-063).
    seq: Option<Value>,
    /// 商品 HS 编码, ten digits.
    hs_code: Option<String>,
    /// 商品名称; the code table's own where it is absent (AC-066).
    name: Option<String>,
}
