//! The device file that a gate opens: a pseudo-terminal whose far end is ours, published under a fixed path.
//! Promises: raw from the first byte; the symlink is replaced in one step; bytes told while nobody has the file open
//! are lost, as on a real port, and a gate that comes back finds neither old bytes nor an old exclusive lock; dropping
//! the value hangs up everyone who has it open, as pulling a USB adapter does.
//! Absent: rates and faults (`line`).
//! Source: pty(7), tty_ioctl(4), inotify(7).

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;

/// One pseudo-terminal and the symlink that names it.
#[derive(Debug)]
pub struct Pty {
    link: PathBuf,
    device: PathBuf,
    // Dropped before `near`, so that our own close does not count as a gate's.
    watch: AsyncFd<OwnedFd>,
    far: AsyncFd<OwnedFd>,
    /// Held open, so that the far end does not report a hang-up while no gate is there.
    near: OwnedFd,
    listeners: u32,
}

impl Pty {
    /// Opens a pair and publishes its device file at `link`. Needs a Tokio runtime.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` when something that is no symlink stands at `link`.
    pub fn publish(link: &Path) -> io::Result<Self> {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let name = ptsname(&far, Vec::new())?;
        let device = PathBuf::from(OsString::from_vec(name.into_bytes()));
        let near = ioctl_tiocgptpeer(&far, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        let mut modes = tcgetattr(&near)?;
        modes.make_raw();
        tcsetattr(&near, OptionalActions::Now, &modes)?;
        rustix::io::ioctl_fionbio(&far, true)?;
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        inotify::add_watch(&watch, &device, WatchFlags::OPEN | WatchFlags::CLOSE)?;
        replace_link(link, &device)?;
        Ok(Self {
            link: link.to_path_buf(),
            device,
            watch: wakeful(watch)?,
            far: wakeful(far)?,
            near,
            listeners: 0,
        })
    }

    /// The device file behind the symlink, such as `/dev/pts/7`.
    #[must_use]
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// Whether a gate has the file open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.listeners > 0
    }

    /// Waits until bytes or a change of listeners may be there, then appends the bytes to `into`.
    ///
    /// # Errors
    /// What the system says.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<()>> {
        let mut changed = false;
        while let Poll::Ready(ready) = self.watch.poll_read_ready(cx) {
            let mut guard = ready?;
            if let Some(seen) = listeners(self.watch.get_ref(), self.listeners)? {
                changed = true;
                if seen == 0 && self.listeners > 0 {
                    // The next gate must not be locked out by, or read, what the last one left.
                    let _ = ioctl_tiocnxcl(&self.near);
                    let _ = tcflush(&self.near, QueueSelector::IFlush);
                }
                self.listeners = seen;
            }
            guard.clear_ready();
        }
        loop {
            let mut guard = match self.far.poll_read_ready(cx) {
                Poll::Pending if changed => return Poll::Ready(Ok(())),
                other => ready!(other)?,
            };
            let mut chunk = [0; 1024];
            match rustix::io::read(self.far.get_ref(), &mut chunk) {
                Ok(count) => {
                    into.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Poll::Ready(Ok(()));
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Writes towards the gate without waiting; returns how many bytes were lost because nobody took them.
    pub fn write(&self, mut bytes: &[u8]) -> usize {
        if !self.is_open() {
            return bytes.len();
        }
        while !bytes.is_empty() {
            match rustix::io::write(self.far.get_ref(), bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        bytes.len()
    }

    /// Line rate that the gate has set, bits a second.
    #[must_use]
    pub fn rate(&self) -> Option<u32> {
        tcgetattr(self.near.as_fd()).ok().map(|modes| modes.output_speed())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if fs::read_link(&self.link).is_ok_and(|target| target == self.device) {
            let _ = fs::remove_file(&self.link);
        }
    }
}

#[expect(deprecated, reason = "its successor is unsafe; an `OwnedFd` keeps the promise that it asks for")]
fn wakeful(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(fd)
}

/// How many have the file open after all events that wait, or `None` when none waited.
fn listeners(watch: &OwnedFd, mut count: u32) -> io::Result<Option<u32>> {
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut events = inotify::Reader::new(watch, &mut buffer);
    let mut any = false;
    loop {
        match events.next() {
            Ok(event) if event.events().contains(ReadFlags::OPEN) => count = count.saturating_add(1),
            Ok(event) if event.events().intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE) => {
                count = count.saturating_sub(1);
            }
            Ok(_) => {}
            Err(Errno::AGAIN) => return Ok(any.then_some(count)),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        any = true;
    }
}

fn replace_link(link: &Path, device: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link).is_ok_and(|meta| !meta.is_symlink()) {
        let text = format!("{} exists and is no symlink", link.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut fresh = link.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let _ = fs::remove_file(&fresh);
    symlink(device, &fresh)?;
    fs::rename(&fresh, link)
}
