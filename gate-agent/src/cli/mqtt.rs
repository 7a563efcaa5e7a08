//! Messages of MQTT readers and cameras as lines of `decode`.
//! Promises: a message is a JSON value, one a line or glued to the next; what is none is noise up to the end of its line.
//! Chosen: without a topic the member names say which payload of our own form it is; an envelope
//! `{"topic","payload","retained"}` says it exactly, and carries payloads that are not JSON as a text.
//! Absent: ages; nobody knows when a capture was received.

use protocols::{
    contract::UtcMillis,
    ids::{MediumKey, MediumType},
    mqtt::{
        Dialect, Message, PAYLOAD_MAX, decode,
        kakou::{Command, Payload},
        refusal::Refusal,
        report::{Fact, Report},
        topic::Channel,
    },
    talk::{Identity, Sighting, WeightReading},
};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::decode::{Kilograms, Line, hex};

/// Whose messages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Kakou,
    Impinj,
    Zebra,
    Camera,
}

impl Form {
    const ALL: [Self; 4] = [Self::Kakou, Self::Impinj, Self::Zebra, Self::Camera];

    /// The form of that name in the contract.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kakou => "mqtt-kakou",
            Self::Impinj => "mqtt-impinj",
            Self::Zebra => "mqtt-zebra",
            Self::Camera => "mqtt-camera",
        }
    }

    const fn dialect(self) -> Dialect {
        match self {
            Self::Kakou => Dialect::Kakou,
            Self::Impinj => Dialect::Impinj,
            Self::Zebra => Dialect::Zebra,
            Self::Camera => Dialect::AnyCamera,
        }
    }

    /// A line with what there is to say, if there is anything.
    fn line(self, kind: &'static str, text: &str) -> Line {
        let text = text.trim_start_matches(", ");
        Line {
            kind,
            protocol: self.name(),
            text: (!text.is_empty()).then(|| text.to_owned()),
            ..Line::default()
        }
    }
}

/// What a stream of messages says.
pub(super) fn lines(form: Form, mut bytes: &[u8]) -> Vec<Line> {
    let (mut lines, mut skipped) = (Vec::new(), 0);
    let noise = |skipped: &mut usize| {
        let gone = std::mem::take(skipped);
        (gone > 0).then(|| Line {
            kind: "noise",
            protocol: form.name(),
            skipped: Some(gone),
            ..Line::default()
        })
    };
    loop {
        bytes = bytes.trim_ascii_start();
        let mut stream = Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
        match stream.next() {
            None => {
                lines.extend(noise(&mut skipped));
                return lines;
            }
            Some(Ok(_)) => {
                let (message, after) = bytes.split_at_checked(stream.byte_offset()).unwrap_or((bytes, &[]));
                bytes = after;
                lines.extend(noise(&mut skipped));
                lines.extend(message_lines(form, message));
            }
            Some(Err(_)) => {
                let line = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
                skipped += line;
                bytes = bytes.get(line..).unwrap_or_default();
            }
        }
    }
}

fn message_lines(form: Form, bytes: &[u8]) -> Vec<Line> {
    let value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let (topic, payload, retained) = match &value {
        Value::Object(members) => {
            match (members.get("topic").and_then(Value::as_str), members.get("payload")) {
                (Some(topic), Some(Value::String(text))) => {
                    (Some(topic), text.clone().into_bytes(), members.get("retained"))
                }
                (Some(topic), Some(payload)) => {
                    (Some(topic), payload.to_string().into_bytes(), members.get("retained"))
                }
                _ => (None, bytes.to_vec(), None),
            }
        }
        _ => (None, bytes.to_vec(), None),
    };
    let retained = retained.and_then(Value::as_bool).unwrap_or_default();
    let message = Message { topic: topic.unwrap_or_default(), payload: &payload, retained };
    if form == Form::Kakou {
        return vec![ours(&message, topic.is_none().then(|| channel_of(&value)))];
    }
    // An age of nothing: the time of receiving is not known.
    let told = decode(form.dialect(), &message, PAYLOAD_MAX, UtcMillis::from_millis(0));
    told.into_iter().map(|one| outcome(form, one)).collect()
}

/// Which payload of our own form this is, by its members.
fn channel_of(value: &Value) -> Option<Channel> {
    let marks = [
        ("medium_type", Channel::Read),
        ("kg", Channel::Weight),
        ("occupied", Channel::Loop),
        ("do", Channel::Command),
        ("position", Channel::State),
    ];
    marks.into_iter().find(|(mark, _)| value.get(mark).is_some()).map(|(_, channel)| channel)
}

