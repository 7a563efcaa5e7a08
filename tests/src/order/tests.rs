//! Small traces, each with one thing wrong.

use super::*;
use crate::trace::calls;

const SYNC: &str = "fdatasync(9</d/journal.db-wal>) = 0";
const PULSE: &str = r#"write(5</dev/pts/3>, "\x01\x05\x02\x00\x00\x05\x0c\x71", 8) = 8"#;

/// One call a line; `intent E1` writes its bytes to the log.
fn checked(lines: &[&str], events: &[&str]) -> Order {
    let line = |(place, line): (usize, &&str)| {
        let what = match line.strip_prefix("intent ") {
            Some(id) => format!("pwrite64(9</d/journal.db-wal>, \"..{id}..\", 4096, 32) = 4096"),
            None => (*line).to_owned(),
        };
        format!("7 1763694000.{:06} {what}\n", place * 100)
    };
    let trace: String = lines.iter().enumerate().map(line).collect();
    let intents: Vec<Intent> =
        events.iter().map(|id| Intent { lane: "IN1".to_owned(), event_id: (*id).to_owned() }).collect();
    let ports = [Port { lane: "IN1".to_owned(), file: "/dev/pts/3".to_owned() }];
    check(&calls(&trace), "/d/journal.db-wal", &ports, &intents)
}

fn early(pulse: usize, synced_after_us: Option<u64>) -> Violation {
    Violation::TooEarly { lane: "IN1".to_owned(), pulse, synced_after_us }
}

#[test]
fn a_pulse_behind_the_sync_of_its_intent_is_in_order() {
    let order = checked(&["intent E1", SYNC, PULSE, "intent E2", SYNC, PULSE], &["E1", "E2"]);
    assert_eq!(order, Order { pulses: 2, waited_us: vec![100, 100], violations: Vec::new() });
    let other_port = PULSE.replace("pts/3", "pts/4");
    let closes = PULSE.replace(r"\x02\x00\x00\x05\x0c\x71", r"\x02\x01\x00\x05\x5d\xb1");
    assert_eq!(checked(&["intent E1", &other_port, &closes, SYNC, PULSE], &["E1"]).violations, []);
}

/// Each case would slip through if one part of the check were gone.
#[test]
fn what_is_out_of_order_is_told() {
    let failed = SYNC.replace("= 0", "= -1 EIO (Input/output error)");
    let other_file = SYNC.replace("journal.db-wal", "cache.db-wal");
    let cases: [(&[&str], &[&str], Vec<Violation>); 7] = [
        (&["intent E1", PULSE], &["E1"], vec![early(1, None)]),
        (&["intent E1", PULSE, SYNC], &["E1"], vec![early(1, Some(100))]),
        (&[SYNC, PULSE, "intent E1", SYNC], &["E1"], vec![early(1, Some(200))]),
        (&["intent E1", &failed, PULSE], &["E1"], vec![early(2, None)]),
        (&["intent E1", &other_file, PULSE], &["E1"], vec![early(2, None)]),
        (
            &["intent E1", SYNC, PULSE, PULSE],
            &["E1"],
            vec![Violation::Surplus { lane: "IN1".to_owned(), pulse: 3 }],
        ),
        (
            &["intent E1", SYNC],
            &["E1"],
            vec![Violation::Unused(Intent { lane: "IN1".to_owned(), event_id: "E1".to_owned() })],
        ),
    ];
    for (lines, events, expected) in cases {
        assert_eq!(checked(lines, events).violations, expected, "{lines:?}");
    }
}

#[test]
fn a_pulse_that_begins_while_the_sync_is_under_way_is_too_early() {
    let begun = "fdatasync(9</d/journal.db-wal> <unfinished ...>";
    let pulse = |place: usize| format!("8 1763694000.{:06} {PULSE}\n", place * 100);
    let trace = format!(
        "7 1763694000.000000 pwrite64(9</d/journal.db-wal>, \"E1\", 4096, 32) = 4096\n7 1763694000.000100 {begun}\n{}7 \
         1763694000.000300 <... fdatasync resumed>) = 0\n",
        pulse(2)
    );
    let intents = [Intent { lane: "IN1".to_owned(), event_id: "E1".to_owned() }];
    let ports = [Port { lane: "IN1".to_owned(), file: "/dev/pts/3".to_owned() }];
    let order = check(&calls(&trace), "/d/journal.db-wal", &ports, &intents);
    assert_eq!(order.violations, [early(2, Some(0))]);
}
