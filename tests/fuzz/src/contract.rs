//! What crosses the line between gate and centre.
//! Checks: an event whose hash holds still holds after it was read, written and read again, unknown members included, and
//! no longer holds once a member changed; every record leads back to itself over JSON; weights are exact decimals.

use protocols::contract::{
    ActsPage, AskActs, ChainError, Changes, EventsAck, EventsRefusal, Hash, HelloAnswer, HelloRequest, Kg,
    LiveStatus, RawEvent, SnapshotHead, SnapshotRow, SnapshotTail, UtcMillis, chain_hash, seal,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::fmt::Debug;

/// An event: as it came, and sealed, so that the fuzzer need not solve SHA-256.
pub fn event(data: &[u8]) {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(data) else { return };
    if let Ok(raw) = RawEvent::verify(Value::Object(members.clone())) {
        holds(&raw);
    }
    let prev_hash = members.get("prev_hash").and_then(Value::as_str).and_then(|text| Hash::parse(text).ok());
    let prev_hash = prev_hash.unwrap_or(Hash::ZERO);
    members.insert("prev_hash".to_owned(), Value::String(prev_hash.to_string()));
    members.entry("epoch").or_insert(Value::from(1));
    members.entry("seq").or_insert(Value::from(1));
    let Ok(hash) = chain_hash(&prev_hash, &members) else { return };
    members.insert("hash".to_owned(), Value::String(hash.to_string()));
    match RawEvent::verify(Value::Object(members)) {
        Ok(raw) => {
            holds(&raw);
            assert_eq!(raw.hash, hash);
        }
        Err(ChainError::Member(name)) => {
            assert!(matches!(name, "epoch" | "seq"), "{name} is as it should be")
        }
        Err(error) => panic!("the hash just made does not hold: {error}"),
    }
}

/// The promises of a verified event.
fn holds(raw: &RawEvent) {
    let text = serde_json::to_string(&raw.members).expect("JSON from JSON");
    let again = serde_json::from_str(&text).expect("our own JSON");
    assert_eq!(RawEvent::verify(again).as_ref(), Ok(raw), "stored and read again it does not hold: {text}");
    assert_altered(&raw.members);
    if let Ok(mut event) = raw.read() {
        let sealed = seal(&mut event).expect("an event that was read has a canonical form");
        let value = serde_json::from_str(&sealed).expect("our own JSON");
        let read = RawEvent::verify(value).and_then(|raw| raw.read().map_err(|_| ChainError::NotAnObject));
        assert_eq!(read, Ok(event), "{sealed}");
    }
}

/// A member more, or one less, shows.
fn assert_altered(members: &Map<String, Value>) {
    let mut more = members.clone();
    let taken = more.insert("\u{feff}added".to_owned(), Value::from(1));
    if taken.is_none() {
        assert!(matches!(RawEvent::verify(Value::Object(more)), Err(ChainError::Altered { .. })));
    }
    for name in members.keys() {
        let mut less = members.clone();
        less.remove(name);
        assert!(RawEvent::verify(Value::Object(less)).is_err(), "nobody misses {name:?}");
    }
}

/// Everything else on the line, and between gates; the first byte says what.
pub fn feed(data: &[u8]) {
    let Some((choice, json)) = data.split_first() else { return };
    match choice {
        0xFE => page(json),
        0xFF => written_back::<AskActs>(json),
        _ => of_the_line(choice % 9, json),
    }
    if let Ok(SnapshotRow::Entry(entry)) = serde_json::from_slice(json) {
        let state = entry.trip_state();
        let mut same = entry.clone();
        same.set_trip_state(&state);
        assert_eq!(same.trip_state(), state, "a trip's state does not survive being written into its entry");
        let _closing = entry.closing_passage();
    }
}

fn of_the_line(choice: u8, json: &[u8]) {
    match choice {
        0 => written_back::<Changes>(json),
        1 => written_back::<SnapshotRow>(json),
        2 => written_back::<SnapshotHead>(json),
        3 => written_back::<SnapshotTail>(json),
        4 => written_back::<HelloRequest>(json),
        5 => written_back::<HelloAnswer>(json),
        6 => written_back::<EventsAck>(json),
        7 => written_back::<EventsRefusal>(json),
        _ => written_back::<LiveStatus>(json),
    }
}

/// What a neighbour tells: what agrees with itself has all its acts between its ends, in order.
fn page(json: &[u8]) {
    written_back::<ActsPage>(json);
    let Ok(page) = serde_json::from_slice::<ActsPage>(json) else { return };
    let _signed = page.signed_bytes();
    if page.check().is_ok() && page.head < u64::MAX - 2 {
        let ends = std::iter::once(page.after).chain(page.acts.iter().map(|act| act.seq));
        let ends: Vec<u64> = ends.chain([page.to.saturating_add(1), page.head.saturating_add(2)]).collect();
        assert!(ends.is_sorted_by(|one, next| one < next), "{page:?}");
    }
}

fn written_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(json) else { return };
    let text = serde_json::to_string(&value).expect("what was read can be written");
    assert_eq!(serde_json::from_str::<T>(&text).ok().as_ref(), Some(&value), "{text}");
}

/// Weights and times, from any text.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let kg = serde_json::from_str::<Kg>(text);
    if let Ok(kg) = &kg {
        assert_eq!(serde_json::to_string(kg).ok().as_deref(), Some(kg.to_string().as_str()));
        assert_eq!(serde_json::from_str::<Kg>(&kg.to_string()).ok().as_ref(), Some(kg));
    }
    if let Some(decimal) = plain_decimal(text) {
        assert_eq!(kg.ok(), decimal.map(Kg::from_hundredths), "{text}");
    }
    if let Ok(time) = UtcMillis::parse(text) {
        assert_eq!(UtcMillis::parse(&time.to_string()), Ok(time), "{text}");
        assert_eq!(UtcMillis::from_millis(time.as_millis()), time);
    }
    if let Ok(hash) = Hash::parse(text) {
        assert_eq!(hash.to_string(), text);
    }
}

/// The hundredths that a plain JSON decimal below 10^9 says, by schoolbook arithmetic: `Some(None)` when it has more than
/// two decimals that count, `None` when the text is no such decimal.
fn plain_decimal(text: &str) -> Option<Option<i64>> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = number(whole) && whole.len() <= 9 && (whole == "0" || !whole.starts_with('0'));
    if !plain || part.is_some_and(|part| !number(part) || part.len() > 6) {
        return None;
    }
    let part = part.unwrap_or_default().trim_end_matches('0');
    if part.len() > 2 {
        return Some(None);
    }
    let hundredths: i64 = format!("{whole}{part:0<2}").parse().ok()?;
    Some(Some(sign * hundredths))
}
