//! Kakou's own form: topics and payloads, both ways, and what is refused of each.

use super::{received, say};
use crate::contract::{Kg, UtcMillis};
use crate::ids::{DeviceName, GateId, LaneId, MediumKey, MediumType};
use crate::mqtt::kakou::{
    Answer, Command, EventId, Loop, Order, Payload, Position, Read, State, TEXT_LONGEST, Weight,
};
use crate::mqtt::refusal::Refusal;
use crate::mqtt::topic::{Address, Channel, Filter, Topic, TopicError};
use crate::mqtt::{Dialect, Message, PAYLOAD_MAX, decode};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const AT: &str = "2026-11-20T08:00:00.123Z";

fn address() -> Address {
    Address {
        gate: GateId::parse("0708-G02").unwrap(),
        lane: LaneId::parse("OUT1").unwrap(),
        device: DeviceName::parse("uhf-1").unwrap(),
    }
}

/// What a payload on one of our topics says.
fn said(channel: &str, payload: &str) -> String {
    let topic = format!("kakou/v1/0708-G02/OUT1/uhf-1/{channel}");
    let told = decode(
        Dialect::Kakou,
        &Message::fresh(&topic, payload.as_bytes()),
        PAYLOAD_MAX,
        UtcMillis::parse("2026-11-20T08:00:01.123Z").unwrap(),
    );
    assert_eq!(told.len(), 1);
    say(&told[0])
}

