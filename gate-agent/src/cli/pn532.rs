//! Frames of the PN532 as lines of `decode`.
//! Promises: a number that no card can have is a status, never a read; one that was made up for a session is marked.

use protocols::{
    card::pn532::{
        repr::{Command, Reply},
        target::Target,
        wire::{Frame, Side, WireError},
    },
    ids::{CardUid, MediumType},
};

use super::decode::{Line, hex};

pub(super) const NAME: &str = "pn532";

fn line(kind: &'static str, frame: &[u8], text: String) -> Line {
    Line { kind, protocol: NAME, raw: Some(hex(frame)), text: Some(text), ..Line::default() }
}

/// What the chip says in one sound frame.
pub(super) fn from_chip(frame: &[u8]) -> Vec<Line> {
    let content = match Frame::parse(Side::Chip, frame) {
        Ok(Frame::Information(content)) => content,
        other => return vec![without_content(frame, other)],
    };
    let text = match Reply::decode(content) {
        Err(error) => return vec![line("status", frame, error.to_string())],
        Ok(Reply::Targets(targets)) => {
            let mut lines: Vec<Line> = targets.iter().map(read).collect();
            let cards = if lines.len() == 1 { "card" } else { "cards" };
            lines.push(line("reply", frame, format!("{} {cards}", targets.len())));
            return lines;
        }
        Ok(Reply::Firmware(firmware)) => {
            format!("chip {:02X}, firmware {}.{}", firmware.ic, firmware.version, firmware.revision)
        }
        Ok(Reply::SamConfigured) => "SAM configured".to_owned(),
        Ok(Reply::RfConfigured) => "RF configured".to_owned(),
        Ok(Reply::Diagnosed(data)) => format!("link test {}", hex(data)),
        Ok(Reply::Exchanged { status, data }) => format!("card exchange: {status}, data {}", hex(data)),
        Ok(Reply::Released(status)) => format!("released: {status}"),
        Ok(Reply::Deselected(status)) => format!("deselected: {status}"),
    };
    vec![line("reply", frame, text)]
}

/// What the host asks in one sound frame.
pub(super) fn from_host(frame: &[u8]) -> Vec<Line> {
    let content = match Frame::parse(Side::Host, frame) {
        Ok(Frame::Information(content)) => content,
        other => return vec![without_content(frame, other)],
    };
    let text = match (Command::decode(content), content) {
        (Ok(command), _) => format!("command {command:?}"),
        (Err(error), [code, ..]) => format!("command {code:#04x}: {error}"),
        (Err(error), []) => error.to_string(),
    };
    vec![line("status", frame, text)]
}

fn without_content(frame: &[u8], parsed: Result<Frame<'_>, WireError>) -> Line {
    let text = match parsed {
        Ok(Frame::Ack) => "acknowledged",
        Ok(Frame::Nack) => "asks for the last frame again",
        Ok(Frame::SyntaxError) => "syntax error",
        Ok(Frame::Information(_)) => "information",
        Err(error) => return line("noise", frame, error.to_string()),
    };
    line("status", frame, text.to_owned())
}

fn read(target: &Target) -> Line {
    match CardUid::from_bytes(&target.uid) {
        Ok(uid) => {
            let made_up = if uid.is_random() { ", number made up for one session" } else { "" };
            Line {
                kind: "read",
                protocol: NAME,
                medium_type: Some(MediumType::IcCard.as_str()),
                medium_key: Some(uid.as_str().to_owned()),
                raw: Some(hex(&target.uid)),
                text: Some(format!("{}{made_up}", target.kind())),
                ..Line::default()
            }
        }
        Err(error) => line("status", &target.uid, error.to_string()),
    }
}
