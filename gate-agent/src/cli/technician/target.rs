//! Which device a technician means: a path, an address, or a name of the configuration.
//! Promises: what is wrong with the call is said before anything is opened; a running agent keeps its connections.
//! Absent: opening (`drivers`).

use clap::{Args, ValueEnum};

use crate::{
    cli::{
        decode::{self, Protocol, Side},
        status,
        stream::{OverTcp, Stream},
    },
    config::{BoardConfig, Config, Device, Kind, Parity, PortSettings, SerialSettings, StopBits},
};

/// How a serial port is set whose device no configuration names.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct LineArgs {
    /// Bits a second of a device that is given by its path [default: what its kind has from the factory].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1200..=921_600))]
    baud: Option<u32>,
    /// Parity of a device that is given by its path.
    #[arg(long, value_enum)]
    parity: Option<ParityArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ParityArg {
    None,
    Even,
    Odd,
}

/// The command was called wrongly.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Misuse {
    /// No such name.
    #[error("{0:?} is neither a path, nor tcp:host:port, nor a device of the configuration, which has {1}")]
    NoDevice(String, String),
    /// No address.
    #[error("{0}: an address {1}")]
    Address(String, &'static str),
    /// Beside a name.
    #[error("--baud and --parity are for a path; how {0} is set stands in the configuration")]
    LineOfName(String),
    /// Nobody says what the bytes mean.
    #[error("say with --protocol what {0} speaks, or find it out with `gate-agent probe {0}`")]
    NoProtocol(String),
    /// It is never on a line.
    #[error("{0} comes as messages, never on a line: use `gate-agent decode`")]
    Messages(&'static str),
    /// It has no line.
    #[error("{0} speaks over the broker and has no line: subscribe to its topics there")]
    NoLine(String),
    /// The agent has no conversation for it.
    #[error("--ask: the agent does not speak {0} on a line of its own")]
    NotAsked(&'static str),
    /// A recording says nothing of what was spoken.
    #[error("{0} does not say what was spoken: say it with --protocol")]
    Unsaid(String),
}

/// A device and what is known of it.
pub(super) struct Target {
    /// As the technician calls it.
    pub(super) called: String,
    pub(super) port: PortSettings,
    /// As configured; none for a path or an address.
    pub(super) kind: Option<Kind>,
    /// The other boards on its port.
    pub(super) beside: Vec<BoardConfig>,
}

impl Target {
    /// `load` is asked for the configuration only when a name needs it; `factory` is the rate when nobody says one.
    pub(super) fn find(
        text: &str,
        line: LineArgs,
        factory: u32,
        load: impl FnOnce() -> anyhow::Result<Config>,
    ) -> anyhow::Result<Self> {
        let loose = |port| Self { called: text.to_owned(), port, kind: None, beside: Vec::new() };
        if let Some(address) = text.strip_prefix("tcp:") {
            let port =
                PortSettings::tcp(address).map_err(|rule| Misuse::Address(address.to_owned(), rule))?;
            return Ok(loose(port));
        }
        if text.contains('/') {
            let path = std::path::absolute(text)?;
            return Ok(loose(PortSettings::Serial(SerialSettings {
                path: path.to_string_lossy().into(),
                baud: line.baud.unwrap_or(factory),
                parity: match line.parity {
                    None | Some(ParityArg::None) => Parity::None,
                    Some(ParityArg::Even) => Parity::Even,
                    Some(ParityArg::Odd) => Parity::Odd,
                },
                stop_bits: StopBits::One,
            })));
        }
        let config = load()?;
        let Some(device) = config.device(text) else {
            let names: Vec<&str> = config.devices.iter().map(|device| &*device.name).collect();
            return Err(Misuse::NoDevice(text.to_owned(), names.join(", ")).into());
        };
        if line.baud.is_some() || line.parity.is_some() {
            return Err(Misuse::LineOfName(text.to_owned()).into());
        }
        let Some(port) = device.port.clone() else { return Err(Misuse::NoLine(text.to_owned()).into()) };
        let at = |other: &Device| other.port.as_ref().is_some_and(|other| other.place() == port.place());
        let beside = config.devices.iter().filter(|other| other.name != device.name && at(other));
        let beside = beside.filter_map(|other| match &other.kind {
            Kind::Board(board) => Some(board.clone()),
            _ => None,
        });
        let beside = beside.collect();
        Ok(Self { called: text.to_owned(), port, kind: Some(device.kind.clone()), beside })
    }

    /// A serial port is locked by whoever has it open; of an address nobody can tell but the agent that has called it.
    pub(super) async fn refuse_if_held(&self, config: Option<&Config>) -> anyhow::Result<()> {
        let PortSettings::Tcp(address) = &self.port else { return Ok(()) };
        let Some(config) = config else { return Ok(()) };
        if config.devices.iter().any(|device| device.port.as_ref() == Some(&self.port)) {
            let panel = config.panel.listen;
            let runs = status::fetch(&format!("http://{panel}/status")).await.is_ok();
            anyhow::ensure!(
                !runs,
                "{address} is held by the gate-agent whose panel is at {panel}: stop it first"
            );
        }
        Ok(())
    }

    /// Serial or not; Modbus has other frames on a connection.
    pub(super) const fn is_tcp(&self) -> bool {
        matches!(self.port, PortSettings::Tcp(_))
    }
}

/// A protocol by a name of `decode`, or by the kind of a device.
pub(super) fn protocol(name: &str) -> anyhow::Result<Protocol> {
    let known = match name {
        "weighbridge" => Protocol::AnyScale,
        "scanner" => Protocol::Barcode,
        "scanner-gm" => Protocol::BarcodeGm,
        "eseal-reader" => Protocol::Eseal,
        "modbus-io" => Protocol::Modbus,
        other => decode::known(other)?,
    };
    match known {
        Protocol::Mqtt(_) | Protocol::Sparkplug => Err(Misuse::Messages(known.name()).into()),
        on_a_line => Ok(on_a_line),
    }
}

/// What a device of that kind says on its line; none where `decode` has no name for it.
pub(super) const fn spoken(kind: &Kind) -> Option<Protocol> {
    match kind {
        Kind::Uhf(config) => Some(Protocol::Uhf(config.family)),
        Kind::Card(_) => Some(Protocol::Pn532),
        Kind::Scanner(config) => Some(if config.obeys { Protocol::BarcodeGm } else { Protocol::Barcode }),
        Kind::Scale(_) => Some(Protocol::AnyScale),
        Kind::Seals(_) => Some(Protocol::Eseal),
        Kind::Board(_) => Some(Protocol::Modbus),
        Kind::Display(_) => Some(Protocol::Display),
        Kind::Locks(_) | Kind::Speech(_) | Kind::Mqtt(_) => None,
    }
}

/// The kind of a device that speaks it; none where the agent has no conversation of its own.
pub(super) const fn kind_name(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Uhf(_) | Protocol::Pn532 => Some(protocol.name()),
        Protocol::Barcode => Some("scanner"),
        Protocol::BarcodeGm => Some("scanner-gm"),
        Protocol::Modbus => Some("modbus-io"),
        Protocol::Scale(_) | Protocol::AnyScale => Some("weighbridge"),
        Protocol::Eseal => Some("eseal-reader"),
        Protocol::Mqtt(_) | Protocol::Sparkplug | Protocol::Display => None,
    }
}

/// The rate that such a device has from the factory.
pub(super) const fn factory_baud(protocol: Option<Protocol>) -> u32 {
    match protocol {
        Some(Protocol::Uhf(_)) => 57_600,
        Some(Protocol::Pn532) => 115_200,
        _ => 9600,
    }
}

/// A device of the kind that speaks this, with all defaults, at that port.
pub(super) fn device(protocol: Protocol, port: &PortSettings) -> anyhow::Result<Device> {
    let kind = kind_name(protocol).ok_or(Misuse::NotAsked(protocol.name()))?;
    Ok(Device::of_table(table("technician", kind, port, toml::Table::new()))?)
}

/// One `[[device]]`.
pub(super) fn table(name: &str, kind: &str, port: &PortSettings, keys: toml::Table) -> toml::Table {
    let mut table = toml::Table::new();
    table.insert("name".to_owned(), name.into());
    table.insert("kind".to_owned(), kind.into());
    match port {
        PortSettings::Tcp(address) => drop(table.insert("tcp".to_owned(), (&**address).into())),
        PortSettings::Serial(serial) => {
            table.insert("port".to_owned(), (&*serial.path).into());
            table.insert("baud".to_owned(), i64::from(serial.baud).into());
            match serial.parity {
                Parity::None => {}
                Parity::Even => drop(table.insert("parity".to_owned(), "even".into())),
                Parity::Odd => drop(table.insert("parity".to_owned(), "odd".into())),
            }
            if serial.stop_bits == StopBits::Two {
                table.insert("stop_bits".to_owned(), 2.into());
            }
        }
    }
    table.extend(keys);
    table
}

/// What the reader's side of such a line says.
pub(super) fn listener(protocol: Protocol, over_tcp: bool) -> Box<dyn Stream> {
    match protocol {
        Protocol::Modbus if over_tcp => Box::new(OverTcp::new(Side::Reader)),
        other => other.stream(Side::Reader),
    }
}

/// `9600 8N1`, or `tcp`.
pub(super) fn setting(port: &PortSettings) -> String {
    match port {
        PortSettings::Tcp(_) => "tcp".to_owned(),
        PortSettings::Serial(serial) => {
            let parity = match serial.parity {
                Parity::None => 'N',
                Parity::Even => 'E',
                Parity::Odd => 'O',
            };
            let stop = match serial.stop_bits {
                StopBits::One => 1,
                StopBits::Two => 2,
            };
            format!("{} 8{parity}{stop}", serial.baud)
        }
    }
}
