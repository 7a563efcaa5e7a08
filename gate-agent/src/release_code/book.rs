//! The file of issued codes, in the data folder: a line each. Only the command line writes it; the agent reads it whenever a code is typed, so
//! that a code is good, and a revoked one is not, without a restart.
//! Promises: exchanged as a whole, and by one command at a time; a line that cannot be read makes all of it unreadable, and then no code opens.
//! Bounded: [`MOST`] lines; what ended a month ago goes when codes are issued.
//! Source: fault E6, fault A2; docs/decisions 0084.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use protocols::contract::UtcMillis;

use super::issued::IssuedCode;
use crate::{identity::later, small_file};

/// Codes that a gate keeps at most.
pub const MOST: usize = 300;
/// How long an ended code is still told.
const TOLD: Duration = Duration::from_secs(30 * 24 * 3600);

/// The file.
#[derive(Clone, Debug)]
pub struct Book(PathBuf);

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The system.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its content.
    #[error(
        "line {line} of {path} is damaged: no code opens until the file is removed and codes are issued anew"
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

impl Book {
    /// In this data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("release-codes.jsonl"))
    }

    /// All codes, in the order of their issue.
    ///
    /// # Errors
    /// [`BookError`]; a file that is not there has none.
    pub fn read(&self) -> Result<Vec<IssuedCode>, BookError> {
        let text = small_file::read(&self.0).map_err(|source| self.failed(source))?.unwrap_or_default();
        let damaged = |line| BookError::Damaged { path: self.0.clone(), line };
        let lines = (1..).zip(text.lines());
        lines.map(|(line, text)| serde_json::from_str(text).map_err(|_| damaged(line))).collect()
    }

    /// Changes it, alone: what `change` makes of the codes takes their place.
    ///
    /// # Errors
    /// [`BookError`]; what was there before is there still then.
    pub fn change<E: From<BookError>>(
        &self,
        now: UtcMillis,
        change: impl FnOnce(&mut Vec<IssuedCode>) -> Result<(), E>,
    ) -> Result<(), E> {
        let turn = File::create(self.0.with_extension("lock")).and_then(|turn| turn.lock().map(|()| turn));
        let _turn = turn.map_err(|source| self.failed(source))?;
        let mut codes = self.read()?;
        codes.retain(|code| later(code.until, TOLD) > now);
        change(&mut codes)?;
        let lines = codes.iter().map(|code| Ok(serde_json::to_string(code)? + "\n"));
        let written = lines.collect::<Result<String, serde_json::Error>>().map_err(io::Error::other);
        let written = written.and_then(|text| small_file::exchange(&self.0, &text));
        written.map_err(|source| self.failed(source).into())
    }

    fn failed(&self, source: io::Error) -> BookError {
        BookError::File { path: self.0.clone(), source }
    }
}
