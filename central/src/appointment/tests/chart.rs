//! Section 14: the state chart, who is offered what and when, and the sequences of section 17.4, all pure.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    super::{
        cancellation, explanation, feedback,
        lifecycle::{Action, LIFECYCLE, State, effect, refined},
        record::{Appointment, Feedback},
        rules::{Request, RequestRule, judge_request},
    },
    examples::{appointment, valid},
    *,
};
use crate::declaration::{
    lifecycle::{By, Step, find},
    record::{Action as _, Status},
};

type Row = Step<State, Action>;

/// AC-184, AC-185, AC-186, AC-187, AC-188, AC-189, AC-190, AC-191, AC-195, AC-196, AC-197, AC-198, AC-199, AC-200, AC-201, AC-202, AC-203,
/// AC-204, AC-205, AC-206, AC-207, AC-208, AC-209, AC-210, AC-211, AC-225, AC-226: the whole chart as reviewed; an empty place is a
/// refusal.
#[test]
fn the_state_chart_is_the_reviewed_one() {
    let mut grid = String::new();
    for state in State::ALL {
        for action in Action::ALL {
            if let Some(row) = find(LIFECYCLE, *state, *action) {
                let to = row.to.map_or("(deleted)", State::code);
                writeln!(
                    grid,
                    "{:19} {:22} {:10} {to}",
                    state.code(),
                    format!("{action:?}"),
                    format!("{:?}", row.by)
                )
                .unwrap();
            }
        }
    }
    assert_eq!(grid, include_str!("lifecycle.txt"), "the chart differs from the reviewed one:\n{grid}");
    assert_eq!(grid.lines().count(), LIFECYCLE.len());
}

/// An application as it goes through a sequence, by these rows.
pub(super) struct Walk<'a> {
    table: &'a [Row],
    record: Option<Appointment>,
    now: UtcMillis,
    trace: String,
}

const NUMBER: &str = "224820181000099120";

impl<'a> Walk<'a> {
    fn new(table: &'a [Row]) -> Self {
        Self { table, record: None, now: instant("2018-10-19 08:00:00"), trace: String::new() }
    }

    fn slot(name: &str) -> UtcMillis {
        instant(if name == "start" { "2018-10-20 10:00:00" } else { "2018-10-26 00:00:00" })
    }

    fn not_before(&mut self, at: UtcMillis) {
        self.now = self.now.max(at);
    }

    /// Takes the row for this action, if the rules and the table let it.
    fn take(
        &mut self,
        action: Action,
        rules: &[&[RequestRule]],
        change: impl FnOnce(&mut Appointment, UtcMillis),
    ) -> bool {
        let now = self.now;
        let Some(before) = self.record.clone() else { return false };
        let register = BTreeMap::new();
        let request =
            Request { record: &before, now, register: &register, taken: &[], files: &[], reason: None };
        let refused = rules.iter().any(|rules| !judge_request(rules, &request).is_empty());
        let row = refined(&before, action, now)
            .and_then(|action| Some((action, find(self.table, before.head.status, action)?)));
        let Some((action, row)) = row.filter(|_| !refused) else { return false };
        let mut after = before;
        change(&mut after, now);
        effect(&mut after, action);
        match row.to {
            Some(to) => after.head.status = to,
            None => {
                self.record = None;
                return true;
            }
        }
        self.record = Some(after);
        true
    }

    fn saved(&mut self) -> bool {
        if self.record.is_some() {
            return self.take(Action::Save, &[], |_, _| {});
        }
        let mut record = appointment(&valid("A02")["record"]);
        record.content.goods.clear();
        self.record = Some(record);
        true
    }

    fn step(&mut self, step: &str) -> bool {
        use Action::*;
        let plain = |_: &mut Appointment, _: UtcMillis| {};
        match step {
            "暂存" => self.saved(),
            "提交" => {
                if self.record.is_none() {
                    self.saved();
                }
                self.take(Submit, &[], plain)
            }
            "删除" => self.take(Delete, &[], plain),
            "receipt accepted" => self.take(Accept, &[], plain),
            "receipt 审批通过" => self.take(Approve, &[], plain),
            "receipt 退单" => self.take(Return, &[], plain),
            "取消预约 before the slot" => self.cancelled(),
            "取消预约 after the slot start" => {
                self.not_before(Self::slot("start"));
                self.cancelled()
            }
            "cancellation confirmed" => self.take(ConfirmCancellation, &[], plain),
            "cancellation refused" => self.take(RefuseCancellation, &[], plain),
            "feedback sent" => {
                self.not_before(Self::slot("start"));
                let number = format!("{}{:04}", &NUMBER[..14], self.trace.lines().count());
                let entered = self.take(EnterFeedback, &[feedback::TYPING], |record, _| {
                    record.feedback = feedback::retyped(record, &[number]);
                });
                let rules = [feedback::TYPING, feedback::ROWS, feedback::OPEN, feedback::SENDING];
                self.take(Feedback, &rules, feedback::sent) && entered
            }
            "feedback accepted" => self.take(AcceptFeedback, &[], plain),
            "feedback refused" => self.take(RefuseFeedback, &[], plain),
            "explanation sent" => {
                self.not_before(Self::slot("start"));
                let entered = self.take(EnterExplanation, &[explanation::TYPING], |record, _| {
                    explanation::typed(record, Some("船期推迟"));
                });
                let rules = [explanation::TYPING, explanation::OPEN, explanation::SENDING];
                self.take(Explain, &rules, explanation::sent) && entered
            }
            "explanation accepted" => self.take(AcceptExplanation, &[], plain),
            "explanation refused" => self.take(RefuseExplanation, &[], plain),
            "lifted by customs" => self.take(Lift, &[], plain),
            "window ends" => {
                self.not_before(Self::slot("end"));
                self.take(EndWindow, &[], plain)
            }
            other => panic!("{other}"),
        }
    }

