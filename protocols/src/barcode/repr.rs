//! A record as its configuration reads it: kind of symbol, text, medium key; and a record as a scanner writes it.
//! Promises: a text exists only in the character set that was configured or that the text itself names; a check character
//! that the reader sent is verified; the raw record is kept whole, so that nothing that was taken off is lost.
//! Absent: whether the text is a key that a yard knows (`ids::MediumKey`); de-duplication, which is the lane's.
//! Source: GM65 manual V1.3, chapter 6; contract section 2, row BC.

use super::aim::{Aim, CodeId, Symbology};
use super::charset::Charset;
use super::gs1::{self, Element, FNC1, Gs1Error, Strictness};
use super::wire::{End, Record};
use super::zone::TailKind;
use super::{code39, wire};
use crate::ids::normalise;
use crate::talk::Identity;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// 读取方式: how the records of one scanner are read. It follows the scanner's settings, and nothing of it is guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How the scanner marks the kind of symbol. Default `Off`.
    pub code_id: CodeId,
    /// In which character set texts come that name none themselves. Default UTF-8.
    pub charset: Charset,
    /// What a reader that was told to replace FNC1 sends for it in GS1 texts. Default U+001D.
    pub separator: char,
    /// `Strict`: a GS1 text that is no element string is refused. Default `Lenient`: it is a text all the same.
    pub gs1: Strictness,
    /// What the scanner sends when a read failed, if it sends anything. Default nothing.
    pub no_read: Option<Box<str>>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            code_id: CodeId::Off,
            charset: Charset::Utf8,
            separator: FNC1,
            gs1: Strictness::Lenient,
            no_read: None,
        }
    }
}

/// 扫码结果: what a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A symbol was read.
    Code(Code),
    /// A read failed.
    NoRead,
}

/// 条码内容: one symbol that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The kind of symbol, where the record says it.
    pub symbology: Symbology,
    /// Its AIM identifier, if it came with one.
    pub aim: Option<Aim>,
    /// What is left when identifier and check character are taken off; `None` when the bytes are not of their set.
    /// FNC1 is kept, as U+001D.
    pub data: Option<String>,
    /// The record as it came: framing, identifier and FNC1 kept. Bytes beyond ASCII that are not of the configured set
    /// are written `\xBE`.
    pub raw: String,
    /// What ended the record.
    pub end: End,
}

/// Why a record says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The check character that the reader sent is wrong.
    #[error("check character of Code 39 is wrong")]
    CheckCharacter,
    /// Every record of this scanner carries an AIM identifier, but not this one.
    #[error("no AIM identifier")]
    NoIdentifier,
    /// A GS1 text that is no element string, read strictly.
    #[error("no GS1 element string")]
    Gs1(#[source] Gs1Error),
    /// Nothing but blanks and separators.
    #[error("no text")]
    Empty,
}

impl Reading {
    /// What a record says.
    ///
    /// # Errors
    /// When it cannot be taken for what a symbol held.
    pub fn read(&self, record: &Record<'_>) -> Result<Scan, ScanError> {
        let body = record.body();
        if self.no_read.as_deref().is_some_and(|no_read| no_read.as_bytes() == body) {
            return Ok(Scan::NoRead);
        }
        let (aim, symbology, mut payload) = self.identified(body)?;
        if let Some(alphabet) = aim.and_then(Aim::sent_check) {
            payload = code39::verified(payload, alphabet).ok_or(ScanError::CheckCharacter)?;
        }
        let data = match aim {
            Some(aim) if aim.has_eci() => self.charset.decode_eci(payload),
            _ => self.charset.decode(payload),
        };
        let data = data.map(|data| self.with_fnc1(aim, data));
        let code = Code { symbology, aim, data, raw: self.raw(record.bytes()), end: record.end() };
        if code.text().is_some_and(|text| text.is_empty()) {
            return Err(ScanError::Empty);
        }
        match code.elements(self.gs1) {
            Some(Err(error)) if self.gs1 == Strictness::Strict => Err(ScanError::Gs1(error)),
            _ => Ok(Scan::Code(code)),
        }
    }

