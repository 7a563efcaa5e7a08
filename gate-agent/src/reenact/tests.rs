//! What is compared with what, and what is said not to be comparable. Whole captures are played in `tests/tests/reenact.rs`.

use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, Verdict},
    tick::Tick,
};

use super::{
    Decided, Ledger, Outcome, Reenacted, Selected, Stretch, compare, index::look_up, lane::Replayed,
};
use crate::replay;

const ALWAYS: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;

fn ledger(events: &[Event]) -> Ledger {
    let mut ledger = Ledger::default();
    events.iter().for_each(|event| ledger.take(&serde_json::to_string(event).unwrap(), &ALWAYS));
    ledger
}

/// What a lane has recorded of a lorry that passed.
fn passed() -> Vec<Event> {
    replay::recorded("a lorry with its tag passes")
}

/// A stretch that shows all visits of the ledger as it has them.
fn shown(ledger: &Ledger) -> Stretch {
    let ticks = ledger.visits.iter().flat_map(|visit| [visit.arrived, visit.last]);
    let (begin, end) = (Tick::default(), ticks.max().unwrap() + std::time::Duration::from_secs(60));
    let first = ledger.visits.first().unwrap();
    let visits = ledger.visits.iter().enumerate().map(|(place, visit)| Replayed {
        at: visit.arrived,
        wall_ms: visit.wall_ms,
        lane_id: visit.lane_id.clone(),
        recorded: Some(place),
        decided: visit.decided.clone(),
        made: visit.known.len(),
        unknown: None,
    });
    let known = (first.arrived, first.wall_ms);
    Stretch { begin, sure_from: begin, end, known, gaps: Vec::new(), visits: visits.collect() }
}

fn outcomes(ledger: &Ledger, stretch: Stretch) -> Vec<Outcome> {
    let reenacted = Reenacted { stretches: vec![stretch], unreadable: Vec::new() };
    let findings = compare(ledger, &reenacted, &Selected::Within(ALWAYS));
    findings.into_iter().map(|finding| finding.outcome).collect()
}

fn is_not_comparable(outcome: &Outcome, because: &str) -> bool {
    matches!(outcome, Outcome::NotComparable(why) if why.contains(because))
}

/// Decision 0091: the same words are the same; another verdict, reason or trip is not, nor a visit of one side only.
#[test]
fn only_the_same_words_are_the_same() {
    let ledger = ledger(&passed());
    assert_eq!(ledger.visits.len(), 1);
    let pass = ledger.visits[0].decided.last().copied().unwrap();
    assert_eq!((pass.verdict, pass.reason), (Some(Verdict::Pass), Some(ReasonCode::Ok)));
    assert_eq!(outcomes(&ledger, shown(&ledger)), [Outcome::Same]);

    for other in [
        Decided { verdict: Some(Verdict::Person), ..pass },
        Decided { reason: Some(ReasonCode::NoRead), ..pass },
        Decided { trip_no: None, ..pass },
    ] {
        let mut stretch = shown(&ledger);
        *stretch.visits[0].decided.last_mut().unwrap() = other;
        assert!(matches!(outcomes(&ledger, stretch)[..], [Outcome::Different { .. }]), "{other:?}");
    }

    let mut nothing = shown(&ledger);
    nothing.visits.clear();
    assert!(matches!(outcomes(&ledger, nothing)[..], [Outcome::NotInCapture { .. }]));
}

/// Decision 0091: what is missing of the capture, or lies in another run of the agent, is never called the same.
#[test]
fn what_cannot_be_compared_is_said_not_to_be() {
    let events = passed();
    let ledger = ledger(&events);
    let (arrived, last) = (ledger.visits[0].arrived, ledger.visits[0].last);
    let told = |change: &dyn Fn(&mut Stretch)| {
        let mut stretch = shown(&ledger);
        change(&mut stretch);
        outcomes(&ledger, stretch).remove(0)
    };
    let second = std::time::Duration::from_secs(1);
    assert!(is_not_comparable(&told(&|stretch| stretch.gaps.push((arrived, arrived))), "gap"));
    assert!(is_not_comparable(&told(&|stretch| stretch.gaps.push((last, last + second))), "gap"));
    assert_eq!(told(&|stretch| stretch.gaps.push((last + second, last + second))), Outcome::Same);
    assert!(is_not_comparable(&told(&|stretch| stretch.sure_from = arrived + second), "begins"));
    assert!(is_not_comparable(&told(&|stretch| stretch.end = arrived), "ends"));
    assert!(is_not_comparable(&told(&|stretch| stretch.begin = arrived + second), "nothing was captured"));
    // A machine that was started anew counts its time from zero again: another day's visit of the same tick.
    let day = 24 * 3_600_000;
    assert!(is_not_comparable(&told(&|stretch| stretch.known.1 += day), "nothing was captured"));
    let unknown = |stretch: &mut Stretch| {
        stretch.visits[0].unknown = Some("no record says".to_owned());
        stretch.visits[0].decided.clear();
    };
    assert!(is_not_comparable(&told(&unknown), "no record says"));
}