/// Contract section 4: the samples as they stand there.
#[test]
fn the_samples_of_the_contract_are_read() {
    let tail = format!("id {ID}, at {AT}, age 1000");
    for (channel, payload, want) in [
        (
            "read",
            format!(
                r#"{{"id":"{ID}","medium_type":"VE","medium_key":"E2801160","at":"{AT}","confidence":0.98}}"#
            ),
            format!("epc E2801160, 980 permille, {tail}"),
        ),
        (
            "weight",
            format!(r#"{{"id":"{ID}","kg":49000,"stable":true,"at":"{AT}"}}"#),
            format!("weight Kg(4900000) stable true, {tail}"),
        ),
        (
            "loop",
            format!(r#"{{"id":"{ID}","occupied":true,"at":"{AT}"}}"#),
            format!("loop occupied true, {tail}"),
        ),
        ("state", format!(r#"{{"position":"open","at":"{AT}"}}"#), format!("state open, at {AT}, age 1000")),
        ("online", "1".to_string(), "online true".to_string()),
        ("online", "0".to_string(), "online false".to_string()),
        ("cmd", format!(r#"{{"id":"{ID}","do":"raise"}}"#), "refused: goes the other way".to_string()),
    ] {
        assert_eq!(said(channel, &payload), want, "{channel}");
    }
}

/// Contract section 2: each medium becomes the identity of its kind; keys are held to their medium's rule.
#[test]
fn a_read_names_its_medium_by_type() {
    for (medium, key, want) in [
        ("VE", "e280116060000204", "epc E280116060000204"),
        ("VE", &*"AB".repeat(32), &*format!("epc {}", "AB".repeat(32))),
        ("VN", "沪D·K8216", "plate 沪DK8216"),
        ("IC", "04A2 24B1", "card 04A224B1"),
        ("BC", " 7K3Q-1 ", "code 7K3Q-1"),
        ("VE", "E28", "refused: medium_key must be whole bytes of hexadecimal digits"),
        ("VE", "XYZW", "refused: medium_key must be whole bytes of hexadecimal digits"),
        ("VE", &*"AB".repeat(33), "refused: medium_key must be a key of its medium"),
        ("VE", "", "refused: medium_key must be a key of its medium"),
        ("VN", "沪", "refused: medium_key must be a key of its medium"),
        ("BC", &*"9".repeat(200), "refused: medium_key must be shorter"),
        ("VX", "E280", "refused: medium_type must be VN, VE, IC or BC"),
        ("ve", "E280", "refused: medium_type must be VN, VE, IC or BC"),
    ] {
        let payload = format!(
            r#"{{"id":"{ID}","medium_type":"{medium}","medium_key":"{key}","at":"{AT}","more":[1]}}"#
        );
        let told = said("read", &payload);
        assert_eq!(told.split(", id").next(), Some(want), "{medium} {key}");
    }
}

/// Contract section 4: types, lengths and what may not be missing.
#[test]
fn a_payload_with_a_member_missing_or_of_another_type_is_refused() {
    let weight = |kg: &str| format!(r#"{{"id":"{ID}","kg":{kg},"stable":false,"at":"{AT}"}}"#);
    for (channel, payload, want) in [
        ("weight", weight("49000.125"), "kg must be kilograms with at most two decimals"),
        ("weight", weight("\"49000\""), "kg must be kilograms with at most two decimals"),
        ("weight", weight("1e15"), "kg must be kilograms with at most two decimals"),
        ("weight", weight("999999999999999"), "kg must be kilograms with at most two decimals"),
        ("weight", weight("null"), "kg is missing"),
        (
            "weight",
            format!(r#"{{"id":"{ID}","kg":1,"stable":1,"at":"{AT}"}}"#),
            "stable must be true or false",
        ),
        ("weight", format!(r#"{{"id":"{ID}","kg":1,"at":"{AT}"}}"#), "stable is missing"),
        ("loop", format!(r#"{{"id":"{ID}","at":"{AT}"}}"#), "occupied is missing"),
        ("loop", format!(r#"{{"id":"{ID}","occupied":true}}"#), "at is missing"),
        ("loop", format!(r#"{{"occupied":true,"at":"{AT}"}}"#), "id is missing"),
        ("loop", format!(r#"{{"id":"17","occupied":true,"at":"{AT}"}}"#), "id must be a UUID"),
        ("loop", format!(r#"{{"id":"{ID}","occupied":true,"at":"08:00"}}"#), "at must be an RFC 3339 time"),
        ("loop", format!(r#"{{"id":"{ID}0","occupied":true,"at":"{AT}"}}"#), "id must be shorter"),
        ("read", format!(r#"{{"id":"{ID}","medium_key":"E280","at":"{AT}"}}"#), "medium_type is missing"),
        ("read", format!(r#"{{"id":"{ID}","medium_type":"VE","at":"{AT}"}}"#), "medium_key is missing"),
        (
            "read",
            format!(r#"{{"id":"{ID}","medium_type":"VE","medium_key":"E2","at":"{AT}","confidence":1.01}}"#),
            "confidence must be a score in its range",
        ),
        (
            "state",
            format!(r#"{{"position":"up","at":"{AT}"}}"#),
            "position must be open, closed, between or unknown",
        ),
        ("state", format!(r#"{{"at":"{AT}"}}"#), "position is missing"),
        (
            "state",
            format!(r#"{{"position":"open","answer":{{"id":"{ID}"}},"at":"{AT}"}}"#),
            "done is missing",
        ),
        ("online", "2".to_string(), "online must be 1 or 0"),
        ("online", "1\n".to_string(), "online must be 1 or 0"),
        ("read", "{}{}".to_string(), "a form that is not known"),
        ("read", String::new(), "neither an object nor an array of objects"),
        ("reads", "{}".to_string(), "topic: channel must be read, weight, loop, cmd, state or online"),
    ] {
        assert_eq!(said(channel, &payload), format!("refused: {want}"), "{channel} {payload}");
    }
}

/// fault E2: what happened is never taken from the broker's memory, a command least of all; what is so may be.
#[test]
fn only_state_and_online_may_be_retained() {
    for payload in samples() {
        let (topic, bytes) = (address().topic(payload.channel()), payload.to_bytes());
        let text = topic.to_string();
        let message = Message { topic: &text, payload: &bytes, retained: true };
        let want = if payload.channel().retained() { Ok((topic, payload)) } else { Err(Refusal::Retained) };
        assert_eq!(Payload::take(&message, PAYLOAD_MAX), want);
    }
}

/// Contract section 4: a command as an actuator takes it, and one that is none.
#[test]
fn commands_are_taken_with_their_text_and_refused_without() {
    let parse = |payload: &str| Payload::parse(Channel::Command, payload.as_bytes());
    let raise = format!(r#"{{"id":"{ID}","do":"raise","text":"ignored"}}"#);
    let command = Command { id: EventId::parse(ID).unwrap(), order: Order::Raise };
    assert_eq!(parse(&raise), Ok(Payload::Command(command)));
    let long = "字".repeat(TEXT_LONGEST + 1);
    for (payload, want) in [
        (format!(r#"{{"id":"{ID}","do":"RAISE"}}"#), "do must be raise, lower, red, green or text"),
        (format!(r#"{{"id":"{ID}"}}"#), "do is missing"),
        (r#"{"do":"raise"}"#.to_string(), "id is missing"),
        (format!(r#"{{"id":"{ID}","do":"text"}}"#), "text is missing"),
        (format!(r#"{{"id":"{ID}","do":"text","text":"{long}"}}"#), "text must be shorter"),
    ] {
        assert_eq!(parse(&payload).unwrap_err().to_string(), want, "{payload:.60}");
    }
}

#[test]
fn a_uuid_has_one_spelling() {
    let id = EventId::parse(&ID.to_uppercase()).unwrap();
    assert_eq!(id.as_str(), ID);
    assert_eq!(EventId::from_bits(0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e), id);
    for wrong in
        ["", "0f8fad5bd9cb469fa16570867728950e", &ID[1..], "g", &format!("{ID}-"), &ID.replace('f', "g")]
    {
        assert_eq!(EventId::parse(wrong), None, "{wrong}");
    }
}

fn samples() -> Vec<Payload> {
    let (id, at) = (EventId::parse(ID).unwrap(), received());
    let key = MediumKey::read(MediumType::ElectronicPlate, "E280").unwrap();
    vec![
        Payload::Read(Read {
            id: id.clone(),
            medium_type: MediumType::ElectronicPlate,
            medium_key: key,
            at,
            confidence_permille: None,
        }),
        Payload::Weight(Weight { id: id.clone(), kg: Kg::from_hundredths(4_900_010), stable: true, at }),
        Payload::Loop(Loop { id: id.clone(), occupied: false, at }),
        Payload::Command(Command { id: id.clone(), order: Order::Text("京A12345\n请通行".into()) }),
        Payload::State(State {
            position: Position::Between,
            answer: Some(Answer { id, done: false, why: Some("arm is stuck".into()) }),
            at,
        }),
        Payload::Online(true),
    ]
}

#[test]
fn every_payload_is_written_as_the_contract_shows_it() {
    let texts: Vec<String> =
        samples().iter().map(|payload| String::from_utf8(payload.to_bytes()).unwrap()).collect();
    let id = format!(r#""id":"{ID}""#);
    let at = r#""at":"2025-11-20T08:00:02.000Z""#;
    assert_eq!(
        texts,
        [
            format!(r#"{{{at},{id},"medium_key":"E280","medium_type":"VE"}}"#),
            format!(r#"{{{at},{id},"kg":49000.1,"stable":true}}"#),
            format!(r#"{{{at},{id},"occupied":false}}"#),
            format!(r#"{{"do":"text",{id},"text":"京A12345\n请通行"}}"#),
            format!(r#"{{"answer":{{"done":false,{id},"why":"arm is stuck"}},{at},"position":"between"}}"#),
            "1".to_string(),
        ]
    );
}

fn payload() -> impl Strategy<Value = Payload> {
    let id = any::<u128>().prop_map(EventId::from_bits);
    let at = (0..4_102_444_800_000_i64).prop_map(UtcMillis::from_millis);
    let read = (id.clone(), at.clone(), "([0-9A-F]{2}){1,32}", prop::option::of(0..=1000_u16));
    let order = prop_oneof![
        Just(Order::Raise),
        Just(Order::Lower),
        Just(Order::Red),
        Just(Order::Green),
        ".{0,40}".prop_map(|text| Order::Text(text.into())),
    ];
    let answer = (id.clone(), any::<bool>(), prop::option::of(".{1,40}"))
        .prop_map(|(id, done, why)| Answer { id, done, why: why.map(String::into_boxed_str) });
    let position =
        prop::sample::select(vec![Position::Open, Position::Closed, Position::Between, Position::Unknown]);
    prop_oneof![
        read.prop_map(|(id, at, key, confidence_permille)| {
            let medium_type = MediumType::ElectronicPlate;
            let medium_key = MediumKey::read(medium_type, &key).unwrap();
            Payload::Read(Read { id, medium_type, medium_key, at, confidence_permille })
        }),
        (id.clone(), at.clone(), -9_999_999_999..9_999_999_999_i64, any::<bool>()).prop_map(
            |(id, at, hundredths, stable)| {
                Payload::Weight(Weight { id, kg: Kg::from_hundredths(hundredths), stable, at })
            }
        ),
        (id.clone(), at.clone(), any::<bool>()).prop_map(|(id, at, occupied)| Payload::Loop(Loop {
            id,
            occupied,
            at
        })),
        (id, order).prop_map(|(id, order)| Payload::Command(Command { id, order })),
        (position, prop::option::of(answer), at).prop_map(|(position, answer, at)| Payload::State(State {
            position,
            answer,
            at
        })),
        any::<bool>().prop_map(Payload::Online),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9._-]{0,15}"
}

proptest! {
    /// Contract section 4: what is written reads back, weights to the hundredth, scores to the thousandth.
    #[test]
    fn payloads_read_back_as_written(payload in payload()) {
        let bytes = payload.to_bytes();
        prop_assert_eq!(Payload::parse(payload.channel(), &bytes), Ok(payload));
    }

    #[test]
    fn topics_and_filters_read_back_as_written(gate in name(), lane in name(), device in name(), pick in 0..6_usize, holes in 0..16_u8) {
        let address = Address {
            gate: GateId::parse(&gate).unwrap(),
            lane: LaneId::parse(&lane).unwrap(),
            device: DeviceName::parse(&device).unwrap(),
        };
        let topic = address.topic(Channel::ALL[pick]);
        prop_assert_eq!(&topic.to_string().parse::<Topic>().unwrap(), &topic);
        let mut filter = Filter { channel: Some(topic.channel), ..Filter::of(&address) };
        if holes & 1 == 1 { filter.gate = None; }
        if holes & 2 == 2 { filter.lane = None; }
        if holes & 4 == 4 { filter.device = None; }
        if holes & 8 == 8 { filter.channel = None; }
        prop_assert_eq!(&filter.to_string().parse::<Filter>().unwrap(), &filter);
        prop_assert!(filter.matches(&topic));
    }

    /// fault E7: any text is a topic that is written back alike, or none.
    #[test]
    fn any_text_is_a_topic_or_none(text in "(kakou/v1)?[a-z0-9/+#. ]{0,30}(/read)?") {
        if let Ok(topic) = Topic::parse(&text) {
            prop_assert_eq!(topic.to_string(), text.clone());
            prop_assert!(Filter::parse(&text).unwrap().matches(&topic));
        }
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(filter.to_string(), text);
        }
    }
}

/// Contract section 4; vector QX6: a topic holds no wildcard, whatever a broker lets pass.
#[test]
fn a_topic_has_six_levels_of_ours_and_a_filter_matches_as_brokers_do() {
    let topic = address().topic(Channel::Read);
    assert_eq!(topic.to_string(), "kakou/v1/0708-G02/OUT1/uhf-1/read");
    for wrong in [
        "",
        "#",
        "kakou/v1/#",
        "kakou/v1/0708-G02/OUT1/uhf-1",
        "kakou/v1/0708-G02/OUT1/uhf-1/read/",
        "/kakou/v1/0708-G02/OUT1/uhf-1/read",
        "kakou/v2/0708-G02/OUT1/uhf-1/read",
        "Kakou/v1/0708-G02/OUT1/uhf-1/read",
        "kakou/v1/+/OUT1/uhf-1/read",
        "kakou/v1/0708-G02//uhf-1/read",
        "kakou/v1/0708-G02/OUT1/uhf 1/read",
        "kakou/v1/0708-G02/OUT1/uhf-1/Read",
        "kakou/v1/0708-G02/OUT1/uhf-1/+",
    ] {
        assert!(Topic::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Topic::parse("#"), Err(TopicError::Levels));
    let matches = |text: &str| Filter::parse(text).unwrap().matches(&topic);
    assert_eq!(Filter::of(&address()).to_string(), "kakou/v1/0708-G02/OUT1/uhf-1/+");
    assert_eq!(Filter::default().to_string(), "kakou/v1/+/+/+/+");
    assert!(matches("kakou/v1/+/+/+/+") && matches("kakou/v1/0708-G02/+/uhf-1/read"));
    assert!(!matches("kakou/v1/0708-G03/+/+/+") && !matches("kakou/v1/+/+/+/loop"));
    for wrong in ["kakou/v1/#", "kakou/v1/+/+/+", "kakou/+/+/+/+/+", "kakou/v1/0708-G0+/+/+/+"] {
        assert!(Filter::parse(wrong).is_err(), "{wrong}");
    }
}
