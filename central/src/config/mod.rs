//! `central.toml`: read, overridden from the environment, checked as a whole before anything starts.
//! Promises: an unknown key is refused; every wrong key is named at once, with its section; nothing else reads the environment.
//! Absent on purpose: checks that need the world (ports, files, the database); those fail at start with their own words.

mod cards;
mod enterprises;
mod gates;
pub mod limits;
mod logins;
mod notices;
mod people;
mod portal;
mod print;
mod reference;
mod sections;
mod yards;

use std::{
    fmt,
    path::{Path, PathBuf},
};

pub use cards::{CardsConfig, Sealing};
pub use gates::GatesConfig;
pub use logins::{ClientSecret, IdentityProviderConfig, LoginsConfig, heard_by_nobody};
pub use notices::{NoticeConfig, Secret, WebhookConfig};
pub use people::{PersonConfig, TokenHash};
pub use portal::PortalConfig;
pub use print::PrintConfig;
pub use reference::ReferenceConfig;
pub use sections::{
    AttachmentConfig, BlobConfig, DeskConfig, DeskMode, FeedConfig, IntakeConfig, LogConfig, LogFormat,
    Receipt41, ServerConfig, ShortMessageConfig, StoreConfig,
};
use serde::de::DeserializeOwned;
use toml::{Table, Value};
pub use yards::{GateConfig, LaneConfig, YardConfig};

use crate::identity::enterprise::Enterprise;

/// Everything that the file says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where to listen.
    pub server: ServerConfig,
    /// Where the data lies.
    pub store: StoreConfig,
    /// Where files lie.
    pub blob: BlobConfig,
    /// How files are checked.
    pub attachment: AttachmentConfig,
    /// How customs answers.
    pub desk: DeskConfig,
    /// The feed of the gates.
    pub feed: FeedConfig,
    /// The intake of events.
    pub intake: IntakeConfig,
    /// The way out for short messages.
    pub short_messages: ShortMessageConfig,
    /// Where facts of other systems come from.
    pub reference: ReferenceConfig,
    /// How notices leave the portal.
    pub notice: NoticeConfig,
    /// The programs that get them.
    pub webhooks: Vec<WebhookConfig>,
    /// Cards and signatures.
    pub cards: CardsConfig,
    /// The pages.
    pub portal: PortalConfig,
    /// What is printed with.
    pub print: PrintConfig,
    /// Shields, and where the portal is.
    pub logins: LoginsConfig,
    /// Who else may say who somebody is.
    pub identity_providers: Vec<IdentityProviderConfig>,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Who may call the API.
    pub people: Vec<PersonConfig>,
    /// The enterprises that a fresh register begins with.
    pub enterprises: Vec<Enterprise>,
    /// The yards that a fresh store begins with.
    pub yards: Vec<YardConfig>,
    /// Their lanes.
    pub lanes: Vec<LaneConfig>,
    /// The gates of this machine and their tokens.
    pub gates: Vec<GateConfig>,
    /// The line to the others.
    pub gate_line: GatesConfig,
}

/// A key that is wrong, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key as written, such as `server.listen` or `person[1].uscc`.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML. The line itself is not shown: it may hold a token or a password.
    #[error("{path} is not TOML: line {line}: {why}")]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// Some keys are wrong: all of them.
    #[error("the configuration has {} wrong keys:{}", .0.len(), Listed(.0))]
    Wrong(Vec<Wrong>),
}

struct Listed<'a>(&'a [Wrong]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|wrong| write!(f, "\n  {}: {}", wrong.key, wrong.why))
    }
}

/// Finds and reads the file: the one named, or `central.toml` here, or in `/etc/kakou`; the defaults when there is none.
///
/// # Errors
/// [`ConfigError`], naming every wrong key.
pub fn load(
    named: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let usual = || {
        [Path::new("central.toml"), Path::new("/etc/kakou/central.toml")]
            .into_iter()
            .find(|path| path.exists())
    };
    let table = match named.or_else(usual) {
        None => Table::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
            text.parse().map_err(|error| no_toml(path, &text, &error))?
        }
    };
    read(table, env)
}

fn no_toml(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Syntax { path: path.to_owned(), line, why: error.message().to_owned() }
}

