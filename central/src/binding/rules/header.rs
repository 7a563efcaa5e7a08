//! 表头: the fields of section 4.

use protocols::{
    contract::Kg,
    ids::{CustomsCode, MediumKey, MediumType, Plate, PlateKind},
    rules::{BusinessType, IeFlag, PassType, TransportMode},
};

use super::{
    super::{
        areas::CustomsAreas,
        form::Form,
        record::{Declaration, Line},
    },
    warn,
};
use crate::declaration::fault::FieldError;

/// The header as far as it could be read.
pub(super) struct HeaderDraft {
    customs_code: Option<CustomsCode>,
    medium: Option<(MediumType, MediumKey)>,
    pub(super) business_type: Option<BusinessType>,
    pub(super) transport_mode: Option<TransportMode>,
    pub(super) ie_flag: Option<IeFlag>,
    vehicle_pass_type: Option<PassType>,
    vehicle_weight_kg: Option<Kg>,
    trailer_weight_kg: Option<Kg>,
    pub(super) container_weight_kg: Option<Kg>,
    remark: Option<String>,
}

impl HeaderDraft {
    pub(super) fn finish(self, lines: Vec<Line>) -> Option<Declaration> {
        let (medium_type, medium_key) = self.medium?;
        Some(Declaration {
            customs_code: self.customs_code?,
            medium_type,
            medium_key,
            business_type: self.business_type?,
            transport_mode: self.transport_mode?,
            ie_flag: self.ie_flag?,
            vehicle_pass_type: self.vehicle_pass_type,
            vehicle_weight_kg: self.vehicle_weight_kg?,
            trailer_weight_kg: self.trailer_weight_kg?,
            container_weight_kg: self.container_weight_kg?,
            remark: self.remark.map(String::into_boxed_str),
            lines,
        })
    }
}

pub(super) fn read(form: &mut Form<'_>, areas: &CustomsAreas, warnings: &mut Vec<FieldError>) -> HeaderDraft {
    HeaderDraft {
        customs_code: customs_code(form, areas),
        medium: medium(form, warnings),
        business_type: form.code("business_type", Some("SG-044"), "SG-094", BusinessType::parse),
        transport_mode: form.code("transport_mode", Some("SG-045"), "SG-095", TransportMode::parse),
        ie_flag: form.code("ie_flag", Some("SG-046"), "SG-092", IeFlag::parse),
        vehicle_pass_type: form.code("vehicle_pass_type", None, "SG-096", PassType::parse),
        vehicle_weight_kg: vehicle_weight(form),
        trailer_weight_kg: weight_or_zero(form, "trailer_weight_kg", "SG-049"),
        container_weight_kg: weight_or_zero(form, "container_weight_kg", "SG-050"),
        remark: form.text_up_to("remark", "SG-051", 1000),
    }
}

/// SG-036: required. SG-100: in the table of areas.
fn customs_code(form: &mut Form<'_>, areas: &CustomsAreas) -> Option<CustomsCode> {
    form.code("customs_code", Some("SG-036"), "SG-100", |text| {
        CustomsCode::parse(text).ok().filter(|code| areas.name(code).is_some()).ok_or(())
    })
}

/// SG-042, SG-091: the type. SG-043: no key without a type, no type without a key. SG-077: the key's form.
fn medium(form: &mut Form<'_>, warnings: &mut Vec<FieldError>) -> Option<(MediumType, MediumKey)> {
    let typed = form.is_filled("medium_type");
    let medium_type = form.code("medium_type", Some("SG-042"), "SG-091", MediumType::parse);
    if !typed && form.is_filled("medium_key") {
        form.refuse("medium_key", "SG-043", "请先选择绑定介质类型", "choose the medium type first");
        return None;
    }
    let medium_type = medium_type?;
    let Some(text) = form.text("medium_key", "SG-043") else {
        if !form.is_filled("medium_key") {
            form.missing("medium_key", "SG-043");
        }
        return None;
    };
    match MediumKey::declared(medium_type, &text) {
        Ok(key) => {
            unusual_plate(form, medium_type, &key, warnings);
            Some((medium_type, key))
        }
        Err(error) => {
            form.refuse("medium_key", "SG-077", "绑定介质关键信息格式错误", error.to_string());
            None
        }
    }
}

/// SG-078: neither a mainland plate nor a new-energy one.
fn unusual_plate(form: &Form<'_>, medium_type: MediumType, key: &MediumKey, warnings: &mut Vec<FieldError>) {
    if medium_type == MediumType::Plate && !matches!(Plate::classify(key.as_str()), PlateKind::Mainland(_)) {
        let value = form.sent("medium_key");
        warn(
            warnings,
            form.path("medium_key"),
            "SG-078",
            "非内地车牌样式，请核对",
            "not a mainland plate; check it",
            value,
        );
    }
}

/// SG-048: required. SG-075: greater than 0.
fn vehicle_weight(form: &mut Form<'_>) -> Option<Kg> {
    let weight = required_weight(form, "vehicle_weight_kg", "SG-048")?;
    if weight <= Kg::default() {
        form.refuse("vehicle_weight_kg", "SG-075", "车辆重量应大于0", "must be greater than 0");
        return None;
    }
    Some(weight)
}

/// SG-049, SG-050: required. SG-075: may be 0.
fn weight_or_zero(form: &mut Form<'_>, name: &str, rule: &'static str) -> Option<Kg> {
    let weight = required_weight(form, name, rule)?;
    if weight < Kg::default() {
        form.refuse(name, "SG-075", "重量不能为负数", "must not be negative");
        return None;
    }
    Some(weight)
}

fn required_weight(form: &mut Form<'_>, name: &str, rule: &'static str) -> Option<Kg> {
    if form.is_filled(name) {
        return form.weight(name);
    }
    form.missing(name, rule);
    None
}
