//! A bar-code scanner that only talks: a pseudo-terminal at whose far end the test writes records.
//! Promises: raw from the first byte; the near end stays open, so that an agent that closes the file hangs nobody up.
//! Absent: commands and their replies, and symbols (`paper`).
//! Source: pty(7).

use std::{
    ffi::OsString,
    fs::File,
    io::Write as _,
    os::{fd::OwnedFd, unix::ffi::OsStringExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rustix::{
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

/// 扫码器, plugged in.
#[derive(Debug)]
pub struct Scanner {
    far: File,
    file: PathBuf,
    _near: OwnedFd,
}

impl Scanner {
    /// Plugs one in.
    ///
    /// # Errors
    /// What the system says.
    pub fn plug() -> Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = openpt(flags).context("no pseudo-terminal for a scanner")?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let file = OsString::from_vec(ptsname(&far, Vec::new())?.into_bytes()).into();
        let near = ioctl_tiocgptpeer(&far, flags)?;
        let mut modes = tcgetattr(&near)?;
        modes.make_raw();
        tcsetattr(&near, OptionalActions::Now, &modes)?;
        Ok(Self { far: far.into(), file, _near: near })
    }

    /// The device file that a gate opens.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Sends a record, ended by CR.
    ///
    /// # Errors
    /// What the system says.
    pub fn scans(&self, record: &str) -> Result<()> {
        (&self.far).write_all(format!("{record}\r").as_bytes()).context("the scanner's line takes nothing")
    }
}
