//! 画面: what one panel is to show, whatever board hangs behind it.
//! Promises: plain values; the board's own width, rows and colours are its adapter's affair.
//! Absent: fonts, effects and pictures; a truck driver reads two words at ten metres.
//! Source: lane equipment, one interface a role.

use alloc::string::String;
use alloc::vec::Vec;

/// 颜色: of one line, on boards that have colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Stop, alarm.
    #[default]
    Red,
    /// Go.
    Green,
    /// Wait.
    Yellow,
}

/// 显示行: one line of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Any text; what the board cannot show is replaced, what does not fit is cut.
    pub text: String,
    /// Its colour.
    pub colour: Colour,
}

/// 画面: lines from the top; rows without a line are blank, lines without a row are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// From the top.
    pub lines: Vec<Line>,
}

impl Screen {
    /// These lines.
    #[must_use]
    pub fn of(lines: &[(&str, Colour)]) -> Self {
        let lines = lines.iter().map(|(text, colour)| Line { text: String::from(*text), colour: *colour });
        Self { lines: lines.collect() }
    }

    /// The line of that row, blank where there is none.
    #[must_use]
    pub fn row(&self, row: u8) -> Line {
        self.lines.get(usize::from(row)).cloned().unwrap_or_default()
    }
}
