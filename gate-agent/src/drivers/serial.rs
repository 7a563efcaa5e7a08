//! 串口: a port that comes and goes.
//! Promises: nothing read (`Ok(0)`) and every error mean gone: the descriptor is closed at once, so that the adapter can
//! come back under its path; the path is resolved anew at each attempt; attempts are jittered, 100 ms to 2 s apart
//! (fault D2: attached again within 3 s); a write that the other side does not take is gone too.
//! Absent: bytes' meaning; ports of other machines.
//! Source: tokio-serial issue 56 (`Ok(0)` in a hot loop), faults section 4.

use std::{io, sync::Arc, time::Duration};

use protocols::tick::Tick;
use rand::RngExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

use crate::{
    clock::Clock,
    config::{Parity, PortSettings, StopBits},
    panel::DeviceMetrics,
};

/// First and longest pause between two attempts to open.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Longest wait for the system to take a request: 256 bytes at 1200 bit/s need two seconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// What happened on a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineEvent {
    /// The port is open; nothing was read yet.
    Opened,
    /// So many bytes stand in the buffer.
    Bytes(usize),
    /// The port is gone.
    Lost(Box<str>),
    /// The port cannot be opened; it is tried again.
    NotThere(Box<str>),
}

#[derive(Debug)]
enum State {
    Closed { retry_at: Tick },
    Open(SerialStream),
}

/// One port, open or to be opened.
pub(super) struct Line {
    settings: PortSettings,
    clock: Arc<dyn Clock>,
    metrics: DeviceMetrics,
    state: State,
    pause: Duration,
    opened: u64,
}

impl Line {
    pub(super) fn new(settings: PortSettings, clock: Arc<dyn Clock>, metrics: DeviceMetrics) -> Self {
        let state = State::Closed { retry_at: Tick::default() };
        Self { settings, clock, metrics, state, pause: PAUSE.0, opened: 0 }
    }

    /// Waits for the next thing to happen; opens the port when it is time. May be dropped at any await.
    pub(super) async fn next(&mut self, buffer: &mut [u8]) -> LineEvent {
        match &mut self.state {
            State::Closed { retry_at } => {
                sleep_until(&*self.clock, Some(*retry_at)).await;
                match open(&self.settings) {
                    Ok(port) => {
                        self.opened += 1;
                        if self.opened > 1 {
                            self.metrics.reconnects.inc();
                        }
                        self.state = State::Open(port);
                        LineEvent::Opened
                    }
                    Err(error) => {
                        self.close();
                        LineEvent::NotThere(format!("cannot open {}: {error}", self.settings.path).into())
                    }
                }
            }
            State::Open(port) => match port.read(buffer).await {
                Ok(count) if count > 0 => {
                    self.pause = PAUSE.0;
                    LineEvent::Bytes(count)
                }
                Ok(_) => self.lost("end of stream"),
                Err(error) => self.lost(error),
            },
        }
    }

    /// Writes all of a request. A line that is closed, or breaks on it, tells by `next`.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::Open(port) = &mut self.state else { return Err(io::ErrorKind::NotConnected.into()) };
        tokio::time::timeout(WRITE_TIMEOUT, port.write_all(bytes)).await?
    }

    /// Throws away what was received and not read, the system's buffer included.
    pub(super) fn discard(&mut self) -> u64 {
        let State::Open(port) = &mut self.state else { return 0 };
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

    /// Closes the port because of something that its user saw.
    pub(super) fn lost(&mut self, why: impl std::fmt::Display) -> LineEvent {
        self.close();
        LineEvent::Lost(format!("{} is gone: {why}", self.settings.path).into())
    }

    fn close(&mut self) {
        let jittered = self.pause.mul_f64(rand::rng().random_range(0.75..=1.0));
        self.state = State::Closed { retry_at: self.clock.tick() + jittered };
        self.pause = (self.pause * 2).min(PAUSE.1);
    }
}

fn open(settings: &PortSettings) -> tokio_serial::Result<SerialStream> {
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
    SerialStream::open(&builder)
}

/// Sleeps until a tick; for ever without one.
pub(super) async fn sleep_until(clock: &dyn Clock, at: Option<Tick>) {
    match at {
        Some(at) => tokio::time::sleep(at.since(clock.tick())).await,
        None => std::future::pending().await,
    }
}
