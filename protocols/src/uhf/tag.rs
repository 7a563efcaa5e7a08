//! 电子车牌: what a reader says of one tag, and the lists that an inventory brings.
//! Promises: an EPC is 1 to 62 bytes, as the tag's PC word can say; a list is never read past its frame, whole tuples
//! are told and what was promised beyond them is counted; where an EPC ends before a TID is never guessed.
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

/// 天线编码: how the 288 family names antennas in what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AntennaForm {
    /// A bit a port: readers with 1, 4 and 8 ports.
    Mask,
    /// The port's index from 0: readers with 16.
    Index,
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

    /// The same, seen by that antenna with that strength.
    #[must_use]
    pub const fn seen_by(mut self, antenna: u8, rssi: u8) -> Self {
        (self.antenna, self.rssi) = (Some(antenna), Some(rssi));
        self
    }

    /// The same, with its TID.
    #[must_use]
    pub const fn with_tid(mut self, tid: [u8; 12]) -> Self {
        self.tid = Some(tid);
        self
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

    /// The port that saw it, from 1 as printed on the reader; the lowest where several did.
    #[must_use]
    pub fn port(&self, form: AntennaForm) -> Option<u8> {
        let raw = self.antenna?;
        let index = match form {
            AntennaForm::Mask => u8::try_from(raw.trailing_zeros()).ok().filter(|index| *index < 8)?,
            AntennaForm::Index => raw,
        };
        index.checked_add(1)
    }

    /// The one tag of an unsolicited report, or `None` when the inner length does not fit.
    pub(super) fn unsolicited(family: Family, data: &[u8]) -> Option<Self> {
        match (family, data) {
            (Family::Uhf18, epc) => Self::new(epc),
            (Family::Uhf288, [antenna, tuple @ ..]) => {
                let whole = |form| match split_288(Some(form), tuple) {
                    Some((read, [])) => Some(Self { antenna: Some(*antenna), ..read }),
                    _ => None,
                };
                whole(TidForm::Counted).or_else(|| whole(TidForm::Uncounted))
            }
            (Family::Uhf288, []) => None,
        }
    }

    /// The bytes that stand for it in an unsolicited report.
    pub(super) fn report(&self, family: Family) -> Vec<u8> {
        match family {
            Family::Uhf18 => self.epc().to_vec(),
            Family::Uhf288 => {
                let mut data = alloc::vec![self.antenna.unwrap_or(0)];
                self.write_tuple(family, self.tid_form(), &mut data);
                data
            }
        }
    }

    /// The form in which this tag's length can be written: counted, as the manual says, unless it is too long for that.
    fn tid_form(&self) -> TidForm {
        let counted = self.tid.is_none() || self.len + TID_LEN <= LENGTH;
        if counted { TidForm::Counted } else { TidForm::Uncounted }
    }

    fn write_tuple(&self, family: Family, form: TidForm, out: &mut Vec<u8>) {
        match family {
            Family::Uhf18 => {
                out.push(self.len);
                out.extend_from_slice(self.epc());
            }
            Family::Uhf288 => {
                out.push(match (self.tid, form) {
                    (None, _) => self.len,
                    (Some(_), TidForm::Counted) => WITH_TID | self.len.saturating_add(TID_LEN),
                    (Some(_), TidForm::Uncounted) => WITH_TID | self.len,
                });
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
/// The length in the 288 family's length byte.
const LENGTH: u8 = 0x3F;
/// Bytes of a TID beside an EPC.
const TID_LEN: u8 = 12;

/// Whether the length counts the TID beside the EPC. One manual says "total length", others only that a TID follows; the
/// form with which a whole frame comes out even is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TidForm {
    Counted,
    Uncounted,
}

/// One tag tuple of the 18 family and what follows it, or `None` when it does not fit.
fn split_18(bytes: &[u8]) -> Option<(TagRead, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    let (epc, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((TagRead::new(epc)?, rest))
}

/// One tag tuple of the 288 family and what follows it, or `None` when it does not fit. Without a form a tuple with a
/// TID does not.
fn split_288(form: Option<TidForm>, bytes: &[u8]) -> Option<(TagRead, &[u8])> {
    let (head, rest) = bytes.split_first()?;
    let with_tid = head & WITH_TID != 0;
    let len = match (with_tid, form) {
        (false, _) | (true, Some(TidForm::Uncounted)) => head & LENGTH,
        (true, Some(TidForm::Counted)) => (head & LENGTH).checked_sub(TID_LEN)?,
        (true, None) => return None,
    };
    let (epc, mut rest) = rest.split_at_checked(usize::from(len))?;
    let mut read = TagRead::new(epc)?;
    if with_tid {
        let (tid, after) = rest.split_first_chunk()?;
        (read.tid, rest) = (Some(*tid), after);
    }
    let (rssi, mut rest) = rest.split_first()?;
    read.rssi = Some(*rssi);
    if head & WITH_PHASE != 0 {
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
    form: Option<TidForm>,
    tuples: &'a [u8],
}

impl<'a> Tags<'a> {
    /// The list that an inventory reply's data holds; `None` when even the head is missing.
    #[must_use]
    pub fn parse(family: Family, data: &'a [u8]) -> Option<Self> {
        let (antenna, declared, tuples) = match (family, data) {
            (Family::Uhf18, [declared, tuples @ ..]) => (None, *declared, tuples),
            (Family::Uhf288, [antenna, declared, tuples @ ..]) => (Some(*antenna), *declared, tuples),
            _ => return None,
        };
        let bare = Self { family, antenna, declared, form: None, tuples };
        let even = |form| Self { form: Some(form), ..bare }.is_even();
        let form = match (even(TidForm::Counted), even(TidForm::Uncounted)) {
            (Some(_), None) | (Some(true), Some(false)) => Some(TidForm::Counted),
            (None, Some(_)) | (Some(false), Some(true)) => Some(TidForm::Uncounted),
            // Both at once: without TIDs, where it makes no difference, or beyond telling.
            (None, None) | (Some(_), Some(_)) => None,
        };
        Some(Self { form, ..bare })
    }

    /// Whether all TIDs begin as TIDs do, if the tuples are just as many as promised and leave nothing over.
    fn is_even(&self) -> Option<bool> {
        let (mut rest, mut likely) = (self.tuples, true);
        for _ in 0..self.declared {
            let (read, after) = self.split(rest)?;
            // ISO/IEC 15963: the allocation class comes first, E2 for Gen2, E0 for others.
            likely &= read.tid.is_none_or(|tid| matches!(tid, [0xE2 | 0xE0, ..]));
            rest = after;
        }
        rest.is_empty().then_some(likely)
    }

    fn split<'b>(&self, bytes: &'b [u8]) -> Option<(TagRead, &'b [u8])> {
        match self.family {
            Family::Uhf18 => split_18(bytes),
            Family::Uhf288 => split_288(self.form, bytes),
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
        let counted = reads.iter().all(|read| read.tid_form() == TidForm::Counted);
        let form = if counted { TidForm::Counted } else { TidForm::Uncounted };
        for read in reads.iter().take(usize::from(declared)) {
            read.write_tuple(family, form, &mut data);
        }
        data
    }

    /// The whole tuples, in order.
    pub fn iter(&self) -> impl Iterator<Item = TagRead> + use<'a> {
        let (list, mut tuples) = (*self, self.tuples);
        (0..list.declared).map_while(move |_| {
            let (read, rest) = list.split(tuples)?;
            tuples = rest;
            Some(TagRead { antenna: list.antenna, ..read })
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
