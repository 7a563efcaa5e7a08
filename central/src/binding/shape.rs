//! 录入数据 as the OpenAPI document tells it.
//! Promises: what it has are the members that `draft` and its rules read, of the same kinds. Reading goes by `draft`, which tells all faults at
//! once instead of the first one.

/// 绑定信息 as clients send it. A member that the system fills in may come back as it was shown (SG-087).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Entered {
    /// `version` of the record as displayed, of a stored one (SG-151).
    version: Option<i64>,
    /// Rules whose warnings the person has seen and confirms.
    #[schema(max_items = 20)]
    confirm_warnings: Option<Vec<String>>,
    /// With `medium_type` `BC` and no key: the centre makes one.
    generate: Option<bool>,
    /// 关区代码.
    customs_code: Option<String>,
    /// 绑定介质类型.
    medium_type: Option<String>,
    /// 绑定介质关键信息.
    medium_key: Option<String>,
    /// 业务类型.
    business_type: Option<String>,
    /// 运输方式.
    transport_mode: Option<String>,
    /// 进出口标志.
    ie_flag: Option<String>,
    /// 车辆放行类型.
    vehicle_pass_type: Option<String>,
    /// 车辆自重, kilograms with at most two decimals.
    vehicle_weight_kg: Option<f64>,
    /// 车架重.
    trailer_weight_kg: Option<f64>,
    /// 箱重.
    container_weight_kg: Option<f64>,
    /// 备注.
    remark: Option<String>,
    /// 绑定对象.
    #[schema(inline, max_items = 99)]
    lines: Option<Vec<Line>>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Line {
    /// 进出方向.
    direction: Option<String>,
    /// 绑定对象类型.
    object_type: Option<String>,
    /// 绑定对象ID.
    object_id: Option<String>,
    /// 船名.
    vessel_name: Option<String>,
    /// 航次号.
    voyage_no: Option<String>,
    /// 业务类型 of the line.
    business_type: Option<String>,
    /// 提单类型.
    bill_type: Option<String>,
    /// 本次提货重量, kilograms with at most two decimals.
    pickup_weight_kg: Option<f64>,
    /// 集装箱号.
    container_no_1: Option<String>,
    /// 集装箱号 of the second one.
    container_no_2: Option<String>,
    /// 安全智能锁号.
    seal_no_1: Option<String>,
    /// 安全智能锁号 of the second container.
    seal_no_2: Option<String>,
    /// 备注.
    remark: Option<String>,
}
