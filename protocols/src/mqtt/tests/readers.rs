//! Fixed readers: what each preset may leave out, what must agree, and both ways of the wire.

use super::{said, told};
use crate::contract::UtcMillis;
use crate::mqtt::Dialect::{Impinj, Zebra};
use crate::mqtt::impinj::TagEvent;
use crate::mqtt::report::Fact;
use crate::mqtt::zebra::TagData;
use crate::talk::Identity;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::{any, prop, prop_assert_eq, proptest};

fn impinj(tag: &str) -> Vec<String> {
    said(Impinj, &format!(r#"{{"eventType":"tagInventory","tagInventoryEvent":{{{tag}}}}}"#))
}

/// Page section 4: each member is optional by preset, short and user-coded EPCs occur, and a TID is no EPC.
#[test]
fn an_impinj_event_needs_an_epc_in_one_spelling_and_nothing_else() {
    for (tag, want) in [
        (r#""epc":"ftqQOAUQAnEAAsCu""#, "epc 7EDA9038051002710002C0AE"),
        (r#""epcHex":"7eda9038051002710002c0ae""#, "epc 7EDA9038051002710002C0AE"),
        (r#""epc":"_-8=","epcHex":"FFEF""#, "epc FFEF"),
        (r#""epc":"_-8","antennaPort":null"#, "epc FFEF"),
        (r#""epcHex":"00""#, "epc 00"),
        (r#""epcHex":"E280","pc":"CAA=","tid":"4oARcA==""#, "epc E280, tid E2801170"),
        (r#""epcHex":"E280","peakRssiCdbm":-7400"#, "epc E280, -7400 cdbm"),
        (r#""epc":"/+8=""#, "refused: epc must be base64url"),
        (r#""epc":"""#, "refused: epc must be 1 to 32 bytes"),
        (r#""tid":"4oARcA==""#, "refused: epc is missing"),
        (r#""epcHex":"E28""#, "refused: epcHex must be 1 to 32 whole bytes of hexadecimal digits"),
        (r#""epcHex":"""#, "refused: epcHex must be 1 to 32 whole bytes of hexadecimal digits"),
        (r#""epcHex":"E280","tid":"4oAR","tidHex":"E28012""#, "refused: tid and tidHex say different things"),
        (r#""epcHex":"E280","antennaPort":0"#, "refused: antennaPort must be 1 or more"),
        (r#""epcHex":"E280","antennaPort":256"#, "refused: antennaPort must be a whole number in its range"),
        (r#""epcHex":"E280","antennaPort":1.5"#, "refused: antennaPort must be a whole number in its range"),
        (
            r#""epcHex":"E280","peakRssiCdbm":"-7400""#,
            "refused: peakRssiCdbm must be a whole number in its range",
        ),
        (r#""epcHex":"E280","pc":"NAAA""#, "refused: pc must be two bytes of base64"),
        (
            r#""epcHex":"E280","lastSeenTime":"2025-11-20T08:00:00""#,
            "refused: lastSeenTime must be a time with its offset",
        ),
        (r#""epcHex":17"#, "refused: epcHex must be a text"),
    ] {
        assert_eq!(impinj(tag), [want], "{tag}");
    }
    let long = "E2".repeat(33);
    assert_eq!(impinj(&format!(r#""epcHex":"{long}""#)), ["refused: epcHex must be shorter"]);
    assert_eq!(impinj(&format!(r#""epcHex":"{}""#, &long[2..])), [format!("epc {}", &long[2..])]);
}

/// Page section 4: arrays of the webhook, lines of the stream, its empty keep-alive, types that are not known.
#[test]
fn impinj_events_come_alone_in_arrays_and_in_lines() {
    let event = r#"{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"E280"}}"#;
    let bad = r#"{"eventType":"tagInventory","tagInventoryEvent":{}}"#;
    assert_eq!(said(Impinj, &format!("[{event},{event}]")), ["epc E280", "epc E280"]);
    assert_eq!(said(Impinj, &format!("{event}\n{event}\n")), ["epc E280", "epc E280"]);
    let mixed = said(Impinj, &format!("[{event},{bad},7,{event}]"));
    assert_eq!(
        mixed,
        [
            "epc E280",
            "refused: epc is missing",
            "refused: neither an object nor an array of objects",
            "epc E280"
        ]
    );
    assert_eq!(said(Impinj, "\r\n"), ["alive"]);
    let status = r#"{"hostname":"r700","eventType":"inventoryStatus","inventoryStatusEvent":{"inventoryStatus":"running"}}"#;
    assert_eq!(said(Impinj, status), ["other inventoryStatus, by r700"]);
    assert_eq!(said(Impinj, r#"{"tagInventoryEvent":{"epcHex":"E280"}}"#), ["epc E280"]);
    assert_eq!(said(Impinj, "{}"), ["refused: a form that is not known"]);
    assert_eq!(said(Impinj, r#"{"eventType":"tagInventory"}"#), ["refused: tagInventoryEvent is missing"]);
}

/// Vector Q1: the protocol control word is 3400, six words.
#[test]
fn an_impinj_event_reads_back_as_it_was_written() {
    let event = TagEvent {
        at: Some(UtcMillis::from_millis(1_763_625_600_123)),
        hostname: Some("impinj-01-23-45".into()),
        epc: hex::decode("7EDA9038051002710002C0AE").unwrap(),
        pc: Some(0x3400),
        ..TagEvent::default()
    };
    let json = event.to_json();
    assert!(json.contains(r#""epc":"ftqQOAUQAnEAAsCu""#) && json.contains(r#""pc":"NAA=""#), "{json}");
    assert_eq!(
        said(Impinj, &json),
        ["epc 7EDA9038051002710002C0AE, by impinj-01-23-45, at 2025-11-20T08:00:00.123Z, age 1877"]
    );
}

/// Page section 5: glued, batched and single; heartbeats and inputs; times by their offset.
#[test]
fn a_zebra_message_is_read_in_each_of_its_forms() {
    for (payload, want) in [
        (r#"{"type":"CUSTOM","data":{"idHex":"e280","eventNum":3}}"#, &["epc E280, number 3"][..]),
        (
            r#"{"data":{"idHex":"E280","TID":"E2801170"}} {"data":{"idHex":"E281"}}"#,
            &["epc E280, tid E2801170", "epc E281"],
        ),
        (r#"[{"data":{"idHex":"E280"}}][{"data":{"idHex":"E281"}}]"#, &["epc E280", "epc E281"]),
        (
            r#"{"data":{"idHex":"E280"}}{"data":{"idHex":"E28"#,
            &["epc E280", "refused: no JSON at line 1, column 46"],
        ),
        (
            r#"{"type":"SIMPLE","timestamp":"2025-11-20T08:00:00.000","data":{"idHex":"E280"}}"#,
            &["refused: timestamp must be a time with its offset"],
        ),
        (
            r#"{"type":"heartbeat","component":"RC","eventNum":12,"timestamp":"2025-11-20T10:00:01+02","data":{"radio_control":{"status":"running","antennas":{"1":"connected"}},"system":{"CPU":{"user":4}}}}"#,
            &["alive, at 2025-11-20T08:00:01.000Z, age 1000"],
        ),
        (r#"{"type":"gpi","data":{"pin":2,"state":"HIGH"}}"#, &["input 2 high true"]),
        (r#"{"type":"GPI","data":{"pin":1,"state":"low","MAC":"C4"}}"#, &["input 1 high false, by C4"]),
        (r#"{"type":"gpi","data":{"pin":1,"state":"odd"}}"#, &["refused: state must be high or low"]),
        (r#"{"type":"gpi","data":{"pin":1}}"#, &["refused: state is missing"]),
        (r#"{"type":"exception","data":{"message":"hot"}}"#, &["other exception"]),
        (r#"{"type":"SIMPLE"}"#, &["refused: data is missing"]),
        (r#"{"data":{}}"#, &["refused: type is missing"]),
        (
            r#"{"data":{"idHex":"E280","eventNum":-1}}"#,
            &["refused: eventNum must be a whole number in its range"],
        ),
        (
            r#"{"data":{"idHex":"E280","antenna":300}}"#,
            &["refused: antenna must be a whole number in its range"],
        ),
        ("", &[]),
    ] {
        assert_eq!(said(Zebra, payload), want, "{payload}");
    }
}

/// fault D8, fault B4: what a reader had in its store is told with its age; a clock ahead of ours is never fresh.
#[test]
fn age_comes_from_the_readers_own_clock() {
    let at = |time: &str| {
        let payload = format!(r#"{{"type":"SIMPLE","timestamp":"{time}","data":{{"idHex":"E280"}}}}"#);
        let Fact::Seen(sighting) = told(Zebra, &payload).remove(0).unwrap().fact else { panic!("a tag") };
        sighting.age_ms.unwrap()
    };
    assert_eq!(at("2025-11-20T08:00:01.500+0000"), 500);
    assert_eq!(at("2025-11-20T07:00:02.000+0000"), 3_600_000);
    assert_eq!(at("2025-11-20T08:00:04.000+0000"), 0);
    assert_eq!(at("2025-11-20T08:00:04.001+0000"), u64::MAX);
}

proptest! {
    /// Any tag, any members: what a reader writes is what we read.
    #[test]
    fn tags_read_back_as_written(
        epc in prop::collection::vec(any::<u8>(), 1..=32),
        tid in prop::option::of(prop::collection::vec(any::<u8>(), 1..=32)),
        antenna in prop::option::of(1..=255_u8),
        rssi_dbm in prop::option::of(-120..0_i32),
        number in prop::option::of(0..=i64::MAX as u64),
        at in prop::option::of(0..4_102_444_800_000_i64),
        name in prop::option::of("[a-z0-9:.-]{1,20}"),
    ) {
        let name: Option<Box<str>> = name.map(String::into_boxed_str);
        let at = at.map(UtcMillis::from_millis);
        let zebra = TagData {
            mode: Some("SIMPLE".into()), at, epc: epc.clone(), number, antenna, rssi_dbm,
            tid: tid.clone(), mac: name.clone(), ..TagData::default()
        };
        let impinj = TagEvent {
            at, hostname: name.clone(), epc: epc.clone(), tid: tid.clone(), antenna,
            rssi_cdbm: rssi_dbm.map(|dbm| dbm * 100), ..TagEvent::default()
        };
        for (dialect, json, number) in
            [(Zebra, zebra.to_json(), number), (Impinj, impinj.to_json(), None)]
        {
            let report = told(dialect, &json).remove(0).unwrap();
            prop_assert_eq!((&report.sender, report.number, report.at), (&name, number, at));
            let Fact::Seen(sighting) = report.fact else { panic!("{json}") };
            prop_assert_eq!(sighting.identity, Identity::Epc(epc.clone()));
            prop_assert_eq!((sighting.antenna, &sighting.tid), (antenna, &tid));
            prop_assert_eq!(sighting.rssi_cdbm, rssi_dbm.map(|dbm| dbm * 100));
        }
    }

    /// Vector QX2: no text of hexadecimal digits becomes an EPC that it does not spell.
    #[test]
    fn digits_become_their_bytes_or_nothing(text in "[0-9A-Fa-f]{0,70}") {
        let want = match text.len() {
            len if len > 64 => "refused: idHex must be shorter".to_string(),
            0 => "refused: idHex must be 1 to 32 whole bytes of hexadecimal digits".to_string(),
            len if len % 2 == 1 => "refused: idHex must be 1 to 32 whole bytes of hexadecimal digits".to_string(),
            _ => format!("epc {}", text.to_ascii_uppercase()),
        };
        let payload = format!(r#"{{"type":"SIMPLE","data":{{"idHex":"{text}"}}}}"#);
        prop_assert_eq!(said(Zebra, &payload), [want]);
    }
}
