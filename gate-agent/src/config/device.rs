//! `[[device]]`: a reader, an I/O board, a display or a voice, and the port or address it is reached at.
//! Promises: the defaults of a board are the example lane map; a channel that is `"none"` is not wired.
//! Absent: whether the port is there (the driver tries for ever).
//! Source: UHFReader18 manual V2.0 (57600 8N1); Waveshare "Modbus RTU IO 8CH" (9600 8N1); Modbus over serial line V1.02.

use std::{fmt, net::Ipv6Addr, ops::RangeInclusive, time::Duration};

use protocols::{
    mqtt::{Dialect, camera::Vendor},
    relay::board::PulseStyle,
    uhf::tag::Family,
};

use super::{
    broker::Whose,
    fault::ConfigError,
    mqtt::MqttConfig,
    readers::{CardConfig, LockConfig, ScaleConfig, ScannerConfig, SealConfig, UhfConfig},
    section::{Reading, Section},
    signs::{DisplayBoard, DisplayConfig, DisplayName, SpeechConfig},
};

/// 校验位: parity of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// 停止位: stop bits of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopBits {
    /// One.
    One,
    /// Two.
    Two,
}

/// 端口: where a device's bytes come from and go to; `port` or `tcp`, one of them required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortSettings {
    /// `port`.
    Serial(SerialSettings),
    /// `tcp`: `host:port` of the device itself, of a serial device server with a reader behind it, or of a Modbus gateway.
    Tcp(Box<str>),
}

impl PortSettings {
    /// An address as `tcp` of the file takes it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn tcp(address: &str) -> Result<Self, &'static str> {
        endpoint(address).map(Self::Tcp)
    }

    /// The path or the address: what has one owner only.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::Serial(serial) => &serial.path,
            Self::Tcp(address) => address,
        }
    }

    /// The key that says it.
    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::Serial(_) => "port",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for PortSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(serial) => write!(f, "{} at {} bit/s", serial.path, serial.baud),
            Self::Tcp(address) => write!(f, "tcp {address}"),
        }
    }
}

/// 串口: a serial port and how it is set. Eight data bits always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialSettings {
    /// `port`: a path, best one that names the adapter (`/dev/serial/by-id/...`).
    pub path: Box<str>,
    /// `baud`, default 57600 for a reader of tags and an Onbon display, 115200 for a reader of cards, 9600 for all else.
    pub baud: u32,
    /// `parity`, default `none`: `none`, `even` or `odd`.
    pub parity: Parity,
    /// `stop_bits`, default 1: 1 or 2.
    pub stop_bits: StopBits,
}

/// 设备: one reader, board, display or voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `name`, required: how lanes, logs and events call it.
    pub name: Box<str>,
    /// Where it is reached; none for what speaks over the broker.
    pub port: Option<PortSettings>,
    /// `kind`, required: `uhf-chafon-18`, `uhf-chafon-288`, `pn532`, `scanner`, `scanner-gm`, `weighbridge`, `eseal-reader`, `lock-board`,
    /// `modbus-io`, `display-park`, `display-bx`, `display-ab`, `speech-syn`, or over the broker `mqtt-kakou`, `mqtt-impinj`, `mqtt-zebra`,
    /// `mqtt-camera` and a make behind it (`mqtt-camera-frigate` …).
    pub kind: Kind,
}

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `uhf-chafon-18`, `uhf-chafon-288`.
    Uhf(UhfConfig),
    /// `pn532`.
    Card(CardConfig),
    /// `scanner`, `scanner-gm`.
    Scanner(ScannerConfig),
    /// `weighbridge`.
    Scale(ScaleConfig),
    /// `eseal-reader`.
    Seals(SealConfig),
    /// `lock-board`.
    Locks(LockConfig),
    /// `modbus-io`.
    Board(BoardConfig),
    /// `mqtt-…`.
    Mqtt(MqttConfig),
    /// `display-park`, `display-bx`, `display-ab`.
    Display(DisplayConfig),
    /// `speech-syn`.
    Speech(SpeechConfig),
}

