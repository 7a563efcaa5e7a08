//! What a probe found, as a person and as a program reads it.
//! Promises: the snippet is a `[[device]]` that `gate-agent.toml` takes as it stands.

use std::{fmt::Write as _, fs, path::Path};

use serde::Serialize;
use toml::Table;

use super::super::target::{self, setting};
use crate::config::{Device, Kind, PortSettings};

/// Keys that come first in a snippet.
const ORDER: [&str; 7] = ["name", "kind", "port", "tcp", "baud", "parity", "stop_bits"];

/// What was found.
#[derive(Clone, Debug)]
pub(in crate::cli::technician) struct Found {
    /// Its `kind` in the file.
    pub(in crate::cli::technician) kind: &'static str,
    /// Where, and how the line is set.
    pub(in crate::cli::technician) port: PortSettings,
    /// What it says it is.
    pub(in crate::cli::technician) says: String,
    /// Keys of the file beside the common ones.
    pub(in crate::cli::technician) keys: Table,
    /// What a person should know or do.
    pub(in crate::cli::technician) notes: Vec<String>,
}

/// For programs.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    found: bool,
    kind: &'static str,
    port: String,
    line: String,
    says: String,
    notes: Vec<String>,
    toml: String,
}

impl Found {
    /// Beside what the configuration says of the device that was probed.
    pub(in crate::cli::technician) fn compared(
        mut self,
        configured: Option<&Kind>,
        port: &PortSettings,
    ) -> Self {
        let Some(kind) = configured else { return self };
        if kind.name() != self.kind {
            self.notes.push(format!("the configuration says {}", kind.name()));
        }
        if setting(port) != setting(&self.port) {
            self.notes.push(format!("the configuration says {}", setting(port)));
        }
        self
    }

    /// The table of a `[[device]]`; the adapter by its own name where it has one.
    pub(in crate::cli::technician) fn table(&self) -> Table {
        let mut port = self.port.clone();
        if let PortSettings::Serial(serial) = &mut port
            && let Some(name) = by_id(Path::new(&*serial.path))
        {
            serial.path = name;
        }
        target::table(&format!("{}-1", self.kind), self.kind, &port, self.keys.clone())
    }

    fn toml(&self) -> anyhow::Result<String> {
        let table = self.table();
        // What is printed is what the agent would take.
        Device::of_table(table.clone())?;
        let (maps, plain): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, value)| value.is_table());
        // In the order of the documentation, not of the alphabet.
        let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
        let mut plain = plain;
        plain.sort_by_key(|(key, _)| place(key));
        let mut text = "[[device]]\n".to_owned();
        for (key, value) in plain {
            writeln!(text, "{key} = {value}")?;
        }
        for (key, value) in maps {
            write!(text, "[device.{key}]\n{}", toml::to_string(&value)?)?;
        }
        Ok(text)
    }

    pub(super) fn told(&self) -> anyhow::Result<Told> {
        Ok(Told {
            found: true,
            kind: self.kind,
            port: self.port.place().to_owned(),
            line: setting(&self.port),
            says: self.says.clone(),
            notes: self.notes.clone(),
            toml: self.toml()?,
        })
    }

    pub(in crate::cli::technician) fn page(&self) -> anyhow::Result<String> {
        let mut page = format!("found {} at {}: {}\n", self.kind, setting(&self.port), self.says);
        for note in &self.notes {
            writeln!(page, "note: {note}")?;
        }
        write!(page, "\n{}", self.toml()?)?;
        Ok(page)
    }
}

/// The name that the adapter keeps whatever port it is plugged into.
fn by_id(path: &Path) -> Option<Box<str>> {
    let device = fs::canonicalize(path).ok()?;
    let names = fs::read_dir("/dev/serial/by-id").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let mut same = names.filter(|name| fs::canonicalize(name).is_ok_and(|other| other == device));
    same.next().map(|name| name.to_string_lossy().into())
}
