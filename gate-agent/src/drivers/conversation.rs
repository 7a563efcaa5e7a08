//! From a device's configuration to its conversation: the one place that knows both.
//! Absent: boards, whose bus has a driver of its own (`bus`).

use protocols::uhf::{
    repr::ReadMode,
    session::{Config, Session},
};

use super::reader::Begin;
use crate::config::{Kind, ReaderMode, UhfConfig};

/// How to begin a conversation with a device of this kind; none for a board.
#[must_use]
pub fn conversation(kind: &Kind) -> Option<Begin> {
    match kind {
        Kind::Uhf(config) => {
            let config = uhf(config);
            Some(Box::new(move || Box::new(Session::new(config))))
        }
        Kind::Board(_) => None,
    }
}

fn uhf(config: &UhfConfig) -> Config {
    let mode = match config.mode {
        ReaderMode::Answer => ReadMode::Answer,
        ReaderMode::Scan => ReadMode::Scan,
    };
    Config {
        address: config.address,
        mode,
        gap: config.gap,
        silence_probe: config.silence_probe,
        ..Config::default()
    }
}
