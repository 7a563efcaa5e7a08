//! What a typed code is worth at this gate now.
//! Promises: fails closed: what cannot be read, or has no memory of uses behind it, opens nothing and says why; why a code is refused is told
//! only to who knows the whole code; a wrong code costs as much time as a right one.
//! Source: fault E6; docs/decisions 0084.

use std::{
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocols::{contract::UtcMillis, ids::GateId};
use tracing::error;

use super::{
    book::{Book, BookError},
    code::ReleaseCode,
    issued::IssuedCode,
    time::CodeTime,
};
use crate::{
    identity::later,
    journal::{Draft, EmergencyLog, Journal},
    lane::{CodeId, Second, TakenCodes},
    person::Entry,
};

/// A code that seems to be issued later than now by less is good: the command line has the wall clock, the agent the centre's time.
const AHEAD: Duration = Duration::from_secs(24 * 3600);

/// Why a code does not stand for a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// Nobody has issued it.
    Wrong,
    /// It has opened before.
    Used,
    /// Its time is over, or has not come.
    Expired,
    /// Somebody has taken it back.
    Revoked,
    /// Whoever gives it has issued it himself: one person is not two.
    Own,
    /// Its line was changed, its issuer's PIN was, he is no supervisor here any more, or it was issued for another gate or journal.
    Void,
    /// The file of codes or the emergency log cannot be read.
    Unreadable,
    /// The journal, which knows what was used, could not be opened yet.
    NoJournal,
}

impl NoCode {
    /// Its stable code on the panel's wire and in logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wrong => "wrong_code",
            Self::Used => "code_used",
            Self::Expired => "code_expired",
            Self::Revoked => "code_revoked",
            Self::Own => "needs_second",
            Self::Void => "code_void",
            Self::Unreadable => "codes_unreadable",
            Self::NoJournal => "codes_without_journal",
        }
    }

    /// Whether it counts for the lock-out: what the gate itself lacks does not.
    #[must_use]
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Unreadable | Self::NoJournal)
    }
}

/// What an issued code is judged by, beside itself.
pub struct Terms<'a> {
    /// The gate.
    pub gate_id: &'a GateId,
    /// Its register.
    pub persons: &'a [Entry],
    /// Its journal.
    pub journal: &'a str,
    /// The time.
    pub now: UtcMillis,
}

impl<'a> Terms<'a> {
    /// The supervisor for whom this code stands, unless it has been used.
    ///
    /// # Errors
    /// [`NoCode`].
    pub fn issuer_of(&self, code: &IssuedCode, is_used: bool) -> Result<&'a Entry, NoCode> {
        let issuer = self.persons.iter().find(|entry| entry.issues_codes && entry.person.id == code.issuer);
        let holds = |issuer: &&Entry| code.holds(self.gate_id, &issuer.pin) && *code.journal == *self.journal;
        let issuer = issuer.filter(holds).ok_or(NoCode::Void)?;
        if code.revoked {
            Err(NoCode::Revoked)
        } else if is_used {
            Err(NoCode::Used)
        } else if self.now > code.until || code.issued > later(self.now, AHEAD) {
            Err(NoCode::Expired)
        } else {
            Ok(issuer)
        }
    }
}

/// What is known of the uses that the last run wrote into the emergency log, and the journal may not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// Nothing: the folder may not be there yet.
    Unread,
    /// Nothing: it cannot be read.
    Unreadable,
    /// All of them.
    Known,
}

/// 放行码 at a running agent.
pub struct ReleaseCodes {
    book: Book,
    gate_id: GateId,
    journal: Journal,
    taken: TakenCodes,
    time: CodeTime,
    emergency: EmergencyLog,
    memory: Mutex<Memory>,
    /// The file could not be read when somebody last looked.
    is_damaged: AtomicBool,
}

