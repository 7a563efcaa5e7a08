//! What comes over MQTT: any payload of any dialect, and any text as a topic.
//! Checks: the same message always says the same; each event is told by itself, so glued payloads say what each says;
//! what is too long, or kept by the broker, is refused; an identity stands in the payload, spelt out or in base64; what
//! our own form reads it writes back alike; a repetition is told once; counters add up.

use protocols::contract::UtcMillis;
use protocols::mqtt::camera::Vendor;
use protocols::mqtt::camera::alpha_down::Order;
use protocols::mqtt::intake::{Config, Intake};
use protocols::mqtt::kakou::Payload;
use protocols::mqtt::refusal::{Refusal, SAMPLE_MAX, sample};
use protocols::mqtt::report::{Fact, Report};
use protocols::mqtt::topic::{Channel, Filter, Topic};
use protocols::mqtt::{Dialect, Message, PAYLOAD_MAX, decode};
use protocols::talk::Identity;
use protocols::tick::Tick;

const DIALECTS: [Dialect; 10] = [
    Dialect::Kakou,
    Dialect::Impinj,
    Dialect::Zebra,
    Dialect::AnyCamera,
    Dialect::Camera(Vendor::Frigate),
    Dialect::Camera(Vendor::Alpha),
    Dialect::Camera(Vendor::Hikvision),
    Dialect::Camera(Vendor::Dahua),
    Dialect::Camera(Vendor::Axis),
    Dialect::Camera(Vendor::PlateRecognizer),
];

/// Topics that mean something to a dialect, and one that does not.
const TOPICS: [&str; 9] = [
    "kakou/v1/0708-G02/OUT1/d-1/read",
    "kakou/v1/0708-G02/OUT1/d-1/weight",
    "kakou/v1/0708-G02/OUT1/d-1/loop",
    "kakou/v1/0708-G02/OUT1/d-1/cmd",
    "kakou/v1/0708-G02/OUT1/d-1/state",
    "kakou/v1/0708-G02/OUT1/d-1/online",
    "frigate/available",
    "device/fd49/message/up/keep_alive",
    "gate/reader",
];

fn received() -> UtcMillis {
    UtcMillis::from_millis(1_763_625_602_000)
}

/// A payload: the first byte says whose, the second where it was published and whether it is retained.
pub fn payload(data: &[u8]) {
    let [dialect, place, payload @ ..] = data else { return };
    let dialect = DIALECTS[usize::from(*dialect) % DIALECTS.len()];
    let topic = TOPICS[usize::from(*place & 0x7F) % TOPICS.len()];
    let message = Message { topic, payload, retained: place & 0x80 != 0 };
    let told = decode(dialect, &message, PAYLOAD_MAX, received());
    assert_eq!(decode(dialect, &message, PAYLOAD_MAX, received()), told);
    if payload.len() > PAYLOAD_MAX {
        assert!(matches!(told[..], [Err(Refusal::TooLong { .. })]));
    }
    let Some(shorter) = payload.len().checked_sub(1) else { return };
    let cut = decode(dialect, &message, shorter, received());
    assert!(matches!(cut[..], [Err(Refusal::TooLong { .. })]), "a limit that is none");
    for report in told.iter().flatten() {
        holds(report, &message);
    }
    for refusal in told.iter().filter_map(|one| one.as_ref().err()) {
        assert!(refusal.to_string().chars().count() < 600, "{refusal}");
    }
    assert!(sample(payload).chars().count() <= SAMPLE_MAX);
    ours(payload);
    let _order = Order::parse(payload);
    glued(dialect, &message, &told);
    twice(dialect, &message, &told);
}

/// What every report must be.
fn holds(report: &Report, message: &Message<'_>) {
    if message.retained {
        assert!(matches!(report.fact, Fact::State(_) | Fact::Online(_) | Fact::Alive), "{report:?}");
    }
    let Fact::Seen(sighting) = &report.fact else { return };
    assert_eq!(sighting.age_ms, report.age_ms);
    assert!(sighting.confidence_permille.is_none_or(|permille| permille <= 1000));
    match &sighting.identity {
        Identity::Epc(epc) => {
            assert!((1..=32).contains(&epc.len()), "{report:?}");
            // Escapes, full-width digits and base64 hide it from a plain search; without them the payload must show it.
            if message.payload.is_ascii()
                && !message.payload.contains(&b'\\')
                && !contains(message.payload, b"\"epc\"")
            {
                let shown: String = epc.iter().map(|byte| format!("{byte:02x}")).collect();
                let lower: Vec<u8> =
                    message.payload.iter().filter(|byte| byte.is_ascii_hexdigit()).copied().collect();
                assert!(
                    contains(&lower.to_ascii_lowercase(), shown.as_bytes()),
                    "an EPC out of nowhere: {report:?}"
                );
            }
        }
        Identity::Plate(text) => assert!(text.chars().count() <= 128 && !text.trim().is_empty()),
        Identity::Code { text, .. } | Identity::CardText(text) => assert!(!text.is_empty()),
        other => panic!("no dialect tells {other:?}"),
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|part| part == needle)
}

