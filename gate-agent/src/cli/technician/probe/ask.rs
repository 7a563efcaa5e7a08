//! What each kind of device is asked, and what of its answer makes it one.
//! Promises: no request here changes anything that outlasts the conversation; an answer counts only with its check, and only when it
//! answers what was asked: an adapter's echo of the request is none.
//! Absent: broadcasts on a Modbus bus; the pulse, the toggle and every other write.
//! Source: the wire pages of the families, which `protocols` cites, for rates and requests.

use std::time::Duration;

use protocols::{
    barcode::{
        gm::{Reply as GmReply, Request as GmRequest},
        wire::{Progress as ScanProgress, ScanDecoder, Tail},
        zone::{IDENTITY, Identity},
    },
    card::pn532::{
        repr::{Command as CardCommand, Firmware, Reply as CardReply},
        wire::{Frame as CardFrame, Pn532Decoder, Side as CardSide, WAKE},
    },
    frame::Decoder,
    relay::{
        mbap,
        wire::{Request as BoardRequest, Response as BoardResponse},
    },
    scale::wire::{
        BUFFER as SCALE_BUFFER, Format,
        a9::Ninth,
        command::{Address, Answer, Ask as Wanted, Request as ScaleRequest},
    },
    seal::reader::{
        repr::{Command as SealCommand, Message as SealMessage},
        wire::{Frame as SealFrame, SealDecoder, SealWire},
    },
    uhf::{
        repr::{Command as UhfCommand, Reply as UhfReply},
        tag::Family,
        wire::{BROADCAST, ReaderFrame, Side as UhfSide, UhfDecoder},
    },
};
use toml::Table;

use super::listen::frames;
use crate::config::{Kind, Parity};

/// Transaction number of requests on a connection.
const TRANSACTION: u16 = 1;
/// What the seal reader's number is from the factory.
const SEAL_READER: u16 = 1;

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli::technician) enum Ask {
    /// UHFReader18 or 288: reader information, from whatever address.
    Uhf,
    /// PN532: firmware version.
    Card,
    /// Modbus: inputs of that unit.
    Board {
        /// Its address.
        unit: u8,
    },
    /// "GM" scanner module: what it is.
    Scanner,
    /// Yaohua's command mode: the gross weight, address A.
    Scale,
    /// Reader of seals: its status.
    Seals,
}

/// A device has answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli::technician) struct Answered {
    pub(in crate::cli::technician) kind: &'static str,
    pub(in crate::cli::technician) says: String,
    pub(in crate::cli::technician) keys: Table,
}

impl Answered {
    fn of(kind: &'static str, says: String) -> Self {
        Self { kind, says, keys: Table::new() }
    }

    pub(in crate::cli::technician) fn with(mut self, key: &str, value: impl Into<toml::Value>) -> Self {
        self.keys.insert(key.to_owned(), value.into());
        self
    }
}

impl Ask {
    /// Whom to ask to find a device of that kind.
    pub(in crate::cli::technician) const fn of(kind: &Kind) -> Option<Self> {
        match kind {
            Kind::Uhf(_) => Some(Self::Uhf),
            Kind::Card(_) => Some(Self::Card),
            Kind::Scanner(config) => {
                if config.obeys {
                    Some(Self::Scanner)
                } else {
                    None
                }
            }
            Kind::Scale(_) => Some(Self::Scale),
            Kind::Seals(_) => Some(Self::Seals),
            Kind::Board(config) => Some(Self::Board { unit: config.address }),
            Kind::Locks(_) | Kind::Display(_) | Kind::Speech(_) | Kind::Mqtt(_) => None,
        }
    }

    /// In words, for the list of what was tried.
    pub(in crate::cli::technician) fn words(self) -> String {
        match self {
            Self::Uhf => "uhf-chafon".to_owned(),
            Self::Card => "pn532".to_owned(),
            Self::Board { unit } => format!("modbus unit {unit}"),
            Self::Scanner => "scanner-gm".to_owned(),
            Self::Scale => "weighbridge command mode".to_owned(),
            Self::Seals => "eseal-reader".to_owned(),
        }
    }

