//! 下发中: the snapshots that are being made or sent, each a file that takes room on the centre's disk until its gate has it.
//! Promises: one for a gate: a gate that asks again has given up what it asked for before, so the newer ends the older, also behind a line that is dead and
//! does not know it yet. All together take no more bytes than `feed.max_snapshot_mb`; one that is alone is sent however long it is, since a limit that is
//! too small is to make gates wait and none stay without an index. A gate that takes less than `SLOWEST`, or nothing for `STILL`, is ended: its file goes at
//! once, whatever becomes of its line.
//! Absent on purpose: who may be *made* at once (`feed.max_snapshots`); a line on which nothing moves at all (`connection`).
//! Source: invariant I6; fault C8.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocols::ids::GateId;
use tokio::fs::File;

use crate::clock::Seconds;

/// Bytes a second, from the first on: 64 kbit/s. A million trips, packed, take half a night.
const SLOWEST: u64 = 8 * 1024;
/// Seconds by which anyone may be behind that.
const BEHIND: u64 = 60;
/// Seconds between two pieces: a slow gate takes none for as long as it has those that are in the buffers of its line, which are megabytes.
const STILL: u64 = 300;

/// All of them.
#[derive(Debug)]
pub struct UnderWay {
    most: u64,
    all: All,
}

type All = Arc<Mutex<Files>>;

#[derive(Debug, Default)]
struct Files {
    /// How many there were: none has the number of another.
    begun: u64,
    of: BTreeMap<GateId, One>,
}

/// One of them, as its maker and its sender hold it. It is over when this is dropped.
#[derive(Debug)]
pub struct Ticket {
    gate: GateId,
    number: u64,
    most: u64,
    all: All,
}

#[derive(Debug)]
struct One {
    number: u64,
    bytes: u64,
    /// None while it is made.
    sending: Option<Sending>,
}

#[derive(Debug)]
struct Sending {
    /// None while a piece is read from it.
    file: Option<File>,
    taken: u64,
    since: Seconds,
    moved: Seconds,
}

/// Why one does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Its gate has asked for another, or was too slow.
    Ended,
    /// The others take the room.
    NoRoom,
}

impl UnderWay {
    /// So many bytes in all.
    #[must_use]
    pub fn new(most: u64) -> Self {
        Self { most, all: Arc::default() }
    }

    /// One for this gate; what it had under way ends.
    #[must_use]
    pub fn begin(&self, gate: &GateId) -> Ticket {
        self.end_the_slow();
        let mut all = lock(&self.all);
        all.begun += 1;
        let number = all.begun;
        if all.of.insert(gate.clone(), One { number, bytes: 0, sending: None }).is_some() {
            tracing::info!(gate.id = %gate, "gate {gate} asks for a snapshot anew; the one under way ends");
        }
        Ticket { gate: gate.clone(), number, most: self.most, all: Arc::clone(&self.all) }
    }

    /// Ends those whose gates take too little.
    pub fn end_the_slow(&self) {
        lock(&self.all).of.retain(|gate, one| {
            let slow = one.sending.as_ref().is_some_and(Sending::is_too_slow);
            if slow {
                tracing::warn!(gate.id = %gate, "gate {gate} takes its snapshot too slowly, and no more of it");
            }
            !slow
        });
    }

    /// Bytes that they take now.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.all).of.values().map(|one| one.bytes).sum()
    }
}

impl Sending {
    fn is_too_slow(&self) -> bool {
        let due = self.since.passed().saturating_sub(BEHIND).saturating_mul(SLOWEST);
        self.moved.passed() >= STILL || self.taken < due
    }
}

impl Ticket {
    /// Room for so many bytes more.
    ///
    /// # Errors
    /// [`Over`].
    pub fn grow(&self, bytes: u64) -> Result<(), Over> {
        let mut all = lock(&self.all);
        let others: u64 = all.of.values().filter(|one| one.number != self.number).map(|one| one.bytes).sum();
        let own = self.own(&mut all).ok_or(Over::Ended)?;
        if others > 0 && others + own.bytes + bytes > self.most {
            return Err(Over::NoRoom);
        }
        own.bytes += bytes;
        Ok(())
    }

    /// It is made: from now on its gate has to take it.
    ///
    /// # Errors
    /// [`Over::Ended`].
    pub fn send(&self, file: File) -> Result<(), Over> {
        let mut all = lock(&self.all);
        let now = Seconds::from_now();
        let sending = Sending { file: Some(file), taken: 0, since: now, moved: now };
        self.own(&mut all).ok_or(Over::Ended)?.sending = Some(sending);
        Ok(())
    }

