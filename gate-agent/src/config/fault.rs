//! What is wrong with a configuration, told all at once.
//! Promises: a fault reads alone: which key, which rule, which value.

use std::{fmt, path::PathBuf};

/// One wrong key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Full path of the key, such as `device[1].port`, or the environment variable that set it.
    pub key: String,
    /// What it must be.
    pub rule: String,
    /// What it is; none when it is missing or secret.
    pub value: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.rule)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, ", not {value}"))
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file at any of the places.
    #[error("no gate-agent.toml in {}", .looked.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing {
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// The file cannot be read.
    #[error("cannot read configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("configuration is not TOML: {0}")]
    Syntax(String),
    /// Keys are wrong; every one is listed.
    #[error("configuration has {} fault(s):\n{}", .0.len(), .0.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}
