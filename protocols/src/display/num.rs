//! 数字屏: number panels, of the SUNPN parking guide (3A head) and of four bytes without any head.
//! Promises: a frame exists only for bytes whose shape and sum held; `encode` gives back the same bytes.
//! **Weak:** four bytes without a head hold by chance once in 256 times; nothing but a panel must ever listen to them.
//! Absent: replies: the vendor's table (3A, information, sum, 0A) and its example (head 2A, seven bytes) contradict each
//! other, so a head 2A is taken only where the profile says so.
//! Source: SUNPN vendor page; a public article on four-byte panels.

use alloc::vec::Vec;

use super::screen::{Colour, Screen};
use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};

/// The buffer of a decoder, bytes: two longest frames and more.
pub const BUFFER: usize = 16;

/// First byte as the vendor's table says.
const HEAD: u8 = 0x3A;
/// First byte of the vendor's example of a reply.
const EXAMPLE_HEAD: u8 = 0x2A;
/// Before the sum.
const INFORMATION: u8 = 0x01;
/// Behind the sum.
const END: u8 = 0x0A;

/// 引导屏: frames of the SUNPN parking guide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sunpn {
    /// Take the head 2A of the vendor's example too. Default no.
    pub example_head: bool,
}

/// Cuts what a host sent to a SUNPN panel into frames.
pub type SunpnDecoder = Decoder<Sunpn, BUFFER>;

impl Framing for Sunpn {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        let head = |byte: u8| byte == HEAD || (self.example_head && byte == EXAMPLE_HEAD);
        let fits = |(at, byte): (usize, &u8)| match at {
            0 => head(*byte),
            4 => *byte == INFORMATION,
            6 => *byte == END,
            _ => true,
        };
        if !front.iter().take(7).enumerate().all(fits) {
            return Measure::NotAFrame;
        }
        match front {
            [head, colour, low, high, information, said, _, ..] => {
                sum(&[*head, *colour, *low, *high, *information], *said, 7)
            }
            _ => Measure::NeedMore,
        }
    }
}

fn sum(summed: &[u8], said: u8, whole: usize) -> Measure {
    if said == check::sum_8(summed) { Measure::Whole(whole) } else { Measure::BadCheck(whole) }
}

/// 余位数: a number and its colour on a SUNPN panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// 0 green, 1 yellow, 2 red.
    pub colour: u8,
    /// What is shown.
    pub value: u16,
}

impl Number {
    /// The contents of one whole frame, its shape and sum tested; `example_head` as the framing has it.
    #[must_use]
    pub fn parse(bytes: &[u8], framing: Sunpn) -> Option<Self> {
        match (framing.measure(bytes, Place::Boundary), bytes) {
            (Measure::Whole(7), [_, colour, low, high, _, _, _]) => {
                Some(Self { colour: *colour, value: u16::from_le_bytes([*low, *high]) })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [low, high] = self.value.to_le_bytes();
        let mut frame = alloc::vec![HEAD, self.colour, low, high, INFORMATION];
        frame.extend_from_slice(&[check::sum_8(&frame), END]);
        frame
    }
}

/// 四字节屏: frames of board, high, low, sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FourByte;

/// Cuts what a host sent to a four-byte panel into frames.
pub type FourByteDecoder = Decoder<FourByte, BUFFER>;

impl Framing for FourByte {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        match front {
            [board, high, low, said, ..] => sum(&[*board, *high, *low], *said, 4),
            _ => Measure::NeedMore,
        }
    }
}

/// 四字节数: a number on one four-byte panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardNumber {
    /// Which panel.
    pub board: u8,
    /// What it shows.
    pub value: u16,
}

impl BoardNumber {
    /// The contents of one whole frame, its sum tested.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match (FourByte.measure(bytes, Place::Boundary), bytes) {
            (Measure::Whole(4), [board, high, low, _]) => {
                Some(Self { board: *board, value: u16::from_be_bytes([*high, *low]) })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [high, low] = self.value.to_be_bytes();
        let check = check::sum_8(&[self.board, high, low]);
        alloc::vec![self.board, high, low, check]
    }
}

/// The first number in the screen's first line, and its colour; nothing where there is none, or one too large.
fn number(screen: &Screen) -> Option<(u16, Colour)> {
    let line = screen.row(0);
    let digits = line.text.split(|sign: char| !sign.is_ascii_digit()).find(|digits| !digits.is_empty())?;
    Some((digits.parse().ok()?, line.colour))
}

/// The screen's number on a SUNPN panel.
pub(super) fn render_sunpn(screen: &Screen) -> Vec<Vec<u8>> {
    let frame = number(screen).map(|(value, colour)| {
        let colour = match colour {
            Colour::Green => 0,
            Colour::Yellow => 1,
            Colour::Red => 2,
        };
        Number { colour, value }.encode()
    });
    frame.into_iter().collect()
}

/// The screen's number on a four-byte panel.
pub(super) fn render_four_byte(board: u8, screen: &Screen) -> Vec<Vec<u8>> {
    number(screen).map(|(value, _)| BoardNumber { board, value }.encode()).into_iter().collect()
}