/// Decision 0091: a visit that a restart has parted, a correction, and an agent that kept no basis are told as such.
#[test]
fn the_journal_says_itself_what_hinders() {
    let because = |change: &dyn Fn(&mut Vec<Event>)| {
        let mut events = passed();
        change(&mut events);
        ledger(&events).visits.into_iter().find_map(|visit| visit.hindrance).unwrap_or_default()
    };
    assert_eq!(because(&|_| {}), "");
    let restarted = |events: &mut Vec<Event>| {
        let mut start = events.last().unwrap().clone();
        (start.event_type, start.visit_id, start.lane_id) = (EventType::Started, None, None);
        events.insert(events.len() - 1, start);
    };
    assert!(because(&restarted).contains("started again"));
    let corrected = |events: &mut Vec<Event>| {
        let mut correction = events.last().unwrap().clone();
        (correction.event_type, correction.reason_code) =
            (EventType::LaneState, Some(ReasonCode::ReadCorrected));
        events.push(correction);
    };
    assert!(because(&corrected).contains("corrected"));
    assert!(because(&|events| events.iter_mut().for_each(|event| event.basis = None)).contains("basis"));
    assert!(because(&|events| drop(events.remove(0))).contains("arrival"));
    let other_rules = |events: &mut Vec<Event>| {
        let bases = events.iter_mut().filter_map(|event| event.basis.as_mut());
        bases.for_each(|basis| basis["rules"] = 99.into());
    };
    assert!(because(&other_rules).contains("rules 99"));
}

/// Decision 0091: the rows are those of the visit's own decision, and a medium that no decision looked at is named.
#[test]
fn the_index_answers_by_what_decisions_looked_at() {
    let ledger = ledger(&passed());
    let visit = &ledger.visits[0];
    let known = &visit.known[0];
    let ask = |evidence| {
        let when = (known.at, known.wall_ms);
        look_up(&ledger, &visit.lane_id, Some((visit, 0)), when, evidence).unwrap()
    };
    let own = ask(&known.basis.evidence);
    assert_eq!((own.view, own.unknown), (known.basis.view.clone(), vec![]));
    let others = super::tests::ledger(&replay::recorded("a tag that nobody declared is refused"));
    let foreign = ask(&others.visits[0].known[0].basis.evidence);
    let unknown: Vec<String> = foreign.unknown.iter().map(|(_, key)| key.to_string()).collect();
    assert_eq!(unknown, ["E280116000000002"]);
    assert!(foreign.view.candidates.is_empty());
}

/// Decision 0091: of two decisions within milliseconds each has its own rows, whatever came out a moment before or behind its record.
#[test]
fn each_decision_of_a_hurried_visit_has_its_own_rows() {
    let mut events = passed();
    let place = events.iter().position(|event| event.basis.is_some()).unwrap();
    let mut refused = events[place].clone();
    refused.basis.as_mut().unwrap()["rows"].as_array_mut().unwrap().retain(|row| row["t"] != "entry");
    events[place].mono_us += 70_000;
    events.insert(place, refused);
    let ledger = ledger(&events);
    let visit = &ledger.visits[0];
    let [first, second] = &visit.known[..] else { panic!("{} decisions", visit.known.len()) };
    let entries = |made, at: Tick| {
        let when = (at, first.wall_ms);
        let answer = look_up(&ledger, &visit.lane_id, Some((visit, made)), when, &second.basis.evidence);
        answer.unwrap().view.candidates.len()
    };
    let millis = std::time::Duration::from_millis;
    let before = Tick::from_micros(first.at.as_micros() - 20_000);
    assert_eq!([entries(0, before), entries(0, first.at), entries(1, first.at + millis(50))], [0, 0, 1]);
    assert_eq!([entries(1, second.at), entries(2, second.at), entries(0, second.at + millis(1))], [1, 1, 1]);
    let long_before = Tick::from_micros(first.at.as_micros() - 5_000_000);
    assert_eq!(entries(1, long_before), 0, "decided early, and the index has not moved yet");
}
