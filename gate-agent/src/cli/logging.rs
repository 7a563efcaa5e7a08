//! Starts the log as the configuration wants it.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, registry, util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// Lines go to the standard error, so that the standard output stays free.
pub(super) fn start(log: &Log) {
    // Colours are for eyes; a file or a journal gets plain lines.
    let colours = std::io::stderr().is_terminal();
    // The broker inside the agent tells every client and message; of it only complaints are wanted.
    let quiet = LevelFilter::from(log.level).min(LevelFilter::WARN);
    // By name only: filters by field are looked up with automata that no gate has use for, and that weigh more than a codec.
    let filter = Targets::new()
        .with_default(log.level)
        .with_target("mqtt5", quiet)
        .with_target("mqtt5_protocol", quiet);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        // A complaint about a line that could not be written goes the same way, and panics where that is full.
        .log_internal_errors(false);
    match log.format {
        LogFormat::Human => registry().with(filter).with(lines).init(),
        LogFormat::Json => registry().with(filter).with(lines.json().flatten_event(true)).init(),
    }
}
