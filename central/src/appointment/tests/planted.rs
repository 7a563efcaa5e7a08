//! Planted faults: every rule, every step of section 8 and every row of the chart is switched off once, and an example must notice.
//! Promises: what no example notices is named, so that a rule cannot rot in silence.

use super::{
    super::{lead_time::STEPS, lifecycle::LIFECYCLE},
    chart::traces,
    examples::{Tables, broken, patched, valid, wrong_cases},
    lead_time::wrong_vectors,
    *,
};

/// A wrong case: as it is, as it was valid, and the rule that it breaks.
struct Wrong {
    case: Value,
    base: Value,
    violated: String,
}

impl Wrong {
    fn all() -> Vec<Self> {
        let read = |line: &Value| Self {
            case: patched(line),
            base: valid(line["base"].as_str().unwrap()),
            violated: line["violates"].as_str().unwrap().to_owned(),
        };
        wrong_cases().iter().map(read).collect()
    }

    /// Whether it is no longer refused for its rule.
    fn notices(&self, tables: &Tables) -> bool {
        !broken(&self.case, &self.base, tables).iter().any(|rule| *rule == self.violated)
    }
}

fn without<T: Clone>(list: &[T], place: usize) -> Vec<T> {
    let mut rest = list.to_vec();
    rest.remove(place);
    rest
}

/// AC-224: examples that are not run grow wrong, and so does a rule that no example needs.
#[test]
fn a_rule_that_is_switched_off_is_missed_by_an_example() {
    let (all, cases) = (Tables::all(), Wrong::all());
    let noticed = |tables: &Tables| cases.iter().any(|case| case.notices(tables));
    assert!(!noticed(&all), "with every rule all examples are right");
    let mut planted = 0;
    let mut unnoticed = Vec::new();
    let mut plant = |name: &str, id: &str, tables: Tables| {
        planted += 1;
        if !noticed(&tables) {
            unnoticed.push(format!("{name} {id}"));
        }
    };
    for (place, rule) in all.entry.iter().enumerate() {
        plant("entry", rule.id, Tables { entry: without(&all.entry, place), ..all.clone() });
    }
    for (place, rule) in all.feedback.iter().enumerate() {
        plant("feedback", rule.id, Tables { feedback: without(&all.feedback, place), ..all.clone() });
    }
    for (place, rule) in all.cancellation.iter().enumerate() {
        plant(
            "cancellation",
            rule.id,
            Tables { cancellation: without(&all.cancellation, place), ..all.clone() },
        );
    }
    for (place, rule) in all.explanation.iter().enumerate() {
        plant(
            "explanation",
            rule.id,
            Tables { explanation: without(&all.explanation, place), ..all.clone() },
        );
    }
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(planted >= 55, "{planted}");
}

/// AC-113: each step of the procedure is missed by a vector of the specification.
#[test]
fn a_step_that_is_switched_off_is_missed_by_a_vector() {
    for (place, step) in STEPS.iter().enumerate() {
        let noticed = !wrong_vectors(&without(STEPS, place)).is_empty();
        // A slot that is not two hours long reaches the procedure from no form; the rule about `slot_end` refuses it before (N10).
        assert_eq!(noticed, step.id != "AC-048", "{}", step.id);
    }
}

/// AC-211: each row of the chart is missed by a sequence.
#[test]
fn a_row_that_is_taken_out_is_missed_by_a_sequence() {
    let whole = traces(LIFECYCLE);
    for (place, row) in LIFECYCLE.iter().enumerate() {
        let rest = without(LIFECYCLE, place);
        assert_ne!(traces(&rest), whole, "no sequence needs {row:?}");
    }
}
