//! Frame checks by their catalogue names, so that nobody confuses CRC-16/MODBUS with CRC-16/ARC again.
//! Promises: each constant reproduces the catalogue's check value over `123456789` (tests below).
//! Absent: any polynomial written out by hand; the `crc` crate's catalogue is the only source.
//! Source: reveng catalogue; UHFReader18 manual V2.0 ("polynomial 0x8408, preset 0xFFFF"); Modbus over serial line V1.02.

use alloc::vec::Vec;
use crc::{Crc, Table};

/// The check of the "Chafon" UHF readers: check value 0x6F91, sent low byte first.
pub static CRC_16_MCRF4XX: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_MCRF4XX);

/// The check of Modbus RTU: check value 0x4B37, sent low byte first.
pub static CRC_16_MODBUS: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_MODBUS);

/// Whether a whole frame, its own check included low byte first, is sound. Both reflected checks above leave 0 then.
#[must_use]
pub fn holds(crc: &Crc<u16, Table<1>>, frame: &[u8]) -> bool {
    frame.len() > 2 && crc.checksum(frame) == 0
}

/// Appends the check of what `frame` holds so far, low byte first.
pub fn append(crc: &Crc<u16, Table<1>>, frame: &mut Vec<u8>) {
    let check = crc.checksum(frame);
    frame.extend_from_slice(&check.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::{CRC_16_MCRF4XX, CRC_16_MODBUS, append, holds};
    use alloc::vec;

    #[test]
    fn the_check_values_are_those_of_the_catalogue() {
        assert_eq!(CRC_16_MCRF4XX.checksum(b"123456789"), 0x6F91);
        assert_eq!(CRC_16_MODBUS.checksum(b"123456789"), 0x4B37);
    }

    #[test]
    fn a_frame_with_its_own_check_holds_and_with_swapped_check_bytes_does_not() {
        for crc in [&CRC_16_MCRF4XX, &CRC_16_MODBUS] {
            let mut frame = vec![1, 5, 0, 0, 0xFF, 0];
            append(crc, &mut frame);
            assert!(holds(crc, &frame));
            frame.swap(6, 7);
            assert!(!holds(crc, &frame));
            assert!(!holds(crc, &[]));
        }
    }
}