impl Kind {
    /// Its name in the file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Uhf(UhfConfig { family: Family::Uhf18, .. }) => "uhf-chafon-18",
            Self::Uhf(UhfConfig { family: Family::Uhf288, .. }) => "uhf-chafon-288",
            Self::Card(_) => "pn532",
            Self::Scanner(ScannerConfig { obeys: false, .. }) => "scanner",
            Self::Scanner(ScannerConfig { obeys: true, .. }) => "scanner-gm",
            Self::Scale(_) => "weighbridge",
            Self::Seals(_) => "eseal-reader",
            Self::Locks(_) => "lock-board",
            Self::Board(_) => "modbus-io",
            Self::Mqtt(device) => match device.dialect {
                Dialect::Kakou => "mqtt-kakou",
                Dialect::Impinj => "mqtt-impinj",
                Dialect::Zebra => "mqtt-zebra",
                Dialect::AnyCamera => "mqtt-camera",
                Dialect::Camera(Vendor::Frigate) => "mqtt-camera-frigate",
                Dialect::Camera(Vendor::Alpha) => "mqtt-camera-alpha",
                Dialect::Camera(Vendor::Hikvision) => "mqtt-camera-hikvision",
                Dialect::Camera(Vendor::Dahua) => "mqtt-camera-dahua",
                Dialect::Camera(Vendor::Axis) => "mqtt-camera-axis",
                Dialect::Camera(Vendor::PlateRecognizer) => "mqtt-camera-recognizer",
            },
            Self::Display(display) => display.board.name(),
            Self::Speech(_) => "speech-syn",
        }
    }

    /// True for what has something to say to drivers aloud.
    #[must_use]
    pub const fn speaks(&self) -> bool {
        match self {
            Self::Display(display) => display.board.speaks(),
            Self::Speech(_) => true,
            Self::Uhf(_)
            | Self::Card(_)
            | Self::Scanner(_)
            | Self::Scale(_)
            | Self::Seals(_)
            | Self::Locks(_)
            | Self::Board(_)
            | Self::Mqtt(_) => false,
        }
    }
}

/// 继电器与输入板: a board on a Modbus line, RTU on a serial port, TCP on an address; several boards may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardConfig {
    /// `address`, default 1: 1 to 247; on TCP also 0 and 248 to 255, of which boards without a gateway have 255.
    pub address: u8,
    /// `poll_ms`, default 50: pause between two looks at the inputs.
    pub poll: Duration,
    /// `response_timeout_ms`, default 300: longest wait for an answer.
    pub response_timeout: Duration,
    /// `pulse`, default `timed`: `timed` (the board ends it) or `coils` (on, then off until confirmed).
    pub pulse: PulseStyle,
    /// `pulse_ms`, default 500: length of a barrier pulse; boards round up to 100.
    pub pulse_length: Duration,
    /// `settle_ms`, default 300: a loop is free only after staying free so long; occupied counts at once.
    pub settle: Duration,
    /// `coil_count` and `[device.coils]`: relays.
    pub coils: LineMap,
    /// `input_count` and `[device.inputs]`: digital inputs.
    pub inputs: LineMap,
}

/// 通道: how many a board has, and what hangs where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineMap {
    /// How many, default 8, at most 32.
    pub count: u16,
    /// From the name to the channel; what is not wired is not here.
    pub wired: Lines,
    /// `active_low` (inputs): these speak when the input is off.
    pub active_low: Vec<&'static str>,
}

