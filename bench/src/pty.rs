//! A pseudo-terminal pair with blocking ends: the agent opens one by its path, this process plays the device at the other.
//! Promises: raw from the first byte; the near end stays open, so that the far end never sees a hang-up between two agents.
//! Absent on purpose: rates and faults (`firmware-sim` has them); a runtime, whose wake-ups would be measured too.
//! Source: pty(7).

use std::{ffi::OsString, io, os::unix::ffi::OsStringExt, path::PathBuf};

use rustix::{
    fd::OwnedFd,
    io::Errno,
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

/// Both ends of one pair.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The device's end.
    pub(crate) far: OwnedFd,
    /// The computer's end.
    pub(crate) near: OwnedFd,
    /// The path by which another program opens the computer's end.
    pub(crate) device: PathBuf,
}

impl Pair {
    /// Opens a pair.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = openpt(flags)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let device = OsString::from_vec(ptsname(&far, Vec::new())?.into_bytes()).into();
        let near = ioctl_tiocgptpeer(&far, flags)?;
        let mut modes = tcgetattr(&near)?;
        modes.make_raw();
        tcsetattr(&near, OptionalActions::Now, &modes)?;
        Ok(Self { far, near, device })
    }
}

/// Writes all of it; a kernel buffer takes any frame at once.
///
/// # Errors
/// What the system says.
pub(crate) fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits for bytes and reads what is there.
///
/// # Errors
/// What the system says; `UnexpectedEof` when the other end is gone.
pub(crate) fn read(fd: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(fd, &mut *buffer) {
            Ok(0) | Err(Errno::IO) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => return Ok(count),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads until so many bytes are there.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_exactly(fd: &OwnedFd, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let count = read(fd, buffer)?;
        buffer = buffer.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_through_unchanged_both_ways() {
        let pair = Pair::open().unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        for (from, to) in [(&pair.far, &pair.near), (&pair.near, &pair.far)] {
            write_all(from, &bytes).unwrap();
            let mut got = vec![0; bytes.len()];
            read_exactly(to, &mut got).unwrap();
            assert_eq!(got, bytes);
        }
    }
}