    /// Rates in bit/s, the factory's first.
    pub(in crate::cli::technician) const fn rates(self) -> &'static [u32] {
        match self {
            Self::Uhf => &[57_600, 115_200, 9600, 38_400, 19_200],
            Self::Card => &[115_200, 57_600, 38_400, 19_200, 9600],
            Self::Board { .. } => &[9600, 19_200, 4800, 38_400, 57_600, 115_200],
            Self::Scanner => &[9600, 57_600, 115_200, 19_200, 38_400],
            Self::Scale => &[9600, 4800, 2400, 1200],
            Self::Seals => &[9600, 19_200, 38_400, 4800, 2400],
        }
    }

    /// Parities: the standard of Modbus is even, that of cheap boards none.
    pub(in crate::cli::technician) const fn parities(self) -> &'static [Parity] {
        match self {
            Self::Board { .. } => &[Parity::None, Parity::Even],
            Self::Uhf | Self::Card | Self::Scanner | Self::Scale | Self::Seals => &[Parity::None],
        }
    }

    /// What is sent, each with how long its answer is waited for.
    pub(in crate::cli::technician) fn requests(self, over_tcp: bool) -> Vec<(Vec<u8>, Duration)> {
        let once = |bytes: Vec<u8>, millis: u64| vec![(bytes, Duration::from_millis(millis))];
        match self {
            Self::Uhf => {
                // Lost when it comes in the midst of an inventory: once more.
                let ask = UhfCommand::ReaderInformation.encode(BROADCAST);
                [once(ask.clone(), 300), once(ask, 500)].concat()
            }
            Self::Card => {
                let version = CardCommand::GetFirmwareVersion.encode().unwrap_or_default();
                // A chip that sleeps since power-up wants to hear its mode first: the one that it wakes in anyway.
                let normal =
                    CardCommand::SamConfiguration { timeout: 20, irq: 1 }.encode().unwrap_or_default();
                let (woken, ready) = ([&WAKE[..], &version].concat(), [&WAKE[..], &normal].concat());
                [once(woken, 150), once(ready, 80), once(version, 150)].concat()
            }
            Self::Board { unit } => once(board_frame(&inputs(1), unit, over_tcp), 300),
            Self::Scanner => {
                once(GmRequest::Read { zone: IDENTITY, count: 6 }.encode().unwrap_or_default(), 500)
            }
            Self::Scale => once(ScaleRequest { address: Address::A, ask: Wanted::Gross }.encode(), 300),
            Self::Seals => once(SealCommand::Status.encode(SEAL_READER).unwrap_or_default(), 500),
        }
    }

    /// Who has answered with these bytes, if anybody.
    pub(in crate::cli::technician) fn judge(self, bytes: &[u8], over_tcp: bool) -> Option<Answered> {
        match self {
            Self::Uhf => reader(bytes),
            Self::Card => chip(bytes),
            Self::Board { unit } => {
                let says = match response(&inputs(1), unit, bytes, over_tcp)? {
                    BoardResponse::Exception(exception) => {
                        format!("unit {unit} answers with exception {:02X}", exception.0)
                    }
                    _ => format!("unit {unit} answers"),
                };
                Some(Answered::of("modbus-io", says).with("address", i64::from(unit)))
            }
            Self::Scanner => module(bytes),
            Self::Scale => indicator(bytes),
            Self::Seals => seals(bytes),
        }
    }
}

fn reader(bytes: &[u8]) -> Option<Answered> {
    let mut found = None;
    frames(UhfDecoder::new(UhfSide::Reader), bytes, |frame| {
        let Ok(frame) = ReaderFrame::parse(frame) else { return };
        if let Ok(UhfReply::Information(info)) = UhfReply::decode(&frame, Family::Uhf18) {
            found = Some((frame.address, info));
        }
    });
    let (address, info) = found?;
    let kind = match info.family() {
        Family::Uhf18 => "uhf-chafon-18",
        Family::Uhf288 => "uhf-chafon-288",
    };
    let [major, minor] = info.version;
    let says =
        format!("type {:#04x}, firmware {major}.{minor}, {} dBm, address {address}", info.kind, info.power);
    let answered = Answered::of(kind, says);
    Some(if address == 0 { answered } else { answered.with("address", i64::from(address)) })
}

