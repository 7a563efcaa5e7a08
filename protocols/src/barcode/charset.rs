//! 字符集: what a record's bytes are as text: by the configured character set, or by those that the text itself names.
//! Promises: no character is made up: bytes that are not of the set give no text at all; no set is guessed.
//! Absent: byte order marks (a slip has none); sets that no label printer of ours uses.
//! Source: AIM ECI assignments 000003, 000020, 000026, 000029 and 000032; the WHATWG encoding standard's tables, through
//! `encoding_rs` (docs/decisions/0017).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use encoding_rs::{BIG5, Encoding, GBK, SHIFT_JIS};

/// 字符集: one that label printers and modules use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// GBK, read as GB 18030, of which GB 2312 and GBK are parts.
    Gbk,
    /// Big5.
    Big5,
    /// Shift JIS, which QR's Kanji mode gives.
    ShiftJis,
    /// ISO 8859-1.
    Latin1,
}

impl Charset {
    /// The text, or `None` when the bytes are none of this set.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        let table = match self {
            Self::Utf8 => return core::str::from_utf8(bytes).ok().map(ToOwned::to_owned),
            Self::Latin1 => return Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Self::Gbk => GBK,
            Self::Big5 => BIG5,
            Self::ShiftJis => SHIFT_JIS,
        };
        let text = table.decode_without_bom_handling_and_without_replacement(bytes)?;
        Some(text.into_owned())
    }

    /// The bytes of a text, or `None` when this set lacks a character of it.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
            Self::Gbk => encode(GBK, text),
            Self::Big5 => encode(BIG5, text),
            Self::ShiftJis => encode(SHIFT_JIS, text),
        }
    }

    /// The set that an ECI number names, of those that we know.
    #[must_use]
    pub const fn of_eci(number: u32) -> Option<Self> {
        match number {
            3 => Some(Self::Latin1),
            20 => Some(Self::ShiftJis),
            26 => Some(Self::Utf8),
            29 | 32 => Some(Self::Gbk),
            _ => None,
        }
    }

    /// The text of bytes that name their sets: `\` and six digits switch, a doubled `\` is one. Up to the first switch
    /// the set is this one. `None` when a set is not known, a `\` is neither, or the bytes are not of their set.
    #[must_use]
    pub fn decode_eci(self, bytes: &[u8]) -> Option<String> {
        let mut text = String::new();
        let mut set = self;
        // Collected bytewise: in GBK, Big5 and Shift JIS a backslash's byte may be half of a character, and is doubled too.
        let mut part = Vec::new();
        let mut rest = bytes;
        loop {
            match rest {
                [] => break,
                [b'\\', b'\\', after @ ..] => {
                    part.push(b'\\');
                    rest = after;
                }
                [b'\\', after @ ..] => {
                    let (digits, after) = after.split_first_chunk::<6>()?;
                    text.push_str(&set.decode(&part)?);
                    part.clear();
                    set = Self::of_eci(number(*digits)?)?;
                    rest = after;
                }
                [byte, after @ ..] => {
                    part.push(*byte);
                    rest = after;
                }
            }
        }
        text.push_str(&set.decode(&part)?);
        Some(text)
    }
}

fn encode(table: &'static Encoding, text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lossy) = table.encode(text);
    (!lossy).then(|| bytes.into_owned())
}

fn number(digits: [u8; 6]) -> Option<u32> {
    core::str::from_utf8(&digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()
}
