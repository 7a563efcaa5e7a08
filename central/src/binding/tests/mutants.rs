//! Planted mutants: would the worked examples notice if a rule were not there, a limit were one off, or a row of the chart led elsewhere?
//! Each mutant is one rule switched off, one row or one guard of the chart changed; at least one example must go wrong for each.

use std::collections::BTreeSet;

use protocols::{
    contract::{EventType, UtcMillis},
    ids::{CardNo, TripNo, UnifiedNo, Uscc},
    rules::{LaneDirection, TripStatus},
};

use super::{
    super::{
        CustomsAreas, Draft, Record, import,
        lifecycle::{
            Action, LIFECYCLE,
            chart::{CHART, Chart, guard, moved_in},
        },
        record::ChangeKind,
    },
    *,
};
use crate::{
    declaration::{
        actor::Actor,
        fault::FieldError,
        lifecycle::{Cause, Step},
    },
    gate_feed::intake::fold::fold,
    test_app::{TestGate, coal},
};

/// An example of sections 15.1, 15.2 and 15.4, and of the limits beside them: a record, and what must be said of it.
struct Example {
    case: String,
    record: Value,
    /// The rule that must be told as a fault; none when the record is accepted.
    violates: Option<String>,
    /// The rules that must be told as warnings.
    warnings: BTreeSet<String>,
}

fn examples() -> Vec<Example> {
    let text = |case: &Value, name: &str| case[name].as_str().map(ToOwned::to_owned);
    let mut found = Vec::new();
    for case in lines_of(include_str!("../golden/valid.jsonl")) {
        let record = case["record"].clone();
        found.push(Example {
            case: text(&case, "case").unwrap(),
            record,
            violates: None,
            warnings: BTreeSet::new(),
        });
    }
    for list in [
        include_str!("../golden/invalid.jsonl"),
        include_str!("../golden/warnings.jsonl"),
        include_str!("../golden/limits.jsonl"),
    ] {
        for case in lines_of(list) {
            let warnings = text(&case, "warning").into_iter().collect();
            let (name, record) = (text(&case, "case").unwrap(), patched(&case));
            found.push(Example { case: name, record, violates: text(&case, "violates"), warnings });
        }
    }
    found.retain(|example| example.violates.as_deref() != Some("SG-102"));
    found
}

/// What is said of a record: the rules of its faults, or of its warnings when it has none.
fn judged(record: &Value, areas: &CustomsAreas) -> Result<Vec<FieldError>, Vec<FieldError>> {
    let new = Draft::parse(as_sent(record)).and_then(|draft| draft.check(areas, None));
    // What a client cannot send is checked where a stored record comes in.
    let imported = import::check(record, areas);
    match (new, imported) {
        (Ok(checked), Ok(_)) => Ok(checked.warnings),
        (Err(faults), _) | (Ok(_), Err(faults)) => Err(faults),
    }
}

/// Whether the example still holds when this rule is never told.
fn holds_without(example: &Example, areas: &CustomsAreas, rule: &str) -> bool {
    let told = |list: &[FieldError]| -> BTreeSet<String> {
        list.iter().filter(|fault| fault.rule != rule).map(|fault| fault.rule.to_owned()).collect()
    };
    match (judged(&example.record, areas), &example.violates) {
        (Ok(warnings), None) => told(&warnings) == example.warnings,
        (Err(faults), Some(violates)) => told(&faults).contains(violates),
        (Ok(_), Some(_)) | (Err(_), None) => false,
    }
}

/// Every rule that the code of sections 4 to 8 can tell.
fn rules_of_the_code() -> BTreeSet<String> {
    let code = [
        include_str!("../rules/header.rs"),
        include_str!("../rules/line.rs"),
        include_str!("../rules/whole.rs"),
        include_str!("../draft.rs"),
        include_str!("../import.rs"),
    ]
    .concat();
    let quoted =
        code.match_indices("\"SG-").filter_map(|(at, _)| code.get(at + 1..at + 8)?.strip_suffix('"'));
    quoted.map(ToOwned::to_owned).collect()
}

/// SG-037, SG-039, SG-041, SG-042, SG-044, SG-045, SG-046, SG-048, SG-050, SG-054, SG-068, SG-069, SG-075, SG-077, SG-081, SG-082, SG-083,
/// SG-084, SG-087, SG-090, SG-097, SG-098, SG-099, SG-100, SG-105, SG-267: the examples hold, on both sides of each limit, and no rule of
/// sections 4 to 8 could be missing without one of them going wrong.
#[test]
fn the_examples_would_notice_a_missing_rule() {
    let (areas, examples) = (CustomsAreas::embedded(), examples());
    for example in &examples {
        assert!(
            holds_without(example, &areas, "none"),
            "{}: {:?}",
            example.case,
            judged(&example.record, &areas)
        );
    }
    let rules = rules_of_the_code();
    assert!(rules.len() >= 45, "only {} rules are told: {rules:?}", rules.len());
    let survivors: Vec<_> = rules
        .iter()
        .filter(|rule| examples.iter().all(|example| holds_without(example, &areas, rule)))
        .collect();
    assert_eq!(survivors, Vec::<&String>::new(), "these could be missing");
}

