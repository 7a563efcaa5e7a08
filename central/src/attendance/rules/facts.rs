//! What customs says of the number: AE-020..AE-024, AE-042, AE-060..AE-065.

use protocols::ids::CustomsCode;

use super::Case;
use crate::{
    attendance::scope::Listing,
    declaration::{
        fault::FieldError,
        reference::{BillFacts, DeclarationFacts},
    },
};

/// 报关单 or 提运单, as far as the rules look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attendance) struct Facts {
    /// Customs codes of those whose goods they are; empty when the manifest names none (AE-065).
    pub(in crate::attendance) parties: Vec<Box<str>>,
    pub(in crate::attendance) released: bool,
    pub(in crate::attendance) office: Option<CustomsCode>,
    pub(in crate::attendance) instruction: bool,
    pub(in crate::attendance) begun: bool,
}

impl Facts {
    /// Whether this applicant may learn anything of it.
    pub(in crate::attendance) fn is_of(&self, applicant: &str) -> bool {
        self.parties.is_empty() || self.parties.iter().any(|party| **party == *applicant)
    }
}

impl From<DeclarationFacts> for Facts {
    fn from(facts: DeclarationFacts) -> Self {
        Self {
            parties: vec![facts.consignee],
            released: facts.released,
            office: facts.inspection_customs_code,
            instruction: facts.inspection_instruction,
            begun: facts.inspection_begun,
        }
    }
}

impl From<BillFacts> for Facts {
    fn from(facts: BillFacts) -> Self {
        Self {
            parties: facts.parties,
            released: facts.released,
            office: facts.inspection_customs_code,
            instruction: facts.inspection_instruction,
            begun: facts.inspection_begun,
        }
    }
}

/// What came of asking customs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attendance) enum Known {
    /// There is no number that could be asked for.
    NotAsked,
    /// Customs does not know the number.
    Nothing,
    /// What customs knows.
    Facts(Facts),
}

impl Known {
    /// 查验地海关.
    pub(in crate::attendance) fn office(&self) -> Option<CustomsCode> {
        match self {
            Self::Facts(facts) => facts.office,
            Self::NotAsked | Self::Nothing => None,
        }
    }
}

/// AE-042.
pub(super) fn declaration_is_known(case: &Case<'_>) -> Option<FieldError> {
    unknown(case, "AE-042", "未查询到该报关单", "customs does not know this declaration")
}

/// AE-065: the bill must be known to customs.
pub(super) fn bill_is_known(case: &Case<'_>) -> Option<FieldError> {
    unknown(case, "AE-065", "未查询到该提运单", "customs does not know this bill")
}

fn unknown(case: &Case<'_>, rule: &'static str, zh: &str, en: &str) -> Option<FieldError> {
    matches!(case.known, Known::Nothing).then(|| case.number_fault("AE_DECLARATION_NOT_FOUND", rule, zh, en))
}

/// AE-021: 海关十位 of applicant and 境内收发货人 are equal.
pub(super) fn applicant_is_the_consignee(case: &Case<'_>) -> Option<FieldError> {
    let zh = "申请单位的海关十位与报关单境内收发货人海关十位不一致";
    stranger(case, "AE-021", zh, "the declaration's domestic consignee or consignor is somebody else")
}

/// AE-065: the manifest names the applicant, or nobody.
pub(super) fn applicant_is_in_the_manifest(case: &Case<'_>) -> Option<FieldError> {
    let zh = "申请单位的海关十位与舱单收发货人海关十位不一致";
    stranger(case, "AE-065", zh, "the manifest's consignee or consignor is somebody else")
}

fn stranger(case: &Case<'_>, rule: &'static str, zh: &str, en: &str) -> Option<FieldError> {
    let Known::Facts(facts) = case.known else { return None };
    (!facts.is_of(case.applicant)).then(|| case.number_fault("AE_NOT_CONSIGNEE", rule, zh, en))
}

