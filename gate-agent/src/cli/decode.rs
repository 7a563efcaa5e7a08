//! `decode`: captured bytes in, one JSON object a line out.
//! Promises: any bytes give an answer and exit status 0; each byte is part of a frame, of a bad one, or counted as noise.
//! Absent: conversations; what a reply answers is not known here.
//! Source: `contract` section 5.

use std::{
    fs,
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use protocols::{
    frame::{Decoder, Framing, Progress},
    relay::wire as modbus_wire,
    uhf::wire as uhf_wire,
};
use serde::Serialize;

use super::{modbus, uhf};

/// Names of the contract that another version will know.
const LATER: [&str; 19] = [
    "uhf-chafon-288",
    "uhf-m100",
    "uhf-r2000",
    "llrp",
    "osdp",
    "pn532",
    "wiegand",
    "barcode",
    "barcode-gm",
    "weighbridge-a9",
    "weighbridge-mt",
    "weighbridge-ascii",
    "mqtt-kakou",
    "mqtt-impinj",
    "mqtt-zebra",
    "mqtt-camera",
    "sparkplug",
    "display",
    "eseal",
];

/// What `decode` is told.
#[derive(Args, Debug)]
pub(super) struct DecodeArgs {
    /// `uhf-chafon-18` or `modbus-rtu`.
    #[arg(long, value_name = "NAME")]
    protocol: String,
    /// The input is hexadecimal text; blanks between bytes are ignored.
    #[arg(long)]
    hex: bool,
    /// Who sent the bytes.
    #[arg(long, value_enum, default_value_t = Side::Reader)]
    side: Side,
    /// The input; the standard input without it, or for `-`.
    file: Option<PathBuf>,
}

/// Who sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Side {
    /// The reader or the board.
    Reader,
    /// The agent.
    Host,
}

/// The command was called wrongly.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// A protocol that the contract names.
    #[error("protocol {0} is not in this version; uhf-chafon-18 and modbus-rtu are")]
    Later(String),
    /// A protocol that nobody names.
    #[error("unknown protocol {0}; uhf-chafon-18 and modbus-rtu are known")]
    Unknown(String),
    /// Something else than hexadecimal digits and blanks.
    #[error("--hex: character {place} of the input is not a hexadecimal digit")]
    NotHex {
        /// Counted from 1.
        place: usize,
    },
    /// An odd number of digits.
    #[error("--hex: the input ends in the middle of a byte")]
    HalfByte,
}

/// One line of the output.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line {
    pub(super) kind: &'static str,
    pub(super) protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) medium_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) medium_key: Option<String>,
    /// The bytes as hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) antenna: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rssi: Option<u8>,
    /// Bytes of noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

pub(super) fn run(args: &DecodeArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    // Wrong usage is told before a long input is read.
    let known = known(&args.protocol)?;
    let input = read(args)?;
    let bytes = if args.hex { from_hex(&input)? } else { input };
    for line in lines(known, args.side, &bytes) {
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A protocol of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Uhf,
    Modbus,
}

fn known(name: &str) -> Result<Protocol, UsageError> {
    match name {
        uhf::NAME => Ok(Protocol::Uhf),
        modbus::NAME => Ok(Protocol::Modbus),
        later if LATER.contains(&later) => Err(UsageError::Later(later.to_owned())),
        unknown => Err(UsageError::Unknown(unknown.to_owned())),
    }
}

fn read(args: &DecodeArgs) -> anyhow::Result<Vec<u8>> {
    match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => fs::read(file).with_context(|| format!("cannot read {}", file.display())),
        None => {
            let mut input = Vec::new();
            io::stdin().lock().read_to_end(&mut input).context("cannot read the standard input")?;
            Ok(input)
        }
    }
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, UsageError> {
    let mut digits = Vec::with_capacity(text.len());
    for (place, byte) in text.iter().enumerate() {
        match char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()) {
            Some(digit) => digits.push(digit),
            None if byte.is_ascii_whitespace() => {}
            None => return Err(UsageError::NotHex { place: place + 1 }),
        }
    }
    let (pairs, half) = digits.as_chunks::<2>();
    if half.is_empty() {
        Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
    } else {
        Err(UsageError::HalfByte)
    }
}

/// What a stream says; its end is a gap.
pub(super) fn lines(protocol: Protocol, side: Side, bytes: &[u8]) -> Vec<Line> {
    match (protocol, side) {
        (Protocol::Uhf, Side::Reader) => {
            cut(uhf_wire::UhfDecoder::new(uhf_wire::Side::Reader), uhf::NAME, bytes, uhf::from_reader)
        }
        (Protocol::Uhf, Side::Host) => {
            cut(uhf_wire::UhfDecoder::new(uhf_wire::Side::Host), uhf::NAME, bytes, uhf::from_host)
        }
        (Protocol::Modbus, Side::Reader) => {
            let decoder = modbus_wire::ModbusDecoder::new(modbus_wire::Side::Device);
            cut(decoder, modbus::NAME, bytes, modbus::from_device)
        }
        (Protocol::Modbus, Side::Host) => {
            let decoder = modbus_wire::ModbusDecoder::new(modbus_wire::Side::Host);
            cut(decoder, modbus::NAME, bytes, modbus::from_host)
        }
    }
}

fn cut<F: Framing, const N: usize>(
    mut decoder: Decoder<F, N>,
    protocol: &'static str,
    mut bytes: &[u8],
    frame: impl Fn(&[u8]) -> Vec<Line>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    loop {
        let taken = decoder.push(bytes);
        bytes = bytes.get(taken..).unwrap_or_default();
        let ended = bytes.is_empty();
        if ended {
            decoder.gap();
        }
        loop {
            match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { skipped } => {
                    lines.push(Line { kind: "noise", protocol, skipped: Some(skipped), ..Line::default() });
                }
                Progress::BadCheck(bad) => {
                    lines.push(Line { kind: "bad_check", protocol, raw: Some(hex(bad)), ..Line::default() });
                }
                Progress::Frame(good) => lines.extend(frame(good)),
            }
        }
        if ended {
            return lines;
        }
    }
}

/// Upper-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