/// A record's life in memory, by another chart than the manual's.
struct Life<'a> {
    chart: Chart<'a>,
    record: Option<Record>,
    gate: TestGate,
    closing: String,
    visit: u32,
    arrived: bool,
}

impl<'a> Life<'a> {
    fn new(chart: Chart<'a>, closing: &str) -> Self {
        let gate = TestGate::new("0708-G02");
        Self { chart, record: None, gate, closing: closing.to_owned(), visit: 0, arrived: false }
    }

    fn content(&self) -> Value {
        let mut content = coal("蒙LK8216");
        if self.closing == "entry" {
            content["ie_flag"] = json!("E");
            content["lines"][0]["direction"] = json!("I");
        }
        content
    }

    fn act(&mut self, action: Action) -> bool {
        let Some(record) = &self.record else { return false };
        let cause = Cause::by(Actor::customs()).saying(Some("回执".into()));
        match moved_in(self.chart, record, action, &cause, record.status_since) {
            Ok(after) => {
                self.record = after;
                true
            }
            Err(_) => false,
        }
    }

    fn event(&mut self, kind: EventType, direction: LaneDirection) -> bool {
        let begins = kind == EventType::Arrival || (kind == EventType::Match && !self.arrived);
        self.visit += u32::from(begins || self.visit == 0);
        self.arrived = kind == EventType::Arrival;
        let Some(record) = self.record.clone() else { return false };
        let event = self.gate.event(kind, direction, &format!("visit-{}", self.visit), Some(record.trip_no));
        if kind == EventType::Arrival {
            return false;
        }
        let before = record.status;
        let (after, _) = fold(record, &event, event.occurred_at);
        let moved = after.status != before;
        self.record = Some(after);
        moved
    }

    fn step(&mut self, step: &str) -> bool {
        match step {
            "save" if self.record.is_none() => {
                self.record = Some(saved(self.content()));
                true
            }
            "save" => self.act(Action::Save),
            "change+save" => self.act(Action::Change),
            "declare" => self.act(Action::Declare),
            "delete order" => self.act(Action::DeleteOrder),
            "delete" => self.act(Action::Delete),
            "sent" => self.act(Action::Deliver),
            "not sent" => self.act(Action::FailDelivery),
            "in use" => self.act(Action::Use),
            "customs hold" => self.act(Action::Hold),
            "hold lifted" => self.act(Action::Lift),
            "officer closes" => self.act(Action::Close),
            "LEFT_PORT" if self.visit == 0 => self.act(Action::LeavePort),
            "LEFT_PORT" => self.event(EventType::LeftPort, LaneDirection::Out),
            other => match other.split_once(' ').unwrap() {
                ("receipt", code) => self.act(Action::of_receipt(code).unwrap()),
                (direction, event) => {
                    let kind = EventType::ALL.iter().find(|kind| kind.code() == event).unwrap();
                    self.event(*kind, LaneDirection::parse(direction).unwrap())
                }
            },
        }
    }

    fn status(&self) -> &'static str {
        self.record.as_ref().map_or("(deleted)", |record| record.status.code())
    }
}

fn saved(content: Value) -> Record {
    let body = Draft::parse(content).unwrap().check(&CustomsAreas::embedded(), None).unwrap().declaration;
    let card = CardNo::parse("8950000004821").unwrap();
    let numbers = (UnifiedNo::from_parts(2025, 1).unwrap(), TripNo::from_parts(2025, 10, card, 1).unwrap());
    let owner = (Uscc::parse("91150781MA0N5XWB9P").unwrap(), card);
    Record::new(numbers, owner, body, UtcMillis::parse("2025-10-13T00:30:00Z").unwrap())
}

/// Whether all sequences, the spec's and ours, go in this chart as they should.
fn sequences_hold(chart: Chart<'_>) -> bool {
    let ways: &[(&str, &[&str])] = &[
        ("UNSAVED", &[]),
        ("DECLARED", &["save", "declare"]),
        ("SENT", &["save", "declare", "sent"]),
        ("CUSTOMS_APPROVED", &["save", "declare", "sent", "receipt 10"]),
        ("LOCKED", &["save", "declare", "sent", "receipt 10", "IN MATCH", "IN PASS"]),
    ];
    let texts = [include_str!("../golden/sequences.jsonl"), include_str!("../golden/more_sequences.jsonl")];
    texts.into_iter().flat_map(lines_of).all(|case| {
        let mut life = Life::new(chart, case["closing"].as_str().unwrap());
        let start = case["start"].as_str().unwrap();
        for step in ways.iter().find(|(name, _)| *name == start).unwrap().1 {
            life.step(step);
        }
        case["steps"].as_array().unwrap().iter().all(|step| {
            let told = step[0].as_str().unwrap();
            let refused = told.strip_prefix("refused ");
            let done = life.step(refused.unwrap_or(told));
            // A fact of a gate is never refused; whether it moved the record, its status tells.
            let is_fact = ["IN ", "OUT ", "LEFT_PORT"].iter().any(|fact| told.starts_with(fact));
            life.status() == step[1].as_str().unwrap() && (is_fact || done == refused.is_none())
        })
    })
}

