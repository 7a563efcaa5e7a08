//! The state chart by itself: the reviewed grid, sequences, and what a chart with a mistake would be noticed by.

use super::super::lifecycle::{Action, LIFECYCLE, State};
use crate::declaration::{
    lifecycle::{By, Step, find},
    record::{Action as _, Status as _},
};

/// The grid of one actor: a state a row, an action a column.
fn grid(table: &[Step<State, Action>], by: By, name: &str) -> String {
    let of_actor = |action: &Action| LIFECYCLE.iter().any(|row| row.action == *action && row.by == by);
    let actions: Vec<_> = Action::ALL.iter().copied().filter(of_actor).collect();
    let line = |first: &str, cells: Vec<&str>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<17}")).collect();
        format!("{first:<18}{cells}").trim_end().to_owned() + "\n"
    };
    let mut text = line(name, actions.iter().map(|action| action.code()).collect());
    for state in State::ALL {
        let cell = |action: &Action| match find(table, *state, *action) {
            None => "-",
            Some(row) if row.by != by => "of another",
            Some(row) => row.to.map_or("gone", State::code),
        };
        text += &line(state.code(), actions.iter().map(cell).collect());
    }
    text
}

fn whole(table: &[Step<State, Action>]) -> String {
    let parts = [(By::Enterprise, "enterprise"), (By::Customs, "officer"), (By::Centre, "gateway")];
    parts.map(|(by, name)| grid(table, by, name)).join("\n")
}

/// AE-093, AE-094, AE-095, AE-096, AE-097, AE-098, AE-099, AE-100, AE-106, AE-107, AE-108, AE-109, AE-110, AE-111, AE-112, AE-113,
/// AE-114, AE-115, AE-180, AE-181, AE-182, AE-183, AE-184, AE-185, AE-186, AE-187, AE-188, AE-189, AE-190, AE-191, AE-192, AE-193,
/// AE-194, AE-200: the reviewed grid; every pair of state and action that it does not have is refused.
#[test]
fn the_chart_is_the_reviewed_grid() {
    assert_eq!(whole(LIFECYCLE), include_str!("grid.txt"));
    for (place, row) in LIFECYCLE.iter().enumerate() {
        let same = LIFECYCLE.iter().filter(|other| other.from == row.from && other.action == row.action);
        assert_eq!(same.count(), 1, "row {place} is there twice");
    }
}

/// Whether every sequence ends where it says; else the first that does not.
fn wrong_sequence(table: &[Step<State, Action>]) -> Option<&'static str> {
    let lines = include_str!("sequences.txt").lines().filter(|line| !line.starts_with('#'));
    lines.into_iter().find(|line| {
        let (acts, end) = line.split_once(" => ").unwrap();
        run(table, acts) != Some(end)
    })
}

/// Where a sequence ends; none where an act is refused that should not be, or the other way round.
fn run(table: &[Step<State, Action>], acts: &str) -> Option<&'static str> {
    let mut state = State::Saved;
    for act in acts.split(' ') {
        let (refused, name) = act.strip_prefix('!').map_or((false, act), |name| (true, name));
        let action = Action::ALL.iter().copied().find(|action| action.code() == name).unwrap();
        match (find(table, state, action), refused) {
            (None, true) => {}
            (Some(row), false) => match row.to {
                Some(to) => state = to,
                None => return Some("gone"),
            },
            (None, false) | (Some(_), true) => return None,
        }
    }
    Some(state.code())
}

/// AE-164, AE-181, AE-182, AE-183, AE-184, AE-185, AE-186, AE-187, AE-188, AE-189, AE-190, AE-191, AE-192, AE-193, AE-194, AE-115, AE-165:
/// sequences of acts, with what is refused on the way.
#[test]
fn sequences_end_where_they_should() {
    assert_eq!(wrong_sequence(LIFECYCLE), None);
}

/// Each planted mistake is noticed by a sequence: a row that is missing, one that leads elsewhere, one too many.
#[test]
fn a_chart_with_a_mistake_is_noticed() {
    for place in 0..LIFECYCLE.len() {
        let mut without = LIFECYCLE.to_vec();
        let row = without.remove(place);
        assert!(wrong_sequence(&without).is_some(), "nobody misses row {place}: {row:?}");
        for other in State::ALL.iter().copied().map(Some).chain([None]).filter(|other| *other != row.to) {
            let mut elsewhere = LIFECYCLE.to_vec();
            elsewhere[place].to = other;
            assert!(wrong_sequence(&elsewhere).is_some(), "row {place} may lead to {other:?}: {row:?}");
        }
    }
    for state in State::ALL.iter().copied().filter(|state| *state != State::Saved) {
        for action in Action::ALL.iter().copied().filter(|action| find(LIFECYCLE, state, *action).is_none()) {
            // Reports about an earlier message are kept from the table by the gateway itself.
            if matches!(action, Action::GiveUp | Action::Refuse | Action::Store | Action::HandOver) {
                continue;
            }
            let mut more = LIFECYCLE.to_vec();
            more.push(Step { from: state, action, by: By::Enterprise, to: Some(State::Saved) });
            assert!(wrong_sequence(&more).is_some(), "{action:?} may be taken in {state:?}");
        }
    }
}
