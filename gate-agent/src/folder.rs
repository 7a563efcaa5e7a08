//! 数据目录: whether this agent has its data folder for itself, and what the system says when it cannot be used.
//! Promises: two agents never work in one folder (fault C10); a folder that cannot be used yet ends nothing: whoever opens a file there is told why, and asks again
//! (fault A10). Only one that is set wrongly never can be.
//! Absent on purpose: what lies in it; asking again, which those do who need it.
//! Source: faults A5, A10, C10; docs/decisions 0089.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::{
    fs::{Access, AtFlags, CWD, accessat},
    io::Errno,
};
use serde::{Deserialize, Serialize};

/// Why a folder cannot be used, told apart by what a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It can only be read: mounted so, or turned so by a disk that fails.
    ReadOnly,
    /// The agent's user may not.
    NoRights,
    /// It is not there and cannot be made: not mounted, perhaps.
    Missing,
    /// No space is left.
    Full,
    /// Another agent works there.
    InUse,
    /// What is configured can be no folder: a person must correct that.
    NoFolder,
    /// Something else.
    Other,
}

impl Obstacle {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::PermissionDenied => Self::NoRights,
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            // Making a folder where a file stands says that something is there already.
            io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename => Self::NoFolder,
            _ => Self::Other,
        }
    }
}

/// Why the data folder cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderError {
    /// The folder.
    pub path: Arc<str>,
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// What the system said, with its number.
    pub said: Arc<str>,
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, obstacle, said } = self;
        match obstacle {
            Obstacle::InUse => write!(f, "another agent already works with the data folder {path}"),
            _ => write!(f, "cannot use the data folder {path}: {said}"),
        }
    }
}

impl std::error::Error for FolderError {}

impl FolderError {
    fn new(path: &Path, error: &io::Error) -> Self {
        Self::told(path, Obstacle::of(error), &error.to_string())
    }

    fn told(path: &Path, obstacle: Obstacle, said: &str) -> Self {
        Self { path: path.display().to_string().into(), obstacle, said: said.into() }
    }

    /// No space is left in the folder.
    pub(crate) fn full(folder: &Path, said: &str) -> Self {
        Self::told(folder, Obstacle::Full, said)
    }

    /// What keeps this program from writing to that file, if the system says that something does. Libraries tell less; nothing is written to find out.
    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        let folder = folder_of(file);
        let refusal = |path: &Path, access| accessat(CWD, path, access, AtFlags::EACCESS).err();
        if let Some(errno) = refusal(folder, Access::WRITE_OK | Access::EXEC_OK) {
            return Some(Self::new(folder, &errno.into()));
        }
        let errno = refusal(file, Access::WRITE_OK).filter(|errno| *errno != Errno::NOENT)?;
        let (error, name) = (io::Error::from(errno), file.file_name().unwrap_or_default());
        Some(Self::told(folder, Obstacle::of(&error), &format!("{}: {error}", name.display())))
    }

    /// Whether trying again can help: all but what is configured wrongly.
    #[must_use]
    pub fn may_heal(&self) -> bool {
        self.obstacle != Obstacle::NoFolder
    }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// 数据目录: clones are the same folder.
#[derive(Clone, Debug)]
pub struct DataFolder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Locked for as long as this lives.
    lock: Mutex<Option<File>>,
}

impl DataFolder {
    /// The folder at this path; nothing is asked of the disk yet.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Arc::new(Inner { path, lock: Mutex::new(None) }))
    }

    /// Has it for this program alone from now on; makes it where it is not there. Says so again when it has it already. Blocks on the disk.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn take(&self) -> Result<(), FolderError> {
        let path = &self.0.path;
        let mut held = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let refused = |error: io::Error| FolderError::new(path, &error);
        fs::create_dir_all(path).map_err(refused)?;
        let file = path.join("lock");
        // In a folder that can only be read the lock of an earlier start does as well.
        let lock = File::create(&file).or_else(|error| File::open(&file).map_err(|_| error));
        let lock = lock.map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {
                *held = Some(lock);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(FolderError::told(path, Obstacle::InUse, "it is locked")),
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault C10: one agent a folder, for as long as it has it; fault A10: what is no folder will never be one, all else may be mended.
    #[test]
    fn a_folder_is_one_agents_alone_and_says_what_stands_in_the_way() {
        let place = tempfile::tempdir().unwrap();
        let (ours, theirs) =
            (DataFolder::at(place.path().join("a/b")), DataFolder::at(place.path().join("a/b")));
        assert_eq!((ours.take(), ours.clone().take()), (Ok(()), Ok(())));
        let refused = theirs.take().unwrap_err();
        assert!(refused.to_string().starts_with("another agent already works with the data folder /"));
        assert!(refused.may_heal());
        drop(ours);
        assert_eq!(theirs.take(), Ok(()));

        fs::write(place.path().join("file"), "").unwrap();
        for wrong in ["file", "file/below"] {
            let refused = DataFolder::at(place.path().join(wrong)).take().unwrap_err();
            assert!(!refused.may_heal(), "{wrong}: {refused:?}");
            assert!(refused.to_string().contains("(os error "), "{refused}");
        }
    }

    /// fault A10: folder and error's number are named, and nothing is written to learn them. `/proc` lets nobody make files, root neither.
    #[test]
    fn what_cannot_be_written_to_is_told_with_folder_and_number() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(FolderError::of_file(&place.path().join("journal.db")), None, "it can be");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        let gone = FolderError::of_file(&place.path().join("gone/journal.db")).unwrap();
        assert_eq!(gone.obstacle, Obstacle::Missing);
        let said = format!(
            "cannot use the data folder {}/gone: No such file or directory (os error 2)",
            place.path().display()
        );
        assert_eq!(gone.to_string(), said);
        let refused = DataFolder::at("/proc/kakou".into()).take().unwrap_err();
        assert!(refused.may_heal() && &*refused.path == "/proc/kakou", "{refused:?}");
    }
}