impl ReleaseCodes {
    /// Those of this data folder.
    #[must_use]
    pub fn open(
        folder: &Path,
        gate_id: GateId,
        journal: Journal,
        emergency: &EmergencyLog,
        taken: TakenCodes,
        time: CodeTime,
    ) -> Self {
        let (book, is_damaged) = (Book::in_folder(folder), AtomicBool::new(false));
        let (emergency, memory) = (emergency.clone(), Mutex::new(Memory::Unread));
        let codes = Self { book, gate_id, journal, taken, time, emergency, memory, is_damaged };
        // A journal that is not open yet is asked again when it is.
        let _ = codes.recall();
        codes
    }

    /// Learns what was used before this start, and how late it was, once the journal is open; what could not be read is read again. To be called before the emergency log is
    /// carried over: what was used there is used. Blocks on the disk.
    ///
    /// # Errors
    /// [`NoCode::NoJournal`] and [`NoCode::Unreadable`]: no code is good then.
    pub fn recall(&self) -> Result<(), NoCode> {
        let mut memory = self.memory();
        if *memory == Memory::Known {
            return Ok(());
        }
        self.journal.found().ok_or(NoCode::NoJournal)?;
        self.time.recall();
        match self.emergency.left() {
            Ok(left) => {
                left.iter().filter_map(Draft::code).for_each(|code| self.taken.spend(CodeId::new(code)));
                *memory = Memory::Known;
                Ok(())
            }
            Err(error) => {
                if *memory != Memory::Unreadable {
                    error!(%error, "the emergency log cannot be read: no release code is taken");
                }
                *memory = Memory::Unreadable;
                Err(NoCode::Unreadable)
            }
        }
    }

    /// Lets the next start know how late it is, and people that the file is damaged, before somebody needs a code at night.
    pub fn look_after(&self) {
        // It says itself what it cannot read.
        let _ = self.recall();
        let told = self.is_unreadable();
        match self.issued() {
            Ok(issued) if issued.is_empty() => {}
            Err(error) if !told => error!(%error, "release codes cannot be read: {error}"),
            Ok(_) | Err(_) => self.time.keep_now_and_then(),
        }
    }

    /// True when no code is taken because something cannot be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        *self.memory() == Memory::Unreadable || self.is_damaged.load(Ordering::Relaxed)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issued(&self) -> Result<Vec<IssuedCode>, BookError> {
        let issued = self.book.read();
        self.is_damaged.store(issued.is_err(), Ordering::Relaxed);
        issued
    }

    /// For whom this code stands beside this person. Blocks for as long as a hash takes.
    pub(crate) fn judge(&self, code: &ReleaseCode, asker: &str, persons: &[Entry]) -> Result<Second, NoCode> {
        let issued = self.issued().map_err(|error| {
            error!(%error, "release codes cannot be read: {error}");
            NoCode::Unreadable
        })?;
        self.recall()?;
        let found = self.journal.found().ok_or(NoCode::NoJournal)?;
        let (id, secret) = (code.id(), code.secret());
        let issued = issued.iter().find(|issued| issued.id == id);
        // For a code that nobody issued the first person's hash is computed and the answer thrown away: it takes as long.
        let hash = issued.and_then(IssuedCode::hash).or_else(|| Some(persons.first()?.pin.clone()));
        let is_right = hash.is_some_and(|hash| hash.is_of(&secret));
        let issued = issued.filter(|_| is_right).ok_or(NoCode::Wrong)?;
        let is_used = found.used_codes.contains(id.as_str()) || self.taken.is_spent(&id);
        let (gate_id, journal, now) = (&self.gate_id, &*found.head.store_id, self.time.now());
        let issuer = Terms { gate_id, persons, journal, now }.issuer_of(issued, is_used);
        // Whatever the clock says after the next start, that stands. What is good needs no disk here: one that hangs would keep all waiting.
        if issuer == Err(NoCode::Expired) {
            self.time.keep();
        }
        let issuer = issuer?;
        if *issuer.person.id == *asker {
            return Err(NoCode::Own);
        }
        Ok(Second { person: issuer.person.clone(), code: Some(id) })
    }
}