    /// The file, to read a piece from it and to give it back; none when it is over.
    #[must_use]
    pub fn file(&self) -> Option<File> {
        self.own(&mut lock(&self.all))?.sending.as_mut()?.file.take()
    }

    /// Gives it back when its gate has taken so many bytes of it.
    pub fn give_back(&self, file: File, taken: u64) {
        let mut all = lock(&self.all);
        // Where it has ended meanwhile it goes here.
        if let Some(sending) = self.own(&mut all).and_then(|own| own.sending.as_mut()) {
            sending.file = Some(file);
            sending.taken += taken;
            sending.moved = Seconds::from_now();
        }
    }

    fn own<'a>(&self, all: &'a mut Files) -> Option<&'a mut One> {
        all.of.get_mut(&self.gate).filter(|one| one.number == self.number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut all = lock(&self.all);
        if self.own(&mut all).is_some() {
            all.of.remove(&self.gate);
        }
    }
}

fn lock(all: &All) -> MutexGuard<'_, Files> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn gate(name: &str) -> GateId {
        GateId::parse(name).unwrap()
    }

    fn file() -> File {
        File::from_std(tempfile::tempfile().unwrap())
    }

    /// Invariant I6: all files together take no more than they may, one that is alone takes what it needs, and what is over takes nothing.
    #[tokio::test]
    async fn they_take_no_more_room_than_there_is() {
        let under_way = UnderWay::new(100);
        let alone = under_way.begin(&gate("A"));
        assert_eq!(alone.grow(150), Ok(()), "nobody waits for it");
        let other = under_way.begin(&gate("B"));
        assert_eq!((other.grow(1), under_way.bytes()), (Err(Over::NoRoom), 150));
        drop(alone);
        assert_eq!((other.grow(99), under_way.bytes()), (Ok(()), 99));
        let third = under_way.begin(&gate("C"));
        assert_eq!((third.grow(1), third.grow(1)), (Ok(()), Err(Over::NoRoom)));
        drop((other, third));
        assert_eq!(under_way.bytes(), 0);
    }

    /// Invariant I6: however often a gate asks, one is under way for it, the newest; what is left of an older one harms the newer as little as it is told of it.
    #[tokio::test]
    async fn a_gate_has_one_and_the_newest() {
        let under_way = UnderWay::new(100);
        let first = under_way.begin(&gate("A"));
        first.grow(60).unwrap();
        first.send(file()).unwrap();
        let reading = first.file().unwrap();
        let second = under_way.begin(&gate("A"));
        assert_eq!((second.grow(60), under_way.bytes()), (Ok(()), 60), "the older one's room is free");
        first.give_back(reading, 1);
        assert_eq!((first.grow(1), first.send(file())), (Err(Over::Ended), Err(Over::Ended)));
        assert!(first.file().is_none());
        drop(second);
        let third = under_way.begin(&gate("A"));
        third.send(file()).unwrap();
        assert!(first.file().is_none(), "nor is one of those after it");
        drop(first);
        assert!(third.file().is_some(), "the end of an older one is not the newer one's");
    }

    /// Invariant I6, fault C8: who takes a little now and then, or much and then nothing, is ended in time, and not one that is slow only.
    #[tokio::test(start_paused = true)]
    async fn who_takes_too_little_is_ended() {
        for (piece, every, holds) in [
            (64 * 1024, 7, true),
            // Slower than it may be.
            (64 * 1024, 10, false),
            (1, 1, false),
            // Ahead of its time, and then too long without a piece.
            (64 * 1024 * 1024, 299, true),
            (64 * 1024 * 1024, 300, false),
        ] {
            let under_way = UnderWay::new(u64::MAX);
            let ticket = under_way.begin(&gate("A"));
            ticket.send(file()).unwrap();
            let mut passed = 0;
            while passed < 3600
                && let Some(file) = ticket.file()
            {
                ticket.give_back(file, piece);
                advance(Duration::from_secs(every)).await;
                passed += every;
                under_way.end_the_slow();
            }
            assert_eq!(passed >= 3600, holds, "{piece} bytes each {every} s: {passed} s");
        }
        let under_way = UnderWay::new(1);
        let making = under_way.begin(&gate("A"));
        advance(Duration::from_secs(3600)).await;
        under_way.end_the_slow();
        assert_eq!(making.grow(1), Ok(()), "what is still made waits for no gate");
    }
}
