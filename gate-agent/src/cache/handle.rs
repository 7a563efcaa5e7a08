//! The handle that lanes and `sync` share: look-ups from memory, changes through one writer.
//! Locks: the scans' first, the writer's, then memory's; the loader's thread takes memory's only. None is held across an await.
//! The loader's thread is the one thread that is not in `app`'s list: it ends when the index is in memory.

use std::{
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use protocols::{
    contract::Denied,
    ids::{MediumKey, MediumType, TripNo},
    tick::Tick,
};
use rusqlite::Connection;
use tokio::sync::watch;
use tracing::{error, info, warn};

pub use super::db::Policy;
use super::{
    age::Age,
    db::{self, Front},
    digest::Scans,
    error::CacheError,
    feed::{Feed, News},
    index::Index,
    memory::{Memory, Rows},
};
use crate::{
    clock::Clock,
    decision::View,
    fail_point::fail_point,
    journal::{IndexStamp, Overlay},
};

/// The age is written at most this often; a restart then finds it at most this much too old.
const KEEP_AGE_EVERY: Duration = Duration::from_secs(60);

/// Where look-ups find rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residence {
    /// In memory, once they have been loaded in the background.
    Memory,
    /// In the file: some 100 times slower, for a machine that has no memory to spare (fault A8).
    File,
}

/// 缓存: a handle; clones speak to the same index.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) overlay: Arc<Overlay>,
    writer: Mutex<Option<Connection>>,
    memory: RwLock<Memory>,
    loader: Mutex<Option<Loader>>,
    residence: Residence,
    revision: watch::Sender<Option<u64>>,
    is_loaded: watch::Sender<bool>,
    unknown_rows: AtomicU64,
    pub(super) doubts: AtomicU64,
    /// Denials that snapshots did not have and nobody was told of yet.
    pub(super) newly_kept: AtomicU64,
    pub(super) scans: Scans,
}

/// A file that can be taken into use.
pub(super) struct Opened {
    db: Connection,
    front: Front,
    reader: Connection,
}

struct Loader {
    give_up: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Cache {
    /// Opens the file, or makes it, and starts loading it; look-ups are answered from now on. Damage does not keep it from
    /// opening: look-ups then say so until a snapshot has come.
    #[must_use]
    pub fn open(path: &Path, clock: Arc<dyn Clock>, overlay: Arc<Overlay>, residence: Residence) -> Self {
        let now = clock.tick();
        let inner = Arc::new(Inner {
            path: path.to_owned(),
            clock,
            overlay,
            writer: Mutex::new(None),
            memory: RwLock::new(Memory::empty(now)),
            loader: Mutex::new(None),
            residence,
            revision: watch::Sender::new(None),
            is_loaded: watch::Sender::new(false),
            unknown_rows: AtomicU64::new(0),
            doubts: AtomicU64::new(0),
            newly_kept: AtomicU64::new(0),
            scans: Scans::default(),
        });
        inner.put_to_use(&mut inner.writer(), &mut inner.write(), inner.open_file());
        inner.publish_revision();
        Self { inner }
    }

    /// What is known of these media, this gate's own acts laid over.
    ///
    /// # Errors
    /// [`CacheError::Corrupt`] when the index is damaged, [`CacheError::Failed`] when the file cannot be read.
    pub fn look_up(&self, media: &[(MediumType, MediumKey)]) -> Result<View, CacheError> {
        self.inner.look_up(|memory, now| memory.look_up(media, now), || ())
    }

    /// What is known of one trip by its number, this gate's own acts laid over: for slips, and for people (SG-204, SG-219).
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn look_up_trip(&self, trip_no: &TripNo) -> Result<View, CacheError> {
        self.inner.look_up(|memory, now| memory.look_up_trip(trip_no, now), || ())
    }

    /// What the centre's administrators have set.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.inner.read().policy)
    }

    /// The index's revision and age; none before the first snapshot.
    #[must_use]
    pub fn stamp(&self) -> Option<IndexStamp> {
        self.inner.read().stamp(self.inner.clock.tick())
    }

