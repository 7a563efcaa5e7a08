//! `[[device]]` of what drivers see and hear: LED boards and speech chips. A struct a kind, defaults in the doc comments.
//! Promises: each kind knows its own keys; a board's rows and columns are here, so that what is told fits it.
//! Absent: number panels, which have no words for a lane's outcome; colours and effects, which are ours to choose; texts.
//! Source: the wire pages of the boards, which `protocols::display` cites.

use std::time::Duration;

use protocols::display::{
    ab,
    bx::{
        message::Answer,
        profile::{Profile as BxProfile, Unit},
    },
    park,
    syn::Music,
};

use super::{device::byte, section::Section};

/// 显示屏: a board with rows of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisplayConfig {
    /// By the kind's name.
    pub board: DisplayBoard,
    /// `refresh_s`, default 10: the whole screen is sent again so often, for a board that lost it.
    pub refresh: Duration,
}

/// 显示板: which board, and how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplayBoard {
    /// `display-park`: `address` default 0 (any board), `rows` default 4, `cells` default 8, `font` default 3 (16 pixels). It speaks too.
    Park(park::Profile),
    /// `display-bx`: `address` default 1, `rows` default 2, `cells` default 8, `row_height` default 16 pixels, `top` default 0, `unit` default
    /// `pixels`, `time_out_s` default 30, `answers` default `yes`.
    Bx(BxProfile),
    /// `display-ab`: `cells` default 8; one row.
    Ab(ab::Profile),
}

/// Names of the kinds of boards.
#[derive(Clone, Copy, Debug)]
pub(super) enum DisplayName {
    Park,
    Bx,
    Ab,
}

impl DisplayBoard {
    /// Its name in the file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Park(_) => "display-park",
            Self::Bx(_) => "display-bx",
            Self::Ab(_) => "display-ab",
        }
    }

    /// Rows, and half-width characters in a row.
    #[must_use]
    pub const fn size(&self) -> (u8, u8) {
        match self {
            Self::Park(profile) => (profile.rows, profile.cells),
            Self::Bx(profile) => (profile.rows, profile.cells),
            Self::Ab(profile) => (1, profile.cells),
        }
    }

    /// Whether it has a voice.
    #[must_use]
    pub const fn speaks(&self) -> bool {
        matches!(self, Self::Park(_))
    }

    /// The rate of its line as it leaves the factory.
    pub(super) const fn baud(name: DisplayName) -> u32 {
        match name {
            DisplayName::Park | DisplayName::Ab => 9600,
            DisplayName::Bx => 57_600,
        }
    }
}

/// Narrowest row: the longest word of a notice has four characters of double width.
const LEAST_CELLS: u32 = 8;
/// A half-width character of 16 pixels' height is so wide.
const CELL_WIDTH: u16 = 8;

impl DisplayConfig {
    pub(super) fn read(section: &mut Section<'_>, name: DisplayName) -> Self {
        let refresh = section.seconds("refresh_s", 10, 2..=60);
        let cells = byte(section, "cells", 8, LEAST_CELLS..=64);
        let board = match name {
            DisplayName::Park => DisplayBoard::Park(park::Profile {
                board: byte(section, "address", 0, 0..=255),
                rows: byte(section, "rows", 4, 1..=16),
                cells,
                font: byte(section, "font", 3, 0..=255),
                ..park::Profile::default()
            }),
            DisplayName::Bx => DisplayBoard::Bx(onbon(section, cells, refresh)),
            DisplayName::Ab => DisplayBoard::Ab(ab::Profile { cells, ..ab::Profile::default() }),
        };
        Self { board, refresh }
    }
}

fn onbon(section: &mut Section<'_>, cells: u8, refresh: Duration) -> BxProfile {
    let units = [("pixels", Unit::Pixels), ("columns", Unit::Columns), ("marked-pixels", Unit::MarkedPixels)];
    let answers = [("yes", Answer::Wanted), ("no", Answer::Unwanted)];
    let mut number = |key: &str, default: u16, range| {
        u16::try_from(section.number(key, default.into(), range)).unwrap_or(default)
    };
    let (address, top) = (number("address", 1, 1..=65_533), number("top", 0, 0..=1024));
    let (row_height, time_out) = (number("row_height", 16, 8..=64), number("time_out_s", 30, 0..=600));
    if time_out != 0 && u64::from(time_out) <= refresh.as_secs() {
        // The sign would be dark between two refreshes.
        section.fault("time_out_s", "must be 0 or more than refresh_s", Some(time_out.to_string()));
    }
    BxProfile {
        address,
        rows: byte(section, "rows", 2, 1..=16),
        cells,
        unit: section.choice("unit", &units).unwrap_or(Unit::Pixels),
        top,
        width: u16::from(cells) * CELL_WIDTH,
        row_height,
        time_out,
        answer: section.choice("answers", &answers).unwrap_or(Answer::Wanted),
    }
}

/// 语音芯片: a SYN6288 or relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeechConfig {
    /// `music`, default 0: the tune behind prompts, 0 none to 31.
    pub music: Music,
    /// `silence_probe_s`, default 4: a chip that said nothing for so long is asked whether it lives.
    pub silence_probe: Duration,
}

impl SpeechConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            music: Music::new(byte(section, "music", 0, 0..=31)).unwrap_or_default(),
            silence_probe: section.seconds("silence_probe_s", 4, 1..=8),
        }
    }
}