fn chip(bytes: &[u8]) -> Option<Answered> {
    let mut found = None;
    frames(Pn532Decoder::new(CardSide::Chip), bytes, |frame| {
        if let Ok(CardFrame::Information(content)) = CardFrame::parse(CardSide::Chip, frame)
            && let Ok(CardReply::Firmware(firmware)) = CardReply::decode(content)
        {
            found = Some(firmware);
        }
    });
    let firmware = found.filter(|firmware| firmware.ic == Firmware::PN532)?;
    Some(Answered::of("pn532", format!("PN532, firmware {}.{}", firmware.version, firmware.revision)))
}

/// The inputs from the first on.
pub(in crate::cli::technician) const fn inputs(count: u16) -> BoardRequest {
    BoardRequest::ReadInputs { start: 0, count }
}

/// The relays from the first on.
pub(in crate::cli::technician) const fn relays(count: u16) -> BoardRequest {
    BoardRequest::ReadCoils { start: 0, count }
}

/// A read as it goes over the line.
pub(in crate::cli::technician) fn board_frame(request: &BoardRequest, unit: u8, over_tcp: bool) -> Vec<u8> {
    if over_tcp {
        mbap::Header { transaction: TRANSACTION, unit }.frame(&request.pdu())
    } else {
        request.encode(unit)
    }
}

/// What that unit has answered to that read.
pub(in crate::cli::technician) fn response(
    request: &BoardRequest,
    unit: u8,
    bytes: &[u8],
    over_tcp: bool,
) -> Option<BoardResponse> {
    if over_tcp {
        let mut frames = mbap::Stream::default();
        frames.push(bytes);
        while let Ok(Some((header, pdu))) = frames.pull() {
            if header.unit == unit && header.transaction == TRANSACTION {
                return BoardResponse::from_pdu(&pdu, request).ok();
            }
        }
        return None;
    }
    // Perhaps behind an echo, or what came before the request was heard.
    (0..bytes.len()).find_map(|from| {
        [request.response_len(), BoardResponse::EXCEPTION_LEN]
            .into_iter()
            .find_map(|len| BoardResponse::decode(bytes.get(from..from + len)?, unit, request).ok().flatten())
    })
}

fn module(bytes: &[u8]) -> Option<Answered> {
    let (mut decoder, mut rest, mut found) = (ScanDecoder::new(Tail::Silence), bytes, None);
    loop {
        let taken = decoder.push(rest);
        rest = rest.get(taken..).unwrap_or_default();
        loop {
            match decoder.pull() {
                ScanProgress::NeedMore => break,
                ScanProgress::Reply(frame) => found = found.or(identity(frame)),
                ScanProgress::Noise { .. } | ScanProgress::BadCheck(_) | ScanProgress::Record(_) => {}
            }
        }
        if rest.is_empty() {
            return found.map(|who| Answered::of("scanner-gm", who.describe()));
        }
    }
}

fn identity(frame: &[u8]) -> Option<Identity> {
    let reply = GmReply::parse(frame).ok().filter(GmReply::is_success)?;
    reply.data.try_into().ok().map(Identity::of)
}

fn indicator(bytes: &[u8]) -> Option<Answered> {
    let mut found = None;
    let decoder = Decoder::<_, SCALE_BUFFER>::new(Format::A9Command(Ninth::Decimals));
    frames(decoder, bytes, |frame| {
        found = found.or(Answer::parse(frame).filter(|answer| {
            answer.address == Address::A && answer.ask == Wanted::Gross && answer.value.is_some()
        }));
    });
    found?;
    let says = "answers in command mode, address A".to_owned();
    Some(Answered::of("weighbridge", says).with("format", "a9-command"))
}

fn seals(bytes: &[u8]) -> Option<Answered> {
    let mut found = None;
    frames(SealDecoder::new(SealWire), bytes, |frame| {
        let Some(frame) = SealFrame::parse(frame) else { return };
        if let Ok(SealMessage::Status { status, .. }) = SealMessage::decode(&frame) {
            found = Some((frame.reader, status));
        }
    });
    let (reader, status) = found?;
    let [a, b, c, d] = status;
    let says = format!("reader {reader}, status {a:02X}{b:02X}{c:02X}{d:02X}");
    Some(Answered::of("eseal-reader", says).with("address", i64::from(reader)))
}
