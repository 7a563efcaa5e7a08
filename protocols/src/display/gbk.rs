//! 显示文字: text as panels and speech chips take it.
//! Promises: what `fit` makes has no control byte and no sign with which the device begins a command, not even as the second
//! byte of a character; it is never longer than the room given, and never ends in half a character.
//! Absent: GB18030's four-byte characters, which no panel of ours has; right-to-left and combining text.
//! Source: GBK as the WHATWG Encoding Standard has it; why that library, docs/decisions/0012.

use alloc::string::String;
use alloc::vec::Vec;
use encoding_rs::{EncoderResult, GBK};

/// What stands for a character that GBK does not have.
const UNKNOWN: u8 = b'?';

/// 文字: GBK bytes. A double-width character is two bytes and fills two cells, so bytes count cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<u8>);

/// Which signs the device takes as the beginning of a command; they are shown full-width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// None.
    Plain,
    /// The backslash: `\F` a font, `\n` a new line (Onbon).
    Backslash,
    /// Brackets: `[v5]` the volume (SYN6288).
    Brackets,
}

impl Guard {
    fn full_width(self, sign: char) -> Option<char> {
        match (self, sign) {
            (Self::Backslash, '\\') => Some('＼'),
            (Self::Brackets, '[') => Some('［'),
            (Self::Brackets, ']') => Some('］'),
            _ => None,
        }
    }

    /// Whether a device that looks at bytes, not at characters, would take this one for its sign.
    fn forbids(self, byte: u8) -> bool {
        self.full_width(char::from(byte)).is_some()
    }
}

impl Text {
    /// As much of a text from outside as fits so many cells.
    #[must_use]
    pub fn fit(text: &str, cells: usize, guard: Guard) -> Self {
        let mut bytes = Vec::new();
        for sign in text.chars() {
            let sign = if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') { ' ' } else { sign };
            let mut room = [0; 16];
            let shown = encode(guard.full_width(sign).unwrap_or(sign), &mut room)
                .filter(|shown| !shown.iter().any(|byte| guard.forbids(*byte)))
                .unwrap_or(&[UNKNOWN]);
            if bytes.len() + shown.len() > cells {
                break;
            }
            bytes.extend_from_slice(shown);
        }
        Self(bytes)
    }

    /// What stood on a wire, whatever it is. Never for text from outside: it may command the device.
    #[must_use]
    pub fn from_wire(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Our own control sequence before text that has none.
    #[must_use]
    pub fn behind(self, control: &str) -> Self {
        Self([control.as_bytes(), &self.0].concat())
    }

    /// A blank where there is nothing: a board keeps its old line otherwise.
    #[must_use]
    pub fn or_blank(self) -> Self {
        if self.0.is_empty() { Self(b" ".to_vec()) } else { self }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text for a person; what is no GBK shows as U+FFFD.
    #[must_use]
    pub fn read(&self) -> String {
        GBK.decode_without_bom_handling(&self.0).0.into_owned()
    }
}

/// One character's bytes; `None` when GBK has it not, or only as the lone byte 80 of Windows.
fn encode(sign: char, room: &mut [u8; 16]) -> Option<&[u8]> {
    let mut utf8 = [0; 4];
    let text = sign.encode_utf8(&mut utf8);
    let (result, _, written) = GBK.new_encoder().encode_from_utf8_without_replacement(text, room, true);
    let bytes = room.get(..written)?;
    let whole = match bytes {
        [single] => single.is_ascii(),
        _ => true,
    };
    (matches!(result, EncoderResult::InputEmpty) && whole).then_some(bytes)
}
