//! 动态区: the areas into which a controller's panel is divided, as command A3 06 carries them.
//! Promises: an area exists only when its two lengths agree; `write` gives back the same bytes.
//! Absent: sounds and other extensions of the reserved bytes, which stay as they came.
//! Source: BX-5K/6K protocol V1.4 of Onbon, area data; four public frames of the public drivers, whose inner lengths agree.

use crate::display::gbk::Text;
use alloc::vec::Vec;

/// Bytes of an area before its text.
const AREA_FIXED: usize = 27;

/// 动态区: one area of the panel and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Kind of area; 0 is text.
    pub kind: u8,
    /// Left edge, in the model's unit.
    pub x: u16,
    /// Upper edge, pixels.
    pub y: u16,
    /// Width, in the model's unit.
    pub width: u16,
    /// Height, pixels.
    pub height: u16,
    /// The area's number: a new text with the same number replaces it.
    pub id: u8,
    /// Pixels between lines.
    pub line_spacing: u8,
    /// 0 for ever; 2 until the time-out.
    pub run_mode: u8,
    /// Time-out, seconds.
    pub time_out: u16,
    /// Zeros.
    pub reserved: [u8; 3],
    /// 1 one line, 2 several.
    pub single_line: u8,
    /// 1 lines break where told, 2 by themselves.
    pub new_line: u8,
    /// How it comes; 1 at once.
    pub display_mode: u8,
    /// How it goes.
    pub exit_mode: u8,
    /// 0 the fastest, 0x18 the slowest.
    pub speed: u8,
    /// How long it stays, units of 0.5 s.
    pub stay: u8,
    /// The text with its control sequences.
    pub text: Text,
}

impl Area {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (fixed, text) = bytes.split_first_chunk::<AREA_FIXED>()?;
        let (place, rest) = fixed.split_first_chunk::<12>()?;
        let (run, rest) = rest.split_first_chunk::<5>()?;
        let (looks, len) = rest.split_first_chunk::<6>()?;
        let [kind, x0, x1, y0, y1, w0, w1, h0, h1, id, line_spacing, run_mode] = *place;
        let [t0, t1, reserved @ ..] = *run;
        let [single_line, new_line, display_mode, exit_mode, speed, stay] = *looks;
        let len = u32::from_le_bytes(len.try_into().ok()?);
        (usize::try_from(len) == Ok(text.len())).then(|| Self {
            kind,
            x: u16::from_le_bytes([x0, x1]),
            y: u16::from_le_bytes([y0, y1]),
            width: u16::from_le_bytes([w0, w1]),
            height: u16::from_le_bytes([h0, h1]),
            id,
            line_spacing,
            run_mode,
            time_out: u16::from_le_bytes([t0, t1]),
            reserved,
            single_line,
            new_line,
            display_mode,
            exit_mode,
            speed,
            stay,
            text: Text::from_wire(text),
        })
    }

    /// With its length before it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let text = self.text.as_bytes();
        let all = u16::try_from(AREA_FIXED + text.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&all.to_le_bytes());
        out.push(self.kind);
        for number in [self.x, self.y, self.width, self.height] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&[self.id, self.line_spacing, self.run_mode]);
        out.extend_from_slice(&self.time_out.to_le_bytes());
        out.extend_from_slice(&self.reserved);
        out.extend_from_slice(&[self.single_line, self.new_line, self.display_mode, self.exit_mode]);
        out.extend_from_slice(&[self.speed, self.stay]);
        out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(text);
    }
}
