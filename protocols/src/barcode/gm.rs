//! Command frames of the "GM" modules, both ends: `7E 00 Types Lens Address Datas CRC` asks, `02 00 Types Lens Datas CRC`
//! answers.
//! Promises: a request or a reply exists only for bytes whose length and check held; `encode` gives back the same bytes,
//! except that a waived check (`AB CD`, requests only) is written as a real one.
//! Absent: what the zones mean (`zone`); replies of failure: a module that cannot obey says nothing.
//! Source: GM65 manual V1.3, 8.1 to 8.4, appendix A (whose save command lacks a byte; 8.4 has it).

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

use super::wire::STX;

/// The buffer of a request decoder, bytes: two longest requests.
pub const BUFFER: usize = 528;

/// Most zones that one frame reads or writes.
pub const ZONES_MAX: u16 = 256;

/// Stands where the check of a request stands and says that it is not to be looked at.
pub const WAIVED: [u8; 2] = [0xAB, 0xCD];

/// A request that is not complete so long after its first byte is forgotten by the module.
pub const FRAME_TIME: core::time::Duration = core::time::Duration::from_millis(400);

const HEAD: [u8; 2] = [0x7E, 0x00];
const READ: u8 = 0x07;
const WRITE: u8 = 0x08;
const SAVE: u8 = 0x09;
const SUCCESS: u8 = 0x00;

/// Why bytes are no frame, or values make none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GmError {
    /// The length byte does not fit the bytes, or the head is another.
    #[error("length or head does not fit the frame")]
    Shape,
    /// The check fails.
    #[error("CRC-16/XMODEM fails")]
    Check,
    /// No zones, or more than one frame can name.
    #[error("one frame carries 1 to 256 zones")]
    Count,
}

/// 请求: what the host may ask of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// The values of so many zones, 1 to 256, from one address on.
    Read {
        /// The first zone.
        zone: u16,
        /// How many.
        count: u16,
    },
    /// New values for the zones from one address on.
    Write {
        /// The first zone.
        zone: u16,
        /// Their values, 1 to 256; the manual recommends 245 at most.
        data: &'a [u8],
    },
    /// Keep all zones over a power cut.
    Save,
}

impl<'a> Request<'a> {
    /// What one whole request frame asks.
    ///
    /// # Errors
    /// `Shape` or `Check`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, GmError> {
        let body = bytes.strip_prefix(&HEAD).ok_or(GmError::Shape)?;
        let (body, check) = body.split_last_chunk::<2>().ok_or(GmError::Shape)?;
        if *check != WAIVED && *check != seal_of(body) {
            return Err(GmError::Check);
        }
        match body {
            [READ, 1, high, low, count] => Ok(Self::Read { zone: zone(*high, *low), count: lens(*count) }),
            [WRITE, len, high, low, data @ ..] if usize::from(lens(*len)) == data.len() => {
                Ok(Self::Write { zone: zone(*high, *low), data })
            }
            [SAVE, 1, 0, 0, 0] => Ok(Self::Save),
            _ => Err(GmError::Shape),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `Count` when it names no zone or too many.
    pub fn encode(&self) -> Result<Vec<u8>, GmError> {
        let (kind, len, zone, data) = match *self {
            Self::Read { zone, count } => (READ, 1, zone, &[count_byte(usize::from(count))?][..]),
            Self::Write { zone, data } => (WRITE, count_byte(data.len())?, zone, data),
            Self::Save => (SAVE, 1, 0, &[0][..]),
        };
        let [high, low] = zone.to_be_bytes();
        let mut frame = HEAD.to_vec();
        frame.extend_from_slice(&[kind, len, high, low]);
        frame.extend_from_slice(data);
        Ok(sealed(frame))
    }
}

/// 应答: what a module answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Reply type; 0 is success, and the manual names no other.
    pub kind: u8,
    /// The values read, or a single 0 for a write or a save; 1 to 256 bytes.
    pub data: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Success, with the values read.
    #[must_use]
    pub const fn values(data: &'a [u8]) -> Self {
        Self { kind: SUCCESS, data }
    }

    /// Success of a write or a save.
    pub const DONE: Reply<'static> = Reply { kind: SUCCESS, data: &[0] };

    /// What one whole reply frame says.
    ///
    /// # Errors
    /// `Shape` or `Check`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, GmError> {
        let body = bytes.strip_prefix(&[STX, 0]).ok_or(GmError::Shape)?;
        let (body, check) = body.split_last_chunk::<2>().ok_or(GmError::Shape)?;
        match body {
            [_, len, data @ ..] if usize::from(lens(*len)) != data.len() => Err(GmError::Shape),
            [kind, _, data @ ..] if *check == seal_of(body) => Ok(Self { kind: *kind, data }),
            [_, _, ..] => Err(GmError::Check),
            _ => Err(GmError::Shape),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `Count` when there is no data or too much.
    pub fn encode(&self) -> Result<Vec<u8>, GmError> {
        let mut frame = alloc::vec![STX, 0, self.kind, count_byte(self.data.len())?];
        frame.extend_from_slice(self.data);
        Ok(sealed(frame))
    }

    /// Whether the module did what it was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.kind == SUCCESS
    }
}

/// Marks off requests, for the module's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests;

/// Cuts what the host sent into request frames.
pub type RequestDecoder = Decoder<Requests, BUFFER>;

impl Framing for Requests {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        let head = match *front {
            [0x7E] | [0x7E, 0x00] | [0x7E, 0x00, READ | WRITE | SAVE] => None,
            [0x7E, 0x00, READ | SAVE, 1, ..] => Some(1),
            [0x7E, 0x00, WRITE, len, ..] => Some(lens(len)),
            _ => return Measure::NotAFrame,
        };
        // Head, types, length and address before the data, the check behind.
        let Some(whole) = head.map(|data| 6 + usize::from(data) + 2) else { return Measure::NeedMore };
        match front.get(..whole) {
            None => Measure::NeedMore,
            Some(frame) => match Request::parse(frame) {
                Ok(_) => Measure::Whole(whole),
                Err(GmError::Check) => Measure::BadCheck(whole),
                // A save that does not name zone 0 is none.
                Err(_) => Measure::NotAFrame,
            },
        }
    }
}

/// What a length byte says.
fn lens(byte: u8) -> u16 {
    if byte == 0 { ZONES_MAX } else { u16::from(byte) }
}

/// How a length byte says it; 256 is 0.
fn count_byte(count: usize) -> Result<u8, GmError> {
    match u16::try_from(count) {
        Ok(ZONES_MAX) => Ok(0),
        Ok(0) | Err(_) => Err(GmError::Count),
        Ok(other) => u8::try_from(other).map_err(|_| GmError::Count),
    }
}

const fn zone(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}

/// The check over everything but the two bytes of the head.
fn seal_of(body: &[u8]) -> [u8; 2] {
    check::CRC_16_XMODEM.checksum(body).to_be_bytes()
}

fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    let check = seal_of(frame.get(2..).unwrap_or_default());
    frame.extend_from_slice(&check);
    frame
}