/// Our own form is written as it was read, and read again alike.
fn ours(payload: &[u8]) {
    for channel in Channel::ALL {
        if let Ok(read) = Payload::parse(channel, payload) {
            assert_eq!(read.channel(), channel);
            let again = Payload::parse(channel, &read.to_bytes());
            assert_eq!(again.as_ref(), Ok(&read), "{}", String::from_utf8_lossy(&read.to_bytes()));
        }
    }
}

/// A payload glued to itself says everything twice, unless it is one word or breaks off.
fn glued(dialect: Dialect, message: &Message<'_>, told: &[Result<Report, Refusal>]) {
    let streams = matches!(dialect, Dialect::Zebra | Dialect::Impinj);
    let broken = |one: &Result<Report, Refusal>| {
        matches!(
            one,
            Err(Refusal::Malformed { .. }
                | Refusal::NotAnObject
                | Refusal::TooLong { .. }
                | Refusal::Retained)
        ) || matches!(one, Err(Refusal::DuplicateMember | Refusal::TooDeep | Refusal::HugeNumber))
            || matches!(one, Ok(report) if report.fact == Fact::Alive)
    };
    if !streams || told.iter().any(broken) {
        return;
    }
    let double = [message.payload, message.payload].concat();
    let said = decode(dialect, &Message { payload: &double, ..*message }, usize::MAX, received());
    assert_eq!(said, [told, told].concat());
}

/// An intake tells nothing twice that the device names, and its counters add up.
fn twice(dialect: Dialect, message: &Message<'_>, told: &[Result<Report, Refusal>]) {
    let mut intake = Intake::new(Config::of(dialect), Tick::default());
    let first = intake.take(message, received(), Tick::default());
    let second = intake.take(message, received(), Tick::default());
    let named =
        |told: &[Result<Report, Refusal>]| told.iter().flatten().filter(|one| one.id.is_some()).count();
    assert!(named(told) >= named(&first));
    if named(told) < 200 {
        assert_eq!(named(&second), 0, "told twice: {second:?}");
    }
    let counters = intake.counters();
    let gaps = [&first, &second].into_iter().flatten().flatten();
    let gaps = gaps.filter(|report| matches!(report.fact, Fact::Missed(_))).count();
    let refused = counters.foreign + counters.retained + counters.too_long + counters.malformed;
    assert_eq!(counters.messages, 2);
    assert_eq!(counters.reports + counters.duplicates + refused, 2 * told.len() as u64);
    assert_eq!((first.len() + second.len()) as u64, counters.reports + refused + gaps as u64);
}

/// Any text as a topic and as a filter.
pub fn topic(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Topic::parse(text) {
        Ok(topic) => {
            assert_eq!(topic.to_string(), text);
            let exact = Filter::parse(text).expect("a topic is the filter of itself");
            assert!(
                exact.matches(&topic)
                    && Filter::default().matches(&topic)
                    && Filter::of(&topic.address).matches(&topic)
            );
            let message = Message::fresh(text, b"1");
            let said = decode(Dialect::Kakou, &message, PAYLOAD_MAX, received());
            assert_eq!(matches!(said[..], [Ok(_)]), topic.channel == Channel::Online);
        }
        Err(error) => {
            assert!(error.to_string().chars().count() <= 600, "{error}");
            let said = decode(Dialect::Kakou, &Message::fresh(text, b"1"), PAYLOAD_MAX, received());
            assert_eq!(said, [Err(Refusal::Topic(error))]);
        }
    }
    if let Ok(filter) = Filter::parse(text) {
        assert_eq!(filter.to_string(), text);
        assert_eq!(!text.contains('+'), Topic::parse(text).is_ok());
    }
    for dialect in DIALECTS {
        let _told = decode(dialect, &Message::fresh(text, b"online"), PAYLOAD_MAX, received());
    }
}
