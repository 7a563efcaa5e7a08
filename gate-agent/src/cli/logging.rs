//! Starts the log as the configuration wants it.

use std::io::IsTerminal;

use tracing_subscriber::fmt;

use crate::config::{Log, LogFormat};

/// Lines go to the standard error, so that the standard output stays free.
pub(super) fn start(log: &Log) {
    // Colours are for eyes; a file or a journal gets plain lines.
    let colours = std::io::stderr().is_terminal();
    let lines = fmt()
        .with_max_level(log.level)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        // A complaint about a line that could not be written goes the same way, and panics where that is full.
        .log_internal_errors(false);
    match log.format {
        LogFormat::Human => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
