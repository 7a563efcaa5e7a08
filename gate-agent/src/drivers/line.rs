//! 线路: a serial port or a TCP connection that comes and goes.
//! Promises: nothing read (`Ok(0)`) and every error mean gone: the descriptor is closed at once, so that an adapter can come
//! back under its path; path and name are resolved anew at each attempt; attempts are jittered, 100 ms to 2 s apart (fault
//! D2: attached again within 3 s); a write that the other side does not take is gone too.
//! Absent: bytes' meaning; noticing that the other side is silent, which only a conversation can (`silent`).
//! Source: tokio-serial issue 56 (`Ok(0)` in a hot loop), faults section 4.

mod serial;
mod tcp;

use std::{fmt::Display, io, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use protocols::tick::Tick;
use rand::RngExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_serial::SerialStream;

use crate::{clock::Clock, config::PortSettings, panel::DeviceMetrics};

/// First and longest pause between the beginnings of two attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Longest wait for the system to take a request: 256 bytes at 1200 bit/s need two seconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// What happened on a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineEvent {
    /// The line is open; nothing was read yet.
    Opened,
    /// So many bytes stand in the buffer.
    Bytes(usize),
    /// The line is gone.
    Lost(Box<str>),
    /// The line cannot be opened; it is tried again.
    NotThere(Box<str>),
}

enum Stream {
    Serial(SerialStream),
    Tcp(TcpStream),
    /// Nobody is there: a capture says what came.
    Played,
}

enum State {
    Closed { retry_at: Tick },
    Connecting { connection: BoxFuture<'static, io::Result<TcpStream>> },
    Open(Stream),
}

/// One line, open or to be opened.
pub(super) struct Line {
    settings: PortSettings,
    clock: Arc<dyn Clock>,
    metrics: DeviceMetrics,
    state: State,
    pause: Duration,
    opened: u64,
    /// When the attempt or the connection under way began.
    since: Tick,
}

impl Line {
    pub(super) fn new(settings: PortSettings, clock: Arc<dyn Clock>, metrics: DeviceMetrics) -> Self {
        let state = State::Closed { retry_at: Tick::default() };
        Self { settings, clock, metrics, state, pause: PAUSE.0, opened: 0, since: Tick::default() }
    }

    /// Waits for the next thing to happen; opens the line when it is time. May be dropped at any await.
    pub(super) async fn next(&mut self, buffer: &mut [u8]) -> LineEvent {
        loop {
            let stream = match &mut self.state {
                State::Closed { retry_at } => {
                    sleep_until(&*self.clock, Some(*retry_at)).await;
                    self.since = self.clock.tick();
                    match &self.settings {
                        PortSettings::Serial(settings) => serial::open(settings).map(Stream::Serial),
                        PortSettings::Tcp(address) => {
                            // Kept, so that an order that comes meanwhile does not begin it anew.
                            let connection = tcp::connect(address.clone()).boxed();
                            self.state = State::Connecting { connection };
                            continue;
                        }
                    }
                }
                State::Connecting { connection } => connection.await.map(Stream::Tcp),
                State::Open(stream) => {
                    let read = match stream {
                        Stream::Serial(port) => port.read(buffer).await,
                        Stream::Tcp(connection) => connection.read(buffer).await,
                        Stream::Played => std::future::pending().await,
                    };
                    return self.came(read);
                }
            };
            return match stream {
                Ok(stream) => {
                    self.opened += 1;
                    if self.opened > 1 {
                        self.metrics.reconnects.inc();
                    }
                    self.since = self.clock.tick();
                    self.state = State::Open(stream);
                    LineEvent::Opened
                }
                Err(error) => {
                    self.close();
                    LineEvent::NotThere(format!("cannot open {}: {error}", self.settings.place()).into())
                }
            };
        }
    }

    fn came(&mut self, read: io::Result<usize>) -> LineEvent {
        match read {
            Ok(count) if count > 0 => {
                // Behind an address may be anything that talks, so that bytes alone mean little there.
                if matches!(self.state, State::Open(Stream::Serial(_))) {
                    self.pause = PAUSE.0;
                }
                LineEvent::Bytes(count)
            }
            Ok(_) => self.lost("end of stream"),
            Err(error) => self.lost(error),
        }
    }

    /// Writes all of a request. A line that is closed, or breaks on it, tells by `next`.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::Open(stream) = &mut self.state else { return Err(io::ErrorKind::NotConnected.into()) };
        // Whoever plays a capture has no runtime for a timer.
        if matches!(stream, Stream::Played) {
            return Ok(());
        }
        let written = async {
            match stream {
                Stream::Serial(port) => port.write_all(bytes).await,
                Stream::Tcp(connection) => connection.write_all(bytes).await,
                Stream::Played => Ok(()),
            }
        };
        tokio::time::timeout(WRITE_TIMEOUT, written).await?
    }

    /// Throws away what a serial port received and nobody read, the system's buffer included. From a connection nothing can
    /// be taken out without losing where its frames begin.
    pub(super) fn discard(&mut self) -> u64 {
        match &mut self.state {
            State::Open(Stream::Serial(port)) => serial::discard(port),
            State::Open(Stream::Tcp(_) | Stream::Played)
            | State::Connecting { .. }
            | State::Closed { .. } => 0,
        }
    }

    /// The other side does not answer. A connection may be dead without telling, and is closed; a serial port stays.
    pub(super) fn silent(&mut self) -> Option<LineEvent> {
        let is_connection = match &self.state {
            State::Open(Stream::Tcp(_)) => true,
            State::Open(Stream::Played) => matches!(self.settings, PortSettings::Tcp(_)),
            State::Open(Stream::Serial(_)) | State::Connecting { .. } | State::Closed { .. } => false,
        };
        is_connection.then(|| self.lost("nobody answers"))
    }

    /// The line counts as open from now on, and nothing is there: what came over it is known, and what is written goes nowhere.
    pub(super) fn play(&mut self) {
        self.state = State::Open(Stream::Played);
    }

    /// Closes the line because of something that its user saw.
    pub(super) fn lost(&mut self, why: impl Display) -> LineEvent {
        self.close();
        LineEvent::Lost(format!("{} is gone: {why}", self.settings.place()).into())
    }

    fn close(&mut self) {
        let now = self.clock.tick();
        if matches!(self.state, State::Open(_)) && now.since(self.since) >= PAUSE.1 {
            self.pause = PAUSE.0;
        }
        let jittered = self.pause.mul_f64(rand::rng().random_range(0.75..=1.0));
        // An attempt that took its time has waited already.
        let from = if matches!(self.state, State::Connecting { .. }) { self.since } else { now };
        self.state = State::Closed { retry_at: (from + jittered).max(now) };
        self.pause = (self.pause * 2).min(PAUSE.1);
    }
}

/// Sleeps until a tick; for ever without one.
pub(crate) async fn sleep_until(clock: &dyn Clock, at: Option<Tick>) {
    match at {
        Some(at) => tokio::time::sleep(at.since(clock.tick())).await,
        None => std::future::pending().await,
    }
}