    /// Takes off what marks the kind of symbol.
    fn identified<'a>(&self, body: &'a [u8]) -> Result<(Option<Aim>, Symbology, &'a [u8]), ScanError> {
        if let Some((aim, payload)) = Aim::split(body) {
            return Ok((Some(aim), aim.symbology(), payload));
        }
        let unmarked = (None, Symbology::Unknown, body);
        match (self.code_id, body.split_first()) {
            (CodeId::Aim, _) => Err(ScanError::NoIdentifier),
            (CodeId::Letter, Some((letter, payload))) => {
                Ok(Symbology::of_letter(*letter).map_or(unmarked, |symbology| (None, symbology, payload)))
            }
            _ => Ok(unmarked),
        }
    }

    fn with_fnc1(&self, aim: Option<Aim>, data: String) -> String {
        if self.separator != FNC1 && aim.is_some_and(Aim::is_gs1) {
            data.chars().map(|c| if c == self.separator { FNC1 } else { c }).collect()
        } else {
            data
        }
    }

    fn raw(&self, bytes: &[u8]) -> String {
        self.charset.decode(bytes).unwrap_or_else(|| {
            let shown = bytes.iter().map(|byte| match byte {
                0..=0x7F => String::from(char::from(*byte)),
                other => format!("\\x{other:02X}"),
            });
            shown.collect()
        })
    }
}

impl Code {
    /// 条形码: the text that is compared with medium keys: trimmed, FNC1 taken out. `None` when it is undecodable.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let data: String = self.data.as_deref()?.chars().filter(|c| *c != FNC1).collect();
        Some(String::from(normalise::bar_code(&data)))
    }

    /// The elements, where the symbol was a GS1 symbol whose bytes are text.
    #[must_use]
    pub fn elements(&self, strictness: Strictness) -> Option<Result<Vec<Element<'_>>, Gs1Error>> {
        let data = self.data.as_deref().filter(|_| self.aim.is_some_and(Aim::is_gs1))?;
        Some(gs1::parse(data, FNC1, strictness))
    }

    /// Who was seen. An undecodable text is an empty one, which is nobody's key; the raw record tells what came.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::Code { text: self.text().unwrap_or_default(), raw: self.raw.clone() }
    }
}

/// 记录格式: how a scanner dresses a record: prefix, code ID, data, suffix, tail, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Up to 15 bytes before everything; an STX here frames the record.
    pub prefix: Vec<u8>,
    /// How the kind of symbol is marked.
    pub code_id: CodeId,
    /// Up to 15 bytes behind the data; an ETX here ends it.
    pub suffix: Vec<u8>,
    /// What ends the record.
    pub tail: TailKind,
}

impl Layout {
    /// Data and a CR.
    #[must_use]
    pub const fn plain() -> Self {
        Self { prefix: Vec::new(), code_id: CodeId::Off, suffix: Vec::new(), tail: TailKind::Cr }
    }

    /// AIM identifier and data between STX and ETX.
    #[must_use]
    pub fn framed() -> Self {
        Self {
            prefix: alloc::vec![wire::STX],
            code_id: CodeId::Aim,
            suffix: alloc::vec![wire::ETX],
            tail: TailKind::None,
        }
    }

    /// The bytes on the wire for a symbol of that kind which holds these bytes.
    #[must_use]
    pub fn write(&self, aim: Aim, data: &[u8]) -> Vec<u8> {
        let mut record = self.prefix.clone();
        match self.code_id {
            CodeId::Off => {}
            CodeId::Letter => record.extend(aim.symbology().letter()),
            CodeId::Aim => record.extend_from_slice(&aim.bytes()),
        }
        record.extend_from_slice(data);
        self.close(record)
    }

    /// The bytes on the wire for a read that failed: the text alone, with suffix and tail.
    #[must_use]
    pub fn failure(&self, text: &str) -> Vec<u8> {
        self.close([&self.prefix, text.as_bytes()].concat())
    }

    fn close(&self, mut record: Vec<u8>) -> Vec<u8> {
        record.extend_from_slice(&self.suffix);
        record.extend_from_slice(self.tail.bytes());
        record
    }
}
