//! 语音芯片: SYN6288, text in, speech out; both ends of the wire.
//! Promises: a command exists only for bytes whose length and XOR held; `encode` gives back the same bytes, and text from
//! outside carries no control mark.
//! Absent: chimes and other sounds by name; text beyond 200 bytes, which is cut.
//! Source: SYN6288 data sheet (2010): frame, commands, single-byte answers.

use alloc::vec::Vec;

use super::gbk::{Guard, Text};
use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 412;
/// Most bytes of text in one frame.
pub const TEXT_MAX: usize = 200;

const HEAD: u8 = 0xFD;
/// Head and length.
const BEFORE: usize = 3;
/// Command, parameter, XOR.
const AROUND: usize = 3;

mod code {
    pub(super) const SPEAK: u8 = 0x01;
    pub(super) const STOP: u8 = 0x02;
    pub(super) const PAUSE: u8 = 0x03;
    pub(super) const RESUME: u8 = 0x04;
    pub(super) const QUERY: u8 = 0x21;
    pub(super) const BAUD: u8 = 0x31;
    pub(super) const POWER_DOWN: u8 = 0x88;
}

/// Who sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Commands, from the host.
    Host,
    /// Single bytes, from the chip.
    Chip,
}

/// Cuts what one side sent into frames.
pub type SynDecoder = Decoder<Side, BUFFER>;

impl Framing for Side {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        let first = front.first().copied();
        match self {
            Self::Chip if first.and_then(Reply::of).is_some() => return Measure::Whole(1),
            Self::Host if first == Some(HEAD) => {}
            Self::Chip | Self::Host => return Measure::NotAFrame,
        }
        let Some([high, low]) = front.get(1..BEFORE).and_then(|len| <[u8; 2]>::try_from(len).ok()) else {
            return Measure::NeedMore;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if !(2..=TEXT_MAX + AROUND).contains(&len) {
            return Measure::NotAFrame;
        }
        match front.get(..BEFORE + len) {
            None => Measure::NeedMore,
            Some(frame) if check::xor_8(frame) == 0 => Measure::Whole(frame.len()),
            Some(frame) => Measure::BadCheck(frame.len()),
        }
    }
}

/// 文本编码: how the text of a command is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// GB2312, a part of GBK.
    Gb2312 = 0,
    /// GBK.
    Gbk = 1,
    /// BIG5.
    Big5 = 2,
    /// UCS-2.
    Ucs2 = 3,
}

impl Coding {
    const ALL: [Self; 4] = [Self::Gb2312, Self::Gbk, Self::Big5, Self::Ucs2];
}

/// 背景音乐: a tune behind the speech, 0 none to 31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Music(u8);

impl Music {
    /// That tune; `None` above 31.
    #[must_use]
    pub const fn new(tune: u8) -> Option<Self> {
        if tune <= 31 { Some(Self(tune)) } else { None }
    }
}

/// 语音命令: what a host may ask of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Speak; interrupts what is being spoken.
    Speak {
        /// How the text is coded.
        coding: Coding,
        /// What plays behind it.
        music: Music,
        /// The text.
        text: Text,
    },
    /// Stop speaking.
    Stop,
    /// Pause.
    Pause,
    /// Go on.
    Resume,
    /// Busy or idle?
    Query,
    /// A new line rate, as the chip numbers them.
    SetBaud(u8),
    /// Sleep.
    PowerDown,
}

impl Command {
    /// A prompt in GBK: as much of a text from outside as one frame holds, its brackets shown full-width.
    #[must_use]
    pub fn prompt(text: &str, music: Music) -> Self {
        Self::Speak { coding: Coding::Gbk, music, text: Text::fit(text, TEXT_MAX, Guard::Brackets) }
    }

    /// What one whole frame asks, its length and XOR tested; `None` for commands that the data sheet does not name.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if Side::Host.measure(bytes, Place::Boundary) != Measure::Whole(bytes.len()) {
            return None;
        }
        let (_, body) = bytes.get(BEFORE..)?.split_last()?;
        match body {
            [code::SPEAK, parameter, text @ ..] => {
                let coding = Coding::ALL.into_iter().find(|coding| *coding as u8 == parameter & 7)?;
                Some(Self::Speak { coding, music: Music(parameter >> 3), text: Text::from_wire(text) })
            }
            [code::STOP] => Some(Self::Stop),
            [code::PAUSE] => Some(Self::Pause),
            [code::RESUME] => Some(Self::Resume),
            [code::QUERY] => Some(Self::Query),
            [code::BAUD, rate] => Some(Self::SetBaud(*rate)),
            [code::POWER_DOWN] => Some(Self::PowerDown),
            _ => None,
        }
    }

    /// The bytes on the wire. A text beyond `TEXT_MAX` is cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let frame = |body: &[u8], text: &[u8]| {
            let text = text.get(..TEXT_MAX).unwrap_or(text);
            // Fits: 202 bytes and the XOR at most.
            let len = u16::try_from(body.len() + text.len() + 1).unwrap_or(u16::MAX);
            let mut frame = [&[HEAD][..], &len.to_be_bytes(), body, text].concat();
            frame.push(check::xor_8(&frame));
            frame
        };
        match self {
            Self::Speak { coding, music, text } => {
                frame(&[code::SPEAK, music.0 << 3 | *coding as u8], text.as_bytes())
            }
            Self::Stop => frame(&[code::STOP], &[]),
            Self::Pause => frame(&[code::PAUSE], &[]),
            Self::Resume => frame(&[code::RESUME], &[]),
            Self::Query => frame(&[code::QUERY], &[]),
            Self::SetBaud(rate) => frame(&[code::BAUD, *rate], &[]),
            Self::PowerDown => frame(&[code::POWER_DOWN], &[]),
        }
    }
}

/// 语音回传: the single bytes that the chip says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Powered up and ready.
    Ready = 0x4A,
    /// The command was understood.
    Accepted = 0x41,
    /// It was not.
    NotUnderstood = 0x45,
    /// Asked: it is speaking.
    Busy = 0x4E,
    /// It has finished speaking, or asked: it is silent.
    Idle = 0x4F,
}

impl Reply {
    const ALL: [Self; 5] = [Self::Ready, Self::Accepted, Self::NotUnderstood, Self::Busy, Self::Idle];

    /// What a byte says.
    #[must_use]
    pub fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reply| *reply as u8 == byte)
    }
}