/// Reads a table and lays `KAKOU_SECTION__KEY` over it.
///
/// # Errors
/// [`ConfigError::Wrong`], naming every wrong key.
pub fn read(mut table: Table, env: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let mut wrong = Vec::new();
    overlay(&mut table, env, &mut wrong);
    let server: ServerConfig = section(&mut table, "server", &mut wrong);
    let mut config = Config {
        store: section(&mut table, "store", &mut wrong),
        blob: section(&mut table, "blob", &mut wrong),
        attachment: section(&mut table, "attachment", &mut wrong),
        desk: section(&mut table, "desk", &mut wrong),
        feed: section(&mut table, "feed", &mut wrong),
        intake: section(&mut table, "intake", &mut wrong),
        short_messages: section(&mut table, "short_messages", &mut wrong),
        reference: section(&mut table, "reference", &mut wrong),
        notice: section(&mut table, "notice", &mut wrong),
        cards: section(&mut table, "cards", &mut wrong),
        portal: section(&mut table, "portal", &mut wrong),
        print: section(&mut table, "print", &mut wrong),
        logins: section(&mut table, "logins", &mut wrong),
        gate_line: section(&mut table, "gates", &mut wrong),
        log: section(&mut table, "log", &mut wrong),
        ..Config::default()
    };
    config.server = server;
    config.webhooks = notices::read(rows(&mut table, "webhook", &mut wrong), &mut wrong);
    notices::check(&config.notice, &mut wrong);
    let secrets = logins::secrets(&mut table, &mut wrong);
    config.identity_providers =
        logins::read(rows(&mut table, "identity_provider", &mut wrong), secrets, &mut wrong);
    logins::check(&mut config.logins, &mut wrong);
    config.people = people::read(rows(&mut table, "person", &mut wrong), &mut wrong);
    config.enterprises = enterprises::read(rows(&mut table, "enterprise", &mut wrong), &mut wrong);
    config.yards = yards::read_yards(rows(&mut table, "yard", &mut wrong), &mut wrong);
    config.lanes = yards::read_lanes(rows(&mut table, "lane", &mut wrong), &config.yards, &mut wrong);
    config.gates = yards::read_gates(rows(&mut table, "gate", &mut wrong), &config.yards, &mut wrong);
    sections::check(&config, &mut wrong);
    gates::check(&config, &mut wrong);
    reference::check(&config.reference, &mut wrong);
    cards::check(&config.cards, &mut wrong);
    portal::check(&config.portal, &mut wrong);
    people::check_tokens(&config, &mut wrong);
    wrong.extend(table.keys().map(|key| Wrong { key: key.clone(), why: "unknown section".into() }));
    if wrong.is_empty() { Ok(config) } else { Err(ConfigError::Wrong(wrong)) }
}

fn overlay(table: &mut Table, env: impl Iterator<Item = (String, String)>, wrong: &mut Vec<Wrong>) {
    for (name, text) in env {
        let Some((section, key)) = name.strip_prefix("KAKOU_").and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let parsed = format!("v = {text}").parse::<Table>().ok().and_then(|mut row| row.remove("v"));
        let value = parsed.unwrap_or(Value::String(text));
        match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(section) => {
                section.insert(key, value);
            }
            _ => wrong.push(Wrong { key: name, why: "names a section that is no table".into() }),
        }
    }
}

/// Reads each key of a section by itself, so that one wrong key does not hide the next.
fn section<T: DeserializeOwned + Default>(table: &mut Table, name: &str, wrong: &mut Vec<Wrong>) -> T {
    let keys = match table.remove(name) {
        None => Table::new(),
        Some(Value::Table(keys)) => keys,
        Some(_) => {
            wrong.push(Wrong { key: name.into(), why: "must be a table".into() });
            Table::new()
        }
    };
    let mut good = Table::new();
    for (key, value) in keys {
        let alone: Table = [(key.clone(), value.clone())].into_iter().collect();
        match alone.try_into::<T>() {
            Ok(_) => {
                good.insert(key, value);
            }
            Err(error) => wrong.push(Wrong { key: format!("{name}.{key}"), why: error.message().to_owned() }),
        }
    }
    good.try_into().unwrap_or_default()
}

fn rows(table: &mut Table, name: &str, wrong: &mut Vec<Wrong>) -> Vec<Table> {
    let Some(value) = table.remove(name) else { return Vec::new() };
    let rows = value
        .as_array()
        .map(|rows| rows.iter().filter_map(|row| row.as_table().cloned()).collect::<Vec<_>>());
    rows.filter(|rows| value.as_array().is_some_and(|all| all.len() == rows.len())).unwrap_or_else(|| {
        wrong.push(Wrong { key: name.into(), why: format!("must be written as [[{name}]]") });
        Vec::new()
    })
}

/// A row of `[[name]]` while it is read: takes keys out, and what is left is unknown.
struct Row<'a> {
    name: String,
    keys: Table,
    wrong: &'a mut Vec<Wrong>,
}

impl<'a> Row<'a> {
    fn new(name: &str, place: usize, keys: Table, wrong: &'a mut Vec<Wrong>) -> Self {
        Self { name: format!("{name}[{place}]"), keys, wrong }
    }

    fn refuse(&mut self, key: &str, why: impl Into<String>) {
        self.wrong.push(Wrong { key: format!("{}.{key}", self.name), why: why.into() });
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        match self.keys.remove(key)?.try_into() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(key, error.message());
                None
            }
        }
    }

    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.keys.contains_key(key) {
            self.refuse(key, "is missing");
        }
        self.optional(key)
    }

    fn end(mut self) {
        for key in std::mem::take(&mut self.keys).keys() {
            self.refuse(key, "unknown key");
        }
    }
}

#[cfg(test)]
mod tests;
