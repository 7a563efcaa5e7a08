//! 预留空间: a file beside the journal that holds room for what must still be recorded when the disk is full.
//! Promises: it is given up once, when a write finds no space, and nothing else of ours takes the room; it is made again only when there is twice as much free.
//! Without room to make it the journal works without it, and says so.
//! Source: fault A5; `faults` section 3, rule 6.

use std::{
    cell::Cell,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tracing::{info, warn};

/// Room for more than 10,000 records of a passage, their indexes and the write-ahead log.
pub(super) const SIZE: u64 = 48 * 1024 * 1024;

/// How often it is not tried again after a failure: an hour, as the journal asks every three seconds.
const PASSED_OVER: u32 = 1200;

/// The file.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    size: u64,
    /// How often it is still passed over. A file system that cannot keep room is not asked, and told of, all day.
    passed_over: Cell<u32>,
}

impl Reserve {
    pub(super) fn beside(journal: &Path, size: u64) -> Self {
        let mut path = journal.as_os_str().to_owned();
        path.push(".reserve");
        Self { path: path.into(), size, passed_over: Cell::new(0) }
    }

    pub(super) fn is_there(&self) -> bool {
        self.path.metadata().is_ok_and(|file| file.len() == self.size)
    }

    /// Gives the room up; says whether there was any.
    pub(super) fn give_up(&self) -> bool {
        if !self.is_there() {
            return false;
        }
        match fs::remove_file(&self.path) {
            Ok(()) => {
                warn!("the disk is full, recording goes on in the room that was kept for it");
                true
            }
            Err(error) => {
                warn!(error = %error, "the room kept for recording cannot be given up: {error}");
                false
            }
        }
    }

    /// Keeps room again, if there is enough of it; says whether it is there.
    pub(super) fn make(&self) -> bool {
        if self.is_there() {
            return true;
        }
        if let Some(left) = self.passed_over.get().checked_sub(1) {
            self.passed_over.set(left);
            return false;
        }
        match self.try_make() {
            Ok(is_made) => is_made,
            Err(error) => {
                drop(fs::remove_file(&self.path));
                self.passed_over.set(PASSED_OVER);
                info!(error = %error, "no room is kept for recording on a full disk: {error}");
                false
            }
        }
    }

    fn try_make(&self) -> io::Result<bool> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let room = statvfs(folder.unwrap_or(Path::new(".")))?;
        if room.f_bavail.saturating_mul(room.f_frsize) < self.size * 2 {
            return Ok(false);
        }
        let file = File::create(&self.path)?;
        // A file system that cannot is told apart from one that is full by nobody; both go without.
        fallocate(&file, FallocateFlags::empty(), 0, self.size)?;
        file.sync_all()?;
        info!(bytes = self.size, "room is kept for recording on a full disk");
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault A5: the room is really taken from the file system, given up once, and made again.
    #[test]
    fn room_is_taken_given_up_once_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&folder.path().join("journal.db"), 1024 * 1024);
        assert!(!reserve.is_there() && !reserve.give_up());
        for _ in 0..2 {
            assert!(reserve.make() && reserve.make() && reserve.is_there());
            let blocks = rustix::fs::stat(&reserve.path).unwrap().st_blocks;
            assert!(blocks * 512 >= 1024 * 1024, "{blocks} blocks: the file is only a length");
            assert!(reserve.give_up() && !reserve.give_up());
        }
        let huge = Reserve::beside(&folder.path().join("journal.db"), u64::MAX / 4);
        assert!(!huge.make() && !huge.path.exists(), "no disk has as much");
    }

    /// Fault C4: what cannot be kept is tried again after an hour, and not told of with each look.
    #[test]
    fn a_failure_is_not_repeated_with_each_look() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&folder.path().join("gone").join("journal.db"), 1024 * 1024);
        assert!(!reserve.make());
        fs::create_dir(folder.path().join("gone")).unwrap();
        assert_eq!((0..=PASSED_OVER).position(|_| reserve.make()), Some(PASSED_OVER.try_into().unwrap()));
    }
}
