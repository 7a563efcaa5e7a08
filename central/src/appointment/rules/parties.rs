//! Section 7: who may apply.

use serde_json::json;

use super::{Entry, Known, told};
use crate::{
    declaration::{fault::FieldError, formats},
    identity::enterprise::Credit,
};

const CONSIGNEE: &str = "consignee.customs_reg_no";
const DECLARANT: &str = "declarant";

/// AC-060: five digits, then five digits or capital letters.
pub(super) fn consignee_form(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if let Some(code) = entry.draft.consignee.as_ref().filter(|code| !formats::is_customs_reg_no(code)) {
        let (zh, en) = ("海关十位编码格式错误", "5 digits, then 5 digits or capital letters");
        let value = json!(code.chars().take(200).collect::<String>());
        faults.push(FieldError::format(CONSIGNEE.into(), "AC-060", zh, en, value));
    }
}

/// AC-059: without the register neither credit nor qualification can be judged.
pub(super) fn consignee_registered(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let well_formed = entry.draft.consignee.as_ref().filter(|code| formats::is_customs_reg_no(code));
    if let Some(code) = well_formed.filter(|_| entry.facts.consignee.is_none()) {
        faults.push(FieldError::unknown_code(CONSIGNEE.into(), "AC-059", json!(code)));
    }
}

/// AC-087, AC-086, AC-091: the card belongs to a dishonest enterprise.
pub(super) fn declarant_dishonest(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    dishonest(DECLARANT, "AC-087", &entry.facts.declarant, faults);
}

/// AC-088, AC-086, AC-091: so does the typed code.
pub(super) fn consignee_dishonest(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    if let Some(consignee) = &entry.facts.consignee {
        dishonest(CONSIGNEE, "AC-088", consignee, faults);
    }
}

fn dishonest(path: &str, rule: &'static str, party: &Known, faults: &mut Vec<FieldError>) {
    if party.credit == Credit::Dishonest {
        let en = "dishonest enterprises may not apply";
        faults.push(told(path, rule, "AC-219", "失信企业不允许操作", en, code_of(party)));
    }
}

/// AC-090.
pub(super) fn qualified(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (path, party) in parties(entry).filter(|(_, party)| !party.qualified) {
        let (zh, en) = (
            "企业无报关资质，不允许新增预约",
            "an enterprise without declaration qualification may not apply",
        );
        faults.push(told(path, "AC-090", "AC-090", zh, en, code_of(party)));
    }
}

/// AC-092, AC-093: whoever submitted the application that was not fed back.
pub(super) fn breach(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    for (path, party) in parties(entry).filter(|(_, party)| party.breached) {
        let zh = "存在通关完成未反馈的预约申请，不允许新增预约";
        let en = "there is an application that was cleared without feedback";
        faults.push(told(path, "AC-092", "AC-092", zh, en, code_of(party)));
    }
}

fn parties<'a>(entry: &'a Entry<'_>) -> impl Iterator<Item = (&'static str, &'a Known)> {
    let consignee = entry.facts.consignee.iter().map(|party| (CONSIGNEE, party));
    std::iter::once((DECLARANT, &entry.facts.declarant)).chain(consignee)
}

fn code_of(party: &Known) -> serde_json::Value {
    json!(party.party.customs_reg_no)
}
