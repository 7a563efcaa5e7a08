//! `[log]`: how the agent tells what it does.

use tracing::Level;

use super::section::Section;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    Human,
    /// For programs, one object a line.
    Json,
}

/// 日志: form and depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// `format`, default `human`: `human` or `json`.
    pub format: LogFormat,
    /// `level`, default `info`: `error`, `warn`, `info`, `debug` or `trace`.
    pub level: Level,
}

impl Log {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let format = section.choice("format", &[("human", LogFormat::Human), ("json", LogFormat::Json)]);
        let level = section.choice(
            "level",
            &[
                ("error", Level::ERROR),
                ("warn", Level::WARN),
                ("info", Level::INFO),
                ("debug", Level::DEBUG),
                ("trace", Level::TRACE),
            ],
        );
        section.finish();
        Self { format: format.unwrap_or(LogFormat::Human), level: level.unwrap_or(Level::INFO) }
    }
}
