//! Requests and responses, both ends, what a response must be to answer a request, and their frames on a serial line.
//! Promises: a response is accepted only when address, function, byte count and CRC fit the request that was sent.
//! Absent: which coil is what (`board`), retries and times (`session`), frames on TCP (`mbap`).
//! Source: Modbus application protocol V1.1b3, chapter 6; Modbus over serial line V1.02, 2.5; Waveshare relay protocol V2.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The longest frame of a serial line, bytes.
pub const FRAME_MAX: usize = 256;

/// Value of FC 05 that switches a coil on.
pub const ON: u16 = 0xFF00;
/// Value of FC 05 that switches a coil off.
pub const OFF: u16 = 0x0000;
/// Vendor value of FC 05 that toggles a relay; a strict slave answers exception 03.
pub const TOGGLE: u16 = 0x5500;
/// Vendor address of FC 05: relay n on for value x 100 ms is at `FLASH_ON + n`.
pub const FLASH_ON: u16 = 0x0200;
/// Vendor address of FC 05: relay n off for value x 100 ms is at `FLASH_OFF + n`.
pub const FLASH_OFF: u16 = 0x0400;
/// Vendor address of FC 05: all relays.
pub const ALL_RELAYS: u16 = 0x00FF;

/// Bits as the wire packs them: the lowest address in bit 0 of the first byte, unused bits 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    count: u16,
    bytes: Vec<u8>,
}

impl Bits {
    /// The first `count` of packed bits; `None` unless there are just as many bytes as that takes.
    #[must_use]
    pub fn unpack(count: u16, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != bytes_for(count) {
            return None;
        }
        let mut bytes = bytes.to_vec();
        if let (Some(last), used @ 1..) = (bytes.last_mut(), count % 8) {
            *last &= (1 << used) - 1;
        }
        Some(Self { count, bytes })
    }

    /// The lowest `count` bits of a number, 32 at most.
    #[must_use]
    pub fn of(count: u16, bits: u32) -> Self {
        let count = count.min(32);
        let packed = bits.to_le_bytes();
        Self::unpack(count, packed.get(..bytes_for(count)).unwrap_or_default())
            .unwrap_or(Self { count: 0, bytes: Vec::new() })
    }

    /// How many bits there are.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// One bit, or `None` beyond the count.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<bool> {
        let byte = self.bytes.get(usize::from(index / 8)).filter(|_| index < self.count)?;
        Some(byte >> (index % 8) & 1 == 1)
    }

    /// The lowest 32 bits as a number.
    #[must_use]
    pub fn low(&self) -> u32 {
        self.bytes.iter().take(4).rev().fold(0, |bits, byte| bits << 8 | u32::from(*byte))
    }
}

fn bytes_for(count: u16) -> usize {
    usize::from(count).div_ceil(8)
}

/// 请求: what the master asks of one slave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// FC 01: relay outputs.
    ReadCoils {
        /// First coil.
        start: u16,
        /// How many, 1 to 2000.
        count: u16,
    },
    /// FC 02: discrete inputs.
    ReadInputs {
        /// First input.
        start: u16,
        /// How many, 1 to 2000.
        count: u16,
    },
    /// FC 03: holding registers.
    ReadRegisters {
        /// First register.
        start: u16,
        /// How many, 1 to 125.
        count: u16,
    },
    /// FC 05: one coil, `ON` or `OFF`, or a vendor's address and value.
    WriteCoil {
        /// Coil.
        address: u16,
        /// Value as on the wire.
        value: u16,
    },
    /// FC 06: one register.
    WriteRegister {
        /// Register.
        address: u16,
        /// Its new value.
        value: u16,
    },
    /// FC 0F: a pattern of coils.
    WriteCoils {
        /// First coil.
        start: u16,
        /// 1 to 1968 of them.
        bits: Bits,
    },
    /// FC 10: several registers.
    WriteRegisters {
        /// First register.
        start: u16,
        /// 1 to 123 of them.
        words: Vec<u16>,
    },
}

/// 异常码: why a slave refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception(pub u8);

