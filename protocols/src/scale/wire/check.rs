//! Checks of weighbridge wires: exclusive-or as two characters (Yaohua), and the seven-bit sum of Mettler Toledo.
//! Promises: each gives the published value over `123456789` (tests below).
//! Absent: trust: both miss swapped digits, so a value counts only when a second frame agrees (`session`).
//! Source: XK3190-A9+ manual p. 9; WILDCAT manual, continuous output.

/// XOR-8, also called BCC: check value 31.
#[must_use]
pub fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// What makes the low seven bits of all bytes sum to zero: check value 23. Parity bits are masked off before.
#[must_use]
pub fn seven_bit_sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(byte & 0x7F)) & 0x7F
}

/// A check as two upper-case hexadecimal characters, high half first.
#[must_use]
pub fn halves(check: u8) -> [u8; 2] {
    [half(check >> 4), half(check & 0x0F)]
}

fn half(nibble: u8) -> u8 {
    if nibble <= 9 { b'0' + nibble } else { b'A' + nibble - 10 }
}

/// Whether a character is half of a check. Some clones go on behind `9` with `:` to `?`; that is read, never sent.
pub(super) const fn is_half(character: u8) -> bool {
    nibble(character).is_some()
}

const fn nibble(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'?' => Some(character - b'0'),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

/// Whether two characters are the check of these bytes.
pub(super) fn holds(covered: &[u8], high: u8, low: u8) -> bool {
    match (nibble(high), nibble(low)) {
        (Some(high), Some(low)) => high << 4 | low == xor(covered),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{halves, holds, seven_bit_sum, xor};

    #[test]
    fn the_check_values_are_the_published_ones() {
        assert_eq!(xor(b"123456789"), 0x31);
        assert_eq!(seven_bit_sum(b"123456789"), 0x23);
        assert_eq!(seven_bit_sum(&[0xB1, 0x32]), seven_bit_sum(&[0x31, 0xB2]), "parity does not count");
    }

    #[test]
    fn halves_are_sent_as_hexadecimal_and_read_in_both_spellings() {
        assert_eq!(halves(0x1F), *b"1F");
        assert!(holds(&[0x1F], b'1', b'F') && holds(&[0x1F], b'1', b'?'));
        assert!(!holds(&[0x1F], b'1', b'f') && !holds(&[0x1F], b'F', b'1') && !holds(&[0x1F], b'1', b'@'));
    }

    /// The exclusive-or cannot tell 12340 from 13240: both give 1F. That is why one frame alone is never believed.
    #[test]
    fn swapped_digits_pass_the_exclusive_or() {
        assert_eq!(xor(b"+0123400"), 0x1F);
        assert_eq!(xor(b"+0132400"), 0x1F);
    }
}
