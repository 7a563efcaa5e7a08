//! 条码标签: what stands before a scanner: a slip's symbol, as the scanner's decoder sees it.
//! Promises: a check character that a symbol carries is computed here, not copied.
//! Absent: bars; the character set of a text, which the scanner chooses.
//! Source: ISO/IEC 15424; ISO/IEC 16388.

use alloc::string::String;
use alloc::vec::Vec;
use protocols::barcode::aim::{Aim, Alphabet};
use protocols::barcode::charset::Charset;
use protocols::barcode::code39;

/// 条码标签: one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    aim: Aim,
    data: Data,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Data {
    /// Text, which the scanner sends in its own character set.
    Text(String),
    /// Bytes, which it sends as they are.
    Bytes(Vec<u8>),
}

impl Label {
    /// A symbol of any kind with any bytes.
    #[must_use]
    pub fn of_bytes(aim: Aim, bytes: &[u8]) -> Self {
        Self { aim, data: Data::Bytes(bytes.to_vec()) }
    }

    /// A symbol of any kind with a text.
    #[must_use]
    pub fn of_text(aim: Aim, text: &str) -> Self {
        Self { aim, data: Data::Text(text.into()) }
    }

    /// Code 39 whose check character is sent; `None` when the text has a character that Code 39 lacks.
    #[must_use]
    pub fn code_39_with_check(text: &str) -> Option<Self> {
        let check = code39::check(text.as_bytes(), Alphabet::Plain)?;
        Some(Self::of_bytes(Aim::new(b'A', b'1')?, &[text.as_bytes(), &[check]].concat()))
    }

    /// Its AIM identifier.
    #[must_use]
    pub const fn aim(&self) -> Aim {
        self.aim
    }

    /// What a scanner sends for it. A text with characters that the set lacks goes as UTF-8.
    #[must_use]
    pub fn data(&self, charset: Charset) -> Vec<u8> {
        match &self.data {
            Data::Bytes(bytes) => bytes.clone(),
            Data::Text(text) => charset.encode(text).unwrap_or_else(|| text.as_bytes().to_vec()),
        }
    }
}
