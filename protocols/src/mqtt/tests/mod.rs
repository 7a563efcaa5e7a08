//! The golden messages, what is refused, and what must hold for any bytes.

mod cameras;
mod golden;
mod intake;
mod kakou;
mod readers;

use super::refusal::{Refusal, SAMPLE_MAX, sample};
use super::report::{Fact, Report};
use super::{Dialect, Message, PAYLOAD_MAX, decode};
use crate::contract::UtcMillis;
use crate::talk::{Identity, Sighting};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use golden::{BROKEN, RECEIVED, VALID};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

const DIALECTS: [Dialect; 4] = [Dialect::Kakou, Dialect::Impinj, Dialect::Zebra, Dialect::AnyCamera];

fn received() -> UtcMillis {
    UtcMillis::parse(RECEIVED).unwrap()
}

/// What a payload says on a topic that nobody knows.
fn told(dialect: Dialect, payload: &str) -> Vec<Result<Report, Refusal>> {
    decode(dialect, &Message::fresh("gate/reader", payload.as_bytes()), PAYLOAD_MAX, received())
}

fn said(dialect: Dialect, payload: &str) -> Vec<String> {
    told(dialect, payload).iter().map(say).collect()
}

fn say(one: &Result<Report, Refusal>) -> String {
    let report = match one {
        Ok(report) => report,
        Err(refusal) => return format!("refused: {refusal}"),
    };
    let mut words = vec![match &report.fact {
        Fact::Seen(sighting) => seen(sighting),
        Fact::NoPlate => "no plate".to_string(),
        Fact::Weight(weight) => format!("weight {:?} stable {}", weight.value.unwrap(), weight.stable),
        Fact::Loop { occupied } => format!("loop occupied {occupied}"),
        Fact::Input { pin, high } => format!("input {pin} high {high}"),
        Fact::State(state) => format!("state {}", state.position.as_str()),
        Fact::Online(there) => format!("online {there}"),
        Fact::Alive => "alive".to_string(),
        Fact::Missed(missed) => format!("missed {missed}"),
        Fact::Other(what) => format!("other {what}"),
    }];
    words.extend(report.sender.as_ref().map(|sender| format!("by {sender}")));
    words.extend(report.id.as_ref().map(|id| format!("id {id}")));
    words.extend(report.number.map(|number| format!("number {number}")));
    words.extend(report.at.map(|at| format!("at {at}")));
    words.extend(report.age_ms.map(|age| format!("age {age}")));
    words.join(", ")
}

fn seen(sighting: &Sighting) -> String {
    let mut words = vec![match &sighting.identity {
        Identity::Epc(bytes) => format!("epc {}", hex::encode_upper(bytes)),
        Identity::Plate(text) => format!("plate {text}"),
        Identity::Code { text, .. } => format!("code {text}"),
        Identity::CardText(text) => format!("card {text}"),
        other => format!("{other:?}"),
    }];
    words.extend(sighting.antenna.map(|antenna| format!("antenna {antenna}")));
    words.extend(sighting.rssi_cdbm.map(|rssi| format!("{rssi} cdbm")));
    words.extend(sighting.confidence_permille.map(|permille| format!("{permille} permille")));
    words.extend(sighting.tid.as_ref().map(|tid| format!("tid {}", hex::encode_upper(tid))));
    words.join(", ")
}

/// Vectors Q1 to Q6 and vendors' published samples; vectors QX1 to QX3 and QX7.
#[test]
fn golden_messages_say_what_their_sources_say() {
    for (id, dialect, payload, want) in VALID.iter().chain(BROKEN) {
        assert_eq!(said(*dialect, payload), *want, "{id}");
    }
}

/// Page section 10, rule 2: what is too long is not even parsed, and a limit is one of a topic.
#[test]
fn a_payload_beyond_the_limit_is_refused_before_it_is_read() {
    let long = " ".repeat(PAYLOAD_MAX + 1);
    for dialect in DIALECTS {
        assert_eq!(said(dialect, &long), ["refused: payload of 16385 bytes, but at most 16384 are read"]);
    }
    let padded = format!("{}{}", VALID[0].2, " ".repeat(PAYLOAD_MAX - VALID[0].2.len()));
    assert_eq!(said(Dialect::Impinj, &padded), VALID[0].3);
    let message = Message::fresh("t", VALID[0].2.as_bytes());
    assert_eq!(decode(Dialect::Impinj, &message, 100, received()).len(), 1);
    assert!(matches!(decode(Dialect::Impinj, &message, 100, received())[0], Err(Refusal::TooLong { .. })));
}

/// Page section 3.1, fault E2: an old event in the broker's memory never looks like a fresh one.
#[test]
fn a_retained_event_is_refused() {
    for (id, dialect, payload, _) in VALID {
        let message = Message { topic: "t", payload: payload.as_bytes(), retained: true };
        assert_eq!(decode(*dialect, &message, PAYLOAD_MAX, received()), [Err(Refusal::Retained)], "{id}");
    }
}