    fn cancelled(&mut self) -> bool {
        self.take(Action::Cancel, &[cancellation::CANCELLATION], |record, now| {
            cancellation::requested(record, now, None);
        })
    }

    fn status(&self) -> &'static str {
        self.record.as_ref().map_or("(deleted)", |record| record.head.status.code())
    }
}

pub(super) fn sequences() -> Vec<Value> {
    [lines_of(include_str!("sequences.jsonl")), lines_of(include_str!("more_sequences.jsonl"))].concat()
}

/// What becomes of every sequence by these rows: step, taken or not, status.
pub(super) fn traces(table: &[Row]) -> String {
    let mut all = String::new();
    for case in sequences() {
        let mut walk = Walk::new(table);
        for step in case["steps"].as_array().unwrap() {
            let name = step[0].as_str().unwrap();
            let taken = if walk.step(name) { "" } else { " (not taken)" };
            let status = walk.status();
            writeln!(walk.trace, "{} {name}{taken}: {status}", case["case"].as_str().unwrap()).unwrap();
        }
        all += &walk.trace;
    }
    all
}

/// AC-142, AC-147, AC-149, AC-158, AC-159, AC-184, AC-185, AC-186, AC-187, AC-188, AC-189, AC-190, AC-191, AC-192, AC-193, AC-194, AC-195,
/// AC-196, AC-197, AC-198, AC-199, AC-200, AC-201, AC-202, AC-203, AC-204, AC-205, AC-206, AC-207, AC-208, AC-209, AC-210, AC-211, AC-212,
/// AC-225, AC-226; AC-224: every status of section 17.4, and of our sequences, is reproduced, and each step is taken or refused as
/// reviewed.
#[test]
fn every_sequence_goes_through_the_statuses_of_the_specification() {
    assert!(sequences().len() >= 17 + 8);
    let traced = traces(LIFECYCLE);
    let mut lines = traced.lines();
    for case in sequences() {
        for step in case["steps"].as_array().unwrap() {
            let line = lines.next().unwrap();
            assert!(line.ends_with(&format!(": {}", step[1].as_str().unwrap())), "{line} instead of {step}");
        }
    }
    assert_eq!(traced, include_str!("sequences.txt"), "steps are taken otherwise than reviewed:\n{traced}");
}

/// AC-214, and section 14.3: what is offered to each side in each status, at moments that matter.
#[test]
fn what_is_offered_in_each_status_is_the_reviewed_grid() {
    let mut grid = String::new();
    let moments = [
        ("before the slot", "2018-10-20 09:59:59"),
        ("at its start", "2018-10-20 10:00:00"),
        ("last second of the window", "2018-10-25 23:59:59"),
        ("after the window", "2018-10-26 00:00:00"),
    ];
    for state in State::ALL {
        for (moment, now) in moments {
            for by in [By::Enterprise, By::Customs, By::Centre] {
                let mut record = appointment(&valid("A02")["record"]);
                record.head.status = *state;
                let names = super::super::view::offered_to(&record, by, instant(now));
                let names = if names.is_empty() { "-".to_owned() } else { names.join(" ") };
                writeln!(grid, "{:19} {moment:25} {:10} {names}", state.code(), format!("{by:?}")).unwrap();
            }
        }
    }
    assert_eq!(grid, include_str!("offered.txt"), "other actions are offered than reviewed:\n{grid}");
}

/// AC-206, AC-208, AC-225: a refusal ends nothing while something else of the enterprise is with customs.
#[test]
fn a_refusal_ends_nothing_while_something_else_is_with_customs() {
    for state in State::ALL {
        for action in Action::ALL {
            let mut record = appointment(&valid("A08")["record"]);
            record.head.status = *state;
            cancellation::requested(&mut record, instant("2018-10-19 10:00:00"), None);
            feedback::sent(&mut record, instant("2018-10-20 10:00:00"));
            explanation::sent(&mut record, instant("2018-10-20 10:00:00"));
            for now in ["2018-10-20 12:00:00", "2018-10-27 12:00:00"] {
                let Some(taken) = refined(&record, *action, instant(now)) else { continue };
                assert_eq!(taken.code(), action.code(), "an act stays what it is called");
                let late = matches!(
                    taken,
                    Action::RefuseCancellationLate
                        | Action::RefuseFeedbackLate
                        | Action::RefuseExplanationLate
                );
                assert!(!late, "{state:?} {action:?}: something else is with customs");
            }
        }
    }
}

/// AC-206: nothing is over while something is with customs; then it is.
#[test]
fn the_window_ends_nothing_that_is_with_customs() {
    let mut record = appointment(&valid("A09")["record"]);
    record.feedback.clear();
    let (open, over) = (instant("2018-10-25 23:59:59"), instant("2018-10-26 00:00:00"));
    assert_eq!(refined(&record, Action::EndWindow, open), None);
    assert_eq!(refined(&record, Action::EndWindow, over), Some(Action::EndWindow));
    record.feedback.push(Feedback { declaration_no: NUMBER.into(), sent_at: Some(open), answer: None });
    assert_eq!(refined(&record, Action::EndWindow, over), None);
    assert_eq!(refined(&record, Action::RefuseFeedback, open), Some(Action::RefuseFeedback));
    assert_eq!(refined(&record, Action::RefuseFeedback, over), Some(Action::RefuseFeedbackLate));
}