impl Exception {
    /// 01: the slave does not know the function.
    pub const ILLEGAL_FUNCTION: Self = Self(1);
    /// 02: no such coil, input or register.
    pub const ILLEGAL_ADDRESS: Self = Self(2);
    /// 03: the value or count is not allowed.
    pub const ILLEGAL_VALUE: Self = Self(3);
    /// 04: the slave failed.
    pub const DEVICE_FAILURE: Self = Self(4);
    /// 05: accepted, will take long.
    pub const ACKNOWLEDGE: Self = Self(5);
    /// 06: busy, try later.
    pub const BUSY: Self = Self(6);
    /// 0B: a gateway's word that the board behind it did not answer; it may have done what was asked.
    pub const TARGET_SILENT: Self = Self(0x0B);
}

/// 响应: what a slave answers. Decoded against the request it answers, since the wire alone does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// Of FC 01 and FC 02.
    Bits(Bits),
    /// Of FC 03.
    Words(Vec<u16>),
    /// Of FC 05, 06, 0F and 10: the write was received.
    Written,
    /// The slave refuses.
    Exception(Exception),
}

/// Why bytes do not answer a request, in the order in which it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another slave's answer.
    #[error("answer from another address")]
    Address,
    /// Another function's answer.
    #[error("answer to another function")]
    Function,
    /// Another count, or the echo of another write.
    #[error("answer to another request of this function")]
    Count,
    /// The CRC fails.
    #[error("CRC-16/MODBUS fails")]
    Check,
    /// The bytes end before the answer does.
    #[error("answer is too short")]
    Short,
}

/// Why a request cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Length or CRC of the frame does not hold: no answer is due.
    #[error("not a request frame")]
    Frame,
    /// A function that no board of ours has: exception 01 is due.
    #[error("unknown function")]
    Function,
    /// A count out of range or one that contradicts the length: exception 03 is due.
    #[error("count out of range")]
    Count,
}

impl Request {
    /// The function code.
    #[must_use]
    pub const fn function(&self) -> u8 {
        match self {
            Self::ReadCoils { .. } => 0x01,
            Self::ReadInputs { .. } => 0x02,
            Self::ReadRegisters { .. } => 0x03,
            Self::WriteCoil { .. } => 0x05,
            Self::WriteRegister { .. } => 0x06,
            Self::WriteCoils { .. } => 0x0F,
            Self::WriteRegisters { .. } => 0x10,
        }
    }

