//! A serial port: how it is set, and how it is emptied.

use std::{io, path::Path};

use tokio_serial::{ClearBuffer, ErrorKind, SerialPort, SerialStream};

use crate::config::{Parity, SerialSettings, StopBits};

/// What a port's exclusive lock means.
const HELD: &str = "another program holds it, perhaps a running gate-agent";

pub(super) fn open(settings: &SerialSettings) -> io::Result<SerialStream> {
    let parity = match settings.parity {
        Parity::None => tokio_serial::Parity::None,
        Parity::Even => tokio_serial::Parity::Even,
        Parity::Odd => tokio_serial::Parity::Odd,
    };
    let stop_bits = match settings.stop_bits {
        StopBits::One => tokio_serial::StopBits::One,
        StopBits::Two => tokio_serial::StopBits::Two,
    };
    let builder = tokio_serial::new(&*settings.path, settings.baud).parity(parity).stop_bits(stop_bits);
    SerialStream::open(&builder).map_err(|error| {
        // The lock that whoever has the port open holds; a path that leads nowhere is told alike.
        let held = matches!(error.kind(), ErrorKind::NoDevice) && Path::new(&*settings.path).exists();
        if held { io::Error::new(io::ErrorKind::ResourceBusy, HELD) } else { error.into() }
    })
}

/// Throws away what was received and not read; how many bytes of it were seen.
pub(super) fn discard(port: &mut SerialStream) -> u64 {
    let mut scratch = [0; 512];
    let mut thrown = 0;
    while let Ok(count) = port.try_read(&mut scratch) {
        if count == 0 {
            break;
        }
        thrown += count as u64;
    }
    // What came between the two; a pseudo-terminal may refuse, and has nothing then.
    let _ = port.clear(ClearBuffer::Input);
    thrown
}
