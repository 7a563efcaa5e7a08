//! One device's messages in a row: repetitions, gaps, silence, and whose they are.

use super::golden::VALID;
use super::{received, say};
use crate::contract::UtcMillis;
use crate::ids::{DeviceName, GateId, LaneId};
use crate::mqtt::camera::{PlateEvent, Vendor};
use crate::mqtt::intake::{Config, Counters, Intake};
use crate::mqtt::topic::Address;
use crate::mqtt::zebra::TagData;
use crate::mqtt::{Dialect, Message};
use crate::tick::Tick;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

struct Bench {
    intake: Intake,
    now: u64,
}

impl Bench {
    fn of(config: Config) -> Self {
        Self { intake: Intake::new(config, Tick::default()), now: 0 }
    }

    fn take(&mut self, topic: &str, payload: &str, retained: bool) -> Vec<String> {
        let message = Message { topic, payload: payload.as_bytes(), retained };
        self.intake.take(&message, received(), Tick::from_millis(self.now)).iter().map(say).collect()
    }
}

fn zebra(number: u64, second: i64) -> String {
    let at = Some(UtcMillis::from_millis(received().as_millis() + second * 1000));
    TagData {
        epc: vec![0xE2, 0x80],
        number: Some(number),
        at,
        mode: Some("SIMPLE".into()),
        ..TagData::default()
    }
    .to_json()
}

/// Page sections 3.1 and 5, fault D8: redelivered after a reconnect, flushed from a store, started again at 1.
#[test]
fn a_readers_events_are_told_once_and_its_gaps_are_told() {
    let mut bench = Bench::of(Config::of(Dialect::Zebra));
    let mut numbers = |payload: &str| -> Vec<String> {
        let told = bench.take("t", payload, false).into_iter();
        told.map(|line| {
            line.split(", ")
                .find(|word| word.starts_with("number") || word.starts_with("missed"))
                .unwrap()
                .into()
        })
        .collect()
    };
    assert_eq!(numbers(&zebra(7, -9)), ["number 7"]);
    assert_eq!(numbers(&zebra(7, -9)), Vec::<String>::new());
    assert_eq!(numbers(&format!("{}{}", zebra(8, -8), zebra(11, -7))), ["number 8", "missed 2", "number 11"]);
    assert_eq!(numbers(&zebra(9, -8)), ["number 9"], "late, from the store");
    assert_eq!(numbers(&zebra(12, -6)), ["number 12"]);
    assert_eq!(numbers(&zebra(1, -5)), ["number 1"], "started again");
    assert_eq!(numbers(&zebra(7, -4)), ["missed 5", "number 7"], "another event under an old number");
    let want = Counters { messages: 7, reports: 7, duplicates: 1, missed: 7, ..Counters::default() };
    assert_eq!(bench.intake.counters(), want);
}

/// Page section 6: an event is told again when the camera reads it better; exactly the same, it is not.
#[test]
fn a_camera_may_improve_its_event_but_not_repeat_it() {
    for vendor in Vendor::ALL {
        let mut bench = Bench::of(Config::of(Dialect::Camera(vendor)));
        let mut tell = |plate: &str, permille| {
            let event = PlateEvent {
                plate: Some(plate.into()),
                confidence_permille: Some(permille),
                camera: "c".into(),
                id: "17-4".into(),
                at: received(),
            };
            bench.take("t", &vendor.to_json(&event), false).len()
        };
        let names_events = vendor != Vendor::PlateRecognizer;
        let has_score = vendor != Vendor::Dahua;
        assert_eq!(tell("京A12345", 900), 1);
        assert_eq!(tell("京A12345", 900), usize::from(!names_events), "{vendor:?}");
        assert_eq!(tell("京A12345", 950), usize::from(has_score), "{vendor:?}");
        assert_eq!(tell("京A12346", 950), 1, "{vendor:?}");
    }
}

/// Contract section 4, fault E2: a message of another device, or on another topic, is not this device's.
#[test]
fn a_device_is_known_by_its_topic_or_by_its_name() {
    let address = Address {
        gate: GateId::parse("0708-G02").unwrap(),
        lane: LaneId::parse("OUT1").unwrap(),
        device: DeviceName::parse("loop-1").unwrap(),
    };
    let mut bench = Bench::of(Config { address: Some(address), ..Config::of(Dialect::Kakou) });
    assert_eq!(bench.take("kakou/v1/0708-G02/OUT1/loop-1/online", "1", true), ["online true"]);
    assert_eq!(
        bench.take("kakou/v1/0708-G02/OUT1/loop-2/online", "1", true),
        ["refused: not sent by this device"]
    );
    assert_eq!(
        bench.take("kakou/v1/0708-G02/OUT2/loop-1/online", "1", true),
        ["refused: not sent by this device"]
    );
    assert!(bench.take("#", "1", true)[0].starts_with("refused: topic"));
    let counters = bench.intake.counters();
    assert_eq!((counters.reports, counters.foreign, counters.malformed), (1, 2, 1));

    let named = |name: &str| Config { sender: Some(name.into()), ..Config::of(Dialect::Impinj) };
    assert_eq!(Bench::of(named("IMPINJ-01-23-45")).take("t", VALID[0].2, false).len(), 1);
    assert_eq!(Bench::of(named("r700")).take("t", VALID[0].2, false), ["refused: not sent by this device"]);
    let nameless = r#"{"tagInventoryEvent":{"epcHex":"E280"}}"#;
    assert_eq!(Bench::of(named("r700")).take("t", nameless, false), ["refused: not sent by this device"]);
    let camera = Config { sender: Some("c".into()), ..Config::of(Dialect::Camera(Vendor::Frigate)) };
    assert_eq!(Bench::of(camera).take("frigate/available", "offline", true), ["online false"]);
}

