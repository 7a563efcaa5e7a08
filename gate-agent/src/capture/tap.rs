//! A driver's way into the capture.
//! Promises: nothing here waits or asks for the time; memory is bounded by the queue and by [`ROOM`] bytes in it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
    mpsc::{SyncSender, TrySendError},
};

use protocols::tick::Tick;

use super::{Asked, Word};

/// Words that may wait for the disk: a few seconds of a large gate.
pub(super) const QUEUE: usize = 8192;
/// Bytes that may wait for it.
const ROOM: usize = 4 * 1024 * 1024;
/// Longest word. A camera's message with a picture in it is longer: what it says is then a gap, and the ring has room for other things.
const LONGEST: usize = 64 * 1024;
/// What a word takes beside its bytes.
const OVERHEAD: usize = 64;

/// A word on its way to the file.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) at: Tick,
    pub(super) of: u16,
    pub(super) word: Word,
    pub(super) size: usize,
    /// Of a word that names its number: what is dropped of it from then on.
    pub(super) dropped: Option<Arc<Dropped>>,
}

/// What was dropped of one source since it was last asked.
#[derive(Debug)]
pub(super) struct Dropped {
    count: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
}

impl Default for Dropped {
    fn default() -> Self {
        Self { count: AtomicU64::new(0), first_us: AtomicU64::new(u64::MAX), last_us: AtomicU64::new(0) }
    }
}

impl Dropped {
    fn add(&self, at: Tick) {
        self.first_us.fetch_min(at.as_micros(), Ordering::Relaxed);
        self.last_us.fetch_max(at.as_micros(), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Release);
    }

    /// How many, the first, the last; none when nothing was.
    pub(super) fn take(&self) -> Option<(u64, Tick, Tick)> {
        // Read before it is written: the thread looks behind every word.
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let count = self.count.swap(0, Ordering::Acquire);
        let last = self.last_us.swap(0, Ordering::Relaxed);
        // Another may have been dropped between the two: its own time is then among these already.
        let first = self.first_us.swap(u64::MAX, Ordering::Relaxed).min(last);
        Some((count, Tick::from_micros(first), Tick::from_micros(last)))
    }
}

/// One driver's way in; clones are the same driver's. The default leads nowhere.
#[derive(Clone, Debug, Default)]
pub struct Tap(Option<Arc<Wire>>);

#[derive(Debug)]
struct Wire {
    of: u16,
    queue: SyncSender<Noted>,
    waiting: Arc<AtomicUsize>,
    dropped: Arc<Dropped>,
}

impl Tap {
    /// A way in for the source of this number, which is named first of all.
    pub(super) fn open(
        of: u16,
        name: &str,
        queue: SyncSender<Noted>,
        waiting: Arc<AtomicUsize>,
        now: Tick,
    ) -> Self {
        let dropped = Arc::new(Dropped::default());
        let named = Noted {
            at: now,
            of,
            word: Word::Named(name.into()),
            size: 0,
            dropped: Some(Arc::clone(&dropped)),
        };
        // Nothing waits yet when drivers are made.
        let _ = queue.try_send(named);
        Self(Some(Arc::new(Wire { of, queue, waiting, dropped })))
    }

    /// Whether it leads anywhere.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The line is open.
    pub fn opened(&self, at: Tick) {
        self.note(at, 0, || Word::Opened);
    }

    /// These bytes came.
    pub fn said(&self, at: Tick, bytes: &[u8]) {
        self.note(at, bytes.len(), || Word::Said(bytes.into()));
    }

    /// This message came.
    pub fn heard(&self, at: Tick, retained: bool, topic: &str, payload: &[u8]) {
        let heard = || Word::Heard { retained, topic: topic.into(), payload: payload.into() };
        self.note(at, topic.len() + payload.len(), heard);
    }

    /// A time came that was waited for.
    pub fn woke(&self, at: Tick) {
        self.note(at, 0, || Word::Woke);
    }

    /// The line is gone.
    pub fn lost(&self, at: Tick, why: &str) {
        self.note(at, why.len(), || Word::Lost(why.into()));
    }

    /// An order was taken.
    pub fn ordered(&self, at: Tick, asked: Asked) {
        self.note(at, 0, || Word::Ordered(asked));
    }

    /// This is set.
    pub fn policy(&self, at: Tick, json: &str) {
        self.note(at, json.len(), || Word::Policy(json.into()));
    }

    fn note(&self, at: Tick, bytes: usize, word: impl FnOnce() -> Word) {
        let Some(wire) = &self.0 else { return };
        let size = bytes + OVERHEAD;
        if bytes > LONGEST || wire.waiting.fetch_add(size, Ordering::Relaxed) + size > ROOM {
            if bytes <= LONGEST {
                wire.waiting.fetch_sub(size, Ordering::Relaxed);
            }
            return wire.dropped.add(at);
        }
        let noted = Noted { at, of: wire.of, word: word(), size, dropped: None };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = wire.queue.try_send(noted) {
            wire.waiting.fetch_sub(size, Ordering::Relaxed);
            wire.dropped.add(at);
        }
    }
}
