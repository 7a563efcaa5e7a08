//! The parameters that an inventory of the 288 family carries, most of them optional.
//! Promises: which optional parts are there is told by the length alone, and any parameters that decode encode to the
//! same bytes.
//! Absent: what Q and session should be for how many tags; that is the session's configuration.
//! Source: UHF RFID Reader Series User Manual V2.20, command 0x01 ("Target, Ant and ScanTime only together").

use super::command::CommandError;
use alloc::vec::Vec;

/// How tags take turns, and what else the inventory is to bring. Bits 0 to 3 are Q: about 2^Q tags answer well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QValue(u8);

/// Bit of the Q byte that the manual calls FastID: tags that can tell their TID with the EPC.
const WITH_TID: u8 = 0x20;
/// Bit of the Q byte: a statistics packet follows the inventory.
const WITH_STATISTICS: u8 = 0x80;

impl QValue {
    /// Q alone; `None` above 15.
    #[must_use]
    pub const fn new(q: u8) -> Option<Self> {
        if q <= 15 { Some(Self(q)) } else { None }
    }

    /// As the wire has it.
    #[must_use]
    pub const fn of(byte: u8) -> Self {
        Self(byte)
    }

    /// As the wire has it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The same, asking for TIDs beside the EPCs.
    #[must_use]
    pub const fn with_tid(self) -> Self {
        Self(self.0 | WITH_TID)
    }

    /// Whether TIDs are asked for.
    #[must_use]
    pub const fn asks_tid(self) -> bool {
        self.0 & WITH_TID != 0
    }

    /// Whether a statistics packet is asked for.
    #[must_use]
    pub const fn asks_statistics(self) -> bool {
        self.0 & WITH_STATISTICS != 0
    }
}

/// Which of a tag's four flags marks it as read: S0 to S3, or 0xFD to 0xFF, where the reader chooses by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagSession(u8);

impl TagSession {
    /// A tag answers again as soon as the field was gone: right for reading one tag over and over.
    pub const S0: Self = Self(0);

    /// That session; `None` where the manual has none.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        if byte <= 3 || byte >= 0xFD { Some(Self(byte)) } else { None }
    }

    /// As the wire has it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }
}

/// A tag's memory bank in which a mask lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// EPC bank, CRC and PC word included.
    Epc = 1,
    /// TID bank.
    Tid = 2,
    /// User bank.
    User = 3,
}

/// 掩码: only tags whose memory holds these bits answer; no bits, and all do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    memory: Memory,
    first_bit: u16,
    bits: u8,
    data: [u8; 32],
}

impl Mask {
    /// Every tag.
    pub const ALL: Self = Self { memory: Memory::Epc, first_bit: 0, bits: 0, data: [0; 32] };

    /// That many bits of a memory from `first_bit` on, which is 16383 at most; `data` has just the bytes that hold them.
    #[must_use]
    pub fn new(memory: Memory, first_bit: u16, bits: u8, data: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..data.len())?.copy_from_slice(data);
        let whole = data.len() == usize::from(bits).div_ceil(8) && first_bit <= 16_383;
        whole.then_some(Self { memory, first_bit, bits, data: bytes })
    }

    /// The mask's bytes; only its bits of them count.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.data.get(..usize::from(self.bits).div_ceil(8)).unwrap_or_default()
    }

    fn split(bytes: &[u8]) -> Result<(Self, &[u8]), CommandError> {
        let ([memory, high, low, bits], rest) = bytes.split_first_chunk().ok_or(CommandError::Length)?;
        let (data, rest) =
            rest.split_at_checked(usize::from(*bits).div_ceil(8)).ok_or(CommandError::Length)?;
        let memory = match memory {
            1 => Memory::Epc,
            2 => Memory::Tid,
            3 => Memory::User,
            _ => return Err(CommandError::Parameter),
        };
        let mask = Self::new(memory, u16::from_be_bytes([*high, *low]), *bits, data);
        Ok((mask.ok_or(CommandError::Parameter)?, rest))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let [high, low] = self.first_bit.to_be_bytes();
        out.extend_from_slice(&[self.memory as u8, high, low, self.bits]);
        out.extend_from_slice(self.data());
    }
}

