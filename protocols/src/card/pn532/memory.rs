//! 卡内文本: a number that was written into a card's memory, where it lies, and the key that opens its sector.
//! Promises: a key is never shown; a block is text only when every byte before its padding is a printable ASCII character.
//! Absent: writing; text longer than one block; NDEF records; the key's own storage, which is the configuration's.
//! Source: UM0701-02, 7.3.8; NXP MF1S50YYX, NTAG213/215/216 (command 30 gives 16 bytes).

use alloc::string::String;
use core::fmt;

/// Bytes that one read command gives: a block of a Classic card, four pages of an Ultralight or NTAG.
pub const BLOCK: usize = 16;

/// Which of a sector's two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Key A.
    A,
    /// Key B.
    B,
}

/// 扇区密钥: opens one sector of a Classic card. Never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardKey {
    /// Which of the two.
    pub kind: KeyKind,
    /// The key itself.
    pub bytes: [u8; 6],
}

impl fmt::Debug for CardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardKey({:?})", self.kind)
    }
}

/// 卡内文本: where a card's number lies in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextBlock {
    /// Block of a Classic card, first page of an Ultralight or NTAG.
    pub block: u8,
    /// What opens it. Only Classic cards are asked for it; others are read as they are.
    pub key: Option<CardKey>,
}

/// The text of one block: what stands before the padding of zeros, FF and blanks; `None` when that is nothing, or anything
/// but printable ASCII.
#[must_use]
pub fn text(block: &[u8]) -> Option<String> {
    let padding = |byte: &u8| matches!(byte, 0x00 | 0xFF | b' ');
    let end = block.iter().rposition(|byte| !padding(byte))? + 1;
    let written = block.get(..end)?.trim_ascii_start();
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if written.is_empty() || !written.iter().all(printable) {
        return None;
    }
    Some(written.iter().copied().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::{CardKey, KeyKind, text};
    use alloc::format;

    #[test]
    fn only_printable_text_before_the_padding_counts() {
        for (block, want) in [
            (&b"5201900012345\0\0\0"[..], Some("5201900012345")),
            (b"  AB 12        \xFF", Some("AB 12")),
            (b"0123456789ABCDEF", Some("0123456789ABCDEF")),
            (&[0; 16], None),
            (&[0xFF; 16], None),
            (b"                ", None),
            (b"AB\0CD", None),
            (b"\xD6\xD0", None),
            (b"", None),
        ] {
            assert_eq!(text(block).as_deref(), want, "{block:?}");
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = CardKey { kind: KeyKind::B, bytes: [0xD3, 0xF7, 0xD3, 0xF7, 0xD3, 0xF7] };
        assert_eq!(format!("{key:?}"), "CardKey(B)");
    }
}