/// Names and channels.
pub type Lines = Vec<(&'static str, u16)>;

/// The coils of the example lane map, in its order from 0.
pub(crate) const COILS: [&str; 8] =
    ["barrier_open", "barrier_close", "barrier_stop", "red", "green", "horn", "display_power", "heartbeat"];

/// The inputs of the example lane map, in its order from 0.
pub(crate) const INPUTS: [&str; 8] = [
    "open_limit",
    "closed_limit",
    "approach_loop",
    "safety_loop",
    "exit_loop",
    "photo_beam",
    "boom_forced",
    "cabinet_door",
];

#[derive(Clone, Copy)]
enum KindName {
    Uhf(Family),
    Card,
    Scanner { obeys: bool },
    Scale,
    Seals,
    Locks,
    Board,
    Mqtt(Dialect),
    Display(DisplayName),
    Speech,
}

const KINDS: [(&str, KindName); 23] = [
    ("uhf-chafon-18", KindName::Uhf(Family::Uhf18)),
    ("uhf-chafon-288", KindName::Uhf(Family::Uhf288)),
    ("pn532", KindName::Card),
    ("scanner", KindName::Scanner { obeys: false }),
    ("scanner-gm", KindName::Scanner { obeys: true }),
    ("weighbridge", KindName::Scale),
    ("eseal-reader", KindName::Seals),
    ("lock-board", KindName::Locks),
    ("modbus-io", KindName::Board),
    ("mqtt-kakou", KindName::Mqtt(Dialect::Kakou)),
    ("mqtt-impinj", KindName::Mqtt(Dialect::Impinj)),
    ("mqtt-zebra", KindName::Mqtt(Dialect::Zebra)),
    ("mqtt-camera", KindName::Mqtt(Dialect::AnyCamera)),
    ("mqtt-camera-frigate", KindName::Mqtt(Dialect::Camera(Vendor::Frigate))),
    ("mqtt-camera-alpha", KindName::Mqtt(Dialect::Camera(Vendor::Alpha))),
    ("mqtt-camera-hikvision", KindName::Mqtt(Dialect::Camera(Vendor::Hikvision))),
    ("mqtt-camera-dahua", KindName::Mqtt(Dialect::Camera(Vendor::Dahua))),
    ("mqtt-camera-axis", KindName::Mqtt(Dialect::Camera(Vendor::Axis))),
    ("mqtt-camera-recognizer", KindName::Mqtt(Dialect::Camera(Vendor::PlateRecognizer))),
    ("display-park", KindName::Display(DisplayName::Park)),
    ("display-bx", KindName::Display(DisplayName::Bx)),
    ("display-ab", KindName::Display(DisplayName::Ab)),
    ("speech-syn", KindName::Speech),
];

impl Device {
    /// Reads a device that stands alone, as one `[[device]]` of the file would.
    ///
    /// # Errors
    /// Every wrong key.
    pub fn of_table(table: toml::Table) -> Result<Self, ConfigError> {
        let mut reading = Reading::default();
        let section = reading.section("device".to_owned(), Some(toml::Value::Table(table)));
        let (_, device) = Self::read(section, Whose::Nobodys);
        match device {
            Some(device) if reading.faults.is_empty() => Ok(device),
            _ => Err(ConfigError::Faults(reading.faults)),
        }
    }

    /// Reads one device; the name stands beside it so that a lane may refer to a device that is itself wrong.
    pub(super) fn read(mut section: Section<'_>, broker: Whose) -> (Option<Box<str>>, Option<Self>) {
        let name = section.required("name", device_name);
        let kind = section.required("kind", |text| {
            let known = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
            known.ok_or_else(|| {
                let names: Vec<String> = KINDS.iter().map(|(name, _)| format!("{name:?}")).collect();
                format!("must be {}", names.join(" or "))
            })
        });
        let Some(kind) = kind else {
            // Which keys are right cannot be said without the kind: only the common ones are looked at.
            let _ = port(&mut section, 9600);
            return (name, None);
        };
        let (port, kind) = match kind {
            KindName::Mqtt(dialect) => {
                let device = MqttConfig::read(&mut section, dialect, name.as_deref(), broker);
                section.finish();
                let device = name.clone().zip(device);
                return (
                    name,
                    device.map(|(name, device)| Self { name, port: None, kind: Kind::Mqtt(device) }),
                );
            }
            KindName::Uhf(family) => {
                (port(&mut section, 57_600), Kind::Uhf(UhfConfig::read(&mut section, family)))
            }
            KindName::Card => (port(&mut section, 115_200), Kind::Card(CardConfig::read(&mut section))),
            KindName::Scanner { obeys } => {
                (port(&mut section, 9600), Kind::Scanner(ScannerConfig::read(&mut section, obeys)))
            }
            KindName::Scale => (port(&mut section, 9600), Kind::Scale(ScaleConfig::read(&mut section))),
            KindName::Seals => (port(&mut section, 9600), Kind::Seals(SealConfig::read(&mut section))),
            KindName::Locks => (port(&mut section, 9600), Kind::Locks(LockConfig::read(&mut section))),
            KindName::Display(name) => {
                let port = port(&mut section, DisplayBoard::baud(name));
                (port, Kind::Display(DisplayConfig::read(&mut section, name)))
            }
            KindName::Speech => (port(&mut section, 9600), Kind::Speech(SpeechConfig::read(&mut section))),
            KindName::Board => {
                let port = port(&mut section, 9600);
                let addresses = if matches!(port, Some(PortSettings::Tcp(_))) { 0..=255 } else { 1..=247 };
                (port, Kind::Board(BoardConfig::read(&mut section, addresses)))
            }
        };
        section.finish();
        let device = name.clone().zip(port).map(|(name, port)| Self { name, port: Some(port), kind });
        (name, device)
    }
}

fn device_name(text: &str) -> Result<Box<str>, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err("must have 1 to 32 characters of A-Z a-z 0-9 - _ .")
    }
}

