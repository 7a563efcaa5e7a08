//! Frames of Onbon controllers, both directions: A5, escaped packet, 5A.
//! Promises: a packet exists only for bytes whose escapes, declared length and CRC held, and `encode` gives back the same
//! bytes (behind eight A5). An A5 inside begins a new frame: what came before it is noise.
//! Absent: meaning (`message`); packets in several parts.
//! Source: BX-5K/6K protocol V1.4 of Onbon, physical layer; public BX-4K and BX-5K drivers.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The buffer of a decoder, bytes.
pub const BUFFER: usize = 2048;
/// Address of the host.
pub const HOST: u16 = 0x8000;

/// Before a packet, eight of them.
const START: u8 = 0xA5;
/// Behind a packet.
const END: u8 = 0x5A;
/// Destination, source, 6 reserved, device type, version, length.
const HEAD: usize = 14;

/// Frames of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bx;

/// Cuts a controller's line into frames.
pub type BxDecoder = Decoder<Bx, BUFFER>;

impl Framing for Bx {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        let starts = front.iter().take_while(|byte| **byte == START).count();
        let body = front.get(starts..).unwrap_or_default();
        let Some(end) = body.iter().position(|byte| matches!(*byte, START | END)) else {
            return if starts == 0 { Measure::NotAFrame } else { Measure::NeedMore };
        };
        let (escaped, rest) = body.split_at(end);
        let closed = rest.first() == Some(&END);
        match Shape::of(escaped).filter(|_| starts > 0 && closed) {
            None => Measure::NotAFrame,
            Some(Shape { sound: true }) => Measure::Whole(starts + end + 1),
            Some(Shape { sound: false }) => Measure::BadCheck(starts + end + 1),
        }
    }
}

/// Escapes and length held; whether the CRC does.
struct Shape {
    sound: bool,
}

impl Shape {
    fn of(escaped: &[u8]) -> Option<Self> {
        let mut crc = check::CRC_16_ARC.digest();
        let (mut count, mut declared) = (0_usize, 0_usize);
        for byte in unescape(escaped) {
            let byte = byte?;
            crc.update(&[byte]);
            match count {
                12 => declared = usize::from(byte),
                13 => declared |= usize::from(byte) << 8,
                _ => {}
            }
            count += 1;
        }
        (count == HEAD + declared + 2).then(|| Self { sound: crc.finalize() == 0 })
    }
}

/// The bytes that were meant; `None` where an escape is none.
fn unescape(escaped: &[u8]) -> impl Iterator<Item = Option<u8>> + '_ {
    let mut rest = escaped.iter();
    core::iter::from_fn(move || {
        let byte = match rest.next()? {
            0xA6 => match rest.next() {
                Some(0x01) => Some(0xA6),
                Some(0x02) => Some(0xA5),
                _ => None,
            },
            0x5B => match rest.next() {
                Some(0x01) => Some(0x5B),
                Some(0x02) => Some(0x5A),
                _ => None,
            },
            plain => Some(*plain),
        };
        Some(byte)
    })
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        0xA5 => out.extend_from_slice(&[0xA6, 0x02]),
        0xA6 => out.extend_from_slice(&[0xA6, 0x01]),
        0x5A => out.extend_from_slice(&[0x5B, 0x02]),
        0x5B => out.extend_from_slice(&[0x5B, 0x01]),
        plain => out.push(plain),
    }
}

/// 数据包: what lies between the A5 and the 5A.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// To whom; 1 is the factory's controller address, FFFE and FFFF all.
    pub destination: u16,
    /// From whom.
    pub source: u16,
    /// Zeros.
    pub reserved: [u8; 6],
    /// Controller type; FE any.
    pub device: u8,
    /// Protocol version; 2.
    pub version: u8,
    /// A message.
    pub data: Vec<u8>,
}

/// More data than one packet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("data too long for one packet")]
pub struct TooLong;

impl Packet {
    /// A packet between host and controllers of any type.
    #[must_use]
    pub const fn new(destination: u16, source: u16, data: Vec<u8>) -> Self {
        Self { destination, source, reserved: [0; 6], device: 0xFE, version: 2, data }
    }

    /// Checks escapes, length and CRC of one whole frame.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if Bx.measure(bytes, Place::Boundary) != Measure::Whole(bytes.len()) {
            return None;
        }
        let escaped = bytes.iter().copied().filter(|byte| !matches!(*byte, START | END)).collect::<Vec<_>>();
        let plain = unescape(&escaped).collect::<Option<Vec<_>>>()?;
        let (head, rest) = plain.split_first_chunk::<HEAD>()?;
        let (data, _) = rest.split_last_chunk::<2>()?;
        let [to_low, to_high, from_low, from_high, reserved @ .., device, version, _, _] = *head;
        Some(Self {
            destination: u16::from_le_bytes([to_low, to_high]),
            source: u16::from_le_bytes([from_low, from_high]),
            reserved,
            device,
            version,
            data: data.to_vec(),
        })
    }

    /// The bytes on the wire, behind eight A5.
    ///
    /// # Errors
    /// `TooLong` when a decoder of ours could not hold it.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let len = u16::try_from(self.data.len()).map_err(|_| TooLong)?;
        let mut plain = Vec::with_capacity(HEAD + self.data.len() + 2);
        plain.extend_from_slice(&self.destination.to_le_bytes());
        plain.extend_from_slice(&self.source.to_le_bytes());
        plain.extend_from_slice(&self.reserved);
        plain.extend_from_slice(&[self.device, self.version]);
        plain.extend_from_slice(&len.to_le_bytes());
        plain.extend_from_slice(&self.data);
        check::append(&check::CRC_16_ARC, &mut plain);
        let mut frame = alloc::vec![START; 8];
        for byte in plain {
            escape(byte, &mut frame);
        }
        frame.push(END);
        if frame.len() <= BUFFER { Ok(frame) } else { Err(TooLong) }
    }
}
