//! The gate's half of the worked sequences of the spec, and the pairs that must not move a trip.

use super::*;

/// What a short step of a sequence names.
fn act(word: &str) -> (LaneDirection, TripAct) {
    let (direction, name) = word.split_once(' ').unwrap_or(("OUT", word));
    let act = match name {
        "MATCH" => TripAct::Match,
        "PASS" => TripAct::Pass,
        "REFUSE" => TripAct::Refuse,
        "MANUAL_RELEASE" => TripAct::ManualRelease,
        "EMPTY_EXIT" => TripAct::EmptyExit,
        "LEFT_PORT" => TripAct::LeftPort,
        other => panic!("no such event: {other}"),
    };
    (LaneDirection::parse(direction).unwrap(), act)
}

fn start(status: TripStatus) -> TripState {
    let on_site = status == TripStatus::Locked;
    let lock = on_site.then(|| Lock::Gate {
        gate_id: GateId::parse("0708-G01").unwrap(),
        lane_id: LaneId::parse("IN1").unwrap(),
        visit_id: VisitId::parse("0708-G01-entry").unwrap(),
    });
    TripState {
        status,
        lock,
        effective: true,
        close_reason: None,
        entry_passed: on_site,
        closing_passed: false,
    }
}

/// Runs `steps` in one gate; each `IN` or `OUT` MATCH opens a visit of its own. Gives the trip and the last anomaly.
fn run(mut state: TripState, closing: LaneDirection, steps: &[(&str, &str)]) -> (TripState, Option<Anomaly>) {
    let gate_id = GateId::parse("0708-G01").unwrap();
    let mut visit = 0;
    let mut anomaly = None;
    for (word, expected) in steps {
        let (direction, act) = act(word);
        if act == TripAct::Match {
            visit += 1;
        }
        let visit_id = VisitId::parse(&alloc::format!("visit-{visit}")).unwrap();
        let lane_id = LaneId::parse(&alloc::format!("{direction}1")).unwrap();
        let moved = apply(
            &state,
            closing,
            &TripEvent { act, direction, gate_id: &gate_id, lane_id: &lane_id, visit_id: &visit_id },
        );
        assert_eq!(moved.state.status.code(), *expected, "after {word}");
        assert_eq!(moved.path.last().copied().unwrap_or(state.status), moved.state.status);
        assert_eq!(moved.state.lock.is_some(), moved.state.status == TripStatus::Locked, "lock after {word}");
        (state, anomaly) = (moved.state, moved.anomaly);
    }
    (state, anomaly)
}

/// SG-267 with SG-235, SG-236, SG-237, SG-238, SG-239, SG-241, SG-242 and SG-244: sequences Q01, Q02, Q05 to Q09 of the spec.
#[test]
fn worked_sequences_end_where_the_spec_says() {
    use LaneDirection::{In, Out};
    use TripStatus::{CustomsApproved, Locked};
    type Case<'a> = (TripStatus, LaneDirection, &'a [(&'a str, &'a str)]);
    let cases: &[Case<'_>] = &[
        (
            CustomsApproved,
            Out,
            &[
                ("IN MATCH", "LOCKED"),
                ("IN PASS", "LOCKED"),
                ("OUT MATCH", "LOCKED"),
                ("OUT PASS", "CLOSED"),
                ("LEFT_PORT", "LEFT_PORT"),
            ],
        ),
        (
            CustomsApproved,
            In,
            &[
                ("IN MATCH", "LOCKED"),
                ("IN PASS", "CLOSED"),
                ("OUT MATCH", "CLOSED"),
                ("OUT PASS", "CLOSED"),
                ("LEFT_PORT", "LEFT_PORT"),
            ],
        ),
        (
            CustomsApproved,
            Out,
            &[
                ("IN MATCH", "LOCKED"),
                ("IN REFUSE", "UNLOCKED"),
                ("IN MATCH", "LOCKED"),
                ("IN PASS", "LOCKED"),
            ],
        ),
        (
            Locked,
            Out,
            &[
                ("OUT MATCH", "LOCKED"),
                ("OUT REFUSE", "LOCKED"),
                ("OUT MATCH", "LOCKED"),
                ("OUT PASS", "CLOSED"),
                ("LEFT_PORT", "LEFT_PORT"),
            ],
        ),
        (Locked, Out, &[("OUT MANUAL_RELEASE", "MANUALLY_CLOSED"), ("LEFT_PORT", "LEFT_PORT")]),
        (
            CustomsApproved,
            Out,
            &[
                ("IN MANUAL_RELEASE", "LOCKED"),
                ("OUT MATCH", "LOCKED"),
                ("OUT PASS", "CLOSED"),
                ("LEFT_PORT", "LEFT_PORT"),
            ],
        ),
        (Locked, Out, &[("OUT EMPTY_EXIT", "UNLOCKED"), ("IN MATCH", "LOCKED"), ("IN PASS", "LOCKED")]),
    ];
    for (status, closing, steps) in cases {
        assert_eq!(run(start(*status), *closing, steps).1, None, "{steps:?}");
    }
}

