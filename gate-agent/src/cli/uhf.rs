//! Frames of the UHFReader18 family as lines of `decode`.

use protocols::{
    ids::{MediumKey, MediumType},
    uhf::{
        repr::{Command, Reply},
        tag::{Family, TagRead},
        wire::{HostFrame, ReaderFrame},
    },
};

use super::decode::{Line, hex};

pub(super) const NAME: &str = "uhf-chafon-18";

fn line(kind: &'static str, frame: &[u8], text: String) -> Line {
    Line { kind, protocol: NAME, raw: Some(hex(frame)), text: Some(text), ..Line::default() }
}

/// What a reader says in one sound frame.
pub(super) fn from_reader(frame: &[u8]) -> Vec<Line> {
    let Ok(parsed) = ReaderFrame::parse(frame) else {
        return vec![line("noise", frame, "no frame".to_owned())];
    };
    match Reply::decode(&parsed, Family::Uhf18) {
        Err(error) => vec![line("status", frame, error.to_string())],
        Ok(Reply::Seen(tag)) => vec![read(&tag)],
        Ok(Reply::Tags { status, tags, .. }) => {
            let mut lines: Vec<Line> = tags.iter().map(|tag| read(&tag)).collect();
            let text = match tags.overrun() {
                0 => format!("inventory {status:?}, {} tags", lines.len()),
                missing => {
                    format!("inventory {status:?}, {} tags, {missing} more announced than sent", lines.len())
                }
            };
            lines.push(line("status", frame, text));
            lines
        }
        Ok(Reply::Answer { command, status, .. }) => {
            vec![line("reply", frame, format!("command {command:#04x}: {status:?}"))]
        }
        Ok(Reply::Information(info)) => {
            let [major, minor] = info.version;
            let text =
                format!("reader of type {:#04x}, firmware {major}.{minor}, {} dBm", info.kind, info.power);
            vec![line("reply", frame, text)]
        }
        Ok(Reply::WorkMode(report)) => {
            vec![line("reply", frame, format!("work mode {:?}", report.mode.read))]
        }
        Ok(Reply::EasAlarm) => vec![line("status", frame, "EAS tag in the field".to_owned())],
        Ok(Reply::Heartbeat { number, total, .. }) => {
            vec![line("status", frame, format!("heartbeat {number}, {total} reads"))]
        }
        Ok(Reply::Statistics { rate, total, .. }) => {
            vec![line("status", frame, format!("{rate} reads a second, {total} reads"))]
        }
    }
}

fn read(tag: &TagRead) -> Line {
    let raw = tag.epc_hex();
    match MediumKey::read(MediumType::ElectronicPlate, &raw) {
        Ok(key) => Line {
            kind: "read",
            protocol: NAME,
            medium_type: Some(MediumType::ElectronicPlate.as_str()),
            medium_key: Some(key.as_str().to_owned()),
            raw: Some(raw),
            antenna: tag.antenna,
            rssi: tag.rssi,
            ..Line::default()
        },
        Err(error) => Line {
            kind: "status",
            protocol: NAME,
            raw: Some(raw),
            text: Some(error.to_string()),
            ..Line::default()
        },
    }
}

/// What the host asks in one sound frame.
pub(super) fn from_host(frame: &[u8]) -> Vec<Line> {
    let Ok(parsed) = HostFrame::parse(frame) else {
        return vec![line("noise", frame, "no frame".to_owned())];
    };
    let text = match Command::decode(&parsed) {
        Ok(command) => format!("command to {}: {command:?}", parsed.address),
        Err(error) => format!("command {:#04x} to {}: {error}", parsed.code, parsed.address),
    };
    vec![line("status", frame, text)]
}
