//! 感应卡: one card as InListPassiveTarget lists it, 106 kbit/s type A.
//! Promises: every length is held against the frame before a byte is taken; a UID has 4, 7 or 10 bytes.
//! Absent: whether a UID can be somebody's (`ids::CardUid`); type B.
//! Source: UM0701-02, 7.3.5; ISO/IEC 14443-3; NXP AN10833 for the kinds.

use alloc::vec::Vec;

/// Bit of SEL_RES: the card speaks ISO 14443-4, so that an answer to select (ATS) follows.
const ISO_14443_4: u8 = 0x20;
/// Bit of SEL_RES: the card is, or plays, a MIFARE Classic.
const CLASSIC: u8 = 0x08;

/// 感应卡: a card in the field, selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The number under which the chip holds it, 1 or 2.
    pub number: u8,
    /// SENS_RES (ATQA).
    pub sens_res: u16,
    /// SEL_RES (SAK).
    pub sel_res: u8,
    /// The UID in bus order: 4, 7 or 10 bytes, without check bytes and cascade tags.
    pub uid: Vec<u8>,
    /// The answer to select behind its length byte, where the card speaks ISO 14443-4 and the chip asked for it.
    pub ats: Option<Vec<u8>>,
}

impl Target {
    /// Whether its memory needs a key.
    #[must_use]
    pub const fn is_classic(&self) -> bool {
        self.sel_res & CLASSIC != 0
    }

    /// What kind of card it seems to be, for a person.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match (self.sens_res, self.sel_res) {
            (_, 0x08) => "Classic 1K",
            (_, 0x18) => "Classic 4K",
            (0x0044, 0x00) => "Ultralight or NTAG",
            (0x0344, 0x20) => "DESFire",
            (_, sel_res) if sel_res & ISO_14443_4 != 0 => "ISO 14443-4 card",
            _ => "ISO 14443-3 card",
        }
    }

    /// One card and what follows it, or `None` when it does not fit.
    pub(super) fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let [number, high, low, sel_res, length, rest @ ..] = bytes else { return None };
        if !matches!(length, 4 | 7 | 10) {
            return None;
        }
        let (uid, rest) = rest.split_at_checked(usize::from(*length))?;
        let (ats, rest) = match rest {
            [length, rest @ ..] if sel_res & ISO_14443_4 != 0 => {
                let (ats, rest) = rest.split_at_checked(usize::from(length.checked_sub(1)?))?;
                (Some(ats.to_vec()), rest)
            }
            // Without automatic RATS nothing follows such a card either, as the last of a list shows.
            _ => (None, rest),
        };
        let sens_res = u16::from_be_bytes([*high, *low]);
        Some((Self { number: *number, sens_res, sel_res: *sel_res, uid: uid.to_vec(), ats }, rest))
    }

    /// As `split` reads it. A UID or ATS longer than its length byte can say is cut.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(self.number);
        out.extend_from_slice(&self.sens_res.to_be_bytes());
        out.push(self.sel_res);
        counted(&self.uid, 0, out);
        if let Some(ats) = &self.ats {
            counted(ats, 1, out);
        }
    }
}

/// The bytes behind their length, which counts `own` bytes of itself.
fn counted(bytes: &[u8], own: u8, out: &mut Vec<u8>) {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX).min(u8::MAX - own);
    out.push(length + own);
    out.extend(bytes.iter().take(usize::from(length)));
}