/// AE-020.
pub(super) fn declaration_is_not_released(case: &Case<'_>) -> Option<FieldError> {
    let zh = "报关单必须属于未放行的状态";
    case.own_facts()?.released.then(|| {
        case.number_fault("AE_DECLARATION_RELEASED", "AE-020", zh, "the declaration is released already")
    })
}

/// AE-060 (AE-023): 试点范围.
pub(super) fn office_is_in_the_pilot_scope(case: &Case<'_>) -> Option<FieldError> {
    out_of_scope(case, "AE-060")
}

/// AE-061: 业务范围.
pub(super) fn office_is_in_the_business_scope(case: &Case<'_>) -> Option<FieldError> {
    out_of_scope(case, "AE-061")
}

/// AE-140, AE-142. Where customs has named no office yet there is none to be in scope: that is for the instruction's rule.
fn out_of_scope(case: &Case<'_>, rule: &'static str) -> Option<FieldError> {
    case.own_facts()?.office?;
    (case.listing == Listing::Absent).then(|| {
        let en = "the office of inspection does not take part; ask your competent customs";
        case.number_fault("AE_OUT_OF_SCOPE", rule, "不在受理范围内，请咨询您的主管海关", en)
    })
}

/// AE-062: listed, but suspended.
pub(super) fn office_is_not_suspended(case: &Case<'_>) -> Option<FieldError> {
    case.own_facts()?.office?;
    (case.listing == Listing::Suspended)
        .then(|| not_ready(case, "AE-062", "the office of inspection takes none for now"))
}

/// AE-024: customs has instructed an inspection.
pub(super) fn declaration_has_an_instruction(case: &Case<'_>) -> Option<FieldError> {
    without_instruction(case, "AE-024")
}

/// AE-065: the bill has an inspection instruction.
pub(super) fn bill_has_an_instruction(case: &Case<'_>) -> Option<FieldError> {
    without_instruction(case, "AE-065")
}

/// AE-141 stands beside an office that is listed; of one that is not, AE-140 says enough (AE-062).
fn without_instruction(case: &Case<'_>, rule: &'static str) -> Option<FieldError> {
    let facts = case.own_facts()?;
    let missing = facts.office.is_none() || (!facts.instruction && case.listing != Listing::Absent);
    missing.then(|| not_ready(case, rule, "customs has not instructed an inspection"))
}

fn not_ready(case: &Case<'_>, rule: &'static str, en: &str) -> FieldError {
    let en = format!("{en}; ask your competent customs");
    case.number_fault("AE_NOT_READY", rule, "暂不满足条件，请咨询您的主管海关", &en)
}

/// AE-022.
pub(super) fn declaration_is_free(case: &Case<'_>) -> Option<FieldError> {
    taken(case, "AE-022")
}

/// AE-063.
pub(super) fn bill_is_free(case: &Case<'_>) -> Option<FieldError> {
    taken(case, "AE-063")
}

fn taken(case: &Case<'_>, rule: &'static str) -> Option<FieldError> {
    case.own_facts()?;
    case.taken.then(|| duplicate(case.doc_type.number_field(), case.number.unwrap_or_default(), rule))
}

/// AE-145, also for whoever came second at the same moment.
pub(in crate::attendance) fn duplicate(path: &str, number: &str, rule: &'static str) -> FieldError {
    let zh = "已提交申请或海关已同意免于协助查验申请的报关单号（提运单号），不允许再次录入、提交申请";
    let en = "another application for this number was submitted or agreed to";
    let mut fault = FieldError::format(path.into(), rule, zh, en, number.to_owned().into());
    fault.code = "AE_DUPLICATE";
    fault
}

/// AE-041, AE-104: what was shown must still be so when it is signed.
pub(super) fn office_is_the_stored_one(case: &Case<'_>) -> Option<FieldError> {
    let (stored, now) = (case.stored_office?, case.own_facts()?.office?);
    (stored != now).then(|| {
        let (zh, en) = ("查验地海关已变更，请重新暂存", "the office of inspection has changed; save again");
        let path = "inspection_customs_code".to_owned();
        FieldError::format(path, "AE-041", zh, en, stored.as_str().into())
    })
}
