//! 逻辑检查: the rules of sections 4 to 8, one function a rule or a field, its id above it.
//! Promises: every fault is found in one go; a rule that needs a field which is itself at fault stays silent about it.
//! `header`: section 4 · `line`: section 5 · `whole`: what spans lines or header and lines.

mod header;
mod line;
mod whole;

use serde_json::{Map, Value};

use super::{areas::CustomsAreas, form::Form, record::Declaration};
use crate::declaration::fault::FieldError;

/// What was found so far.
#[derive(Default)]
pub(super) struct Judge {
    pub(super) faults: Vec<FieldError>,
    pub(super) warnings: Vec<FieldError>,
}

fn warn(
    warnings: &mut Vec<FieldError>,
    path: String,
    rule: &'static str,
    zh: &str,
    en: impl Into<String>,
    value: Value,
) {
    let mut warning = FieldError::format(path, rule, zh, en, value);
    warning.code = rule;
    warnings.push(warning);
}

/// Reads header and lines. None when a member that a declaration needs is absent or at fault.
pub(super) fn declaration(
    members: &Map<String, Value>,
    lines: &[&Map<String, Value>],
    areas: &CustomsAreas,
    judge: &mut Judge,
) -> Option<Declaration> {
    let header =
        header::read(&mut Form::new(members, String::new(), &mut judge.faults), areas, &mut judge.warnings);
    let facts = line::HeaderFacts {
        transport_mode: header.transport_mode,
        ie_flag: header.ie_flag,
        business_type: header.business_type,
    };
    let mut read = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let mut form = Form::new(line, format!("lines[{place}]."), &mut judge.faults);
        read.push(line::read(&mut form, place, &facts, &mut judge.warnings));
    }
    whole::check(members, &header, lines, &read, judge);
    let lines = read.into_iter().map(line::LineDraft::finish).collect::<Option<Vec<_>>>();
    header.finish(lines?)
}
