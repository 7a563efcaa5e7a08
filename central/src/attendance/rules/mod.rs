//! What must hold of an application: a table of rules, each a function with its requirement above it.
//! `fields`: what a person typed · `facts`: what customs says of the number, scopes, numbers taken · `statements`: the files ·
//! `decision`: what an officer may answer.
//! Promises: all rules that are broken are told at once; nothing here asks anybody anything, a `Case` holds all that they look at. Whoever
//! applies for somebody else's number learns that it is not theirs, and nothing more (AE-043).

pub(super) mod decision;
mod facts;
mod fields;
mod statements;

use protocols::ids::CustomsCode;

pub(super) use facts::{Facts, Known, duplicate};
pub(super) use statements::{CATEGORIES, mode};

use super::{
    record::{DocType, Form},
    scope::Listing,
};
use crate::declaration::fault::FieldError;

/// When a rule is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// At each save, and again when applying (AE-101, AE-104).
    Entry,
    /// When applying.
    Application,
}

/// All that rules look at.
#[derive(Clone, Debug)]
pub(super) struct Case<'a> {
    pub(super) doc_type: DocType,
    pub(super) number: Option<&'a str>,
    pub(super) vehicle_plate_no: Option<&'a str>,
    pub(super) contact_name: Option<&'a str>,
    pub(super) contact_phone: Option<&'a str>,
    /// 申请单位代码.
    pub(super) applicant: &'a str,
    /// What customs says of the number.
    pub(super) known: &'a Known,
    /// What the scope of this kind says of the office of inspection.
    pub(super) listing: Listing,
    /// Another application has the number.
    pub(super) taken: bool,
    /// The office of inspection as stored; none before the first save.
    pub(super) stored_office: Option<CustomsCode>,
    /// 类别 of the uploaded files.
    pub(super) files: &'a [String],
}

impl<'a> Case<'a> {
    /// A stored form, before anything else is known.
    pub(super) fn of_form(form: &'a Form, applicant: &'a str, known: &'a Known) -> Self {
        Self {
            doc_type: form.doc_type,
            number: Some(&form.number),
            vehicle_plate_no: form.vehicle_plate_no.as_deref(),
            contact_name: form.contact_name.as_deref(),
            contact_phone: form.contact_phone.as_deref(),
            applicant,
            known,
            listing: Listing::Absent,
            taken: false,
            stored_office: None,
            files: &[],
        }
    }

    /// What customs says of the number, where it is for the applicant to know (AE-043).
    fn own_facts(&self) -> Option<&Facts> {
        match self.known {
            Known::Facts(facts) if facts.is_of(self.applicant) => Some(facts),
            Known::Facts(_) | Known::Nothing | Known::NotAsked => None,
        }
    }

    /// The fault of the number.
    fn number_fault(&self, code: &'static str, rule: &'static str, zh: &str, en: &str) -> FieldError {
        let path = self.doc_type.number_field().to_owned();
        let mut fault =
            FieldError::format(path, rule, zh, en, self.number.unwrap_or_default().to_owned().into());
        fault.code = code;
        fault
    }
}

/// One rule.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// The requirement.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers, and for the test that switches each rule off")
    )]
    pub(super) id: &'static str,
    /// When it is asked for.
    pub(super) stage: Stage,
    /// Which kind of application it is about; none for both.
    pub(super) kind: Option<DocType>,
    /// The fault, where the rule is broken.
    pub(super) broken: fn(&Case<'_>) -> Option<FieldError>,
}

const fn rule(
    id: &'static str,
    stage: Stage,
    kind: Option<DocType>,
    broken: fn(&Case<'_>) -> Option<FieldError>,
) -> Rule {
    Rule { id, stage, kind, broken }
}

const DECLARATION: Option<DocType> = Some(DocType::Declaration);
const BILL: Option<DocType> = Some(DocType::NonDeclaration);
use Stage::{Application, Entry};

/// Every rule, in the order of the form.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("AE-037", Entry,       DECLARATION, fields::declaration_no_is_given),
    rule("AE-037", Entry,       DECLARATION, fields::declaration_no_has_its_form),
    rule("AE-056", Entry,       BILL,        fields::bill_no_is_given),
    rule("AE-056", Entry,       BILL,        fields::bill_no_has_its_form),
    rule("AE-042", Entry,       DECLARATION, facts::declaration_is_known),
    rule("AE-065", Entry,       BILL,        facts::bill_is_known),
    rule("AE-021", Entry,       DECLARATION, facts::applicant_is_the_consignee),
    rule("AE-065", Entry,       BILL,        facts::applicant_is_in_the_manifest),
    rule("AE-020", Entry,       DECLARATION, facts::declaration_is_not_released),
    rule("AE-060", Entry,       DECLARATION, facts::office_is_in_the_pilot_scope),
    rule("AE-061", Entry,       BILL,        facts::office_is_in_the_business_scope),
    rule("AE-062", Entry,       None,        facts::office_is_not_suspended),
    rule("AE-024", Entry,       DECLARATION, facts::declaration_has_an_instruction),
    rule("AE-065", Entry,       BILL,        facts::bill_has_an_instruction),
    rule("AE-022", Entry,       DECLARATION, facts::declaration_is_free),
    rule("AE-063", Entry,       BILL,        facts::bill_is_free),
    rule("AE-041", Application, None,        facts::office_is_the_stored_one),
    rule("AE-058", Entry,       BILL,        fields::plate_has_its_form),
    rule("AE-038", Application, None,        fields::contact_is_given),
    rule("AE-038", Entry,       None,        fields::contact_has_its_form),
    rule("AE-039", Application, None,        fields::phone_is_given),
    rule("AE-039", Entry,       None,        fields::phone_has_its_form),
    rule("AE-081", Application, None,        statements::a_statement_is_there),
    rule("AE-089", Application, None,        statements::only_one_statement_is_there),
];

/// Every fault of the case at this stage.
pub(super) fn judge(case: &Case<'_>, stage: Stage) -> Vec<FieldError> {
    judge_by(RULES, case, stage)
}

/// The same by these rules.
fn judge_by(rules: &[Rule], case: &Case<'_>, stage: Stage) -> Vec<FieldError> {
    let asked = |rule: &&Rule| {
        (rule.stage == Entry || stage == Application) && rule.kind.is_none_or(|kind| kind == case.doc_type)
    };
    rules.iter().filter(asked).filter_map(|rule| (rule.broken)(case)).collect()
}

#[cfg(test)]
pub(super) fn judge_without(place: usize, case: &Case<'_>, stage: Stage) -> Vec<FieldError> {
    let others: Vec<_> =
        RULES.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, rule)| *rule).collect();
    judge_by(&others, case, stage)
}