    /// Function and data, as every transport carries them.
    #[must_use]
    pub fn pdu(&self) -> Vec<u8> {
        let mut pdu = alloc::vec![self.function()];
        let (first, second, tail): (u16, u16, Vec<u8>) = match self {
            Self::ReadCoils { start, count }
            | Self::ReadInputs { start, count }
            | Self::ReadRegisters { start, count } => (*start, *count, Vec::new()),
            Self::WriteCoil { address, value } | Self::WriteRegister { address, value } => {
                (*address, *value, Vec::new())
            }
            Self::WriteCoils { start, bits } => (*start, bits.count, counted(&bits.bytes)),
            Self::WriteRegisters { start, words } => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                (*start, count, counted(&be_bytes(words)))
            }
        };
        pdu.extend_from_slice(&first.to_be_bytes());
        pdu.extend_from_slice(&second.to_be_bytes());
        pdu.extend_from_slice(&tail);
        pdu
    }

    /// The frame on a serial line.
    #[must_use]
    pub fn encode(&self, unit: u8) -> Vec<u8> {
        sealed(unit, &self.pdu())
    }

    /// The slave's side: unit and request of one whole frame of a serial line.
    ///
    /// # Errors
    /// `Frame` when length or CRC fails, `Count` when the frame is sound and its count is not.
    pub fn decode(bytes: &[u8]) -> Result<(u8, Self), RequestError> {
        if Side::Host.measure(bytes, Place::Boundary) != Measure::Whole(bytes.len()) {
            return Err(RequestError::Frame);
        }
        let Some((unit, rest)) = bytes.split_first() else { return Err(RequestError::Frame) };
        let pdu = rest.get(..rest.len().saturating_sub(2)).unwrap_or_default();
        Ok((*unit, Self::from_pdu(pdu)?))
    }

    /// The slave's side: function and data of one request.
    ///
    /// # Errors
    /// `Function` for one that is not known, `Count` for a count out of range or one that contradicts the length.
    pub fn from_pdu(pdu: &[u8]) -> Result<Self, RequestError> {
        let Some((function @ (0x01..=0x03 | 0x05 | 0x06 | 0x0F | 0x10), data)) = pdu.split_first() else {
            return Err(RequestError::Function);
        };
        let Some(([a, b, c, d], tail)) = data.split_first_chunk::<4>() else {
            return Err(RequestError::Count);
        };
        let (start, count) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
        let most = match function {
            0x01 | 0x02 => 2000,
            0x03 => 125,
            0x0F => 1968,
            0x10 => 123,
            _ => u16::MAX,
        };
        let writes_one = matches!(function, 0x05 | 0x06);
        if !writes_one && !(1..=most).contains(&count) {
            return Err(RequestError::Count);
        }
        let values = match (function, tail.split_first()) {
            (0x0F | 0x10, Some((bytes, values))) if usize::from(*bytes) == values.len() => values,
            (0x01..=0x06, None) => &[],
            _ => return Err(RequestError::Count),
        };
        Ok(match function {
            0x01 => Self::ReadCoils { start, count },
            0x02 => Self::ReadInputs { start, count },
            0x03 => Self::ReadRegisters { start, count },
            0x05 => Self::WriteCoil { address: start, value: count },
            0x06 => Self::WriteRegister { address: start, value: count },
            0x0F => Self::WriteCoils { start, bits: Bits::unpack(count, values).ok_or(RequestError::Count)? },
            _ if values.len() == 2 * usize::from(count) => {
                Self::WriteRegisters { start, words: words_of(values) }
            }
            _ => return Err(RequestError::Count),
        })
    }

    /// Length of the normal response on a serial line, bytes; an exception takes 5.
    #[must_use]
    pub fn response_len(&self) -> usize {
        match self {
            Self::ReadCoils { count, .. } | Self::ReadInputs { count, .. } => 5 + bytes_for(*count),
            Self::ReadRegisters { count, .. } => 5 + 2 * usize::from(*count),
            Self::WriteCoil { .. }
            | Self::WriteRegister { .. }
            | Self::WriteCoils { .. }
            | Self::WriteRegisters { .. } => 8,
        }
    }
}

impl Response {
    /// Length of the exception response on a serial line, bytes.
    pub const EXCEPTION_LEN: usize = 5;

    /// Function and data that answer `request`, as every transport carries them.
    #[must_use]
    pub fn pdu(&self, request: &Request) -> Vec<u8> {
        let function = request.function();
        match self {
            Self::Bits(bits) => [&[function][..], &counted(&bits.bytes)].concat(),
            Self::Words(words) => [&[function][..], &counted(&be_bytes(words))].concat(),
            Self::Written => request.pdu().into_iter().take(5).collect(),
            Self::Exception(Exception(code)) => alloc::vec![function | 0x80, *code],
        }
    }

    /// The slave's side: the frame on a serial line that answers `request`.
    #[must_use]
    pub fn encode(&self, unit: u8, request: &Request) -> Vec<u8> {
        sealed(unit, &self.pdu(request))
    }

    /// The master's side: what `bytes` of a serial line answer to `request`, or `None` while the answer is not yet whole.
    ///
    /// # Errors
    /// As soon as the bytes so far cannot become the answer.
    pub fn decode(bytes: &[u8], unit: u8, request: &Request) -> Result<Option<Self>, Mismatch> {
        if bytes.first().is_some_and(|from| *from != unit) {
            return Err(Mismatch::Address);
        }
        let Some(function) = bytes.get(1).copied() else { return Ok(None) };
        let refused = function == request.function() | 0x80;
        if !refused && function != request.function() {
            return Err(Mismatch::Function);
        }
        let len = if refused { Self::EXCEPTION_LEN } else { request.response_len() };
        let body = bytes.get(2..bytes.len().min(len.saturating_sub(2))).unwrap_or_default();
        if !refused && !request.begins(body) {
            return Err(Mismatch::Count);
        }
        let Some(frame) = bytes.get(..len) else { return Ok(None) };
        if bytes.len() > len {
            return Err(Mismatch::Count);
        }
        if !check::holds(&check::CRC_16_MODBUS, frame) {
            return Err(Mismatch::Check);
        }
        let pdu = frame.get(1..len.saturating_sub(2)).unwrap_or_default();
        Self::from_pdu(pdu, request).map(Some)
    }

