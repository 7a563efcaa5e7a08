//! One round trip over a pseudo-terminal: a frame in, a request out, a thread that only reads and writes between them.

use std::{io, thread, time::Duration};

use crate::{
    clock,
    pty::{Pair, read_exactly, write_all},
};

/// A pair and its echoing thread, which ends when the value is dropped.
#[derive(Debug)]
pub(crate) struct Echo {
    far: rustix::fd::OwnedFd,
    frame: Vec<u8>,
    answer: usize,
}

impl Echo {
    /// Frames of `frame` bytes are answered with `answer` bytes.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start(frame: usize, answer: usize) -> io::Result<Self> {
        let Pair { far, near, .. } = Pair::open()?;
        thread::Builder::new().name("echo".to_owned()).spawn(move || {
            let (mut heard, said) = (vec![0; frame], vec![0x5A; answer]);
            while read_exactly(&near, &mut heard).and_then(|()| write_all(&near, &said)).is_ok() {}
        })?;
        Ok(Self { far, frame: vec![0xA5; frame], answer })
    }

    /// From the last byte written to the last byte of the answer read.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn once(&self) -> io::Result<Duration> {
        let mut answer = vec![0; self.answer];
        write_all(&self.far, &self.frame)?;
        let began = clock::now();
        read_exactly(&self.far, &mut answer)?;
        Ok(began.elapsed())
    }
}