    /// Follows the revision.
    #[must_use]
    pub fn revision(&self) -> watch::Receiver<Option<u64>> {
        self.inner.revision.subscribe()
    }

    /// True when only a snapshot can help: there is no index, or it is damaged or in doubt.
    #[must_use]
    pub fn needs_snapshot(&self) -> bool {
        let memory = self.inner.read();
        memory.damage.is_some() || memory.revision.is_none() || memory.is_doubted
    }

    /// How often the index came into doubt since the start: what is there afterwards may be of another past.
    #[must_use]
    pub fn doubts(&self) -> u64 {
        self.inner.doubts()
    }

    /// What keeps look-ups from being answered, if anything.
    #[must_use]
    pub fn damage(&self) -> Option<CacheError> {
        self.inner.damage()
    }

    /// How many entries and stubs are in memory; none while they still load.
    #[must_use]
    pub fn counts(&self) -> Option<(usize, usize)> {
        match &self.inner.read().rows {
            Rows::Loaded(index) => Some(index.counts()),
            Rows::Closed | Rows::InFile { .. } | Rows::Loading { .. } => None,
        }
    }

    /// How many rows of a kind that only a newer release knows were left out since the start.
    #[must_use]
    pub fn unknown_rows(&self) -> u64 {
        self.inner.unknown_rows.load(Ordering::SeqCst)
    }

    /// True once the index is in memory; false again while a new snapshot loads, and always for [`Residence::File`].
    #[must_use]
    pub fn is_loaded(&self) -> watch::Receiver<bool> {
        self.inner.is_loaded.subscribe()
    }

    /// Applies the revisions after the cursor, each exactly once; those at or before it are skipped. Blocks on the disk.
    ///
    /// # Errors
    /// [`CacheError::Gap`] or [`CacheError::NoSnapshot`] when only a snapshot helps; nothing was changed then.
    pub fn apply_changes(&self, feed: &Feed) -> Result<u64, CacheError> {
        let outcome = self.inner.apply(feed);
        self.inner.publish_revision();
        outcome.inspect_err(|error| self.inner.note_damage(error))
    }

    /// The centre says that nothing is newer than the cursor.
    ///
    /// # Errors
    /// [`CacheError::Failed`] when the age cannot be kept; it counts in memory all the same.
    pub fn confirm(&self) -> Result<(), CacheError> {
        let now = self.inner.clock.tick();
        self.inner.write().age = Age::fresh(now);
        self.inner.keep_age(now)
    }

    /// Keeps the age from time to time, so that a clock set back while the program is down cannot make the index younger.
    ///
    /// # Errors
    /// [`CacheError::Failed`] when it cannot be kept.
    pub fn keep_age(&self) -> Result<(), CacheError> {
        self.inner.keep_age(self.inner.clock.tick())
    }

    pub(super) fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }
}

impl Inner {
    /// Reads the index, then lays the acts over it; again when acts have left in between, since an index that shows them was not
    /// read then. `between` is called after each reading.
    pub(super) fn look_up(
        &self,
        read: impl Fn(&Memory, Tick) -> Result<View, CacheError>,
        between: impl Fn(),
    ) -> Result<View, CacheError> {
        loop {
            let departures = self.overlay.departures();
            let found = read(&self.read(), self.clock.tick());
            let mut view = found.inspect_err(|error| self.note_damage(error))?;
            between();
            if self.overlay.lay_over_all(&mut view.candidates, departures) {
                return Ok(view);
            }
        }
    }

    /// Exchanges the file for the one at `new`. On failure the old one is open again.
    pub(super) fn replace_file(self: &Arc<Self>, new: &Path) -> Result<(), CacheError> {
        self.exchange(|was_damaged| db::put_in_place(new, &self.path, was_damaged))
    }

