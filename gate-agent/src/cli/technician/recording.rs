//! 录制文件: a line's bytes both ways, with their times, as a text that people can read and cut.
//! ```text
//! kakou-recording 1
//! device: /dev/ttyUSB0
//! line: 9600 8N1
//! protocol: weighbridge
//! agent: 0.1.0
//! started: 2026-11-28T08:00:00.123Z
//!
//! 0 < 022B303031353630303139
//! 81234 > 04FF211995
//! ```
//! First the form and its number; then one `key: value` a line, `protocol` only where it is known, `line: tcp` for a connection; an
//! empty line; then one piece a line: microseconds since the start on a clock that never goes back, `<` from the device or `>` to it,
//! and its bytes as hexadecimal digits. Lines that begin with `#` are for people.
//! Promises: whatever a file holds, it is read whole or refused with the line and the rule; nothing is guessed.
//! Absent: what the bytes mean.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use protocols::contract::UtcMillis;

use crate::cli::decode::Side;

/// First line of every recording.
const FORM: &str = "kakou-recording 1";
/// Most bytes of one piece: no port hands over more at once.
const PIECE_MAX: usize = 65_536;
/// Latest time of a piece, a year: a sum of two cannot overflow.
const LATEST_US: u64 = 366 * 24 * 3600 * 1_000_000;

/// 文件头: what stands above the pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// As the technician called it.
    pub device: String,
    /// `9600 8N1`, or `tcp`.
    pub line: String,
    /// What it speaks, if anybody said so.
    pub protocol: Option<String>,
    /// Version of the program that recorded.
    pub agent: String,
    /// Wall time of the start.
    pub started: UtcMillis,
}

impl Header {
    /// Whether the bytes are a connection's.
    #[must_use]
    pub fn is_tcp(&self) -> bool {
        self.line == "tcp"
    }

    /// Writes it, with the empty line below.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { device, line, protocol, agent, started } = self;
        writeln!(out, "{FORM}\ndevice: {device}\nline: {line}")?;
        if let Some(protocol) = protocol {
            writeln!(out, "protocol: {protocol}")?;
        }
        writeln!(out, "agent: {agent}\nstarted: {started}\n")
    }
}

/// 片段: bytes that went over the line at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which line of the file it is.
    pub line: usize,
    /// Microseconds since the start.
    pub at_us: u64,
    /// Who said it.
    pub from: Side,
    /// One at least.
    pub bytes: Vec<u8>,
}

/// Writes one piece.
///
/// # Errors
/// Those of the file.
pub fn write_piece(out: &mut impl Write, at_us: u64, from: Side, bytes: &[u8]) -> io::Result<()> {
    let arrow = match from {
        Side::Reader => '<',
        Side::Host => '>',
    };
    let mut line = format!("{at_us} {arrow} ");
    for byte in bytes {
        // Writing into a text never fails.
        let _ = write!(line, "{byte:02X}");
    }
    writeln!(out, "{line}")
}

/// 录制: a whole recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What stands above.
    pub header: Header,
    /// In the order of their times.
    pub pieces: Vec<Piece>,
}

/// Which line of a file breaks which rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct Malformed {
    line: usize,
    rule: String,
}

fn broken<T>(line: usize, rule: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed { line, rule: rule.into() })
}

impl Recording {
    /// Reads a file's contents.
    ///
    /// # Errors
    /// The first line that breaks a rule.
    pub fn parse(contents: &[u8]) -> Result<Self, Malformed> {
        let text = match std::str::from_utf8(contents) {
            Ok(text) => text,
            Err(error) => {
                let good = contents.get(..error.valid_up_to()).unwrap_or_default();
                let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
                return broken(line, "must be text in UTF-8");
            }
        };
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
        match lines.next() {
            Some((_, FORM)) => {}
            Some((line, _)) => return broken(line, format!("must be {FORM:?}")),
            None => return broken(1, format!("must be {FORM:?}")),
        }
        let header = header(&mut lines)?;
        let mut pieces: Vec<Piece> = Vec::new();
        for (line, text) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let piece = piece(line, text)?;
            if let Some(before) = pieces.last().filter(|before| before.at_us > piece.at_us) {
                return broken(line, format!("the time must not be before line {}'s", before.line));
            }
            pieces.push(piece);
        }
        Ok(Self { header, pieces })
    }
}

fn header<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<Header, Malformed> {
    const KEYS: [&str; 5] = ["device", "line", "protocol", "agent", "started"];
    let mut values: [Option<(usize, &str)>; 5] = [None; 5];
    let mut last = 1;
    for (line, text) in lines {
        last = line;
        if text.trim().is_empty() {
            break;
        }
        let Some((key, value)) = text.split_once(": ") else {
            return broken(line, "must be `key: value`, or empty before the first piece");
        };
        let place = KEYS.iter().position(|known| *known == key);
        let Some(slot) = place.and_then(|place| values.get_mut(place)) else {
            return broken(line, format!("the key must be one of {}", KEYS.join(", ")));
        };
        if value.contains(char::is_control) {
            return broken(line, format!("{key} must have no control characters"));
        }
        if slot.replace((line, value)).is_some() {
            return broken(line, format!("{key} must stand there once"));
        }
    }
    let [device, setting, protocol, agent, started] = values;
    let needed = |value: Option<(usize, &str)>, key| match value {
        Some((_, value)) => Ok(value.to_owned()),
        None => broken(last, format!("{key} is missing above")),
    };
    let time = match started {
        Some((line, text)) => match UtcMillis::parse(text) {
            Ok(time) => time,
            Err(error) => return broken(line, format!("started: {error}")),
        },
        None => return broken(last, "started is missing above"),
    };
    Ok(Header {
        device: needed(device, "device")?,
        line: needed(setting, "line")?,
        protocol: protocol.map(|(_, name)| name.to_owned()),
        agent: needed(agent, "agent")?,
        started: time,
    })
}

fn piece(line: usize, text: &str) -> Result<Piece, Malformed> {
    let mut words = text.split_whitespace();
    let (Some(time), Some(arrow), Some(digits), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return broken(line, "must be microseconds, < or >, and hexadecimal digits");
    };
    let Some(at_us) = time.parse::<u64>().ok().filter(|time| *time <= LATEST_US) else {
        return broken(line, format!("the time must be whole microseconds, at most {LATEST_US}"));
    };
    let from = match arrow {
        "<" => Side::Reader,
        ">" => Side::Host,
        _ => return broken(line, "the direction must be < (from the device) or > (to it)"),
    };
    let (pairs, half) = digits.as_bytes().as_chunks::<2>();
    if !half.is_empty() {
        return broken(line, "the bytes end in the middle of one");
    }
    if pairs.len() > PIECE_MAX {
        return broken(line, format!("a piece must have {PIECE_MAX} bytes at most"));
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    match bytes {
        Some(bytes) => Ok(Piece { line, at_us, from, bytes }),
        None => broken(line, "the bytes must be hexadecimal digits"),
    }
}
