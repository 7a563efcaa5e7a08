//! Reads one table of the file key by key and collects what is wrong with it.
//! Promises: reading never stops at the first fault; every key that nobody asked for is a fault of its own.
//! Absent: what the keys mean (one file a section).

use std::{collections::BTreeMap, fmt::Display, ops::RangeInclusive, time::Duration};

use toml::{Table, Value};

use super::fault::Fault;

/// What reading has gathered so far: overrides not yet used, faults found.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// From a key's path to the variable and its text.
    overrides: BTreeMap<String, (String, String)>,
    pub(super) faults: Vec<Fault>,
}

impl Reading {
    /// Takes `KAKOU_SECTION__KEY` variables; `KAKOU_DEVICE__1__PORT` is `device[1].port`. Others are not for a configuration.
    pub(super) fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let overrides = environment.into_iter().filter_map(|(variable, text)| {
            let key = path_of(variable.strip_prefix("KAKOU_")?)?;
            Some((key, (variable, text)))
        });
        Self { overrides: overrides.collect(), faults: Vec::new() }
    }

    /// Opens a table; something that is no table is a fault and reads as an empty one.
    pub(super) fn section(&mut self, path: String, value: Option<Value>) -> Section<'_> {
        let table = match value {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.fault(&path, "must be a table", Some(show(&other)));
                Table::new()
            }
        };
        Section { reading: self, path, table }
    }

    pub(super) fn fault(&mut self, key: &str, rule: impl Display, value: Option<String>) {
        self.faults.push(Fault { key: key.to_owned(), rule: rule.to_string(), value });
    }

    /// Overrides of a section that no key took up.
    fn left_over(&mut self, path: &str) {
        let prefix = format!("{path}.");
        let unused = self
            .overrides
            .extract_if(.., |key, _| key.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('.')));
        let unused: Vec<String> = unused.map(|(_, (variable, _))| variable).collect();
        for variable in unused {
            self.fault(&variable, "is not a key of the configuration", None);
        }
    }
}

/// `DEVICE__1__PORT` is `device[1].port`; none without a section.
fn path_of(variable: &str) -> Option<String> {
    let mut path = String::new();
    for part in variable.split("__") {
        if !path.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path = format!("{path}[{part}]");
        } else {
            let dot = if path.is_empty() { "" } else { "." };
            path = format!("{path}{dot}{}", part.to_ascii_lowercase());
        }
    }
    path.contains('.').then_some(path)
}

/// A value as it stands in the file.
fn show(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string()
        }
    }
}

enum Found {
    Nothing,
    InFile(Value),
    InVariable { name: String, text: String },
}

/// One table, whose keys are taken out as they are asked for.
pub(super) struct Section<'r> {
    reading: &'r mut Reading,
    path: String,
    table: Table,
}

