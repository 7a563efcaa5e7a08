//! Finds the file, reads all sections, tells all faults.
//! Source: `contract` section 1 (configuration, data).

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{
    broker::{Mqtt, Whose},
    capture::Capture,
    centre::Centre,
    device::Device,
    fault::ConfigError,
    gate::Gate,
    lane::Lane,
    log::Log,
    panel::Panel,
    person,
    section::Reading,
    wiring,
};
use crate::person::Entry;

/// Name of the file.
pub const FILE_NAME: &str = "gate-agent.toml";

/// Where the packaged file lies.
const SYSTEM_DIR: &str = "/etc/kakou";

/// 配置: all that the agent was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[gate]`.
    pub gate: Gate,
    /// `[centre]`.
    pub centre: Centre,
    /// `[panel]`.
    pub panel: Panel,
    /// `[log]`.
    pub log: Log,
    /// `[capture]`; none where nothing is captured.
    pub capture: Option<Capture>,
    /// `[mqtt]`; none where nothing speaks over a broker.
    pub mqtt: Option<Mqtt>,
    /// `[[device]]`, in the file's order.
    pub devices: Vec<Device>,
    /// `[[lane]]`, in the file's order; one at least.
    pub lanes: Vec<Lane>,
    /// `[[person]]`, in the file's order; without one nobody can act at the panel.
    pub persons: Vec<Entry>,
}

impl Config {
    /// The device of that name.
    #[must_use]
    pub fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| &*device.name == name)
    }
}

/// What the command line says of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
}

/// The file: the named one, else the one in the working folder, else the system's.
///
/// # Errors
/// When there is none; a named one is not looked for elsewhere.
pub fn find(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let looked = match named {
        Some(file) => return Ok(file.to_owned()),
        None => vec![PathBuf::from(FILE_NAME), Path::new(SYSTEM_DIR).join(FILE_NAME)],
    };
    looked.iter().find(|file| file.is_file()).cloned().ok_or(ConfigError::Missing { looked })
}

/// Finds, reads and checks the configuration of this process, its environment included.
///
/// # Errors
/// When there is no file, it cannot be read, it is no TOML, or keys are wrong.
pub fn load(origin: &Origin) -> Result<Config, ConfigError> {
    let path = find(origin.file.as_deref())?;
    let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read { path, source })?;
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    parse(&text, environment, origin.data_dir.clone())
}

/// Where and why, without the line itself: a password may stand in it.
fn no_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Syntax(format!("line {line}: {}", error.message()))
}

/// Checks a configuration's text, with variables laid over it.
///
/// # Errors
/// No TOML, or every wrong key at once.
pub fn parse(
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
    data_dir: Option<PathBuf>,
) -> Result<Config, ConfigError> {
    let mut file: Table = text.parse().map_err(|error| no_toml(text, &error))?;
    let mut reading = Reading::new(environment);
    let gate = Gate::read(reading.section("gate".to_owned(), file.remove("gate")), data_dir);
    let centre = Centre::read(reading.section("centre".to_owned(), file.remove("centre")));
    let panel = Panel::read(reading.section("panel".to_owned(), file.remove("panel")));
    let log = Log::read(reading.section("log".to_owned(), file.remove("log")));
    let data_dir = gate.as_ref().map(|gate| gate.data_dir.as_path());
    let capture = Capture::read(reading.section("capture".to_owned(), file.remove("capture")), data_dir);
    let mqtt = file.remove("mqtt");
    let broker = Whose::of(mqtt.as_ref());
    let mqtt = Mqtt::read(&mut reading, mqtt);
    let devices: Vec<wiring::Placed> = tables(&mut reading, "device", file.remove("device"))
        .into_iter()
        .map(|(path, value)| Device::read(reading.section(path, Some(value)), broker))
        .collect();
    let lanes: Vec<Option<Lane>> = tables(&mut reading, "lane", file.remove("lane"))
        .into_iter()
        .map(|(path, value)| Lane::read(reading.section(path, Some(value))))
        .collect();
    let persons: Vec<(Option<Box<str>>, Option<Entry>)> =
        tables(&mut reading, "person", file.remove("person"))
            .into_iter()
            .map(|(path, value)| Entry::read(reading.section(path, Some(value))))
            .collect();
    if lanes.is_empty() {
        reading.fault("lane", "must be there once at least, as [[lane]]", None);
    }
    let gate_id = gate.as_ref().map(|gate| &gate.gate_id);
    wiring::check(&mut reading, gate_id, &devices, &lanes);
    person::check(&mut reading, &persons);
    for (key, _) in file {
        reading.fault(&key, "is not a section of the configuration", None);
    }
    let devices = devices.into_iter().filter_map(|(_, device)| device).collect();
    let lanes = lanes.into_iter().flatten().collect();
    let persons = persons.into_iter().filter_map(|(_, person)| person).collect();
    match (gate, centre) {
        (Some(gate), Some(centre)) if reading.faults.is_empty() => {
            Ok(Config { gate, centre, panel, log, capture, mqtt, devices, lanes, persons })
        }
        _ => Err(ConfigError::Faults(reading.faults)),
    }
}

/// The tables of a list of tables, each with its path.
fn tables(reading: &mut Reading, name: &str, value: Option<Value>) -> Vec<(String, Value)> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => {
            items.into_iter().enumerate().map(|(place, item)| (format!("{name}[{place}]"), item)).collect()
        }
        Some(_) => {
            reading.fault(name, format!("must be written as [[{name}]]"), None);
            Vec::new()
        }
    }
}
