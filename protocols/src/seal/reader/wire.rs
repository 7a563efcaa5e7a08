//! Frames of a DataReader, both directions: `02 #B R# CMND data CRC 03` and `02 #B R# MSGT R_status data CRC 03`.
//! Promises: a frame exists only for bytes whose length, end byte and CRC held; `encode` gives back the same bytes. Frames end
//! where their length says: data is not escaped, a 03 inside means nothing.
//! Absent: meaning (`repr`), and with it how long R_status is.
//! Source: Hi-G-Tek DataReader manual UM4710, 6.5.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 2 * (LENGTH_MAX + AROUND);
/// Reader number to which every reader listens and none answers.
pub const BROADCAST: u16 = 0;

const START: u8 = 0x02;
const END: u8 = 0x03;
/// Start, length, end.
const AROUND: usize = 4;
/// Reader, code, CRC.
const LENGTH_MIN: usize = 6;
/// The longest that we take for a length.
const LENGTH_MAX: usize = 1024;

/// Frames of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealWire;

/// Cuts a reader's line into frames.
pub type SealDecoder = Decoder<SealWire, BUFFER>;

impl Framing for SealWire {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        if front.first() != Some(&START) {
            return Measure::NotAFrame;
        }
        let Some([high, low]) = front.get(1..3).and_then(|len| <[u8; 2]>::try_from(len).ok()) else {
            // A high byte beyond the longest length needs no second one.
            let hopeless = front.get(1).is_some_and(|high| usize::from(*high) << 8 > LENGTH_MAX);
            return if hopeless { Measure::NotAFrame } else { Measure::NeedMore };
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&len) {
            return Measure::NotAFrame;
        }
        match front.get(1..len + AROUND) {
            None => Measure::NeedMore,
            Some([checked @ .., END]) if check::holds(&check::CRC_16_XMODEM, checked) => {
                Measure::Whole(len + AROUND)
            }
            Some([.., END]) => Measure::BadCheck(len + AROUND),
            Some(_) => Measure::NotAFrame,
        }
    }
}

/// One frame, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Reader, or `BROADCAST`.
    pub reader: u16,
    /// Command, or type of the message.
    pub code: u16,
    /// What follows.
    pub data: &'a [u8],
}

/// More data than one frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("data too long for one frame")]
pub struct TooLong;

impl<'a> Frame<'a> {
    /// Checks length, end byte and CRC of one whole frame.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let whole = SealWire.measure(bytes, Place::Boundary) == Measure::Whole(bytes.len());
        let (inside, _) = bytes.get(3..).filter(|_| whole)?.split_last_chunk::<3>()?;
        let (reader, rest) = inside.split_first_chunk()?;
        let (code, data) = rest.split_first_chunk()?;
        Some(Self { reader: u16::from_be_bytes(*reader), code: u16::from_be_bytes(*code), data })
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` beyond 1018 bytes of data.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let len = LENGTH_MIN + self.data.len();
        let said = u16::try_from(len).ok().filter(|_| len <= LENGTH_MAX).ok_or(TooLong)?;
        let mut frame = alloc::vec![START];
        for number in [said, self.reader, self.code] {
            frame.extend_from_slice(&number.to_be_bytes());
        }
        frame.extend_from_slice(self.data);
        let crc = frame.get(1..).map_or(0, |checked| check::CRC_16_XMODEM.checksum(checked));
        frame.extend_from_slice(&crc.to_be_bytes());
        frame.push(END);
        Ok(frame)
    }
}