/// SG-251 and sequence Q18: gone without a closing pass is closed by hand, left, and looked at.
#[test]
fn leaving_without_a_closing_pass_is_an_anomaly() {
    let (state, anomaly) = run(start(TripStatus::Locked), LaneDirection::Out, &[("LEFT_PORT", "LEFT_PORT")]);
    assert_eq!((state.close_reason, anomaly), (Some(CloseReason::PassMissing), Some(Anomaly::PassMissing)));
}

/// SG-188, SG-180 and sequence Q13: a deleted trip never leaves the port.
#[test]
fn a_trip_closed_by_delete_order_stays_closed() {
    let deleted = TripState {
        close_reason: Some(CloseReason::DeleteOrder),
        effective: false,
        ..start(TripStatus::Closed)
    };
    assert_eq!(run(deleted, LaneDirection::Out, &[("LEFT_PORT", "CLOSED")]).1, None);
}

/// SG-250: a pass that arrives late is taken as fact, and raised.
#[test]
fn a_late_pass_moves_a_withdrawn_trip_and_is_raised() {
    for (status, effective, close_reason) in [
        (TripStatus::Rejected, false, None),
        (TripStatus::Closed, false, Some(CloseReason::DeleteOrder)),
        (TripStatus::Unlocked, true, None),
    ] {
        let state = TripState { effective, close_reason, ..start(status) };
        let (after, anomaly) = run(state, LaneDirection::In, &[("IN PASS", "CLOSED")]);
        assert_eq!((anomaly, after.close_reason), (Some(Anomaly::LateFact), None), "{status}");
        assert!(after.closing_passed && after.entry_passed);
    }
}

/// SG-252: the second gate's use is raised and moves nothing; SG-237: its refusal does not free the first lorry's trip.
#[test]
fn a_second_vehicle_neither_takes_nor_frees_the_trip() {
    let held = start(TripStatus::Locked);
    let (after, anomaly) = run(held.clone(), LaneDirection::Out, &[("IN MATCH", "LOCKED")]);
    assert_eq!((after, anomaly), (held.clone(), Some(Anomaly::DoubleUse)));
    let waiting = TripState { entry_passed: false, ..held };
    let (after, anomaly) = run(waiting.clone(), LaneDirection::Out, &[("IN REFUSE", "LOCKED")]);
    assert_eq!((after, anomaly), (waiting, None));
}

/// SG-183, SG-185: a trip that customs holds keeps customs' lock whatever the gate reports, short of its closing pass.
#[test]
fn a_customs_hold_outlasts_gate_events() {
    let held = TripState { lock: Some(Lock::Customs), ..start(TripStatus::Locked) };
    for word in ["IN MATCH", "IN PASS", "IN REFUSE", "OUT MATCH", "OUT REFUSE", "OUT EMPTY_EXIT"] {
        let (after, _) = run(held.clone(), LaneDirection::Out, &[(word, "LOCKED")]);
        assert_eq!(after.lock, Some(Lock::Customs), "{word}");
    }
    let (_, anomaly) = run(held.clone(), LaneDirection::Out, &[("OUT PASS", "CLOSED")]);
    assert_eq!(anomaly, Some(Anomaly::HeldTripMoved));
    for word in ["IN PASS", "IN MANUAL_RELEASE"] {
        let (after, anomaly) =
            run(held.clone(), LaneDirection::In, &[(word, "LOCKED"), ("LEFT_PORT", "LEFT_PORT")]);
        assert!(after.closing_passed && after.entry_passed, "{word}");
        assert_eq!(anomaly, Some(Anomaly::PassMissing), "{word}");
    }
}

/// SG-239: a release for a trip that is already closed changes nothing.
#[test]
fn a_release_of_a_closed_trip_changes_nothing() {
    for status in [TripStatus::Closed, TripStatus::ManuallyClosed] {
        let before = start(status);
        let (after, anomaly) =
            run(before.clone(), LaneDirection::Out, &[("OUT MANUAL_RELEASE", status.code())]);
        assert_eq!((after, anomaly), (before, None));
    }
}

/// SG-189: after leaving the port nothing moves a trip, and a new use is raised.
#[test]
fn left_port_is_final() {
    for word in ["IN MATCH", "IN PASS", "OUT PASS", "IN MANUAL_RELEASE", "LEFT_PORT"] {
        let (_, anomaly) = run(start(TripStatus::LeftPort), LaneDirection::Out, &[(word, "LEFT_PORT")]);
        assert_eq!(anomaly, (word != "LEFT_PORT").then_some(Anomaly::DoubleUse));
    }
}
