//! The port and the pins that firmware sees: two byte queues, and bits that the world reads and sets.
//! Promises: never blocks; what does not fit is lost and counted, as in a real UART.
//! Absent: time and faults (`line`).

use embedded_hal::digital::{ErrorType as PinErrorType, InputPin, OutputPin};
use embedded_io::{ErrorType, Read, ReadReady, Write};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a UART driver with a small buffer holds.
const ROOM: usize = 4096;

/// 串口: the serial port as firmware sees it.
#[derive(Debug, Default)]
pub struct Wire {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    overrun: u64,
}

impl Wire {
    /// Bytes arrive at the device.
    pub fn arrive(&mut self, bytes: &[u8]) {
        let room = ROOM.saturating_sub(self.incoming.len());
        let (kept, lost) = bytes.split_at(room.min(bytes.len()));
        self.incoming.extend(kept);
        self.overrun = self.overrun.saturating_add(lost.len() as u64);
    }

    /// What the device has written since the last call.
    pub fn depart(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Forgets what is on its way, both ways: the cable was pulled.
    pub fn clear(&mut self) {
        self.incoming.clear();
        self.outgoing.clear();
    }

    /// Bytes that arrived while the buffer was full.
    #[must_use]
    pub fn overrun(&self) -> u64 {
        self.overrun
    }
}

impl ErrorType for Wire {
    type Error = Infallible;
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let count = buf.len().min(self.incoming.len());
        for (slot, byte) in buf.iter_mut().zip(self.incoming.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }
}

impl ReadReady for Wire {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.incoming.is_empty())
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        self.outgoing.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Up to 32 levels that firmware and world share.
#[derive(Clone, Debug, Default)]
pub struct Levels(Arc<AtomicU32>);

impl Levels {
    /// All levels, bit 0 the first.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets one level; beyond the 32nd nothing happens.
    pub fn set(&self, index: u8, high: bool) {
        let bit = 1u32.checked_shl(u32::from(index)).unwrap_or(0);
        if high {
            self.0.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    /// One level.
    #[must_use]
    pub fn get(&self, index: u8) -> bool {
        self.all().checked_shr(u32::from(index)).unwrap_or(0) & 1 == 1
    }

    /// A pin for each of the first `count` levels.
    #[must_use]
    pub fn pins(&self, count: u8) -> Vec<Pin> {
        (0..count).map(|index| Pin { levels: self.clone(), index }).collect()
    }
}

/// One level, as firmware sees it.
#[derive(Clone, Debug)]
pub struct Pin {
    levels: Levels,
    index: u8,
}

impl PinErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.levels.set(self.index, false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.levels.set(self.index, true);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.levels.get(self.index))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.levels.get(self.index))
    }
}

#[cfg(test)]
mod tests {
    use super::{Levels, ROOM, Wire};
    use embedded_hal::digital::{InputPin, OutputPin};
    use embedded_io::{Read, ReadReady, Write};

    #[test]
    fn a_full_buffer_loses_the_newest_bytes_and_counts_them() {
        let mut wire = Wire::default();
        wire.arrive(&[1; ROOM]);
        wire.arrive(&[2; 3]);
        assert_eq!(wire.overrun(), 3);
        let mut all = vec![0; ROOM + 3];
        assert_eq!(wire.read(&mut all), Ok(ROOM));
        assert_eq!(wire.read_ready(), Ok(false));
        wire.write_all(b"ab").expect("cannot fail");
        assert_eq!(wire.depart(), b"ab");
        assert_eq!(wire.depart(), b"");
    }

    #[test]
    fn pins_and_levels_are_the_same_bits() {
        let levels = Levels::default();
        let mut pins = levels.pins(32);
        pins[31].set_high().expect("cannot fail");
        pins[2].set_high().expect("cannot fail");
        pins[2].set_low().expect("cannot fail");
        levels.set(0, true);
        levels.set(40, true);
        assert_eq!(levels.all(), 1 << 31 | 1);
        assert_eq!(pins[0].is_high(), Ok(true));
    }
}
