//! Modbus TCP frames: a header with a transaction number before function and data, and no check behind.
//! Promises: a frame ends where its header says; a header that cannot be one is told at its first wrong byte, and nothing
//! behind it is believed: without a check, a frame found by shifting bytes could be anything.
//! Absent: what function and data mean (`wire`); which answer belongs to which request (`line`).
//! Source: Modbus messaging on TCP/IP implementation guide V1.0b, 3.1.3.

use alloc::vec::Vec;

/// Bytes before function and data.
pub const HEADER_LEN: usize = 7;
/// The longest frame, bytes.
pub const ADU_MAX: usize = 260;
/// What the length may say: unit and function at least, unit and the longest function and data at most.
const LENGTHS: core::ops::RangeInclusive<u8> = 2..=254;
/// Bytes that the length does not count.
const UNCOUNTED: usize = 6;

/// 报文头: whose request or answer a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Chosen by the master, repeated in the answer.
    pub transaction: u16,
    /// Board; behind a gateway its address on the serial line.
    pub unit: u8,
}

/// The bytes of a connection are no Modbus TCP; only a new connection helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Modbus TCP header")]
pub struct Malformed;

impl Header {
    /// A whole frame around function and data, which are 253 bytes at most.
    #[must_use]
    pub fn frame(self, pdu: &[u8]) -> Vec<u8> {
        let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
        let mut frame = Vec::with_capacity(HEADER_LEN + pdu.len());
        frame.extend_from_slice(&self.transaction.to_be_bytes());
        frame.extend_from_slice(&[0, 0]);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.push(self.unit);
        frame.extend_from_slice(pdu);
        frame
    }
}

/// 报文流: the bytes of one end of a connection, cut into frames.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    held: Vec<u8>,
    broken: bool,
}

impl Stream {
    /// Takes bytes; `pull` until `None` behind each call, so that less than a frame stays.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.held.extend_from_slice(bytes);
        }
    }

    /// The next whole frame: header, then function and data.
    ///
    /// # Errors
    /// When the bytes cannot begin a frame; from then on always.
    pub fn pull(&mut self) -> Result<Option<(Header, Vec<u8>)>, Malformed> {
        if self.broken || !begins_header(&self.held) {
            self.broken = true;
            self.held.clear();
            return Err(Malformed);
        }
        let Some([high, low, _, _, _, length, unit]) = self.held.first_chunk().copied() else {
            return Ok(None);
        };
        let end = UNCOUNTED + usize::from(length);
        let Some(pdu) = self.held.get(HEADER_LEN..end).map(<[u8]>::to_vec) else { return Ok(None) };
        self.held.drain(..end);
        Ok(Some((Header { transaction: u16::from_be_bytes([high, low]), unit }, pdu)))
    }

    /// How many bytes are held: of a frame that is not yet whole, once `pull` gave `None`.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// Whether these may be the first bytes of a frame: protocol 0, a length that is possible.
fn begins_header(bytes: &[u8]) -> bool {
    let protocol = bytes.iter().skip(2).take(2).all(|byte| *byte == 0);
    let high = bytes.get(4).is_none_or(|byte| *byte == 0);
    protocol && high && bytes.get(5).is_none_or(|length| LENGTHS.contains(length))
}