/// Page section 10, rule 3: names that stand twice, nesting beyond 32, numbers beyond 63 bits, NaN; in members that
/// nobody asks for just as in others.
#[test]
fn json_that_readers_could_disagree_about_is_refused() {
    let deep = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    let event = |extra: &str| format!(r#"{{"type":"SIMPLE","data":{{"idHex":"E280","x":{extra}}}}}"#);
    for (payload, want) in [
        (
            r#"{"type":"a","type":"b","data":{"idHex":"E280"}}"#.to_string(),
            "a member stands twice in one object",
        ),
        (
            r#"{"data":{"idHex":"E280","idH\u0065x":"E281"}}"#.to_string(),
            "a member stands twice in one object",
        ),
        (event(r#"{"p":1,"q":2,"p":3}"#), "a member stands twice in one object"),
        (deep(33), "nested more than 32 deep"),
        (event(&format!("{}{}", "[".repeat(9000), "]".repeat(100))), "nested more than 32 deep"),
        (event("9223372036854775808"), "a number beyond 63 bits"),
        (event("-1e300"), "a number beyond 63 bits"),
        (event("1e999"), "no JSON"),
        (event("NaN"), "no JSON"),
        (event("01"), "no JSON"),
        ("{\"data\":{\"idHex\":\"E2\u{7}80\"}}".to_string(), "no JSON"),
        ("[1,{}]".to_string(), "neither an object nor an array of objects"),
        ("17".to_string(), "neither an object nor an array of objects"),
        ("null".to_string(), "neither an object nor an array of objects"),
        ("京".to_string(), "no JSON"),
    ] {
        let refused = said(Dialect::Zebra, &payload).into_iter().next().unwrap();
        assert!(refused.starts_with(&format!("refused: {want}")), "{payload:.60} {refused}");
    }
    assert_eq!(said(Dialect::Zebra, &deep(32)), ["refused: data is missing"]);
    assert_eq!(said(Dialect::Zebra, &event("-9223372036854775808")), ["epc E280"]);
    assert_eq!(said(Dialect::Zebra, &event("null")), ["epc E280"]);
    let broken =
        decode(Dialect::Zebra, &Message::fresh("t", b"{\"data\":{\"idHex\":\"\xFF\"}}"), 99, received());
    assert!(matches!(broken[..], [Err(Refusal::Malformed { .. })]));
}

/// Page section 10, rule 1: what is kept of a bad payload shows its shape and no value.
#[test]
fn a_sample_of_a_bad_payload_is_short_and_redacted() {
    assert_eq!(
        sample(r#"{"type":"lpr","plate" : "京A·123BC","score":0.95,"q":"a\"b","up"#.as_bytes()),
        r#"{"type":"xxx","plate" : "xx·000xx","score":0.00,"q":"x\"x","xx"#
    );
    assert_eq!(sample(b"raise 17\n\xFF"), "xxxxx 00 \u{FFFD}");
    assert!(sample(&[b'"'; 10_000]).len() <= SAMPLE_MAX);
    assert!(sample(&[0xFF; 10_000]).len() <= 3 * SAMPLE_MAX);
}

/// Golden messages and pieces of them, glued in any order and cut anywhere.
fn payloads() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&str> = VALID.iter().chain(BROKEN).map(|(_, _, payload, _)| *payload).collect();
    let piece = (prop::sample::select(known), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8).prop_map(
        |(known, at, byte, damage)| {
            let mut bytes = known.as_bytes().to_vec();
            let at = at.index(bytes.len());
            match damage {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => drop(bytes.remove(at)),
                _ => {}
            }
            bytes
        },
    );
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// fault D1, fault E7: any bytes are answered, twice alike, and what is told has the shape of its kind.
    #[test]
    fn any_payload_is_answered(payload in payloads()) {
        for dialect in DIALECTS {
            let message = Message::fresh("frigate/events", &payload);
            let told = decode(dialect, &message, PAYLOAD_MAX, received());
            prop_assert_eq!(&told, &decode(dialect, &message, PAYLOAD_MAX, received()));
            for report in told.iter().flatten() {
                if let Fact::Seen(sighting) = &report.fact {
                    prop_assert_eq!(sighting.age_ms, report.age_ms);
                    prop_assert!(sighting.confidence_permille.unwrap_or_default() <= 1000);
                    if let Identity::Epc(epc) = &sighting.identity {
                        prop_assert!((1..=32).contains(&epc.len()));
                    }
                }
            }
            let malformed = |one: &&Result<Report, Refusal>| matches!(one, Err(Refusal::Malformed { .. }));
            prop_assert!(told.iter().rev().skip(1).find(malformed).is_none());
        }
    }

    /// Page section 5: glued messages say what each of them says.
    #[test]
    fn glued_messages_say_what_each_says(picks in prop::collection::vec(0..2_usize, 1..5)) {
        let events = [VALID[1].2, VALID[2].2];
        let glued: String = picks.iter().map(|pick| events[*pick]).collect();
        let single: Vec<String> = picks.iter().flat_map(|pick| said(Dialect::Zebra, events[*pick])).collect();
        prop_assert_eq!(said(Dialect::Zebra, &glued), single);
    }
}
