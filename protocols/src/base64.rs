//! Base64 in its two alphabets: readers write EPCs with `-` and `_`, cameras write plates with `+` and `/`.
//! Promises: bytes have one spelling: bits that belong to no byte are zero, padding is whole or absent; nothing that
//! belongs to the other alphabet is taken.
//! Absent: line breaks, streaming; an identity is a few dozen bytes.
//! Source: RFC 4648, sections 4 and 5.

use alloc::string::String;
use alloc::vec::Vec;

/// Which two characters stand for 62 and 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `+` and `/`, RFC 4648 section 4.
    Standard,
    /// `-` and `_`, RFC 4648 section 5.
    Url,
}

impl Alphabet {
    const fn signs(self) -> [u8; 2] {
        match self {
            Self::Standard => *b"+/",
            Self::Url => *b"-_",
        }
    }

    fn value(self, letter: u8) -> Option<u32> {
        let [sixty_two, sixty_three] = self.signs();
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ if letter == sixty_two => 62,
            _ if letter == sixty_three => 63,
            _ => return None,
        };
        Some(u32::from(value))
    }

    fn letter(self, value: u32) -> char {
        let value = u8::try_from(value & 63).unwrap_or_default();
        let [sixty_two, sixty_three] = self.signs();
        char::from(match value {
            0..=25 => b'A' + value,
            26..=51 => b'a' + value - 26,
            52..=61 => b'0' + value - 52,
            62 => sixty_two,
            _ => sixty_three,
        })
    }

    /// The bytes that a text stands for, or `None` when it is no base64 of this alphabet.
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        let letters = text.trim_end_matches('=');
        let padding = text.len() - letters.len();
        if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
            return None;
        }
        let mut bytes = Vec::with_capacity(letters.len() / 4 * 3 + 2);
        for group in letters.as_bytes().chunks(4) {
            let mut bits = 0;
            for letter in group {
                bits = bits << 6 | self.value(*letter)?;
            }
            let missing = 4 - group.len();
            let [_, whole @ ..] = (bits << (6 * missing)).to_be_bytes();
            // One letter alone is less than a byte.
            let (told, spare) = whole.split_at_checked(3_usize.checked_sub(missing).filter(|n| *n > 0)?)?;
            if spare.iter().any(|byte| *byte != 0) {
                return None;
            }
            bytes.extend_from_slice(told);
        }
        Some(bytes)
    }

    /// The text for some bytes, padded.
    pub fn encode(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for group in bytes.chunks(3) {
            let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
            let missing = 3 - group.len();
            let bits = bits << (8 * missing);
            for place in 0..4 {
                let letter = self.letter(bits >> (18 - 6 * place));
                text.push(if place > 3 - missing { '=' } else { letter });
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Alphabet::{Standard, Url};
    use alloc::vec::Vec;
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    #[test]
    fn the_vectors_of_the_standard_hold_and_other_spellings_do_not() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            for alphabet in [Standard, Url] {
                assert_eq!(alphabet.encode(bytes.as_bytes()), text);
                assert_eq!(alphabet.decode(text).as_deref(), Some(bytes.as_bytes()), "{text}");
                assert_eq!(alphabet.decode(text.trim_end_matches('=')).as_deref(), Some(bytes.as_bytes()));
            }
        }
        assert_eq!(Standard.decode("+/+/"), Some([0xFB, 0xFF, 0xBF].to_vec()));
        assert_eq!(Url.decode("-_-_"), Standard.decode("+/+/"));
        for wrong in
            ["-_-_", "Zg=", "Zg===", "=", "====", "Z", "Zm9vY", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "京"]
        {
            assert_eq!(Standard.decode(wrong), None, "{wrong}");
        }
        assert_eq!(Url.decode("+/+/"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for alphabet in [Standard, Url] {
                let text = alphabet.encode(&bytes);
                prop_assert_eq!(alphabet.decode(&text), Some(bytes.clone()));
            }
        }

        #[test]
        fn what_decodes_has_no_second_spelling(text in "[A-Za-z0-9+/_=-]{0,12}") {
            if let Some(bytes) = Standard.decode(&text) {
                let plain: Vec<char> = text.trim_end_matches('=').chars().collect();
                let again = Standard.encode(&bytes);
                prop_assert_eq!(again.trim_end_matches('=').chars().collect::<Vec<_>>(), plain);
            }
        }
    }
}
