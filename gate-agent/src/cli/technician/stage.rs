//! 重放: a recording played on a pseudo-terminal, as the device that was recorded.
//! Promises: nothing is said before somebody has the port open; what answered a request is said when a request of that length has come,
//! as late as it came then; a request that differs from the recorded one is told, with the line of the recording.
//! Absent: the line's rate, which a pseudo-terminal does not have; understanding: an agent that asks something else gets what was
//! recorded.
//! Source: pty(7): a far end whose near end nobody has open reads EIO.

use std::{
    fs,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    pin::pin,
    time::Duration,
};

use anyhow::Context;
use rustix::{
    io::Errno,
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt},
    termios::{OptionalActions, QueueSelector, ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr},
};
use tokio::{
    io::unix::AsyncFd,
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use super::{
    recording::{Piece, Recording},
    runtime,
};
use crate::cli::{
    complain,
    decode::{Side, hex},
};

/// From one look at a port that nobody has open to the next.
const LOOK: Duration = Duration::from_millis(2);

/// How often a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Once, from when the port is opened.
    Once,
    /// For ever.
    UntilStopped,
}

/// What came of one performance.
#[derive(Debug, PartialEq, Eq)]
enum Played {
    ToTheEnd,
    /// Whoever had the port open has closed it.
    Closed,
}

/// Plays until the recording ends, or Ctrl-C; the link is removed at the end.
pub(super) fn serve(
    recording: &Recording,
    link: &Path,
    repeat: Repeat,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let stage = Stage::publish(link)
            .with_context(|| format!("cannot make a pseudo-terminal at {}", link.display()))?;
        writeln!(out, "serving {}", link.display())?;
        out.flush()?;
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut stop = pin!(async {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        });
        tokio::select! {
            () = &mut stop => Ok(()),
            played = perform(&stage, recording, repeat) => Ok(played?),
        }
    })
}

pub(super) async fn perform(stage: &Stage, recording: &Recording, repeat: Repeat) -> io::Result<()> {
    loop {
        let ear = stage.opened().await?;
        let played = play(stage, ear, &recording.pieces).await?;
        if repeat == Repeat::Once {
            // What was said last is read before the port goes away.
            while played == Played::ToTheEnd && stage.is_open()? {
                sleep(LOOK).await;
            }
            return Ok(());
        }
    }
}

/// What was sent to the stage and is not yet accounted for.
#[derive(Default)]
struct Ear(Vec<u8>);

async fn play(stage: &Stage, mut ear: Ear, pieces: &[Piece]) -> io::Result<Played> {
    // Anew for each performance: a port that was closed once stays so for whoever has watched it.
    let wake = wakeful(stage.far.as_fd())?;
    let mut before = 0;
    for piece in pieces {
        match piece.from {
            Side::Reader => {
                let mut over = pin!(sleep(Duration::from_micros(piece.at_us - before)));
                loop {
                    tokio::select! {
                        biased;
                        () = &mut over => break,
                        open = stage.heard(&wake, &mut ear.0) => if !open? {
                            return Ok(Played::Closed);
                        },
                    }
                }
                stage.say(&piece.bytes)?;
            }
            Side::Host => {
                while ear.0.len() < piece.bytes.len() {
                    if !stage.heard(&wake, &mut ear.0).await? {
                        return Ok(Played::Closed);
                    }
                }
                let rest = ear.0.split_off(piece.bytes.len());
                let asked = std::mem::replace(&mut ear.0, rest);
                if asked != piece.bytes {
                    let (line, then, now) = (piece.line, hex(&piece.bytes), hex(&asked));
                    complain(&format!("line {line} of the recording has {then}, asked was {now}"));
                }
            }
        }
        before = piece.at_us;
    }
    Ok(Played::ToTheEnd)
}

/// A pseudo-terminal whose near end is for others.
pub(super) struct Stage {
    far: OwnedFd,
    link: std::path::PathBuf,
}

impl Stage {
    pub(super) fn publish(link: &Path) -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = openpt(flags)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let name = ptsname(&far, Vec::new())?;
        let name = name.to_str().map_err(|_| io::ErrorKind::InvalidData)?;
        // Opened and closed once: raw from the first byte, and from then on a far end that nobody listens to says so.
        let near = ioctl_tiocgptpeer(&far, flags)?;
        let mut modes = tcgetattr(&near)?;
        modes.make_raw();
        tcsetattr(&near, OptionalActions::Now, &modes)?;
        drop(near);
        rustix::io::ioctl_fionbio(&far, true)?;
        if fs::symlink_metadata(link).is_ok_and(|meta| meta.is_symlink() && !link.exists()) {
            // Of a stage that was killed.
            fs::remove_file(link)?;
        }
        std::os::unix::fs::symlink(name, link)?;
        Ok(Self { far, link: link.to_owned() })
    }

    /// Waits until somebody opens the port, and takes what he has asked already; what an earlier one left unread, and his
    /// lock, are gone then.
    async fn opened(&self) -> io::Result<Ear> {
        let mut ear = Ear::default();
        while !self.hear(&mut ear.0)? {
            ear.0.clear();
            let _ = ioctl_tiocnxcl(&self.far);
            let _ = tcflush(&self.far, QueueSelector::IOFlush);
            sleep(LOOK).await;
        }
        Ok(ear)
    }

    fn is_open(&self) -> io::Result<bool> {
        self.hear(&mut Vec::new())
    }

    /// Waits until something was written to the port, and takes it; false when nobody has it open any more.
    async fn heard(&self, wake: &AsyncFd<BorrowedFd<'_>>, into: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let mut guard = wake.readable().await?;
            let before = into.len();
            if !self.hear(into)? {
                return Ok(false);
            }
            if into.len() > before {
                return Ok(true);
            }
            guard.clear_ready();
        }
    }

    /// Takes what was written to the port; false when nobody has it open.
    fn hear(&self, into: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let mut chunk = [0; 1024];
            match rustix::io::read(&self.far, &mut chunk) {
                Ok(count) => into.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(Errno::AGAIN) => return Ok(true),
                Err(Errno::IO) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says it all; what a full port does not take is lost, as on a real line.
    fn say(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.far, bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN | Errno::IO) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[expect(deprecated, reason = "its successor is unsafe; a `BorrowedFd` keeps the promise that it asks for")]
fn wakeful(fd: BorrowedFd<'_>) -> io::Result<AsyncFd<BorrowedFd<'_>>> {
    AsyncFd::new(fd)
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.link);
    }
}