impl core::fmt::Debug for Mask {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (bits, memory, first) = (self.bits, self.memory, self.first_bit);
        write!(f, "{bits} bits of {memory:?} at {first}: {}", hex::encode_upper(self.data()))
    }
}

/// Words of the TID bank that are told where the EPC would stand. `TagRead` cannot tell them from an EPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TidPart {
    /// First word.
    pub first: u8,
    /// How many words.
    pub words: u8,
}

impl TidPart {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.first, self.words]);
    }
}

/// 天线端口: 1 to 16, as printed on the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port(u8);

/// What a command adds to the index of a port.
const PORT_BASE: u8 = 0x80;

impl Port {
    /// The first, which every reader has.
    pub const FIRST: Self = Self(1);

    /// That port; `None` outside of 1 to 16.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 16 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Which state of a tag's flag is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Tags that have not been read.
    A = 0,
    /// Tags that have.
    B = 1,
}

/// Where and how long one inventory looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Which tags.
    pub target: Target,
    /// By which antenna.
    pub port: Port,
    /// How long at most, units of 100 ms.
    pub tenths: u8,
}

impl Scan {
    fn parse(target: u8, antenna: u8, tenths: u8) -> Result<Self, CommandError> {
        let target = match target {
            0 => Target::A,
            1 => Target::B,
            _ => return Err(CommandError::Parameter),
        };
        let index = antenna.checked_sub(PORT_BASE).ok_or(CommandError::Parameter)?;
        let port = Port::new(index.saturating_add(1)).ok_or(CommandError::Parameter)?;
        Ok(Self { target, port, tenths })
    }
}

/// 询查参数: what an inventory of the 288 family asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventoryPlan {
    /// How tags take turns.
    pub q: QValue,
    /// Which flag marks a tag as read.
    pub session: TagSession,
    /// Which tags; all without it.
    pub mask: Option<Mask>,
    /// TID words in place of EPCs.
    pub tid: Option<TidPart>,
    /// Where and how long; as the reader is set without it.
    pub scan: Option<Scan>,
}

impl InventoryPlan {
    pub(super) fn parse(data: &[u8]) -> Result<Self, CommandError> {
        let [q, session, optional @ ..] = data else { return Err(CommandError::Length) };
        let session = TagSession::new(*session).ok_or(CommandError::Parameter)?;
        let (mask, tail) = split_mask(optional, &[0, 2, 3, 5])?;
        let (tid, scan) = match tail {
            [first, words, scan @ ..] if tail.len() != 3 => {
                (Some(TidPart { first: *first, words: *words }), scan)
            }
            scan => (None, scan),
        };
        let scan = match scan {
            [target, antenna, tenths] => Some(Scan::parse(*target, *antenna, *tenths)?),
            _ => None,
        };
        Ok(Self { q: QValue::of(*q), session, mask, tid, scan })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut data = alloc::vec![self.q.byte(), self.session.byte()];
        if let Some(mask) = &self.mask {
            mask.write(&mut data);
        }
        if let Some(tid) = self.tid {
            tid.write(&mut data);
        }
        if let Some(Scan { target, port, tenths }) = self.scan {
            data.extend_from_slice(&[target as u8, PORT_BASE | (port.number() - 1), tenths]);
        }
        data
    }
}

/// The mask, if one stands before a tail whose length is one of `tails`.
pub(super) fn split_mask<'a>(
    optional: &'a [u8],
    tails: &[usize],
) -> Result<(Option<Mask>, &'a [u8]), CommandError> {
    // Five bytes are a mask of up to eight bits, or both parts of the tail with an antenna where the bit count would be.
    let short_mask = matches!(optional, [_, _, _, bits, _] if *bits < PORT_BASE);
    if tails.contains(&optional.len()) && !short_mask {
        return Ok((None, optional));
    }
    let (mask, tail) = Mask::split(optional)?;
    if tails.contains(&tail.len()) { Ok((Some(mask), tail)) } else { Err(CommandError::Length) }
}