    /// The master's side: what function and data, whole, answer to `request`.
    ///
    /// # Errors
    /// `Function` or `Count` when they are no answer to it.
    pub fn from_pdu(pdu: &[u8], request: &Request) -> Result<Self, Mismatch> {
        let Some((function, body)) = pdu.split_first() else { return Err(Mismatch::Function) };
        match body {
            [code] if *function == request.function() | 0x80 => return Ok(Self::Exception(Exception(*code))),
            _ if *function == request.function() | 0x80 => return Err(Mismatch::Count),
            _ if *function != request.function() => return Err(Mismatch::Function),
            _ => {}
        }
        // Of a serial line's frame, address and CRC are not in the PDU.
        if !request.begins(body) || pdu.len() + 3 != request.response_len() {
            return Err(Mismatch::Count);
        }
        let values = body.get(1..).unwrap_or_default();
        match request {
            Request::ReadCoils { count, .. } | Request::ReadInputs { count, .. } => {
                Bits::unpack(*count, values).map(Self::Bits).ok_or(Mismatch::Count)
            }
            Request::ReadRegisters { .. } => Ok(Self::Words(words_of(values))),
            Request::WriteCoil { .. }
            | Request::WriteRegister { .. }
            | Request::WriteCoils { .. }
            | Request::WriteRegisters { .. } => Ok(Self::Written),
        }
    }
}

impl Request {
    /// Whether `body`, what has come behind address and function, can begin the answer.
    fn begins(&self, body: &[u8]) -> bool {
        match self {
            Self::ReadCoils { .. } | Self::ReadInputs { .. } | Self::ReadRegisters { .. } => {
                body.first().is_none_or(|count| usize::from(*count) + 5 == self.response_len())
            }
            Self::WriteCoil { address: first, value: second }
            | Self::WriteRegister { address: first, value: second } => echoes(body, *first, *second),
            Self::WriteCoils { start, bits } => echoes(body, *start, bits.count),
            Self::WriteRegisters { start, words } => {
                echoes(body, *start, u16::try_from(words.len()).unwrap_or(u16::MAX))
            }
        }
    }
}

fn echoes(body: &[u8], first: u16, second: u16) -> bool {
    let want = first.to_be_bytes().into_iter().chain(second.to_be_bytes());
    body.iter().zip(want).all(|(got, want)| *got == want)
}

/// The frame of a serial line around function and data: address before, check behind.
#[must_use]
pub fn sealed(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[unit][..], pdu].concat();
    check::append(&check::CRC_16_MODBUS, &mut frame);
    frame
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let count = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [&[count][..], bytes].concat()
}

fn be_bytes(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn words_of(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
}

/// Which end sent the bytes: a request and its response are framed differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The master's requests.
    Host,
    /// The slaves' responses.
    Device,
}

/// Cuts what one end sent on a serial line into frames: the slave's reading of requests, and the black box's of both. The
/// master does not use it: inside a half-duplex reply no byte is shifted to find a frame.
pub type ModbusDecoder = Decoder<Side, 512>;

impl Framing for Side {
    fn measure(&self, front: &[u8], _: Place) -> Measure {
        let Some(function) = front.get(1).copied() else { return Measure::NeedMore };
        let counted_at = |at: usize| front.get(at).map(|count| at + 3 + usize::from(*count));
        let len = match (self, function) {
            (Self::Host, 0x01..=0x03) | (_, 0x05 | 0x06) | (Self::Device, 0x0F | 0x10) => Some(8),
            (Self::Host, 0x0F | 0x10) => counted_at(6),
            (Self::Device, 0x01..=0x03) => counted_at(2),
            (Self::Device, 0x81..=0x83 | 0x85 | 0x86 | 0x8F | 0x90) => Some(Response::EXCEPTION_LEN),
            _ => return Measure::NotAFrame,
        };
        match len {
            Some(len) if len > FRAME_MAX => Measure::NotAFrame,
            Some(len) => match front.get(..len) {
                None => Measure::NeedMore,
                Some(frame) if check::holds(&check::CRC_16_MODBUS, frame) => Measure::Whole(len),
                Some(_) => Measure::BadCheck(len),
            },
            None => Measure::NeedMore,
        }
    }
}
