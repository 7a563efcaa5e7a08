//! How long one exchange occupies a bus when nothing but two threads stands at its ends: request, answer, the silence
//! that must be kept behind it, next request.
//! Source: Modbus over serial line V1.02, 2.5.1.1 (t3.5), and the 5 ms that the agent keeps at least.

use std::{
    io,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};

use rustix::fd::OwnedFd;

use crate::{
    clock,
    pty::{Pair, read_exactly, write_all},
};

/// Bytes of a request that writes one coil, and of its echo.
const REQUEST: usize = 8;

/// A pair whose near end is a master with one exchange at a time, which ends when the value is dropped.
#[derive(Debug)]
pub(crate) struct Exchange {
    board: OwnedFd,
    begin: Sender<()>,
}

impl Exchange {
    /// A master that keeps that much silence.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start(silence: Duration) -> io::Result<Self> {
        let Pair { far, near, .. } = Pair::open()?;
        let (begin, begun) = channel();
        thread::Builder::new().name("master".to_owned()).spawn(move || {
            let request = [0x5A; REQUEST];
            while begun.recv().is_ok() {
                let mut answer = [0; REQUEST];
                let done = write_all(&near, &request)
                    .and_then(|()| read_exactly(&near, &mut answer))
                    .and_then(|()| {
                        thread::sleep(silence);
                        write_all(&near, &request)
                    });
                if done.is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { board: far, begin })
    }

    /// From the arrival of one request to the arrival of the next.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn once(&self) -> io::Result<Duration> {
        let mut request = [0; REQUEST];
        self.begin.send(()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        read_exactly(&self.board, &mut request)?;
        let began = clock::now();
        write_all(&self.board, &request)?;
        read_exactly(&self.board, &mut request)?;
        Ok(began.elapsed())
    }
}
