//! Times of gates, put right.

use axum::http::StatusCode;
use protocols::rules::LaneDirection;

use super::*;
use crate::test_app::{OFFICER, TestApp, TestGate};

const DAY_S: i64 = 86_400;
/// The gate's quartz loses.
const PPM: i64 = -200;
/// By the centre's clock, when everything begins.
const START: i64 = 1_760_000_000_000;

/// A gate whose clock was right in the beginning.
struct Drifting {
    gate: TestGate,
    /// What its wall clock was set forward since.
    set_ms: i64,
}

impl Drifting {
    /// What happens so many seconds after the beginning; a decision says how old its comparison is.
    fn event(&mut self, after_s: i64, stated: Option<i64>, age_s: Option<i64>) -> Event {
        let mut event = self.gate.event(EventType::Refuse, LaneDirection::In, "v1", None);
        let ticks_us = after_s * (1_000_000 + PPM);
        event.mono_us = 5_000_000 + ticks_us.unsigned_abs();
        event.occurred_at = UtcMillis::from_millis(START + ticks_us / 1000 + self.set_ms);
        event.clock_offset_ms = stated;
        // Its ticks are all that it has to tell ages by.
        let age_s = age_s.map(|age_s| age_s * (1_000_000 + PPM) / 1_000_000);
        event.basis = age_s.map(|age_s| json!({ "rules": 1, "clock_age_s": age_s }));
        event
    }
}

fn error_ms(event: &Event, after_s: i64, measures: &[Measure]) -> (u64, Way) {
    let (at, way) = by_the_centre(event, measures).unwrap();
    (at.as_millis().abs_diff(START + after_s * 1000), way)
}

fn measured(events: &[&Event]) -> Vec<Measure> {
    let mut measures = Measures::default();
    events.iter().for_each(|event| measures.take(event));
    measures.line()
}

/// fault B3: a month without a line, 200 ppm: what the gate states is 518 s wrong, what is made of it not 2 s; also when its wall clock is set when the line is back.
#[test]
fn a_month_is_put_right_by_both_of_its_ends() {
    for set_ms in [0, 518_400] {
        let mut clock = Drifting { gate: TestGate::new("0708-G02"), set_ms: 0 };
        let before = clock.event(60, Some(0), Some(60));
        let cut_off: Vec<_> =
            (1..30).map(|day| (day * DAY_S, clock.event(day * DAY_S, Some(0), Some(day * DAY_S)))).collect();
        clock.set_ms = set_ms;
        let offset = 30 * DAY_S * PPM / 1000 + set_ms;
        let back = clock.event(30 * DAY_S, Some(offset), Some(0));
        let known = measured(&[&before]);
        let (_, last) = cut_off.last().unwrap();
        assert_eq!(error_ms(last, 29 * DAY_S, &known), (501_120, Way::Stated), "nobody knows it yet");
        let events: Vec<_> =
            [&before].into_iter().chain(cut_off.iter().map(|(_, event)| event)).chain([&back]).collect();
        let measures = measured(&events);
        assert_eq!(measures.len(), 2, "the same comparison was told thirty times: {measures:?}");
        for (after_s, event) in &cut_off {
            let (error, way) = error_ms(event, *after_s, &measures);
            assert!(error <= 2000 && way == Way::Between, "day {}: {error} ms", after_s / DAY_S);
        }
    }
}

/// fault B3: ticks that began anew tell nothing of what was before; then, and without any comparison, there is what was stated, or nothing.
#[test]
fn nothing_is_reckoned_across_a_start_of_the_machine() {
    let mut clock = Drifting { gate: TestGate::new("0708-G02"), set_ms: 0 };
    let before = clock.event(DAY_S, Some(-17), Some(0));
    let lonely = clock.event(2 * DAY_S, Some(-17), Some(DAY_S));
    let mut anew = clock.event(3 * DAY_S, None, None);
    anew.mono_us = before.mono_us + 1;
    let mut back = clock.event(4 * DAY_S, Some(-69_120), Some(0));
    back.mono_us = lonely.mono_us + 5_000_000;
    let measures = measured(&[&before, &lonely, &anew, &back]);
    assert_eq!(measures.len(), 2);
    assert_eq!(by_the_centre(&lonely, &measures).unwrap().1, Way::Stated);
    assert_eq!(by_the_centre(&anew, &measures), None);
    let mut later = clock.event(5 * DAY_S, Some(-69_120), None);
    later.mono_us = before.mono_us + 7;
    assert_eq!(
        by_the_centre(&later, &measures).unwrap().1,
        Way::Stated,
        "told after it, and yet with fewer ticks"
    );
}

/// fault B3: a clock that is compared every five minutes for a month leaves few rows, and every comparison lies near the line through those.
#[test]
fn what_a_clock_does_evenly_is_kept_in_few_rows() {
    let mut clock = Drifting { gate: TestGate::new("0708-G02"), set_ms: 0 };
    let mut events = Vec::new();
    for step in 0..30 * DAY_S / 300 {
        let after_s = step * 300;
        events.push((after_s, clock.event(after_s, Some(after_s * PPM / 1000), Some(0))));
    }
    let measures = measured(&events.iter().map(|(_, event)| event).collect::<Vec<_>>());
    assert!(measures.len() < events.len() / 3, "{} of {}", measures.len(), events.len());
    for (after_s, event) in &events {
        assert!(error_ms(event, *after_s, &measures).0 <= 2 * ASTRAY_MS, "after {after_s} s");
    }
}

/// fault B3: what a person sees of a passage: the gate's own time as it was said, and beside it the centre's, once the gate is back.
#[tokio::test]
async fn a_passage_shows_both_times() {
    let app = TestApp::open().await;
    let mut clock = Drifting { gate: TestGate::new("0708-G02"), set_ms: 0 };
    assert_eq!(clock.gate.hello(&app, "store-1").await.0, StatusCode::OK);
    let before = clock.event(60, Some(0), Some(0));
    let before = clock.gate.sealed(before);
    let lonely = clock.event(20 * DAY_S, Some(0), Some(20 * DAY_S - 60));
    let said = serde_json::to_value(lonely.occurred_at).unwrap();
    let lonely = clock.gate.sealed(lonely);
    assert_eq!(clock.gate.send(&app, vec![before, lonely]).await.0, StatusCode::OK);
    let steps = app.get("/api/v1/passages/1", OFFICER).await.1["steps"].clone();
    assert_eq!(steps[1]["by_centre"], json!({"at": said, "way": "stated"}));
    for days in [30, 31, 32] {
        let back = clock.event(days * DAY_S, Some(days * DAY_S * PPM / 1000), Some(0));
        let back = clock.gate.sealed(back);
        assert_eq!(clock.gate.send(&app, vec![back]).await.0, StatusCode::OK);
    }
    let steps = app.get("/api/v1/passages/1", OFFICER).await.1["steps"].clone();
    assert_eq!(steps[1]["event"]["occurred_at"], said);
    let at: UtcMillis = serde_json::from_value(steps[1]["by_centre"]["at"].clone()).unwrap();
    assert!(at.as_millis().abs_diff(START + 20 * DAY_S * 1000) <= 2000, "{steps}");
    assert_eq!(steps[1]["by_centre"]["way"], "between");
    let rows = all(app.central.store().read(), "SELECT seq FROM gate_clock ORDER BY seq", []).await.unwrap();
    let kept: Vec<i64> = rows.iter().map(|row| column(row, "seq").unwrap()).collect();
    assert_eq!(kept, [1, 3, 4, 5], "the second has told the same as the first");
}
