//! 表体: the fields of section 5, with the conditions under which each is required or grey.

use protocols::{
    contract::{EntryLine, Kg},
    ids::{ContainerNo, MediumKey, MediumType, Plate, PlateKind, SealError, SealList, normalise},
    rules::{BillType, BusinessType, Direction, IeFlag, ObjectType, TransportMode},
};

use super::{
    super::{form::Form, record::Line},
    warn,
};
use crate::declaration::fault::FieldError;

/// What of the header decides about a line.
pub(super) struct HeaderFacts {
    pub(super) transport_mode: Option<TransportMode>,
    pub(super) ie_flag: Option<IeFlag>,
    pub(super) business_type: Option<BusinessType>,
}

/// A line as far as it could be read.
pub(super) struct LineDraft {
    line_no: u16,
    direction: Option<Direction>,
    pub(super) object_type: Option<ObjectType>,
    pub(super) object_id: Option<String>,
    vessel_name: Option<String>,
    voyage_no: Option<String>,
    business_type: Option<BusinessType>,
    bill_type: Option<BillType>,
    pickup_weight_kg: Option<Kg>,
    pub(super) containers: [Option<String>; 2],
    pub(super) seals: [Option<String>; 2],
    remark: Option<String>,
}

impl LineDraft {
    pub(super) fn finish(self) -> Option<Line> {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let ([container_no_1, container_no_2], [seal_no_1, seal_no_2]) = (self.containers, self.seals);
        Some(Line {
            entry: EntryLine {
                line_no: self.line_no,
                direction: self.direction,
                object_type: self.object_type?,
                object_id: boxed(self.object_id),
                vessel_name: boxed(self.vessel_name),
                voyage_no: boxed(self.voyage_no)?,
                business_type: self.business_type?,
                bill_type: self.bill_type,
                pickup_weight_kg: self.pickup_weight_kg,
                container_no_1: boxed(container_no_1),
                container_no_2: boxed(container_no_2),
                seal_no_1: boxed(seal_no_1),
                seal_no_2: boxed(seal_no_2),
            },
            remark: boxed(self.remark),
        })
    }
}

pub(super) fn read(
    form: &mut Form<'_>,
    place: usize,
    header: &HeaderFacts,
    warnings: &mut Vec<FieldError>,
) -> LineDraft {
    let object_type = form.code("object_type", Some("SG-054"), "SG-097", ObjectType::parse);
    let business_type = form.code("business_type", Some("SG-060"), "SG-094", BusinessType::parse);
    other_business(form, header.business_type, business_type, warnings);
    let containers =
        [container(form, "container_no_1", warnings), container(form, "container_no_2", warnings)];
    empty_container(form, business_type);
    let seals = [seal(form, 1), seal(form, 2)];
    LineDraft {
        line_no: u16::try_from(place + 1).unwrap_or(u16::MAX),
        direction: form.code("direction", None, "SG-098", Direction::parse),
        object_type,
        object_id: object_type.and_then(|object_type| object_id(form, object_type, header.ie_flag, warnings)),
        vessel_name: vessel_name(form, header.transport_mode),
        voyage_no: voyage_no(form),
        business_type,
        bill_type: bill_type(form, object_type),
        pickup_weight_kg: pickup_weight(form, object_type),
        containers,
        seals,
        remark: form.text_up_to("remark", "SG-069", 1000),
    }
}

/// SG-055: required but for a bill of lading. SG-056: there required for an import. SG-081: the form of each type.
fn object_id(
    form: &mut Form<'_>,
    object_type: ObjectType,
    ie_flag: Option<IeFlag>,
    warnings: &mut Vec<FieldError>,
) -> Option<String> {
    let Some(text) = form.text("object_id", "SG-081") else {
        match (object_type, ie_flag) {
            _ if form.is_filled("object_id") => {}
            (ObjectType::BillOfLading, Some(IeFlag::Import)) => form.missing("object_id", "SG-056"),
            (ObjectType::BillOfLading, _) => {}
            _ => form.missing("object_id", "SG-055"),
        }
        return None;
    };
    if object_type == ObjectType::Container {
        return container(form, "object_id", warnings);
    }
    let id = match object_type {
        ObjectType::BillOfLading => normalise::bill_no(&text),
        _ => normalise::key(&text),
    };
    let capitals = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let holds = match object_type {
        ObjectType::Container => true,
        ObjectType::BillOfLading => {
            (1..=35).contains(&id.len()) && id.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        }
        ObjectType::TransitDeclaration => matches!(id.len(), 13 | 16) && capitals(&id),
        ObjectType::VehicleCustomsNo => (4..=20).contains(&id.len()) && capitals(&id),
        ObjectType::VehiclePlate => MediumKey::declared(MediumType::Plate, &id).is_ok(),
    };
    if !holds {
        form.refuse(
            "object_id",
            "SG-081",
            "绑定对象ID格式错误",
            "not the form of this object type's numbers",
        );
        return None;
    }
    if object_type == ObjectType::VehiclePlate && !matches!(Plate::classify(&id), PlateKind::Mainland(_)) {
        let value = form.sent("object_id");
        warn(
            warnings,
            form.path("object_id"),
            "SG-078",
            "非内地车牌样式，请核对",
            "not a mainland plate; check it",
            value,
        );
    }
    Some(id)
}

