//! Sparkplug B payloads, of any kind that a topic may name.
//! Checks: the same bytes always say the same; a kind that is not numbered has no number, and the others only differ by what
//! they ask of it; payloads glued together say what each says, as the wire's form promises; a text and a name stand in the bytes;
//! what counts gaps is right about the next number.

use protocols::mqtt::sparkplug::{Kind, Metric, Numbers, Payload, SparkplugError, Value};

const LEVELS: [&str; 8] = ["NBIRTH", "DBIRTH", "NDATA", "DDATA", "DDEATH", "NDEATH", "NCMD", "DCMD"];

/// A payload: the first byte says where its last part begins, so that two are found glued together.
pub fn payload(data: &[u8]) {
    let [cut, bytes @ ..] = data else { return };
    // A command asks for no number: whatever is a payload at all is one.
    let plain = Payload::read(Kind::Command, bytes);
    for level in LEVELS {
        let kind = Kind::of(level).expect("a level of the standard");
        let read = Payload::read(kind, bytes);
        // As text: a number that is none is unlike itself.
        assert_eq!(format!("{read:?}"), format!("{:?}", Payload::read(kind, bytes)));
        holds(kind, &read, &plain, bytes);
    }
    let (first, last) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let parts = [first, last].map(|part| Payload::read(Kind::Command, part));
    if let [Ok(first), Ok(last)] = &parts {
        let whole = plain.expect("two payloads glued together are one");
        let metrics: Vec<&Metric> = first.metrics.iter().chain(&last.metrics).collect();
        assert_eq!(format!("{metrics:?}"), format!("{:?}", whole.metrics.iter().collect::<Vec<_>>()));
        assert_eq!(whole.at, last.at.or(first.at));
    }
}

/// What one reading must be beside that of a command.
fn holds(
    kind: Kind,
    read: &Result<Payload, SparkplugError>,
    plain: &Result<Payload, SparkplugError>,
    bytes: &[u8],
) {
    match (read, plain) {
        (Ok(read), Ok(plain)) => {
            assert_eq!(format!("{:?}", read.metrics), format!("{:?}", plain.metrics));
            assert_eq!(read.number.is_some(), !matches!(kind, Kind::NodeDeath | Kind::Command));
            assert!(read.metrics.len() <= bytes.len() / 2, "metrics out of nowhere");
            read.metrics.iter().for_each(|metric| stands(metric, bytes));
            if let Some(number) = read.number {
                follows(kind, number);
            }
        }
        (Err(SparkplugError::Form(_)), Err(SparkplugError::Form(_))) => {}
        (Err(SparkplugError::NoNumber), Ok(_)) => {}
        (Err(SparkplugError::BadNumber(number)), Ok(_)) => {
            assert!(*number > 255 || kind == Kind::NodeBirth && *number > 0, "{number}");
        }
        other => panic!("{kind:?} is another payload than a command: {other:?}"),
    }
}

/// No word out of nowhere; times can be said.
fn stands(metric: &Metric, bytes: &[u8]) {
    let there = |part: &[u8]| part.is_empty() || bytes.windows(part.len()).any(|window| window == part);
    assert!(metric.name.as_deref().is_none_or(|name| there(name.as_bytes())), "{metric:?}");
    match &metric.value {
        Some(Value::Text(text)) => assert!(there(text.as_bytes()), "{metric:?}"),
        Some(Value::Bytes(value)) => assert!(there(value), "{metric:?}"),
        Some(Value::Moment(at)) => assert!(!at.to_string().is_empty()),
        _ => {}
    }
    assert!(metric.at.is_none_or(|at| !at.to_string().is_empty()));
}

/// After a birth or any first number nothing is missing before the next, and all others before itself.
fn follows(kind: Kind, number: u8) {
    let mut numbers = Numbers::default();
    assert_eq!(numbers.take(kind, number), 0);
    assert_eq!(numbers.take(Kind::Data, number.wrapping_add(1)), 0);
    assert_eq!(numbers.take(Kind::Data, number.wrapping_add(1)), u8::MAX);
}
