//! A screen as requests to one controller: one dynamic area a row, one request an area.
//! Promises: text from outside never becomes a control sequence; a sign whose agent is gone forgets its text by itself.
//! Source: BX-5K/6K protocol V1.4 of Onbon, area data; unit of widths as models differ.

use super::area::Area;
use super::message::{Answer, Request};
use super::wire::{HOST, Packet};
use crate::display::gbk::{Guard, Text};
use crate::display::screen::Screen;
use alloc::vec::Vec;

/// 坐标单位: how a model counts columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Pixels.
    #[default]
    Pixels,
    /// Columns of eight pixels.
    Columns,
    /// Pixels, which the highest bit marks (6K).
    MarkedPixels,
}

impl Unit {
    const fn of(self, pixels: u16) -> u16 {
        match self {
            Self::Pixels => pixels,
            Self::Columns => pixels / 8,
            Self::MarkedPixels => pixels | 0x8000,
        }
    }
}

/// 控制卡参数: one controller and its panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Controller address. Default 1, the factory's.
    pub address: u16,
    /// Rows of the panel. Default 2.
    pub rows: u8,
    /// Half-width characters in a row. Default 8.
    pub cells: u8,
    /// How the model counts columns. Default pixels.
    pub unit: Unit,
    /// Upper edge of the first row, pixels. Default 0.
    pub top: u16,
    /// Width of a row, pixels. Default 64.
    pub width: u16,
    /// Height of a row, pixels. Default 16.
    pub row_height: u16,
    /// Seconds without a refresh after which the sign forgets its text; 0 never. Default 30: three refreshes.
    pub time_out: u16,
    /// Whether requests are answered. Default yes; without, a dead sign is never noticed.
    pub answer: Answer,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            address: 1,
            rows: 2,
            cells: 8,
            unit: Unit::Pixels,
            top: 0,
            width: 64,
            row_height: 16,
            time_out: 30,
            answer: Answer::Wanted,
        }
    }
}

impl Profile {
    /// One frame a row.
    pub(in crate::display) fn render(&self, screen: &Screen) -> Vec<Vec<u8>> {
        let frames = (0..self.rows).map(|row| {
            let text = Text::fit(&screen.row(row).text, usize::from(self.cells), Guard::Backslash);
            let area = Area {
                kind: 0,
                x: self.unit.of(0),
                y: self.top.saturating_add(self.row_height.saturating_mul(u16::from(row))),
                width: self.unit.of(self.width),
                height: self.row_height,
                id: row,
                line_spacing: 0,
                run_mode: if self.time_out == 0 { 0 } else { 2 },
                time_out: self.time_out,
                reserved: [0; 3],
                single_line: 1,
                new_line: 1,
                display_mode: 1,
                exit_mode: 0,
                speed: 0,
                stay: 2,
                text: text.or_blank().behind("\\FO000"),
            };
            self.frame(&Request::Show { delete: Vec::new(), areas: alloc::vec![area] })
        });
        frames.collect()
    }

    /// The question whether it is there.
    pub(in crate::display) fn ping(&self) -> Vec<u8> {
        self.frame(&Request::Ping)
    }

    fn frame(&self, request: &Request) -> Vec<u8> {
        // Never too long: a row has 255 cells at most.
        Packet::new(self.address, HOST, request.encode(self.answer)).encode().unwrap_or_default()
    }
}