/// SG-080: 4 letters and 7 digits; a wrong check digit warns.
fn container(form: &mut Form<'_>, name: &str, warnings: &mut Vec<FieldError>) -> Option<String> {
    let text = form.text(name, "SG-080")?;
    match ContainerNo::parse(&normalise::key(&text)) {
        Ok(number) => {
            if !number.check_digit_holds() {
                let (zh, en) = (
                    "箱号校验位错误，请核对",
                    format!("ISO 6346 check digit should be {}", number.expected_check_digit()),
                );
                warn(warnings, form.path(name), "SG-080", zh, en, form.sent(name));
            }
            Some(number.as_str().to_owned())
        }
        Err(error) => {
            form.refuse(name, "SG-080", "箱号应为4位字母加7位数字", error.to_string());
            None
        }
    }
}

/// SG-057: required by sea. SG-058: grey by road and air. SG-083: 1 to 70 characters.
fn vessel_name(form: &mut Form<'_>, mode: Option<TransportMode>) -> Option<String> {
    match (mode, form.is_filled("vessel_name")) {
        (Some(TransportMode::Sea), false) => form.missing("vessel_name", "SG-057"),
        (Some(TransportMode::Road | TransportMode::Air), true) => {
            form.refuse("vessel_name", "SG-058", "公路、航空运输不可录入船名", "grey by road and air");
            return None;
        }
        (_, _) => {}
    }
    form.text_up_to("vessel_name", "SG-083", 70)
}

/// SG-059: required. SG-082: 1 to 32 characters.
fn voyage_no(form: &mut Form<'_>) -> Option<String> {
    if !form.is_filled("voyage_no") {
        form.missing("voyage_no", "SG-059");
    }
    form.text_up_to("voyage_no", "SG-082", 32)
}

/// SG-103: the line's business may differ from the header's, but then a person should look.
fn other_business(
    form: &Form<'_>,
    header: Option<BusinessType>,
    line: Option<BusinessType>,
    warnings: &mut Vec<FieldError>,
) {
    if let (Some(header), Some(line)) = (header, line)
        && !header.shares_a_bit_with(line)
    {
        let value = form.sent("business_type");
        let (zh, en) = ("表体业务类型与表头不一致，请核对", "shares nothing with the header's business type");
        warn(warnings, form.path("business_type"), "SG-103", zh, en, value);
    }
}

/// SG-061: required for a bill of lading. SG-062: grey otherwise. SG-099: the table.
fn bill_type(form: &mut Form<'_>, object_type: Option<ObjectType>) -> Option<BillType> {
    match object_type {
        Some(ObjectType::BillOfLading) => form.code("bill_type", Some("SG-061"), "SG-099", BillType::parse),
        Some(_) if form.is_filled("bill_type") => {
            form.refuse(
                "bill_type",
                "SG-062",
                "仅提单可录入提单类型",
                "grey unless the object is a bill of lading",
            );
            None
        }
        Some(_) => None,
        None => form.code("bill_type", None, "SG-099", BillType::parse),
    }
}

/// SG-063: required for a bill of lading, greater than 0. SG-064: grey otherwise.
fn pickup_weight(form: &mut Form<'_>, object_type: Option<ObjectType>) -> Option<Kg> {
    match (object_type, form.is_filled("pickup_weight_kg")) {
        (Some(ObjectType::BillOfLading), false) => form.missing("pickup_weight_kg", "SG-063"),
        (Some(ObjectType::BillOfLading) | None, true) => {
            let weight = form.weight("pickup_weight_kg")?;
            if weight > Kg::default() {
                return Some(weight);
            }
            form.refuse("pickup_weight_kg", "SG-063", "本次提货重量应大于0", "must be greater than 0");
        }
        (Some(_), true) => {
            form.refuse(
                "pickup_weight_kg",
                "SG-064",
                "仅提单可录入提货重量",
                "grey unless the object is a bill of lading",
            );
        }
        (_, false) => {}
    }
    None
}

/// SG-065: an empty-container line names its container. SG-104: the second one is optional.
fn empty_container(form: &mut Form<'_>, business_type: Option<BusinessType>) {
    if business_type == Some(BusinessType::EmptyContainer) && !form.is_filled("container_no_1") {
        form.missing("container_no_1", "SG-065");
    }
}

/// SG-067, SG-068: at most 3. SG-084: the form. SG-085: only with their container.
fn seal(form: &mut Form<'_>, which: u8) -> Option<String> {
    let (name, container, count_rule) = match which {
        1 => ("seal_no_1", "container_no_1", "SG-067"),
        _ => ("seal_no_2", "container_no_2", "SG-068"),
    };
    let text = form.text(name, "SG-084")?;
    if !form.is_filled(container) {
        form.refuse(name, "SG-085", "未录入对应的箱号", "needs the container that it seals");
    }
    match SealList::parse(&normalise::seal_list(&text)) {
        Ok(list) => Some(list.as_str().to_owned()),
        Err(error) => {
            let rule = if matches!(error, SealError::TooMany(_)) { count_rule } else { "SG-084" };
            form.refuse(name, rule, "安全智能锁号格式错误", error.to_string());
            None
        }
    }
}