/// Contract section 4: a name says which event it is; a device that gives all its events one name is still heard.
#[test]
fn an_event_of_our_own_form_is_told_once_by_its_name_and_contents() {
    let mut bench = Bench::of(Config::of(Dialect::Kakou));
    let mut tell = |channel: &str, rest: &str| {
        let id = r#""id":"0f8fad5b-d9cb-469f-a165-70867728950e","at":"2025-11-20T08:00:00Z""#;
        let topic = format!("kakou/v1/0708-G02/OUT1/d-1/{channel}");
        bench.take(&topic, &format!("{{{id},{rest}}}"), false).len()
    };
    for (channel, one, other) in [
        (
            "read",
            r#""medium_type":"IC","medium_key":"04A224B1""#,
            r#""medium_type":"IC","medium_key":"04A224B2""#,
        ),
        ("read", r#""medium_type":"BC","medium_key":"7K3Q""#, r#""medium_type":"BC","medium_key":"7K3R""#),
        ("weight", r#""kg":49000,"stable":true"#, r#""kg":49000,"stable":false"#),
        ("loop", r#""occupied":true"#, r#""occupied":false"#),
    ] {
        assert_eq!((tell(channel, one), tell(channel, one), tell(channel, other)), (1, 0, 1), "{one}");
    }
}

/// Page section 9, fault D3: three heartbeats without a word are silence; refusals and old messages prove no life.
#[test]
fn silence_is_told_once_after_three_heartbeats() {
    let heartbeat = Some(Duration::from_secs(60));
    let mut bench = Bench::of(Config { heartbeat, ..Config::of(Dialect::Camera(Vendor::Alpha)) });
    let alive = "device/a/message/up/keep_alive";
    bench.now = 50_000;
    assert_eq!(bench.take(alive, "{}", false), ["alive, by a"]);
    assert_eq!(bench.intake.wake(), Some(Tick::from_millis(230_000)));
    bench.now = 229_000;
    assert_eq!(bench.take(alive, "{}", true).len(), 1);
    assert_eq!(bench.take("t", "{", false).len(), 1);
    assert!(!bench.intake.falls_silent(Tick::from_millis(229_999)));
    assert!(bench.intake.falls_silent(Tick::from_millis(230_000)));
    assert!(!bench.intake.falls_silent(Tick::from_millis(999_000)), "once");
    assert_eq!(bench.intake.wake(), None);
    bench.now = 1_000_000;
    bench.take(alive, "{}", false);
    assert_eq!(bench.intake.wake(), Some(Tick::from_millis(1_180_000)));
    let mut quiet = Bench::of(Config::of(Dialect::Impinj));
    assert!(quiet.intake.wake().is_none() && !quiet.intake.falls_silent(Tick::from_millis(u64::MAX / 1000)));
    assert_eq!(quiet.take("t", "\n", false), ["alive"]);
}

/// Page section 10: every refusal is counted by its kind, and nothing that came before is forgotten over it.
#[test]
fn refusals_are_counted_and_cost_nothing_else() {
    let mut bench = Bench::of(Config { limit: 200, ..Config::of(Dialect::Zebra) });
    let long = " ".repeat(201);
    for (payload, retained) in
        [("{", false), (&*long, false), ("{}", true), (r#"{"data":{"idHex":"E2"}}{"#, false)]
    {
        bench.take("t", payload, retained);
    }
    bench.take("t", &zebra(1, 0), false);
    assert_eq!(bench.take("t", &zebra(1, 0), false), Vec::<String>::new());
    let want = Counters {
        messages: 6,
        reports: 2,
        duplicates: 1,
        retained: 1,
        too_long: 1,
        malformed: 2,
        ..Counters::default()
    };
    assert_eq!(bench.intake.counters(), want);
    let other: Box<str> = r#"{"type":"exception","data":{}}"#.into();
    bench.take("t", &other, false);
    assert_eq!(bench.intake.counters().other, 1);
}
