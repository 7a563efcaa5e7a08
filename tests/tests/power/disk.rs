//! A disk that loses power: what was written and not synced may be lost, kept in part, or kept out of order, sector by sector; a sync that failed
//! has made nothing durable, and what it should have made durable stays in the machine's memory only, as Linux leaves it.
//! Source: faults A2, A4, A5; Rebello et al., "Can Applications Recover from fsync Failures?" (ATC 2020).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use kakou_tests::chance::Chance;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// What a call asks of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Write,
    Sync,
    Truncate,
    Delete,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An I/O error, nothing done.
    Error,
    /// The first half is written, then an error.
    Torn,
    /// No space.
    Full,
    /// Power is lost in this call.
    PowerCut,
    /// It was lost before.
    Off,
}

/// What the shim is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Do,
    Fail(Fault),
}

#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Size(usize),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// The name survives.
    is_named: bool,
    /// Deleted, and the name may come back.
    is_deleted: bool,
}

/// 断电磁盘.
#[derive(Debug)]
pub(crate) struct Disk {
    chance: Chance,
    files: BTreeMap<PathBuf, File>,
    /// This call from now fails.
    plan: Option<(u64, Fault)>,
    /// No space until it is healed.
    is_full: bool,
    /// While it is full: the file that keeps room, and what is left of that room once the file is gone.
    reserve: Option<(PathBuf, u64)>,
    is_off: bool,
    /// Says that it has synced and has not.
    is_lying: bool,
    /// How often each call failed, and how.
    pub(crate) failed: BTreeMap<(Call, &'static str), u64>,
    pub(crate) cuts: u64,
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::from(seed),
            files: BTreeMap::new(),
            plan: None,
            is_full: false,
            reserve: None,
            is_off: false,
            is_lying: false,
            failed: BTreeMap::new(),
            cuts: 0,
        }
    }

    pub(crate) fn lying(seed: u64) -> Self {
        Self { is_lying: true, ..Self::new(seed) }
    }

    pub(crate) fn fail_call(&mut self, nth: u64, fault: Fault) {
        self.plan = Some((nth, fault));
    }

    /// From now on nothing may grow, but for what this file gives up when it is removed.
    pub(crate) fn fills_up(&mut self, reserve: PathBuf) {
        let kept = fs::metadata(&reserve).map_or(0, |file| file.len());
        (self.is_full, self.reserve) = (true, Some((reserve, kept)));
    }

    /// Whether a file may grow by so much on a full disk.
    fn has_room(&mut self, growth: u64) -> bool {
        match &mut self.reserve {
            Some((file, left)) if !file.exists() && *left >= growth => {
                *left -= growth;
                true
            }
            Some(_) => growth == 0,
            None => false,
        }
    }

    pub(crate) fn heal(&mut self) {
        (self.plan, self.is_full, self.reserve) = (None, false, None);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.is_off
    }

    /// A file was opened: what it holds is durable when it was there before anybody looked.
    pub(crate) fn opened(&mut self, path: &Path) {
        let file = self.files.entry(path.to_owned()).or_insert_with(|| {
            let durable = fs::read(path).unwrap_or_default();
            File { is_named: !durable.is_empty(), durable, ..File::default() }
        });
        if file.is_deleted {
            *file = File::default();
        }
    }

    /// Before a call reaches the file, which grows by so much.
    pub(crate) fn ask(&mut self, call: Call, growth: u64) -> Answer {
        if self.is_off {
            return Answer::Fail(Fault::Off);
        }
        let is_write = matches!(call, Call::Write | Call::Truncate);
        if self.is_full && is_write && !self.has_room(growth) {
            return self.fails(call, Fault::Full);
        }
        let Some((nth, fault)) = &mut self.plan else { return Answer::Do };
        if *nth > 1 {
            *nth -= 1;
            return Answer::Do;
        }
        let fault = *fault;
        if fault == Fault::Full && !is_write {
            return Answer::Do;
        }
        self.plan = None;
        match fault {
            Fault::PowerCut => self.is_off = true,
            Fault::Full => self.is_full = true,
            Fault::Error | Fault::Torn | Fault::Off => {}
        }
        self.fails(call, fault)
    }

    fn fails(&mut self, call: Call, fault: Fault) -> Answer {
        let name = match fault {
            Fault::Error => "error",
            Fault::Torn => "torn",
            Fault::Full => "full",
            Fault::PowerCut => "power cut",
            Fault::Off => "off",
        };
        *self.failed.entry((call, name)).or_default() += 1;
        Answer::Fail(fault)
    }

    pub(crate) fn written(&mut self, path: &Path, at: usize, bytes: &[u8]) {
        self.file(path).pending.push(Change::Write { at, bytes: bytes.to_owned() });
    }

    pub(crate) fn cut_to(&mut self, path: &Path, size: usize) {
        self.file(path).pending.push(Change::Size(size));
    }

    pub(crate) fn synced(&mut self, path: &Path) {
        let is_lying = self.is_lying;
        let file = self.file(path);
        file.is_named = true;
        if is_lying {
            return;
        }
        for change in std::mem::take(&mut file.pending) {
            change.upon(&mut file.durable);
        }
    }

    /// A sync failed: what it was to bring to the disk counts as clean in the machine's memory and is not written again. How much of it had
    /// got there nobody knows.
    pub(crate) fn sync_failed(&mut self, path: &Path) {
        let pending = std::mem::take(&mut self.file(path).pending);
        let mut durable = std::mem::take(&mut self.file(path).durable);
        self.some_survive(pending, &mut durable);
        self.file(path).durable = durable;
    }

    pub(crate) fn deleted(&mut self, path: &Path, folder_synced: bool) {
        if folder_synced {
            self.files.remove(path);
        } else {
            self.file(path).is_deleted = true;
        }
    }

    /// Somebody synced the folder: names that are there stay, names that are gone do not come back.
    pub(crate) fn folder_synced(&mut self) {
        self.files.retain(|_, file| !file.is_deleted);
        self.files.values_mut().for_each(|file| file.is_named = true);
    }

    fn file(&mut self, path: &Path) -> &mut File {
        self.files.entry(path.to_owned()).or_default()
    }

    /// Power comes back: files hold what has survived. Nobody has them open now.
    pub(crate) fn power_returns(&mut self) {
        self.cuts += 1;
        for (path, mut file) in std::mem::take(&mut self.files) {
            let is_gone = if file.is_deleted {
                self.chance.below(2) == 0
            } else {
                !file.is_named && self.chance.below(2) == 0
            };
            if is_gone {
                drop(fs::remove_file(&path));
                continue;
            }
            let mut survivors = std::mem::take(&mut file.durable);
            self.some_survive(file.pending, &mut survivors);
            fs::write(&path, &survivors).expect("the folder takes it");
            self.files.insert(path, File { durable: survivors, is_named: true, ..File::default() });
        }
        (self.is_off, self.plan, self.is_full) = (false, None, false);
    }

    /// None, all, the first ones, or any of them, sector by sector.
    fn some_survive(&mut self, pending: Vec<Change>, durable: &mut Vec<u8>) {
        let way = self.chance.below(4);
        let first = self.chance.below(pending.len() as u64 + 1);
        for (n, change) in pending.into_iter().enumerate() {
            match way {
                0 => {}
                1 => change.upon(durable),
                2 if (n as u64) < first => change.upon(durable),
                2 => {}
                _ => self.in_part(change, durable),
            }
        }
    }

    fn in_part(&mut self, change: Change, durable: &mut Vec<u8>) {
        let Change::Write { mut at, bytes } = change else {
            if self.chance.below(2) == 0 {
                change.upon(durable);
            }
            return;
        };
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let length = (SECTOR - at % SECTOR).min(rest.len());
            let (sector, later) = rest.split_at(length);
            if self.chance.below(2) == 0 {
                Change::Write { at, bytes: sector.to_owned() }.upon(durable);
            }
            (at, rest) = (at + length, later);
        }
    }
}

impl Change {
    fn upon(self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[at..end].copy_from_slice(&bytes);
            }
            Self::Size(size) => content.resize(size, 0),
        }
    }
}
