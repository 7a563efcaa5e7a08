//! What seal readers and padlocks say, as lines of `decode`: 02 begins a reader's frame, a bracket or 24 a padlock's.
//! Absent: a medium: a seal is evidence beside one.

use protocols::{
    frame::{Decoder, Framing, Measure, Place},
    seal::{
        pad::{
            binary::Report,
            text::TextReport,
            wire::{Answer, PadWire},
        },
        reader::{
            repr::{Command, Message},
            wire::{BUFFER, Frame, SealWire},
        },
    },
};

use super::decode::{Line, Side, hex};

pub(super) const NAME: &str = "eseal";

/// Cuts a stream into frames.
pub(super) fn decoder() -> Decoder<AnyWire, BUFFER> {
    Decoder::new(AnyWire)
}

/// Frames of readers and of padlocks; no first byte is both's.
pub(super) struct AnyWire;

impl Framing for AnyWire {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        match SealWire.measure(front, place) {
            Measure::NotAFrame => PadWire.measure(front, place),
            other => other,
        }
    }
}

/// What one sound frame says.
pub(super) fn line(side: Side, frame: &[u8]) -> Line {
    let (kind, text) = match (Frame::parse(frame), side) {
        (Some(parsed), Side::Reader) => from_reader(&parsed),
        (Some(parsed), Side::Host) => ("status", to_reader(&parsed)),
        (None, Side::Reader) => from_padlock(frame),
        (None, Side::Host) => match Answer::parse(frame) {
            Some(Answer::Received(index)) => ("status", format!("report {index} received")),
            Some(Answer::Plain) => ("status", "report received".to_owned()),
            None => ("status", "not understood".to_owned()),
        },
    };
    Line { kind, protocol: NAME, raw: Some(hex(frame)), text: Some(text), ..Line::default() }
}

fn from_reader(frame: &Frame<'_>) -> (&'static str, String) {
    let reader = frame.reader;
    match Message::decode(frame) {
        Ok(Message::Burst { burst, .. }) => {
            let (seal, status) = (burst.seal, burst.status);
            let state = status.state();
            (
                "read",
                format!(
                    "seal {seal}: {state:?}, status {:02X}, reader {reader}, channel {}",
                    status.0, burst.channel
                ),
            )
        }
        Ok(Message::Status { command, status, .. }) => {
            ("reply", format!("reader {reader}, command {command:#06x}: status {}", hex(&status)))
        }
        Ok(Message::Answer { command, status, data, .. }) => {
            let text =
                format!("reader {reader}, command {command:#06x}: status {} {}", hex(&status), hex(&data));
            ("reply", text.trim_end().to_owned())
        }
        Err(error) => ("status", format!("reader {reader}: {error}")),
    }
}

fn to_reader(frame: &Frame<'_>) -> String {
    match Command::decode(frame) {
        Ok(command) => format!("to reader {}: {command:?}", frame.reader),
        Err(error) => format!("to reader {}: {error}", frame.reader),
    }
}

fn from_padlock(frame: &[u8]) -> (&'static str, String) {
    let wanted = |answer: Option<Answer>| match answer {
        Some(answer) => format!("answer {}", String::from_utf8_lossy(&answer.encode())),
        None => "no answer wanted".to_owned(),
    };
    if let Some(report) = Report::read(frame) {
        let (id, at, status) = (&report.id, report.at, report.status);
        let state = status.state();
        let text =
            format!("padlock {id}: {state:?}, status {:04X}, at {at}, {}", status.0, wanted(report.answer()));
        return ("read", text);
    }
    match TextReport::read(frame) {
        Some(report) => {
            let (id, at, source) = (&report.id, report.at, report.source);
            let text =
                format!("padlock {id}: Unknown, event {source}, at {at}, {}", wanted(Some(report.answer())));
            ("read", text)
        }
        None => ("status", "padlock: a message that is no report".to_owned()),
    }
}
