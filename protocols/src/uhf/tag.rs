//! 电子车牌: what a reader says of one tag, and the lists that an inventory brings.
//! Promises: an EPC is 1 to 62 bytes, as the tag's PC word can say; a list is never read past its frame, whole tuples
//! are told and what was promised beyond them is counted.
//! Absent: which key an EPC becomes for the lane beyond its hex form; the meaning of RSSI, whose unit no manual gives.
//! Source: UHFReader18 manual V2.0, 8.2.1; UHF RFID Reader Series User Manual V2.20, inventory and real-time packets.

use alloc::string::String;
use alloc::vec::Vec;

/// Longest EPC, bytes: 31 words, the most that the length field of a PC word says.
pub const EPC_MAX: usize = 62;

/// 读写器系列: readers share the frames and differ in how tags lie inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// UHFReader18, RRU9803: no antenna, no RSSI.
    Uhf18,
    /// UHFReader288, 86, Ex10: antenna and RSSI with each tag.
    Uhf288,
}

impl Family {
    /// The family that the type byte of a reader information reply names, if it is a known one.
    #[must_use]
    pub fn of_type(kind: u8) -> Option<Self> {
        match kind {
            0x03 | 0x08 | 0x09 => Some(Self::Uhf18),
            0x0C | 0x0F | 0x10 | 0x16 | 0x20 => Some(Self::Uhf288),
            _ => None,
        }
    }
}

/// 标签读取: one tag as one reader saw it once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TagRead {
    epc: [u8; EPC_MAX],
    len: u8,
    /// Antenna as the reader says it: a bit mask on 1, 4 and 8 ports, an index on 16.
    pub antenna: Option<u8>,
    /// Signal strength, raw: larger is stronger.
    pub rssi: Option<u8>,
    /// The tag's own serial number, when the reader was asked for it. Evidence, never a key.
    pub tid: Option<[u8; 12]>,
}

impl TagRead {
    /// A read of that EPC without antenna, strength and TID; `None` unless it is 1 to 62 bytes.
    #[must_use]
    pub fn new(epc: &[u8]) -> Option<Self> {
        let len = u8::try_from(epc.len()).ok().filter(|len| *len > 0)?;
        let mut bytes = [0; EPC_MAX];
        bytes.get_mut(..epc.len())?.copy_from_slice(epc);
        Some(Self { epc: bytes, len, antenna: None, rssi: None, tid: None })
    }

    /// The EPC's bytes.
    #[must_use]
    pub fn epc(&self) -> &[u8] {
        self.epc.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The EPC as upper-case hex, leading zeros kept: the lane's medium key.
    #[must_use]
    pub fn epc_hex(&self) -> String {
        hex::encode_upper(self.epc())
    }

    /// The one tag of an unsolicited report, or `None` when the inner length does not fit.
    pub(super) fn unsolicited(family: Family, data: &[u8]) -> Option<Self> {
        match (family, data) {
            (Family::Uhf18, epc) => Self::new(epc),
            (Family::Uhf288, [antenna, tuple @ ..]) => match split_tuple(family, tuple) {
                Some((read, [])) => Some(Self { antenna: Some(*antenna), ..read }),
                _ => None,
            },
            (Family::Uhf288, []) => None,
        }
    }

    /// The bytes that stand for it in an unsolicited report.
    pub(super) fn report(&self, family: Family) -> Vec<u8> {
        match family {
            Family::Uhf18 => self.epc().to_vec(),
            Family::Uhf288 => {
                let mut data = alloc::vec![self.antenna.unwrap_or(0)];
                self.write_tuple(family, &mut data);
                data
            }
        }
    }

    fn write_tuple(&self, family: Family, out: &mut Vec<u8>) {
        match family {
            Family::Uhf18 => {
                out.push(self.len);
                out.extend_from_slice(self.epc());
            }
            Family::Uhf288 => {
                out.push(self.len | if self.tid.is_some() { WITH_TID } else { 0 });
                out.extend_from_slice(self.epc());
                out.extend_from_slice(self.tid.as_ref().map_or(&[], |tid| tid.as_slice()));
                out.push(self.rssi.unwrap_or(0));
            }
        }
    }
}

impl core::fmt::Debug for TagRead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TagRead({} antenna {:?} rssi {:?})", self.epc_hex(), self.antenna, self.rssi)
    }
}

/// Bit of the 288 family's length byte: a 12-byte TID follows the EPC.
const WITH_TID: u8 = 0x80;
/// Bit of the 288 family's length byte: 4 phase bytes and 3 frequency bytes follow the RSSI.
const WITH_PHASE: u8 = 0x40;

/// One tag tuple and what follows it, or `None` when it does not fit.
fn split_tuple(family: Family, bytes: &[u8]) -> Option<(TagRead, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    if family == Family::Uhf18 {
        let (epc, rest) = rest.split_at_checked(usize::from(*len))?;
        return Some((TagRead::new(epc)?, rest));
    }
    let (epc, mut rest) = rest.split_at_checked(usize::from(len & !(WITH_TID | WITH_PHASE)))?;
    let mut read = TagRead::new(epc)?;
    if len & WITH_TID != 0 {
        let (tid, after) = rest.split_first_chunk::<12>()?;
        (read.tid, rest) = (Some(*tid), after);
    }
    let (rssi, mut rest) = rest.split_first()?;
    read.rssi = Some(*rssi);
    if len & WITH_PHASE != 0 {
        (_, rest) = rest.split_at_checked(7)?;
    }
    Some((read, rest))
}

/// 标签列表: the tags of one inventory frame, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tags<'a> {
    family: Family,
    antenna: Option<u8>,
    declared: u8,
    tuples: &'a [u8],
}

impl<'a> Tags<'a> {
    /// The list that an inventory reply's data holds; `None` when even the head is missing.
    #[must_use]
    pub fn parse(family: Family, data: &'a [u8]) -> Option<Self> {
        match (family, data) {
            (Family::Uhf18, [declared, tuples @ ..]) => {
                Some(Self { family, antenna: None, declared: *declared, tuples })
            }
            (Family::Uhf288, [antenna, declared, tuples @ ..]) => {
                Some(Self { family, antenna: Some(*antenna), declared: *declared, tuples })
            }
            _ => None,
        }
    }

    /// The data of an inventory reply with these tags, for `parse`. Only the first 255 fit the count.
    #[must_use]
    pub fn write(family: Family, antenna: u8, reads: &[TagRead]) -> Vec<u8> {
        let declared = u8::try_from(reads.len()).unwrap_or(u8::MAX);
        let mut data = match family {
            Family::Uhf18 => alloc::vec![declared],
            Family::Uhf288 => alloc::vec![antenna, declared],
        };
        for read in reads.iter().take(usize::from(declared)) {
            read.write_tuple(family, &mut data);
        }
        data
    }

    /// The whole tuples, in order.
    pub fn iter(&self) -> impl Iterator<Item = TagRead> + use<'a> {
        let Self { family, antenna, declared, mut tuples } = *self;
        (0..declared).map_while(move |_| {
            let (read, rest) = split_tuple(family, tuples)?;
            tuples = rest;
            Some(TagRead { antenna, ..read })
        })
    }

    /// How many tuples the head promised and the frame does not hold.
    #[must_use]
    pub fn overrun(&self) -> usize {
        usize::from(self.declared) - self.iter().count()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.tuples.len() + 2);
        data.extend(self.antenna);
        data.push(self.declared);
        data.extend_from_slice(self.tuples);
        data
    }
}
