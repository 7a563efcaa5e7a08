//! Records of bar-code scanners and replies of "GM" modules as lines of `decode`.
//! A capture does not say how its scanner was set, so three things are taken as they mostly are, and said where they
//! matter: `barcode-gm` puts its letter before each text, a failed read says `FAIL`, and a text that is no UTF-8 is GBK.
//! A gate reads by its configuration only. Source: `contract` section 2, row BC.

use protocols::{
    barcode::{
        aim::{CodeId, Symbology},
        charset::Charset,
        gm::{Reply, Request},
        gs1::Strictness,
        repr::{Code, Reading, Scan, ScanError},
        wire::{End, Progress, Record, ScanDecoder},
    },
    ids::{MediumKey, MediumType},
};

use super::decode::{Line, hex};

pub(super) const NAME: &str = "barcode";
pub(super) const GM_NAME: &str = "barcode-gm";

/// What a scanner sent, as far as it is complete; a gap before it ends a record without a tail.
pub(super) fn drain(decoder: &mut ScanDecoder, protocol: &'static str, lines: &mut Vec<Line>) {
    loop {
        lines.push(match decoder.pull() {
            Progress::NeedMore => return,
            Progress::Noise { skipped } => {
                Line { kind: "noise", protocol, skipped: Some(skipped), ..Line::default() }
            }
            Progress::BadCheck(bad) => bytes_line("bad_check", protocol, bad, None),
            Progress::Reply(frame) => reply(protocol, frame),
            Progress::Record(found) => record(protocol, &found),
        });
    }
}

/// What the host sends to a scanner that only talks: nothing that means anything.
pub(super) fn to_scanner(bytes: &[u8]) -> Vec<Line> {
    let noise = Line { kind: "noise", protocol: NAME, skipped: Some(bytes.len()), ..Line::default() };
    if bytes.is_empty() { Vec::new() } else { vec![noise] }
}

/// What the host asks of a module in one sound frame.
pub(super) fn from_host(frame: &[u8]) -> Vec<Line> {
    let text = match Request::parse(frame) {
        Ok(Request::Read { zone, count }) => format!("reads {count} zones from {zone:04X}"),
        Ok(Request::Write { zone, data }) => format!("writes {} from zone {zone:04X}", hex(data)),
        Ok(Request::Save) => "saves all zones".to_owned(),
        Err(error) => error.to_string(),
    };
    vec![bytes_line("status", GM_NAME, frame, Some(text))]
}

fn bytes_line(kind: &'static str, protocol: &'static str, bytes: &[u8], text: Option<String>) -> Line {
    Line { kind, protocol, raw: Some(hex(bytes)), text, ..Line::default() }
}

fn reply(protocol: &'static str, frame: &[u8]) -> Line {
    let text = match Reply::parse(frame) {
        Ok(reply) if reply.is_success() => format!("success, {}", hex(reply.data)),
        Ok(reply) => format!("reply of type {:02X}, {}", reply.kind, hex(reply.data)),
        Err(error) => error.to_string(),
    };
    bytes_line("reply", protocol, frame, Some(text))
}

fn record(protocol: &'static str, record: &Record<'_>) -> Line {
    let code_id = if protocol == GM_NAME { CodeId::Letter } else { CodeId::Off };
    let reading = Reading { code_id, no_read: Some("FAIL".into()), ..Reading::default() };
    let status = |text: &str| bytes_line("status", protocol, record.bytes(), Some(text.to_owned()));
    match reading.read(record) {
        Err(ScanError::CheckCharacter) => bytes_line("bad_check", protocol, record.bytes(), None),
        Err(error) => status(&error.to_string()),
        Ok(Scan::NoRead) => status("no read"),
        Ok(Scan::Code(code)) if code.data.is_some() => read(protocol, record, &code, Vec::new()),
        Ok(Scan::Code(_)) => match (Reading { charset: Charset::Gbk, ..reading }).read(record) {
            Ok(Scan::Code(code)) if code.data.is_some() => {
                read(protocol, record, &code, vec!["no UTF-8, read as GBK".to_owned()])
            }
            _ => status("a character set that is not known"),
        },
    }
}

fn read(protocol: &'static str, record: &Record<'_>, code: &Code, mut notes: Vec<String>) -> Line {
    let text = code.text().unwrap_or_default();
    let Ok(key) = MediumKey::parse(&text) else {
        let refused = MediumKey::read(MediumType::BarCode, &text).err().map(|error| error.to_string());
        return bytes_line("status", protocol, record.bytes(), refused);
    };
    if let Err(error) = MediumKey::read(MediumType::BarCode, &text) {
        notes.push(error.to_string());
    }
    if code.symbology != Symbology::Unknown {
        notes.insert(0, format!("{:?}", code.symbology));
    }
    match code.elements(Strictness::Lenient) {
        None => {}
        Some(Ok(elements)) => notes.extend(elements.iter().map(|element| format!("{element:?}"))),
        Some(Err(error)) => notes.push(error.to_string()),
    }
    if code.end == End::Silence {
        notes.push("ended by silence".to_owned());
    }
    Line {
        kind: "read",
        protocol,
        medium_type: Some(MediumType::BarCode.as_str()),
        medium_key: Some(key.as_str().to_owned()),
        raw: Some(code.raw.clone()),
        text: (!notes.is_empty()).then(|| notes.join("; ")),
        ..Line::default()
    }
}
