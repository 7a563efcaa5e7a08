//! A serial port for the tests of this folder: two queues, nothing else.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::convert::Infallible;
use embedded_io::{ErrorType, Read, ReadReady, Write};

#[derive(Debug, Default)]
pub(super) struct Loopback {
    pub(super) incoming: VecDeque<u8>,
    pub(super) outgoing: Vec<u8>,
}

impl ErrorType for Loopback {
    type Error = Infallible;
}

impl Read for Loopback {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let count = buf.len().min(self.incoming.len());
        for slot in &mut buf[..count] {
            *slot = self.incoming.pop_front().expect("counted");
        }
        Ok(count)
    }
}

impl ReadReady for Loopback {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.incoming.is_empty())
    }
}

impl Write for Loopback {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        self.outgoing.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The bytes of `"01 05 00"`.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect()
}

/// The other way round.
pub(super) fn hex(bytes: &[u8]) -> alloc::string::String {
    bytes.iter().map(|byte| alloc::format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}
