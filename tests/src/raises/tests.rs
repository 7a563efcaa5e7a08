//! Small histories, each with one thing wrong.

use protocols::contract::Event;
use serde_json::{Value, json};

use super::*;

/// `12 intent V1` or `40 outcome V1 raised`, one a line; the number is `mono_us` in milliseconds.
fn journal(lines: &str) -> Vec<Event> {
    let hash = "0".repeat(64);
    let event = |(place, line): (usize, &str)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mono: u64 = words[0].parse().unwrap();
        let kind = if words[1] == "intent" { "RAISE_INTENT" } else { "RAISE_OUTCOME" };
        let mut value = json!({
            "event_id": format!("e{place}"), "gate_id": "G1", "lane_id": "IN1", "lane_direction": "IN", "visit_id": words[2],
            "epoch": 1, "seq": place + 1, "occurred_at": "2026-11-20T08:00:00.123Z", "event_type": kind, "verdict": "Y",
            "mode": "A", "trip_no": null, "version_no": null,
            "reads": {"plate": null, "e_plate": null, "ic_card": null, "barcode": null, "containers": [], "seals": [], "gross_kg": null},
            "reason_code": "ok", "officer_id": null, "images": [], "index_revision": 1, "mono_us": mono * 1000,
            "clock_offset_ms": null, "prev_hash": hash, "hash": hash,
        });
        if let Some(outcome) = words.get(3) {
            value["outcome"] = json!(outcome);
        }
        serde_json::from_value(value).unwrap()
    };
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate().map(event).collect()
}

/// `13 pulse`, `13 coil`, `20 opened`, `13 refused`: one a line.
fn witness(lines: &str) -> Vec<Entry> {
    let entry = |(place, line): (usize, &str)| {
        let (at, what) = line.split_once(' ').unwrap();
        let says = "coil 0 on for 500 ms";
        let mut value = match what {
            "pulse" => json!({"kind": "command", "device": "IN1-io", "says": says}),
            "refused" => json!({"kind": "command", "device": "IN1-io", "says": says, "refused": 4}),
            "coil" => json!({"kind": "coil", "device": "IN1-io", "on": true, "role": "IN1 open"}),
            movement => json!({"kind": "arm", "lane": "IN1", "movement": movement}),
        };
        value["n"] = json!(place + 1);
        value["mono_us"] = json!(at.parse::<u64>().unwrap() * 1000);
        value["at"] = Value::String(format!("{at} ms"));
        serde_json::from_value(value).unwrap()
    };
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate().map(entry).collect()
}

fn compare(seen: &str, recorded: &str) -> Result<Tally, Vec<String>> {
    let lanes = [Wiring { lane_id: "IN1".to_owned(), board: "IN1-io".to_owned() }];
    check(&witness(seen), &journal(recorded), &lanes, 0)
}

const RAISED: &str = "12 intent V1
                      40 outcome V1 raised";

#[test]
fn a_pulse_behind_its_intent_agrees() {
    let agreed =
        compare("13 pulse\n13 coil\n14 rise_started\n30 opened\n50 close_started\n60 closed", RAISED);
    assert_eq!(agreed, Ok(Tally { raises: 1, intents: 1 }));
    let undecided = [
        ("", "12 intent V1"),
        ("13 pulse", "12 intent V1"),
        ("", "12 intent V1\n14 outcome V1 refused"),
        ("13 refused", "12 intent V1\n14 outcome V1 refused"),
        ("13 pulse", "12 intent V1\n14 outcome V1 unknown"),
        ("", "12 intent V1\n14 outcome V1 timed_out\n30 intent V2\n33 outcome V2 refused"),
    ];
    for (seen, recorded) in undecided {
        assert!(compare(seen, recorded).is_ok(), "{seen} / {recorded}: {:?}", compare(seen, recorded));
    }
}

/// Each case would slip through if the check named in the text were gone.
#[test]
fn what_does_not_agree_is_named() {
    let cases = [
        ("5 pulse\n30 opened", RAISED, "has no RAISE_INTENT before it"),
        ("13 pulse\n20 pulse\n30 opened", RAISED, "was pulsed 2 times"),
        ("30 opened", RAISED, "ended as raised, and the witness saw no pulse"),
        ("13 pulse\n14 rise_started", RAISED, "while the witness saw the arm not up"),
        ("13 pulse\n20 opened\n30 close_started", RAISED, "while the witness saw the arm not up"),
        ("13 pulse", "12 intent V1\n14 outcome V1 refused", "the board took a pulse"),
        (
            "13 pulse\n31 pulse",
            "12 intent V1\n30 intent V2",
            "has no RAISE_OUTCOME, and the lane has raised again",
        ),
        ("13 pulse\n30 opened\n90 coil", RAISED, "came on at 90 ms (no. 3) without a command"),
    ];
    for (seen, recorded, named) in cases {
        let faults = compare(seen, recorded).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(named)), "{named:?} is missing in {faults:?}");
    }
}