impl Section<'_> {
    /// Full path of a key.
    pub(super) fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// Notes a fault of a key.
    pub(super) fn fault(&mut self, key: &str, rule: impl Display, value: Option<String>) {
        let key = self.key(key);
        self.reading.fault(&key, rule, value);
    }

    fn take(&mut self, key: &str) -> Found {
        let in_file = self.table.remove(key);
        if let Some((name, text)) = self.reading.overrides.remove(&self.key(key)) {
            return Found::InVariable { name, text };
        }
        in_file.map_or(Found::Nothing, Found::InFile)
    }

    /// A key with a rule of its own; none when it is missing or wrong, and then the fault is noted.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (place, text) = match self.take(key) {
            Found::Nothing => return None,
            Found::InVariable { name, text } => (name, text),
            Found::InFile(Value::String(text)) => (self.key(key), text),
            Found::InFile(other) => {
                self.fault(key, "must be a text", Some(show(&other)));
                return None;
            }
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.reading.fault(&place, rule, Some(format!("{text:?}")));
                None
            }
        }
    }

    /// A text that may be missing.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.parsed(key, |text| if text.is_empty() { Err("must not be empty") } else { Ok(text.to_owned()) })
    }

    /// Like `parsed`, but the value is never shown.
    pub(super) fn secret(&mut self, key: &str) -> Option<String> {
        match self.take(key) {
            Found::Nothing => None,
            Found::InVariable { text, .. } | Found::InFile(Value::String(text))
                if !text.trim().is_empty() =>
            {
                Some(text.trim().to_owned())
            }
            Found::InVariable { .. } | Found::InFile(_) => {
                self.fault(key, "must be a text that is not empty", None);
                None
            }
        }
    }

    /// Like `required`, but the value is never shown.
    pub(super) fn secret_parsed<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.has(key) {
            self.fault(key, "is missing", None);
        }
        match parse(&self.secret(key)?) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.fault(key, rule, None);
                None
            }
        }
    }

    /// Like `parsed`, and a missing key is a fault.
    pub(super) fn required<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let before = self.reading.faults.len();
        let value = self.parsed(key, parse);
        if value.is_none() && self.reading.faults.len() == before {
            self.fault(key, "is missing", None);
        }
        value
    }

    /// A whole number; `default` when it is missing or wrong.
    pub(super) fn number(&mut self, key: &str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let rule = format!("must be a whole number from {} to {}", range.start(), range.end());
        let (place, number, shown) = match self.take(key) {
            Found::Nothing => return default,
            Found::InVariable { name, text } => (name, text.trim().parse::<i64>().ok(), format!("{text:?}")),
            Found::InFile(value) => (self.key(key), value.as_integer(), show(&value)),
        };
        match number.and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                self.reading.fault(&place, rule, Some(shown));
                default
            }
        }
    }

    /// A time in milliseconds.
    pub(super) fn millis(&mut self, key: &str, default: u32, range: RangeInclusive<u32>) -> Duration {
        Duration::from_millis(self.number(key, default, range).into())
    }

    /// A time in seconds.
    pub(super) fn seconds(&mut self, key: &str, default: u32, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(self.number(key, default, range).into())
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let rule = || {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            format!("must be {}", known.join(" or "))
        };
        self.parsed(key, |text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(rule)
        })
    }

    /// A channel of a board, or `"none"`.
    pub(super) fn channel(&mut self, key: &str, default: Option<u16>) -> Option<u16> {
        const RULE: &str = "must be a channel from 0 to 31 or \"none\"";
        let (place, number, shown) = match self.take(key) {
            Found::Nothing => return default,
            Found::InFile(Value::String(text)) if text == "none" => return None,
            Found::InVariable { text, .. } if text == "none" => return None,
            Found::InVariable { name, text } => (name, text.parse::<i64>().ok(), format!("{text:?}")),
            Found::InFile(value) => (self.key(key), value.as_integer(), show(&value)),
        };
        let channel = number.and_then(|number| u16::try_from(number).ok()).filter(|channel| *channel < 32);
        if channel.is_none() {
            self.reading.fault(&place, RULE, Some(shown));
        }
        channel
    }

    /// A list of texts; in a variable they are parted by commas.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let value = match self.take(key) {
            Found::Nothing => return Vec::new(),
            Found::InVariable { text, .. } => {
                return text
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .filter(|word| !word.is_empty())
                    .collect();
            }
            Found::InFile(value) => value,
        };
        let shown = show(&value);
        let words: Option<Vec<String>> = match value {
            Value::Array(items) => items.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect(),
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Table(_) => None,
        };
        words.unwrap_or_else(|| {
            self.fault(key, "must be a list of texts", Some(shown));
            Vec::new()
        })
    }

    /// A table inside this one; an empty one when it is missing.
    pub(super) fn table(&mut self, key: &str) -> Section<'_> {
        let value = self.table.remove(key);
        let path = self.key(key);
        self.reading.section(path, value)
    }

    /// Refuses a key that has no place beside another one.
    pub(super) fn refuse(&mut self, key: &str, rule: &str) {
        match self.take(key) {
            Found::Nothing => {}
            Found::InVariable { name, text } => self.reading.fault(&name, rule, Some(format!("{text:?}"))),
            Found::InFile(value) => self.fault(key, rule, Some(show(&value))),
        }
    }

    /// The same for a key whose value may be a secret.
    pub(super) fn refuse_unseen(&mut self, key: &str, rule: &str) {
        match self.take(key) {
            Found::Nothing => {}
            Found::InVariable { name, .. } => self.reading.fault(&name, rule, None),
            Found::InFile(_) => self.fault(key, rule, None),
        }
    }

    /// True when the file has that key and nobody took it yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key) || self.reading.overrides.contains_key(&self.key(key))
    }

    /// Ends the table: every key that nobody asked for is a fault.
    pub(super) fn finish(mut self) {
        for (key, value) in std::mem::take(&mut self.table) {
            self.fault(&key, "is not a key of this section", Some(show(&value)));
        }
        self.reading.left_over(&self.path);
    }
}
