//! 停车屏: parking boards with display and voice, "DA VR PN CMD DL DATA CRC", usually behind a plate camera's RS-485.
//! Promises: a command exists only for bytes whose length, inner lengths and CRC held; `encode` gives back the same bytes.
//! Absent: replies, which nobody has verified and a camera's port does not hand on; lines that survive power loss (67: a flash
//! write for each vehicle); gate and relay commands; several packets; the two-byte DL of some firmware.
//! Source: OLM display protocol V2.6 and two public drivers.

use alloc::vec::Vec;

use super::gbk::{Guard, Text};
use super::screen::{Colour, Screen};
use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 526;
/// Silence after which a board hears again when it has heard a bad frame, milliseconds.
pub const RECOVERY_MS: u64 = 50;
/// Most bytes of text in a line command.
pub const TEXT_MAX: usize = 255 - LINE_FIXED;
/// Most bytes of text in a prompt.
pub const SPEECH_MAX: usize = 254;

/// Protocol version and packet number of a single packet.
const SINGLE: [u8; 3] = [0x64, 0xFF, 0xFF];
/// Board, version, packet number, command, length.
const HEAD: usize = 6;
/// Bytes of a line command before its text.
const LINE_FIXED: usize = 19;

mod code {
    pub(super) const LINE: u8 = 0x62;
    pub(super) const FILE: u8 = 0x68;
    pub(super) const SPEAK: u8 = 0x30;
}

/// Frames of the host; boards are mute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Park;

/// Cuts what a host sent into frames.
pub type ParkDecoder = Decoder<Park, BUFFER>;

impl Framing for Park {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        let begun = front.iter().skip(1).zip(SINGLE);
        if begun.clone().any(|(byte, want)| *byte != want) {
            return Measure::NotAFrame;
        }
        let whole = front.get(HEAD - 1).map(|len| HEAD + usize::from(*len) + 2);
        match whole.and_then(|whole| front.get(..whole)) {
            None => Measure::NeedMore,
            Some(frame) if check::holds(&check::CRC_16_MODBUS, frame) => Measure::Whole(frame.len()),
            Some(frame) => Measure::BadCheck(frame.len()),
        }
    }
}

/// One frame, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Board address, 0 for any.
    pub board: u8,
    /// Command code.
    pub code: u8,
    /// Its parameters.
    pub data: &'a [u8],
}

/// More data than one frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text too long for one frame")]
pub struct TooLong;

