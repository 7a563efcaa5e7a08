//! The alphabet of Code 39: values of its 43 characters, the check character, and the pairs of full ASCII.
//! Promises: pure arithmetic; a text with a character that Code 39 does not have has no check character.
//! Absent: turning pairs back into characters: a reader either did that already or was told not to.
//! Source: ISO/IEC 16388, annex A; the pairs verified against two independent decoders (`+S+L+I+P` is `slip`).

use super::aim::Alphabet;

/// The characters in the order of their values.
const CHARACTERS: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// The value of a character; `*` starts and stops a symbol and has none.
#[must_use]
pub fn value(character: u8) -> Option<u8> {
    let place = CHARACTERS.iter().position(|known| *known == character);
    place.and_then(|place| u8::try_from(place).ok())
}

/// The check character of a text: the sum of its values modulo 43. `None` when a character is none of Code 39's.
#[must_use]
pub fn check(text: &[u8], alphabet: Alphabet) -> Option<u8> {
    let mut sum = 0_u32;
    for byte in text {
        let (shift, character) = match alphabet {
            Alphabet::Plain => (None, *byte),
            Alphabet::FullAscii => pair(*byte)?,
        };
        for symbol in shift.into_iter().chain([character]) {
            sum = (sum + u32::from(value(symbol)?)) % 43;
        }
    }
    CHARACTERS.get(usize::try_from(sum).ok()?).copied()
}

/// Takes the check character off a text that ends with it; `None` when it is not the right one.
#[must_use]
pub fn verified(text: &[u8], alphabet: Alphabet) -> Option<&[u8]> {
    let (last, text) = text.split_last()?;
    (check(text, alphabet) == Some(*last)).then_some(text)
}

/// How full ASCII writes a character: one of the 43, or a shift and a letter. `None` beyond ASCII.
#[must_use]
pub fn pair(byte: u8) -> Option<(Option<u8>, u8)> {
    // Each row: the first character that it stands for, the last one, the shift, and the letter of the first.
    const ROWS: [(u8, u8, u8, u8); 12] = [
        (0x01, 0x1A, b'$', b'A'),
        (0x1B, 0x1F, b'%', b'A'),
        (b'!', b',', b'/', b'A'),
        (b'/', b'/', b'/', b'O'),
        (b':', b':', b'/', b'Z'),
        (b';', b'?', b'%', b'F'),
        (b'[', b'_', b'%', b'K'),
        (b'a', b'z', b'+', b'A'),
        (b'{', 0x7F, b'%', b'P'),
        (0x00, 0x00, b'%', b'U'),
        (b'@', b'@', b'%', b'V'),
        (b'`', b'`', b'%', b'W'),
    ];
    let row = ROWS.into_iter().find(|(first, last, ..)| (*first..=*last).contains(&byte));
    match row {
        Some((first, _, shift, letter)) => Some((Some(shift), letter + (byte - first))),
        None => value(byte).map(|_| (None, byte)),
    }
}
