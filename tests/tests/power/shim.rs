//! Between SQLite and its files: the default of SQLite's file systems, whose writes, syncs, truncations and deletions are told to this
//! thread's [`Disk`] first and fail as that says. Reads, locks and shared memory are the default's own.
//! Unsafe, because SQLite's file systems are tables of C functions and there is no other way to stand between it and a file. What is
//! relied on: SQLite calls a file's functions only between its opening and its closing, from the thread that opened it (every connection
//! here stays in one thread), with pointers that hold for the call; the tables that are made here are never freed.

#![expect(unsafe_code, reason = "SQLite's file systems are tables of C functions; see the head of this file")]

use std::{
    cell::RefCell,
    collections::HashMap,
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    ptr, slice,
    sync::OnceLock,
};

use rusqlite::ffi::{
    SQLITE_FULL, SQLITE_IOERR, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

use super::disk::{Answer, Call, Disk, Fault};

thread_local! {
    static DISK: RefCell<Option<Disk>> = const { RefCell::new(None) };
    /// Which file stands behind which of SQLite's objects, and what its functions were.
    static OPEN: RefCell<HashMap<usize, Open>> = RefCell::new(HashMap::new());
    /// The default has a table of functions for each way of locking; with ours in it, by where the default's stands.
    static OURS: RefCell<HashMap<usize, &'static sqlite3_io_methods>> = RefCell::new(HashMap::new());
}

#[derive(Clone)]
struct Open {
    path: PathBuf,
    plain: &'static sqlite3_io_methods,
}

struct Default(&'static sqlite3_vfs);

// SAFETY: the default file system of SQLite lives as long as the process and is only read here.
unsafe impl Sync for Default {}
// SAFETY: as above.
unsafe impl Send for Default {}

static DEFAULT: OnceLock<Default> = OnceLock::new();

/// From now on every file that this thread's SQLite opens is on `disk`.
pub(crate) fn insert(disk: Disk) {
    DEFAULT.get_or_init(|| {
        // SAFETY: a null name asks for the default, which is there as long as the process.
        let vfs: &'static sqlite3_vfs = unsafe { &*sqlite3_vfs_find(ptr::null()) };
        let mut ours = *vfs;
        (ours.zName, ours.pNext) = (c"power".as_ptr(), ptr::null_mut());
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        // SAFETY: the table is never freed, and all its functions are those of the default or ours.
        let code = unsafe { sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
        assert_eq!(code, SQLITE_OK);
        Default(vfs)
    });
    DISK.set(Some(disk));
}

/// Speaks to this thread's disk.
pub(crate) fn disk<T>(speak: impl FnOnce(&mut Disk) -> T) -> T {
    DISK.with_borrow_mut(|disk| speak(disk.as_mut().expect("a disk was inserted")))
}

fn default() -> &'static sqlite3_vfs {
    DEFAULT.get().expect("the file system was registered").0
}

fn opened(file: *mut sqlite3_file) -> Option<Open> {
    OPEN.with_borrow(|open| open.get(&(file as usize)).cloned())
}

fn with_ours(plain: &'static sqlite3_io_methods) -> &'static sqlite3_io_methods {
    OURS.with_borrow_mut(|known| {
        *known.entry(ptr::from_ref(plain) as usize).or_insert_with(|| {
            let mut ours = *plain;
            ours.xClose = Some(close);
            ours.xWrite = Some(write);
            ours.xSync = Some(sync);
            ours.xTruncate = Some(truncate);
            // Pages are never mapped, so that every write is seen.
            (ours.iVersion, ours.xFetch, ours.xUnfetch) = (2, None, None);
            Box::leak(Box::new(ours))
        })
    })
}

fn code_of(call: Call, fault: Fault) -> c_int {
    match (call, fault) {
        (_, Fault::Full) => SQLITE_FULL,
        (Call::Write, _) => SQLITE_IOERR_WRITE,
        (Call::Sync, _) => SQLITE_IOERR_FSYNC,
        (Call::Truncate, _) => SQLITE_IOERR_TRUNCATE,
        (Call::Delete, _) => SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(plain) = default().xOpen else { return SQLITE_IOERR };
    // SAFETY: SQLite's own arguments, for SQLite's own function.
    let code = unsafe { plain(ptr::from_ref(default()).cast_mut(), name, file, flags, out) };
    if code != SQLITE_OK || name.is_null() {
        return code;
    }
    // SAFETY: an opened file has its table of functions, which SQLite never frees.
    let plain: &'static sqlite3_io_methods = unsafe { &*(*file).pMethods };
    // SAFETY: the object was made by the default, and our table calls the default's functions on it.
    unsafe { (*file).pMethods = with_ours(plain) };
    // SAFETY: SQLite's names end with a zero.
    let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes())).to_owned();
    disk(|disk| disk.opened(&path));
    OPEN.with_borrow_mut(|open| open.insert(file as usize, Open { path, plain }));
    code
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let Some(Open { plain, .. }) = OPEN.with_borrow_mut(|open| open.remove(&(file as usize))) else {
        return SQLITE_IOERR;
    };
    // SAFETY: the file was opened by the default.
    plain.xClose.map_or(SQLITE_IOERR, |close| unsafe { close(file) })
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    let (Some(Open { path, plain }), Ok(size), Ok(start)) =
        (opened(file), usize::try_from(length), usize::try_from(at))
    else {
        return SQLITE_IOERR_WRITE;
    };
    let Some(plain) = plain.xWrite else { return SQLITE_IOERR_WRITE };
    let had = path.metadata().map_or(0, |file| file.len());
    let growth = u64::try_from(start + size).unwrap_or(u64::MAX).saturating_sub(had);
    let answer = disk(|disk| disk.ask(Call::Write, growth));
    let size = match answer {
        Answer::Do => size,
        Answer::Fail(Fault::Torn) => size / 2,
        Answer::Fail(fault) => {
            if fault == Fault::PowerCut {
                // What was under way when power went may have got anywhere.
                // SAFETY: SQLite hands over `length` bytes.
                let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), size) };
                disk(|disk| disk.written(&path, start, bytes));
            }
            return code_of(Call::Write, fault);
        }
    };
    // SAFETY: SQLite hands over `length` bytes, of which these are the first.
    let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), size) };
    // SAFETY: the same bytes, to the default's function of the same file.
    let code = unsafe { plain(file, from, c_int::try_from(size).unwrap_or(0), at) };
    if code == SQLITE_OK {
        disk(|disk| disk.written(&path, start, bytes));
    }
    match answer {
        Answer::Do => code,
        Answer::Fail(fault) => code_of(Call::Write, fault),
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    let Some(Open { path, .. }) = opened(file) else { return SQLITE_IOERR_FSYNC };
    // The real file is not synced: what counts as durable is the disk's word.
    match disk(|disk| disk.ask(Call::Sync, 0)) {
        Answer::Do => {
            disk(|disk| disk.synced(&path));
            SQLITE_OK
        }
        Answer::Fail(fault) => {
            if !matches!(fault, Fault::PowerCut | Fault::Off) {
                disk(|disk| disk.sync_failed(&path));
            }
            code_of(Call::Sync, fault)
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let (Some(Open { path, plain }), Ok(length)) = (opened(file), usize::try_from(size)) else {
        return SQLITE_IOERR_TRUNCATE;
    };
    let Some(plain) = plain.xTruncate else { return SQLITE_IOERR_TRUNCATE };
    if let Answer::Fail(fault) = disk(|disk| disk.ask(Call::Truncate, 0)) {
        return code_of(Call::Truncate, fault);
    }
    // SAFETY: the file was opened by the default.
    let code = unsafe { plain(file, size) };
    if code == SQLITE_OK {
        disk(|disk| disk.cut_to(&path, length));
    }
    code
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes())).to_owned();
    if let Answer::Fail(fault) = disk(|disk| disk.ask(Call::Delete, 0)) {
        return code_of(Call::Delete, fault);
    }
    let Some(plain) = default().xDelete else { return SQLITE_IOERR_DELETE };
    // SAFETY: SQLite's own arguments, for SQLite's own function.
    let code = unsafe { plain(ptr::from_ref(default()).cast_mut(), name, 0) };
    if code == SQLITE_OK {
        disk(|disk| disk.deleted(&path, sync_folder != 0));
    }
    code
}