impl<'a> Frame<'a> {
    /// Checks head, length and CRC of one whole frame.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let whole = Park.measure(bytes, Place::Boundary) == Measure::Whole(bytes.len());
        match bytes.get(..bytes.len().saturating_sub(2)) {
            Some([board, _, _, _, code, _, data @ ..]) if whole => {
                Some(Self { board: *board, code: *code, data })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` beyond 255 bytes of data.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let len = u8::try_from(self.data.len()).map_err(|_| TooLong)?;
        let [version, packet_low, packet_high] = SINGLE;
        let mut frame = alloc::vec![self.board, version, packet_low, packet_high, self.code, len];
        frame.extend_from_slice(self.data);
        check::append(&check::CRC_16_MODBUS, &mut frame);
        Ok(frame)
    }
}

/// 显示效果: how a line comes and goes, as the board numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect(pub u8);

impl Effect {
    /// At once.
    pub const IMMEDIATE: Self = Self(0x00);
    /// From the right.
    pub const FROM_RIGHT: Self = Self(0x01);
    /// From the left.
    pub const FROM_LEFT: Self = Self(0x02);
    /// Upwards.
    pub const UP: Self = Self(0x03);
    /// Downwards.
    pub const DOWN: Self = Self(0x04);
    /// Character by character.
    pub const TYPED: Self = Self(0x0D);
    /// To the left without end.
    pub const SCROLL: Self = Self(0x15);
}

/// 临时显示行: command 62, one line until the next one or a power cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCommand {
    /// Row from the top, 0 the first.
    pub row: u8,
    /// How it comes.
    pub enter: Effect,
    /// How slowly, 1 to 32.
    pub enter_speed: u8,
    /// What it does while it stays; 0 nothing.
    pub stay_mode: u8,
    /// How long it stays before it is shown again, seconds.
    pub stay: u8,
    /// How it goes.
    pub exit: Effect,
    /// How slowly, 1 to 32.
    pub exit_speed: u8,
    /// Font; 3 is 16 pixels.
    pub font: u8,
    /// How often it is shown; 0 for ever.
    pub repeat: u8,
    /// Red, green, blue, alpha.
    pub colour: [u8; 4],
    /// The same behind the text.
    pub background: [u8; 4],
    /// The text.
    pub text: Text,
}

/// 播报方式: what becomes of prompts that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeakMode {
    /// Only queue it.
    Queue = 0,
    /// Queue it and speak.
    Play = 1,
    /// Forget what waits, then speak.
    ClearAndPlay = 2,
}

/// 停车屏命令: what a host may ask of such a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Show a line.
    Line(LineCommand),
    /// Show a stored file in a row.
    File {
        /// Row from the top.
        row: u8,
        /// The file's number.
        file: u8,
    },
    /// Speak.
    Speak {
        /// What becomes of prompts that wait.
        mode: SpeakMode,
        /// The text.
        text: Text,
    },
}

/// Why a sound frame is no command of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A code that we do not speak, gate and relay commands among them.
    #[error("command {0:#04x} is not spoken")]
    Unknown(u8),
    /// Inner lengths or values do not fit.
    #[error("command {0:#04x} does not fit its layout")]
    Layout(u8),
}

impl Command {
    /// What a checked frame asks.
    ///
    /// # Errors
    /// When the command is none of ours, or does not fit its layout.
    pub fn decode(frame: &Frame<'_>) -> Result<Self, CommandError> {
        let found = match (frame.code, frame.data) {
            (code::LINE, data) => LineCommand::parse(data).map(Self::Line),
            (code::FILE, [row, file]) => Some(Self::File { row: *row, file: *file }),
            (code::SPEAK, [mode, text @ ..]) => {
                let modes = [SpeakMode::Queue, SpeakMode::Play, SpeakMode::ClearAndPlay];
                let mode = modes.into_iter().find(|known| *known as u8 == *mode);
                mode.map(|mode| Self::Speak { mode, text: Text::from_wire(text) })
            }
            (code::FILE | code::SPEAK, _) => None,
            (other, _) => return Err(CommandError::Unknown(other)),
        };
        found.ok_or(CommandError::Layout(frame.code))
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when the text does not fit one frame.
    pub fn encode(&self, board: u8) -> Result<Vec<u8>, TooLong> {
        let (code, data) = match self {
            Self::Line(line) => (code::LINE, line.write()),
            Self::File { row, file } => (code::FILE, alloc::vec![*row, *file]),
            Self::Speak { mode, text } => (code::SPEAK, [&[*mode as u8][..], text.as_bytes()].concat()),
        };
        Frame { board, code, data: &data }.encode()
    }
}

impl LineCommand {
    fn parse(data: &[u8]) -> Option<Self> {
        let (fixed, text) = data.split_first_chunk::<LINE_FIXED>()?;
        let (head, rest) = fixed.split_first_chunk::<9>()?;
        let (colour, rest) = rest.split_first_chunk::<4>()?;
        let (background, len) = rest.split_first_chunk::<4>()?;
        let [row, enter, enter_speed, stay_mode, stay, exit, exit_speed, font, repeat] = *head;
        let len = u16::from_le_bytes(len.try_into().ok()?);
        let speeds = [enter_speed, exit_speed].iter().all(|speed| (1..=32).contains(speed));
        (speeds && usize::from(len) == text.len()).then(|| Self {
            row,
            enter: Effect(enter),
            enter_speed,
            stay_mode,
            stay,
            exit: Effect(exit),
            exit_speed,
            font,
            repeat,
            colour: *colour,
            background: *background,
            text: Text::from_wire(text),
        })
    }

    fn write(&self) -> Vec<u8> {
        let text = self.text.as_bytes();
        let len = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
        let head = [
            self.row,
            self.enter.0,
            self.enter_speed,
            self.stay_mode,
            self.stay,
            self.exit.0,
            self.exit_speed,
            self.font,
            self.repeat,
        ];
        [&head[..], &self.colour, &self.background, &len, text].concat()
    }
}

/// 停车屏参数: one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Board address. Default 0, which any board answers.
    pub board: u8,
    /// Rows of the panel. Default 4.
    pub rows: u8,
    /// Half-width characters in a row; a panel of 64 pixels has 8. Default 8.
    pub cells: u8,
    /// Font; 3 is 16 pixels, the default.
    pub font: u8,
    /// Seconds for which a line stays until it is shown again. Default 5.
    pub stay: u8,
}

impl Default for Profile {
    fn default() -> Self {
        Self { board: 0, rows: 4, cells: 8, font: 3, stay: 5 }
    }
}

impl Profile {
    /// A prompt, in place of what the board was saying or about to say.
    pub(super) fn speak(&self, text: &str) -> Vec<u8> {
        let text = Text::fit(text, SPEECH_MAX, Guard::Brackets);
        // Never too long: the text was cut.
        Command::Speak { mode: SpeakMode::ClearAndPlay, text }.encode(self.board).unwrap_or_default()
    }

    /// One frame a row.
    pub(super) fn render(&self, screen: &Screen) -> Vec<Vec<u8>> {
        let cells = usize::from(self.cells).min(TEXT_MAX);
        let frames = (0..self.rows).map(|row| {
            let line = screen.row(row);
            let command = Command::Line(LineCommand {
                row,
                enter: Effect::IMMEDIATE,
                enter_speed: 1,
                stay_mode: 0,
                stay: self.stay,
                exit: Effect::IMMEDIATE,
                exit_speed: 1,
                font: self.font,
                repeat: 0,
                colour: rgba(line.colour),
                background: [0; 4],
                text: Text::fit(&line.text, cells, Guard::Plain).or_blank(),
            });
            // Never too long: the text was cut.
            command.encode(self.board).unwrap_or_default()
        });
        frames.collect()
    }
}

fn rgba(colour: Colour) -> [u8; 4] {
    match colour {
        Colour::Red => [0xFF, 0, 0, 0],
        Colour::Green => [0, 0xFF, 0, 0],
        Colour::Yellow => [0xFF, 0xFF, 0, 0],
    }
}
