//! 逻辑检查 across lines, and between header and lines.

use std::collections::HashSet;

use protocols::{contract::Kg, rules::ObjectType};
use serde_json::{Map, Value};

use super::{Judge, header::HeaderDraft, line::LineDraft, warn};
use crate::declaration::fault::FieldError;

type Members = Map<String, Value>;

pub(super) fn check(
    members: &Members,
    header: &HeaderDraft,
    sent: &[&Members],
    lines: &[LineDraft],
    judge: &mut Judge,
) {
    container_weight(members, header, sent, judge);
    same_object_twice(lines, judge);
    same_container_twice(lines, judge);
    object_is_the_container(lines, judge);
    same_seal_twice(lines, judge);
}

/// SG-076: a container has a weight; a weight without a container is odd.
fn container_weight(members: &Members, header: &HeaderDraft, sent: &[&Members], judge: &mut Judge) {
    let filled = |line: &Members, name: &str| {
        line.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
    };
    let named = sent.iter().any(|line| {
        line.get("object_type").and_then(Value::as_str).map(str::trim) == Some(ObjectType::Container.code())
            || filled(line, "container_no_1")
            || filled(line, "container_no_2")
    });
    let (path, value) =
        ("container_weight_kg", members.get("container_weight_kg").cloned().unwrap_or_default());
    match header.container_weight_kg {
        Some(weight) if named && weight == Kg::default() => {
            let (zh, en) =
                ("有集装箱时集装箱重量应大于0", "must be greater than 0 when a container is named");
            judge.faults.push(FieldError::format(path.into(), "SG-076", zh, en, value));
        }
        Some(weight) if !named && weight > Kg::default() => {
            let (zh, en) = ("未录入集装箱，请核对集装箱重量", "no line names a container");
            warn(&mut judge.warnings, path.into(), "SG-076", zh, en, value);
        }
        Some(_) | None => {}
    }
}

/// SG-088: the same object twice.
fn same_object_twice(lines: &[LineDraft], judge: &mut Judge) {
    let mut seen = HashSet::new();
    for (place, line) in lines.iter().enumerate() {
        let (Some(object_type), Some(id)) = (line.object_type, &line.object_id) else { continue };
        if !seen.insert((object_type, id.as_str())) {
            let path = format!("lines[{place}].object_id");
            judge.faults.push(FieldError::format(
                path,
                "SG-088",
                "绑定对象重复",
                "the same object twice",
                id.as_str().into(),
            ));
        }
    }
}

/// SG-088: one truck cannot carry the same box twice.
fn same_container_twice(lines: &[LineDraft], judge: &mut Judge) {
    for (place, line) in lines.iter().enumerate() {
        if let [Some(first), Some(second)] = &line.containers
            && first == second
        {
            let (zh, en) = ("集装箱号1与集装箱号2相同", "equals container number 1");
            let path = format!("lines[{place}].container_no_2");
            judge.faults.push(FieldError::format(path, "SG-088", zh, en, second.as_str().into()));
        }
    }
}

/// SG-089: the object of a container line is one of its containers.
fn object_is_the_container(lines: &[LineDraft], judge: &mut Judge) {
    for (place, line) in lines.iter().enumerate() {
        let (Some(ObjectType::Container), Some(id)) = (line.object_type, &line.object_id) else { continue };
        let mut containers = line.containers.iter().flatten().peekable();
        if containers.peek().is_some() && !containers.any(|container| container == id) {
            let (zh, en) = ("绑定对象ID应为所录箱号之一", "must be one of the line's containers");
            let path = format!("lines[{place}].object_id");
            judge.faults.push(FieldError::format(path, "SG-089", zh, en, id.as_str().into()));
        }
    }
}

/// SG-084: no repeats in the record; within one list the list's own check has told.
fn same_seal_twice(lines: &[LineDraft], judge: &mut Judge) {
    let mut seen = HashSet::new();
    for (place, line) in lines.iter().enumerate() {
        for (list, name) in line.seals.iter().zip(["seal_no_1", "seal_no_2"]) {
            for seal in list.iter().flat_map(|list| list.split('|')) {
                if !seen.insert(seal) {
                    let path = format!("lines[{place}].{name}");
                    let (zh, en) = ("安全智能锁号重复", "the same seal twice in the record");
                    judge.faults.push(FieldError::format(path, "SG-084", zh, en, seal.into()));
                }
            }
        }
    }
}
