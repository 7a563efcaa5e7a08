//! Frame checks by their catalogue names, so that nobody confuses CRC-16/MODBUS with CRC-16/ARC again.
//! Promises: each constant reproduces the catalogue's check value over `123456789` (tests below).
//! Absent: any polynomial written out by hand; the `crc` crate's catalogue is the only source.
//! Source: reveng catalogue; UHFReader18 manual V2.0 ("polynomial 0x8408, preset 0xFFFF"); Modbus over serial line V1.02;
//! PN532 user manual UM0701-02, 6.2.1.
//! GM65 manual V1.3, 8.1.

use alloc::vec::Vec;
use crc::{Crc, Table};

/// The check of the "Chafon" UHF readers: check value 0x6F91, sent low byte first.
pub static CRC_16_MCRF4XX: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_MCRF4XX);

/// The check of Modbus RTU: check value 0x4B37, sent low byte first.
pub static CRC_16_MODBUS: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_MODBUS);

/// The check of Onbon sign controllers: check value 0xBB3D, sent low byte first.
pub static CRC_16_ARC: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_ARC);

/// The check of the "GM" scanner modules, and assumed for e-seal readers: check value 0x31C3, sent high byte first.
pub static CRC_16_XMODEM: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&crc::CRC_16_XMODEM);

/// All bytes, exclusively ored: check value 0x31.
#[must_use]
pub fn xor_8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |check, byte| check ^ byte)
}

/// All bytes, added up modulo 256: check value 0xDD.
#[must_use]
pub fn sum_8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |check, byte| check.wrapping_add(*byte))
}

/// Whether a whole frame, its own check included in the order in which it is sent, is sound: all checks above leave 0 then.
#[must_use]
pub fn holds(crc: &Crc<u16, Table<1>>, frame: &[u8]) -> bool {
    frame.len() > 2 && crc.checksum(frame) == 0
}

/// Appends the check of what `frame` holds so far, low byte first.
pub fn append(crc: &Crc<u16, Table<1>>, frame: &mut Vec<u8>) {
    let check = crc.checksum(frame);
    frame.extend_from_slice(&check.to_le_bytes());
}

/// The two's complement of the bytes' 8-bit sum: check value 0x23. Bytes with their own check behind them leave 0.
#[must_use]
pub fn sum_complement(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte))
}

#[cfg(test)]
mod tests {
    use super::{
        CRC_16_ARC, CRC_16_MCRF4XX, CRC_16_MODBUS, CRC_16_XMODEM, append, holds, sum_8, sum_complement, xor_8,
    };
    use alloc::vec;

    #[test]
    fn the_check_values_are_those_of_the_catalogue() {
        assert_eq!(CRC_16_MCRF4XX.checksum(b"123456789"), 0x6F91);
        assert_eq!(CRC_16_MODBUS.checksum(b"123456789"), 0x4B37);
        assert_eq!(sum_complement(b"123456789"), 0x23);
        assert_eq!(CRC_16_ARC.checksum(b"123456789"), 0xBB3D);
        assert_eq!(CRC_16_XMODEM.checksum(b"123456789"), 0x31C3);
        assert_eq!((xor_8(b"123456789"), sum_8(b"123456789")), (0x31, 0xDD));
    }

    #[test]
    fn a_frame_with_its_own_check_holds_and_with_swapped_check_bytes_does_not() {
        for crc in [&CRC_16_MCRF4XX, &CRC_16_MODBUS, &CRC_16_ARC] {
            let mut frame = vec![1, 5, 0, 0, 0xFF, 0];
            append(crc, &mut frame);
            assert!(holds(crc, &frame));
            frame.swap(6, 7);
            assert!(!holds(crc, &frame));
            assert!(!holds(crc, &[]));
        }
    }
}