/// A message of our own form; `guessed` when it came without its topic.
fn ours(message: &Message<'_>, guessed: Option<Option<Channel>>) -> Line {
    let form = Form::Kakou;
    let taken = match guessed {
        None => Payload::take(message, PAYLOAD_MAX).map(|(_, payload)| payload),
        Some(Some(channel)) => Payload::parse(channel, message.payload),
        Some(None) => Err(Refusal::UnknownForm),
    };
    match taken {
        Err(refusal) => outcome(form, Err(refusal)),
        Ok(Payload::Command(Command { id, order })) => {
            form.line("status", &format!("command {id}: {order:?}"))
        }
        Ok(payload) => {
            let topic = format!("kakou/v1/g/l/d/{}", payload.channel().as_str());
            let bytes = payload.to_bytes();
            let told = decode(
                Dialect::Kakou,
                &Message::fresh(&topic, &bytes),
                PAYLOAD_MAX,
                UtcMillis::from_millis(0),
            );
            outcome(form, told.into_iter().next().unwrap_or(Err(Refusal::UnknownForm)))
        }
    }
}

fn outcome(form: Form, one: Result<Report, Refusal>) -> Line {
    let report = match one {
        Ok(report) => report,
        Err(refusal) => return form.line("status", &format!("refused: {refusal}")),
    };
    let about = about(&report);
    match report.fact {
        Fact::Seen(sighting) => read(form, sighting, about),
        Fact::Weight(WeightReading { value, stable, .. }) => {
            Line { kg: value.ok().map(Kilograms::Exact), stable: Some(stable), ..form.line("weight", &about) }
        }
        Fact::NoPlate => form.line("status", &format!("vehicle without a plate{about}")),
        Fact::Loop { occupied } => {
            form.line("status", &format!("loop {}{about}", if occupied { "occupied" } else { "free" }))
        }
        Fact::Input { pin, high } => {
            form.line("status", &format!("input {pin} {}{about}", if high { "high" } else { "low" }))
        }
        Fact::State(state) => {
            let answer = state.answer.map(|answer| format!(", answer {} done {}", answer.id, answer.done));
            form.line(
                "reply",
                &format!("position {}{}{about}", state.position.as_str(), answer.unwrap_or_default()),
            )
        }
        Fact::Online(there) => form.line("status", if there { "online" } else { "offline" }),
        Fact::Alive => form.line("status", &format!("heartbeat{about}")),
        Fact::Missed(missed) => form.line("status", &format!("{missed} events missed")),
        Fact::Other(what) => form.line("status", &format!("other: {what}{about}")),
    }
}

/// Who, under which name and when, as a tail of a sentence.
fn about(report: &Report) -> String {
    let parts = [
        report.sender.as_ref().map(|sender| format!(", by {sender}")),
        report.id.as_ref().map(|id| format!(", event {id}")),
        report.at.map(|at| format!(", at {at}")),
    ];
    parts.into_iter().flatten().collect()
}

fn read(form: Form, sighting: Sighting, about: String) -> Line {
    let (medium_type, raw) = match sighting.identity {
        Identity::Epc(bytes) => (MediumType::ElectronicPlate, hex(&bytes)),
        Identity::Plate(text) => (MediumType::Plate, text),
        Identity::Code { raw, .. } => (MediumType::BarCode, raw),
        Identity::CardText(text) => (MediumType::IcCard, text),
        other => return form.line("status", &format!("{other:?}{about}")),
    };
    let rssi = sighting.rssi_cdbm.map(|rssi| {
        let (sign, size) = (if rssi < 0 { "-" } else { "" }, rssi.unsigned_abs());
        format!(", {sign}{}.{:02} dBm", size / 100, size % 100)
    });
    let sure = sighting.confidence_permille.map(|permille| format!(", {permille}/1000 sure"));
    let tid = sighting.tid.map(|tid| format!(", TID {}", hex(&tid)));
    let text = [rssi, sure, tid, Some(about)].into_iter().flatten().collect::<String>();
    match MediumKey::read(medium_type, &raw) {
        Ok(key) => Line {
            medium_type: Some(medium_type.as_str()),
            medium_key: Some(key.as_str().to_owned()),
            raw: Some(raw),
            antenna: sighting.antenna,
            ..form.line("read", &text)
        },
        Err(error) => Line { raw: Some(raw), ..form.line("status", &format!("{error}{text}")) },
    }
}
