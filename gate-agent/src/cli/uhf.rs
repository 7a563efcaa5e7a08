//! Frames of UHFReader18 and UHFReader288, both families, as lines of `decode`. The caller says which: the bytes do not.
//! Antenna and strength are told raw: an antenna is a bit, on readers with 16 ports an index.

use protocols::{
    ids::{MediumKey, MediumType},
    uhf::{
        repr::{Command, Reply},
        tag::{Family, TagRead},
        wire::{HostFrame, ReaderFrame},
    },
};

use super::decode::{Line, hex};

pub(super) const NAME_18: &str = "uhf-chafon-18";
pub(super) const NAME_288: &str = "uhf-chafon-288";

pub(super) const fn name(family: Family) -> &'static str {
    match family {
        Family::Uhf18 => NAME_18,
        Family::Uhf288 => NAME_288,
    }
}

fn line(family: Family, kind: &'static str, frame: &[u8], text: String) -> Line {
    Line { kind, protocol: name(family), raw: Some(hex(frame)), text: Some(text), ..Line::default() }
}

/// What a reader says in one sound frame.
pub(super) fn from_reader(frame: &[u8], family: Family) -> Vec<Line> {
    let Ok(parsed) = ReaderFrame::parse(frame) else {
        return vec![line(family, "noise", frame, "no frame".to_owned())];
    };
    let (kind, text) = match Reply::decode(&parsed, family) {
        Err(error) => ("status", error.to_string()),
        Ok(Reply::Seen(tag)) => return vec![read(&tag, family)],
        Ok(Reply::Tags { status, tags, .. }) => {
            let mut lines: Vec<Line> = tags.iter().map(|tag| read(&tag, family)).collect();
            let missing = match tags.overrun() {
                0 => String::new(),
                missing => format!(", {missing} more announced than sent"),
            };
            let text = format!("inventory {status:?}, {} tags{missing}", lines.len());
            lines.push(line(family, "status", frame, text));
            return lines;
        }
        Ok(Reply::Answer { command, status, .. }) => ("reply", format!("command {command:#04x}: {status:?}")),
        Ok(Reply::Information(info)) => {
            let [major, minor] = info.version;
            let text =
                format!("reader of type {:#04x}, firmware {major}.{minor}, {} dBm", info.kind, info.power);
            ("reply", text)
        }
        Ok(Reply::WorkMode(report)) => ("reply", format!("work mode {:?}", report.mode.read)),
        Ok(Reply::ReadMode(report)) => ("reply", format!("read mode {:?}", report.mode)),
        Ok(Reply::Pins(pins)) => ("reply", format!("inputs and outputs {pins:#010b}")),
        Ok(Reply::HeartbeatTime(units)) => ("reply", format!("heartbeat every {} s", u32::from(units) * 30)),
        Ok(Reply::EasAlarm) => ("status", "EAS tag in the field".to_owned()),
        Ok(Reply::Heartbeat { number, ports, total }) => {
            let states = ports.iter().map(|state| match state {
                0 => "idle".to_owned(),
                1 => "good".to_owned(),
                2 => "disconnected".to_owned(),
                other => format!("{other:#04x}"),
            });
            let states = states.collect::<Vec<_>>().join(" ");
            ("status", format!("heartbeat {number}, antennas {states}, {total} reads"))
        }
        Ok(Reply::Statistics { rate, total, .. }) => {
            ("status", format!("{rate} reads a second, {total} reads"))
        }
    };
    vec![line(family, kind, frame, text)]
}

fn read(tag: &TagRead, family: Family) -> Line {
    let raw = tag.epc_hex();
    let told = Line { protocol: name(family), antenna: tag.antenna, rssi: tag.rssi, ..Line::default() };
    match MediumKey::read(MediumType::ElectronicPlate, &raw) {
        Ok(key) => Line {
            kind: "read",
            medium_type: Some(MediumType::ElectronicPlate.as_str()),
            medium_key: Some(key.as_str().to_owned()),
            raw: Some(raw),
            text: tag.tid.map(|tid| format!("TID {}", hex(&tid))),
            ..told
        },
        Err(error) => Line { kind: "status", raw: Some(raw), text: Some(error.to_string()), ..told },
    }
}

/// What the host asks in one sound frame.
pub(super) fn from_host(frame: &[u8], family: Family) -> Vec<Line> {
    let Ok(parsed) = HostFrame::parse(frame) else {
        return vec![line(family, "noise", frame, "no frame".to_owned())];
    };
    let text = match Command::decode(&parsed, family) {
        Ok(command) => format!("command to {}: {command:?}", parsed.address),
        Err(error) => format!("command {:#04x} to {}: {error}", parsed.code, parsed.address),
    };
    vec![line(family, "status", frame, text)]
}
