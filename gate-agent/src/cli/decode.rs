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
use protocols::{contract::Kg, uhf::tag::Family};
use serde::Serialize;

use super::{barcode, display, eseal, modbus, mqtt, pn532, scale, sparkplug, uhf};

/// Names of the contract that another version will know.
const LATER: [&str; 5] = ["uhf-m100", "uhf-r2000", "llrp", "osdp", "wiegand"];

/// Names of this version, for people.
const KNOWN: &str = "uhf-chafon-18, uhf-chafon-288, pn532, barcode, barcode-gm, modbus-rtu, weighbridge-a9, weighbridge-mt, \
    weighbridge-ascii, mqtt-kakou, mqtt-impinj, mqtt-zebra, mqtt-camera, sparkplug, display, eseal";

/// What `decode` is told.
#[derive(Args, Debug)]
pub(super) struct DecodeArgs {
    /// Readers: `uhf-chafon-18`, `uhf-chafon-288`, `pn532`, `barcode`, `barcode-gm`. Scales: `weighbridge-a9`, `weighbridge-mt`, `weighbridge-ascii`.
    /// Lanes: `modbus-rtu`, `display`, `eseal`. Messages: `mqtt-kakou`, `mqtt-impinj`, `mqtt-zebra`, `mqtt-camera`; they are JSON,
    /// one a line or glued together; `{"topic":"…","payload":…,"retained":false}` around one says its topic, with a payload that
    /// is not JSON as a text. Upstream: `sparkplug`, one payload.
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

/// 发送方: who sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// The reader or the board.
    Reader,
    /// The agent.
    Host,
}

/// The command was called wrongly.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// A protocol that the contract names.
    #[error("protocol {0} is not in this version, but {KNOWN}")]
    Later(String),
    /// A protocol that nobody names.
    #[error("unknown protocol {0}; known are {KNOWN}")]
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

/// Kilograms as a JSON number: of a record, or with as many decimals as a display has.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Kilograms {
    /// Two decimals at most.
    Exact(Kg),
    /// As the display shows it, finer than a record could hold perhaps.
    Shown(scale::Kilograms),
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
    /// The bytes as hexadecimal digits; of a bar code the text as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) antenna: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rssi: Option<u8>,
    /// Kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kg: Option<Kilograms>,
    /// Whether the scale says that it is at rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stable: Option<bool>,
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
    Uhf(Family),
    Barcode,
    BarcodeGm,
    Modbus,
    Pn532,
    Scale(scale::Wire),
    /// Whatever an indicator sends, found out on the line; no name of `decode`.
    AnyScale,
    Mqtt(mqtt::Form),
    Sparkplug,
    Display,
    Eseal,
}

impl Protocol {
    /// Its name in the output.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Uhf(family) => uhf::name(family),
            Self::Barcode => barcode::NAME,
            Self::BarcodeGm => barcode::GM_NAME,
            Self::Modbus => modbus::NAME,
            Self::Pn532 => pn532::NAME,
            Self::Scale(wire) => wire.name(),
            Self::AnyScale => "weighbridge",
            Self::Mqtt(form) => form.name(),
            Self::Sparkplug => sparkplug::NAME,
            Self::Display => display::NAME,
            Self::Eseal => eseal::NAME,
        }
    }
}

pub(super) fn known(name: &str) -> Result<Protocol, UsageError> {
    if let Some(wire) = scale::Wire::ALL.into_iter().find(|wire| wire.name() == name) {
        return Ok(Protocol::Scale(wire));
    }
    if let Some(form) = mqtt::Form::of(name) {
        return Ok(Protocol::Mqtt(form));
    }
    match name {
        uhf::NAME_18 => Ok(Protocol::Uhf(Family::Uhf18)),
        uhf::NAME_288 => Ok(Protocol::Uhf(Family::Uhf288)),
        barcode::NAME => Ok(Protocol::Barcode),
        barcode::GM_NAME => Ok(Protocol::BarcodeGm),
        modbus::NAME => Ok(Protocol::Modbus),
        pn532::NAME => Ok(Protocol::Pn532),
        display::NAME => Ok(Protocol::Display),
        eseal::NAME => Ok(Protocol::Eseal),
        sparkplug::NAME => Ok(Protocol::Sparkplug),
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
        // A message says by itself which way it goes.
        (Protocol::Mqtt(form), _) => mqtt::lines(form, bytes),
        (Protocol::Sparkplug, _) => sparkplug::lines(bytes),
        (Protocol::Barcode, Side::Host) => barcode::to_scanner(bytes),
        // Of a capture all of it is there to judge the format by.
        (Protocol::Scale(wire), Side::Reader) => scale::capture(wire, bytes),
        (protocol, side) => {
            let (mut stream, mut lines) = (protocol.stream(side), Vec::new());
            stream.push(bytes, &mut lines);
            stream.gap(&mut lines);
            lines
        }
    }
}

/// Upper-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