fn port(section: &mut Section<'_>, baud: u32) -> Option<PortSettings> {
    if section.has("tcp") {
        for key in ["port", "baud", "parity", "stop_bits"] {
            section.refuse(key, "must not stand beside tcp");
        }
        return section.parsed("tcp", endpoint).map(PortSettings::Tcp);
    }
    let path = if section.has("port") {
        section.parsed("port", |text| {
            if text.starts_with('/') { Ok(text.into()) } else { Err("must be an absolute path") }
        })
    } else {
        section.fault("port", "is missing, and tcp too", None);
        None
    };
    let baud = section.number("baud", baud, 1200..=921_600);
    let parity =
        section.choice("parity", &[("none", Parity::None), ("even", Parity::Even), ("odd", Parity::Odd)]);
    let stop_bits = if section.number("stop_bits", 1, 1..=2) == 2 { StopBits::Two } else { StopBits::One };
    let parity = parity.unwrap_or(Parity::None);
    Some(PortSettings::Serial(SerialSettings { path: path?, baud, parity, stop_bits }))
}

/// `host:port`, in small letters; whether such a host is there is found out when it is called.
pub(super) fn endpoint(text: &str) -> Result<Box<str>, &'static str> {
    const RULE: &str = "must be a host and a port such as 10.0.0.7:502";
    let (host, port) = text.rsplit_once(':').ok_or(RULE)?;
    let port =
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let numbered = |host: &str| host.parse::<Ipv6Addr>().is_ok();
    let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => numbered(inside),
        None => !host.is_empty() && host.len() <= 253 && host.chars().all(named),
    };
    if host && port { Ok(text.to_ascii_lowercase().into()) } else { Err(RULE) }
}

pub(super) fn byte(section: &mut Section<'_>, key: &str, default: u8, range: RangeInclusive<u32>) -> u8 {
    u8::try_from(section.number(key, default.into(), range)).unwrap_or(default)
}

impl BoardConfig {
    fn read(section: &mut Section<'_>, addresses: RangeInclusive<u32>) -> Self {
        let pulse = section.choice("pulse", &[("timed", PulseStyle::Timed), ("coils", PulseStyle::OnOff)]);
        let mut coils = LineMap::read(section, "coils", "coil_count", &COILS);
        coils.active_low.clear();
        Self {
            address: byte(section, "address", 1, addresses),
            poll: section.millis("poll_ms", 50, 10..=500),
            response_timeout: section.millis("response_timeout_ms", 300, 20..=5000),
            pulse: pulse.unwrap_or(PulseStyle::Timed),
            pulse_length: section.millis("pulse_ms", 500, 100..=5000),
            settle: section.millis("settle_ms", 300, 0..=10_000),
            inputs: LineMap::read(section, "inputs", "input_count", &INPUTS),
            coils,
        }
    }
}

impl LineMap {
    fn read(section: &mut Section<'_>, table: &str, count: &str, names: &'static [&'static str]) -> Self {
        let count = u16::try_from(section.number(count, 8, 1..=32)).unwrap_or(8);
        let mut map = section.table(table);
        let wired: Lines = (0..)
            .zip(names)
            .filter_map(|(default, name)| map.channel(name, Some(default)).map(|channel| (*name, channel)))
            .collect();
        let mut active_low = Vec::new();
        if table == "inputs" {
            for word in map.list("active_low") {
                match names.iter().find(|name| **name == word) {
                    Some(name) => active_low.push(*name),
                    None => {
                        map.fault("active_low", "must name inputs of this table", Some(format!("{word:?}")))
                    }
                }
            }
        }
        for (place, (name, channel)) in wired.iter().enumerate() {
            if *channel >= count {
                map.fault(
                    name,
                    format!("must be below the board's {count} channels"),
                    Some(channel.to_string()),
                );
            }
            if wired.iter().take(place).any(|(_, other)| other == channel) {
                map.fault(name, "must be a channel of its own", Some(channel.to_string()));
            }
        }
        map.finish();
        Self { count, wired, active_low }
    }

    /// The channel of a name, if it is wired.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<u16> {
        self.wired.iter().find(|(known, _)| *known == name).map(|(_, channel)| *channel)
    }
}