/// SG-190, SG-267, and all rows of section 11.2: the sequences hold in the manual's chart, and would not if any row were missing or led to
/// another status.
#[test]
fn the_sequences_would_notice_another_chart() {
    assert!(sequences_hold(CHART));
    let mut survivors = Vec::new();
    for place in 0..LIFECYCLE.len() {
        let row = LIFECYCLE[place];
        let mut without = LIFECYCLE.to_vec();
        without.remove(place);
        let elsewhere =
            if row.to == Some(TripStatus::Closed) { TripStatus::Rejected } else { TripStatus::Closed };
        let mut astray = LIFECYCLE.to_vec();
        astray[place] = Step { to: Some(elsewhere), ..row };
        for (mutant, table) in [("without", without), ("astray", astray)] {
            if sequences_hold(Chart { table: &table, ..CHART }) {
                survivors.push(format!("{mutant} {} {:?}", row.from, row.action));
            }
        }
    }
    assert_eq!(survivors, Vec::<String>::new(), "these rows could be wrong");
}

type Guard = fn(&Record, Action) -> Option<Action>;

/// Each guard of the chart, loosened or led elsewhere.
const GUARDS: &[(&str, Guard)] = &[
    ("a delete order is saved", |record, action| match action {
        Action::Save => Some(Action::Save),
        other => guard(record, other),
    }),
    ("giving a change up deletes the record", |record, action| match action {
        Action::Delete => Some(Action::Delete),
        other => guard(record, other),
    }),
    ("a change of an unlocked record falls back to approved", |record, action| match guard(record, action) {
        Some(Action::GiveUpUnlocked) => Some(Action::GiveUp),
        other => other,
    }),
    ("a change of an approved record falls back to unlocked", |record, action| match guard(record, action) {
        Some(Action::GiveUp) => Some(Action::GiveUpUnlocked),
        other => other,
    }),
    ("an approved delete order approves the record", |record, action| match guard(record, action) {
        Some(Action::ApproveDeletion) => Some(Action::Approve),
        other => other,
    }),
    ("a refused delete order is a rejected record", |record, action| match guard(record, action) {
        Some(Action::ReturnDeletion) => Some(Action::Return),
        other => other,
    }),
    ("an approved change closes the record", |record, action| match guard(record, action) {
        Some(Action::Approve) if record.change_kind == ChangeKind::Change => Some(Action::ApproveDeletion),
        other => other,
    }),
    ("what was never approved is held", |record, action| match action {
        Action::Hold => Some(Action::Hold),
        other => guard(record, other),
    }),
    ("what was never approved is in use", |record, action| match action {
        Action::Use => Some(Action::Use),
        other => guard(record, other),
    }),
    ("a hold is laid over a hold", |record, action| match action {
        Action::Hold if record.status == TripStatus::Locked => Some(Action::Hold),
        other => guard(record, other),
    }),
    ("customs lifts a gate's lock", |record, action| match action {
        Action::Lift => Some(guard(record, action).unwrap_or(Action::Lift)),
        other => guard(record, other),
    }),
    ("a lifted hold forgets the vehicle on site", |record, action| match guard(record, action) {
        Some(Action::LiftOnSite) => Some(Action::Lift),
        other => other,
    }),
    ("a lifted hold forgets the closing pass", |record, action| match guard(record, action) {
        Some(Action::LiftPassed) => Some(Action::LiftOnSite),
        other => other,
    }),
    ("a lifted hold forgets that the approval is gone", |record, action| match guard(record, action) {
        Some(Action::LiftWithdrawn) => Some(Action::Lift),
        other => other,
    }),
    ("a trip taken out leaves the port", |record, action| match action {
        Action::LeavePort => Some(Action::LeavePort),
        other => guard(record, other),
    }),
    ("the lane of customs' own is never free again", |record, action| match guard(record, action) {
        Some(Action::Lift) if record.hold.as_ref().is_some_and(|hold| hold.is_of_customs_lane()) => None,
        other => other,
    }),
];

/// SG-172, SG-180, SG-181, SG-182, SG-183, SG-185, SG-188, SG-196: the sequences would notice a guard that lets through what it should not.
#[test]
fn the_sequences_would_notice_another_guard() {
    let survivors: Vec<_> = GUARDS
        .iter()
        .filter(|(_, guard)| sequences_hold(Chart { guard: *guard, ..CHART }))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(survivors, Vec::<&&str>::new(), "these guards could be gone");
}
