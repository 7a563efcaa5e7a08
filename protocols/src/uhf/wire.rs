//! Frame layout of the "Chafon" family, both directions: `Len Adr Cmd Data CRC` and `Len Adr reCmd Status Data CRC`.
//! Promises: a frame value exists only for bytes whose length and CRC held; `encode` gives back the same bytes.
//! Absent: meaning (`repr`). Direction is not marked on the wire, so the side is always said.
//! Source: UHFReader18 manual V2.0, "data block"; UHF RFID Reader Series User Manual V2.20, chapter 3.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 512;

/// Address that every reader answers.
pub const BROADCAST: u8 = 0xFF;

/// What push-mode TCP readers send between frames. 0x56 is also a legal length, so only these exact bytes count.
pub const KEEP_ALIVE: [u8; 6] = [0x56, 0, 0, 0, 0, 0];

/// Most bytes of data that a host frame carries.
pub const HOST_DATA_MAX: usize = 251;

/// Most bytes of data that a reader frame carries.
pub const READER_DATA_MAX: usize = 250;

/// Who sent the bytes: a command with one zero byte and its success reply can be identical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Commands, from the host.
    Host,
    /// Replies and unsolicited reports, from the reader.
    Reader,
}

/// Cuts the bytes that one side sent into frames.
pub type UhfDecoder = Decoder<Side, BUFFER>;

impl Framing for Side {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        let least = match self {
            Self::Host => 4,
            Self::Reader => 5,
        };
        if *self == Self::Reader && place == Place::Boundary && front.starts_with(&KEEP_ALIVE) {
            return Measure::Idle(KEEP_ALIVE.len());
        }
        let Some(whole) = front.first().filter(|len| **len >= least).map(|len| usize::from(*len) + 1) else {
            return Measure::NotAFrame;
        };
        match front.get(..whole) {
            None => Measure::NeedMore,
            Some(frame) if check::holds(&check::CRC_16_MCRF4XX, frame) => Measure::Whole(whole),
            Some(_) => Measure::BadCheck(whole),
        }
    }
}

/// Why bytes are no frame, or values make none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The length byte does not fit the bytes.
    #[error("length byte does not fit the frame")]
    Length,
    /// The CRC fails.
    #[error("CRC-16/MCRF4XX fails")]
    Check,
    /// More data than a length byte can say.
    #[error("data too long for one frame")]
    TooLong,
}

/// 命令帧: what the host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFrame<'a> {
    /// Reader address, or `BROADCAST`.
    pub address: u8,
    /// Command code.
    pub code: u8,
    /// The command's parameters.
    pub data: &'a [u8],
}

impl<'a> HostFrame<'a> {
    /// Checks length and CRC of one whole frame.
    ///
    /// # Errors
    /// `Length` or `Check`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        match checked(bytes)? {
            [_, address, code, data @ ..] => Ok(Self { address: *address, code: *code, data }),
            _ => Err(WireError::Length),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when the data exceeds `HOST_DATA_MAX`.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        seal(&[self.address, self.code], self.data)
    }
}

/// 响应帧: what the reader sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderFrame<'a> {
    /// The reader's address.
    pub address: u8,
    /// The command answered; 0 when it was not understood, 0xEE for unsolicited reports.
    pub code: u8,
    /// Status byte.
    pub status: u8,
    /// What follows the status.
    pub data: &'a [u8],
}

impl<'a> ReaderFrame<'a> {
    /// Checks length and CRC of one whole frame.
    ///
    /// # Errors
    /// `Length` or `Check`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        match checked(bytes)? {
            [_, address, code, status, data @ ..] => {
                Ok(Self { address: *address, code: *code, status: *status, data })
            }
            _ => Err(WireError::Length),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when the data exceeds `READER_DATA_MAX`.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        seal(&[self.address, self.code, self.status], self.data)
    }
}

/// The frame without its CRC, once length and CRC held.
fn checked(bytes: &[u8]) -> Result<&[u8], WireError> {
    let whole = bytes.first().map_or(0, |len| usize::from(*len) + 1);
    if whole != bytes.len() {
        return Err(WireError::Length);
    }
    if !check::holds(&check::CRC_16_MCRF4XX, bytes) {
        return Err(WireError::Check);
    }
    bytes.get(..whole - 2).ok_or(WireError::Length)
}

fn seal(head: &[u8], data: &[u8]) -> Result<Vec<u8>, WireError> {
    let len = u8::try_from(head.len() + data.len() + 2).map_err(|_| WireError::TooLong)?;
    let mut frame = Vec::with_capacity(usize::from(len) + 1);
    frame.push(len);
    frame.extend_from_slice(head);
    frame.extend_from_slice(data);
    check::append(&check::CRC_16_MCRF4XX, &mut frame);
    Ok(frame)
}