    /// Closes the file, lets `put` exchange it, and opens what lies there then. Rows in memory answer until that is open; rows that
    /// are read from the file cannot, so look-ups wait meanwhile. Whoever follows the revision hears of it even if it is the
    /// same: a damaged index may be well now.
    pub(super) fn exchange(
        self: &Arc<Self>,
        put: impl FnOnce(bool) -> Result<(), CacheError>,
    ) -> Result<(), CacheError> {
        let _nobody_reads = self.scans.end();
        let mut writer = self.writer();
        self.stop_loader();
        let was_damaged = matches!(self.damage(), Some(CacheError::Corrupt(_)));
        *writer = None;
        let waiting = self.close_reader();
        let outcome = put(was_damaged);
        let opened = self.open_file();
        let mut memory = waiting.unwrap_or_else(|| self.write());
        let old = self.put_to_use(&mut writer, &mut memory, opened);
        drop((memory, writer));
        // A million rows take a while to be freed.
        drop(old);
        self.tell();
        outcome
    }

    /// Closes the reader of the file, if rows are read from there, and keeps look-ups waiting.
    fn close_reader(&self) -> Option<RwLockWriteGuard<'_, Memory>> {
        let mut memory = self.write();
        match memory.rows {
            Rows::Loaded(_) => None,
            Rows::Closed | Rows::Loading { .. } | Rows::InFile { .. } => {
                memory.rows = Rows::Closed;
                Some(memory)
            }
        }
    }

    /// Denied media with their versions, for a snapshot of a centre that was restored.
    pub(super) fn denied(&self) -> (Option<u64>, bool, Vec<Denied>) {
        let memory = self.read();
        (memory.revision, memory.is_doubted, memory.denied.values().cloned().collect())
    }

    pub(super) fn open_file(&self) -> Result<Opened, CacheError> {
        let db = db::open(&self.path)?;
        let front = db::read_front(&db)?;
        Ok(Opened { front, db, reader: db::open(&self.path)? })
    }

    /// Takes an opened file into use and gives back the rows that were in use before.
    pub(super) fn put_to_use(
        self: &Arc<Self>,
        writer: &mut Option<Connection>,
        memory: &mut Memory,
        opened: Result<Opened, CacheError>,
    ) -> Rows {
        self.is_loaded.send_replace(false);
        let Opened { db, front, reader } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                error!(error = %error, "index cannot be opened: {error}");
                memory.damage = Some(error);
                return mem::replace(&mut memory.rows, Rows::Closed);
            }
        };
        *writer = Some(db);
        memory.take(front, self.clock.wall(), self.clock.tick());
        let reader = Mutex::new(reader);
        match self.residence {
            Residence::File => mem::replace(&mut memory.rows, Rows::InFile { reader }),
            Residence::Memory => {
                let old = mem::replace(&mut memory.rows, Rows::Loading { reader, later: Vec::new() });
                if !self.start_loader() {
                    memory.stay_in_file();
                }
                old
            }
        }
    }

    /// Says whether it could. The loader waits for memory's lock before it hands over.
    fn start_loader(self: &Arc<Self>) -> bool {
        let (inner, give_up) = (Arc::downgrade(self), Arc::new(AtomicBool::new(false)));
        let (path, is_over, is_loaded) = (self.path.clone(), Arc::clone(&give_up), self.is_loaded.clone());
        let load = move || {
            let go_on = || !is_over.load(Ordering::SeqCst);
            let rows = read_all(&path, go_on);
            // The cache may have gone meanwhile. It is let go of before anybody hears that the index is loaded.
            if inner.upgrade().is_some_and(|inner| inner.take_rows(rows, go_on)) {
                is_loaded.send_replace(true);
            }
        };
        match std::thread::Builder::new().name("index-loader".to_owned()).spawn(load) {
            Ok(thread) => {
                *lock(&self.loader) = Some(Loader { give_up, thread });
                true
            }
            // Without a thread the index stays in the file: slower, not wrong.
            Err(cause) => {
                error!(error = %cause, "index stays in its file: no thread: {cause}");
                false
            }
        }
    }

    fn stop_loader(&self) {
        if let Some(loader) = lock(&self.loader).take() {
            loader.give_up.store(true, Ordering::SeqCst);
            // The loader itself may be the last to let go of the cache; it cannot wait for itself.
            if loader.thread.thread().id() != std::thread::current().id() {
                // A loader that panicked has loaded nothing; look-ups went on from the file.
                drop(loader.thread.join());
            }
        }
    }

    /// Takes over from the file, with what changed meanwhile. Says whether the index is in memory now.
    pub(super) fn take_rows(
        &self,
        rows: Result<Option<Index>, CacheError>,
        go_on: impl Fn() -> bool,
    ) -> bool {
        let mut index = match rows {
            Ok(Some(index)) => index,
            Ok(None) => return false,
            Err(error) => {
                error!(error = %error, "index stays in its file: {error}");
                self.note_damage(&error);
                self.write().stay_in_file();
                return false;
            }
        };
        let mut memory = self.write();
        match &mut memory.rows {
            Rows::Loading { later, .. } if go_on() => {
                mem::take(later).into_iter().for_each(|op| index.apply(op));
                let (entries, stubs) = index.counts();
                memory.rows = Rows::Loaded(index);
                drop(memory);
                info!(entries, stubs, "index is in memory: {entries} entries, {stubs} stubs");
                true
            }
            Rows::Loading { .. } | Rows::Closed | Rows::InFile { .. } | Rows::Loaded(_) => false,
        }
    }

    fn apply(&self, feed: &Feed) -> Result<u64, CacheError> {
        let mut writer = self.writer();
        let (have, known, damage) = {
            let memory = self.read();
            (memory.revision, memory.mark, memory.damage.clone())
        };
        if let Some(damage) = damage {
            return Err(damage);
        }
        let have = have.ok_or(CacheError::NoSnapshot)?;
        let News { changes, to, unknown, mark } = feed.after(have)?;
        if to == have && (mark.is_none() || mark == known) {
            return Ok(have);
        }
        let db = writer.as_mut().ok_or(CacheError::NoSnapshot)?;
        fail_point("cache.before_apply");
        let effects = db::apply(db, &changes, to, mark)?;
        fail_point("cache.after_apply");
        self.write().apply(effects, to, mark);
        self.note_unknown(unknown);
        Ok(to)
    }

    fn keep_age(&self, now: Tick) -> Result<(), CacheError> {
        let writer = self.writer();
        let age_s = {
            let memory = self.read();
            if now.since(memory.age_kept) < KEEP_AGE_EVERY {
                return Ok(());
            }
            memory.age.at(now).as_secs()
        };
        if let Some(db) = writer.as_ref() {
            db::keep_age(db, age_s, self.clock.wall())?;
            self.write().age_kept = now;
        }
        Ok(())
    }

    /// Tells once that a newer centre sends rows which this release leaves out; all are counted.
    pub(super) fn note_unknown(&self, rows: u64) {
        if rows > 0 && self.unknown_rows.fetch_add(rows, Ordering::SeqCst) == 0 {
            warn!("the centre sends rows of a kind that this release does not know; they are left out");
        }
    }

    /// A damaged index stays closed until a snapshot replaces it.
    fn note_damage(&self, error: &CacheError) {
        if matches!(error, CacheError::Corrupt(_)) {
            let mut memory = self.write();
            if memory.damage.is_none() {
                error!(error = %error, "index is damaged, lanes hold until a new snapshot has come: {error}");
                memory.damage = Some(error.clone());
            }
        }
    }

    fn publish_revision(&self) {
        let revision = self.read().revision;
        self.revision.send_if_modified(|known| mem::replace(known, revision) != revision);
    }

    /// To all who follow the revision, also when it is the same.
    pub(super) fn tell(&self) {
        self.revision.send_replace(self.read().revision);
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Option<Connection>> {
        lock(&self.writer)
    }

    pub(super) fn damage(&self) -> Option<CacheError> {
        self.read().damage.clone()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop_loader();
    }
}

/// Reads all rows as they are at one moment.
fn read_all(path: &Path, go_on: impl Fn() -> bool) -> Result<Option<Index>, CacheError> {
    let db = db::open(path)?;
    let tx = db.unchecked_transaction().map_err(|error| CacheError::of("load", &error))?;
    db::read_rows(&tx, go_on)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
